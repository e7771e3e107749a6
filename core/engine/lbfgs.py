"""L-BFGS on all training samples: a direction from the last steps and gradients, and a search along it.

The direction is Nocedal & Wright's two-loop recursion (Numerical Optimization, 2nd ed. 2006, algorithm 7.4, with the
scaling of equation 7.20; Liu & Nocedal 1989), the search halves the step until Armijo's condition holds (their
algorithm 3.1). Where the first try is accepted, the path is the one of ``torch.optim.LBFGS`` without a line search.

What is minimised is the mean loss with the L1 and L2 penalties, L1 by its subgradient sign(w), which is 0 at 0. Frozen
numbers stay, and gradients are clipped before anything is made of them. Decoupled weight decay comes after the search,
and is part of the step that is remembered. Dropout's masks are drawn for the gradient; the search measures without.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.optimizers import MEMORY

if TYPE_CHECKING:
    from core.engine.array import ArrayEngine, Hyper, State, Trained

CURVATURE = 1e-10
"""A pair counts where s·y is above this, as PyTorch has it."""
SUFFICIENT = 1e-4
"""The share of the decrease promised by the slope that a step has to bring (Nocedal & Wright, equation 3.4)."""
TRIES = 30
"""Halvings until a search is given up: the direction is no good, or θ as low as rounding lets it be."""
ROUNDING = 8.0
"""Units of rounding of the loss that count as no rise."""


def step(engine: ArrayEngine, state: State, x: Any, t: Any, hyper: Hyper) -> Trained:
    """One step of each run of the stack, on all samples ``x`` (D, N) with targets ``t`` (K, N) on the device.

    Where no step along the direction is lower, θ stays, and the pairs are forgotten: the next step goes down the
    gradient itself. A run whose loss is not finite keeps its last good θ, as with every optimizer.
    """
    xp, thetas = engine.xp, state.thetas
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        here = _gradient(engine, state, x, t, hyper)
        gradient = xp.astype(here.gradient, xp.float64)
        pairs, fresh = _remembered(xp, state.slots, gradient)
        direction = -_two_loops(xp, gradient, pairs, int(hyper.settings["memory"]))
        if hyper.free is not None:
            direction = direction * hyper.free
        astray = ~(_dot(xp, gradient, direction) < 0.0)
        direction, fresh = xp.where(astray, -gradient, direction), fresh | astray
        rate = hyper.rate_of(0)
        first = rate * xp.where(fresh, xp.minimum(1.0, 1.0 / xp.sum(xp.abs(gradient), axis=1, keepdims=True)), 1.0)
        move, found = _search(engine, thetas, x, t, gradient, direction, first, hyper)
        if hyper.decay:
            decay = rate * hyper.decay * engine.penalised * thetas
            move = move - (decay if hyper.free is None else decay * hyper.free)
        keep, kind = found & ~astray, thetas.dtype
        kept = [xp.astype(xp.where(keep, array, 0.0), kind) for array in pairs]
        slots = (*kept, move, xp.where(found, here.gradient, xp.zeros_like(move)))
        going = engine.array(here.failed < 0)[:, None] > 0
        after = replace(
            state,
            thetas=xp.where(going, thetas + move, here.state.thetas),
            slots=slots,
            step=state.step + 1,
            since=state.since + 1,
            good=xp.where(going, thetas, here.state.thetas),
        )
    return replace(here, state=after, update=-move)


def _gradient(engine: ArrayEngine, state: State, x: Any, t: Any, hyper: Hyper) -> Trained:
    """The loss and the clipped gradient at θ, by the engine's own training: a step of rate 0."""
    samples = x.shape[-1]
    still = replace(hyper, rate=0.0, batch_size=samples, optimizer="sgd", settings={}, decay=0.0)
    everything = engine.backend.to_device(np.arange(samples))
    return engine.train(replace(state, slots=()), x, t, everything, 1, still)


def _dot(xp: Any, a: Any, b: Any) -> Any:
    return xp.sum(a * b, axis=1, keepdims=True)


def _remembered(xp: Any, slots: tuple[Any, ...], gradient: Any) -> tuple[list[Any], Any]:
    """The pairs with the newest one among them where it counts, in float64, and which runs (R, 1) begin anew."""
    *pairs, move, before = (xp.astype(slot, xp.float64) for slot in slots)
    fresh = ~xp.any(before != 0.0, axis=1, keepdims=True)
    change = gradient - before
    counts = ~fresh & (_dot(xp, move, change) > CURVATURE)
    steps, changes = pairs[:MEMORY], pairs[MEMORY:]
    moved = zip([*steps, *changes], [move, *steps[:-1], change, *changes[:-1]], strict=True)
    return [xp.where(counts, newer, old) for old, newer in moved], fresh


def _two_loops(xp: Any, gradient: Any, pairs: list[Any], memory: int) -> Any:
    """H·g (R, P) by algorithm 7.4, with H0 = (s·y / y·y) I of the newest pair; a pair of zeros changes nothing."""
    counted = []
    for s, y in list(zip(pairs[:MEMORY], pairs[MEMORY:], strict=True))[:memory]:
        sy = _dot(xp, s, y)
        counts = sy > CURVATURE
        counted.append((s, y, xp.where(counts, 1.0 / xp.where(counts, sy, 1.0), 0.0)))
    q, shares = gradient, []
    for s, y, rho in counted:
        share = rho * _dot(xp, s, q)
        q = q - share * y
        shares.append(share)
    s, y, rho = counted[0]
    r = q * xp.where(rho > 0.0, _dot(xp, s, y) / xp.where(rho > 0.0, _dot(xp, y, y), 1.0), 1.0)
    for (s, y, rho), share in zip(reversed(counted), reversed(shares), strict=True):
        r = r + s * (share - rho * _dot(xp, y, r))
    return r


def _search(
    engine: ArrayEngine, thetas: Any, x: Any, t: Any, gradient: Any, direction: Any, first: Any, hyper: Hyper
) -> tuple[Any, Any]:
    """The step (R, P) along ``direction``, ``first`` times it or a half, a quarter, …; and whether (R, 1) there is one.

    Rises that are nothing but rounding are let through, so that the search does not end before the minimum is reached.
    """
    xp, length = engine.xp, first

    def objective(at: Any) -> Any:
        losses, _ = engine.measure(at, x, t)
        return xp.astype(engine._mean(losses) + engine._penalty(at, hyper.l1, hyper.l2), xp.float64)[:, None]

    before, slope = objective(thetas), _dot(xp, gradient, direction)
    rounding = ROUNDING * float(np.finfo(engine.dtype).eps) * xp.abs(before)
    tries, found, move = 0, xp.zeros_like(slope) > 0, xp.zeros_like(thetas)
    while tries < TRIES and not bool(xp.all(found)):
        length = xp.where(found | (tries == 0), length, 0.5 * length)
        move = xp.astype(length * direction, thetas.dtype)
        found = objective(thetas + move) <= before + SUFFICIENT * length * slope + rounding
        tries += 1
    return xp.where(found, move, xp.zeros_like(move)), found
