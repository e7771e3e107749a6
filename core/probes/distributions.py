"""How a layer's numbers are spread, moment by moment: histograms on bins that all of a run's moments share.

Freedman & Diaconis, "On the histogram as a density estimator: L2 theory", 1981, for the width of the bins.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.probes.directions import Floats
from core.probes.landscape import Objective

Counts = npt.NDArray[np.int64]
Place = tuple[int, float, npt.NDArray[np.floating]]
"""A moment to look at: its step, its epoch, and θ (P,)."""

QUANTITIES = ("weights", "biases", "activations", "gradients")
"""What there are histograms of; gradients are those of all that is trained in a layer."""
FEW = 16
"""So many parameters are told apart one by one: a histogram of them would be a picture of its bins."""
_NUMBERS = 1 << 14
"""Activations of a layer that a histogram is made of at most; of more samples, evenly chosen ones are taken."""
_FEWEST = ((200, 20), (50, 12), (0, 6))
"""From so many values on, so many bins at least: of two heaps the rule of thumb makes too few."""
_BINS = 48
_TAIL = 0.005
"""The share of all values, on either side, that may lie outside the bins where it would stretch them ``_FAR`` times."""
_FAR = 3.0
_OUTSIDE = 0.02
"""Bins are made anew when more than this share of the values lies outside them, or their range has shrunk by _FAR."""


def evenly(at: Floats, count: int) -> list[int]:
    """The indices, ascending, of at most ``count`` of ``at`` (n,), ascending, that lie most evenly; ends included."""
    if len(at) <= count:
        return list(range(len(at)))
    wanted = np.linspace(at[0], at[-1], count)
    right = np.clip(np.searchsorted(at, wanted), 1, len(at) - 1)
    nearest = np.where(wanted - at[right - 1] <= at[right] - wanted, right - 1, right)
    return [int(index) for index in np.unique(nearest)]


@dataclass(frozen=True, eq=False)
class Ridges:
    """Histograms of one layer's values at T moments on one set of bins, ``edges`` (B + 1,); 0 is an edge if inside.

    ``counts`` (T, B) hold every finite one of the ``total`` values; those ``outside`` (T, 2), below and above the
    range, are in the end bins. ``zeros`` (T,) are exactly 0. Of a few, ``values`` (T, total) has each, else it is None.
    """

    layer: int
    edges: Floats
    counts: Counts
    outside: Counts
    zeros: Counts
    total: int
    values: Floats | None

    @property
    def shares(self) -> Floats:
        """The share (T, B) of a moment's values in each bin: equal areas, whatever the moment."""
        shares: Floats = self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        return shares


@dataclass(frozen=True, eq=False)
class Ridgelines:
    """Of one of ``QUANTITIES`` the Ridges of every layer that has it, at ``steps`` and ``epochs`` (T,), oldest first.

    Activations are those at ``samples`` of the training points.
    """

    quantity: str
    steps: Counts
    epochs: Floats
    layers: tuple[Ridges, ...]
    samples: int


def values_of(objective: Objective, quantity: str, thetas: npt.ArrayLike) -> tuple[list[Floats], int]:
    """The values (T, n) of each layer at ``thetas`` (T, P), n = 0 where it has none, and the samples they come from.

    Raises ValueError for what is none of ``QUANTITIES``.
    """
    thetas = np.asarray(thetas, dtype=np.float64)
    layers, rows = objective.engine.network.layers, len(thetas)
    if quantity == "weights":
        return [layer.weight.of(thetas).reshape(rows, -1) for layer in layers], 0
    if quantity == "biases":
        return [np.empty((rows, 0)) if layer.bias is None else layer.bias.of(thetas) for layer in layers], 0
    if quantity == "activations":
        most = max(1, _NUMBERS // max(layer.units for layer in layers))
        x = objective.x[np.linspace(0, objective.samples - 1, min(most, objective.samples)).round().astype(int)]
        if not len(x):
            return [np.empty((rows, 0)) for _ in layers], 0
        found = objective.engine.activations(thetas, x)
        return [np.asarray(a, dtype=np.float64).reshape(rows, -1) for a in found], len(x)
    if quantity == "gradients":
        parts = [thetas[start : start + objective.stack] for start in range(0, rows, objective.stack)]
        gradient = np.concatenate([objective.gradient(part)[1] for part in parts])
        return [gradient[:, layer.weight.start : layer.trained] for layer in layers], objective.samples
    raise ValueError(f"there are no histograms of {quantity!r}: choose one of {', '.join(QUANTITIES)}")


def bin_edges(values: Floats) -> Floats:
    """Edges (B + 1,) of bins for all of ``values`` (T, n) together, at multiples of a round width: 1, 2 or 5 × 10ᵏ.

    The width is near Freedman & Diaconis's (1981), 2 IQR / ∛n, of the values pooled and n those of one moment. They
    reach over all values, but for at most half a per cent on either side where that would make them thrice as wide.
    """
    pooled = values[np.isfinite(values)]
    if not len(pooled):
        return np.array([-1.0, 0.0, 1.0])
    low, high = float(pooled.min()), float(pooled.max())
    q_low, lower, upper, q_high = (float(q) for q in np.quantile(pooled, [_TAIL, 0.25, 0.75, 1 - _TAIL]))
    if 0 < (q_high - q_low) * _FAR < high - low:
        low, high = max(low, q_low - 0.1 * (q_high - q_low)), min(high, q_high + 0.1 * (q_high - q_low))
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        reach = max(abs(low), abs(high)) or 1.0
        low, high = low - reach / 2, high + reach / 2
    fewest = next(bins for n, bins in _FEWEST if values.shape[-1] >= n)
    width = 2.0 * (upper - lower) / max(values.shape[-1], 1) ** (1 / 3)
    return _multiples(low, high, min(max(width, (high - low) / _BINS), (high - low) / fewest))


def _multiples(low: float, high: float, width: float) -> Floats:
    """Multiples of the round number next to ``width`` that hold low … high."""
    power = 10.0 ** math.floor(math.log10(width))
    round_width = power * min((1.0, 2.0, 5.0, 10.0), key=lambda m: abs(math.log(m * power / width)))
    first, last = math.floor(low / round_width + 1e-9), math.ceil(high / round_width - 1e-9)
    edges = np.arange(first, max(last, first + 1) + 1) * round_width
    # As written in decimals, so that 3 × 0.1 is 0.3.
    written: Floats = np.round(edges, 12 - math.floor(math.log10(round_width)))
    return written


def counted(values: Floats, edges: Floats) -> tuple[Counts, Counts]:
    """Counts (T, B) of ``values`` (T, n) between ``edges`` (B + 1,), and how many lay below and above them (T, 2).

    Bins hold their lower edge, the last one both. What lies outside is counted in the end bins; NaN nowhere.
    """
    rows, bins = len(values), len(edges) - 1
    finite = ~np.isnan(values)
    at = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1) + bins * np.arange(rows)[:, None]
    counts = np.bincount(at[finite], minlength=rows * bins).reshape(rows, bins)
    outside = np.stack([(values < edges[0]).sum(axis=1), (values > edges[-1]).sum(axis=1)], axis=1)
    return counts.astype(np.int64), outside.astype(np.int64)


def ridges(layer: int, quantity: str, values: Floats, edges: Floats | None = None) -> Ridges:
    """The histograms of a layer's ``values`` (T, n), on ``edges`` where those still fit, else on new ones."""
    if edges is None or not _fits(values, edges):
        edges = bin_edges(values)
    counts, outside = counted(values, edges)
    few = quantity != "activations" and values.shape[1] <= FEW
    zeros = (values == 0).sum(axis=1).astype(np.int64)
    return Ridges(layer, edges, counts, outside, zeros, values.shape[1], values.copy() if few else None)


def _fits(values: Floats, edges: Floats) -> bool:
    """Whether bins made for other moments still show these ones well."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return True
    outside = ((finite < edges[0]) | (finite > edges[-1])).mean()
    reach = float(finite.max() - finite.min())
    return bool(outside <= _OUTSIDE and (reach == 0 or (edges[-1] - edges[0]) <= 2 * _FAR * reach))


def ridgelines(
    objective: Objective, quantity: str, places: Sequence[Place], known: Mapping[int, Floats] | None = None
) -> Ridgelines:
    """The histograms of ``quantity`` in every layer that has it, at ``places``, on ``known`` edges while those fit.

    Raises ValueError for what is none of ``QUANTITIES``, or for no places.
    """
    if not places:
        raise ValueError("histograms need at least one moment")
    found, samples = values_of(objective, quantity, np.stack([theta for _, _, theta in places]))
    known = known or {}
    made = tuple(ridges(i, quantity, values, known.get(i)) for i, values in enumerate(found) if values.shape[1])
    steps, epochs = np.array([step for step, _, _ in places]), np.array([epoch for _, epoch, _ in places])
    return Ridgelines(quantity, steps, epochs, made, samples)
