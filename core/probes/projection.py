"""Training's path seen from a plane: where on it, how far off it, and how much of the path it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.probes.directions import Floats, Plane
from core.probes.landscape import Objective

Steps = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Track:
    """A path of θ seen from a plane, and θ itself at its end.

    ``coordinates`` (T, 2) are the path's (α, β), ``distances`` (T,) how far it is off the plane, ``reaches`` (T,) how
    far it is from the θ the plane was laid through, its origin, both as ‖·‖ in the space of θ, at ``steps`` (T,), of
    those numbers that the plane counts.
    ``explained`` is the share of Σ‖θ_t − origin‖² that lies in the plane: 1 − Σ distances² / Σ reaches², NaN for a path
    that never leaves the origin.
    (Li et al. 2018, section 7, report the same share for planes of principal components about the last θ.)
    ``loss`` is the objective of the newest θ, ``under`` that of the plane's point nearest to it. ``leaps`` (T,) says
    where θ was set by hand: no step leads there from the one before.
    """

    plane: Plane
    steps: Steps
    coordinates: Floats
    distances: Floats
    reaches: Floats
    explained: float
    loss: float
    under: float
    leaps: npt.NDArray[np.bool_]

    @property
    def ball(self) -> Floats:
        """Coordinates (2,) of the newest θ."""
        return np.asarray(self.coordinates[-1])

    @property
    def off(self) -> float:
        """Distance of the newest θ from the plane."""
        return float(self.distances[-1])


def track(
    objective: Objective,
    plane: Plane,
    steps: Steps,
    thetas: Any,
    step: int,
    theta: npt.ArrayLike,
    placed: npt.ArrayLike = (),
) -> Track:
    """The path ``thetas`` (T, P) after ``steps`` (T,) up to ``step``, and ``theta`` (P,) there, seen from ``plane``.

    ``placed`` (T + 1,) says how often θ had been set by hand at each of them, and at last; empty where that is unknown.
    """
    before = np.asarray(steps) < step
    end = np.asarray(theta, dtype=np.float64)[None]
    path = np.concatenate([np.asarray(thetas, dtype=np.float64)[before].reshape(-1, len(plane.centre)), end])
    coordinates, distances = plane.project(path)
    reaches = plane.reaches(path)
    whole = float(np.square(reaches).sum())
    explained = 1.0 - float(np.square(distances).sum()) / whole if whole > 0 else float("nan")
    loss, under = objective(np.concatenate([end, plane.at(coordinates[-1:])]))
    all_steps = np.append(np.asarray(steps, dtype=np.int64)[before], step)
    leaps = np.diff(all_steps) == 0
    if len(hands := np.asarray(placed)):
        leaps |= np.diff(np.append(hands[:-1][before], hands[-1])) > 0
    jumps = np.append(False, leaps)
    return Track(plane, all_steps, coordinates, distances, reaches, explained, float(loss), float(under), jumps)


def project_all(plane: Plane, thetas: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Coordinates (R, T, 2) and distances from ``plane`` (R, T) of paths ``thetas`` (R, T, P); NaN where θ is."""
    coordinates, distances = zip(*(plane.project(path) for path in np.asarray(thetas)), strict=True)
    return np.stack(coordinates), np.stack(distances)
