"""A slim plot beside a map: how far training's path is off the map's plane, and how much of it the plane shows."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.numbers import count, percent
from app.panels.plot import ticks
from app.theme import font, repaint_on_change, theme
from app.widgets import lines
from core.probes.projection import Track

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WIDTH, _SLIM = 116, 76
"""Design pixels; the second where the map beside it would be left with too little."""


def axis_title(last: int, room: float, metrics: QFontMetricsF) -> str:
    """What the axis below is named where there is ``room`` for it beside its ``last`` step."""
    return "step" if metrics.horizontalAdvance(f"step {count(last)}") <= room else ""


class OffPlaneView(QWidget):
    """Over the steps: distance from the plane and, fainter, from its centre; alike where the plane shows little."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._track: Track | None = None
        self.slim = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Distance of the path from the plane")
        self.setToolTip(
            "How far θ is from the plane of the map, and from its centre, as ‖·‖ over all parameters. "
            "What the plane explains is its share of the squared distances from the centre."
        )
        repaint_on_change(self)

    def set_track(self, track: Track | None) -> None:
        """Show another path."""
        self._track = track
        self.update()

    def set_slim(self, slim: bool) -> None:
        """Take less width, and say less."""
        if slim != self.slim:
            self.slim = slim
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Slim."""
        return QSize(theme().px(_SLIM if self.slim else _WIDTH), theme().px(160))

    def minimumSizeHint(self) -> QSize:
        """As slim, and low."""
        return QSize(self.sizeHint().width(), theme().px(60))

    def words(self) -> tuple[str, str]:
        """What stands above the plot: the share of the path that the plane explains."""
        explained = self._track.explained if self._track is not None else math.nan
        above, of = ("explains", "") if self.slim else ("plane explains", " of the path")
        return (above, f"{percent(explained)}{of}" if math.isfinite(explained) else "no path yet")

    def _named(self) -> str:
        return "off it" if self.slim else "off the plane"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words, the axes and the two lines."""
        look = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QFontMetricsF(font(11)).height()
        for row, (text, semibold, token) in enumerate(zip(self.words(), (False, True), ("muted", "text"), strict=True)):
            painter.setFont(font(11, semibold=semibold))
            painter.setPen(look.color(token))
            painter.drawText(QRectF(0, row * line, self.width(), line), _LEFT, text)
        painter.setFont(font(11))
        place = QRectF(0, 2 * line + look.px(10), self.width(), self.height() - 2 * line - look.px(10))
        if self._track is not None and math.isfinite(self._track.explained) and place.height() > 4 * line:
            self._paint_plot(painter, place, self._track, line)

    def _paint_plot(self, painter: QPainter, place: QRectF, track: Track, line: float) -> None:
        look, metrics = theme(), QFontMetricsF(painter.font())
        top = max(float(track.reaches.max()), 1e-12)
        rows = ticks.linear(0.0, top, min(8, max(2, int(place.height() / look.px(44))))).major
        left = math.ceil(max([metrics.horizontalAdvance(text) for _, text in rows] + [look.px(14)])) + look.px(5)
        width, height = place.width() - left - look.px(2), place.height() - 2 * line - look.px(6)
        plot = QRectF(left, place.top() + line, width, height)
        for at, text in rows:
            level = math.floor(plot.bottom() - at / top * plot.height()) + 0.5
            painter.setPen(QPen(look.color("hairline"), look.scale))
            painter.drawLine(QLineF(plot.left(), level, plot.right(), level))
            painter.setPen(look.color("muted"))
            painter.drawText(QRectF(0, level - line / 2, left - look.px(5), line), _RIGHT, text)
        last = int(track.steps[-1])
        below = plot.bottom() + look.px(4)
        painter.drawText(QRectF(plot.left(), below, plot.width(), line), _LEFT, axis_title(last, plot.width(), metrics))
        painter.drawText(QRectF(0, below, plot.right(), line), _RIGHT, count(last))
        painter.setPen(look.color("accent"))
        painter.drawText(QRectF(plot.left(), place.top() - look.px(2), plot.width(), line), _LEFT, self._named())
        x = plot.left() + track.steps / max(last, 1) * plot.width()
        for values, token, width in ((track.reaches, "muted", 1.0), (track.distances, "accent", 2.0)):
            y = plot.bottom() - values / top * plot.height()
            color = look.color(token, 0.6 if token == "muted" else 1.0)
            lines.draw(painter, x.astype(np.float64), y, color, width * look.scale, False)
