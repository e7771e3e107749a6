"""The timeline's track: the run's loss as a faint curve, its moments, the named ones, and where it is looked at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.numbers import brief, count, epochs
from app.theme import font, repaint_on_change, theme, tokens
from app.widgets.lines import polygon
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from core.history import Moment

Floats = npt.NDArray[np.float64]
KNOB, FLAG = 12, 7
NEAR = 6
"""Pixels within which a named moment catches the pointer."""


class TimeTrack(QWidget):
    """``chosen`` carries the Moment nearest to where the hand is; ``ended`` says that it is at the end: the newest."""

    chosen = Signal(object)
    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.moments: list[Moment] = []
        self._steps: list[int] = []
        self._marks: list[tuple[int, str]] = []
        self._newest = 0
        self._place: int | None = None
        self._curve: Floats = np.empty((0, 2))
        self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Moment of the run")
        self.setToolTip("Drag to look back; left and right go from moment to moment")
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(theme().px(320), theme().px(32))

    # what is shown

    def show_run(self, steps: Floats, losses: Floats, newest: int) -> None:
        """The run's loss over its steps, as a curve from 0 to 1 for each pixel column: log where that is possible."""
        self._newest = newest
        self._curve = _curve(steps, losses, max(2, self.width() // 2), newest)
        self.update()

    def set_moments(self, moments: list[Moment]) -> None:
        """The moments that can be looked at, oldest first."""
        self.moments, self._steps = moments, [moment.step for moment in moments]

    def set_marks(self, marks: Sequence[tuple[int, str]]) -> None:
        """Steps with a name."""
        self._marks = list(marks)
        self.update()

    def set_place(self, step: int | None) -> None:
        """Where it is looked at, None for the newest."""
        self._place = step
        self.update()

    def nearest(self, step: float) -> Moment:
        """The moment nearest to a step; raises IndexError where there are none."""
        after = min(bisect_left(self._steps, step), len(self._steps) - 1)
        before = max(after - 1, 0)
        closer = before if step - self._steps[before] <= self._steps[after] - step else after
        return self.moments[closer]

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look at the moment under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, or tell a name."""
        if self._dragging:
            self._go(event.position().x())
            return
        near = [name for step, name in self._marks if abs(self._x(step) - event.position().x()) < NEAR]
        if near:
            QToolTip.showText(event.globalPosition().toPoint(), " · ".join(near), self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From moment to moment, or to either end."""
        leaps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}
        key = Qt.Key(event.key())
        if not self.moments:
            event.ignore()
        elif key in leaps:
            self._leap(leaps[key])
        elif key == Qt.Key.Key_Home:
            self.chosen.emit(self.moments[0])
        elif key == Qt.Key.Key_End:
            self.ended.emit()
        else:
            event.ignore()

    def _leap(self, by: int) -> None:
        at = len(self.moments) if self._place is None else bisect_left(self._steps, self._place)
        wanted = at + by
        if wanted >= len(self.moments):
            self.ended.emit()
        else:
            self.chosen.emit(self.moments[max(wanted, 0)])

    def _go(self, x: float) -> None:
        if not self.moments or not self._newest:
            return
        marked = [step for step, _ in self._marks if abs(self._x(step) - x) < NEAR]
        step = marked[0] if marked else self._step(x)
        if step >= self._newest:
            self.ended.emit()
        else:
            self.chosen.emit(self.nearest(step))

    # places

    def _rail(self) -> QRectF:
        inset = theme().px(KNOB) / 2
        return QRectF(self.rect()).adjusted(inset, 2, -inset, -2)

    def _x(self, step: float) -> float:
        rail = self._rail()
        return rail.left() + rail.width() * (step / self._newest if self._newest else 1.0)

    def _step(self, x: float) -> float:
        rail = self._rail()
        return min(max((x - rail.left()) / max(rail.width(), 1.0), 0.0), 1.0) * self._newest

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The curve, the rail with what has been trained, the named moments and the knob."""
        painter, look, rail = antialiased(QPainter(self)), theme(), self._rail()
        if not self._newest:
            painter.setFont(font(11))
            painter.setPen(look.color("muted"))
            text = "Train, and every moment of the run can be looked at again here."
            painter.drawText(rail, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            return
        self._paint_curve(painter, rail)
        base = rail.bottom() - look.px(KNOB) / 2
        at = self._x(self._newest if self._place is None else self._place)
        for left, right, token in ((rail.left(), at, "accent"), (at, rail.right(), "hairline")):
            painter.setPen(QPen(look.color(token), look.px(3), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(left, base), QPointF(right, base))
        self._paint_flags(painter, rail, base)
        painter.setPen(QPen(look.color("panel"), look.px(2)))
        painter.setBrush(look.color("accent"))
        painter.drawEllipse(QPointF(at, base), look.px(KNOB) / 2, look.px(KNOB) / 2)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), tokens.SMALL_CORNER)

    def _paint_curve(self, painter: QPainter, rail: QRectF) -> None:
        look = theme()
        room = rail.height() - look.px(KNOB) - 2
        if len(self._curve) < 2 or room < 4:
            return
        x = rail.left() + self._curve[:, 0] * rail.width()
        y = rail.top() + (1 - self._curve[:, 1]) * room
        floor = rail.top() + room
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("accent", 0.14))
        painter.drawPolygon(polygon(np.r_[x[0], x, x[-1]], np.r_[floor, y, floor]))
        painter.setPen(QPen(look.color("accent", 0.55), 1))
        painter.drawPolyline(polygon(x, y))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _paint_flags(self, painter: QPainter, rail: QRectF, base: float) -> None:
        look = theme()
        size = look.px(FLAG)
        painter.setFont(font(11))
        free = rail.left() - 1
        for step, name in sorted(self._marks):
            x = self._x(step)
            painter.setPen(QPen(look.color("warning"), look.px(2)))
            painter.drawLine(QPointF(x, base), QPointF(x, rail.top()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("warning"))
            top = rail.top()
            painter.drawPolygon(QPolygonF([QPointF(x, top), QPointF(x + size, top + size / 2), QPointF(x, top + size)]))
            width = painter.fontMetrics().horizontalAdvance(name)
            left = x + size + 3 if x + size + 4 + width < rail.right() else x - 3 - width
            if left > free:
                room = QRectF(left, top, width, painter.fontMetrics().height())
                fill_rounded(painter, room.adjusted(-2, 0, 2, 0), look.color("panel"), tokens.SMALL_CORNER)
                painter.setPen(look.color("text"))
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, name)
                free = max(left + width, x) + 4

    def event(self, event: QEvent) -> bool:
        """Say where the pointer is, as a step."""
        if event.type() == QEvent.Type.ToolTip and self._newest and self.moments:
            step = self._step(event.pos().x())  # type: ignore[attr-defined]
            moment = self.nearest(step)
            QToolTip.showText(
                event.globalPos(),  # type: ignore[attr-defined]
                f"step {count(moment.step)}, epoch {epochs(moment.epoch)}, loss {brief(moment.loss)}\n"
                "Drag to look back; left and right go from moment to moment",
                self,
            )
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Put it away."""
        self.update()
        super().focusOutEvent(event)


def _curve(steps: Floats, losses: Floats, columns: int, newest: int) -> Any:
    """Points (n, 2) in [0, 1]² of the losses at ``columns`` places, by their logarithm where all are above zero."""
    fine = np.isfinite(losses)
    if newest <= 0 or fine.sum() < 2:
        return np.empty((0, 2))
    x, y = steps[fine] / newest, losses[fine]
    if len(x) > columns:
        rows = np.unique(np.searchsorted(x, np.linspace(0.0, 1.0, columns)).clip(0, len(x) - 1))
        x, y = x[rows], y[rows]
    if (y > 0).all():
        y = np.log(y)
    low, high = float(y.min()), float(y.max())
    return np.column_stack([x, (y - low) / (high - low) if high > low else np.full(len(y), 0.5)])
