"""Schedules: closed forms, warm-up, plateaus, and how the Trainer keeps to them however it is sliced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.schedules import SCHEDULES, Plateau, rates, reduced, varies
from core.spec import Choice, Training
from core.tables import SpecError

EACH = 10
"""Steps in an epoch."""
T = np.arange(0.0, 400.0)


def training(name: str, warmup: float = 0.0, rate: float = 0.5, **settings: float) -> Training:
    return Training(learning_rate=rate, schedule=Choice(name, settings), warmup=warmup)


def planned(name: str, warmup: float = 0.0, **settings: float) -> Any:
    return rates(training(name, warmup, **settings), T, EACH)


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_rate_is_finite_never_negative_nor_above_the_base(name: str) -> None:
    for warmup in (0.0, 0.25, 3.0):
        for steps in (1, 7, 1000):
            found = rates(training(name, warmup), np.arange(5000.0), steps)
            assert found.shape == (5000,)
            assert np.isfinite(found).all()
            assert found.min() >= 0
            assert found.max() <= 0.5 + 1e-12


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_step_has_its_rate_alone_as_among_others(name: str) -> None:
    plan = training(name, 1.5)
    together = rates(plan, T, EACH)
    apart = [float(rates(plan, [t], EACH)[0]) for t in T]
    assert together.tolist() == apart
    pieces = np.concatenate([rates(plan, T[i : i + 7], EACH) for i in range(0, len(T), 7)])
    assert together.tobytes() == pieces.tobytes()


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "constant"])
def test_the_rate_follows_the_slider(name: str) -> None:
    low, high = (rates(training(name, 2.0, rate), T, EACH) for rate in (0.1, 0.3))
    np.testing.assert_allclose(high, 3 * low, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "one_cycle"])
def test_lengths_are_in_epochs_so_that_the_batch_size_stretches_nothing(name: str) -> None:
    few, many = rates(training(name), np.arange(0, 50), 1), rates(training(name), np.arange(0, 500, 10), 10)
    np.testing.assert_allclose(few, many, rtol=1e-9, atol=1e-15)


def test_closed_forms() -> None:
    epochs = T / EACH
    assert (planned("constant") == 0.5).all()
    np.testing.assert_allclose(planned("step", every=4.0, factor=0.5), 0.5 * 0.5 ** (T // 40), rtol=1e-12)
    np.testing.assert_allclose(planned("exponential", factor=0.9), 0.5 * 0.9**epochs, rtol=1e-12)
    line = planned("linear", epochs=20.0, end=0.2)
    assert line[0] == 0.5
    assert line[100] == pytest.approx(0.3)
    assert line[200:] == pytest.approx(0.1)
    square = planned("polynomial", epochs=20.0, power=2.0)
    assert square[100] == pytest.approx(0.125)
    assert (square[200:] == 0).all()
    wave = planned("cosine", epochs=20.0, floor=0.1)
    assert (wave[0], wave[100], wave[200], wave[399]) == pytest.approx((0.5, 0.275, 0.05, 0.05))


def test_restarts_come_back_to_the_base_rate_exactly_when_each_period_ends() -> None:
    for first, longer, starts in ((5.0, 2.0, [0, 50, 150, 350]), (8.0, 1.0, [0, 80, 160, 240, 320])):
        wave = planned("cosine_restarts", epochs=first, longer=longer)
        assert np.flatnonzero(wave == 0.5).tolist() == starts
        falls = np.diff(wave)
        assert (np.flatnonzero(falls > 0) + 1).tolist() == starts[1:]


def test_one_cycle_rises_to_the_base_rate_and_falls_to_almost_nothing() -> None:
    wave = planned("one_cycle", epochs=30.0, rise=0.3, start=25.0, end=1e4)
    assert wave[0] == pytest.approx(0.5 / 25)
    assert wave.argmax() == 0.3 * 300 - 1
    assert wave.max() == 0.5
    assert wave[299:] == pytest.approx(0.5 / 25 / 1e4)


def test_one_cycle_of_a_step_or_two_is_still_a_rate() -> None:
    for length in (0.1, 0.2, 0.3):
        found = planned("one_cycle", epochs=length, rise=0.5)
        assert np.isfinite(found).all()
        assert found.max() <= 0.5


def test_cycles_shrink() -> None:
    saw = planned("cyclical", epochs=10.0, low=0.2, shrink=0.5)
    assert saw[[0, 100, 200]] == pytest.approx([0.1, 0.1, 0.1])
    assert saw[[50, 150, 250]] == pytest.approx([0.5, 0.3, 0.2])


def test_the_warm_up_rises_in_a_line_and_the_schedule_begins_after_it() -> None:
    for name in SCHEDULES:
        without, with_it = planned(name), planned(name, 5.0)
        np.testing.assert_allclose(with_it[:50], without[0] * np.arange(1, 51) / 50, rtol=1e-12)
        np.testing.assert_allclose(with_it[50:], without[:-50], rtol=1e-12)
    assert planned("constant", 0.25)[:4] == pytest.approx([0.2, 0.4, 0.5, 0.5])


def test_only_a_rate_that_moves_needs_a_table() -> None:
    assert not varies(Training())
    assert varies(training("constant", 1.0))
    assert all(varies(training(name)) for name in SCHEDULES if name != "constant")


def follow(plan: Training, losses: list[float]) -> list[float]:
    plateau, scales = Plateau(), []
    for loss in losses:
        plateau = reduced(plateau, loss, plan)
        scales.append(plateau.scale)
    return scales


def test_a_plateau_lowers_the_rate_after_its_patience() -> None:
    plan = training("plateau", factor=0.5, patience=2.0)
    assert follow(plan, [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]) == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]
    assert follow(plan, [1.0 / (1 + i) for i in range(20)]) == [1.0] * 20
    rested = training("plateau", factor=0.5, patience=0.0, cooldown=2.0)
    assert follow(rested, [1.0, 1.0, 1.0, 1.0, 1.0]) == [1, 0.5, 0.5, 0.5, 0.25]
    floored = training("plateau", factor=0.1, patience=0.0, floor=0.05)
    assert follow(floored, [1.0] * 5) == pytest.approx([1, 0.1, 0.05, 0.05, 0.05])
    assert follow(training("step"), [1.0] * 50) == [1.0] * 50
    assert (rates(plan, T, EACH, 0.25) == 0.125).all()
    assert (rates(training("constant"), T, EACH, 0.25) == 0.5).all()


def test_a_wrong_setting_is_refused_with_its_place() -> None:
    from core.model import Model
    from core.spec import Experiment

    for choice, path in (
        (Choice("cosin"), "there is no schedule called 'cosin'"),
        (Choice("step", {"factor": 3.0}), "training.schedule.factor"),
        (Choice("step", {"often": 3.0}), "training.schedule.often"),
    ):
        with pytest.raises(SpecError, match=path):
            Model.of(Experiment(training=Training(schedule=choice)))
