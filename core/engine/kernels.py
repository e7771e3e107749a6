"""The compiled kernels: many steps, many epochs, or a stack's forward passes in one call, without Python's lock."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from core.engine.cache import cache_folder
from core.engine.chains import SOFTMAX, activate, step, through
from core.engine.lanes import WIDTH, first, spread, total, where, wide
from core.engine.loops import (
    copy,
    decay_and_hold,
    drop,
    fill,
    finite,
    gather,
    output_delta,
    penalise,
    product,
    sample_losses,
    shuffle,
    softmax,
    sum_of,
    tame,
    weight_gradient,
)
from core.engine.memory import get, load, pointer, shift, store
from core.engine.scalar import FAST, exact, jit

UNITS, FAN_IN, WEIGHT, BIAS, ACTIVATION, COLUMNS = range(6)
"""Columns of a plan: a layer's width, inputs, where its weights and biases (-1: none) begin, its activation's code."""

TRAIN, EPOCHS, SURVEY, NORMS, EVALUATE = range(5)
"""What ``call`` can do."""
BLOCK = 64
"""Samples that go through a network together where it does not train."""


class Plan(NamedTuple):
    """What a kernel needs to know of a network, its loss and its optimizer; the arrays are pointers within kernels.

    ``layers`` (L, 5) has the columns above; ``rows`` (L + 1,) says how many rows of lanes lie before each layer's in a
    buffer, the inputs' first; ``rates`` (L,) are dropout's and ``scales`` what it multiplies the kept by; ``share`` is
    1 / K where a loss is a mean over outputs; ``numbers`` are the loss's own; ``depth`` is L and
    ``widest`` the most units or inputs.
    """

    layers: Any
    rows: Any
    rates: Any
    scales: Any
    share: Any
    numbers: Any
    loss: int
    reads: int
    optimizer: int
    depth: int
    parameters: int
    widest: int


class Settings(NamedTuple):
    """What steers the steps: ``coefficients`` (R, steps, C) are the optimizer's, ``weights`` (P,) is 1 for weights.

    Only where ``shaped`` is true are looked at: ``free`` (P,), 0 for what is frozen, where ``held`` says that something
    is; the limits of the gradient, 0 for none; and ``decays`` (R, steps), the share each step takes off the weights.
    """

    coefficients: Any
    weights: Any
    l1: Any
    l2: Any
    seed: Any
    batch: int
    shaped: bool
    held: bool
    free: Any
    clip_value: Any
    clip_norm: Any
    decays: Any


class Stack(NamedTuple):
    """The runs, each array (R, P) but ``slots`` (S, R, P), ``losses`` (R,) and ``failed`` (R,), changed in place.

    P is padded to whole vectors where a stack trains. ``good`` is the θ before the last step; ``failed`` the step whose
    loss was not finite, or -1.
    """

    thetas: Any
    good: Any
    slots: Any
    gradients: Any
    updates: Any
    losses: Any
    failed: Any


class Run(NamedTuple):
    """Pointers to what belongs to one run: Stack's arrays and Settings', from its own row on."""

    theta: Any
    good: Any
    slots: Any
    apart: int
    g: Any
    update: Any
    coefficients: Any
    each: int
    decays: Any


class Space(NamedTuple):
    """Pointers to working space for a batch: all layers' z, a and mask, two deltas, and four of the outputs' size.

    ``losses`` has a number and ``labels`` a float64 for each lane.
    """

    z: Any
    a: Any
    mask: Any
    delta: Any
    other: Any
    targets: Any
    values: Any
    log_p: Any
    losses: Any
    labels: Any


class Samples(NamedTuple):
    """Pointers to inputs (D, N), targets (K, N) and labels or values (N,), and how many there are."""

    x: Any
    t: Any
    y: Any
    size: int


class Record(NamedTuple):
    """What ``epochs`` writes down: ``sums`` (E, 4), ``norms`` (E, 3, L), ``thetas`` (E, P) and ``slots`` (E, S, P).

    The sums are of the losses and of the scores, over the samples that train and over those that test; a score is a
    hit, or for values the squared error. The norms are the squared ones of gradient, update and θ.
    """

    sums: Any
    norms: Any
    thetas: Any
    slots: Any


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


def room(rows: int, outputs: int, widest: int, lanes: int) -> int:
    """How many numbers of working space ``space_in`` wants."""
    return (3 * rows + 2 * widest + 3 * outputs + 1) * lanes


@jit
def layer(plan: Any, index: int, column: int) -> Any:
    """A number of a layer's plan."""
    return get(plan.layers, index * COLUMNS + column)


@jit
def space_in(plan: Any, work: Any, labels: Any, lanes: int) -> Any:
    """Working space for batches of ``lanes``, laid out behind the pointers ``work`` and ``labels``."""
    last = plan.depth - 1
    outputs = layer(plan, last, UNITS) * lanes
    size, wide = get(plan.rows, plan.depth) * lanes + outputs, plan.widest * lanes
    deltas = shift(work, 3 * size)
    small = shift(deltas, 2 * wide)
    return Space(
        work,
        shift(work, size),
        shift(work, 2 * size),
        deltas,
        shift(deltas, wide),
        small,
        shift(small, outputs),
        shift(small, 2 * outputs),
        shift(small, 3 * outputs),
        labels,
    )


@jit
def run_of(plan: Any, settings: Any, stack: Any, run: int) -> Any:
    """The pointers of one run."""
    runs, stride = stack.thetas.shape
    steps, each = settings.coefficients.shape[1:]
    at = run * stride
    return Run(
        shift(pointer(stack.thetas), at),
        shift(pointer(stack.good), at),
        shift(pointer(stack.slots), at),
        runs * stride,
        shift(pointer(stack.gradients), at),
        shift(pointer(stack.updates), at),
        shift(pointer(settings.coefficients), run * steps * each),
        each,
        shift(pointer(settings.decays), run * steps),
    )


# ---- a batch ---------------------------------------------------------------------------------------------------------


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
    step(plan.optimizer, own.theta, own.g, own.slots, own.apart, shift(own.coefficients, row * own.each), own.update, n)
    if settings.shaped:
        weights, decay = pointer(settings.weights), get(own.decays, row)
        decay_and_hold(own.theta, own.good, own.update, weights, free, settings.held, decay, n)


# ---- training --------------------------------------------------------------------------------------------------------


@jit
def steps_of(
    plan: Any,
    settings: Any,
    stack: Any,
    run: int,
    row: int,
    number: int,
    samples: Any,
    order: Any,
    size: int,
    steps: int,
    space: Any,
) -> bool:
    """``steps`` steps of one run over the batches of ``order``; false where it diverged, θ the last good one."""
    own = run_of(plan, settings, stack, run)
    inputs, outputs = layer(plan, 0, FAN_IN), layer(plan, plan.depth - 1, UNITS)
    lanes = (settings.batch + WIDTH - 1) // WIDTH * WIDTH
    for i in range(steps):
        begin = i * settings.batch
        count = min(settings.batch, size - begin)
        some = shift(order, begin)
        gather(samples.x, samples.size, some, count, space.a, inputs, lanes)
        gather(samples.t, samples.size, some, count, space.targets, outputs, lanes)
        loss = batch_gradient(plan, settings, own.theta, own.g, run, number + i, count, space, lanes)
        stack.losses[run] = loss
        if not np.isfinite(loss):
            return give_up(plan, stack, own, run, number + i)
        update(plan, settings, own, row + i)
    if not finite(own.theta, plan.parameters):
        return give_up(plan, stack, own, run, number + steps)
    return True


@jit
def give_up(plan: Any, stack: Any, own: Any, run: int, number: int) -> bool:
    """Note that the run failed at step ``number``, and go back to the last good θ; gives false."""
    stack.failed[run] = number
    copy(own.good, own.theta, plan.parameters)
    return False


# ---- looking ---------------------------------------------------------------------------------------------------------


@jit
def evaluate(plan: Any, thetas: Any, samples: Any, losses: Any, outputs: Any, runs: Any, part: Any, space: Any) -> None:
    """Losses and outputs of the stack's runs from runs[0] to runs[1], on the samples from part[0] to part[1].

    ``losses`` is (R, N) for each sample's, (R, 1) for their means, which must then be 0 at first, or without rows.
    ``outputs`` (R, rows, N) gets the last so many rows of all layers' activations, unless it is without rows, too.
    """
    inputs, units = layer(plan, 0, FAN_IN), layer(plan, plan.depth - 1, UNITS)
    rows = get(plan.rows, plan.depth) + units
    for begin in range(part[0], part[1], BLOCK):
        count = min(BLOCK, part[1] - begin)
        fill(samples.x, samples.size, begin, count, space.a, inputs, BLOCK)
        if losses.shape[0] > 0:
            fill(samples.t, samples.size, begin, count, space.targets, units, BLOCK)
        for run in range(runs[0], runs[1]):
            theta = shift(pointer(thetas), run * thetas.shape[1])
            for index in range(plan.depth):
                layer_forward(plan, theta, index, space, BLOCK)
            if losses.shape[0] > 0:
                batch_losses(plan, space, BLOCK)
                if losses.shape[1] == samples.size:
                    for k in range(count):
                        losses[run, begin + k] = get(space.losses, k)
                else:
                    losses[run, 0] += sum_of(space.losses, count) / samples.size
            if outputs.shape[0] > 0:
                above = rows - outputs.shape[1]
                for o in range(outputs.shape[1]):
                    for k in range(count):
                        outputs[run, o, begin + k] = get(space.a, (above + o) * BLOCK + k)


@jit
def scores(a: Any, labels: Any, k: int, units: int, lanes: int, middle: Any) -> Any:
    """What lanes ``k`` on score: 1 where the largest output, or a single one above ``middle``, is the label's.

    Where ``middle`` is NaN, outputs are values, and score their squared distance.
    """
    zero, one, label, top = 0.0, 1.0, load(labels, k), load(a, k)
    if np.isnan(middle):
        gap = wide(top) - label
        return gap * gap
    best = spread(zero)
    if units == 1:
        best = where(top > middle, one, best)
    for o in range(1, units):
        value = load(a, o * lanes + k)
        better = value > top
        best, top = where(better, one * o, best), where(better, value, top)
    return where(best == label, one, zero)


@exact
def survey(plan: Any, theta: Any, samples: Any, trained: int, middle: Any, sums: Any, space: Any) -> None:
    """Sums over all samples, of which the first ``trained`` train: losses, then hits, or for values squared errors.

    They are added up lane by lane, whatever it is called for, so that the bits are the same.
    """
    inputs, units = layer(plan, 0, FAN_IN), layer(plan, plan.depth - 1, UNITS)
    a = shift(space.a, get(plan.rows, plan.depth) * BLOCK)
    zero = spread(0.0)
    train_loss, test_loss, train_score, test_score = zero, zero, zero, zero
    for begin in range(0, samples.size, BLOCK):
        count = min(BLOCK, samples.size - begin)
        fill(samples.x, samples.size, begin, count, space.a, inputs, BLOCK)
        fill(samples.t, samples.size, begin, count, space.targets, units, BLOCK)
        fill(samples.y, samples.size, begin, count, space.labels, 1, BLOCK)
        for index in range(plan.depth):
            layer_forward(plan, theta, index, space, BLOCK)
        batch_losses(plan, space, BLOCK)
        for k in range(0, count, WIDTH):
            trains, there = first(trained - begin - k), first(count - k)
            loss, score = wide(load(space.losses, k)), scores(a, space.labels, k, units, BLOCK, middle)
            loss, score = where(there, loss, 0.0), where(there, score, 0.0)
            train_loss, train_score = train_loss + where(trains, loss, 0.0), train_score + where(trains, score, 0.0)
            test_loss, test_score = test_loss + where(trains, 0.0, loss), test_score + where(trains, 0.0, score)
    sums[0], sums[1], sums[2], sums[3] = total(train_loss), total(test_loss), total(train_score), total(test_score)


@exact
def layer_norms(plan: Any, stack: Any, norms: Any) -> None:
    """Squared norms (3, L) of each layer's gradient, update and parameters."""
    for index in range(plan.depth):
        begin = layer(plan, index, WEIGHT)
        end = layer(plan, index + 1, WEIGHT) if index + 1 < plan.depth else plan.parameters
        for kind in range(3):
            array = (
                pointer(stack.gradients)
                if kind == 0
                else pointer(stack.updates)
                if kind == 1
                else pointer(stack.thetas)
            )
            squares = 0.0
            for p in range(begin, end):
                squares += np.float64(get(array, p)) * np.float64(get(array, p))
            norms[kind, index] = squares


@jit
def epochs(
    plan: Any,
    settings: Any,
    stack: Any,
    samples: Any,
    everything: Any,
    middle: Any,
    place: Any,
    order: Any,
    record: Any,
    space: Any,
    wide: Any,
) -> int:
    """Whole epochs of one run, each shuffled anew, surveyed and written down; gives how many were finished.

    An epoch after which the loss over all training samples is not finite is not: its θ is the last good one.
    """
    epoch, number, size, parameters = place[0], place[1], samples.size, plan.parameters
    own = run_of(plan, settings, stack, 0)
    steps = (size + settings.batch - 1) // settings.batch
    for done in range(record.sums.shape[0]):
        shuffle(settings.seed, epoch + done, order, size)
        row = done * steps
        if not steps_of(plan, settings, stack, 0, row, number + row, samples, order, size, steps, space):
            return done
        survey(plan, own.theta, everything, size, middle, record.sums[done], wide)
        if not np.isfinite(record.sums[done, 0]):
            give_up(plan, stack, own, 0, number + row + steps)
            return done
        layer_norms(plan, stack, record.norms[done])
        for p in range(parameters):
            record.thetas[done, p] = get(own.theta, p)
        for slot in range(record.slots.shape[1]):
            for p in range(parameters):
                record.slots[done, slot, p] = get(own.slots, slot * own.apart + p)
    return int(record.sums.shape[0])


@jit
def pointers(plan: Any) -> Any:
    """The plan with pointers in the place of its arrays."""
    return Plan(
        pointer(plan.layers),
        pointer(plan.rows),
        pointer(plan.rates),
        pointer(plan.scales),
        plan.share,
        pointer(plan.numbers),
        plan.loss,
        plan.reads,
        plan.optimizer,
        plan.depth,
        plan.parameters,
        plan.widest,
    )


@kernel
def call(
    task: int,
    plan: Any,
    settings: Any,
    stack: Any,
    arrays: Any,
    order: Any,
    middle: Any,
    place: Any,
    tables: Any,
    work: Any,
) -> int:
    """The one way in, for one compilation: carries out ``task``; gives the epochs finished, where that is the task.

    ``arrays`` is x and t to train on, x, t and y to measure on; ``place`` says at which epoch and step, how many
    steps, how many samples train, and from where to where the runs and the samples go; ``tables`` has losses, outputs,
    and a Record; ``work`` is space for a batch and for a block, and for its labels.
    """
    x, t, all_x, all_t, y = arrays
    losses, outputs, record = tables
    batch_work, block_work, labels = work
    plan = pointers(plan)
    lanes = (settings.batch + WIDTH - 1) // WIDTH * WIDTH
    batch = space_in(plan, pointer(batch_work), pointer(labels), lanes)
    block = space_in(plan, pointer(block_work), pointer(labels), BLOCK)
    samples = Samples(pointer(x), pointer(t), pointer(y), x.shape[1])
    everything = Samples(pointer(all_x), pointer(all_t), pointer(y), all_x.shape[1])
    if task == TRAIN:
        for run in range(place[4], place[5]):
            steps_of(plan, settings, stack, run, 0, place[1], samples, pointer(order), order.size, place[2], batch)
    elif task == EPOCHS:
        return epochs(plan, settings, stack, samples, everything, middle, place, pointer(order), record, batch, block)
    elif task == SURVEY:
        survey(plan, pointer(stack.thetas), everything, place[3], middle, record.sums[0], block)
    elif task == NORMS:
        layer_norms(plan, stack, record.norms[0])
    else:
        evaluate(plan, stack.thetas, everything, losses, outputs, (place[4], place[5]), (place[6], place[7]), block)
    return 0
