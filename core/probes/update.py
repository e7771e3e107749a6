"""The step that training would take next, number by number: from the gradient of a sample, the batch or all of them.

It is the array engine's own step, in float64 and without dropout, with the optimizer, the rate of this moment and all
that regularises, clips and freezes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.engine.array import State
from core.frozen import free
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.probes.explain import plain_engine
from core.steering import hyper, next_batch, next_rate

Floats = npt.NDArray[np.float64]
Scope = Literal["sample", "batch", "all"]


@dataclass(frozen=True, eq=False)
class Clock:
    """Where a run is: whole ``epoch`` and samples into it, steps, and what the optimizer remembers, each (P,)."""

    epoch: int = 0
    offset: int = 0
    step: int = 0
    since: int = 0
    slots: tuple[npt.NDArray[Any], ...] = ()
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Update:
    """One step over some samples: their ``losses`` (B,), whose mean with the ``penalty`` is the objective J.

    ``samples`` (B,) are indices into the data's points, -1 for one that is not among them. ``gradient`` (P,) is that of
    J, ``used`` (P,) what the optimizer gets of it after freezing and clipping; ``change`` (P,) is what comes off θ, and
    ``slots`` what the optimizer remembers after it, its ``t``-th step. ``numbers`` are its coefficients, ``theta`` (P,)
    is θ after it.
    With batch norm, losses and objective go by the running statistics, the gradient by the batch's own, as a step does.
    """

    samples: npt.NDArray[np.int64]
    losses: Floats
    penalty: float
    objective: float
    gradient: Floats
    used: Floats
    change: Floats
    slots: tuple[Floats, ...]
    theta: Floats
    rate: float
    numbers: tuple[float, ...]
    t: int

    @property
    def mean(self) -> float:
        """The empirical loss: the mean over the samples."""
        return float(self.losses.mean()) if len(self.losses) else float("nan")


def upcoming(model: Model, clock: Clock) -> npt.NDArray[np.int64]:
    """The samples (B,) of the batch that training takes next, as indices into the data's points."""
    rows = next_batch(model.experiment.training, len(model.prepared.y_train), clock.epoch, clock.offset)
    return np.flatnonzero(model.prepared.train)[rows]


def trained(model: Model) -> npt.NDArray[np.int64]:
    """All samples that train, as indices into the data's points."""
    return np.flatnonzero(model.prepared.train)


def rate_at(model: Model, clock: Clock) -> float:
    """The learning rate of the step at ``clock``, by the schedule."""
    count = len(model.prepared.y_train)
    return next_rate(model.experiment.training, count, clock.epoch, clock.offset, clock.scale)


def update(
    model: Model, theta: npt.ArrayLike, x: npt.ArrayLike, target: npt.ArrayLike, samples: npt.ArrayLike, clock: Clock
) -> Update:
    """The step at θ (P,) over the samples ``x`` (B, D) with ``target`` (B, K); raises ValueError for none at all."""
    x, target = np.atleast_2d(np.asarray(x, np.float64)), np.atleast_2d(np.asarray(target, np.float64))
    theta, training = np.asarray(theta, np.float64), model.experiment.training
    if not len(x):
        raise ValueError("a step needs at least one sample")
    engine, row = plain_engine(model.network), OPTIMIZERS[training.optimizer.name]
    given = hyper(training, rate_at(model, clock), len(x), free(model.experiment.network, model.network))
    state = _state(engine.zero_state(theta[None], row.name, clock.step), clock, len(row.slots))
    with np.errstate(all="ignore"):
        losses = engine.losses(theta[None], x, target)[0]
        objective = engine.loss(theta[None], x, target, training.l1, training.l2)
        _, gradient = engine.gradient(theta[None], x, target, training.l1, training.l2, batch_statistics=True)
        after = engine.train(state, engine.columns(x), engine.columns(target), np.arange(len(x)), 1, given)
    return Update(
        np.asarray(samples, dtype=np.int64).reshape(-1),
        losses,
        float(objective[0] - losses.mean()) if training.l1 or training.l2 else 0.0,
        float(objective[0]),
        gradient[0],
        after.gradient[0],
        after.update[0],
        tuple(slot[0] for slot in after.state.slots),
        after.state.thetas[0],
        float(given.rate),
        tuple(float(c) for c in row.coefficients(given.rate, state.since + 1, given.settings)),
        state.since + 1,
    )


def _state(fresh: State, clock: Clock, slots: int) -> State:
    """The state at ``clock``, where what the optimizer remembers fits; else one that remembers nothing yet."""
    if len(clock.slots) != slots or any(slot.shape != fresh.thetas.shape[1:] for slot in clock.slots):
        return fresh
    kept = tuple(np.asarray(slot, np.float64)[None] for slot in clock.slots)
    return State(fresh.thetas, kept, clock.step, clock.since)
