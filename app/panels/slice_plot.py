"""The plot of a slice: curves over a weight or a rate, the ball on them, and a hand that moves it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from app.panels.curves import Curve, CurvePlot, Mark, Quantity
from app.panels.plot.axes import crisp
from app.panels.plot.layout import Layout
from app.theme import theme

Floats = npt.NDArray[np.float64]

_BESIDE = 10
"""Design pixels from a mark to its label: clear of the ball on its line, which is 14 across."""
_FLAT, _ROOM = 1e-9, 0.05
"""A curve that varies by less than the former of its height is flat, and then has the latter above and below it."""
_NUDGES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: -10, Qt.Key.Key_PageUp: 10}


@dataclass(frozen=True)
class Ball:
    """A point (x, y) on the plot; the ``held`` one is larger, and what the hand moves."""

    x: float
    y: float
    token: str
    held: bool = False


@dataclass(frozen=True, eq=False)
class Picture:
    """What a slice shows: ``curves`` over ``x`` (n,) between the heights ``low`` and ``high``.

    ``level`` is the present loss, drawn across; beyond ``worse`` the ground is tinted.
    """

    x: Floats
    curves: tuple[Curve, ...]
    x_title: str
    y_title: str
    log: bool
    low: float
    high: float
    balls: tuple[Ball, ...]
    marks: tuple[Mark, ...] = ()
    level: float = math.nan
    worse: float = math.inf


class SlicePlot(CurvePlot):
    """A CurvePlot with a ball that follows a dragged pointer and the arrow keys along x.

    ``dragged`` brings the x under the pointer while the left button is held, ``grasped`` comes before the first, and
    ``nudged`` brings notches: one for an arrow key, ten for a page key or with Shift.
    """

    grasped = Signal()
    dragged = Signal(float)
    nudged = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._shown: Picture | None = None
        self._held = False
        self.setCursor(Qt.CursorShape.SizeHorCursor)

    @property
    def shown(self) -> Picture | None:
        """What it shows."""
        return self._shown

    def show_picture(self, picture: Picture) -> None:
        """Show another slice; the axes ease to it."""
        self._shown = picture
        self.set_log(x=picture.log, y=False)
        self.set_quantities(Quantity(picture.x_title), Quantity(picture.y_title, bounds=(picture.low, picture.high)))
        self.set_marks(((mark.at, mark.label, mark.token) for mark in picture.marks), gap=_BESIDE)
        self.set_data(picture.x, picture.curves)

    def clear_picture(self) -> None:
        """Show nothing."""
        self._shown = None
        self.set_marks(())
        self.set_data(np.empty(0), ())

    # painting

    def _paint_over(self, painter: QPainter, layout: Layout) -> None:
        picture, plot = self._shown, layout.plot
        if picture is None or not len(picture.x):
            return
        painter.save()
        painter.setClipRect(plot.adjusted(-theme().px(8), -theme().px(8), theme().px(8), theme().px(8)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_level(painter, layout, picture)
        for ball in sorted(picture.balls, key=lambda ball: ball.held):
            self._paint_ball(painter, layout, ball)
        painter.restore()
        super()._paint_over(painter, layout)

    def _across(self, x: float) -> float:
        return math.log10(max(x, 1e-300)) if self.scene.log_x else x

    def _paint_level(self, painter: QPainter, layout: Layout, picture: Picture) -> None:
        """The present loss across the plot, and a tint where a step makes it worse."""
        plot = layout.plot
        if math.isfinite(picture.worse):
            left = max(layout.to_pixel(self.scene, self._across(picture.worse), 0.0).x(), plot.left())
            if left < plot.right():
                area = QRectF(left, plot.top(), plot.right() - left, plot.height())
                painter.fillRect(area, theme().color("bad", 0.07))
        if math.isfinite(picture.level):
            y = crisp(layout.to_pixel(self.scene, 0.0, picture.level).y())
            pen = QPen(theme().color("muted", 0.8), theme().scale, Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([1, 3])
            painter.setPen(pen)
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))

    def _paint_ball(self, painter: QPainter, layout: Layout, ball: Ball) -> None:
        look, plot = theme(), layout.plot
        if not math.isfinite(ball.x):
            return
        at = layout.to_pixel(self.scene, self._across(ball.x), ball.y if math.isfinite(ball.y) else math.inf)
        if not plot.left() - 1 <= at.x() <= plot.right() + 1:
            return
        radius = look.px(6 if ball.held else 4)
        painter.setPen(QPen(look.color("panel"), 2 * look.scale))
        painter.setBrush(look.color(ball.token))
        if at.y() < plot.top() - radius:  # off the top: an arrow says that it is further up
            x, top = at.x(), plot.top()
            points = [QPointF(x, top), QPointF(x - radius, top + 1.6 * radius), QPointF(x + radius, top + 1.6 * radius)]
            painter.drawPolygon(QPolygonF(points))
        elif at.y() <= plot.bottom() + radius:
            painter.drawEllipse(at, radius, radius)

    # the hand

    def _value(self, pixel: float) -> float:
        at = self._layout_now().to_axis(self.scene, pixel)
        return float(10.0**at if self.scene.log_x else at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the ball: it comes to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and len(self.scene.x):
            self._held = True
            self.grasped.emit()
            self.dragged.emit(self._value(event.position().x()))
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held, else the crosshair."""
        if not self._held:
            super().mouseMoveEvent(event)
            return
        self._pointer = None
        self.dragged.emit(self._value(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._held = False
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second press is a press like any other: zooming is the wheel's here."""
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the ball by notches; other keys are the plot's."""
        notches = _NUDGES.get(Qt.Key(event.key()))
        if notches is None or not len(self.scene.x):
            super().keyPressEvent(event)
            return
        fast = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.nudged.emit(notches * (10 if fast and abs(notches) == 1 else 1))


def heights(values: Sequence[Floats], low: float, high: float, room: float = 0.08) -> tuple[float, float]:
    """From ``low`` to ``high`` with some room, no further than the finite numbers among ``values`` reach."""
    finite = np.concatenate([v[np.isfinite(v)] for v in values]) if values else np.empty(0)
    if len(finite):
        low, high = max(low, float(finite.min())), min(high, float(finite.max()))
    flat = high - low < _FLAT * abs(high)  # no more than rounding
    pad = max(room * (high - low), _ROOM * abs(high) if flat else 0.0, 1e-12)
    return low - pad, high + pad
