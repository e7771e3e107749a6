"""The small card that says the exact values under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QTransform

from app.theme import font, marker_path, theme
from app.widgets.thumbnail import Ink, paint_ink

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Row:
    """A line of the card: what, how much, and the class whose marker stands before it."""

    name: str
    value: str
    kind: int | None = None


PICTURE = 64
"""Design pixels of a sample's picture on a card."""


def paint_readout(
    painter: QPainter, bounds: QRectF, at: QPointF, rows: Sequence[Row], ink: Ink | None = None
) -> QRectF:
    """Draw a card with ``rows`` beside ``at``, on the side with room inside ``bounds``; gives its place.

    ``ink`` is the picture of what the card is of, beside the rows where there is room for it.
    """
    look, small = theme(), QFontMetricsF(font(11))
    pad, gap, line = look.px(8), look.px(10), small.height() + look.px(2)
    mark = look.px(14) if any(row.kind is not None for row in rows) else 0
    names = max(small.horizontalAdvance(row.name) for row in rows) + mark
    values = max(small.horizontalAdvance(row.value) for row in rows)
    wide, seen = names + gap + values + 2 * pad, look.px(PICTURE)
    if wide + seen + gap > bounds.width() or seen + 1.5 * pad > bounds.height():
        ink = None
    aside = 0.0 if ink is None else seen + gap
    size = QSizeF(wide + aside, max(line * len(rows), 0 if ink is None else seen) + 1.5 * pad)
    place = _place(bounds, at, size, look.px(12))
    painter.save()
    painter.setPen(QPen(look.color("hairline"), look.scale))
    ground = look.color("panel")
    ground.setAlphaF(0.94)
    painter.setBrush(ground)
    painter.drawRoundedRect(place, look.px(6), look.px(6))
    painter.setFont(font(11))
    top = place.top() + 0.75 * pad
    if ink is not None:
        paint_ink(painter, QRectF(place.left() + pad, top, seen, seen), ink)
    for row in rows:
        whole = QRectF(place.left() + pad + aside, top, size.width() - 2 * pad - aside, line)
        if row.kind is not None:
            _mark(painter, QPointF(whole.left() + look.px(4), whole.center().y()), row.kind)
        painter.setPen(look.color("muted"))
        painter.drawText(whole.adjusted(0 if row.kind is None else mark, 0, 0, 0), _LEFT, row.name)
        painter.setPen(look.color("text"))
        painter.drawText(whole, _RIGHT, row.value)
        top += line
    painter.restore()
    return place


def paint_cross(painter: QPainter, at: QPointF, light: QColor, dark: QColor) -> None:
    """Draw a small cross with an open middle at ``at``, to be seen on any ground."""
    painter.save()
    near, far = theme().px(4), theme().px(9)
    for color, width in ((dark, 3.0), (light, 1.2)):
        painter.setPen(QPen(color, width * theme().scale, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(at + QPointF(x * near, y * near), at + QPointF(x * far, y * far))
    painter.restore()


def _place(bounds: QRectF, at: QPointF, size: QSizeF, space: float) -> QRectF:
    """Where a card of ``size`` goes: right of and below ``at`` unless it would leave ``bounds`` there."""
    x, y = at.x() + space, at.y() + space
    if x + size.width() > bounds.right():
        x = at.x() - space - size.width()
    if y + size.height() > bounds.bottom():
        y = at.y() - space - size.height()
    return QRectF(max(bounds.left(), x), max(bounds.top(), y), size.width(), size.height())


def _mark(painter: QPainter, at: QPointF, kind: int) -> None:
    side = theme().px(9)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().class_color(kind))
    painter.drawPath(QTransform().translate(at.x(), at.y()).scale(side, side).map(marker_path(kind)))
