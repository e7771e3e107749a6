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
    source: str = ""


def linear(f: Elementary) -> Pair:
    """g(z) = z (Widrow & Hoff 1960)."""
    zero, one = f.real(0.0), f.real(1.0)

    def value(z: Any) -> Any:
        return z

    def slope(z: Any, a: Any) -> Any:
        return zero * a + one

    return value, slope


def sigmoid(f: Elementary) -> Pair:
    """g(z) = 1 / (1 + e^-z) (Rumelhart, Hinton & Williams 1986)."""
    one, logistic = f.real(1.0), f.sigmoid

    def value(z: Any) -> Any:
        return logistic(z)

    def slope(z: Any, a: Any) -> Any:
        return a * (one - a)

    return value, slope


def hard_sigmoid(f: Elementary) -> Pair:
    """g(z) = z / 6 + 1/2 between -3 and 3, 0 below, 1 above (Courbariaux et al. 2015; this slope as in MobileNetV3)."""
    zero, half, one, sixth = f.real(0.0), f.real(0.5), f.real(1.0), f.real(1.0 / 6.0)
    maximum, minimum, sign = f.maximum, f.minimum, f.sign

    def value(z: Any) -> Any:
        return minimum(maximum(z * sixth + half, zero), one)

    def slope(z: Any, a: Any) -> Any:
        return sign(a * (one - a)) * sixth

    return value, slope


def tanh(f: Elementary) -> Pair:
    """g(z) = tanh z (LeCun et al. 1998, section 4.4)."""
    one, hyperbolic = f.real(1.0), f.tanh

    def value(z: Any) -> Any:
        return hyperbolic(z)

    def slope(z: Any, a: Any) -> Any:
        return one - a * a

    return value, slope


def relu(f: Elementary) -> Pair:
    """g(z) = max(0, z); the slope at 0 is taken as 0 (Nair & Hinton 2010)."""
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


def selu(f: Elementary) -> Pair:
    """g(z) = s z above zero, s alpha (e^z - 1) below: mean 0, variance 1 stay so (Klambauer et al. 2017, eq. 2, 14)."""
    scale, low = f.real(1.0507009873554805), f.real(1.0507009873554805 * 1.6732632423543772)
    zero, one, where, exp, minimum = f.real(0.0), f.real(1.0), f.where, f.exp, f.minimum

    def value(z: Any) -> Any:
        return where(z > zero, scale * z, low * (exp(minimum(z, zero)) - one))

    def slope(z: Any, a: Any) -> Any:
        return where(z > zero, scale, a + low)

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


def softsign(f: Elementary) -> Pair:
    """g(z) = z / (1 + |z|) (Bergstra et al. 2009; Glorot & Bengio 2010, section 3)."""
    one, size = f.real(1.0), f.abs

    def value(z: Any) -> Any:
        return z / (one + size(z))

    def slope(z: Any, a: Any) -> Any:
        root = one / (one + size(z))
        return root * root

    return value, slope


def mish(f: Elementary) -> Pair:
    """g(z) = z tanh(log(1 + e^z)) (Misra 2019), where tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2)."""
    one, two, four, enough = f.real(1.0), f.real(2.0), f.real(4.0), f.real(20.0)
    exp, minimum = f.exp, f.minimum

    def value(z: Any) -> Any:
        # From 20 on the factor is 1 in either precision.
        e = exp(minimum(z, enough))
        n = e * (e + two)
        return z * (n / (n + two))

    def slope(z: Any, a: Any) -> Any:
        e = exp(minimum(z, enough))
        n = e * (e + two)
        share = one / (n + two)
        return n * share + four * z * e * (one + e) * share * share

    return value, slope


def sine(f: Elementary) -> Pair:
    """g(z) = sin z (Sitzmann et al. 2020, eq. 3, without its factor for the first layer)."""
    sin, cos = f.sin, f.cos

    def value(z: Any) -> Any:
        return sin(z)

    def slope(z: Any, a: Any) -> Any:
        return cos(z)

    return value, slope


def gaussian(f: Elementary) -> Pair:
    """g(z) = e^(-z²), the radial basis function of Broomhead & Lowe 1988."""
    exp, minus_two = f.exp, f.real(-2.0)

    def value(z: Any) -> Any:
        return exp(-z * z)

    def slope(z: Any, a: Any) -> Any:
        return minus_two * z * a

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
    Activation(
        "hard_sigmoid",
        "Hard sigmoid",
        "A sigmoid of three straight pieces: cheap, and no gradient at all beyond -3 and 3.",
        hard_sigmoid,
        0.0,
        1.0,
    ),
    Activation("tanh", "Tanh", "Squeezes any sum into -1 to 1, centred on zero.", tanh, -1.0, 1.0, targets=(-1.0, 1.0)),
    Activation(
        "softsign",
        "Softsign",
        "As tanh, but nears -1 and 1 far more slowly.",
        softsign,
        -1.0,
        1.0,
        targets=(-1.0, 1.0),
    ),
    Activation("relu", "ReLU", "Keeps what is above zero, drops the rest: cheap, and does not saturate.", relu, 0.0),
    Activation(
        "leaky_relu", "Leaky ReLU", "As ReLU, with a slope of 0.01 below zero, so that no unit dies.", leaky_relu
    ),
    Activation("elu", "ELU", "As ReLU, bending smoothly to -1 below zero.", elu, -1.0),
    Activation(
        "selu",
        "SELU",
        "An ELU so scaled that signals keep mean 0 and variance 1 from layer to layer; goes with LeCun normal weights.",
        selu,
        -1.7581,
    ),
    Activation("softplus", "Softplus", "A smooth ReLU: log(1 + e^z).", softplus, 0.0),
    Activation(
        "silu", "SiLU", "z times its sigmoid, also called swish: smooth, with a small dip below zero.", silu, -0.2785
    ),
    Activation(
        "gelu",
        "GELU",
        "z times the chance that a normal draw is below z; in the tanh form, within 0.0005 of the exact one.",
        gelu,
        -0.17,
    ),
    Activation("mish", "Mish", "z times the tanh of its softplus: as SiLU, dipping a little deeper.", mish, -0.3088),
    Activation(
        "sine",
        "Sine",
        "A wave: good at ripples and fine detail, with many local minima.",
        sine,
        -1.0,
        1.0,
        targets=(-1.0, 1.0),
    ),
    Activation(
        "gaussian",
        "Gaussian",
        "A bump, e^(-z²): answers to a narrow band of sums and forgets the rest.",
        gaussian,
        0.0,
        1.0,
    ),
    Activation(
        "softmax",
        "Softmax",
        "Turns the outputs into probabilities that sum to one.",
        None,
        0.0,
        1.0,
        hidden=False,
        source="g(z)_k = e^(z_k) / Σ_j e^(z_j) (Bridle 1990).",
    ),
)
