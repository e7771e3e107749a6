"""The Hessian's products and eigenpairs against the whole matrix, closed forms, and what training then does."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import numpy as np
import pytest

from core.frozen import free
from core.model import Model
from core.probes import hessian as probe
from core.probes.hessian import (
    extreme_eigenpairs,
    hessian,
    hessian_products,
    refine_eigenpair,
    top_eigenpair,
)
from core.probes.landscape import Objective
from core.probes.stability import edge, stability_limit
from core.spec import Choice, Data, Dense, Experiment, Network, Points, Training, change, with_ids
from core.trainer import Trainer
from tests.core.test_landscape import model_of


def exact(model: Model) -> Objective:
    return Objective.of(model, precision="float64")


def wandering(model: Model, seed: int = 1) -> Any:
    noise = np.random.default_rng(seed).standard_normal(model.network.parameters)
    return model.network.initial(seed) + 0.1 * noise


def by_losses(objective: Objective, theta: Any, h: float = 1e-4) -> Any:
    """The Hessian (P, P) from second differences of the loss alone."""
    n, eye = len(theta), h * np.eye(len(theta))
    corners = [theta + a * eye[i] + b * eye[j] for i in range(n) for j in range(n) for a in (1, -1) for b in (1, -1)]
    losses = objective(np.array(corners)).reshape(n, n, 2, 2)
    return (losses[..., 0, 0] - losses[..., 0, 1] - losses[..., 1, 0] + losses[..., 1, 1]) / (4 * h * h)


def linear_unit(loss: str = "mse", **training: Any) -> tuple[Model, Any]:
    """A linear unit y = w · x + b on 40 points, and its X (40, 3) with a column of ones."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((40, 2)) * [1.0, 3.0]
    y = x @ [1.0, -2.0] + 0.5 + 0.1 * rng.standard_normal(40)
    data = Data("regression", points=Points(x, y))
    training = {"loss": Choice(loss), "batch_size": 10_000, "precision": "float64"} | training
    model = Model.of(Experiment(data=data, network=Network(), training=Training(**training)))
    inputs = model.prepared.x_train
    return model, np.column_stack([inputs, np.ones(len(inputs))])


@pytest.mark.parametrize(
    "kwargs", [{}, {"kind": "plane", "task": "regression"}, {"l2": 0.3}, {"loss": Choice("mse")}], ids=str
)
def test_the_hessian_is_that_of_second_differences_of_the_loss(kwargs: Any) -> None:
    model = model_of(units=(3,), count=60, **kwargs)
    objective, theta = exact(model), wandering(model)
    dense = by_losses(objective, theta)
    assert np.abs(hessian(objective, theta) - dense).max() < 2e-6 * np.abs(dense).max()


def test_of_a_linear_unit_it_is_the_closed_form() -> None:
    """MSE = Σ (x·w − y)² / n has H = 2 XᵀX / n, wherever θ is."""
    model, x = linear_unit()
    closed = 2.0 * x.T @ x / len(x)
    for theta in (np.zeros(3), np.array([4.0, -1.0, 2.0])):
        assert np.allclose(hessian(exact(model), theta), closed, rtol=1e-6, atol=1e-6)
    top = top_eigenpair(exact(model), np.zeros(3))
    values, vectors = np.linalg.eigh(closed)
    assert top.value == pytest.approx(values[-1], rel=1e-7)
    assert abs(top.vector @ vectors[:, -1]) == pytest.approx(1.0, abs=1e-9)


def test_a_product_is_the_matrix_times_the_vector_whatever_its_length(rng: np.random.Generator) -> None:
    model = model_of()
    objective, theta = exact(model), wandering(model)
    vectors = rng.standard_normal((3, len(theta))) * [[1e-6], [1.0], [1e6]]
    full = hessian(objective, theta)
    for product, expected in zip(hessian_products(objective, theta, vectors), vectors @ full, strict=True):
        assert np.linalg.norm(product - expected) < 1e-5 * np.linalg.norm(expected)
    assert not hessian_products(objective, theta, np.zeros(len(theta))).any()


@pytest.mark.parametrize("units", [(3,), (6, 5), (12, 10)])
def test_the_top_eigenpair_is_that_of_the_whole_matrix(units: tuple[int, ...]) -> None:
    model = model_of(units=units)
    objective, theta = exact(model), wandering(model)
    values, vectors = np.linalg.eigh(hessian(objective, theta))
    pair = top_eigenpair(objective, theta)
    assert pair.value == pytest.approx(values[-1], rel=1e-5)
    assert abs(pair.vector @ vectors[:, -1]) > 1 - 1e-5
    assert np.linalg.norm(pair.vector) == pytest.approx(1.0)
    if len(theta) > probe.EXACT:
        assert pair.products < len(theta) / 2, "Lanczos, and not the whole matrix"


def test_the_largest_few_and_the_smallest() -> None:
    model = model_of(units=(12, 10))
    objective, theta = exact(model), wandering(model)
    values = np.linalg.eigvalsh(hessian(objective, theta))
    largest, smallest = extreme_eigenpairs(objective, theta, count=3)
    assert [pair.value for pair in largest] == pytest.approx(values[:-4:-1], rel=1e-4)
    assert smallest.value == pytest.approx(values[0], rel=1e-4)
    assert smallest.value < 0, "the objective of a network is not convex"


def test_the_vector_of_a_theta_nearby_saves_products() -> None:
    model = model_of(units=(12, 10))
    objective, theta = exact(model), wandering(model)
    cold = top_eigenpair(objective, theta)
    near = theta + 1e-3 * np.random.default_rng(0).standard_normal(len(theta))
    warm = top_eigenpair(objective, near, start=cold.vector)
    assert warm.value == pytest.approx(top_eigenpair(objective, near).value, rel=1e-4)
    assert warm.products < cold.products
    values = [pair.value for pair in refine_eigenpair(objective, near, start=cold.vector)]
    assert len(values) == warm.products
    assert all(b >= a - 1e-9 for a, b in itertools.pairwise(values)), "Ritz values only rise"


def test_a_start_that_is_another_eigenvector_does_not_hide_the_top() -> None:
    model = model_of(units=(12, 10))
    objective, theta = exact(model), wandering(model)
    values, vectors = np.linalg.eigh(hessian(objective, theta))
    assert top_eigenpair(objective, theta, start=vectors[:, 0]).value == pytest.approx(values[-1], rel=1e-4)


@pytest.mark.parametrize("units", [(3,), (12, 10)])
def test_what_is_frozen_is_left_out(units: tuple[int, ...]) -> None:
    model = model_of(units=units)
    network = model.experiment.network
    first = change(network.layers[0], "frozen", True)
    frozen = change(network, "layers", (first, *network.layers[1:]))
    mask = free(frozen, model.network)
    assert mask is not None
    objective, theta = exact(model), wandering(model)
    kept = np.flatnonzero(mask)
    values = np.linalg.eigvalsh(hessian(objective, theta)[np.ix_(kept, kept)])
    pair = top_eigenpair(objective, theta, free=mask)
    assert pair.value == pytest.approx(values[-1], rel=1e-5)
    assert not pair.vector[mask == 0].any()
    assert not np.isfinite(top_eigenpair(objective, theta, free=np.zeros(len(theta))).value)


def test_where_the_gradient_is_not_finite_there_is_no_eigenvalue() -> None:
    for units in ((3,), (12, 10)):
        model = model_of(units=units, loss=Choice("mse"), kind="plane", task="regression")
        theta = np.full(model.network.parameters, 1e200)
        pair = top_eigenpair(exact(model), theta)
        assert np.isnan(pair.value)
        assert not pair.vector.any()
        assert not pair.settled()


def test_a_saddle_with_equal_eigenvalues() -> None:
    """At θ = 0 with all errors above zero MAE is linear in w · tanh(b): ten pairs of curvatures 1 and −1, else 0."""
    model = model_of(units=(12, 10), kind="plane", task="regression", loss=Choice("mae"))
    theta = np.zeros(model.network.parameters)
    output = model.network.output.bias
    assert output is not None
    theta[output.start] = 100.0
    (largest, *_), smallest = extreme_eigenpairs(exact(model), theta)
    assert largest.value == pytest.approx(1.0)
    assert smallest.value == pytest.approx(-1.0)


# the edge of stability


@pytest.mark.parametrize(
    ("optimizer", "most"),
    [
        (Choice("sgd"), 2.0),
        (Choice("momentum", {"momentum": 0.9}), 3.8),
        (Choice("momentum", {"momentum": 0.5}), 3.0),
        (Choice("nesterov", {"momentum": 0.9}), 3.8 / 2.8),
    ],
    ids=str,
)
def test_just_under_the_limit_training_settles_and_just_over_it_diverges(optimizer: Choice, most: float) -> None:
    model, x = linear_unit()
    sharpness = top_eigenpair(exact(model), np.zeros(3)).value
    limit = stability_limit(sharpness, optimizer)
    assert limit == pytest.approx(most / np.linalg.eigvalsh(2.0 * x.T @ x / len(x))[-1])
    ends = []
    for share in (0.97, 1.03):
        training = msgspec.structs.replace(
            model.experiment.training, optimizer=optimizer, learning_rate=share * float(limit or 0)
        )
        trainer = Trainer(msgspec.structs.replace(model.experiment, training=training))
        first = trainer.measure()["train_loss"]
        trainer.advance(300)
        ends.append(trainer.divergence is not None or trainer.measure()["train_loss"] > first)
    assert ends == [False, True]


def test_the_line_is_not_for_optimizers_that_scale_each_weight() -> None:
    assert edge(Choice("adam")) is None
    assert stability_limit(3.0, Choice("adam")) is None
    assert stability_limit(float("nan"), Choice("sgd")) is None
    assert stability_limit(-1.0, Choice("sgd")) == np.inf
    assert edge(Choice("sgd")) == ("2 / rate", 2.0)


def test_without_points_there_is_nothing() -> None:
    model = Model.of(Experiment(data=Data(points=Points([], [])), network=with_ids(Network((Dense(3),)))))
    assert top_eigenpair(exact(model), wandering(model)).value == 0.0
