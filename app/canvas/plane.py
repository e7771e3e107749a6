"""The plane the points lie in: field, lines, axes and points, drawn crisply and cheaply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme as themes
from app.canvas import backdrop, overlay, sprites
from app.canvas.shown import CROWD, STEPS, ShownPoints, nearness, no_points
from app.canvas.spotlight import DIM, Spotlight, nearest
from app.widgets import lines as strokes
from app.widgets.painting import draw_focus_ring
from app.widgets.target import for_picture, pixel_ratio
from core.data import DOMAIN
from core.data.slices import DRAWN, Plane
from core.data.values import SIGNED, ValueRange
from core.spec import Task

Line = npt.NDArray[np.float64]
STRONG, FAINT = (1.4, 0.8), (0.9, 0.3)
"""Width and opacity of a boundary, and of a contour."""
FAR = (0.55, 0.3)
"""Size and opacity of a point far off the plane, as shares of one on it."""


class PlaneView(QWidget):
    """The plane [-DOMAIN, DOMAIN]², square and centred in the widget.

    Points and field are kept as pixmaps and redrawn only when they, the size or the theme change.
    """

    hovered = Signal(float, float)
    """The plane coordinates under the pointer."""
    left = Signal()
    """The pointer has left the plane."""

    ground = "panel"
    """The colour token under the points where there is no field."""
    focus_shown = False
    """Whether to show that the widget has the keyboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = no_points()
        self.spotlight = Spotlight()
        self._highlight: npt.NDArray[np.bool_] | None = None
        self._field: QImage | None = None
        self._lines: list[Line] = []
        self._faint: list[Line] = []
        self._field_pixmap: QPixmap | None = None
        self._points_pixmap: QPixmap | None = None
        self._positions: npt.NDArray[np.int_] = np.empty((0, 2), dtype=np.int_)
        self.points_drawn = 0
        self.plane = DRAWN
        self.setMouseTracking(True)
        self.setMinimumSize(96, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The plane of the two inputs")
        themes.theme_events().changed.connect(self.update_theme)

    # What is shown

    def set_field(self, rgba: npt.NDArray[np.uint8] | None) -> None:
        """Show ``rgba`` (n, m, 4) uint8 under the points: its first row lies at x2 = DOMAIN, its last at -DOMAIN.

        Raises ValueError for another shape or type.
        """
        if rgba is None:
            self._field = None
        else:
            if rgba.ndim != 3 or rgba.shape[2] != 4 or rgba.dtype != np.uint8:
                raise ValueError(f"a field is (n, m, 4) uint8, not {rgba.shape} {rgba.dtype}")
            data = np.ascontiguousarray(rgba)
            image = QImage(data.data, data.shape[1], data.shape[0], 4 * data.shape[1], QImage.Format.Format_RGBA8888)
            self._field = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy of its own
        self._field_pixmap = None
        self.update()

    def set_lines(self, lines: Sequence[Line], faint: Sequence[Line] = ()) -> None:
        """Show ``lines``, each (m, 2) in plane coordinates: a boundary; and more quietly ``faint`` ones: contours."""
        self._lines, self._faint = list(lines), list(faint)
        self.update()

    def set_points(
        self,
        x: npt.NDArray[np.float64],
        y: npt.NDArray[np.float64],
        task: Task,
        *,
        train: npt.NDArray[np.bool_],
        wrong: npt.NDArray[np.bool_] | None = None,
        show_test: bool = True,
        span: ValueRange = SIGNED,
        plane: Plane = DRAWN,
    ) -> None:
        """Show points ``x`` (N, D) of class or value ``y`` (N,) on ``plane``, the smaller the further off it they are.

        Those with ``train`` (N,) are filled, the others hollow or, without ``show_test``, hidden; those with ``wrong``
        (N,) are ringed. ``span`` is what the colours of values run from and to.
        """
        before = self._shown
        self.plane = plane
        x = np.asarray(x, dtype=np.float64).reshape(len(y), -1) if len(y) else np.empty((0, 2))
        xy = plane.project(x) if len(y) else x
        near = None if plane.flat or not len(y) else nearness(plane.distances(x))
        y, train = np.asarray(y, dtype=np.float64), np.asarray(train, dtype=np.bool_)
        self._shown = ShownPoints(xy, y, task, train, wrong, show_test, span, near)
        if self._points_pixmap is not None:
            if self._shown.begins_with(before):
                self._draw_points(self._points_pixmap, np.arange(len(self._shown.y)) >= len(before.y))
            else:
                self._points_pixmap = None
        if self._highlight is not None and len(self._highlight) != len(y):
            self._highlight = None
        lit = self.spotlight.lit
        self.spotlight.light(None if lit is None else np.flatnonzero(lit), len(y))
        self.update()

    def set_wrong(self, wrong: npt.NDArray[np.bool_] | None) -> None:
        """Ring the points with ``wrong`` (N,), without drawing the points again."""
        self._shown = replace(self._shown, wrong=wrong)
        self.update()

    def set_highlight(self, selected: npt.NDArray[Any] | None) -> None:
        """Ring the points at ``selected``, a mask (N,) or indices, in the accent colour; None for none."""
        if selected is None:
            self._highlight = None
        else:
            mask = np.zeros(len(self._shown.y), dtype=np.bool_)
            mask[selected] = True
            self._highlight = mask
        self.update()

    def set_lit(self, indices: Any) -> None:
        """Light up the points at ``indices`` while the others fade; None for all alike."""
        self.spotlight.light(indices, len(self._shown.y))
        self.update()

    def set_picked(self, index: int | None) -> None:
        """Mark the point that is looked at closely; None for none."""
        self.spotlight.picked = index
        self.update()

    def sample_at(self, position: QPointF) -> int | None:
        """The index of the point drawn at a widget position, None where there is none."""
        return nearest(self.places(), self._shown.visible(), position)

    def places(self) -> npt.NDArray[np.float64]:
        """The points' widget positions (N, 2)."""
        rect = self.plane_rect()
        at = (self._shown.x * (1.0, -1.0) + DOMAIN) / (2 * DOMAIN) * rect.width() + (rect.left(), rect.top())
        return np.asarray(at)

    @property
    def shown(self) -> ShownPoints:
        """The points on the plane now."""
        return self._shown

    # Geometry

    def sizeHint(self) -> QSize:
        """A square of comfortable size."""
        side = themes.theme().px(320)
        return QSize(side, side)

    def plane_rect(self) -> QRectF:
        """The square the plane fills, on whole pixels, in widget coordinates."""
        side = max(1, min(self.width(), self.height()))
        return QRectF((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def to_plane(self, position: QPointF) -> tuple[float, float]:
        """The plane coordinates at a widget position; outside the plane they go on past DOMAIN."""
        rect = self.plane_rect()
        return (
            (position.x() - rect.left()) / rect.width() * 2 * DOMAIN - DOMAIN,
            DOMAIN - (position.y() - rect.top()) / rect.height() * 2 * DOMAIN,
        )

    def to_widget(self, x1: float, x2: float) -> QPointF:
        """The widget position of plane coordinates."""
        rect = self.plane_rect()
        return QPointF(
            rect.left() + (x1 + DOMAIN) / (2 * DOMAIN) * rect.width(),
            rect.top() + (DOMAIN - x2) / (2 * DOMAIN) * rect.height(),
        )

    def pixels_per_unit(self) -> float:
        """How many logical pixels one unit of the plane covers."""
        return self.plane_rect().width() / (2 * DOMAIN)

    def marker_diameter(self) -> float:
        """How large a marker is, in logical pixels: it grows with the plane and shrinks a little in a crowd."""
        low, high = themes.theme().scale * np.array([6.5, 12.0])
        crowd = 0.82 if len(self._shown.y) > CROWD else 1.0
        return float(np.clip(self.plane_rect().width() * 0.021 + 2.2, low, high)) * crowd

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground or field, axes, lines, points, rings, and what a subclass lays over them."""
        pixmap = self._points_pixmap
        if for_picture():
            self._forget_pictures()  # before, since they are as sharp as the screen, and after
        elif pixmap is not None and pixmap.devicePixelRatio() != self.devicePixelRatioF():  # on another screen now
            self._forget_pictures()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self.plane_rect()
        painter.save()
        painter.setClipRect(rect)
        self._paint_ground(painter, rect)
        backdrop.axes(painter, rect, self.plane, on_field=self._field is not None)
        self._paint_lines(painter)
        if for_picture():
            self._stamp_points(painter, rect)
        else:
            if self._points_pixmap is None:
                self._points_pixmap = self._picture_of(np.ones(len(self._shown.y), dtype=np.bool_))
            self.spotlight.paint(painter, rect.topLeft(), self._points_pixmap, self._picture_of)
        self.paint_rings(painter, self.spotlight.among(self._shown.wrong), "bad", 1.75)
        self.paint_rings(painter, self._highlight, "accent", 1.4)
        backdrop.ticks(painter, rect, self.ground, self.plane, on_field=self._field is not None)
        self.spotlight.paint_marks(painter, self.places(), self.marker_diameter())
        self.paint_overlay(painter, rect)
        painter.restore()
        backdrop.corners(painter, rect)
        if for_picture():
            self._forget_pictures()
        else:
            self.paint_frame(painter, rect)
        painter.end()

    def paint_overlay(self, painter: QPainter, rect: QRectF) -> None:
        """Lay something over the points, inside the plane; for subclasses."""

    def paint_frame(self, painter: QPainter, rect: QRectF) -> None:
        """Draw around the plane; a focus line where the widget has the keyboard."""
        if self.focus_shown:
            draw_focus_ring(painter, rect)

    def _paint_ground(self, painter: QPainter, rect: QRectF) -> None:
        if self._field is None:
            painter.fillRect(rect, themes.theme().color(self.ground))
            return
        if self._field_pixmap is None:
            self._field_pixmap = backdrop.scaled_field(self._field, rect.width(), pixel_ratio(self), self.ground)
        painter.drawPixmap(rect.topLeft(), self._field_pixmap)

    def _paint_lines(self, painter: QPainter) -> None:
        rect = self.plane_rect()
        for group, (width, opacity) in ((self._faint, FAINT), (self._lines, STRONG)):
            color = QColor(themes.theme().color("text"))
            color.setAlphaF(opacity)
            for line in group:
                at = (np.asarray(line) * (1.0, -1.0) + DOMAIN) / (2 * DOMAIN) * rect.width() + (rect.left(), rect.top())
                strokes.draw(painter, at[:, 0], at[:, 1], color, width * themes.theme().scale, live=False)

    def _picture_of(self, mask: npt.NDArray[np.bool_]) -> QPixmap:
        """The points of ``mask`` (N,) on nothing, as large as the plane."""
        ratio = pixel_ratio(self)
        side = max(1, round(self.plane_rect().width() * ratio))
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(ratio)
        self._draw_points(pixmap, mask)
        return pixmap

    def _draw_points(self, pixmap: QPixmap, mask: npt.NDArray[np.bool_]) -> None:
        """Draw the points of ``mask`` (N,) onto the pixmap, in its own device pixels."""
        ratio = pixmap.devicePixelRatio()
        pixmap.setDevicePixelRatio(1.0)
        painter = QPainter(pixmap)
        self._stamp(painter, pixmap.width(), ratio, mask)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)

    def _stamp_points(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the points themselves, those that are not lit up faint, into a picture that is to be kept."""
        ratio, every = pixel_ratio(self), np.ones(len(self._shown.y), dtype=np.bool_)
        lit = self.spotlight.lit
        painter.save()
        painter.translate(rect.topLeft())
        painter.scale(1 / ratio, 1 / ratio)
        for mask, opacity in ((every, 1.0),) if lit is None else ((~lit, DIM), (lit, 1.0)):
            painter.setOpacity(opacity)
            self._stamp(painter, round(rect.width() * ratio), ratio, mask)
        painter.restore()

    def _stamp(self, painter: QPainter, side: float, ratio: float, mask: npt.NDArray[np.bool_]) -> None:
        """Stamp the points of ``mask`` (N,) into a square ``side`` wide, its units 1 / ``ratio`` of the widget's."""
        shown = self._shown
        at = (shown.x * (1.0, -1.0) + DOMAIN) / (2 * DOMAIN) * side
        self._positions = np.floor(np.clip(at, -1e4, 1e5)).astype(np.int_)
        opacity = painter.opacity()
        for step in (STEPS,) if shown.near is None else range(STEPS + 1):  # the nearest last, over the others
            layer = mask if shown.near is None else mask & (shown.near == step)
            size, faint = (far + (1.0 - far) * step / STEPS for far in FAR)
            chosen = np.flatnonzero(shown.visible() & layer)
            self.points_drawn += len(chosen)
            if len(chosen):
                wide = self.marker_diameter() * ratio * size
                points = (shown.y[chosen], shown.task, shown.train[chosen])
                painter.setOpacity(opacity * faint)
                sprites.stamp(painter, self._positions[chosen], *sprites.pictures_for(*points, wide, shown.span))
        painter.setOpacity(opacity)

    def paint_rings(self, painter: QPainter, mask: npt.NDArray[np.bool_] | None, token: str, grow: float) -> None:
        """Ring the points with ``mask`` (N,) in a colour, ``grow`` times as wide as their markers; for subclasses."""
        if mask is None or len(mask) != len(self._positions):
            return
        chosen = np.flatnonzero(mask & self._shown.visible())
        if len(chosen):
            overlay.rings(painter, self, self._positions[chosen], token, grow)

    # Events

    def resizeEvent(self, event: Any) -> None:
        """Draw everything anew at the new size."""
        self._forget_pictures()
        super().resizeEvent(event)

    def update_theme(self) -> None:
        """Draw everything anew in the theme's colours."""
        self._forget_pictures()
        self.updateGeometry()

    def _forget_pictures(self) -> None:
        self._field_pixmap = self._points_pixmap = None
        self.spotlight.forget()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell where the pointer is."""
        if self.plane_rect().contains(event.position()):
            self.hovered.emit(*self.to_plane(event.position()))
        else:
            self.left.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer is gone."""
        self.left.emit()
        super().leaveEvent(event)
