"""The gradients panel beside a real trainer: curves, idle units, ridgelines, and a flag for each layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from app.numbers import number, percent
from app.panels.gradients import GradientsPanel
from app.panels.gradients_flags import Reading, flags_of
from app.panels.gradients_ridge_paint import full_share
from app.panels.gradients_strip import FlagStrip
from app.theme import theme
from core.moments import snapshot_at
from core.probes.distributions import ridges, values_of
from core.probes.idle import idle_units
from core.probes.landscape import Objective
from core.spec import Dense, Experiment, change, with_ids
from core.trainer import Trainer
from tests.app import run_records as records


class Session(records.RunSession):
    def step_epoch(self) -> None:
        self.trainer.step_epoch()
        self.publish()


def shown(qtbot: QtBot, trainer: Trainer, view: str = "norms") -> GradientsPanel:
    panel = GradientsPanel(Session(trainer))
    panel.period = 0

    def stop(widget: Any) -> None:
        widget.units.probe.stop()
        widget.spread.probe.stop()

    qtbot.addWidget(panel, before_close_func=stop)
    panel.resize(620, 420)
    panel.show()
    qtbot.waitExposed(panel)
    panel.session.publish()
    panel.view.chip(view).click()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: GradientsPanel) -> None:
    qtbot.waitUntil(lambda: not panel.busy, timeout=5000)
    qtbot.wait(20)


def activated(activation: str, units: tuple[int, ...] = (4, 3)) -> Experiment:
    given = records.experiment(units)
    layers = tuple(change(layer, "activation", activation) for layer in given.network.layers)
    return change(given, "network", with_ids(change(given.network, "layers", layers)))


@pytest.fixture
def panel(qtbot: QtBot) -> GradientsPanel:
    return shown(qtbot, records.trained(records.experiment()))


def test_there_is_a_line_for_each_layer_with_its_recorded_norms(panel: GradientsPanel) -> None:
    history = panel.session.snapshot.history
    curves = panel.plot.scene.curves
    assert [curve.label for curve in curves] == ["layer 1", "layer 2", "output"]
    for curve, layer in zip(curves, panel.session.model.network.layers, strict=True):
        assert np.array_equal(curve.values, history.column(f"gradient/{layer.id}"), equal_nan=True)
        assert np.isfinite(curve.values[1:]).all()
    assert panel.plot.scene.log_y
    assert panel.status.startswith("largest ")
    assert panel.status.endswith(" · norm of each layer’s last gradient")


def test_ratio_shows_updates_over_weights_with_the_rule_of_thumb(panel: GradientsPanel) -> None:
    panel.view.chip("ratio").click()
    history = panel.session.snapshot.history
    assert np.array_equal(panel.plot.scene.curves[0].values, history.column("ratio/1"), equal_nan=True)
    (band,) = panel.plot.scene.bands
    assert band.low < 1e-3 < band.high
    assert "CS231n" in band.label
    assert "update" in panel.status
    panel.view.chip("norms").click()
    assert panel.plot.scene.bands == ()


def test_lines_follow_the_present_network(panel: GradientsPanel) -> None:
    session = panel.session
    network = session.experiment.network
    layers = (network.layers[0], Dense(5), network.layers[1])
    session.adopt(change(session.experiment, "network", with_ids(change(network, "layers", layers))))
    session.trainer.record()
    session.publish()
    session.trainer.step_epoch()
    session.publish()
    curves = panel.plot.scene.curves
    assert [curve.label for curve in curves] == ["layer 1", "layer 2", "layer 3", "output"]
    assert np.isnan(curves[1].values[:-1]).all(), "a new layer has no past"
    assert np.isfinite(curves[1].values[-1])
    assert np.isfinite(curves[2].values[5]), "a moved layer keeps its past"
    assert [mark.label for mark in panel.plot.scene.marks] == ["network"], "and the jump has its reason"
    assert panel.layer.keys == ("all", "0", "1", "2", "3")
    assert not panel.grab().isNull()


def test_a_hidden_panel_is_not_refreshed(panel: GradientsPanel) -> None:
    panel.hide()
    rows = len(panel.plot.scene.x)
    panel.session.trainer.step_epoch()
    panel.session.publish()
    assert len(panel.plot.scene.x) == rows
    assert not panel.busy
    panel.show()
    assert len(panel.plot.scene.x) == rows + 1


def test_before_the_first_step_one_button_brings_the_first_gradient(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment(), 0))
    assert panel.is_empty
    assert "before the first step" in panel.empty.text
    assert panel.empty.button.text() == "Train one epoch"
    panel.view.chip("histograms").click()
    assert not panel.is_empty, "weights are there before any step"
    panel.view.chip("norms").click()
    assert panel.is_empty
    qtbot.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    assert not panel.is_empty
    assert len(panel.plot.scene.x) == 2
    settle(qtbot, panel)


# idle units


def test_the_share_of_idle_units_is_counted_at_every_moment(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(activated("relu", (8, 6)), 20), "dead")
    snapshot = panel.session.snapshot
    moments = snapshot.history.moments()
    objective = Objective.of(snapshot.model, precision="float64")
    curves = panel.plot.scene.curves
    assert [curve.label for curve in curves] == ["layer 1", "layer 2"], "the output is one with its loss"
    assert panel.plot.scene.x.tolist() == [moment.epoch for moment in moments]
    dead, saturated = idle_units(objective, np.stack([moment.theta for moment in moments]))
    for index, curve in enumerate(curves):
        units = snapshot.model.network.layers[index].units
        assert curve.values == pytest.approx((dead + saturated)[:, index] / units)
    assert panel.plot.scene.y_quantity.percent
    assert "output is one with its loss" in panel.status


def test_a_step_counts_the_new_moment_and_no_old_one_again(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = shown(qtbot, records.trained(activated("tanh"), 10), "dead")
    asked: list[int] = []
    ask = panel.units.probe.ask

    def noting(function: Any, objective: Any, places: Any, of: Any) -> None:
        asked.append(len(places))
        ask(function, objective, places, of)

    monkeypatch.setattr(panel.units.probe, "ask", noting)
    panel.session.step_epoch()
    settle(qtbot, panel)
    assert asked == [1]
    assert len(panel.plot.scene.x) == 12


def test_dead_units_are_flagged_in_every_view(qtbot: QtBot) -> None:
    trainer = records.trained(activated("relu", (4, 3)), 3)
    theta = trainer.theta.copy()
    first = trainer.model.network.layers[0]
    theta[first.bias.start : first.bias.start + 3] = -100.0  # type: ignore[union-attr]
    trainer.place(theta)
    panel = shown(qtbot, trainer)
    flag = panel.strip.flags[0]
    assert flag.text == "layer 1: 3 of 4 dead"
    assert (flag.token, flag.icon) == ("bad", "bad")
    assert "3 of 4 units of layer 1 are dead" in flag.reason
    assert "Leaky ReLU" in flag.reason


def test_an_older_moment_has_its_own_flags_and_mark(qtbot: QtBot) -> None:
    trainer = records.trained(activated("relu", (4, 3)), 6)
    theta = trainer.theta.copy()
    first = trainer.model.network.layers[0]
    theta[first.bias.start : first.bias.stop] = -100.0  # type: ignore[union-attr]
    trainer.place(theta)
    panel = shown(qtbot, trainer)
    assert "layer 1: 4 of 4 dead" in [flag.text for flag in panel.strip.flags]
    snapshot = panel.session.snapshot
    past = snapshot_at(snapshot, snapshot.history.moments()[3])
    panel.session.snapshot = past
    panel.session.published.emit(past)
    settle(qtbot, panel)
    assert "layer 1: 4 of 4 dead" not in [flag.text for flag in panel.strip.flags]
    assert [(mark.at, mark.label) for mark in panel.plot.scene.marks][-1] == (3.0, "shown")
    panel.view.chip("histograms").click()
    settle(qtbot, panel)
    assert panel.ridges.shown is not None
    assert panel.ridges.shown.epochs.tolist() == [0.0, 1.0, 2.0, 3.0], "what comes later is not shown"


# histograms


def test_ridgelines_show_the_values_of_each_moment(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment((8, 8)), 12), "histograms")
    snapshot, found = panel.session.snapshot, panel.ridges.shown
    assert found is not None
    assert found.quantity == "weights"
    assert found.epochs[-1] == 12.0
    layer = snapshot.model.network.layers[1]
    last = snapshot.theta[layer.weight.start : layer.weight.stop]
    assert found.layers[1].counts[-1].tolist() == np.histogram(last, found.layers[1].edges)[0].tolist()
    assert found.layers[0].values is not None, "sixteen weights are told one by one"
    assert found.layers[0].values[-1] == pytest.approx(snapshot.theta[:16])
    assert panel.status.startswith(f"{len(found.steps)} moments, epoch 0 to 12")


@pytest.mark.parametrize("quantity", ["weights", "biases", "activations", "gradients"])
def test_each_quantity_can_be_chosen(qtbot: QtBot, quantity: str) -> None:
    panel = shown(qtbot, records.trained(records.experiment(), 5), "histograms")
    panel.quantity.set_key(quantity)
    panel.quantity.chosen.emit(quantity)
    settle(qtbot, panel)
    found, snapshot = panel.ridges.shown, panel.session.snapshot
    assert found is not None
    assert found.quantity == quantity
    objective = Objective.of(snapshot.model, precision="float64")
    expected, _ = values_of(objective, quantity, snapshot.theta[None])
    for layer in found.layers:
        assert layer.counts[-1].tolist() == ridges(0, quantity, expected[layer.layer], layer.edges).counts[0].tolist()
    assert not panel.grab().isNull()


def test_the_header_has_the_choices_of_histograms_only_beside_them(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment(), 3))
    panel.resize(480, 330)
    assert not panel.header.collapsed
    assert panel.header.more.isHidden()
    panel.view.chip("histograms").click()
    assert panel.header.collapsed
    assert panel.header.more.isVisible()
    panel.view.chip("norms").click()
    assert not panel.header.collapsed
    assert panel.header.more.isHidden()
    settle(qtbot, panel)


def test_a_click_shows_a_layer_alone_and_another_all_again(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment((8, 8)), 5), "histograms")
    view = panel.ridges
    assert [cell.label for cell in view.cells] == ["layer 1", "layer 2", "output"]
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.cells[1].rect.center().toPoint())
    settle(qtbot, panel)
    assert panel.layer.key == "1"
    (cell,) = view.cells
    assert cell.label == "layer 2"
    assert cell.rect.width() == view.width()
    assert "bins " in panel.status
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=cell.rect.center().toPoint())
    settle(qtbot, panel)
    assert panel.layer.key == "all"
    assert len(view.cells) == 3


def test_the_card_under_the_pointer_says_bin_share_and_count(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment((8, 8)), 12), "histograms")
    view, cell = panel.ridges, panel.ridges.cells[1]
    row = cell.rows - 1
    bin = int(cell.ridges.counts[row].argmax())
    qtbot.mouseMove(view, cell.bar(row, bin).center().toPoint())
    assert view.pointed == (1, row, bin)
    card = {line.name: line.value for line in view.card(view.pointed)}
    here, total = int(cell.ridges.counts[row, bin]), 64
    assert card["layer 2"] == "epoch 12"
    assert card["bin"] == f"{number(cell.ridges.edges[bin])} to {number(cell.ridges.edges[bin + 1])}"
    assert card["share"] == percent(here / total)
    assert card["weights"] == f"{here} of 64"
    rug = view.cells[0]
    assert rug.ridges.values is not None
    x = rug.x(rug.ridges.values[-1])
    qtbot.mouseMove(view, QPoint(round(float(x[5])), round(rug.ground(rug.rows - 1))))
    assert view.pointed is not None
    column = view.pointed[2]
    line = view.card(view.pointed)[1]
    assert line.value == number(float(rug.ridges.values[-1, column]), 5)
    assert line.name == f"w of unit {column // 2 + 1} from {panel.session.model.network.inputs[column % 2]}"


def test_the_keys_walk_from_bin_to_bin_and_moment_to_moment(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment((8, 8)), 6), "histograms")
    view = panel.ridges
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Up)
    start = view.pointed
    assert start is not None
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.pointed == (start[0], start[1] - 1, start[2] - 1)
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.pointed[2] == view.cells[0].ridges.total - 1
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.pointed is None


def test_while_training_runs_the_bins_stay_and_the_newest_ridge_is_live(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment((8, 8)), 40), "histograms")
    before = panel.ridges.shown
    panel.session.state = "running"
    panel.session.step_epoch()
    settle(qtbot, panel)
    after = panel.ridges.shown
    assert before is not None
    assert after is not None
    assert after.epochs[-1] == 41.0
    assert np.array_equal(after.layers[1].edges, before.layers[1].edges)


def test_a_spike_is_cut_so_that_the_rest_can_be_seen_and_says_so() -> None:
    values = np.where(np.random.default_rng(0).random((3, 400)) < 0.8, 0.0, np.random.default_rng(1).random((3, 400)))
    spiky = ridges(0, "activations", values)
    others = np.sort(spiky.shares, axis=1)[:, :-1].max()
    assert full_share(spiky) == pytest.approx(2.5 * others)
    assert full_share(spiky) < spiky.shares.max()
    even = ridges(0, "weights", np.linspace(-1, 1, 400)[None])
    assert full_share(even) == even.shares.max()


@pytest.mark.parametrize("size", [(330, 260), (480, 330), (1200, 800)])
def test_nothing_is_drawn_outside_at_any_size(qtbot: QtBot, size: tuple[int, int]) -> None:
    panel = shown(qtbot, records.trained(records.experiment((6,) * 8), 4), "histograms")
    panel.resize(*size)
    qtbot.wait(10)
    whole = panel.ridges.rect()
    assert len(panel.ridges.cells) == 9
    for cell in panel.ridges.cells:
        assert cell.plot.width() > 20
        assert whole.contains(cell.rect.toAlignedRect())
        tops = [cell.bar(row, bin).top() for row in range(cell.rows) for bin in range(len(cell.ridges.edges) - 1)]
        assert min(tops) >= cell.plot.top() - 1e-6
    assert not panel.grab().isNull()


# flags


def reading(index: int, **numbers: float) -> Reading:
    return Reading(index, f"layer {index + 1}", **numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "texts"),
    [
        ([reading(0, norm=0.1), reading(1, norm=0.2)], ["all 2 layers fine"]),
        ([reading(0, norm=5e-5), reading(1, norm=0.2)], ["layer 1: vanishing", "1 other fine"]),
        ([reading(0, norm=0.0), reading(1, norm=0.2)], ["layer 1: vanishing", "1 other fine"]),
        ([reading(0, norm=5e3), reading(1, norm=50.0)], ["layer 1: exploding", "1 other fine"]),
        ([reading(0, norm=1e-10), reading(1, norm=1e-9)], ["all gradients next to nothing"]),
        ([reading(0, norm=0.1, units=8, dead=2.0)], ["layer 1: 2 of 8 dead"]),
        ([reading(0, norm=0.1, units=8, dead=0.0, saturated=4.0)], ["1 layer fine"]),
        ([reading(0, norm=0.1, units=8, dead=0.0, saturated=5.0)], ["layer 1: 5 of 8 saturated"]),
        ([reading(0, norm=0.1, ratio=0.5)], ["layer 1: large steps"]),
        ([reading(0, norm=0.1, ratio=1e-8)], ["layer 1: hardly moving"]),
        ([reading(0, norm=0.1, ratio=0.0)], ["1 layer fine"]),
        ([reading(0), reading(1)], []),
    ],
)
def test_the_flags_say_what_the_numbers_mean(layers: list[Reading], texts: list[str]) -> None:
    assert [flag.text for flag in flags_of(layers)] == texts


def test_the_reason_has_the_numbers_and_what_to_try() -> None:
    flag = flags_of([reading(0, norm=5e-5, bounded=True), reading(1, norm=0.2)])[0]
    assert "4\u2009000 times smaller than layer 2’s" in flag.reason
    assert "5×10⁻⁵ against 0.2" in flag.reason
    assert "Try ReLU with He initialisation, batch norm or fewer layers" in flag.reason
    assert (flag.token, flag_of_gone().token) == ("warning", "bad")


def flag_of_gone() -> Any:
    return flags_of([reading(0, norm=1e-8), reading(1, norm=0.2)])[0]


def strip_of(qtbot: QtBot, count: int, width: int) -> FlagStrip:
    strip = FlagStrip()
    qtbot.addWidget(strip)
    strip.set_flags(flags_of([*[reading(i, norm=1e-9 * (i + 1)) for i in range(count)], reading(count, norm=0.5)]))
    strip.resize(width, theme().px(22))
    strip.show()
    qtbot.waitExposed(strip)
    return strip


def test_flags_that_do_not_fit_are_one_that_names_them(qtbot: QtBot) -> None:
    strip = strip_of(qtbot, 8, 300)
    badges = strip.badges()
    assert badges[-1][0].word.endswith(" more")
    assert sum(1 for _ in badges) - 1 + int(badges[-1][0].word.split()[0]) == 9
    assert badges[-1][0].token == "bad", "as bad as the worst of them"
    assert all(place.right() <= strip.width() + 0.5 for _, place in badges)
    assert "Layer 8: vanishing" in badges[-1][0].reason
    assert "layer 8: vanishing" in strip.accessibleName()
    assert len(strip_of(qtbot, 1, 400).badges()) == 2


def test_the_pointer_and_the_keys_bring_the_reason(qtbot: QtBot) -> None:
    strip = strip_of(qtbot, 2, 500)
    place = strip.badges()[1][1].center().toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, place, strip.mapToGlobal(place))
    strip.event(event)
    assert "Layer 2’s gradient is" in " ".join(QToolTip.text().split())
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Right)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert "Layer 1’s gradient is" in " ".join(QToolTip.text().split())
    QToolTip.hideText()
    assert strip.reason_at(QPointF(499, 1)) == ""
