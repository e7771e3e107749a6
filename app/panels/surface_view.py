"""The picture of a loss surface: a map with level lines and axes, training's path on it and the ball at its end."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.panels import landscape_axes
from app.panels.landscape_arrows import paint_arrows
from app.panels.landscape_hand import Hand
from app.panels.landscape_racers import paint_race
from app.panels.map_image import Map, MapSize, draw_map, paint_map, rounded
from app.panels.path_on_map import DARK, LIGHT, paint_path, paint_spots
from app.panels.readout import Row, paint_cross, paint_readout
from app.panels.relief import Relief
from app.panels.surface_card import place_rows, racer_rows
from app.panels.survey import Raced
from app.theme import font, theme, theme_events, tokens
from app.widgets.target import for_picture
from core.probes.arrows import Arrows
from core.probes.directions import RANDOM_AXES, Axis
from core.probes.projection import Track

_RACE_MS = 2500
"""How long a race takes to be watched."""
_FRAME_MS = 33


class SurfaceView(Hand, QWidget):
    """α to the right and β upwards, both from -span to span; map and axes are drawn once and kept."""

    zoomed = Signal(int)
    """The wheel or a key asks for a view so many steps narrower (below zero) or wider."""

    dropped = Signal(float, float)
    """A click, or Enter, at (α, β): θ is to be set there."""

    panned = Signal(float, float)
    """The hand has moved the surface so far in α and β."""

    arranged = Signal()
    """The map may lie in another place of the widget now."""

    changed = Signal()
    """Another surface, path or race is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._relief: Relief | None = None
        self._track: Track | None = None
        self._arrows: Arrows | None = None
        self._raced: Raced | None = None
        self._share = 1.0
        self._span = 1.0
        self._map: Map | None = None
        self._frame: tuple[object, QPixmap] | None = None
        self._layer: tuple[object, QPixmap] | None = None
        self._timer = QTimer(self, interval=_FRAME_MS)
        self._timer.timeout.connect(self._go_on)
        self._ready_hand()
        self.setMinimumSize(96, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Loss landscape")
        self.setAccessibleDescription(
            "Arrow keys move a cross over the map, Enter drops the ball there, plus and minus zoom, Shift with an "
            "arrow key moves the view."
        )
        theme_events().changed.connect(self.update_theme)

    # what is shown

    def set_relief(self, relief: Relief | None, drawn: Map | None = None) -> None:
        """Show another surface, at its own place in the view; ``drawn`` spares drawing it where it is of this size."""
        moved = relief is None or self._relief is None or relief.surface.plane is not self._relief.surface.plane
        before = self.map_rect()
        self._relief, self._map = relief, drawn
        if moved:
            self.let_go()
            self._arrows = None if self._arrows is None or relief is None else self._arrows
            if self.map_rect() != before:
                self.arranged.emit()
        self.update()
        self.changed.emit()

    def set_track(self, track: Track | None) -> None:
        """Show another path and ball."""
        self._track = track
        self.update()
        self.changed.emit()

    def set_arrows(self, arrows: Arrows | None) -> None:
        """Show which way is down, or no longer."""
        different, self._arrows = arrows is not self._arrows, arrows
        self.update()
        if different:
            self.changed.emit()

    def set_race(self, raced: Raced | None, going_on: bool = False) -> None:
        """Show a race's paths; they run from the start unless it is ``going_on``."""
        self._raced = raced
        if raced is None or not theme().duration():
            self._timer.stop()
            self._share = 1.0
        elif not going_on:
            self._share = 0.0
            self._timer.start()
        self.update()
        self.changed.emit()

    def _go_on(self) -> None:
        self._share = min(1.0, self._share + _FRAME_MS / _RACE_MS)
        if self._share >= 1.0 or not self.isVisible():
            self._share = 1.0
            self._timer.stop()
        self.update()

    def set_span(self, span: float) -> None:
        """Show from -span to span; until a surface of that size comes, the present one is shown larger or smaller."""
        if span != self._span:
            self._span = span
            self.update()

    @property
    def relief(self) -> Relief | None:
        """The surface shown."""
        return self._relief

    @property
    def track(self) -> Track | None:
        """The path shown."""
        return self._track

    @property
    def arrows(self) -> Arrows | None:
        """Which way is down on the surface shown, where that is asked for."""
        plane = None if self._relief is None else self._relief.surface.plane
        return self._arrows if self._arrows is not None and self._arrows.plane is plane else None

    @property
    def raced(self) -> Raced | None:
        """The race shown."""
        return self._raced

    @property
    def span(self) -> float:
        """Where the view ends."""
        return self._span

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The axes of the plane shown."""
        return RANDOM_AXES if self._relief is None else self._relief.surface.plane.axes

    # geometry

    def sizeHint(self) -> QSize:
        """Of a comfortable size."""
        return QSize(theme().px(320), theme().px(220))

    def map_rect(self) -> QRectF:
        """Where the map is, in widget coordinates."""
        look, line = theme(), QFontMetricsF(font(11)).height()
        titled = line if self._roomy() else 0.0
        numbers = landscape_axes.margin(self.axes[1], self._span, self.height() - 2 * line)
        left, bottom = math.ceil(numbers + look.px(8) + titled), math.ceil(line + look.px(6) + titled)
        top = math.ceil(line / 2)
        return QRectF(left, top, max(1, self.width() - left - look.px(2)), max(1, self.height() - top - bottom))

    def _roomy(self) -> bool:
        """Whether there is room for the axes' titles."""
        return self.height() >= theme().px(170) and self.width() >= theme().px(220)

    def to_widget(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Widget positions (…, 2) of (α, β) ``coordinates`` (…, 2)."""
        rect = self.map_rect()
        share = (np.asarray(coordinates, dtype=np.float64) * (1.0, -1.0) / self._span + 1.0) / 2.0
        return np.asarray(share * (rect.width(), rect.height()) + (rect.left(), rect.top()))

    def to_plane(self, position: QPointF) -> tuple[float, float]:
        """(α, β) at a widget position."""
        rect = self.map_rect()
        return (
            ((position.x() - rect.left()) / rect.width() * 2 - 1) * self._span,
            (1 - (position.y() - rect.top()) / rect.height() * 2) * self._span,
        )

    def map_size(self) -> MapSize:
        """The size, sharpness and reach at which the map is drawn now."""
        rect = self.map_rect()
        return MapSize(rect.width(), rect.height(), self.devicePixelRatioF(), self._span)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint map, axes, arrows, paths, ball and, under the pointer, the loss."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self.map_rect()
        if for_picture():
            self._paint_picture(painter, rect)
            return
        size = self.map_size()
        if self._map is None or self._map.size != size:
            self._map = draw_map(self._relief, size, theme())
        known = (size, self.axes, self.size())
        if self._frame is None or self._frame[0] != known:
            self._frame = (known, self._drawn_axes(rect))
        painter.drawPixmap(0, 0, self._frame[1])
        painter.save()
        painter.setClipPath(rounded(rect, theme()))
        painter.fillRect(rect, theme().color("raised"))
        painter.translate(self.pulled)
        painter.drawImage(rect.topLeft(), self._map.image)
        self._paint_over(painter, rect)
        painter.translate(-self.pulled)
        self._paint_readout(painter, rect)
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), theme().px(tokens.FOCUS_WIDTH)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(rounded(rect, theme()))

    def _paint_picture(self, painter: QPainter, rect: QRectF) -> None:
        """Paint lines, not pixmaps of them, and nothing of the hand."""
        landscape_axes.paint_axes(painter, rect, self.axes, self._span, self._roomy())
        painter.save()
        painter.setClipPath(rounded(rect, theme()))
        painter.translate(rect.topLeft())
        paint_map(painter, self._relief, self.map_size(), theme())
        painter.translate(-rect.topLeft())
        self._paint_over(painter, rect)
        painter.restore()

    def _paint_over(self, painter: QPainter, rect: QRectF) -> None:
        """Arrows, places with names, the race, the path."""
        plane = None if self._relief is None else self._relief.surface.plane
        if (down := self.arrows) is not None:
            if for_picture():
                self._paint_arrows(painter, down, rect)
            else:
                painter.drawPixmap(0, 0, self._drawn_arrows(down, rect))
        if plane is not None:
            spots = [(QPointF(*self.to_widget(spot.at).tolist()), spot.name) for spot in plane.spots]
            paint_spots(painter, rect, spots)
        if self._track is not None:
            paint_path(painter, rect, self.to_widget(self._track.coordinates), self._track.leaps)
        if self._raced is not None and self._raced.plane is plane:
            paint_race(painter, rect, self._raced, self._share, self.to_widget)

    def _drawn_arrows(self, arrows: Arrows, rect: QRectF) -> QPixmap:
        """The arrows as a picture that is kept: they cost more than all else on the map."""
        known = (arrows, self.map_size(), self.size())
        if self._layer is None or self._layer[0] != known:
            pixmap = self._clear_pixmap()
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_arrows(painter, arrows, rect)
            painter.end()
            self._layer = (known, pixmap)
        return self._layer[1]

    def _paint_arrows(self, painter: QPainter, arrows: Arrows, rect: QRectF) -> None:
        at = self.to_widget(arrows.at)
        ways = self.to_widget(arrows.at + arrows.down) - at
        longest = 0.8 * min(rect.width(), rect.height()) / math.sqrt(len(at))
        paint_arrows(painter, at, ways, arrows.slopes, longest)

    def _clear_pixmap(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _drawn_axes(self, rect: QRectF) -> QPixmap:
        pixmap = self._clear_pixmap()
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        landscape_axes.paint_axes(painter, rect, self.axes, self._span, self._roomy())
        painter.end()
        return pixmap

    def _paint_readout(self, painter: QPainter, rect: QRectF) -> None:
        at = self.pointer
        if at is None or self._relief is None or not rect.contains(at) or self.pulling:
            return
        paint_cross(painter, at, LIGHT, QColor(DARK))
        paint_readout(painter, rect.adjusted(4, 4, -4, -4), at, self.rows(at))

    def rows(self, position: QPointF) -> list[Row]:
        """What the card says at a widget position."""
        racing = None
        if self._raced is not None and self._relief is not None and self._raced.plane is self._relief.surface.plane:
            racing = racer_rows(self._raced, self._share, position, self.to_widget)
        return racing or place_rows(self._relief, self.axes, self.to_plane(position), self.walking)

    # events

    def update_theme(self) -> None:
        """Draw everything anew."""
        self._map = self._frame = self._layer = None
        self.updateGeometry()
        self.update()
        self.arranged.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that the map has moved; it is drawn anew when it is painted."""
        self.arranged.emit()
