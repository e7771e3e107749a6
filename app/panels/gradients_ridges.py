"""Histograms over time as ridgelines: all layers side by side, or one; exact numbers under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.numbers import count, epochs, number, percent
from app.panels.gradients_ridge_paint import Cell, cells_in, paint_cell, paint_pointed
from app.panels.readout import Row, paint_readout
from app.theme import theme, theme_events
from app.widgets.painting import antialiased, draw_focus_ring
from core.network import Layer
from core.probes.distributions import Ridgelines

_ROW = 13
"""Design pixels a moment needs at least."""
FEWEST, MOST, ALTOGETHER = 8, 20, 110
"""Moments asked for in little room and in much, and in all layers side by side: each takes its time to paint."""
_SIGNS = {"bias": "b", "gain": "γ", "shift": "β", "mean": "μ", "variance": "σ²"}
"""How a layer's numbers that belong to a unit are written."""
Pointed = tuple[int, int, int]
"""Layer, row, and bin or value."""


class RidgeView(QWidget):
    """Draws Ridgelines; a click on one of several layers asks for it alone, one on it alone for all.

    From the keyboard: up and down go from moment to moment, left and right from bin to bin, Escape puts the card away.
    """

    layer_asked = Signal(object)
    """The index of a layer, or None for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Ridgelines | None = None
        self._network: tuple[Layer, ...] = ()
        self._only: int | None = None
        self.pointed: Pointed | None = None
        self._picture: QPixmap | None = None
        self._cells: list[Cell] | None = None
        self._ringed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme_events().changed.connect(self._stale)

    # what is shown

    def set_ridgelines(self, shown: Ridgelines, layers: Sequence[Layer], only: int | None) -> None:
        """Show ``shown``, of all the ``layers`` it has or the ``only`` one."""
        if self.shown is not None and (self.shown.quantity, self._only) != (shown.quantity, only):
            self.pointed = None
        self.shown, self._network, self._only = shown, tuple(layers), only
        self.setAccessibleName(f"Histograms of {shown.quantity} over the epochs")
        self._stale()
        if self.pointed is not None and not self._valid(self.pointed):
            self.pointed = None

    def moments(self, layers: int) -> int:
        """How many moments there is room for, with so many layers side by side."""
        rows = 1 if layers < 2 else (layers + 2) // 3
        most = max(FEWEST, min(MOST, ALTOGETHER // max(layers, 1)))
        return min(max(int(self.height() / rows / theme().px(_ROW)), FEWEST), most)

    @property
    def cells(self) -> list[Cell]:
        """What is drawn, and where."""
        if self._cells is None:
            labels = [layer.label for layer in self._network]
            area = (float(self.width()), float(self.height()))
            self._cells = [] if self.shown is None else cells_in(*area, self.shown, labels, self._only)
        return self._cells

    def _stale(self) -> None:
        self._picture = self._cells = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other places."""
        self._stale()

    # pointing

    def at(self, pos: QPointF) -> Pointed | None:
        """What lies at a place: the foremost bar there, or else that bin of the row on whose ground it stands."""
        cell = next((cell for cell in self.cells if cell.rect.contains(pos)), None)
        if cell is None or not cell.plot.adjusted(-2, -2, 2, 4).contains(pos):
            return None
        if cell.ridges.values is not None:
            row = int(np.argmin([abs(cell.ground(row) - pos.y()) for row in range(cell.rows)]))
            column = int(np.argmin(np.abs(cell.x(cell.ridges.values[row]) - pos.x())))
            return cell.ridges.layer, row, column
        edges = cell.x(cell.ridges.edges)
        bin = int(np.clip(np.searchsorted(edges, pos.x(), side="right") - 1, 0, len(edges) - 2))
        for row in reversed(range(cell.rows)):
            if cell.bar(row, bin).top() <= pos.y() <= cell.ground(row):
                return cell.ridges.layer, row, bin
        row = next((row for row in range(cell.rows) if cell.ground(row) >= pos.y()), cell.rows - 1)
        return cell.ridges.layer, row, bin

    def card(self, pointed: Pointed) -> list[Row]:
        """The exact numbers of what is pointed at."""
        shown, (layer, row, column) = self.shown, pointed
        ridges = next((ridges for ridges in shown.layers if ridges.layer == layer), None) if shown else None
        if shown is None or ridges is None:
            return []
        head = [Row(self._network[layer].label, f"epoch {epochs(float(shown.epochs[row]))}")]
        if ridges.values is not None:
            name = self._name(layer, column, shown.quantity)
            return [*head, Row(name, number(float(ridges.values[row, column]), 5))]
        low, high, here = ridges.edges[column], ridges.edges[column + 1], int(ridges.counts[row, column])
        total = int(ridges.counts[row].sum())
        rows = [
            *head,
            Row("bin", f"{number(float(low), 6)} to {number(float(high), 6)}"),
            Row("share", percent(here / total if total else 0.0)),
            Row(shown.quantity, f"{count(here)} of {count(total)}"),
        ]
        below, above = (int(n) for n in ridges.outside[row])
        beyond = (below if column == 0 else 0) + (above if column == ridges.counts.shape[1] - 1 else 0)
        if beyond:
            rows.append(Row("of them beyond the bin", count(beyond)))
        if low <= 0 < high and ridges.zeros[row]:
            rows.append(Row("of them exactly 0", count(int(ridges.zeros[row]))))
        return rows

    def _name(self, layer: int, column: int, quantity: str) -> str:
        """Which parameter of a layer the value at ``column`` is."""
        here = self._network[layer]
        first = here.bias if quantity == "biases" else here.weight
        place = column + (first.start if first else 0)
        block = next(name for name, block in here.blocks.items() if block.start <= place < block.stop)
        at = place - here.blocks[block].start
        if block != "weight":
            return f"{_SIGNS[block]} of unit {at + 1}"
        unit, source = divmod(at, here.fan_in)
        before = here.sources[source] if layer == 0 else f"unit {source + 1}"
        return f"w of unit {unit + 1} from {before}"

    def _valid(self, pointed: Pointed) -> bool:
        cell = self._cell(pointed[0])
        if cell is None:
            return False
        columns = cell.ridges.counts.shape[1] if cell.ridges.values is None else cell.ridges.total
        return 0 <= pointed[1] < cell.rows and 0 <= pointed[2] < columns

    def _cell(self, layer: int) -> Cell | None:
        return next((cell for cell in self.cells if cell.ridges.layer == layer), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what lies there."""
        self.pointed = self.at(event.position())
        clickable = len(self._network) > 1 and any(cell.rect.contains(event.position()) for cell in self.cells)
        self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Put the card away."""
        self.pointed = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the layer under the pointer alone, or for all again."""
        cell = next((cell for cell in self.cells if cell.rect.contains(event.position())), None)
        if event.button() == Qt.MouseButton.LeftButton and cell is not None and len(self._network) > 1:
            self.layer_asked.emit(cell.ridges.layer if self._only is None else None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a ring when the keyboard has led here."""
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from bin to bin and from moment to moment."""
        steps = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and (self.pointed is not None or self._only is not None):
            if self.pointed is None:
                self.layer_asked.emit(None)
            self.pointed = None
        elif key in steps and self.cells:
            self._walk(*steps[key])
        else:
            super().keyPressEvent(event)
        self.update()

    def _walk(self, down: int, right: int) -> None:
        """From the present bin; without one, begin in the middle of the newest row."""
        if self.pointed is None:
            cell = self.cells[0]
            columns = cell.ridges.counts.shape[1] if cell.ridges.values is None else cell.ridges.total
            self.pointed = (cell.ridges.layer, cell.rows - 1, columns // 2)
            return
        layer, row, column = self.pointed
        to = (layer, row + down, column + right)
        if self._valid(to):
            self.pointed = to

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, drawn anew if anything in it has changed, and what is pointed at."""
        ratio = self.devicePixelRatioF()
        if self.shown is None:
            QPainter(self).fillRect(self.rect(), theme().color("panel"))
            return
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap((self.size() * ratio).expandedTo(QSize(1, 1)))
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme().color("panel"))
            below = antialiased(QPainter(self._picture))
            for each in self.cells:
                paint_cell(below, each, self.shown)
            below.end()
        painter = antialiased(QPainter(self))
        painter.drawPixmap(0, 0, self._picture)
        cell = None if self.pointed is None or not self._valid(self.pointed) else self._cell(self.pointed[0])
        if self.pointed is not None and cell is not None:
            place = paint_pointed(painter, cell, *self.pointed[1:])
            paint_readout(painter, QRectF(self.rect()), place, self.card(self.pointed))
        if self.hasFocus() and self._ringed and self.pointed is None:
            draw_focus_ring(painter, QRectF(self.rect()))

    def sizeHint(self) -> QSize:
        """Room to see something."""
        return QSize(theme().px(440), theme().px(260))

    def minimumSizeHint(self) -> QSize:
        """Of use down to here."""
        return QSize(theme().px(160), theme().px(96))
