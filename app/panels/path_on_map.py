"""Training's path on a map: a light line with a dark edge, a ring where it began, and a ball where it is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.theme import theme
from app.widgets import lines

LIGHT, DARK = QColor("#FFFFFF"), QColor("#10151C")
"""The same in both themes, because the map under them is."""

_NEAR = 1.5
"""Pixels along the path between the points that are drawn."""
_FAR = 20_000.0
"""Pixels beyond which places are drawn nearer: the stroker is slow with what nobody sees."""


def paint_path(painter: QPainter, rect: QRectF, at: npt.NDArray[np.float64]) -> None:
    """Draw a path through ``at`` (T, 2) pixels, and the ball at its end, on a map that fills ``rect``."""
    scale = theme().scale
    places = np.clip(at, -_FAR, _FAR)
    path = _thinned(places)
    if len(path) > 1:
        shade = QColor(DARK)
        shade.setAlphaF(0.55)
        for color, width in ((shade, 4.2), (LIGHT, 2.0)):
            lines.draw(painter, path[:, 0], path[:, 1], color, width * scale, False)
        painter.setPen(QPen(DARK, 1.6 * scale))
        painter.setBrush(LIGHT)
        painter.drawEllipse(QPointF(*places[0].tolist()), 2.8 * scale, 2.8 * scale)
    _ball(painter, rect, QPointF(*places[-1].tolist()))


def _ball(painter: QPainter, rect: QRectF, at: QPointF) -> None:
    """Draw the ball, or, where it is outside, an arrow at the edge that points to it."""
    scale = theme().scale
    painter.setPen(QPen(DARK, 1.6 * scale))
    painter.setBrush(LIGHT)
    if rect.contains(at):
        painter.drawEllipse(at, 5.2 * scale, 5.2 * scale)
        return
    room = 10 * scale
    edge = QPointF(
        min(max(at.x(), rect.left() + room), rect.right() - room),
        min(max(at.y(), rect.top() + room), rect.bottom() - room),
    )
    arrow = QPainterPath(QPointF(6.5, 0))
    for x, y in ((-4.5, 5.0), (-2.0, 0.0), (-4.5, -5.0)):
        arrow.lineTo(x, y)
    arrow.closeSubpath()
    painter.save()
    painter.translate(edge)
    painter.rotate(math.degrees(math.atan2(at.y() - edge.y(), at.x() - edge.x())))
    painter.scale(scale, scale)
    painter.drawPath(arrow)
    painter.restore()


def _thinned(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of places (T, 2) those that begin another stretch of _NEAR pixels along the path, and the last."""
    if len(at) < 3:
        return at
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(at, axis=0).T))])
    marks = np.floor(along / _NEAR)
    keep = np.concatenate([[True], marks[1:] != marks[:-1]])
    keep[-1] = True
    return at[keep]
