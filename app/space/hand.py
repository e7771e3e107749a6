"""What a hand does in a space: turn, move, come nearer, point, click; and the same from the keyboard."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.space.camera import Camera
from app.theme import theme
from app.widgets.clicks import is_click, is_drag

TURN = math.radians(0.45)
"""How far a design pixel turns."""
KEY_TURN = math.radians(6)
KEY_MOVE = 16.0
NOTCH = 1.12
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ZOOMS = {Qt.Key.Key_Plus: NOTCH, Qt.Key.Key_Equal: NOTCH, Qt.Key.Key_Minus: 1 / NOTCH}


class Hand:
    """Mixed into a widget with a ``camera``, ``set_camera`` and the signal ``clicked``.

    A drag turns; with Shift, or the right or the middle button, it moves. A click is told only when no second one
    follows it, for two of them put everything back.
    """

    def _ready_hand(self: Any) -> None:
        self.pointer: QPointF | None = None
        self._held: QPointF | None = None
        self._moves = self._dragged = self._clicks = self._second = False
        self._clicked_at = QPointF()
        self._once = QTimer(self, singleShot=True)
        self._once.timeout.connect(lambda: self.clicked.emit(self._clicked_at))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)

    def mousePressEvent(self: Any, event: QMouseEvent) -> None:
        """Take hold of the box."""
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._held, self._dragged, self._clicks = event.position(), False, True
        self._moves = shift or event.button() != Qt.MouseButton.LeftButton
        self._second = False

    def mouseMoveEvent(self: Any, event: QMouseEvent) -> None:
        """Turn or move the box, or point."""
        self.pointer = event.position()
        if self._held is None:
            self.update()
            return
        way = event.position() - self._held
        self._clicks = self._clicks and is_click(way)
        if not self._dragged and not is_drag(way):
            return
        self._dragged, self._held = True, event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        way = way / theme().scale
        camera: Camera = self.camera
        moved = camera.panned(way.x(), way.y()) if self._moves else camera.turned(way.x() * TURN, way.y() * TURN)
        self.set_camera(moved)

    def mouseReleaseEvent(self: Any, event: QMouseEvent) -> None:
        """Let go; where nothing was moved it was a click."""
        held, self._held = self._held, None
        if held is not None and self._clicks and not self._moves and not self._second:
            self._clicked_at = event.position()
            self._once.start(QApplication.doubleClickInterval())
        self._dragged = False
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.update()

    def mouseDoubleClickEvent(self: Any, event: QMouseEvent) -> None:
        """Put everything back."""
        self._once.stop()
        self._second = True
        self.set_camera(Camera())

    def leaveEvent(self: Any, event: QEvent) -> None:
        """Point no longer."""
        self.pointer = None
        self.update()

    def wheelEvent(self: Any, event: QWheelEvent) -> None:
        """Come nearer, as smoothly as the wheel or the touchpad turns."""
        self.set_camera(self.camera.zoomed(NOTCH ** (event.angleDelta().y() / 120)))
        event.accept()

    def keyPressEvent(self: Any, event: QKeyEvent) -> None:
        """Arrows turn, with Shift they move; plus and minus zoom; 0 puts everything back."""
        key = Qt.Key(event.key())
        camera: Camera = self.camera
        if key in _ARROWS:
            right, down = _ARROWS[key]
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.set_camera(camera.panned(right * KEY_MOVE, down * KEY_MOVE))
            else:
                self.set_camera(camera.turned(right * KEY_TURN, down * KEY_TURN))
        elif key in _ZOOMS:
            self.set_camera(camera.zoomed(_ZOOMS[key]))
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.set_camera(Camera())
        else:
            event.ignore()
