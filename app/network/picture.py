"""The network as a picture: how it is painted, and what the pointer and the keys do on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.network.arrangement import Arrangement
from app.network.painting import paint_network
from app.network.pointing import edge_near, neuron_at, neuron_beside, on_dot, page_at
from app.network.pulse import Pulse
from app.network.shortcuts import arc_at
from app.network.shown import Neuron, Shown
from core.network import Network

NOTCH = 120
"""What a wheel turns by in one notch."""


class NetworkPicture(Shown):
    """Columns of neurons, each showing its activation over the plane, and the edges between them.

    ``pressed`` says that what is looked at was clicked, or Enter pressed on it.
    """

    pressed = Signal()
    scrolled = Signal(int, int)
    """A column, and by how many units its tiles are to move."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pulse = Pulse(self)
        self.pulse.moved.connect(self.update)
        self.pointer = QPointF()
        self._turned = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Picture of the network: arrow keys go from neuron to neuron, Enter opens one")

    def set_network(self, network: Network, arrangement: Arrangement) -> None:
        """Show another network or another geometry."""
        if network is not self.network:
            self.pulse.stop()
        super().set_network(network, arrangement)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the network."""
        if self.network is None or self.arrangement is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        seen = self.visibleRegion().boundingRect()
        self.gaps.visible = (float(seen.left()), float(seen.right()))
        paint_network(painter, self, QRectF(event.rect()))

    # the pointer and the keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Find what is under the pointer."""
        self.pointer = event.position()
        neuron = neuron_at(self, self.pointer)
        arc = None if neuron else arc_at(self, self.pointer)
        edge = None if neuron or arc else edge_near(self, self.pointer)
        on_bias = neuron is not None and on_dot(self, neuron, self.pointer)
        page = page_at(self, self.pointer)
        clickable = bool(neuron and neuron[0]) or edge is not None or page is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        if (neuron, edge, arc, on_bias) != (self.neuron, self.edge, self.arc, self.on_bias) or page:
            self.neuron, self.edge, self.arc, self.on_bias = neuron, edge, arc, on_bias
            self.update()
        self.tell()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open what is under the pointer, or show other units of a column."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        page = page_at(self, event.position())
        if page is not None:
            self.scrolled.emit(*page)
        elif self.neuron is not None or self.edge is not None:
            self.pressed.emit()
        else:
            super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Go through a column that has more units than tiles; elsewhere leave the wheel to the page."""
        column = self._column_at(event.position().x())
        turn = event.angleDelta().y()
        if column is None or not turn or self.arrangement is None or not self.arrangement.columns[column].hidden:
            event.ignore()
            return
        self._turned += turn
        notches = int(self._turned / NOTCH)
        if notches:
            self._turned -= notches * NOTCH
            self.scrolled.emit(column, -notches)
        event.accept()

    def _column_at(self, x: float) -> int | None:
        if self.arrangement is None:
            return None
        near = [i for i, centre in enumerate(self.centres) if abs(x - centre) <= self.arrangement.tile]
        return near[0] if near else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from neuron to neuron, through columns too long to be shown; Enter opens one."""
        found = neuron_beside(self, self.neuron, Qt.Key(event.key()))
        if found is not None:
            self._go_to(found)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.neuron is not None:
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def _go_to(self, neuron: Neuron) -> None:
        assert self.arrangement is not None
        column, unit = neuron
        units = self.arrangement.columns[column].range
        if unit not in units:
            self.scrolled.emit(column, unit - units.start if unit < units.start else unit - units.stop + 1)
        self.neuron, self.edge, self.arc, self.on_bias = neuron, None, None, False
        self.pointer = self.tile_rect(*neuron).center()
        self.update()
        self.tell()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let go of what the keys had found, unless it has just been opened."""
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.let_go()
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under it any more."""
        self.let_go()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nor is it, when it cannot be seen."""
        self.pulse.stop()
        self.let_go()
        super().hideEvent(event)
