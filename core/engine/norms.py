"""Compiled normalisation of a layer's sums, forwards and back; batches lie as in ``loops``, the lanes innermost.

``stats`` is a layer's own space: for batch norm 1 / deviation, the mean and the unbiased variance of each unit, one
after another; for layer norm 1 / deviation of each lane.
"""

from __future__ import annotations

from typing import Any

from core.engine.chains import inverse_of, slope_of, standard_of, zero_like
from core.engine.lanes import WIDTH, first, spread, total, where
from core.engine.memory import get, load, put, shift, store
from core.engine.scalar import jit
from core.layers import MOMENTUM


@jit
def batch_moments(z: Any, stats: Any, units: int, lanes: int, count: int) -> None:
    """Each unit's mean and variance over the first ``count`` lanes of ``z`` (units, lanes)."""
    for o in range(units):
        row = shift(z, o * lanes)
        whole = spread(zero_like(z))
        for k in range(0, lanes, WIDTH):
            whole = whole + where(first(count - k), load(row, k), zero_like(z))
        mean = total(whole) / count
        squares = spread(zero_like(z))
        for k in range(0, lanes, WIDTH):
            gap = where(first(count - k), load(row, k) - mean, zero_like(z))
            squares = squares + gap * gap
        summed = total(squares)
        put(stats, units + o, mean)
        put(stats, 2 * units + o, summed / max(1, count - 1))
        put(stats, o, summed / count)
    invert(stats, stats, units)


@jit
def running_moments(mean: Any, variance: Any, stats: Any, units: int) -> None:
    """The running statistics in place of a batch's own."""
    for o in range(units):
        put(stats, units + o, get(mean, o))
    invert(variance, stats, units)


@jit
def invert(variance: Any, out: Any, n: int) -> None:
    """1 / deviation of ``n`` variances."""
    for o in range(n):
        put(out, o, inverse_of(get(variance, o)))


@jit
def normalise_units(z: Any, normal: Any, gain: Any, bias: Any, stats: Any, units: int, lanes: int, count: int) -> None:
    """γ ẑ + β in place of the sums in ``z`` (units, lanes), and ẑ in ``normal``, by each unit's moments.

    ẑ is zero beyond ``count``, so that nothing that came of other statistics gets any further.
    """
    for o in range(units):
        inverse, mean, g, b = get(stats, o), get(stats, units + o), get(gain, o), get(bias, o)
        for k in range(o * lanes, (o + 1) * lanes, WIDTH):
            value = standard_of(load(z, k), mean, inverse)
            value = where(first(count - (k - o * lanes)), value, zero_like(z))
            store(normal, k, value)
            store(z, k, g * value + b)


@jit
def normalise_lanes(z: Any, normal: Any, gain: Any, bias: Any, stats: Any, units: int, lanes: int) -> None:
    """γ ẑ + β in place of the sums in ``z`` (units, lanes), and ẑ in ``normal``, by each lane's mean and variance."""
    for k in range(0, lanes, WIDTH):
        whole = spread(zero_like(z))
        for o in range(units):
            whole = whole + load(z, o * lanes + k)
        mean = whole / units
        squares = spread(zero_like(z))
        for o in range(units):
            gap = load(z, o * lanes + k) - mean
            squares = squares + gap * gap
        inverse = inverse_of(squares / units)
        store(stats, k, inverse)
        for o in range(units):
            value = standard_of(load(z, o * lanes + k), mean, inverse)
            store(normal, o * lanes + k, value)
            store(z, o * lanes + k, get(gain, o) * value + get(bias, o))


@jit
def scale_gradient(d: Any, normal: Any, g_gain: Any, g_bias: Any, units: int, lanes: int) -> None:
    """The gradients of γ and β from dL/d(γ ẑ + β), which is zero in the lanes beyond the batch."""
    for o in range(units):
        products, whole = spread(zero_like(d)), spread(zero_like(d))
        for k in range(o * lanes, (o + 1) * lanes, WIDTH):
            v = load(d, k)
            whole = whole + v
            products = products + v * load(normal, k)
        put(g_gain, o, total(products))
        put(g_bias, o, total(whole))


@jit
def back_units(
    d: Any, normal: Any, gain: Any, g_gain: Any, g_bias: Any, stats: Any, units: int, lanes: int, count: int
) -> None:
    """dL/dz in place of dL/d(γ ẑ + β), through the batch's own moments; zero in the lanes beyond ``count``."""
    for o in range(units):
        # The gradients of γ and β are the sums of which the means are made.
        inverse, mean, product = get(gain, o) * get(stats, o), get(g_bias, o) / count, get(g_gain, o) / count
        for k in range(o * lanes, (o + 1) * lanes, WIDTH):
            v = slope_of(load(d, k), load(normal, k), inverse, mean, product)
            store(d, k, where(first(count - (k - o * lanes)), v, zero_like(d)))


@jit
def back_lanes(d: Any, normal: Any, gain: Any, stats: Any, units: int, lanes: int) -> None:
    """dL/dz in place of dL/d(γ ẑ + β), through each lane's moments."""
    for k in range(0, lanes, WIDTH):
        mean, product = spread(zero_like(d)), spread(zero_like(d))
        for o in range(units):
            v = get(gain, o) * load(d, o * lanes + k)
            mean = mean + v
            product = product + v * load(normal, o * lanes + k)
        mean, product, inverse = mean / units, product / units, load(stats, k)
        for o in range(units):
            at = o * lanes + k
            store(d, at, slope_of(get(gain, o) * load(d, at), load(normal, at), inverse, mean, product))


@jit
def follow(theta: Any, before: Any, update: Any, statistic: Any, n: int) -> None:
    """Running statistics ``n`` go from where they were towards ``statistic``, whatever the optimizer did to them."""
    for o in range(n):
        step = MOMENTUM * (get(before, o) - get(statistic, o))
        put(update, o, step)
        put(theta, o, get(before, o) - step)
