"""Compiled passes of one batch through a network: forwards, the losses, backwards, and the optimizer's step."""

from __future__ import annotations

from typing import Any

from core.engine.chains import BATCH_NORM, LAYER_NORM, NO_NORM, SOFTMAX, activate, step, through
from core.engine.draws import drop
from core.engine.lanes import WIDTH
from core.engine.loops import (
    accumulate,
    clear,
    copy,
    decay_and_hold,
    output_delta,
    penalise,
    product,
    sample_losses,
    softmax,
    sum_of,
    tame,
    weight_gradient,
)
from core.engine.memory import get, load, pointer, shift, store
from core.engine.norms import (
    back_lanes,
    back_units,
    batch_moments,
    follow,
    normalise_lanes,
    normalise_units,
    running_moments,
    scale_gradient,
)
from core.engine.plan import ACTIVATION, BIAS, END, FAN_IN, FED, GAIN, NORM, SHORTCUT, UNITS, WEIGHT, layer
from core.engine.scalar import jit


@jit
def layer_forward(plan: Any, theta: Any, index: int, space: Any, lanes: int, count: int) -> None:
    """One layer: z = W a + b, normalised, and its activation, in its part of ``z`` and ``a``.

    Batch norm goes by the first ``count`` lanes' own statistics, or, where that is 0, by the running ones.
    """
    units, fan_in, bias = layer(plan, index, UNITS), layer(plan, index, FAN_IN), layer(plan, index, BIAS)
    below, low = get(plan.rows, index) * lanes, get(plan.rows, index + 1) * lanes
    z, a, norm = shift(space.z, low), shift(space.a, low), layer(plan, index, NORM)
    weights = shift(theta, layer(plan, index, WEIGHT))
    out = z if norm == NO_NORM else shift(space.normal, low)
    product(weights, fan_in, 1, shift(theta, bias), bias >= 0, shift(space.a, below), out, units, fan_in, lanes)
    if norm != NO_NORM:
        own, stats = shift(theta, layer(plan, index, GAIN)), shift(space.stats, low)
        normalise(norm, out, z, own, stats, units, lanes, count)
    if layer(plan, index, ACTIVATION) == SOFTMAX:
        softmax(z, a, space.log_p, units, lanes)
    else:
        activate(layer(plan, index, ACTIVATION), z, a, units * lanes)


@jit
def normalise(norm: int, normal: Any, z: Any, own: Any, stats: Any, units: int, lanes: int, count: int) -> None:
    """The sums in ``normal`` normalised, into ``z``, by the parameters that lie at ``own``."""
    if norm == LAYER_NORM:
        normalise_lanes(normal, z, own, shift(own, units), stats, units, lanes)
    elif count > 0:
        batch_moments(normal, stats, units, lanes, count)
        normalise_units(normal, z, own, shift(own, units), stats, units, lanes, count)
    else:
        running_moments(shift(own, 2 * units), shift(own, 3 * units), stats, units)
        normalise_units(normal, z, own, shift(own, units), stats, units, lanes, lanes)


@jit
def add_shortcut(plan: Any, index: int, space: Any, lanes: int) -> None:
    """What a layer's shortcut brings, added to what comes out of it, as far as both columns have units."""
    source = layer(plan, index, SHORTCUT)
    if source >= 0:
        shared = min(layer(plan, index, UNITS), layer(plan, source, FAN_IN))
        a = shift(space.a, get(plan.rows, index + 1) * lanes)
        accumulate(a, shift(space.a, get(plan.rows, source) * lanes), shared * lanes)


@jit
def forward(plan: Any, theta: Any, space: Any, lanes: int) -> None:
    """All layers where nothing is trained: no dropout, and running statistics."""
    for index in range(plan.depth):
        layer_forward(plan, theta, index, space, lanes, 0)
        add_shortcut(plan, index, space, lanes)


@jit
def batch_losses(plan: Any, space: Any, lanes: int) -> None:
    """Each lane's loss, of what the last layer came to."""
    low, units = get(plan.rows, plan.depth) * lanes, layer(plan, plan.depth - 1, UNITS)
    z, a = shift(space.z, low), shift(space.a, low)
    t, c, values = space.targets, plan.numbers, space.values
    sample_losses(plan.loss, plan.reads, z, a, space.log_p, t, c, values, space.losses, units, lanes, plan.share)


@jit
def backward(plan: Any, theta: Any, g: Any, space: Any, lanes: int, count: int) -> None:
    """The chain rule from dL/dz of the output, in ``delta``, to the gradient ``g`` (P,)."""
    d, other = space.delta, space.other
    for index in range(plan.depth):
        if layer(plan, index, FED) > 0:
            clear(shift(space.back, get(plan.rows, index + 1) * lanes), layer(plan, index, UNITS) * lanes)
    for index in range(plan.depth - 1, -1, -1):
        units, fan_in = layer(plan, index, UNITS), layer(plan, index, FAN_IN)
        weight, bias = layer(plan, index, WEIGHT), layer(plan, index, BIAS)
        source = shift(space.a, get(plan.rows, index) * lanes)
        # Batch statistics take every bias off again: its gradient stays 0, and not what rounding makes of that.
        biased = bias >= 0 and layer(plan, index, NORM) != BATCH_NORM
        weight_gradient(shift(g, weight), shift(g, bias), biased, d, source, fan_in, units, lanes)
        if index > 0:
            product(shift(theta, weight), 1, fan_in, theta, False, d, other, fan_in, units, lanes)
            layer_backward(plan, theta, g, index - 1, other, space, lanes, count)
            d, other = other, d


@jit
def layer_backward(plan: Any, theta: Any, g: Any, index: int, d: Any, space: Any, lanes: int, count: int) -> None:
    """dL/da of what leaves a hidden layer, in ``d``, to dL/d(W a + b), in place."""
    units, low = layer(plan, index, UNITS), get(plan.rows, index + 1) * lanes
    n, activation, shortcut = units * lanes, layer(plan, index, ACTIVATION), layer(plan, index, SHORTCUT)
    z, a, norm = shift(space.z, low), shift(space.a, low), layer(plan, index, NORM)
    if layer(plan, index, FED) > 0:
        accumulate(d, shift(space.back, low), n)
    if shortcut > 0:
        shared = min(units, layer(plan, shortcut, FAN_IN))
        accumulate(shift(space.back, get(plan.rows, shortcut) * lanes), d, shared * lanes)
    dropped = get(plan.rates, index) > 0
    if dropped or shortcut >= 0:
        # The slope wants the activation as it was before its mask, and without what was added.
        activate(activation, z, a, n)
    if dropped:
        for k in range(0, n, WIDTH):
            store(d, k, load(d, k) * load(space.mask, low + k))
    through(activation, z, a, d, n)
    if norm != NO_NORM:
        normal, stats, at = shift(space.normal, low), shift(space.stats, low), layer(plan, index, GAIN)
        gain, g_gain, g_bias = shift(theta, at), shift(g, at), shift(g, at + units)
        scale_gradient(d, normal, g_gain, g_bias, units, lanes)
        if norm == BATCH_NORM:
            back_units(d, normal, gain, g_gain, g_bias, stats, units, lanes, count)
        else:
            back_lanes(d, normal, gain, stats, units, lanes)


@jit
def batch_gradient(
    plan: Any, settings: Any, theta: Any, g: Any, run: int, number: int, count: int, space: Any, lanes: int
) -> Any:
    """The objective, and its gradient ``g`` (P,), on the samples that lie in ``space``."""
    last = plan.depth - 1
    for index in range(plan.depth):
        layer_forward(plan, theta, index, space, lanes, count)
        rate = get(plan.rates, index)
        if rate > 0:
            low, units = get(plan.rows, index + 1) * lanes, layer(plan, index, UNITS)
            a, mask, scale = shift(space.a, low), shift(space.mask, low), get(plan.scales, index)
            drop(a, mask, settings.seed, run, number, index, units, lanes, count, rate, scale)
        add_shortcut(plan, index, space, lanes)
    batch_losses(plan, space, lanes)
    loss = sum_of(space.losses, count) / count
    low, units, activation = get(plan.rows, last + 1) * lanes, layer(plan, last, UNITS), layer(plan, last, ACTIVATION)
    z, a, part = shift(space.z, low), shift(space.a, low), plan.share / count
    t, c, d = space.targets, plan.numbers, space.delta
    output_delta(plan.loss, plan.reads, activation, z, a, t, c, d, units, lanes, count, part)
    backward(plan, theta, g, space, lanes, count)
    if settings.l1 != 0 or settings.l2 != 0:
        loss += penalise(theta, g, pointer(settings.weights), settings.l1, settings.l2, plan.parameters)
    return loss


@jit
def update(plan: Any, settings: Any, own: Any, row: int, space: Any, lanes: int) -> None:
    """θ after the optimizer's step number ``row`` of this call, what it was before kept in ``good``.

    Running statistics follow those of the batch that lies in ``space``.
    """
    n = plan.parameters
    copy(own.theta, own.good, n)
    free = pointer(settings.free)
    if settings.shaped:
        tame(own.g, free, settings.held, settings.clip_value, settings.clip_norm, n)
    step(plan.optimizer, own.theta, own.g, own.slots, own.apart, shift(own.coefficients, row * own.each), own.update, n)
    for index in range(plan.depth):
        if layer(plan, index, NORM) == BATCH_NORM:
            units, at = layer(plan, index, UNITS), layer(plan, index, END)
            stats = shift(space.stats, get(plan.rows, index + 1) * lanes + units)
            follow(shift(own.theta, at), shift(own.good, at), shift(own.update, at), stats, 2 * units)
    if settings.shaped:
        weights, decay = pointer(settings.weights), get(own.decays, row)
        decay_and_hold(own.theta, own.good, own.update, weights, free, settings.held, decay, n)
