"""Where the parts of a plot are: margins as wide as their words, and the rest for the curves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

from app.panels.plot import ticks
from app.panels.plot.ranges import Range
from app.panels.plot.scene import Quantity, Scene
from app.theme import font, theme

_MOST_TICKS = 12
"""More numbers than these are not read, however large the plot."""


@dataclass(frozen=True)
class Layout:
    """Where things are: the ``plot`` itself, and the ticks of what its axes will show when they have settled."""

    plot: QRectF
    x_ticks: ticks.Ticks
    y_ticks: ticks.Ticks

    def to_pixel(self, scene: Scene, x: float, y: float) -> QPointF:
        """The place of a point in axis units."""
        (x0, x1), (y0, y1) = scene.x_range.now, scene.y_range.now
        return QPointF(
            self.plot.left() + (x - x0) / (x1 - x0) * self.plot.width(),
            self.plot.bottom() - (y - y0) / (y1 - y0) * self.plot.height(),
        )

    def to_axis(self, scene: Scene, pixel: float) -> float:
        """The x in axis units at a horizontal ``pixel``."""
        low, high = scene.x_range.now
        return low + (pixel - self.plot.left()) / max(self.plot.width(), 1.0) * (high - low)


def arrange(scene: Scene, width: float, height: float) -> Layout:
    """The layout of ``scene`` in so many pixels: margins as wide as their words, and the rest for the plot."""
    look = theme()
    small, label = QFontMetricsF(font(11)), QFontMetricsF(font(11, semibold=True))
    line = small.height()
    top = 1.5 * line + look.px(4) if scene.y_quantity.title else line / 2 + look.px(2)
    tall = max(height - top - line - look.px(8), 1.0)
    y_ticks = _ticks(scene.y_range.goal, scene.log_y, tall / (2.1 * line), scene.y_quantity)
    y_ticks = _apart(y_ticks, scene.y_range.goal, tall, lambda text: line)
    left = max((small.horizontalAdvance(text) for _, text in y_ticks.major), default=0.0)
    left = math.ceil((max(left, small.horizontalAdvance("10⁻⁴")) + look.px(10)) / 4) * 4
    y_ticks = _apart(y_ticks, scene.y_range.now, tall, lambda text: line)  # on its way an axis may be far longer
    words = [label.horizontalAdvance(curve.label) for curve in scene.curves] if len(scene.x) else []
    title = math.ceil(small.horizontalAdvance(scene.x_quantity.title)) + 2 + look.px(8)
    # Curves' labels are cut where they would take more than a third; the axis's title is whole in any case.
    right = max(min(math.ceil(max([*words, title]) + look.px(14)), 0.34 * width), title)
    plot = QRectF(left, top, max(width - left - right, 1.0), tall)
    widest = small.horizontalAdvance("00 000") + look.px(16)
    x_ticks = _ticks(scene.x_range.now, scene.log_x, plot.width() / widest, scene.x_quantity)
    x_ticks = _apart(x_ticks, scene.x_range.now, plot.width(), lambda text: small.horizontalAdvance(text) + look.px(8))
    return Layout(plot, x_ticks, y_ticks)


def _apart(found: ticks.Ticks, shown: Range, pixels: float, extent: Callable[[str], float]) -> ticks.Ticks:
    per_unit = pixels / max(shown[1] - shown[0], 1e-300)
    return ticks.apart(found, lambda at: (at - shown[0]) * per_unit, extent)


def _ticks(shown: Range, log: bool, room: float, quantity: Quantity) -> ticks.Ticks:
    count = min(_MOST_TICKS, max(2, int(room)))
    return ticks.logarithmic(*shown, count) if log else ticks.linear(*shown, count, quantity.percent)
