"""Where a run begins to overfit, on curves whose course is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.probes.overfitting import judge_fit

EPOCHS = np.arange(401.0)
TRAIN = np.exp(-EPOCHS / 60)
NOISE = np.random.default_rng(0).normal(0, 0.01, len(EPOCHS))


def u_shape(rise: float) -> np.ndarray:
    """A test loss that is lowest, 0.4, at epoch 100 and then rises by ``rise`` of that."""
    return np.where(EPOCHS < 100, 0.4 + 0.6 * (1 - EPOCHS / 100) ** 2, 0.4 * (1 + rise * (EPOCHS - 100) / 300))


@pytest.mark.parametrize(("rise", "overfitting"), [(0.5, True), (0.1, True), (0.04, False), (0.0, False)])
def test_a_clear_rise_is_overfitting_and_a_small_one_is_not(rise: float, overfitting: bool) -> None:
    test = u_shape(rise) + 1e-9 * EPOCHS
    fit = judge_fit(EPOCHS, TRAIN, test)
    assert fit is not None
    assert fit.row == 100
    assert fit.overfitting is overfitting


def test_noise_alone_is_no_rise() -> None:
    fit = judge_fit(EPOCHS, TRAIN, u_shape(0.0) * (1 + 3 * NOISE))
    assert fit is None or not fit.overfitting


def test_while_it_still_falls_there_is_nothing_to_say() -> None:
    assert judge_fit(EPOCHS, TRAIN, 1 / (1 + EPOCHS)) is None


def test_where_train_rises_too_it_is_not_overfitting() -> None:
    worse = np.where(EPOCHS < 80, TRAIN, 0.2 + EPOCHS / 400)
    fit = judge_fit(EPOCHS, worse, u_shape(0.5))
    assert fit is not None
    assert not fit.overfitting


def test_a_rise_too_short_is_not_enough() -> None:
    test = np.where(EPOCHS < 360, 1 - EPOCHS / 500, 0.9)
    fit = judge_fit(EPOCHS, TRAIN, test)
    assert fit is not None
    assert not fit.overfitting


def test_without_test_points_or_with_few_rows_nothing_is_said() -> None:
    assert judge_fit(EPOCHS, TRAIN, np.full_like(EPOCHS, np.nan)) is None
    assert judge_fit(EPOCHS[:12], TRAIN[:12], u_shape(0.5)[:12]) is None


def test_losses_of_something_else_do_not_count() -> None:
    test = u_shape(0.5)
    test[:50] = 1e-3
    assert judge_fit(EPOCHS, TRAIN, test).row < 50  # type: ignore[union-attr]
    assert judge_fit(EPOCHS, TRAIN, test, start=50).row == 100  # type: ignore[union-attr]
