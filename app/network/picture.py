"""The network, painted: tiles, edges, and what is under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QHideEvent, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.network.arrangement import NAMES, Arrangement
from app.network.edges import add_curve, edge_at, edge_paths
from app.network.gaps import Gaps
from app.network.tiles import Painted, brush, images
from app.numbers import count
from app.theme import MARKERS, font, marker_path, theme, tokens
from core.data.features import FEATURES
from core.network import Network
from core.probes.neurons import INPUTS, Maps

REACH = 6
"""Pixels from an edge within which the pointer is on it."""

Neuron = tuple[int, int]
"""Column and unit."""

Edge = tuple[int, int, int]
"""The gap it crosses, the unit it comes from, the unit it goes to."""


class NetworkPicture(QWidget):
    """Columns of neurons, each showing its activation over the plane, and the edges between them.

    ``neuron_hovered`` and ``edge_hovered`` tell what is under the pointer, ``left`` that nothing is.
    """

    neuron_hovered = Signal(int, int)
    edge_hovered = Signal(int, int, int)
    left = Signal()
    rearranged = Signal()
    """Other columns, or another number of tiles in them, are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.network: Network | None = None
        self.arrangement: Arrangement | None = None
        self.gaps = Gaps(self)
        self.gaps.drawn.connect(self._gap_drawn)
        self.maps: dict[int, Maps] = {}
        self.pictures: dict[int, tuple[QImage, ...]] = {}
        self.classes = 0
        self.theta: Any = None
        self.neuron: Neuron | None = None
        self.edge: Edge | None = None
        self.pointer = QPointF()
        self._centres: tuple[float, ...] = ()
        self._faded: dict[int, float] = {}
        self.setMouseTracking(True)
        self.setAccessibleName("Picture of the network")

    # what is shown

    def set_network(self, network: Network, arrangement: Arrangement, classes: int) -> None:
        """Show another network or another geometry."""
        if network is not self.network:
            self.let_go()
        if network != self.network:
            self.theta = None
        self.network, self.arrangement, self.classes = network, arrangement, classes
        self._centres = arrangement.centres
        self.gaps.set_network(network, arrangement)
        ids = set(self.ids)
        self.maps = {key: value for key, value in self.maps.items() if key in ids}
        self.pictures = {key: value for key, value in self.pictures.items() if key in ids}
        if self.theta is not None:
            self.gaps.set_weights(self.theta, self.devicePixelRatioF())
        self.setAccessibleDescription("-".join(str(units) for units in network.shape))
        self.rearranged.emit()
        self.update()

    def set_theta(self, theta: Any) -> None:
        """Show the weights of θ (P,), which belongs to the network shown."""
        if self.network is None or len(theta) != self.network.parameters:
            return
        self.theta = theta
        self.gaps.set_weights(theta, self.devicePixelRatioF())

    def set_tiles(self, painted: Painted) -> None:
        """Show the neurons' maps."""
        for maps, colors in zip(painted.maps, painted.colors, strict=True):
            self.maps[maps.id] = maps
            self.pictures[maps.id] = images(colors)
        self.update()

    def _gap_drawn(self, index: int) -> None:
        left, right = self._span(index)
        self.update(QRectF(left, 0, right - left, self.height()).toAlignedRect())

    def set_centres(self, centres: Sequence[float], faded: dict[int, float] | None = None) -> None:
        """Where the columns are at this moment of a motion, and how visible those of an id in ``faded`` are."""
        self._centres, self._faded = tuple(centres), faded or {}
        self.update()

    def update_theme(self) -> None:
        """Draw everything anew."""
        self.gaps.forget()
        self.update()

    @property
    def ids(self) -> tuple[int, ...]:
        """Each column's id, the inputs first."""
        return () if self.network is None else (INPUTS, *(layer.id for layer in self.network.layers))

    def tile_rect(self, column: int, unit: int) -> QRectF:
        """Where a neuron is drawn."""
        assert self.arrangement is not None
        tile = self.arrangement.tile
        return QRectF(self._centres[column] - tile / 2, self.arrangement.columns[column].tops[unit], tile, tile)

    def picture_of(self, neuron: Neuron) -> QImage | None:
        """A neuron's map as an image, if there is one yet."""
        column, unit = neuron
        pictures = self.pictures.get(self.ids[column], ())
        return pictures[unit] if unit < len(pictures) else None

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Edges, then neurons, then words."""
        if self.network is None or self.arrangement is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shown = QRectF(event.rect())
        seen = self.visibleRegion().boundingRect()
        self.gaps.visible = (float(seen.left()), float(seen.right()))
        for index in range(len(self.network.layers)):
            span = self._span(index)
            if span[1] > shown.left() and span[0] < shown.right():
                self._paint_gap(painter, index, span)
        for column, centre in enumerate(self._centres):
            if abs(centre - shown.center().x()) < shown.width() / 2 + self.arrangement.tile + theme().px(NAMES):
                painter.setOpacity(self._faded.get(self.ids[column], 1.0))
                self._paint_column(painter, column)
        painter.setOpacity(1.0)
        self._paint_edge(painter)

    def _span(self, index: int) -> tuple[float, float]:
        assert self.arrangement is not None
        half = self.arrangement.tile / 2
        return self._centres[index] + half, self._centres[index + 1] - half

    def _paint_gap(self, painter: QPainter, index: int, span: tuple[float, float]) -> None:
        fade = min(self._faded.get(key, 1.0) for key in self.gaps.key(index))
        quiet = self.neuron is not None or self.edge is not None
        self.gaps.paint(painter, index, span, fade * (0.3 if quiet else 1.0))
        if self.neuron is None or not self.gaps.edges:
            return
        edges, (column, unit) = self.gaps.edges[index], self.neuron
        ends = edges.sources if column == index else edges.targets if column == index + 1 else None
        if ends is not None:
            middles = self.gaps.middles(index), self.gaps.middles(index + 1)
            chosen = np.asarray(ends == unit)
            for pen, path in edge_paths(edges, span, *middles, theme(), chosen, self.gaps.fineness()):
                painter.strokePath(path, pen)

    def _paint_column(self, painter: QPainter, column: int) -> None:
        assert self.arrangement is not None
        look = theme()
        pictures = self.pictures.get(self.ids[column], ())
        corner = min(look.px(tokens.SMALL_CORNER), self.arrangement.tile / 5)
        border = QPen(look.mix("muted", "panel", 0.45), look.scale)
        for unit in range(self.arrangement.columns[column].shown):
            rect = self.tile_rect(column, unit)
            fill = brush(pictures[unit], rect) if unit < len(pictures) else QBrush(look.color("raised"))
            lit = self.neuron == (column, unit)
            painter.setPen(QPen(look.color("accent"), 2 * look.scale) if lit else border)
            painter.setBrush(fill)
            painter.drawRoundedRect(rect, corner, corner)
        self._paint_words(painter, column)

    def _paint_words(self, painter: QPainter, column: int) -> None:
        assert self.arrangement is not None
        assert self.network is not None
        look, place = theme(), self.arrangement.columns[column]
        painter.setFont(font(11))
        painter.setPen(look.color("muted"))
        if column == 0:
            for unit in range(place.shown):
                rect = self.tile_rect(0, unit)
                room = QRectF(0, rect.top(), rect.left() - look.px(6), rect.height())
                right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
                painter.drawText(room, right, FEATURES[self.network.inputs[unit]].title)
        if place.hidden:
            below = self.tile_rect(column, place.shown - 1).bottom() + look.px(2)
            room = QRectF(self._centres[column] - look.px(50), below, look.px(100), look.px(16))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, f"⋮ {count(place.hidden)} more")
        if column == len(self.network.layers) and place.units > 1:
            self._paint_markers(painter, column)

    def _paint_markers(self, painter: QPainter, column: int) -> None:
        assert self.arrangement is not None
        look, side = theme(), theme().px(9)
        painter.setPen(Qt.PenStyle.NoPen)
        for unit in range(self.arrangement.columns[column].shown):
            rect = self.tile_rect(column, unit)
            painter.save()
            painter.translate(rect.right() + look.px(7) + side / 2, rect.center().y())
            painter.scale(side, side)
            painter.fillPath(marker_path(unit % len(MARKERS)), look.class_color(unit))
            painter.restore()

    def _paint_edge(self, painter: QPainter) -> None:
        """The edge under the pointer, drawn strongly, with its ends."""
        if self.edge is None or self.theta is None:
            return
        index, source, target = self.edge
        span, look, weight = self._span(index), theme(), self.weight(self.edge)
        largest = self.gaps.edges[index].largest
        path = QPainterPath()
        ends = self.gaps.middles(index)[source], self.gaps.middles(index + 1)[target]
        add_curve(path, QPointF(span[0], ends[0]), QPointF(span[1], ends[1]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 2.5 + 2.5 * min(1.0, abs(weight) / largest if largest else 0.0)
        painter.setPen(QPen(QColor(tokens.NEGATIVE if weight < 0 else tokens.POSITIVE), look.scale * width))
        painter.drawPath(path)
        painter.setPen(QPen(look.color("accent"), 2 * look.scale))
        for rect in (self.tile_rect(index, source), self.tile_rect(index + 1, target)):
            painter.drawRoundedRect(rect, look.px(tokens.SMALL_CORNER), look.px(tokens.SMALL_CORNER))

    def weight(self, edge: Edge) -> float:
        """An edge's weight in the θ shown."""
        assert self.network is not None
        index, source, target = edge
        return float(self.network.weights(self.theta, index)[target, source])

    # the pointer

    def neuron_at(self, position: QPointF) -> Neuron | None:
        """The neuron drawn at a position."""
        if self.arrangement is None:
            return None
        for column in range(len(self._centres)):
            if abs(position.x() - self._centres[column]) <= self.arrangement.tile / 2:
                for unit in range(self.arrangement.columns[column].shown):
                    if self.tile_rect(column, unit).contains(position):
                        return column, unit
        return None

    def edge_near(self, position: QPointF) -> Edge | None:
        """The edge that passes close to a position."""
        for index in range(len(self.gaps.edges)):
            middles = self.gaps.middles(index), self.gaps.middles(index + 1)
            edges = self.gaps.edges[index]
            found = edge_at(edges, self._span(index), *middles, position, theme().px(REACH))
            if found is not None:
                return index, int(edges.sources[found]), int(edges.targets[found])
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Find what is under the pointer."""
        self.pointer = event.position()
        neuron = self.neuron_at(self.pointer)
        edge = None if neuron else self.edge_near(self.pointer)
        if (neuron, edge) != (self.neuron, self.edge):
            self.neuron, self.edge = neuron, edge
            self.update()
        if neuron is not None:
            self.neuron_hovered.emit(*neuron)
        elif edge is not None:
            self.edge_hovered.emit(*edge)
        else:
            self.left.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under it any more."""
        self.let_go()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nor is it, when it cannot be seen."""
        self.let_go()
        super().hideEvent(event)

    def let_go(self) -> None:
        """Forget what was under the pointer."""
        self.neuron = self.edge = None
        self.left.emit()
        self.update()
