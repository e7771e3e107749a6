"""The slice panel: the tangent follows the dragged weight, and the ball follows the rate, by mouse and by keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, Signal
from pytestqt.qtbot import QtBot

from app.panels.plot import ticks
from app.panels.slice import SlicePanel
from app.panels.slice_plot import heights
from app.panels.slice_step import StepMode, picture, sentence
from app.panels.slice_weight import WeightMode, advice, weight_names
from core.model import Model
from core.probes.landscape import Objective
from core.probes.slices import along
from core.spec import Choice, Data, Experiment, Network, Points, Training, change
from core.trainer import Trainer
from tests.app import run_records as records


class Session(records.RunSession):
    """A run in this thread that can be edited and placed."""

    weights_picked = Signal(object)

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.placed: list[tuple[Any, str, str]] = []
        self.keys: list[str] = []
        self.rewound = 0

    def place(self, theta: Any, label: str, merge: str = "") -> None:
        self.placed.append((np.array(theta), label, merge))
        moment = self.trainer.moment()
        self.trainer.load(type(moment)(**{**vars(moment), "theta": np.array(theta)}))
        self.publish()

    def set(self, path: str, value: Any, label: str = "", merge: str = "") -> None:
        self.keys.append(merge)
        self.adopt(change(self.experiment, path, value))

    def edit(self, label: str, experiment: Experiment, merge: str = "") -> None:
        self.adopt(experiment)
        self.publish()

    def pick_weight(self, slot: int, index: int) -> None:
        self.weights_picked.emit((index, index))

    def rewind(self) -> None:
        self.rewound += 1


def shown(qtbot: QtBot, trainer: Trainer, mode: str) -> SlicePanel:
    panel = SlicePanel(Session(trainer))
    panel.period = 0
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.probe.stop())
    panel.resize(520, 360)
    panel.show()
    qtbot.waitExposed(panel)
    panel.choose(mode)
    panel.session.publish()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: SlicePanel) -> None:
    qtbot.waitUntil(lambda: not panel.busy, timeout=5000)
    qtbot.wait(20)
    panel.plot.scene.arrive()
    panel.plot.grab()


def trained(epochs: int = 12, **training: Any) -> Trainer:
    given = records.experiment()
    for name, value in training.items():
        given = change(given, f"training.{name}", value)
    return records.trained(given, epochs)


def ball(panel: SlicePanel) -> Any:
    picture = panel.plot.shown
    assert picture is not None
    return next(one for one in picture.balls if one.held)


def pixel(panel: SlicePanel, x: float) -> QPoint:
    scene = panel.plot.scene
    at = np.log10(x) if scene.log_x else x
    return panel.plot._layout_now().to_pixel(scene, at, sum(scene.y_range.now) / 2).toPoint()


# one weight


def test_at_w_2_with_a_negative_slope_it_says_raise_and_raising_lowers_the_loss(qtbot: QtBot) -> None:
    """Curriculum rows 9 and 10, by hand."""
    x = np.array([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0], [0.5, 0.0]])
    data = Data("regression", points=Points(x, 3.0 * x[:, 0]))
    given = Experiment(data=data, network=Network(), training=Training(precision="float64"))
    panel = shown(qtbot, Trainer(given, theta=np.array([2.0, 0.0, 0.0])), "weight")
    assert panel.status.startswith("slope −")
    assert "raise w to lower the loss" in panel.status
    before = ball(panel)
    assert before.x == 2.0
    qtbot.mousePress(panel.plot, Qt.MouseButton.LeftButton, pos=pixel(panel, 2.0))
    qtbot.mouseMove(panel.plot, pos=pixel(panel, 2.5))
    settle(qtbot, panel)
    middle = ball(panel)
    assert middle.x == pytest.approx(2.5, abs=0.03)
    assert middle.y < before.y
    qtbot.mouseMove(panel.plot, pos=pixel(panel, 3.5))
    settle(qtbot, panel)
    assert panel.status.startswith("slope +")
    assert "lower w to lower the loss" in panel.status
    qtbot.mouseRelease(panel.plot, Qt.MouseButton.LeftButton, pos=pixel(panel, 3.5))
    session = panel.session
    assert session.snapshot.theta[0] == pytest.approx(3.5, abs=0.03)
    assert list(session.snapshot.theta[1:]) == [0.0, 0.0], "a drag moves this weight and nothing else"
    assert len({merge for _, _, merge in session.placed}) == 1, "one drag is one step to undo"
    qtbot.mouseClick(panel.plot, Qt.MouseButton.LeftButton, pos=pixel(panel, 1.0))
    assert len({merge for _, _, merge in session.placed}) == 2, "and another drag is another"
    settle(qtbot, panel)


def test_the_curve_is_the_loss_and_the_tangent_touches_it_at_the_weight(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "weight")
    snapshot = panel.session.snapshot
    objective = Objective.of(snapshot.model, precision="float64")
    mode = panel.mode
    assert isinstance(mode, WeightMode)
    for index in (0, 5, len(snapshot.theta) - 1):
        mode.list.chosen.emit(str(index))
        settle(qtbot, panel)
        loss, tangent = panel.plot.scene.curves
        unit = np.eye(len(snapshot.theta))[index]
        axis = panel.plot.scene.x
        assert loss.values == pytest.approx(along(objective, snapshot.theta, unit, axis - snapshot.theta[index]))
        row = int(np.searchsorted(axis, float(snapshot.theta[index])))
        assert tangent.values[row] == pytest.approx(loss.values[row])
        assert mode.name in panel.plot.scene.y_quantity.title


def test_arrow_keys_move_the_weight(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "weight")
    before = float(panel.session.snapshot.theta[0])
    panel.plot.setFocus()
    qtbot.keyClick(panel.plot, Qt.Key.Key_Right)
    one = float(panel.session.snapshot.theta[0])
    assert one == pytest.approx(before + 0.02)
    qtbot.keyClick(panel.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert float(panel.session.snapshot.theta[0]) == pytest.approx(one - 0.2)
    settle(qtbot, panel)
    assert ball(panel).x == pytest.approx(one - 0.2)


def test_the_window_stays_until_a_weight_nears_its_end(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "weight")
    assert tuple(panel.plot.scene.x[[0, -1]]) == (-2.0, 2.0)
    theta = np.array(panel.session.snapshot.theta)
    theta[0] = 5.0
    panel.session.place(theta, "")
    settle(qtbot, panel)
    assert tuple(panel.plot.scene.x[[0, -1]]) == (-8.0, 8.0)
    panel.mode.wider.click()  # type: ignore[attr-defined]
    settle(qtbot, panel)
    assert panel.plot.scene.x[-1] == 16.0


def test_a_weight_picked_in_the_network_is_looked_along(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "weight")
    panel.session.weights_picked.emit((7, 2))
    settle(qtbot, panel)
    mode = panel.mode
    assert isinstance(mode, WeightMode)
    assert (mode.index, mode.list.key) == (7, "7")
    assert ball(panel).x == pytest.approx(float(panel.session.snapshot.theta[7]))


def test_every_number_of_theta_has_a_name_of_its_own() -> None:
    network = Model.of(records.experiment()).network
    names = [label for _, label, _ in weight_names(network)]
    assert len(set(names)) == len(names) == network.parameters
    assert names[0] == "Weight from x₁ to layer 1, unit 1"
    assert [advice(s).split()[0] for s in (-0.1, 0.1, 0.0)] == ["raise", "lower", "flat:"]


# the step


def test_the_ball_is_where_a_full_batch_step_really_lands(qtbot: QtBot) -> None:
    trainer = trained(batch_size=1000, precision="float64", optimizer=Choice("adam"))
    panel = shown(qtbot, trainer, "step")
    here = ball(panel)
    assert here.x == pytest.approx(0.05)
    trainer.step_batches()
    assert here.y == pytest.approx(trainer.measure()["train_loss"], rel=1e-9)


@pytest.mark.parametrize("mode", ["weight", "step"])
def test_a_loss_with_penalties_is_said_to_have_them(qtbot: QtBot, mode: str) -> None:
    assert "penalties" not in shown(qtbot, trained(), mode).status
    assert shown(qtbot, trained(l2=0.1), mode).status.endswith(" · penalties included")


def test_the_status_says_best_and_worst_rate_and_the_marks_stand_there(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "step")
    mode = panel.mode
    assert isinstance(mode, StepMode)
    assert mode._shown is not None
    line = mode._shown.line
    assert "best" in panel.status
    assert "worse over" in panel.status
    labels = [mark.label.split()[0] for mark in panel.plot.scene.marks]
    assert labels == ["rate", "best", "worse"]
    assert [mark.at for mark in panel.plot.scene.marks] == pytest.approx([0.05, line.best, line.back])
    low, high = panel.plot.scene.y_range.goal
    assert low < line.best_loss < line.loss < high


def test_the_ball_follows_the_rates_slider_at_once(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "step")
    before = ball(panel)
    panel.session.adopt(change(panel.session.experiment, "training.learning_rate", 0.2))
    moved = ball(panel)  # no waiting: the line is known
    assert moved.x == 0.2
    assert moved.y < before.y
    settle(qtbot, panel)
    assert ball(panel).x == 0.2


def test_dragging_and_keys_set_the_rate(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "step")
    qtbot.mousePress(panel.plot, Qt.MouseButton.LeftButton, pos=pixel(panel, 0.1))
    qtbot.mouseMove(panel.plot, pos=pixel(panel, 0.3))
    qtbot.mouseRelease(panel.plot, Qt.MouseButton.LeftButton, pos=pixel(panel, 0.3))
    assert panel.session.experiment.training.learning_rate == pytest.approx(0.3, rel=0.05)
    assert len(set(panel.session.keys)) == 1
    before = panel.session.experiment.training.learning_rate
    qtbot.keyClick(panel.plot, Qt.Key.Key_Right)
    assert panel.session.experiment.training.learning_rate == pytest.approx(before * 10 ** (1 / 40), rel=1e-3)
    settle(qtbot, panel)
    mode = panel.mode
    assert isinstance(mode, StepMode)
    assert mode._shown is not None
    best = mode._shown.line.best
    mode.best.click()
    assert panel.session.experiment.training.learning_rate == pytest.approx(best, rel=1e-3)
    settle(qtbot, panel)


def test_with_a_schedule_the_dragged_rate_is_the_next_steps(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(schedule=Choice("exponential", {"factor": 0.9})), "step")
    qtbot.mouseClick(panel.plot, Qt.MouseButton.LeftButton, pos=pixel(panel, 0.1))
    settle(qtbot, panel)
    assert ball(panel).x == pytest.approx(0.1, rel=0.05)
    assert panel.session.experiment.training.learning_rate > 0.3


def test_on_the_next_batch_the_changes_of_both_losses_are_shown(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "step")
    mode = panel.mode
    assert isinstance(mode, StepMode)
    mode.batch.click()
    settle(qtbot, panel)
    curves = {curve.label: curve.values for curve in panel.plot.scene.curves}
    assert set(curves) == {"all samples", "the batch", "quadratic"}
    assert abs(curves["all samples"][0]) < 0.01
    assert abs(curves["the batch"][0]) < 0.01
    mode.log.click()
    settle(qtbot, panel)
    assert panel.plot.scene.x[0] == 0.0
    assert panel.plot.scene.curves[0].values[0] == 0.0


# when there is nothing


def test_without_points_a_button_brings_some(qtbot: QtBot) -> None:
    trainer = Trainer(Experiment())
    panel = SlicePanel(Session(trainer))
    panel.period = 0
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.probe.stop())
    panel.show()
    panel.session.publish()
    assert panel.is_empty
    qtbot.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    assert not panel.is_empty
    settle(qtbot, panel)
    assert len(panel.plot.scene.x)


def test_hidden_it_asks_nothing(qtbot: QtBot) -> None:
    panel = shown(qtbot, trained(), "step")
    panel.hide()
    asked = panel.probe._asked
    panel.session.publish()
    panel.session.run_changed.emit()
    assert panel.probe._asked == asked


def test_while_training_runs_a_large_network_is_sliced_on_a_part_and_says_so(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.panels.slice.WORK", 100)
    monkeypatch.setattr("app.panels.slice.LEAST", 12)
    panel = shown(qtbot, trained(), "weight")
    assert "samples" not in panel.status
    panel.session.state = "running"
    panel.session.publish()
    settle(qtbot, panel)
    assert panel.status.endswith(" · on 12 of 30 samples")
    panel.session.state = "paused"
    panel.session.run_changed.emit()
    settle(qtbot, panel)
    assert "samples" not in panel.status


def test_a_step_where_the_loss_is_flat_goes_neither_up_nor_down(qtbot: QtBot) -> None:
    cut = shown(qtbot, trained(), "step").mode._shown
    flat = replace(cut, line=replace(cut.line, slope=0.0, best=np.nan, best_loss=np.nan, back=np.nan))
    assert sentence(flat).endswith("the loss is flat here: no slope says where to go")
    assert picture(flat, True, "Adam").worse == np.inf


def test_along_a_weight_that_changes_nothing_the_axis_stays_calm() -> None:
    x = np.linspace(-3.0, 3.0, 65)
    low, high = heights([np.full(65, 0.0761331)], -np.inf, np.inf)
    texts = [text for _, text in ticks.linear(low, high, 5).major]
    assert len(set(texts)) == len(texts) >= 3
    assert max(map(len, texts)) <= 5
    low, high = heights([0.0761331 + 1e-6 * x**2], -np.inf, np.inf)  # a real valley, however shallow, is shown
    assert high - low < 2e-5
