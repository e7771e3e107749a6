"""Features: the formulas, their order, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.features import FEATURES, expand
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


def test_points_need_two_coordinates() -> None:
    with pytest.raises(SpecError, match="2 coordinates, not 3"):
        expand(np.ones((4, 3)), ("x1",))
