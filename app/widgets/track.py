"""The track of a slider: drawn, dragged and stepped by us, a slider to screen readers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QSlider, QWidget

from app.theme import font, repaint_on_change, theme, tokens
from app.widgets.painting import antialiased, draw_focus_ring
from app.widgets.scale import TrackScale

THICKNESS, KNOB, RING_GAP = 4, 14, 2
_TICKS = 1000
_REST_MS = 500
"""How long after the last key or wheel step they count as one gesture."""


class Track(QSlider):
    """Emits ``moved`` for each change by hand and ``released`` when a drag, or a run of keys, is over."""

    moved = Signal(float)
    released = Signal()

    def __init__(self, scale: TrackScale, value: float, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.scale = scale
        self._value = value
        self._marks: list[tuple[float, str]] = []
        self._limit: float | None = None
        self._limit_label = ""
        self._grab: float | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.released)
        self.setRange(0, _TICKS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        # Only an assistive tool changes the integer position by itself; a hand comes by the events below.
        self.valueChanged.connect(self._assisted)
        repaint_on_change(self)
        self.set_value(value)

    def set_value(self, value: float) -> None:
        """Show another value, emitting nothing."""
        self._value = value
        self.blockSignals(True)
        self.setValue(round(self.scale.position(value) * _TICKS))
        self.blockSignals(False)
        self.update()

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Name some values below the track."""
        self._marks = list(marks)
        self.updateGeometry()
        self.update()

    def set_limit(self, limit: float | None, label: str = "") -> None:
        """Colour the track good below ``limit`` and bad above it, with a tick and a label there."""
        self._limit, self._limit_label = limit, label
        self.updateGeometry()
        self.update()

    # Hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the knob, or bring it here."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        knob = self._x(self._value)
        offset = event.position().x() - knob
        held = abs(offset) <= theme().px(KNOB) / 2 + 2
        self._grab = offset if held else 0.0
        if not held:
            self._go(self.scale.value(self._share(event.position().x())))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the knob."""
        if self._grab is not None:
            self._go(self.scale.value(self._share(event.position().x() - self._grab)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the knob go."""
        if self._grab is not None and event.button() == Qt.MouseButton.LeftButton:
            self._grab = None
            self.update()
            self.released.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One key step for each notch."""
        notches = round(event.angleDelta().y() / 120) or (event.angleDelta().y() > 0) - (event.angleDelta().y() < 0)
        if not notches or (_scrolls(self) and not self.hasFocus()):
            event.ignore()
            return
        self._step(self.scale.stepped(self._value, notches))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, page keys leap, Home and End go to the ends."""
        value = self._keyed(Qt.Key(event.key()))
        if value is None:
            event.ignore()
        else:
            self._step(value)

    def _keyed(self, key: Qt.Key) -> float | None:
        """The value a key leads to."""
        keys = Qt.Key
        if key in (keys.Key_Right, keys.Key_Up):
            return self.scale.stepped(self._value, 1)
        if key in (keys.Key_Left, keys.Key_Down):
            return self.scale.stepped(self._value, -1)
        if key in (keys.Key_PageUp, keys.Key_PageDown):
            return self.scale.paged(self._value, 1 if key == keys.Key_PageUp else -1)
        if key in (keys.Key_Home, keys.Key_End):
            return self.scale.value(0.0 if key == keys.Key_Home else 1.0)
        return None

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """End a run of keys."""
        super().focusOutEvent(event)
        if self._rest.isActive():
            self._rest.stop()
            self.released.emit()

    def _step(self, value: float) -> None:
        self._go(value)
        self._rest.start()

    def _go(self, value: float) -> None:
        if value != self._value:
            self.set_value(value)
            self.moved.emit(value)

    def _assisted(self, tick: int) -> None:
        self._step(self.scale.value(tick / _TICKS))

    # Drawing

    def _inset(self) -> float:
        """Half the knob with its focus ring: how far its centre stays from either end."""
        return theme().px(KNOB) / 2 + theme().px(RING_GAP) + theme().px(tokens.FOCUS_WIDTH)

    def _x(self, value: float) -> float:
        return self._inset() + self.scale.position(value) * (self.width() - 2 * self._inset())

    def _share(self, x: float) -> float:
        return (x - self._inset()) / max(self.width() - 2 * self._inset(), 1)

    def _labels(self) -> list[tuple[float, str]]:
        limit = [(self._limit, self._limit_label)] if self._limit is not None and self._limit_label else []
        return [*limit, *self._marks]

    def sizeHint(self) -> QSize:
        """Room for the knob, its focus ring and the labels."""
        height = round(2 * self._inset())
        return QSize(theme().px(120), height + (theme().px(14) if self._labels() else 0))

    def minimumSizeHint(self) -> QSize:
        """Short, but as high as it is."""
        return QSize(theme().px(48), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bar, ticks, labels, knob."""
        painter = antialiased(QPainter(self))
        middle = self._inset()
        bar = self._bar(middle)
        self._paint_bar(painter, bar)
        self._paint_ticks(painter, bar)
        self._paint_labels(painter, middle)
        self._paint_knob(painter, QPointF(self._x(self._value), middle))

    def _bar(self, middle: float) -> QRectF:
        thick = theme().px(THICKNESS)
        return QRectF(0, middle - thick / 2, self.width(), thick)

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        radius = bar.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        if self._limit is not None:
            painter.setBrush(self._zones(bar, self._limit))
            painter.drawRoundedRect(bar, radius, radius)
            return
        painter.setBrush(theme().mix("hairline", "raised", 0.6))
        painter.drawRoundedRect(bar, radius, radius)
        if self.scale.position(self._value) <= 0:
            return
        done = QRectF(bar)
        done.setRight(self._x(self._value))
        painter.setBrush(theme().color("accent" if self.isEnabled() else "muted"))
        painter.drawRoundedRect(done, radius, radius)

    def _zones(self, bar: QRectF, limit: float) -> QLinearGradient:
        """Good up to a little before the limit, bad a little after it."""
        look = theme()
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        at = (self._x(limit) - bar.left()) / max(bar.width(), 1)
        inside = self.scale.low <= limit <= self.scale.high
        at = at if inside else (1.2 if limit > self.scale.high else -0.2)
        for place, color in (
            (at - 1.0, look.mix("good", "panel", 0.3)),
            (at - 0.16, look.color("good")),
            (at - 0.02, look.color("warning")),
            (at + 0.1, look.color("bad")),
        ):
            gradient.setColorAt(min(max(place, 0.0), 1.0), color)
        if at >= 1:
            gradient.setColorAt(1.0, look.color("good"))
        gradient.setColorAt(0.0, look.mix("good", "panel", 0.35) if at > 0 else look.color("bad"))
        return gradient

    def _paint_ticks(self, painter: QPainter, bar: QRectF) -> None:
        painter.setPen(QPen(theme().color("text"), theme().px(2)))
        reach = theme().px(5)
        ticks = [value for value, _ in self._marks if self.scale.low < value < self.scale.high]
        if self._limit is not None and self.scale.low <= self._limit <= self.scale.high:
            ticks.append(self._limit)
        for value in ticks:
            x = self._x(value)
            painter.drawLine(QPointF(x, bar.center().y() - reach), QPointF(x, bar.center().y() + reach))

    def _paint_labels(self, painter: QPainter, middle: float) -> None:
        """Write the labels, earlier ones first; those that would touch one already there are left out."""
        painter.setFont(font(11))
        painter.setPen(theme().color("muted"))
        metrics = painter.fontMetrics()
        top = middle * 2
        taken: list[tuple[float, float]] = []
        for value, label in self._labels():
            width = metrics.horizontalAdvance(label)
            if not math.isfinite(value) or width > self.width():
                continue
            left = min(max(self._x(value) - width / 2, 0.0), self.width() - width)
            if all(left > end + 6 or left + width < start - 6 for start, end in taken):
                taken.append((left, left + width))
                painter.drawText(QPointF(left, top + metrics.ascent() - theme().px(2)), label)

    def _paint_knob(self, painter: QPainter, center: QPointF) -> None:
        radius = theme().px(KNOB) / 2
        ring = theme().px(tokens.FOCUS_WIDTH)
        color = theme().color("accent" if self.isEnabled() else "muted")
        if self.hasFocus():
            reach = self._inset()
            halo = QRectF(center.x() - reach, center.y() - reach, 2 * reach, 2 * reach)
            draw_focus_ring(painter, halo, reach / theme().scale)
        full = self._grab is not None or self.underMouse()
        painter.setPen(QPen(color, ring))
        painter.setBrush(theme().mix("accent", "panel", 0.25) if full and self.isEnabled() else theme().color("panel"))
        painter.drawEllipse(center, radius - ring / 2, radius - ring / 2)


def _scrolls(widget: QWidget) -> bool:
    """True inside a scroll area, where the wheel belongs to the page until the slider has the focus."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QAbstractScrollArea):
        parent = parent.parentWidget()
    return parent is not None
