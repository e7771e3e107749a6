"""What the network is told about a point: one row for each feature that can be switched on.

A place on the plane has the rows of ``FEATURES``; a row of a table, or a point of any other number of coordinates, has
its columns themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.data.plane import Floats
from core.spec import Column, Data
from core.tables import SpecError, Table

PATH = "data.features"
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Feature:
    """A row: ``value(x)`` gives the feature (N,) of points x (N, D)."""

    name: str
    title: str
    help: str
    value: Callable[[Floats], Floats]


FEATURES: Table[Feature] = Table(
    "feature",
    Feature("x1", "x₁", "The horizontal place.", lambda x: x[:, 0]),
    Feature("x2", "x₂", "The vertical place.", lambda x: x[:, 1]),
    Feature("x1^2", "x₁²", "The horizontal place squared: alike on both sides of the middle.", lambda x: x[:, 0] ** 2),
    Feature("x2^2", "x₂²", "The vertical place squared: alike above and below the middle.", lambda x: x[:, 1] ** 2),
    Feature("x1*x2", "x₁x₂", "The product: positive where both have the same sign.", lambda x: x[:, 0] * x[:, 1]),
    Feature("sin(x1)", "sin x₁", "A wave from left to right, x₁ in radians.", lambda x: np.sin(x[:, 0])),
    Feature("sin(x2)", "sin x₂", "A wave from bottom to top, x₂ in radians.", lambda x: np.sin(x[:, 1])),
)


def on_plane(data: Data) -> bool:
    """Whether the points lie on the plane that is drawn on: two coordinates, and no table's columns."""
    return not data.columns and data.points.x.shape[1] == 2


def columns_of(data: Data) -> tuple[Column, ...]:
    """The coordinates by name: a table's own, else x1 to xD."""
    return data.columns or tuple(Column(f"x{k + 1}") for k in range(data.points.x.shape[1]))


def column_title(column: Column) -> str:
    """A coordinate with its unit, as an axis says it: "bill length (mm)", "x₁"."""
    return title_of(column.name) + (f" ({column.unit})" if column.unit else "")


def features_of(data: Data) -> Mapping[str, Feature]:
    """The features that ``data`` offers, by name; raises SpecError where its columns are not those of its points."""
    if on_plane(data):
        return FEATURES
    return _columns(_checked(data))


def title_of(name: str) -> str:
    """A feature's name as it is shown: "x₁" for x1, a table's column as it is called."""
    if name in FEATURES:
        return FEATURES[name].title
    return name.translate(_LOWERED) if name[:1] == "x" and name[1:].isdecimal() else name


def expand(x: Floats, names: Sequence[str], columns: Sequence[Column] = ()) -> Floats:
    """The named features of points ``x`` (N, D), in that order: float64 (N, len(names)), not yet scaled.

    ``columns`` are a table's; without them two coordinates are a place on the plane. Raises SpecError when no feature
    is named, one is unknown, or one is named twice.
    """
    if x.ndim != 2 or (columns and x.shape[1] != len(columns)):
        raise SpecError("data.points", f"points have {len(columns) or 2} coordinates, not {x.shape[-1]}", "")
    known: Mapping[str, Feature] = FEATURES
    if columns or x.shape[1] != 2:
        known = _columns(columns or tuple(Column(f"x{k + 1}") for k in range(x.shape[1])))
    rows = [_row(index, names, known) for index in range(len(names))]
    if not rows:
        raise SpecError(PATH, "no feature is on, so the network would see nothing", "switch at least one feature on")
    if known is not FEATURES:  # all at once: many columns one by one take long
        order = {name: index for index, name in enumerate(known)}
        return np.asarray(x[:, [order[name] for name in names]], dtype=np.float64)
    with np.errstate(over="ignore"):  # reported by whoever needs finite numbers, with the feature's name
        return np.column_stack([np.asarray(row.value(x), dtype=np.float64) for row in rows])


def _columns(columns: Sequence[Column]) -> Table[Feature]:
    return Table("feature", *(_column(index, column) for index, column in enumerate(columns)))


def _column(index: int, column: Column) -> Feature:
    help = f"The column {column.name}{f', in {column.unit}' if column.unit else ''}."
    return Feature(column.name, title_of(column.name), help, lambda x: x[:, index])


def _checked(data: Data) -> tuple[Column, ...]:
    """The columns of ``data``, if there is one for each coordinate and no name twice."""
    columns, width = columns_of(data), data.points.x.shape[1]
    names = [column.name for column in columns]
    if len(columns) != width and len(data.points):
        raise SpecError(
            "data.columns", f"there are {len(columns)} columns, but points of {width} coordinates", "name each once"
        )
    for index, name in enumerate(names):
        if name in names[:index]:
            raise SpecError(f"data.columns[{index}]", f"the column {name!r} is named twice", "name each column once")
    return columns


def _row(index: int, names: Sequence[str], known: Mapping[str, Feature]) -> Feature:
    name = names[index]
    if name in names[:index]:
        raise SpecError(f"{PATH}[{index}]", f"the feature {name!r} is named twice", "name each feature once")
    try:
        return known[name]
    except SpecError as error:
        raise SpecError(f"{PATH}[{index}]", error.what, error.fix) from None
