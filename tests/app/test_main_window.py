"""The whole window, worked by mouse and keys as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.gui import application, open_window
from app.main_window import MainWindow
from app.theme import apply_theme, theme
from app.widgets.tabbing import stops
from core.presets import PRESETS
from core.project import Project
from core.schedules import SCHEDULES
from core.spec import Choice, change


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    application()
    apply_theme(qapp, "light")
    window = open_window(
        Project(PRESETS["circle"].experiment), QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    )
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: window.session.snapshot is not None)
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()
    apply_theme(qapp, "light")


def click(qtbot: QtBot, widget: object) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def drag(widget: object, start: QPoint, end: QPoint, steps: int = 12) -> None:
    """Press, move and release as a hand would: with moves in between."""
    app = QApplication.instance()
    assert app is not None

    def send(kind: QEvent.Type, place: QPointF, buttons: Qt.MouseButton) -> None:
        where = widget.mapToGlobal(place)  # type: ignore[attr-defined]
        event = QMouseEvent(kind, place, where, Qt.MouseButton.LeftButton, buttons, Qt.KeyboardModifier.NoModifier)
        app.sendEvent(widget, event)  # type: ignore[arg-type]

    send(QEvent.Type.MouseButtonPress, QPointF(start), Qt.MouseButton.LeftButton)
    for i in range(1, steps + 1):
        send(QEvent.Type.MouseMove, QPointF(start + (end - start) * (i / steps)), Qt.MouseButton.LeftButton)
    send(QEvent.Type.MouseButtonRelease, QPointF(end), Qt.MouseButton.NoButton)


def canvas_of(window: MainWindow) -> object:
    return window.docks.first.panel.body.canvas


def test_every_panel_is_in_sight_and_named(window: MainWindow) -> None:
    keys = [panel.key for panel in window.all_panels()]
    assert keys == ["canvas", "network", "boundary", "loss", "gradients", "landscape"]
    for panel in window.all_panels():
        assert panel.is_watched
        assert panel.title
        assert "Source:" in panel.help
        assert panel.width() > 200


def test_draw_play_and_see_it_learn(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    before = len(session.experiment.data.points)
    canvas = canvas_of(window)
    drag(canvas, QPoint(40, 40), QPoint(160, 60))
    qtbot.waitUntil(lambda: len(session.experiment.data.points) > before)
    qtbot.waitUntil(lambda: session.snapshot is not None and session.snapshot.model.experiment == session.experiment)
    untrained = session.snapshot.train_loss
    click(qtbot, window.transport.play)
    assert window.transport.play.playing
    qtbot.waitUntil(lambda: session.snapshot.epoch > 20, timeout=20_000)
    click(qtbot, window.transport.play)
    qtbot.waitUntil(lambda: session.state == "paused")
    assert session.snapshot.train_loss < untrained
    session.undo_stack.undo()
    assert len(session.experiment.data.points) == before


def test_drawing_while_training_reaches_the_trainer(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    click(qtbot, window.transport.play)
    qtbot.waitUntil(lambda: session.snapshot.epoch > 2)
    before = len(session.experiment.data.points)
    drag(canvas_of(window), QPoint(30, 100), QPoint(120, 110))
    qtbot.waitUntil(lambda: len(session.experiment.data.points) > before)
    qtbot.waitUntil(lambda: len(session.snapshot.model.prepared.train) == len(session.experiment.data.points))
    assert session.state == "running"


def test_the_rate_is_dragged_while_it_trains_and_is_one_undo_step(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    rate = session.experiment.training.learning_rate
    click(qtbot, window.transport.play)
    track = window.transport.rate.control.track
    drag(track, QPoint(track.width() // 2, track.height() // 4), QPoint(track.width() // 3, track.height() // 4))
    assert session.experiment.training.learning_rate != rate
    assert session.undo_stack.count() == 1
    wanted = session.experiment.training.learning_rate
    assert session.with_trainer(lambda trainer: trainer.training.learning_rate) == wanted
    session.undo_stack.undo()
    assert session.experiment.training.learning_rate == rate
    assert window.transport.rate.control.value == pytest.approx(rate)


def test_steps_reset_and_seed_by_their_buttons(qtbot: QtBot, window: MainWindow) -> None:
    session, bar = window.session, window.transport
    first = session.snapshot.theta.copy()
    click(qtbot, bar.batch_step)
    qtbot.waitUntil(lambda: session.snapshot.step == 1)
    click(qtbot, bar.epoch_step)
    qtbot.waitUntil(lambda: session.snapshot.epoch == 1)
    assert bar.epoch.text() == "1"
    click(qtbot, bar.reset)
    qtbot.waitUntil(lambda: session.snapshot.step == 0)
    np.testing.assert_array_equal(session.snapshot.theta, first)
    click(qtbot, bar.dice)
    qtbot.waitUntil(lambda: not np.array_equal(session.snapshot.theta, first))


def test_divergence_is_said_with_both_ways_back(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    wild = change(session.experiment, "network.output.activation", "linear")
    wild = change(change(wild, "training.loss", Choice("mse")), "training.learning_rate", 900.0)
    wild = change(wild, "training.optimizer", Choice("sgd"))
    wild = change(wild, "network.layers", tuple(change(layer, "activation", "relu") for layer in wild.network.layers))
    session.edit("Wild", wild)
    click(qtbot, window.transport.play)
    qtbot.waitUntil(lambda: session.state == "diverged")
    assert "Diverged at step" in window.message.text
    assert "900" in window.message.text
    assert not window.transport.play.playing
    assert np.isfinite(session.snapshot.theta).all()
    back, halve = window.message.findChildren(QPushButton)
    assert "Go back to epoch" in back.text()
    click(qtbot, halve)
    assert session.experiment.training.learning_rate == 450.0
    qtbot.waitUntil(lambda: session.state != "paused")


def test_what_cannot_be_opened_is_said_and_nothing_is_lost(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("not json")
    before = window.session.experiment
    assert not window.files.open(path)
    assert window.session.experiment is before
    assert window.message.isVisible()
    assert "broken.json" in window.message.text


def test_open_and_save_and_recent_files(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    window.session.path = path
    assert window.files.save()
    assert window.files.open(path)
    assert [action.text() for action in window.files.recent_menu.actions()] == ["mine.json"]
    assert window.windowTitle().startswith("mine")


def test_a_panel_fills_the_window_and_goes_back(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.all_panels()[2]
    width = panel.width()
    click(qtbot, panel.header.maximise)
    qtbot.waitUntil(lambda: panel.width() > 1000)
    assert not window.all_panels()[1].is_watched
    click(qtbot, panel.header.maximise)
    qtbot.waitUntil(lambda: abs(panel.width() - width) < 60)
    assert all(other.is_watched for other in window.all_panels())


def test_with_every_panel_hidden_there_is_a_way_back(qtbot: QtBot, window: MainWindow) -> None:
    docks = window.docks
    assert not docks.empty.isVisible()
    for dock in docks.all():
        dock.toggleViewAction().trigger()
    qtbot.waitUntil(docks.empty.isVisible)
    click(qtbot, docks.empty.button)
    qtbot.waitUntil(lambda: not docks.empty.isVisible())
    assert not any(dock.isHidden() for dock in docks.all())


def test_the_keyboard_is_where_it_was_after_a_panel_filled_the_window(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    window.transport.play.setFocus()
    field = next(stop for stop in stops(window.docks.cells[0][0][0].panel) if stop.isVisible())
    for held in (window.transport.play, field):
        held.setFocus()
        panel = window.all_panels()[3]
        click(qtbot, panel.header.maximise)
        click(qtbot, panel.header.maximise)
        qtbot.waitUntil(lambda held=held: QApplication.focusWidget() is held)


def test_tab_goes_from_panel_to_panel(window: MainWindow) -> None:
    order = list(stops(window))
    panels = [(panel.header, panel) for panel in window.all_panels()]
    places = [[order.index(stop) for part in parts for stop in stops(part)] for parts in panels]
    assert all(max(earlier) < min(later) for earlier, later in pairwise(places))
    data = window.all_panels()[0].parts
    window.docks.first.setFloating(True)
    window._order_tabs()  # without a complaint of Qt's
    window.docks.first.setFloating(False)
    first_of_form = min(order.index(stop) for stop in stops(data.form_area))
    assert order.index(data.tools.buttons["brush"]) < order.index(data.canvas) < first_of_form


def test_the_window_is_as_before_after_the_presentation(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1800, 1000)
    qtbot.wait(20)
    window.docks.share_out()
    qtbot.wait(20)
    before = [panel.size() for panel in window.all_panels()]
    window.toggle_presentation()
    qtbot.wait(50)
    window.toggle_presentation()
    qtbot.wait(50)
    pairs = zip(before, [panel.size() for panel in window.all_panels()], strict=True)
    assert all(abs(a.width() - b.width()) < 8 and abs(a.height() - b.height()) < 8 for a, b in pairs)


def seen(window: MainWindow) -> list[str]:
    return [dock.entry.key for dock in window.docks.all() if not dock.visibleRegion().isEmpty()]


def test_a_panel_that_filled_the_window_leaves_the_others_there_in_either_size(
    qtbot: QtBot, window: MainWindow
) -> None:
    """Made to fill it before presenting and put back meanwhile, or the other way round."""
    loss, before = window.docks.dock_of("loss"), seen(window)
    window.docks.toggle_maximised(loss)
    window.toggle_presentation()
    qtbot.wait(50)
    window.docks.toggle_maximised(loss)
    window.toggle_presentation()
    qtbot.wait(50)
    assert seen(window) == before
    window.toggle_presentation()
    qtbot.wait(50)
    window.docks.toggle_maximised(loss)
    window.toggle_presentation()
    qtbot.wait(50)
    assert seen(window) == ["loss"]
    window.docks.toggle_maximised(loss)
    qtbot.wait(50)
    assert seen(window) == before


def test_a_panel_brought_to_the_front_while_presenting_stays_there(qtbot: QtBot, window: MainWindow) -> None:
    window.toggle_presentation()
    qtbot.wait(50)
    window.docks.bring("runs")
    qtbot.wait(50)
    window.toggle_presentation()
    qtbot.wait(50)
    assert "runs" in seen(window)
    assert "loss" not in seen(window)


def test_a_message_takes_no_more_room_than_it_needs(qtbot: QtBot, window: MainWindow) -> None:
    top = window.transport.y()
    window.session.failed.emit("It cannot be done.")
    qtbot.wait(20)
    assert window.transport.y() == top
    below = window.docks.mapTo(window, QPoint()).y()
    assert below == window.transport.geometry().bottom() + 1 + window.message.height()


def test_theme_and_size_change_while_it_runs(qtbot: QtBot, window: MainWindow) -> None:
    click(qtbot, window.transport.play)
    window.toggle_theme()
    assert theme().name == "dark"
    window.toggle_presentation()
    assert theme().scale > 1
    qtbot.waitUntil(lambda: window.session.snapshot.epoch > 2)
    window.toggle_presentation()
    window.toggle_theme()
    assert (theme().name, theme().scale) == ("light", 1.0)


def test_a_missing_gpu_is_said_in_a_sentence(qtbot: QtBot, window: MainWindow) -> None:
    device = window.transport.device
    qtbot.waitUntil(lambda: "cuda" in device.keys)
    if not device._problem:
        pytest.skip("there is a GPU here")
    device.choose("cuda")
    assert "CUDA cannot be used here" in window.message.text
    assert device.key == "cpu"


def test_what_has_no_room_in_the_bar_is_behind_a_button(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.transport
    assert bar.loss.isVisible()
    window.toggle_presentation()
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: not bar.loss.isVisible())
    assert window.width() <= 1280
    assert bar.rate.width() > 200
    click(qtbot, bar.more)
    assert bar.loss.isVisible()
    bar._popover.close()
    window.toggle_presentation()
    qtbot.waitUntil(lambda: bar.loss.isVisible() and bar.loss.parentWidget() is bar)
    assert bar._folded == [bar.device]


def test_keys_work_the_run(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F6)
    qtbot.waitUntil(lambda: window.session.snapshot.step == 1)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert window.session.state == "running"
    qtbot.keyClick(window, Qt.Key.Key_F5)
    assert window.session.state == "paused"
    qtbot.keyClick(window, Qt.Key.Key_F8)
    qtbot.waitUntil(lambda: window.session.snapshot.step == 0)


def test_closing_in_the_middle_of_a_run(qtbot: QtBot, window: MainWindow) -> None:
    click(qtbot, window.transport.play)
    qtbot.waitUntil(lambda: window.session.snapshot.step > 3)
    window.close()
    assert window.session._thread.isFinished()


def test_a_stop_rule_ends_the_run_with_a_sentence_and_play_goes_on(qtbot: QtBot, window: MainWindow) -> None:
    session, bar = window.session, window.transport
    session.set("training.stop.epochs", 3)
    click(qtbot, bar.play)
    qtbot.waitUntil(lambda: session.snapshot.stopped != "")
    assert session.state == "paused"
    assert session.snapshot.epoch == 3
    assert window.message.isVisible()
    assert window.message.text == "Stopped at epoch 3, the last one asked for."
    assert not bar.play.playing
    click(qtbot, bar.play)
    qtbot.waitUntil(lambda: session.snapshot.epoch > 3)
    assert not window.message.isVisible()
    click(qtbot, bar.play)


def test_early_stopping_is_told_even_after_a_single_step(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    session.set("training.stop.patience", 1)
    session.set("training.learning_rate", 3.0)
    for _ in range(30):
        before = session.snapshot.step
        session.step_epoch()
        qtbot.waitUntil(lambda before=before: session.snapshot.step > before)
        if session.snapshot.stopped:
            break
    assert "is back." in window.message.text
    assert window.message.isVisible()
    assert session.state == "paused"


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_the_training_settings_fit_on_a_small_screen(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, scale: float
) -> None:
    apply_theme(qapp, "dark", scale)
    button, session = window.transport.settings, window.session
    for name in SCHEDULES:
        session.set("training.schedule", Choice(name))
        click(qtbot, button)
        qapp.processEvents()
        size, body = button.popover.size(), button.popover.area.widget()
        room = button.popover.screen().availableGeometry()
        assert size.height() <= room.height()
        assert room.contains(button.popover.geometry())
        if scale == 1.0:
            assert button.popover.area.viewport().width() >= body.sizeHint().width()
            assert size.width() <= 700
            assert button.popover.area.verticalScrollBar().maximum() == 0
        button.popover.hide()


def test_the_popover_follows_what_is_chosen_in_it(qtbot: QtBot, qapp: QApplication, window: MainWindow) -> None:
    button, session = window.transport.settings, window.session
    session.set("training.schedule", Choice("plateau"))
    click(qtbot, button)
    body = button.popover.area.widget()
    qtbot.waitUntil(lambda: button.popover.area.height() == body.sizeHint().height() > 600)
    tall = button.popover.height()
    session.set("training.schedule", Choice("constant"))
    qtbot.waitUntil(lambda: button.popover.height() < tall)
    button.popover.hide()


def opened(qtbot: QtBot, settings: QSettings) -> MainWindow:
    window = open_window(Project(PRESETS["circle"].experiment), settings)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(50)
    return window


def left(window: MainWindow) -> None:
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()


@pytest.mark.parametrize("maximised", [False, True])
def test_panels_are_where_they_were_when_the_program_was_left(
    maximised: bool, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    application()
    settings = QSettings(str(tmp_path / "docks.ini"), QSettings.Format.IniFormat)
    window = opened(qtbot, settings)
    usual = window.docks.dock_of("landscape").width()
    window.docks.bring("slice")
    window.docks.resizeDocks([window.docks.dock_of("slice")], [usual + 120], Qt.Orientation.Horizontal)
    qtbot.wait(50)
    wide = window.docks.dock_of("slice").width()
    assert wide > usual + 60
    if maximised:
        window.docks.toggle_maximised(window.docks.dock_of("loss"))
    left(window)
    again = opened(qtbot, settings)
    assert again.docks.maximised is None
    assert again.docks.dock_of("slice").in_sight
    assert not again.docks.dock_of("landscape").in_sight
    assert abs(again.docks.dock_of("slice").width() - wide) <= 2
    left(again)


def test_places_of_other_panels_are_none_for_these(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    application()
    settings = QSettings(str(tmp_path / "docks.ini"), QSettings.Format.IniFormat)
    settings.setValue("docks", QByteArray(b"of an older version"))
    window = opened(qtbot, settings)
    assert all(dock.in_sight for dock in window.docks.in_front())
    assert window.docks.dock_of("network").width() > window.docks.dock_of("boundary").width()
    left(window)
