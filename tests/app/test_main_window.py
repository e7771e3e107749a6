"""The whole window, worked by mouse and keys as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.gui import application, open_window
from app.main_window import MainWindow
from app.theme import apply_theme, theme
from core.presets import PRESETS
from core.project import Project
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
    wild = change(change(wild, "training.loss", "mse"), "training.learning_rate", 900.0)
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
