"""What a panel says in words: a line of trouble or advice, and the sentence of an empty panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.theme import icon_pixmap, theme, theme_events, tokens
from app.widgets.flow import FlowLayout
from app.widgets.label import Label
from app.widgets.painting import antialiased, fill_rounded

Kind = Literal["bad", "warning", "info"]
Action = tuple[str, Callable[[], object]]
_TOKENS: dict[str, str] = {"bad": "bad", "warning": "warning", "info": "accent"}


class _ActionButton(QPushButton):
    """A button that keeps what it does where Python's garbage collector sees it, not in a connection."""

    def __init__(self, label: str = "", callback: Callable[[], object] = lambda: None) -> None:
        super().__init__(label)
        self.callback = callback
        self.clicked.connect(self._press)

    def _press(self) -> None:
        self.callback()


class MessageLine(QWidget):
    """What is wrong, where, and what to do: wrapped text with an icon of its kind and a button for each remedy.

    The buttons stand beside the text where both fit on one line, else below it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind: Kind = "info"
        self._mark = QLabel()
        self._text = Label()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._actions = QWidget()
        self._flow = FlowLayout(self._actions)
        self._words = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._words.addWidget(self._text, 1)
        self._words.addWidget(self._actions)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(self._words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        theme_events().changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    @property
    def buttons(self) -> list[QPushButton]:
        """The remedies offered, in order."""
        return self._actions.findChildren(QPushButton)

    def show_message(self, text: str, kind: Kind = "info", actions: Sequence[Action] = ()) -> None:
        """Say something, in place of what was said; raises KeyError for an unknown kind."""
        _TOKENS[kind]
        self.kind = kind
        self._text.setText(text)
        self.setAccessibleName(text)
        self._flow.clear()
        for label, callback in actions:
            self._flow.addWidget(_ActionButton(label, callback))
        self._actions.setVisible(bool(actions))
        self._dress()
        self._turn()
        self.show()

    def clear_message(self) -> None:
        """Say nothing."""
        self._text.clear()
        self.hide()

    def _turn(self) -> None:
        """Put the buttons beside the text, or below it."""
        margins, gap = self._row.contentsMargins(), theme().px(tokens.GAP)
        room = self.width() - margins.left() - margins.right() - self._mark.sizeHint().width() - self._row.spacing()
        needed = self._text.fontMetrics().horizontalAdvance(self.text) + 2 * gap + self._actions.sizeHint().width()
        beside = needed <= room
        self._words.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self._row.setAlignment(self._mark, Qt.AlignmentFlag.AlignVCenter if beside else Qt.AlignmentFlag.AlignTop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons where there is room."""
        self._turn()
        super().resizeEvent(event)

    def _dress(self) -> None:
        look = theme()
        pad, gap = look.px(tokens.PADDING), look.px(tokens.GAP)
        self._row.setContentsMargins(pad, gap, pad, gap)
        self._row.setSpacing(gap)
        self._words.setSpacing(gap)
        self._flow.setSpacing(gap)
        name = "info" if self.kind == "info" else self.kind
        self._mark.setPixmap(icon_pixmap(name, look.px(16), look.color(_TOKENS[self.kind]), self.devicePixelRatioF()))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground tinted by the kind."""
        painter = antialiased(QPainter(self))
        fill_rounded(painter, QRectF(self.rect()), theme().mix(_TOKENS[self.kind], "panel", 0.1))


class EmptyState(QWidget):
    """A sentence and the one button that fills the panel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = Label(token="muted")
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = _ActionButton()
        self.button.setProperty("primary", True)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._text)
        column.addSpacing(tokens.GAP)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def fill(self, text: str, button: str, callback: Callable[[], object]) -> None:
        """Say what is missing, and what the button that brings it does; no button where its label is empty."""
        self._text.setText(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.button.callback = callback

    def minimumSizeHint(self) -> QSize:
        """Nothing, so that the sentence never widens its panel."""
        return QSize(0, 0)
