"""The labels of picked weights and biases on the network's picture, and the places of edges and biases they hang on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen

from app.network.edges import add_curve
from app.theme import font, theme

if TYPE_CHECKING:
    from app.network.picture import NetworkPicture
    from app.network.shown import Edge, Neuron

DOT, LEAST_DOT = 0.1, 2.6
"""Radius of a bias's dot: its share of the tile, and pixels at the least."""

ALONG = (0.62, 0.4, 0.8, 0.22)
"""How far along an edge its label may stand, the best first."""


def curve_of(picture: NetworkPicture, edge: Edge) -> QPainterPath | None:
    """An edge as a path; None where one of its ends is not shown."""
    index, source, target = edge
    left, right = picture.tile_of((index, source)), picture.tile_of((index + 1, target))
    if left is None or right is None:
        return None
    path, span = QPainterPath(), picture.span(index)
    start = QPointF(span[0], picture.gaps.middles(index)[left])
    add_curve(path, start, QPointF(span[1], picture.gaps.middles(index + 1)[right]))
    return path


def dot_rect(tile: QRectF) -> QRectF:
    """Where a neuron's bias is drawn: over the lower left corner of its ``tile``."""
    radius = max(LEAST_DOT * theme().scale, DOT * tile.width())
    return QRectF(tile.left() - radius, tile.bottom() - radius, 2 * radius, 2 * radius)


def mark_rects(picture: NetworkPicture, metrics: QFontMetrics) -> list[tuple[str, QRectF]]:
    """Where the labels of picked numbers stand, clear of one another: on edges, or beside biases."""
    placed: list[tuple[str, QRectF]] = []
    for mark, label in picture.marked.items():
        size = QSizeF(metrics.horizontalAdvance(label) + theme().px(10), theme().px(18))
        rects = _rects_of_mark(picture, mark, size)
        clear = (rect for rect in rects if not any(rect.intersects(other) for _, other in placed))
        if rects:
            placed.append((label, next(clear, rects[0])))
    return placed


def _rects_of_mark(picture: NetworkPicture, mark: Edge | Neuron, size: QSizeF) -> list[QRectF]:
    """The places a label may have, the best first; none where what it is of is not shown."""
    if len(mark) == 3:
        path = curve_of(picture, mark)
        middles = [] if path is None else [path.pointAtPercent(share) for share in ALONG]
    elif picture.tile_of(mark) is None:
        middles = []
    else:
        aside = QPointF(-size.width() / 2 - theme().px(6), 0)
        middles = [dot_rect(picture.tile_rect(*mark)).center() + aside]
    half = QPointF(size.width() / 2, size.height() / 2)
    return [QRectF(at - half, size) for at in middles]


def paint_marks(painter: QPainter, picture: NetworkPicture) -> None:
    """Paint the labels."""
    look = theme()
    painter.setFont(font(11, semibold=True))
    for label, rect in mark_rects(picture, painter.fontMetrics()):
        painter.setPen(QPen(look.color("panel"), look.scale))
        painter.setBrush(look.color("accent"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        painter.setPen(look.color("on_accent"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, label)
