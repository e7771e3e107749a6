"""Features: the formulas, their order, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.features import FEATURES, column_title, expand, features_of, title_of
from core.spec import Column, Data, Points
from core.tables import SpecError

X = np.array([[2.0, -3.0], [0.5, 0.25], [-1.0, 6.0]])


def test_each_feature_is_what_its_name_says() -> None:
    expected = [[a, b, a * a, b * b, a * b, np.sin(a), np.sin(b)] for a, b in X]
    np.testing.assert_allclose(expand(X, tuple(FEATURES)), expected)
    assert [row.title for row in FEATURES.rows()] == ["x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂"]
    assert list(FEATURES) == ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]


def test_columns_come_in_the_order_asked_for() -> None:
    np.testing.assert_array_equal(expand(X, ("x2", "x1")), X[:, ::-1])
    assert expand(np.empty((0, 2)), ("x1", "x1*x2", "x2")).shape == (0, 3)


@pytest.mark.parametrize(
    ("names", "path", "words"),
    [
        ((), "data.features", "no feature"),
        (("x1", "x2", "x1"), r"data.features[2]", "twice"),
        (("x1", "x1^3"), r"data.features[1]", "'x1\\^3'"),
    ],
)
def test_empty_unknown_and_double_names_are_refused(names: tuple[str, ...], path: str, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        expand(X, names)
    assert caught.value.path == path


def test_points_of_other_widths_have_their_columns_as_features() -> None:
    x = np.arange(12.0).reshape(4, 3)
    assert np.array_equal(expand(x, ("x3", "x1")), x[:, [2, 0]])
    assert np.array_equal(expand(x[:, :1], ("x1",)), x[:, :1])
    with pytest.raises(SpecError, match=r"features\[0\].*'x4'"):
        expand(x, ("x4",))
    with pytest.raises(SpecError, match="'x1\\^2'"):
        expand(x, ("x1^2",))
    assert [title_of(name) for name in ("x3", "x12", "x1^2", "flipper length")] == [
        "x₃",
        "x₁₂",
        "x₁²",
        "flipper length",
    ]


def test_columns_of_a_table_are_its_features() -> None:
    x = np.arange(8.0).reshape(4, 2)
    columns = (Column("bill length", "mm"), Column("body mass"))
    assert np.array_equal(expand(x, ("body mass",), columns), x[:, 1:])
    with pytest.raises(SpecError, match="'x1'"):
        expand(x, ("x1",), columns)
    with pytest.raises(SpecError, match="2 coordinates, not 3"):
        expand(np.ones((4, 3)), ("x1",), columns)
    assert [column_title(column) for column in columns] == ["bill length (mm)", "body mass"]


def test_columns_that_do_not_fit_the_points_are_refused() -> None:
    points = Points(np.ones((4, 3)), np.zeros(4))
    with pytest.raises(SpecError, match="2 columns, but points of 3"):
        features_of(Data(points=points, columns=(Column("a"), Column("b"))))
    with pytest.raises(SpecError, match="'a' is named twice"):
        features_of(Data(points=points, columns=(Column("a"), Column("b"), Column("a"))))
    assert list(features_of(Data(points=points))) == ["x1", "x2", "x3"]
    assert features_of(Data()) is FEATURES
