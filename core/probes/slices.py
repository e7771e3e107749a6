"""Cuts through the loss along one line: along a single weight, and along the optimizer's own next step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core import steering
from core.engine.array import State
from core.frozen import free
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.probes.directions import Floats
from core.probes.hessian import hessian_products
from core.probes.landscape import Objective
from core.spec import Training
from core.stopping import Watch

SEARCHED = 1e-6
"""A rate so small that a line search takes it at once: it shows the line that is searched."""
POINTS = 129
"""Points of a drawn line."""
SCAN = (-6.0, 4.0, 81)
"""Decades of the rate between which the line of a step is searched, and how many points are looked at: eight a decade.
"""
_ROUNDS, _FAN = 5, 17
"""A minimum or a crossing is narrowed so many times by so many points: to 10⁻⁵ of what the scan left."""


class Standing(Protocol):
    """Where a run stands, as a checkpoint of its history says it."""

    step: int
    since: int
    epoch: int
    offset: int
    theta: npt.NDArray[Any]
    slots: tuple[npt.NDArray[Any], ...]
    watch: Watch


def along(objective: Objective, theta: npt.ArrayLike, direction: npt.ArrayLike, at: npt.ArrayLike) -> Floats:
    """Losses (n,) at ``theta`` (P,) + ``at`` (n,) · ``direction`` (P,); infinite or NaN where they overflow."""
    theta, at = np.asarray(theta, dtype=np.float64), np.asarray(at, dtype=np.float64)
    size, parts = objective.stack, [np.empty(0)]
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(at), size):
            parts.append(objective(theta + at[start : start + size, None] * np.asarray(direction)))
    return np.concatenate(parts)


# ---- along one weight ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class WeightSlice:
    """The loss along one number of θ: ``losses`` (n,) at its values ``axis`` (n,), which contain its present one.

    ``slope`` is ∂L/∂w at ``value``, by backpropagation, and ``loss`` the loss there.
    """

    index: int
    value: float
    loss: float
    slope: float
    axis: Floats
    losses: Floats

    def tangent(self) -> Floats:
        """The tangent's height (n,) over the axis."""
        return self.loss + self.slope * (self.axis - self.value)


def along_weight(
    objective: Objective, theta: npt.ArrayLike, index: int, low: float, high: float, points: int = POINTS
) -> WeightSlice:
    """The loss along number ``index`` of ``theta`` (P,) from ``low`` to ``high``, its value now among the points."""
    theta = np.asarray(theta, dtype=np.float64)
    value = float(theta[index])
    axis = np.union1d(np.linspace(low, high, points), [value])
    unit = np.zeros(len(theta))
    unit[index] = 1.0
    (loss,), (gradient,) = objective.gradient(theta[None])
    return WeightSlice(
        index, value, float(loss), float(gradient[index]), axis, along(objective, theta, unit, axis - value)
    )


# ---- along the next step ---------------------------------------------------------------------------------------------


def next_samples(model: Model, at: Standing) -> npt.NDArray[np.int64]:
    """Which training samples the next batch of the run holds, in their order."""
    return steering.next_batch(model.experiment.training, len(model.prepared.y_train), at.epoch, at.offset)


def next_rate(training: Training, samples: int, at: Standing) -> float:
    """The rate that the schedule of ``training`` gives the next step of a run on so many ``samples``."""
    return steering.next_rate(training, samples, at.epoch, at.offset, at.watch.plateau.scale)


def next_direction(model: Model, at: Standing, samples: npt.NDArray[np.int64] | None = None) -> Floats:
    """What the next step adds to θ per unit of rate (P,), by the engine itself in float64; NaN where it overflows.

    Every optimizer's step, decay included, is the rate times something that does not depend on the rate: so the steps
    of all rates lie on one line; that of L-BFGS is the one its search looks along, and may stop earlier on. ``samples``
    are the ones it is computed on, all training samples where it is None. Running statistics, which a step moves by as
    much at any rate, stay where they are.
    """
    training, network = model.experiment.training, model.network
    engine = model.engine(precision="float64")
    row = OPTIMIZERS[training.optimizer.name]
    chosen = np.arange(len(model.prepared.y_train)) if samples is None else samples
    mask = free(model.experiment.network, network)
    rate = SEARCHED if row.whole else 1.0
    hyper = steering.hyper(training, rate, max(1, len(chosen)), None if mask is None else engine.array(mask))
    slots = tuple(engine.array(np.asarray(slot)[None]) for slot in at.slots)
    state = State(engine.array(np.asarray(at.theta)[None]), slots, at.step, at.since)
    x, targets = model.prepared.x_train, model.targets(model.prepared.y_train)
    columns = engine.columns(x[chosen]), engine.columns(targets[chosen])
    trained = engine.train(state, *columns, np.arange(len(chosen)), 1, hyper)
    if trained.update is None:
        return np.full(network.parameters, np.nan)
    direction: Floats = np.where(network.statistics, 0.0, -np.asarray(trained.update, dtype=np.float64)[0] / rate)
    return direction


@dataclass(frozen=True, eq=False)
class StepLine:
    """The loss along a step, as a function of the rate, and what is special on it.

    ``direction`` (P,) is the step per unit of rate. Near 0 the loss is ``loss`` + ``slope`` · rate + ½ ``curvature`` ·
    rate². ``back`` is the rate at which the loss is first back to the present one, over which the step makes it worse,
    and ``best`` the one before it with the lowest loss, ``best_loss``. Both are NaN where the step does not go down;
    ``back`` is infinite where the loss stays lower as far as was looked.
    """

    objective: Objective
    theta: Floats
    direction: Floats
    loss: float
    slope: float
    curvature: float
    best: float
    best_loss: float
    back: float

    @property
    def finite(self) -> bool:
        """Whether there is anything to draw."""
        return bool(np.isfinite(self.loss) and np.isfinite(self.slope) and np.isfinite(self.direction).all())

    @property
    def expected(self) -> float:
        """The rate at which the quadratic is lowest; infinite where it is not curved up, NaN for a step upwards."""
        if not self.slope < 0:
            return float("nan")
        return -self.slope / self.curvature if self.curvature > 0 else float("inf")

    def at(self, rate: npt.ArrayLike) -> Floats:
        """Losses (n,) where steps of ``rate`` (n,) land."""
        return along(self.objective, self.theta, self.direction, np.atleast_1d(np.asarray(rate, dtype=np.float64)))

    def predicted(self, rate: npt.ArrayLike) -> Floats:
        """What the slope and the curvature at θ predict for ``rate`` (n,): loss + slope · r + ½ curvature · r²."""
        r = np.asarray(rate, dtype=np.float64)
        height: Floats = self.loss + self.slope * r + 0.5 * self.curvature * r * r
        return height


def step_line(objective: Objective, theta: npt.ArrayLike, direction: npt.ArrayLike) -> StepLine:
    """Look along ``direction`` (P,), the step per unit of rate, from ``theta`` (P,).

    The curvature is dᵀ H d, from one product with the Hessian; the best rate and the one back to the present loss are
    searched over all of ``SCAN`` and narrowed. The objective should compute in float64.
    """
    theta, direction = np.array(theta, dtype=np.float64), np.array(direction, dtype=np.float64)
    (loss,), (gradient,) = objective.gradient(theta[None])
    with np.errstate(over="ignore", invalid="ignore"):
        slope = float(gradient @ direction)
        curvature = float(hessian_products(objective, theta, direction)[0] @ direction)
    line = StepLine(objective, theta, direction, float(loss), slope, curvature, *[float("nan")] * 3)
    if not line.finite or not np.isfinite(curvature):
        return line
    scan = np.concatenate([[0.0], np.logspace(*SCAN)])
    heights = line.at(scan)
    back = _back(line, scan, heights)
    valley = ~(scan > back)
    best, lowest = _lowest(line, scan[valley], heights[valley])
    return replace(line, best=best, best_loss=lowest, back=back)


def _lowest(line: StepLine, scan: Floats, heights: Floats) -> tuple[float, float]:
    """The rate and the loss at the lowest of ``heights`` (n,) over ``scan`` (n,); NaN where that is the start."""
    for _ in range(_ROUNDS):
        heights = np.where(np.isfinite(heights), heights, np.inf)
        least = int(np.argmin(heights))
        scan = np.linspace(scan[max(least - 1, 0)], scan[min(least + 1, len(scan) - 1)], _FAN)
        heights = line.at(scan)
    least = int(np.argmin(np.where(np.isfinite(heights), heights, np.inf)))
    if not heights[least] < line.loss or scan[least] <= 0:
        return float("nan"), float("nan")
    return float(scan[least]), float(heights[least])


def _back(line: StepLine, scan: Floats, heights: Floats) -> float:
    """The first rate at which the loss is back to where it was; NaN where it was never lower."""
    lower = heights < line.loss
    if not lower.any() or line.slope >= 0:
        return float("nan")
    first = int(np.argmax(lower))
    over = np.flatnonzero(~lower[first:])
    if not len(over):
        return float("inf")
    low, high = float(scan[first + int(over[0]) - 1]), float(scan[first + int(over[0])])
    for _ in range(_ROUNDS):
        inner = np.linspace(low, high, _FAN)
        worse = ~(line.at(inner) < line.loss)
        worse[0], worse[-1] = False, True
        at = int(np.argmax(worse))
        low, high = float(inner[at - 1]), float(inner[at])
    return (low + high) / 2.0


# ---- what is shown of it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class StepSlice:
    """A stretch of a ``line``: ``losses`` (n,) at the rates ``axis`` (n,), and the ``landing`` loss at ``rate``.

    ``own`` (n,) is how the loss of the batch that the step was computed on changes, None where that is all samples.
    """

    line: StepLine
    rate: float
    landing: float
    axis: Floats
    losses: Floats
    own: Floats | None = None

    def moved(self, rate: float) -> StepSlice:
        """The same stretch with another ``rate`` on it."""
        return replace(self, rate=rate, landing=float(self.line.at(rate)[0]))


def along_step(
    model: Model,
    objective: Objective,
    at: Standing,
    rate: float,
    batch: bool = False,
    log: bool = True,
    points: int = POINTS,
) -> StepSlice:
    """The loss along the next step of a run that stands ``at``, on all training samples or on its next ``batch``.

    Whatever the step is computed on, the loss is the ``objective``'s, and beside it the change of the batch's own.
    """
    samples = next_samples(model, at) if batch else None
    line = step_line(objective, at.theta, next_direction(model, at, samples))
    low, high = reach(line, rate, log)
    axis = np.geomspace(low, high, points) if log else np.linspace(low, high, points)
    if not line.finite:
        return StepSlice(line, rate, float("nan"), axis, np.full(points, np.nan))
    own = None
    if samples is not None:
        x, targets = model.prepared.x_train[samples], model.targets(model.prepared.y_train[samples])
        its = replace(objective, x=x, targets=targets, total=len(samples))
        heights = along(its, line.theta, line.direction, np.concatenate([[0.0], axis]))
        own = heights[1:] - heights[0]
    return StepSlice(line, rate, float(line.at(rate)[0]), axis, line.at(axis), own)


def reach(line: StepLine, rate: float, log: bool) -> tuple[float, float]:
    """From which to which rate a line is worth seeing: ``rate``, the best, the one back to the start, and some room."""
    least, most = 10.0 ** SCAN[0], 10.0 ** SCAN[1]
    special = [value for value in (line.best, line.back, line.expected) if least < value < most]
    if log:
        low, high = min([*special, rate]) / 4.0, 1.6 * max([*special, rate])
        return 10.0 ** float(np.floor(np.log10(low))), 10.0 ** float(np.ceil(2.0 * np.log10(high)) / 2.0)
    far = max(special[:2], default=rate)
    # A rate far beyond them would leave no room for what is to be seen: it is said in numbers.
    return 0.0, _rounded(1.3 * max(far, min(rate, 4.0 * far)))


def _rounded(value: float) -> float:
    """The next number above of two digits or fewer, so that an axis does not move with every step."""
    power: float = 10.0 ** float(np.floor(np.log10(value)))
    return float(np.ceil(2.0 * value / power)) / 2.0 * power
