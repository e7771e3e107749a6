"""The menu bar: all of its menus in one table of lines, actions and menus within."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from app.about import about, shortcuts
from app.export.menu import export_menu
from app.number_menu import NumberMenu
from app.speed import SPEEDS
from core.backend import BACKENDS
from core.examples import EXAMPLES
from core.presets import PRESETS

if TYPE_CHECKING:
    from app.main_window import MainWindow

Line = tuple[str, str, Callable[[], object]]
"""What it says, its keys, and what it does."""
RULE = None
Entry = Line | QAction | QMenu | None


class Menus(QMenuBar):
    """Every menu of a window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        for title, entries in _table(window):
            fill(self.addMenu(title), entries)


def fill(menu: QMenu, entries: Iterable[Entry]) -> None:
    """Put entries at the end of a menu."""
    for entry in entries:
        if entry is RULE:
            menu.addSeparator()
        elif isinstance(entry, QMenu):
            menu.addMenu(entry)
        elif isinstance(entry, QAction):
            menu.addAction(entry)
        else:
            text, keys, call = entry
            action = menu.addAction(text)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda checked=False, call=call: call())


def _table(window: MainWindow) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """Each menu's title and entries, left to right."""
    files = window.files
    return (
        (
            "&File",
            (
                new_menu(window),
                ("&Open…", "Ctrl+O", files.ask_open),
                files.recent_menu,
                ("&Save", "Ctrl+S", files.save),
                ("Save &as…", "Ctrl+Shift+S", files.ask_save_as),
                RULE,
                export_menu(window),
                RULE,
                ("&Quit", "Ctrl+Q", window.close),
            ),
        ),
        ("&Edit", _undo_and_redo(window)),
        ("&Run", _run(window)),
        ("&View", _view(window)),
        ("&Help", (("&Keyboard", "F1", partial(shortcuts, window)), ("&About Learnscape", "", partial(about, window)))),
    )


def _undo_and_redo(window: MainWindow) -> tuple[Entry, ...]:
    stack = window.session.undo_stack
    undo, redo = stack.createUndoAction(window, "&Undo"), stack.createRedoAction(window, "&Redo")
    undo.setShortcut(QKeySequence.StandardKey.Undo)
    redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
    return undo, redo


def _run(window: MainWindow) -> tuple[Entry, ...]:
    session, timeline, transport = window.session, window.timeline, window.transport
    return (
        ("&Play or pause", "F5", session.toggle),
        ("Step one &batch", "F6", session.step),
        ("Step one &epoch", "F7", session.step_epoch),
        ("&Reset to the same weights", "F8", session.reset),
        ("&New seed", "F9", session.new_seed),
        RULE,
        ("Play &back", "Ctrl+P", timeline.toggle_replay),
        ("Re&member this moment…", "Ctrl+B", timeline.ask_name),
        ("Back to the ne&west moment", "Ctrl+End", partial(session.look_at, None)),
        RULE,
        *((f"Device: {name.upper()}", "", partial(transport.device.choose, name)) for name in BACKENDS),
        RULE,
        *((f"Speed: {title}", "", partial(transport.speed.choose, key)) for key, (title, _) in SPEEDS.items()),
    )


def _view(window: MainWindow) -> tuple[Entry, ...]:
    return (
        ("&Light or dark", "F10", window.toggle_theme),
        ("&Presentation size", "F12", window.toggle_presentation),
        ("&Full screen", "F11", window.toggle_full_screen),
        NumberMenu(parent=window),
        RULE,
        ("Put panels &back", "", window.docks.arrange),
        RULE,
        *(dock.toggleViewAction() for dock in window.docks.all()),
    )


def new_menu(window: MainWindow) -> QMenu:
    """What can be begun with: the presets, then the examples that are worked through by hand."""
    menu = QMenu("&New from", window)
    menu.setToolTipsVisible(True)
    for preset in PRESETS.rows():
        action = menu.addAction(preset.title, partial(window.files.begin, preset.name))
        action.setToolTip(preset.help)
    menu.addSeparator()
    for example in EXAMPLES.rows():
        action = menu.addAction(f"By hand: {example.title}", partial(window.begin_example, example))
        action.setToolTip(example.help)
    return menu
