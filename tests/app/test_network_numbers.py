"""Single weights and biases in the network's panel: read, edited, frozen, picked; gradients; a step shown moving."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.network.marks import curve_of, dot_rect, mark_rects
from app.network.number_popover import NumberPopover
from app.network.painting import pager_rects
from app.network.parameter import Parameter, locate
from app.network.pulse import DURATION
from app.panels.network import NetworkPanel
from app.theme import Theme
from core.probes.backprop import mean_signals, slopes, trace
from core.spec import Dense, Frozen, Output, change
from tests.app.network_panels import opening

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_panel(qtbot: Any) -> Iterator[Callable[..., NetworkPanel]]:
    yield from opening(qtbot)


def edge_place(panel: NetworkPanel, *edge: int) -> QPoint:
    """A place on an edge, left of where most cross."""
    path = curve_of(panel.picture, edge)  # type: ignore[arg-type]
    assert path is not None
    return path.pointAtPercent(0.22).toPoint()


def hover(panel: NetworkPanel, at: QPoint) -> None:
    QTest.mouseMove(panel.picture, QPoint(2, 2))
    QTest.mouseMove(panel.picture, at)


def click(panel: NetworkPanel, at: QPoint) -> NumberPopover:
    hover(panel, at)
    QTest.mouseClick(panel.picture, LEFT, pos=at)
    popover = panel.editor.popover
    assert popover is not None
    return popover


def wheel(panel: NetworkPanel, at: QPoint, notches: int) -> bool:
    """Turn the wheel upwards; gives whether the picture took it."""
    everywhere = QPointF(panel.picture.mapToGlobal(at))
    turned, phase = QPoint(0, 120 * notches), Qt.ScrollPhase.NoScrollPhase
    keys = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, phase, False)
    event = QWheelEvent(QPointF(at), everywhere, QPoint(), turned, *keys)
    event.ignore()
    panel.picture.wheelEvent(event)
    return event.isAccepted()


def test_places_and_parameters_are_each_others_inverse(open_panel: Any) -> None:
    network = open_panel(Dense(3), Dense(2, bias=False)).board.network
    found = [locate(network, place) for place in range(network.parameters)]
    assert [one.place(network) for one in found] == list(range(network.parameters))
    assert found[0] == Parameter(0, 0, 0)
    assert found[7] == Parameter(0, 1)
    assert found[7].frozen(network) == Frozen(1, 1, "bias")
    assert found[1].frozen(network) == Frozen(1, 0, "x2")
    assert [one.source for one in Parameter(0, 2).siblings(network)] == [None, 0, 1]
    assert [one.source for one in Parameter(1, 0, 1).siblings(network)] == [0, 1, 2]
    assert locate(network, network.parameters) is None
    with pytest.raises(ValueError, match="layer 2 has no biases"):
        Parameter(1, 0).place(network)


# reading


def test_an_edge_reads_value_gradient_and_next_update(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(1))
    hover(panel, edge_place(panel, 1, 0, 1))
    qtbot.waitUntil(lambda: "gradient" in panel.status)
    lens, network, snapshot = panel.reader.lens, panel.board.network, panel.session.snapshot
    wanted = slopes(snapshot.model, snapshot.moment)
    place = Parameter(1, 1, 0).place(network)
    np.testing.assert_array_equal(panel.reader.known.slopes.gradient, wanted.gradient)
    assert lens.isVisible()
    assert not lens.mapped
    assert lens.lines[0] == "layer 1 → output, unit 2"
    numbers = [float(line.split()[-1].replace("−", "-")) for line in lens.lines[1:3]]
    assert numbers == pytest.approx([snapshot.theta[place], wanted.gradient[place]], rel=5e-3)
    assert lens.lines[3].startswith("next update Δw ")


def test_a_neuron_reads_its_bias_and_the_picked_sample(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    panel.session.pick(7)
    hover(panel, panel.picture.tile_rect(2, 1).center().toPoint())
    qtbot.waitUntil(lambda: any(line.startswith("z, sample 8") for line in panel.reader.lens.lines))
    way = trace(panel.session.snapshot.model, panel.session.snapshot.theta, 7)
    lines = dict(line.rsplit(" ", 1) for line in panel.reader.lens.lines[1:])
    assert float(lines["z, sample 8"].replace("−", "-")) == pytest.approx(way.z[1][1], rel=5e-3)
    assert float(lines["a = g(z), sample 8"].replace("−", "-")) == pytest.approx(way.a[1][1], rel=5e-3)
    assert lines["activation"] == "Tanh"
    assert "gradient ∂L/∂b" in lines
    assert lines["bias b"] == "0"
    hover(panel, panel.picture.tile_rect(0, 1).center().toPoint())
    assert any(line.startswith("x, sample 8") for line in panel.reader.lens.lines)


def test_the_lens_shows_a_neuron_finely_with_the_range_of_its_values(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4, "relu"))
    for column in (1, 2):
        hover(panel, panel.picture.tile_rect(column, 2).center().toPoint())
        qtbot.waitUntil(
            lambda at=(column, 2): panel.reader._closer is not None and panel.reader._closer[0].neuron == at
        )
        closer, image = panel.reader._closer
        assert image.width() > 100
        assert f"{closer.low:.0f}" == "0" if column == 1 else 0 < closer.low < closer.high < 1
        assert any(line.startswith("on the plane ") for line in panel.reader.lens.lines)
    drawn = panel.reader.lens.grab().toImage()
    colors = {drawn.pixel(x, y) for x in range(0, 220, 2) for y in range(20, 220, 2)}
    assert len(colors) > 60


def test_nothing_is_asked_until_somebody_looks(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: panel.session.snapshot.step > 0 and not panel.busy)
    assert panel._asked_known == ()
    assert panel.reader.known is None
    QTest.mouseClick(panel.mode.chip("gradient"), LEFT)
    qtbot.waitUntil(lambda: panel.reader.known is not None)


# gradients and updates on the edges


def test_edges_show_the_gradient_then_the_update_then_the_weights(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    picture, snapshot = panel.picture, panel.session.snapshot
    wanted = slopes(snapshot.model, snapshot.moment)
    for mode, values in (("gradient", wanted.gradient), ("update", wanted.change)):
        QTest.mouseClick(panel.mode.chip(mode), LEFT)
        qtbot.waitUntil(lambda values=values: np.array_equal(picture.values, values))
        assert picture.value((1, 2, 0)) == panel.board.network.weights(values, 1)[0, 2]
        largest = max(np.abs(panel.board.network.weights(values, i)).max() for i in range(3))
        assert {edges.largest for edges in picture.gaps.edges} == {largest}
    assert "next step on all training samples" in panel.status
    QTest.mouseClick(panel.mode.chip("weight"), LEFT)
    assert picture.values is None
    assert picture.value((1, 2, 0)) == picture.weight((1, 2, 0))
    assert picture.gaps.edges[0].largest != picture.gaps.edges[1].largest
    assert "weights: orange below zero" in panel.status


def test_after_a_single_step_the_update_is_the_one_that_was_made(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    QTest.mouseClick(panel.mode.chip("update"), LEFT)
    qtbot.waitUntil(lambda: panel.reader.known is not None)
    before = panel.session.snapshot.theta
    panel.session.step()
    qtbot.waitUntil(lambda: panel.reader.known.tense == "last")
    after = panel.session.snapshot.theta
    np.testing.assert_array_equal(panel.picture.values, after.astype(np.float64) - before)
    assert "of the last step" in panel.status
    panel.session.step_epoch()
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: panel.reader.known.tense == "next")


def test_gradients_follow_training_and_edits_of_the_network(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    QTest.mouseClick(panel.mode.chip("gradient"), LEFT)
    panel.session.play()
    qtbot.waitUntil(lambda: panel.reader.known is not None and panel.session.snapshot.step > 20)
    QTest.mouseClick(panel.board.pluses[1], LEFT)
    panel.session.pause()
    qtbot.waitUntil(lambda: panel.picture.values is not None and len(panel.picture.values) == 12 + 20 + 15)
    qtbot.waitUntil(lambda: not panel.busy and panel.reader.known.theta is panel.session.snapshot.theta)
    snapshot = panel.session.snapshot
    np.testing.assert_array_equal(panel.picture.values, slopes(snapshot.model, snapshot.moment).gradient)


# a step, moving


def test_a_single_step_goes_there_and_back_before_the_weights_change(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    picture, pulse = panel.picture, panel.picture.pulse
    before, model = picture.theta, panel.session.snapshot.model
    panel.session.step()
    qtbot.waitUntil(lambda: pulse.running)
    began, seen = time.perf_counter(), []
    step = pulse._step
    np.testing.assert_array_equal(step.signals[1], mean_signals(model, before)[1])
    assert picture.theta is before
    while pulse.running and time.perf_counter() - began < 5:
        seen.append((pulse.progress, picture.theta is before, picture.grab().toImage()))
        qtbot.wait(15)
    assert time.perf_counter() - began < 1.0
    assert len({progress for progress, _, _ in seen}) > 4
    assert all(still for progress, still, _ in seen[:-1])
    assert len({bytes(image.constBits()) for _, _, image in seen}) > 4
    assert picture.theta is panel.session.snapshot.theta
    assert not np.array_equal(picture.theta, before)


def test_another_step_cuts_the_motion_short_and_pictures_stay_in_order(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    for _ in range(4):
        panel.session.step()
        qtbot.wait(60)
    qtbot.waitUntil(lambda: panel.picture.theta is panel.session.snapshot.theta)
    assert panel.session.snapshot.step == 4


def test_nothing_moves_while_playing_nor_where_the_system_asks_for_less(
    open_panel: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = open_panel(Dense(4))
    pulses: list[object] = []
    monkeypatch.setattr(panel.picture.pulse, "start", pulses.append)
    panel.session.set_speed(10)
    panel.session.play()
    qtbot.waitUntil(lambda: panel.session.snapshot.step > 5)
    panel.session.pause()
    qtbot.waitUntil(lambda: not panel.busy)
    panel.session.step_epoch()
    panel.session.step_epoch()
    step = panel.session.with_trainer(lambda trainer: trainer.state.step)
    qtbot.waitUntil(lambda: panel.session.snapshot.step == step and not panel.busy)
    monkeypatch.setattr(Theme, "duration", lambda self, milliseconds=DURATION: 0)
    panel.session.step()
    qtbot.waitUntil(lambda: panel.session.snapshot.step == step + 1)
    qtbot.waitUntil(lambda: panel.picture.theta is panel.session.snapshot.theta)
    assert pulses == []


# editing


def test_a_weight_is_typed_and_undone(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(2))
    popover = click(panel, edge_place(panel, 0, 1, 0))
    assert not panel.reader.lens.isVisible()
    place, before = Parameter(0, 0, 1).place(panel.board.network), panel.session.snapshot.theta
    assert popover.title.text() == "Weight from x₂ to layer 1, unit 1"
    assert popover.slider.value == pytest.approx(float(before[place]))
    qtbot.waitUntil(lambda: len(popover.facts.pairs) == 2)
    field = popover.slider.field
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "3,25")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.session.snapshot.theta[place] == 3.25)
    others = np.delete(panel.session.snapshot.theta, place)
    np.testing.assert_array_equal(others, np.delete(before, place))
    qtbot.waitUntil(lambda: panel.picture.theta is panel.session.snapshot.theta)
    assert panel.session.undo_stack.undoText() == "Set weight"
    qtbot.waitUntil(lambda: popover.slider.track.scale.high == 6.5)
    panel.session.undo_stack.undo()
    qtbot.waitUntil(lambda: np.array_equal(panel.session.snapshot.theta, before))
    qtbot.waitUntil(lambda: popover.slider.value == pytest.approx(float(before[place])))


def test_dragging_is_one_step_and_another_drag_another(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(2))
    popover = click(panel, panel.picture.tile_rect(1, 1).center().toPoint())
    track = popover.slider.track
    assert popover.title.text() == "Bias of layer 1, unit 2"
    middle = track.rect().center()
    for _ in range(2):
        QTest.mousePress(track, LEFT, pos=middle)
        for by in (20, 40, 60):
            QTest.mouseMove(track, middle + QPoint(by, 0))
        QTest.mouseRelease(track, LEFT, pos=middle + QPoint(60, 0))
        middle = middle - QPoint(30, 0)
    place = Parameter(0, 1).place(panel.board.network)
    assert popover.slider.value > 0
    qtbot.waitUntil(lambda: panel.session.snapshot.theta[place] == pytest.approx(popover.slider.value))
    assert panel.session.undo_stack.count() == 2


def test_the_popover_goes_through_all_numbers_of_a_neuron(open_panel: Any) -> None:
    panel = open_panel(Dense(2, bias=False))
    popover = click(panel, panel.picture.tile_rect(1, 0).center().toPoint())
    assert popover.title.text() == "Weight from x₁ to layer 1, unit 1"
    assert [popover.which.box.itemText(i) for i in range(popover.which.box.count())] == [
        "weight from x₁",
        "weight from x₂",
    ]
    popover.which.box.setCurrentIndex(1)
    popover.which.box.activated.emit(1)
    assert popover.title.text() == "Weight from x₂ to layer 1, unit 1"
    assert popover.slider.value == pytest.approx(float(panel.session.snapshot.theta[1]))
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    assert panel.editor.popover is None


def test_freezing_is_seen_and_can_be_undone(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(2), Dense(2))
    popover = click(panel, edge_place(panel, 0, 1, 0))
    QTest.mouseClick(popover.freeze, LEFT, pos=QPoint(8, popover.freeze.height() // 2))
    assert panel.session.experiment.network.frozen == (Frozen(1, 0, "x2"),)
    assert panel.picture.is_frozen((0, 1, 0))
    assert panel.picture.gaps.edges[0].frozen.tolist() == [False, True, False, False]
    assert "1 frozen" in panel.status or panel.picture.edge is not None
    panel.session.undo_stack.undo()
    assert not panel.picture.is_frozen((0, 1, 0))
    assert not popover.freeze.isChecked()
    panel.board.header(0).edited.emit("frozen", True)
    assert panel.board.header(0).notes.icon_name == "frozen"
    assert not popover.freeze.isEnabled()
    assert popover.freeze.text() == "Frozen with its whole layer"
    assert panel.picture.frozen_biases(1).all()
    assert not panel.picture.frozen_biases(2).any()


def test_an_edit_that_takes_the_number_away_closes_the_popover(open_panel: Any) -> None:
    panel = open_panel(Dense(3), Dense(2))
    click(panel, panel.picture.tile_rect(1, 2).center().toPoint())
    panel.board.header(0).edited.emit("units", 2)
    assert panel.editor.popover is None


def test_weights_are_picked_for_the_landscape_and_marked(open_panel: Any) -> None:
    panel = open_panel(Dense(2))
    network = panel.board.network
    popover = click(panel, edge_place(panel, 0, 1, 0))
    QTest.mouseClick(popover.slots.chip("0"), LEFT)
    assert panel.session.picked_weights == (1, None)
    popover.which.box.activated.emit(0)
    popover.close()
    popover = click(panel, panel.picture.tile_rect(2, 1).center().toPoint())
    QTest.mouseClick(popover.slots.chip("1"), LEFT)
    assert panel.session.picked_weights == (1, Parameter(1, 1).place(network))
    assert popover.slots.keys == ("1",)
    assert panel.picture.marked == {(0, 1, 0): "w₀", (2, 1): "w₁"}
    popover.close()
    panel.board.header(0).edited.emit("units", 3)
    assert panel.picture.marked == {}


def test_the_marks_of_edges_that_meet_stand_clear_of_one_another(open_panel: Any) -> None:
    panel = open_panel(Dense(2))
    picture, network = panel.picture, panel.board.network
    for source in (0, 1):
        panel.session.pick_weight(source, Parameter(1, 0, source).place(network))
    assert set(picture.marked) == {(1, 0, 0), (1, 1, 0)}
    (_, first), (_, second) = mark_rects(picture, picture.fontMetrics())
    assert not first.intersects(second)
    for edge, rect in zip(picture.marked, (first, second), strict=True):
        assert curve_of(picture, edge).intersects(rect)


# biases


def test_biases_are_dots_that_layers_without_them_lack(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(3), Dense(2, bias=False))
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: panel.picture.theta is panel.session.snapshot.theta and panel.session.snapshot.step > 0)
    assert panel.picture.biases(0) is None
    assert panel.picture.biases(2) is None
    theta = np.array(panel.session.snapshot.theta, dtype=np.float64)
    panel.board.network.biases(theta, 0)[:] = (1.0, -1.0, 0.0)
    panel.session.place(theta, "Set")
    qtbot.waitUntil(lambda: panel.picture.biases(1).tolist() == [1, -1, 0])
    panel.picture.let_go()
    image = panel.picture.grab().toImage()
    blue, orange, none = (
        image.pixelColor(dot_rect(panel.picture.tile_rect(1, unit)).center().toPoint()) for unit in range(3)
    )
    assert blue.blue() > blue.red() + 80
    assert orange.red() > orange.blue() + 80
    assert max(none.getRgb()[:3]) - min(none.getRgb()[:3]) < 30
    corner = dot_rect(panel.picture.tile_rect(1, 1)).center() - QPointF(1.5, -1.5)
    hover(panel, corner.toPoint())
    assert panel.picture.on_bias
    assert panel.picture.neuron == (1, 1)


# long columns


def test_a_long_column_is_gone_through_with_the_wheel(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(64), Dense(3))
    picture = panel.picture
    shown = picture.arrangement.columns[1].shown
    assert shown < 64
    at = QPoint(round(picture.centres[1]), 40)
    assert wheel(panel, at, -5)
    assert picture.arrangement.columns[1].first == 5
    np.testing.assert_array_equal(
        picture.gaps.edges[0].weights,
        panel.board.network.weights(picture.theta, 0)[5 : 5 + shown].ravel()[: len(picture.gaps.edges[0].weights)],
    )
    qtbot.waitUntil(lambda: picture.picture_of((1, 4 + shown)) is not None)
    hover(panel, picture.tile_rect(1, 5).center().toPoint())
    assert panel.reader.lens.lines[0] == "layer 1, unit 6"
    assert wheel(panel, at, -100)
    assert picture.arrangement.columns[1].range.stop == 64
    assert picture.tile_of((1, 63)) == shown - 1
    with pytest.raises(IndexError, match="unit 0 of column 1 is not shown"):
        picture.tile_rect(1, 0)
    assert wheel(panel, at, 100)
    assert picture.arrangement.columns[1].first == 0
    assert not wheel(panel, QPoint(round(picture.centres[2]), 40), -1)


def test_a_long_column_has_arrows_to_its_other_units(open_panel: Any) -> None:
    panel = open_panel(Dense(64))
    picture = panel.picture
    shown = picture.arrangement.columns[1].shown
    _, up, down = pager_rects(picture, 1)
    QTest.mouseClick(picture, LEFT, pos=down.center().toPoint())
    assert picture.arrangement.columns[1].first == shown
    QTest.mouseClick(picture, LEFT, pos=up.center().toPoint())
    assert picture.arrangement.columns[1].first == 0
    assert picture.rect().contains(down.toAlignedRect())


def test_what_was_pointed_at_is_let_go_when_it_scrolls_out_of_sight(open_panel: Any) -> None:
    panel = open_panel(Dense(64))
    hover(panel, panel.picture.tile_rect(1, 0).center().toPoint())
    wheel(panel, QPoint(round(panel.picture.centres[1]), 40), -3)
    assert panel.picture.neuron is None
    assert not panel.reader.lens.isVisible()
    assert panel.picture.grab().width() > 0


def test_arrow_keys_go_from_neuron_to_neuron_and_enter_opens_one(open_panel: Any) -> None:
    panel = open_panel(Dense(64), Dense(2))
    picture = panel.picture
    picture.setFocus(Qt.FocusReason.TabFocusReason)
    for key, wanted in (
        (Qt.Key.Key_Right, (0, 0)),
        (Qt.Key.Key_Right, (1, 0)),
        (Qt.Key.Key_Up, (1, 0)),
        (Qt.Key.Key_Down, (1, 1)),
        (Qt.Key.Key_Right, (2, 1)),
        (Qt.Key.Key_Left, (1, 1)),
    ):
        QTest.keyClick(picture, key)
        assert picture.neuron == wanted
    for _ in range(40):
        QTest.keyClick(picture, Qt.Key.Key_Down)
    assert picture.neuron == (1, 41)
    assert picture.tile_of((1, 41)) == picture.arrangement.columns[1].shown - 1
    assert panel.status.startswith("layer 1, unit 42")
    QTest.keyClick(picture, Qt.Key.Key_Return)
    assert panel.editor.popover is not None
    assert panel.editor.popover.title.text() == "Bias of layer 1, unit 42"
    panel.editor.close()


def test_every_option_of_a_layer_is_in_its_menu_and_its_notes(open_panel: Any) -> None:
    panel = open_panel(Dense(2))
    panel.session.edit("All", change(panel.session.experiment, "network.output", Output(bias=False, frozen=True)))
    assert panel.board.output.notes.text() == "no bias · frozen"
    assert panel.board.output.notes.icon_name == "frozen"
    assert [action.text() for action in panel.board.output.menu().actions()] == ["Bias", "Frozen"]
    texts = [action.text() for action in panel.board.header(0).menu().actions() if action.text()]
    options = ["Normalisation", "Residual connection", "Dropout", "Bias", "Frozen"]
    assert texts == ["Move left", "Move right", *options, "Remove layer"]
    for menu in panel.board.output.findChildren(type(panel.board.output.menu())):
        menu.deleteLater()
    QApplication.processEvents()
