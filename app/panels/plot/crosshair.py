"""The crosshair and its read-out: what was recorded at the row under the pointer."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.numbers import THIN, number, percent
from app.panels.plot.layout import Layout
from app.panels.plot.paint import ink
from app.panels.plot.scene import Quantity, Readout, Scene
from app.theme import font, theme, tokens

_DIGITS = 6
_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Line:
    """One line of the read-out: a curve's colour (None for the head), its name and its value."""

    color: QColor | None
    label: str
    value: str


def duration(seconds: float) -> str:
    """Computing time as people say it: "0.42 s", "3 min 12 s", "2 h 5 min"."""
    if seconds < _MINUTE:
        return f"{number(seconds, 3)}{THIN}s"
    if seconds < _HOUR:
        return f"{int(seconds // 60)}{THIN}min {int(seconds % 60)}{THIN}s"
    return f"{int(seconds // 3600)}{THIN}h {int(seconds % 3600 // 60)}{THIN}min"


def written(value: float, quantity: Quantity) -> str:
    """A value of ``quantity`` in full: to six digits, a share as a percentage."""
    if math.isnan(value):
        return "–"
    return percent(value) if quantity.percent else number(value, _DIGITS)


def text_of(readout: Readout, scene: Scene) -> list[Line]:
    """The lines of the read-out of a row."""
    time = "" if readout.seconds is None else duration(readout.seconds)
    head = Line(None, f"{scene.x_quantity.title} {number(readout.x, _DIGITS)}".strip(), time)
    return [head] + [Line(ink(c.ink), c.label, written(v, scene.y_quantity)) for c, v in readout.values]


def paint(painter: QPainter, scene: Scene, layout: Layout, row: int) -> None:
    """Paint the crosshair at ``row`` with a dot on each curve, and the read-out beside it."""
    readout = scene.readout(row)
    at = math.log10(readout.x) if scene.log_x else readout.x
    x = layout.to_pixel(scene, at, 0.0).x()
    plot, look = layout.plot, theme()
    if not plot.left() - 1 <= x <= plot.right() + 1:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(look.color("muted", 0.8), look.scale))
    painter.drawLine(QLineF(math.floor(x) + 0.5, plot.top(), math.floor(x) + 0.5, plot.bottom()))
    for curve, value in readout.values:
        if not math.isfinite(value) or (scene.log_y and value <= 0):
            continue
        y = layout.to_pixel(scene, at, math.log10(value) if scene.log_y else value).y()
        if plot.top() - 1 <= y <= plot.bottom() + 1:
            painter.setPen(QPen(look.color("panel"), 1.5 * look.scale))
            painter.setBrush(ink(curve.ink))
            painter.drawEllipse(QPointF(x, y), 4 * look.scale, 4 * look.scale)
    _box(painter, layout, x, text_of(readout, scene))


def _box(painter: QPainter, layout: Layout, x: float, rows: list[Line]) -> None:
    look, plot = theme(), layout.plot
    plain, bold = QFontMetricsF(font(11)), QFontMetricsF(font(11, semibold=True))
    line, pad, gap = plain.height() + look.px(2), look.px(8), look.px(16)
    room = int((painter.window().height() - 2 * pad) // line)
    if len(rows) > room > 1:  # the head, and as many curves as there is room for
        rows = [*rows[: room - 1], Line(None, f"and {len(rows) - room + 1} more", "")]
    dot = look.px(14)
    width = 2 * pad + max(
        (dot if r.color else 0) + bold.horizontalAdvance(r.label) + gap + bold.horizontalAdvance(r.value) for r in rows
    )
    height = 2 * pad + len(rows) * line
    left = x + look.px(12) if x + look.px(12) + width <= painter.window().width() else x - look.px(12) - width
    left = min(max(left, 0.0), max(painter.window().width() - width - 1, 0.0))
    top = min(plot.top() + look.px(4), max(painter.window().height() - height - 1, 0.0))
    box = QRectF(left, top, width, height)
    painter.setPen(QPen(look.color("hairline"), look.scale))
    painter.setBrush(look.color("panel"))
    painter.drawRoundedRect(box, look.px(tokens.CORNER), look.px(tokens.CORNER))
    for i, row in enumerate(rows):
        _line(painter, QRectF(left + pad, top + pad + i * line, width - 2 * pad, line), row, dot)


def _line(painter: QPainter, place: QRectF, row: Line, dot: float) -> None:
    look = theme()
    head = row.color is None
    if row.color is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(row.color)
        radius = 3.5 * look.scale
        painter.drawEllipse(QPointF(place.left() + radius, place.center().y()), radius, radius)
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(font(11, semibold=head))
    painter.setPen(look.color("text" if head else "muted"))
    painter.drawText(place.adjusted(0 if head else dot, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | middle, row.label)
    painter.setFont(font(11, semibold=not head))
    painter.setPen(look.color("muted" if head else "text"))
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | middle, row.value)
