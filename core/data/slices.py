"""The plane that points of many coordinates are looked at on: two columns, or the principal plane.

Whatever shows a plane shows the square [-DOMAIN, DOMAIN]²; a Plane says where in the data each of its places lies, and
where on it each point is seen. Points on the plane that is drawn on are seen as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data import DOMAIN
from core.data.features import column_title, columns_of, on_plane
from core.data.plane import Floats
from core.data.scaling import Scaler
from core.data.tables import first_columns
from core.probes.principal import explained, principal_axes
from core.spec import Column, Data, Points, Scaling

Kind = Literal["auto", "columns", "principal"]
Base = Literal["mean", "median", "sample", "values"]

FEW = 8
"""So many columns are looked at two at a time unless asked otherwise."""

REACH = 0.86 * DOMAIN
"""How far out the outermost points are seen: the axes' names and ticks are to find room beside them."""


@dataclass(frozen=True)
class Slice:
    """A choice of plane: columns ``i`` across and ``j`` up, or the principal axes, through the place ``base`` names.

    "auto" is the principal plane where there are more than a few columns, of which two would show next to nothing, and
    the two columns that tell most where there are few.
    ``at`` (D,) is that place where ``base`` is a sample or values set by hand; the data's own mean or median else.
    """

    kind: Kind = "auto"
    i: int = 0
    j: int = 1
    base: Base = "mean"
    at: tuple[float, ...] = ()


FIRST = Slice()
"""The choice before any is made, the other columns at their means."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in data of D coordinates: x = ``origin`` + (uv · ``unit``) ``directions``ᵀ / ``factor``.

    ``origin`` (D,) is seen in the middle, ``directions`` (D, 2) are orthonormal in coordinates times ``factor`` (D,),
    and one plane unit is ``unit`` (2,) of those. ``spread`` (D,) is each coordinate's standard deviation over the
    points, infinite where the network does not see it. ``titles`` name the axes, ``ranges`` (2, 2) are their values at
    the plane's edges. ``flat`` is true for the plane that is drawn on itself.
    """

    chosen: Slice
    columns: tuple[Column, ...]
    origin: Floats
    directions: Floats
    factor: Floats
    unit: Floats
    spread: Floats
    titles: tuple[str, str]
    ranges: Floats
    flat: bool = False
    explained: float = float("nan")

    def lift(self, uv: npt.ArrayLike) -> Floats:
        """Where in the data places ``uv`` (N, 2) on the plane lie: (N, D)."""
        uv = np.asarray(uv, dtype=np.float64).reshape(-1, 2)
        return uv if self.flat else self.origin + (uv * self.unit) @ self.directions.T / self.factor

    def places(self, n: int) -> Floats:
        """The data's places (n·n, D) of an n × n grid over the plane, row by row from the top left."""
        return self.lift(grid(n))

    def project(self, x: npt.ArrayLike) -> Floats:
        """Where on the plane points ``x`` (N, D) are seen: (N, 2)."""
        x = np.asarray(x, dtype=np.float64)
        return x if self.flat else ((x - self.origin) * self.factor) @ self.directions / self.unit

    def distances(self, x: npt.ArrayLike) -> Floats:
        """How far off the plane points ``x`` (N, D) are: (N,), in standard deviations, root mean square per direction.

        Only coordinates that the network sees count.
        """
        x = np.asarray(x, dtype=np.float64)
        if self.flat:
            return np.zeros(len(x))
        off = (x - self.lift(self.project(x))) / self.spread
        seen = int(np.isfinite(self.spread).sum())
        return np.asarray(np.sqrt(np.square(off).sum(axis=1) / max(1, seen - 2)))

    def values(self, u: float, v: float) -> Floats:
        """The axes' values (2,) at a place of the plane."""
        low, high = self.ranges.T
        return np.asarray(low + (np.array([u, v]) + DOMAIN) / (2 * DOMAIN) * (high - low))


def grid(n: int) -> Floats:
    """The places (n·n, 2) of an n × n grid over the plane, row by row from the top."""
    axis = np.linspace(-DOMAIN, DOMAIN, n)
    x1, x2 = np.meshgrid(axis, axis[::-1])
    return np.column_stack([x1.ravel(), x2.ravel()])


def fitting(data: Data, chosen: Slice) -> Slice:
    """``chosen`` where ``data`` has such columns; what it has not is left to its first columns, and to the mean."""
    width = len(columns_of(data))
    if max(chosen.i, chosen.j) >= width or chosen.i == chosen.j:
        chosen = replace(chosen, i=0, j=min(1, width - 1))
    if chosen.kind == "auto":
        across, up = first_columns(data)
        chosen = replace(chosen, kind="principal" if width > FEW else "columns", i=across, j=up)
    if chosen.kind == "principal" and width < 3:
        chosen = replace(chosen, kind="columns")
    if chosen.base in ("sample", "values") and len(chosen.at) != width:
        chosen = replace(chosen, base="mean", at=())
    return chosen


def plane_of(data: Data, chosen: Slice) -> Plane:
    """The plane that ``chosen`` is in ``data``; the one that is drawn on, where that is what the points lie on."""
    if on_plane(data):
        return DRAWN
    about = _About(data.points, columns_of(data), data.features, data.scaling)
    return _plane(about, fitting(data, chosen))


def base_of(data: Data, chosen: Slice) -> Floats:
    """The place (D,) that a slice goes through: what the coordinates that do not vary on it are set to."""
    chosen = fitting(data, chosen)
    x = data.points.x
    if chosen.base in ("sample", "values"):
        return np.array(chosen.at)
    if not len(x):
        return np.zeros(len(columns_of(data)))
    return np.asarray(np.median(x, axis=0) if chosen.base == "median" else x.mean(axis=0))


@dataclass(frozen=True, eq=False)
class _About:
    """What a plane depends on beside the choice; the same where the points are the very same, not only alike."""

    points: Points
    columns: tuple[Column, ...]
    features: tuple[str, ...]
    scaling: Scaling

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _About) and self.points is other.points and self._rest() == other._rest()

    def __hash__(self) -> int:
        return hash((id(self.points), self._rest()))

    def _rest(self) -> tuple[object, ...]:
        return (self.columns, self.features, self.scaling)


@lru_cache(maxsize=16)
def _plane(about: _About, chosen: Slice) -> Plane:
    x = about.points.x if len(about.points) else np.zeros((1, len(about.columns)))
    data = Data(points=Points(x, np.zeros(len(x))), columns=about.columns, features=about.features)
    base, names = base_of(data, chosen), {column.name for column in about.columns if column.name in about.features}
    seen = np.array([column.name in names for column in about.columns])
    deviation = x.std(axis=0)
    spread = np.where(seen & (deviation > 0.0), np.where(deviation > 0.0, deviation, 1.0), np.inf)
    make = _principal if chosen.kind == "principal" else _columns
    return make(about, chosen, x, base, spread)


def _columns(about: _About, chosen: Slice, x: Floats, base: Floats, spread: Floats) -> Plane:
    """Two columns as they are, each over its own range."""
    axes = (chosen.i, chosen.j)
    low, high = x[:, axes].min(axis=0), x[:, axes].max(axis=0)
    half = (high - low) / 2
    half = np.where(half > 0.0, half, np.maximum(0.5, 0.1 * np.abs(low)))
    unit, middle = half / REACH, (low + high) / 2
    origin, directions = base.copy(), np.zeros((x.shape[1], 2))
    for side, column in enumerate(axes[: x.shape[1]]):
        origin[column], directions[column, side] = middle[side], 1.0
    titles = [column_title(about.columns[column]) for column in axes]
    if x.shape[1] == 1:
        titles[1] = ""
    ranges = np.column_stack([middle - unit * DOMAIN, middle + unit * DOMAIN])
    one = np.ones(x.shape[1])
    return Plane(chosen, about.columns, origin, directions, one, unit, spread, (titles[0], titles[1]), ranges)


def _principal(about: _About, chosen: Slice, x: Floats, base: Floats, spread: Floats) -> Plane:
    """The two directions that the columns vary most along, scaled as the network's inputs are (Pearson 1901)."""
    factor = Scaler.fit(about.scaling, x).factor
    scaled = x * factor
    mean, directions = principal_axes(scaled)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], 0)
    directions = np.where(largest < 0.0, -directions, directions)  # of the two signs, always the same one
    seen = (scaled - mean) @ directions
    unit = np.full(2, max(float(np.abs(seen).max(initial=0.0)), 1e-9) / REACH)  # one unit for both: distances are true
    origin = base * factor + directions @ (directions.T @ (mean - base * factor))
    half = unit * DOMAIN
    share = explained(scaled, seen)
    return Plane(
        chosen, about.columns, origin / factor, directions, factor, unit, spread,
        ("principal axis 1", "principal axis 2"), np.column_stack([-half, half]), explained=share,
    )  # fmt: skip


def _drawn(columns: Sequence[Column]) -> Plane:
    ranges, zero = np.array([[-DOMAIN, DOMAIN]] * 2), np.zeros(2)
    one, eye = np.ones(2), np.eye(2)
    return Plane(FIRST, tuple(columns), zero, eye, one, one, one, ("x₁", "x₂"), ranges, True)


DRAWN = _drawn((Column("x1"), Column("x2")))
"""The plane that is drawn on."""
