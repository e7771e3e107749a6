from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QMenu
from shiboken6 import isValid

from app.network.freezing import menu_for
from app.panels.network import NetworkPanel
from app.theme import apply_theme
from core.spec import Choice, Dense, Experiment, Frozen, change
from tests.app.network_panels import opening

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
"""The offscreen platform has no window manager that menus and floating pictures could ask."""

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_panel(qtbot: Any) -> Iterator[Callable[..., NetworkPanel]]:
    yield from opening(qtbot)


def layers(panel: NetworkPanel) -> list[tuple[int, str]]:
    return [(layer.units, layer.activation) for layer in panel.session.experiment.network.layers]


def click(widget: QAbstractButton) -> None:
    assert widget.isVisible()
    assert widget.window().rect().contains(widget.mapTo(widget.window(), widget.rect().center()))
    QTest.mouseClick(widget, LEFT)


def undone(panel: NetworkPanel, before: Experiment) -> None:
    """One undo brings the Experiment back, and the picture with it."""
    panel.session.undo_stack.undo()
    assert panel.session.experiment == before
    assert panel.board.network == panel.session.model.network


def trigger(menu: QMenu, *texts: str) -> None:
    """Click the way through a menu and its submenus."""
    menu.popup(QPoint(10, 10))
    for text in texts:
        action = next(a for a in menu.actions() if a.text() == text)
        if action.menu():
            menu = action.menu()
            menu.popup(QPoint(10, 10))
        else:
            QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())


def test_plus_adds_a_layer_between_any_two_columns(open_panel: Any) -> None:
    panel = open_panel(Dense(4, "relu"), Dense(3))
    before = panel.session.experiment
    for place, wanted in ((0, [4, 4, 3]), (1, [4, 4, 3]), (2, [4, 3, 3])):
        click(panel.board.pluses[place])
        assert [units for units, _ in layers(panel)] == wanted
        assert panel.session.undo_stack.undoText() == "Add layer"
        undone(panel, before)


def test_a_network_without_hidden_layers_takes_its_first(open_panel: Any) -> None:
    panel = open_panel()
    before = panel.session.experiment
    click(panel.board.pluses[0])
    assert layers(panel) == [(4, "tanh")]
    click(panel.board.header(0).remove_button)
    assert panel.session.experiment == before


def test_the_cross_removes_a_layer(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3), Dense(2))
    before = panel.session.experiment
    click(panel.board.header(1).remove_button)
    assert [units for units, _ in layers(panel)] == [4, 2]
    undone(panel, before)
    assert [panel.board.header(i).units.value for i in range(3)] == [4, 3, 2]


def test_plus_and_minus_change_units_and_are_one_step(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(2))
    before = panel.session.experiment
    for _ in range(3):
        click(panel.board.header(1).more)
    assert layers(panel)[1][0] == 5
    click(panel.board.header(1).fewer)
    assert layers(panel)[1][0] == 4
    assert panel.board.header(1).units.text() == "4"
    undone(panel, before)


def test_a_layer_keeps_its_last_unit(open_panel: Any) -> None:
    panel = open_panel(Dense(1))
    assert not panel.board.header(0).fewer.isEnabled()


def test_units_are_typed(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(2))
    before = panel.session.experiment
    field: QLineEdit = panel.board.header(0).units
    QTest.mouseClick(field, LEFT)
    field.selectAll()
    QTest.keyClicks(field, "512")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert layers(panel)[0][0] == 512
    column = panel.picture.arrangement.columns[1]
    assert column.shown + column.hidden == 512
    assert column.shown > 5
    qtbot.waitUntil(lambda: len(panel.picture.pictures.get(1, ())) == column.shown)
    undone(panel, before)


def test_an_activation_is_chosen_from_the_list(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(2))
    before = panel.session.experiment
    box: QComboBox = panel.board.header(1).activation
    box.showPopup()
    row = box.findText("ReLU")
    view = box.view()
    view.setCurrentIndex(box.model().index(row, 0))
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert layers(panel)[1][1] == "relu"
    assert box.itemData(row, Qt.ItemDataRole.ToolTipRole).startswith("Keeps what is above zero")
    undone(panel, before)
    assert box.key == "tanh"


def test_the_menu_moves_drops_and_unbiases(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    before = panel.session.experiment
    trigger(panel.board.header(0).menu(), "Move right")
    assert [units for units, _ in layers(panel)] == [3, 4]
    undone(panel, before)
    trigger(panel.board.header(0).menu(), "Dropout", "30\u2009%")
    assert panel.session.experiment.network.layers[0].dropout == 0.3
    assert panel.board.header(0).notes.isVisible()
    assert panel.board.header(0).notes.text() == "dropout 30\u2009%"
    undone(panel, before)
    assert not panel.board.header(0).notes.isVisible()
    trigger(panel.board.header(1).menu(), "Bias")
    assert not panel.session.experiment.network.layers[1].bias
    undone(panel, before)
    trigger(panel.board.output.menu(), "Bias")
    assert not panel.session.experiment.network.output.bias
    undone(panel, before)


def test_layers_freeze_and_thaw_from_their_menus(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3, bias=False))
    before = panel.session.experiment
    trigger(panel.board.header(1).menu(), "Frozen")
    assert panel.session.experiment.network.layers[1].frozen
    assert panel.board.header(1).notes.text() == "no bias · frozen"
    assert "12 frozen" in panel.status
    undone(panel, before)
    assert "frozen" not in panel.status
    trigger(panel.board.output.menu(), "Frozen")
    assert panel.session.experiment.network.output.frozen
    assert panel.board.output.notes.isVisible()
    undone(panel, before)


def drag(widget: Any, by: int) -> None:
    start = widget.mapToGlobal(widget.rect().center())
    steps = (
        (QEvent.Type.MouseButtonPress, 0, LEFT),
        (QEvent.Type.MouseMove, by // 2, Qt.MouseButton.NoButton),
        (QEvent.Type.MouseMove, by, Qt.MouseButton.NoButton),
        (QEvent.Type.MouseButtonRelease, by, LEFT),
    )
    for kind, moved, button in steps:
        at = QPointF(start.x() + moved, start.y())
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else LEFT
        local = QPointF(widget.mapFromGlobal(at))
        QApplication.sendEvent(widget, QMouseEvent(kind, local, at, button, held, Qt.KeyboardModifier.NoModifier))


def test_a_header_is_dragged_to_another_place(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3), Dense(2))
    before = panel.session.experiment
    centres = panel.picture.arrangement.centres
    drag(panel.board.header(0).title, round(centres[3] - centres[1] + 20))
    assert [units for units, _ in layers(panel)] == [3, 2, 4]
    undone(panel, before)
    drag(panel.board.header(2).title, round(centres[2] - centres[3] - 20))
    assert [units for units, _ in layers(panel)] == [4, 2, 3]
    undone(panel, before)
    drag(panel.board.header(0).title, 30)
    assert panel.session.experiment == before


def test_the_output_follows_the_task_and_can_be_named(open_panel: Any) -> None:
    panel = open_panel(Dense(3), classes=2)
    before = panel.session.experiment
    output = panel.board.output
    assert output.title.text() == "Output 1"
    assert output.activation.key == "auto"
    assert output.activation.accessibleDescription() == "Sigmoid"
    output.activation.setFocus()
    output.activation.activated.emit(output.activation.findText("Softmax"))
    assert panel.session.experiment.network.output.activation == "softmax"
    assert output.title.text() == "Output 2"
    undone(panel, before)


def test_an_output_that_does_not_fit_cannot_be_chosen_and_says_why(open_panel: Any) -> None:
    panel = open_panel(Dense(3), classes=2)
    panel.session.set("training.loss", Choice("bce"))
    box = panel.board.output.activation
    row = box.findText("Tanh")
    assert not box.model().item(row).isEnabled()
    assert "needs a sigmoid output" in box.itemData(row, Qt.ItemDataRole.ToolTipRole)
    before = panel.session.experiment
    box.chosen.emit("tanh")
    assert panel.session.experiment == before
    assert "needs a sigmoid output" in panel.message.text
    click(panel.board.pluses[0])
    assert not panel.message.isVisible()


def test_initial_weights_are_chosen_with_their_setting(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(3))
    assert not panel.setting.isVisible()
    before = panel.session.experiment
    panel.initializer.activated.emit(panel.initializer.findText("Normal"))
    assert panel.session.experiment.network.initializer.name == "normal"
    assert panel.setting.isVisible()
    field = panel.setting.field
    QTest.mouseClick(field, LEFT)
    field.selectAll()
    QTest.keyClicks(field, "0,5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert panel.session.experiment.network.initializer.settings == {"deviation": 0.5}
    panel.session.undo_stack.undo()
    undone(panel, before)


def test_maps_follow_theta(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    before = panel.picture.maps[1].values.copy()
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: not np.array_equal(panel.picture.maps[1].values, before))
    qtbot.waitUntil(lambda: np.array_equal(panel.picture.theta, panel.session.snapshot.theta))


def test_edges_are_drawn_and_drawn_again(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    pixmaps = panel.picture.gaps._pixmaps
    qtbot.waitUntil(lambda: len(pixmaps) == 3)
    before = {key: pixmap.cacheKey() for key, pixmap in pixmaps.items()}
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: all(pixmaps[key].cacheKey() != before[key] for key in before))


def test_edges_that_look_as_they_did_are_not_drawn_again(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    gaps, theta = panel.picture.gaps, panel.picture.theta
    qtbot.waitUntil(lambda: len(gaps._shown) == 3)
    drawings = gaps.drawings
    panel.picture.set_theta(theta * 1.00001)
    qtbot.wait(150)
    assert gaps.drawings == drawings
    turned = theta.copy()
    gaps.network.weights(turned, 1)[0, 0] *= -1
    panel.picture.set_theta(turned)
    qtbot.waitUntil(lambda: gaps.drawings == drawings + 1)


def test_a_hidden_panel_asks_nothing(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4))
    panel.hide()
    asked, theta = panel._asked, panel.picture.theta
    panel.session.step_epoch()
    qtbot.waitUntil(lambda: panel.session.snapshot.step > 0)
    qtbot.wait(100)
    assert panel._asked is asked
    assert panel.picture.theta is theta
    panel.show()
    qtbot.waitUntil(lambda: panel._asked is not asked)


def test_hovering_a_neuron_reads_it_out(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    tile = panel.picture.tile_rect(2, 1)
    QTest.mouseMove(panel.picture, tile.center().toPoint())
    assert panel.picture.neuron == (2, 1)
    assert panel.reader.lens.isVisible()
    assert panel.reader.lens.lines[0] == "layer 2, unit 2"
    assert panel.status.startswith("layer 2, unit 2 · ")
    assert "bias" in panel.status
    QTest.mouseMove(panel.picture, QPoint(2, 2))
    assert not panel.reader.lens.isVisible()
    assert panel.status.startswith("2-4-3-3 · 39 parameters")


def test_hovering_an_edge_reads_its_weight(open_panel: Any) -> None:
    panel = open_panel(Dense(1))
    span, middle = panel.picture.gaps.span(1), panel.picture.gaps.middles(1)[0]
    target = panel.picture.gaps.middles(2)[1]
    QTest.mouseMove(panel.picture, QPoint(round((span[0] + span[1]) / 2), round((middle + target) / 2)))
    assert panel.picture.edge == (1, 0, 1)
    weight = panel.board.network.weights(panel.session.snapshot.theta, 1)[1, 0]
    assert panel.picture.weight((1, 0, 1)) == pytest.approx(float(weight))
    assert panel.status.startswith("weight ")
    assert panel.status.endswith("from layer 1 to output, unit 2")


def test_a_single_weight_and_a_bias_freeze_by_the_right_button(open_panel: Any) -> None:
    panel = open_panel(Dense(1))
    session, picture = panel.session, panel.picture
    span, middle = picture.gaps.span(1), picture.gaps.middles(1)[0]
    place = QPoint(round((span[0] + span[1]) / 2), round((middle + picture.gaps.middles(2)[1]) / 2))
    tile = picture.tile_rect(1, 0).center().toPoint()

    def point(at: QPoint) -> Frozen | None:
        QTest.mouseMove(picture, QPoint(2, 2))  # the pointer may already be there, and then nothing would move
        QTest.mouseMove(picture, at)
        one = panel.editor.pointed()
        return None if one is None else one.frozen(panel.board.network)

    def choose(one: Frozen | None, text: str) -> None:
        assert one is not None
        trigger(menu_for(panel, session.experiment, one, panel.editor.freeze), text)

    choose(point(place), "Frozen weight")
    assert session.experiment.network.frozen == (Frozen(0, 1, 0),)
    assert point(place) == Frozen(0, 1, 0)
    assert panel.status.startswith("weight ")
    assert "(frozen)" in panel.status
    choose(point(place), "Frozen weight")
    assert session.experiment.network.frozen == ()
    choose(point(tile), "Frozen bias")
    assert session.experiment.network.frozen == (Frozen(1, 0, "bias"),)
    assert point(tile) is not None
    assert "(frozen)" in panel.status
    trigger(panel.board.header(0).menu(), "Frozen")
    (action,) = menu_for(panel, session.experiment, Frozen(1, 0, "x1"), panel.editor.freeze).actions()
    assert (action.isChecked(), action.isEnabled()) == (True, False)
    assert point(picture.tile_rect(0, 0).center().toPoint()) is None
    session.undo_stack.undo()  # the header says "frozen" no more, and the picture is where it was
    assert point(place) == Frozen(0, 1, 0)
    picture.customContextMenuRequested.emit(place)
    menus = [menu for menu in panel.findChildren(QMenu) if menu.isVisible()]
    assert [menu.actions()[0].text() for menu in menus] == ["Frozen weight"]
    menus[0].close()


def test_controls_keep_their_focus_through_an_edit(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    button = panel.board.header(1).more
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert layers(panel)[1][0] == 4
    assert panel.board.header(1).more is button
    assert button.hasFocus()


def test_every_control_has_a_name(open_panel: Any) -> None:
    panel = open_panel(Dense(4), Dense(3, dropout=0.2))
    controls = [w for kind in (QAbstractButton, QComboBox, QLineEdit) for w in panel.board.findChildren(kind)]
    assert len(controls) > 12
    assert all(w.accessibleName() for w in controls if w.isVisible())


@pytest.mark.parametrize("size", [(320, 240), (1900, 900)])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_draws_at_any_size_in_both_themes(open_panel: Any, qtbot: Any, size: tuple[int, int], look: str) -> None:
    application = QApplication.instance()
    panel = open_panel(Dense(8), Dense(64), Dense(2), size=size)
    try:
        apply_theme(application, look, 1.6)
        qtbot.waitUntil(lambda: not panel._pace.isActive() and not panel._probe.busy)
        image = panel.grab().toImage()
        assert image.width() == size[0]
        colors = {image.pixel(x, y) for x in range(0, size[0], 3) for y in range(60, size[1], 3)}
        assert len(colors) > 100
    finally:
        apply_theme(application, "light", 1.0)


def test_a_deep_network_scrolls_sideways(open_panel: Any) -> None:
    panel = open_panel(*[Dense(3)] * 20)
    bar = panel.scroller.horizontalScrollBar()
    assert bar.maximum() > 500
    assert panel.scroller.verticalScrollBar().maximum() == 0
    assert "(21 layers)" in panel.status


def test_it_goes_through_edits_while_training(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    panel.session.play()
    for edit in (panel.board.pluses[1], panel.board.header(0).more, panel.board.pluses[0]):
        click(edit)
        qtbot.wait(40)
    click(panel.board.header(2).remove_button)
    panel.session.undo_stack.undo()
    parameters = panel.board.network.parameters
    qtbot.waitUntil(lambda: panel.picture.theta is not None and len(panel.picture.theta) == parameters)
    panel.session.pause()
    assert not panel.message.isVisible()


def test_removed_headers_and_the_panel_are_freed(open_panel: Any, qtbot: Any) -> None:
    panel = open_panel(Dense(4), Dense(3))
    header, lens = weakref.ref(panel.board.header(1)), panel.reader.lens
    click(panel.board.header(1).remove_button)
    panel.session.undo_stack.clear()

    def gone() -> bool:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        return header() is None

    qtbot.waitUntil(gone)
    panel.session.close()
    panel._probe.stop()
    panel.deleteLater()
    qtbot.waitUntil(lambda: gone() and not isValid(lens) and not isValid(panel))


def test_an_experiment_without_a_layer_in_force_is_shown_after_being_hidden(open_panel: Any) -> None:
    panel = open_panel(Dense(4))
    panel.hide()
    panel.session.edit("Bare", change(panel.session.experiment, "network.layers", ()))
    panel.show()
    assert panel.board.layers == {}
    assert len(panel.board.pluses) == 1
