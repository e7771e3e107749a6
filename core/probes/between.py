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

    ``length`` is ‖B − A‖. ``barrier`` is the greatest loss between the ends less that of the worse end, at ``top``, and
    never below zero. Frankle, Dziugaite, Roy & Carbin, "Linear Mode Connectivity and the Lottery Ticket Hypothesis",
    2020, section 2, take off the mean of both ends instead: the same for two equally good ones, but a height even where
    the way only leads down.
    """

    t: Floats
    losses: Floats
    length: float
    ends: tuple[float, float]
    barrier: float
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
    barrier = max(0.0, float(known[top]) - max(ends)) if np.isfinite(ends).all() else float("nan")
    return Line(t, losses, length, ends, barrier, float(t[beyond + top]))
