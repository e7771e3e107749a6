"""The sharpness panel: what it shows is the top eigenvalue of each moment, against the edge of the rate then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.panels.sharpness import SharpnessPanel
from app.panels.sharpness_series import MOST_POINTS, Series, Store, missing, rates_at
from app.panels.sharpness_words import caution, numbers, place, why_diverged
from core.moments import snapshot_at
from core.probes.hessian import top_eigenpair
from core.probes.landscape import Objective
from core.spec import Choice, Training, change
from core.trainer import Trainer
from tests.app import run_records as records


class Session(records.RunSession):
    def set(self, path: str, value: Any, label: str = "", merge: str = "") -> None:
        self.adopt(change(self.experiment, path, value))
        self.publish()

    def rewind(self) -> None:
        self.trainer.rewind()


def trained(epochs: int = 20, **training: Any) -> Trainer:
    given = records.experiment()
    for name, value in training.items():
        given = change(given, f"training.{name}", value)
    return records.trained(given, epochs)


def shown(qtbot: QtBot, trainer: Trainer, state: str = "paused") -> SharpnessPanel:
    panel = SharpnessPanel(Session(trainer))
    panel.session.state = state
    panel.period = 0

    def stop(widget: Any) -> None:
        widget.probe.stop()
        widget.reason.stop()

    qtbot.addWidget(panel, before_close_func=stop)
    panel.resize(500, 360)
    panel.show()
    qtbot.waitExposed(panel)
    panel.session.publish()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: SharpnessPanel) -> None:
    qtbot.waitUntil(lambda: not panel.busy, timeout=5000)
    qtbot.wait(30)


def test_the_curve_is_the_top_eigenvalue_of_every_moment_of_the_run(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained())
    snapshot = panel.session.snapshot
    objective = Objective.of(snapshot.model, precision="float64")
    sharpness, edge = panel.plot.scene.curves
    steps = panel.plot.scene.x
    moments = snapshot.history.moments()
    assert list(steps[:-1]) == [moment.step for moment in moments]
    for index in (0, 7, len(moments) - 1):
        expected = top_eigenpair(objective, moments[index].theta).value
        assert sharpness.values[index] == pytest.approx(expected, rel=1e-3)
    assert edge.label == "2 / rate"
    assert edge.values == pytest.approx(2.0 / 0.05)
    assert panel.status.startswith(f"sharpness {sharpness.values[-1]:.3g} · 2 / rate 40 · ratio 0.")


def test_an_older_moment_shows_the_value_there(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained())
    newest, snapshot = panel.status, panel.session.snapshot
    moment = snapshot.history.moments()[5]
    panel.session.snapshot = snapshot_at(snapshot, moment)
    panel.session.published.emit(panel.session.snapshot)
    settle(qtbot, panel)
    assert panel.status != newest
    assert panel.plot.scene.x[-1] == moment.step
    expected = top_eigenpair(Objective.of(snapshot.model, precision="float64"), moment.theta).value
    assert panel.status.startswith(f"sharpness {expected:.3g} ")
    panel.session.publish()
    assert panel.status == newest, "what lies after it is not forgotten"


def test_while_training_runs_the_newest_is_measured(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(3), "running")
    for _ in range(4):
        panel.session.trainer.step_epoch()
        panel.session.publish()
        settle(qtbot, panel)
    steps = panel.plot.scene.x
    assert steps[-1] == panel.session.snapshot.step
    assert len(np.unique(steps)) == 5
    panel.session.state = "paused"
    panel.session.run_changed.emit()
    settle(qtbot, panel)
    assert len(np.unique(panel.plot.scene.x)) == 8, "at rest what is missing of the past is measured, too"


def test_the_edge_follows_the_rates_slider_at_once(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained())
    panel.session.adopt(change(panel.session.experiment, "training.learning_rate", 0.1))
    edge = panel.plot.scene.curves[1].values
    assert edge[-1] == pytest.approx(20.0)
    assert edge[-2] == pytest.approx(40.0), "the past keeps the rates it had"
    assert "2 / rate 20 " in panel.status


def test_full_batch_is_one_button_away(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(2))
    assert "full batches" in panel.message.text
    (button,) = panel.message.buttons
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.session.experiment.training.batch_size == len(panel.session.model.prepared.y_train)
    settle(qtbot, panel)
    assert panel.message.isHidden()


def test_for_adam_it_says_that_the_line_does_not_hold(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(2, optimizer=Choice("adam")))
    assert "Adam scales each weight" in panel.message.text
    assert not panel.message.buttons
    assert panel.plot.scene.curves[1].label == "2 / rate of SGD"


def test_a_diverged_run_is_explained(qtbot: QtBot) -> None:
    trainer = Trainer(divergent())
    trainer.advance(4000)
    assert trainer.divergence is not None
    panel = shown(qtbot, trainer, "diverged")
    assert panel.message.text.startswith("The rate 30 was over 2 / sharpness = ")
    limit = float(panel.message.text.partition("= ")[2].partition(":")[0].replace("\u2009", ""))
    calm = Trainer(change(divergent(), "training.learning_rate", 0.5 * limit))
    calm.advance(400)
    assert calm.divergence is None
    assert why_diverged(calm.snapshot()) == ""


def divergent() -> Any:
    given = change(records.experiment(generator="plane"), "training.learning_rate", 30.0)
    return change(given, "training.batch_size", 1000)


# the pieces


def test_words_for_the_ratio() -> None:
    assert place(0.2) == "stable"
    assert place(1.0) == "at the edge of stability"
    assert place(1.5) == "over the edge"
    said = numbers(4.0, 0.5, Training())
    assert said == "sharpness 4 · 2 / rate 4 · ratio 1: at the edge of stability · stable up to rate 0.5"
    momentum = numbers(4.0, 0.5, Training(optimizer=Choice("momentum", {"momentum": 0.5})))
    assert "(2 + 2β) / rate 6 · ratio 0.667: stable · stable up to rate 0.75" in momentum
    assert "not its limit" in numbers(4.0, 0.5, Training(optimizer=Choice("adam")))
    assert caution(Training(batch_size=50), 50) == ""


def test_a_series_keeps_its_course_when_it_is_thinned_and_forgets_what_was_taken_back() -> None:
    series = Series()
    for step in range(MOST_POINTS + 1):
        series.add(step, float(step))
    assert MOST_POINTS / 2 <= len(series.values) < MOST_POINTS
    steps, values = series.curve(1000)
    assert steps[0] == 0
    assert steps[-1] >= 998
    assert list(steps) == list(values)
    series.cut(10)
    assert max(series.values) <= 10


def test_a_store_keeps_the_newest_runs() -> None:
    store = Store()
    for run in range(100):
        store.of(run).add(0, float(run))
    assert store.of(99).values == {0: 99.0}
    assert store.of(3).values == {}


def test_the_widest_gaps_are_filled_first() -> None:
    history = trained(32).history
    moments = history.moments()
    some = missing(moments, Series(), 5)
    assert [moments.index(moment) for moment in some] == [32, 0, 16, 8, 24]
    series = Series()
    series.add(moments[16].step, 1.0)
    assert moments[16] not in missing(moments, series, 5)
    assert missing([], series, 5) == []
    assert len(missing(moments, Series(), 1000)) == len(moments)


def test_rates_are_those_of_the_step_before() -> None:
    trainer = trained(3)
    trainer.adopt(change(trainer.experiment, "training.learning_rate", 0.2))
    trainer.step_epoch()
    each = trainer.steps_per_epoch
    steps = np.array([0.0, each, 3.0 * each, 3.0 * each + 1, 4.0 * each])
    assert list(rates_at(trainer.history, steps)) == [0.05, 0.05, 0.05, 0.2, 0.2]
    fresh = Trainer(trainer.experiment)
    fresh.adopt(change(fresh.experiment, "training.learning_rate", 0.1))
    fresh.step_epoch()
    assert list(rates_at(fresh.history, steps[:2])) == [0.1, 0.1], "set before the first step"
