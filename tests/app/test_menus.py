"""The menu bar's newer lines, the format of numbers, worked examples, and why a run diverged, in the whole window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.gui import application, open_window
from app.main_window import MainWindow
from app.number_format import NumberFormat, number_format
from app.number_menu import set_number_format
from app.theme import apply_theme
from app.widgets.value_field import ValueField
from core.examples import EXAMPLES
from core.presets import PRESETS
from core.project import Project
from core.spec import Choice, change

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, settings: QSettings) -> Iterator[MainWindow]:
    application()
    apply_theme(qapp, "light")
    window = open_window(Project(PRESETS["circle"].experiment), settings)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: window.session.snapshot is not None)
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()
    set_number_format(NumberFormat())


def submenu(window: MainWindow, title: str, within: str) -> QMenu:
    top = next(action.menu() for action in window.menus.actions() if action.text() == title)
    assert isinstance(top, QMenu)
    found = next(action.menu() for action in top.actions() if action.text() == within)
    assert isinstance(found, QMenu)
    return found


def choose(menu: QMenu, text: str) -> None:
    """Click a line of a menu."""
    menu.popup(QPoint(5, 5))
    line: QAction = next(action for action in menu.actions() if action.text() == text)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(line).center())
    menu.close()


def test_every_menu_is_there_with_its_keys(window: MainWindow) -> None:
    titles = [action.text() for action in window.menus.actions()]
    assert titles == ["&File", "&Edit", "&Run", "&View", "&Help"]
    keys = [
        action.shortcut().toString()
        for menu in window.menus.actions()
        for action in menu.menu().actions()  # type: ignore[attr-defined]
        if not action.shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys))
    assert {"Ctrl+O", "Ctrl+S", "Ctrl+Q", "Ctrl+Z", "F5", "F8", "F10", "F11", "F12", "F1"} <= set(keys)


def test_the_format_of_numbers_is_in_force_at_once_and_kept(
    qtbot: QtBot, window: MainWindow, settings: QSettings
) -> None:
    menu = submenu(window, "&View", "&Numbers")
    loss = window.docks.bring("loss")
    qtbot.waitUntil(lambda: "train" in loss.status)
    assert "." in loss.status
    choose(menu, "Decimal comma")
    qtbot.waitUntil(lambda: "," in loss.status.split("·")[1])  # the first says when
    choose(menu, "2 digits")
    assert number_format() == NumberFormat(2, ",")
    assert settings.value("numbers") == "2,"
    fields = [field.text() for field in window.transport.findChildren(ValueField)]
    assert "0,05" in fields
    set_number_format(NumberFormat())
    settings.setValue("numbers", "3,")
    other: Any = open_window(Project(PRESETS["circle"].experiment), settings)
    assert number_format() == NumberFormat(3, ",")
    other.close()
    other.deleteLater()


def test_examples_are_begun_from_the_menu_with_by_hand_in_front(qtbot: QtBot, window: MainWindow) -> None:
    menu = submenu(window, "&File", "&New from")
    texts = [action.text() for action in menu.actions()]
    rule = texts.index("")
    assert texts[:rule] == [row.title for row in PRESETS.rows()]
    assert texts[rule + 1 :] == [f"By hand: {row.title}" for row in EXAMPLES.rows()]
    before = window.session.experiment
    choose(menu, "By hand: Perceptron")
    row = EXAMPLES["perceptron"]
    assert window.session.experiment == row.experiment
    assert window.session.picked == 0
    assert window.docks.dock_of("by_hand").in_sight
    qtbot.waitUntil(lambda: np.array_equal(window.session.snapshot.theta, row.theta))
    window.session.undo_stack.undo()
    assert window.session.experiment == before


def test_a_neuron_clicked_in_the_network_is_the_one_worked_through(qtbot: QtBot, window: MainWindow) -> None:
    panel, hand = window.docks.bring("network"), window.docks.bring("by_hand")
    window.session.pick(0)
    window.docks.bring("network")
    picture = panel.picture  # type: ignore[attr-defined]
    at = picture.tile_rect(1, 2).center().toPoint()
    QTest.mouseMove(picture, at)
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=at)
    panel.editor.close()  # type: ignore[attr-defined]
    assert (hand._focus.layer, hand._focus.unit) == (0, 2)  # type: ignore[attr-defined]


def test_a_divergence_says_why(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    wild = change(session.experiment, "network.output.activation", "linear")
    wild = change(change(wild, "training.loss", Choice("mse")), "training.learning_rate", 900.0)
    wild = change(wild, "training.optimizer", Choice("sgd"))
    wild = change(wild, "network.layers", tuple(change(layer, "activation", "relu") for layer in wild.network.layers))
    session.edit("Wild", wild)
    session.play()
    qtbot.waitUntil(lambda: session.state == "diverged")
    qtbot.waitUntil(lambda: "each step overshot further" in window.message.text, timeout=20_000)
    assert window.message.text.startswith("Diverged at step")
    assert len(window.message.buttons) >= 2
    session.rewind()
    qtbot.waitUntil(lambda: session.state != "diverged")
    assert "overshot" not in window.message.text
