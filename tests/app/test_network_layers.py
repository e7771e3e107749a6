"""Normalisation, residual connections and the other kinds of layers in the network's panel, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.network.board import SPACE
from app.network.columns import ROW
from app.network.controls import HOLD
from app.network.kinds import KINDS
from app.network.options import LAYER_OPTIONS
from app.network.parameter import Parameter, locate
from app.network.shortcuts import MOST_LANES, arcs_of, headroom, path_of
from app.network.step_line import StepLine
from app.panels.network import NetworkPanel
from app.session import Session
from app.theme import apply_theme, theme
from core.presets import PRESETS
from core.probes.backprop import slopes
from core.spec import Choice, Dense, Frozen
from tests.app.network_panels import opening

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

LEFT = Qt.MouseButton.LeftButton
MIXED = (Dense(4, norm="batch"), Dense(3, "relu", norm="layer", residual=1), Dense(3, residual=3, dropout=0.2))


@pytest.fixture
def open_panel(qtbot: Any) -> Iterator[Callable[..., NetworkPanel]]:
    yield from opening(qtbot)
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMenu):
            widget.close()


def popup() -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def line(menu: QMenu, text: str) -> QAction:
    return next(action for action in menu.actions() if action.text() == text)


def choose(menu: QMenu, text: str) -> None:
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(line(menu, text)).center())


def layer(panel: NetworkPanel, index: int) -> Dense:
    return panel.session.experiment.network.layers[index]


# the kinds of layers that a gap offers


def test_a_right_click_on_plus_offers_every_kind_and_sets_it_before_the_gap(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    plus = panel.board.pluses[1]
    for kind in KINDS[1:]:
        before = panel.session.experiment
        # What the platform makes of the right button, or of the menu key.
        QApplication.sendEvent(
            plus, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), plus.mapToGlobal(QPoint(5, 5)))
        )
        menu = popup()
        assert [action.text() for action in menu.actions() if action.text()] == [each.title for each in KINDS]
        choose(menu, kind.title)
        assert getattr(layer(panel, 0), kind.field) == kind.value
        assert getattr(layer(panel, 1), kind.field) == getattr(before.network.layers[1], kind.field)
        titles = {option.field: option.title for option in LAYER_OPTIONS}
        assert panel.session.undo_stack.undoText() == f"{titles[kind.field]} of layer 1"
        panel.session.undo_stack.undo()
        assert panel.session.experiment == before


def test_holding_plus_opens_the_same_menu_and_adds_nothing(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    plus = panel.board.pluses[1]
    QTest.mousePress(plus, LEFT)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=4 * HOLD)
    QTest.mouseRelease(plus, LEFT)
    assert len(panel.session.experiment.network.layers) == 1
    choose(popup(), "Dense layer")
    assert len(panel.session.experiment.network.layers) == 2
    QTest.mouseClick(plus, LEFT)
    assert len(panel.session.experiment.network.layers) == 3


def test_the_menu_opens_by_key_and_turns_off_what_is_there(open_panel: Any) -> None:
    panel = open_panel(*MIXED)
    panel.board.pluses[1].setFocus()
    QTest.keyClick(panel.board.pluses[1], Qt.Key.Key_Down)
    menu = popup()
    assert line(menu, "Batch norm here").isChecked()
    assert not line(menu, "Layer norm here").isChecked()
    for _ in range(2):
        QTest.keyClick(menu, Qt.Key.Key_Down)
    assert menu.activeAction().text() == "Batch norm here"
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert layer(panel, 0).norm == "none"


def test_after_the_features_there_is_only_a_dense_layer_to_add(open_panel: Any) -> None:
    panel = open_panel(Dense(4))
    panel.board.pluses[0].more_asked.emit()
    menu = popup()
    assert [action.text() for action in menu.actions() if action.text() and action.isEnabled()] == ["Dense layer"]
    choose(menu, "Dense layer")
    assert len(panel.session.experiment.network.layers) == 2


# the layer's own menu


def open_menu(panel: NetworkPanel, index: int) -> QMenu:
    QTest.mouseClick(panel.board.header(index).menu_button, LEFT)
    return popup()


def test_the_stepper_reaches_as_far_back_as_there_are_layers_in_one_undo_step(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3), Dense(3))
    before = panel.session.experiment
    menu = open_menu(panel, 1)
    step = menu.findChild(StepLine)
    assert step is not None
    for _ in range(5):
        QTest.mouseClick(step.more, LEFT)
    assert menu.isVisible()
    assert layer(panel, 1).residual == 2
    assert panel.board.header(1).notes.text() == "+ skip 2"
    assert not step.more.isEnabled()
    assert panel.session.undo_stack.undoText() == "Residual connection of layer 2"
    panel.session.undo_stack.undo()
    assert panel.session.experiment == before


def test_the_stepper_is_worked_by_keys(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    menu = open_menu(panel, 1)
    step = menu.findChild(StepLine)
    assert step is not None
    while menu.activeAction() is None or menu.activeAction().text() != "Residual connection":
        QTest.keyClick(menu, Qt.Key.Key_Down)
    assert step.hasFocus()
    QTest.keyClick(step, Qt.Key.Key_Right)
    QTest.keyClick(step, Qt.Key.Key_Plus)
    assert layer(panel, 1).residual == 2
    assert step.words.text() == "2 layers"
    QTest.keyClick(step, Qt.Key.Key_Left)
    assert layer(panel, 1).residual == 1
    QTest.keyClick(step, Qt.Key.Key_Down)
    assert menu.activeAction().text() == "Dropout"


def test_norms_are_chosen_and_noted(open_panel: Any) -> None:
    panel = open_panel(Dense(4))
    menu = open_menu(panel, 0)
    inner = line(menu, "Normalisation").menu()
    inner.popup(QPoint(10, 10))
    assert [action.text() for action in inner.actions()] == ["None", "Batch norm", "Layer norm"]
    choose(inner, "Layer norm")
    assert layer(panel, 0).norm == "layer"
    assert panel.board.header(0).notes.text() == "layer norm"
    assert "layer norm" in panel.board.header(0).notes.toolTip()


def test_long_notes_take_room_beside_the_column_and_leave_the_controls_in_the_middle(open_panel: Any) -> None:
    panel = open_panel(Dense(4, norm="batch", dropout=0.3), Dense(3))
    header, short = panel.board.header(0), panel.board.header(1)
    assert header.notes.text() == "batch norm · dropout 30\u2009%"
    assert header.notes.width() == header.notes.sizeHint().width()
    assert header.width() > short.width()
    controls = header.fewer.geometry().united(header.more.geometry())
    assert controls.center().x() == pytest.approx(header.width() / 2, abs=1.5)
    assert header.remove_button.geometry().right() - header.menu_button.x() <= short.width()
    for plus in panel.board.pluses:
        at = plus.mapTo(panel.board, plus.rect().center())
        assert panel.board.childAt(at) is plus
    assert not panel.board.pluses[1].geometry().intersects(controls.translated(header.pos()))


# arcs


def test_each_shortcut_is_an_arc_from_its_source_to_its_sum(open_panel: Any) -> None:
    panel = open_panel(*MIXED)
    picture, network = panel.picture, panel.board.network
    arcs = arcs_of(network)
    assert {(arc.source, arc.target, arc.lane) for arc in arcs} == {(1, 2, 0), (0, 3, 1)}
    first = min(min(column.tops) for column in picture.arrangement.columns)
    assert first >= headroom(network, 1.0)
    for arc in arcs:
        path = path_of(picture, arc)
        start, end = path.pointAtPercent(0), path.pointAtPercent(1)
        assert picture.tile_rect(arc.source, 0).left() <= start.x() <= picture.tile_rect(arc.source, 0).right()
        assert start.y() == picture.tile_rect(arc.source, 0).top()
        assert end.y() < picture.tile_rect(arc.target, 0).top()
        assert 0 <= path.boundingRect().top() < first
    assert arcs_of(open_panel(Dense(3)).board.network) == ()
    deep = open_panel(*[Dense(2, residual=n + 1) for n in range(8)])
    lanes = [arc.lane for arc in arcs_of(deep.board.network)]
    assert len(lanes) == 8
    assert max(lanes) == MOST_LANES - 1


def test_hovering_an_arc_says_what_it_adds(open_panel: Any) -> None:
    panel = open_panel(*MIXED)
    for arc, words in zip(
        arcs_of(panel.board.network),
        (
            "residual connection: adds what comes out of layer 1 to what comes out of layer 2 · the first 3 of 4 and 3",
            "residual connection: adds x₁, x₂ to what comes out of layer 3 · the first 2 of 2 and 3",
        ),
        strict=True,
    ):
        QTest.mouseMove(panel.picture, QPoint(1, 1))
        QTest.mouseMove(panel.picture, path_of(panel.picture, arc).pointAtPercent(0.5).toPoint())
        assert panel.picture.arc == arc
        assert panel.status == words
        assert panel.reader.lens.isVisible()
    QTest.mouseMove(panel.picture, panel.picture.tile_rect(1, 0).center().toPoint())
    assert panel.picture.arc is None


def test_arcs_follow_a_sliding_column(open_panel: Any) -> None:
    panel = open_panel(*MIXED)
    picture, arc = panel.picture, arcs_of(panel.board.network)[0]
    before = path_of(picture, arc).boundingRect()
    picture.set_centres([centre + 30 for centre in picture.centres])
    moved = path_of(picture, arc).boundingRect()
    assert moved.left() == pytest.approx(before.left() + 30)
    assert moved.top() == before.top()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize(("size", "scale"), [((330, 260), 1.0), ((480, 330), 1.0), ((1500, 900), 1.6)])
def test_arcs_are_seen_at_any_size_in_both_themes(
    open_panel: Any, qapp: QApplication, size: tuple[int, int], scale: float, look: str
) -> None:
    panel = open_panel(*MIXED, size=size)
    apply_theme(qapp, look, scale)
    try:
        picture, arc = panel.picture, arcs_of(panel.board.network)[1]
        shown = picture.grab().toImage()
        ratio = shown.devicePixelRatio()
        at = path_of(picture, arc).pointAtPercent(0.5)
        near = [shown.pixelColor(int(at.x() * ratio), int((at.y() + dy) * ratio)).lightness() for dy in range(-3, 4)]
        ground = theme().color("panel").lightness()
        assert max(abs(value - ground) for value in near) > 60
        header = theme().px(3 * ROW + SPACE)
        assert picture.y() == header
    finally:
        apply_theme(qapp, "light", 1.0)


# γ, β and running statistics


def test_places_of_norms_are_parameters_too(open_panel: Any) -> None:
    network = open_panel(*MIXED).board.network
    found = [locate(network, place) for place in range(network.parameters)]
    assert [one.place(network) for one in found if one is not None] == list(range(network.parameters))
    kinds = [one.kind for one in found if one is not None]
    assert kinds.count("scale") == kinds.count("shift") == 7
    assert kinds.count("running mean") == kinds.count("running variance") == 4
    follows = [place for place, one in enumerate(found) if one is not None and one.follows]
    assert follows == np.flatnonzero(network.statistics).tolist()
    gain = Parameter(1, 2, block="gain")
    assert gain.name(network) == "scale of layer 2, unit 3"
    assert gain.frozen(network) == Frozen(2, 2, "γ")
    with pytest.raises(ValueError, match="layer 3 has no scales"):
        Parameter(2, 0, block="gain").place(network)


def test_hovering_a_normalised_neuron_reads_all_of_it(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(*MIXED)
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: panel.session.snapshot.epoch > 0 and panel.picture.theta is panel.session.snapshot.theta)
    panel.session.pick(3)
    QTest.mouseMove(panel.picture, QPoint(1, 1))
    QTest.mouseMove(panel.picture, panel.picture.tile_rect(1, 2).center().toPoint())
    qtbot.waitUntil(lambda: any(row.startswith("u = ") for row in panel.reader.lens.lines))
    rows = dict(row.rsplit(" ", 1) for row in panel.reader.lens.lines[1:])
    theta, first = panel.session.snapshot.theta, panel.board.network.layers[0]
    shown = {"scale γ": first.gain, "shift β": first.shift, "running mean μ": first.mean}
    shown["running variance σ²"] = first.variance
    for name, block in shown.items():
        assert float(rows[name].replace("−", "-")) == pytest.approx(block.of(theta)[2], rel=1e-3)
    assert rows["normalisation"] == "Batch"
    assert "a = g(u), sample 4" in rows
    QTest.mouseMove(panel.picture, panel.picture.tile_rect(3, 1).center().toPoint())
    qtbot.waitUntil(lambda: any(row.startswith("a = g(z) + shortcut") for row in panel.reader.lens.lines))


def test_gamma_is_typed_frozen_and_undone_like_a_weight(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(*MIXED)
    network = panel.board.network
    picked: list[tuple[int, int]] = []
    panel.session.neuron_picked.connect(lambda id, unit: picked.append((id, unit)))
    at = panel.picture.tile_rect(1, 2).center().toPoint()
    QTest.mouseMove(panel.picture, at)
    QTest.mouseClick(panel.picture, LEFT, pos=at)
    assert picked == [(network.layers[0].id, 2)]
    popover = panel.editor.popover
    box = popover.which.box
    assert [box.itemText(k) for k in range(3)] == ["bias", "scale γ", "shift β"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert popover.title.text() == "Scale of layer 1, unit 3"
    place = Parameter(0, 2, block="gain").place(network)
    qtbot.waitUntil(lambda: panel.editor.known is not None and len(popover.facts.pairs) == 4)
    names = [name for name, _ in popover.facts.pairs]
    assert names == ["gradient ∂L/∂γ", "next update Δγ", "running mean μ", "running variance σ²"]
    wanted = slopes(panel.session.snapshot.model, panel.session.snapshot.moment).gradient[place]
    assert float(popover.facts.pairs[0][1].replace("−", "-").replace("×10", "e").translate(LOWERED)) == pytest.approx(
        wanted, rel=5e-3
    )
    popover.slider.field.setFocus()
    popover.slider.field.selectAll()
    QTest.keyClicks(popover.slider.field, "0.25")
    QTest.keyClick(popover.slider.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.session.snapshot.theta[place] == pytest.approx(0.25))
    assert panel.session.undo_stack.undoText() == "Set scale"
    QTest.mouseClick(popover.freeze, LEFT, pos=QPoint(8, popover.freeze.height() // 2))
    assert panel.session.experiment.network.frozen == (Frozen(network.layers[0].id, 2, "γ"),)
    assert panel.session.undo_stack.undoText() == "Freeze scale"
    panel.session.step()
    qtbot.waitUntil(lambda: panel.session.snapshot.step == 1)
    theta = panel.session.snapshot.theta
    assert theta[place] == pytest.approx(0.25)
    assert theta[place + 1] != 1.0
    panel.session.undo_stack.undo()
    panel.session.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.session.snapshot.theta[place] == 1.0)


LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_a_first_pick_leaves_the_other_axis_open(open_panel: Any) -> None:
    session = open_panel(Dense(3)).session
    session.pick_weight(0, 5)
    assert session.picked_weights == (5, None)
    session.pick_weight(1, 5)
    assert session.picked_weights == (None, 5)
    session.pick_weight(0, 2)
    assert session.picked_weights == (2, 5)
    session.pick_weight(0, 5)
    assert session.picked_weights == (5, 2)


def test_picked_weights_stay_while_each_place_means_the_same(qapp: QApplication) -> None:
    session = Session(PRESETS["circle"].experiment)
    try:
        for slot, place in enumerate((2, 5)):
            session.pick_weight(slot, place)
        layer = session.experiment.network.layers[0].id
        session.set("network.frozen", (Frozen(layer, 0, "x1"),))
        session.set("network.initializer", Choice("he_normal"))
        session.set("network.output.frozen", True)
        assert session.picked_weights == (2, 5)
        session.set("network.layers", session.experiment.network.layers[:-1])
        assert session.picked_weights is None
    finally:
        session.close()
