from __future__ import annotations

import numpy as np
import pytest

from core.data.generators import generate
from core.moments import snapshot_at
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Stop, Training, change, with_ids
from core.trainer import Trainer


def experiment(**training: object) -> Experiment:
    made = Generator("circle", 60)
    settings = {"learning_rate": 0.02, "batch_size": 8, "optimizer": Choice("adam"), **training}
    network = with_ids(Network((Dense(4),)))
    return Experiment("", Data(points=generate(made), generator=made), network, Training(**settings))  # type: ignore[arg-type]


# ---- an earlier moment shown -----------------------------------------------------------------------------------------


def test_an_earlier_moment_is_the_snapshot_there_was_then() -> None:
    trainer = Trainer(experiment())
    trainer.advance(trainer.steps_until(5))
    then = trainer.snapshot()
    trainer.advance(trainer.steps_until(20))
    now = trainer.snapshot()
    moment = next(m for m in now.history.moments() if m.step == then.step)
    seen = snapshot_at(now, moment)
    assert (then.past, now.past, seen.past) == (False, False, True)
    assert np.array_equal(seen.theta, then.theta)
    for name in ("run", "step", "epoch", "train_loss", "test_loss", "train_score", "test_score", "rows", "stopped"):
        assert getattr(seen, name) == getattr(then, name), name
    assert len(seen.history) == now.rows
    assert seen.moment is moment


def test_it_is_neither_stopped_nor_diverged_and_counts_the_share_of_an_epoch() -> None:
    trainer = Trainer(experiment(stop=Stop(epochs=3)))
    trainer.step_batches(2)
    trainer.advance(100)
    assert trainer.stopped
    now = trainer.snapshot()
    seen = snapshot_at(now, now.history.moments()[1])
    assert (seen.step, seen.stopped, seen.divergence) == (2, "", None)
    assert seen.epoch == pytest.approx(2 * 8 / trainer.samples)


def test_a_moment_of_another_architecture_is_refused() -> None:
    trainer, other = Trainer(experiment()), Trainer(change(experiment(), "network.layers", ()))
    with pytest.raises(ValueError, match="shape"):
        snapshot_at(trainer.snapshot(), other.moment())


# ---- θ set by hand ---------------------------------------------------------------------------------------------------


def test_a_placed_theta_goes_on_from_there_with_a_fresh_optimizer() -> None:
    trainer = Trainer(experiment())
    trainer.advance(13)
    rows, run = len(trainer.history), trainer.run
    theta = np.linspace(-1.0, 1.0, len(trainer.theta))
    trainer.place(theta)
    assert np.array_equal(trainer.theta, theta.astype(np.float32))
    assert (trainer.run, trainer.state.step, trainer.state.since) == (run, 13, 0)
    assert not any(slot.any() for slot in trainer.state.slots)
    assert len(trainer.history) == rows + 1
    newest = trainer.history.moments()[-1]
    assert np.array_equal(newest.theta, trainer.theta)
    assert newest.step == 13
    assert newest.loss == trainer.snapshot().train_loss == trainer.measure()["train_loss"]
    fresh = Trainer(experiment(), theta=theta)
    assert trainer.measure() == fresh.measure()
    trainer.advance(5)
    assert trainer.state.step == 18


def test_placing_ends_a_divergence_and_a_stop_unless_the_loss_is_not_finite_there() -> None:
    trainer = Trainer(experiment(stop=Stop(epochs=2)))
    trainer.advance(100)
    assert trainer.stopped
    trainer.place(trainer.theta)
    assert trainer.stopped == ""
    assert trainer.advance(3) == 3
    trainer.place(np.full(len(trainer.theta), 3e38))
    assert trainer.divergence is not None
    trainer.place(np.zeros(len(trainer.theta)))
    assert trainer.divergence is None
    assert trainer.advance(1) == 1


def test_the_moment_before_placing_can_be_gone_back_to() -> None:
    trainer = Trainer(experiment())
    trainer.advance(trainer.steps_until(3))
    before, rows = trainer.moment(), len(trainer.history)
    trainer.place(np.zeros(len(trainer.theta)))
    trainer.restore(before)
    assert len(trainer.history) == rows
    assert np.array_equal(trainer.theta, before.theta)
    assert not any(np.array_equal(m.theta, np.zeros_like(m.theta)) for m in trainer.history.moments())


def test_a_theta_of_another_length_is_refused_and_changes_nothing() -> None:
    trainer = Trainer(experiment())
    theta = trainer.theta.copy()
    with pytest.raises(ValueError, match="shape"):
        trainer.place(np.zeros(3))
    assert np.array_equal(trainer.theta, theta)
