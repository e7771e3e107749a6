"""Markers as little pictures: each is drawn once and then copied to every point that needs it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QTransform

from app import theme as themes
from app.widgets.target import vectors
from core.data.values import ValueRange
from core.spec import Task

VALUE_LEVELS = 65
"""Regression colours are rounded to this many steps, so that few sprites serve many points."""

_REACH = 1.34
"""A triangle's tip lies further out than half its diameter: this much of the diameter has room for every marker."""


class Sprite(QPixmap):
    """A marker's picture, and what draws it around (0, 0), for pictures made of lines."""

    def __init__(self, reach: float, draw: Callable[[QPainter], None]) -> None:
        side = int(np.ceil(reach + 2))
        side += 1 - side % 2  # odd, so that the middle is a pixel
        super().__init__(side, side)
        self.draw = draw
        self.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(side / 2, side / 2)
        draw(painter)
        painter.end()


def signed_color(value: float, limit: float) -> QColor:
    """The colour of a value: orange below zero, grey at it, blue above, full at plus or minus ``limit``.

    Near zero the map itself fades to the panel's colour, where a point could not be seen, so points begin further out.
    """
    share = float(np.clip(value / limit, -1.0, 1.0)) if limit > 0 else 0.0
    if not share:
        return themes.theme().mix("muted", "panel", 0.4)
    strength = np.copysign(0.28 + 0.72 * abs(share), share)
    red, green, blue = (int(v) for v in themes.theme().signed(np.array([strength]), 1.0)[0, :3])
    return QColor(red, green, blue)


def value_color(share: float, signed: bool) -> QColor:
    """The colour of a value at ``share`` of its scale, 0 to 1, which has zero in the middle where it is ``signed``."""
    if signed:
        return signed_color(2.0 * share - 1.0, 1.0)
    red, green, blue = (int(v) for v in themes.theme().surface(np.array([share]))[0, :3])
    return QColor(red, green, blue)


def edge_color(color: QColor) -> QColor:
    """What outlines a filled marker: the panel's colour, or a darker shade of its own where it would melt into that."""
    ground = themes.theme().color("panel")
    return ground if _contrast(color, ground) > 1.6 else color.darker(150)


def _contrast(one: QColor, other: QColor) -> float:
    """Contrast from 1 to 21, by the relative luminance of WCAG 2.1."""

    def luminance(color: QColor) -> float:
        shares = (color.redF(), color.greenF(), color.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def sprite(kind: int, color: QColor, diameter: float, *, hollow: bool = False, edge: QColor | None = None) -> Sprite:
    """The picture of one marker, in device pixels.

    Args:
        kind: which class's marker shape.
        color: the class's colour, or the value's.
        diameter: across the marker, in device pixels.
        hollow: true for points that test: the colour outlines, the panel's fills.
        edge: what lies around it all; when left out, ``edge_color`` around a filled one, nothing around a hollow one.
    """
    if hollow:
        ground = themes.theme().color("panel")
        line = color if _contrast(color, ground) > 1.25 else color.darker(130)
        around = edge.rgba() if edge else None
        return _sprite(kind, ground.rgba(), line.rgba(), round(diameter, 2), max(1.2, diameter * 0.17), around)
    rim = (edge or edge_color(color)).rgba()
    return _sprite(kind, color.rgba(), rim, round(diameter, 2), max(0.9, diameter * 0.1), None)


@lru_cache(maxsize=2048)
def _sprite(kind: int, fill: int, edge: int, diameter: float, line: float, around: int | None) -> Sprite:
    pen = QPen(QColor.fromRgba(edge), line)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    shape = QTransform().scale(diameter - line, diameter - line).map(themes.marker_path(kind))

    def draw(painter: QPainter) -> None:
        if around is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor.fromRgba(around), line + 1.6))
            painter.drawPath(shape)
        painter.setPen(pen)
        painter.setBrush(QColor.fromRgba(fill))
        painter.drawPath(shape)

    return Sprite(diameter * _REACH, draw)


@lru_cache(maxsize=32)
def ring(color: int, diameter: float, width: float) -> Sprite:
    """A ring ``diameter`` device pixels across and ``width`` thick, of a packed ARGB ``color``."""

    def draw(painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor.fromRgba(color), width))
        painter.drawEllipse(QPointF(0, 0), diameter / 2, diameter / 2)

    return Sprite(diameter + width, draw)


def stamp(
    painter: QPainter, positions: npt.NDArray[np.int_], pictures: list[Sprite], which: npt.NDArray[np.int_]
) -> None:
    """Copy ``pictures[which[i]]`` centred on each of ``positions`` (N, 2), in whole device pixels."""
    if vectors():
        for (x, y), index in zip(positions.tolist(), which.tolist(), strict=True):
            painter.translate(x, y)
            pictures[index].draw(painter)
            painter.translate(-x, -y)
        return
    halves = [picture.width() // 2 for picture in pictures]
    draw = painter.drawPixmap
    for (x, y), index in zip(positions.tolist(), which.tolist(), strict=True):
        half = halves[index]
        draw(x - half, y - half, pictures[index])


def pictures_for(
    y: npt.NDArray[np.float64],
    task: Task,
    train: npt.NDArray[np.bool_],
    diameter: float,
    span: ValueRange,
) -> tuple[list[Sprite], npt.NDArray[np.int_]]:
    """The sprites that points need and, for each point (N,), which of them it is."""
    if task == "classification":
        levels = np.clip(y, 0, len(themes.MARKERS) - 1).astype(np.int_)
    else:
        levels = np.round(np.clip(span.shares(y), 0.0, 1.0) * (VALUE_LEVELS - 1)).astype(np.int_)
    codes, which = np.unique(levels * 2 + train, return_inverse=True)
    pictures = []
    rim = themes.theme().mix("text", "panel", 0.5)  # a pale value on a pale field needs more than the panel's colour
    for code in codes.tolist():
        level, trains = divmod(code, 2)
        if task == "classification":
            color = themes.theme().class_color(level)
            pictures.append(sprite(level, color, diameter, hollow=not trains))
        else:
            color = value_color(level / (VALUE_LEVELS - 1), span.signed)
            pictures.append(sprite(0, color, diameter, hollow=not trains, edge=rim))
    return pictures, which.reshape(-1)
