"""What each layer makes of the plane: its points, a grid and the decision boundary as the layer's units see them.

"Increasingly different from the input and increasingly informative about the answer" (Chollet, Deep Learning with
Python, section 1.1.4), as places and as a number for each layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.data import DOMAIN
from core.data.features import title_of
from core.elementary import NUMPY
from core.model import Model
from core.probes.boundary import edges, winner_lines
from core.probes.contours import Line, level_lines
from core.probes.fields import logits
from core.probes.principal import Array, Floats, explained, principal_axes, separability, turned_onto

GRID, PLACES = 13, 65
"""Lines of the grid each way, and places along each of them."""
EDGE_GRID = 61
"""Places along each side of the grid on which the decision boundary is looked for."""

Pair = tuple[int, int]
View = Literal["units", "principal", "line"]

_BOUNDED, _LOOSE, _CLOSE = 1.2, 1.2, 1.12
"""How far a picture reaches beyond an activation's bounds, beyond points without any, and beyond the input's grid."""
_NEWTON = 2
"""Steps by which places near the decision boundary are brought onto it."""
_LANES = 0.6
"""Where one unit is a line, the classes lie in lanes up to this share of the picture from its middle."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer's picture of the plane.

    ``view``: two "units" as they are; the "principal" plane of more, turned to lie as before; or a "line" for a single
    unit (the truth across it). ``units`` are how many there are, ``pair`` which of them the axes are. ``points`` (N, 2)
    and ``lines`` (2 · GRID, PLACES, 2), the grid's (none where the data have no plane), lie on that plane, as does
    ``boundary``, the decision boundary; it is ``straight`` where it is the read-out's own line. ``centre`` (2,) and
    ``reach`` are the square worth looking at. ``explained`` is the share of the points' variance on the plane,
    ``separable`` the score of a linear read-out.
    """

    name: str
    axes: tuple[str, str]
    units: int
    view: View
    pair: Pair | None
    points: Floats
    lines: Floats
    boundary: list[Line]
    straight: bool
    centre: Floats
    reach: float
    explained: float
    separable: float


@dataclass(frozen=True, eq=False)
class Representation:
    """The layers from the inputs to the output; ``tested`` where ``separable`` is measured on samples held out."""

    layers: tuple[Layer, ...]
    tested: bool


@dataclass(frozen=True, eq=False)
class _Places:
    """One array of places (N, 2) for one pass, and how to take apart again what comes of them."""

    xy: Floats
    points: int
    edges: tuple[int, ...]

    def split(self, plane: Floats) -> tuple[Floats, Floats, list[Line]]:
        """The points (N, 2), the grid (2 · GRID, PLACES, 2) or nothing, the lines."""
        parts = np.split(plane, np.cumsum([self.points, *self.edges]))
        grid = parts.pop()
        return parts[0], grid.reshape(-1, PLACES, 2), parts[1:]


def represent(
    model: Model, theta: npt.ArrayLike, pair: Pair | None = None, previous: Representation | None = None
) -> Representation:
    """Each layer's picture at θ (P,), a wider one's with the units ``pair`` as axes, or else with principal axes.

    Principal axes are turned to lie as in ``previous`` where that is of the same points, else as in the layer before.
    """
    theta = np.asarray(theta)
    places = _places(model, theta)
    x = model.inputs(places.xy) if len(places.xy) else np.empty((0, len(model.network.inputs)))
    with np.errstate(over="ignore", invalid="ignore"):
        passed = [x, *(a[0].T for a in model.engine().activations(theta[None], x))]
    layers: list[Layer] = []
    for index, values in enumerate(passed):
        finite = np.nan_to_num(np.asarray(values, dtype=np.float64), posinf=1e12, neginf=-1e12)
        before = _target(previous, layers, index, places.points)
        layers.append(_layer(model, theta, index, finite, places, pair, before))
    return Representation(tuple(layers), not bool(model.prepared.train.all()))


def grid_lines(count: int = GRID, places: int = PLACES) -> Floats:
    """Lines across the plane (2 · count, places, 2): upright ones from left to right, then level ones from below."""
    at, along = np.linspace(-DOMAIN, DOMAIN, count), np.linspace(-DOMAIN, DOMAIN, places)
    fixed, moving = (np.ascontiguousarray(part) for part in np.meshgrid(at, along, indexing="ij"))
    return np.concatenate([np.stack([fixed, moving], axis=-1), np.stack([moving, fixed], axis=-1)])


def _places(model: Model, theta: Array) -> _Places:
    points = model.experiment.data.points.x
    if len(points) and points.shape[1] != 2:
        return _Places(points, len(points), ())
    lines = _sharpened(model, theta, edges(model, theta, EDGE_GRID))
    return _Places(
        np.concatenate([points.reshape(-1, 2), *lines, grid_lines().reshape(-1, 2)]),
        len(points),
        tuple(len(line) for line in lines),
    )


def _sharpened(model: Model, theta: Array, lines: list[Line]) -> list[Line]:
    """``lines`` near the decision boundary brought onto it by Newton's method along the margin's slope.

    A layer that saturates makes much of a small distance: what is near enough for the plane is far off there.
    """
    if not lines:
        return lines
    at, reach = np.concatenate(lines), 2 * DOMAIN / (EDGE_GRID - 1)
    step = 1e-3 * DOMAIN
    aside, above = np.array([step, 0.0]), np.array([0.0, step])
    for _ in range(_NEWTON):
        around = np.concatenate([at, at + aside, at + above])
        z = logits(model, theta, around).astype(np.float64).reshape(3, len(at), -1)
        margin = z[..., 0] - _threshold(model)
        if z.shape[-1] > 1:
            first, second = np.argsort(-z[0], axis=-1)[:, :2].T
            rows = np.arange(len(at))
            margin = z[:, rows, first] - z[:, rows, second]
        slope = np.stack([margin[1] - margin[0], margin[2] - margin[0]], axis=-1) / step
        with np.errstate(divide="ignore", invalid="ignore"):
            move = -margin[0][:, None] * slope / np.square(slope).sum(axis=-1, keepdims=True)
        size = np.hypot(*move.T)[:, None]
        at = at + np.where(size <= reach, np.nan_to_num(move), 0.0)
    return np.split(at, np.cumsum([len(line) for line in lines])[:-1])


def _target(previous: Representation | None, before: Sequence[Layer], index: int, count: int) -> Floats | None:
    """The points (N, 2) that a layer's picture is to lie like."""
    if previous is not None and index < len(previous.layers) and len(previous.layers[index].points) == count:
        return previous.layers[index].points
    return before[-1].points if before else None


def _layer(
    model: Model, theta: Array, index: int, values: Floats, places: _Places, pair: Pair | None, target: Floats | None
) -> Layer:
    network, data = model.network, model.experiment.data
    units, on = values.shape[1], values[: places.points]
    names = [title_of(name) for name in network.inputs] if not index else [f"unit {u + 1}" for u in range(units)]
    name = "input" if not index else network.layers[index - 1].label
    separable = separability(on, data.points.y, model.prepared.train, model.classes)
    if units == 1:
        return _line(model, name, names[0], index, on[:, 0], separable)
    view, pair = _view(units, pair)
    plane = values[:, list(pair)] if pair else _turned(values, on, target)
    points, lines, boundary = places.split(plane)
    centre, reach = _square(model, index, view, points, lines)
    straight = index == len(network.layers) - 1 and units == 2
    if straight:
        boundary = _read_out(model, theta, centre, reach)
    elif index == len(network.layers):
        boundary = []  # the answers themselves: nothing reads them, and a tie is a jump between two of their corners
    axes = (names[pair[0]], names[pair[1]]) if pair else ("principal plane", "")
    share = explained(on, points)
    return Layer(name, axes, units, view, pair, points, lines, boundary, straight, centre, reach, share, separable)


def _view(units: int, pair: Pair | None) -> tuple[View, Pair | None]:
    if units == 2:
        return "units", (0, 1)
    if pair is None:
        return "principal", None
    return "units", (min(pair[0], units - 1), min(pair[1], units - 1))


def _turned(values: Floats, on: Floats, target: Floats | None) -> Floats:
    """``values`` (M, U) on the principal plane (M, 2) of those ``on`` (N, U) the points, turned onto ``target``."""
    mean, directions = principal_axes(on)
    plane = (values - mean) @ directions
    return plane if target is None else np.asarray(plane @ turned_onto(plane[: len(on)], target))


def _line(model: Model, name: str, unit: str, index: int, values: Floats, separable: float) -> Layer:
    """A single unit: its value along the picture, and across it the truth: classes in lanes, or the value itself."""
    y = model.experiment.data.points.y
    bounds = _bounds(model, index)
    if bounds is None:
        bounds = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        if not model.classes and len(y):
            bounds = (min(bounds[0], float(y.min())), max(bounds[1], float(y.max())))
    middle, reach = sum(bounds) / 2, max((bounds[1] - bounds[0]) / 2, 1e-9) * _LOOSE
    across, centre = y, np.full(2, middle)
    if model.classes:
        lane = (y - (model.classes - 1) / 2) / max(model.classes - 1, 1) * 2
        # The golden ratio's multiples are spread evenly over a lane, whatever the order of the samples.
        spread = np.modf(np.arange(len(y)) * (math.sqrt(5) - 1) / 2)[0] - 0.5
        across, centre = (lane + spread * 1.1 / model.classes) * _LANES * reach, np.array([middle, 0.0])
    points, nothing = np.column_stack([values, across]), np.empty((0, PLACES, 2))
    axes = (unit, "class" if model.classes else "truth")
    return Layer(name, axes, 1, "line", None, points, nothing, [], False, centre, reach, 1.0, separable)


def _bounds(model: Model, index: int) -> tuple[float, float] | None:
    """Between what the layer's activation keeps its values, if it does."""
    row = ACTIVATIONS[model.network.layers[index - 1].activation] if index else None
    return (row.low, row.high) if row and math.isfinite(row.low) and math.isfinite(row.high) else None


def _square(model: Model, index: int, view: View, points: Floats, lines: Floats) -> tuple[Floats, float]:
    """The middle (2,) and half the side of the square to look at: the activation's bounds, or where the points are."""
    bounds = _bounds(model, index) if view == "units" else None
    if bounds:
        return np.full(2, sum(bounds) / 2), (bounds[1] - bounds[0]) / 2 * _BOUNDED
    shown = points if index and len(points) else np.concatenate([points, lines.reshape(-1, 2)])
    if not len(shown):
        return np.zeros(2), 1.0
    low, high = shown.min(axis=0), shown.max(axis=0)
    reach = float((high - low).max()) / 2 * (_LOOSE if index else _CLOSE)
    return (low + high) / 2, reach if reach > 0.0 else 1.0


def _read_out(model: Model, theta: Array, centre: Floats, reach: float) -> list[Line]:
    """Where the output layer's answer changes on the plane of the two units it reads, well beyond what is shown."""
    last = len(model.network.layers) - 1
    reach = 3.0 * reach
    along = np.linspace(-reach, reach, EDGE_GRID)
    across, up = np.meshgrid(centre[0] + along, centre[1] + along)
    read = np.stack([across, up], axis=-1)[::-1] @ np.asarray(model.network.weights(theta, last), np.float64).T
    bias = model.network.biases(theta, last)
    z = read if bias is None else read + bias
    if z.shape[-1] > 1:
        return [centre + line / DOMAIN * reach for line in winner_lines(z)]
    return level_lines(z[::-1, :, 0], across[0], up[:, 0], [_threshold(model)])[0]


def _threshold(model: Model) -> float:
    """The sum z at which a single output's answer changes: where its activation is in the middle, or its value 0."""
    row = ACTIVATIONS[model.network.output.activation]
    if row.formula is None:
        return 0.0
    value, _ = row.formula(NUMPY)
    wanted = sum(row.targets) / 2 if model.classes else 0.0
    low, high = -64.0, 64.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if float(value(np.float64(middle))) < wanted else (low, middle)
    return (low + high) / 2
