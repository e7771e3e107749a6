"""Looking back at a run, going on from there, and setting θ by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from app.past import MOST_RUNS
from app.session import Session
from core.presets import PRESETS


@pytest.fixture
def session(qtbot: Any) -> Iterator[Session]:
    session = Session(PRESETS["circle"].experiment)
    qtbot.waitUntil(lambda: session.snapshot is not None)
    yield session
    session.close()


def trained(qtbot: Any, session: Session, epochs: int) -> None:
    session.play(until=epochs)
    qtbot.waitUntil(lambda: session.state == "paused" and session.snapshot.epoch >= epochs)


def test_an_older_moment_is_shown_everywhere_and_the_newest_comes_back(qtbot: Any, session: Session) -> None:
    trained(qtbot, session, 20)
    newest, seen = session.snapshot, []
    session.published.connect(seen.append)
    moment = session.snapshot.history.moments()[5]
    session.look_at(moment)
    assert seen[-1] is session.snapshot
    assert session.snapshot.past
    np.testing.assert_array_equal(session.snapshot.theta, moment.theta)
    row = list(newest.history.column("step")).index(moment.step)
    assert session.snapshot.train_loss == newest.history.column("train_loss")[row]
    assert session.snapshot.step == moment.step
    assert session.snapshot.epoch == newest.history.column("epoch")[row]
    session.look_at(None)
    assert not session.snapshot.past
    np.testing.assert_array_equal(session.snapshot.theta, newest.theta)


def test_looking_back_pauses_and_playing_goes_on_from_there_as_a_branch(qtbot: Any, session: Session) -> None:
    trained(qtbot, session, 20)
    first = session.snapshot
    session.play()
    moment = first.history.moments()[3]
    session.look_at(moment)
    assert session.state == "paused"
    qtbot.waitUntil(lambda: not session._timer.isActive())
    assert session.snapshot.step == moment.step
    session.step()
    qtbot.waitUntil(lambda: session.snapshot.run != first.run and session.snapshot.step == moment.step + 1)
    assert session.looking is None
    assert [run.snapshot.run for run in session.runs] == [first.run]
    assert session.runs[0].snapshot.step >= first.step
    assert session.snapshot.history.column("step")[-1] <= moment.step + 1


def test_runs_are_kept_when_another_begins_but_not_empty_ones(qtbot: Any, session: Session) -> None:
    for _ in range(MOST_RUNS + 2):
        session.step_epoch()
        session.reset()
        session.reset()
    qtbot.waitUntil(lambda: not session._timer.isActive() and len(session.runs) == MOST_RUNS)
    qtbot.wait(50)
    assert len(session.runs) == MOST_RUNS
    assert {run.snapshot.epoch for run in session.runs} == {1.0}
    assert session.runs[-1].name == f"Run {MOST_RUNS + 2}"


def test_a_kept_run_has_the_settings_it_was_trained_with(qtbot: Any, session: Session) -> None:
    trained(qtbot, session, 2)
    rate, layers = session.experiment.training.learning_rate, session.experiment.network.layers
    session.set("training.learning_rate", 10 * rate)
    session.set("network.layers", layers[:1])
    session.new_seed()
    # Whichever comes first, the next run's Snapshot or the end of this one.
    session.past.take(session.with_trainer(lambda trainer: trainer.snapshot()))
    qtbot.waitUntil(lambda: len(session.runs) == 1)
    kept = session.runs[0].snapshot
    assert kept.model.experiment.training.learning_rate == rate
    assert kept.model.experiment.training.seed == session.experiment.training.seed - 1
    assert kept.model.network.parameters == len(kept.theta)
    assert kept.model.experiment.network.layers == layers


def test_moments_are_remembered_renamed_and_forgotten(qtbot: Any, session: Session) -> None:
    trained(qtbot, session, 3)
    with qtbot.waitSignal(session.marks_changed):
        session.remember("before the drop")
    session.remember()
    assert [mark.name for mark in session.marks] == ["before the drop", "epoch 3"]
    session.past.rename(session.marks[0], "here")
    session.past.forget(session.marks[1])
    assert [mark.name for mark in session.marks] == ["here"]
    session.look_at(session.snapshot.history.moments()[0])
    session.remember("start")
    np.testing.assert_array_equal(session.marks[-1].snapshot.theta, session.snapshot.history.moments()[0].theta)


def test_theta_set_by_hand_is_one_undo_step_and_training_goes_on_from_it(qtbot: Any, session: Session) -> None:
    trained(qtbot, session, 2)
    before = session.snapshot.theta.copy()
    for value in (1.0, 2.0, 3.0):
        theta = before.copy()
        theta[0] = value
        session.place(theta, "Drag weight", merge="weight 0")
    qtbot.waitUntil(lambda: session.snapshot.theta[0] == 3.0)
    assert session.undo_stack.count() == 1
    assert session.snapshot.train_loss == session.snapshot.history.last("train_loss")
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.theta, before))
    session.undo_stack.redo()
    qtbot.waitUntil(lambda: session.snapshot.theta[0] == 3.0)
    session.step()
    qtbot.waitUntil(lambda: session.snapshot.theta[0] != 3.0)
    assert abs(session.snapshot.theta[0] - 3.0) < 0.5


def test_another_project_forgets_the_past(qtbot: Any, session: Session) -> None:
    from core.project import Project

    trained(qtbot, session, 2)
    session.remember()
    session.begin(Project(PRESETS["xor"].experiment))
    assert not session.runs
    assert not session.marks


def test_attention_is_dropped_when_its_ground_goes(qtbot: Any, session: Session) -> None:
    from core.spec import change

    session.pick(100)
    session.highlight([3, 1, 1])
    session.pick_weight(0, 5)
    np.testing.assert_array_equal(session.highlighted_samples, [1, 3])
    assert session.picked_weights == (5, None)
    few = session.experiment.data.points.select(np.arange(10))
    session.edit("Fewer", change(session.experiment, "data.points", few))
    assert session.picked is None
    assert session.highlighted_samples is None
    layers = session.experiment.network.layers[1:]
    session.edit("Smaller", change(session.experiment, "network.layers", layers))
    assert session.picked_weights is None
