"""The window: docks, menus and the wiring between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QMenuBar, QVBoxLayout, QWidget

from app.about import about, shortcuts
from app.docks import Docks, PanelDock
from app.files import Files
from app.panels.catalogue import CELLS, FIRST
from app.panels.panel import Panel
from app.probe_thread import Probe
from app.session import Session
from app.speed import SPEEDS
from app.theme import apply_theme, theme
from app.timeline import Timeline
from app.transport import TransportBar
from app.widgets.message import MessageLine
from app.widgets.tabbing import tab_through
from core.backend import BACKENDS
from core.presets import PRESETS
from core.trainer import Snapshot

PRESENTATION = 1.6

Entry = tuple[str, str, Callable[[], object]]
"""A menu's line: its text, its keys, and what it does; an empty text is a separator."""
_LINE: Entry = ("", "", lambda: None)


class MainWindow(QMainWindow):
    """Learnscape's window around one Session."""

    def __init__(self, session: Session, settings: QSettings | None = None) -> None:
        super().__init__()
        self.session = session
        self.settings = settings or QSettings()
        self.files = Files(self, session, self.settings)
        self.transport = TransportBar(session)
        self.message = MessageLine()
        self._told = ""
        self.menus = QMenuBar()
        self._head()
        self.docks = Docks(session, FIRST, CELLS)
        self.timeline = Timeline(session)
        self._foot()
        self._fill_menus()
        self._wire()
        self._title()
        self._order_tabs()

    def _head(self) -> None:
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.menus, self.transport, self.message):
            column.addWidget(widget)
        self.setMenuWidget(head)
        self.transport.play.setFocus()

    def _foot(self) -> None:
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.docks, 1)
        column.addWidget(self.timeline)
        self.setCentralWidget(whole)

    def all_panels(self) -> list[Panel]:
        """Every panel that has been made, in the order of the docks."""
        return [dock.panel for dock in self.docks.all() if dock.is_made]

    # menus

    def _fill_menus(self) -> None:
        session, files, speed = self.session, self.files, self.transport.speed
        file = self._menu(
            "&File",
            ("&Open…", "Ctrl+O", files.ask_open),
            ("&Save", "Ctrl+S", files.save),
            ("Save &as…", "Ctrl+Shift+S", files.ask_save_as),
            _LINE,
            ("&Quit", "Ctrl+Q", self.close),
        )
        opening, saving = file.actions()[:2]
        file.insertMenu(opening, self._presets_menu())
        file.insertMenu(saving, files.recent_menu)
        edit = self._menu("&Edit")
        undo, redo = (make(self, text) for make, text in self._undo_makers())
        undo.setShortcut(QKeySequence.StandardKey.Undo)
        redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        edit.addActions([undo, redo])
        self._menu(
            "&Run",
            ("&Play or pause", "F5", session.toggle),
            ("Step one &batch", "F6", session.step),
            ("Step one &epoch", "F7", session.step_epoch),
            ("&Reset to the same weights", "F8", session.reset),
            ("&New seed", "F9", session.new_seed),
            _LINE,
            ("Play &back", "Ctrl+P", self.timeline.toggle_replay),
            ("Re&member this moment…", "Ctrl+B", self.timeline.ask_name),
            ("Back to the ne&west moment", "Ctrl+End", partial(session.look_at, None)),
            _LINE,
            *((f"Device: {name.upper()}", "", partial(self.transport.device.choose, name)) for name in BACKENDS),
            _LINE,
            *((f"Speed: {title}", "", partial(speed.choose, key)) for key, (title, _) in SPEEDS.items()),
        )
        view = self._menu(
            "&View",
            ("&Light or dark", "F10", self.toggle_theme),
            ("&Presentation size", "F12", self.toggle_presentation),
            ("&Full screen", "F11", self.toggle_full_screen),
            _LINE,
            ("Put panels &back", "", self.docks.arrange),
            _LINE,
        )
        view.addActions([dock.toggleViewAction() for dock in self.docks.all()])
        self._menu(
            "&Help", ("&Keyboard", "F1", partial(shortcuts, self)), ("&About Learnscape", "", partial(about, self))
        )

    def _undo_makers(self) -> list[tuple[Callable[..., QAction], str]]:
        stack = self.session.undo_stack
        return [(stack.createUndoAction, "&Undo"), (stack.createRedoAction, "&Redo")]

    def _menu(self, title: str, *entries: Entry) -> QMenu:
        menu = self.menus.addMenu(title)
        for text, keys, call in entries:
            if not text:
                menu.addSeparator()
                continue
            action = menu.addAction(text)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda checked=False, call=call: call())
        return menu

    def _presets_menu(self) -> QMenu:
        menu = QMenu("&New from", self)
        menu.setToolTipsVisible(True)
        for preset in PRESETS.rows():
            action = menu.addAction(preset.title)
            action.setToolTip(preset.help)
            action.triggered.connect(lambda checked=False, name=preset.name: self.files.begin(name))
        return menu

    # wiring

    def _wire(self) -> None:
        session, transport = self.session, self.transport
        session.failed.connect(lambda text: self.message.show_message(text, "bad", [("Close", self._clear)]))
        session.run_changed.connect(self._run_changed)
        session.published.connect(self._published)
        session.edited.connect(lambda *_: self._title())
        session.file_changed.connect(self._title)
        session.undo_stack.cleanChanged.connect(lambda *_: self._title())
        transport.theme_requested.connect(self.toggle_theme)
        transport.presentation_requested.connect(self.toggle_presentation)
        transport.help_requested.connect(partial(shortcuts, self))

        for panel in self.all_panels():
            panel.header.controls_moved.connect(self._order_tabs)
        self.docks.made.connect(self._panel_made)

    def _panel_made(self, dock: PanelDock) -> None:
        dock.panel.header.controls_moved.connect(self._order_tabs)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Have Tab go from the top bar to each panel in turn."""
        panels = (part for panel in self.all_panels() for part in (panel.header, panel))
        tab_through(self.transport, *panels, self.timeline)

    def _title(self) -> None:
        name = self.files.name
        self.setWindowTitle(f"{name}[*] - Learnscape")
        self.setWindowModified(self.session.modified)
        self.transport.set_name(name, self.session.modified)

    def _clear(self) -> None:
        self.message.clear_message()

    def _published(self, snapshot: Snapshot) -> None:
        """Say which rule has ended the run, once."""
        if snapshot.stopped and snapshot.stopped != self._told:
            self.message.show_message(snapshot.stopped, "info", [("Close", self._clear)])
        elif self._told and not snapshot.stopped:
            self._clear()
        self._told = snapshot.stopped

    def _run_changed(self) -> None:
        self._clear()
        self._told = ""
        snapshot = self.session.snapshot
        if self.session.state != "diverged" or snapshot is None or snapshot.divergence is None:
            return
        wrong = snapshot.divergence
        self.message.show_message(
            f"Diverged at step {wrong.step} (epoch {wrong.epoch:.1f}) with a learning rate of {wrong.rate:g}: "
            "the loss is no longer a finite number. What you see is the last θ whose loss was.",
            "bad",
            [
                (f"Go back to epoch {wrong.back}", self.session.rewind),
                (f"Go on from there with half the rate, {wrong.base / 2:g}", self.session.halve_rate),
            ],
        )

    # looks

    def toggle_theme(self) -> None:
        """Change between light and dark."""
        self._look("light" if theme().dark else "dark", theme().scale)

    def toggle_presentation(self) -> None:
        """Change between the usual size and the one for the last row."""
        larger = theme().scale == 1.0
        if larger:
            self.docks.keep_sizes()
        self._look(theme().name, PRESENTATION if larger else 1.0)
        if not larger:
            QTimer.singleShot(0, self.docks, self.docks.give_sizes_back)

    def _look(self, name: str, scale: float) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, name, scale)
        self.settings.setValue("theme", name)

    def toggle_full_screen(self) -> None:
        """Change between a window and the whole screen."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def showEvent(self, event: QShowEvent) -> None:
        """Share the room out once there is some."""
        super().showEvent(event)
        if not event.spontaneous():
            QTimer.singleShot(0, self.docks, self.docks.share_out)

    def event(self, event: QEvent) -> bool:
        """Draw without the training thread in between."""
        if event.type() == QEvent.Type.UpdateRequest:
            with self.session.drawing():
                return super().event(event)
        return super().event(event)

    # the end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Offer to save what no file holds, then stop the threads."""
        if not self.files.may_leave():
            event.ignore()
            return
        self.settings.setValue("geometry", self.saveGeometry())
        for probe in self.findChildren(Probe):
            probe.stop()
        self.session.close()
        event.accept()
