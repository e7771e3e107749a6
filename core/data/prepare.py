"""From the data an Experiment describes to the arrays a network trains on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.features import expand, features_of, title_of
from core.data.plane import Floats, Mask
from core.data.scaling import Scaler
from core.data.split import split
from core.spec import Column, Data, Points
from core.tables import SpecError


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data ready to train on; all arrays are read-only.

    ``x_train`` (B, D) and ``x_test`` (T, D) are scaled features, ``y_train`` (B,) and ``y_test`` (T,) class indices or
    values as they were given; ``train`` (N,) is true where a point trains, in the order of the points; ``features`` are
    the D names. ``columns`` are those of a table, none for places on the plane.
    """

    x_train: Floats
    y_train: Floats
    x_test: Floats
    y_test: Floats
    train: Mask
    scaler: Scaler
    features: tuple[str, ...]
    columns: tuple[Column, ...] = ()

    def inputs(self, xy: npt.ArrayLike) -> Floats:
        """What the network sees of points (N, D0), places on the plane or rows of a table: features, scaled, (N, D)."""
        return self.scaler.apply(expand(np.asarray(xy, dtype=np.float64), self.features, self.columns))

    def describe(self) -> str:
        """What the scaling does to each feature, in one line."""
        return self.scaler.describe([title_of(name) for name in self.features])


def prepare(data: Data) -> Prepared:
    """The training and test arrays of ``data``: split, expanded into features, scaled by the training part.

    A class without points is fine, and so is an empty part, or no points at all: an empty canvas is a good beginning.
    Raises SpecError where a label is not one of the classes, or a feature is unknown or overflows.
    """
    points = data.points
    if data.task == "classification":
        _check_labels(points, data.classes)
    if len(data.labels) > data.classes:
        what = f"there are {len(data.labels)} class names, but {data.classes} classes"
        raise SpecError("data.labels", what, "name each class once")
    features_of(data)
    train = split(points, data.task, data.split.share, data.split.seed)
    rows = points.x if len(points) or not data.columns else np.empty((0, len(data.columns)))
    x = expand(rows, data.features, data.columns)
    _check_finite(x, data.features)
    with np.errstate(over="ignore", invalid="ignore"):  # a point beyond all measure has a loss beyond all measure
        scaler = Scaler.fit(data.scaling, x[train])
        x = scaler.apply(x)
    arrays = (x[train], points.y[train], x[~train], points.y[~train], train)
    for array in arrays:
        array.setflags(write=False)
    return Prepared(*arrays, scaler=scaler, features=tuple(data.features), columns=data.columns)


def _check_labels(points: Points, classes: int) -> None:
    wrong = np.flatnonzero((points.y < 0) | (points.y >= classes) | (points.y != np.floor(points.y)))
    if not len(wrong):
        return
    first = int(wrong[0])
    label = float(points.y[first])
    fix = "raise the number of classes or relabel it" if label >= classes and label.is_integer() else "relabel it"
    raise SpecError(
        f"data.points.y[{first}]",
        f"point {first} has class {label:g}, but the data has {classes} classes, 0 to {classes - 1}",
        fix,
    )


def _check_finite(x: Floats, names: tuple[str, ...]) -> None:
    broken = np.argwhere(~np.isfinite(x))
    if len(broken):
        row, column = (int(i) for i in broken[0])
        raise SpecError(
            f"data.points.x[{row}]",
            f"the feature {names[column]} of point {row} is too large to compute",
            "move or erase it",
        )
