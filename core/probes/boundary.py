"""The decision boundary: what a network answers all over the plane, and where its answer changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data import DOMAIN
from core.data.slices import DRAWN, FIRST, Plane, Slice, grid, plane_of
from core.model import Model
from core.probes.contours import Array, Floats, Line, level_lines, linear_levels
from core.probes.fields import logits as logits_of

LEVELS = 9
"""About how many level lines a regression's values get."""


_LOGISTIC = ("sigmoid", "softmax")
_TINY = 1e-6
"""Probabilities are told apart down to here: 1 - p in float32 is good to about 1e-7."""


@dataclass(frozen=True, eq=False)
class Boundary:
    """What a network answers over the plane and on its own points.

    ``values`` are class probabilities (n, n, C), or values (n, n) for regression; row 0 lies at x₂ = +DOMAIN, column 0
    at x₁ = -DOMAIN, and the outermost rows and columns on the plane's edge. ``lines`` are polylines (m, 2) in plane
    units: where the likeliest class changes, or where the value is 0; ``faint`` those of its other levels. ``wrong``
    (N,) is true for points put into another class than their own, in the order of the Experiment's points, or None for
    regression.
    The scores are accuracy, or R². ``logits`` (n, n, K) are what the output layer adds up, where they were asked for.
    ``plane`` says where in the data the plane lies.
    """

    values: Array
    lines: list[Line]
    faint: list[Line]
    levels: Floats
    wrong: Array | None
    train_score: float
    test_score: float
    logits: Array | None = None
    plane: Plane = DRAWN


def answer(model: Model, theta: Array, xy: Array) -> Array:
    """Class probabilities (N, C), or values (N,), of the network θ (P,) at points ``xy`` (N, D0)."""
    return _answer(model, _outputs(model, theta, xy))


def boundary(model: Model, theta: Array, n: int, *, logits: bool = False, chosen: Slice = FIRST) -> Boundary:
    """The boundary of the network θ (P,) from its outputs on an n × n grid, and how it does on its points.

    The grid lies on the plane that ``chosen`` is in the model's data.
    """
    points, plane = model.experiment.data.points, plane_of(model.experiment.data, chosen)
    places = plane.places(n)
    xy = np.concatenate([places, points.x]) if len(points) else places
    outputs = _outputs(model, theta, xy)
    over, on = outputs[: n * n], outputs[n * n :]
    values = _answer(model, over)
    values = values.reshape(n, n, *values.shape[1:])
    lines, faint, levels = (_class_lines(model, values), [], np.empty(0)) if model.classes else _value_lines(values)
    train = model.prepared.train
    return Boundary(
        values,
        lines,
        faint,
        levels,
        model.decide(on) != points.y if model.classes else None,
        model.score(on[train], points.y[train]),
        model.score(on[~train], points.y[~train]),
        logits_of(model, theta, places).reshape(n, n, -1) if logits else None,
        plane,
    )


def edges(model: Model, theta: Array, n: int) -> list[Line]:
    """Where the answer of the network θ (P,) changes, or the value is 0: polylines (m, 2), from an n × n grid.

    For points on the plane that is drawn on.
    """
    values = answer(model, theta, grid(n))
    values = values.reshape(n, n, *values.shape[1:])
    return _class_lines(model, values) if model.classes else _contours(values, [0.0])[0]


def _outputs(model: Model, theta: Array, xy: Array) -> Array:
    """Outputs (N, K) at points (N, D0)."""
    outputs: Array = model.engine().forward(theta[None], model.inputs(xy))[0]
    return outputs


def _answer(model: Model, outputs: Array) -> Array:
    return model.classify(outputs) if model.classes else outputs[..., 0]


def _value_lines(values: Array) -> tuple[list[Line], list[Line], Floats]:
    """Level lines of values (n, n) at round steps: those at zero, the others, and the levels."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return [], [], np.empty(0)
    levels = linear_levels(float(finite.min()), float(finite.max()), LEVELS)
    groups = _contours(values, levels)
    lines = [line for level, group in zip(levels, groups, strict=True) if level == 0 for line in group]
    faint = [line for level, group in zip(levels, groups, strict=True) if level != 0 for line in group]
    return lines, faint, levels


def _class_lines(model: Model, probabilities: Array) -> list[Line]:
    """Where the likeliest class of (n, n, C) changes.

    Logarithms of logistic outputs are used in their place: the zeros are the same, but between grid points a logit is
    close to linear where a probability is a step.
    """
    if model.network.output.activation in _LOGISTIC:
        return winner_lines(np.log(np.maximum(probabilities, _TINY)))
    return winner_lines(probabilities.astype(np.float64))


def winner_lines(scores: Floats) -> list[Line]:
    """Where the largest of ``scores`` (n, n, C) changes: each stretch once, as a line of the lower of its two classes.

    Where class c ties with the best of the later ones, the stretches that an earlier class wins are cut away.
    """
    lines: list[Line] = []
    for c in range(scores.shape[-1] - 1):
        later = scores[..., c + 1 :].max(axis=-1)
        margin = scores[..., c] - later
        for line in _contours(margin, [0.0])[0]:
            lines += [line] if c == 0 else _cut(line, scores[..., :c].max(axis=-1) - np.maximum(scores[..., c], later))
    return lines


def _contours(values: Array, levels: Array | list[float]) -> list[list[Line]]:
    axis = np.linspace(-DOMAIN, DOMAIN, len(values))
    return level_lines(values[::-1], axis, axis, levels)


def _cut(line: Line, excess: Array) -> list[Line]:
    """The stretches of ``line`` (m, 2) where ``excess`` (n, n), linear between grid points, is not above zero."""
    above = value_at(excess, line)
    outside = above > 0
    if not outside.any():
        return [line]
    pieces: list[Line] = []
    current: list[Floats] = []
    for i in range(len(line)):
        if i and outside[i] != outside[i - 1]:
            share = above[i - 1] / (above[i - 1] - above[i])
            current.append(line[i - 1] + share * (line[i] - line[i - 1]))
        if not outside[i]:
            current.append(line[i])
        elif current:
            pieces.append(np.array(current))
            current = []
    if current:
        pieces.append(np.array(current))
    return [piece for piece in pieces if len(piece) > 1]


def value_at(values: Array, at: Floats) -> Floats:
    """``values`` (n, n) of a Boundary, bilinear at plane coordinates ``at`` (m, 2): (m,)."""
    n = len(values)
    column = (at[:, 0] + DOMAIN) / (2 * DOMAIN) * (n - 1)
    row = (DOMAIN - at[:, 1]) / (2 * DOMAIN) * (n - 1)
    i = np.clip(row.astype(np.int_), 0, n - 2)
    j = np.clip(column.astype(np.int_), 0, n - 2)
    down, along = row - i, column - j
    top = values[i, j] * (1 - along) + values[i, j + 1] * along
    bottom = values[i + 1, j] * (1 - along) + values[i + 1, j + 1] * along
    result: Floats = top * (1 - down) + bottom * down
    return result
