"""The two windows of the Help menu: what this program is, and which keys work it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QMenu, QVBoxLayout, QWidget

from app.canvas.tools import TOOLS
from app.theme import theme, tokens
from app.widgets.label import Label

CANVAS_KEYS = (
    *((tool.shortcut, f"{tool.title} on the canvas") for tool in TOOLS.rows()),
    ("1 … 8", "Class to draw with"),
    ("Arrows, Enter", "Move the crosshair on the canvas, and place a point"),
    ("Delete", "Remove the selected points"),
    ("Tab", "Next control"),
)
"""Keys that no menu shows."""


def program_version() -> str:
    """The installed version, or "0" where the program runs without being installed."""
    try:
        return version("learnscape")
    except PackageNotFoundError:
        return "0"


def about(parent: QWidget) -> None:
    """Say what this is, and with what it runs."""
    lines = (
        "Draw data, build a network, watch it learn.",
        f"Version {program_version()} · Python {platform.python_version()} · Qt {qVersion()} · NumPy {np.__version__}",
        "Free software under the MIT licence.",
    )
    dialog, column = _dialog(parent, "About Learnscape")
    column.addWidget(Label("Learnscape", 28, semibold=True))
    for line in lines:
        column.addWidget(Label(line))
    _finish(dialog, column)


def shortcuts(parent: QWidget) -> None:
    """List every key, as the menus have them."""
    dialog, column = _dialog(parent, "Keyboard")
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme().px(tokens.GROUP))
    rows = [*_keys(parent.findChildren(QMenu)), *CANVAS_KEYS]
    for row, (keys, what) in enumerate(rows):
        grid.addWidget(Label(keys, semibold=True), row, 0, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(Label(what), row, 1)
    column.addLayout(grid)
    _finish(dialog, column)


def _keys(menus: list[QMenu]) -> Iterator[tuple[str, str]]:
    for menu in menus:
        for action in menu.actions():
            keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
            if keys:
                yield " or ".join(keys), action.text().replace("&", "").rstrip("…")


def _dialog(parent: QWidget, title: str) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    column = QVBoxLayout(dialog)
    pad = theme().px(2 * tokens.PADDING)
    column.setContentsMargins(pad, pad, pad, pad)
    column.setSpacing(theme().px(tokens.GAP))
    return dialog, column


def _finish(dialog: QDialog, column: QVBoxLayout) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    column.addWidget(buttons)
    dialog.open()
