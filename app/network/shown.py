"""What the network's picture shows: the network, its numbers, its maps, and where everything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.network.arrangement import Arrangement
from app.network.gaps import Gaps
from app.network.shortcuts import Arc
from app.network.tiles import Painted, images
from core.network import Network
from core.probes.neurons import INPUTS, Maps

Neuron = tuple[int, int]
"""Column and unit."""

Edge = tuple[int, int, int]
"""The gap it crosses, the unit it comes from, the unit it goes to."""


class Shown(QWidget):
    """Base of the picture: what it shows, and what of it is looked at.

    ``neuron_hovered``, ``edge_hovered`` and ``arc_hovered`` tell what is looked at, ``left`` that nothing is.
    """

    neuron_hovered = Signal(int, int)
    edge_hovered = Signal(int, int, int)
    arc_hovered = Signal()
    left = Signal()
    rearranged = Signal()
    """Other columns, or other neurons of them, are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.network: Network | None = None
        self.arrangement: Arrangement | None = None
        self.gaps = Gaps(self)
        self.gaps.drawn.connect(self._gap_drawn)
        self.maps: dict[int, Maps] = {}
        self.pictures: dict[int, tuple[QImage, ...]] = {}
        self.theta: Any = None
        self.values: Any = None
        self.frozen: Any = None
        self.marked: dict[Edge | Neuron, str] = {}
        self.neuron: Neuron | None = None
        self.edge: Edge | None = None
        self.arc: Arc | None = None
        self.on_bias = False
        self.largest_bias = 0.0
        self.centres: tuple[float, ...] = ()
        self.faded: dict[int, float] = {}
        self._firsts: dict[int, int] = {}

    # what is shown

    def set_network(self, network: Network, arrangement: Arrangement) -> None:
        """Show another network or another geometry."""
        if network is not self.network:
            self.let_go()
        if network != self.network:
            self.theta = self.values = self.frozen = None
            self.marked = {}
        self.network, self.arrangement = network, arrangement
        self.centres = arrangement.centres
        self.gaps.set_network(network, arrangement)
        ids = set(self.ids)
        self.maps = {key: value for key, value in self.maps.items() if key in ids}
        self.pictures = {key: value for key, value in self.pictures.items() if key in ids}
        self._set_edges()
        if not self._in_sight():
            self.let_go()
        self.setAccessibleDescription("-".join(str(units) for units in network.shape))
        self.rearranged.emit()
        self.update()

    def set_theta(self, theta: Any) -> None:
        """Show the weights of θ (P,), which belongs to the network shown."""
        if self.network is None or len(theta) != self.network.parameters:
            return
        self.theta = theta
        self._set_edges()

    def set_values(self, values: Any) -> None:
        """Have the edges show ``values`` (P,), a gradient, say, in place of the weights; None for the weights."""
        if values is not None and (self.network is None or len(values) != self.network.parameters):
            return
        self.values = values
        self._set_edges()

    def set_frozen(self, mask: Any) -> None:
        """Show which numbers of θ are frozen: ``mask`` (P,) is true there; None where none is."""
        self.frozen = mask
        self._set_edges()

    def set_marked(self, marked: Mapping[Edge | Neuron, str]) -> None:
        """Label some edges, and some neurons' biases."""
        self.marked = dict(marked)
        self.update()

    def _set_edges(self) -> None:
        shown = self.theta if self.values is None else self.values
        if self.theta is None or self.network is None:
            return
        common = self.values is not None
        self.gaps.set_values(shown, self.devicePixelRatioF(), self.frozen, common=common)
        biases = [self.network.biases(shown, index) for index in range(len(self.network.layers))]
        self.largest_bias = max((float(np.abs(b).max(initial=0.0)) for b in biases if b is not None), default=0.0)
        self.update()

    def set_tiles(self, painted: Painted) -> None:
        """Show the neurons' maps."""
        for maps, first, colors in zip(painted.maps, painted.firsts, painted.colors, strict=True):
            self.maps[maps.id] = maps
            self.pictures[maps.id] = images(colors)
            self._firsts[maps.id] = first
        self.update()

    def _gap_drawn(self, index: int) -> None:
        left, right = self.span(index)
        self.update(QRectF(left, 0, right - left, self.height()).toAlignedRect())

    def set_centres(self, centres: Sequence[float], faded: dict[int, float] | None = None) -> None:
        """Where the columns are at this moment of a motion, and how visible those of an id in ``faded`` are."""
        self.centres, self.faded = tuple(centres), faded or {}
        self.update()

    def update_theme(self) -> None:
        """Draw everything anew."""
        self.gaps.forget()
        self.update()

    # what is where

    @property
    def ids(self) -> tuple[int, ...]:
        """Each column's id, the inputs first."""
        return () if self.network is None else (INPUTS, *(layer.id for layer in self.network.layers))

    def span(self, index: int) -> tuple[float, float]:
        """From the right of a column's tiles to the left of the next one's, at this moment of a motion."""
        assert self.arrangement is not None
        half = self.arrangement.tile / 2
        return self.centres[index] + half, self.centres[index + 1] - half

    def tile_of(self, neuron: Neuron) -> int | None:
        """Which tile of its column shows a neuron; None if none does."""
        assert self.arrangement is not None
        units = self.arrangement.columns[neuron[0]].range
        return neuron[1] - units.start if neuron[1] in units else None

    def tile_rect(self, column: int, unit: int) -> QRectF:
        """Where a neuron is drawn; raises IndexError for one that is not."""
        assert self.arrangement is not None
        tile, place = self.arrangement.tile, self.arrangement.columns[column]
        if unit not in place.range:
            raise IndexError(f"unit {unit} of column {column} is not shown")
        return QRectF(self.centres[column] - tile / 2, place.tops[unit - place.first], tile, tile)

    def picture_of(self, neuron: Neuron) -> QImage | None:
        """A neuron's map as an image, if there is one yet."""
        column, unit = neuron
        id = self.ids[column]
        pictures, at = self.pictures.get(id, ()), unit - self._firsts.get(id, 0)
        return pictures[at] if 0 <= at < len(pictures) else None

    def _in_sight(self) -> bool:
        """Whether what was under the pointer still is shown."""
        ends: list[Neuron] = [self.neuron] if self.neuron is not None else []
        if self.edge is not None:
            index, source, target = self.edge
            ends += [(index, source), (index + 1, target)]
        return all(self.tile_of(end) is not None for end in ends)

    # numbers of θ

    def weight(self, edge: Edge) -> float:
        """An edge's weight in the θ shown."""
        assert self.network is not None
        index, source, target = edge
        return float(self.network.weights(self.theta, index)[target, source])

    def value(self, edge: Edge) -> float:
        """What an edge's colour and width stand for: its weight, or what is shown in its place."""
        assert self.network is not None
        index, source, target = edge
        shown = self.theta if self.values is None else self.values
        return float(self.network.weights(shown, index)[target, source])

    def is_frozen(self, edge: Edge) -> bool:
        """Whether training leaves an edge's weight as it is."""
        if self.frozen is None or self.network is None:
            return False
        return bool(self.network.weights(self.frozen, edge[0])[edge[2], edge[1]])

    def biases(self, column: int) -> Any:
        """What the dots of a column stand for, as edges do; None where there are no biases."""
        if self.network is None or self.theta is None or column == 0:
            return None
        return self.network.biases(self.theta if self.values is None else self.values, column - 1)

    def frozen_biases(self, column: int) -> Any:
        """Which biases of a column are frozen; None where nothing is."""
        if self.network is None or self.frozen is None or column == 0:
            return None
        return self.network.biases(self.frozen, column - 1)

    # what is looked at

    def tell(self) -> None:
        """Say what is looked at."""
        if self.neuron is not None:
            self.neuron_hovered.emit(*self.neuron)
        elif self.edge is not None:
            self.edge_hovered.emit(*self.edge)
        elif self.arc is not None:
            self.arc_hovered.emit()
        else:
            self.left.emit()

    def let_go(self) -> None:
        """Forget what was under the pointer."""
        self.neuron = self.edge = self.arc = None
        self.on_bias = False
        self.left.emit()
        self.update()
