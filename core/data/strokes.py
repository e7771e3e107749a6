"""The canvas's edits, as functions from Points to Points; what an edit leaves alone, it leaves exactly as it was.

Places are in plane units, a path is (M, 2). An edit that changes nothing returns the very Points it was given. Points
put down, moved or relabelled by hand are marked as drawn, so that another generated set does not sweep them away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data import DOMAIN, plane
from core.data.generators import generate
from core.data.plane import Mask
from core.data.shapes import evenly
from core.spec import Generator, Points


def point(points: Points, place: npt.ArrayLike, y: float) -> Points:
    """One more point, of class or value ``y``, at a place (2,); one outside the plane is put on its border."""
    return points.join(_drawn(np.clip(plane.as_path(place), -DOMAIN, DOMAIN), y))


def brush(
    points: Points, path: npt.ArrayLike, y: float, *, size: float, density: float, spread: float, seed: int
) -> Points:
    """The points of a stroke along ``path`` (M, 2), all of class or value ``y``.

    ``size`` > 0 is the brush's radius; ``density`` > 0 how many points it leaves on every radius of the way, and as
    many where it first touches; ``spread`` from 0 to 1 how wide they lie: 1 fills the brush evenly, less gathers them
    to its middle, 0 puts them on the path. Points come by length drawn, not by how often the mouse reported, and a
    longer path with the same seed only adds points: so a stroke is redrawn whole at every move, from the points there
    were before it.
    """
    corners = plane.as_path(path)
    if not len(corners):
        return points
    first = max(1, round(density))
    step = size / max(density, 1e-9)
    way = float(plane.lengths(corners)[-1])
    count = first + (int(way / step) if step > 0.0 else 0)
    distances = np.maximum(np.arange(count) - first + 1, 0) * step
    u = evenly(np.zeros(count, dtype=np.int64), 1, np.random.default_rng(seed))
    radius = size * u[:, 0] ** (0.5 / max(spread, 1e-9))  # the square root fills a disc evenly
    angle = 2.0 * np.pi * u[:, 1]
    offset = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return points.join(_drawn(plane.fold(plane.walk(corners, distances) + offset), y))


def erase(points: Points, path: npt.ArrayLike, radius: float) -> Points:
    """The points but those within ``radius`` of a path (M, 2); erasing piece by piece gives the same as all at once."""
    gone = plane.near(points.x, path, radius)
    return points.select(~gone) if gone.any() else points


def inside(points: Points, outline: npt.ArrayLike) -> Mask:
    """Which points lie in a rectangle, given by two opposite corners (2, 2), or in a polygon (M, 2): bool (N,)."""
    return plane.inside(points.x, outline)


def at(points: Points, place: npt.ArrayLike, radius: float) -> Mask:
    """The nearest point within ``radius`` of a place (2,), as a mask (N,) with one true value or none."""
    found = np.zeros(len(points), dtype=np.bool_)
    if len(points):
        distance = np.hypot(*(points.x - plane.as_path(place)[0]).T)
        nearest = int(np.argmin(distance))
        found[nearest] = distance[nearest] <= radius
    return found


def move(points: Points, mask: Mask, delta: npt.ArrayLike) -> Points:
    """The points of ``mask`` (N,) moved by ``delta`` (2,), together: no further than keeps all of them on the plane."""
    if not mask.any():
        return points
    low, high = points.x[mask].min(axis=0), points.x[mask].max(axis=0)
    step = np.clip(np.asarray(delta, dtype=np.float64), np.minimum(-DOMAIN - low, 0.0), np.maximum(DOMAIN - high, 0.0))
    if not step.any():
        return points
    x = points.x.copy()
    x[mask] += step
    return Points(x, points.y, points.drawn | mask)


def relabel(points: Points, mask: Mask, y: float) -> Points:
    """The points of ``mask`` (N,) given the class or value ``y``."""
    if not (mask & (points.y != y)).any():
        return points
    return Points(points.x, np.where(mask, y, points.y), points.drawn | mask)


def clear(points: Points) -> Points:
    """No points."""
    return Points([], []) if len(points) else points


def regenerate(points: Points, generator: Generator) -> Points:
    """A generator's points in place of those generated before; what was drawn by hand stays, on top.

    Raises SpecError as ``generate`` does.
    """
    return generate(generator).join(points.select(points.drawn))


def _drawn(x: npt.NDArray[np.float64], y: float) -> Points:
    return Points(x, np.full(len(x), float(y)), np.ones(len(x), dtype=np.bool_))
