"""Compiled loops over one batch: what a layer, a loss and a penalty do, forwards and backwards.

A batch lies as (units, lanes) behind a pointer, the lanes innermost: the batch rounded up to whole vectors. Lanes
beyond the batch compute on zeros, and their gradient is kept at zero. A run's θ is padded with zeros to whole vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.engine.chains import SOFTMAX, exp_of, log_of, loss_slope, loss_value, through, zero_like
from core.engine.lanes import WIDTH, first, size, spread, total, where
from core.engine.memory import get, load, put, put_totals, shift, store
from core.engine.scalar import jit

OUTPUTS, LOGITS, LOG_PROBABILITIES = range(3)


# ---- samples in ------------------------------------------------------------------------------------------------------


@jit
def gather(x: Any, samples: int, order: Any, count: int, out: Any, rows: int, lanes: int) -> None:
    """The first ``count`` samples of ``order``, from ``x`` (rows, samples), as ``out`` (rows, lanes); zero beyond."""
    for i in range(rows):
        source, row = shift(x, i * samples), shift(out, i * lanes)
        for k in range(count):
            put(row, k, get(source, get(order, k)))
        for k in range(count, lanes):
            put(row, k, 0)


@jit
def fill(x: Any, samples: int, begin: int, count: int, out: Any, rows: int, lanes: int) -> None:
    """The samples from ``begin`` on of ``x`` (rows, samples) as ``out`` (rows, lanes), zero beyond ``count``."""
    for i in range(rows):
        source, row = shift(x, i * samples + begin), shift(out, i * lanes)
        for k in range(count):
            put(row, k, get(source, k))
        for k in range(count, lanes):
            put(row, k, 0)


# ---- layers ----------------------------------------------------------------------------------------------------------


@jit
def weight_gradient(
    g: Any, bias: Any, biased: bool, delta: Any, source: Any, fan_in: int, units: int, lanes: int
) -> None:
    """dL/dW = dL/dz aᵀ and dL/db = sum of dL/dz, summed over the lanes."""
    # Turning the inputs round, to add up outer products without a sum across a vector, was tried: it is no faster.
    for o in range(units):
        d, row = shift(delta, o * lanes), shift(g, o * fan_in)
        i = 0
        while i + 3 < fan_in:
            s = shift(source, i * lanes)
            v = load(d, 0)
            t0, t1 = v * load(s, 0), v * load(s, lanes)
            t2, t3 = v * load(s, 2 * lanes), v * load(s, 3 * lanes)
            for k in range(WIDTH, lanes, WIDTH):
                v = load(d, k)
                t0 = t0 + v * load(s, k)
                t1 = t1 + v * load(s, lanes + k)
                t2 = t2 + v * load(s, 2 * lanes + k)
                t3 = t3 + v * load(s, 3 * lanes + k)
            put_totals(row, i, t0, t1, t2, t3)
            i += 4
        while i < fan_in:
            s = shift(source, i * lanes)
            t0 = load(d, 0) * load(s, 0)
            for k in range(WIDTH, lanes, WIDTH):
                t0 = t0 + load(d, k) * load(s, k)
            put(row, i, total(t0))
            i += 1
        if biased:
            t0 = load(d, 0)
            for k in range(WIDTH, lanes, WIDTH):
                t0 = t0 + load(d, k)
            put(bias, o, total(t0))


@jit
def softmax(z: Any, a: Any, log_p: Any, units: int, lanes: int) -> None:
    """Probabilities ``a`` and their logarithms ``log_p`` over the units, lane by lane."""
    for k in range(0, lanes, WIDTH):
        top = load(z, k)
        for o in range(1, units):
            v = load(z, o * lanes + k)
            # Written so that a NaN becomes the largest, and so reaches the loss.
            top = where(top >= v, top, v)
        whole = spread(zero_like(z))
        for o in range(units):
            e = exp_of(load(z, o * lanes + k) - top)
            store(a, o * lanes + k, e)
            whole = whole + e
        log_whole = log_of(whole)
        for o in range(units):
            store(a, o * lanes + k, load(a, o * lanes + k) / whole)
            store(log_p, o * lanes + k, load(z, o * lanes + k) - top - log_whole)


@jit
def accumulate(out: Any, source: Any, n: int) -> None:
    """``out`` += ``source``, ``n`` numbers, whole vectors."""
    for k in range(0, n, WIDTH):
        store(out, k, load(out, k) + load(source, k))


@jit
def clear(out: Any, n: int) -> None:
    """Zero in ``n`` numbers, whole vectors."""
    for k in range(0, n, WIDTH):
        store(out, k, zero_like(out))


# ---- losses ----------------------------------------------------------------------------------------------------------


@jit
def sample_losses(
    loss: int,
    reads: int,
    z: Any,
    a: Any,
    log_p: Any,
    t: Any,
    c: Any,
    value: Any,
    out: Any,
    units: int,
    lanes: int,
    share: Any,
) -> None:
    """Each lane's loss in ``out`` (lanes,): the row's value, by its numbers ``c``, summed over outputs, × ``share``."""
    n = units * lanes
    if reads == OUTPUTS:
        loss_value(loss, a, t, c, value, n)
    elif reads == LOGITS:
        loss_value(loss, z, t, c, value, n)
    else:
        loss_value(loss, log_p, t, c, value, n)
    for k in range(0, lanes, WIDTH):
        whole = load(value, k)
        for o in range(1, units):
            whole = whole + load(value, o * lanes + k)
        store(out, k, whole * share)


@jit
def sum_of(values: Any, count: int) -> Any:
    """The sum of the first ``count`` numbers."""
    whole = spread(zero_like(values))
    for k in range(0, count, WIDTH):
        whole = whole + where(first(count - k), load(values, k), zero_like(values))
    return total(whole)


@jit
def output_delta(
    loss: int,
    reads: int,
    activation: int,
    z: Any,
    a: Any,
    t: Any,
    c: Any,
    d: Any,
    units: int,
    lanes: int,
    count: int,
    share: Any,
) -> None:
    """dL/dz of the output layer in ``d`` (units, lanes), scaled by ``share``; zero in the lanes beyond ``count``."""
    n = units * lanes
    if reads == LOGITS:
        loss_slope(loss, z, t, c, d, n)
    else:
        loss_slope(loss, a, t, c, d, n)
    if reads == OUTPUTS and activation == SOFTMAX:
        for k in range(0, lanes, WIDTH):
            inner = spread(zero_like(d))
            for o in range(units):
                inner = inner + load(d, o * lanes + k) * load(a, o * lanes + k)
            for o in range(units):
                at = o * lanes + k
                store(d, at, load(a, at) * (load(d, at) - inner))
    elif reads == OUTPUTS:
        through(activation, z, a, d, n)
    for o in range(units):
        for k in range(0, lanes, WIDTH):
            at = o * lanes + k
            store(d, at, where(first(count - k), load(d, at) * share, zero_like(d)))


# ---- θ ---------------------------------------------------------------------------------------------------------------


@jit
def copy(source: Any, out: Any, n: int) -> None:
    """``n`` numbers, rounded up to whole vectors."""
    for p in range(0, n, WIDTH):
        store(out, p, load(source, p))


@jit
def finite(theta: Any, n: int) -> bool:
    """Whether all ``n`` numbers, rounded up to whole vectors, are finite."""
    bad = spread(zero_like(theta))
    for p in range(0, n, WIDTH):
        bad = where(size(load(theta, p)) < np.inf, bad, 1.0)
    fine: bool = total(bad) == 0
    return fine


@jit
def penalise(theta: Any, g: Any, weights: Any, l1: Any, l2: Any, n: int) -> Any:
    """Adds the penalties' gradient to ``g``, on weights only; gives their value."""
    zero = zero_like(g)
    whole = zero
    for p in range(n):
        weight = get(weights, p)
        w = get(theta, p) * weight
        direction = weight if w > 0 else (-weight if w < 0 else zero)
        put(g, p, get(g, p) + l2 * w + l1 * direction)
        whole += l1 * abs(w) + l2 * w * w / 2
    return whole


@jit
def tame(g: Any, free: Any, held: bool, clip_value: Any, clip_norm: Any, n: int) -> None:
    """The gradient as the optimizer gets it: without what is frozen, clipped by value, then by norm."""
    if held:
        for p in range(n):
            put(g, p, get(g, p) * get(free, p))
    if clip_value > 0:
        for p in range(n):
            # Written so that NaN stays NaN.
            v = get(g, p)
            put(g, p, clip_value if v > clip_value else (-clip_value if v < -clip_value else v))
    if clip_norm > 0:
        squares = 0.0
        for p in range(n):
            squares += np.float64(get(g, p)) * np.float64(get(g, p))
        norm = np.sqrt(squares)
        if norm > clip_norm:
            for p in range(n):
                put(g, p, get(g, p) * (clip_norm / norm))


@jit
def decay_and_hold(
    theta: Any, before: Any, update: Any, weights: Any, free: Any, held: bool, decay: Any, n: int
) -> None:
    """After a step from ``before`` to ``theta``: takes ``decay`` of the weights off, too, puts back what is frozen."""
    if decay != 0:
        for p in range(n):
            extra = decay * get(weights, p) * get(before, p)
            put(update, p, get(update, p) + extra)
            put(theta, p, get(theta, p) - extra)
    if held:
        for p in range(n):
            put(update, p, get(update, p) * get(free, p))
            put(theta, p, get(theta, p) if get(free, p) > 0 else get(before, p))
