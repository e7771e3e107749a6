"""The layers in a row to choose from, each with a bar for how much of the answer lies open in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import font, repaint_on_change, theme, tokens
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

_HEIGHT, _BAR = 30, 4
_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True)
class Stop:
    """A layer in the row: its name, a shorter one, its share from 0 to 1 (NaN: none) and that in words."""

    name: str
    short: str
    share: float
    says: str
    help: str


class LayerStrip(QWidget):
    """Chooses a layer: a click, or arrow keys, Home and End."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stops: tuple[Stop, ...] = ()
        self.index = 0
        self._at = 0.0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Layer shown")
        repaint_on_change(self)

    def set_stops(self, stops: Sequence[Stop]) -> None:
        """Offer layers."""
        self.stops = tuple(stops)
        self.index = min(self.index, max(len(stops) - 1, 0))
        self._describe()
        self.update()

    def set_index(self, index: int) -> None:
        """Show which layer is chosen, emitting nothing."""
        self.index = index
        self._describe()
        self.update()

    def set_at(self, at: float) -> None:
        """Show where between the layers the picture is."""
        if at != self._at:
            self._at = at
            self.update()

    def _describe(self) -> None:
        if self.stops:
            stop = self.stops[self.index]
            self.setAccessibleDescription(f"{stop.name}: {stop.help}")

    def sizeHint(self) -> QSize:
        """One line and the bars."""
        return QSize(theme().px(240), theme().px(_HEIGHT))

    minimumSizeHint = sizeHint

    def stop_rect(self, at: float) -> QRectF:
        """Where a layer is, or a place between two."""
        gap, count = theme().px(tokens.GRID), max(len(self.stops), 1)
        wide = (self.width() - gap * (count - 1)) / count
        return QRectF(at * (wide + gap), 0, wide, self.height())

    def stop_at(self, x: float) -> int:
        """The layer at a place along the row."""
        count = max(len(self.stops), 1)
        return min(max(int(x / max(self.width(), 1) * count), 0), count - 1)

    # painting

    def paintEvent(self, event: Any) -> None:
        """The chosen one's ground, names, figures, bars."""
        painter = antialiased(QPainter(self))
        if not self.stops:
            return
        ground = theme().mix("accent", "panel", tokens.SELECTED_TINT)
        fill_rounded(painter, self.stop_rect(self._at), ground, tokens.SMALL_CORNER)
        texts = self.texts()
        for index, (stop, words) in enumerate(zip(self.stops, texts, strict=True)):
            self._paint_stop(painter, self.stop_rect(index), stop, words, index == self.index)
        if self.hasFocus():
            draw_focus_ring(painter, self.stop_rect(self._at), tokens.SMALL_CORNER)

    def texts(self) -> tuple[tuple[str, str], ...]:
        """What stands at each layer, its name and its share: all written alike, as long as there is room for all."""
        gap = theme().px(8)
        rect = self.stop_rect(0)
        room = rect.width() - 2 * _pad(rect)
        metrics = QFontMetricsF(font(11, semibold=True))
        ways: tuple[Callable[[Stop], tuple[str, str]], ...] = (
            lambda stop: (stop.name, stop.says),
            lambda stop: (stop.short, stop.says),
            lambda stop: (stop.name, ""),
            lambda stop: (stop.short, ""),
        )
        for way in ways:
            words = tuple(way(stop) for stop in self.stops)
            if all(metrics.horizontalAdvance("".join(pair)) + gap * bool(pair[1]) <= room for pair in words):
                return words
        return tuple(("", "") for _ in self.stops)

    def _paint_stop(self, painter: QPainter, rect: QRectF, stop: Stop, words: tuple[str, str], on: bool) -> None:
        look, pad = theme(), _pad(rect)
        token = "accent" if on else "muted"
        face = font(11, semibold=on)
        inner = rect.adjusted(pad, look.px(3), -pad, -look.px(_BAR + 7))
        name, says = words
        painter.setFont(face)
        painter.setPen(look.color(token))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(font(11))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, says)
        bar = QRectF(rect.left() + pad, rect.bottom() - look.px(_BAR + 4), rect.width() - 2 * pad, look.px(_BAR))
        fill_rounded(painter, bar, look.color("hairline"), _BAR / 2)
        if not math.isnan(stop.share):
            bar.setWidth(bar.width() * min(max(stop.share, 0.0), 1.0))
            fill_rounded(painter, bar, look.color("accent") if on else look.mix("muted", "panel", 0.6), _BAR / 2)

    # mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the layer under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.stops:
            self._choose(self.stop_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the layer under the pointer is."""
        if self.stops:
            stop = self.stops[self.stop_at(event.position().x())]
            self.setToolTip(f"{stop.name}\n{stop.help}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk along the layers."""
        key, last = Qt.Key(event.key()), len(self.stops) - 1
        if key in _MOVES and self.stops:
            self._choose(min(max(self.index + _MOVES[key], 0), last))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.stops:
            self._choose(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        if index != self.index:
            self.set_index(index)
            self.chosen.emit(index)

    def focusInEvent(self, event: QEvent) -> None:
        """Show where the keys are."""
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        """Put that away."""
        self.update()


def _pad(rect: QRectF) -> int:
    """Room left and right of a layer's words."""
    return theme().px(6) if rect.width() > theme().px(40) else theme().px(2)
