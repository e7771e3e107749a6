"""The lens: what is under the pointer, large and in numbers, beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.canvas.sprites import pictures_for, stamp
from app.network.number_popover import paint_pairs
from app.network.tiles import brush
from app.theme import font, theme, tokens
from app.widgets.painting import antialiased
from core.data import DOMAIN
from core.data.slices import Slice, plane_of
from core.data.values import ValueRange
from core.model import Model

SIDE, LINE = 208, 18
MARKER = 5.5
"""Diameter of a point on the map."""
MOST_POINTS = 240
"""Points drawn on the map at most, spread evenly over those that train."""

Pairs = Sequence[tuple[str, str]]


class Lens(QWidget):
    """A floating card that takes no mouse: a title, a map with the points and a cross on it, and lines of numbers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._over = parent
        self._title = ""
        self._pairs: Pairs = ()
        self._mapped = False
        self._image: QImage | None = None
        self._place: tuple[float, float] | None = None
        self._points = QPixmap()
        self._points_key: tuple[Any, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What it says."""
        return (self._title, *(f"{name} {value}" for name, value in self._pairs))

    @property
    def mapped(self) -> bool:
        """Whether it shows a neuron's map."""
        return self._mapped

    def show_words(self, title: str, pairs: Pairs) -> None:
        """Show numbers by name, and no map."""
        self._title, self._pairs, self._mapped = title, tuple(pairs), False
        self._refit()

    def show_neuron(self, title: str, pairs: Pairs, image: QImage | None, place: tuple[float, float]) -> None:
        """Show a map, numbers by name, and a cross at ``place`` (x₁, x₂)."""
        self._title, self._pairs, self._mapped = title, tuple(pairs), True
        self._image, self._place = image, place
        self._refit()

    def show_points(self, model: Model, chosen: Slice) -> None:
        """Have the map show the points that train, on the plane that ``chosen`` is in their data."""
        key = (id(model.experiment.data), chosen, theme().name, theme().scale, self.devicePixelRatioF())
        if key != self._points_key:
            self._points_key = key
            self._points = self._draw_points(model, chosen)

    def _draw_points(self, model: Model, chosen: Slice) -> QPixmap:
        look, ratio, points = theme(), self.devicePixelRatioF(), model.experiment.data.points
        side = round(look.px(SIDE) * ratio)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        shown = np.flatnonzero(model.prepared.train)
        if not len(shown):
            return pixmap
        shown = shown[np.linspace(0, len(shown) - 1, min(MOST_POINTS, len(shown))).astype(int)]
        span = ValueRange.of(model.experiment.data)
        task = model.experiment.data.task
        trains = np.ones(len(shown), dtype=np.bool_)
        pictures, which = pictures_for(points.y[shown], task, trains, MARKER * look.scale * ratio, span)
        seen = plane_of(model.experiment.data, chosen).project(points.x[shown])
        share = (seen * (1, -1) + DOMAIN) / (2 * DOMAIN)
        painter = QPainter(pixmap)
        stamp(painter, np.round(share * side).astype(np.int_), pictures, which)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _refit(self) -> None:
        self.resize(self.sizeHint())
        self.update()

    def open_beside(self, place: QRect) -> None:
        """Open to the right of a place on the screen, or to its left where the screen ends."""
        gap, size = theme().px(12), self.sizeHint()
        area = self._over.screen().availableGeometry()
        x = place.right() + gap
        if x + size.width() > area.right():
            x = max(area.left(), place.left() - gap - size.width())
        y = min(
            max(place.center().y() - size.height() // 2, area.top()), max(area.top(), area.bottom() - size.height())
        )
        self.move(QPoint(x, y))
        if not self.isVisible():
            self.show()

    def _width(self) -> int:
        small, bold = QFontMetrics(font(11)), QFontMetrics(font(11, semibold=True))
        words = [small.horizontalAdvance(name + value) + theme().px(20) for name, value in self._pairs]
        least = theme().px(SIDE) if self._mapped else 0
        return max(least, bold.horizontalAdvance(self._title), *words, 0)

    def sizeHint(self) -> QSize:
        """Title, map and lines."""
        pad, side = 2 * theme().px(10), theme().px(SIDE + tokens.GRID) if self._mapped else 0
        return QSize(self._width() + pad, theme().px(LINE) * (1 + len(self._pairs)) + side + pad)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame, title, map, numbers."""
        look = theme()
        painter = antialiased(QPainter(self))
        painter.setPen(QPen(look.color("hairline"), 1))
        painter.setBrush(look.color("panel"))
        radius, pad = look.px(tokens.CORNER), look.px(10)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        wide, top, line = self.width() - 2 * pad, pad, look.px(LINE)
        painter.setFont(font(11, semibold=True))
        painter.setPen(look.color("text"))
        painter.drawText(QRectF(pad, top - 2, wide, line), Qt.AlignmentFlag.AlignVCenter, self._title)
        top += line
        if self._mapped:
            side = look.px(SIDE)
            self._paint_map(painter, QRectF(pad + (wide - side) / 2, top, side, side))
            top += side + look.px(tokens.GRID)
        paint_pairs(painter, QRectF(pad, top, wide, line * len(self._pairs)), self._pairs)

    def _paint_map(self, painter: QPainter, rect: QRectF) -> None:
        look = theme()
        corner = look.px(tokens.SMALL_CORNER)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(look.color("hairline"), 1))
        painter.setBrush(brush(self._image, rect) if self._image is not None else look.color("raised"))
        painter.drawRoundedRect(rect, corner, corner)
        painter.save()
        inside = QPainterPath()
        inside.addRoundedRect(rect, corner, corner)
        painter.setClipPath(inside)
        painter.drawPixmap(rect.topLeft(), self._points)
        if self._place is not None:
            self._paint_cross(painter, rect, *self._place)
        painter.restore()

    @staticmethod
    def _paint_cross(painter: QPainter, rect: QRectF, x1: float, x2: float) -> None:
        at = QPointF(
            rect.left() + (x1 + DOMAIN) / (2 * DOMAIN) * rect.width(),
            rect.top() + (DOMAIN - x2) / (2 * DOMAIN) * rect.height(),
        )
        look, arm = theme(), theme().px(7)
        for token, width in (("panel", 3.5), ("text", 1.4)):
            painter.setPen(QPen(look.color(token, 0.8 if width > 2 else 1.0), width * look.scale))
            painter.drawLine(at - QPointF(arm, 0), at + QPointF(arm, 0))
            painter.drawLine(at - QPointF(0, arm), at + QPointF(0, arm))
