"""The picture of a loss surface: a map with level lines and axes, training's path on it and the ball at its end."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.numbers import number
from app.panels.map_image import Map, MapSize, draw_map, rounded
from app.panels.path_on_map import DARK, LIGHT, paint_path
from app.panels.plot import ticks
from app.panels.readout import Row, paint_cross, paint_readout
from app.panels.relief import Relief
from app.theme import font, theme, theme_events, tokens
from core.probes.projection import Track

_CENTRE = Qt.AlignmentFlag.AlignCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SurfaceView(QWidget):
    """α to the right and β upwards, both from -span to span; map and axes are drawn once and kept."""

    zoomed = Signal(int)
    """The wheel or a key asks for a view so many steps narrower (below zero) or wider."""

    arranged = Signal()
    """The map may lie in another place of the widget now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._relief: Relief | None = None
        self._track: Track | None = None
        self._span = 1.0
        self._map: Map | None = None
        self._frame: tuple[MapSize, QPixmap] | None = None
        self._at: QPointF | None = None
        self._turned = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(96, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Loss landscape")
        theme_events().changed.connect(self.update_theme)

    # what is shown

    def set_relief(self, relief: Relief | None, drawn: Map | None = None) -> None:
        """Show another surface, at its own place in the view; ``drawn`` spares drawing it where it is of this size."""
        self._relief, self._map = relief, drawn
        self.update()

    def set_track(self, track: Track | None) -> None:
        """Show another path and ball."""
        self._track = track
        self.update()

    def set_span(self, span: float) -> None:
        """Show from -span to span; until a surface of that size comes, the present one is shown larger or smaller."""
        if span != self._span:
            self._span = span
            self.update()

    @property
    def span(self) -> float:
        """Where the view ends."""
        return self._span

    # geometry

    def sizeHint(self) -> QSize:
        """Of a comfortable size."""
        return QSize(theme().px(320), theme().px(220))

    def map_rect(self) -> QRectF:
        """Where the map is, in widget coordinates."""
        look, line = theme(), QFontMetricsF(font(11)).height()
        left = QFontMetricsF(font(11)).horizontalAdvance("−0.5") + look.px(8) + (line if self._roomy() else 0.0)
        bottom = line + look.px(6) + (line if self._roomy() else 0.0)
        top = math.ceil(line / 2)
        left, bottom = math.ceil(left), math.ceil(bottom)
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

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint map, axes, path, ball and, under the pointer, the loss."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self.map_rect()
        size = self.map_size()
        if self._map is None or self._map.size != size:
            self._map = draw_map(self._relief, size, theme())
        if self._frame is None or self._frame[0] != size:
            self._frame = (size, self._drawn_axes(rect))
        painter.drawPixmap(0, 0, self._frame[1])
        painter.drawImage(rect.topLeft(), self._map.image)
        painter.save()
        painter.setClipPath(rounded(rect, theme()))
        if self._track is not None:
            paint_path(painter, rect, self.to_widget(self._track.coordinates))
        self._paint_readout(painter, rect)
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), theme().px(tokens.FOCUS_WIDTH)))
            painter.drawPath(rounded(rect, theme()))

    def map_size(self) -> MapSize:
        """The size, sharpness and reach at which the map is drawn now."""
        rect = self.map_rect()
        return MapSize(rect.width(), rect.height(), self.devicePixelRatioF(), self._span)

    def _drawn_axes(self, rect: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, rect)
        painter.end()
        return pixmap

    def _paint_axes(self, painter: QPainter, rect: QRectF) -> None:
        look = theme()
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        line, span = metrics.height(), self._span
        painter.setPen(look.color("muted"))
        for at, text in ticks.linear(-span, span, min(9, max(2, int(rect.width() / look.px(56))))).major:
            x = rect.left() + (at / span + 1) / 2 * rect.width()
            half = metrics.horizontalAdvance(text) / 2
            x_text = min(max(x, rect.left() + half), rect.right() - half)
            painter.drawLine(QLineF(x, rect.bottom(), x, rect.bottom() + look.px(3)))
            painter.drawText(QRectF(x_text - half - 1, rect.bottom() + look.px(4), 2 * half + 2, line), _CENTRE, text)
        for at, text in ticks.linear(-span, span, min(9, max(2, int(rect.height() / look.px(36))))).major:
            y = rect.top() + (1 - at / span) / 2 * rect.height()
            painter.drawLine(QLineF(rect.left() - look.px(3), y, rect.left(), y))
            painter.drawText(QRectF(0, y - line / 2, rect.left() - look.px(5), line), _RIGHT, text)
        if self._roomy():
            self._paint_titles(painter, rect, line)

    def _paint_titles(self, painter: QPainter, rect: QRectF, line: float) -> None:
        metrics = QFontMetricsF(painter.font())
        long = metrics.horizontalAdvance("β · filter-normalised direction 2")
        for name, index, room in (("α", 1, rect.width()), ("β", 2, rect.height())):
            text = f"{name} · {'filter-normalised ' if long < room else ''}direction {index}"
            painter.save()
            if index == 1:
                painter.drawText(QRectF(rect.left(), self.height() - line, rect.width(), line), _CENTRE, text)
            else:
                painter.translate(line / 2, rect.center().y())
                painter.rotate(-90)
                painter.drawText(QRectF(-rect.height() / 2, -line / 2, rect.height(), line), _CENTRE, text)
            painter.restore()

    def _paint_readout(self, painter: QPainter, rect: QRectF) -> None:
        if self._at is None or self._relief is None or not rect.contains(self._at):
            return
        paint_cross(painter, self._at, LIGHT, QColor(DARK))
        paint_readout(painter, rect.adjusted(4, 4, -4, -4), self._at, self.rows(self._at))

    def rows(self, position: QPointF) -> list[Row]:
        """What the card says at a widget position."""
        alpha, beta = self.to_plane(position)
        loss = self._relief.at(alpha, beta) if self._relief is not None else math.nan
        said = number(loss, 4) if math.isfinite(loss) else "not finite"
        return [Row("α", number(alpha, 3, fixed=True)), Row("β", number(beta, 3, fixed=True)), Row("loss", said)]

    # events

    def update_theme(self) -> None:
        """Draw everything anew."""
        self._map = self._frame = None
        self.updateGeometry()
        self.update()
        self.arranged.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that the map has moved; it is drawn anew when it is painted."""
        self.arranged.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say the loss under the pointer."""
        self._at = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the card away."""
        self._at = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom by whole notches; a touchpad's small movements add up to them."""
        self._turned += event.angleDelta().y()
        notches = int(self._turned / 120)
        self._turned -= 120 * notches
        if notches:
            self.zoomed.emit(-notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom."""
        steps = {Qt.Key.Key_Plus: -1, Qt.Key.Key_Equal: -1, Qt.Key.Key_Minus: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.zoomed.emit(step)
