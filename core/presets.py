"""Experiments to start from: one row each, a data set and a network with settings that learn it within seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.data.generators import GENERATORS, generate
from core.data.tables import table_data
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Output, Split, Training, change
from core.tables import Table

FIRST = "spiral-3"
"""The preset that the window opens with."""


@dataclass(frozen=True)
class Preset:
    """A row: a data set, a network and the settings that train it; ``epochs`` of them take a few seconds at most.

    ``data`` is a generator, or the name of a table. ``fields`` are further ones of the Experiment, by path.
    """

    name: str
    title: str
    help: str
    data: Generator | str
    units: tuple[int, ...]
    activation: str
    rate: float
    optimizer: str
    epochs: int
    batch: int = 32
    share: float = 0.67
    features: tuple[str, ...] = ("x1", "x2")
    fields: tuple[tuple[str, Any], ...] = ()

    @cached_property
    def experiment(self) -> Experiment:
        """The Experiment this row describes, with its points."""
        network = Network(_layers(self.units, self.activation))
        training = Training(self.rate, self.batch, Choice(self.optimizer))
        experiment = Experiment(self.title, self._data(), network, training)
        for path, value in self.fields:
            experiment = change(experiment, path, value)
        return experiment

    def _data(self) -> Data:
        split = Split(self.share)
        if isinstance(self.data, str):
            return table_data(self.data, split)
        task = GENERATORS[self.data.name].task
        return Data(task, self.data.classes, generate(self.data), self.data, split, self.features)


def seeded(experiment: Experiment, seed: int | None) -> Experiment:
    """The Experiment with another seed of initial weights, shuffles and dropout, the same points; as it is for None."""
    return experiment if seed is None else change(experiment, "training.seed", seed)


def _layers(units: Sequence[int], activation: str) -> tuple[Dense, ...]:
    return tuple(Dense(count, activation, id=index + 1) for index, count in enumerate(units))


PRESETS: Table[Preset] = Table(
    "preset",
    Preset(
        "circle",
        "Circle",
        "One class around another: three neurons are enough to fence the middle in. Try two.",
        Generator("circle", 300, 0.05),
        (4,),
        "tanh",
        0.05,
        "adam",
        100,
    ),
    Preset(
        "xor",
        "Exclusive-or",
        "The class turns at both axes, and no single line parts it: take the hidden layer away, and see it fail.",
        Generator("xor", 300, 0.05),
        (6,),
        "tanh",
        0.03,
        "adam",
        150,
    ),
    Preset(
        "blobs-3",
        "Three blobs",
        "A cloud for each class, and no hidden layer at all: straight lines between them are all it takes.",
        Generator("blobs", 300, 0.2, 3),
        (),
        "tanh",
        0.1,
        "sgd",
        40,
    ),
    Preset(
        "spiral-2",
        "Two spirals",
        "Two arms around each other, the classic hard case: the boundary has to wind as the arms do.",
        Generator("spiral", 500, 0.03, 2),
        (12, 8),
        "tanh",
        0.005,
        "adam",
        500,
    ),
    Preset(
        "spiral-3",
        "Three spirals",
        "Three arms around each other: watch the boundary take hold of them from the outside in.",
        Generator("spiral", 360, 0.05, 3),
        (8, 8, 6),
        "tanh",
        0.004,
        "adam",
        600,
    ),
    Preset(
        "moons",
        "Moons",
        "Two half circles that reach into each other: ReLU draws the boundary in straight pieces; count them.",
        Generator("moons", 300, 0.12),
        (8, 4),
        "relu",
        0.01,
        "adam",
        100,
    ),
    Preset(
        "rings",
        "Three rings",
        "Only the distance from the middle matters: the network finds it, or is told it by the features x₁² and x₂².",
        Generator("rings", 360, 0.05, 3),
        (8, 8),
        "tanh",
        0.01,
        "adam",
        150,
    ),
    Preset(
        "checkerboard",
        "Checkerboard",
        "Sixteen squares that alternate: many small regions need many neurons, and many points in each.",
        Generator("checkerboard", 1000, 0.02),
        (16, 16),
        "tanh",
        0.01,
        "adam",
        200,
    ),
    Preset(
        "plane",
        "Plane",
        "A value that rises steadily: one linear neuron and plain gradient descent find the least squares fit.",
        Generator("plane", 200, 0.1),
        (),
        "linear",
        0.003,
        "sgd",
        30,
    ),
    Preset(
        "multi-gaussian",
        "Hills and hollows",
        "Three hills and three hollows on a flat ground, each built from a few neurons.",
        Generator("multi_gaussian", 800, 0.03),
        (16, 16),
        "tanh",
        0.01,
        "adam",
        400,
    ),
    Preset(
        "sine-radius",
        "Ripples",
        "Rings of waves around the middle: easy to say with a formula, hard to piece together from neurons.",
        Generator("sine_radius", 800, 0.03),
        (16, 16),
        "tanh",
        0.01,
        "adam",
        400,
    ),
    Preset(
        "iris",
        "Iris",
        "Four measurements of a flower, three species: one lies apart, and two can nearly be parted by a plane.",
        "iris",
        (8,),
        "tanh",
        0.02,
        "adam",
        60,
        16,
    ),
    Preset(
        "penguins",
        "Penguins",
        "Bill, flipper and mass: no two of them tell all three species apart, but together the four do.",
        "penguins",
        (8,),
        "tanh",
        0.02,
        "adam",
        60,
    ),
    Preset(
        "digits",
        "Digits",
        "Handwritten digits of 8 × 8 pixels: 64 inputs, ten classes, and several hidden layers.",
        "digits",
        (32, 16),
        "relu",
        0.003,
        "adam",
        40,
    ),
    Preset(
        "earthquakes",
        "Earthquakes",
        "How strong a quake was, from where, how deep and how it was recorded: better than the mean, and never exact.",
        "earthquakes",
        (16, 8),
        "tanh",
        0.005,
        "adam",
        100,
    ),
    Preset(
        "scratch",
        "From scratch",
        "A network as in a few lines of NumPy: three inputs, four hidden units, no biases, 60,000 steps on all four "
        "samples. Its mean absolute error falls from a half to less than a hundredth.",
        "scratch",
        (),
        "sigmoid",
        2.0,
        "sgd",
        60_000,
        4,
        1.0,
        fields=(
            ("network.layers", (Dense(4, "sigmoid", bias=False, id=1),)),
            ("network.output", Output("sigmoid", bias=False)),
            ("network.initializer", Choice("uniform", {"limit": 1.0})),
            ("training.loss", Choice("mse")),
            ("training.precision", "float64"),
        ),
    ),
)
