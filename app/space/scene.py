"""What there is to be seen in a box: a surface, lines, threads, balls, and what the box's edges say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from app.space.camera import Floats
from app.space.field import Field

Marks = tuple[tuple[float, str], ...]
"""Places along an edge, -1 to 1, or 0 to 1 upwards, and what is written there."""


@dataclass(frozen=True)
class Edge:
    """What an edge of the box says: ticks, and titles of which the longest that fits is taken."""

    marks: Marks = ()
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Line:
    """A polyline (T, 3), broken where a number is NaN; ``width`` in design pixels, ``rim`` a darker edge.

    What the surface hides of it is drawn as strongly as ``ghost`` says, 0 to 1.
    """

    points: Floats
    color: QColor
    width: float = 1.0
    rim: QColor | None = None
    ghost: float = 0.0


@dataclass(frozen=True, eq=False)
class Balls:
    """Balls at (N, 3), each of its own colour; ``radius`` in design pixels, less in a small picture."""

    points: Floats
    colors: Sequence[QColor]
    radius: float
    rim: QColor
    ghost: float = 0.35


@dataclass(frozen=True, eq=False)
class Scene:
    """All of it, and named places as ``tags``.

    Points are (-1 to 1, -1 to 1, 0 to 1): floor coordinates, and the height as a share of the box's.
    """

    field: Field
    lines: tuple[Line, ...] = ()
    balls: tuple[Balls, ...] = ()
    tags: tuple[tuple[tuple[float, float, float], str], ...] = ()
    edges: tuple[Edge, Edge, Edge] = (Edge(), Edge(), Edge())


def inside(points: npt.ArrayLike) -> Floats:
    """``points`` (T, 3) with NaN for those that are not over the floor."""
    at = np.array(points, dtype=np.float64)
    at[(np.abs(at[:, :2]) > 1 + 1e-9).any(axis=1)] = np.nan
    return at


def rim(field: Field) -> Floats:
    """The surface's edge (4 n, 3), once around."""
    n = len(field.heights)
    axis, heights = np.linspace(-1.0, 1.0, n), field.heights.astype(np.float64)
    ones = np.ones(n)
    return np.concatenate(
        [
            np.column_stack([axis, -ones, heights[0]]),
            np.column_stack([ones, axis, heights[:, -1]]),
            np.column_stack([axis[::-1], ones, heights[-1, ::-1]]),
            np.column_stack([-ones, axis[::-1], heights[::-1, 0]]),
        ]
    )


def joined(parts: Sequence[Floats]) -> Floats:
    """Polylines (t, 3) as one, broken by NaN between them."""
    gap = np.full((1, 3), np.nan)
    return np.concatenate([row for part in parts for row in (part, gap)])[:-1] if parts else np.empty((0, 3))
