"""The options of the tool in hand, on one low row: each a field that fills with its value."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app import theme as themes
from app.numbers import number
from app.theme import repaint_on_change, tokens
from app.widgets.label import ElidedLabel
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from core.tables import Setting

_STEPS = 20
_KEYS = {
    Qt.Key.Key_Left: -1.0,
    Qt.Key.Key_Down: -1.0,
    Qt.Key.Key_Right: 1.0,
    Qt.Key.Key_Up: 1.0,
    Qt.Key.Key_PageDown: -5.0,
    Qt.Key.Key_PageUp: 5.0,
    Qt.Key.Key_Home: -1e6,
    Qt.Key.Key_End: 1e6,
}


class OptionField(QWidget):
    """Name and value of a setting on a bar that is as full as the value is high; drag, wheel or arrow keys change it.

    The bar follows the square root of the setting's range, since small values want the finer hand.
    """

    moved = Signal(float)

    def __init__(self, setting: Setting, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setting, self.value = setting, value
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        unit = f" ({setting.unit})" if setting.unit else ""
        self.setToolTip(f"{setting.title}{unit}\n{setting.help}\nDrag, use the wheel or the arrow keys.")
        self.setAccessibleName(f"{setting.title}{unit}")
        repaint_on_change(self)

    def set_value(self, value: float) -> None:
        """Show a value, emitting nothing."""
        self.value = value
        self.setAccessibleDescription(f"{self.text()}. {self.setting.help}")
        self.update()

    def text(self) -> str:
        """What is written on the bar."""
        return f"{self.setting.title} {number(self.value, 2)}"

    def sizeHint(self) -> QSize:
        """Room for the text."""
        return QSize(themes.theme().px(72), themes.theme().px(tokens.SMALL_CONTROL - 2))

    def minimumSizeHint(self) -> QSize:
        """Little: the name gives way to the value alone."""
        return QSize(themes.theme().px(36), self.sizeHint().height())

    def share(self) -> float:
        """How full the bar is, from 0 to 1."""
        low, high = self.setting.low, self.setting.high
        return float(max(0.0, (self.value - low) / (high - low)) ** 0.5)

    def _go(self, share: float) -> None:
        low, high = self.setting.low, self.setting.high
        value = low + (high - low) * min(max(share, 0.0), 1.0) ** 2
        value = round(value) if value >= 10 else float(f"{value:.2g}")
        value = min(max(value, low), high)
        if value != self.value:
            self.set_value(value)
            self.moved.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Fill the bar up to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(event.position().x() / max(1, self.width()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position().x() / max(1, self.width()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One step for each notch."""
        self._go(self.share() + (1 if event.angleDelta().y() > 0 else -1) / _STEPS)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows for one step, page keys for five, Home and End for the ends."""
        steps = _KEYS.get(Qt.Key(event.key()))
        if steps is None:
            super().keyPressEvent(event)
        else:
            self._go(self.share() + steps / _STEPS)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bar, how full it is, and the text."""
        painter, theme = antialiased(QPainter(self)), themes.theme()
        rect = QRectF(self.rect())
        fill_rounded(painter, rect, theme.color("raised"), tokens.SMALL_CORNER)
        clip = QPainterPath()
        radius = theme.px(tokens.SMALL_CORNER)
        clip.addRoundedRect(rect, radius, radius)
        painter.save()
        painter.setClipPath(clip)
        full = QRectF(rect.left(), rect.top(), rect.width() * self.share(), rect.height())
        painter.fillRect(full, theme.mix("accent", "raised", 0.26 if self.underMouse() else 0.18))
        painter.restore()
        if self.hasFocus():
            draw_focus_ring(painter, rect, tokens.SMALL_CORNER)
        painter.setFont(themes.font(11))
        painter.setPen(theme.color("text"))
        text = self.text()
        if painter.fontMetrics().horizontalAdvance(text) > rect.width() - theme.px(6):
            text = number(self.value, 2)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


class ToolOptions(QWidget):
    """The options of a canvas's tool; what it does, where it has none, so that nothing moves when it is taken."""

    shown_changed = Signal()

    def __init__(self, canvas: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.fields: dict[str, OptionField] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self.hint = ElidedLabel("", 11, token="muted")
        self._row.addWidget(self.hint)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        canvas.tool_changed.connect(self._rebuild)
        canvas.brush_changed.connect(self._follow)
        self._rebuild()

    def _rebuild(self) -> None:
        for field in self.fields.values():
            self._row.removeWidget(field)
            field.hide()
            field.deleteLater()
        self.fields = {}
        for setting in self._canvas.tool.options:
            field = OptionField(setting, self._canvas.option(setting.name))
            field.moved.connect(lambda value, name=setting.name: self._canvas.set_option(name, value))
            self.fields[setting.name] = field
            self._row.addWidget(field)
        self._follow()
        says = self._canvas.tool.help.rstrip(".")
        self.hint.setText(says[:1].upper() + says[1:])
        self.hint.setVisible(not self.fields)
        self.shown_changed.emit()

    def sizeHint(self) -> QSize:
        """As high as a field, with or without one."""
        return QSize(super().sizeHint().width(), themes.theme().px(tokens.SMALL_CONTROL - 2))

    def _follow(self) -> None:
        for name, field in self.fields.items():
            field.set_value(self._canvas.option(name))
