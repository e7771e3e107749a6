"""Many numbers on a plane: principal axes, turning one picture onto another, and what a line can part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

_CUTOFF = 1e-10
"""Directions with less than this share of the largest variance are rounding, not data."""


def principal_axes(values: Floats) -> tuple[Floats, Floats]:
    """The mean (U,) of ``values`` (N, U), U ≥ 2, and the two directions (U, 2) they vary most along (Pearson 1901)."""
    mean = values.mean(axis=0) if len(values) else np.zeros(values.shape[1])
    off = values - mean
    _, vectors = np.linalg.eigh(off.T @ off)
    return mean, np.asarray(vectors[:, :-3:-1])


def turned_onto(points: Floats, target: Floats) -> Floats:
    """The rotation or reflection R (2, 2) that brings ``points`` (N, 2) nearest to ``target`` (N, 2), as points @ R.

    Both about their means: R = U Vᵀ of the singular values of pointsᵀ target (orthogonal Procrustes, Schönemann 1966).
    """
    if not len(points):
        return np.eye(2)
    u, _, vt = np.linalg.svd((points - points.mean(axis=0)).T @ (target - target.mean(axis=0)))
    return np.asarray(u @ vt)


def explained(values: Floats, plane: Floats) -> float:
    """The share of the variance of ``values`` (N, U) that is left in ``plane`` (N, 2); NaN where there is none."""
    whole = float(values.var(axis=0).sum()) if len(values) else 0.0
    return float(plane.var(axis=0).sum()) / whole if whole > 0.0 else float("nan")


def separability(values: Floats, y: Floats, train: npt.NDArray[np.bool_], classes: int) -> float:
    """How much of the answer lies open to a line in ``values`` (N, U): from least squares on the samples that train.

    For classes, one target of 0 and 1 each, the accuracy of the largest; for ``classes`` = 0 the R² of the line. It is
    measured on the samples held out, or where there are none on those that train; NaN where it is not defined.
    (Alain & Bengio 2016 look into networks with such linear classifiers.)
    """
    if not train.any():
        return float("nan")
    targets = (y[:, None] == np.arange(classes)).astype(np.float64) if classes else y[:, None]
    measured = ~train if not train.all() else train
    mean, level = values[train].mean(axis=0), targets[train].mean(axis=0)
    off = values - mean
    gram = off[train].T @ off[train]
    if not np.isfinite(gram).all():
        return float("nan")
    slopes = np.linalg.pinv(gram, rcond=_CUTOFF, hermitian=True) @ off[train].T @ (targets[train] - level)
    read = off[measured] @ slopes + level
    if classes:
        return float((read.argmax(axis=1) == y[measured]).mean())
    spread = float(((y[measured] - y[measured].mean()) ** 2).sum())
    return 1.0 - float(((read[:, 0] - y[measured]) ** 2).sum()) / spread if spread > 0.0 else float("nan")
