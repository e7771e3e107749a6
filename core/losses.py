"""Losses: one row each; elementwise formulas, averaged or summed over the outputs as the row says.

A formula is a function of the elementary functions and returns (value, slope) of what the row ``reads``:

- "outputs": value(a, t, c) and slope = dL/da.
- "logits":  value(z, t, c) and slope = dL/dz, stable where the activation saturates.
- "log-probabilities": value(log p, t, c), with slope(p, t, c) = dL/dz of the softmax's logits.

``c`` are the numbers that ``coefficients(settings, outputs)`` makes of the row's settings, given how many outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core.activations import Pair
from core.elementary import Elementary
from core.tables import Setting, Table

Coefficients = Callable[[dict[str, float], int], tuple[float, ...]]


def _none(settings: dict[str, float], outputs: int) -> tuple[float, ...]:
    return ()


@dataclass(frozen=True)
class Loss:
    """A row: ``outputs`` are the activations it is for (none: any), ``over_outputs`` how K outputs become one number.

    An automatic output becomes the first of them; a loss for one activation alone is that one's automatic loss.
    """

    name: str
    title: str
    short: str
    help: str
    unit: str
    tasks: tuple[str, ...]
    reads: Literal["outputs", "logits", "log-probabilities"]
    outputs: tuple[str, ...]
    over_outputs: Literal["mean", "sum"]
    formula: Callable[[Elementary], Pair]
    settings: tuple[Setting, ...] = ()
    coefficients: Coefficients = _none


def squared(f: Elementary) -> Pair:
    """(a - t)² (least squares; Bishop 2006, section 1.5.5)."""
    two = f.real(2.0)

    def value(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return (a - t) * (a - t)

    def slope(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return two * (a - t)

    return value, slope


def absolute(f: Elementary) -> Pair:
    """|a - t|; the slope where they are equal is taken as 0 (Bishop 2006, section 1.5.5)."""
    size, sign = f.abs, f.sign

    def value(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return size(a - t)

    def slope(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return sign(a - t)

    return value, slope


def huber(f: Elementary) -> Pair:
    """½ (a - t)² up to a distance of delta, delta (|a - t| - ½ delta) beyond (Huber 1964)."""
    half, size, maximum, minimum = f.real(0.5), f.abs, f.maximum, f.minimum

    def value(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        (delta,) = c
        distance = size(a - t)
        near = minimum(distance, delta)
        return near * (distance - half * near)

    def slope(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        (delta,) = c
        return maximum(minimum(a - t, delta), -delta)

    return value, slope


def hinge(f: Elementary) -> Pair:
    """max(0, 1 - t a) for targets -1 and 1 (Cortes & Vapnik 1995); the slope at the kink is taken as 0."""
    zero, one, maximum, sign = f.real(0.0), f.real(1.0), f.maximum, f.sign

    def value(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return maximum(one - t * a, zero)

    def slope(a: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return -t * maximum(sign(one - t * a), zero)

    return value, slope


def binary_crossentropy(f: Elementary) -> Pair:
    """-t log s(z) - (1 - t) log(1 - s(z)) = max(z, 0) - z t + log(1 + e^-|z|) (Bishop 2006, eq. 4.90)."""
    zero, maximum, log1p, exp, size, logistic = f.real(0.0), f.maximum, f.log1p, f.exp, f.abs, f.sigmoid

    def value(z: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return maximum(z, zero) - z * t + log1p(exp(-size(z)))

    def slope(z: Any, t: Any, c: tuple[Any, ...]) -> Any:
        return logistic(z) - t

    return value, slope


def categorical_crossentropy(f: Elementary) -> Pair:
    """-t log p, with dL/dz = p - t for targets that sum to one (Bridle 1990).

    With label smoothing s, the K targets become (1 - s) t + s / K (Szegedy et al. 2016, section 7).
    """

    def value(log_p: Any, t: Any, c: tuple[Any, ...]) -> Any:
        kept, spread = c
        return -(kept * t + spread) * log_p

    def slope(p: Any, t: Any, c: tuple[Any, ...]) -> Any:
        kept, spread = c
        return p - (kept * t + spread)

    return value, slope


_BOTH, _CLASSES = ("classification", "regression"), ("classification",)

LOSSES: Table[Loss] = Table(
    "loss",
    Loss(
        "mse",
        "Mean squared error",
        "MSE",
        "The square of what is missing, so that large errors count most.",
        "",
        _BOTH,
        "outputs",
        (),
        "mean",
        squared,
    ),
    Loss(
        "mae",
        "Mean absolute error",
        "MAE",
        "What is missing as it is, so that a few points far out do not decide; its minimum is the median.",
        "",
        _BOTH,
        "outputs",
        (),
        "mean",
        absolute,
    ),
    Loss(
        "huber",
        "Mean Huber loss",
        "Huber",
        "Half the square of small errors and, beyond delta, as steep as the absolute error: smooth, and robust.",
        "",
        _BOTH,
        "outputs",
        (),
        "mean",
        huber,
        (
            Setting(
                "delta", "Huber delta", 1.0, 0.001, 100.0, "log", help="Error from which on it grows no longer squared."
            ),
        ),
        lambda s, outputs: (s["delta"],),
    ),
    Loss(
        "hinge",
        "Mean hinge loss",
        "hinge",
        "Nothing once an answer is right by a margin of 1; each output is a yes, 1, or a no, -1. For linear and tanh.",
        "",
        _CLASSES,
        "outputs",
        ("linear", "tanh"),
        "mean",
        hinge,
    ),
    Loss(
        "bce",
        "Binary cross-entropy",
        "cross-entropy",
        "How surprised the prediction is by each yes or no; needs a sigmoid output.",
        "nats",
        _CLASSES,
        "logits",
        ("sigmoid",),
        "mean",
        binary_crossentropy,
    ),
    Loss(
        "cce",
        "Categorical cross-entropy",
        "cross-entropy",
        "How surprised the prediction is by the right class; needs a softmax output.",
        "nats",
        _CLASSES,
        "log-probabilities",
        ("softmax",),
        "sum",
        categorical_crossentropy,
        (
            Setting(
                "smoothing",
                "Label smoothing",
                0.0,
                0.0,
                1.0,
                help="Share of each target spread evenly over all classes, against answers that are too sure.",
            ),
        ),
        lambda s, outputs: (1.0 - s["smoothing"], s["smoothing"] / outputs),
    ),
)
