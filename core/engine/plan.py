"""What the compiled kernels are given: a plan of the network, settings, runs, samples, and working space."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.engine.memory import get, pointer, shift
from core.engine.scalar import jit

UNITS, FAN_IN, WEIGHT, BIAS, ACTIVATION, END, NORM, GAIN, SHORTCUT, FED, COLUMNS = range(11)
"""Columns of a plan: a layer's width, inputs, where its weights and biases (-1: none) begin, its activation's code,
where what the optimizer moves of it ends; its normalisation's code, where that one's parameters begin, one block of
``units`` after another; the column that its shortcut comes from (-1: none; 0: the inputs, n: layer n - 1), and whether
shortcuts lead from its own to later ones."""
BLOCK = 128
"""Samples that go through a network together where it does not train."""


class Plan(NamedTuple):
    """What a kernel needs to know of a network, its loss and its optimizer; the arrays are pointers within kernels.

    ``layers`` (L, COLUMNS) has the columns above; ``rows`` (L + 1,) says how many rows of lanes lie before each layer's
    in a buffer, the inputs' first; ``rates`` (L,) are dropout's and ``scales`` what it multiplies the kept by;
    ``share`` is 1 / K where a loss is a mean over outputs; ``numbers`` are the loss's own; ``depth`` is L,
    ``widest`` the most units or inputs, and ``plain`` says that no layer has a normalisation or a shortcut.
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
    plain: bool


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

    ``losses`` has a number and ``labels`` a float64 for each lane. Only networks that are not plain have the last
    three, of all layers, too: ẑ in ``normal``, its statistics, and dL/da that came ``back`` through shortcuts.
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
    normal: Any
    stats: Any
    back: Any


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


def room(rows: int, outputs: int, widest: int, lanes: int, plain: bool) -> int:
    """How many numbers of working space ``space_in`` wants."""
    return ((3 if plain else 6) * rows + 2 * widest + 3 * outputs + 1) * lanes


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
    # In a plain network this lies beyond the end, and is not looked at.
    more = shift(small, 3 * outputs + lanes)
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
        more,
        shift(more, size),
        shift(more, 2 * size),
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
        plan.plain,
    )
