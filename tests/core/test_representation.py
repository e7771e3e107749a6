from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from core.data import DOMAIN
from core.model import Model
from core.probes.principal import explained, principal_axes, separability, turned_onto
from core.probes.representation import GRID, PLACES, Representation, grid_lines, represent
from core.spec import Experiment
from core.trainer import Trainer
from tests.core.test_boundary import model_of


def trained(kind: str, task: Any, classes: int, units: tuple[int, ...], epochs: int = 10, output: str = "auto") -> Any:
    trainer = Trainer(model_of(kind, task, classes, units, output).experiment)
    for _ in range(epochs):
        trainer.step_epoch()
    return trainer


def test_principal_axes_are_scikit_learns() -> None:
    values = np.random.default_rng(0).normal(size=(60, 5)) @ np.diag([3.0, 1.0, 2.0, 0.5, 0.1])
    mean, directions = principal_axes(values)
    peer = PCA(2).fit(values)
    assert np.allclose(mean, peer.mean_)
    assert np.allclose(np.abs(directions.T @ peer.components_.T), np.eye(2), atol=1e-9)
    assert explained(values, (values - mean) @ directions) == pytest.approx(peer.explained_variance_ratio_.sum())


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_a_turned_picture_is_turned_back(mirror: float) -> None:
    points = np.random.default_rng(1).normal(size=(40, 2)) * (3.0, 1.0)
    turn = np.array([[np.cos(2.0), -np.sin(2.0)], [np.sin(2.0), np.cos(2.0)]]) @ np.diag([1.0, mirror])
    assert np.allclose(turned_onto(points @ turn, points), turn.T)
    # Of all rotations and reflections, none brings them nearer.
    other = points + np.random.default_rng(2).normal(size=(40, 2))
    best = turned_onto(points, other)
    off, aim = points - points.mean(0), other - other.mean(0)
    least = np.square(off @ best - aim).sum()
    for angle in np.linspace(0, 2 * np.pi, 100):
        c, s = np.cos(angle), np.sin(angle)
        for tried in (np.array([[c, -s], [s, c]]), np.array([[c, s], [s, -c]])):
            assert np.square(off @ tried - aim).sum() >= least - 1e-9


def test_separability_is_the_accuracy_of_least_squares_on_what_was_held_out() -> None:
    rng = np.random.default_rng(3)
    values, y = rng.normal(size=(120, 4)), rng.integers(0, 3, 120).astype(float)
    values[:, 0] += y
    train = rng.random(120) < 0.5
    peer = LinearRegression().fit(values[train], np.eye(3)[y[train].astype(int)])
    expected = (peer.predict(values[~train]).argmax(axis=1) == y[~train]).mean()
    assert separability(values, y, train, 3) == pytest.approx(expected)
    line = LinearRegression().fit(values[train], y[train])
    assert separability(values, y, train, 0) == pytest.approx(line.score(values[~train], y[~train]))


def test_what_no_line_parts_one_more_feature_may() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    y, train = np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4, np.bool_)
    assert separability(corners, y, train, 2) == 0.5
    product = np.column_stack([corners, corners.prod(axis=1)])
    assert separability(product, y, train, 2) == 1.0
    # A direction twice, and one that never changes, are no trouble.
    assert separability(np.column_stack([product, product, np.ones(4)]), y, train, 2) == 1.0
    assert np.isnan(separability(corners, y, ~train, 2))


def test_the_grid_has_lines_both_ways_from_edge_to_edge() -> None:
    lines = grid_lines()
    assert lines.shape == (2 * GRID, PLACES, 2)
    assert np.allclose(lines[0, :, 0], -DOMAIN)
    assert np.allclose(lines[GRID // 2, :, 0], 0.0)
    assert np.allclose(lines[-1, :, 1], DOMAIN)
    assert np.allclose(lines[:, 0].min(axis=1), -DOMAIN)


def test_two_units_are_shown_as_the_engine_has_them() -> None:
    trainer = trained("circle", "classification", 2, (2,))
    model, theta = trainer.model, trainer.theta
    shown = represent(model, theta)
    assert [(layer.name, layer.view, layer.units) for layer in shown.layers] == [
        ("input", "units", 2),
        ("layer 1", "units", 2),
        ("output", "line", 1),
    ]
    places = model.experiment.data.points.x
    hidden, output = model.engine().activations(theta[None], model.inputs(places))
    assert np.allclose(shown.layers[0].points, model.inputs(places))
    assert np.allclose(shown.layers[1].points, hidden[0].T, atol=1e-6)
    assert np.allclose(shown.layers[2].points[:, 0], output[0, 0], atol=1e-6)
    corner = model.engine().activations(theta[None], model.inputs(np.full((1, 2), DOMAIN)))[0][0, :, 0]
    assert np.allclose(shown.layers[1].lines[GRID - 1, -1], corner, atol=1e-6)
    assert shown.layers[1].explained == pytest.approx(1.0)
    assert shown.tested


@pytest.mark.parametrize(("classes", "output"), [(2, "auto"), (2, "tanh"), (3, "auto")])
def test_in_the_last_hidden_layer_the_boundary_is_the_read_outs_line(classes: int, output: str) -> None:
    trainer = trained("blobs", "classification", classes, (4, 2), 20, output)
    model, theta = trainer.model, trainer.theta
    layer = represent(model, theta).layers[2]
    assert layer.straight
    assert len(layer.boundary) >= 1
    w, b = model.network.weights(theta, 2), model.network.biases(theta, 2)
    for line in layer.boundary:
        z = np.sort(line @ w.T + b, axis=1)
        off = np.abs(z[:, -1] - (z[:, -2] if classes > 2 else 0.0))
        # Where three classes meet the line has a corner, and is a grid's cell away from it at most.
        assert (off < 1e-5).mean() > (0.9 if classes > 2 else 0.999)
        if classes == 2:
            assert np.linalg.svd(line - line[0], compute_uv=False)[1] < 1e-6 * layer.reach  # one straight line


def test_elsewhere_it_is_where_the_answer_changes() -> None:
    trainer = trained("spiral", "classification", 3, (6, 5), 60)
    model, theta = trainer.model, trainer.theta
    shown = represent(model, theta)
    places = np.concatenate(shown.layers[0].boundary)
    raw = places if model.experiment.data.scaling == "none" else None
    assert raw is not None
    p = np.sort(model.engine().forward(theta[None], model.inputs(raw))[0], axis=1)
    # Two probabilities tie; at the few corners where three classes meet a line ends near, not on, the tie.
    assert np.median(p[:, -1] - p[:, -2]) < 1e-4
    assert np.quantile(p[:, -1] - p[:, -2], 0.9) < 0.02


def test_a_wide_layer_lies_on_its_principal_plane_as_it_lay_before() -> None:
    trainer = trained("spiral", "classification", 3, (8,), 30)
    model, theta = trainer.model, trainer.theta
    values = model.engine().activations(theta[None], model.inputs(model.experiment.data.points.x))[0][0].T
    first = represent(model, theta)
    layer, peer = first.layers[1], PCA(2).fit(values)
    assert layer.view == "principal"
    assert layer.explained == pytest.approx(peer.explained_variance_ratio_.sum(), rel=1e-5)
    flat = peer.transform(values)

    def distances(points: Any) -> Any:
        return np.linalg.norm(points[:, None] - points[None], axis=2)

    assert np.allclose(distances(layer.points), distances(flat), atol=1e-4)
    # Turned half round by hand, the next picture follows: it lies as the one before did.
    turned = Representation(
        tuple(type(one)(**{**vars(one), "points": -one.points}) for one in first.layers), first.tested
    )
    assert np.allclose(represent(model, theta, previous=turned).layers[1].points, -layer.points, atol=1e-4)


def test_training_moves_the_picture_without_turning_it_over() -> None:
    trainer = trained("spiral", "classification", 3, (8, 8), 5)
    shown = represent(trainer.model, trainer.theta)
    for _ in range(20):
        trainer.step_epoch()
        then, shown = shown, represent(trainer.model, trainer.theta, previous=shown)
        for before, after in zip(then.layers[1:3], shown.layers[1:3], strict=True):
            moved = np.linalg.norm(after.points - before.points, axis=1).mean()
            assert moved < 0.35 * before.points.std(axis=0).sum()


def test_any_two_units_can_be_the_axes() -> None:
    trainer = trained("circle", "classification", 2, (5, 3))
    model, theta = trainer.model, trainer.theta
    layers = represent(model, theta, (4, 1)).layers
    values = [a[0].T for a in model.engine().activations(theta[None], model.inputs(model.experiment.data.points.x))]
    assert np.allclose(layers[1].points, values[0][:, [4, 1]], atol=1e-6)
    assert layers[1].axes == ("unit 5", "unit 2")
    assert layers[2].pair == (2, 1)  # there is no fifth unit here
    share = values[0][:, [4, 1]].var(axis=0).sum() / values[0].var(axis=0).sum()
    assert layers[1].explained == pytest.approx(share, rel=1e-5)


def test_a_trained_network_is_increasingly_informative() -> None:
    trainer = trained("circle", "classification", 2, (8,), 150)
    scores = [layer.separable for layer in represent(trainer.model, trainer.theta).layers]
    assert scores[0] < 0.6
    assert min(scores[1:]) > 0.85


def test_values_lie_over_their_truth() -> None:
    trainer = trained("plane", "regression", 2, (4,), 20)
    layer = represent(trainer.model, trainer.theta).layers[-1]
    y = trainer.model.experiment.data.points.y
    assert np.array_equal(layer.points[:, 1], y)
    assert layer.axes == ("unit 1", "truth")
    assert np.abs(layer.points - layer.centre).max() <= layer.reach


def test_without_points_there_is_still_the_plane() -> None:
    model = Model.of(Experiment())
    shown = represent(model, model.network.initial(0))
    assert shown.layers[0].points.shape == (0, 2)
    assert len(shown.layers[0].lines) == 2 * GRID
    assert np.isnan(shown.layers[0].separable)


def test_a_dead_layer_is_one_place() -> None:
    trainer = trained("circle", "classification", 2, (4,), 0)
    theta = np.zeros_like(trainer.theta)
    layer = represent(trainer.model, theta).layers[1]
    assert np.isnan(layer.explained)
    assert np.allclose(layer.points, 0.0)
    assert layer.reach > 0.0
