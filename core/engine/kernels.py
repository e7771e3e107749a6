"""The compiled kernels: many steps, many epochs, or a stack's forward passes in one call, without Python's lock."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from core.engine.cache import cache_folder
from core.engine.draws import shuffle
from core.engine.lanes import WIDTH, first, spread, total, where, wide
from core.engine.loops import copy, fill, finite, gather, sum_of
from core.engine.memory import get, load, pointer, shift
from core.engine.passes import batch_gradient, batch_losses, forward, update
from core.engine.plan import BLOCK, END, FAN_IN, UNITS, WEIGHT, Samples, layer, pointers, run_of, space_in
from core.engine.scalar import FAST, exact, jit
from core.engine.tiles import tile_steps

TRAIN, EPOCHS, SURVEY, NORMS, EVALUATE, TILES = range(6)
"""What ``call`` can do."""


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
        update(plan, settings, own, row + i, space, lanes)
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
            forward(plan, theta, space, BLOCK)
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
        forward(plan, theta, space, BLOCK)
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
    """Squared norms (3, L) of each layer's gradient, update and parameters, without running statistics."""
    for index in range(plan.depth):
        begin, end = layer(plan, index, WEIGHT), layer(plan, index, END)
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
    steps, how many samples train (or go through a tile together), and from where to where the runs, or tiles, and the
    samples go; ``tables`` has losses, outputs, and a Record; ``work`` is space for a batch and for a block, and for its
    labels.
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
    elif task == TILES:
        for tile in range(place[4], place[5]):
            tile_steps(
                plan, settings, stack, tile, place[1], samples, pointer(order), order.size, place[2], place[3],
                pointer(batch_work),
            )  # fmt: skip
    elif task == SURVEY:
        survey(plan, pointer(stack.thetas), everything, place[3], middle, record.sums[0], block)
    elif task == NORMS:
        layer_norms(plan, stack, record.norms[0])
    else:
        evaluate(plan, stack.thetas, everything, losses, outputs, (place[4], place[5]), (place[6], place[7]), block)
    return 0
