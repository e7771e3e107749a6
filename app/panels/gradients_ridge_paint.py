"""Painting ridgelines: a cell for each layer, in it a histogram for each moment, the newest in front."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shiboken6
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.numbers import count, percent
from app.numbers import epochs as epochs_text
from app.panels.plot import ticks
from app.theme import font, theme, tokens
from app.widgets.lines import polygon
from core.probes.directions import Floats
from core.probes.distributions import Ridgelines, Ridges

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter

_OVERLAP = 2.2
"""How many rows high the tallest bar is."""
_SPIKE = 2.5
"""A bar that stands alone, so many times as high as all but the tallest of each row, is cut, and says so."""
_EPOCHS_FROM = 200
"""Design pixels of width from which a cell says its epochs."""
_AGES = (0.10, 0.50)
"""The share of its layer's colour that the oldest and the newest ridge are filled with."""
_FAINT = 0.18
"""The share of it that the rows' grounds have."""


@dataclass(frozen=True, eq=False)
class Cell:
    """A layer's ridges in ``rect``, the bars in ``plot``; ``full`` is the share that is as high as a bar can be."""

    ridges: Ridges
    label: str
    rect: QRectF
    plot: QRectF
    full: float

    @property
    def rows(self) -> int:
        """How many moments."""
        return len(self.ridges.counts)

    @property
    def gap(self) -> float:
        """Pixels from one row's ground to the next one's."""
        return self.plot.height() / (self.rows + _OVERLAP - 1)

    @property
    def ages(self) -> list[float]:
        """How new each row is, from 0 for the oldest to 1."""
        return [row / (self.rows - 1) if self.rows > 1 else 1.0 for row in range(self.rows)]

    def ground(self, row: int) -> float:
        """The y of a row's ground; the newest is the lowest."""
        return self.plot.bottom() - (self.rows - 1 - row) * self.gap

    def x(self, values: Floats) -> Floats:
        """The pixels of values; what lies outside the bins is at their ends."""
        low, high = self.ridges.edges[0], self.ridges.edges[-1]
        share: Floats = self.plot.left() + (np.clip(values, low, high) - low) / (high - low) * self.plot.width()
        return share

    def bar(self, row: int, bin: int) -> QRectF:
        """Where a bar is."""
        left, right = (float(x) for x in self.x(self.ridges.edges[bin : bin + 2]))
        height = min(float(self.ridges.shares[row, bin]) / self.full, 1.0) * _OVERLAP * self.gap
        return QRectF(left, self.ground(row) - height, right - left, height)


def full_share(ridges: Ridges) -> float:
    """The share that is drawn as high as there is room: the largest, or far less where a spike stands alone."""
    shares = np.sort(ridges.shares, axis=1)
    tallest = float(shares[:, -1].max(initial=0.0)) or 1.0
    others = float(shares[:, :-1].max(initial=0.0))
    return min(tallest, _SPIKE * others) if others > 0 else tallest


def cells_in(width: float, height: float, shown: Ridgelines, labels: Sequence[str], only: int | None) -> list[Cell]:
    """The cells of all layers, or of the ``only`` one, in so many pixels."""
    some = [ridges for ridges in shown.layers if only is None or ridges.layer == only]
    if not some:
        return []
    columns = _columns(len(some), width, height)
    rows, gap = math.ceil(len(some) / columns), theme().px(tokens.GROUP)
    wide, tall = (width - (columns - 1) * gap) / columns, (height - (rows - 1) * gap / 2) / rows
    return [
        _cell(ridges, labels, QRectF(k % columns * (wide + gap), k // columns * (tall + gap / 2), wide, tall))
        for k, ridges in enumerate(some)
    ]


def _columns(count: int, width: float, height: float) -> int:
    """How many columns make cells that are closest to half as wide again as high."""

    def off(columns: int) -> float:
        wide, tall = width / columns, height / math.ceil(count / columns)
        empty = math.ceil(count / columns) * columns - count
        return abs(math.log(wide / max(tall, 1.0) / 1.3)) + 0.3 * empty

    return min(range(1, count + 1), key=off)


def _cell(ridges: Ridges, labels: Sequence[str], rect: QRectF) -> Cell:
    look, line = theme(), QFontMetricsF(font(11)).height()
    left = look.px(44) if rect.width() >= look.px(_EPOCHS_FROM) else look.px(4)
    plot = rect.adjusted(left, line + look.px(4), -look.px(10), -line - look.px(6))
    return Cell(ridges, labels[ridges.layer], rect, plot, full_share(ridges))


def _blend(ink: QColor, share: float) -> QColor:
    return _mixed(ink.rgb(), theme().color("panel").rgb(), round(share, 3))


@lru_cache(maxsize=4096)
def _mixed(ink: int, ground: int, share: float) -> QColor:
    """``share`` of one colour over another: opaque, since ridges lie over one another."""
    over, under = QColor(ink), QColor(ground)
    pairs = ((over.redF(), under.redF()), (over.greenF(), under.greenF()), (over.blueF(), under.blueF()))
    return QColor.fromRgbF(*(a * share + b * (1 - share) for a, b in pairs))


def paint_cell(painter: QPainter, cell: Cell, shown: Ridgelines) -> None:
    """Paint a cell: title, axes, and its ridges from the oldest to the newest."""
    if cell.plot.width() < 8 or cell.plot.height() < 8:
        return
    painter.setFont(font(11))
    _axis(painter, cell)
    if cell.plot.left() - cell.rect.left() > theme().px(20):
        _epochs(painter, cell, shown.epochs)
    if cell.ridges.values is None:
        _bars(painter, cell)
    else:
        _threads(painter, cell, cell.ridges.values)
    _title(painter, cell, shown)


def _title(painter: QPainter, cell: Cell, shown: Ridgelines) -> None:
    look = theme()
    line = QRectF(cell.rect.left(), cell.rect.top(), cell.rect.width(), QFontMetricsF(font(11)).height())
    bold = QFontMetricsF(font(11, semibold=True))
    painter.setFont(font(11, semibold=True))
    painter.setPen(look.line_color(cell.ridges.layer))
    painter.drawText(line, _LEFT, bold.elidedText(cell.label, Qt.TextElideMode.ElideRight, line.width()))
    said, room = _about(cell.ridges, shown.quantity), line.width() - bold.horizontalAdvance(cell.label) - look.px(8)
    painter.setFont(font(11))
    painter.setPen(look.color("muted"))
    metrics = QFontMetricsF(painter.font())
    fitting = next((text for text in said if metrics.horizontalAdvance(text) <= room), "")
    painter.drawText(line, _RIGHT, fitting)


def _about(ridges: Ridges, quantity: str) -> list[str]:
    """How many values, and what is cut or outside; in full, and shorter."""
    word = quantity if ridges.total != 1 else {"biases": "bias"}.get(quantity, quantity[:-1])
    many, outside = f"{count(ridges.total)} {word}", int(ridges.outside.sum())
    full = full_share(ridges)
    parts = [many]
    if ridges.values is None and float(ridges.shares.max(initial=0.0)) > full * (1 + 1e-9):
        parts.append(f"bars cut at {percent(full)}")
    if outside and ridges.values is None:
        parts.append(f"{percent(outside / max(int(ridges.counts.sum()), 1))} beyond the ends")
    return [" · ".join(parts[:n]) for n in range(len(parts), 0, -1)]


def _marks(low: float, high: float, room: int) -> tuple[tuple[float, str], ...]:
    """As many ticks as there is room for; two at least, as one alone, at 0, says nothing of the scale."""
    counts = range(room, room + 4)
    found = (ticks.linear(low, high, count).major for count in counts)
    return next((marks for marks in found if len(marks) > 1), ())


def _axis(painter: QPainter, cell: Cell) -> None:
    """The numbers below, and a dashed line at zero."""
    look, plot, metrics = theme(), cell.plot, QFontMetricsF(font(11))
    low, high = float(cell.ridges.edges[0]), float(cell.ridges.edges[-1])
    room = max(2, int(plot.width() / (metrics.horizontalAdvance("−0.0005") + look.px(14))))
    y, last = plot.bottom() + look.px(5), -math.inf
    painter.setPen(QPen(look.color("hairline"), look.scale))
    painter.drawLine(QLineF(plot.left(), plot.bottom() + 0.5, plot.right(), plot.bottom() + 0.5))
    for at, text in _marks(low, high, room):
        x, half = float(cell.x(np.array([at]))[0]), metrics.horizontalAdvance(text) / 2
        painter.setPen(QPen(look.color("hairline"), look.scale))
        painter.drawLine(QLineF(x, plot.bottom(), x, plot.bottom() + look.px(4)))
        start = min(max(x - half, cell.rect.left()), cell.rect.right() - 2 * half)
        if start > last + look.px(4):
            painter.setPen(look.color("muted"))
            painter.drawText(QRectF(start - 1, y, 2 * half + 2, metrics.height()), _CENTRE, text)
            last = start + 2 * half
    if low <= 0.0 <= high:
        pen = QPen(look.color("muted", 0.7), look.scale, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        x = math.floor(float(cell.x(np.zeros(1))[0])) + 0.5
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))


def _epochs(painter: QPainter, cell: Cell, epochs: Floats) -> None:
    """The epoch of the newest row, and of those above it as far as they do not touch."""
    look, line = theme(), QFontMetricsF(font(11)).height()
    painter.setPen(look.color("muted"))
    free = math.inf
    for row in reversed(range(cell.rows)):
        y = cell.ground(row)
        if y + line / 2 <= free and y - line >= cell.plot.top():
            place = QRectF(cell.rect.left(), y - line / 2, cell.plot.left() - cell.rect.left() - look.px(8), line)
            painter.drawText(place, _RIGHT, epochs_text(float(epochs[row])))
            free = y - line / 2 - look.px(4)
    painter.drawText(
        QRectF(cell.rect.left(), cell.plot.top() - look.px(2), cell.plot.left() - cell.rect.left() - look.px(8), line),
        _RIGHT,
        "epoch",
    )


def _bars(painter: QPainter, cell: Cell) -> None:
    """Each row's outline of bars, filled, over those behind it; edges lie along the pixels, so none is smoothed."""
    scale, ink, ages = theme().scale, theme().line_color(cell.ridges.layer), cell.ages
    rows, bins = cell.ridges.counts.shape
    grounds = np.array([cell.ground(row) for row in range(rows)])[:, None]
    x = np.repeat(cell.x(cell.ridges.edges), 2)
    tops = grounds - np.minimum(cell.ridges.shares / cell.full, 1.0) * _OVERLAP * cell.gap
    y = np.concatenate([grounds, np.repeat(tops, 2, axis=1), grounds], axis=1)
    there = cell.ridges.counts > 0
    # Segments go up, along, down, along …: the n-th bin's top is the one numbered 2 n + 1.
    drawn = np.zeros((rows, 2 * bins + 1), np.bool_)
    drawn[:, 1::2] = there
    drawn[:, :-1:2] |= there
    drawn[:, 2::2] |= there
    ends = np.stack([np.broadcast_to(x[:-1], drawn.shape), y[:, :-1], np.broadcast_to(x[1:], drawn.shape), y[:, 1:]], 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(_blend(ink, _FAINT), scale))
    left, right = np.full_like(grounds, x[0]), np.full_like(grounds, x[-1])
    _segments(painter, np.concatenate([left, grounds, right, grounds], axis=1))
    for row in range(rows):
        fill, line = _blend(ink, _AGES[0] + (_AGES[1] - _AGES[0]) * ages[row]), _blend(ink, 0.4 + 0.6 * ages[row])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(polygon(x, y[row]))
        painter.setPen(QPen(line, (2.0 if row == rows - 1 else 1.0) * scale))
        _segments(painter, ends[row][drawn[row]])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _segments(painter: QPainter, ends: Floats) -> None:
    """Lines (n, 4), from x, y to x, y each, drawn in one call."""
    memory = np.ascontiguousarray(ends)
    if len(memory):
        # Qt takes a pointer to the first of n lines; a list of QLineF would be unpacked one by one.
        painter.drawLines(shiboken6.wrapInstance(memory.ctypes.data, QLineF), len(memory))  # type: ignore[call-overload]


def _threads(painter: QPainter, cell: Cell, values: Floats) -> None:
    """Each row's values as ticks on its ground, and a thread through those of one parameter."""
    look, ink = theme(), theme().line_color(cell.ridges.layer)
    grounds = np.array([cell.ground(row) for row in range(cell.rows)])
    x = cell.x(np.nan_to_num(values))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(_blend(ink, 0.3), look.scale))
    for column in x.T:
        painter.drawPolyline(polygon(column, grounds))
    height = min(0.8 * cell.gap, look.px(9))
    for row in range(cell.rows):
        newest = row == cell.rows - 1
        painter.setPen(QPen(_blend(ink, 1.0 if newest else 0.7), (2.0 if newest else 1.2) * look.scale))
        tall = look.px(10) if newest else height
        painter.drawLines([QLineF(at, grounds[row], at, grounds[row] - tall) for at in x[row]])


def paint_pointed(painter: QPainter, cell: Cell, row: int, column: int) -> QPointF:
    """Light up the bar, or the value, at ``column`` of a ``row``; gives the place the card belongs to."""
    look = theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(QPen(look.color("text", 0.35), look.scale))
    painter.drawLine(QLineF(cell.plot.left(), cell.ground(row), cell.plot.right(), cell.ground(row)))
    if cell.ridges.values is None:
        place = cell.bar(row, column)
        painter.setPen(QPen(look.color("text"), 1.5 * look.scale))
        painter.setBrush(look.color("text", 0.15))
        painter.drawRect(place)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        return QPointF(place.right(), place.center().y())
    x = cell.x(cell.ridges.values[:, column])
    painter.setPen(QPen(look.color("text"), 1.5 * look.scale))
    painter.drawPolyline(polygon(x, np.array([cell.ground(r) for r in range(cell.rows)])))
    painter.setBrush(look.color("text"))
    painter.drawEllipse(QPointF(float(x[row]), cell.ground(row)), 3.5 * look.scale, 3.5 * look.scale)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return QPointF(float(x[row]), cell.ground(row))
