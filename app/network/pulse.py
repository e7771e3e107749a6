"""One step, shown: a pulse goes along the edges forwards, the loss flashes at the output, a pulse comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QRectF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.network.edges import choose_edges
from app.numbers import brief
from app.theme import font, theme, tokens
from core.model import Model
from core.probes.backprop import Place, mean_signals, slopes, trace

if TYPE_CHECKING:
    from app.network.picture import NetworkPicture

Floats = npt.NDArray[np.float64]

DURATION = 400
"""Milliseconds for the way there and back."""

FORWARD, BACK = 0.42, 0.58
"""The shares of the time at which the forward pass has arrived, and the backward pass sets out."""

TAIL, POINTS = 0.5, 7
"""How much of a gap a pulse is long, and the points it is drawn through."""

GLOW = 0.16
"""The share of the time for which a neuron glows when a pulse has come through."""

MOST_BEADS = 120
"""Pulses between two columns at most, the strongest."""

STEPS = ((0.05, 1.4), (0.2, 2.4), (0.45, 3.6), (0.75, 5.0))
"""From which share of the strongest a pulse is how wide; below the first it is left out."""

MOST_PRODUCTS = 100_000_000
"""Multiplications (parameters × samples) beyond which the numbers would come too late for a motion."""


@dataclass(frozen=True, eq=False)
class Step:
    """What a step computes at ``theta`` (P,): each column's ``signals``, the ``loss``, and its ``gradient`` (P,)."""

    theta: npt.NDArray[Any]
    signals: tuple[Floats, ...]
    loss: float
    gradient: Floats


def worth_showing(model: Model) -> bool:
    """Whether the numbers of a step can be had quickly enough to be shown moving."""
    samples = len(model.prepared.y_train)
    return 0 < samples * model.network.parameters <= MOST_PRODUCTS


def step_of(model: Model, place: Place, sample: int | None) -> Step:
    """The numbers of a step at ``place``: the signals are those of ``sample``, or means over all that train."""
    found = slopes(model, place)
    if sample is None:
        return Step(place.theta, mean_signals(model, place.theta), found.loss, found.gradient)
    way = trace(model, place.theta, sample)
    return Step(place.theta, (way.x, *way.a), found.loss, found.gradient)


class Pulse(QObject):
    """The motion; ``moved`` asks for a new drawing, ``finished`` says that it is over, also when it was cut short."""

    moved = Signal()
    finished = Signal()

    def __init__(self, picture: NetworkPicture) -> None:
        super().__init__(picture)
        self._picture = picture
        self._step: Step | None = None
        self._progress = 0.0
        self._beads: list[dict[bool, list[_Beads]]] = []
        self._motion = QVariantAnimation(self)
        self._motion.setStartValue(0.0)
        self._motion.setEndValue(1.0)
        self._motion.valueChanged.connect(self._move)
        self._motion.finished.connect(self.stop)

    @property
    def running(self) -> bool:
        """Whether something moves."""
        return self._step is not None

    @property
    def progress(self) -> float:
        """How far it is, from 0 to 1."""
        return self._progress

    def start(self, step: Step) -> None:
        """Show a step of the network in the picture."""
        milliseconds = theme().duration(DURATION)
        network = self._picture.network
        if not milliseconds or network is None or len(step.gradient) != network.parameters:
            self.finished.emit()
            return
        self._step, self._progress = step, 0.0
        self._prepare(step)
        self._motion.setDuration(milliseconds)
        self._motion.start()

    def stop(self) -> None:
        """End it where it is."""
        if self._step is None:
            return
        self._step = None
        self._motion.stop()
        self._beads = []
        self.finished.emit()
        self.moved.emit()

    def _move(self, progress: Any) -> None:
        self._progress = float(progress)
        self.moved.emit()

    def _prepare(self, step: Step) -> None:
        """Which edges carry something, how much, and in which colour: there by what comes in, back by the gradient."""
        network, arrangement = self._picture.network, self._picture.arrangement
        assert network is not None
        assert arrangement is not None
        self._beads = []
        for index in range(len(network.layers)):
            left, right = arrangement.columns[index : index + 2]
            come = np.asarray(step.signals[index])[left.slice]
            there = network.weights(step.theta, index)[right.slice, left.slice] * come
            back = network.weights(step.gradient, index)[right.slice, left.slice]
            self._beads.append({True: _beads(there, come), False: _beads(back)})

    # drawing

    def _front(self, forwards: bool) -> float:
        """How many gaps the pulse has crossed, counted in its own direction."""
        share = self._progress / FORWARD if forwards else (self._progress - BACK) / (1 - BACK)
        return share * len(self._beads)

    def paint_beads(self, painter: QPainter) -> None:
        """The pulses that are on their way."""
        for forwards in (True, False):
            front, total = self._front(forwards), len(self._beads)
            for index in range(total):
                at = front - (index if forwards else total - 1 - index)
                if 0.0 < at < 1.0 + TAIL:
                    self._paint_pulses(painter, index, at, forwards)

    def _paint_pulses(self, painter: QPainter, index: int, at: float, forwards: bool) -> None:
        gaps, picture = self._picture.gaps, self._picture
        span, ends = picture.span(index), (gaps.middles(index), gaps.middles(index + 1))
        t = np.linspace(max(0.0, at - TAIL), min(1.0, at), POINTS)
        t = t if forwards else 1.0 - t
        x = span[0] + (span[1] - span[0]) * (1.5 * t * (1 - t) + t**3)
        rise = 3 * t**2 - 2 * t**3
        for beads in self._beads[index][forwards]:
            path = QPainterPath()
            for source, target in beads.pairs:
                y = ends[0][source] * (1 - rise) + ends[1][target] * rise
                points = zip(x.tolist(), y.tolist(), strict=True)
                path.moveTo(*next(points))
                for u, v in points:
                    path.lineTo(u, v)
            color = QColor(tokens.NEGATIVE if beads.negative else tokens.POSITIVE)
            pen = QPen(color, theme().scale * beads.width, c=Qt.PenCapStyle.RoundCap)
            painter.strokePath(path, pen)

    def paint_glow(self, painter: QPainter) -> None:
        """Neurons that a pulse has just come through, and the loss."""
        if self._step is None or self._picture.network is None:
            return
        total = len(self._beads)
        for column in range(total + 1):
            there = FORWARD * column / max(1, total)
            back = BACK + (1 - BACK) * (total - column) / max(1, total)
            self._paint_column(painter, column, there, self._step.signals[column])
            if column:
                slope = self._picture.network.biases(self._step.gradient, column - 1)
                self._paint_column(painter, column, back, np.zeros(0) if slope is None else slope)
        self._paint_loss(painter)

    def _paint_column(self, painter: QPainter, column: int, arrival: float, values: Floats) -> None:
        since = self._progress - arrival
        assert self._picture.arrangement is not None
        if not 0.0 <= since < GLOW:
            return
        look, corner = theme(), theme().px(tokens.SMALL_CORNER)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for unit in self._picture.arrangement.columns[column].range:
            value = float(values[unit]) if unit < len(values) else 0.0
            color = QColor(tokens.NEGATIVE if value < 0 else tokens.POSITIVE) if value else look.color("muted")
            color.setAlphaF(1.0 - since / GLOW)
            painter.setPen(QPen(color, 3 * look.scale))
            painter.drawRoundedRect(self._picture.tile_rect(column, unit), corner, corner)

    def _paint_loss(self, painter: QPainter) -> None:
        """The loss, in words, where the forward pass ends; it fades as the backward pass sets out."""
        assert self._step is not None
        assert self._picture.arrangement is not None
        since = (self._progress - FORWARD) / (1 - FORWARD)
        if since < 0:
            return
        look, column = theme(), len(self._beads)
        last = self._picture.tile_rect(column, self._picture.arrangement.columns[column].range[-1])
        painter.setOpacity(1.0 if since < 0.5 else 2.0 - 2.0 * since)
        painter.setFont(font(13, semibold=True))
        text = f"loss {brief(self._step.loss)}"
        wide, high = painter.fontMetrics().horizontalAdvance(text) + look.px(16), look.px(24)
        right = min(last.center().x() + wide / 2, self._picture.width() - look.px(2))
        top = min(last.bottom() + look.px(8), self._picture.height() - high - look.px(2))
        rect = QRectF(right - wide, top, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("bad"))
        painter.drawRoundedRect(rect, high / 2, high / 2)
        painter.setPen(look.color("panel"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        painter.setOpacity(1.0)


@dataclass(frozen=True)
class _Beads:
    """Pulses of one colour and width, by the tiles (source, target) they run between."""

    negative: bool
    width: float
    pairs: list[tuple[int, int]]


def _beads(strengths: Any, signs: Any = None) -> list[_Beads]:
    """Pulses for the strongest of ``strengths`` (out, in); their colour by ``signs`` (in,), or by their own sign."""
    edges = choose_edges(np.nan_to_num(strengths), most=MOST_BEADS)
    negative = edges.weights < 0 if signs is None else np.asarray(signs)[edges.sources] < 0
    made: list[_Beads] = []
    for step, (least, width) in enumerate(STEPS):
        most = STEPS[step + 1][0] if step + 1 < len(STEPS) else np.inf
        share = np.abs(edges.weights) / edges.largest if edges.largest else np.zeros(len(edges.weights))
        for minus in (False, True):
            chosen = np.flatnonzero((share >= least) & (share < most) & (negative == minus))
            if len(chosen):
                pairs = zip(edges.sources[chosen].tolist(), edges.targets[chosen].tolist(), strict=True)
                made.append(_Beads(minus, width, list(pairs)))
    return made
