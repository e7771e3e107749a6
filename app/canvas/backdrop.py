"""What lies around and under the points of a plane: field, axes, tick labels, rounded corners."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPixmap

from app import theme as themes
from app.theme import tokens
from core.data import DOMAIN

TICKS = (-4, -2, 0, 2, 4)
_ROOM_FOR_TICKS = 300


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


def axes(painter: QPainter, rect: QRectF, *, on_field: bool) -> None:
    """Two faint lines through the middle of the plane's square."""
    theme = themes.theme()
    thick = max(1, theme.px(1))
    color = theme.color("text", 0.14) if on_field else theme.color("hairline")
    x, y = int(rect.center().x()), int(rect.center().y())
    painter.fillRect(QRectF(x, rect.top(), thick, rect.height()), color)
    painter.fillRect(QRectF(rect.left(), y, rect.width(), thick), color)


def ticks(painter: QPainter, rect: QRectF, ground: str, *, on_field: bool) -> None:
    """Coordinates along the lower and the left edge, each on a veil over the points; on large planes only."""
    theme = themes.theme()
    if rect.width() < theme.px(_ROOM_FOR_TICKS):
        return
    painter.setFont(themes.font(11))
    veil = theme.color("panel", 0.45) if on_field else theme.color(ground, 0.6)
    wide, high, gap = theme.px(20), theme.px(15), theme.px(3)
    unit = rect.width() / (2 * DOMAIN)
    for tick in TICKS:
        text = str(tick).replace("-", "\N{MINUS SIGN}")
        x, y = rect.center().x() + tick * unit, rect.center().y() - tick * unit
        below = QRectF(x - wide / 2, rect.bottom() - high - gap, wide, high)
        beside = QRectF(rect.left() + gap, y - high / 2, wide, high)
        for box in (below, beside):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(veil)
            painter.drawRoundedRect(box, gap, gap)
            painter.setPen(QPen(theme.color("text" if on_field else "muted", 0.85)))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def corners(painter: QPainter, rect: QRectF) -> None:
    """Round the plane's corners by covering them with the panel: cheaper and smoother than a clip."""
    radius = themes.theme().px(tokens.CORNER)
    square, rounded = QPainterPath(), QPainterPath()
    square.addRect(rect)
    rounded.addRoundedRect(rect, radius, radius)
    painter.fillPath(square.subtracted(rounded), themes.theme().color("panel"))
