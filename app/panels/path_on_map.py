"""Training's path on a map: a light line with a dark edge, a ring where it began, and a ball where it is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from app.theme import font, theme
from app.widgets import lines

LIGHT, DARK = QColor("#FFFFFF"), QColor("#10151C")
"""The same in both themes, because the map under them is."""

_NEAR = 1.5
"""Pixels along the path between the points that are drawn."""
_FAR = 20_000.0
"""Pixels beyond which places are drawn nearer: the stroker is slow with what nobody sees."""


def on_paper(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Places (T, 2) in pixels, those far out of sight brought nearer, and thinned to what a line needs."""
    return _thinned(np.clip(at, -_FAR, _FAR))


def paint_path(
    painter: QPainter, rect: QRectF, at: npt.NDArray[np.float64], leaps: npt.NDArray[np.bool_] | None = None
) -> None:
    """Draw a path through ``at`` (T, 2) pixels, and the ball at its end, on a map that fills ``rect``.

    No line leads to where ``leaps`` (T,) is true: there θ was set by hand.
    """
    scale = theme().scale
    places = np.clip(at, -_FAR, _FAR)
    starts = [0, *(np.flatnonzero(leaps[1:]) + 1).tolist(), len(places)] if leaps is not None else [0, len(places)]
    parts = [_thinned(places[a:b]) for a, b in itertools.pairwise(starts)]
    path = np.concatenate([row for part in parts for row in (part, np.full((1, 2), np.nan))])[:-1]
    if len(path) > 1:
        shade = QColor(DARK)
        shade.setAlphaF(0.55)
        for color, width in ((shade, 4.2), (LIGHT, 2.0)):
            lines.draw(painter, path[:, 0], path[:, 1], color, width * scale, False)
        painter.setPen(QPen(DARK, 1.6 * scale))
        painter.setBrush(LIGHT)
        painter.drawEllipse(QPointF(*places[0].tolist()), 2.8 * scale, 2.8 * scale)
    _ball(painter, rect, QPointF(*places[-1].tolist()))


def paint_spots(painter: QPainter, rect: QRectF, spots: Sequence[tuple[QPointF, str]]) -> None:
    """Draw named places, their names clear of one another."""
    taken: list[QRectF] = []
    for at, name in spots:
        _spot(painter, rect, at, name, taken)


def _spot(painter: QPainter, rect: QRectF, at: QPointF, name: str, taken: list[QRectF]) -> None:
    """Draw a small diamond, and beside it its name, as much of it as there is room for in ``rect``."""
    scale = theme().scale
    painter.save()
    painter.setFont(font(11, semibold=True))
    outline = QPainterPath()
    metrics = QFontMetricsF(painter.font())
    room = max(rect.right() - at.x(), at.x() - rect.left()) - 10 * scale
    name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
    place = name_beside(rect, at, QSizeF(metrics.horizontalAdvance(name), metrics.ascent()), taken)
    taken.append(place)
    outline.addText(place.bottomLeft(), painter.font(), name)
    painter.strokePath(outline, QPen(DARK, 3.2 * scale))
    painter.fillPath(outline, LIGHT)
    painter.translate(at)
    painter.rotate(45)
    painter.setPen(QPen(DARK, 1.6 * scale))
    painter.setBrush(LIGHT)
    side = 7 * scale
    painter.drawRect(QRectF(-side / 2, -side / 2, side, side))
    painter.restore()


def name_beside(rect: QRectF, at: QPointF, size: QSizeF, taken: Sequence[QRectF]) -> QRectF:
    """Where a name of ``size`` stands: right of ``at`` or left, above or below, in ``rect`` and clear of ``taken``."""
    scale = theme().scale
    lefts = (at.x() + 8 * scale, at.x() - 8 * scale - size.width())
    tops = (at.y() - 7 * scale - size.height(), at.y() + 7 * scale)
    places = [QRectF(QPointF(left, top), size) for left in lefts for top in tops]
    inside = [place for place in places if rect.left() <= place.left() and place.right() <= rect.right()] or places
    return next((p for p in inside if not any(p.intersects(other) for other in taken)), inside[0])


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
