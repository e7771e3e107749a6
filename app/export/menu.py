"""What the File menu and the panels' own menus offer to save: pictures, the history, an animation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.docks import PanelDock
from app.export.encoders import FORMATS
from app.export.film import Film, Plan
from app.export.forms import FilmChoice, FilmForm, PictureChoice, PictureForm
from app.export.picture import render
from app.export.progress import ProgressLine
from app.export.stage import Cast
from app.numbers import count, epochs
from app.probe_thread import Probe
from app.widgets.message import Kind
from app.widgets.popover import Popover
from core.export import write_history
from core.project import ProjectError

if TYPE_CHECKING:
    from app.main_window import MainWindow

_PRESENT = "present"
"""What the run that goes on is called in a table of several."""


def export_menu(window: MainWindow) -> QMenu:
    """The menu "Export" of ``window``, which also answers its panels' wish for a picture."""
    return Exports(window).menu()


class Exports(QObject):
    """Asks what is wanted, has it made, and says in the window's message line what came of it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window, self.session = window, window.session
        self.picture, self.animation = PictureChoice(), FilmChoice()
        self.film: Film | None = None
        self._said = ""
        self.progress = ProgressLine()
        self.progress.cancelled.connect(self.cancel)
        head = window.menuWidget()
        layout = None if head is None else head.layout()
        assert layout is not None
        layout.addWidget(self.progress)
        self._writer = Probe(self)
        self._writer.answered.connect(self._say)
        self._writer.failed.connect(lambda text: self._say(text.partition(": ")[2], "bad"))
        for dock in window.docks.all():
            if dock.is_made:
                self._listen(dock)
        window.docks.made.connect(self._listen)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window that closes takes the animation with it."""
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.cancel()
        return super().eventFilter(watched, event)

    def menu(self) -> QMenu:
        """Export picture of, history, animation."""
        menu = QMenu("E&xport", self.window)
        pictures = menu.addMenu("&Picture of")
        pictures.addAction("The whole &window…", partial(self.ask_picture, self.window, "the window"))
        pictures.addSeparator()
        for dock in self.window.docks.all():
            pictures.addAction(f"{dock.entry.title}…", partial(self.ask_panel, dock))
        menu.addAction("&History as a table (CSV)…", self.ask_history)
        menu.addAction("&Animation of the run…", self.ask_animation)
        return menu

    def _listen(self, dock: PanelDock) -> None:
        dock.panel.picture_requested.connect(lambda: self.ask_panel(dock))

    # pictures

    def ask_panel(self, dock: PanelDock) -> None:
        """Ask how a picture of a panel is to be; one that nobody sees is first brought to the front."""
        if not dock.panel.is_watched:
            self.window.docks.bring(dock.entry.key)
        self.ask_picture(dock.panel, dock.entry.title)

    def ask_picture(self, widget: QWidget, title: str) -> PictureForm:
        """Ask how a picture of ``widget`` is to be, and save it."""
        area = widget.size()
        panel = widget is not self.window
        high = area.height() + (self._header(widget) if panel else 0)
        form = PictureForm(self.window, title, self.picture, (area.width(), high), panel)
        form.accepted.connect(lambda: self._ask_path_of_picture(widget, title, form.size_chosen))
        self._open(form, widget)
        return form

    def _header(self, panel: Any) -> int:
        return int(panel.header.height())

    def _ask_path_of_picture(self, widget: QWidget, title: str, size: tuple[int, int]) -> None:
        ending = "." + self.picture.format.lower()
        path = self._ask_path(f"Save picture of {title}", f"{self.window.files.name} {title}", ending)
        if path is not None:
            self.save_picture(widget, path, size)

    def save_picture(self, widget: QWidget, path: Path, size: tuple[int, int]) -> None:
        """Write a picture as chosen last, and say so."""
        if self._said and self.window.message.text == self._said:
            self.window.message.clear_message()  # what is said of the last picture does not belong in this one
        choice = self.picture
        self._try(
            lambda: render(widget, path, size, choice.scale, choice.look, self._moment()),
            f"The picture is in {path}.",
        )

    def _moment(self) -> str:
        shown = self.session.snapshot
        name = self.window.files.name
        return name if shown is None else f"{name}, epoch {epochs(shown.epoch)}"

    # the history

    def ask_history(self) -> None:
        """Ask for a file, and write the run's record to it, and those of the runs kept."""
        path = self._ask_path("Export the history", f"{self.window.files.name} history", ".csv")
        if path is not None:
            self.save_history(path)

    def save_history(self, path: Path) -> None:
        """Write the records, on a thread of its own."""
        newest = self.session.past.newest
        if newest is not None:
            runs = [(kept.name, kept.snapshot) for kept in self.session.runs]
            self._writer.ask(_write_history, path, [*runs, (_PRESENT, newest)])

    # the animation

    def ask_animation(self) -> FilmForm | None:
        """Ask what an animation is to show, and make it; None, and a sentence, where there is nothing to show yet."""
        newest = self.session.past.newest
        moments = [] if newest is None else newest.history.moments()
        if self.film is not None or len(moments) < 2:
            busy = "An animation is being made: wait for it, or cancel it."
            self._say(busy if self.film is not None else "Train first: an animation shows how a run went on.")
            return None
        panels = [(dock.entry.key, dock.entry.title) for dock in self.window.docks.all()]
        form = FilmForm(self.window, self.animation, panels, moments)
        form.accepted.connect(lambda: self._ask_path_of_animation(form.moments_chosen))
        self._open(form, self.window)
        return form

    def _ask_path_of_animation(self, moments: list[Any]) -> None:
        ending = FORMATS[self.animation.format].ending
        path = self._ask_path("Save the animation", self.window.files.name, ending)
        if path is not None:
            self.save_animation(path, moments)

    def save_animation(self, path: Path, moments: list[Any]) -> None:
        """Begin to make an animation as chosen last; training may go on meanwhile."""
        if not path.parent.is_dir():
            self._say(f"There is no folder {path.parent}: choose one to write the animation to.", "bad")
            return
        choice, docks = self.animation, self.window.docks
        casts = [Cast(dock.entry, dock.panel if dock.is_made else None) for dock in map(docks.dock_of, choice.panels)]
        plan = Plan(moments, choice.fps, choice.size, format=choice.format)
        self.film = Film(self.session, casts, plan, path, self)
        self.film.progressed.connect(partial(self.progress.show_share, f"Animation {path.name}"))
        self.film.finished.connect(lambda path: self._filmed(f"The animation is in {path}.", "info"))
        self.film.failed.connect(lambda text: self._filmed(text, "bad"))
        self.film.cancelled.connect(lambda: self._filmed("The animation was cancelled; nothing was written.", "info"))
        self.progress.show_share(f"Animation {path.name}", 0, len(moments))

    def cancel(self) -> None:
        """Give up the animation that is being made."""
        if self.film is not None:
            self.film.cancel()

    def _filmed(self, text: str, kind: Kind) -> None:
        film, self.film = self.film, None
        if film is not None:
            film.deleteLater()
        self.progress.hide()
        self._say(text, kind)

    # what they share

    def _open(self, form: Popover, widget: QWidget) -> None:
        """Open a form at the upper right corner of what it is about."""
        place = widget.mapToGlobal(QPoint(widget.width(), 0))
        form.open_at(place)

    def _ask_path(self, title: str, name: str, ending: str) -> Path | None:
        kind = f"{ending[1:].upper()} (*{ending})"
        start = str(Path(self.window.files.folder) / f"{name}{ending}")
        path, _ = QFileDialog.getSaveFileName(self.window, title, start, kind)
        if not path:
            return None
        return Path(path) if path.lower().endswith(ending) else Path(path + ending)

    def _try(self, make: Callable[[], object], done: str) -> None:
        try:
            make()
        except (ProjectError, ValueError) as error:
            self._say(str(error), "bad")
        else:
            self._say(done)

    def _say(self, text: str, kind: Kind = "info") -> None:
        message, self._said = self.window.message, text
        message.show_message(text, kind, [("Close", message.clear_message)])


def _write_history(path: Path, runs: list[Any]) -> str:
    rows = write_history(path, runs)
    several = f" of {count(len(runs))} runs" if len(runs) > 1 else ""
    return f"{count(rows)} records{several} are in {path}, numbers with a decimal dot."
