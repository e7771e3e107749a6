"""The demo: the real window trains a preset, and pictures of it are written to a folder."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QMessageLogContext, QSettings, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.gui import application, open_window
from app.main_window import MainWindow
from app.theme import apply_theme
from core.engine.choice import prepare
from core.presets import FIRST, PRESETS, seeded
from core.project import Project
from core.report import report

PATIENCE = 120.0
"""Seconds the pictures may take to settle after training."""


def run(args: Namespace) -> int:
    """Train in the window and write window.png, a picture of each panel and report.json; gives the exit code.

    With ``args.readme`` it writes the pictures of the README instead.
    """
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    app = begin()
    if args.readme:
        from app.gallery import write_all

        write_all(app, out)
        return 0
    apply_theme(app, args.theme)
    preset = PRESETS[args.dataset or FIRST]
    prepare(preset.experiment.training.precision, lambda text: print(text, file=sys.stderr))
    settings = QSettings(str(out / "settings.ini"), QSettings.Format.IniFormat)
    window = open_window(Project(seeded(preset.experiment, args.seed)), settings)
    window.resize(*args.size)
    window.show()
    train(app, window, args.epochs or preset.epochs)
    settle(app, window)
    _write(app, window, out, preset.name)
    window.session.undo_stack.setClean()
    window.close()
    settings.clear()
    Path(settings.fileName()).unlink(missing_ok=True)
    return 0


def begin() -> QApplication:
    """The application, without a screen where there is none."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    qInstallMessageHandler(_message)
    return application()


def _message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Qt's messages on stderr, but for the offscreen platform's remark that it has no window manager."""
    if "This plugin does not support" not in text:
        print(text, file=sys.stderr)


def _wait(app: QApplication, done: Callable[[], bool], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not done() and time.monotonic() < end:
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.002)


def train(app: QApplication, window: MainWindow, epochs: int) -> None:
    """Train in the window until the end of so many epochs."""
    session = window.session
    window.transport.speed.choose("full")
    session.play(until=epochs)
    _wait(app, lambda: session.state != "running", patience=3600.0)


def settle(app: QApplication, window: MainWindow) -> None:
    """Wait until every panel shows the θ that training ended with, in its finest drawing."""
    quiet_since = [time.monotonic()]

    def quiet() -> bool:
        if any(panel.busy for panel in window.all_panels()):
            quiet_since[0] = time.monotonic()
        return time.monotonic() - quiet_since[0] > 0.5

    _wait(app, quiet)


def _write(app: QApplication, window: MainWindow, out: Path, dataset: str) -> None:
    window.grab().save(str(out / "window.png"))
    for dock in window.docks.all():
        window.docks.bring(dock.entry.key)
        settle(app, window)
        dock.grab().save(str(out / f"{dock.entry.key}.png"))
    told = window.session.with_trainer(lambda trainer: report(trainer, dataset))
    (out / "report.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
