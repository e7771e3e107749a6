"""Arrows on a map: which way is down."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.panels.path_on_map import DARK, LIGHT
from app.theme import theme
from core.probes.directions import Floats

_SHORTEST = 0.25
"""The least arrow in the longest: one that points must be seen to point."""
_EASE = 30.0
"""How much of the arrows' range is flattened: logarithmically beyond a thirtieth of the steepest."""
_HEAD = 0.34
_BENDS = 6
"""Places along a shaft that lies on a surface."""


def lengths(slopes: Floats) -> Floats:
    """Shares (n,) of the longest arrow for ``slopes`` (n,): by their logarithm, as they differ by powers of ten."""
    top = np.nanmax(slopes, initial=0.0)
    if not top > 0:
        return np.zeros_like(slopes)
    with np.errstate(invalid="ignore"):
        eased = np.log1p(_EASE * slopes / top) / np.log1p(_EASE)
    return np.where(slopes > 0, _SHORTEST + (1 - _SHORTEST) * eased, 0.0)


def _corners(at: Floats, ways: Floats, slopes: Floats, longest: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Tails, tips and both ends of the heads (m, 2) of those of n arrows that point anywhere."""
    size = np.hypot(*ways.T)
    shown = np.isfinite(slopes) & (slopes > 0) & (size > 0)
    at, ways, size = at[shown], ways[shown], size[shown]
    shafts = ways / size[:, None] * (lengths(slopes)[shown] * longest)[:, None]
    tips, tails = at + shafts / 2, at - shafts / 2
    across = np.column_stack([-shafts[:, 1], shafts[:, 0]]) * 0.55
    return tails, tips, tips - _HEAD * (shafts + across), tips - _HEAD * (shafts - across)


def draped(at: Floats, ways: Floats, slopes: Floats) -> Floats:
    """Arrows at ``at`` (n, 2) along ``ways`` (n, 2) on a square from -1 to 1 as one line (T, 2), broken by NaN.

    Their shafts have places in between, so that they can be laid over a surface.
    """
    corners = _corners(at, ways, slopes, 1.6 / math.sqrt(max(1, len(at))))
    tails, tips, lefts, rights = (corner[:, None] for corner in corners)
    along = np.linspace(0.0, 1.0, _BENDS)[:, None]
    shafts, gaps = tails + along * (tips - tails), np.full_like(tips, np.nan)
    return np.concatenate([shafts, gaps, lefts, tips, rights, gaps], axis=1).reshape(-1, 2)


def paint_arrows(
    painter: QPainter, at: npt.NDArray[np.float64], ways: npt.NDArray[np.float64], slopes: Floats, longest: float
) -> None:
    """Draw an arrow at each of ``at`` (n, 2) along ``ways`` (n, 2), all in pixels, no longer than ``longest``."""
    tails, tips, lefts, rights = _corners(at, ways, slopes, longest)
    segments = [
        QLineF(*map(float, (*begin, *end)))
        for tail, tip, left, right in zip(tails, tips, lefts, rights, strict=True)
        for begin, end in ((tail, tip), (tip, left), (tip, right))
    ]
    scale = theme().scale
    for color, alpha, width in ((DARK, 0.45, 2.6), (LIGHT, 0.92, 1.1)):
        ink = QColor(color)
        ink.setAlphaF(alpha)
        painter.setPen(QPen(ink, width * scale, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines(segments)
