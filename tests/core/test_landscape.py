from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from core.data.generators import generate
from core.model import Model
from core.probes.directions import Plane, filter_normalised, random_plane
from core.probes.landscape import SAMPLES, Objective, Surface, refine
from core.probes.projection import track
from core.spec import Data, Dense, Experiment, Generator, Network, Training, with_ids


def model_of(
    kind: str = "circle",
    task: Any = "classification",
    units: tuple[int, ...] = (6, 5),
    count: int = 120,
    **training: Any,
) -> Model:
    generator = Generator(kind, count, 0.1, 2)
    return Model.of(
        Experiment(
            "test",
            Data(task, 2, generate(generator), generator),
            with_ids(Network(tuple(Dense(n) for n in units))),
            Training(**training),
        )
    )


@pytest.fixture
def model() -> Model:
    return model_of()


@pytest.fixture
def theta(model: Model, rng: np.random.Generator) -> Any:
    return model.network.initial(1) + 0.1 * rng.standard_normal(model.network.parameters)


def surfaces(objective: Objective, plane: Plane, span: float, sizes: tuple[int, ...]) -> list[Surface]:
    return [step for step in refine(objective, plane, span, sizes) if step is not None]


# directions


def test_each_neurons_direction_is_as_long_as_its_weights_and_biases_stay(model: Model, theta: Any) -> None:
    directions = filter_normalised(model.network, theta, seed=4)
    assert directions.shape == (2, model.network.parameters)
    for index, layer in enumerate(model.network.layers):
        own = np.linalg.norm(model.network.weights(theta, index), axis=-1)
        assert own.shape == (layer.units,)
        for direction in directions:
            assert np.allclose(np.linalg.norm(model.network.weights(direction, index), axis=-1), own)
            assert not model.network.biases(direction, index).any()


def test_directions_follow_their_seed_and_differ_between_seeds(model: Model, theta: Any) -> None:
    first = filter_normalised(model.network, theta, seed=4)
    assert np.array_equal(first, filter_normalised(model.network, theta, seed=4))
    cosine = first[0] @ first[1] / np.linalg.norm(first[0]) / np.linalg.norm(first[1])
    assert abs(cosine) < 0.5
    assert not np.allclose(first, filter_normalised(model.network, theta, seed=5))


def test_a_neuron_without_weights_has_no_direction(model: Model) -> None:
    directions = filter_normalised(model.network, np.zeros(model.network.parameters), seed=4)
    assert not directions.any()


# projection


def test_points_of_the_plane_are_found_exactly(model: Model, theta: Any, rng: np.random.Generator) -> None:
    plane = random_plane(model.network, theta, seed=2)
    assert abs(plane.directions[0] @ plane.directions[1]) > 1e-3, "the directions are not at right angles"
    where = rng.standard_normal((7, 2))
    coordinates, distances = plane.project(plane.at(where))
    assert np.allclose(coordinates, where)
    assert distances.max() < 1e-12


def test_the_projection_is_the_nearest_point(model: Model, theta: Any, rng: np.random.Generator) -> None:
    plane = random_plane(model.network, theta, seed=2)
    point = theta + rng.standard_normal(theta.shape)
    (coordinates,), (distance,) = plane.project(point[None])
    rest = point - plane.at(coordinates)
    assert np.allclose(plane.directions @ rest, 0)
    assert distance == pytest.approx(np.linalg.norm(rest))
    for nudge in rng.standard_normal((20, 2)):
        assert np.linalg.norm(point - plane.at(coordinates + 0.1 * nudge)) > distance


def test_a_plane_without_directions_keeps_everything_at_its_centre() -> None:
    plane = Plane(np.zeros(3), np.zeros((2, 3)), 0)
    coordinates, distances = plane.project([[3.0, 0.0, 4.0]])
    assert coordinates.tolist() == [[0, 0]]
    assert distances.tolist() == [5]


def test_a_plane_cannot_be_changed(model: Model, theta: Any) -> None:
    plane = random_plane(model.network, theta, seed=2)
    with pytest.raises(ValueError, match="read-only"):
        plane.centre[0] = 1
    assert theta.flags.writeable


# the surface


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_the_middle_is_the_loss_that_training_minimises(theta: Any, l2: float) -> None:
    model = model_of(l1=l2 / 2, l2=l2)
    plane = random_plane(model.network, theta, seed=2)
    (surface,) = surfaces(Objective.of(model), plane, 1.0, (9,))
    prepared = model.prepared
    direct = model.engine().loss(theta[None], prepared.x_train, model.targets(prepared.y_train), l2 / 2, l2)
    assert surface.axis[4] == 0
    assert surface.losses[4, 4] == pytest.approx(direct[0], rel=1e-6)


def test_every_point_is_the_loss_of_its_own_network(theta: Any) -> None:
    model = model_of(l2=0.01)
    objective, plane = Objective.of(model), random_plane(model.network, theta, seed=2)
    (surface,) = surfaces(objective, plane, 0.7, (9,))
    prepared = model.prepared
    for i, beta in enumerate(surface.axis):
        for j, alpha in enumerate(surface.axis):
            there = plane.centre + alpha * plane.directions[0] + beta * plane.directions[1]
            one = model.engine().loss(there[None], prepared.x_train, model.targets(prepared.y_train), 0.0, 0.01)
            assert surface.losses[i, j] == pytest.approx(one[0], rel=1e-5)


def test_refining_gives_what_computing_at_once_gives_without_computing_twice(model: Model, theta: Any) -> None:
    plane, counted = random_plane(model.network, theta, seed=2), Counting.of(model)
    stages = surfaces(counted, plane, 1.0, (5, 9, 17))
    assert [len(surface.axis) for surface in stages] == [5, 9, 17]
    assert sum(counted.sizes) == 17 * 17
    (direct,) = surfaces(Objective.of(model), plane, 1.0, (17,))
    assert np.allclose(stages[-1].losses, direct.losses, rtol=1e-5)
    assert np.array_equal(stages[-1].losses[::2, ::2], stages[1].losses)


def test_a_known_surface_is_gone_on_from(model: Model, theta: Any) -> None:
    plane, counted = random_plane(model.network, theta, seed=2), Counting.of(model)
    (known,) = surfaces(Objective.of(model), plane, 1.0, (9,))
    steps = [step for step in refine(counted, plane, 1.0, (5, 9, 17), known) if step is not None]
    assert [len(surface.axis) for surface in steps] == [17]
    assert sum(counted.sizes) == 17 * 17 - 9 * 9
    assert np.array_equal(steps[0].losses[::2, ::2], known.losses)


class Counting(Objective):
    """An objective that notes how many networks it is asked about at a time."""

    @property
    def sizes(self) -> list[int]:
        return self.__dict__.setdefault("_sizes", [])

    def __call__(self, thetas: Any) -> Any:
        self.sizes.append(len(thetas))
        return super().__call__(thetas)


def test_large_grids_are_computed_in_stacks_with_chances_to_stop(model: Model, theta: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("core.probes.landscape.BATCH", 6 * 60 * 10)
    counted = Counting.of(model)
    assert counted.stack == 10
    steps = list(refine(counted, random_plane(model.network, theta, seed=2), 1.0, (9,)))
    assert steps[:-1] == [None] * 8
    assert counted.sizes == [10] * 8 + [1]


def test_grids_must_nest(model: Model, theta: Any) -> None:
    with pytest.raises(ValueError, match="16 does not hold one of 9"):
        list(refine(Objective.of(model), random_plane(model.network, theta, seed=2), 1.0, (9, 16)))


def test_linear_regression_has_a_quadratic_surface(rng: np.random.Generator) -> None:
    model = model_of("plane", "regression", (), precision="float64", l2=0.03)
    theta = rng.standard_normal(model.network.parameters)
    (surface,) = surfaces(Objective.of(model), random_plane(model.network, theta, seed=1), 2.0, (17,))
    a, b = (values.ravel() for values in np.meshgrid(surface.axis, surface.axis))
    terms = np.column_stack([np.ones_like(a), a, b, a * a, a * b, b * b])
    fit, *_ = np.linalg.lstsq(terms, surface.losses.ravel(), rcond=None)
    assert np.abs(terms @ fit - surface.losses.ravel()).max() < 1e-12
    assert fit[3] > 0
    assert 4 * fit[3] * fit[5] > fit[4] ** 2, "it is a bowl"


def test_overflow_is_reported_as_not_finite(theta: Any) -> None:
    model = model_of("plane", "regression", (4,))
    theta = model.network.initial(0)
    (surface,) = surfaces(Objective.of(model), random_plane(model.network, theta, seed=1), 1e30, (5,))
    assert np.isfinite(surface.losses[2, 2])
    assert not np.isfinite(surface.losses[0, 0])


def test_many_points_are_sampled_and_said_to_be() -> None:
    model = model_of(count=6000)
    objective = Objective.of(model)
    assert (objective.samples, objective.total) == (SAMPLES, 3000)
    assert np.array_equal(objective.x, Objective.of(model).x)
    theta = model.network.initial(0)
    assert objective(theta[None])[0] == pytest.approx(Objective.of(model, 3000)(theta[None])[0], rel=0.05)
    small = Objective.of(model_of())
    assert small.samples == small.total == 60


# the path


def test_a_path_in_the_plane_is_wholly_explained(model: Model, theta: Any) -> None:
    plane = random_plane(model.network, theta, seed=2)
    where = np.column_stack([np.linspace(-1, 0.5, 6), np.linspace(0.3, 0, 6) ** 2])
    objective = Objective.of(model)
    seen = track(objective, plane, np.arange(6) * 10, plane.at(where), 50, plane.at(where[-1]))
    assert np.allclose(seen.coordinates, where)
    assert seen.steps.tolist() == [0, 10, 20, 30, 40, 50]
    assert seen.explained == pytest.approx(1)
    assert seen.off < 1e-12
    assert seen.loss == pytest.approx(seen.under, rel=1e-5)
    assert seen.loss == pytest.approx(objective(plane.at(where[-1:]))[0], rel=1e-5)


def test_what_the_plane_does_not_show_is_said(model: Model, theta: Any, rng: np.random.Generator) -> None:
    plane = random_plane(model.network, theta, seed=2)
    inside = plane.directions[0]
    outside = rng.standard_normal(len(theta))
    outside -= np.linalg.pinv(plane.directions) @ (plane.directions @ outside)
    outside *= 2 * np.linalg.norm(inside) / np.linalg.norm(outside)
    point = theta + inside + outside
    seen = track(Objective.of(model), plane, np.array([0]), theta[None], 1, point)
    assert np.allclose(seen.ball, [1, 0])
    assert seen.off == pytest.approx(2 * np.linalg.norm(inside))
    assert seen.explained == pytest.approx(1 / 5)
    assert seen.loss == pytest.approx(Objective.of(model)(point[None])[0], rel=1e-5)
    assert seen.under == pytest.approx(Objective.of(model)((theta + inside)[None])[0], rel=1e-5)
    assert seen.reaches.tolist() == pytest.approx([0, np.sqrt(5) * np.linalg.norm(inside)])


def test_at_the_centre_there_is_nothing_to_explain(model: Model, theta: Any) -> None:
    plane = random_plane(model.network, theta, seed=2)
    seen = track(Objective.of(model), plane, np.array([0]), theta[None], 0, theta)
    assert seen.steps.tolist() == [0]
    assert np.isnan(seen.explained)
    assert seen.ball.tolist() == [0, 0]
    assert seen.off == 0


def test_the_path_ends_at_theta_even_when_later_ones_are_known(model: Model, theta: Any) -> None:
    plane = random_plane(model.network, theta, seed=2)
    thetas = plane.at([[0, 0], [1, 0], [2, 0], [3, 0]])
    seen = track(Objective.of(model), plane, np.array([0, 5, 10, 15]), thetas, 10, thetas[2])
    assert np.allclose(seen.coordinates[:, 0], [0, 1, 2])


def test_without_training_points_losses_are_undefined(model: Model, theta: Any) -> None:
    objective = msgspec.structs.replace(Training(), l2=0.1)
    empty = Objective(model.engine(), np.empty((0, 2)), np.empty((0, 1)), objective.l1, objective.l2, 0)
    assert np.isnan(empty(theta[None])).all()
