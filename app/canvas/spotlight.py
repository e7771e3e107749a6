"""What lifts samples out of a plane's points: those lit while the others fade, the one pointed at, the one picked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from app.theme import theme

Mask = npt.NDArray[np.bool_]

DIM = 0.2
"""How much is left of the points that are not lit while others are."""
_PICKED, _POINTED = 2.3, 1.9
"""How many times as wide as its marker the ring of the picked sample is, and of the one under the pointer."""
_NEAR = 7
"""Design pixels from a sample's middle within which the pointer means it."""


class Spotlight:
    """Which of ``count`` samples stand out; the pictures of the lit ones are kept until ``forget``."""

    def __init__(self) -> None:
        self.lit: Mask | None = None
        self.picked: int | None = None
        self.pointed: int | None = None
        self._picture: QPixmap | None = None

    def light(self, indices: Any, count: int) -> None:
        """Light up the samples at ``indices`` of ``count``; None lights none, and none fades."""
        self.lit, self._picture = lit_mask(indices, count), None

    def forget(self) -> None:
        """Draw the lit samples anew."""
        self._picture = None

    def among(self, mask: Mask | None) -> Mask | None:
        """Those of ``mask`` (N,) that do not fade."""
        if mask is None or self.lit is None or len(mask) != len(self.lit):
            return mask
        return np.asarray(mask & self.lit)

    def paint(self, painter: QPainter, corner: QPointF, every: QPixmap, draw: Any) -> None:
        """Lay the points' picture ``every`` at ``corner``: faded under the lit ones, which ``draw(mask)`` pictures."""
        if self.lit is None:
            painter.drawPixmap(corner, every)
            return
        if self._picture is None:
            self._picture = draw(self.lit)
        painter.setOpacity(DIM)
        painter.drawPixmap(corner, every)
        painter.setOpacity(1.0)
        painter.drawPixmap(corner, self._picture)

    def paint_marks(self, painter: QPainter, at: npt.NDArray[np.float64], diameter: float) -> None:
        """Mark the sample pointed at and the one picked, of those at ``at`` (N, 2), as wide as ``diameter``."""
        if self.pointed is not None and self.pointed < len(at) and self.pointed != self.picked:
            paint_pointed(painter, QPointF(*at[self.pointed]), diameter)
        if self.picked is not None and self.picked < len(at):
            paint_picked(painter, QPointF(*at[self.picked]), diameter)


def lit_mask(indices: Any, count: int) -> Mask | None:
    """``indices`` as a mask (count,), without those there are no samples of; None for None."""
    if indices is None:
        return None
    lit = np.zeros(count, dtype=np.bool_)
    chosen = np.asarray(indices, dtype=np.int64)
    lit[chosen[(chosen >= 0) & (chosen < count)]] = True
    return lit


def nearest(at: npt.NDArray[np.float64], visible: Mask, position: QPointF) -> int | None:
    """The index of the visible one of ``at`` (N, 2) that a pointer at ``position`` means; None where it means none."""
    if not len(at):
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.hypot(at[:, 0] - position.x(), at[:, 1] - position.y())
    distance = np.where(visible & np.isfinite(distance), distance, np.inf)
    best = int(distance.argmin())
    return best if distance[best] <= theme().px(_NEAR) else None


def paint_pointed(painter: QPainter, at: QPointF, diameter: float) -> None:
    """A thin ring around the sample under the pointer."""
    _ring(painter, at, diameter * _POINTED / 2, 1.4)


def paint_picked(painter: QPainter, at: QPointF, diameter: float) -> None:
    """A ring with four ticks outwards around the picked sample: a sight, to be found again on any ground."""
    radius = diameter * _PICKED / 2
    _ring(painter, at, radius, 2.0)
    ticks = [
        QLineF(at + QPointF(x, y) * radius, at + QPointF(x, y) * (radius + theme().px(5)))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    painter.save()
    for token, width in (("panel", 4.0), ("text", 2.0)):
        painter.setPen(QPen(theme().color(token), width * theme().scale, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(ticks)
    painter.restore()


def _ring(painter: QPainter, at: QPointF, radius: float, width: float) -> None:
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for token, extra in (("panel", 2.0), ("text", 0.0)):
        painter.setPen(QPen(theme().color(token), (width + extra) * theme().scale))
        painter.drawEllipse(at, radius, radius)
    painter.restore()
