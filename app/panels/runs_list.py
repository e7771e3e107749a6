"""The list beside the curves of compared runs: a card for each, with its boundary, its numbers and what is apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.numbers import brief, epochs, percent
from app.remembered import Remembered
from app.theme import font, repaint_on_change, theme, theme_events, tokens, wear
from app.widgets.buttons import IconButton
from app.widgets.label import ElidedLabel, tip
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from core.differences import Difference

SIDE = 64
"""Design pixels of a card's picture of the boundary."""
SMALL, NARROW = 36, 180
"""The same in a card narrower than so many."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A run in the list: ``ink`` is its line colour's index; ``kept`` is None for the run that goes on."""

    name: str
    ink: int
    snapshot: Any
    apart: tuple[Difference, ...]
    kept: Remembered | None = None


class Swatch(QWidget):
    """The run's boundary, framed in its line's colour; a click shows or hides its curve."""

    toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ink = 0
        self.shown = True
        self._side = SIDE
        self._image: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip("Show or hide its curve")
        self.setAccessibleName("Show or hide its curve")
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(theme().px(self._side), theme().px(self._side))

    def set_side(self, side: int) -> None:
        """Be so many design pixels wide and high."""
        if side != self._side:
            self._side = side
            self.updateGeometry()

    def set_picture(self, rgba: npt.NDArray[np.uint8] | None) -> None:
        """Show the colours (n, n, 4) of a boundary."""
        if rgba is None:
            self._image = None
        else:
            data = np.ascontiguousarray(rgba)
            height, width = data.shape[:2]
            self._image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        self.update()

    def toggle(self) -> None:
        """Show the curve if it is hidden, hide it if it is shown."""
        self.shown = not self.shown
        self.toggled.emit(self.shown)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Toggle."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle()

    def keyPressEvent(self, event: Any) -> None:
        """Space and Enter toggle."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture in its frame."""
        painter, look = antialiased(QPainter(self)), theme()
        rect = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setOpacity(1.0 if self.shown else 0.35)
        fill_rounded(painter, rect, look.color("raised"), tokens.SMALL_CORNER)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(rect, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.line_color(self.ink), look.px(3)))
        painter.drawRoundedRect(rect, look.px(tokens.SMALL_CORNER), look.px(tokens.SMALL_CORNER))
        painter.setOpacity(1.0)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()), tokens.SMALL_CORNER)


class Card(QFrame):
    """One run: its picture, name, numbers, and what it has apart from the present one."""

    shown_changed = Signal()
    renamed = Signal(str)
    taken_up = Signal()
    forgotten = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.swatch = Swatch()
        self.name = QLineEdit()
        self.name.setProperty("flat", True)
        self.name.setAccessibleName("Name of the run")
        self.name.editingFinished.connect(lambda: self.renamed.emit(self.name.text().strip()))
        self.losses, self.pace = ElidedLabel("", 11), ElidedLabel("", 11)
        self.apart = ElidedLabel("", 11, token="muted")
        self.again = IconButton(
            "undo", "Take this run up again: its settings and its θ", flat=True, size=tokens.SMALL_CONTROL
        )
        self.drop = IconButton("close", "Forget this run", flat=True, size=tokens.SMALL_CONTROL)
        self.again.clicked.connect(lambda _: self.taken_up.emit())
        self.drop.clicked.connect(lambda _: self.forgotten.emit())
        self.swatch.toggled.connect(lambda _: self.shown_changed.emit())
        self._row = QHBoxLayout(self)
        self._texts = QVBoxLayout()
        self._head, self._ways = QBoxLayout(QBoxLayout.Direction.LeftToRight), QHBoxLayout()
        self._ways.addStretch(0)
        for way in (self.again, self.drop):
            self._ways.addWidget(way)
        self._ways.addStretch(0)
        self._head.addWidget(self.name, 1)
        self._head.addLayout(self._ways)
        self._texts.addLayout(self._head)
        self._lines = QVBoxLayout()
        for line in (self.losses, self.pace, self.apart):
            self._lines.addWidget(line)
        self._texts.addLayout(self._lines)
        self._texts.addStretch(1)
        self._row.addWidget(self.swatch, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(self._texts, 1)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme().px(tokens.GAP))
        self._texts.setSpacing(theme().px(2))
        edge = theme().px(2)  # of the name's field, seen while it is written in: the name is in line with what is below
        self.name.setTextMargins(-edge, 0, 0, 0)
        self._lines.setContentsMargins(edge, 0, 0, 0)
        self._lines.setSpacing(edge)
        wear(self.name, font(13, semibold=True))
        self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the name its room."""
        self._fold()

    def _fold(self) -> None:
        """In a narrow list the picture is smaller, and both buttons stand below the name."""
        narrow = self.width() < theme().px(NARROW)
        way = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._head.direction() != way:
            self._head.setDirection(way)
        # On the left below the name, on the right beside it.
        self._ways.setStretch(0, 0 if narrow else 1)
        self._ways.setStretch(self._ways.count() - 1, 1 if narrow else 0)
        self.swatch.set_side(SMALL if narrow else SIDE)

    def show_entry(self, entry: Entry) -> None:
        """Show a run."""
        kept = entry.kept is not None
        self.swatch.ink = entry.ink
        if not self.name.hasFocus() and self.name.text() != entry.name:
            self.name.setText(entry.name)
            self.name.setCursorPosition(0)  # a name longer than its room shows how it begins
        self.name.setReadOnly(not kept)
        self.again.setVisible(kept)
        self.drop.setVisible(kept)
        self.losses.setText(losses(entry.snapshot))
        self.pace.setText(pace(entry.snapshot))
        apart = [f"{d.title} {d.after}, now {d.before}" for d in entry.apart]
        self.apart.setText(" · ".join(apart) if apart else ("as now" if kept else "the present one"))
        self.apart.setToolTip(tip(*apart))
        self.swatch.update()


class RunsList(QScrollArea):
    """Cards, the newest run first."""

    shown_changed = Signal()
    renamed = Signal(object, str)
    taken_up = Signal(object)
    forgotten = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[Card] = []
        self.entries: list[Entry] = []
        self._hidden: set[int] = set()
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.addStretch(1)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self._column.setContentsMargins(0, 0, theme().px(tokens.GAP), 0)
        self._column.setSpacing(theme().px(tokens.PADDING))

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these runs, in this order."""
        self.entries = list(entries)
        while len(self.cards) > len(entries):
            card = self.cards.pop()
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(entries):
            self.cards.append(self._new_card(len(self.cards)))
        for card, entry in zip(self.cards, entries, strict=True):
            card.swatch.shown = entry.snapshot.run not in self._hidden
            card.show_entry(entry)

    def shown(self) -> list[Entry]:
        """The runs whose curves are shown."""
        return [entry for entry in self.entries if entry.snapshot.run not in self._hidden]

    def _new_card(self, index: int) -> Card:
        card = Card()
        card.shown_changed.connect(lambda: self._toggled(index))
        card.renamed.connect(lambda name: self._renamed(index, name))
        card.taken_up.connect(lambda: self.taken_up.emit(self.entries[index].kept))
        card.forgotten.connect(lambda: self.forgotten.emit(self.entries[index].kept))
        self._column.insertWidget(self._column.count() - 1, card)
        return card

    def _toggled(self, index: int) -> None:
        run = self.entries[index].snapshot.run
        self._hidden ^= {run}
        self.shown_changed.emit()

    def _renamed(self, index: int, name: str) -> None:
        entry = self.entries[index]
        if entry.kept is not None and name and name != entry.name:
            self.renamed.emit(entry.kept, name)


def losses(snapshot: Any) -> str:
    """How good a run's network is, in one line: its losses and its score."""
    score = snapshot.test_score if snapshot.test_score == snapshot.test_score else snapshot.train_score
    parts = [
        f"loss {brief(snapshot.train_loss)}",
        f"test {brief(snapshot.test_loss)}",
        percent(score) if snapshot.model.classes else f"R² {brief(score)}",
    ]
    return " · ".join(part for part in parts if "NaN" not in part)


def pace(snapshot: Any) -> str:
    """What that took, in one line: the epoch at which it was measured, and the computing time."""
    rows = snapshot.rows
    epoch = float(snapshot.history.column("epoch")[rows - 1]) if rows else snapshot.epoch
    seconds = float(snapshot.history.column("seconds")[rows - 1]) if rows else 0.0
    return f"epoch {epochs(epoch)} · {brief(seconds)} s"
