"""The board: the network's picture under its columns' headers, and the places where layers can be put."""

from __future__ import annotations

import itertools
from typing import Any

from PySide6.QtCore import QEasingCurve, QPoint, QVariantAnimation, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.network.arrangement import COLUMN, FEATURES, OUTPUT, Arrangement, arrange, least_width
from app.network.columns import ROW, FeaturesHeader, Header, LayerHeader, OutputHeader
from app.network.controls import PlusButton
from app.network.edits import output_choices, resolved_output
from app.network.kinds import kinds_menu
from app.network.picture import NetworkPicture
from app.network.shortcuts import headroom
from app.theme import font, theme, theme_events
from core.data.features import title_of
from core.network import OUTPUT_ID, Network
from core.probes.neurons import INPUTS
from core.spec import Experiment

SPACE, APART = 6, 8
"""Between the headers and the picture, and between two headers."""


class Board(QWidget):
    """Shows an Experiment's network and tells what is asked of it.

    ``layer_edited`` carries a hidden layer's place, what of it, and the value; ``output_edited`` what of the output and
    the value; ``layer_added`` the place; ``layer_moved`` a layer's place and the one it goes to.
    """

    layer_edited = Signal(int, str, object)
    output_edited = Signal(str, object)
    layer_added = Signal(int)
    layer_moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = NetworkPicture(self)
        self.picture.scrolled.connect(self._scroll)
        self.features = FeaturesHeader(self)
        self.output = OutputHeader(self)
        self.output.edited.connect(self.output_edited)
        self.layers: dict[int, LayerHeader] = {}
        self.pluses: list[PlusButton] = []
        self._order: list[int] = []
        self._network: Network | None = None
        self._firsts: dict[int, int] = {}
        self._arrangement: Arrangement | None = None
        self._from: dict[int, float] = {}
        self._drop: int | None = None
        self._motion = QVariantAnimation(self)
        self._motion.setStartValue(0.0)
        self._motion.setEndValue(1.0)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(self._place)
        theme_events().changed.connect(self.update_theme)

    # what is shown

    def show_experiment(self, experiment: Experiment, network: Network) -> None:
        """Show an Experiment whose network is ``network``; controls of layers that stay are kept, and their focus."""
        before = self._centres_now()
        order = [layer.id for layer in experiment.network.layers]
        slid = bool(before) and order != self._order
        self._order = order
        if network != self._network:
            self._network = network
        self._make_headers(experiment)
        self._show_values(experiment)
        self.setMinimumWidth(round(least_width(len(order), theme().scale)))
        self._arrange()
        if slid and self.isVisible():
            self._slide(before)

    @property
    def network(self) -> Network | None:
        """The network shown."""
        return self._network

    @property
    def shown(self) -> list[range]:
        """The units of each column that have a tile."""
        return [column.range for column in self._arrangement.columns] if self._arrangement else []

    def header(self, index: int) -> LayerHeader:
        """The header of hidden layer ``index``."""
        return self.layers[self._order[index]]

    def _make_headers(self, experiment: Experiment) -> None:
        for gone in self.layers.keys() - set(self._order):
            header = self.layers.pop(gone)
            header.hide()
            header.deleteLater()
        for layer in experiment.network.layers:
            if layer.id not in self.layers:
                self.layers[layer.id] = self._new_header(layer.id)
        while len(self.pluses) > len(self._order) + 1:
            plus = self.pluses.pop()
            plus.hide()
            plus.deleteLater()
        while len(self.pluses) < len(self._order) + 1:
            self.pluses.append(self._new_plus(len(self.pluses)))
        self._order_tabs()

    def _new_header(self, id: int) -> LayerHeader:
        header = LayerHeader(self)
        header.edited.connect(lambda what, value: self.layer_edited.emit(self._order.index(id), what, value))
        header.dragged.connect(lambda by: self._dragged(id, by))
        header.dropped.connect(lambda by: self._dropped(id))
        header.show()
        return header

    def _new_plus(self, index: int) -> PlusButton:
        plus = PlusButton(self)
        plus.clicked.connect(lambda: self.layer_added.emit(index))
        plus.more_asked.connect(lambda: self._ask_kind(index))
        plus.show()
        return plus

    def _ask_kind(self, index: int) -> None:
        """Offer every kind of layer for a gap."""
        before = self.header(index - 1).layer if index else None
        plus = self.pluses[index]
        menu = kinds_menu(plus, before, lambda what, value: self._add_kind(index, what, value))
        menu.popup(plus.mapToGlobal(QPoint(0, plus.height())))

    def _add_kind(self, index: int, what: str, value: object) -> None:
        if what:
            self.layer_edited.emit(index - 1, what, value)
        else:
            self.layer_added.emit(index)

    def _order_tabs(self) -> None:
        parts: list[QWidget] = [self.picture, self.pluses[0]]
        for index, id in enumerate(self._order):
            parts += [*self.layers[id].tab_order(), self.pluses[index + 1]]
        parts += self.output.tab_order()
        for first, second in itertools.pairwise(parts):
            QWidget.setTabOrder(first, second)

    def _show_values(self, experiment: Experiment) -> None:
        assert self._network is not None
        self.features.show_inputs(len(self._network.inputs), experiment.data.scaling)
        total = len(self._order)
        for index, layer in enumerate(experiment.network.layers):
            self.layers[layer.id].show_layer(layer, f"layer {index + 1}", index, total)
        for index, plus in enumerate(self.pluses):
            left = f"layer {index}" if index else "the features"
            right = f"layer {index + 1}" if index < total else "the output"
            plus.setAccessibleName(f"Add a layer between {left} and {right}")
            plus.setToolTip(f"{plus.accessibleName()}; hold it, or click it with the right button, for other kinds")
        resolved = resolved_output(experiment)
        units = self._network.output.units
        self.output.show_output(experiment.network.output, units, resolved, output_choices(experiment))

    # where it goes

    def _header_height(self) -> int:
        notes = self.output.needs_notes or any(header.needs_notes for header in self.layers.values())
        return theme().px(ROW * (3 if notes else 2) + SPACE)

    def _arrange(self) -> None:
        if self._network is None:
            return
        top = self._header_height()
        scale = theme().scale
        firsts = [self._firsts.get(id, 0) for id, _, _ in self._columns()]
        head = headroom(self._network, scale)
        room, names = (self.width(), self.height() - top), self._names()
        self._arrangement = arrange(*room, self._network.shape, scale, firsts, head, names)
        self.picture.setGeometry(0, top, self.width(), max(1, self.height() - top))
        self.picture.set_network(self._network, self._arrangement)
        self._motion.stop()
        self._from = {}
        self._place(1.0)

    def _names(self) -> float:
        """How many pixels the inputs' names take."""
        metrics, network = QFontMetricsF(font(11)), self._network
        titles = () if network is None else network.inputs
        return max((metrics.horizontalAdvance(title_of(name)) for name in titles), default=0.0) + theme().px(8)

    def _scroll(self, column: int, by: int) -> None:
        """Show units of a long column that are ``by`` further down."""
        assert self._arrangement is not None
        place, id = self._arrangement.columns[column], self.picture.ids[column]
        first = max(0, min(place.first + by, place.units - place.shown))
        if first != place.first:
            self._firsts[id] = first
            self._arrange()

    def _columns(self) -> list[tuple[int, Header, int]]:
        """Each column's id, header and least width, left to right."""
        hidden = [(id, self.layers[id], COLUMN) for id in self._order]
        return [(INPUTS, self.features, FEATURES), *hidden, (OUTPUT_ID, self.output, OUTPUT)]

    def _centres_now(self) -> dict[int, float]:
        if self._arrangement is None:
            return {}
        return {id: header.geometry().center().x() + 0.5 for id, header, _ in self._columns()}

    def _place(self, progress: Any) -> None:
        """Put everything where it is at this share of a motion."""
        if self._arrangement is None:
            return
        columns, ends = self._columns(), self._arrangement.centres
        centres, faded = [], {}
        for (id, _, _), end in zip(columns, ends, strict=True):
            start = self._from.get(id, end)
            centres.append(start + (end - start) * progress)
            if self._from and id not in self._from:
                faded[id] = float(progress)
        height = self._header_height() - theme().px(SPACE)
        between = [b - a for a, b in itertools.pairwise(ends)]
        rooms = map(min, [between[0], *between], [*between, between[-1]])
        for (_, header, wide), at, room in zip(columns, centres, rooms, strict=True):
            width = max(theme().px(wide), min(header.wish(), round(room) - theme().px(APART)))
            header.setGeometry(round(at - width / 2), 0, width, height)
        for plus, (left, right) in zip(self.pluses, itertools.pairwise(columns), strict=True):
            self._place_plus(plus, left, right)
            plus.raise_()  # a header that has much to say may reach below it
        self.picture.set_centres(centres, faded)

    def _place_plus(self, plus: PlusButton, left: tuple[int, Header, int], right: tuple[int, Header, int]) -> None:
        size, half = plus.sizeHint(), (theme().px(left[2]) - theme().px(right[2])) / 4
        middle = (left[1].geometry().center().x() + right[1].geometry().center().x() + 1) / 2 + half
        row = left[1].row(1)
        x, y = round(middle - size.width() / 2), row.center().y() - size.height() // 2 + 1
        plus.setGeometry(x, y, size.width(), size.height())

    def _slide(self, before: dict[int, float]) -> None:
        milliseconds = theme().duration()
        if milliseconds:
            self._from = before
            self._place(0.0)
            self._motion.setDuration(milliseconds)
            self._motion.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew."""
        self._arrange()

    def update_theme(self) -> None:
        """Arrange anew in the theme's sizes and colours."""
        self.setMinimumWidth(round(least_width(len(self._order), theme().scale)))
        self.picture.update_theme()
        self._arrange()

    # moving a layer by hand

    def _dragged(self, id: int, by: float) -> None:
        assert self._arrangement is not None
        index = self._order.index(id)
        header = self.layers[id]
        header.raise_()
        home = self._arrangement.centres[index + 1]
        header.move(round(home + by - header.width() / 2), header.y())
        others = [centre for k, centre in enumerate(self._arrangement.centres[1:-1]) if k != index]
        self._drop = sum(centre < home + by for centre in others)
        self.update()

    def _dropped(self, id: int) -> None:
        to, self._drop = self._drop, None
        self.update()
        self._place(1.0)
        index = self._order.index(id)
        if to is not None and to != index:
            self.layer_moved.emit(index, to)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Where a dragged layer would go: a line in the gap."""
        if self._drop is None or self._arrangement is None:
            return
        dragged = next(i for i, id in enumerate(self._order) if self.layers[id].title.moving)
        gap = self._drop if self._drop <= dragged else self._drop + 1
        centres = self._arrangement.centres
        painter = QPainter(self)
        painter.setPen(QPen(theme().color("accent"), theme().px(2)))
        x = round((centres[gap] + centres[gap + 1]) / 2)
        painter.drawLine(x, 0, x, self._header_height())


class Scroller(QScrollArea):
    """Holds the board; scrolls sideways, by the wheel too."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setWidget(board)
        self.setAccessibleName("Network")
        self.horizontalScrollBar().setSingleStep(40)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Up and down go left and right."""
        bar = self.horizontalScrollBar()
        moved = event.angleDelta().y() or event.angleDelta().x()
        if bar.maximum() == 0:
            event.ignore()
            return
        bar.setValue(bar.value() - round(moved * 0.75))
        event.accept()
