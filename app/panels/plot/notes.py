"""Words among the curves: written where the fewest curves pass, with a rim that keeps them legible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen

from app.panels.plot.thinning import Floats
from app.theme import font, theme

_FINE = 2.0
"""Pixels from one looked-at place of a line to the next."""


@dataclass(frozen=True)
class Note:
    """Some words in a token's colour, and the places where they may go, the best liked first."""

    text: str
    token: str
    places: Sequence[QRectF]


def paint(painter: QPainter, notes: Sequence[Note], lines: Sequence[tuple[Floats, Floats]]) -> None:
    """Write each note at the first of its places that has the least of ``lines``, (n,) x and y in pixels each."""
    look, face = theme(), font(11)
    metrics = QFontMetricsF(face)
    for note in notes:
        place = min(note.places, key=lambda rect: sum(_passing(rect, *line) for line in lines))
        words = metrics.elidedText(note.text, Qt.TextElideMode.ElideRight, place.width())
        at = QPointF(place.left(), place.top() + metrics.ascent())
        path = QPainterPath()
        path.addText(at, face, words)
        rim = QPen(look.color("panel", 0.9), 4 * look.scale)
        rim.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, rim)
        painter.setFont(face)
        painter.setPen(look.color(note.token))
        painter.drawText(at, words)


def _passing(rect: QRectF, x: Floats, y: Floats) -> int:
    """At how many of closely spaced places across ``rect`` a line passes through it."""
    order = np.isfinite(x) & np.isfinite(y)
    if not order.any():
        return 0
    across = np.arange(rect.left(), rect.right(), _FINE)
    height = np.interp(across, x[order], y[order], left=np.nan, right=np.nan)
    with np.errstate(invalid="ignore"):
        return int(((height >= rect.top() - 2) & (height <= rect.bottom() + 2)).sum())
