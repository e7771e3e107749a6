"""From Data to arrays: what trains, what tests, and what is refused with a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.features import expand
from core.data.generators import generate
from core.data.prepare import prepare
from core.data.split import split
from core.spec import Data, Generator, Points, Scaling, Split
from core.tables import SpecError

POINTS = generate(Generator("spiral", 90, 0.1, 3))
DATA = Data(classes=3, points=POINTS, split=Split(0.7, 4), features=("x1", "x1*x2", "sin(x2)"), scaling="standard")


def test_training_and_test_parts_are_the_points_in_order_scaled_by_the_training_part() -> None:
    prepared = prepare(DATA)
    train = split(POINTS, "classification", 0.7, 4)
    assert np.array_equal(prepared.train, train)
    assert prepared.x_train.shape == (63, 3)
    assert prepared.x_test.shape == (27, 3)
    np.testing.assert_array_equal(prepared.y_train, POINTS.y[train])
    np.testing.assert_array_equal(prepared.y_test, POINTS.y[~train])
    np.testing.assert_allclose(prepared.x_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(prepared.x_train.std(axis=0), 1)
    features = expand(POINTS.x, DATA.features)
    np.testing.assert_allclose(prepared.scaler.invert(prepared.x_test), features[~train])
    assert prepared.features == DATA.features


def test_places_reach_the_network_as_the_points_do() -> None:
    prepared = prepare(DATA)
    np.testing.assert_array_equal(prepared.inputs(POINTS.x)[prepared.train], prepared.x_train)
    assert prepared.inputs(np.zeros((0, 2))).shape == (0, 3)
    assert prepared.inputs([[1, 2]]).shape == (1, 3)


def test_the_arrays_are_read_only_and_float64() -> None:
    prepared = prepare(DATA)
    for array in (prepared.x_train, prepared.y_train, prepared.x_test, prepared.y_test, prepared.train):
        assert not array.flags.writeable
    assert prepared.x_train.dtype == prepared.y_train.dtype == np.float64


def test_it_says_what_the_scaling_does() -> None:
    points = Points([[0, 0], [2, 1], [4, 2], [6, 3]], [0, 0, 1, 1])
    text = prepare(Data(points=points, scaling="min-max", features=("x1", "x1^2"))).describe()
    assert text.startswith("x₁: ")
    assert "x₁²: " in text
    assert text.count("→ 0 … 1") == 2
    assert prepare(Data(points=points)).describe() == "not scaled"


def test_a_class_without_points_and_an_empty_test_part_are_fine() -> None:
    prepared = prepare(Data(classes=5, points=Points([[0, 0], [1, 1], [2, 1]], [0, 2, 4])))
    assert prepared.train.all()
    assert prepared.x_test.shape == (0, 2)
    assert prepared.y_test.shape == (0,)


@pytest.mark.parametrize("scaling", ["none", "min-max", "standard"])
def test_an_empty_canvas_and_its_first_point_are_fine(scaling: Scaling) -> None:
    empty = prepare(Data(scaling=scaling))
    assert empty.x_train.shape == empty.x_test.shape == (0, 2)
    assert empty.train.shape == (0,)
    assert empty.inputs([[3.0, -2.0]]).tolist() == [[3.0, -2.0]]
    assert empty.describe() == "not scaled"
    first = prepare(Data(scaling=scaling, points=Points([[3.0, -2.0]], [1])))
    assert first.train.tolist() == [True]
    assert first.x_train.tolist() == ([[3.0, -2.0]] if scaling == "none" else [[0.0, 0.0]])


def test_regression_takes_any_value() -> None:
    points = generate(Generator("sine_radius", 40, 0.3))
    prepared = prepare(Data(task="regression", points=points))
    assert len(prepared.y_train) == len(prepared.y_test) == 20
    assert np.array_equal(np.sort(np.concatenate([prepared.y_train, prepared.y_test])), np.sort(points.y))


@pytest.mark.parametrize(
    ("data", "path", "sentence"),
    [
        (
            Data(classes=3, points=Points(np.arange(30).reshape(-1, 2), [0] * 14 + [5])),
            "data.points.y[14]",
            "point 14 has class 5, but the data has 3 classes, 0 to 2; raise the number of classes or relabel it.",
        ),
        (
            Data(points=Points([[0, 0], [1, 1]], [0.5, 1])),
            "data.points.y[0]",
            "point 0 has class 0.5, but the data has 2 classes, 0 to 1; relabel it.",
        ),
        (Data(points=POINTS, features=("x3",), classes=3), "data.features[0]", "there is no feature called 'x3'"),
        (
            Data(points=Points([[0, 0], [1, 1], [1e200, 0]], [0, 0, 1]), features=("x1", "x1^2")),
            "data.points.x[2]",
            "the feature x1^2 of point 2 is too large to compute; move or erase it.",
        ),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(data: Data, path: str, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        prepare(data)
    assert caught.value.path == path
    assert sentence in str(caught.value)
