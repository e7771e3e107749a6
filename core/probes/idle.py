"""Units that let no gradient through: their activation is flat where the samples put it.

Dead ReLUs (Lu, Shin, Su & Karniadakis, "Dying ReLU and Initialization", 2020) and saturated sigmoids (Glorot & Bengio,
"Understanding the difficulty of training deep feedforward neural networks", 2010, section 3) are the same thing, seen
by the slope of the activation's own row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.network import Network
from core.probes.directions import Floats
from core.probes.distributions import Counts, Place
from core.probes.explain import plain_engine
from core.probes.landscape import Objective

DEAD = 1e-6
"""A unit is dead when its slope is under this share of the activation's largest for every sample."""
FLAT = 1e-2
"""A bounded activation is saturated where its slope is under this share of its largest."""
MOST = 0.5
"""A unit is saturated when it is so for more than this share of the samples."""


@dataclass(frozen=True, eq=False)
class Idle:
    """How many units of each layer are ``dead`` (T, L), or else ``saturated`` (T, L), at ``steps`` and ``epochs`` (T,).

    NaN for a layer whose slope plays no part: an output whose loss is one with its activation, and softmax.
    """

    steps: Counts
    epochs: Floats
    dead: Floats
    saturated: Floats


@cache
def steepest(activation: str) -> float:
    """The largest |g'(z)| of an activation, found on a fine grid; NaN for softmax, which is no function of one z."""
    formula = ACTIVATIONS[activation].formula
    if formula is None:
        return math.nan
    value, slope = formula(NUMPY)
    z = np.linspace(-20.0, 20.0, 8001)
    return float(np.abs(np.broadcast_to(slope(z, value(z)), z.shape)).max())


def sloped(network: Network, reads: str) -> tuple[bool, ...]:
    """Whether each layer's slope is a factor of its gradient, the loss reading "outputs", or logits beyond them."""
    last = len(network.layers) - 1
    return tuple(
        ACTIVATIONS[layer.activation].formula is not None and (index < last or reads == "outputs")
        for index, layer in enumerate(network.layers)
    )


def idle_units(objective: Objective, thetas: npt.ArrayLike) -> tuple[Floats, Floats]:
    """How many units of each layer are dead (R, L), and else saturated (R, L), at ``thetas`` (R, P).

    Dead: |g'(z)| under ``DEAD`` of its largest at every sample. Saturated: the activation is bounded on both sides, and
    |g'(z)| under ``FLAT`` of its largest at more than ``MOST`` of the samples.
    """
    thetas = np.atleast_2d(np.asarray(thetas, dtype=np.float64))
    network, engine = objective.engine.network, objective.engine
    dead, saturated = (np.full((len(thetas), len(network.layers)), np.nan) for _ in range(2))
    if not objective.samples:
        return dead, saturated
    told, plain = sloped(network, engine.loss_row.reads), plain_engine(network)
    with np.errstate(over="ignore", invalid="ignore"):
        # What an activation is given, normalised where the layer has a norm; a test holds g(z) against activations.
        passes = plain._forward(thetas, plain.columns(objective.x))
        for index, passed in enumerate(passes):
            if told[index]:
                dead[:, index], saturated[:, index] = _flat(network.layers[index].activation, passed.z)
    return dead, saturated


def _flat(activation: str, z: Floats) -> tuple[Floats, Floats]:
    """Units dead (R,) and saturated (R,) of a layer with sums ``z`` (R, units, B)."""
    row = ACTIVATIONS[activation]
    assert row.formula is not None
    value, slope = row.formula(NUMPY)
    size = np.abs(np.broadcast_to(slope(z, value(z)), z.shape)) / steepest(activation)
    dead = (size < DEAD).all(axis=2)
    if not (math.isfinite(row.low) and math.isfinite(row.high)):
        return dead.sum(axis=1), np.zeros(len(z))
    return dead.sum(axis=1), (((size < FLAT).mean(axis=2) > MOST) & ~dead).sum(axis=1)


def trace_idle(objective: Objective, places: Sequence[Place]) -> Iterator[Idle]:
    """The idle units at ``places``, in their order, a stack of θ at a time: first one alone, then as many as fit."""
    start, size = 0, 1
    while start < len(places):
        some = places[start : start + size]
        dead, saturated = idle_units(objective, np.stack([theta for _, _, theta in some]))
        steps, epochs = np.array([step for step, _, _ in some]), np.array([epoch for _, epoch, _ in some])
        yield Idle(steps, epochs, dead, saturated)
        start, size = start + size, max(1, objective.stack // 8)


def coarse_to_fine(count: int) -> list[int]:
    """The numbers 0 … count - 1: the last, the first, the middle, the quarters and so on, each once."""
    seen: dict[int, None] = {}
    parts = 1
    while len(seen) < count:
        ends = (parts, 0) if parts == 1 else range(1, parts, 2)
        seen |= dict.fromkeys(round(k * (count - 1) / parts) for k in ends)
        parts *= 2
    return list(seen)
