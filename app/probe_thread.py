"""Background work for one panel: the newest question wins, and answers come back on the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal

from app.priority import give_way

_Question = tuple[int, Callable[..., Any], tuple[Any, ...]]

_alive: set[_ProbeThread] = set()
"""Threads that have not ended: their owners may be gone, but a running QThread must not be collected."""


class Probe(QObject):
    """Answers one question at a time on a thread of its own; a newer question replaces one that waits.

    A generator function answers several times, coarse to fine, and is given up at its next answer when a newer question
    waits. The thread starts with the first question and ends with its owner.
    """

    answered = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked = 0
        self._answered = 0
        self._thread: _ProbeThread | None = None

    def ask(self, function: Callable[..., Any], *args: Any) -> None:
        """Have ``function(*args)`` computed; ``answered`` brings what it returns, or each thing it yields."""
        thread = self._thread or self._start()
        self._asked += 1
        thread.put((self._asked, function, args))

    @property
    def busy(self) -> bool:
        """Whether a question is being worked on or waits."""
        return self._thread is not None and self._thread.busy

    def stop(self) -> None:
        """Drop what is under way, and end the thread."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None

    def _start(self) -> _ProbeThread:
        thread = _ProbeThread()
        thread.result.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(thread.stop)
        self._thread = thread
        _alive.add(thread)
        thread.start(QThread.Priority.LowPriority)
        return thread

    def _deliver(self, number: int, answer: Any, error: str) -> None:
        if number < self._answered or self._thread is None:
            return
        self._answered = number
        if error:
            self.failed.emit(error)
        else:
            self.answered.emit(answer)


class _ProbeThread(QThread):
    result = Signal(int, object, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("probe")
        self._wake = threading.Condition()
        self._waiting: _Question | None = None
        self._stop = False
        self.busy = False

    def put(self, question: _Question) -> None:
        with self._wake:
            self._waiting = question
            self.busy = True
            self._wake.notify()

    def stop(self, *_: object) -> None:
        with self._wake:
            self._stop = True
            self._wake.notify()
        self.wait()
        _alive.discard(self)

    def run(self) -> None:
        give_way()  # to training, which is slowed down by nothing else as much, and to the window
        while True:
            with self._wake:
                while self._waiting is None and not self._stop:
                    self.busy = False
                    self._wake.wait()
                if self._stop or self._waiting is None:
                    return
                (number, function, args), self._waiting = self._waiting, None
            try:
                for answer in _answers(function(*args)):
                    if self._stop:
                        return
                    self.result.emit(number, answer, "")
                    if self._waiting is not None:
                        break
            except Exception as error:
                self.result.emit(number, None, f"{type(error).__name__}: {error}")


def _answers(value: Any) -> Iterator[Any]:
    if isinstance(value, GeneratorType):
        yield from value
    else:
        yield value
