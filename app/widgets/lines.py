"""Drawing a line of many points, thick and smooth, in a millisecond or few.

Qt strokes a thick antialiased path as one outline, whose cost grows with how often it crosses itself: 31 ms for 1600
points of noise 2 px wide. Pieces of sixteen points are outlines of their own and take 3 ms; separate segments 1 ms.
A smooth line is drawn in long pieces, noise in short ones, and in segments while training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shiboken6
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

Floats = npt.NDArray[np.float64]

_NOISE = 2.0
"""A line is noise when its ups and downs add up to more than so many times its width."""
_SMOOTH_PIECE, _NOISE_PIECE = 64, 16


def draw(painter: QPainter, x: Floats, y: Floats, color: QColor, width: float, live: bool) -> None:
    """Draw a line through (x, y), (n,) pixels each, broken where one is NaN; single points are dots."""
    drawable = np.isfinite(x) & np.isfinite(y)
    if not drawable.any():
        return
    pen = QPen(color, width)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    links = drawable[:-1] & drawable[1:]
    noisy = _is_noise(x, y, links)
    if noisy and live:
        pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        _segments(painter, x, y, links)
    else:
        _pieces(painter, x, y, drawable, _NOISE_PIECE if noisy else _SMOOTH_PIECE)
    _dots(painter, x, y, drawable, color, width)


def _is_noise(x: Floats, y: Floats, links: npt.NDArray[np.bool_]) -> bool:
    extent = np.nanmax(x) - np.nanmin(x)
    return bool(np.abs(np.diff(y))[links].sum() > _NOISE * max(extent, 1.0))


def _segments(painter: QPainter, x: Floats, y: Floats, links: npt.NDArray[np.bool_]) -> None:
    starts = np.flatnonzero(links)
    if not len(starts):
        return
    memory = np.stack([x[starts], y[starts], x[starts + 1], y[starts + 1]], axis=1)
    # Qt takes a pointer to the first of n lines; a list of QLineF would be unpacked one by one.
    painter.drawLines(shiboken6.wrapInstance(memory.ctypes.data, QLineF), len(memory))  # type: ignore[call-overload]


def _pieces(painter: QPainter, x: Floats, y: Floats, drawable: npt.NDArray[np.bool_], size: int) -> None:
    padded = np.concatenate([[False], drawable, [False]]).astype(np.int8)
    steps = np.diff(padded)
    for start, stop in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
        for at in range(start, stop - 1, size):
            end = min(at + size + 1, stop)
            painter.drawPolyline(polygon(x[at:end], y[at:end]))


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """The points (n,), (n,) as Qt's own array, filled in one go."""
    polygon = QPolygonF()
    polygon.resize(len(x))
    buffer: Any = shiboken6.VoidPtr(polygon.data(), 16 * len(x), True)  # type: ignore[call-arg, arg-type]
    memory: Floats = np.frombuffer(buffer, dtype=np.float64)
    memory[0::2], memory[1::2] = x, y
    return polygon


def _dots(
    painter: QPainter, x: Floats, y: Floats, drawable: npt.NDArray[np.bool_], color: QColor, width: float
) -> None:
    padded = np.concatenate([[False], drawable, [False]])
    alone = np.flatnonzero(drawable & ~padded[:-2] & ~padded[2:])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    radius = 1.5 * width if len(alone) == 1 else 0.75 * width
    for i in alone:
        painter.drawEllipse(QPointF(x[i], y[i]), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
