"""The planes a loss landscape can be cut along: one row each, from what is known of a run to a Plane."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.probes.directions import Axis, Plane, Spot, random_plane
from core.probes.hessian import top_eigenpair
from core.probes.planes_principal import MARGIN, of_path, of_race
from core.probes.planes_weights import of_weights
from core.probes.seen import NoPlane, Seen
from core.tables import Table

_FLAT = 1e-12
_SHARP = 1e-2
"""Residual of the eigenpair, in its value: the picture could not show more."""


@dataclass(frozen=True)
class PlaneRow:
    """A row: ``make(seen)`` lays the plane and raises NoPlane; ``follows`` says whether it moves with θ.

    ``needs`` is what must be chosen beside it: "weights", "ends" or nothing.
    """

    name: str
    title: str
    help: str
    source: str
    make: Callable[[Seen], Plane]
    follows: bool = True
    needs: str = ""


def _random(seen: Seen) -> Plane:
    return random_plane(seen.network, seen.theta, seen.seed)


# ---- gradient and curvature ------------------------------------------------------------------------------------------


def _of_curvature(seen: Seen) -> Plane:
    """Along -∇L, made orthogonal to it, and along the Hessian's top eigenvector."""
    objective = seen.exact or seen.objective
    losses, gradients = objective.gradient(seen.theta[None])
    before = seen.before
    like = before.directions[1] if before is not None and before.centre.shape == seen.theta.shape else None
    pair = top_eigenpair(objective, seen.theta, tolerance=_SHARP, start=like)
    value, sharp = pair.value, pair.vector
    if not (np.isfinite(value) and np.isfinite(gradients).all()):
        raise NoPlane("The curvature cannot be computed here: the loss or its gradient is not a finite number.")
    if like is not None and like @ sharp < 0:
        sharp = -sharp
    down = -gradients[0]
    rest = down - (down @ sharp) * sharp
    size = float(np.linalg.norm(rest))
    if not size > 1e-6 * max(float(np.linalg.norm(down)), _FLAT):
        raise NoPlane("Here the gradient is zero, or points along the direction of strongest curvature: no plane.")
    # As far as the quadratic of the curvature rises by about the loss there is, so that the valley's walls are seen.
    norm = float(np.linalg.norm(seen.theta)) or 1.0
    wanted = 2.0 * math.sqrt(2.0 * max(float(losses[0]), 0.0) / abs(value)) if value else norm
    reach = 2.0 ** (round(2 * math.log2(min(max(wanted, norm / 64), norm))) / 2)
    axes = (
        Axis("down the gradient", "−∇L", reach),
        Axis("top Hessian eigenvector", "λ", reach, curvature=value),
    )
    directions = np.stack([rest / size, sharp]) * reach
    return Plane(np.array(seen.theta, dtype=np.float64), directions, axes=axes)


# ---- remembered points -----------------------------------------------------------------------------------------------


def _of_points(seen: Seen) -> Plane:
    """Through the start of the path and both ends: along the line A to B, and at right angles to it."""
    if seen.ends is None:
        raise NoPlane("Choose the two points to look between.")
    a, b = seen.ends
    start = seen.path[0] if len(seen.path) else seen.theta
    across, off = b - a, start - a
    length = float(np.linalg.norm(across))
    if not length > 0:
        raise NoPlane("A and B are the same point: choose two that differ.")
    first = across / length
    rest = off - (off @ first) * first
    height = float(np.linalg.norm(rest))
    if not height > 1e-9 * length:
        raise NoPlane(
            "The start of the run, A and B lie on one line: choose two other points. Moments that you remember, and "
            "the ends of earlier runs, are in the lists above."
        )
    places = np.array([[0.0, 0.0], [length, 0.0], [float(off @ first), height]])
    low, high = places.min(axis=0), places.max(axis=0)
    middle, reach = (low + high) / 2, MARGIN * float((high - low).max()) / 2
    directions = np.stack([first, rest / height])
    spots = tuple(
        Spot(name, (float(x), float(y)))
        for name, (x, y) in zip((*seen.names, "start"), (places - middle) / reach, strict=True)
    )
    axes = (
        Axis(f"from {seen.names[0]} to {seen.names[1]}", "A → B", reach, float(middle[0])),
        Axis("towards the start", "⊥", reach, float(middle[1])),
    )
    return Plane(a + middle @ directions, directions * reach, axes=axes, spots=spots, origin=np.array(a))


LINE = "line"
"""The row that is looked at as a curve over the line from A to B; its plane goes through the start, too."""

_LI = (
    "Li, Xu, Taylor, Studer & Goldstein, “Visualizing the Loss Landscape of Neural Nets”, 2018, "
    "arXiv:1712.09913, section {}."
)

PLANES: Table[PlaneRow] = Table(
    "plane",
    PlaneRow(
        "random",
        "Random",
        "Two random directions, filter-normalised: each neuron's weights change in proportion to their own size.",
        _LI.format(4),
        _random,
    ),
    PlaneRow(
        "path",
        "PCA of path",
        "The two directions that explain most of the way training has gone: no plane shows more of it.",
        _LI.format(7),
        of_path,
    ),
    PlaneRow(
        "weights",
        "Two weights",
        "J(w₀, w₁) as in a textbook: two single weights change, all others stay as they are now.",
        "Goodfellow, Bengio & Courville, Deep Learning (2016), section 4.3.",
        of_weights,
        needs="weights",
    ),
    PlaneRow(
        "curvature",
        "Curvature",
        "Down the gradient, and along the Hessian's top eigenvector, the direction in which the loss bends most.",
        "Gur-Ari, Roberts & Dyer, “Gradient Descent Happens in a Tiny Subspace”, 2018, arXiv:1812.04754.",
        _of_curvature,
    ),
    PlaneRow(
        LINE,
        "Line A to B",
        "The loss on the straight line between two points, of one run or of two: is there a barrier between them? Its "
        "height is the greatest loss on the line less the mean of both ends'; beside it stands the rise above the "
        "worse end, of which a way that only leads down has none.",
        "Frankle, Dziugaite, Roy & Carbin, “Linear Mode Connectivity and the Lottery Ticket Hypothesis”, 2020, "
        "arXiv:1912.05671; Goodfellow, Vinyals & Saxe, 2015, arXiv:1412.6544.",
        _of_points,
        follows=False,
        needs="ends",
    ),
    PlaneRow(
        "points",
        "Three points",
        "The one plane that holds three points: where the run began, A, and B.",
        "Garipov, Izmailov, Podoprikhin, Vetrov & Wilson, “Loss Surfaces, Mode Connectivity, and Fast Ensembling of "
        "DNNs”, 2018, arXiv:1802.10026.",
        _of_points,
        follows=False,
        needs="ends",
    ),
    PlaneRow(
        "race",
        "PCA of race",
        "The two directions that explain most of the paths that were raced from one start.",
        _LI.format(7),
        of_race,
        follows=False,
    ),
)


def lay(name: str, seen: Seen) -> Plane:
    """The plane of the row ``name``; raises NoPlane where it cannot be laid, SpecError for an unknown name."""
    plane, statistics = PLANES[name].make(seen), seen.network.statistics
    if not statistics.any():
        return plane
    return replace(plane, uncounted=statistics & ~plane.directions.any(axis=0))
