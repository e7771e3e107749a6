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
from core.engine.products import product
from core.engine.scalar import inline, jit


@jit
def layer_forward(plan: Any, theta: Any, index: int, space: Any, lanes: int, count: int) -> None:
    """One layer: z = W a + b, normalised, and its activation, in its part of ``z`` and ``a``.

    Batch norm goes by the first ``count`` lanes' own statistics, or, where that is 0, by the running ones.
    """
    units, fan_in, bias = layer(plan, index, UNITS), layer(plan, index, FAN_IN), layer(plan, index, BIAS)
    below, low = get(plan.rows, index) * lanes, get(plan.rows, index + 1) * lanes
    z, a = shift(space.z, low), shift(space.a, low)
    weights = shift(theta, layer(plan, index, WEIGHT))
    product(weights, fan_in, 1, shift(theta, bias), bias >= 0, shift(space.a, below), z, units, fan_in, lanes)
    if not plan.plain:
        normalise(plan, theta, index, space, lanes, count)
    if layer(plan, index, ACTIVATION) == SOFTMAX:
        softmax(z, a, space.log_p, units, lanes)
    else:
        activate(layer(plan, index, ACTIVATION), z, a, units * lanes)


@jit
def normalise(plan: Any, theta: Any, index: int, space: Any, lanes: int, count: int) -> None:
    """A layer's sums in ``z`` normalised, where it is to be; ẑ and its statistics are kept for the way back."""
    units, low, norm = layer(plan, index, UNITS), get(plan.rows, index + 1) * lanes, layer(plan, index, NORM)
    own, stats = shift(theta, layer(plan, index, GAIN)), shift(space.stats, low)
    z, normal, bias = shift(space.z, low), shift(space.normal, low), shift(own, units)
    if norm == LAYER_NORM:
        normalise_lanes(z, normal, own, bias, stats, units, lanes)
    elif norm == BATCH_NORM and count > 0:
        batch_moments(z, stats, units, lanes, count)
        normalise_units(z, normal, own, bias, stats, units, lanes, count)
    elif norm == BATCH_NORM:
        running_moments(shift(own, 2 * units), shift(own, 3 * units), stats, units)
        normalise_units(z, normal, own, bias, stats, units, lanes, lanes)


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
        if not plan.plain:
            add_shortcut(plan, index, space, lanes)


@jit
def batch_losses(plan: Any, space: Any, lanes: int) -> None:
    """Each lane's loss, of what the last layer came to."""
    low, units = get(plan.rows, plan.depth) * lanes, layer(plan, plan.depth - 1, UNITS)
    z, a = shift(space.z, low), shift(space.a, low)
    t, c, values = space.targets, plan.numbers, space.values
    sample_losses(plan.loss, plan.reads, z, a, space.log_p, t, c, values, space.losses, units, lanes, plan.share)


@jit
def clear_fed(plan: Any, space: Any, lanes: int) -> None:
    """Zero where shortcuts will add up what comes back through them."""
    for index in range(plan.depth):
        if layer(plan, index, FED) > 0:
            clear(shift(space.back, get(plan.rows, index + 1) * lanes), layer(plan, index, UNITS) * lanes)


# What has one place and is called at every step stands right there: a call hands over all that a plan and a space hold.


@inline
def backward(plan: Any, theta: Any, g: Any, space: Any, lanes: int, count: int) -> None:
    """The chain rule from dL/dz of the output, in ``delta``, to the gradient ``g`` (P,)."""
    d, other = space.delta, space.other
    if not plan.plain:
        clear_fed(plan, space, lanes)
    for index in range(plan.depth - 1, -1, -1):
        units, fan_in = layer(plan, index, UNITS), layer(plan, index, FAN_IN)
        weight, bias = layer(plan, index, WEIGHT), layer(plan, index, BIAS)
        low, n = get(plan.rows, index) * lanes, fan_in * lanes
        source = shift(space.a, low)
        # Batch statistics take every bias off again: its gradient stays 0, and not what rounding makes of that.
        biased = bias >= 0 and layer(plan, index, NORM) != BATCH_NORM
        weight_gradient(shift(g, weight), shift(g, bias), biased, d, source, fan_in, units, lanes)
        if index > 0:
            product(shift(theta, weight), 1, fan_in, theta, False, d, other, fan_in, units, lanes)
            under, z = layer(plan, index - 1, ACTIVATION), shift(space.z, low)
            if not plan.plain:
                past(plan, index - 1, other, space, lanes)
            dropped = get(plan.rates, index - 1) > 0
            if dropped or (not plan.plain and layer(plan, index - 1, SHORTCUT) >= 0):
                # The slope wants the activation as it was before its mask, and without what was added.
                activate(under, z, source, n)
            if dropped:
                for k in range(0, n, WIDTH):
                    store(other, k, load(other, k) * load(space.mask, low + k))
            through(under, z, source, other, n)
            if not plan.plain:
                unnormalise(plan, theta, g, index - 1, other, space, lanes, count)
            d, other = other, d


@jit
def past(plan: Any, index: int, d: Any, space: Any, lanes: int) -> None:
    """dL/da in ``d``, with what came back to the layer through shortcuts; what goes back through its own put down."""
    units, shortcut = layer(plan, index, UNITS), layer(plan, index, SHORTCUT)
    if layer(plan, index, FED) > 0:
        accumulate(d, shift(space.back, get(plan.rows, index + 1) * lanes), units * lanes)
    if shortcut > 0:
        shared = min(units, layer(plan, shortcut, FAN_IN))
        accumulate(shift(space.back, get(plan.rows, shortcut) * lanes), d, shared * lanes)


@jit
def unnormalise(plan: Any, theta: Any, g: Any, index: int, d: Any, space: Any, lanes: int, count: int) -> None:
    """dL/d(γ ẑ + β), in ``d``, to dL/d(W a + b), in place, and the gradients of γ and β; nothing where it has none."""
    units, low = layer(plan, index, UNITS), get(plan.rows, index + 1) * lanes
    norm, at = layer(plan, index, NORM), layer(plan, index, GAIN)
    if norm == NO_NORM:
        return
    normal, stats = shift(space.normal, low), shift(space.stats, low)
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
        if not plan.plain:
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
def follow_batch(plan: Any, own: Any, space: Any, lanes: int) -> None:
    """Running statistics go towards those of the batch that lies in ``space``."""
    for index in range(plan.depth):
        if layer(plan, index, NORM) == BATCH_NORM:
            units, at = layer(plan, index, UNITS), layer(plan, index, END)
            stats = shift(space.stats, get(plan.rows, index + 1) * lanes + units)
            follow(shift(own.theta, at), shift(own.good, at), shift(own.update, at), stats, 2 * units)


@inline
def update(plan: Any, settings: Any, own: Any, row: int, space: Any, lanes: int) -> None:
    """θ after the optimizer's step number ``row`` of this call, what it was before kept in ``good``.

    Running statistics follow those of the batch that lies in ``space``.
    """
    n = plan.parameters
    copy(own.theta, own.good, n)
    free = pointer(settings.free)
    if settings.shaped:
        tame(own.g, free, settings.held, settings.clip_value, settings.clip_norm, n)
    c = shift(own.coefficients, row * own.each)
    step(plan.optimizer, own.theta, own.theta, own.g, own.slots, own.apart, c, False, own.update, True, n)
    if not plan.plain:
        follow_batch(plan, own, space, lanes)
    if settings.shaped:
        weights, decay = pointer(settings.weights), get(own.decays, row)
        decay_and_hold(own.theta, own.good, own.update, weights, free, settings.held, decay, n)
