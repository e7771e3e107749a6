"""Which way is down: −∇L over a plane, projected on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.probes.directions import Floats, Plane
from core.probes.landscape import Objective

SIDE = 11
"""Arrows along each side."""


@dataclass(frozen=True, eq=False)
class Arrows:
    """The plane's own vectors nearest to −∇L: ``down`` (n, 2) in coordinates, at the places ``at`` (n, 2).

    ``slopes`` (n,) are their lengths as ‖·‖ in the space of θ, NaN where the gradient is not finite.
    """

    plane: Plane
    at: Floats
    down: Floats
    slopes: Floats


def arrows(objective: Objective, plane: Plane, span: float, side: int = SIDE) -> Arrows:
    """``side`` × ``side`` arrows in the middles of as many fields of [-span, span]², by backpropagation at each."""
    middles = (np.arange(side) + 0.5) / side * 2 * span - span
    at = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    thetas = plane.at(at)
    size = max(1, objective.stack // 4)
    parts = [objective.gradient(thetas[start : start + size])[1] for start in range(0, len(thetas), size)]
    down = plane.along(-np.concatenate(parts))
    slopes = np.linalg.norm(down @ plane.directions, axis=1)
    return Arrows(plane, at, down, np.where(np.isfinite(slopes), slopes, np.nan))
