"""The canvas's keys, as one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.canvas.edits import MOST_CLASSES
from app.canvas.tools import TOOLS

if TYPE_CHECKING:
    from app.canvas.canvas import Canvas

Act = Callable[["Canvas"], Any]

_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}

# A main window whose actions have these keys gets them first; without one, the canvas answers to them itself.
_STANDARD: dict[QKeySequence.StandardKey, Act] = {
    QKeySequence.StandardKey.Undo: lambda canvas: canvas.session.undo_stack.undo(),
    QKeySequence.StandardKey.Redo: lambda canvas: canvas.session.undo_stack.redo(),
    QKeySequence.StandardKey.SelectAll: lambda canvas: canvas.select_all(),
}


def _choose(index: int) -> Act:
    return lambda canvas: canvas.choose_class(index)


def _take(name: str) -> Act:
    return lambda canvas: canvas.take(name)


_PLAIN: dict[Qt.Key, Act] = {
    Qt.Key.Key_Return: lambda canvas: canvas.put_at_crosshair(),
    Qt.Key.Key_Enter: lambda canvas: canvas.put_at_crosshair(),
    Qt.Key.Key_Space: lambda canvas: canvas.put_at_crosshair(),
    Qt.Key.Key_Delete: lambda canvas: canvas.delete_selected(),
    Qt.Key.Key_Backspace: lambda canvas: canvas.delete_selected(),
    Qt.Key.Key_Escape: lambda canvas: canvas.let_go(),
    Qt.Key.Key_BracketLeft: lambda canvas: canvas.resize_brush(-1),
    Qt.Key.Key_BracketRight: lambda canvas: canvas.resize_brush(1),
    **{Qt.Key(Qt.Key.Key_1.value + index): _choose(index) for index in range(MOST_CLASSES)},
    **{Qt.Key(ord(row.shortcut)): _take(row.name) for row in TOOLS.rows()},
}


def pressed(canvas: Canvas, event: QKeyEvent) -> bool:
    """Do what a key means on the canvas; False for one that means nothing there."""
    for sequence, act in _STANDARD.items():
        if event.matches(sequence) and (canvas.drawable or sequence != QKeySequence.StandardKey.SelectAll):
            act(canvas)
            return True
    if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
        if event.key() == Qt.Key.Key_Y and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            canvas.session.undo_stack.redo()  # beside the platform's own
            return True
        return False
    key = Qt.Key(event.key())
    if not canvas.drawable:
        return False
    if key in _ARROWS:
        canvas.step(*_ARROWS[key], far=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        return True
    if key not in _PLAIN:
        return False
    _PLAIN[key](canvas)
    return True
