"""A line under the top bar while something is written: how far it is, and a button that stops it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.numbers import percent
from app.theme import theme, theme_events, tokens
from app.widgets.label import Label
from app.widgets.painting import antialiased, fill_rounded


class ProgressLine(QWidget):
    """Says what is being done and how much of it is; hidden while nothing is."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.share = 0.0
        self._text = Label()
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop, and write nothing")
        self.cancel.clicked.connect(self.cancelled)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self.cancel)
        theme_events().changed.connect(self._dress)
        self._dress()
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_share(self, what: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` parts of ``what`` are there."""
        self.share = done / total if total else 0.0
        self._text.setText(f"{what}: {percent(self.share)}, frame {done} of {total}")
        self.setAccessibleName(self._text.text())
        self.show()
        self.update()

    def _dress(self) -> None:
        pad, gap = theme().px(tokens.PADDING), theme().px(tokens.GRID)
        self._row.setContentsMargins(pad, gap, pad, gap)
        self._row.setSpacing(theme().px(tokens.GAP))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground that fills from the left, with a line along its lower edge."""
        painter, rect = antialiased(QPainter(self)), QRectF(self.rect())
        fill_rounded(painter, rect, theme().mix("accent", "panel", 0.06))
        done = QRectF(rect.left(), rect.top(), rect.width() * self.share, rect.height())
        if done.width() >= 1:
            fill_rounded(painter, done, theme().mix("accent", "panel", 0.14))
            line = QRectF(done.left(), rect.bottom() - theme().px(2), done.width(), theme().px(2))
            painter.fillRect(line, theme().color("accent"))
