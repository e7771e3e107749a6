"""The pictures of the README: a table of what each shows, and taking them, small enough to be kept with the sources."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from app.demo import settle, train
from app.export.laying import Look
from app.export.picture import content
from app.gui import open_window
from app.main_window import MainWindow
from app.theme import apply_theme
from core.engine.choice import prepare
from core.examples import EXAMPLES
from core.presets import FIRST, PRESETS
from core.project import Project

MOST_BYTES = 300_000
"""Of a picture; one that takes more gets along with ``COLOURS``, and dots of them for the colours between."""
COLOURS = 256


@dataclass(frozen=True)
class Shot:
    """A picture: the preset and its epochs, the panel (none: the window), how it is posed, the colours, the size."""

    file: str
    panel: str = ""
    pose: Callable[[MainWindow, Any], object] = lambda window, panel: None
    theme: str = "light"
    preset: str = FIRST
    epochs: int = 500
    size: tuple[int, int] = (1600, 1000)


def _valley(window: MainWindow, landscape: Any) -> None:
    landscape.choose("path")
    landscape.three.setChecked(True)


def _chain_rule(window: MainWindow, by_hand: Any) -> None:
    window.begin_example(EXAMPLES["pass"])
    by_hand.go_to(len(by_hand.phases) - 2)


def _all_layers(window: MainWindow, representation: Any) -> None:
    if not representation.all.isChecked():
        representation.all.click()


def _next_step(window: MainWindow, cut: Any) -> None:
    cut.choose("step")


SHOTS: tuple[Shot, ...] = (
    Shot("window-light.png"),
    Shot("window-dark.png", theme="dark"),
    Shot("landscape.png", "landscape", _valley, preset="moons", epochs=100, size=(1080, 720)),
    Shot("by-hand.png", "by_hand", _chain_rule, preset="circle", epochs=1, size=(940, 720)),
    Shot("representation.png", "representation", _all_layers, preset="spiral-2", size=(1200, 480)),
    Shot("step-slice.png", "slice", _next_step, preset="moons", epochs=4, size=(1080, 600)),
)


def write_all(app: QApplication, folder: Path) -> None:
    """Take every picture, and write it into ``folder``."""
    for shot in SHOTS:
        (folder / shot.file).write_bytes(kept_small(taken(app, shot)))


def taken(app: QApplication, shot: Shot) -> bytes:
    """The picture as a PNG: from a window of its own, in which the preset has trained."""
    apply_theme(app, shot.theme)
    experiment = PRESETS[shot.preset].experiment
    prepare(experiment.training.precision)
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = open_window(Project(experiment), settings)
        window.resize(*SHOTS[0].size)
        window.show()
        try:
            train(app, window, shot.epochs)
            picture: Any = window
            if shot.panel:
                picture = window.docks.bring(shot.panel)
                window.docks.toggle_maximised(window.docks.dock_of(shot.panel))  # asks for what a large picture needs
                settle(app, window)
                shot.pose(window, picture)
            settle(app, window)
            return content(picture, ".png", shot.size, 1.0, Look(shot.theme))
        finally:
            window.session.undo_stack.setClean()
            window.close()
            window.deleteLater()
            settings.clear()


def kept_small(png: bytes) -> bytes:
    """The same picture, in ``COLOURS`` colours if it takes more than ``MOST_BYTES`` otherwise."""
    if len(png) <= MOST_BYTES:
        return png
    image = Image.open(io.BytesIO(png)).convert("RGB")
    palette = image.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    out = io.BytesIO()
    image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(out, "PNG", optimize=True)
    return out.getvalue()
