"""Reads out what is under the pointer: in the lens beside it, and in the panel's line of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QSizeF, Signal
from PySide6.QtGui import QImage

from app.network.editor import Editor
from app.network.known import Known
from app.network.lens import Lens
from app.network.parameter import FOLLOWING, Parameter, beside, neuron_name
from app.network.picture import NetworkPicture
from app.network.shortcuts import Arc, arc_said
from app.network.tiles import Closer, images, paint_closer, plane_at
from app.network.words import Pairs, norm_said, numbers_of, passed_through
from app.numbers import brief, number
from app.probe_thread import Probe
from app.theme import theme
from core.activations import ACTIVATIONS
from core.data import DOMAIN
from core.data.slices import plane_of
from core.network import Network


class Reader(QObject):
    """``said`` carries a line of numbers about what is under the pointer; ``silent`` says that there is nothing."""

    said = Signal(str)
    silent = Signal()

    def __init__(self, session: Any, picture: NetworkPicture, editor: Editor) -> None:
        super().__init__(picture)
        self._session, self._picture, self._editor = session, picture, editor
        self.lens = Lens(picture)
        self.known: Known | None = None
        self._near = Probe(self)
        self._near.answered.connect(self._show_closer)
        self._closer: tuple[Closer, QImage] | None = None
        self._asked: tuple[Any, ...] = ()
        picture.neuron_hovered.connect(lambda column, unit: self.read())
        picture.edge_hovered.connect(lambda *edge: self.read())
        picture.arc_hovered.connect(self.read)
        picture.left.connect(self.read)
        editor.opened.connect(self.lens.hide)

    @property
    def reading(self) -> bool:
        """Whether there is something under the pointer."""
        return self._picture.neuron is not None or self._picture.edge is not None

    def read(self) -> None:
        """Say anew what is under the pointer."""
        if self._picture.neuron is not None and self._picture.network is not None:
            self._read_neuron(*self._picture.neuron)
        elif self._picture.edge is not None and self._picture.theta is not None:
            self._read_edge()
        elif self._picture.arc is not None and self._picture.network is not None:
            self._read_arc(self._picture.network, self._picture.arc)
        else:
            self.lens.hide()
            self.silent.emit()

    def _open(self, place: QRect) -> None:
        if self._editor.popover is None and self._picture.isVisible():
            self.lens.open_beside(place)

    def _on_screen(self, rect: QRectF) -> QRect:
        return QRectF(self._picture.mapToGlobal(rect.topLeft()), rect.size()).toRect()

    # neurons

    def _read_neuron(self, column: int, unit: int) -> None:
        picture, network = self._picture, self._picture.network
        assert network is not None
        tile = picture.tile_rect(column, unit)
        place = plane_at(tile, picture.pointer, DOMAIN)
        place = (min(max(place[0], -DOMAIN), DOMAIN), min(max(place[1], -DOMAIN), DOMAIN))
        title = neuron_name(network, column, unit)
        pairs = self._map_pairs(column, unit, place)
        said = pairs[:1]
        pairs += passed_through(column, unit, self.known)
        if column:
            layer = network.layers[column - 1]
            pairs += [("activation", ACTIVATIONS[layer.activation].title), *norm_said(network, column)]
            numbers = self._numbers(Parameter(column - 1, unit)) if layer.bias else [("bias", "none")]
            for one in beside(network, column - 1, unit, ("gain", "shift", *FOLLOWING)):
                numbers += self._numbers(one)[:1]
            pairs, said = pairs + numbers, said + numbers
        self.said.emit(" · ".join([title, *(f"{name} {value}" for name, value in said)]))
        self._ask((column, unit))
        self.lens.show_neuron(title, pairs, self._image(column, unit), place)
        self._open(self._on_screen(tile))

    def _map_pairs(self, column: int, unit: int, place: tuple[float, float]) -> Pairs:
        maps = self._picture.maps.get(self._picture.ids[column])
        if maps is None or unit >= len(maps.values):
            return []
        plane = plane_of(self._session.experiment.data, self._session.slice)
        u, v = plane.values(*place).tolist()
        at = f"at ({number(u, 2)}, {number(v, 2)})"
        pairs = [(at, brief(maps.at(unit, *place)))]
        if self._closer is not None and self._closer[0].neuron == (column, unit):
            low, high = self._closer[0].low, self._closer[0].high
        else:
            low, high = float(maps.values[unit].min()), float(maps.values[unit].max())
        return [*pairs, ("on the plane", f"{brief(low)} … {brief(high)}")]

    def _numbers(self, one: Parameter) -> Pairs:
        network, theta = self._picture.network, self._picture.theta
        if network is None or theta is None:
            return []
        frozen = not one.follows and self._editor.frozen(one)
        return numbers_of(one, network, float(theta[one.place(network)]), self.known, frozen)

    def _image(self, column: int, unit: int) -> QImage | None:
        if self._closer is not None and self._closer[0].neuron == (column, unit):
            return self._closer[1]
        return self._picture.picture_of((column, unit))

    def _ask(self, neuron: tuple[int, int]) -> None:
        """Have the neuron's map computed finely, unless it is there."""
        snapshot = self._session.snapshot
        if snapshot is None or snapshot.model.network != self._picture.network:
            return
        self.lens.show_points(snapshot.model, self._session.slice)
        asked = (snapshot.theta, neuron, theme(), self._session.slice)
        if self._asked and asked[0] is self._asked[0] and asked[1:] == self._asked[1:]:
            return
        if self._closer is not None and self._closer[0].neuron != neuron:
            self._closer = None
        self._asked = asked
        self._near.ask(paint_closer, snapshot.model, snapshot.theta, neuron, theme(), self._session.slice)

    def _show_closer(self, closer: Closer) -> None:
        self._closer = (closer, images(closer.colors[None])[0])
        if self._picture.neuron == closer.neuron:
            self.read()

    # edges

    def _read_edge(self) -> None:
        network, edge = self._picture.network, self._picture.edge
        assert network is not None
        assert edge is not None
        one = Parameter(edge[0], edge[2], edge[1])
        title = f"{neuron_name(network, edge[0], edge[1])} → {neuron_name(network, edge[0] + 1, edge[2])}"
        pairs = self._numbers(one)
        words = " · ".join(f"{name} {value}" for name, value in pairs)
        self.said.emit(f"{words} · {one.name(network).removeprefix('weight ')}")
        self._open_words(title, pairs)

    def _open_words(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Numbers in words beside the pointer."""
        self.lens.show_words(title, pairs)
        spot = QRectF(self._picture.pointer - QPointF(4, 4), QSizeF(8, 8))
        self._open(self._on_screen(spot))

    # shortcuts

    def _read_arc(self, network: Network, arc: Arc) -> None:
        title, pairs = arc_said(network, arc)
        words = " ".join(f"{name} {value}" for name, value in pairs[:-1])
        self.said.emit(f"residual connection: {words} · {pairs[-1][1]}")
        self._open_words(title, pairs)
