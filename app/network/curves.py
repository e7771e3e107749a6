"""Small pictures of activations: the function and, dashed, its derivative."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap, QPolygonF

from app.theme import Theme
from core.activations import ACTIVATIONS
from core.elementary import NUMPY

SIZE = (48, 36)
REACH = 4.0
LOW, HIGH = -1.8, 2.0


def curve_size(look: Theme) -> QSize:
    """The pictures' size in pixels."""
    return QSize(look.px(SIZE[0]), look.px(SIZE[1]))


def curve_icon(name: str, look: Theme, ratio: float = 1.0) -> QIcon:
    """The picture of an activation; empty for softmax, which is no curve."""
    return _icon(name, look.name, look.scale, ratio)


@lru_cache(maxsize=128)
def _icon(name: str, look_name: str, scale: float, ratio: float) -> QIcon:
    formula = ACTIVATIONS[name].formula
    look = Theme(look_name, scale)
    size = curve_size(look)
    pixmap = QPixmap(size * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    if formula is None:
        return QIcon(pixmap)
    value, slope = formula(NUMPY)
    z = np.linspace(-REACH, REACH, 97)
    a = value(z)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    air = 3 * scale
    painter.setClipRect(QRectF(0, air - scale, size.width(), size.height() - 2 * air + 2 * scale))

    def line(y: np.ndarray) -> QPolygonF:
        across = (z + REACH) / (2 * REACH) * size.width()
        down = air + (HIGH - y) / (HIGH - LOW) * (size.height() - 2 * air)
        return QPolygonF([QPointF(u, v) for u, v in zip(across.tolist(), down.tolist(), strict=True)])

    painter.setPen(QPen(look.color("hairline"), scale))
    painter.drawPolyline(line(np.zeros_like(z)))
    painter.drawLine(QPointF(size.width() / 2, 0), QPointF(size.width() / 2, size.height()))
    painter.setPen(QPen(look.line_color(3), 1.2 * scale, Qt.PenStyle.DashLine))
    painter.drawPolyline(line(np.broadcast_to(slope(z, a), z.shape)))
    painter.setPen(QPen(look.line_color(0), 2 * scale))
    painter.drawPolyline(line(a))
    painter.end()
    return QIcon(pixmap)
