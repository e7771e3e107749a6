"""What the self-painted controls share: rounded grounds and the focus ring."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.theme import theme, tokens


def antialiased(painter: QPainter) -> QPainter:
    """The painter, set to smooth edges."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter


def fill_rounded(painter: QPainter, rect: QRectF, color: QColor, corner: float = tokens.CORNER) -> None:
    """Fill a rounded rectangle, its corner radius in design pixels."""
    radius = min(theme().px(corner), rect.height() / 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(rect, radius, radius)


def draw_focus_ring(painter: QPainter, rect: QRectF, corner: float = tokens.CORNER, token: str = "accent") -> None:
    """Outline ``rect`` from within, as wide as a focus ring is."""
    width = theme().px(tokens.FOCUS_WIDTH)
    inner = rect.adjusted(width / 2, width / 2, -width / 2, -width / 2)
    radius = min(theme().px(corner), rect.height() / 2) - width / 2
    painter.setPen(QPen(theme().color(token), width))
    painter.setBrush(QBrush())
    painter.drawRoundedRect(inner, radius, radius)
