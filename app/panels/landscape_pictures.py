"""The landscape panel's inside: the map or the line, its scale, the plot or the table beside it, the choices above."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from app.panels.landscape_ends import PairRow
from app.panels.landscape_line import LineView
from app.panels.landscape_racers import RaceTable
from app.panels.landscape_space import LandscapeSpace
from app.panels.off_plane import OffPlaneView
from app.panels.relief import Relief
from app.panels.scale_bar import ScaleBar
from app.panels.surface_view import SurfaceView
from app.panels.survey import Raced
from app.theme import theme, theme_events, tokens
from app.widgets.message import EmptyState
from core.probes.planes import PlaneRow

_ROOM_FOR_PLOT, _ROOM_FOR_SLIM = 390, 300
"""Design pixels of width from which on the plot beside the map, or a slimmer one, has room."""


class Pictures(QWidget):
    """Shows one of three: a surface, a line, or a sentence about what is missing; and the choices a plane needs."""

    def __init__(self) -> None:
        super().__init__()
        self.view, self.scale, self.off_plane = SurfaceView(), ScaleBar(), OffPlaneView()
        self.table, self.line, self.missing = RaceTable(), LineView(), EmptyState()
        self.ends = PairRow(("A", "B"), ("The point the line starts from", "The point the line leads to"))
        self.weights = PairRow(("w₀", "w₁"), ("The weight to the right", "The weight upwards"))
        self.space = LandscapeSpace(self.view)
        self._map = _Row(self.view, self.space, self.scale, self.off_plane, self.table)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for choice in (self.ends, self.weights):
            choice.hide()
            self._column.addWidget(choice)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        for page in (self._map, self.line, self.missing):
            self._stack.addWidget(page)
        self._column.addWidget(pages, 1)
        theme_events().changed.connect(self._dress)
        self._dress()

    def choose(self, row: PlaneRow) -> None:
        """Offer what the plane of ``row`` needs."""
        self.ends.setVisible(row.needs == "ends")
        self.weights.setVisible(row.needs == "weights")

    def show_map(self) -> None:
        """Show the surface."""
        self._stack.setCurrentWidget(self._map)

    @property
    def shows_map(self) -> bool:
        """Whether the surface is shown."""
        return self._stack.currentWidget() is self._map

    def set_space(self, on: bool) -> None:
        """Show the surface in three dimensions, where it has any height, or as a map."""
        three = on and self.space.possible
        if three != self.space.isVisibleTo(self):
            self.space.setVisible(three)
            self.view.setVisible(not three)
            self._map.arrange()

    def show_line(self) -> None:
        """Show the line."""
        self._stack.setCurrentWidget(self.line)

    def say_missing(self, sentence: str, button: str, callback: Callable[[], object]) -> None:
        """Say what is missing, with the button that brings it."""
        self.missing.fill(sentence, button, callback)
        self._stack.setCurrentWidget(self.missing)

    @property
    def shown(self) -> QWidget | None:
        """Which of the three is shown."""
        return self._stack.currentWidget()

    def set_scale(self, drawn: Relief) -> None:
        """Say what the colours of a surface stand for."""
        self.scale.set_scale(theme().surface(np.linspace(0.0, 1.0, 256)), drawn.ticks, "loss")

    def set_race(self, raced: Raced | None) -> None:
        """Show a race's table in place of the plot beside the map."""
        self.table.set_race(raced)
        self._map.racing = raced is not None
        self._map.arrange()

    def _dress(self) -> None:
        self._column.setSpacing(theme().px(tokens.GRID))


class _Row(QWidget):
    """The map, its scale, and, where there is room, the plot or the table beside them."""

    def __init__(
        self, view: SurfaceView, space: LandscapeSpace, scale: ScaleBar, off_plane: OffPlaneView, table: RaceTable
    ) -> None:
        super().__init__()
        self._view, self._space, self._scale, self._off_plane, self._table = view, space, scale, off_plane, table
        self.racing = False
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for picture in (view, space):
            self._layout.addWidget(picture, 1)
        space.hide()
        for widget in (scale, off_plane, table):
            self._layout.addWidget(widget)
        table.hide()
        view.arranged.connect(self.arrange)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the plot where it fits."""
        self.arrange()

    def arrange(self) -> None:
        """Show the plot where it fits, and keep the scale level with the map."""
        self._layout.setSpacing(theme().px(tokens.GAP))
        slim, room = self.width() < theme().px(_ROOM_FOR_PLOT), self.width() >= theme().px(_ROOM_FOR_SLIM)
        # In three dimensions the box's own edge says what heights, and so what colours, stand for.
        self._scale.setVisible(not (slim and self._space.isVisibleTo(self)))
        for widget, wanted in ((self._off_plane, not self.racing), (self._table, self.racing)):
            widget.set_slim(slim)
            widget.setVisible(room and wanted)
        rect = self._view.map_rect()
        below = self._view.height() - rect.bottom()
        self._scale.set_margins(*((0.0, 0.0) if self._space.isVisibleTo(self) else (rect.top(), below)))
