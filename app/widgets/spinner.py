"""A whole number with a button to each side: − 8 +."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.theme import theme, theme_events, tokens
from app.widgets.buttons import IconButton
from app.widgets.label import tip
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from app.widgets.value_field import ValueField


class Stepper(QWidget):
    """A whole number from ``minimum`` to ``maximum`` to step or to type; ``changed`` carries what a hand made of it."""

    changed = Signal(int)

    def __init__(
        self,
        value: int,
        minimum: int = 0,
        maximum: int | None = None,
        *,
        title: str = "",
        unit: str = "",
        help: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._minimum, self._maximum = minimum, math.inf if maximum is None else maximum
        self.field = ValueField(value, self._minimum, self._maximum, integer=True, unit=unit, parent=self)
        self.field.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.field.setAccessibleName(title or "Number")
        about = f"{title} ({unit})" if unit and title else title
        self.less = self._button("minus", f"One less: {title}" if title else "One less")
        self.more = self._button("plus", f"One more: {title}" if title else "One more")
        self.setToolTip(tip(about, help))
        self.field.setToolTip(self.toolTip())
        self.field.setAccessibleDescription(help)
        self.setAccessibleName(title)
        self.setFocusProxy(self.field)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        for part in (self.less, self.field, self.more):
            self._row.addWidget(part)
        self.less.clicked.connect(self._step_down)
        self.more.clicked.connect(self._step_up)
        self.field.typed.connect(self._typed)
        self.field.installEventFilter(self)
        theme_events().changed.connect(self._dress)
        self._dress()
        self._limit_buttons()

    def _button(self, name: str, tooltip: str) -> IconButton:
        button = IconButton(name, tooltip, flat=True, size=tokens.SMALL_CONTROL, token="muted", parent=self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field's arrow keys do the same
        button.setAutoRepeat(True)
        return button

    @property
    def value(self) -> int:
        """The number shown."""
        return round(self.field.value)

    def set_value(self, value: int) -> None:
        """Show a number, emitting nothing."""
        self.field.set_value(value)
        self._limit_buttons()

    def _step(self, by: int) -> None:
        value = round(min(max(self.value + by, self._minimum), self._maximum))
        if value != self.value:
            self.field.setModified(False)
            self.field.set_value(value)
            self._changed(value)

    def _step_down(self) -> None:
        self._step(-1)

    def _step_up(self) -> None:
        self._step(1)

    def _typed(self, value: float) -> None:
        self._changed(round(value))

    def _changed(self, value: int) -> None:
        self._limit_buttons()
        self.changed.emit(value)

    def _limit_buttons(self) -> None:
        self.less.setEnabled(self.value > self._minimum)
        self.more.setEnabled(self.value < self._maximum)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Step with the arrow and page keys, and with the wheel while the number has the focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
            if event.key() in steps:
                self._step(steps[Qt.Key(event.key())])
                return True
        elif isinstance(event, QWheelEvent) and self.field.hasFocus() and event.angleDelta().y():
            self._step(1 if event.angleDelta().y() > 0 else -1)
            return True
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """Room for the number and both buttons."""
        buttons = 2 * theme().px(tokens.SMALL_CONTROL) + theme().px(tokens.GRID)
        return QSize(self.field.sizeHint().width() + buttons, theme().px(tokens.CONTROL))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and focus ring."""
        painter = antialiased(QPainter(self))
        fill_rounded(painter, QRectF(self.rect()), theme().color("raised"))
        if self.field.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()))

    def _dress(self) -> None:
        edge = theme().px(2)
        self._row.setContentsMargins(edge, 0, edge, 0)
        self._row.setSpacing(0)
        self.updateGeometry()
