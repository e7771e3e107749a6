"""The lens: one neuron's map, large, beside the neuron under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.network.tiles import brush
from app.theme import font, theme, tokens
from app.widgets.painting import antialiased
from core.data import DOMAIN

SIDE = 148
LINE = 18


class Lens(QWidget):
    """A floating picture that takes no mouse: a map with a cross on it, and lines of text under it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._over = parent
        self._image: QImage | None = None
        self._lines: tuple[str, ...] = ()
        self._place: tuple[float, float] | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What it says."""
        return self._lines

    def show_neuron(self, image: QImage | None, lines: Sequence[str], place: tuple[float, float] | None) -> None:
        """Show a map, words, and a cross at ``place`` (x₁, x₂)."""
        self._image, self._lines, self._place = image, tuple(lines), place
        self.resize(self.sizeHint())
        self.update()

    def open_beside(self, tile: QRect) -> None:
        """Open to the right of a tile (global), or to its left where the screen ends."""
        gap, size = theme().px(10), self.sizeHint()
        area = self._over.screen().availableGeometry()
        x = tile.right() + gap
        if x + size.width() > area.right():
            x = tile.left() - gap - size.width()
        y = min(max(tile.center().y() - size.height() // 2, area.top()), max(area.top(), area.bottom() - size.height()))
        self.move(QPoint(x, y))
        if not self.isVisible():
            self.show()

    def sizeHint(self) -> QSize:
        """The map and the lines."""
        pad = 2 * theme().px(tokens.GAP)
        return QSize(theme().px(SIDE) + pad, theme().px(SIDE + LINE * len(self._lines) + tokens.GRID) + pad)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame, map, cross, words."""
        look = theme()
        painter = antialiased(QPainter(self))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(look.color("hairline"), 1))
        painter.setBrush(look.color("panel"))
        radius, pad, side = look.px(tokens.CORNER), look.px(tokens.GAP), look.px(SIDE)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        rect = QRectF(pad, pad, side, side)
        painter.setBrush(brush(self._image, rect) if self._image is not None else look.color("raised"))
        painter.drawRoundedRect(rect, look.px(tokens.SMALL_CORNER), look.px(tokens.SMALL_CORNER))
        if self._place is not None:
            self._paint_cross(painter, rect)
        for index, line in enumerate(self._lines):
            painter.setFont(font(11, semibold=index == 0))
            painter.setPen(look.color("text" if index == 0 else "muted"))
            row = QRectF(pad, pad + side + look.px(tokens.GRID + LINE * index), side, look.px(LINE))
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line)

    def _paint_cross(self, painter: QPainter, rect: QRectF) -> None:
        assert self._place is not None
        x1, x2 = self._place
        at = QPointF(
            rect.left() + (x1 + DOMAIN) / (2 * DOMAIN) * rect.width(),
            rect.top() + (DOMAIN - x2) / (2 * DOMAIN) * rect.height(),
        )
        look, arm = theme(), theme().px(6)
        for token, width in (("panel", 3.0), ("text", 1.2)):
            painter.setPen(QPen(look.color(token, 0.8 if width > 2 else 1.0), width * look.scale))
            painter.drawLine(at - QPointF(arm, 0), at + QPointF(arm, 0))
            painter.drawLine(at - QPointF(0, arm), at + QPointF(0, arm))
