"""The plane as a layer sees it, large, on its way to the next layer, or all layers side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, QSize, Qt, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QFontMetricsF, QHideEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.canvas.spotlight import nearest
from app.numbers import brief, number
from app.panels.readout import Row, paint_readout
from app.panels.representation_paint import (
    Frame,
    Samples,
    Stamps,
    between,
    frame_of,
    no_samples,
    paint_frame,
    to_pixels,
)
from app.theme import font, repaint_on_change, theme, tokens
from app.widgets.painting import antialiased
from app.widgets.target import pixel_ratio
from app.widgets.thumbnail import Ink
from core.probes.representation import Layer, Representation

STEP_MS, HOLD_MS = 380, 420
"""How long the way from one layer to the next takes, and how long each is looked at."""
SIDE_BY_SIDE = 150
"""Design pixels that each of all layers needs to be of use."""
_ROOM_FOR_SCALE = 190
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RepresentationView(QWidget):
    """Draws a Representation at ``at``, a place among its layers: a whole number is a layer, others lie between two."""

    moved = Signal(float)
    """Where among the layers the picture now is."""
    played = Signal(bool)
    """Whether it goes through the layers by itself."""
    sample_clicked = Signal(int)
    ground_clicked = Signal()
    """A click beside all samples of the one layer shown."""
    layer_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.at = 0.0
        self.all = False
        self.samples: Samples = no_samples()
        self.titles: tuple[tuple[str, str], ...] = ()
        self._layers: tuple[Layer, ...] = ()
        self._frames: dict[int, Frame] = {}
        self._stamps = Stamps()
        self._pointed: tuple[int, int] | None = None
        self.picture_of: Callable[[int], Ink | None] = lambda index: None
        self._playing = False
        self._motion = QVariantAnimation(self)
        self._motion.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._motion.valueChanged.connect(lambda value: self._place(float(value)))
        self._motion.finished.connect(self._arrived)
        self._hold = QTimer(self, singleShot=True)
        self._hold.timeout.connect(self._next)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The points and a grid of the plane as the chosen layer sees them")
        repaint_on_change(self)

    # what is shown

    def set_representation(self, shown: Representation, samples: Samples, titles: tuple[tuple[str, str], ...]) -> None:
        """Show other pictures of the layers at the same place among them; ``titles`` stand over each: left, right."""
        self._layers, self._frames = shown.layers, {}
        self.samples, self.titles = samples, titles
        last = float(len(self._layers) - 1)
        if self.at > last:
            self._motion.stop()
            self._place(last)
        self.update()

    def set_samples(self, samples: Samples) -> None:
        """Draw the points otherwise: lit, picked, hidden."""
        self.samples = samples
        self.update()

    def set_all(self, on: bool) -> None:
        """Show all layers side by side, or one."""
        if on != self.all:
            self.all = on
            self.pause()
            self.update()

    @property
    def layer(self) -> int:
        """The layer shown, or the nearest."""
        return round(self.at)

    def frame(self, at: float) -> Frame:
        """The picture at a place among the layers."""
        low = min(max(math.floor(at), 0), len(self._layers) - 1)
        first = self._still(low)
        return first if at <= low else between(first, self._still(min(low + 1, len(self._layers) - 1)), at - low)

    def _still(self, index: int) -> Frame:
        if index not in self._frames:
            self._frames[index] = frame_of(self._layers[index])
        return self._frames[index]

    # motion

    def go(self, index: int) -> None:
        """Ease to a layer; at once where the system wants no motion."""
        self.pause()
        self._ease(float(index))

    def play(self) -> None:
        """Go through the layers to the last, from the first where it is there already."""
        if len(self._layers) < 2:
            return
        self._playing = True
        self.played.emit(True)
        if self.at >= len(self._layers) - 1:
            self._place(0.0)
            self._hold.start(HOLD_MS)
        else:
            self._next()

    def pause(self) -> None:
        """Stop going through the layers."""
        self._hold.stop()
        if self._playing:
            self._playing = False
            self.played.emit(False)

    @property
    def playing(self) -> bool:
        """Whether it goes through the layers by itself."""
        return self._playing

    def _next(self) -> None:
        if self.at >= len(self._layers) - 1:
            self.pause()
        else:
            self._ease(math.floor(self.at) + 1.0)

    def _ease(self, to: float) -> None:
        self._motion.stop()
        duration = theme().duration(STEP_MS)
        if not duration or not self.isVisible() or self.at == to:
            self._place(to)
            self._arrived()
            return
        self._motion.setDuration(duration)
        self._motion.setStartValue(self.at)
        self._motion.setEndValue(to)
        self._motion.start()

    def _arrived(self) -> None:
        if self._playing:
            self._hold.start(HOLD_MS)

    def _place(self, at: float) -> None:
        self.at = at
        self.moved.emit(at)
        self.update()

    @property
    def moving(self) -> bool:
        """Whether the picture is on its way."""
        return self._motion.state() == QVariantAnimation.State.Running

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest."""
        self.pause()
        super().hideEvent(event)

    # geometry

    def squares(self) -> list[tuple[int, QRectF]]:
        """The layers drawn (the one at ``at``, or all), and where."""
        count = len(self._layers)
        if not self.all or not count:
            side = max(1.0, float(min(self.width(), self.height())))
            return [(self.layer, QRectF((self.width() - side) // 2, (self.height() - side) // 2, side, side))]
        columns, side = self._grid(count)
        rows, gap, title = math.ceil(count / columns), theme().px(tokens.PADDING), self._title()
        left = (self.width() - columns * side - (columns - 1) * gap) // 2
        top = (self.height() - rows * (side + title) - (rows - 1) * gap) // 2
        return [
            (
                k,
                QRectF(
                    left + k % columns * (side + gap), top + k // columns * (side + title + gap) + title, side, side
                ),
            )
            for k in range(count)
        ]

    def _title(self) -> float:
        return QFontMetricsF(font(11)).height() + theme().px(4)

    def _grid(self, count: int) -> tuple[int, float]:
        """How many columns give the largest squares, and their side."""
        gap, title = theme().px(tokens.PADDING), self._title()

        def side(columns: int) -> float:
            rows = math.ceil(count / columns)
            wide = (self.width() - (columns - 1) * gap) / columns
            return min(wide, (self.height() - (rows - 1) * gap) / rows - title)

        best = max(range(1, count + 1), key=side)
        return best, max(1.0, math.floor(side(best)))

    def room_for_all(self, least: float = SIDE_BY_SIDE) -> bool:
        """Whether all layers have room side by side, ``least`` design pixels each."""
        return len(self._layers) > 1 and self._grid(len(self._layers))[1] >= theme().px(least)

    def sizeHint(self) -> QSize:
        """A square of comfortable size."""
        return QSize(theme().px(320), theme().px(320))

    def minimumSizeHint(self) -> QSize:
        """Of use down to here."""
        return QSize(theme().px(96), theme().px(80))

    # painting

    def paintEvent(self, event: Any) -> None:
        """Each picture, its title, and the card of the sample under the pointer."""
        painter = antialiased(QPainter(self))
        if not self._layers:
            return
        ratio = pixel_ratio(self)
        still = not self.moving
        for index, rect in self.squares():
            frame = self.frame(float(index) if self.all else self.at)
            paint_frame(painter, rect, frame, self._marked(index), self._stamps, ratio, still=still and not self.all)
            if self.all:
                self._paint_title(painter, index, rect)
            if still and rect.width() >= theme().px(_ROOM_FOR_SCALE):
                self._paint_scale(painter, self._layers[index], rect)
        if self._pointed is not None and still:
            self._paint_card(painter)

    def _marked(self, index: int) -> Samples:
        """The samples, with the one under the pointer: in every picture, so that the eye finds it again."""
        pointed = None if self._pointed is None else self._pointed[1]
        s = self.samples
        return Samples(s.y, s.task, s.train, s.visible, s.span, s.lit, s.picked, pointed, s.labels)

    def _paint_title(self, painter: QPainter, index: int, rect: QRectF) -> None:
        name, figure = self.titles[index] if index < len(self.titles) else ("", "")
        box = QRectF(rect.left(), rect.top() - self._title(), rect.width(), self._title())
        metrics = QFontMetricsF(font(11, semibold=True))
        painter.setFont(font(11, semibold=True))
        painter.setPen(theme().color("text"))
        painter.drawText(box, _LEFT, metrics.elidedText(name, Qt.TextElideMode.ElideRight, rect.width() * 0.7))
        painter.setFont(font(11))
        painter.setPen(theme().color("muted"))
        painter.drawText(box, _RIGHT, figure)

    def _paint_scale(self, painter: QPainter, layer: Layer, rect: QRectF) -> None:
        """What the axes are and how far they go, in the picture's lower and left edges."""
        look, line = theme(), QFontMetricsF(font(11)).height()
        inner = rect.adjusted(look.px(6), look.px(4), -look.px(6), -look.px(4))
        painter.setFont(font(11))
        painter.setPen(look.color("muted"))
        x_axis, y_axis = layer.axes
        if layer.view == "principal":
            painter.drawText(QRectF(inner.left(), inner.bottom() - line, inner.width(), line), _RIGHT, x_axis)
            return
        ends = [[number(layer.centre[k] + sign * layer.reach, 2) for sign in (-1, 1)] for k in (0, 1)]
        foot = QRectF(inner.left(), inner.bottom() - line, inner.width(), line)
        painter.drawText(foot, _RIGHT, f"{x_axis} → {ends[0][1]}")
        painter.drawText(foot, _LEFT, ends[0][0] if layer.view == "line" else f"{ends[0][0]}, {ends[1][0]}")
        head = QRectF(inner.left(), inner.top(), inner.width(), line)
        painter.drawText(head, _LEFT, y_axis if layer.view == "line" else f"↑ {y_axis} {ends[1][1]}")

    def _paint_card(self, painter: QPainter) -> None:
        assert self._pointed is not None
        index, sample = self._pointed
        if index >= len(self._layers) or sample >= len(self._layers[index].points):
            return
        layer, s = self._layers[index], self.samples
        rows = [Row(f"sample {sample + 1}", "training" if s.train[sample] else "test")]
        if s.task == "classification":
            kind = int(s.y[sample])
            rows.append(Row("truth", s.labels[kind] if kind < len(s.labels) else f"class {kind + 1}", kind))
        else:
            rows.append(Row("truth", brief(s.y[sample])))
        if layer.view != "principal":
            rows.append(Row(layer.axes[0], brief(layer.points[sample, 0])))
        if layer.view == "units":
            rows.append(Row(layer.axes[1], brief(layer.points[sample, 1])))
        rect = dict(self.squares())[index]
        at = to_pixels(rect, self._still(index).points[sample])
        place = QPointF(float(at[0]), float(at[1]))
        paint_readout(painter, QRectF(self.rect()), place, rows, self.picture_of(sample))

    # mouse

    def _find(self, event: QMouseEvent) -> tuple[int | None, int | None]:
        """The layer and the sample under the pointer."""
        for index, rect in self.squares():
            if rect.contains(event.position()) and self._layers:
                points = self._still(index).points if not self.moving else np.empty((0, 2))
                at = to_pixels(rect, points)
                return index, nearest(at, self.samples.visible, event.position()) if len(at) else None
        return None, None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Ring the sample under the pointer."""
        layer, sample = self._find(event)
        pointed = None if layer is None or sample is None else (layer, sample)
        if pointed != self._pointed:
            self._pointed = pointed
            hand = pointed is not None or (self.all and layer is not None)
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the pointer."""
        self._pointed = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which sample was clicked, or which of all layers."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        layer, sample = self._find(event)
        if sample is not None:
            self.sample_clicked.emit(sample)
        elif self.all and layer is not None:
            self.layer_clicked.emit(layer)
        else:
            self.ground_clicked.emit()
