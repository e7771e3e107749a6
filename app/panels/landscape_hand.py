"""What a hand does on a landscape's map: point, click, pull, turn the wheel, and the same from the keyboard."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from app.widgets.clicks import is_click, is_drag

_STEP = 1 / 24
"""How far a key moves the cross, or the view, in the map's width."""
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ZOOMS = {Qt.Key.Key_Plus: -1, Qt.Key.Key_Equal: -1, Qt.Key.Key_Minus: 1}


class Hand:
    """Mixed into a map: a widget with ``map_rect``, ``to_plane`` and the signals ``zoomed``, ``dropped``, ``panned``.

    A click drops the ball; a press that moves before it is let go pulls the surface instead, or, where it moves too
    little for that, does nothing.
    """

    def _ready_hand(self: Any) -> None:
        self.pointer: QPointF | None = None
        self.walking = False
        self.pulled = QPointF()
        self.pulling = False
        self._pressed: QPointF | None = None
        self._clicks = False
        self._turned = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def let_go(self: Any) -> None:
        """Show the surface where it belongs: the one that was pulled at has been replaced."""
        if not self.pulling:
            self.pulled = QPointF()

    def mousePressEvent(self: Any, event: QMouseEvent) -> None:
        """Take hold of the surface."""
        if event.button() == Qt.MouseButton.LeftButton and self.map_rect().contains(event.position()):
            self._pressed, self._clicks = event.position(), True

    def mouseDoubleClickEvent(self: Any, event: QMouseEvent) -> None:
        """The first click has done it."""
        event.accept()

    def mouseMoveEvent(self: Any, event: QMouseEvent) -> None:
        """Say the loss under the pointer, or pull the surface along."""
        self.pointer, self.walking = event.position(), False
        if self._pressed is not None:
            way = event.position() - self._pressed
            self._clicks = self._clicks and is_click(way)
            self.pulling = self.pulling or is_drag(way)
            if self.pulling:
                self.pulled = way
        inside = self.map_rect().contains(event.position())
        shape = Qt.CursorShape.ClosedHandCursor if self.pulling else Qt.CursorShape.CrossCursor
        self.setCursor(shape if inside else Qt.CursorShape.ArrowCursor)
        self.update()

    def mouseReleaseEvent(self: Any, event: QMouseEvent) -> None:
        """Drop the ball, or leave the surface where it was pulled."""
        pressed, self._pressed = self._pressed, None
        if event.button() != Qt.MouseButton.LeftButton or pressed is None:
            return
        if self.pulling:
            self.pulling = False
            self._pan(self.pulled)
        elif self._clicks and self.map_rect().contains(event.position()):
            self._drop(event.position())
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.update()

    def _pan(self: Any, way: QPointF) -> None:
        rect = self.map_rect()
        self.panned.emit(2 * self.span * way.x() / rect.width(), -2 * self.span * way.y() / rect.height())

    def _drop(self: Any, position: QPointF) -> None:
        alpha, beta = self.to_plane(position)
        self.dropped.emit(alpha, beta)

    def leaveEvent(self: Any, event: QEvent) -> None:
        """Take the card away."""
        if not self.walking:
            self.pointer = None
            self.update()

    def wheelEvent(self: Any, event: QWheelEvent) -> None:
        """Zoom by whole notches; a touchpad's small movements add up to them."""
        self._turned += event.angleDelta().y()
        notches = math.trunc(self._turned / 120)
        self._turned -= 120 * notches
        if notches:
            self.zoomed.emit(-notches)
        event.accept()

    def keyPressEvent(self: Any, event: QKeyEvent) -> None:
        """Arrows move the cross, with Shift the view; Enter drops the ball; plus and minus zoom; Escape: no cross."""
        key = Qt.Key(event.key())
        if key in _ZOOMS:
            self.zoomed.emit(_ZOOMS[key])
        elif key in _ARROWS:
            self._walk(*_ARROWS[key], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.walking and self.pointer is not None:
            self._drop(self.pointer)
        elif key == Qt.Key.Key_Escape and self.walking:
            self.walking, self.pointer = False, None
            self.update()
        else:
            event.ignore()

    def _walk(self: Any, right: int, down: int, view: bool) -> None:
        rect = self.map_rect()
        step = QPointF(right * rect.width() * _STEP, down * rect.height() * _STEP)
        if view:
            self.pulled = self.pulled - step
            self._pan(-step)
        else:
            at = (self.pointer if self.walking and self.pointer is not None else rect.center()) + step
            x = min(max(at.x(), rect.left()), rect.right() - 1)
            self.pointer = QPointF(x, min(max(at.y(), rect.top()), rect.bottom() - 1))
            self.walking = True
        self.update()
