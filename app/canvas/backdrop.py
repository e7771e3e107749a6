"""What lies around and under the points of a plane: field, axes, tick labels, rounded corners."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap

from app import theme as themes
from app.numbers import MINUS, number
from app.theme import tokens
from core.data import DOMAIN
from core.data.slices import Plane
from core.probes.contours import linear_levels

TICKS = (-4, -2, 0, 2, 4)
"""Coordinates that are named on the plane that is drawn on."""
_ROOM_FOR_TICKS = 300
_MOST_TICKS = 5
Tick = tuple[float, str]
"""A place on an axis in plane units, and what is said there."""


def scaled_field(field: QImage, width: float, ratio: float, ground: str) -> QPixmap:
    """A field smoothly scaled to a square ``width`` logical pixels wide, on the colour of a token.

    The outermost samples lie on the plane's edge, so their pixels' centres are put there.
    """
    side = max(1, round(width * ratio))
    pixmap = QPixmap(side, side)
    pixmap.fill(themes.theme().color(ground))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    source = QRectF(0.5, 0.5, max(0.01, field.width() - 1), max(0.01, field.height() - 1))
    painter.drawImage(QRectF(0, 0, side, side), field, source)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def axes(painter: QPainter, rect: QRectF, plane: Plane, *, on_field: bool) -> None:
    """Two faint lines where the axes' values are 0, if that is in sight."""
    theme = themes.theme()
    thick = max(1, theme.px(1))
    color = theme.color("text", 0.14) if on_field else theme.color("hairline")
    across, up = (-low / (high - low) for low, high in plane.ranges.tolist())
    if 0.0 < across < 1.0:
        painter.fillRect(QRectF(int(rect.left() + across * rect.width()), rect.top(), thick, rect.height()), color)
    if 0.0 < up < 1.0:
        painter.fillRect(QRectF(rect.left(), int(rect.bottom() - up * rect.height()), rect.width(), thick), color)


def axis_ticks(plane: Plane, side: int) -> list[Tick]:
    """The ticks of a plane's axis: across (``side`` 0) or up (1)."""
    if plane.flat:
        return [(float(tick), str(tick).replace("-", MINUS)) for tick in TICKS]
    low, high = plane.ranges[side].tolist()
    levels = linear_levels(low, high, _MOST_TICKS).tolist()
    return [((2.0 * (v - low) / (high - low) - 1.0) * DOMAIN, number(v, 6)) for v in levels]


def ticks(painter: QPainter, rect: QRectF, ground: str, plane: Plane, *, on_field: bool) -> None:
    """The axes' names where they are a table's; on large planes values along the lower and the left edge.

    Each is on a veil over the points.
    """
    theme = themes.theme()
    painter.setFont(themes.font(11))
    gap = theme.px(3)
    boxes = _titles(painter, rect, plane) if not plane.flat else []
    if rect.width() >= theme.px(_ROOM_FOR_TICKS):
        boxes += _values(painter, rect, plane)
    veil = theme.color("panel", 0.45) if on_field else theme.color(ground, 0.6)
    ink = theme.color("text" if on_field else "muted", 0.85)
    taken: list[QRectF] = []
    for box, text in boxes:
        if not text or any(box.intersects(other) for other in taken):
            continue
        taken.append(box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(veil)
        painter.drawRoundedRect(box, gap, gap)
        painter.setPen(QPen(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _titles(painter: QPainter, rect: QRectF, plane: Plane) -> list[tuple[QRectF, str]]:
    """The axes' names and their places: in the lower right corner, and in the upper left."""
    metrics, gap, high = QFontMetricsF(painter.font()), themes.theme().px(3), themes.theme().px(15)
    across, up = (metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width() * 0.6) for text in plane.titles)
    wide, narrow = (metrics.horizontalAdvance(text) + 2 * gap for text in (across, up))
    return [
        (QRectF(rect.right() - gap - wide, rect.bottom() - high - gap, wide, high), across),
        (QRectF(rect.left() + gap, rect.top() + gap, narrow, high), up),
    ]


def _values(painter: QPainter, rect: QRectF, plane: Plane) -> list[tuple[QRectF, str]]:
    """The ticks' texts and their places."""
    metrics, px = QFontMetricsF(painter.font()), themes.theme().px
    gap, high, unit = px(3), px(15), rect.width() / (2 * DOMAIN)
    boxes = []
    for side in (0, 1):
        for at, text in axis_ticks(plane, side):
            wide = max(px(20), metrics.horizontalAdvance(text) + 2 * gap)
            x = rect.center().x() + at * unit - wide / 2 if side == 0 else rect.left() + gap
            y = rect.bottom() - high - gap if side == 0 else rect.center().y() - at * unit - high / 2
            boxes.append((QRectF(x, y, wide, high), text))
    return [(box, text) for box, text in boxes if rect.contains(box)]


def corners(painter: QPainter, rect: QRectF) -> None:
    """Round the plane's corners by covering them with the panel: cheaper and smoother than a clip."""
    radius = themes.theme().px(tokens.CORNER)
    square, rounded = QPainterPath(), QPainterPath()
    square.addRect(rect)
    rounded.addRoundedRect(rect, radius, radius)
    painter.fillPath(square.subtracted(rounded), themes.theme().color("panel"))
