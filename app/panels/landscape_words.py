"""What the landscape panel says below its map."""

from __future__ import annotations

import math

import numpy as np

from app.numbers import brief, count, percent
from core.probes.landscape import Objective
from core.probes.projection import Track

PENALISED = "penalties included"
"""Said of losses that are what training minimises, where the curves of losses are without L1 and L2."""
_ROUNDING = 4 * float(np.finfo(np.float32).eps)


def words(seen: Track, objective: Objective) -> str:
    """The numbers the picture shows, in one line."""
    explained = percent(seen.explained) if math.isfinite(seen.explained) else "–"
    parts = [
        f"explained {explained}",
        f"off the plane {_distance(seen)}",
        f"loss at the ball {brief(seen.loss)}, under it {brief(seen.under)}"
        if objective.samples
        else "no loss without points to train on",
    ]
    if seen.plane.uncounted is not None and seen.plane.uncounted.any():
        parts.append("distances without running statistics")
    if objective.penalised:
        parts.append(PENALISED)
    if objective.samples < objective.total:
        parts.append(f"on {count(objective.samples)} of {count(objective.total)} points")
    return " · ".join(parts)


def _distance(seen: Track) -> str:
    """How far the ball is off the plane; what the engine's rounding of θ leaves is no distance."""
    rounding = _ROUNDING * float(np.linalg.norm(seen.plane.origin))
    return brief(seen.off) if seen.off > rounding else "0"
