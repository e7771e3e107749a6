"""What the landscape panel says below its map."""

from __future__ import annotations

import math

from app.numbers import count, number, percent
from core.probes.landscape import Objective
from core.probes.projection import Track


def words(seen: Track, objective: Objective) -> str:
    """The numbers the picture shows, in one line."""
    explained = percent(seen.explained) if math.isfinite(seen.explained) else "–"
    parts = [
        f"explained {explained}",
        f"off the plane {_distance(seen.off)}",
        f"loss at the ball {number(seen.loss, 3)}, under it {number(seen.under, 3)}",
    ]
    if seen.plane.uncounted is not None and seen.plane.uncounted.any():
        parts.append("distances without running statistics")
    if objective.samples < objective.total:
        parts.append(f"on {count(objective.samples)} of {count(objective.total)} points")
    return " · ".join(parts)


def _distance(value: float) -> str:
    """A distance; what is left of rounding is no distance."""
    return number(value, 3) if value > 1e-9 else "0"
