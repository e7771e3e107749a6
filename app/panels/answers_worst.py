"""The samples with the largest losses as a list: which, where, what it is, what was said, what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.panels.answers_matrix import paint_mark
from app.panels.samples import SampleText
from app.theme import font, theme, theme_events, tokens
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from app.widgets.thumbnail import Ink, paint_ink

ROW, PICTURED = 24, 36
"""Design pixels of a row, and of one with the sample's picture in the place of its numbers."""
_COLUMNS = ("sample", "place", "truth", "answer", "loss")
_MARKED = ("truth", "answer")
"""Columns with a class's mark before the text."""
_MARK, _APART, _LEAST_LOSS, _LEAST_PLACE = 14, 12, 52, 72
"""Design pixels: of a mark, between columns, of the losses' column, whose bars are lengths, and of a place at least."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}


class WorstList(QWidget):
    """Rows of samples, the worst first; a click, or an arrow key, goes to one."""

    sample_clicked = Signal(int)
    shown_row = Signal(int)
    """The row that the keys have gone to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.indices: list[int] = []
        self._texts: list[SampleText] = []
        self._losses: list[float] = []
        self._pictures: Ink | None = None
        self._picked: int | None = None
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The samples with the largest losses, the worst first")
        theme_events().changed.connect(self.fit)

    def set_samples(
        self,
        indices: Sequence[int],
        texts: Sequence[SampleText],
        losses: Sequence[float],
        pictures: Ink | None = None,
    ) -> None:
        """Show samples by their indices, in words, with their losses, and as ``pictures`` (N, rows, columns)."""
        grown = len(indices) != len(self.indices) or (pictures is None) != (self._pictures is None)
        self._pictures = pictures
        self.indices, self._texts, self._losses = list(indices), list(texts), list(losses)
        if grown:
            self.fit()
        self._describe()
        self.update()

    @property
    def row_height(self) -> int:
        """Pixels of a row."""
        return theme().px(ROW if self._pictures is None else PICTURED)

    def row_rect(self, row: int) -> QRectF:
        """Where a row is, below the heading."""
        return QRectF(0, theme().px(ROW) + row * self.row_height, self.width(), self.row_height)

    def fit(self) -> None:
        """As high as the rows are."""
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def set_picked(self, index: int | None) -> None:
        """Mark the sample looked at closely."""
        self._picked = index
        self._describe()
        self.update()

    def _describe(self) -> None:
        row = self.indices.index(self._picked) if self._picked in self.indices else -1
        if row >= 0:
            text = self._texts[row]
            self.setAccessibleDescription(f"sample {text.name}, truth {text.truth}, answer {text.said}, {text.loss}")

    def sizeHint(self) -> QSize:
        """As high as the rows are."""
        return QSize(theme().px(300), theme().px(ROW) + self.row_height * len(self.indices))

    def row_at(self, position: QPointF) -> int:
        """The row at a position, -1 on the heading or below the rows."""
        row = int((position.y() - theme().px(ROW)) // self.row_height)
        return row if 0 <= row < len(self.indices) else -1

    # painting

    def paintEvent(self, event: Any) -> None:
        """Heading and the rows in sight."""
        painter = antialiased(QPainter(self))
        head, high = theme().px(ROW), self.row_height
        seen = event.rect()
        columns = self._columns()
        painter.setFont(font(11))
        painter.setPen(theme().color("muted"))
        for name, (left, right) in columns.items():
            if name != "place" or self._pictures is None:
                painter.drawText(QRectF(left, 0, right - left, head), _RIGHT if name == "loss" else _LEFT, name)
        first = max(0, (seen.top() - head) // high)
        for row in range(first, min(len(self.indices), (seen.bottom() - head) // high + 1)):
            self._paint_row(painter, row, columns)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.visibleRegion().boundingRect()))

    def _columns(self) -> dict[str, tuple[float, float]]:
        """From where to where each column goes: as wide as its texts, and the rest to the place.

        The place is left out where it has no room.
        """
        look, pad = theme(), theme().px(tokens.GAP)
        needs = {name: self._needed(name) for name in _COLUMNS}
        room = self.width() - 2 * pad - look.px(_APART) * (len(_COLUMNS) - 1)
        needs["place"] = room - sum(need for name, need in needs.items() if name != "place")
        if needs["place"] < (look.px(_LEAST_PLACE) if self._pictures is None else self.row_height):
            del needs["place"]
            # What is left over goes between the columns; where it is lacking, a mark alone says the truth.
            least = look.px(_APART) * (len(needs) - 1)
            if self._spare(needs) < least and any(text.kinds for text in self._texts):
                needs["truth"] = QFontMetricsF(font(11)).horizontalAdvance("truth") + 1.0
            needs["answer"] += min(0.0, self._spare(needs) - least)
            between = max(self._spare(needs), least) / (len(needs) - 1)
        else:
            between = float(look.px(_APART))
        x, found = float(pad), {}
        for name, wide in needs.items():
            found[name] = (x, x + wide)
            x += wide + between
        return found

    def _spare(self, needs: dict[str, float]) -> float:
        return self.width() - 2 * theme().px(tokens.GAP) - sum(needs.values())

    def _needed(self, name: str) -> float:
        """The width of a column's widest text, its heading's or a row's."""
        metrics, look = QFontMetricsF(font(11)), theme()
        widest = max((metrics.horizontalAdvance(_words(text)[name]) for text in self._texts), default=0.0)
        if name in _MARKED and any(text.kinds for text in self._texts):
            widest += look.px(_MARK)
        least = look.px(_LEAST_LOSS) if name == "loss" else 0.0
        return max(widest, metrics.horizontalAdvance(name), least) + 1.0

    def _paint_row(self, painter: QPainter, row: int, columns: dict[str, tuple[float, float]]) -> None:
        look, text, rect = theme(), self._texts[row], self.row_rect(row)
        high = rect.height()
        if self.indices[row] == self._picked:
            fill_rounded(painter, rect.adjusted(1, 1, -1, -1), look.mix("accent", "panel", 0.16), tokens.SMALL_CORNER)
        elif row == self._hovered:
            fill_rounded(painter, rect.adjusted(1, 1, -1, -1), look.color("raised"), tokens.SMALL_CORNER)
        self._paint_bar(painter, row, rect, columns["loss"])
        painter.setFont(font(11))
        words, metrics = _words(text), painter.fontMetrics()
        kinds = dict(zip(_MARKED, text.kinds or (), strict=False))
        for name, (left, right) in columns.items():
            box = QRectF(left, rect.top(), right - left, high)
            if name == "place" and self._pictures is not None:
                paint_ink(painter, QRectF(left, rect.top() + 2, high - 4, high - 4), self._pictures[row])
                continue
            if name in kinds:
                paint_mark(painter, QPointF(left + look.px(5), rect.center().y()), kinds[name], look.px(9))
                box.setLeft(left + look.px(_MARK))
            painter.setPen(look.color("muted" if name in ("sample", "place") else "text"))
            if name == "answer" and text.wrong:
                painter.setPen(look.color("bad"))
            fitting = metrics.elidedText(words[name], Qt.TextElideMode.ElideRight, math.ceil(box.width()))
            if name == "truth" and name in kinds and fitting != words[name]:
                continue  # the mark says it
            painter.drawText(box, _RIGHT if name == "loss" else _LEFT, fitting)

    def _paint_bar(self, painter: QPainter, row: int, rect: QRectF, column: tuple[float, float]) -> None:
        """The loss as a length, the largest of all across its column."""
        largest = max((loss for loss in self._losses if loss < float("inf")), default=0.0)
        if not largest > 0.0:
            return
        share = min(1.0, self._losses[row] / largest) if self._losses[row] == self._losses[row] else 1.0
        wide = (column[1] - column[0] - theme().px(4)) * share
        bar = QRectF(column[1] - wide, rect.bottom() - theme().px(4), wide, theme().px(2))
        fill_rounded(painter, bar, theme().color("bad", 0.55), 1)

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show which row the pointer is on."""
        self._hover(self.row_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.setCursor(Qt.CursorShape.ArrowCursor if row < 0 else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the sample clicked."""
        row = self.row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.sample_clicked.emit(self.indices[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next or the last sample; Escape lets the picked one go."""
        move, rows = _MOVES.get(Qt.Key(event.key())), len(self.indices)
        if move is not None and rows:
            now = self.indices.index(self._picked) if self._picked in self.indices else -1 if move > 0 else rows
            row = min(max(now + move, 0), rows - 1)
            if self.indices[row] != self._picked:
                self.sample_clicked.emit(self.indices[row])
            self.shown_row.emit(row)
        elif event.key() == Qt.Key.Key_Escape and self._picked is not None:
            self.sample_clicked.emit(self._picked)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        """Show where the keys are."""
        self.update()

    def focusOutEvent(self, event: Any) -> None:
        """Put that away."""
        self.update()


def _words(text: SampleText) -> dict[str, str]:
    """A row's texts by their columns."""
    return {"sample": text.name, "place": text.place, "truth": text.truth, "answer": text.said, "loss": text.loss}


class WorstView(QScrollArea):
    """The list, scrolling where it has no room."""

    def __init__(self) -> None:
        super().__init__()
        self.list = WorstList()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setWidget(self.list)
        self.setFocusProxy(self.list)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.list.setAutoFillBackground(False)
        self.list.shown_row.connect(self._show_row)

    def _show_row(self, row: int) -> None:
        rect = self.list.row_rect(row)
        self.ensureVisible(0, round(rect.center().y()), 0, round(rect.height()))
