"""Starts the application: one QApplication, one Session, one window."""

from __future__ import annotations

import os
import sys
import threading
from argparse import Namespace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtWidgets import QApplication

from app.faults import describe
from app.main_window import MainWindow
from app.session import Session
from app.theme import apply_theme
from core.engine.choice import PRECISIONS, prepare
from core.presets import FIRST, PRESETS
from core.project import Project, load
from core.tables import SpecError

SIZE = (1600, 1000)
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
"""What says that there is something to draw on."""


def application() -> QApplication:
    """The QApplication, made the way every part of this program needs it."""
    QCoreApplication.setOrganizationName("Learnscape")
    QCoreApplication.setApplicationName("Learnscape")
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setStyle("Fusion")
    return app


def open_window(project: Project, settings: QSettings | None = None) -> MainWindow:
    """A window on ``project``, not shown yet."""
    session = Session(project.experiment)
    window = MainWindow(session, settings)
    session.setParent(window)
    if project.state is not None:
        session.begin(project)
    return window


def fit_to_screen(window: MainWindow) -> None:
    """Give the window its usual size, or the screen's if that is smaller."""
    room = window.screen().availableGeometry()
    window.resize(min(SIZE[0], room.width()), min(SIZE[1], room.height()))
    frame = window.geometry()
    frame.moveCenter(room.center())
    window.setGeometry(frame)


def report_unexpected(window: MainWindow) -> None:
    """Have an exception that nobody caught end in a line at the top of the window, and on stderr."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        text = describe(error) if isinstance(error, SpecError) else f"Something went wrong: {kind.__name__}: {error}"
        window.session.failed.emit(text)

    sys.excepthook = hook


def prepare_engines() -> None:
    """Have the compiled engine made ready while the window is already in use; training changes over to it by itself."""

    def work() -> None:
        for precision in PRECISIONS:
            prepare(precision)

    threading.Thread(target=work, name="compile", daemon=True).start()


def no_display() -> str:
    """Why no window can be opened, in one sentence; empty where one can."""
    if not sys.platform.startswith("linux") or any(os.environ.get(name) for name in DISPLAYS):
        return ""
    return "There is no display to open a window on: 'learnscape demo --out shots' draws pictures without one."


def run(args: Namespace) -> int:
    """Open the window, on the file named on the command line if there is one; gives the exit code."""
    if problem := no_display():
        print(problem, file=sys.stderr)
        return 1
    try:
        path = Path(args.file) if args.file else None
        project = load(path) if path else Project(PRESETS[FIRST].experiment)
    except SpecError as error:
        print(f"learnscape: {error}", file=sys.stderr)
        return 2
    app = application()
    settings = QSettings()
    apply_theme(app, str(settings.value("theme", "light")))
    window = open_window(project, settings)
    window.session.path = path
    report_unexpected(window)
    geometry = settings.value("geometry")
    if not (geometry and window.restoreGeometry(geometry)):
        fit_to_screen(window)
    window.show()
    prepare_engines()
    return int(app.exec())
