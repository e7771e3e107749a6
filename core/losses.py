"""Losses: one row each; elementwise formulas, averaged or summed over the outputs as the row says.

A formula is a function of the elementary functions and returns (value, slope) of what the row ``reads``:

- "outputs": value(a, t) and slope = dL/da; any output activation will do.
- "logits":  value(z, t) and slope = dL/dz, stable where the activation saturates.
- "log-probabilities": value(log p, t), with slope(p, t) = dL/dz of the softmax's logits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core.activations import Pair
from core.elementary import Elementary
from core.tables import Table


@dataclass(frozen=True)
class Loss:
    """A row: ``output`` is the activation it needs ("" for any), ``over_outputs`` how K outputs become one number."""

    name: str
    title: str
    short: str
    help: str
    unit: str
    tasks: tuple[str, ...]
    reads: Literal["outputs", "logits", "log-probabilities"]
    output: str
    over_outputs: Literal["mean", "sum"]
    formula: Callable[[Elementary], Pair]


def squared(f: Elementary) -> Pair:
    """(a - t)²."""
    two = f.real(2.0)

    def value(a: Any, t: Any) -> Any:
        return (a - t) * (a - t)

    def slope(a: Any, t: Any) -> Any:
        return two * (a - t)

    return value, slope


def binary_crossentropy(f: Elementary) -> Pair:
    """-t log s(z) - (1 - t) log(1 - s(z)) = max(z, 0) - z t + log(1 + e^-|z|)."""
    zero, maximum, log1p, exp, size, logistic = f.real(0.0), f.maximum, f.log1p, f.exp, f.abs, f.sigmoid

    def value(z: Any, t: Any) -> Any:
        return maximum(z, zero) - z * t + log1p(exp(-size(z)))

    def slope(z: Any, t: Any) -> Any:
        return logistic(z) - t

    return value, slope


def categorical_crossentropy(f: Elementary) -> Pair:
    """-t log p, with dL/dz = p - t for targets that sum to one (Bridle 1990)."""

    def value(log_p: Any, t: Any) -> Any:
        return -t * log_p

    def slope(p: Any, t: Any) -> Any:
        return p - t

    return value, slope


LOSSES: Table[Loss] = Table(
    "loss",
    Loss(
        "mse",
        "Mean squared error",
        "MSE",
        "The square of what is missing, so that large errors count most.",
        "",
        ("classification", "regression"),
        "outputs",
        "",
        "mean",
        squared,
    ),
    Loss(
        "bce",
        "Binary cross-entropy",
        "cross-entropy",
        "How surprised the prediction is by each yes or no; needs a sigmoid output.",
        "nats",
        ("classification",),
        "logits",
        "sigmoid",
        "mean",
        binary_crossentropy,
    ),
    Loss(
        "cce",
        "Categorical cross-entropy",
        "cross-entropy",
        "How surprised the prediction is by the right class; needs a softmax output.",
        "nats",
        ("classification",),
        "log-probabilities",
        "softmax",
        "sum",
        categorical_crossentropy,
    ),
)
