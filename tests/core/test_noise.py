"""Gradient noise against brute force, closed forms and what is known of drawing without putting back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.probes import noise as probe
from core.probes.noise import noise, sample_gradients
from tests.core.test_hessian import exact, linear_unit, wandering
from tests.core.test_landscape import model_of


@pytest.mark.parametrize("kwargs", [{}, {"kind": "plane", "task": "regression"}, {"l1": 0.02, "l2": 0.1}], ids=str)
def test_every_samples_gradient_is_that_of_a_batch_of_one(kwargs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(**kwargs)
    objective, theta = exact(model), wandering(model)
    monkeypatch.setattr(probe, "_PART", 1000)
    found = sample_gradients(objective, theta)
    assert found.shape == (objective.samples, len(theta))
    for index in (0, 11, objective.samples - 1):
        one = replace(objective, x=objective.x[index : index + 1], targets=objective.targets[index : index + 1])
        assert found[index] == pytest.approx(one.gradient(theta[None])[1][0], abs=1e-13)
    assert found.mean(axis=0) == pytest.approx(objective.gradient(theta[None])[1][0], abs=1e-13)


def test_of_a_linear_unit_the_noise_scale_is_the_closed_form() -> None:
    """Gradients 2 (x·w − y) x of the samples: tr Σ is the sum of their variances, G their mean."""
    model, x = linear_unit()
    theta = np.array([2.0, 1.0, 0.0])
    gradients = 2.0 * (x @ theta - model.prepared.y_train)[:, None] * x
    found = noise(exact(model), theta, [1])
    assert found is not None
    assert found.norm == pytest.approx(np.linalg.norm(gradients.mean(axis=0)))
    assert found.variance == pytest.approx(gradients.var(axis=0, ddof=1).sum())
    assert found.scale == pytest.approx(found.variance / found.norm**2)
    assert (found.samples, found.total) == (len(x), len(x))


def test_angles_and_lengths_are_those_of_the_batches_gradients() -> None:
    model = model_of()
    objective, theta = exact(model), wandering(model)
    found = noise(objective, theta, [10], batches=5, seed=3)
    assert found is not None
    full = objective.gradient(theta[None])[1][0]
    for index, order in enumerate(probe._drawn(objective.samples, 5, 3)):
        batch = order[:10]
        assert len(set(batch)) == 10
        mine = replace(objective, x=objective.x[batch], targets=objective.targets[batch]).gradient(theta[None])[1][0]
        cosine = mine @ full / np.linalg.norm(mine) / np.linalg.norm(full)
        assert found.spreads[0].angles[index] == pytest.approx(np.degrees(np.arccos(cosine)), abs=1e-5)
        assert found.spreads[0].lengths[index] == pytest.approx(np.linalg.norm(mine) / np.linalg.norm(full))


def test_larger_batches_scatter_less_and_all_samples_not_at_all() -> None:
    model = model_of(count=300)
    objective, theta = exact(model), wandering(model)
    found = noise(objective, theta, [1, 10, 32, 100, 5000])
    assert found is not None
    sizes = [spread.size for spread in found.spreads]
    assert sizes == [1, 10, 32, 100, objective.samples]
    medians = [spread.median for spread in found.spreads]
    assert medians == sorted(medians, reverse=True)
    everything = found.spread(objective.samples)
    assert everything.angles.max() < 1e-5
    assert everything.lengths == pytest.approx(1.0)
    assert found.spread(1).uphill > found.spread(100).uphill
    low, high = found.spread(10).share(0.1, 0.9)
    assert low < found.spread(10).median < high
    with pytest.raises(KeyError):
        found.spread(7)


def test_the_scatter_is_what_drawing_without_putting_back_makes_it() -> None:
    """E|g − G|² of batches of B out of N is tr(Σ) / B · (1 − B / N)."""
    model = model_of(count=200)
    objective, theta = exact(model), wandering(model)
    found = noise(objective, theta, [10, 50], batches=3000)
    assert found is not None
    for spread in found.spreads:
        cosine = np.cos(np.radians(spread.angles))
        squares = found.norm**2 * (spread.lengths**2 - 2 * spread.lengths * cosine + 1)
        expected = found.variance / spread.size * (1 - spread.size / objective.samples)
        assert squares.mean() == pytest.approx(expected, rel=0.06)


def test_sides_are_those_of_the_main_direction_of_the_noise() -> None:
    model = model_of()
    objective, theta = exact(model), wandering(model)
    gradients = sample_gradients(objective, theta)
    full = gradients.mean(axis=0)
    rest = gradients - full
    rest -= np.outer(rest @ full, full) / (full @ full)
    main = np.linalg.svd(rest)[2][0]
    found = noise(objective, theta, [1], batches=60)
    assert found is not None
    ones = gradients[probe._drawn(objective.samples, 60, 0)[:, 0]]
    agree = np.sign(ones @ main) == found.spreads[0].sides
    clear = np.abs(ones @ main) > 0.2 * np.abs(ones @ main).max()
    assert agree[clear].all() or not agree[clear].any()


def test_what_is_frozen_does_not_count() -> None:
    model = model_of()
    objective, theta = exact(model), wandering(model)
    free = np.zeros(len(theta))
    free[-1] = 1.0
    found = noise(objective, theta, [1], free=free)
    assert found is not None
    one = found.spreads[0].angles
    assert np.minimum(one, 180.0 - one).max() < 1e-6, "with one free number a gradient points ahead or back"


def test_there_is_a_bound_to_what_it_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "NUMBERS", 2000)
    model = model_of(count=200)
    found = noise(exact(model), wandering(model), [1, 1000])
    assert found is not None
    assert found.samples == max(16, 2000 // model.network.parameters)
    assert found.total == len(model.prepared.y_train)


def test_where_nothing_is_finite_there_is_nothing() -> None:
    model, _ = linear_unit()
    assert noise(exact(model), np.full(3, 1e200), [1]) is None


def test_at_a_minimum_the_noise_scale_is_infinite() -> None:
    model, x = linear_unit()
    best = np.linalg.lstsq(x, model.prepared.y_train, rcond=None)[0]
    found = noise(exact(model), best, [1])
    assert found is not None
    assert found.scale > 1e20
