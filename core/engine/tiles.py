"""Compiled training of stacks of small networks: WIDTH runs at once, a lane of every vector for each.

Where the lanes are the samples of a batch, a batch of 10 leaves 6 of 16 unused, and gradients must be summed across
vectors. Not so in a tile: θ is (P, WIDTH), a batch (units, samples · WIDTH), and an optimizer's numbers are vectors, as
each run may have its own. Runs of a stack see the same samples in the same order, so a sample is one number for all
lanes. A run's results do not depend on which lane it has, nor on the other runs in its tile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.engine.chains import SLOPE_READS_Z, SOFTMAX, activate, as_kind, step, through, zero_like
from core.engine.lanes import WIDTH, size, spread, sqrt, total, where, wide
from core.engine.loops import output_delta, sample_losses, softmax
from core.engine.memory import get, load, pointer, put, shift, store
from core.engine.plan import ACTIVATION, BIAS, FAN_IN, UNITS, WEIGHT, Run, layer, run_of, space_in
from core.engine.products import tile_gradient, tile_product
from core.engine.scalar import jit

PADDING = -2
"""In ``failed``, what marks a lane without a run."""


# ---- one batch -------------------------------------------------------------------------------------------------------


@jit
def spread_samples(x: Any, samples: int, order: Any, count: int, out: Any, rows: int) -> None:
    """The first ``count`` samples of ``order``, from ``x`` (rows, samples), as ``out`` (rows, count · WIDTH)."""
    for i in range(rows):
        source, row = shift(x, i * samples), shift(out, i * count * WIDTH)
        for k in range(count):
            store(row, k * WIDTH, spread(get(source, get(order, k))))


@jit
def sums_of_layer(plan: Any, index: int, space: Any, lanes: int) -> Any:
    """Where a layer's z lie: in their own place if they are read again, else where those before them lay."""
    read = index == plan.depth - 1 or (SLOPE_READS_Z >> layer(plan, index, ACTIVATION)) & 1 != 0
    return shift(space.z, get(plan.rows, index + 1) * lanes if read else 0)


@jit
def tile_forward(plan: Any, theta: Any, space: Any, lanes: int) -> None:
    """All layers: z = W a + b and its activation, in their parts of ``z`` and ``a``."""
    for index in range(plan.depth):
        units, fan_in, bias = layer(plan, index, UNITS), layer(plan, index, FAN_IN), layer(plan, index, BIAS)
        below, low = get(plan.rows, index) * lanes, get(plan.rows, index + 1) * lanes
        z, a = sums_of_layer(plan, index, space, lanes), shift(space.a, low)
        weights, biases = shift(theta, layer(plan, index, WEIGHT) * WIDTH), shift(theta, bias * WIDTH)
        tile_product(weights, fan_in, 1, biases, bias >= 0, shift(space.a, below), z, units, fan_in, lanes)
        if layer(plan, index, ACTIVATION) == SOFTMAX:
            softmax(z, a, space.log_p, units, lanes)
        else:
            activate(layer(plan, index, ACTIVATION), z, a, units * lanes)


@jit
def tile_backward(plan: Any, theta: Any, g: Any, space: Any, lanes: int, more: bool) -> None:
    """The chain rule from dL/dz of the output, in ``delta``, to the gradient ``g``, or ``more`` of it."""
    d, other = space.delta, space.other
    for index in range(plan.depth - 1, -1, -1):
        units, fan_in = layer(plan, index, UNITS), layer(plan, index, FAN_IN)
        weight, bias = layer(plan, index, WEIGHT) * WIDTH, layer(plan, index, BIAS)
        low = get(plan.rows, index) * lanes
        source = shift(space.a, low)
        tile_gradient(shift(g, weight), shift(g, bias * WIDTH), bias >= 0, d, source, fan_in, units, lanes, more)
        if index > 0:
            tile_product(shift(theta, weight), 1, fan_in, theta, False, d, other, fan_in, units, lanes)
            z = sums_of_layer(plan, index - 1, space, lanes)
            through(layer(plan, index - 1, ACTIVATION), z, source, other, fan_in * lanes)
            d, other = other, d


@jit
def tile_batch(plan: Any, settings: Any, own: Any, samples: Any, order: Any, count: int, chunk: int, space: Any) -> Any:
    """Each run's objective and, in ``own.g``, its gradient on the samples ``order``, ``chunk`` of them at a time."""
    last = plan.depth - 1
    inputs, units, activation = layer(plan, 0, FAN_IN), layer(plan, last, UNITS), layer(plan, last, ACTIVATION)
    whole, part = spread(zero_like(own.g)), plan.share / count
    for begin in range(0, count, chunk):
        many = min(chunk, count - begin)
        lanes, some = many * WIDTH, shift(order, begin)
        spread_samples(samples.x, samples.size, some, many, space.a, inputs)
        spread_samples(samples.t, samples.size, some, many, space.targets, units)
        tile_forward(plan, own.theta, space, lanes)
        low = get(plan.rows, plan.depth) * lanes
        z, a, t, c, d = shift(space.z, low), shift(space.a, low), space.targets, plan.numbers, space.delta
        sample_losses(
            plan.loss, plan.reads, z, a, space.log_p, t, c, space.values, space.losses, units, lanes, plan.share
        )
        for k in range(0, lanes, WIDTH):
            whole = whole + load(space.losses, k)
        output_delta(plan.loss, plan.reads, activation, z, a, t, c, d, units, lanes, lanes, part)
        tile_backward(plan, own.theta, own.g, space, lanes, begin > 0)
    whole = whole / count
    if settings.l1 != 0 or settings.l2 != 0:
        whole = whole + tile_penalty(own.theta, own.g, settings, plan.parameters)
    return whole


# ---- θ ---------------------------------------------------------------------------------------------------------------


@jit
def tile_penalty(theta: Any, g: Any, settings: Any, parameters: int) -> Any:
    """Adds the penalties' gradient to ``g``, on weights only; gives their values."""
    weights, l1, l2 = pointer(settings.weights), settings.l1, settings.l2
    zero = spread(zero_like(g))
    whole = zero
    for p in range(parameters):
        weight, k = get(weights, p), p * WIDTH
        w = load(theta, k) * weight
        direction = where(w > zero, zero + weight, where(w < zero, zero - weight, zero))
        store(g, k, load(g, k) + l2 * w + l1 * direction)
        whole = whole + l1 * size(w) + l2 * w * w / 2
    return whole


@jit
def tile_tame(g: Any, settings: Any, parameters: int) -> None:
    """The gradient as the optimizer gets it: without what is frozen, clipped by value, then by each run's norm."""
    limit, norm, free = settings.clip_value, settings.clip_norm, pointer(settings.free)
    if settings.held:
        for p in range(parameters):
            store(g, p * WIDTH, load(g, p * WIDTH) * get(free, p))
    if limit > 0:
        for k in range(0, parameters * WIDTH, WIDTH):
            # Written so that NaN stays NaN.
            v = load(g, k)
            store(g, k, where(v > limit, limit, where(v < -limit, -limit, v)))
    if norm > 0:
        squares = spread(0.0)
        for k in range(0, parameters * WIDTH, WIDTH):
            v = wide(load(g, k))
            squares = squares + v * v
        length = sqrt(squares)
        factor = where(length > norm, norm / length, 1.0)
        for k in range(0, parameters * WIDTH, WIDTH):
            store(g, k, as_kind(g, wide(load(g, k)) * factor))


@jit
def tile_decay_and_hold(own: Any, settings: Any, decays: Any, parameters: int) -> None:
    """After a step: takes each run's share ``decays`` (WIDTH,) off the weights, too, puts back what is frozen."""
    decay, weights, free = load(decays, 0), pointer(settings.weights), pointer(settings.free)
    for p in range(parameters):
        k = p * WIDTH
        before = load(own.good, k)
        extra = decay * get(weights, p) * before
        change, after = load(own.update, k) + extra, load(own.theta, k) - extra
        if settings.held:
            open_ = get(free, p)
            change, after = change * open_, where(open_ > 0, after, before)
        store(own.update, k, change)
        store(own.theta, k, after)


@jit
def exchanged(own: Any) -> Any:
    """The run with ``theta`` and ``good`` in each other's place."""
    return Run(own.good, own.theta, own.slots, own.apart, own.g, own.update, own.coefficients, own.each, own.decays)


@jit
def tile_update(plan: Any, settings: Any, own: Any, decays: Any, row: int, keep: bool) -> None:
    """θ after the optimizer's step number ``row`` of this call, from θ before it, which is in ``good``.

    The update is written down where ``keep`` says so.
    """
    n = plan.parameters * WIDTH
    if settings.shaped:
        tile_tame(own.g, settings, plan.parameters)
    c = shift(own.coefficients, row * own.each)
    keep = keep or settings.shaped
    step(plan.optimizer, own.good, own.theta, own.g, own.slots, own.apart, c, True, own.update, keep, n)
    if settings.shaped:
        tile_decay_and_hold(own, settings, shift(decays, row * WIDTH), plan.parameters)


# ---- runs that diverge -----------------------------------------------------------------------------------------------


@jit
def move_lane(source: Any, out: Any, lane: int, n: int) -> None:
    """Copies one run's numbers."""
    for k in range(lane, n, WIDTH):
        put(out, k, get(source, k))


@jit
def give_up_lanes(
    sign: Any, own: Any, slots: int, losses: Any, failed: Any, alive: Any, kept: Any, number: int, n: int
) -> int:
    """Notes the step ``number`` for the runs whose ``sign`` (WIDTH,) is not finite; keeps what they came to by then.

    ``kept`` gets θ before the last step, the gradient, the update, the slots and the loss. Gives how many still go on.
    """
    going = 0
    for lane in range(WIDTH):
        if get(alive, lane) == 0:
            continue
        if np.isfinite(get(sign, lane)):
            going += 1
            continue
        put(failed, lane, number)
        put(alive, lane, 0)
        move_lane(own.good, kept, lane, n)
        move_lane(own.g, shift(kept, n), lane, n)
        move_lane(own.update, shift(kept, 2 * n), lane, n)
        for slot in range(slots):
            move_lane(shift(own.slots, slot * own.apart), shift(kept, (3 + slot) * n), lane, n)
        put(kept, (3 + slots) * n + lane, get(losses, lane))
    return going


@jit
def bring_back(own: Any, slots: int, losses: Any, failed: Any, kept: Any, n: int) -> None:
    """Puts what was kept of the runs that diverged in the place of what their lanes went on with."""
    for lane in range(WIDTH):
        if get(failed, lane) >= 0:
            move_lane(kept, own.theta, lane, n)
            move_lane(kept, own.good, lane, n)
            move_lane(shift(kept, n), own.g, lane, n)
            move_lane(shift(kept, 2 * n), own.update, lane, n)
            for slot in range(slots):
                move_lane(shift(kept, (3 + slot) * n), shift(own.slots, slot * own.apart), lane, n)
            put(losses, lane, get(kept, (3 + slots) * n + lane))


# ---- all of it -------------------------------------------------------------------------------------------------------


@jit
def work_for(slots: int, n: int) -> int:
    """Numbers that ``tile_steps`` needs besides the space for its samples: who goes on, signs, and what is kept."""
    return (3 + slots) * n + 3 * WIDTH


@jit
def tile_steps(
    plan: Any,
    settings: Any,
    stack: Any,
    tile: int,
    number: int,
    samples: Any,
    order: Any,
    many: int,
    steps: int,
    chunk: int,
    work: Any,
) -> None:
    """``steps`` steps of a tile's runs over the batches of ``order`` (many,), ``chunk`` samples at a time.

    The stack's arrays have a row of P · WIDTH for each tile, its losses and ``failed`` WIDTH numbers each, and the
    settings' numbers of a step WIDTH in place of each. A run that diverges stays at its last good θ; the others go on.
    """
    own, slots, n = run_of(plan, settings, stack, tile), stack.slots.shape[0], plan.parameters * WIDTH
    failed, losses = shift(pointer(stack.failed), tile * WIDTH), shift(pointer(stack.losses), tile * WIDTH)
    decays = shift(pointer(settings.decays), tile * settings.decays.shape[1])
    alive, sign, kept = work, shift(work, WIDTH), shift(work, 2 * WIDTH)
    space = space_in(plan, shift(work, work_for(slots, n)), work, chunk * WIDTH)
    for lane in range(WIDTH):
        put(alive, lane, 1 if get(failed, lane) == -1 else 0)
    turned = False
    for i in range(steps):
        begin = i * settings.batch
        count = min(settings.batch, many - begin)
        loss = tile_batch(plan, settings, own, samples, shift(order, begin), count, chunk, space)
        store(losses, 0, loss)
        if (
            total(where(size(loss) < np.inf, zero_like(work), load(alive, 0))) > 0
            and give_up_lanes(losses, own, slots, losses, failed, alive, kept, number + i, n) == 0
        ):
            break
        own = exchanged(own)
        tile_update(plan, settings, own, decays, i, i == steps - 1)
        turned = not turned
    bad = spread(zero_like(work))
    for k in range(0, n, WIDTH):
        bad = where(size(load(own.theta, k)) < np.inf, bad, np.inf)
    store(sign, 0, bad)
    give_up_lanes(sign, own, slots, losses, failed, alive, kept, number + steps, n)
    bring_back(own, slots, losses, failed, kept, n)
    if turned:
        for k in range(0, n, WIDTH):
            theta = load(own.theta, k)
            store(own.theta, k, load(own.good, k))
            store(own.good, k, theta)
