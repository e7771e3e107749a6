"""The loss on the straight line between two θ, and beyond both: is there a barrier between them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.probes.directions import Floats
from core.probes.landscape import Objective

BEYOND = 0.25
"""How far past each end the line is followed, in its own length."""
STEPS = (20, 80)
"""Points from end to end, coarse and fine."""


@dataclass(frozen=True, eq=False)
class Line:
    """``losses`` (n,) at (1 − t) · A + t · B for ``t`` (n,), which holds 0 and 1.

    ``length`` is ‖B − A‖. ``barrier`` is the greatest loss on the line, at ``top``, less the mean of its ends'
    (Frankle, Dziugaite, Roy & Carbin, "Linear Mode Connectivity and the Lottery Ticket Hypothesis", 2020). It says
    something of two equally good ends; where one is worse it is a height even if the way only leads down, and so
    ``rise`` is the greatest loss less that of the worse end. Neither is ever below zero.
    """

    t: Floats
    losses: Floats
    length: float
    ends: tuple[float, float]
    barrier: float
    rise: float
    top: float


def between(objective: Objective, a: npt.ArrayLike, b: npt.ArrayLike) -> Iterator[Line]:
    """The line from ``a`` (P,) to ``b`` (P,), coarse, then fine."""
    first = np.asarray(a, dtype=np.float64)
    way = np.asarray(b, dtype=np.float64) - first
    for steps in STEPS:
        beyond = round(BEYOND * steps)
        t = np.arange(-beyond, steps + beyond + 1) / steps
        parts = [
            objective(first + t[start : start + objective.stack, None] * way)
            for start in range(0, len(t), objective.stack)
        ]
        yield _line(t, np.concatenate(parts), float(np.linalg.norm(way)), beyond)


def _line(t: Floats, losses: Floats, length: float, beyond: int) -> Line:
    inner = losses[beyond : len(losses) - beyond]
    known = np.where(np.isnan(inner), np.inf, inner)
    top = int(known.argmax())
    ends = float(inner[0]), float(inner[-1])
    highest = float(known[top]) if np.isfinite(ends).all() else float("nan")
    over_mean, over_worse = highest - sum(ends) / 2, highest - max(ends)
    return Line(t, losses, length, ends, over_mean, over_worse, float(t[beyond + top]))
