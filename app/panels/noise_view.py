"""The picture of gradient noise: a fan of batches' gradients about the full one, and their angles by batch size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.numbers import THIN, count, number, percent
from app.panels.readout import Row, paint_readout
from app.theme import font, theme, theme_events, tokens
from app.widgets.painting import antialiased, draw_focus_ring
from core.probes.noise import Noise, Spread

_CENTRE = Qt.AlignmentFlag.AlignCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

_SHARE = 0.52
"""How much of the width the fan may have; in a picture so many times as high as wide, of the height."""
_TALL = 1.25
_MOST, _ROW = 460, 60
"""Design pixels that the angles' rows are wide, and each is high, at most."""
_REACH = 0.9
"""The share of the batches whose arrows end within the disc; the others are cut off at its rim."""
_SHAFTS = 80
"""Arrows drawn with their shafts, which take longest to paint; of the others there is the tip."""
_TICKS = (0, 45, 90, 135, 180)


def degrees(value: float) -> str:
    """An angle as it is written."""
    return f"{number(round(value, 1), 3)}°"


@dataclass(frozen=True)
class Places:
    """Where the parts are: the fan's ``disc``, the ``rows`` of the sizes, and the angles' axis under them."""

    disc: QRectF
    axis: QRectF
    rows: tuple[QRectF, ...]


class NoiseView(QWidget):
    """Shows a Noise with one batch size emphasised; a click on a size, or the up and down keys, ask for that size."""

    size_asked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._noise: Noise | None = None
        self._size = 1
        self._hovered: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Gradient noise")
        self.setAccessibleDescription("Up and down keys train with another batch size.")
        theme_events().changed.connect(self.update)

    @property
    def noise(self) -> Noise | None:
        """What it shows."""
        return self._noise

    def set_noise(self, noise: Noise | None, size: int) -> None:
        """Show ``noise`` with batches of ``size`` emphasised."""
        self._noise, self._size = noise, size
        self.update()

    @property
    def emphasised(self) -> Spread | None:
        """The spread of the present size, if it was computed; of all samples where the size is beyond them."""
        if self._noise is None:
            return None
        wanted = min(self._size, self._noise.samples)
        return next((spread for spread in self._noise.spreads if spread.size == wanted), None)

    # places

    def places(self) -> Places:
        """Where the parts are at the present size."""
        look, small = theme(), QFontMetricsF(font(11))
        line, gap, edge = small.height(), look.px(tokens.GROUP), small.horizontalAdvance("180°") / 2 + 2
        rows = len(self._noise.spreads) if self._noise else 0
        names = small.horizontalAdvance("100") + look.px(tokens.GAP)
        width, height = float(self.width()), float(self.height())
        stacked = height > _TALL * width
        side = max(min(width, _SHARE * height) if stacked else min(height, _SHARE * width), 1.0)
        over, beside = (0.0, side + gap) if stacked else (side + gap, 0.0)
        room = min(width - over - names - edge, look.px(_MOST))
        tall = min(height - beside - 2.2 * line, look.px(_ROW) * rows)
        free = max((width - over - names - room - edge) / 2, 0.0)
        top = beside + max((height - beside - tall - 2.2 * line) / 2, 0.0) + line
        axis = QRectF(over + names + free, top, max(room, 1.0), max(tall, 1.0))
        each = axis.height() / max(rows, 1)
        places = tuple(QRectF(axis.left(), axis.top() + i * each, axis.width(), each) for i in range(rows))
        disc = QRectF((width - side) / 2, 0.0, side, side) if stacked else QRectF(free, (height - side) / 2, side, side)
        return Places(disc, axis, places)

    def _row_at(self, at: QPointF) -> int | None:
        label = theme().px(40)
        rows = self.places().rows
        return next((i for i, row in enumerate(rows) if row.adjusted(-label, 0, 0, 0).contains(at)), None)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The fan, the rows, and the card of the row under the pointer."""
        painter = antialiased(QPainter(self))
        if self._noise is not None:
            places = self.places()
            self._paint_fan(painter, places.disc)
            self._paint_axis(painter, places)
            for spread, row in zip(self._noise.spreads, places.rows, strict=True):
                self._paint_row(painter, spread, row)
            if self._hovered is not None and self._hovered < len(places.rows):
                self._paint_card(painter, self._noise.spreads[self._hovered], places.rows[self._hovered])
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()))

    def _paint_fan(self, painter: QPainter, disc: QRectF) -> None:
        look, spread = theme(), self.emphasised
        radius = disc.width() / 2 - look.px(10)
        if spread is None or radius < 8:
            return
        reach = _nice(max(1.0, float(np.quantile(spread.lengths, _REACH))))
        centre, unit = disc.center(), radius / reach
        self._paint_ground(painter, centre, radius, unit, reach)
        # Cut off by hand: clipping to the disc takes several times as long as everything else.
        turned, lengths = np.radians(spread.angles) * spread.sides, np.minimum(spread.lengths, reach)
        ends = np.stack([np.sin(turned), -np.cos(turned)], axis=1) * lengths[:, None] * unit
        faint, inside = min(1.0, max(0.22, 12.0 / len(ends))), spread.lengths <= reach
        uphill = spread.angles > 90
        for color, some in ((look.line_color(0), ~uphill), (look.color("bad"), uphill)):
            shafts = np.flatnonzero(some)[: math.ceil(_SHAFTS * some.mean())]
            color.setAlphaF(faint)
            painter.setPen(QPen(color, look.scale))
            painter.drawLines([QLineF(centre, centre + QPointF(x, y)) for x, y in ends[shafts].tolist()])
            color.setAlphaF(min(1.0, 2.5 * faint))
            painter.setPen(_round(color, 3.6))
            painter.drawPoints([centre + QPointF(x, y) for x, y in ends[some & inside].tolist()])
        self._paint_full(painter, centre, unit)

    def _paint_ground(self, painter: QPainter, centre: QPointF, radius: float, unit: float, reach: float) -> None:
        """The disc with its rings of equal length, and the half in which a step goes uphill."""
        look = theme()
        disc = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("bad", 0.06))
        painter.drawChord(disc, 180 * 16, 180 * 16)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        rings = [ring for ring in dict.fromkeys((1.0, reach / 2, reach)) if ring * unit > look.px(14)]
        painter.setFont(font(11))
        line = QFontMetricsF(font(11)).height()
        for ring in rings:
            painter.setPen(QPen(look.color("hairline"), look.scale * (1.5 if ring == 1.0 else 1.0)))
            painter.drawEllipse(centre, ring * unit, ring * unit)
        painter.drawLine(QLineF(disc.left(), centre.y(), disc.right(), centre.y()))
        painter.setPen(look.color("muted"))
        place = QRectF(disc.left(), disc.bottom() - line - look.px(10), disc.width(), line)
        if radius > look.px(56):
            painter.drawText(place, _CENTRE, "uphill")
        if radius > look.px(70):
            for ring in rings:
                at = centre + QPointF(0, ring * unit)
                words = f"{number(ring, 2)}{THIN}×"
                if ring != reach:
                    painter.drawText(QRectF(at.x() + look.px(3), at.y() - line, 60 * look.scale, line), _LEFT, words)

    def _paint_full(self, painter: QPainter, centre: QPointF, unit: float) -> None:
        """The full gradient, straight up."""
        look = theme()
        tip, head = centre - QPointF(0, unit), min(look.px(7), 0.6 * unit)
        for token, width in (("panel", 5.0), ("text", 2.4)):
            painter.setPen(_round(look.color(token), width))
            painter.drawLine(QLineF(centre, tip))
            painter.drawLine(QLineF(tip, tip + QPointF(-0.6 * head, head)))
            painter.drawLine(QLineF(tip, tip + QPointF(0.6 * head, head)))

    def _paint_axis(self, painter: QPainter, places: Places) -> None:
        look, axis = theme(), places.axis
        small = QFontMetricsF(font(11))
        line = small.height()
        painter.fillRect(
            QRectF(axis.center().x(), axis.top(), axis.width() / 2, axis.height()), look.color("bad", 0.06)
        )
        painter.setFont(font(11))
        each = small.horizontalAdvance("000°")
        ticks = _TICKS if axis.width() > 5.5 * each else _TICKS[::2]
        for angle in ticks:
            x = math.floor(axis.left() + angle / 180 * axis.width()) + 0.5
            painter.setPen(QPen(look.color("hairline"), look.scale))
            painter.drawLine(QLineF(x, axis.top(), x, axis.bottom()))
            painter.setPen(look.color("muted"))
            painter.drawText(QRectF(x - each, axis.bottom() + look.px(3), 2 * each, line), _CENTRE, f"{angle}°")
        title = small.elidedText("angle to the full gradient", Qt.TextElideMode.ElideRight, axis.width())
        painter.drawText(QRectF(axis.left(), axis.top() - line - look.px(2), axis.width(), line), _LEFT, title)

    def _paint_row(self, painter: QPainter, spread: Spread, row: QRectF) -> None:
        """One size: nine tenths of its batches as a thin bar, half of them as a thick one, the median as a dot."""
        look, chosen = theme(), spread is self.emphasised
        color = look.color("accent") if chosen else look.color("muted", 0.75)
        painter.setFont(font(11, semibold=chosen))
        painter.setPen(look.color("accent" if chosen else "muted"))
        every = self._noise is not None and spread.size == self._noise.samples
        label = QRectF(row.left() - look.px(68), row.top(), look.px(60), row.height())
        painter.drawText(label, _RIGHT, "all" if every else count(spread.size))

        def x(angle: float) -> float:
            return row.left() + angle / 180 * row.width()

        y = row.center().y()
        for low, high, width in ((0.05, 0.95, 2.0), (0.25, 0.75, 7.0)):
            a, b = spread.share(low, high)
            if math.isfinite(a) and x(b) - x(a) > 0.5:
                painter.setPen(_round(color, width))
                painter.drawLine(QLineF(x(a), y, x(b), y))
        if math.isfinite(spread.median):
            painter.setPen(QPen(look.color("panel"), 1.5 * look.scale))
            painter.setBrush(color)
            radius = look.px(6 if chosen else 5)
            painter.drawEllipse(QPointF(x(spread.median), y), radius, radius)

    def _paint_card(self, painter: QPainter, spread: Spread, row: QRectF) -> None:
        low, high = spread.share(0.05, 0.95)
        lines = [
            Row("batches of", count(spread.size)),
            Row("median angle", degrees(spread.median)),
            Row("nine in ten", f"{degrees(low)} to {degrees(high)}"),
            Row("uphill", percent(spread.uphill)),
            Row("median length", f"{number(float(np.median(spread.lengths)), 3)}{THIN}×"),
        ]
        paint_readout(painter, QRectF(self.rect()), QPointF(row.center().x(), row.bottom()), lines)

    # the hand

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say the numbers of the size under the pointer."""
        before, self._hovered = self._hovered, self._row_at(event.position()) if self._noise else None
        hand = Qt.CursorShape.PointingHandCursor if self._hovered is not None else Qt.CursorShape.ArrowCursor
        self.setCursor(hand)
        if before != self._hovered:
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Put the card away."""
        self._hovered = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the size of a row."""
        row = self._row_at(event.position()) if self._noise else None
        if row is not None and self._noise is not None and event.button() == Qt.MouseButton.LeftButton:
            self.size_asked.emit(self._noise.spreads[row].size)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for the next larger or smaller size."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        now = self.emphasised
        if step is None or self._noise is None or now is None:
            super().keyPressEvent(event)
            return
        index = self._noise.spreads.index(now) + step
        if 0 <= index < len(self._noise.spreads):
            self.size_asked.emit(self._noise.spreads[index].size)

    def sizeHint(self) -> QSize:
        """Room to see something."""
        return QSize(theme().px(440), theme().px(240))

    def minimumSizeHint(self) -> QSize:
        """Less would show nothing."""
        return QSize(theme().px(160), theme().px(96))


def _round(color: QColor, width: float) -> QPen:
    """A pen so many design pixels wide with round ends."""
    return QPen(color, width * theme().scale, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


def _nice(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 5 × 10ᵏ that is no less."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((m * power for m in (1.0, 1.5, 2.0, 3.0, 5.0, 10.0) if m * power >= value * (1 - 1e-9)), value)
