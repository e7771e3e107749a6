"""A layer's picture of the plane as something that can be drawn, also halfway between two layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas import sprites
from app.canvas.spotlight import DIM, paint_picked, paint_pointed
from app.canvas.sprites import Sprite
from app.theme import theme, tokens
from app.widgets.lines import draw, polygon
from core.data.values import SIGNED, ValueRange
from core.probes.representation import GRID, Layer
from core.spec import Task

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_FARTHEST = 1e4
_GRID_INK, _AXIS_INK = 0.3, 0.62
"""How much ink the grid's lines have, and those through the middle of the plane."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What is drawn, in units of half the picture: points (N, 2), the grid (L, S, 2), and boundaries with their ink."""

    points: Floats
    grid: Floats
    grid_ink: float
    boundaries: tuple[tuple[Floats, float], ...]


@dataclass(frozen=True, eq=False)
class Samples:
    """What the points are, whatever the layer: ``y`` (N,), which train, which are drawn, lit, picked, pointed at."""

    y: Floats
    task: Task
    train: Mask
    visible: Mask
    span: ValueRange
    lit: Mask | None = None
    picked: int | None = None
    pointed: int | None = None
    labels: tuple[str, ...] = ()


def no_samples() -> Samples:
    """None at all."""
    nothing = np.empty(0, np.bool_)
    return Samples(np.empty(0), "classification", nothing, nothing, SIGNED)


def frame_of(layer: Layer) -> Frame:
    """A layer at rest."""

    def scaled(values: Floats) -> Floats:
        return np.asarray((values - layer.centre) / layer.reach)

    lines = tuple((scaled(line), 1.0) for line in layer.boundary)
    return Frame(scaled(layer.points), scaled(layer.lines), float(len(layer.lines) > 0), lines)


def between(first: Frame, second: Frame, share: float) -> Frame:
    """The picture ``share`` of the way from one frame to the next: what both have moves, the rest fades."""
    if share <= 0.0:
        return first
    if share >= 1.0:
        return second
    points = first.points + (second.points - first.points) * share
    ink = first.grid_ink * (1 - share) + second.grid_ink * share
    grid = first.grid if first.grid_ink else second.grid
    if first.grid.shape == second.grid.shape:
        grid = first.grid + (second.grid - first.grid) * share
    if [line.shape for line, _ in first.boundaries] == [line.shape for line, _ in second.boundaries]:
        moving = zip(first.boundaries, second.boundaries, strict=True)
        lines = tuple((a + (b - a) * share, 1.0) for (a, _), (b, _) in moving)
    else:
        lines = (
            *((line, 1.0 - share) for line, _ in first.boundaries),
            *((line, share) for line, _ in second.boundaries),
        )
    return Frame(points, grid, ink, lines)


def to_pixels(rect: QRectF, values: Floats) -> Floats:
    """Places (…, 2) in units of half the picture as pixels in ``rect``; what is not finite or far off stays outside."""
    half = (rect.width() / 2, -rect.height() / 2)
    at = np.nan_to_num(values, nan=_FARTHEST) * half + (rect.center().x(), rect.center().y())
    return np.clip(at, -_FARTHEST, _FARTHEST)


def diameter(rect: QRectF) -> float:
    """How large a marker is in a picture."""
    low, high = theme().scale * np.array([4.5, 10.0])
    return float(np.clip(rect.width() * 0.018 + 2.4, low, high))


class Stamps:
    """The markers' little pictures, made once for each data set, size and theme."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] = ()
        self._of: Samples | None = None
        self._made: tuple[list[Sprite], npt.NDArray[np.int_]] = ([], np.empty(0, np.int_))

    def of(self, samples: Samples, size: float) -> tuple[list[Sprite], npt.NDArray[np.int_]]:
        """The pictures, and which of them each sample (N,) has."""
        key = (samples.task, samples.span, size, theme())
        known = self._of is not None and self._of.y is samples.y and self._of.train is samples.train
        if not known or key != self._key:
            self._of, self._key = samples, key
            self._made = sprites.pictures_for(samples.y, samples.task, samples.train, size, samples.span)
        return self._made


def paint_frame(
    painter: QPainter, rect: QRectF, frame: Frame, samples: Samples, stamps: Stamps, ratio: float, *, still: bool
) -> None:
    """Draw a frame into a square: ground, grid, boundary, points; finer while it is ``still``."""
    look = theme()
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color("window"))
    painter.drawRoundedRect(rect, look.px(tokens.CORNER), look.px(tokens.CORNER))
    painter.setClipRect(rect)
    if frame.grid_ink:
        _paint_grid(painter, rect, frame, still)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line, ink in frame.boundaries:
        at = to_pixels(rect, line)
        draw(painter, at[:, 0], at[:, 1], look.color("text", 0.9 * ink), 1.6 * look.scale, live=False)
    _paint_points(painter, rect, frame.points, samples, stamps, ratio)
    painter.restore()


def _paint_grid(painter: QPainter, rect: QRectF, frame: Frame, still: bool) -> None:
    """The bent lines, all of one ink in one go, those through the middle a little stronger."""
    at = to_pixels(rect, frame.grid if still else frame.grid[:, ::2])
    middle = (GRID // 2, GRID + GRID // 2)
    for strong in (False, True):
        color = QColor(theme().color("muted"))
        color.setAlphaF((_AXIS_INK if strong else _GRID_INK) * frame.grid_ink)
        painter.setPen(QPen(color, theme().scale))
        for index, line in enumerate(at):
            if (index in middle) is strong:
                _polyline(painter, line)


def _polyline(painter: QPainter, at: Floats) -> None:
    painter.drawPolyline(polygon(at[:, 0], at[:, 1]))


def _paint_points(
    painter: QPainter, rect: QRectF, points: Floats, samples: Samples, stamps: Stamps, ratio: float
) -> None:
    if not len(points) or len(points) != len(samples.y):
        return
    size = diameter(rect)
    at = to_pixels(rect, points)
    whole = np.floor(at * ratio).astype(np.int_)
    pictures, which = stamps.of(samples, round(size * ratio, 2))
    groups: Sequence[tuple[Mask, float]] = [(samples.visible, 1.0)]
    if samples.lit is not None:
        groups = [(samples.visible & ~samples.lit, DIM), (samples.visible & samples.lit, 1.0)]
    painter.save()
    painter.scale(1 / ratio, 1 / ratio)
    for mask, opacity in groups:
        painter.setOpacity(opacity)
        sprites.stamp(painter, whole[mask], pictures, which[mask])
    painter.restore()
    for index, paint in ((samples.pointed, paint_pointed), (samples.picked, paint_picked)):
        if index is not None and index < len(at):
            paint(painter, QPointF(*at[index]), size)
