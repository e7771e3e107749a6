"""What the canvas lays over its points: brush outline, selection rectangle, crosshair, coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app import theme as themes
from app.canvas import sprites
from app.numbers import number, to_places
from app.widgets.target import pixel_ratio
from core.data.slices import Plane


def label_color(canvas: Any) -> QColor:
    """The colour of the class or value that a canvas paints."""
    if canvas.session.experiment.data.task == "classification":
        return themes.theme().class_color(canvas.class_index)
    return sprites.signed_color(canvas.value, 1.0)


def brush(painter: QPainter, at: QPointF, radius: float, color: QColor | None) -> None:
    """A circle of the brush's reach, tinted with what it paints; plain for an eraser."""
    theme = themes.theme()
    tint = QColor(color or theme.color("text"))
    tint.setAlphaF(0.12 if color else 0.06)
    painter.setBrush(tint)
    painter.setPen(QPen(color or theme.color("muted"), 1.3 * theme.scale))
    painter.drawEllipse(at, radius, radius)


def ghost(painter: QPainter, at: QPointF, canvas: Any) -> None:
    """The marker that a click would put down, half transparent."""
    ratio = canvas.devicePixelRatioF()
    kind = canvas.class_index if canvas.session.experiment.data.task == "classification" else 0
    picture = sprites.sprite(kind, label_color(canvas), canvas.marker_diameter() * ratio)
    painter.save()
    painter.setOpacity(0.55)
    painter.translate(at)
    painter.scale(1 / ratio, 1 / ratio)
    painter.drawPixmap(QPointF(-picture.width() / 2, -picture.height() / 2), picture)
    painter.restore()


def rectangle(painter: QPainter, corner: QPointF, opposite: QPointF) -> None:
    """The rectangle that is being drawn around points."""
    theme = themes.theme()
    painter.setBrush(theme.color("accent", 0.10))
    painter.setPen(QPen(theme.color("accent"), 1.2 * theme.scale, Qt.PenStyle.DashLine))
    painter.drawRect(QRectF(corner, opposite).normalized())


def crosshair(painter: QPainter, rect: QRectF, at: QPointF) -> None:
    """Two lines through a place, open in the middle so that they hide nothing."""
    theme = themes.theme()
    gap = theme.px(7)
    painter.setPen(QPen(theme.color("accent"), 1.4 * theme.scale))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawLine(QPointF(rect.left(), at.y()), QPointF(at.x() - gap, at.y()))
    painter.drawLine(QPointF(at.x() + gap, at.y()), QPointF(rect.right(), at.y()))
    painter.drawLine(QPointF(at.x(), rect.top()), QPointF(at.x(), at.y() - gap))
    painter.drawLine(QPointF(at.x(), at.y() + gap), QPointF(at.x(), rect.bottom()))
    painter.drawEllipse(at, gap * 0.45, gap * 0.45)


def invitation(painter: QPainter, rect: QRectF, text: str) -> None:
    """What to do with an empty plane."""
    painter.setPen(themes.theme().color("muted"))
    painter.setFont(themes.font(13))
    above = rect.adjusted(themes.theme().px(12), 0, -themes.theme().px(12), -rect.height() / 2)
    painter.drawText(above, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def coordinates(painter: QPainter, rect: QRectF, plane: Plane, place: tuple[float, float]) -> None:
    """The axes' values at a place in plane units, small, in the upper right corner."""
    theme = themes.theme()
    across, up = plane.values(*place).tolist()
    text = f"x₁ {to_places(across, 2)}   x₂ {to_places(up, 2)}" if plane.flat else f"{number(across)}  {number(up)}"
    face = themes.font(11)
    metrics = QFontMetricsF(face)
    pad = theme.px(4)
    width, height = metrics.horizontalAdvance(text) + 2 * pad, metrics.height() + pad / 2
    box = QRectF(rect.right() - width - pad, rect.top() + pad, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("window", 0.82))
    painter.drawRoundedRect(box, pad, pad)
    painter.setPen(theme.color("muted"))
    painter.setFont(face)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def rings(painter: QPainter, plane: Any, at: npt.NDArray[np.int_], token: str, grow: float) -> None:
    """Ring the places ``at`` (N, 2), device pixels of a plane, in a colour; ``grow`` times as wide as its markers."""
    ratio, theme = pixel_ratio(plane), themes.theme()
    picture = sprites.ring(
        theme.color(token).rgba(),
        round(plane.marker_diameter() * grow * ratio, 1),
        (1.4 if token == "bad" else 1.2) * theme.scale * ratio,
    )
    painter.save()
    painter.translate(plane.plane_rect().topLeft())
    painter.scale(1 / ratio, 1 / ratio)
    sprites.stamp(painter, at, [picture], np.zeros(len(at), dtype=np.int_))
    painter.restore()
