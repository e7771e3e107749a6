"""Planes that show most of a path: of training's, or of a race's."""

from __future__ import annotations

import numpy as np

from core.probes.directions import Axis, Floats, Plane
from core.probes.seen import NoPlane, Seen

FEWEST = 3
"""Moments without which a path has no two principal components."""
MARGIN = 1.25
"""How much farther than the path a view reaches."""
_SLIMMEST = 0.2
"""The least height of a view in its width, or the other way round: a straight path needs room beside it, too."""
_FLAT = 1e-12


def components(offsets: Floats) -> tuple[Floats, Floats]:
    """The two directions (2, P) of length 1 that explain most of ``offsets`` (T, P), and each one's share of Σ‖·‖².

    Not centred: what the offsets are measured from is the point the components are about. Raises NoPlane where they
    lie on one line.
    """
    rows, columns = offsets.shape
    square = offsets @ offsets.T if rows < columns else offsets.T @ offsets
    values, vectors = np.linalg.eigh(square)
    total = float(np.trace(square))
    if not total > 0 or values[-2:].min() <= _FLAT * total:
        raise NoPlane("The path so far lies on a straight line, so that no second direction can be found in it.")
    first = vectors[:, :-3:-1].T
    directions = first @ offsets if rows < columns else first
    return directions / np.linalg.norm(directions, axis=1, keepdims=True), values[:-3:-1] / total


def of_path(seen: Seen) -> Plane:
    """The plane that shows most of training's path; raises NoPlane before there are three moments of it."""
    if len(seen.path) < FEWEST:
        raise NoPlane(
            "The principal components of a path need at least three moments of it: train for some epochs, and the "
            "plane that shows most of the way appears."
        )
    return _principal(seen, seen.path, "the path")


def of_race(seen: Seen) -> Plane:
    """The plane that shows most of a race's paths; raises NoPlane without a race."""
    if seen.raced is None:
        raise NoPlane("There has been no race yet: let two optimizers or more start from here, and see their paths.")
    return _principal(seen, seen.raced, "the race")


def _principal(seen: Seen, points: Floats, what: str) -> Plane:
    """The plane of the first two components of ``points`` about θ, with all of them in view.

    Running statistics are left out: they follow the batches, and no step down the loss leads along them.
    """
    offsets = np.where(seen.network.statistics, 0.0, points - seen.theta)
    directions, shares = components(offsets)
    at = offsets @ directions.T
    signs = _signs(directions, at, seen.before)
    at, directions = at * signs, directions * signs[:, None]
    low, high = np.minimum(at.min(axis=0), 0.0), np.maximum(at.max(axis=0), 0.0)
    middle, half = (low + high) / 2, (high - low) / 2 * MARGIN
    units = np.maximum(half, _SLIMMEST * half.max())
    axes = tuple(Axis(what, f"PC{k + 1}", float(units[k]), float(middle[k]), float(shares[k])) for k in range(2))
    centre = seen.theta + middle @ directions
    return Plane(centre, directions * units[:, None], axes=(axes[0], axes[1]), origin=seen.theta)


def _signs(directions: Floats, at: Floats, before: Plane | None) -> Floats:
    """As the plane before points, where there was one of this kind; else the path begins left and bends up."""
    if before is not None and before.directions.shape == directions.shape:
        same = np.einsum("kp,kp->k", before.directions, directions)
        lengths = np.linalg.norm(before.directions, axis=1)
        if (np.abs(same) > 0.5 * lengths).all():
            return np.where(same < 0, -1.0, 1.0)
    furthest = at[np.abs(at[:, 1]).argmax(), 1]
    return np.array([1.0 if at[0, 0] <= 0 else -1.0, 1.0 if furthest >= 0 else -1.0])
