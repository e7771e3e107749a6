"""Painting a plot's picture: axes, bands, marks, curves and the names at their ends, on any paint device."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.panels.plot import axes, notes
from app.panels.plot.layout import Layout
from app.panels.plot.placing import spread
from app.panels.plot.scene import Curve, Scene
from app.panels.plot.thinning import Floats
from app.theme import font, theme
from app.widgets import lines

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

_NOISE = 2.5
"""Column by column, so many line widths between least and greatest make a crowded curve a haze with a middle line."""
_HAZE = 0.34
"""How much of a curve's colour its haze keeps."""
_CROWD = (2.0, 8.0)
"""Rows to a column between which a noisy curve turns from all line to haze and middle line."""

_FEW = 2
"""More curves than these are thinned to every other column while training: their lines are two pixels wide."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A curve in pixels: its thinned points, and its middle line if it is a haze, with the share of colour it keeps."""

    curve: Curve
    x: Floats
    y: Floats
    middle: tuple[Floats, Floats] | None
    haze: float

    @property
    def line(self) -> tuple[Floats, Floats]:
        """The line that the eye follows."""
        return self.middle or (self.x, self.y)


def ink(name: str | int) -> QColor:
    """The colour of a curve: of a token, or the line colour of an index."""
    return theme().line_color(name) if isinstance(name, int) else theme().color(name)


def paint(painter: QPainter, scene: Scene, layout: Layout, ratio: float, live: bool) -> None:
    """Paint all of ``scene`` but the crosshair, at ``ratio`` device pixels to a pixel; ``live`` prefers speed."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    axes.paint(painter, scene, layout)
    fine = max(16, int(layout.plot.width() * ratio))
    columns = fine // 2 if live and len(scene.curves) > _FEW else fine
    drawn = [_place(scene, layout, curve, columns, fine) for curve in scene.curves]
    margin = theme().px(4)
    painter.save()
    painter.setClipRect(layout.plot.adjusted(-margin, -margin, margin, margin))
    places = _bands(painter, scene, layout) + _stretches(painter, scene, layout) + _marks(painter, scene, layout)
    width = 2.0 * theme().scale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not live)
    for item in reversed(drawn):  # the first named is drawn last, on top
        if item.haze < 1.0:
            lines.draw(painter, item.x, item.y, _mixed(ink(item.curve.ink), item.haze), width, live=True)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for item in reversed(drawn):
        lines.draw(painter, *item.line, ink(item.curve.ink), width, live)
    painter.restore()
    notes.paint(painter, places, [item.line for item in drawn])
    _end_labels(painter, layout, drawn)


def _mixed(color: QColor, share: float) -> QColor:
    """``share`` of a colour over the panel's: opaque, since the segments of a haze overlap."""
    ground = theme().color("panel")
    pairs = ((color.redF(), ground.redF()), (color.greenF(), ground.greenF()), (color.blueF(), ground.blueF()))
    return QColor.fromRgbF(*(a * share + b * (1 - share) for a, b in pairs))


def _place(scene: Scene, layout: Layout, curve: Curve, columns: int, fine: int) -> Drawn:
    """``curve`` in pixels, thinned to ``columns``; ``fine`` is how many columns of pixels there are."""
    plot = layout.plot
    (x0, x1), (y0, y1) = scene.x_range.now, scene.y_range.now
    far = 4 * (plot.width() + plot.height())  # the rasteriser's numbers are not for places light-years away

    def pixels(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        with np.errstate(over="ignore"):
            px = plot.left() + (x - x0) / (x1 - x0) * plot.width()
            py = plot.bottom() - (y - y0) / (y1 - y0) * plot.height()
        return np.clip(px, -far, far), np.clip(py, -far, far)

    points = scene.points(curve, columns)
    x, y = pixels(points.x, points.y)
    steps = np.abs(np.diff(y))
    steps = steps[np.isfinite(steps)]
    if not len(points.middle_x) or not len(steps) or np.median(steps) < _NOISE * 2.0 * theme().scale:
        return Drawn(curve, x, y, None, 1.0)
    crowd = points.crowd * columns / fine
    turned = min((crowd - _CROWD[0]) / (_CROWD[1] - _CROWD[0]), 1.0)
    if turned <= 0:
        return Drawn(curve, x, y, None, 1.0)
    return Drawn(curve, x, y, pixels(points.middle_x, points.middle_y), 1.0 - turned * (1.0 - _HAZE))


def _bands(painter: QPainter, scene: Scene, layout: Layout) -> list[notes.Note]:
    """Tint the bands; gives their names with the corners of the band where each may be written."""
    look, plot = theme(), layout.plot
    metrics = QFontMetricsF(font(11))
    line, pad = metrics.height(), look.px(6)
    found: list[notes.Note] = []
    for band in scene.bands:
        low, high = (math.log10(v) if scene.log_y else v for v in (band.low, band.high))
        bottom, top = (layout.to_pixel(scene, 0.0, at).y() for at in (low, high))
        area = QRectF(plot.left(), top, plot.width(), bottom - top).intersected(plot)
        if area.height() > 0:
            painter.fillRect(area, look.color(band.token, 0.11))
        if area.height() < line + 4:
            continue
        width = min(metrics.horizontalAdvance(band.label) + 2, area.width() - 2 * pad)
        left, right = area.left() + pad, area.right() - pad - width
        corners = [(left, area.bottom() - line - 2), (left, area.top() + 2)]
        corners += [(right, area.bottom() - line - 2), (right, area.top() + 2)]
        found.append(notes.Note(band.label, band.token, [QRectF(x, y, width, line) for x, y in corners]))
    return found


def _stretches(painter: QPainter, scene: Scene, layout: Layout) -> list[notes.Note]:
    """Tint the stretches; gives their names, each for the middle of its stretch, below or above, if it has room."""
    look, plot, metrics = theme(), layout.plot, QFontMetricsF(font(11))
    found: list[notes.Note] = []
    for stretch in scene.stretches:
        high = scene.x[-1] if stretch.high is None and len(scene.x) else stretch.high
        low, end = (_on_axis(scene, at) for at in (stretch.low, high))
        if end is None:
            continue
        left = plot.left() if low is None else layout.to_pixel(scene, low, 0.0).x()
        area = QRectF(left, plot.top(), layout.to_pixel(scene, end, 0.0).x() - left, plot.height()).intersected(plot)
        width, line = metrics.horizontalAdvance(stretch.label) + 2, metrics.height()
        if stretch.token != "muted" and area.width() > 0:
            painter.fillRect(area, look.color(stretch.token, 0.07))
        if width + look.px(8) <= area.width():
            rows = (plot.bottom() - line - look.px(2), plot.top() + line + look.px(2))
            places = [QRectF(area.center().x() - width / 2, y, width, line) for y in rows]
            found.append(notes.Note(stretch.label, stretch.token, places))
    return found


def _marks(painter: QPainter, scene: Scene, layout: Layout) -> list[notes.Note]:
    """Draw the marks' lines; gives those of their names that do not run into each other."""
    look, plot = theme(), layout.plot
    metrics = QFontMetricsF(font(11))
    found: list[notes.Note] = []
    free = -math.inf
    for mark in sorted(scene.marks, key=lambda m: m.at):
        at = _on_axis(scene, mark.at)
        x = math.inf if at is None else axes.crisp(layout.to_pixel(scene, at, 0.0).x())
        if not plot.left() - 0.5 <= x <= plot.right() + 1.5:
            continue
        pen = QPen(look.color(mark.token, 0.7), look.scale, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        width, height = metrics.horizontalAdvance(mark.label) + 2, metrics.height()
        gap = look.px(mark.gap)
        start = x + gap if x + gap + width <= plot.right() else x - gap - width
        if start >= free and start >= plot.left():
            places = [QRectF(start, y, width, height) for y in (plot.top(), plot.bottom() - height - look.px(2))]
            found.append(notes.Note(mark.label, mark.token, places))
            free = max(x, start + width) + look.px(6)
    return found


def _on_axis(scene: Scene, x: float | None) -> float | None:
    """A value in axis units; None where the axis has no place for it."""
    if x is None or not scene.log_x:
        return x
    return math.log10(x) if x > 0 else None


def _end(layout: Layout, item: Drawn) -> tuple[float, float] | None:
    """The x and the height at which a curve ends in the plot; None where nothing of it shows."""
    (x, y), plot = item.line, layout.plot
    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & (x <= plot.right() + 1) & (x >= plot.left() - 1))
    if not len(shown):
        return None
    return float(x[shown[-1]]), float(np.clip(y[shown[-1]], plot.top(), plot.bottom()))


def _end_labels(painter: QPainter, layout: Layout, drawn: list[Drawn]) -> None:
    look, plot = theme(), layout.plot
    painter.setFont(font(11, semibold=True))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    ends = [(item.curve, end) for item in drawn if (end := _end(layout, item)) is not None]
    places = spread([y for _, (_, y) in ends], line, plot.top() - line / 2, plot.bottom() + line / 4)
    left = plot.right() + look.px(8)
    for (curve, (x, y)), place in zip(ends, places, strict=True):
        if place is None:
            continue
        color = ink(curve.ink)
        if abs(place - y) > 0.3 * line and x > plot.right() - look.px(
            8
        ):  # a thread from the end of the line to where its name had to go
            faint = QColor(color)
            faint.setAlphaF(0.55)
            painter.setPen(QPen(faint, look.scale))
            painter.drawLine(QLineF(plot.right() + look.px(2), y, left - look.px(2), place))
        painter.setPen(color)
        room = painter.window().width() - left
        text = metrics.elidedText(curve.label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, place - line / 2, room + 1, line), _LEFT, text)
