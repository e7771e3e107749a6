"""One slot between two threads: the newest message wins, and nobody waits."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest message put in until it is taken out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: T | None = None

    def put(self, message: T) -> None:
        """Replace what is there."""
        with self._lock:
            self._newest = message

    def take(self) -> T | None:
        """The newest message, once; None if there is none since the last call."""
        with self._lock:
            message, self._newest = self._newest, None
            return message
