"""Geometry on the plane of the data: its edge, and what is near a path or inside an outline."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data import DOMAIN

EDGE = 0.98 * DOMAIN
"""Made and sprayed points stay within ±EDGE, so that their markers are not cut off at the border."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def fold(x: Floats) -> Floats:
    """Coordinates beyond ±EDGE mirrored back in (…, any shape); clipping would pile points up along the border."""
    turn = np.mod(x + EDGE, 4.0 * EDGE)
    return np.where(np.abs(x) <= EDGE, x, EDGE - np.abs(turn - 2.0 * EDGE))


def as_path(path: npt.ArrayLike) -> Floats:
    """A path as an array (M, 2); a single place (2,) is a path of one point."""
    return np.asarray(path, dtype=np.float64).reshape(-1, 2)


def lengths(path: Floats) -> Floats:
    """How far along a path (M, 2) each of its corners lies: (M,), from 0, in plane units."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])


def walk(path: Floats, distances: Floats) -> Floats:
    """The places (K, 2) at ``distances`` (K,) along a path (M, 2)."""
    at = lengths(path)
    return np.column_stack([np.interp(distances, at, path[:, 0]), np.interp(distances, at, path[:, 1])])


def near(x: Floats, path: npt.ArrayLike, radius: float) -> Mask:
    """Which of the places ``x`` (N, 2) lie within ``radius`` of a path (M, 2): bool (N,)."""
    corners = as_path(path)
    found = np.zeros(len(x), dtype=np.bool_)
    if not len(corners):
        return found
    order = np.argsort(x[:, 0], kind="stable")  # so that each segment looks only at the places in its band
    sorted_x = x[order]
    for start, stop in pairwise(corners if len(corners) > 1 else np.repeat(corners, 2, axis=0)):
        reach = [min(start[0], stop[0]) - radius, max(start[0], stop[0]) + radius]
        band = slice(np.searchsorted(sorted_x[:, 0], reach[0]), np.searchsorted(sorted_x[:, 0], reach[1], side="right"))
        found[order[band]] |= _distance(sorted_x[band], start, stop) <= radius
    return found


def inside(x: Floats, outline: npt.ArrayLike) -> Mask:
    """Which of the places ``x`` (N, 2) lie inside an outline: bool (N,).

    Two corners (2, 2) mean a rectangle, its border included; three and more (M, 2) a closed polygon, by the even-odd
    rule (a place is inside when a ray from it crosses the outline an odd number of times).
    """
    corners = as_path(outline)
    if len(corners) < 3:
        if not len(corners):
            return np.zeros(len(x), dtype=np.bool_)
        return np.asarray(((x >= corners.min(axis=0)) & (x <= corners.max(axis=0))).all(axis=1))
    found = np.zeros(len(x), dtype=np.bool_)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay != by:  # a ray to the right never crosses a level edge
            crosses = (x[:, 1] < ay) != (x[:, 1] < by)
            found ^= crosses & (x[:, 0] < ax + (x[:, 1] - ay) * ((bx - ax) / (by - ay)))
    return found


def _distance(x: Floats, start: Floats, stop: Floats) -> Any:
    """From places (N, 2) to the nearest point of the segment between two places: (N,)."""
    along = stop - start
    square = float(along @ along)
    share = np.clip((x - start) @ along / square, 0.0, 1.0) if square > 0.0 else np.zeros(len(x))
    return np.hypot(*(x - start - share[:, None] * along).T)
