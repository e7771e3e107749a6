"""What every neuron says over the plane: each unit's activation on a grid of places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.data import DOMAIN
from core.data.slices import FIRST, Slice, plane_of
from core.model import Model
from core.network import Network

Floats = npt.NDArray[Any]

INPUTS = -1
"""The id of the column of inputs, as layers have theirs."""

SIDE, LEAST_SIDE = 40, 8
"""Places along each side of the grid: as asked for usually, and at the least."""

MOST_NUMBERS = 4_000_000
"""Activations (units × places) a pass may hold; the grid gets coarser beyond."""

MOST_PRODUCTS = 4_000_000_000
"""Multiplications (parameters × places) a pass may take; the grid gets coarser beyond."""


@dataclass(frozen=True, eq=False)
class Maps:
    """The maps of one column: ``values`` (M, n, n) of its first M units, row 0 at x₂ = +DOMAIN, and where it is kept.

    ``low`` and ``high`` are the bounds of its activation, infinite where it has none; ``id`` is the layer's.
    """

    id: int
    values: Floats
    low: float = -math.inf
    high: float = math.inf

    @property
    def limits(self) -> Floats:
        """The size (M,) at which each map's colour is full: the activation's bound, or the map's own largest value."""
        bound = max(abs(self.low), abs(self.high))
        if math.isfinite(bound):
            return np.full(len(self.values), bound)
        sizes: Floats = np.abs(self.values).max(axis=(1, 2), initial=0.0)
        return sizes

    def at(self, unit: int, x1: float, x2: float) -> float:
        """The value of a unit at a place on the plane, bilinear between the grid's places."""
        values, last = self.values[unit], self.values.shape[1] - 1
        column = (min(max(x1, -DOMAIN), DOMAIN) + DOMAIN) / (2 * DOMAIN) * last
        row = (DOMAIN - min(max(x2, -DOMAIN), DOMAIN)) / (2 * DOMAIN) * last
        i, j = min(int(row), last - 1), min(int(column), last - 1)
        v, u = row - i, column - j
        top = values[i, j] * (1 - u) + values[i, j + 1] * u
        return float(top * (1 - v) + (values[i + 1, j] * (1 - u) + values[i + 1, j + 1] * u) * v)


def affordable_side(network: Network, side: int) -> int:
    """The grid's side, made coarser where a pass over the whole network would take too much memory or time."""
    places = min(MOST_NUMBERS / sum(network.shape), MOST_PRODUCTS / network.parameters)
    return max(LEAST_SIDE, min(side, math.isqrt(int(places))))


def neuron_maps(
    model: Model,
    theta: npt.ArrayLike,
    shown: Sequence[int],
    side: int = SIDE,
    chosen: Slice = FIRST,
) -> tuple[Maps, ...]:
    """The maps of the first ``shown[i]`` units of each column i at θ (P,): the inputs, the layers, last the output.

    They are of the plane that ``chosen`` is in the model's data.
    Raises ValueError when ``shown`` does not have one number for each column.
    """
    network = model.network
    if len(shown) != len(network.layers) + 1:
        raise ValueError(f"{len(network.layers) + 1} columns need as many counts, not {len(shown)}")
    side = affordable_side(network, side)
    x = model.inputs(plane_of(model.experiment.data, chosen).places(side))
    with np.errstate(over="ignore", invalid="ignore"):
        layers = model.engine().activations(np.asarray(theta)[None], x)

    def square(rows: Floats, count: int) -> Floats:
        return np.array(rows[:count], dtype=np.float32).reshape(-1, side, side)

    maps = [Maps(INPUTS, square(x.T, shown[0]))]
    for layer, values, count in zip(network.layers, layers, shown[1:], strict=True):
        row = ACTIVATIONS[layer.activation]
        # A shortcut adds to the activation, and so goes beyond its bounds.
        bounds = (row.low, row.high) if layer.shortcut is None else (-math.inf, math.inf)
        maps.append(Maps(layer.id, square(values[0], count), *bounds))
    return tuple(maps)
