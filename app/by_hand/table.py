"""The table of a phase's numbers as a widget: click for the neuron, type over what can be typed over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.by_hand.inks import ink
from app.by_hand.sheets import Sheet
from app.number_menu import number_events
from app.numbers import number, parse_number
from app.theme import font, theme, theme_events, tokens

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_PLAIN = """
QTableCornerButton::section { background: transparent; border: none; }
QHeaderView::section:vertical { border: none; }
"""

_BESIDE = 19
"""Design pixels that a cell takes beside its text."""


class SheetModel(QAbstractTableModel):
    """A sheet for Qt's table; ``typed`` carries a place and the number typed into it."""

    typed = Signal(object, float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sheet: Sheet | None = None

    def show_sheet(self, sheet: Sheet) -> bool:
        """Show another sheet; true where its shape is another, too."""
        before, self.sheet = self.sheet, sheet
        same = (
            before is not None
            and before.values.shape == sheet.values.shape
            and before.columns == sheet.columns
            and before.name(0) == sheet.name(0)
        )
        if same:
            rows, columns = sheet.values.shape
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, columns - 1))
            return False
        self.beginResetModel()
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Rows of the sheet."""
        return 0 if self.sheet is None or parent.isValid() else self.sheet.values.shape[0]

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Columns of the sheet."""
        return 0 if self.sheet is None or parent.isValid() else self.sheet.values.shape[1]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A number as text, its colour, its help."""
        if self.sheet is None:
            return None
        row, column = index.row(), index.column()
        value = float(self.sheet.values[row, column])
        if role == Qt.ItemDataRole.DisplayRole:
            return "–" if math.isnan(value) else number(value)
        if role == Qt.ItemDataRole.EditRole:
            return number(value, 6)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return ink(self.sheet.columns[column].role)
        if role == Qt.ItemDataRole.FontRole:
            return font(13, row == self.sheet.row)
        if role == Qt.ItemDataRole.ToolTipRole:
            typed = " Double click to type another." if self.sheet.place(row, column) else ""
            return f"{self.sheet.columns[column].help}.{typed}" if self.sheet.columns[column].help else None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of columns and rows."""
        if role == Qt.ItemDataRole.FontRole:
            return font(11)  # a header with a style sheet keeps painting in the font it was first shown with
        if self.sheet is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole):
            return None
        across = orientation == Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if across else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return self.sheet.columns[section].title if across else self.sheet.name(section)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What can be typed over can be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self.sheet is not None and self.sheet.place(index.row(), index.column()) is not None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take what was typed; what is no number is not taken."""
        place = None if self.sheet is None else self.sheet.place(index.row(), index.column())
        if place is None or self.sheet is None or role != Qt.ItemDataRole.EditRole:
            return False
        if str(value) == self.data(index, Qt.ItemDataRole.EditRole):
            return False
        try:
            typed = parse_number(str(value))
        except ValueError:
            return False
        self.typed.emit(place, typed)
        return True


class SheetView(QTableView):
    """The table; ``chosen`` carries the Focus of the cell that was clicked, ``picked`` the sample of its row."""

    chosen = Signal(object)
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet_model = SheetModel(self)
        self._widest = 0.0
        self.setModel(self.sheet_model)
        self.setAccessibleName("All numbers of this phase")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setStyleSheet(_PLAIN)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.clicked.connect(self._clicked)
        theme_events().changed.connect(self._dress)
        number_events().changed.connect(self._dress)
        self._dress()

    def show_sheet(self, sheet: Sheet) -> None:
        """Show a phase's numbers, with the row that the board is about in sight."""
        before = -1 if self.sheet_model.sheet is None else self.sheet_model.sheet.row
        fresh = self.sheet_model.show_sheet(sheet)
        if fresh or _widest(sheet) != self._widest:
            self._dress()
        if sheet.row >= 0 and (fresh or sheet.row != before):
            column = max(self.currentIndex().column(), 0)
            self.scrollTo(self.sheet_model.index(sheet.row, min(column, len(sheet.columns) - 1)))

    @property
    def wanted_height(self) -> int:
        """Pixels that all rows take, with the head and a scroll bar."""
        rows = self.sheet_model.rowCount() * self.verticalHeader().defaultSectionSize()
        return self.horizontalHeader().sizeHint().height() + rows + theme().px(14)

    @property
    def wanted_width(self) -> int:
        """Pixels that all columns take, with the names of the rows and a scroll bar."""
        names = max(self.verticalHeader().width(), self.verticalHeader().sizeHint().width())
        return names + self.horizontalHeader().length() + theme().px(14)

    def _clicked(self, index: QModelIndex) -> None:
        sheet = self.sheet_model.sheet
        if sheet is None:
            return
        focus, sample = sheet.focus(index.row(), index.column()), sheet.sample(index.row())
        if focus is not None:
            self.chosen.emit(focus)
        if sample is not None and sample >= 0:
            self.picked.emit(sample)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the choice with the cell; Enter types over it."""
        before = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and before.isValid():
            self.edit(before)
            return
        super().keyPressEvent(event)
        if self.currentIndex() != before:
            self._clicked(self.currentIndex())

    def _dress(self) -> None:
        look = theme()
        self.setFont(font())
        self.horizontalHeader().setFont(font(11))
        self.verticalHeader().setFont(font(11))
        self.verticalHeader().setDefaultSectionSize(look.px(tokens.SMALL_CONTROL))
        sheet = self.sheet_model.sheet
        if sheet is None:
            return
        metrics = self.horizontalHeader().fontMetrics()
        self._widest = _widest(sheet)
        widest = QFontMetrics(font(13, True)).horizontalAdvance(number(self._widest))
        for i, column in enumerate(sheet.columns):
            self.setColumnWidth(i, max(widest, metrics.horizontalAdvance(column.title)) + look.px(_BESIDE))


def _widest(sheet: Sheet) -> float:
    """A number as wide as any of the sheet: an exponent of two digits only has its room where there is one."""
    sizes = np.abs(sheet.values)
    return -8.8888888e-10 if (((sizes > 0) & (sizes < 1e-9)) | (sizes >= 1e10)).any() else -8.8888888e-8
