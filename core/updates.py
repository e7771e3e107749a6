"""Optimizers' mathematics: elementwise updates, and the numbers of a step that they are given.

An update is ``update(theta, g, slots, c) -> (step, slots)`` of the elementary functions; ``c`` are the numbers of step
``t`` = 1, 2, … (or of many steps, for an array of them). Where a paper leaves a choice, it is the one of PyTorch.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.elementary import Elementary, Function

Slots = tuple[Any, ...]
Numbers = tuple[Any, ...]
Settings = dict[str, float]


# ---- momentum --------------------------------------------------------------------------------------------------------


def sgd(f: Elementary) -> Function:
    """Step = rate · g (Robbins & Monro 1951)."""

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        (rate,) = c
        return rate * g, slots

    return update


def momentum(f: Elementary) -> Function:
    """V ← mu v + g, step = rate · v (Polyak 1964; as in Sutskever et al. 2013 with the rate outside)."""

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, mu = c
        (v,) = slots
        v = mu * v + g
        return rate * v, (v,)

    return update


def nesterov(f: Elementary) -> Function:
    """V ← mu v + g, step = rate · (g + mu v) (Nesterov 1983; Sutskever et al. 2013, eq. 3 and 4)."""

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, mu = c
        (v,) = slots
        v = mu * v + g
        return rate * (g + mu * v), (v,)

    return update


# ---- a rate for each weight ------------------------------------------------------------------------------------------


def adagrad(f: Elementary) -> Function:
    """S ← s + g², step = rate · g / (sqrt(s) + eps) (Duchi et al. 2011, section 1.1)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, epsilon = c
        (s,) = slots
        s = s + g * g
        return rate * g / (sqrt(s) + epsilon), (s,)

    return update


def adadelta(f: Elementary) -> Function:
    """Step = rate · d of d = g sqrt(u + eps) / sqrt(s + eps), s and u the means of g² and d² (Zeiler 2012, alg. 1)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, rho, rest, epsilon = c
        s, u = slots
        s = rho * s + rest * g * g
        d = sqrt(u + epsilon) / sqrt(s + epsilon) * g
        return rate * d, (s, rho * u + rest * d * d)

    return update


def rmsprop(f: Elementary) -> Function:
    """S ← rho s + (1-rho) g², v ← mu v + g / (sqrt(s) + eps), step = rate · v (Hinton 2012, lecture 6e, slide 29)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, rho, rest, epsilon, mu = c
        s, v = slots
        s = rho * s + rest * g * g
        v = mu * v + g / (sqrt(s) + epsilon)
        return rate * v, (s, v)

    return update


# ---- both: Adam and kin ----------------------------------------------------------------------------------------------


def adam(f: Elementary) -> Function:
    """M ← b1 m + (1-b1) g, v ← b2 v + (1-b2) g², step = rate m̂ / (sqrt(v̂) + eps) (Kingma & Ba 2015, algorithm 1)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, beta1, rest1, beta2, rest2, root2, epsilon = c
        m, v = slots
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        return rate * m / (sqrt(v) * root2 + epsilon), (m, v)

    return update


def adamw(f: Elementary) -> Function:
    """Adam's step + rate · decay · θ (Loshchilov & Hutter 2019, algorithm 2, line 12; the decay times the rate)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, beta1, rest1, beta2, rest2, root2, epsilon, shrink = c
        m, v = slots
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        return shrink * theta + rate * m / (sqrt(v) * root2 + epsilon), (m, v)

    return update


def amsgrad(f: Elementary) -> Function:
    """Adam's step with the largest v so far (Reddi et al. 2018, algorithm 2; with Adam's corrections, as PyTorch's)."""
    sqrt, maximum = f.sqrt, f.maximum

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, beta1, rest1, beta2, rest2, root2, epsilon = c
        m, v, most = slots
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        most = maximum(most, v)
        return rate * m / (sqrt(most) * root2 + epsilon), (m, v, most)

    return update


def adamax(f: Elementary) -> Function:
    """U ← max(b2 u, |g| + eps), step = rate m̂ / u (Kingma & Ba 2015, algorithm 2)."""
    maximum, size = f.maximum, f.abs

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, beta1, rest1, beta2, epsilon = c
        m, u = slots
        m = beta1 * m + rest1 * g
        u = maximum(beta2 * u, size(g) + epsilon)
        return rate * m / u, (m, u)

    return update


def nadam(f: Elementary) -> Function:
    """Adam's step with its mean looking one step ahead (Dozat 2016, algorithm 2, with its momentum schedule)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        now, ahead, beta1, rest1, beta2, rest2, root2, epsilon = c
        m, v = slots
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        return (now * g + ahead * m) / (sqrt(v) * root2 + epsilon), (m, v)

    return update


def radam(f: Elementary) -> Function:
    """Adam's step times r_t, and momentum alone while the variance is not yet known (Liu et al. 2020, algorithm 2)."""
    sqrt = f.sqrt

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        plain, adaptive, beta1, rest1, beta2, rest2, epsilon = c
        m, v = slots
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        return plain * m + adaptive * m / (sqrt(v) + epsilon), (m, v)

    return update


def lion(f: Elementary) -> Function:
    """Step = rate (sign(b1 m + (1-b1) g) + decay θ), m ← b2 m + (1-b2) g (Chen et al. 2023, algorithm 2)."""
    sign = f.sign

    def update(theta: Any, g: Any, slots: Slots, c: Numbers) -> tuple[Any, Slots]:
        rate, beta1, rest1, beta2, rest2, shrink = c
        (m,) = slots
        direction = sign(beta1 * m + rest1 * g)
        return rate * direction + shrink * theta, (beta2 * m + rest2 * g,)

    return update


# ---- the numbers of a step -------------------------------------------------------------------------------------------


def _means(s: Settings) -> Numbers:
    return s["beta1"], 1.0 - s["beta1"], s["beta2"], 1.0 - s["beta2"]


def adam_numbers(rate: Any, t: Any, s: Settings) -> Numbers:
    """The step's size with the mean's correction in it, the shares, the root of the other correction, epsilon."""
    return rate / _begun(s["beta1"], t), *_means(s), _begun(s["beta2"], t) ** -0.5, s["epsilon"]


def _begun(beta: float, t: Any) -> Any:
    """1 - beta^t, the share of a mean that is not its zero start; past the first steps, 1 without computing powers."""
    return 1.0 if beta ** float(np.min(t)) < 2.0**-54 else 1.0 - beta**t


def adamw_numbers(rate: Any, t: Any, s: Settings) -> Numbers:
    """Adam's, and the rate times the decay."""
    return *adam_numbers(rate, t, s), rate * s["weight_decay"]


def adamax_numbers(rate: Any, t: Any, s: Settings) -> Numbers:
    """The step's size with the mean's correction in it, and the shares."""
    return rate / _begun(s["beta1"], t), s["beta1"], 1.0 - s["beta1"], s["beta2"], s["epsilon"]


def nadam_numbers(rate: Any, t: Any, s: Settings) -> Numbers:
    """What the gradient and the mean count for: mu_t = b1 (1 - ½ · 0.96^(t · growth)) instead of b1."""
    products, last = _nadam_products(s["beta1"], s["momentum_decay"])
    past = _number(products[np.minimum(np.asarray(t, np.int64) - 1, last)])
    mu, ahead = _nadam_mu(t, s["beta1"], s["momentum_decay"]), _nadam_mu(t + 1, s["beta1"], s["momentum_decay"])
    now = rate * ((1.0 - mu) / (1.0 - past))
    return now, rate * (ahead / (1.0 - past * ahead)), *_means(s), _begun(s["beta2"], t) ** -0.5, s["epsilon"]


def _nadam_mu(t: Any, beta1: float, decay: float) -> Any:
    return beta1 * (1.0 - 0.5 * 0.96 ** (t * decay))


@lru_cache(maxsize=64)
def _nadam_products(beta1: float, decay: float) -> tuple[npt.NDArray[np.float64], int]:
    """mu_1 · … · mu_t for t = 1, 2, … until it makes no difference to 1, and the last index."""
    steps = int(40.0 / -math.log(beta1)) + 1 if beta1 > 0.0 else 1
    return np.cumprod(_nadam_mu(np.arange(1.0, steps + 1), beta1, decay)), steps - 1


def radam_numbers(rate: Any, t: Any, s: Settings) -> Numbers:
    """What momentum and Adam's step count for: one of them nothing, by the length of the average rho_t (eq. 5 on)."""
    beta2 = s["beta2"]
    correction = 1.0 - beta2**t
    most = 2.0 / (1.0 - beta2) - 1.0
    length = most - 2.0 * t * beta2**t / correction
    known = _number(np.asarray(length > 5.0, np.float64))
    # Where it is not known, any length above 4 gives a number that counts for nothing.
    safe, top = _number(np.maximum(length, 5.0)), max(most, 5.0)
    rectified = ((safe - 4.0) * (safe - 2.0) * top / ((top - 4.0) * (top - 2.0) * safe)) ** 0.5
    corrected = rate / (1.0 - s["beta1"] ** t)
    return corrected * (1.0 - known), corrected * (known * rectified * correction**0.5), *_means(s), s["epsilon"]


def _number(values: Any) -> Any:
    """A plain number of an array without axes (any other kind would turn float32 into float64), else the array."""
    return values if np.ndim(values) else float(values)


def lion_numbers(rate: Any, t: Any, s: Settings) -> Numbers:
    """The rate, the shares, and the rate times the decay."""
    return rate, *_means(s), rate * s["weight_decay"]
