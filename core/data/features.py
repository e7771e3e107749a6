"""What the network is told about a place on the plane: one row for each feature that can be switched on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.data.plane import Floats
from core.tables import SpecError, Table

PATH = "data.features"


@dataclass(frozen=True)
class Feature:
    """A row: ``value(x)`` gives the feature (N,) of places x (N, 2)."""

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


def expand(x: Floats, names: Sequence[str]) -> Floats:
    """The named features of places ``x`` (N, 2), in that order: float64 (N, D), not yet scaled.

    Raises SpecError when no feature is named, one is unknown, or one is named twice.
    """
    if x.ndim != 2 or x.shape[1] != 2:
        raise SpecError("data.points", f"points have 2 coordinates, not {x.shape[-1]}", "give each point x₁ and x₂")
    rows = [_row(index, names) for index in range(len(names))]
    if not rows:
        raise SpecError(PATH, "no feature is on, so the network would see nothing", "switch at least one feature on")
    with np.errstate(over="ignore"):  # reported by whoever needs finite numbers, with the feature's name
        return np.column_stack([np.asarray(row.value(x), dtype=np.float64) for row in rows])


def _row(index: int, names: Sequence[str]) -> Feature:
    name = names[index]
    if name in names[:index]:
        raise SpecError(f"{PATH}[{index}]", f"the feature {name!r} is named twice", "name each feature once")
    try:
        return FEATURES[name]
    except SpecError as error:
        raise SpecError(f"{PATH}[{index}]", error.what, error.fix) from None
