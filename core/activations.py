"""Activation functions: one row each, with the maths, the derivative and a sentence for the learner.

A formula is a function of the elementary functions it may use and returns the pair (value, slope):
``value(z)`` gives a = g(z) and ``slope(z, a)`` gives g'(z), where ``a`` is at hand if that is cheaper.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.elementary import Elementary, Function
from core.tables import Table

Pair = tuple[Function, Function]


@dataclass(frozen=True)
class Activation:
    """A row: ``formula`` for an elementwise one, None for softmax, which needs all of a layer's units at once.

    ``low`` and ``high`` bound its values (for drawing); ``gain`` is what initialisers multiply by
    (He et al. 2015 for the rectifiers).
    """

    name: str
    title: str
    help: str
    formula: Callable[[Elementary], Pair] | None
    low: float = -math.inf
    high: float = math.inf
    hidden: bool = True
    targets: tuple[float, float] = (0.0, 1.0)


def linear(f: Elementary) -> Pair:
    """g(z) = z."""
    zero, one = f.real(0.0), f.real(1.0)

    def value(z: Any) -> Any:
        return z

    def slope(z: Any, a: Any) -> Any:
        return zero * a + one

    return value, slope


def sigmoid(f: Elementary) -> Pair:
    """g(z) = 1 / (1 + e^-z)."""
    one, logistic = f.real(1.0), f.sigmoid

    def value(z: Any) -> Any:
        return logistic(z)

    def slope(z: Any, a: Any) -> Any:
        return a * (one - a)

    return value, slope


def tanh(f: Elementary) -> Pair:
    """g(z) = tanh z."""
    one, hyperbolic = f.real(1.0), f.tanh

    def value(z: Any) -> Any:
        return hyperbolic(z)

    def slope(z: Any, a: Any) -> Any:
        return one - a * a

    return value, slope


def relu(f: Elementary) -> Pair:
    """g(z) = max(0, z); the slope at 0 is taken as 0."""
    zero, maximum, sign = f.real(0.0), f.maximum, f.sign

    def value(z: Any) -> Any:
        return maximum(z, zero)

    def slope(z: Any, a: Any) -> Any:
        # Not a choice between two constants: that would be of double precision, and NaN would not come through.
        return maximum(sign(z), zero)

    return value, slope


def leaky_relu(f: Elementary) -> Pair:
    """g(z) = z above zero, 0.01 z below (Maas et al. 2013)."""
    zero, leak, where, maximum, sign = f.real(0.0), f.real(0.01), f.where, f.maximum, f.sign

    def value(z: Any) -> Any:
        return where(z > zero, z, leak * z)

    def slope(z: Any, a: Any) -> Any:
        return maximum(sign(z), leak)

    return value, slope


def elu(f: Elementary) -> Pair:
    """g(z) = z above zero, e^z - 1 below (Clevert et al. 2016, with alpha = 1)."""
    zero, one, where, exp, minimum = f.real(0.0), f.real(1.0), f.where, f.exp, f.minimum

    def value(z: Any) -> Any:
        return where(z > zero, z, exp(minimum(z, zero)) - one)

    def slope(z: Any, a: Any) -> Any:
        return where(z > zero, one, a + one)

    return value, slope


def softplus(f: Elementary) -> Pair:
    """g(z) = log(1 + e^z), in the form that does not overflow (Dugas et al. 2001)."""
    zero, maximum, log1p, exp, size, logistic = f.real(0.0), f.maximum, f.log1p, f.exp, f.abs, f.sigmoid

    def value(z: Any) -> Any:
        return maximum(z, zero) + log1p(exp(-size(z)))

    def slope(z: Any, a: Any) -> Any:
        return logistic(z)

    return value, slope


def silu(f: Elementary) -> Pair:
    """g(z) = z sigmoid(z) (Elfwing et al. 2018; "swish" in Ramachandran et al. 2017)."""
    one, logistic = f.real(1.0), f.sigmoid

    def value(z: Any) -> Any:
        return z * logistic(z)

    def slope(z: Any, a: Any) -> Any:
        s = logistic(z)
        return s * (one + z * (one - s))

    return value, slope


def gelu(f: Elementary) -> Pair:
    """g(z) = z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z³))), the tanh form of Hendrycks & Gimpel 2016, section 2."""
    half, one, three = f.real(0.5), f.real(1.0), f.real(3.0)
    root, cubic, hyperbolic = f.real(math.sqrt(2.0 / math.pi)), f.real(0.044715), f.tanh

    def value(z: Any) -> Any:
        return half * z * (one + hyperbolic(root * (z + cubic * z * z * z)))

    def slope(z: Any, a: Any) -> Any:
        t = hyperbolic(root * (z + cubic * z * z * z))
        return half * (one + t) + half * z * (one - t * t) * root * (one + three * cubic * z * z)

    return value, slope


ACTIVATIONS: Table[Activation] = Table(
    "activation",
    Activation(
        "linear",
        "Linear",
        "Passes the sum on unchanged; deep stacks of it are still one line.",
        linear,
        targets=(-1.0, 1.0),
    ),
    Activation(
        "sigmoid", "Sigmoid", "Squeezes any sum into 0 to 1; flat, and slow to learn, far from zero.", sigmoid, 0.0, 1.0
    ),
    Activation("tanh", "Tanh", "Squeezes any sum into -1 to 1, centred on zero.", tanh, -1.0, 1.0, targets=(-1.0, 1.0)),
    Activation("relu", "ReLU", "Keeps what is above zero, drops the rest: cheap, and does not saturate.", relu, 0.0),
    Activation(
        "leaky_relu", "Leaky ReLU", "As ReLU, with a slope of 0.01 below zero, so that no unit dies.", leaky_relu
    ),
    Activation("elu", "ELU", "As ReLU, bending smoothly to -1 below zero.", elu, -1.0),
    Activation("softplus", "Softplus", "A smooth ReLU: log(1 + e^z).", softplus, 0.0),
    Activation(
        "silu", "SiLU", "z times its sigmoid, also called swish: smooth, with a small dip below zero.", silu, -0.2785
    ),
    Activation("gelu", "GELU", "z times the chance that a normal draw is below z (tanh form).", gelu, -0.17),
    Activation(
        "softmax", "Softmax", "Turns the outputs into probabilities that sum to one.", None, 0.0, 1.0, hidden=False
    ),
)
