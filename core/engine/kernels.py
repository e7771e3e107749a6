"""The compiled loops: whole runs of training steps and whole stacks of forward passes, without Python's lock.

A batch lies as (units, lanes), the lanes innermost, as many as the batch rounded up to the vector width. θ is flat;
``plan`` has a row for each layer: units, fan_in, where its weights and biases begin in θ (-1 for no biases), and the
code of its activation. Lanes beyond the batch compute on zeros, and their gradient is kept at zero.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from core.engine.cache import cache_folder
from core.engine.chains import SOFTMAX, activate, loss_slope, loss_value, step, through, zero_like
from core.engine.scalar import FAST, jit

UNITS, FAN_IN, WEIGHT, BIAS, ACTIVATION = range(5)
OUTPUTS, LOGITS, LOG_PROBABILITIES = range(3)
GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S30, S27, S31, S40 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40)
UNIT = np.float32(2.0**-24)


def kernel(function: Any) -> Any:
    """Compile ``function`` at its first call and keep the machine code on disk, apart for every version of the sources.

    Numba itself would look at this file alone, and run yesterday's activation functions.
    """
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder())
    try:
        return numba.njit(nogil=True, error_model="numpy", fastmath=FAST, cache=True)(function)
    finally:
        config.CACHE_DIR = before


@jit
def mix(z: Any) -> Any:
    """SplitMix64's finaliser, as in core.random."""
    z = (z ^ (z >> S30)) * FIRST
    z = (z ^ (z >> S27)) * SECOND
    return z ^ (z >> S31)


@jit
def key4(a: Any, b: Any, c: Any, d: Any) -> Any:
    """core.random.key of four integers."""
    result = np.uint64(0)
    result = mix(result + GOLDEN + mix(np.uint64(a) + GOLDEN))
    result = mix(result + GOLDEN + mix(np.uint64(b) + GOLDEN))
    result = mix(result + GOLDEN + mix(np.uint64(c) + GOLDEN))
    return mix(result + GOLDEN + mix(np.uint64(d) + GOLDEN))


@jit
def dense(theta: Any, w: int, b: int, source: Any, out: Any, fan_in: int, units: int, lanes: int) -> None:
    """z = W a + b: ``out`` (units, lanes) from ``source`` (fan_in, lanes), four inputs at a time."""
    for o in range(units):
        z = out[o * lanes : (o + 1) * lanes]
        bias = theta[b + o] if b >= 0 else zero_like(theta[0])
        for k in range(lanes):
            z[k] = bias
        row = w + o * fan_in
        i = 0
        while i + 3 < fan_in:
            w0, w1, w2, w3 = theta[row + i], theta[row + i + 1], theta[row + i + 2], theta[row + i + 3]
            s0 = source[i * lanes : (i + 1) * lanes]
            s1 = source[(i + 1) * lanes : (i + 2) * lanes]
            s2 = source[(i + 2) * lanes : (i + 3) * lanes]
            s3 = source[(i + 3) * lanes : (i + 4) * lanes]
            for k in range(lanes):
                z[k] += w0 * s0[k] + w1 * s1[k] + w2 * s2[k] + w3 * s3[k]
            i += 4
        while i < fan_in:
            w0 = theta[row + i]
            s0 = source[i * lanes : (i + 1) * lanes]
            for k in range(lanes):
                z[k] += w0 * s0[k]
            i += 1


@jit
def pull_back(theta: Any, w: int, delta: Any, out: Any, fan_in: int, units: int, lanes: int) -> None:
    """dL/da = Wᵀ dL/dz: ``out`` (fan_in, lanes) from ``delta`` (units, lanes), four units at a time."""
    for i in range(fan_in):
        d = out[i * lanes : (i + 1) * lanes]
        for k in range(lanes):
            d[k] = 0
        o = 0
        while o + 3 < units:
            at = w + o * fan_in + i
            w0, w1, w2, w3 = theta[at], theta[at + fan_in], theta[at + 2 * fan_in], theta[at + 3 * fan_in]
            s0 = delta[o * lanes : (o + 1) * lanes]
            s1 = delta[(o + 1) * lanes : (o + 2) * lanes]
            s2 = delta[(o + 2) * lanes : (o + 3) * lanes]
            s3 = delta[(o + 3) * lanes : (o + 4) * lanes]
            for k in range(lanes):
                d[k] += w0 * s0[k] + w1 * s1[k] + w2 * s2[k] + w3 * s3[k]
            o += 4
        while o < units:
            w0 = theta[w + o * fan_in + i]
            s0 = delta[o * lanes : (o + 1) * lanes]
            for k in range(lanes):
                d[k] += w0 * s0[k]
            o += 1


@jit
def weight_gradient(g: Any, w: int, b: int, delta: Any, source: Any, fan_in: int, units: int, lanes: int) -> None:
    """dL/dW = dL/dz aᵀ and dL/db = sum of dL/dz, summed over the lanes."""
    for o in range(units):
        d = delta[o * lanes : (o + 1) * lanes]
        row = w + o * fan_in
        for i in range(fan_in):
            s = source[i * lanes : (i + 1) * lanes]
            total = zero_like(d[0])
            for k in range(lanes):
                total += d[k] * s[k]
            g[row + i] = total
        if b >= 0:
            total = zero_like(d[0])
            for k in range(lanes):
                total += d[k]
            g[b + o] = total


@jit
def softmax(z: Any, a: Any, log_p: Any, units: int, lanes: int) -> None:
    """Probabilities ``a`` and their logarithms ``log_p`` over the units, lane by lane."""
    for k in range(lanes):
        top = z[k]
        for o in range(1, units):
            v = z[o * lanes + k]
            # Written so that a NaN becomes the largest, and so reaches the loss.
            top = top if top >= v else v
        total = zero_like(top)
        for o in range(units):
            e = np.exp(z[o * lanes + k] - top)
            a[o * lanes + k] = e
            total += e
        log_total = np.log(total)
        for o in range(units):
            a[o * lanes + k] /= total
            log_p[o * lanes + k] = z[o * lanes + k] - top - log_total


@jit
def forward(plan: Any, theta: Any, z: Any, a: Any, log_p: Any, at: Any, lanes: int) -> None:
    """Every layer in turn; layer l's rows begin at ``at[l]`` of ``z`` and ``a``, the inputs' at 0 of ``a``."""
    for index in range(plan.shape[0]):
        units, fan_in = plan[index, UNITS], plan[index, FAN_IN]
        zs = z[at[index + 1] : at[index + 1] + units * lanes]
        here = a[at[index + 1] : at[index + 1] + units * lanes]
        below = a[at[index] : at[index] + fan_in * lanes]
        dense(theta, plan[index, WEIGHT], plan[index, BIAS], below, zs, fan_in, units, lanes)
        if plan[index, ACTIVATION] == SOFTMAX:
            softmax(zs, here, log_p, units, lanes)
        else:
            activate(plan[index, ACTIVATION], zs, here, units * lanes)


@jit
def gather(x: Any, order: Any, start: int, count: int, out: Any, lanes: int) -> None:
    """The samples order[start : start + count] of ``x`` (rows, N) as ``out`` (rows, lanes), zero beyond."""
    for i in range(x.shape[0]):
        row = out[i * lanes : (i + 1) * lanes]
        for k in range(count):
            row[k] = x[i, order[start + k]]
        for k in range(count, lanes):
            row[k] = 0


@jit
def sample_losses(
    loss: int, reads: int, z: Any, a: Any, log_p: Any, t: Any, value: Any, out: Any, units: int, lanes: int, share: Any
) -> None:
    """Each lane's loss in ``out`` (lanes,): the row's value summed over the outputs, times ``share``."""
    n = units * lanes
    if reads == OUTPUTS:
        loss_value(loss, a, t, value, n)
    elif reads == LOGITS:
        loss_value(loss, z, t, value, n)
    else:
        loss_value(loss, log_p, t, value, n)
    for k in range(lanes):
        out[k] = value[k]
    for o in range(1, units):
        row = value[o * lanes : (o + 1) * lanes]
        for k in range(lanes):
            out[k] += row[k]
    for k in range(lanes):
        out[k] *= share


@jit
def output_delta(
    loss: int,
    reads: int,
    activation: int,
    z: Any,
    a: Any,
    t: Any,
    d: Any,
    units: int,
    lanes: int,
    count: int,
    share: Any,
) -> None:
    """dL/dz of the output layer in ``d`` (units, lanes), scaled by ``share``; zero in the lanes beyond ``count``."""
    n = units * lanes
    if reads == LOGITS:
        loss_slope(loss, z, t, d, n)
    else:
        loss_slope(loss, a, t, d, n)
    if reads == OUTPUTS and activation == SOFTMAX:
        for k in range(lanes):
            inner = zero_like(d[0])
            for o in range(units):
                inner += d[o * lanes + k] * a[o * lanes + k]
            for o in range(units):
                d[o * lanes + k] = a[o * lanes + k] * (d[o * lanes + k] - inner)
    elif reads == OUTPUTS:
        through(activation, z, a, d, n)
    for o in range(units):
        for k in range(count):
            d[o * lanes + k] *= share
        for k in range(count, lanes):
            d[o * lanes + k] = 0


@jit
def drop(
    a: Any,
    mask: Any,
    seed: Any,
    run: int,
    at_step: int,
    layer: int,
    units: int,
    lanes: int,
    count: int,
    rate: Any,
    scale: Any,
) -> None:
    """Dropout: the mask of core.random.keep_mask into ``mask``, and ``a`` times it."""
    base = key4(seed, run, at_step, layer)
    for o in range(units):
        for k in range(lanes):
            keep = zero_like(scale)
            if k < count:
                bits = mix(base + np.uint64(o * count + k + 1) * GOLDEN) >> S40
                keep = scale if np.float32(bits) * UNIT >= rate else keep
            mask[o * lanes + k] = keep
            a[o * lanes + k] *= keep


@jit
def penalise(theta: Any, g: Any, weights: Any, l1: Any, l2: Any) -> Any:
    """Adds the penalties' gradient to ``g``, on weights only; gives their value."""
    zero = zero_like(g[0])
    total = zero
    for p in range(theta.size):
        w = theta[p] * weights[p]
        direction = weights[p] if w > 0 else (-weights[p] if w < 0 else zero)
        g[p] += l2 * w + l1 * direction
        total += l1 * abs(w) + l2 * w * w / 2
    return total


@kernel
def train(
    plan: Any,
    at: Any,
    rates: Any,
    scales: Any,
    codes: Any,
    share: Any,
    thetas: Any,
    good: Any,
    slots: Any,
    x: Any,
    t: Any,
    order: Any,
    batch: int,
    steps: int,
    coefficients: Any,
    weights: Any,
    penalties: Any,
    seed: Any,
    first: int,
    lanes: int,
    losses: Any,
    gradients: Any,
    updates: Any,
    failed: Any,
    start_run: int,
    stop_run: int,
) -> None:
    """``steps`` steps of the runs from ``start_run`` to ``stop_run``, over the batches that ``order`` falls into."""
    loss_code, reads, optimizer = codes[0], codes[1], codes[2]
    count_layers, total = plan.shape[0], order.size
    last = count_layers - 1
    outputs, output = plan[last, UNITS], plan[last, ACTIVATION]
    size = at[count_layers] + outputs * lanes
    z, a, mask = np.empty(size, thetas.dtype), np.empty(size, thetas.dtype), np.empty(size, thetas.dtype)
    widest = outputs
    for index in range(count_layers):
        widest = max(widest, plan[index, FAN_IN])
    d, below = np.empty(widest * lanes, thetas.dtype), np.empty(widest * lanes, thetas.dtype)
    tb, value = np.empty(outputs * lanes, thetas.dtype), np.empty(outputs * lanes, thetas.dtype)
    log_p, per_sample = np.empty(outputs * lanes, thetas.dtype), np.empty(lanes, thetas.dtype)
    for run in range(start_run, stop_run):
        theta, g, update = thetas[run], gradients[run], updates[run]
        for number in range(steps):
            begin = number * batch
            count = min(batch, total - begin)
            gather(x, order, begin, count, a, lanes)
            gather(t, order, begin, count, tb, lanes)
            for index in range(count_layers):
                units, fan_in = plan[index, UNITS], plan[index, FAN_IN]
                low, high = at[index + 1], at[index + 1] + units * lanes
                dense(
                    theta,
                    plan[index, WEIGHT],
                    plan[index, BIAS],
                    a[at[index] : at[index] + fan_in * lanes],
                    z[low:high],
                    fan_in,
                    units,
                    lanes,
                )
                if plan[index, ACTIVATION] == SOFTMAX:
                    softmax(z[low:high], a[low:high], log_p, units, lanes)
                else:
                    activate(plan[index, ACTIVATION], z[low:high], a[low:high], units * lanes)
                if rates[index] > 0:
                    drop(
                        a[low:high],
                        mask[low:high],
                        seed,
                        run,
                        first + number,
                        index,
                        units,
                        lanes,
                        count,
                        rates[index],
                        scales[index],
                    )
            low = at[count_layers]
            zs, out = z[low:], a[low:]
            sample_losses(loss_code, reads, zs, out, log_p, tb, value, per_sample, outputs, lanes, share)
            loss = zero_like(per_sample[0])
            for k in range(count):
                loss += per_sample[k]
            loss /= count
            output_delta(loss_code, reads, output, zs, out, tb, d, outputs, lanes, count, share / count)
            for index in range(last, -1, -1):
                units, fan_in = plan[index, UNITS], plan[index, FAN_IN]
                low = at[index]
                source = a[low : low + fan_in * lanes]
                weight_gradient(g, plan[index, WEIGHT], plan[index, BIAS], d, source, fan_in, units, lanes)
                if index > 0:
                    n = fan_in * lanes
                    pull_back(theta, plan[index, WEIGHT], d, below, fan_in, units, lanes)
                    if rates[index - 1] > 0:
                        kept = mask[low : low + n]
                        activate(plan[index - 1, ACTIVATION], z[low : low + n], source, n)
                        for k in range(n):
                            below[k] *= kept[k]
                    through(plan[index - 1, ACTIVATION], z[low : low + n], source, below, n)
                    d, below = below, d
            if penalties[0] != 0 or penalties[1] != 0:
                loss += penalise(theta, g, weights, penalties[0], penalties[1])
            losses[run] = loss
            if not np.isfinite(loss):
                failed[run] = first + number
                theta[:] = good[run]
                break
            good[run, :] = theta
            step(optimizer, theta, g, slots[:, run], coefficients[run, number], update, theta.size)
        if failed[run] < 0:
            whole = True
            for p in range(theta.size):
                whole = whole and np.isfinite(theta[p])
            if not whole:
                failed[run] = first + steps
                theta[:] = good[run]


@kernel
def evaluate(
    plan: Any,
    at: Any,
    codes: Any,
    share: Any,
    thetas: Any,
    x: Any,
    t: Any,
    lanes: int,
    losses: Any,
    outputs: Any,
    start_run: int,
    stop_run: int,
) -> None:
    """Each sample's loss (R, N) and outputs (R, K, N) of a stack, ``lanes`` samples at a time."""
    loss_code, reads = codes[0], codes[1]
    count_layers, inputs, total = plan.shape[0], x.shape[0], x.shape[1]
    units = plan[count_layers - 1, UNITS]
    size = at[count_layers] + units * lanes
    z, a = np.empty(size, thetas.dtype), np.empty(size, thetas.dtype)
    tb, value = np.zeros(units * lanes, thetas.dtype), np.empty(units * lanes, thetas.dtype)
    log_p, per_sample = np.empty(units * lanes, thetas.dtype), np.empty(lanes, thetas.dtype)
    low = at[count_layers]
    for begin in range(0, total, lanes):
        count = min(lanes, total - begin)
        for i in range(inputs):
            for k in range(count):
                a[i * lanes + k] = x[i, begin + k]
            for k in range(count, lanes):
                a[i * lanes + k] = 0
        if t.shape[0] > 0:
            for o in range(units):
                for k in range(count):
                    tb[o * lanes + k] = t[o, begin + k]
        kept = a[: inputs * lanes].copy()
        for run in range(start_run, stop_run):
            a[: inputs * lanes] = kept
            forward(plan, thetas[run], z, a, log_p, at, lanes)
            if t.shape[0] > 0:
                sample_losses(loss_code, reads, z[low:], a[low:], log_p, tb, value, per_sample, units, lanes, share)
                for k in range(count):
                    losses[run, begin + k] = per_sample[k]
            if outputs.shape[0] > 0:
                for o in range(units):
                    for k in range(count):
                        outputs[run, o, begin + k] = a[low + o * lanes + k]
