from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.model import Model
from core.probes.arrows import arrows
from core.probes.between import between
from core.probes.directions import Plane
from core.probes.hessian import hessian
from core.probes.landscape import Objective
from core.probes.planes import PLANES, lay
from core.probes.planes_principal import components
from core.probes.planes_weights import parameter_name, steepest
from core.probes.projection import project_all, track
from core.probes.seen import NoPlane, Seen, path_from
from tests.core.test_landscape import model_of


@pytest.fixture
def model() -> Model:
    return model_of()


@pytest.fixture
def seen(model: Model, rng: np.random.Generator) -> Seen:
    """A path of twelve moments that wanders mostly along one direction."""
    count = model.network.parameters
    theta = model.network.initial(1) + 0.1 * rng.standard_normal(count)
    way = rng.standard_normal(count)
    path = theta - np.linspace(1, 0.1, 12)[:, None] * way + 0.05 * rng.standard_normal((12, count))
    exact = Objective.of(model, precision="float64")
    return Seen(exact, theta, path, exact)


def lengths(plane: Plane) -> Any:
    return np.linalg.norm(plane.directions, axis=1)


def test_every_row_says_what_it_is_and_where_it_is_from() -> None:
    assert list(PLANES) == ["random", "path", "weights", "curvature", "line", "points", "race"]
    for row in PLANES.rows():
        assert row.help.endswith((".", "?"))
        assert "20" in row.source


def test_components_are_those_of_the_singular_values(rng: np.random.Generator) -> None:
    for shape in ((7, 30), (30, 7)):
        offsets = rng.standard_normal(shape) * np.linspace(3, 1, shape[1])
        directions, shares = components(offsets)
        _, values, rows = np.linalg.svd(offsets)
        assert np.allclose(shares, (values**2 / (values**2).sum())[:2])
        assert np.allclose(np.abs(np.einsum("kp,kp->k", directions, rows[:2])), 1.0)
    with pytest.raises(NoPlane, match="straight line"):
        components(np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 2.0]))


def test_the_plane_of_the_path_holds_theta_and_explains_what_its_axes_say(seen: Seen) -> None:
    plane = lay("path", seen)
    at, off = plane.project(seen.theta)
    assert off == pytest.approx(0, abs=1e-9)
    assert np.allclose(plane.numbers(at), 0, atol=1e-9)
    assert np.array_equal(plane.origin, seen.theta)
    path, distances = plane.project(seen.path)
    assert np.abs(path).max() <= 1.0, "the whole path is in view"
    said = sum(axis.explained for axis in plane.axes)
    steps = np.arange(len(seen.path))
    measured = track(seen.objective, plane, steps, seen.path, len(steps), seen.theta)
    assert measured.explained == pytest.approx(said, abs=1e-9)
    assert said > 0.95
    assert measured.loss == pytest.approx(measured.under, rel=1e-6)
    numbers = plane.numbers(path)
    reach = np.linalg.norm(seen.path - seen.theta, axis=1)
    assert np.allclose(np.hypot(*numbers.T) ** 2 + distances**2, reach**2)
    assert path[0, 0] < path[-1, 0], "the path begins on the left"


def test_a_plane_of_the_path_does_not_turn_over_as_it_follows(seen: Seen) -> None:
    before = lay("path", seen)
    flipped = replace(before, directions=-np.array(before.directions))
    after = lay("path", replace(seen, before=flipped))
    assert (np.einsum("kp,kp->k", after.directions, flipped.directions) > 0).all()


@pytest.mark.parametrize("name", ["path", "race", "points"])
def test_what_is_missing_is_said_in_a_sentence(seen: Seen, name: str) -> None:
    with pytest.raises(NoPlane, match=r"^[A-Z].*\.$"):
        lay(name, replace(seen, path=seen.path[:2]))


def test_two_weights_are_the_only_ones_that_move_and_the_axes_carry_their_values(seen: Seen) -> None:
    plane = lay("weights", replace(seen, weights=(3, 40)))
    assert [axis.index for axis in plane.axes] == [3, 40]
    for corner in ((-1, 1), (0.3, -0.7)):
        there = plane.at(corner)
        assert np.flatnonzero(there != seen.theta).tolist() == [3, 40]
        assert np.allclose(there[[3, 40]], plane.numbers(corner))
    at, off = plane.project(seen.theta)
    assert off == pytest.approx(0, abs=1e-12)
    assert np.allclose(plane.numbers(at), seen.theta[[3, 40]])
    assert np.abs(at).max() < 1
    assert seen.objective(plane.at(at)[None])[0] == pytest.approx(seen.objective(seen.theta[None])[0])
    with pytest.raises(NoPlane, match="same weight"):
        lay("weights", replace(seen, weights=(3, 3)))


def test_without_a_choice_they_are_the_steepest_and_stay_what_they_were(seen: Seen) -> None:
    gradient = np.abs(seen.objective.gradient(seen.theta[None])[1][0])
    assert sorted(np.argsort(gradient)[-2:].tolist()) == list(steepest(seen))
    first = lay("weights", seen)
    later = lay("weights", replace(seen, theta=seen.theta + 0.01, before=lay("weights", replace(seen, weights=(0, 1)))))
    assert [axis.index for axis in first.axes] == list(steepest(seen))
    assert [axis.index for axis in later.axes] == [0, 1]


def test_a_weight_is_named_by_its_two_ends(model: Model) -> None:
    network = model.network
    assert network.shape == (2, 6, 5, 1)
    assert parameter_name(network, 0) == "w(layer 1, unit 1 ← x₁)"
    assert parameter_name(network, 3) == "w(layer 1, unit 2 ← x₂)"
    assert parameter_name(network, 12) == "b(layer 1, unit 1)"
    assert parameter_name(network, 18 + 7) == "w(layer 2, unit 2 ← unit 2)"
    assert parameter_name(network, network.parameters - 1) == "b(output, unit 1)"
    assert len({parameter_name(network, k) for k in range(network.parameters)}) == network.parameters
    with pytest.raises(IndexError):
        parameter_name(network, network.parameters)


def test_gradient_and_curvature_are_at_right_angles_and_bend_as_the_hessian_says(seen: Seen) -> None:
    plane = lay("curvature", seen)
    down, sharp = plane.directions / lengths(plane)[:, None]
    assert down @ sharp == pytest.approx(0, abs=1e-9)
    gradient = seen.objective.gradient(seen.theta[None])[1][0]
    assert down @ gradient < 0
    assert np.linalg.norm(gradient - (gradient @ down) * down - (gradient @ sharp) * sharp) < 1e-8
    top = np.linalg.eigvalsh(hessian(seen.objective, seen.theta))[-1]
    h = 1e-3
    ahead, here, back = seen.objective(seen.theta + np.array([h, 0, -h])[:, None] * sharp)
    assert (ahead - 2 * here + back) / h**2 == pytest.approx(top, rel=1e-2)
    assert plane.axes[1].short == "λ"
    assert plane.axes[1].curvature == pytest.approx(top)
    again = lay("curvature", replace(seen, before=replace(plane, directions=-np.array(plane.directions))))
    assert again.directions[1] @ plane.directions[1] < 0, "as the one before"


def test_three_points_lie_in_their_plane(seen: Seen, rng: np.random.Generator) -> None:
    ends = seen.theta + rng.standard_normal((2, len(seen.theta)))
    plane = lay("points", replace(seen, ends=ends, names=("early", "late")))
    points = np.stack([*ends, seen.path[0]])
    at, off = plane.project(points)
    assert np.allclose(off, 0, atol=1e-9)
    assert [spot.name for spot in plane.spots] == ["early", "late", "start"]
    assert np.allclose([spot.at for spot in plane.spots], at)
    assert np.abs(at).max() < 1
    numbers = plane.numbers(at)
    assert np.allclose(numbers[0], 0, atol=1e-9)
    for one in range(3):
        apart = np.linalg.norm(points - points[one], axis=1)
        assert np.allclose(np.linalg.norm(numbers - numbers[one], axis=1), apart), "as far apart as in θ's space"
    with pytest.raises(NoPlane, match="one line"):
        lay("points", replace(seen, ends=np.stack([seen.path[0], seen.theta])))
    with pytest.raises(NoPlane, match="same point"):
        lay("points", replace(seen, ends=np.stack([seen.theta, seen.theta])))


def test_a_plane_that_was_moved_is_the_same_plane(seen: Seen) -> None:
    plane = lay("points", replace(seen, ends=np.stack([seen.theta, seen.theta[::-1]])))
    moved = plane.moved((0.25, -0.5))
    assert np.allclose(moved.at((0.1, 0.2)), plane.at((0.35, -0.3)))
    assert np.allclose(moved.numbers((0.1, 0.2)), plane.numbers((0.35, -0.3)))
    assert np.allclose([spot.at for spot in moved.spots], np.array([spot.at for spot in plane.spots]) - (0.25, -0.5))
    assert moved.origin is plane.origin


def test_a_path_ends_before_the_moment_shown(seen: Seen) -> None:
    steps = np.arange(12) * 10
    assert len(path_from(seen.path, steps, 60, seen.theta)) == 6
    assert path_from(seen.path[:, :-1], steps, 60, seen.theta).shape == (0, len(seen.theta))


def test_where_theta_was_set_by_hand_the_path_leaps(seen: Seen) -> None:
    steps = np.array([0, 5, 5, 8])
    plane = lay("path", seen)
    assert track(seen.objective, plane, steps, seen.path[:4], 9, seen.theta).leaps.tolist() == [0, 0, 1, 0, 0]


def test_a_race_is_seen_path_by_path(seen: Seen) -> None:
    plane = lay("path", seen)
    both = np.stack([seen.path[:5], seen.path[5:10]])
    both[1, 3:] = np.nan
    coordinates, distances = project_all(plane, both)
    alone, off = plane.project(seen.path[:5])
    assert np.allclose(coordinates[0], alone)
    assert np.allclose(distances[0], off)
    assert np.isnan(coordinates[1, 3:]).all()
    assert np.isfinite(coordinates[1, :3]).all()


# arrows


def test_arrows_are_the_gradient_projected_on_the_plane(seen: Seen, model: Model) -> None:
    plane = lay("random", seen)
    found = arrows(seen.objective, plane, 0.5, side=3)
    assert np.allclose(found.at[[0, 4, 8]], [[-1 / 3, -1 / 3], [0, 0], [1 / 3, 1 / 3]])
    for at, down, slope in zip(found.at, found.down, found.slopes, strict=True):
        gradient = seen.objective.gradient(plane.at(at)[None])[1][0]
        rest = -gradient - down @ plane.directions
        assert np.allclose(plane.directions @ rest, 0, atol=1e-9)
        assert slope == pytest.approx(np.linalg.norm(down @ plane.directions))
        # The surface's own slopes, by differences.
        h = 1e-5
        for k in range(2):
            step = np.eye(2)[k] * h
            ahead, back = seen.objective(plane.at(np.stack([at + step, at - step])))
            inner = -(down @ plane.directions) @ plane.directions[k]
            assert (ahead - back) / (2 * h) == pytest.approx(inner, rel=1e-4, abs=1e-8)


# the line


def test_the_line_holds_both_ends_and_measures_its_barrier(seen: Seen) -> None:
    a, b = seen.path[0], seen.theta
    coarse, fine = between(seen.objective, a, b)
    assert len(fine.t) > len(coarse.t)
    for line in (coarse, fine):
        assert line.t[0] == -0.25
        assert line.t[-1] == 1.25
        for t, loss in zip(line.t[::7], line.losses[::7], strict=True):
            assert loss == pytest.approx(seen.objective(((1 - t) * a + t * b)[None])[0])
        assert line.ends == pytest.approx(tuple(seen.objective(np.stack([a, b]))))
        inner = line.losses[(line.t >= 0) & (line.t <= 1)]
        assert line.barrier == pytest.approx(inner.max() - np.mean(line.ends)), "as in Frankle et al. 2020"
        assert line.rise == pytest.approx(inner.max() - max(line.ends))
        assert line.length == pytest.approx(np.linalg.norm(b - a))


def test_a_mirrored_network_is_as_good_with_a_barrier_between(seen: Seen, model: Model) -> None:
    mirrored = seen.theta.copy()
    first, second = model.network.layers[:2]
    order = np.roll(np.arange(first.units), 1)
    first.weight.of(mirrored)[:] = first.weight.of(seen.theta)[order]
    first.bias.of(mirrored)[:] = first.bias.of(seen.theta)[order]  # type: ignore[union-attr]
    second.weight.of(mirrored)[:] = second.weight.of(seen.theta)[:, order]
    *_, line = between(seen.objective, seen.theta, mirrored)
    assert line.ends[0] == pytest.approx(line.ends[1], rel=1e-12)
    assert line.losses.max() > line.ends[0]
    *_, none = between(seen.objective, seen.theta, seen.theta)
    assert none.barrier == pytest.approx(0, abs=1e-12)
    assert none.rise == pytest.approx(0, abs=1e-12)
    assert none.length == 0
