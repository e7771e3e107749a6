"""A colour scale with its numbers, to stand beside a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import font, repaint_on_change, theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_BAR = 10
_WIDEST = "−0.005"

Tick = tuple[float, str]
"""A share of the scale, 0 at its foot and 1 at its top, and what it says there."""


class ScaleBar(QWidget):
    """Colours from low (at the foot) to high, ticks beside them, a short title above or below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._ticks: tuple[Tick, ...] = ()
        self._title = ""
        self._margins = (0.0, 0.0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        repaint_on_change(self)

    def set_scale(self, colors: npt.NDArray[np.uint8], ticks: Sequence[Tick], title: str = "") -> None:
        """Show ``colors`` (n, 4) uint8 from the foot to the top, with ``ticks``."""
        column = np.ascontiguousarray(colors[::-1]).reshape(-1, 1, 4)
        self._image = QImage(column.data, 1, len(column), 4, QImage.Format.Format_RGBA8888).copy()
        self._ticks, self._title = tuple(ticks), title
        self.setAccessibleName(title or "Scale")
        self.setAccessibleDescription(", ".join(text for _, text in ticks))
        if self.sizeHint().width() != self.width():
            self.updateGeometry()
        self.update()

    def set_margins(self, top: float, bottom: float) -> None:
        """Leave so many pixels free above and below, to stand level with a picture that has margins."""
        if (top, bottom) != self._margins:
            self._margins = (top, bottom)
            self.update()

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The ticks shown."""
        return self._ticks

    def sizeHint(self) -> QSize:
        """As wide as the widest tick needs."""
        metrics = QFontMetricsF(font(11))
        widest = max([metrics.horizontalAdvance(text) for text in (_WIDEST, *(text for _, text in self._ticks))])
        return QSize(math.ceil(widest) + theme().px(_BAR + 7), theme().px(120))

    def minimumSizeHint(self) -> QSize:
        """A bar short enough for the smallest panel."""
        return QSize(self.sizeHint().width(), theme().px(40))

    def bar_rect(self) -> QRectF:
        """Where the colours are."""
        line, (above, below) = self._line(), self._margins
        above = max(above, 1.5 * line if self._title and not self._titled_below() else line / 2)
        below = max(below, line / 2)
        return QRectF(0, above, theme().px(_BAR), max(1.0, self.height() - above - below))

    def _line(self) -> float:
        return QFontMetricsF(font(11)).height()

    def _titled_below(self) -> bool:
        """Whether the margin below has room for the title."""
        return self._margins[1] >= self._line() + theme().px(4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title, colours, ticks from the foot up as long as they fit."""
        look, bar = theme(), self.bar_rect()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        line = self._line()
        if not self._image.isNull():
            shape = QPainterPath()
            shape.addRoundedRect(bar, look.px(3), look.px(3))
            painter.setClipPath(shape)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(bar, self._image)
            painter.setClipping(False)
        painter.setPen(look.color("muted"))
        if self._title:
            y = bar.bottom() + look.px(4) if self._titled_below() else bar.top() - line - look.px(4)
            painter.drawText(QRectF(0, y, self.width(), line), _LEFT, self._title)
        last = math.inf
        for share, text in self._ticks:
            y = bar.bottom() - share * bar.height()
            if last - y < line:
                continue
            last = y
            painter.setPen(QPen(look.color("muted"), look.scale))
            painter.drawLine(QLineF(bar.right(), y, bar.right() + look.px(2), y))
            painter.drawText(QRectF(bar.right() + look.px(7), y - line / 2, self.width(), line), _LEFT, text)
