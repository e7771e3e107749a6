"""When a press is a click: where a click changes something, a hand that drags must never have clicked."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from app.theme import theme

_STILL = 4
"""Design pixels that a hand may tremble while it clicks."""


def is_click(way: QPointF) -> bool:
    """Whether a pointer that moved ``way`` since it was pressed may still mean a click."""
    return way.manhattanLength() < theme().px(_STILL)


def is_drag(way: QPointF) -> bool:
    """Whether it has moved so far that it drags; in between it does neither."""
    return way.manhattanLength() >= QApplication.startDragDistance()
