"""Elementary functions for compiled code, of numbers and of vectors: float32 by polynomials, float64 by the C library.

Not-a-number and the infinities come through all of them, as they must for a divergence to be seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from core.elementary import Elementary
from core.engine import lanes
from core.engine.lanes import exponent, floor, library, mantissa, narrow, power_of_two, size, sqrt, where, wide

FAST = {"contract", "reassoc", "arcp", "nsz"}
"""What the compiler may do to sums and products. Not: assume that there is no NaN and no infinity."""

jit = numba.njit(nogil=True, error_model="numpy", fastmath=FAST)
Decorator = Callable[[Callable[..., Any]], Any]
INLINE: Any = {"fastmath": FAST, "error_model": "numpy", "nogil": True, "forceinline": True}
"""For what stands inside a loop: a call left there would cost more than what it does."""
inline: Decorator = numba.njit(**INLINE)
exact: Decorator = numba.njit(**{**INLINE, "fastmath": {"contract"}})
"""For what only works if sums are done in the order written."""
f32 = np.float32


def _float32() -> Elementary:
    log2e, ln2_high, ln2_low = f32(1.44269504088896341), f32(0.693359375), f32(-2.12194440e-4)
    high, low, half, one, two, zero = f32(88.72), f32(-86.6), f32(0.5), f32(1.0), f32(2.0), f32(0.0)
    infinity, undefined = f32(np.inf), f32(np.nan)
    e0, e1, e2 = f32(1.9875691500e-4), f32(1.3981999507e-3), f32(8.3334519073e-3)
    e3, e4, e5 = f32(4.1665795894e-2), f32(1.6666665459e-1), f32(5.0000001201e-1)

    @exact
    def exp(x: Any) -> Any:
        # Cephes expf (Moshier): x = n ln 2 + r, e^r by a polynomial; 2^n is put together from bits, halved so that
        # n = 128 still fits. A NaN is taken for the lowest number first: it has no n.
        inside = where(x > low, x, low)
        inside = where(inside < high, inside, high)
        n = floor(inside * log2e + half)
        r = inside - n * ln2_high - n * ln2_low
        p = ((((e0 * r + e1) * r + e2) * r + e3) * r + e4) * r + e5
        y = p * r * r + r + one
        y = y * power_of_two(n) * two
        y = where(x < low, zero, y)
        y = where(x > high, infinity, y)
        return where(x == x, y, x)

    t0, t1, t2, t3 = f32(0.9999999), f32(0.1293442), f32(0.002960475), f32(1.1531854e-05)
    u0, u1, u2, u3, u4 = f32(1.0), f32(0.46267647), f32(0.02385409), f32(0.00024001226), f32(2.4925527e-07)
    edge = f32(7.9)

    @inline
    def tanh(x: Any) -> Any:
        # z P(z²) / Q(z²) of degrees 3 and 4, with the smallest largest relative error (1.3e-7, by linear programming)
        # up to where tanh is 1 to rounding. The usual one, of degrees 6 and 3, takes three operations more.
        z = where(x < -edge, -edge, x)
        z = where(z > edge, edge, z)
        s = z * z
        p = z * (((t3 * s + t2) * s + t1) * s + t0)
        q = (((u4 * s + u3) * s + u2) * s + u1) * s + u0
        return p / q

    @inline
    def sigmoid(x: Any) -> Any:
        return half * tanh(half * x) + half

    root_half = f32(0.70710678118654752)
    l0, l1, l2 = f32(7.0376836292e-2), f32(-1.1514610310e-1), f32(1.1676998740e-1)
    l3, l4, l5 = f32(-1.2420140846e-1), f32(1.4249322787e-1), f32(-1.6668057665e-1)
    l6, l7, l8 = f32(2.0000714765e-1), f32(-2.4999993993e-1), f32(3.3333331174e-1)

    @exact
    def log(x: Any) -> Any:
        # Cephes logf: the mantissa in [sqrt 1/2, sqrt 2) by a polynomial, the exponent times ln 2.
        n, m = exponent(x), mantissa(x)
        below = m < root_half
        n = where(below, n - one, n)
        m = where(below, m + m - one, m - one)
        s = m * m
        p = (((((((l0 * m + l1) * m + l2) * m + l3) * m + l4) * m + l5) * m + l6) * m + l7) * m + l8
        y = p * m * s + n * ln2_low - half * s + m + n * ln2_high
        y = where(x == infinity, x, y)
        y = where(x == zero, -infinity, y)
        y = where(x < zero, undefined, y)
        return where(x == x, y, x)

    @exact
    def log1p(x: Any) -> Any:
        # log(1 + x) with the rounding of 1 + x given back (Kahan); where 1 + x is 1, x itself.
        u = one + x
        gained = u - one
        none = gained == zero
        y = log(u) * (x / where(none, one, gained))
        return where(u == infinity, u, where(none, x, y))

    turns, quarter = 1.0 / math.pi, math.pi / 2.0
    c3, c5, c7 = f32(-1.6666667e-1), f32(8.333331e-3), f32(-1.9840868e-4)
    c9, c11 = f32(2.7525384e-6), f32(-2.3888905e-8)

    @inline
    def wave(x: Any) -> Any:
        # sin x of a float64: x = n pi + r, sin r by its Taylor series fitted to the last place, its sign by n's parity.
        # In double precision r is exact for any x that a network comes to; beyond, it is at least kept in range.
        n = floor(x * turns + 0.5)
        r = x - n * math.pi
        r = where(r < -quarter, -quarter, r)
        r = where(r > quarter, quarter, r)
        odd = n - 2.0 * floor(0.5 * n)
        r32 = narrow(r * (1.0 - 2.0 * odd))
        s = r32 * r32
        return r32 + r32 * s * ((((c11 * s + c9) * s + c7) * s + c5) * s + c3)

    @inline
    def sin(x: Any) -> Any:
        return wave(wide(x))

    @inline
    def cos(x: Any) -> Any:
        return wave(wide(x) + quarter)

    return _elementary(exp, log, log1p, tanh, sin, cos, sigmoid, f32)


def _float64() -> Elementary:
    half = 0.5
    exp, log, log1p, tanh, sin, cos = map(library, ("exp", "log", "log1p", "tanh", "sin", "cos"))

    @inline
    def sigmoid(x: Any) -> Any:
        return half * tanh(half * x) + half

    return _elementary(exp, log, log1p, tanh, sin, cos, sigmoid, np.float64)


def _elementary(exp: Any, log: Any, log1p: Any, tanh: Any, sin: Any, cos: Any, sigmoid: Any, real: Any) -> Elementary:
    """The rest, which is the same in both precisions."""
    zero, one, expm1 = real(0.0), real(1.0), library("expm1")

    @inline
    def sign(x: Any) -> Any:
        return where(x > zero, one, where(x < zero, -one, x))

    @inline
    def maximum(a: Any, b: Any) -> Any:
        return where(a != a, a, where(a > b, a, b))

    @inline
    def minimum(a: Any, b: Any) -> Any:
        return where(a != a, a, where(a < b, a, b))

    return Elementary(
        exp, log, log1p, expm1, tanh, sin, cos, sqrt, size, sign, maximum, minimum, lanes.where, real, sigmoid
    )


FLOAT32 = _float32()
FLOAT64 = _float64()
