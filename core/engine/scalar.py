"""Elementary functions for compiled code: float32 by polynomials that vectorise, float64 by the C library.

Not-a-number and the infinities come through all of them, as they must for a divergence to be seen.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from core.elementary import Elementary

FAST = {"contract", "reassoc", "arcp", "nsz"}
"""What the compiler may do to sums and products. Not: assume that there is no NaN and no infinity."""

jit = numba.njit(nogil=True, error_model="numpy", fastmath=FAST)
exact = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})
"""For what only works if sums are done in the order written."""
f32 = np.float32


@intrinsic
def _as_float(typingctx: Any, bits: Any) -> Any:
    """The float32 whose bits an int32 holds."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


@intrinsic
def _as_bits(typingctx: Any, value: Any) -> Any:
    """The int32 that holds the bits of a float32."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), codegen


# The compiler passes the typing context; a caller gives the number alone.
as_float: Any = _as_float
as_bits: Any = _as_bits


def _float32() -> Elementary:
    log2e, ln2_high, ln2_low = f32(1.44269504088896341), f32(0.693359375), f32(-2.12194440e-4)
    high, low, half, one, two, zero = f32(88.72), f32(-86.6), f32(0.5), f32(1.0), f32(2.0), f32(0.0)
    infinity, undefined = f32(np.inf), f32(np.nan)
    e0, e1, e2 = f32(1.9875691500e-4), f32(1.3981999507e-3), f32(8.3334519073e-3)
    e3, e4, e5 = f32(4.1665795894e-2), f32(1.6666665459e-1), f32(5.0000001201e-1)
    exponent, bias = np.int32(23), np.int32(126)

    @exact
    def exp(x: Any) -> Any:
        # Cephes expf (Moshier): x = n ln 2 + r, e^r by a polynomial; 2^n is put together from bits, halved so that
        # n = 128 still fits.
        inside = x
        inside = low if inside < low else inside
        inside = high if inside > high else inside
        n = np.floor(inside * log2e + half)
        r = inside - n * ln2_high - n * ln2_low
        p = ((((e0 * r + e1) * r + e2) * r + e3) * r + e4) * r + e5
        y = p * r * r + r + one
        y = y * as_float((np.int32(n) + bias) << exponent) * two
        y = zero if x < low else y
        return infinity if x > high else y

    t1, t3, t5, t7 = (
        f32(4.89352455891786e-3),
        f32(6.37261928875436e-4),
        f32(1.48572235717979e-5),
        f32(5.12229709037114e-8),
    )
    t9, t11, t13 = f32(-8.60467152213735e-11), f32(2.00018790482477e-13), f32(-2.76076847742355e-16)
    u0, u2, u4, u6 = (
        f32(4.89352518554385e-3),
        f32(2.26843463243900e-3),
        f32(1.18534705686654e-4),
        f32(1.19825839466702e-6),
    )
    edge, small = f32(7.90531110763549805), f32(0.0004)

    @jit
    def tanh(x: Any) -> Any:
        # The rational minimax approximation that Eigen uses: degree 13 over degree 6, odd over even.
        z = x
        z = -edge if z < -edge else z
        z = edge if z > edge else z
        s = z * z
        p = z * (((((((t13 * s + t11) * s + t9) * s + t7) * s + t5) * s + t3) * s) + t1)
        q = ((u6 * s + u4) * s + u2) * s + u0
        y = p / q
        return x if abs(x) < small else y

    @jit
    def sigmoid(x: Any) -> Any:
        return half * tanh(half * x) + half

    root_half = f32(0.70710678118654752)
    mantissa, one_bits, eight = np.int32(0x007FFFFF), np.int32(0x3F000000), np.int32(126)
    l0, l1, l2 = f32(7.0376836292e-2), f32(-1.1514610310e-1), f32(1.1676998740e-1)
    l3, l4, l5 = f32(-1.2420140846e-1), f32(1.4249322787e-1), f32(-1.6668057665e-1)
    l6, l7, l8 = f32(2.0000714765e-1), f32(-2.4999993993e-1), f32(3.3333331174e-1)

    @exact
    def log(x: Any) -> Any:
        # Cephes logf: the mantissa in [sqrt 1/2, sqrt 2) by a polynomial, the exponent times ln 2.
        bits = as_bits(x)
        n = np.float32((bits >> exponent) - eight)
        m = as_float((bits & mantissa) | one_bits)
        below = m < root_half
        n = n - one if below else n
        m = m + m - one if below else m - one
        s = m * m
        p = (((((((l0 * m + l1) * m + l2) * m + l3) * m + l4) * m + l5) * m + l6) * m + l7) * m + l8
        y = p * m * s + n * ln2_low - half * s + m + n * ln2_high
        y = x if x == infinity else y
        y = -infinity if x == zero else y
        y = undefined if x < zero else y
        return y if x == x else x

    @exact
    def log1p(x: Any) -> Any:
        # log(1 + x) with the rounding of 1 + x given back (Kahan); where 1 + x is 1, x itself.
        u = one + x
        gained = u - one
        none = gained == zero
        divisor = one if none else gained
        y = log(u) * (x / divisor)
        y = x if none else y
        return u if u == infinity else y

    return _elementary(exp, log, log1p, tanh, sigmoid, f32)


def _float64() -> Elementary:
    half = 0.5

    @jit
    def exp(x: Any) -> Any:
        return math.exp(x)

    @jit
    def log(x: Any) -> Any:
        return math.log(x)

    @jit
    def log1p(x: Any) -> Any:
        return math.log1p(x)

    @jit
    def tanh(x: Any) -> Any:
        return math.tanh(x)

    @jit
    def sigmoid(x: Any) -> Any:
        return half * math.tanh(half * x) + half

    return _elementary(exp, log, log1p, tanh, sigmoid, np.float64)


def _elementary(exp: Any, log: Any, log1p: Any, tanh: Any, sigmoid: Any, real: Any) -> Elementary:
    """The rest, which is the same in both precisions."""
    zero, one = real(0.0), real(1.0)

    @jit
    def expm1(x: Any) -> Any:
        return math.expm1(x)

    @jit
    def sin(x: Any) -> Any:
        return math.sin(x)

    @jit
    def cos(x: Any) -> Any:
        return math.cos(x)

    @jit
    def sqrt(x: Any) -> Any:
        return math.sqrt(x)

    @jit
    def size(x: Any) -> Any:
        return abs(x)

    @jit
    def sign(x: Any) -> Any:
        return one if x > zero else (-one if x < zero else x)

    @jit
    def maximum(a: Any, b: Any) -> Any:
        larger = a if a > b else b
        return a if a != a else larger

    @jit
    def minimum(a: Any, b: Any) -> Any:
        smaller = a if a < b else b
        return a if a != a else smaller

    @jit
    def where(condition: Any, a: Any, b: Any) -> Any:
        return a if condition else b

    return Elementary(exp, log, log1p, expm1, tanh, sin, cos, sqrt, size, sign, maximum, minimum, where, real, sigmoid)


FLOAT32 = _float32()
FLOAT64 = _float64()
