"""The plane that many coordinates are looked at on: where it lies, where points are seen, how far off they are."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import DOMAIN
from core.data.slices import DRAWN, FEW, FIRST, REACH, Slice, base_of, fitting, grid, plane_of
from core.data.tables import table_data
from core.model import Model
from core.presets import PRESETS
from core.probes.boundary import answer, boundary
from core.probes.neurons import neuron_maps
from core.spec import Column, Data, Experiment, Points, change

IRIS = table_data("iris")
X = IRIS.points.x


def test_points_on_the_plane_that_is_drawn_on_are_seen_as_they_are() -> None:
    data = Data(points=Points([[1.0, -2.0], [9.0, 0.5]], [0, 1]))
    plane = plane_of(data, Slice("columns", 1, 0))
    assert plane is DRAWN
    assert np.array_equal(plane.places(4), grid(4))
    assert np.array_equal(plane.project(data.points.x), data.points.x)
    assert plane.distances(data.points.x).tolist() == [0.0, 0.0]
    assert plane.values(-3.0, 6.0).tolist() == [-3.0, 6.0]


def test_two_columns_vary_and_the_others_stand_at_their_means() -> None:
    plane = plane_of(IRIS, Slice("columns", 2, 0))
    places = plane.places(5)
    assert places.shape == (25, 4)
    assert np.ptp(places[:, [1, 3]], axis=0).tolist() == [0.0, 0.0]
    assert places[0, [1, 3]] == pytest.approx(X.mean(axis=0)[[1, 3]])
    assert plane.titles == ("petal length (cm)", "sepal length (cm)")
    corner = plane.lift([[-DOMAIN, DOMAIN]])[0]
    assert corner[[2, 0]] == pytest.approx([plane.ranges[0, 0], plane.ranges[1, 1]])
    assert plane.values(-DOMAIN, DOMAIN) == pytest.approx(corner[[2, 0]])


def test_points_are_seen_where_their_columns_say_and_all_in_sight() -> None:
    plane = plane_of(IRIS, Slice("columns", 2, 3))
    seen = plane.project(X)
    assert np.abs(seen).max(axis=0) == pytest.approx([REACH, REACH])
    assert plane.lift(seen)[:, [2, 3]] == pytest.approx(X[:, [2, 3]])


def test_distances_are_in_standard_deviations_of_the_columns_left_out() -> None:
    plane = plane_of(IRIS, Slice("columns", 0, 1))
    off = (X[:, 2:] - X[:, 2:].mean(axis=0)) / X[:, 2:].std(axis=0)
    assert plane.distances(X) == pytest.approx(np.sqrt((off**2).mean(axis=1)))
    unseen = plane_of(change(IRIS, "features", ("sepal length", "sepal width")), Slice("columns", 0, 1))
    assert unseen.distances(X).max() == 0.0, "what the network does not see counts"


def test_a_slice_through_a_sample_holds_that_sample() -> None:
    at = tuple(X[7].tolist())
    for kind in ("columns", "principal"):
        plane = plane_of(IRIS, Slice(kind, 0, 1, "sample", at))  # type: ignore[arg-type]
        assert plane.distances(X[[7]])[0] == pytest.approx(0.0, abs=1e-9)
        assert plane.lift(plane.project(X[[7]]))[0] == pytest.approx(X[7])
    assert base_of(IRIS, Slice("columns", 0, 1, "median")) == pytest.approx(np.median(X, axis=0))


def test_the_principal_plane_is_that_of_scaled_data() -> None:
    plane = plane_of(IRIS, Slice("principal"))
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    _, sizes, directions = np.linalg.svd(scaled, full_matrices=False)
    seen = plane.project(X) * plane.unit
    for axis in (0, 1):
        reference = scaled @ directions[axis]
        assert abs(float(np.corrcoef(seen[:, axis], reference)[0, 1])) == pytest.approx(1.0)
        assert seen[:, axis].std() == pytest.approx(reference.std())
    assert plane.explained == pytest.approx((sizes[:2] ** 2).sum() / (sizes**2).sum())
    assert plane.lift([[0.0, 0.0]])[0] == pytest.approx(X.mean(axis=0))
    assert plane.lift(plane.project(X)) == pytest.approx(
        ((seen @ np.linalg.lstsq(seen, scaled, rcond=None)[0]) * X.std(axis=0)) + X.mean(axis=0)
    )


def test_a_choice_that_does_not_fit_is_brought_to_one_that_does() -> None:
    assert fitting(IRIS, Slice("columns", 9, 2)) == Slice("columns", 0, 1)
    assert fitting(IRIS, Slice("columns", 2, 2)) == Slice("columns", 0, 1)
    assert fitting(IRIS, Slice("columns", 2, 3, "sample", (1.0,))) == Slice("columns", 2, 3)
    assert fitting(IRIS, FIRST).kind == "columns"
    wide = Data(points=Points(np.eye(FEW + 1), np.zeros(FEW + 1)))
    assert fitting(wide, FIRST).kind == "principal"


@pytest.mark.parametrize("rows", [0, 1])
def test_a_column_without_spread_and_a_table_without_rows_have_a_plane(rows: int) -> None:
    columns = tuple(Column(name) for name in "abc")
    data = Data(points=Points(np.full((rows, 3), 4.0), np.zeros(rows)), columns=columns, features=("a", "b", "c"))
    for chosen in (FIRST, Slice("principal")):
        plane = plane_of(data, chosen)
        assert np.isfinite(plane.places(3)).all()
        assert np.isfinite(plane.project(data.points.x.reshape(-1, 3))).all()


def test_one_coordinate_is_seen_along_a_line() -> None:
    data = Data("regression", points=Points([[1.0], [3.0]], [0.0, 1.0]), features=("x1",))
    plane = plane_of(data, FIRST)
    assert plane.titles == ("x₁", "")
    assert plane.project(data.points.x)[:, 1].tolist() == [0.0, 0.0]
    assert plane.places(3)[:, 0] == pytest.approx([*plane.places(3)[:3, 0]] * 3)


def test_planes_are_kept_for_the_very_same_points() -> None:
    assert plane_of(IRIS, FIRST) is plane_of(change(IRIS, "split.share", 0.5), FIRST)
    assert plane_of(IRIS, FIRST) is not plane_of(change(IRIS, "points", Points(X, IRIS.points.y)), FIRST)


def test_the_boundary_and_the_neurons_are_of_the_plane_asked_for(rng: np.random.Generator) -> None:
    model = Model.of(change(PRESETS["iris"].experiment, "training.precision", "float64"))
    theta = rng.normal(size=model.network.parameters)
    chosen = Slice("columns", 2, 3, "sample", tuple(X[60].tolist()))
    found = boundary(model, theta, 9, chosen=chosen)
    places = np.tile(X[60], (81, 1))
    low, high = found.plane.ranges.T
    across, up = (np.linspace(low[k], high[k], 9) for k in (0, 1))
    places[:, 2], places[:, 3] = np.tile(across, 9), np.repeat(up[::-1], 9)
    assert found.values.reshape(81, 3) == pytest.approx(answer(model, theta, places))
    maps = neuron_maps(model, theta, [4, 8, 3], 9, chosen)
    np.testing.assert_allclose(maps[0].values.reshape(4, 81).T, model.inputs(places), atol=1e-6)
    assert model.classify(np.moveaxis(maps[-1].values, 0, -1)) == pytest.approx(found.values, abs=1e-6)


def test_edits_of_features_and_scaling_keep_the_experiment_whole() -> None:
    spec = PRESETS["iris"].experiment
    for path, value in (("data.features", ("petal width",)), ("data.scaling", "min-max"), ("data.scaling", "none")):
        model = Model.of(change(spec, path, value))
        assert boundary(model, model.network.initial(0), 5).values.shape == (5, 5, 3)
    assert isinstance(spec, Experiment)
