"""Lines and balls in front of a surface, and, fainter, behind it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QRadialGradient

from app.space.camera import Floats, Lens
from app.space.raster import Raster
from app.space.scene import Balls, Line
from app.theme import theme
from app.widgets import lines

_PIECE = 7.0
"""Pixels between two places of a line at which it is asked whether the surface hides it."""
_MOST = 4000
_SLACK = 0.03
"""How far behind the surface a point must be to be hidden: lines lie on it."""
_SLACK_PIXELS = 3.5
_LARGE, _SMALLEST = 130, 0.65
"""Design pixels for a length of 1 from which on balls have their full size, and the least share of it they have."""


def hidden(seen: npt.NDArray[np.float64], raster: Raster, ratio: float, lens: Lens) -> npt.NDArray[np.bool_]:
    """Whether the surface of ``raster``, whose pixels are ``ratio`` times as many, stands before points ``seen``."""
    slack = _SLACK + _SLACK_PIXELS / (lens.scale * max(math.sin(lens.camera.elevation), 0.15))
    front = raster.distance(seen[..., 0] * ratio, seen[..., 1] * ratio)
    with np.errstate(invalid="ignore"):
        return np.asarray(seen[..., 2] > front + slack)


def paint_line(painter: QPainter, line: Line, lens: Lens, raster: Raster, ratio: float, live: bool) -> None:
    """Draw a line: what can be seen of it, and a ghost of the rest; ``live`` quickly."""
    seen = divided(lens.see(line.points)) if line.ghost or len(line.points) < _MOST / 4 else lens.see(line.points)
    covered = hidden(seen, raster, ratio, lens)
    scale = theme().scale
    x, y = seen[:, 0], seen[:, 1]
    if line.ghost and covered.any():
        faint = QColor(line.color)
        faint.setAlphaF(line.color.alphaF() * line.ghost)
        # A ghost joins what is visible of the line.
        open_ends = covered.copy()
        open_ends[1:] |= covered[:-1]
        lines.draw(painter, np.where(open_ends, x, np.nan), y, faint, line.width * scale, live)
    x = np.where(covered, np.nan, x)
    if line.rim is not None:
        lines.draw(painter, x, y, line.rim, (line.width + 2.2) * scale, live)
    lines.draw(painter, x, y, line.color, line.width * scale, live)


def divided(seen: Floats) -> Floats:
    """A polyline of pixels and distances (T, 3), with so many places between its own that none is far from the next."""
    if len(seen) < 2:
        return seen
    length = np.hypot(*np.diff(seen[:, :2], axis=0).T)
    parts = np.fmax(np.ceil(length / _PIECE), 1.0)  # one where it is NaN
    if parts.sum() > _MOST:
        parts = np.maximum(np.floor(parts * _MOST / parts.sum()), 1.0)
    ends = np.concatenate([[0.0], np.cumsum(parts)])
    at = np.arange(int(ends[-1]) + 1, dtype=np.float64)
    place = np.interp(at, ends, np.arange(len(seen), dtype=np.float64))
    start = np.minimum(place.astype(np.intp), len(seen) - 2)
    share = (place - start)[:, np.newaxis]
    made = seen[start] + share * (seen[start + 1] - seen[start])
    own = ends.astype(np.intp)  # NaN beyond a place must not reach it
    made[own] = seen
    return np.asarray(made)


def paint_balls(painter: QPainter, balls: Balls, lens: Lens, raster: Raster, ratio: float) -> None:
    """Draw balls, the farthest first."""
    seen = lens.see(balls.points)
    covered = hidden(seen, raster, ratio, lens)
    radius = balls.radius * theme().scale * min(1.0, max(_SMALLEST, lens.scale / theme().px(_LARGE)))
    for index in np.argsort(-seen[:, 2], kind="stable").tolist():
        x, y, away = seen[index].tolist()
        if not math.isfinite(x + y + away):
            continue
        painter.setOpacity(balls.ghost if covered[index] else 1.0)
        paint_ball(painter, QPointF(x, y), radius, balls.colors[index], balls.rim)
    painter.setOpacity(1.0)


def paint_ball(painter: QPainter, at: QPointF, radius: float, color: QColor, rim: QColor) -> None:
    """Draw one ball, lit like the surface from the upper left; small ones flat."""
    painter.setPen(QPen(rim, (1.4 if radius > 4 else 0.9) * theme().scale))
    painter.setBrush(color)
    if radius > 4:
        light = QRadialGradient(at - QPointF(0.35, 0.4) * radius, 1.5 * radius)
        light.setColorAt(0.0, color)
        light.setColorAt(0.35, color)
        light.setColorAt(1.0, color.darker(175))
        painter.setBrush(light)
    painter.drawEllipse(at, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
