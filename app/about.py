"""The two windows of the Help menu: what this program is, and which keys work it."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from PySide6.QtCore import QObject, QSize, Qt, qVersion
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QMenuBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.keys import PLACES, Line, Place
from app.theme import theme, tokens
from app.version import program_version
from app.widgets.label import Label

COLUMNS = 3
"""Columns of the keyboard's window, where the screen is wide enough for them."""
_HEAD = 2
"""Lines that a place's title takes beside those under it, with the gap above."""
_AROUND = 160
"""Design pixels of that window's height that are not the list's."""
_SHARE = 0.9
"""Of the screen's width and height, what that window takes at most."""


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
    """List every key: those of the menus as the menus have them, then place by place those of the panels."""
    dialog, column = _dialog(parent, "Keyboard")
    column.addWidget(
        Label("A panel answers to its keys while it has the focus: click it, or go to it with Tab.", token="muted")
    )
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName("Keys")
    places, room = [*menu_places(parent.findChildren(QMenuBar)), *PLACES], parent.screen().availableSize() * _SHARE
    columns, sheet = COLUMNS, _sheet(places, COLUMNS)
    while columns > 1 and sheet.sizeHint().width() > room.width():
        columns -= 1
        sheet = _sheet(places, columns)
    area.setWidget(sheet)
    column.addWidget(area)
    bar = area.verticalScrollBar().sizeHint().width()
    size = sheet.sizeHint() + QSize(bar, 0)
    area.setMinimumSize(size.boundedTo(room - QSize(0, theme().px(_AROUND))))
    _finish(dialog, column)


def menu_places(bars: Iterable[QMenuBar]) -> Iterator[Place]:
    """Every menu with its lines that have keys, those of the menus within it, too."""
    for bar in bars:
        for action in bar.actions():
            lines = tuple(_lines(action.menu()))
            if lines:
                yield Place(_plain(action.text()), lines)


def _lines(menu: QObject | None) -> Iterator[Line]:
    if not isinstance(menu, QMenu):
        return
    for action in menu.actions():
        keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
        if keys:
            yield " or ".join(keys), _plain(action.text())
        yield from _lines(action.menu())


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")


def _sheet(places: Sequence[Place], columns: int) -> QWidget:
    """The places in so many columns of about the same height, in their order down each."""
    sheet = QWidget()
    row = QHBoxLayout(sheet)
    row.setContentsMargins(0, 0, theme().px(tokens.GAP), 0)
    row.setSpacing(theme().px(2 * tokens.GROUP))
    for part in in_columns(places, columns):
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme().px(tokens.GROUP))
        grid.setVerticalSpacing(theme().px(tokens.GRID))
        for place in part:
            _write(grid, place)
        grid.setRowStretch(grid.rowCount(), 1)
        row.addLayout(grid)
    return sheet


def _write(grid: QGridLayout, place: Place) -> None:
    at = grid.rowCount()
    if at > 1:
        grid.setRowMinimumHeight(at, theme().px(tokens.GAP))
    grid.addWidget(Label(place.title, 15, semibold=True), at + 1, 0, 1, 2)
    for row, (keys, what) in enumerate(place.lines, at + 2):
        grid.addWidget(Label(keys, semibold=True, token="accent"), row, 0)
        grid.addWidget(Label(what), row, 1)


def in_columns(places: Sequence[Place], columns: int) -> list[list[Place]]:
    """The places in order, in at most so many columns, the highest of which is as low as it can be."""
    heights = [len(place.lines) + _HEAD for place in places]
    for limit in range(max(heights, default=1), sum(heights) + 1):
        parts: list[list[Place]] = [[]]
        filled = 0
        for place, height in zip(places, heights, strict=True):
            if filled + height > limit:
                parts.append([])
                filled = 0
            parts[-1].append(place)
            filled += height
        if len(parts) <= columns:
            return parts
    return [list(places)]


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
    buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(
        QIcon()
    )  # the desktop's own would be in other colours
    buttons.rejected.connect(dialog.close)
    column.addWidget(buttons)
    dialog.open()
