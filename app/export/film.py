"""A film of a run: moment after moment is shown on a stage, waited for, and handed to the encoder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QImage

from app.export.encoders import FORMATS, Encoder, Frame
from app.export.stage import Cast, Stage
from app.export.standin import StandIn
from app.session import Session
from core.history import Moment
from core.project import ProjectError
from core.project.storage import write

_TURN = 4
"""Milliseconds between looking whether the panels have got there."""
_QUIET = 2
"""Turns in a row without work, after which a picture is whole: an answer may be on its way in the first of them."""
PATIENCE = 10.0
"""Seconds that a frame is waited for; then it is taken as it is."""


@dataclass(frozen=True)
class Plan:
    """What a film is to be: of which moments, how many frames a second, in a picture of ``size`` × ``scale`` pixels."""

    moments: Sequence[Moment]
    fps: float
    size: tuple[int, int]
    scale: float = 1.0
    format: str = "GIF"
    status: bool = True


def choose(moments: Sequence[Moment], first: float, last: float, frames: int) -> list[Moment]:
    """At most ``frames`` of ``moments``, different ones, spread evenly from epoch ``first`` to ``last``, ends too."""
    inside = [moment for moment in moments if first <= moment.epoch <= last]
    if frames >= len(inside):
        return inside
    places = np.unique(np.round(np.linspace(0, len(inside) - 1, max(frames, 1))).astype(int))
    return [inside[place] for place in places]


class Film(QObject):
    """Takes a film of ``session``'s run as it is now, while the window is used, and writes it to ``path`` when whole.

    One of ``finished``, ``failed`` and ``cancelled`` comes at the end. Raises ValueError for a plan without moments.
    """

    progressed = Signal(int, int)
    """Frames taken, and how many there will be."""
    finished = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(
        self, session: Session, casts: Sequence[Cast], plan: Plan, path: Path, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        if not plan.moments:
            raise ValueError("a film needs moments")
        self.plan, self.path = plan, path
        self._stage = Stage(StandIn(session), casts, QSize(*plan.size), status=plan.status)
        self._encoder = Encoder(FORMATS[plan.format], plan.fps)
        self._taken = self._quiet = 0
        self._since = 0.0
        self._timer = QTimer(self, interval=_TURN)
        self._timer.timeout.connect(self._turn)
        self._timer.start()
        self._look()

    def cancel(self) -> None:
        """Stop at once; nothing is written."""
        if self._timer.isActive():
            self._end()
            self.cancelled.emit()

    def _look(self) -> None:
        self._quiet, self._since = 0, time.monotonic()
        self._stage.look_at(self.plan.moments[self._taken])

    def _turn(self) -> None:
        if self._encoder.is_done:
            self._write()
        elif self._taken < len(self.plan.moments) and not self._encoder.is_full:
            self._quiet = 0 if self._stage.busy else self._quiet + 1
            if self._quiet >= _QUIET or time.monotonic() - self._since > PATIENCE:
                self._take()

    def _take(self) -> None:
        self._encoder.put(pixels(self._stage.image(self.plan.scale)))
        self._taken += 1
        self.progressed.emit(self._taken, len(self.plan.moments))
        if self._taken < len(self.plan.moments):
            self._look()
        else:
            self._encoder.close()

    def _write(self) -> None:
        error, result = self._encoder.error, self._encoder.result
        self._end()
        if not error and result is not None:
            try:
                write(self.path, result)
            except ProjectError as problem:
                error = str(problem)
        if error:
            self.failed.emit(error)
        else:
            self.finished.emit(self.path)

    def _end(self) -> None:
        self._timer.stop()
        self._encoder.cancel()
        self._stage.strike()


def pixels(image: QImage) -> Frame:
    """The red, green and blue (height, width, 3) of an image."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return lines[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()
