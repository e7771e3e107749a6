"""Data sets that are made, not drawn: one row each, the same values always giving the same points.

Scatter means the same everywhere. In classification a point is first placed on its class's clean shape and then moved
by a normal step of standard deviation ``noise`` × 2 units along each axis; it keeps its class wherever it lands, and
one that would leave the plane is mirrored back. In regression the places are exact and the value gets a normal error of
standard deviation ``noise``, so no model's mean squared error on fresh points can be expected to fall below noise².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.data import shapes, surfaces
from core.data.plane import EDGE, Floats, fold
from core.spec import Generator, Points, Task
from core.tables import SpecError, Table

SCATTER = 2.0
"""Plane units of standard deviation at noise 1."""

Shape = Callable[[shapes.Labels, int, np.random.Generator], Floats]
Surface = Callable[[Floats], Floats]


@dataclass(frozen=True)
class PointSet:
    """A row: ``make(generator)`` gives the points; ``max_classes`` is 2 where the number is fixed, 0 in regression."""

    name: str
    title: str
    help: str
    task: Task
    max_classes: int
    make: Callable[[Generator], Points]


def generate(generator: Generator) -> Points:
    """The points a generator describes: exactly ``count`` of them, the classes in turn, none marked as drawn.

    More points with the same seed are added to those there were; more noise moves the same points further.
    Raises SpecError for an unknown name or a value out of range.
    """
    try:
        row = GENERATORS[generator.name]
    except SpecError as error:
        raise SpecError("data.generator.name", error.what, error.fix) from None
    _check("count", generator.count, 2, 100_000, "points")
    _check("noise", generator.noise, 0.0, 1.0, "noise")
    _check("seed", generator.seed, 0, 2**32 - 1, "seed")
    if row.max_classes and not 2 <= generator.classes <= row.max_classes:
        offered = "2" if row.max_classes == 2 else f"2 to {row.max_classes}"
        raise SpecError(
            "data.generator.classes",
            f"{row.title} has {offered} classes, not {generator.classes}",
            "change the number of classes or choose another set",
        )
    return row.make(generator)


def _check(name: str, value: float, low: float, high: float, what: str) -> None:
    if not low <= value <= high:
        raise SpecError(
            f"data.generator.{name}", f"{what} {value:g} is outside {low:g} to {high:g}", "choose one within it"
        )


def _streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Two independent streams, so that the places do not change with the noise."""
    return np.random.default_rng(seed), np.random.default_rng([seed, 1])


def _classes(name: str, title: str, max_classes: int, shape: Shape, help: str) -> PointSet:
    def make(generator: Generator) -> Points:
        places, errors = _streams(generator.seed)
        label = np.arange(generator.count) % generator.classes
        x = shape(label, generator.classes, places)
        step = SCATTER * generator.noise * errors.standard_normal((generator.count, 2))
        return Points(fold(x + step), label)

    return PointSet(name, title, help, "classification", max_classes, make)


def _values(name: str, title: str, surface: Surface, help: str) -> PointSet:
    def make(generator: Generator) -> Points:
        places, errors = _streams(generator.seed)
        x = EDGE * (2.0 * shapes.evenly(np.zeros(generator.count, dtype=np.int64), 1, places) - 1.0)
        return Points(x, surface(x) + generator.noise * errors.standard_normal(generator.count))

    return PointSet(name, title, help, "regression", 0, make)


GENERATORS: Table[PointSet] = Table(
    "data set",
    _classes(
        "circle",
        "Circle",
        2,
        shapes.circle,
        "One class surrounds the other. No straight line parts them, but three neurons can fence the middle in; "
        "or the features x₁² and x₂² make it easy.",
    ),
    _classes(
        "xor",
        "Exclusive-or",
        2,
        shapes.xor,
        "The class is decided by whether x₁ and x₂ have the same sign. The classic proof that one layer is not enough "
        "(Minsky & Papert 1969).",
    ),
    _classes(
        "blobs",
        "Blobs",
        8,
        shapes.blobs,
        "A cloud for each class. The easiest set: no hidden layer is needed, and with little noise nearly every point "
        "can be right.",
    ),
    _classes(
        "spiral",
        "Spiral",
        5,
        shapes.spiral,
        "Arms wound around each other. The hardest set here: it takes some layers, or the sine features, and patience.",
    ),
    _classes(
        "moons",
        "Moons",
        2,
        shapes.moons,
        "Two half circles, each reaching into the other. A straight line gets most of it; the rest takes a boundary "
        "that bends twice.",
    ),
    _classes(
        "rings",
        "Rings",
        8,
        shapes.rings,
        "A ring for each class, one inside another. Only the distance from the middle matters; the network has to find "
        "that out.",
    ),
    _classes(
        "checkerboard",
        "Checkerboard",
        2,
        shapes.checkerboard,
        "Sixteen squares that alternate. Many small regions ask for many neurons, and few points in each invite "
        "overfitting.",
    ),
    _values(
        "plane",
        "Plane",
        surfaces.plane,
        "The value rises steadily towards the upper right. One linear neuron fits it exactly.",
    ),
    _values(
        "multi_gaussian",
        "Multi-Gaussian",
        surfaces.multi_gaussian,
        "Three hills and three hollows on a flat ground. Each takes a few neurons to build.",
    ),
    _values(
        "sine_radius",
        "Sine of the radius",
        surfaces.sine_radius,
        "Ripples around the middle, sin r. Easy to say with the right formula, hard to piece together from neurons.",
    ),
)
