"""What a plane of the loss landscape may be laid through, and what it lacks where it cannot be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.network import Network
from core.probes.directions import Floats, Plane
from core.probes.landscape import Objective


class NoPlane(ValueError):
    """What a plane cannot be laid without, as a sentence for the learner."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a plane may be laid through: ``theta`` (P,), the ``path`` (T, P) to it, and what was chosen.

    ``weights`` are two places in θ, None for one that is not chosen; ``ends`` (2, P) two points with their ``names``,
    ``raced`` (N, P) the θ of a race; ``before`` is the plane laid last, so that one that follows does not turn over.
    ``exact`` is the objective in float64, for what takes differences of gradients.
    """

    objective: Objective
    theta: Floats
    path: Floats
    exact: Objective | None = None
    seed: int = 0
    weights: tuple[int | None, int | None] | None = None
    ends: Floats | None = None
    names: tuple[str, str] = ("A", "B")
    raced: Floats | None = None
    before: Plane | None = None

    @property
    def network(self) -> Network:
        """The network θ is of."""
        return self.objective.engine.network


def path_from(thetas: npt.ArrayLike, steps: npt.ArrayLike, step: int, theta: Floats) -> Floats:
    """The moments ``thetas`` (T, P) before ``step``, as float64; none where they are of another architecture."""
    path = np.asarray(thetas, dtype=np.float64)
    if path.shape[-1:] != theta.shape:
        return np.empty((0, len(theta)))
    earlier: Floats = path[np.asarray(steps) < step]
    return earlier
