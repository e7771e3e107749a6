"""The numbers by hand of layers with more than sums and activations: the engine's own, forwards and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.engine.array import ArrayEngine
from core.layers import EPSILON
from core.model import Model
from core.probes.backprop import Trace, trace
from core.probes.explain import Explained, chain, explain
from core.spec import Choice, Data, Dense, Experiment, Network, Points, Split, Training, with_ids


def model_of(
    *layers: Dense, task: Any = "classification", inputs: tuple[str, ...] = ("x1", "x2"), **training: Any
) -> Model:
    rng = np.random.default_rng(3)
    points = Points(rng.uniform(-2, 2, (40, 2)), rng.integers(0, 3, 40).astype(float))
    data = Data(task, 3, points, split=Split(0.8), features=inputs)
    settings = Training(precision="float64", **training)
    return Model.of(Experiment("", data, with_ids(Network(layers)), settings))


RESIDUAL = {
    "one layer": (Dense(2, "tanh", residual=1),),
    "a block of two": (Dense(4), Dense(5, "relu"), Dense(4, "sigmoid", residual=2)),
    "narrower and wider": (Dense(6, residual=1), Dense(3, "gelu", residual=1), Dense(5, "silu", residual=1)),
    "several from one": (
        Dense(4),
        Dense(3, "softplus", residual=1),
        Dense(6, "sine", residual=2),
        Dense(4, residual=3),
    ),
    "without biases": (Dense(4, bias=False, residual=1), Dense(4, bias=False, residual=1)),
    "with dropout": (Dense(4, "tanh", 0.5), Dense(4, "elu", 0.5, residual=1)),
}
LAYER = {
    "layer norm": (Dense(4, norm="layer"),),
    "layer norm, several": (Dense(4, "relu", norm="layer"), Dense(7, "gelu", norm="layer")),
    "layer norm, no biases": (Dense(4, bias=False, norm="layer"), Dense(5, bias=False, norm="layer")),
    "layer norm of one unit": (Dense(1, norm="layer"), Dense(2, norm="layer")),
}
BATCH = {
    "batch norm": (Dense(4, norm="batch"),),
    "batch norm, several": (Dense(4, "relu", norm="batch"), Dense(7, "gelu", norm="batch")),
    "batch norm, no biases": (Dense(4, bias=False, norm="batch"), Dense(5, bias=False, norm="batch")),
}
MIXED = {
    "a mix": (Dense(4, norm="batch"), Dense(5, "silu", 0.3, norm="layer", residual=1), Dense(3, residual=2)),
    "a mix without biases": (
        Dense(4, bias=False, norm="layer", residual=1),
        Dense(6, "softsign", bias=False, norm="batch", residual=1),
        Dense(4, "selu", bias=False, residual=3),
    ),
}
MADE = RESIDUAL | LAYER | BATCH | MIXED


def worked(name: str) -> tuple[Model, Explained, Trace]:
    """The numbers of a sample at some θ, and the same by another way."""
    model = model_of(*MADE[name])
    theta = np.random.default_rng(7).normal(0, 0.8, model.network.parameters)
    theta[model.network.statistics] = np.abs(theta[model.network.statistics]) + 0.1
    points = model.experiment.data.points
    x, t = model.inputs(points.x[5:6])[0], model.targets(points.y[5:6])[0]
    return model, explain(model, theta, x, t), trace(model, theta, 5)


def engine_of(found: Explained) -> ArrayEngine:
    return ArrayEngine(found.network, dtype=np.float64)


def losses(found: Explained, thetas: Any) -> Any:
    return engine_of(found).losses(thetas, found.x[None], found.target[None])[:, 0]


close = {"rtol": 1e-12, "atol": 1e-14}


@pytest.mark.parametrize("name", MADE)
def test_forwards_every_number_is_the_engines(name: str) -> None:
    _, found, way = worked(name)
    columns = [found.x, *(a[0, :, 0] for a in engine_of(found).activations(found.theta[None], found.x[None]))]
    for index, numbers in enumerate(found.layers):
        np.testing.assert_array_equal(numbers.below, columns[index])
        np.testing.assert_array_equal(numbers.a, columns[index + 1])
        np.testing.assert_allclose(numbers.z, way.z[index], **close)
        np.testing.assert_allclose(numbers.u, way.u[index], **close)
        formula = ACTIVATIONS[numbers.layer.activation].formula
        if formula is not None:
            np.testing.assert_allclose(numbers.h, formula(NUMPY)[0](way.u[index]), **close)
        whole = numbers.h.copy()
        if numbers.added is not None:
            whole[: len(numbers.added)] += columns[numbers.layer.shortcut or 0][: len(whole)]
        np.testing.assert_allclose(whole, numbers.a, **close)
        assert (numbers.added is None) == (numbers.layer.shortcut is None)


@pytest.mark.parametrize("name", MADE)
def test_backwards_every_number_is_the_engines(name: str) -> None:
    _, found, way = worked(name)
    loss, gradient = engine_of(found).gradient(found.theta[None], found.x[None], found.target[None])
    np.testing.assert_array_equal(found.gradient, gradient[0])
    assert found.loss == loss[0]
    for index, numbers in enumerate(found.layers):
        np.testing.assert_allclose(numbers.delta, way.delta[index], **close)
        np.testing.assert_array_equal(numbers.dw, found.network.weights(gradient[0], index))
        np.testing.assert_allclose(np.outer(numbers.delta, numbers.below), numbers.dw, **close)
        if index == len(found.layers) - 1:
            continue
        for unit in range(numbers.layer.units):
            both = found.pull_terms(index, unit).sum() + sum(value for _, value in found.shortcut_terms(index, unit))
            assert both == pytest.approx(numbers.pull[unit], rel=1e-12, abs=1e-14)
        np.testing.assert_allclose(numbers.pull * numbers.slope, numbers.du, **close)


@pytest.mark.parametrize("name", MADE)
def test_the_gradient_is_the_slope_of_the_loss(name: str) -> None:
    _, found, _ = worked(name)
    shifts = np.eye(len(found.theta)) * 1e-5
    slopes = (losses(found, found.theta + shifts) - losses(found, found.theta - shifts)) / 2e-5
    moved = ~found.network.statistics
    np.testing.assert_allclose(found.gradient[moved], slopes[moved], rtol=1e-6, atol=1e-8)


def test_what_comes_back_through_shortcuts_is_counted_once_for_each_unit_that_has_one() -> None:
    _, found, _ = worked("several from one")
    assert [layer.layer.shortcut for layer in found.layers] == [None, 1, 1, 1, None]
    assert [k for k, _ in found.shortcut_terms(0, 0)] == [1, 2, 3]
    assert [k for k, _ in found.shortcut_terms(0, 3)] == [2, 3], "the second layer has three units alone"
    assert found.shortcut_terms(0, 1)[0][1] == found.layers[1].pull[1]
    assert found.shortcut_terms(1, 0) == ()


def test_a_line_of_single_units_with_a_shortcut_is_no_single_chain() -> None:
    model = model_of(Dense(1), Dense(1, residual=1), task="regression", inputs=("x1",))
    theta = np.random.default_rng(0).normal(size=model.network.parameters)
    found = explain(model, theta, [0.5], [1.0])
    assert chain(found, 0) == chain(found, 1) == ()
    assert len(chain(found, 2)) == 2, "nothing leads past the output"


def test_the_network_may_have_a_loss_of_outputs_too() -> None:
    model = model_of(*RESIDUAL["a block of two"], loss=Choice("mse"))
    theta = np.random.default_rng(0).normal(size=model.network.parameters)
    found = explain(model, theta, [0.5, -0.2], [1.0, 0.0, 0.0])
    shifts = np.eye(len(theta)) * 1e-5
    slopes = (losses(found, theta + shifts) - losses(found, theta - shifts)) / 2e-5
    np.testing.assert_allclose(found.gradient, slopes, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LAYER | BATCH | MIXED)
def test_every_number_of_a_normalisation_is_the_engines(name: str) -> None:
    _, found, _ = worked(name)
    engine = engine_of(found)
    passes = engine._forward(found.theta[None], engine.columns(found.x[None]))
    for numbers, passed in zip(found.layers, passes, strict=True):
        norm, layer = numbers.norm, numbers.layer
        assert (norm is None) == (layer.norm == "none") == (passed.normal is None)
        if norm is None:
            continue
        assert norm.running == (layer.norm == "batch")
        np.testing.assert_allclose(norm.normal, passed.normal.value[0, :, 0], **close)
        np.testing.assert_allclose(norm.inverse, np.broadcast_to(passed.normal.inverse[0, :, 0], layer.units), **close)
        np.testing.assert_allclose(norm.inverse, 1 / np.sqrt(norm.variance + EPSILON), **close)
        np.testing.assert_allclose(norm.u, passed.z[0, :, 0], **close)
        for values, grown, name_ in ((norm.gain, norm.dgain, "gain"), (norm.shift, norm.dshift, "shift")):
            np.testing.assert_array_equal(values, layer.blocks[name_].of(found.theta))
            np.testing.assert_array_equal(grown, layer.blocks[name_].of(found.gradient))
        if norm.running:
            np.testing.assert_array_equal(norm.mean, layer.blocks["mean"].of(found.theta))
            np.testing.assert_array_equal(norm.variance, layer.blocks["variance"].of(found.theta))
        else:
            np.testing.assert_allclose(norm.mean, numbers.z.mean(), **close)
            np.testing.assert_allclose(norm.variance, numbers.z.var(), **close)
        np.testing.assert_allclose(norm.dgain, norm.dshift * norm.normal, **close)
        np.testing.assert_allclose(norm.delta, numbers.delta, **close)


@pytest.mark.parametrize("name", LAYER | BATCH)
def test_the_way_back_through_a_normalisation_is_its_slope(name: str) -> None:
    """∂J/∂z from ∂J/∂u by differences of u(z) alone."""
    _, found, _ = worked(name)
    for numbers in found.layers[:-1]:
        norm, z = numbers.norm, numbers.z
        assert norm is not None

        def u(z: Any, norm: Any = norm) -> Any:
            mean, variance = (norm.mean, norm.variance) if norm.running else (z.mean(), z.var())
            return norm.gain * (z - mean) / np.sqrt(variance + EPSILON) + norm.shift

        slopes = np.array([(u(z + s) - u(z - s)) / 2e-6 for s in np.eye(len(z)) * 1e-6])
        np.testing.assert_allclose(slopes @ norm.dshift, numbers.delta, rtol=1e-6, atol=1e-8)
