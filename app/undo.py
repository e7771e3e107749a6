"""The steps of the undo stack: an edit of the Experiment, and a θ set by hand."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QUndoCommand


class Swap(QUndoCommand):
    """A step between two values, carried out by ``apply``; its inverse is the value before.

    Steps with the same ``merge`` key that follow each other become one.
    """

    def __init__(self, label: str, apply: Callable[[Any], None], before: Any, after: Any, merge: str = "") -> None:
        super().__init__(label)
        self._apply, self._before, self._after, self._merge = apply, before, after, merge

    def id(self) -> int:
        """Commands with the same number (but -1) are offered to each other for merging."""
        return zlib.crc32(self._merge.encode()) & 0x7FFFFFFF if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the newer command's value."""
        if not isinstance(other, Swap) or other._merge != self._merge:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        """Apply the value after."""
        self._apply(self._after)

    def undo(self) -> None:
        """Apply the value before."""
        self._apply(self._before)
