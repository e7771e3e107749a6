"""The axes of a landscape's map: ticks that say the plane's own numbers, and titles as long as there is room."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from app.numbers import brief, percent
from app.panels.plot import ticks
from app.theme import font, theme
from core.probes.directions import Axis

_CENTRE = Qt.AlignmentFlag.AlignCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
Marks = tuple[tuple[float, str], ...]


def marks(axis: Axis, span: float, count: int) -> Marks:
    """At most about ``count`` ticks over coordinates from -span to span: (coordinate, what it says)."""
    reach = axis.unit * span
    rows = ticks.linear(axis.zero - reach, axis.zero + reach, count).major
    return tuple(((value - axis.zero) / axis.unit, text) for value, text in rows)


def titles(axis: Axis) -> tuple[str, ...]:
    """What an axis is called, the longest first."""
    if math.isfinite(axis.explained):
        share = percent(axis.explained)
        return (f"{axis.short} · explains {share} of {axis.title}", f"{axis.short} · {share}", axis.short)
    short = f"{axis.short} = {brief(axis.curvature)}" if math.isfinite(axis.curvature) else axis.short
    return (f"{short} · {axis.title}", short)


def rows_that_fit(pixels: float, each: float) -> int:
    """How many ticks an axis of so many pixels has room for."""
    return min(9, max(2, int(pixels / theme().px(each))))


def margin(axis: Axis, span: float, height: float) -> float:
    """Pixels that the upright axis's numbers need."""
    metrics = QFontMetricsF(font(11))
    texts = ["−0.55", *(text for _, text in marks(axis, span, rows_that_fit(height, 36)))]
    return max(metrics.horizontalAdvance(text) for text in texts)


def paint_axes(painter: QPainter, rect: QRectF, axes: tuple[Axis, Axis], span: float, titled: bool) -> None:
    """Draw ticks and, if ``titled``, titles around ``rect``, left of it and below."""
    look = theme()
    painter.setFont(font(11))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    painter.setPen(look.color("muted"))
    for at, text in marks(axes[0], span, rows_that_fit(rect.width(), 56)):
        x = rect.left() + (at / span + 1) / 2 * rect.width()
        half = metrics.horizontalAdvance(text) / 2
        x_text = min(max(x, rect.left() + half), rect.right() - half)
        painter.drawLine(QLineF(x, rect.bottom(), x, rect.bottom() + look.px(3)))
        painter.drawText(QRectF(x_text - half - 1, rect.bottom() + look.px(4), 2 * half + 2, line), _CENTRE, text)
    for at, text in marks(axes[1], span, rows_that_fit(rect.height(), 36)):
        y = rect.top() + (1 - at / span) / 2 * rect.height()
        painter.drawLine(QLineF(rect.left() - look.px(3), y, rect.left(), y))
        painter.drawText(QRectF(0, y - line / 2, rect.left() - look.px(5), line), _RIGHT, text)
    if not titled:
        return
    below = rect.bottom() + look.px(4) + line
    painter.drawText(QRectF(rect.left(), below, rect.width(), line), _CENTRE, _fitting(axes[0], metrics, rect.width()))
    painter.save()
    painter.translate(line / 2, rect.center().y())
    painter.rotate(-90)
    place = QRectF(-rect.height() / 2, -line / 2, rect.height(), line)
    painter.drawText(place, _CENTRE, _fitting(axes[1], metrics, rect.height()))
    painter.restore()


def _fitting(axis: Axis, metrics: QFontMetricsF, room: float) -> str:
    """The longest title that fits into so many pixels; the shortest where none does."""
    names = titles(axis)
    return next((name for name in names if metrics.horizontalAdvance(name) < room), names[-1])
