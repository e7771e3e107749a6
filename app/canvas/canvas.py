"""The canvas: the plane drawn on with the mouse or with the keyboard."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.canvas import keyboard, overlay
from app.canvas.drawing import Drawing
from core.data import DOMAIN, strokes

STEP = 0.25
"""How far an arrow key moves the crosshair, in units of the plane; four times as far with Shift."""
NUDGE = 0.1
"""How far an arrow key moves a selection; four times as far with Shift."""

_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Canvas(Drawing):
    """The session's points, to be drawn on with the mouse or with the keyboard.

    Keys: arrows move a crosshair (or nudge the selection), Enter and Space put a point there, 1 to 8 choose a class,
    a tool's letter takes it, Delete removes the selection, Ctrl+A selects all, Escape lets go, [ and ] change the size.
    The rows of a table are not drawn on: a click picks one.
    """

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.pointer: tuple[float, float] | None = None
        self.crosshair: tuple[float, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Canvas: draw points with the mouse, or with arrow keys and Enter")

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() != Qt.MouseButton.LeftButton or not self.plane_rect().contains(event.position()):
            event.ignore()
            return
        if not self.drawable:
            index = self.sample_at(event.position())
            self.session.pick(None if index == self.session.picked else index)
            return
        self.crosshair = None
        self.press(self.to_plane(event.position()), extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the stroke, and show where the pointer is."""
        at = self.to_plane(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and self.drawable:
            self.drag(at)
        inside = self.plane_rect().contains(event.position())
        self.pointer = at if inside else None
        self._show_cursor(at)
        self.update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.release()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl held, change the tool's size."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.tool.options and self.drawable:
            self.resize_brush(event.angleDelta().y() / 120)
            event.accept()
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Put the brush away."""
        self.pointer = None
        self.update()
        super().leaveEvent(event)

    def _show_cursor(self, at: tuple[float, float]) -> None:
        if not self.drawable:
            self.setCursor(Qt.CursorShape.ArrowCursor)
            return
        over = self.tool.name == "select" and self.selected.any() and self.gesture is None
        if over:
            over = bool((strokes.at(self.points, at, self.hand().reach) & self.selected).any())
        shape = Qt.CursorShape.SizeAllCursor if over else self.tool.cursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    def resize_brush(self, steps: float) -> None:
        """Make the tool larger or, for negative ``steps``, smaller, where it has a size."""
        if self.tool.options:
            self.set_option("size", round(self.option("size") * 1.15**steps, 3))

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All of drawing without a mouse; see the class."""
        if not keyboard.pressed(self, event):
            super().keyPressEvent(event)

    def step(self, dx: float, dy: float, *, far: bool) -> None:
        """Nudge the selection, or else move the crosshair, by (dx, dy) steps."""
        size = 4 if far else 1
        if self.selected.any():
            self.nudge(dx * NUDGE * size, dy * NUDGE * size)
            return
        if self.crosshair is None:  # the first key only shows where it is
            self.crosshair = (0.0, 0.0)
        else:
            x1, x2 = np.clip(np.add(self.crosshair, (dx * STEP * size, dy * STEP * size)), -DOMAIN, DOMAIN)
            self.crosshair = (float(x1), float(x2))
        self.hovered.emit(*self.crosshair)
        self.update()

    def put_at_crosshair(self) -> None:
        """Put a point at the crosshair; with the eraser or the selecting tool, use that there."""
        at = self.crosshair = self.crosshair or (0.0, 0.0)
        if self.tool.name in ("brush", "point"):
            self.edit_points("Add point", strokes.point(self.points, at, self.label))
        else:
            self.press(at)
            self.release()
        self.update()

    def select_all(self) -> None:
        """Select every point, and take the tool that moves them."""
        self.take("select")
        self.select(np.ones(len(self.points), dtype=np.bool_))

    def let_go(self) -> None:
        """End what was begun: stroke, selection, crosshair."""
        self.release()
        self.select(None)
        self.crosshair = None
        self.left.emit()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus where it came by keyboard."""
        self.focus_shown = event.reason() in _BY_KEYBOARD
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Put the crosshair away."""
        self.focus_shown = False
        self.crosshair = None
        super().focusOutEvent(event)

    # Painting

    def paint_overlay(self, painter: QPainter, rect: Any) -> None:
        """The brush's outline, the selection rectangle, the crosshair, and where it is."""
        if not len(self.points):
            overlay.invitation(painter, rect, "Drag here to draw points, or choose a set")
        if self.crosshair is not None:
            overlay.crosshair(painter, rect, self.to_widget(*self.crosshair))
        if self.gesture is not None and self.gesture.outline is not None:
            overlay.rectangle(painter, *(self.to_widget(*corner) for corner in self.gesture.outline))
        elif self.pointer is not None and self.drawable:
            self._paint_preview(painter, self.to_widget(*self.pointer))
        place = self.crosshair or self.pointer
        if place is not None:
            overlay.coordinates(painter, rect, self.plane, place)

    def _paint_preview(self, painter: QPainter, at: QPointF) -> None:
        if "size" in self.options[self.tool.name]:
            radius = self.option("size") * self.pixels_per_unit()
            overlay.brush(painter, at, radius, overlay.label_color(self) if self.tool.name == "brush" else None)
        elif self.tool.name == "point":
            overlay.ghost(painter, at, self)
