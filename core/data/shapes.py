"""The clean shapes of the classification sets: where a point of each class lies, before any scatter.

A shape is a function ``(label (N,), classes, rng) -> x (N, 2)``. The scale is TensorFlow Playground's
(``src/dataset.ts``: radius 5 on a plane of ±6). Each shape draws its random numbers point by point, in order, so that
asking for more points with the same seed adds to those there were.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data.plane import Floats

Labels = npt.NDArray[np.int64]

RADIUS = 5.0
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
PLASTIC = 1.324717957244746 ** np.array([-1.0, -2.0])
TURNS = 1.75


def circle(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """A disc of half the radius inside a ring from 0.7 of it outwards, both evenly filled."""
    u = evenly(label, classes, rng)
    inner = np.where(label == 0, 0.0, 0.7 * RADIUS)
    outer = np.where(label == 0, 0.5 * RADIUS, RADIUS)
    return _polar(np.sqrt(inner**2 + u[:, 0] * (outer**2 - inner**2)), 2.0 * np.pi * u[:, 1])


def xor(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """Four squares of side 5, kept 0.3 off the axes: class 0 where x₁x₂ > 0, class 1 where it is less."""
    square = np.arange(len(label)) % 4
    first = np.where(square < 2, 1.0, -1.0)
    sign = np.column_stack([first, np.where(label == 0, first, -first)])
    return np.asarray(sign * (0.3 + RADIUS * evenly(square, 4, rng)))


def blobs(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """Normal clouds of variance ½ around evenly spaced centres; two of them lie at (2, 2) and (-2, -2)."""
    radius = 2.0 * np.sqrt(2.0) + 0.2 * (classes - 2)
    centre = _polar(np.full(len(label), radius), np.pi / 4.0 + 2.0 * np.pi * label / classes)
    return np.asarray(centre + np.sqrt(0.5) * rng.standard_normal((len(label), 2)))


def spiral(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """Arms from radius 0.5 to 5, evenly spaced; with two arms 1.75 turns each, with more in proportion fewer.

    So the gap between neighbouring arms is the same however many there are.
    """
    share = np.sqrt(0.01 + 0.99 * _along(label, classes, rng))
    return _polar(RADIUS * share, 2.0 * np.pi * (TURNS * 2.0 / classes * share + label / classes))


def moons(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """Two half circles of radius 3.2, each reaching into the other."""
    radius = 3.2
    sign = np.where(label == 0, 1.0, -1.0)
    angle = np.pi * _along(label, classes, rng)
    middle = np.column_stack([-0.5 * radius * sign, -0.25 * radius * sign])
    return middle + radius * np.column_stack([np.cos(angle), sign * np.sin(angle)])


def rings(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """One circle for each class, class 0 innermost, the last of radius 5, at equal distances."""
    return _polar(RADIUS * (label + 1.0) / classes, 2.0 * np.pi * _along(label, classes, rng))


def checkerboard(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """Four by four squares of side 2.8 that alternate between two classes, with gaps of 0.3 between them."""
    square = np.arange(len(label)) % 16
    row = square // 4
    column = 2 * (square // 2 % 2) + (row + label) % 2
    side, gap = 2.8, 0.3
    corner = np.column_stack([column - 2, row - 2]) * side + 0.5 * gap
    return corner + (side - gap) * evenly(square, 16, rng)


def evenly(area: Labels, areas: int, rng: np.random.Generator) -> Floats:
    """For each point where in its area it lies, in the unit square (N, 2): even, without the clumps of plain chance.

    The areas take turns. Steps of (1/ρ, 1/ρ²), ρ³ = ρ + 1, fill a square as the golden ratio fills a line (Roberts
    2018, "The unreasonable effectiveness of quasirandom sequences"); a random nudge hides the lattice they make.
    """
    start = rng.random((areas, 2))
    nth = np.arange(len(area)) // areas
    return np.asarray(np.mod(start[area] + nth[:, None] * PLASTIC + 0.15 * rng.random((len(area), 2)), 1.0))


def _polar(radius: Floats, angle: Floats) -> Floats:
    """Places at a radius and an angle from the upward axis, clockwise, as TensorFlow Playground counts them."""
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])


def _along(label: Labels, classes: int, rng: np.random.Generator) -> Floats:
    """For each point how far along its class's curve it lies, in [0, 1): steps of the golden ratio from a random start.

    These fill a curve evenly at any count, and a longer sequence only adds to a shorter one.
    """
    start = rng.random(classes)
    nth = np.arange(len(label)) // classes
    return np.asarray(np.mod(start[label] + nth * GOLDEN, 1.0))
