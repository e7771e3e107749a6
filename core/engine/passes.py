"""Compiled passes of one batch through a network: forwards, the losses, backwards, and the optimizer's step."""

from __future__ import annotations

from typing import Any

from core.engine.chains import SOFTMAX, activate, step, through
from core.engine.draws import drop
from core.engine.lanes import WIDTH
from core.engine.loops import (
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
from core.engine.plan import ACTIVATION, BIAS, FAN_IN, UNITS, WEIGHT, layer
from core.engine.products import product
from core.engine.scalar import jit


@jit
def layer_forward(plan: Any, theta: Any, index: int, space: Any, lanes: int) -> None:
    """One layer: z = W a + b and its activation, in its part of ``z`` and ``a``."""
    units, fan_in, bias = layer(plan, index, UNITS), layer(plan, index, FAN_IN), layer(plan, index, BIAS)
    below, low = get(plan.rows, index) * lanes, get(plan.rows, index + 1) * lanes
    z, a = shift(space.z, low), shift(space.a, low)
    weights = shift(theta, layer(plan, index, WEIGHT))
    product(weights, fan_in, 1, shift(theta, bias), bias >= 0, shift(space.a, below), z, units, fan_in, lanes)
    if layer(plan, index, ACTIVATION) == SOFTMAX:
        softmax(z, a, space.log_p, units, lanes)
    else:
        activate(layer(plan, index, ACTIVATION), z, a, units * lanes)


@jit
def batch_losses(plan: Any, space: Any, lanes: int) -> None:
    """Each lane's loss, of what the last layer came to."""
    low, units = get(plan.rows, plan.depth) * lanes, layer(plan, plan.depth - 1, UNITS)
    z, a = shift(space.z, low), shift(space.a, low)
    t, c, values = space.targets, plan.numbers, space.values
    sample_losses(plan.loss, plan.reads, z, a, space.log_p, t, c, values, space.losses, units, lanes, plan.share)


@jit
def backward(plan: Any, theta: Any, g: Any, space: Any, lanes: int) -> None:
    """The chain rule from dL/dz of the output, in ``delta``, to the gradient ``g`` (P,)."""
    d, other = space.delta, space.other
    for index in range(plan.depth - 1, -1, -1):
        units, fan_in = layer(plan, index, UNITS), layer(plan, index, FAN_IN)
        weight, bias = layer(plan, index, WEIGHT), layer(plan, index, BIAS)
        low, n = get(plan.rows, index) * lanes, fan_in * lanes
        source = shift(space.a, low)
        weight_gradient(shift(g, weight), shift(g, bias), bias >= 0, d, source, fan_in, units, lanes)
        if index > 0:
            product(shift(theta, weight), 1, fan_in, theta, False, d, other, fan_in, units, lanes)
            under, z = layer(plan, index - 1, ACTIVATION), shift(space.z, low)
            if get(plan.rates, index - 1) > 0:
                # The slope wants the activation as it was before its mask.
                activate(under, z, source, n)
                for k in range(0, n, WIDTH):
                    store(other, k, load(other, k) * load(space.mask, low + k))
            through(under, z, source, other, n)
            d, other = other, d


@jit
def batch_gradient(
    plan: Any, settings: Any, theta: Any, g: Any, run: int, number: int, count: int, space: Any, lanes: int
) -> Any:
    """The objective, and its gradient ``g`` (P,), on the samples that lie in ``space``."""
    last = plan.depth - 1
    for index in range(plan.depth):
        layer_forward(plan, theta, index, space, lanes)
        rate = get(plan.rates, index)
        if rate > 0:
            low, units = get(plan.rows, index + 1) * lanes, layer(plan, index, UNITS)
            a, mask, scale = shift(space.a, low), shift(space.mask, low), get(plan.scales, index)
            drop(a, mask, settings.seed, run, number, index, units, lanes, count, rate, scale)
    batch_losses(plan, space, lanes)
    loss = sum_of(space.losses, count) / count
    low, units, activation = get(plan.rows, last + 1) * lanes, layer(plan, last, UNITS), layer(plan, last, ACTIVATION)
    z, a, part = shift(space.z, low), shift(space.a, low), plan.share / count
    t, c, d = space.targets, plan.numbers, space.delta
    output_delta(plan.loss, plan.reads, activation, z, a, t, c, d, units, lanes, count, part)
    backward(plan, theta, g, space, lanes)
    if settings.l1 != 0 or settings.l2 != 0:
        loss += penalise(theta, g, pointer(settings.weights), settings.l1, settings.l2, plan.parameters)
    return loss


@jit
def update(plan: Any, settings: Any, own: Any, row: int) -> None:
    """θ after the optimizer's step number ``row`` of this call, what it was before kept in ``good``."""
    n = plan.parameters
    copy(own.theta, own.good, n)
    free = pointer(settings.free)
    if settings.shaped:
        tame(own.g, free, settings.held, settings.clip_value, settings.clip_norm, n)
    c = shift(own.coefficients, row * own.each)
    step(plan.optimizer, own.theta, own.theta, own.g, own.slots, own.apart, c, False, own.update, True, n)
    if settings.shaped:
        weights, decay = pointer(settings.weights), get(own.decays, row)
        decay_and_hold(own.theta, own.good, own.update, weights, free, settings.held, decay, n)
