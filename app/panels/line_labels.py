"""Texts on lines: each where its line is long, and nowhere two on one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from app.theme import font, theme

_ALONG = (0.5, 0.3, 0.7, 0.15, 0.85, 0.4, 0.6)
"""The places along a line, as shares of its length, that are tried one after another."""
_LEAST = 36
"""Design pixels a line has to be long to be worth a text."""


def paint_labels(
    painter: QPainter, bounds: QRectF, labels: Sequence[tuple[npt.NDArray[np.float64], str]]
) -> list[QRectF]:
    """Write each text on its line (m, 2), in pixels, where there is room inside ``bounds``; gives their places."""
    look, face = theme(), font(11)
    metrics = QFontMetricsF(face)
    taken: list[QRectF] = []
    painter.save()
    painter.setFont(face)
    for line, text in labels:
        size = (metrics.horizontalAdvance(text) + look.px(6), metrics.height())
        box = _free(bounds, line, size, taken)
        if box is None:
            continue
        taken.append(box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("panel", 0.78))
        painter.drawRoundedRect(box, look.px(3), look.px(3))
        painter.setPen(look.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
    return taken


def _free(bounds: QRectF, line: Any, size: tuple[float, float], taken: Sequence[QRectF]) -> QRectF | None:
    """The first place along the line where a box of ``size`` meets none of those ``taken``."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    if length[-1] < theme().px(_LEAST):
        return None
    for share in _ALONG:
        x, y = (float(np.interp(share * length[-1], length, line[:, axis])) for axis in (0, 1))
        box = QRectF(x - size[0] / 2, y - size[1] / 2, *size)
        if bounds.contains(box) and not any(box.intersects(other) for other in taken):
            return box
    return None
