"""The loss panel beside a real trainer: which numbers, which axes, which marks, and nothing while hidden."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.numbers import number, percent
from app.panels.events import RateChanges
from app.panels.loss import LossPanel
from app.theme import theme
from core.history import ROWS, History
from core.spec import Choice, Dense, change, with_ids
from core.trainer import Trainer
from tests.app import run_records as records


def panel_of(qtbot: QtBot, trainer: object) -> LossPanel:
    """A shown panel of a session around ``trainer``, its first snapshot published."""
    session = records.RunSession(trainer)
    panel = LossPanel(session)
    panel.period = 0
    qtbot.addWidget(panel)
    panel.resize(480, 320)
    panel.show()
    qtbot.waitExposed(panel)
    session.publish()
    return panel


def test_it_shows_every_value_of_the_history(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment()))
    history = panel.session.snapshot.history
    curves = {curve.label: curve.values for curve in panel.plot.scene.curves}
    assert len(panel.plot.scene.x) == 13
    assert np.array_equal(curves["train"], history.column("train_loss"))
    assert np.array_equal(curves["test"], history.column("test_loss"))
    assert panel.status == " · ".join(
        [
            "epoch 12",
            f"train {number(history.last('train_loss'))}",
            f"test {number(history.last('test_loss'))}",
            "binary cross-entropy, nats",
        ]
    )
    assert panel.plot.scene.y_quantity.title == "binary cross-entropy, nats"
    assert panel.plot.scene.log_y
    assert not panel.plot.scene.log_x


def test_in_mid_epoch_it_says_when_the_losses_were_measured(qtbot: QtBot) -> None:
    trainer = Trainer(records.experiment())
    trainer.advance(2 * trainer.steps_per_epoch + 1)
    assert trainer.snapshot().epoch > 2
    panel = panel_of(qtbot, trainer)
    assert panel.status.startswith(f"epoch 2 · train {number(trainer.history.last('train_loss'))}")


def test_accuracy_is_in_percent_and_never_logarithmic(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment()))
    panel.accuracy.click()
    history = panel.session.snapshot.history
    assert np.array_equal(panel.plot.scene.curves[0].values, history.column("train_accuracy"))
    assert panel.plot.scene.y_quantity.percent
    assert not panel.plot.scene.log_y
    assert not panel.log.isEnabled()
    assert panel.plot.scene.y_range.goal[1] <= 1.0
    assert f"train {percent(history.last('train_accuracy'))}" in panel.status
    panel.accuracy.click()
    assert panel.plot.scene.log_y
    assert panel.log.isEnabled()


def test_regression_has_r_squared_instead(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(generator="plane", rate=0.01)))
    assert panel.accuracy.text() == "R²"
    panel.accuracy.click()
    assert panel.plot.scene.y_quantity.title == "R²"
    assert not panel.plot.scene.y_quantity.percent
    assert "R²" in panel.status
    assert "%" not in panel.status


def test_the_chips_choose_the_axes(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment()))
    panel.log.click()
    panel.log_x.click()
    assert (panel.plot.scene.log_x, panel.plot.scene.log_y) == (True, False)
    assert panel.plot.scene.x_range.goal == (0.0, pytest.approx(np.log10(12.0)))


def test_before_the_first_record_there_are_calm_axes(qtbot: QtBot) -> None:
    panel = LossPanel(records.RunSession(records.trained(records.experiment(), 0)))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    assert not panel.is_empty
    assert not panel.message.isVisible()
    assert not panel.grab().isNull()


def test_a_hidden_panel_is_not_refreshed_and_catches_up_when_shown(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 3))
    panel.hide()
    panel.session.trainer.step_epoch()
    panel.session.publish()
    assert len(panel.plot.scene.x) == 4
    panel.show()
    assert len(panel.plot.scene.x) == 5


def test_changes_of_the_rate_and_the_divergence_are_marked(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 5))
    session = panel.session
    session.adopt(change(session.experiment, "training.learning_rate", 0.2))
    for _ in range(5):
        session.trainer.step_epoch()
    session.publish()
    assert [(mark.at, mark.label) for mark in panel.plot.scene.marks] == [(5.0, "rate 0.2")]

    wild = records.trained(records.experiment(generator="plane", rate=1000.0), 2)
    assert wild.divergence is not None, "the test needs a run that diverges"
    panel = panel_of(qtbot, wild)
    mark = panel.plot.scene.marks[-1]
    assert (mark.label, mark.token) == ("diverged", "bad")
    assert mark.at == wild.divergence.epoch


def test_a_dragged_rate_is_one_mark_and_only_new_rows_are_read() -> None:
    history, changes = History(), RateChanges()
    for i in range(50):
        rate = 0.1 if i < 20 else round(0.1 + 0.01 * min(i - 19, 5), 2)
        history.append({"epoch": float(i), "rate": rate / (1 + i), "base_rate": rate, "seconds": 0.01 * i})
    assert [(at, label) for at, label, _ in changes.read(history)] == [(19.0, "rate 0.15")]
    for i in range(50, 60):
        history.append({"epoch": float(i), "base_rate": 0.5 if i > 55 else 0.15, "seconds": 10.0 + i})
    assert [(at, label) for at, label, _ in changes.read(history)] == [(19.0, "rate 0.15"), (55.0, "rate 0.5")]
    assert changes.read(History()) == []


def test_the_axis_follows_the_loss_that_is_chosen(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 2))
    session = panel.session
    session.adopt(change(session.experiment, "training.loss", Choice("mse")))
    session.publish()
    assert panel.plot.scene.y_quantity.title == "mean squared error"
    assert panel.status.endswith("mean squared error")


def test_curves_are_drawn_quickly_while_training_and_finely_when_paused(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 2))
    for state, live in (("running", True), ("paused", False)):
        panel.session.state = state
        panel.session.run_changed.emit()
        assert panel.plot._live is live


def test_the_panel_is_freed_with_its_plot(qtbot: QtBot) -> None:
    session = records.RunSession(records.trained(records.experiment(), 2))
    panel = LossPanel(session)
    panel.period = 0
    panel.show()
    session.publish()
    kept = weakref.ref(panel.plot)
    gone: list[bool] = []
    panel.destroyed.connect(lambda: gone.append(True))
    panel.deleteLater()
    del panel
    qtbot.waitUntil(lambda: bool(gone))
    gc.collect()
    assert kept() is None
    session.publish()


def test_the_rate_of_a_schedule_is_shown_on_request_and_is_no_mark(qtbot: QtBot) -> None:
    spec = change(records.experiment(), "training.schedule", Choice("step", {"every": 3.0, "factor": 0.5}))
    panel = panel_of(qtbot, records.trained(spec, 9))
    assert not panel.plot.scene.marks
    panel.accuracy.click()
    panel.rate.click()
    assert not panel.accuracy.isChecked()
    assert panel.plot.scene.y_quantity.title == "learning rate"
    assert panel.plot.scene.log_y
    (curve,) = panel.plot.scene.curves
    assert curve.values.tolist() == [0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.0125]
    assert panel.status.startswith("epoch 9 · rate 0.0125")
    panel.accuracy.click()
    assert not panel.rate.isChecked()
    assert panel.plot.scene.y_quantity.percent


def overfitted(panel: LossPanel, rows: int = 200) -> None:
    """Let the panel's run have a record whose test loss is lowest at epoch 50 and then rises by half."""
    history, epoch = History(), np.arange(rows, dtype=np.float64)
    test = np.where(epoch < 50, 0.4 + 0.6 * (1 - epoch / 50) ** 2, 0.4 * (1 + 0.5 * (epoch - 50) / 150))
    columns = {"epoch": epoch, "step": epoch, "seconds": epoch, "base_rate": np.full(rows, 0.1)}
    history.extend(columns | {"train_loss": np.exp(-epoch / 40), "test_loss": test}, rows)
    panel.session.snapshot = replace(panel.session.trainer.snapshot(), history=history, rows=rows)
    panel.session.published.emit(panel.session.snapshot)


def test_the_lowest_test_loss_is_marked_and_what_comes_after_is_named(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 2))
    assert not panel.plot.scene.stretches
    overfitted(panel)
    (mark,) = panel.plot.scene.marks
    assert (mark.at, mark.label, mark.token) == (50.0, "best, epoch 50", "good")
    learning, after = panel.plot.scene.stretches
    assert (learning.low, learning.high, learning.label) == (0.0, 50.0, "learning")
    assert (after.low, after.high, after.label, after.token) == (50.0, None, "overfitting", "warning")
    assert not panel.grab().isNull()
    panel.accuracy.click()
    assert not panel.plot.scene.marks
    assert not panel.plot.scene.stretches
    panel.accuracy.click()
    assert len(panel.plot.scene.stretches) == 2


def test_stretches_are_drawn_on_a_logarithmic_axis_too(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 2))
    panel.log_x.click()
    overfitted(panel)
    assert panel.plot.scene.stretches[0].low == 0.0, "which that axis has no place for"
    image = panel.plot.picture(scale=1.0)
    plot, ground = panel.plot._layout_now().plot, theme().color("panel")
    tinted = image.pixelColor(int(plot.right()) - 5, int(plot.top()) + 30)
    assert tinted.red() - tinted.blue() > ground.red() - ground.blue() + 5


def test_marks_are_the_same_however_often_the_record_is_read(qtbot: QtBot) -> None:
    trainer = records.trained(records.experiment(), 4)
    often = RateChanges()

    def epochs(count: int) -> None:
        for _ in range(count):
            trainer.step_epoch()
            often.read(trainer.history)

    network = trainer.experiment.network
    wider = with_ids(change(network, "layers", (*network.layers, Dense(3))))
    trainer.adopt(change(trainer.experiment, "network", wider))
    trainer.record()
    often.read(trainer.history)
    epochs(6)
    trainer.adopt(change(trainer.experiment, "training.learning_rate", 0.2))
    epochs(6)
    trainer.place(trainer.theta * 0.5)
    epochs(6)
    found = [(at, label) for at, label, _ in RateChanges().read(trainer.history)]
    assert found == [(4.0, "network"), (10.0, "rate 0.2"), (16.0, "weights set")]
    assert [(at, label) for at, label, _ in often.read(trainer.history)] == found


def test_the_stretch_after_the_best_is_tinted_and_the_one_before_is_not(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 2))
    panel.log.click()
    overfitted(panel)
    image = panel.plot.picture(scale=1.0)
    plot, top = panel.plot._layout_now().plot, 30
    ground = theme().color("panel")
    left, right = (
        image.pixelColor(int(plot.left() + share * plot.width()), int(plot.top()) + top) for share in (0.2, 0.7)
    )
    assert left == ground or left.lightness() < 250, "the grid, or the panel"
    assert right.red() - right.blue() > ground.red() - ground.blue() + 5, "a warm tint"


def test_without_test_points_nothing_is_said_of_overfitting(qtbot: QtBot) -> None:
    spec = change(records.experiment(), "data.split.share", 1.0)
    panel = panel_of(qtbot, records.trained(spec, 40))
    assert np.isnan(panel.session.snapshot.test_loss)
    assert not panel.plot.scene.marks
    assert not panel.plot.scene.stretches


def test_a_jump_in_the_curve_has_its_reason_where_the_history_says_it() -> None:
    history, changes = History(), RateChanges()
    for i in range(40):
        code = {10: 4.0, 20: 3.0, 30: 8.0, 35: 16.0}.get(i, 0.0)
        history.append({"step": float(i), "epoch": float(i), "base_rate": 0.1, "seconds": 2.0 * i, "change": code})
    assert [(at, label) for at, label, _ in changes.read(history)] == [
        (9.0, "loss"),
        (19.0, "data, network"),
        (29.0, "weights set"),
        (34.0, "optimizer"),
    ]
    assert changes.comparable_from(history) == 30, "another optimizer does not change what a loss is"


def test_an_edit_between_two_steps_is_marked_once(qtbot: QtBot) -> None:
    panel = panel_of(qtbot, records.trained(records.experiment(), 5))
    session = panel.session
    session.adopt(change(session.experiment, "training.loss", Choice("mse")))
    session.trainer.record()
    session.publish()
    assert [(mark.at, mark.label) for mark in panel.plot.scene.marks] == [(5.0, "loss")]
    for _ in range(5):
        session.trainer.step_epoch()
    session.publish()
    assert [(mark.at, mark.label) for mark in panel.plot.scene.marks] == [(5.0, "loss")]


def test_marks_are_found_again_in_a_record_that_was_thinned() -> None:
    history, changes = History(), RateChanges()
    epoch = np.arange(ROWS, dtype=np.float64)
    rate = np.where(epoch < 40_000, 0.1, 0.2)
    columns = {"epoch": epoch, "train_loss": 1 / (1 + epoch), "base_rate": rate, "seconds": 1e-3 * epoch}
    history.extend(columns, ROWS)
    assert [(at, label) for at, label, _ in changes.read(history)] == [(39_999.0, "rate 0.2")]
    more = np.arange(ROWS, 2 * ROWS, dtype=np.float64)
    rate = np.where(more < 100_000, 0.2, 0.3)
    history.extend({"epoch": more, "train_loss": 1 / more, "base_rate": rate, "seconds": 1e-3 * more}, ROWS)
    assert history.thinned
    (first, label), (second, other) = [(at, label) for at, label, _ in changes.read(history.still())]
    assert (label, other) == ("rate 0.2", "rate 0.3")
    assert first == pytest.approx(39_999, abs=16)
    assert second == pytest.approx(99_999, abs=16)
