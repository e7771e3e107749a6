"""Values against what they should have been: predicted over true, or what is missing over predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas import sprites
from app.canvas.spotlight import DIM, lit_mask, nearest, paint_picked, paint_pointed
from app.panels.plot.ticks import linear, nice_step
from app.panels.readout import Row, paint_readout
from app.theme import font, repaint_on_change, theme
from app.widgets.painting import antialiased
from app.widgets.target import pixel_ratio
from core.data.values import SIGNED, ValueRange

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_TICKS = 6


@dataclass(frozen=True, eq=False)
class Scatter:
    """Samples as points: ``x`` and ``y`` (N,) with their axes' titles, values ``truth`` (N,) for the colours.

    ``train`` (N,) are filled, ``shown`` (N,) drawn at all. ``diagonal``: the line of perfect answers is y = x, else
    y = 0. The colours run over ``span``.
    """

    x: Floats
    y: Floats
    x_title: str
    y_title: str
    truth: Floats
    train: Mask
    shown: Mask
    diagonal: bool
    span: ValueRange = SIGNED


def nothing() -> Scatter:
    """No samples."""
    none = np.empty(0)
    return Scatter(none, none, "", "", none, none.astype(np.bool_), none.astype(np.bool_), True)


class ResidualView(QWidget):
    """A scatter of samples with the line of perfect answers; a click picks a sample."""

    sample_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scatter = nothing()
        self.rows: Any = lambda index: [Row("sample", str(index + 1))]
        self._lit: Mask | None = None
        self._picked: int | None = None
        self._pointed: int | None = None
        self._ranges = ((0.0, 1.0), (0.0, 1.0))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        repaint_on_change(self)

    def set_scatter(self, scatter: Scatter) -> None:
        """Show samples; the axes reach the next round number, so that they seldom change."""
        self.scatter = scatter
        x, y = scatter.x[scatter.shown], scatter.y[scatter.shown]
        if scatter.diagonal:
            both = _range(np.concatenate([x, y]))
            self._ranges = (both, both)
        else:
            self._ranges = (_range(x), _range(np.append(y, [0.0]) if len(y) else y))
        self.setAccessibleName(f"{scatter.y_title} over {scatter.x_title}")
        self._pointed = None
        self.update()

    def set_lit(self, indices: Any) -> None:
        """Light up samples while the others fade; None for all alike."""
        self._lit = lit_mask(indices, len(self.scatter.x))
        self.update()

    def set_picked(self, index: int | None) -> None:
        """Mark the sample looked at closely."""
        self._picked = index
        self.update()

    # geometry

    def plot_rect(self) -> QRectF:
        """Where the points are."""
        look, metrics = theme(), QFontMetricsF(font(11))
        line = metrics.height()
        widest = max((metrics.horizontalAdvance(text) for _, text in self._ticks(1)), default=0.0)
        left = widest + look.px(10)
        top = line + look.px(6)
        below = line * (2 if self.height() >= look.px(150) else 1) + look.px(8)
        return QRectF(left, top, max(1.0, self.width() - left - look.px(8)), max(1.0, self.height() - top - below))

    def _ticks(self, axis: int) -> tuple[tuple[float, str], ...]:
        low, high = self._ranges[axis]
        room = (self.width(), self.height())[axis] / theme().px((70, 36)[axis])
        return linear(low, high, int(np.clip(room, 2, _TICKS))).major

    def to_widget(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Positions of values, in pixels."""
        plot, ((x0, x1), (y0, y1)) = self.plot_rect(), self._ranges
        return (
            plot.left() + (x - x0) / (x1 - x0) * plot.width(),
            plot.bottom() - (y - y0) / (y1 - y0) * plot.height(),
        )

    def places(self) -> Floats:
        """The samples' positions (N, 2), in pixels."""
        return np.column_stack(self.to_widget(self.scatter.x, self.scatter.y)).reshape(-1, 2)

    def sizeHint(self) -> QSize:
        """A comfortable size."""
        return QSize(theme().px(320), theme().px(240))

    def minimumSizeHint(self) -> QSize:
        """Of use down to here."""
        return QSize(theme().px(140), theme().px(96))

    # painting

    def paintEvent(self, event: Any) -> None:
        """Grid, line, points, marks, card."""
        painter = antialiased(QPainter(self))
        plot = self.plot_rect()
        self._paint_axes(painter, plot)
        painter.save()
        painter.setClipRect(plot.adjusted(-6, -6, 6, 6))
        x0, x1 = self._ranges[0]
        first, last = ((x0, x0), (x1, x1)) if self.scatter.diagonal else ((x0, 0.0), (x1, 0.0))
        painter.setPen(QPen(theme().color("text", 0.8), 1.4 * theme().scale))
        painter.drawLine(QPointF(*self.to_widget(*first)), QPointF(*self.to_widget(*last)))
        self._paint_points(painter)
        painter.restore()
        at = self.places()
        diameter = self._diameter()
        if self._picked is not None and self._picked < len(at) and np.isfinite(at[self._picked]).all():
            paint_picked(painter, QPointF(*at[self._picked]), diameter)
        if self._pointed is not None and self._pointed < len(at):
            paint_pointed(painter, QPointF(*at[self._pointed]), diameter)
            paint_readout(painter, QRectF(self.rect()), QPointF(*at[self._pointed]), self.rows(self._pointed))

    def _diameter(self) -> float:
        low, high = theme().px(6.5), theme().px(10)
        return float(np.clip(min(self.width(), self.height()) * 0.02 + 2, low, high))

    def _paint_points(self, painter: QPainter) -> None:
        given, ratio = self.scatter, pixel_ratio(self)
        at = self.places() * ratio
        drawn = given.shown & np.isfinite(at).all(axis=1)
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        groups = [(drawn, 1.0)] if self._lit is None else [(drawn & ~self._lit, DIM), (drawn & self._lit, 1.0)]
        for mask, opacity in groups:
            chosen = np.flatnonzero(mask)
            if not len(chosen):
                continue
            pictures, which = sprites.pictures_for(
                given.truth[chosen], "regression", given.train[chosen], self._diameter() * ratio, given.span
            )
            painter.setOpacity(opacity)
            sprites.stamp(painter, np.clip(at[chosen], -1e4, 1e5).astype(np.int_), pictures, which)
        painter.restore()

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        look, line = theme(), QFontMetricsF(font(11)).height()
        painter.setFont(font(11))
        for value, text in self._ticks(0):
            x = self.to_widget(value, 0.0)[0]
            painter.setPen(QPen(look.color("hairline"), 1))
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
            painter.setPen(look.color("muted"))
            wide = painter.fontMetrics().horizontalAdvance(text) + 2.0
            left = min(max(x - wide / 2, 0.0), self.width() - wide)
            painter.drawText(QRectF(left, plot.bottom() + look.px(3), wide, line), Qt.AlignmentFlag.AlignHCenter, text)
        for value, text in self._ticks(1):
            y = self.to_widget(0.0, value)[1]
            painter.setPen(QPen(look.color("hairline"), 1))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(look.color("muted"))
            box = QRectF(0, y - line / 2, plot.left() - look.px(6), line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, self.scatter.y_title)
        if self.height() >= look.px(150):
            box = QRectF(plot.left(), self.height() - line - look.px(1), plot.width(), line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, self.scatter.x_title)

    # mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Ring the sample under the pointer."""
        self._point(nearest(self.places(), self.scatter.shown, event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        self._point(None)

    def _point(self, index: int | None) -> None:
        if index != self._pointed:
            self._pointed = index
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which sample was clicked."""
        index = nearest(self.places(), self.scatter.shown, event.position())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self.sample_clicked.emit(index)


def _range(values: Floats) -> tuple[float, float]:
    """From the round number below the least to the one above the largest finite one."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return (0.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    step = nice_step(high - low, _TICKS) if high > low else max(abs(low), 1.0)
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    return (first, last) if last > first else (first - step, first + step)
