"""Idle units: dead and saturated ones are those that a search over all samples finds, whatever the activation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.data.generators import generate
from core.elementary import NUMPY
from core.model import Model
from core.probes.idle import DEAD, FLAT, coarse_to_fine, idle_units, sloped, steepest, trace_idle
from core.probes.landscape import Objective
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, change, with_ids


def model(activation: str, units: tuple[int, ...] = (6, 5), loss: str = "auto") -> Model:
    made = Generator("circle", 80)
    network = with_ids(Network(tuple(Dense(n, activation) for n in units)))
    experiment = Experiment(data=Data(points=generate(made), generator=made), network=network)
    return Model.of(experiment if loss == "auto" else change(experiment, "training.loss", Choice(loss)))


def objective(given: Model) -> Objective:
    return Objective.of(given, precision="float64")


def scaled(given: Model, scale: float, shift: float) -> np.ndarray:
    """A θ whose weights are ``scale`` times the initial ones, with biases ``shift``."""
    theta = given.network.initial(3) * scale
    for layer in given.network.layers:
        if layer.bias:
            theta[layer.bias.start : layer.bias.stop] = np.linspace(-shift, shift, layer.units)
    return theta


def test_the_steepest_slopes_are_those_of_the_textbooks() -> None:
    known = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0, "softsign": 1.0, "gaussian": math.sqrt(2 / math.e)}
    for name, expected in known.items():
        assert steepest(name) == pytest.approx(expected, rel=1e-4)
    assert math.isnan(steepest("softmax"))


@pytest.mark.parametrize("name", [row.name for row in ACTIVATIONS.rows() if row.hidden])
def test_counts_are_those_of_finite_differences_of_the_activation(name: str) -> None:
    given = model(name)
    thetas = np.stack([scaled(given, scale, shift) for scale, shift in ((1.0, 0.0), (4.0, 8.0), (9.0, 40.0))])
    asked, row = objective(given), ACTIVATIONS[name]
    dead, saturated = idle_units(asked, thetas)
    h = 1e-6
    for run, theta in enumerate(thetas):
        for index in range(2):
            below = asked.x if index == 0 else asked.engine.activations(theta[None], asked.x)[0][0].T
            sums = below @ given.network.weights(theta, index).T + given.network.biases(theta, index)
            kinks = np.abs(sums).min() < 1e-3 if name in ("relu", "leaky_relu", "hard_sigmoid") else False
            assert not kinks, "the test needs sums away from the kinks"
            value, _ = row.formula(NUMPY)  # type: ignore[misc]
            size = np.abs(value(sums + h) - value(sums - h)) / (2 * h) / steepest(name)
            flat = (size < FLAT).mean(axis=0) > 0.5
            none = (size < 1e-5).all(axis=0)
            certain = (size < DEAD / 10).all(axis=0) | (size > 1e-5).any(axis=0)
            assert abs(dead[run, index] - none.sum()) <= (~certain).sum()
            bounded = math.isfinite(row.low) and math.isfinite(row.high)
            assert abs(saturated[run, index] - (flat & ~none).sum() * bounded) <= (~certain).sum()


def test_a_relu_is_dead_exactly_when_it_is_zero_for_every_sample() -> None:
    given = model("relu", (8,))
    theta = scaled(given, 1.0, 30.0)
    asked = objective(given)
    outputs = asked.engine.activations(theta[None], asked.x)[0][0]
    expected = int((outputs == 0).all(axis=1).sum())
    assert 1 <= expected < 8, "the test needs some of each"
    dead, saturated = idle_units(asked, theta)
    assert dead[0, 0] == expected
    assert saturated[0, 0] == 0
    gradient = asked.gradient(theta[None])[1][0]
    weights = given.network.weights(gradient, 0)
    assert (weights[(outputs == 0).all(axis=1)] == 0).all(), "nothing reaches a dead unit's weights"


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_norms_and_shortcuts_are_passed_through(norm: str) -> None:
    made = Generator("circle", 80)
    network = with_ids(Network((Dense(6, "relu"), Dense(6, "relu", norm=norm, residual=1))))
    given = Model.of(Experiment(data=Data(points=generate(made), generator=made), network=network))
    asked, theta = objective(given), scaled(given, 1.0, 3.0)
    shift = given.network.layers[1].shift
    if shift is not None:
        theta[shift.start : shift.start + 2] = -50.0
    engine = asked.engine
    below, out = (a[0] for a in engine.activations(theta[None], asked.x)[:2])
    expected = int((out - below == 0).all(axis=1).sum())
    assert expected >= (2 if norm != "none" else 0)
    assert idle_units(asked, theta)[0][0, 1] == expected


def test_an_output_that_is_one_with_its_loss_is_not_judged() -> None:
    own, squared = model("tanh"), model("tanh", loss="mse")
    assert np.isnan(idle_units(objective(own), own.network.initial(0))[0][0, -1])
    assert np.isfinite(idle_units(objective(squared), squared.network.initial(0))[0][0, -1])
    assert sloped(own.network, "logits") == (True, True, False)
    assert sloped(squared.network, "outputs") == (True, True, True)


def test_a_trace_is_the_same_as_each_alone_in_the_order_asked() -> None:
    given = model("tanh")
    asked = objective(given)
    thetas = [scaled(given, 1.0 + k, 2.0 * k) for k in range(9)]
    parts = list(trace_idle(asked, [(10 * k, 0.5 * k, theta) for k, theta in enumerate(thetas)]))
    assert len(parts[0].steps) == 1
    assert np.concatenate([part.steps for part in parts]).tolist() == [10 * k for k in range(9)]
    found = np.concatenate([part.saturated for part in parts])
    alone = np.concatenate([idle_units(asked, theta)[1] for theta in thetas])
    assert np.array_equal(found, alone, equal_nan=True)
    assert np.nanmax(found) > np.nanmin(found)


def test_without_points_nothing_is_known() -> None:
    given = model("relu")
    empty = Objective(objective(given).engine, np.empty((0, 2)), np.empty((0, 1)), 0.0, 0.0, 0)
    dead, saturated = idle_units(empty, given.network.initial(0))
    assert np.isnan(dead).all()
    assert np.isnan(saturated).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 9, 100])
def test_coarse_to_fine_names_each_once(count: int) -> None:
    order = coarse_to_fine(count)
    assert sorted(order) == list(range(count))
    if count > 2:
        assert order[:2] == [count - 1, 0]
