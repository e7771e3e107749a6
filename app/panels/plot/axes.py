"""Painting a plot's grid and axes."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from app.panels.plot.layout import Layout
from app.panels.plot.scene import Scene
from app.theme import font, theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignCenter


def paint(painter: QPainter, scene: Scene, layout: Layout) -> None:
    """Paint the grid, the numbers along both axes, and the titles."""
    look, plot = theme(), layout.plot
    line = QFontMetricsF(font(11)).height()
    x0, y0 = scene.x_range.now[0], scene.y_range.now[0]
    painter.setFont(font(11))
    major, minor = QPen(look.color("hairline"), look.scale), QPen(look.mix("hairline", share=0.45), look.scale)
    per_decade = plot.height() / max(scene.y_range.now[1] - y0, 1e-9)
    rows = [(at, "", minor) for at in layout.y_ticks.minor if per_decade > 3 * line or not scene.log_y]
    for at, text, pen in rows + [(at, text, major) for at, text in layout.y_ticks.major]:
        y = layout.to_pixel(scene, x0, at).y()
        if not plot.top() - 0.5 <= y <= plot.bottom() + 0.5:
            continue
        painter.setPen(pen)
        painter.drawLine(QLineF(plot.left(), crisp(y), plot.right(), crisp(y)))
        if text:
            painter.setPen(look.color("muted"))
            painter.drawText(QRectF(0, y - line / 2, plot.left() - look.px(8), line), _RIGHT, text)
    _columns(painter, scene, layout, minor)
    _title(painter, scene, layout)


def _columns(painter: QPainter, scene: Scene, layout: Layout, pen: QPen) -> None:
    """The x axis: fine lines, their numbers, and the title to the right of the last one."""
    look, plot = theme(), layout.plot
    metrics = QFontMetricsF(painter.font())
    line, title = metrics.height(), metrics.horizontalAdvance(scene.x_quantity.title) + 2
    furthest = painter.window().width() - title
    start = plot.right() + look.px(8)
    for at, text in layout.x_ticks.major:
        x = layout.to_pixel(scene, at, scene.y_range.now[0]).x()
        half = metrics.horizontalAdvance(text) / 2
        if not plot.left() - 0.5 <= x <= plot.right() + 0.5:
            continue
        painter.setPen(pen)
        painter.drawLine(QLineF(crisp(x), plot.top(), crisp(x), plot.bottom()))
        if x + half + look.px(8) <= furthest:
            start = max(start, x + half + look.px(8))
            painter.setPen(look.color("muted"))
            painter.drawText(QRectF(x - half - 1, plot.bottom() + look.px(5), 2 * half + 2, line), _CENTRE, text)
    painter.setPen(look.color("muted"))
    painter.drawText(QRectF(start, plot.bottom() + look.px(5), title, line), _LEFT, scene.x_quantity.title)


def crisp(at: float) -> float:
    """The middle of the pixel, where a one-pixel line is sharp."""
    return math.floor(at) + 0.5


def _title(painter: QPainter, scene: Scene, layout: Layout) -> None:
    painter.setFont(font(11))
    painter.setPen(theme().color("muted"))
    metrics, room = QFontMetricsF(painter.font()), layout.plot.right()
    text = metrics.elidedText(scene.y_quantity.title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRectF(0, 0, room + 2, metrics.height()), _LEFT, text)
