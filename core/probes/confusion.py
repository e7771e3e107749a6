"""How a network does on its own samples: which classes it takes for which, how far its values are off, and the worst.

``answers`` asks the network; the rest are functions of what it said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.model import Model

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

PARTS = ("train", "test", "all")


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says of each of its points, in their order.

    ``truth`` (N,) and ``said`` (N,) are classes or values, ``probabilities`` (N, C) those of the classes or None for
    values, ``losses`` (N,) each sample's own, ``train`` (N,) true for those it learns from; ``classes`` 0 for values.
    """

    truth: Floats
    said: Floats
    probabilities: Array | None
    losses: Array
    train: Mask
    classes: int

    def part(self, name: str) -> Mask:
        """Which samples (N,) are of the part "train", "test" or "all"; raises KeyError for another."""
        return {"train": self.train, "test": ~self.train, "all": np.ones_like(self.train)}[name]

    def confused(self, true: int, predicted: int, part: str) -> Indices:
        """The samples of one cell: of class ``true``, taken for ``predicted``, in a part."""
        found: Indices = np.flatnonzero(self.part(part) & (self.truth == true) & (self.said == predicted))
        return found


@dataclass(frozen=True)
class Fit:
    """How close values come: R² = 1 - Σ(t - a)² / Σ(t - t̄)², the root of the mean square, the mean size."""

    r2: float
    rmse: float
    mae: float


def answers(model: Model, theta: npt.ArrayLike) -> Answers:
    """What the network θ (P,) says of the points of ``model``, and each one's loss; one forward pass."""
    points = model.experiment.data.points
    if not len(points):
        nothing = np.empty(0)
        shares = np.empty((0, model.classes)) if model.classes else None
        return Answers(nothing, nothing, shares, nothing, np.empty(0, np.bool_), model.classes)
    theta = np.asarray(theta)
    losses, outputs = (
        array[0] for array in model.engine().evaluate(theta[None], model.inputs(points.x), model.targets(points.y))
    )
    said = model.decide(outputs) if model.classes else outputs[:, 0]
    return Answers(
        points.y,
        said.astype(np.float64),
        model.classify(outputs) if model.classes else None,
        losses,
        np.asarray(model.prepared.train),
        model.classes,
    )


def confusion(given: Answers, part: str = "all") -> Indices:
    """How often each class (row) is taken for each class (column): counts (C, C) over a part's samples."""
    mask, c = given.part(part), given.classes
    cells = given.truth[mask].astype(np.int64) * c + given.said[mask].astype(np.int64)
    return np.bincount(cells, minlength=c * c).reshape(c, c)


def precision(matrix: Indices) -> Floats:
    """Of what is taken for each class, the share that is of it (C,); NaN where nothing is."""
    return _shares(np.diag(matrix), matrix.sum(axis=0))


def recall(matrix: Indices) -> Floats:
    """Of each class's samples, the share that is found (C,); NaN where it has none."""
    return _shares(np.diag(matrix), matrix.sum(axis=1))


def row_shares(matrix: Indices) -> Floats:
    """Each count as a share of its row (C, C): of its true class; NaN in a row without samples."""
    return _shares(matrix, matrix.sum(axis=1, keepdims=True))


def _shares(counts: Indices, of: Indices) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.divide(counts, of, out=np.full(counts.shape, np.nan), where=of > 0))


def fit(given: Answers, part: str = "all") -> Fit:
    """How well the values of a part come out; NaN where that is not defined."""
    mask = given.part(part)
    truth, off = given.truth[mask], (given.said - given.truth)[mask]
    if not len(truth):
        return Fit(float("nan"), float("nan"), float("nan"))
    with np.errstate(over="ignore", invalid="ignore"):
        square, spread = float((off**2).sum()), float(((truth - truth.mean()) ** 2).sum())
        r2 = 1.0 - square / spread if 0.0 < spread < np.inf else float("nan")
        return Fit(r2, float(np.sqrt(square / len(truth))), float(np.abs(off).mean()))


def worst(given: Answers, part: str = "all", count: int = 50) -> Indices:
    """The samples of a part with the largest losses, largest first, at most ``count``; those not finite before all."""
    candidates = np.flatnonzero(given.part(part))
    losses = np.where(np.isfinite(given.losses), given.losses, np.inf)[candidates]
    order: Indices = candidates[np.argsort(-losses, kind="stable")]
    return order[:count]
