"""Several optimizers from one θ on the same batches: who gets where?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.array import Hyper, State
from core.frozen import free
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.probes.landscape import Objective
from core.random import key, permutation
from core.spec import Choice
from core.tables import settle

MARKS = 120
"""Places along each path that are kept, at most."""
_NUMBERS = 1 << 24
"""Numbers of θ that all of them may have together."""
TRIED = np.geomspace(1e-5, 10.0, 25)
"""Learning rates among which ``tuned`` looks for the best: four to each power of ten."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contender:
    """An optimizer with its settings, and its constant learning rate."""

    optimizer: Choice
    rate: float


@dataclass(frozen=True, eq=False)
class Race:
    """How far ``contenders`` (R) have come: θ (R, T, P) and the objective (R, T) after ``steps`` (T,) steps.

    ``failed`` (R,) is the step at which a contender's loss was no longer finite, -1 for none; from there on its θ and
    losses are NaN. ``total`` steps are to be taken; the race is over when the last of ``steps`` is that.
    """

    contenders: tuple[Contender, ...]
    total: int
    steps: npt.NDArray[np.int64]
    thetas: npt.NDArray[np.float32]
    losses: Floats
    failed: npt.NDArray[np.int64]

    @property
    def finished(self) -> bool:
        """Whether all steps have been taken."""
        return int(self.steps[-1]) >= self.total


def race(
    model: Model,
    theta: npt.ArrayLike,
    contenders: Sequence[Contender],
    steps: int,
    seed: int = 0,
    batch: int | None = None,
    marks: int = MARKS,
) -> Iterator[Race]:
    """Train each of ``contenders`` from ``theta`` (P,) for ``steps`` steps; gives the race so far at each mark.

    On all points at once, or in batches of ``batch`` drawn from ``seed``, the same for all; with the model's penalties,
    decay, clipping, dropout and frozen weights, at constant rates. Raises SpecError without points to train on.
    """
    if problem := model.untrainable:
        raise problem
    course, objective = _Course.of(model, seed, batch), Objective.of(model)
    stacks = [_Stack.of(model, theta, contenders, group) for group in _groups(model, contenders)]
    room = _NUMBERS // (len(contenders) * model.network.parameters)
    every = -(-steps // max(2, min(marks, room, steps)))
    at = np.unique(np.append(np.arange(0, steps, every), steps))
    thetas = np.full((len(contenders), len(at), model.network.parameters), np.nan, np.float32)
    losses = np.full((len(contenders), len(at)), np.nan)
    failed = np.full(len(contenders), -1, np.int64)
    for index, step in enumerate(at):
        for stack in stacks:
            stack.run_to(int(step), course, failed)
            thetas[stack.members, index] = stack.state.thetas
        alive = failed < 0
        losses[alive, index] = objective(thetas[alive, index]) if alive.any() else np.nan
        done = slice(index + 1)
        yield Race(tuple(contenders), steps, at[done], thetas[:, done], losses[:, done], failed.copy())


def tuned(
    model: Model, theta: npt.ArrayLike, optimizer: Choice, steps: int, seed: int = 0, batch: int | None = None
) -> float:
    """The rate among ``TRIED`` that brings the objective lowest in ``steps`` steps from ``theta``; else the usual."""
    contenders = [Contender(optimizer, float(rate)) for rate in TRIED]
    *_, last = race(model, theta, contenders, steps, seed, batch, marks=2)
    ends = np.where(last.failed < 0, last.losses[:, -1], np.nan)
    return float(TRIED[np.nanargmin(ends)]) if np.isfinite(ends).any() else OPTIMIZERS[optimizer.name].usual_rate


def _groups(model: Model, contenders: Sequence[Contender]) -> list[list[int]]:
    """Contenders that can share a stack: one formula, many rates; alone where dropout draws for each run anew."""
    if any(layer.dropout for layer in model.network.layers):
        return [[index] for index in range(len(contenders))]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, one in enumerate(contenders):
        groups.setdefault((one.optimizer.name, *sorted(one.optimizer.settings.items())), []).append(index)
    return list(groups.values())


@dataclass(frozen=True, eq=False)
class _Course:
    """The points, and which of them each step sees."""

    x: Any
    t: Any
    count: int
    batch: int
    seed: int
    hyper: Hyper

    @classmethod
    def of(cls, model: Model, seed: int, batch: int | None) -> _Course:
        engine, prepared, training = model.engine(), model.prepared, model.experiment.training
        count = len(prepared.y_train)
        mask = free(model.experiment.network, model.network)
        size = count if batch is None else min(batch, count)
        hyper = Hyper(
            0.0,
            size,
            "sgd",
            {},
            training.l1,
            training.l2,
            seed,
            training.weight_decay,
            training.clip_norm,
            training.clip_value,
            None if mask is None else engine.array(mask),
        )
        x, t = engine.columns(prepared.x_train), engine.columns(model.targets(prepared.y_train))
        return cls(x, t, count, size, seed, hyper)

    def legs(self, step: int, goal: int) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
        """From ``step`` to ``goal``: so many steps at a time, and the samples they see in order."""
        each = -(-self.count // self.batch)
        if each == 1:
            yield goal - step, np.tile(np.arange(self.count), goal - step)
            return
        while step < goal:
            epoch, place = divmod(step, each)
            taken = min(goal - step, each - place)
            order = permutation(key(self.seed, epoch), self.count)
            yield taken, np.ascontiguousarray(order[place * self.batch :])
            step += taken


class _Stack:
    """Contenders of one optimizer, trained together; those that fail drop out."""

    def __init__(self, engine: Any, state: State, members: list[int], rates: Floats, choice: Choice) -> None:
        self.engine, self.state, self.members, self.rates = engine, state, members, rates
        row = OPTIMIZERS[choice.name]
        self.name, self.settings = row.name, settle("race.optimizer", row.settings, choice.settings)

    @classmethod
    def of(cls, model: Model, theta: npt.ArrayLike, contenders: Sequence[Contender], members: list[int]) -> _Stack:
        engine, choice = model.engine(), contenders[members[0]].optimizer
        thetas = np.tile(np.asarray(theta), (len(members), 1))
        rates = np.array([contenders[index].rate for index in members])
        return cls(engine, engine.zero_state(thetas, choice.name), list(members), rates, choice)

    def run_to(self, goal: int, course: _Course, failed: npt.NDArray[np.int64]) -> None:
        """Train to step ``goal``; writes into ``failed`` (R,) who did not get there."""
        for steps, order in course.legs(self.state.step, goal):
            if not self.members or not steps:
                return
            rate = self.engine.array(self.rates[:, None])
            hyper = replace(course.hyper, rate=rate, optimizer=self.name, settings=self.settings)
            trained = self.engine.train(self.state, course.x, course.t, order, steps, hyper)
            self.state = replace(trained.state, step=self.state.step + steps, since=self.state.since + steps)
            self._drop(trained.failed, failed)

    def _drop(self, fell: npt.NDArray[np.int64], failed: npt.NDArray[np.int64]) -> None:
        if (fell < 0).all():
            return
        for member, step in zip(self.members, fell, strict=True):
            failed[member] = max(failed[member], step)
        kept = np.flatnonzero(fell < 0)
        self.members, self.rates = [self.members[index] for index in kept], self.rates[kept]
        good = None if self.state.good is None else self.state.good[kept]
        slots = tuple(slot[kept] for slot in self.state.slots)
        self.state = replace(self.state, thetas=self.state.thetas[kept], slots=slots, good=good)
