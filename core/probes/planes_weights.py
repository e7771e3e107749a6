"""Planes of two single weights, as in a textbook's J(w₀, w₁), and what a number of θ is called."""

from __future__ import annotations

import math

import numpy as np

from core.data.features import title_of
from core.network import Network
from core.probes.directions import Axis, Plane
from core.probes.seen import NoPlane, Seen


def of_weights(seen: Seen) -> Plane:
    """J(w0, w1): both weights from -R to R, all others as they are in θ."""
    count = seen.network.parameters
    if count < 2:
        raise NoPlane("This network has a single weight, and a plane needs two.")
    pair = _pair(seen)
    if pair[0] == pair[1]:
        raise NoPlane("Both axes are the same weight: pick a second one on the network, or in the list above.")
    reach = max(1.0, 1.2 * float(np.abs(seen.theta[list(pair)]).max()))
    reach = 2.0 ** (math.ceil(2 * math.log2(reach)) / 2)
    before = seen.before
    if before is not None and _of_before(before) == pair and reach < before.axes[0].unit <= 2.1 * reach:
        reach = before.axes[0].unit  # no larger view than needed, but no smaller one for every little step back
    centre, directions = np.array(seen.theta, dtype=np.float64), np.zeros((2, count))
    for row, index in enumerate(pair):
        centre[index], directions[row, index] = 0.0, reach
    names = [parameter_name(seen.network, index) for index in pair]
    axes = (Axis(names[0], "w₀", reach, index=pair[0]), Axis(names[1], "w₁", reach, index=pair[1]))
    return Plane(centre, directions, axes=axes, origin=seen.theta)


def _pair(seen: Seen) -> tuple[int, int]:
    """The weights chosen; for one that is not, that of the plane before, or the steepest, if that is another one."""
    usual = _of_before(seen.before) or steepest(seen)
    count = seen.network.parameters
    chosen = [None if place is None or place >= count else place for place in seen.weights or usual]
    for slot, place in enumerate(chosen):
        if place is None:
            others = (usual[slot], *steepest(seen), 0, 1)
            chosen[slot] = next(other for other in others if other < count and other != chosen[1 - slot])
    first, second = chosen
    assert first is not None
    assert second is not None
    return first, second


def _of_before(before: Plane | None) -> tuple[int, int] | None:
    """The pair of weights of the plane laid last."""
    first, second = (axis.index for axis in before.axes) if before is not None else (None, None)
    return None if first is None or second is None else (first, second)


def steepest(seen: Seen) -> tuple[int, int]:
    """The two places in θ with the largest gradient, in θ's order; the first two where there is none."""
    _, gradient = seen.objective.gradient(seen.theta[None])
    size = np.nan_to_num(np.abs(gradient[0]))
    first, second = sorted(np.argsort(-size, kind="stable")[:2].tolist())
    return int(first), int(second)


LETTERS = {"bias": "b", "gain": "γ", "shift": "β", "mean": "μ", "variance": "σ²"}
"""What stands for each number that a unit has beside its weights."""


def parameter_name(network: Network, index: int) -> str:
    """A number of θ by its ends: "w(layer 1, unit 2 ← x₁)", "b(output, unit 1)"; raises IndexError outside θ."""
    for place, layer in enumerate(network.layers):
        if layer.weight.start <= index < layer.weight.stop:
            unit, source = divmod(index - layer.weight.start, layer.fan_in)
            origin = f"unit {source + 1}" if place else title_of(network.inputs[source])
            return f"w({layer.label}, unit {unit + 1} ← {origin})"
        for name, letter in LETTERS.items():
            block = layer.blocks.get(name)
            if block is not None and block.start <= index < block.stop:
                return f"{letter}({layer.label}, unit {index - block.start + 1})"
    raise IndexError(f"θ has {network.parameters} numbers, and none at {index}")
