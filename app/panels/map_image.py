"""A surface drawn as an image, colours and level lines; on any thread, so that the window need not wait for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from app.panels.path_on_map import DARK, LIGHT
from app.panels.relief import Relief
from app.theme import Theme, tokens
from app.widgets import lines


@dataclass(frozen=True)
class MapSize:
    """A map of ``width`` × ``height`` pixels, ``ratio`` device pixels each, that shows -span to span."""

    width: float
    height: float
    ratio: float
    span: float


@dataclass(frozen=True, eq=False)
class Map:
    """An image, and the size it was drawn for."""

    size: MapSize
    image: QImage


def rounded(rect: QRectF, look: Theme) -> QPainterPath:
    """``rect`` with a picture's round corners."""
    path = QPainterPath()
    path.addRoundedRect(rect, look.px(tokens.CORNER), look.px(tokens.CORNER))
    return path


def draw_map(relief: Relief | None, size: MapSize, look: Theme) -> Map:
    """Draw ``relief`` at its own place in a view that may show more or less than it covers; bare ground for None."""
    image = QImage(
        max(1, round(size.width * size.ratio)),
        max(1, round(size.height * size.ratio)),
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.setDevicePixelRatio(size.ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setClipPath(rounded(QRectF(0, 0, size.width, size.height), look))
    paint_map(painter, relief, size, look)
    painter.end()
    return Map(size, image)


def paint_map(painter: QPainter, relief: Relief | None, size: MapSize, look: Theme) -> None:
    """Paint a view of ``size`` with its upper left corner at (0, 0): ground, colours, level lines."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    place = QRectF(0, 0, size.width, size.height)
    painter.fillRect(place, look.color("raised"))
    if relief is not None:
        share = relief.surface.span / size.span
        _paint(painter, relief, place.center(), QPointF(size.width, size.height) * (share / 2), look)


def _paint(painter: QPainter, relief: Relief, middle: QPointF, half: QPointF, look: Theme) -> None:
    data = np.ascontiguousarray(relief.rgba)
    image = QImage(data.data, data.shape[1], data.shape[0], 4 * data.shape[1], QImage.Format.Format_RGBA8888)
    # The outermost samples lie on the surface's edge, so their pixels' centres must.
    inner = QRectF(0.5, 0.5, image.width() - 1, image.height() - 1)
    painter.drawImage(QRectF(middle - half, middle + half), image, inner)
    for level, line in relief.lines:
        color = QColor(DARK if level > 0.5 else LIGHT)
        color.setAlphaF(0.30 if level > 0.5 else 0.34)
        x = middle.x() + line[:, 0] / relief.surface.span * half.x()
        y = middle.y() - line[:, 1] / relief.surface.span * half.y()
        lines.draw(painter, x, y, color, 0.9 * look.scale, False)
