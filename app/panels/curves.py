"""CurvePlot: curves over epochs, alive while they grow, exact under the pointer.

It paints itself on a plain widget: an empty plot of pyqtgraph's takes 12 ms a frame on the reference machine, more
than this one takes with a million rows, and its ticks, labels, menus and zooming would all have to be replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QMetaMethod, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.panels.panel import Panel
from app.panels.plot import crosshair
from app.panels.plot.layout import Layout
from app.panels.plot.scene import Band, Curve, Mark, Quantity, Readout, Stretch
from app.panels.plot.widget import PlotWidget
from app.theme import theme, tokens

__all__ = ["Band", "Curve", "CurvePlot", "Mark", "Quantity", "Readout", "Stretch"]

_NOTCH = 0.8
"""How much of the x axis is left by one notch of the wheel."""
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class CurvePlot(PlotWidget):
    """Curves over a shared x axis with named ends, a crosshair, zoom and pan along x, and axes that ease.

    The wheel zooms, dragging pans, a double click fits; a right click offers to save the picture. From the keyboard:
    left and right move the crosshair from row to row, + and - zoom, 0 fits, Escape puts the crosshair away.
    """

    failed = Signal(str)
    """A sentence about a picture that could not be saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pointer: QPointF | None = None
        self._grip: float | None = None
        self._walked: float | None = None
        self._ringed = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # looking

    @property
    def readout(self) -> Readout | None:
        """The recorded numbers under the crosshair; None while there is none."""
        row = self._row()
        return None if row is None else self.scene.readout(row)

    def _row(self) -> int | None:
        """The row the crosshair stands on: where the keys have walked to, or the nearest to the pointer."""
        if self._walked is not None:
            return self.scene.nearest(self._walked)
        if self._pointer is None or self._layout is None or self._grip is not None:
            return None
        if not self._layout.plot.adjusted(-2, -2, 2, 2).contains(self._pointer):
            return None
        return self.scene.nearest(self._layout.to_axis(self.scene, self._pointer.x()))

    def _paint_over(self, painter: QPainter, layout: Layout) -> None:
        row = self._row()
        if row is not None:
            crosshair.paint(painter, self.scene, layout, row)
        if self._ringed and self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("accent"), theme().px(tokens.FOCUS_WIDTH)))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), tokens.CORNER, tokens.CORNER)

    # keeping a picture

    def menu(self) -> QMenu:
        """The menu of the right mouse button; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Save picture…", self._ask_and_save)
        menu.addAction("Fit", self.fit)
        return menu

    def save_picture(self, path: Path) -> None:
        """Write the plot at twice its size, in the format of the path's ending; emits ``failed`` if it cannot."""
        if not self.picture().save(str(path)):
            self.failed.emit(f"The picture could not be written to {path}: choose a folder that you may write to.")

    def _ask_and_save(self) -> None:
        """Ask the panel's owner for a picture of the panel; where there is none, save one of the plot."""
        panel = self.parentWidget()
        while panel is not None and not isinstance(panel, Panel):
            panel = panel.parentWidget()
        if panel is not None and panel.isSignalConnected(QMetaMethod.fromSignal(panel.picture_requested)):
            panel.picture_requested.emit()
            return
        name = self.scene.y_quantity.title.partition(",")[0].replace("/", "to") or "plot"
        path, _ = QFileDialog.getSaveFileName(self, "Save picture", f"{name}.png", "PNG pictures (*.png)")
        if path:
            self.save_picture(Path(path).with_suffix(".png"))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the picture."""
        self.menu().popup(event.globalPos())

    # the mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom along x, about the pointer."""
        turned = event.angleDelta().y() / 120
        if turned and len(self.scene.x):
            self.scene.zoom(self._layout_now().to_axis(self.scene, event.position().x()), _NOTCH**turned)
            self._move()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the x axis."""
        if event.button() == Qt.MouseButton.LeftButton and len(self.scene.x):
            self._grip = self._layout_now().to_axis(self.scene, event.position().x())
            if self.scene.window:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the crosshair, or the x axis if it is held."""
        self._pointer, self._walked = event.position(), None
        if self._grip is not None and self.scene.window:
            at = self._layout_now().to_axis(self.scene, event.position().x())
            self.scene.pan(self._grip - at)
            self._move()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the x axis."""
        self._grip = None
        self.unsetCursor()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything again."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        """Put the crosshair away."""
        self._pointer = None
        self.update()

    # the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the crosshair, zoom and fit; other keys go on to the parent."""
        acts: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Left: lambda: self._walk(-1),
            Qt.Key.Key_Right: lambda: self._walk(1),
            Qt.Key.Key_Plus: lambda: self._zoom(_NOTCH),
            Qt.Key.Key_Equal: lambda: self._zoom(_NOTCH),
            Qt.Key.Key_Minus: lambda: self._zoom(1 / _NOTCH),
            Qt.Key.Key_0: self.fit,
        }
        if self._walked is not None:
            acts[Qt.Key.Key_Escape] = self._stop_walking
        act = acts.get(Qt.Key(event.key())) if len(self.scene.x) else None
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _walk(self, rows: int) -> None:
        """Move the crosshair by so many rows; without one, put it on the last row."""
        row, last = self._row(), len(self.scene.x) - 1
        row = last if row is None else min(max(row + rows, 0), last)
        at = float(self.scene.on_axis(self.scene.x[row : row + 1], self.scene.log_x)[0])
        if at == at:  # a logarithmic axis has no place for epoch 0
            self._walked = at
        self.update()

    def _stop_walking(self) -> None:
        self._walked = self._pointer = None
        self.update()

    def _zoom(self, factor: float) -> None:
        """Zoom about the crosshair, or else the middle."""
        low, high = self.scene.x_range.goal
        self.scene.zoom((low + high) / 2 if self._walked is None else self._walked, factor)
        self._move()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show a ring when the keyboard has led here."""
        self._ringed = event.reason() in _BY_KEYBOARD
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Put away a crosshair that the keys have moved."""
        self._walked = None
        super().focusOutEvent(event)
