"""Scaling: where training data lands, and back again."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.data.scaling import Scaler
from core.spec import Scaling

X = np.array([[2.1, -1.0, 7.0], [8.4, 3.0, 7.0], [5.0, 1.0, 7.0]])


def test_min_max_puts_the_training_part_between_0_and_1() -> None:
    scaler = Scaler.fit("min-max", X)
    scaled = scaler.apply(X)
    np.testing.assert_allclose(scaled.min(axis=0), [0, 0, 0])
    np.testing.assert_allclose(scaled.max(axis=0), [1, 1, 0])
    assert scaler.apply(np.array([[14.7, 1.0, 7.0]]))[0, 0] == pytest.approx(2.0)  # beyond what was seen, beyond 1


def test_standard_gives_mean_0_and_deviation_1() -> None:
    scaled = Scaler.fit("standard", X).apply(X)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 1, 0])


def test_none_changes_nothing() -> None:
    assert np.array_equal(Scaler.fit("none", X).apply(X), X)


@pytest.mark.parametrize("kind", ["min-max", "standard"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 1e300, 5e-324])
def test_a_constant_feature_becomes_0_and_stays_finite(kind: Scaling, value: float) -> None:
    scaler = Scaler.fit(kind, np.full((3, 1), value))
    assert scaler.factor.tolist() == [1.0]
    assert scaler.constant.all()
    assert scaler.apply(np.full((2, 1), value)).tolist() == [[0.0], [0.0]]


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(["none", "min-max", "standard"]),
    x=arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(1, 4)), elements=st.floats(-1e6, 1e6)),
)
def test_inverting_gives_the_features_back(kind: Literal["none", "min-max", "standard"], x: np.ndarray) -> None:
    scaler = Scaler.fit(kind, x)
    scaled = scaler.apply(x)
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(scaler.invert(scaled), x, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(x).max()))
    if kind == "min-max":
        assert scaled.min() >= 0.0
        assert scaled.max() <= 1.0 + 1e-12


def test_it_says_what_it_does() -> None:
    names = ("x₁", "x₂", "x₃")
    assert Scaler.fit("none", X).describe(names) == "not scaled"
    assert Scaler.fit("min-max", X).lines(names) == ["x₁: 2.1 … 8.4 → 0 … 1", "x₂: −1 … 3 → 0 … 1", "x₃: always 7 → 0"]
    assert Scaler.fit("standard", X).describe(names[:2]) == "x₁: 5.17 ± 2.57 → 0 ± 1, x₂: 1 ± 1.63 → 0 ± 1"
    wide = Scaler.fit("min-max", np.array([[0.00012], [1234567.0]]))
    assert wide.describe(["x"]) == "x: 1.20e−04 … 1.23e+06 → 0 … 1"


def test_its_arrays_cannot_be_changed() -> None:
    for kind in ("none", "min-max", "standard"):
        with pytest.raises(ValueError, match="read-only"):
            Scaler.fit(kind, X).offset[0] = 3.0
