"""A line of a menu with a number that goes up and down while the menu stays open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QStyle, QWidget, QWidgetAction

from app.theme import theme, tokens
from app.widgets.buttons import IconButton
from app.widgets.label import Label
from app.widgets.painting import antialiased, fill_rounded

BY_KEY = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Minus: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Plus: 1,
    Qt.Key.Key_Equal: 1,
}


class StepLine(QWidget):
    """A title, and a whole number from 0 to ``most`` between − and +, put in words by ``say``."""

    stepped = Signal(int)

    def __init__(self, title: str, value: int, most: int, say: Callable[[int], str]) -> None:
        super().__init__()
        self.value, self._most, self._say = value, most, say
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.title = Label(title)
        self.words = Label("", token="muted")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.fewer = IconButton("minus", f"{title}: less", flat=True, size=tokens.SMALL_CONTROL)
        self.more = IconButton("plus", f"{title}: more", flat=True, size=tokens.SMALL_CONTROL)
        row = QHBoxLayout(self)
        left = theme().px(12) + self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
        row.setContentsMargins(left, theme().px(2), theme().px(8), theme().px(2))
        row.setSpacing(theme().px(tokens.GRID))
        row.addWidget(self.title)
        row.addStretch(1)
        for part in (self.fewer, self.words, self.more):
            row.addWidget(part)
        for button, by in ((self.fewer, -1), (self.more, 1)):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, by=by: self.step(by))
        widest = max((say(n) for n in range(most + 1)), key=self.words.fontMetrics().horizontalAdvance)
        self.words.setFixedWidth(self.words.fontMetrics().horizontalAdvance(widest) + theme().px(8))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._show()

    def step(self, by: int) -> None:
        """Go up or down, as far as there is something."""
        value = max(0, min(self._most, self.value + by))
        if value != self.value:
            self.value = value
            self._show()
            self.stepped.emit(value)

    def _show(self) -> None:
        self.words.setText(self._say(self.value))
        self.setAccessibleDescription(self.words.text())
        self.fewer.setEnabled(self.value > 0)
        self.more.setEnabled(self.value < self._most)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right, − and + change the number; all else is the menu's."""
        by = BY_KEY.get(Qt.Key(event.key()))
        if by is None:
            event.ignore()
        else:
            self.step(by)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press beside the buttons leaves the menu open."""
        event.accept()

    mouseReleaseEvent = mousePressEvent

    def enterEvent(self, event: QEnterEvent) -> None:
        """Be the line that the keys are for."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground of a menu's line while it is the one."""
        if self.hasFocus() or self.underMouse():
            painter = antialiased(QPainter(self))
            fill_rounded(painter, QRectF(self.rect()), theme().color("raised"), tokens.SMALL_CORNER)


def add_step_line(menu: QMenu, line: StepLine, help: str) -> None:
    """Put a line into ``menu``, where arrow keys reach it."""
    action = QWidgetAction(menu)
    action.setText(line.title.text())
    action.setToolTip(help)
    line.setToolTip(help)
    action.setDefaultWidget(line)
    menu.addAction(action)
