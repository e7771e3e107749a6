"""A choice shown as a small pill, each row of its list with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QListView, QSizePolicy, QWidget

from app.network.curves import curve_icon, curve_size
from app.theme import font, theme, theme_events, tokens
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

MOST_VISIBLE = 16


@dataclass(frozen=True)
class Row:
    """One choice: its ``key``, what it says, its tooltip, whose curve it shows, and the ``problem`` that forbids it."""

    key: str
    title: str
    help: str = ""
    curve: str = ""
    problem: str = ""


class Pill(QComboBox):
    """A drop-down of activations, its wheel left to what it lies on; ``chosen`` carries the key that a hand chose."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setView(QListView(self))
        self.setMaxVisibleItems(MOST_VISIBLE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(name)
        self._rows: tuple[Row, ...] = ()
        self._key = self._text = ""
        self.activated.connect(self._activated)
        theme_events().changed.connect(self._dress)
        self._dress()

    @property
    def key(self) -> str:
        """The key of the row in force."""
        return self._key

    def show_rows(self, rows: Sequence[Row], key: str, text: str = "") -> None:
        """Offer ``rows`` with ``key``'s in force, emitting nothing; the pill says ``text``, else the row's title."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self._fill()
        self._key = key
        index = next((i for i, row in enumerate(self._rows) if row.key == key), -1)
        self.setCurrentIndex(index)
        row = self._rows[index]
        self._text = text or row.title
        self.setToolTip(f"{row.title}: {row.help}" if row.help else row.title)
        self.setAccessibleDescription(self._text)
        self.update()

    def _fill(self) -> None:
        self.clear()
        for index, row in enumerate(self._rows):
            self.addItem(row.title)
            self.setItemData(index, row.problem or row.help, Qt.ItemDataRole.ToolTipRole)
            if row.problem:
                model = self.model()
                assert isinstance(model, QStandardItemModel)
                model.item(index).setEnabled(False)
        self._draw_curves()

    def _draw_curves(self) -> None:
        self.setIconSize(curve_size(theme()))
        for index, row in enumerate(self._rows):
            if row.curve:
                self.setItemIcon(index, curve_icon(row.curve, theme(), self.devicePixelRatioF()))

    def _activated(self, index: int) -> None:
        key = self._rows[index].key
        if key != self._key:
            self._key = key
            self.chosen.emit(key)

    def showPopup(self) -> None:
        """Open the list, as wide as its longest row."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(row.title) for row in self._rows), default=0)
        self.view().setMinimumWidth(widest + self.iconSize().width() + theme().px(72))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolling past must not change a network."""
        event.ignore()

    def sizeHint(self) -> QSize:
        """As wide as its text needs."""
        words = self.fontMetrics().horizontalAdvance(self._text)
        return QSize(words + theme().px(16), theme().px(tokens.SMALL_CONTROL))

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(theme().px(40), theme().px(tokens.SMALL_CONTROL))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text on a quiet ground."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        lit = self.underMouse() and self.isEnabled()
        fill_rounded(painter, rect, theme().color("hairline" if lit else "raised"))
        if self.hasFocus():
            draw_focus_ring(painter, rect)
        painter.setFont(self.font())
        painter.setPen(theme().color("text"))
        room = int(rect.width()) - theme().px(4)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._fitted(room))

    def _fitted(self, room: int) -> str:
        return self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room)

    def _dress(self) -> None:
        self.setFont(font(11))
        self._draw_curves()
        self.updateGeometry()
