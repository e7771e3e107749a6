"""Text that follows the theme: plain, and elided with the full text as its tooltip."""

from __future__ import annotations

import html
import re
import textwrap

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.theme import font, theme, theme_events, wear

_TIP_WIDTH = 64
"""Characters in a line of a tooltip."""


class Label(QLabel):
    """A line of text whose size and colour are tokens."""

    def __init__(
        self,
        text: str = "",
        size: int = 13,
        *,
        semibold: bool = False,
        mono: bool = False,
        token: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._size, self._semibold, self._mono, self._token = size, semibold, mono, token
        self.setProperty("ink", token)
        theme_events().changed.connect(self._dress)
        self._dress()

    @property
    def token(self) -> str:
        """The token of its colour."""
        return self._token

    def set_token(self, token: str) -> None:
        """Write in another token's colour."""
        if token != self._token:
            self._token = token
            self._ink()

    def _ink(self) -> None:
        """Have the style sheet colour the text; a palette of our own would not survive a new parent."""
        self.setProperty("ink", self._token)
        self.style().unpolish(self)
        self.style().polish(self)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the size under another parent."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        wear(self, font(self._size, self._semibold, self._mono))


class ElidedLabel(Label):
    """One line that ends in "…" where it does not fit; its tooltip then has all of it."""

    def __init__(self, text: str = "", size: int = 13, *, semibold: bool = False, token: str = "text") -> None:
        self._text = text
        super().__init__("", size, semibold=semibold, token=token)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        """All of it, also what is not shown."""
        return self._text

    def setText(self, text: str) -> None:
        """Write something else, in the room there is: a QLabel's own would have the whole window laid out again."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """No width at all; the text is elided."""
        return QSize(0, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much of the text as fits."""
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(self.text() if shown != self.text() else "")
        painter = QPainter(self)
        painter.setPen(theme().color(self._token))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)


def tip(*lines: str) -> str:
    """A tooltip of several lines, long ones wrapped, empty ones left out."""
    return "\n".join(textwrap.fill(line, _TIP_WIDTH) for line in lines if line)


def rich(text: str) -> str:
    """HTML of plain text in which ``**…**`` is semibold and addresses are links."""
    safe = html.escape(" ".join(text.split()), quote=False)
    safe = re.sub(r"\*\*(.+?)\*\*", r'<span style="font-weight:600">\1</span>', safe)
    return re.sub(r"(https?://[^\s<]+[^\s<.,;)])", r'<a href="\1">\1</a>', safe)
