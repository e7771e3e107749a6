"""Opening and saving from the window: dialogs, recent files, and asking before anything is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from app.session import Session
from core.presets import PRESETS
from core.project import Project, ProjectError

FILTER = "Learnscape experiments (*.json);;All files (*)"
RECENT = 8
"""Files the menu remembers."""


class Files(QObject):
    """What the File menu does."""

    def __init__(self, window: QWidget, session: Session, settings: QSettings) -> None:
        super().__init__(window)
        self.window, self.session, self.settings = window, session, settings
        self.recent_menu = QMenu("Open &recent", window)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        self._fill_recent()

    @property
    def name(self) -> str:
        """What the window calls what is open: its file's name, or the experiment's where there is none."""
        return self.session.path.stem if self.session.path else self.session.experiment.name

    def begin(self, preset: str) -> None:
        """Start anew from a preset, after asking about unsaved edits."""
        if self.may_leave():
            self.session.begin(Project(PRESETS[preset].experiment))

    def ask_open(self) -> None:
        """Ask for a file, and open it."""
        path, _ = QFileDialog.getOpenFileName(self.window, "Open an experiment", self.folder, FILTER)
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> bool:
        """Open ``path``, asking about unsaved edits; where it cannot be, says why and keeps what is there."""
        if not self.may_leave():
            return False
        try:
            self.session.open(path)
        except ProjectError as error:
            self.session.failed.emit(str(error))
            return False
        self._remember(path)
        return True

    def save(self) -> bool:
        """Save to the file this came from, or ask for one."""
        return self._save(self.session.path) if self.session.path else self.ask_save_as()

    def ask_save_as(self) -> bool:
        """Ask for a file, and save to it."""
        start = self.session.path or Path(self.folder) / f"{self.session.experiment.name}.json"
        path, _ = QFileDialog.getSaveFileName(self.window, "Save the experiment", str(start), FILTER)
        if not path:
            return False
        return self._save(Path(path) if Path(path).suffix else Path(path).with_suffix(".json"))

    def _save(self, path: Path) -> bool:
        try:
            self.session.save(path)
        except ProjectError as error:
            self.session.failed.emit(str(error))
            return False
        self._remember(path)
        return True

    def may_leave(self) -> bool:
        """Whether what is open may go: it is saved, or the person says so."""
        if not self.session.modified:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self.window,
            "Unsaved changes",
            f"Save the changes to “{self.name}”?",
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        return answer == buttons.Discard or (answer == buttons.Save and self.save())

    @property
    def folder(self) -> str:
        """Where the last file was; home where there was none."""
        recent = self._recent()
        return str(Path(recent[0]).parent) if recent else str(Path.home())

    def _recent(self) -> list[str]:
        stored: Any = self.settings.value("recent", [])
        names: list[str] = [stored] if isinstance(stored, str) else list(stored or [])
        return [name for name in names if Path(name).is_file()]

    def _remember(self, path: Path) -> None:
        name = str(path.resolve())
        self.settings.setValue("recent", [name, *(other for other in self._recent() if other != name)][:RECENT])
        self._fill_recent()

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for name in self._recent():
            action = self.recent_menu.addAction(Path(name).name)
            action.setToolTip(name)
            action.triggered.connect(lambda checked=False, name=name: self.open(Path(name)))
        self.recent_menu.setEnabled(not self.recent_menu.isEmpty())
