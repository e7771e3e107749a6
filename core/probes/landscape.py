"""The loss landscape: the objective on a plane through θ, coarse to fine.

Li, Xu, Taylor, Studer & Goldstein, "Visualizing the Loss Landscape of Neural Nets", 2018 (arXiv:1712.09913).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.array import ArrayEngine
from core.model import Model
from core.probes.directions import Floats, Plane
from core.random import key, permutation

SAMPLES = 2000
"""Training points a landscape is computed on at most; of more, a fixed random part is taken."""
SIZES = (9, 17, 33, 65, 129)
"""Points along each axis, coarse to fine; each grid holds the one before: n, then 2 n - 1."""
BATCH = 1 << 22
"""Numbers in one layer's activations, or in a stack of θ, that are computed between two chances to break off."""


@dataclass(frozen=True, eq=False)
class Objective:
    """What training minimises, as a function of θ alone: mean loss over ``samples`` of ``total`` training points.

    With the L1 and L2 penalties, without dropout.
    """

    engine: ArrayEngine
    x: npt.NDArray[Any]
    targets: npt.NDArray[Any]
    l1: float
    l2: float
    total: int

    @classmethod
    def of(cls, model: Model, limit: int = SAMPLES, seed: int = 0, precision: Any = None) -> Objective:
        """The objective of ``model``, on at most ``limit`` training points chosen by ``seed``, in its own precision."""
        x, y = model.prepared.x_train, model.prepared.y_train
        if len(y) > limit:
            chosen = np.sort(permutation(key(seed), len(y))[:limit])
            x, y = x[chosen], y[chosen]
        training = model.experiment.training
        total = len(model.prepared.y_train)
        return cls(model.engine(precision=precision), x, model.targets(y), training.l1, training.l2, total)

    @property
    def samples(self) -> int:
        """How many points it is computed on."""
        return len(self.x)

    @property
    def penalised(self) -> bool:
        """Whether it is more than the mean loss that a run records."""
        return self.l1 > 0 or self.l2 > 0

    def __call__(self, thetas: npt.ArrayLike) -> Floats:
        """Losses (R,) of ``thetas`` (R, P), infinite or NaN where they overflow; NaN without points."""
        if not self.samples:
            return np.full(len(np.asarray(thetas)), np.nan)
        return np.asarray(self.engine.loss(thetas, self.x, self.targets, self.l1, self.l2), dtype=np.float64)

    def gradient(self, thetas: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Losses (R,) and their gradients (R, P) at ``thetas`` (R, P); NaN and zeros without points."""
        if not self.samples:
            thetas = np.asarray(thetas, dtype=np.float64)
            return np.full(len(thetas), np.nan), np.zeros_like(thetas)
        loss, gradient = self.engine.gradient(thetas, self.x, self.targets, self.l1, self.l2)
        return np.asarray(loss, dtype=np.float64), np.asarray(gradient, dtype=np.float64)

    @property
    def stack(self) -> int:
        """How many θ to compute at a time."""
        network = self.engine.network
        return max(1, BATCH // max(1, max(network.shape) * self.samples, network.parameters))


@dataclass(frozen=True, eq=False)
class Surface:
    """The objective on a grid of the plane: ``losses[i, j]`` of (n, n) at α = ``axis[j]``, β = ``axis[i]``.

    ``axis`` (n,) ascends from -span to span; losses that overflow are infinite or NaN.
    """

    plane: Plane
    span: float
    axis: Floats
    losses: Floats


def refine(
    objective: Objective,
    plane: Plane,
    span: float,
    sizes: Sequence[int] = SIZES,
    known: Surface | None = None,
) -> Iterator[Surface | None]:
    """The surface over [-span, span]², one for each of ``sizes``; no grid point is computed twice.

    It goes on from ``known``, a surface of the same objective, plane and span. Yields None between stacks of θ, where
    whoever iterates may break off. Raises ValueError when a size is not 2 n - 1 of the one before.
    """
    losses = np.empty((0, 0)) if known is None else known.losses
    for n in sizes:
        if n <= len(losses):
            continue
        axis = np.linspace(-span, span, n)
        grid, missing = np.full((n, n), np.nan), np.ones((n, n), dtype=np.bool_)
        if len(losses):
            if n != 2 * len(losses) - 1:
                raise ValueError(f"a grid of {n} does not hold one of {len(losses)}")
            grid[::2, ::2], missing[::2, ::2] = losses, False
        rows, columns = np.nonzero(missing)
        for start in range(0, len(rows), objective.stack):
            if start:
                yield None
            part = slice(start, start + objective.stack)
            i, j = rows[part], columns[part]
            grid[i, j] = objective(plane.at(np.column_stack([axis[j], axis[i]]), objective.engine.dtype))
        losses = grid
        yield Surface(plane, span, axis, losses)
