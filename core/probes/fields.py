"""What else an answer over the plane says: how unsure it is, one class against the rest, the numbers before the squash.

All are functions of class probabilities (…, C) or logits (…, K), whatever network they came from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.data import DOMAIN
from core.model import Model
from core.probes.contours import Array, Floats, Line, level_lines

SHARES = tuple(round(0.1 * k, 1) for k in range(1, 10))
"""The levels of a probability that get a line."""

_SMALLEST = 1e-6
"""Probabilities are told apart down to here: 1 - p in float32 is good to about 1e-7."""


def logits(model: Model, theta: Array, xy: Array) -> Array:
    """What the output layer of the network θ (P,) adds up, z = W a + b (N, K), at places ``xy``, before its activation.

    ``a`` are the engine's own activations of the layer before.
    """
    network, x = model.network, model.inputs(xy)
    theta = np.asarray(theta)
    before = model.engine().activations(theta[None], x)[-2][0] if len(network.layers) > 1 else x.T
    last = len(network.layers) - 1
    bias = network.biases(theta, last)
    with np.errstate(over="ignore", invalid="ignore"):
        z = np.asarray(before).T @ network.weights(theta, last).T
        return np.asarray(z if bias is None else z + bias)


def entropy(probabilities: Array) -> Floats:
    """Uncertainty (…) of ``probabilities`` (…, C): -Σ p log p / log C, from 0 (sure) to 1 (all alike); NaN stays.

    Shannon 1948, section 6, divided by what C equally likely classes have.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p == 0.0, 0.0, p * np.log(p))
    result: Floats = np.clip(-terms.sum(axis=-1) / np.log(p.shape[-1]), 0.0, 1.0)
    return result


def margin(z: Array) -> Array:
    """How far the largest of ``z`` (…, K), K ≥ 2, is above the second largest: (…)."""
    largest = np.partition(z, z.shape[-1] - 2, axis=-1)[..., -2:]
    difference: Array = largest[..., 1] - largest[..., 0]
    return difference


def class_logit(z: Array, index: int) -> Array:
    """The logit (…) of class ``index`` in ``z`` (…, K); a single one speaks for class 1, its opposite for class 0."""
    if z.shape[-1] > 1:
        return np.asarray(z[..., index])
    return np.asarray(z[..., 0] if index else -z[..., 0])


def share_lines(probability: Array, levels: Sequence[float] = SHARES) -> list[list[Line]]:
    """For each of ``levels`` the polylines (m, 2) in plane units where ``probability`` (n, n) takes it.

    They are drawn where the log-odds log(p / (1 - p)) take the level's: between grid points those are close to linear
    where the probability itself is a step. Row 0 lies at x₂ = +DOMAIN.
    """
    p = np.clip(np.asarray(probability, dtype=np.float64), _SMALLEST, 1.0 - _SMALLEST)
    odds = np.log(p / (1.0 - p))
    axis = np.linspace(-DOMAIN, DOMAIN, len(odds))
    return level_lines(odds[::-1], axis, axis, [float(np.log(level / (1.0 - level))) for level in levels])
