from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.session import Session
from core.data.generators import generate
from core.project import ProjectError
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Points, Training, change, with_ids
from core.tables import SpecError


def experiment(**training: Any) -> Experiment:
    generator = Generator("circle", count=200)
    network = with_ids(Network((Dense(4), Dense(3))))
    return Experiment(
        data=Data(points=generate(generator), generator=generator), network=network, training=Training(**training)
    )


@pytest.fixture
def session(qtbot: Any) -> Iterator[Session]:
    session = Session(experiment(learning_rate=0.1))
    qtbot.waitUntil(lambda: session.snapshot is not None)
    yield session
    session.close()


def settled(qtbot: Any, session: Session) -> None:
    qtbot.waitUntil(lambda: not session._timer.isActive())


def test_it_shows_the_untrained_network_at_once(session: Session) -> None:
    assert session.snapshot is not None
    assert session.snapshot.step == 0
    assert np.isfinite(session.snapshot.train_loss)


def test_play_trains_until_pause(qtbot: Any, session: Session) -> None:
    session.play()
    assert session.state == "running"
    qtbot.waitUntil(lambda: session.snapshot.epoch > 3)
    session.pause()
    settled(qtbot, session)
    step = session.snapshot.step
    qtbot.wait(60)
    assert session.state == "paused"
    assert session.snapshot.step == step
    assert session.with_trainer(lambda trainer: trainer.state.step) == step


def test_play_until_an_epoch_stops_exactly_there(qtbot: Any, session: Session) -> None:
    session.play(until=7)
    qtbot.waitUntil(lambda: session.state == "paused")
    assert session.snapshot.epoch == 7
    assert session.snapshot.step == 70


def test_the_speed_is_kept_and_full_speed_is_faster(qtbot: Any, session: Session) -> None:
    session.set_speed(20.0)
    session.play()
    qtbot.wait(700)
    session.pause()
    settled(qtbot, session)
    assert 5 <= session.snapshot.epoch <= 15
    slow = session.snapshot.epoch
    session.reset()
    session.set_speed(math.inf)
    session.play()
    qtbot.wait(700)
    session.pause()
    settled(qtbot, session)
    assert session.snapshot.epoch > 2 * slow


def test_the_loss_is_measured_anew_after_an_edit_while_paused(qtbot: Any, session: Session) -> None:
    session.play(until=5)
    qtbot.waitUntil(lambda: session.state == "paused")
    before = session.snapshot.train_loss
    session.set("training.loss", Choice("mse"))
    settled(qtbot, session)
    assert session.snapshot.step == 50
    assert session.snapshot.model.network.loss.name == "mse"
    assert session.snapshot.train_loss != before
    measured = session.with_trainer(lambda trainer: trainer.measure()["train_loss"])
    assert session.snapshot.train_loss == pytest.approx(measured)


def test_steps(qtbot: Any, session: Session) -> None:
    session.step()
    settled(qtbot, session)
    assert session.snapshot.step == 1
    session.step_epoch()
    settled(qtbot, session)
    assert (session.snapshot.step, session.snapshot.epoch) == (10, 1)


def test_reset_brings_the_same_weights_back_and_a_new_seed_others(qtbot: Any, session: Session) -> None:
    first = session.snapshot.theta.copy()
    session.step_epoch()
    settled(qtbot, session)
    assert not np.array_equal(session.snapshot.theta, first)
    session.reset()
    settled(qtbot, session)
    np.testing.assert_array_equal(session.snapshot.theta, first)
    session.new_seed()
    settled(qtbot, session)
    assert not np.array_equal(session.snapshot.theta, first)
    session.undo_stack.undo()
    session.reset()
    settled(qtbot, session)
    np.testing.assert_array_equal(session.snapshot.theta, first)


def test_edits_reach_the_running_trainer_without_a_reset(qtbot: Any, session: Session) -> None:
    session.play()
    qtbot.waitUntil(lambda: session.snapshot.epoch > 2)
    session.set("training.learning_rate", 0.01)
    session.set("training.optimizer", Choice("adam"))
    session.set("training.batch_size", 25)
    session.set("training.l2", 0.01)
    session.set("network.layers", (*session.experiment.network.layers, Dense(5, id=9)))
    qtbot.waitUntil(lambda: session.snapshot.model.network.shape == (2, 4, 3, 5, 1))
    assert session.state == "running"
    assert session.snapshot.epoch > 2
    trainer = session.with_trainer(lambda trainer: trainer.experiment)
    assert trainer == session.experiment


def test_an_edit_can_be_undone_and_redone(qtbot: Any, session: Session) -> None:
    before = session.experiment
    session.set("training.learning_rate", 0.5)
    session.undo_stack.undo()
    assert session.experiment == before
    session.undo_stack.redo()
    assert session.experiment.training.learning_rate == 0.5


def test_edits_of_one_gesture_are_one_step(session: Session) -> None:
    for rate in (0.2, 0.3, 0.4):
        session.set("training.learning_rate", rate, merge="drag 1")
    session.set("training.learning_rate", 0.5, merge="drag 2")
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.experiment.training.learning_rate == 0.4
    session.undo_stack.undo()
    assert session.experiment.training.learning_rate == 0.1


def test_what_does_not_fit_is_refused_and_changes_nothing(session: Session) -> None:
    before = session.experiment
    with pytest.raises(SpecError, match="softmax"):
        session.edit(
            "loss", change(change(before, "training.loss", Choice("cce")), "network.output.activation", "tanh")
        )
    assert session.experiment is before
    assert session.undo_stack.count() == 0


def test_playing_on_an_empty_canvas_says_what_to_do(qtbot: Any, session: Session) -> None:
    session.set("data.points", Points([], []))
    with qtbot.waitSignal(session.failed) as signal:
        session.play()
    assert "draw some" in signal.args[0]
    assert session.state == "paused"


def test_clearing_the_canvas_while_training_pauses_with_a_sentence(qtbot: Any, session: Session) -> None:
    session.play()
    qtbot.waitUntil(lambda: session.snapshot.epoch > 1)
    with qtbot.waitSignal(session.failed) as signal:
        session.set("data.points", Points([], []))
    assert signal.args[0] == "There are no points to learn from; draw some, or choose a data set."
    qtbot.waitUntil(lambda: session.state == "paused")
    session.undo_stack.undo()
    session.play()
    qtbot.waitUntil(lambda: session.state == "running" and session.snapshot.step > 20)


def test_divergence_is_told_and_both_ways_back_work(qtbot: Any, session: Session) -> None:
    session.play(until=5)
    qtbot.waitUntil(lambda: session.state == "paused")
    session.set("training.loss", Choice("mse"))
    session.set("network.output.activation", "linear")
    session.set(
        "network.layers", tuple(change(layer, "activation", "relu") for layer in session.experiment.network.layers)
    )
    session.set("training.learning_rate", 900.0)
    session.play()
    qtbot.waitUntil(lambda: session.state == "diverged")
    wrong = session.snapshot.divergence
    assert wrong.rate == 900.0
    assert np.isfinite(session.snapshot.theta).all()
    session.rewind()
    settled(qtbot, session)
    assert session.state == "paused"
    assert session.snapshot.divergence is None
    assert session.snapshot.epoch == wrong.back
    session.play()
    qtbot.waitUntil(lambda: session.state == "diverged")
    session.halve_rate()
    assert session.experiment.training.learning_rate == 450.0


def test_it_saves_and_opens_all_of_it(qtbot: Any, session: Session, tmp_path: Path) -> None:
    session.play(until=3)
    qtbot.waitUntil(lambda: session.state == "paused")
    theta, saved = session.snapshot.theta, session.experiment
    assert not session.modified
    session.set("name", "Mine")
    assert session.modified
    session.save(tmp_path / "mine.json")
    assert not session.modified
    session.set("training.learning_rate", 0.7)
    session.reset()
    session.open(tmp_path / "mine.json")
    settled(qtbot, session)
    assert session.experiment == change(saved, "name", "Mine")
    assert session.snapshot.epoch == 3
    np.testing.assert_array_equal(session.snapshot.theta, theta)


def test_a_broken_file_changes_nothing(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"format": "learnscape", "version": 1, "exper')
    before = session.experiment
    with pytest.raises(ProjectError):
        session.open(path)
    assert session.experiment is before
    assert session.path is None


def test_what_comes_from_before_an_open_is_not_shown_after_it(qtbot: Any, session: Session, tmp_path: Path) -> None:
    session.save(tmp_path / "a.json")
    session.play()
    qtbot.waitUntil(lambda: session.snapshot.epoch > 2)
    session.open(tmp_path / "a.json")
    settled(qtbot, session)
    assert session.snapshot.step == 0
    assert session.state == "paused"


def test_closing_in_the_middle_of_a_run_stops_the_thread(qtbot: Any) -> None:
    session = Session(experiment())
    session.play()
    qtbot.waitUntil(lambda: session.snapshot is not None and session.snapshot.step > 5)
    session.close()
    assert session._thread.isFinished()
