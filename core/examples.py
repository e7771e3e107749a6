"""Worked examples: small networks with given weights and a sample to work through by hand, one row each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.spec import Choice, Data, Dense, Experiment, Network, Output, Points, Split, Training
from core.tables import Table


@dataclass(frozen=True)
class Example:
    """A row: an Experiment, its weights ``theta`` (P,), and the sample at index 0 of its points that it is about."""

    name: str
    title: str
    help: str
    make: Callable[[str], Experiment]
    theta: tuple[float, ...]

    @cached_property
    def experiment(self) -> Experiment:
        """The Experiment, in double precision as worked numbers are."""
        return self.make(self.title)


def _scattered(seed: int, count: int, low: float, high: float) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (count, 2))


def _perceptron(title: str) -> Experiment:
    """Points on both sides of 1 + 3 x₁ − 2 x₂ = 0, with (−1, 2) first."""
    x = np.vstack([[-1.0, 2.0], _scattered(1, 119, -5.0, 5.0)])
    points = Points(x, (1.0 + 3.0 * x[:, 0] - 2.0 * x[:, 1] > 0).astype(float))
    training = Training(0.1, 10, precision="float64")
    return Experiment(title, Data("classification", 2, points, split=Split(0.8)), Network(), training)


def _pass(title: str) -> Experiment:
    """Lectures attended and hours on the project; who does enough of both passes; (4, 5) passed."""
    x = _scattered(4, 119, 0.0, 6.0)
    passed = x.sum(axis=1) + np.random.default_rng(5).normal(0.0, 0.4, len(x)) > 6.0
    points = Points(np.vstack([[4.0, 5.0], x]), np.concatenate([[1.0], passed.astype(float)]))
    training = Training(0.05, 16, Choice("adam"), precision="float64")
    network = Network((Dense(3, "sigmoid", id=1),))
    return Experiment(title, Data("classification", 2, points, split=Split(0.8)), network, training)


def _line(title: str, hidden: bool, slope: float, offset: float, first: float, rate: float) -> Experiment:
    """Values along a line in x₁, one input, no biases."""
    x = np.concatenate([[first], np.linspace(-3.0, 3.0, 49)])
    points = Points(np.column_stack([x, np.zeros(len(x))]), slope * x + offset)
    layers = (Dense(1, "linear", bias=False, id=1),) if hidden else ()
    data = Data("regression", 2, points, split=Split(0.8), features=("x1",))
    return Experiment(title, data, Network(layers, Output(bias=False)), Training(rate, 10, precision="float64"))


def _penguin(title: str) -> Experiment:
    """Three classes, and a network whose biases alone answer 0.3, 0.1, 0.6 whatever it sees; the first is class 2."""
    rng = np.random.default_rng(7)
    y = np.concatenate([[2.0], np.repeat([0.0, 1.0, 2.0], 30)])
    centres = np.array([[-3.0, -2.0], [3.0, -2.0], [0.0, 3.0]])
    x = centres[y.astype(int)] + rng.normal(0.0, 0.9, (len(y), 2))
    data = Data("classification", 3, Points(x, y), split=Split(0.8))
    return Experiment(title, data, Network(), Training(0.1, 10, precision="float64"))


EXAMPLES: Table[Example] = Table(
    "worked example",
    Example(
        "perceptron",
        "Perceptron",
        "Bias 1, weights 3 and −2: for (−1, 2) the sum is 1 − 3 − 4 = −6, and the sigmoid of it 0.00247.",
        _perceptron,
        (3.0, -2.0, 1.0),
    ),
    Example(
        "pass",
        "Will I pass this class?",
        "Four lectures attended, five hours on the project: the untrained network says 0.1, and the truth is 1.",
        _pass,
        (*([-0.5] * 6), 0.0, 0.0, 0.0, 0.8, 0.7, 0.9, -2.2),
    ),
    Example(
        "simplest",
        "The simplest network",
        "x → z₁ → ŷ → J: ∂J/∂w₂ and ∂J/∂w₁ by the chain rule, factor by factor.",
        lambda title: _line(title, True, 0.5, -0.05, 1.5, 0.05),
        (-0.8, 2.0),
    ),
    Example(
        "penguin",
        "Penguin loss",
        "Predicted 0.3, 0.1, 0.6 and the truth 0, 0, 1: absolute differences, squares and cross-entropy side by side.",
        _penguin,
        (*([0.0] * 6), math.log(0.3), math.log(0.1), math.log(0.6)),
    ),
    Example(
        "slope",
        "Slope of one weight",
        "ŷ = w x at w = 2, where the slope is negative: raising w lowers the loss.",
        lambda title: _line(title, False, 3.0, 0.0, 1.0, 0.1),
        (2.0,),
    ),
)
