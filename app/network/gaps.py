"""The edges of every gap between columns, kept as pixmaps and drawn anew a few milliseconds at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap

from app.network.arrangement import Arrangement
from app.network.edges import Edges, choose_edges, edge_paths
from app.theme import theme
from app.widgets.target import for_picture
from core.network import Network
from core.probes.neurons import INPUTS

BUDGET = 0.005
"""Seconds of drawing in one turn of the event loop."""

REST = 5
"""After a round of drawing, this many times as long is left to everything else."""

PERIOD = 100
"""Least milliseconds between two pictures of the same edges."""

Key = tuple[int, int]
"""A gap by the ids of the columns to its left and right."""


class Gaps(QObject):
    """Draws and keeps the edges; ``drawn`` says in which gap they are new.

    Widths and strengths come in steps, so that weights which have hardly moved need no new drawing.
    """

    drawn = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.network: Network | None = None
        self.arrangement: Arrangement | None = None
        self.edges: list[Edges] = []
        self.visible = (0.0, math.inf)
        self._ratio = 1.0
        self._pixmaps: dict[Key, QPixmap] = {}
        self._shown: dict[Key, Edges] = {}
        self.drawings = 0
        self._outdated: set[int] = set()
        self._round: list[int] = []
        self._job: Iterator[None] | None = None
        self._finished: list[tuple[int, Edges, QPixmap]] = []
        self._spent = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw_some)

    def key(self, index: int) -> Key:
        """The ids of the columns beside gap ``index``."""
        assert self.network is not None
        layers = self.network.layers
        return (layers[index - 1].id if index else INPUTS, layers[index].id)

    def span(self, index: int) -> tuple[float, float]:
        """From the right of a column's tiles to the left of the next one's, where they come to rest."""
        assert self.arrangement is not None
        left, right = self.arrangement.columns[index : index + 2]
        return left.centre + self.arrangement.tile / 2, right.centre - self.arrangement.tile / 2

    def middles(self, index: int) -> list[float]:
        """The height of each tile's middle in column ``index``."""
        assert self.arrangement is not None
        return [top + self.arrangement.tile / 2 for top in self.arrangement.columns[index].tops]

    def fineness(self) -> float:
        """How much finer edges are drawn where tiles are small."""
        assert self.arrangement is not None
        return min(1.0, max(0.45, self.arrangement.tile / (theme().scale * 36)))

    def set_network(self, network: Network, arrangement: Arrangement) -> None:
        """Another network or geometry: what was drawn stays, stretched, until there are weights for it."""
        changed = network is not self.network
        self.network, self.arrangement = network, arrangement
        keys = {self.key(i) for i in range(len(network.layers))}
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key in keys}
        if changed:
            self.edges = []
        self._start_over()

    def set_values(self, values: Any, ratio: float, frozen: Any = None, *, common: bool = False) -> None:
        """Show one number of ``values`` (P,) on each edge, drawn for a screen of that pixel ``ratio``.

        What is ``frozen`` (P,) is dashed. Widths are relative to the largest number between the same two columns, or
        in ``common`` to the largest of all.
        """
        assert self.network is not None
        self._ratio = ratio
        largest = None
        if common:
            matrices = [self.network.weights(values, i) for i in range(len(self.network.layers))]
            largest = max(float(np.abs(matrix).max(initial=0.0)) for matrix in matrices)
        still = None if frozen is None else [self._cut(frozen, i) for i in range(len(self.network.layers))]
        self.edges = [
            choose_edges(self._cut(values, i), None if still is None else still[i], largest)
            for i in range(len(self.network.layers))
        ]
        self._outdated = {i for i, edges in enumerate(self.edges) if not self._is_shown(i, edges)}
        self._want()

    def _cut(self, values: Any, index: int) -> Any:
        """The numbers (out, in) of gap ``index`` between neurons that have a tile."""
        assert self.network is not None
        assert self.arrangement is not None
        left, right = self.arrangement.columns[index : index + 2]
        return self.network.weights(values, index)[right.slice, left.slice]

    def _is_shown(self, index: int, edges: Edges) -> bool:
        shown, pixmap = self._shown.get(self.key(index)), self._pixmaps.get(self.key(index))
        fits = pixmap is not None and pixmap.devicePixelRatio() == self._ratio
        return fits and shown is not None and edges.looks_like(shown)

    def forget(self) -> None:
        """Drop every picture: the theme or the screen has changed."""
        self._pixmaps.clear()
        self._start_over()

    def _start_over(self) -> None:
        self._job, self._round, self._finished = None, [], []
        self._shown.clear()
        self._outdated = set(range(len(self.edges)))
        self._timer.stop()
        self._want()

    def _want(self) -> None:
        if self._outdated and not self._timer.isActive():
            self._timer.start(0)

    def _draw_some(self) -> None:
        """A few milliseconds of drawing; a round draws what is seen and outdated, then rests."""
        if self._job is None and not self._round:
            self._round = [i for i in sorted(self._outdated) if self._seen(i)]
            self._spent = 0.0
            if not self._round:
                return
        began = time.perf_counter()
        while (self._job or self._round) and time.perf_counter() - began < BUDGET:
            if self._job is None:
                self._job = self._drawing(self._round.pop(0))
            if next(self._job, self._job) is self._job:
                self._job = None
        self._spent += time.perf_counter() - began
        if self._job or self._round:
            self._timer.start(0)
        else:
            self._show()
            self._timer.start(max(PERIOD, round(REST * self._spent * 1000)))

    def _seen(self, index: int) -> bool:
        left, right = self.span(index)
        return right > self.visible[0] and left < self.visible[1]

    def _drawing(self, index: int) -> Iterator[None]:
        """Draw a gap path by path."""
        assert self.arrangement is not None
        self._outdated.discard(index)
        edges = self.edges[index]
        left, right = self.span(index)
        size = max(1, round((right - left) * self._ratio)), max(1, round(self.arrangement.height * self._ratio))
        pixmap = QPixmap(*size)
        pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(self._ratio)
        ends = self.middles(index), self.middles(index + 1)
        for pen, path in edge_paths(edges, (0.0, right - left), *ends, theme(), weight=self.fineness()):
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.strokePath(path, pen)
            painter.end()
            yield
        self._finished.append((index, edges, pixmap))

    def _show(self) -> None:
        """Show what the round has drawn, all of it in one frame."""
        finished, self._finished = self._finished, []
        for index, edges, pixmap in finished:
            self._pixmaps[self.key(index)] = pixmap
            self._shown[self.key(index)] = edges
            self.drawings += 1
            if not self._is_shown(index, self.edges[index]):  # there have been other weights meanwhile
                self._outdated.add(index)
            self.drawn.emit(index)

    def paint(self, painter: QPainter, index: int, span: tuple[float, float], opacity: float) -> None:
        """Put the picture of a gap where it is at this moment of a motion."""
        if for_picture():
            self._stroke(painter, index, span, opacity)
            return
        if index in self._outdated:
            self._want()
        pixmap = self._pixmaps.get(self.key(index))
        if pixmap is None or self.arrangement is None:
            return
        painter.setOpacity(opacity)
        target = QRectF(span[0], 0, span[1] - span[0], self.arrangement.height)
        if abs(target.width() * self._ratio - pixmap.width()) < 1.5:
            painter.drawPixmap(target.topLeft(), pixmap)
        else:
            painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
        painter.setOpacity(1.0)

    def _stroke(self, painter: QPainter, index: int, span: tuple[float, float], opacity: float) -> None:
        """Draw a gap's edges as lines, into a picture that is to be kept."""
        if self.arrangement is None or index >= len(self.edges):
            return
        painter.setOpacity(opacity)
        ends = self.middles(index), self.middles(index + 1)
        for pen, path in edge_paths(self.edges[index], span, *ends, theme(), weight=self.fineness()):
            painter.strokePath(path, pen)
        painter.setOpacity(1.0)
