"""The keyboard's window: every key that works is listed, where it works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLabel, QMenuBar, QScrollArea
from pytestqt.qtbot import QtBot

from app.about import in_columns, menu_places
from app.canvas import keyboard
from app.gui import application, open_window
from app.keys import PLACES, Place
from app.main_window import MainWindow
from app.theme import apply_theme
from core.presets import PRESETS
from core.project import Project

APP = Path(__file__).resolve().parents[2] / "app"
LISTENS = re.compile(r"def keyPressEvent|QEvent\.Type\.KeyPress|isinstance\([^)]*QKeyEvent")

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    application()
    apply_theme(qapp, "light")
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    window = open_window(Project(PRESETS["circle"].experiment), settings)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()


def written(dialog: QDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def test_every_shortcut_of_the_window_is_in_its_list(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    dialog = window.findChild(QDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    labels = written(dialog)
    listed = {keys for label in labels for keys in label.split(" or ")}
    sequences = [keys for action in window.findChildren(QAction) for keys in action.shortcuts()]
    sequences += [shortcut.key() for shortcut in window.findChildren(QShortcut)]
    assert len(sequences) >= 17
    for keys in sequences:
        assert keys.toString(QKeySequence.SequenceFormat.NativeText) in listed
    for place in PLACES:
        assert place.title in labels
        for keys, what in place.lines:
            assert labels[labels.index(what) - 1] == keys or labels.count(what) > 1
    area = dialog.findChild(QScrollArea)
    room = window.screen().availableGeometry()
    assert area is not None
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    assert area.horizontalScrollBar().maximum() == 0
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    qtbot.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Close), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.findChildren(QDialog))


def test_the_button_opens_the_same(qtbot: QtBot, window: MainWindow) -> None:
    window.transport.help_requested.emit()
    dialog = window.findChild(QDialog)
    assert dialog is not None
    assert {"Run", "F5", "Play or pause"} <= set(written(dialog))
    dialog.close()


def test_menus_within_menus_are_listed(qtbot: QtBot) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    outer = bar.addMenu("&Outer")
    outer.addMenu("&Inner").addAction("&Do it…").setShortcut(QKeySequence("Ctrl+D"))
    bar.addMenu("Without keys").addAction("Nothing")
    assert list(menu_places([bar])) == [Place("Outer", (("Ctrl+D", "Do it"),))]


def test_whatever_listens_to_keys_has_a_place() -> None:
    listening = {
        ".".join(path.relative_to(APP).with_suffix("").parts)
        for path in APP.rglob("*.py")
        if LISTENS.search(path.read_text(encoding="utf-8"))
    }
    named = [module for place in PLACES for module in place.modules]
    assert len(named) == len(set(named))
    assert set(named) == listening


def test_the_canvas_has_all_of_its_keys() -> None:
    (place,) = [place for place in PLACES if "canvas.canvas" in place.modules]
    said = " ".join(keys for keys, _ in place.lines)
    names = {
        Qt.Key.Key_Return: "Enter", Qt.Key.Key_Backspace: "Delete", Qt.Key.Key_Delete: "Delete",
        **{Qt.Key(Qt.Key.Key_2.value + index): "1 … 8" for index in range(6)},
    }  # fmt: skip
    for key in keyboard._PLAIN:
        assert names.get(key, QKeySequence(key).toString()) in said


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_columns_keep_the_order_and_are_about_as_high(columns: int) -> None:
    parts = in_columns(PLACES, columns)
    assert [place for part in parts for place in part] == list(PLACES)
    assert len(parts) <= columns
    heights = [sum(len(place.lines) + 2 for place in part) for part in parts]
    highest = max(len(place.lines) + 2 for place in PLACES)
    assert max(heights) <= sum(heights) / columns + highest
