"""The window: docks, menus and the wiring between them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from app.about import shortcuts
from app.by_hand.beginning import begin_example
from app.docks import Docks, PanelDock
from app.files import Files
from app.menus import Menus
from app.number_format import NumberFormat, number_format
from app.number_menu import number_events, set_number_format
from app.numbers import epochs, number
from app.panels.catalogue import CELLS, FIRST
from app.panels.panel import Panel
from app.panels.sharpness_words import why_diverged
from app.probe_thread import Probe
from app.rate_hint import RateHint
from app.session import Session
from app.theme import apply_theme, theme
from app.timeline import Timeline
from app.transport import TransportBar
from app.widgets.message import MessageLine
from app.widgets.tabbing import tab_through
from app.widgets.value_field import ValueField
from core.examples import Example
from core.trainer import Snapshot

PRESENTATION = 1.6


class MainWindow(QMainWindow):
    """Learnscape's window around one Session."""

    def __init__(self, session: Session, settings: QSettings | None = None) -> None:
        super().__init__()
        self.session = session
        self._placed = False
        self.settings = settings or QSettings()
        set_number_format(NumberFormat.read(self.settings.value("numbers", "")))
        self.files = Files(self, session, self.settings)
        self.transport = TransportBar(session)
        self.message = MessageLine()
        self.hint = RateHint(session, self.message)
        self._told = ""
        self._reason = Probe(self)
        self._diverged = ""
        self.docks = Docks(session, FIRST, CELLS)
        self.timeline = Timeline(session)
        self._foot()
        head = self._head()
        # The menus ask for the room below them, where the export's progress is shown.
        self.menus = Menus(self)
        head.insertWidget(0, self.menus)
        self._wire()
        self._title()
        self._order_tabs()

    def _head(self) -> QVBoxLayout:
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.transport, self.message):
            column.addWidget(widget)
        self.setMenuWidget(head)
        self.transport.play.setFocus()
        return column

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

    def begin_example(self, example: Example) -> None:
        """Begin a worked example, with the panel that works through it in front."""
        begin_example(self.session, example)
        self.docks.bring("by_hand")

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
        self._reason.answered.connect(self._reasoned)
        number_events().changed.connect(self._write_anew)

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
        self._diverged = (
            f"Diverged at step {wrong.step} (epoch {epochs(wrong.epoch)}) with a learning rate of "
            f"{number(wrong.rate)}: the loss is no longer a finite number. What you see is the last θ whose loss was."
        )
        self._say_diverged()
        self._reason.ask(why_diverged, snapshot)

    def _say_diverged(self, reason: str = "") -> None:
        """Say that training has diverged, and both ways back."""
        snapshot = self.session.snapshot
        if snapshot is None or snapshot.divergence is None:
            return
        wrong = snapshot.divergence
        ways = [
            (f"Go back to epoch {wrong.back}", self.session.rewind),
            (f"Go on from there with half the rate, {number(wrong.base / 2)}", self.session.halve_rate),
        ]
        self.message.show_message(f"{self._diverged} {reason}".rstrip(), "bad", ways)

    def _reasoned(self, reason: str) -> None:
        """Add why, if that is still what is said."""
        if reason and self.session.state == "diverged" and self.message.text == self._diverged:
            self._say_diverged(reason)

    # looks

    def _write_anew(self) -> None:
        """Write every number in the format now in force, and keep that."""
        self.settings.setValue("numbers", number_format().written())
        for field in self.findChildren(ValueField):
            field.set_value(field.value)
        if self.session.snapshot is not None:
            self.session.published.emit(self.session.snapshot)
        for widget in self.findChildren(QWidget):
            widget.update()

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
        """Put the panels where they were when the program was left, once there is room."""
        super().showEvent(event)
        if not self._placed:
            self._placed = True
            QTimer.singleShot(0, self.docks, lambda: self.docks.put(self.settings.value("docks")))

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
        self.settings.setValue("docks", self.docks.places())
        for probe in self.findChildren(Probe):
            probe.stop()
        self.session.close()
        event.accept()
