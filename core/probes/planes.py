"""The planes a loss landscape can be cut along: one row each, from what is known of a run to a Plane."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.features import title_of
from core.network import Network
from core.probes.directions import Axis, Floats, Plane, Spot, random_plane
from core.probes.hessian import top_eigenpair
from core.probes.landscape import Objective
from core.tables import Table

FEWEST = 3
"""Moments without which a path has no two principal components."""
_MARGIN = 1.25
"""How much farther than the path a view reaches."""
_SLIMMEST = 0.2
"""The least height of a view in its width, or the other way round: a straight path needs room beside it, too."""
_FLAT = 1e-12
_SHARP = 1e-2
"""Residual of the eigenpair, in its value: the picture could not show more."""


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


# ---- principal components --------------------------------------------------------------------------------------------


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


def _of_path(seen: Seen) -> Plane:
    if len(seen.path) < FEWEST:
        raise NoPlane(
            "The principal components of a path need at least three moments of it: train for some epochs, and the "
            "plane that shows most of the way appears."
        )
    return _principal(seen, seen.path, "the path")


def _of_race(seen: Seen) -> Plane:
    if seen.raced is None:
        raise NoPlane("There has been no race yet: let two optimizers or more start from here, and see their paths.")
    return _principal(seen, seen.raced, "the race")


def _principal(seen: Seen, points: Floats, what: str) -> Plane:
    """The plane of the first two components of ``points`` about θ, with all of them in view."""
    offsets = points - seen.theta
    directions, shares = components(offsets)
    at = offsets @ directions.T
    signs = _signs(directions, at, seen.before)
    at, directions = at * signs, directions * signs[:, None]
    low, high = np.minimum(at.min(axis=0), 0.0), np.maximum(at.max(axis=0), 0.0)
    middle, half = (low + high) / 2, (high - low) / 2 * _MARGIN
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


# ---- two weights -----------------------------------------------------------------------------------------------------


def _of_weights(seen: Seen) -> Plane:
    """J(w0, w1): both weights from -R to R, all others as they are in θ."""
    count = seen.network.parameters
    if count < 2:
        raise NoPlane("This network has a single weight, and a plane needs two.")
    pair = _pair(seen)
    if pair[0] == pair[1]:
        raise NoPlane("Both axes are the same weight: pick a second one on the network, or in the list above.")
    reach = max(1.0, 1.2 * float(np.abs(seen.theta[list(pair)]).max()))
    reach = 2.0 ** (math.ceil(2 * math.log2(reach)) / 2)
    before = seen.before
    if before is not None and _of_before(before) == pair and reach < before.axes[0].unit <= 2.1 * reach:
        reach = before.axes[0].unit  # no larger view than needed, but no smaller one for every little step back
    centre, directions = np.array(seen.theta, dtype=np.float64), np.zeros((2, count))
    for row, index in enumerate(pair):
        centre[index], directions[row, index] = 0.0, reach
    names = [parameter_name(seen.network, index) for index in pair]
    axes = (Axis(names[0], "w₀", reach, index=pair[0]), Axis(names[1], "w₁", reach, index=pair[1]))
    return Plane(centre, directions, axes=axes, origin=seen.theta)


def _pair(seen: Seen) -> tuple[int, int]:
    """The weights chosen; for one that is not, that of the plane before, or the steepest, if that is another one."""
    usual = _of_before(seen.before) or steepest(seen)
    count = seen.network.parameters
    chosen = [None if place is None or place >= count else place for place in seen.weights or usual]
    for slot, place in enumerate(chosen):
        if place is None:
            others = (usual[slot], *steepest(seen), 0, 1)
            chosen[slot] = next(other for other in others if other < count and other != chosen[1 - slot])
    first, second = chosen
    assert first is not None
    assert second is not None
    return first, second


def _of_before(before: Plane | None) -> tuple[int, int] | None:
    """The pair of weights of the plane laid last."""
    first, second = (axis.index for axis in before.axes) if before is not None else (None, None)
    return None if first is None or second is None else (first, second)


def steepest(seen: Seen) -> tuple[int, int]:
    """The two places in θ with the largest gradient, in θ's order; the first two where there is none."""
    _, gradient = seen.objective.gradient(seen.theta[None])
    size = np.nan_to_num(np.abs(gradient[0]))
    first, second = sorted(np.argsort(-size, kind="stable")[:2].tolist())
    return int(first), int(second)


LETTERS = {"bias": "b", "gain": "γ", "shift": "β", "mean": "μ", "variance": "σ²"}
"""What stands for each number that a unit has beside its weights."""


def parameter_name(network: Network, index: int) -> str:
    """A number of θ by its ends: "w(layer 1, unit 2 ← x₁)", "b(output, unit 1)"; raises IndexError outside θ."""
    for place, layer in enumerate(network.layers):
        if layer.weight.start <= index < layer.weight.stop:
            unit, source = divmod(index - layer.weight.start, layer.fan_in)
            origin = f"unit {source + 1}" if place else title_of(network.inputs[source])
            return f"w({layer.label}, unit {unit + 1} ← {origin})"
        for name, letter in LETTERS.items():
            block = layer.blocks.get(name)
            if block is not None and block.start <= index < block.stop:
                return f"{letter}({layer.label}, unit {index - block.start + 1})"
    raise IndexError(f"θ has {network.parameters} numbers, and none at {index}")


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
        Axis("top Hessian eigenvector", f"λ = {value:.3g}", reach),
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
    middle, reach = (low + high) / 2, _MARGIN * float((high - low).max()) / 2
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
        _of_path,
    ),
    PlaneRow(
        "weights",
        "Two weights",
        "J(w₀, w₁) as in a textbook: two single weights change, all others stay as they are now.",
        "Goodfellow, Bengio & Courville, Deep Learning (2016), section 4.3.",
        _of_weights,
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
        "The loss on the straight line between two points, of one run or of two: is there a barrier between them?",
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
        _of_race,
        follows=False,
    ),
)


def lay(name: str, seen: Seen) -> Plane:
    """The plane of the row ``name``; raises NoPlane where it cannot be laid, SpecError for an unknown name."""
    return PLANES[name].make(seen)


def path_from(thetas: npt.ArrayLike, steps: npt.ArrayLike, step: int, theta: Floats) -> Floats:
    """The moments ``thetas`` (T, P) before ``step``, as float64; none where they are of another architecture."""
    path = np.asarray(thetas, dtype=np.float64)
    if path.shape[-1:] != theta.shape:
        return np.empty((0, len(theta)))
    earlier: Floats = path[np.asarray(steps) < step]
    return earlier
