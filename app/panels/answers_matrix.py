"""The confusion matrix as a picture: a row for each true class, a column for each predicted one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.numbers import count, percent
from app.theme import font, marker_path, repaint_on_change, theme
from app.widgets.painting import antialiased
from core.probes.confusion import Indices, precision, recall, row_shares

Cell = tuple[int, int]

STRENGTH = 0.5
"""How much of its colour a cell has that holds all of its row; text stays readable on it."""
_LEAST_TINT = 0.07
_ROOM_FOR_SHARE, _ROOM_FOR_MARGINS, _ROOM_FOR_NAMES = (58, 40), (52, 34), 420
"""Design pixels a cell needs for its share under its count, a matrix's cells for margins, a picture for class names."""
_MOST_NAMES = 96
"""Design pixels that classes' names may take, at most."""
_MOVES = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
_CENTRE = Qt.AlignmentFlag.AlignCenter


class MatrixView(QWidget):
    """Counts and shares; ``chosen_changed`` carries the cell (true, predicted) that was clicked, or None.

    Keys: arrows go from cell to cell, Enter and Space choose one, Escape lets it go.
    """

    chosen_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix: Indices = np.zeros((2, 2), dtype=np.int64)
        self._labels: tuple[str, ...] = ()
        self.chosen: Cell | None = None
        self._hovered: Cell | None = None
        self._cursor: Cell = (0, 0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix: rows are true classes, columns predicted ones")
        repaint_on_change(self)

    def set_matrix(self, matrix: Indices, labels: tuple[str, ...] = ()) -> None:
        """Show counts (C, C) of classes that are called ``labels``, else by their numbers."""
        self.matrix, self._labels = matrix, labels
        last = len(matrix) - 1
        self._cursor = (min(self._cursor[0], last), min(self._cursor[1], last))
        self._describe()
        self.update()

    def set_chosen(self, cell: Cell | None) -> None:
        """Outline a cell, emitting nothing."""
        self.chosen = cell
        self.update()

    # geometry

    def cells_rect(self) -> QRectF:
        """Where the cells are, without titles, class marks and margins."""
        left, top = self._marks()
        right = bottom = 0.0
        if self._has_margins(left, top):
            right, bottom = theme().px(64), theme().px(34)
        width, height = self.width() - left - right, self.height() - top - bottom
        c = len(self.matrix)
        # Cells up to half again as wide as high: squares where there is room, and all of the width where there is not.
        wide = max(1.0, min(width, 1.6 * height))
        high = max(1.0, min(height, wide))
        x = left + max(0.0, (width - wide) / 2)
        y = top + max(0.0, (height - high) / 2)
        return QRectF(x, y, math.floor(wide / c) * c, math.floor(high / c) * c)

    def _marks(self) -> tuple[float, float]:
        """Pixels left of the cells and above them, for titles and class marks."""
        line = QFontMetricsF(font(11)).height()
        title = line + theme().px(3)
        if self.height() < theme().px(150):
            title = 0.0
        names = self._names_room() if self._named() else theme().px(20)
        return title + names, title + theme().px(20)

    def _names_room(self) -> float:
        """Pixels that the classes' names take with their marks."""
        widest = max((QFontMetricsF(font(11)).horizontalAdvance(name) for name in self._labels), default=0.0)
        return min(max(theme().px(62), widest + theme().px(26)), theme().px(_MOST_NAMES))

    def _named(self) -> bool:
        return self.width() >= theme().px(_ROOM_FOR_NAMES) and self.height() >= theme().px(260)

    def _has_margins(self, left: float, top: float) -> bool:
        c = len(self.matrix)
        wide = (self.width() - left - theme().px(64)) / c >= theme().px(_ROOM_FOR_MARGINS[0])
        return wide and (self.height() - top - theme().px(34)) / c >= theme().px(_ROOM_FOR_MARGINS[1])

    def cell_rect(self, cell: Cell) -> QRectF:
        """Where a cell is."""
        area, c = self.cells_rect(), len(self.matrix)
        wide, high = area.width() / c, area.height() / c
        return QRectF(area.left() + cell[1] * wide, area.top() + cell[0] * high, wide, high)

    def cell_at(self, position: QPointF) -> Cell | None:
        """The cell at a position."""
        area, c = self.cells_rect(), len(self.matrix)
        if not area.contains(position):
            return None
        row = int((position.y() - area.top()) / area.height() * c)
        column = int((position.x() - area.left()) / area.width() * c)
        return min(row, c - 1), min(column, c - 1)

    def sizeHint(self) -> QSize:
        """A comfortable size."""
        return QSize(theme().px(320), theme().px(260))

    def minimumSizeHint(self) -> QSize:
        """Of use down to here."""
        return QSize(theme().px(140), theme().px(96))

    # painting

    def paintEvent(self, event: Any) -> None:
        """Titles, marks, cells, margins."""
        painter = antialiased(QPainter(self))
        area, c = self.cells_rect(), len(self.matrix)
        shares = row_shares(self.matrix)
        for row in range(c):
            for column in range(c):
                self._paint_cell(painter, (row, column), float(np.nan_to_num(shares[row, column])))
        self._paint_marks(painter, area)
        if self._has_margins(*self._marks()):
            self._paint_margins(painter, area)
        for cell, token, width in ((self._pointed(), "text", 1.5), (self.chosen, "accent", 2.5)):
            if cell is not None and max(cell) < c:
                self._outline(painter, self.cell_rect(cell), token, width)

    def _pointed(self) -> Cell | None:
        return self._hovered or (self._cursor if self.hasFocus() else None)

    def _outline(self, painter: QPainter, rect: QRectF, token: str, width: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color(token), width * theme().scale))
        painter.drawRoundedRect(rect.adjusted(1.5, 1.5, -1.5, -1.5), theme().px(3), theme().px(3))

    def _paint_cell(self, painter: QPainter, cell: Cell, share: float) -> None:
        look, rect, number = theme(), self.cell_rect(cell), int(self.matrix[cell])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(cell_color(cell[0] == cell[1], share, bool(number)))
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), look.px(3), look.px(3))
        painter.setPen(look.color("text") if number else look.color("muted", 0.6))
        large = rect.width() >= look.px(_ROOM_FOR_SHARE[0]) and rect.height() >= look.px(_ROOM_FOR_SHARE[1])
        painter.setFont(font(15 if large else 13 if rect.height() >= look.px(24) else 11, semibold=cell[0] == cell[1]))
        if not large or not number:
            painter.drawText(rect, _CENTRE, count(number))
            return
        up, middle = look.px(9), rect.center().y()
        painter.drawText(
            QRectF(rect.left(), middle - 2 * up, rect.width(), 2 * up + look.px(3)), _CENTRE, count(number)
        )
        painter.setFont(font(11))
        painter.setPen(look.color("text", 0.75))
        painter.drawText(QRectF(rect.left(), middle + look.px(2), rect.width(), 2 * up), _CENTRE, percent(share))

    def _paint_marks(self, painter: QPainter, area: QRectF) -> None:
        """The classes' markers along both edges, and what the edges are."""
        look, c = theme(), len(self.matrix)
        line, side, named = QFontMetricsF(font(11)).height(), look.px(10), self._named()
        for index in range(c):
            across = self.cell_rect((0, index))
            down = self.cell_rect((index, 0))
            at = QPointF(area.left() - look.px(10), down.center().y())
            paint_mark(painter, QPointF(across.center().x(), area.top() - look.px(10)), index, side)
            paint_mark(painter, at, index, side)
            if named:
                painter.setPen(look.color("muted"))
                painter.setFont(font(11))
                room = self._names_room() - look.px(22)
                words = QRectF(at.x() - look.px(10) - room, down.top(), room, down.height())
                text = QFontMetricsF(font(11)).elidedText(self._name(index), Qt.TextElideMode.ElideRight, words.width())
                painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        if self._marks()[1] <= look.px(20):
            return
        painter.setPen(look.color("muted"))
        painter.setFont(font(11))
        painter.drawText(QRectF(area.left(), area.top() - look.px(20) - line, area.width(), line), _CENTRE, "predicted")
        painter.save()
        painter.translate(area.left() - self._marks()[0] + line / 2, area.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-area.height() / 2, -line / 2, area.height(), line), _CENTRE, "true")
        painter.restore()

    def _paint_margins(self, painter: QPainter, area: QRectF) -> None:
        """Recall of each row to the right, precision of each column below."""
        look, found, held = theme(), recall(self.matrix), precision(self.matrix)
        line = QFontMetricsF(font(11)).height()
        painter.setFont(font(11))
        painter.setPen(look.color("muted"))
        right, below = area.right() + look.px(6), area.bottom() + look.px(2)
        for index in range(len(self.matrix)):
            down, across = self.cell_rect((index, 0)), self.cell_rect((0, index))
            painter.drawText(QRectF(right, down.top(), look.px(58), down.height()), _CENTRE, share_text(found[index]))
            painter.drawText(QRectF(across.left(), below, across.width(), line), _CENTRE, share_text(held[index]))
        painter.drawText(QRectF(right, area.top() - look.px(20), look.px(58), look.px(20)), _CENTRE, "recall")
        name = QRectF(area.left(), below + line, area.width(), line)
        painter.drawText(name, _CENTRE, "precision")

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which cell the pointer is on."""
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        self._hover(None)

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.setToolTip("" if cell is None else self.says(cell))
            self.setCursor(Qt.CursorShape.ArrowCursor if cell is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell, or let it go."""
        cell = self.cell_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if cell is not None:
            self._cursor = cell
            self._choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, choose, let go."""
        move = _MOVES.get(Qt.Key(event.key()))
        last = len(self.matrix) - 1
        if move is not None:
            self._cursor = (
                min(max(self._cursor[0] + move[0], 0), last),
                min(max(self._cursor[1] + move[1], 0), last),
            )
            self._describe()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._cursor)
        elif event.key() == Qt.Key.Key_Escape and self.chosen is not None:
            self._choose(self.chosen)
        else:
            super().keyPressEvent(event)

    def _choose(self, cell: Cell) -> None:
        self.chosen = None if cell == self.chosen else cell
        self.update()
        self.chosen_changed.emit(self.chosen)

    def says(self, cell: Cell) -> str:
        """A cell in words."""
        number, share = int(self.matrix[cell]), row_shares(self.matrix)[cell]
        true, said = (self._name(index) for index in cell)
        part = "" if math.isnan(share) else f", {percent(share)} of {true}"
        return f"{count(number)} of {true} answered as {said}{part}"

    def _name(self, index: int) -> str:
        return self._labels[index] if index < len(self._labels) else f"class {index + 1}"

    def _describe(self) -> None:
        self.setAccessibleDescription(self.says(self._cursor))

    def focusInEvent(self, event: Any) -> None:
        """Show where the keys are."""
        self.update()

    def focusOutEvent(self, event: Any) -> None:
        """Put that away."""
        self.update()


def cell_color(right: bool, share: float, any_there: bool) -> QColor:
    """A cell's ground: blue for right answers and red for wrong ones, the stronger the larger its share of the row."""
    if not any_there:
        return theme().color("raised")
    shade = _LEAST_TINT + (STRENGTH - _LEAST_TINT) * math.sqrt(share)  # a few wrong ones among many have to be seen
    return theme().mix("accent" if right else "bad", "panel", shade)


def share_text(share: float) -> str:
    """A share, or a dash where there is none."""
    return "–" if math.isnan(share) else percent(share)


def paint_mark(painter: QPainter, at: QPointF, kind: int, side: float) -> None:
    """The marker of class ``kind``, ``side`` pixels wide."""
    painter.setPen(QPen(theme().color("panel"), 0))
    painter.setBrush(theme().class_color(kind))
    painter.drawPath(QTransform().translate(at.x(), at.y()).scale(side, side).map(marker_path(kind)))
