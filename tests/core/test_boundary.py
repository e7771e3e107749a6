from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.data import DOMAIN
from core.data.generators import generate
from core.data.slices import grid
from core.model import Model
from core.probes.boundary import answer, boundary
from core.probes.contours import level_lines, linear_levels, log_levels
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Output, Training, with_ids
from core.trainer import Trainer

SECTORS = np.array([[0.0, 1.0], [-np.sqrt(0.75), -0.5], [np.sqrt(0.75), -0.5]])
"""Directions of three classes that share the plane evenly."""


def model_of(kind: str, task: Any, classes: int = 2, units: tuple[int, ...] = (), output: str = "auto") -> Model:
    generator = Generator(kind, 200, 0.05, classes)
    return Model.of(
        Experiment(
            "test",
            Data(task, classes, generate(generator), generator),
            with_ids(Network(tuple(Dense(n) for n in units), Output(output))),
            Training(seed=3, loss=Choice("auto" if output == "auto" else "mse")),
        )
    )


def theta_of(model: Model, weights: Any, biases: Any = 0.0) -> Any:
    theta = np.zeros(model.network.parameters)
    model.network.weights(theta, 0)[:] = weights
    model.network.biases(theta, 0)[:] = biases
    return theta


def sectors(strength: float = 2.0) -> tuple[Model, Any]:
    model = model_of("blobs", "classification", 3)
    return model, theta_of(model, strength * SECTORS)


def length(lines: list[Any]) -> float:
    return float(sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines))


def test_the_grid_runs_from_the_top_left_to_the_bottom_right_and_holds_the_edges() -> None:
    places = grid(5)
    assert places[0].tolist() == [-DOMAIN, DOMAIN]
    assert places[4].tolist() == [DOMAIN, DOMAIN]
    assert places[-1].tolist() == [DOMAIN, -DOMAIN]
    assert places[12].tolist() == [0, 0]


def test_values_are_the_networks_probabilities_at_the_grids_places() -> None:
    model = model_of("spiral", "classification", 3, (5, 4))
    theta = model.network.initial(3)
    values = boundary(model, theta, 21).values
    assert values.shape == (21, 21, 3)
    assert np.allclose(values.sum(axis=-1), 1, atol=1e-6)
    direct = model.engine().forward(theta[None], model.inputs([[DOMAIN, DOMAIN], [0.0, 0.0]]))[0]
    assert np.allclose(values[0, -1], direct[0], atol=1e-6)
    assert np.allclose(values[10, 10], direct[1], atol=1e-6)


def test_two_classes_part_where_the_probability_is_a_half() -> None:
    model = model_of("blobs", "classification", 2)
    theta = theta_of(model, [[1.0, -2.0]], [0.5])  # x1 - 2 x2 + 0.5 = 0
    seen = boundary(model, theta, 41)
    assert seen.values.shape == (41, 41, 2)
    line = np.concatenate(seen.lines)
    assert np.abs(line[:, 0] - 2 * line[:, 1] + 0.5).max() < 1e-4
    assert length(seen.lines) == pytest.approx(12 * np.sqrt(1.25), rel=1e-3)
    assert np.allclose(answer(model, theta, line)[:, 1], 0.5, atol=1e-4)


def test_a_very_sure_networks_line_is_where_it_is_not_on_the_grids_lines() -> None:
    model = model_of("blobs", "classification", 2)
    theta = theta_of(model, [[100.0, 0.0]], [7.0])  # x1 = -0.07, and a step between two places of the grid
    line = np.concatenate(boundary(model, theta, 100).lines)
    assert np.abs(line[:, 0] + 0.07).max() < 0.02


@pytest.mark.parametrize("output", ["tanh", "linear"])
def test_outputs_that_are_not_probabilities_part_in_their_middle(output: str) -> None:
    model = model_of("blobs", "classification", 2, (), output)
    low, high = ACTIVATIONS[output].targets
    theta = theta_of(model, np.array([[0.3, 0.0]]), [(low + high) / 2])
    line = np.concatenate(boundary(model, theta, 50).lines)
    assert np.abs(line[:, 0]).max() < 1e-3


def test_three_classes_part_in_three_rays_each_drawn_once() -> None:
    model, theta = sectors()
    lines = boundary(model, theta, 60).lines
    # A ray from the middle at 30 and at 150 degrees to a side, and one straight down.
    whole = 2 * DOMAIN / np.cos(np.pi / 6) + DOMAIN
    assert length(lines) == pytest.approx(whole, rel=0.01)
    for line in lines:
        best = np.sort(line @ SECTORS.T, axis=1)
        assert np.abs(best[:, -1] - best[:, -2]).max() < 0.1


def test_many_classes_have_a_line_wherever_neighbours_on_the_grid_differ() -> None:
    model = model_of("blobs", "classification", 6, (7,))
    theta = model.network.initial(5) * 3
    seen = boundary(model, theta, 80)
    winner = seen.values.argmax(axis=-1)
    cell = 2 * DOMAIN / 79
    axis = np.linspace(-DOMAIN, DOMAIN, 80)
    i, j = np.nonzero(winner[:, 1:] != winner[:, :-1])
    changes = np.column_stack([(axis[j] + axis[j + 1]) / 2, -axis[i]])
    corners = np.concatenate(seen.lines)
    gaps = np.hypot(*(changes[:, None] - corners[None]).transpose(2, 0, 1)).min(axis=1)
    assert len(changes) > 50
    assert gaps.max() < 1.2 * cell
    for line in seen.lines:
        best = np.sort(answer(model, theta, line), axis=1)
        assert np.median(best[:, -1] - best[:, -2]) < 0.02


def test_wrong_points_are_those_the_network_puts_elsewhere() -> None:
    model, theta = sectors()
    points = model.experiment.data.points
    seen = boundary(model, theta, 10)
    expected = (points.x @ SECTORS.T).argmax(axis=1) != points.y
    assert seen.wrong is not None
    assert np.array_equal(seen.wrong, expected)
    assert 0 < expected.sum() < len(points)
    train = model.prepared.train
    assert seen.train_score == pytest.approx(1 - expected[train].mean())
    assert seen.test_score == pytest.approx(1 - expected[~train].mean())


def test_scores_are_those_the_trainer_reports() -> None:
    trainer = Trainer(model_of("spiral", "classification", 3, (6,)).experiment)
    for _ in range(3):
        trainer.step_epoch()
    snapshot = trainer.snapshot()
    seen = boundary(snapshot.model, snapshot.theta, 8)
    assert seen.train_score == pytest.approx(snapshot.train_score)
    assert seen.test_score == pytest.approx(snapshot.test_score)


def test_regression_gives_values_and_level_lines_of_round_values() -> None:
    model = model_of("plane", "regression")
    theta = theta_of(model, [[0.1, 0.2]], [0.3])
    seen = boundary(model, theta, 31)
    assert seen.wrong is None
    assert seen.values.shape == (31, 31)
    assert seen.values[0, 0] == pytest.approx(0.1 * -DOMAIN + 0.2 * DOMAIN + 0.3, abs=1e-5)
    found = {round(float(level), 4) for line in seen.lines + seen.faint for level in line @ [0.1, 0.2] + 0.3}
    assert found == {-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0}
    assert set(seen.levels.round(4)) == found
    assert seen.test_score < 1


def test_a_constant_or_overflowing_network_has_no_lines() -> None:
    model = model_of("plane", "regression")
    assert boundary(model, theta_of(model, 0.0, 1.0), 10).lines == []
    seen = boundary(model, theta_of(model, 3e38), 10)
    assert not np.isfinite(seen.values).all()
    assert all(np.isfinite(line).all() for line in seen.lines)
    model, theta = sectors(np.nan)
    assert boundary(model, theta, 10).lines == []


def test_levels_are_round_and_inside() -> None:
    assert linear_levels(-1.0, 1.0, 8).tolist() == [-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75]
    assert np.allclose(log_levels(1e-3, 10.0, 8), 10.0 ** np.arange(-2.5, 1, 0.5))
    for low, high in [(0.3, 700.0), (2e-7, 0.9), (1.0, 1.4)]:
        levels = log_levels(low, high, 12)
        assert 3 <= len(levels) <= 12
        assert levels.min() > low
        assert levels.max() < high
    assert len(linear_levels(1.0, 1.0, 5)) == len(log_levels(0.0, 1.0, 5)) == 0
    assert len(linear_levels(0.0, np.inf, 5)) == 0


def test_no_line_goes_through_what_is_not_finite() -> None:
    axis = np.linspace(0, 1, 5)
    values = np.tile(axis, (5, 1))
    values[2:] = np.inf
    (lines,) = level_lines(values, axis, axis, [0.4])
    corners = np.concatenate(lines)
    assert np.allclose(corners[:, 0], 0.4)
    assert corners[:, 1].max() == pytest.approx(0.25)
