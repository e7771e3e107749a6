"""The markers of the classes, each of about the same area, so that none looks more important."""

from __future__ import annotations

from functools import cache
from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF, QTransform

MARKERS = ("circle", "triangle", "square", "diamond", "star", "plus", "pentagon", "cross", "wedge", "hexagon")


@cache
def marker_path(index: int) -> QPainterPath:
    """A class's marker, about 1 × 1, centred on (0, 0), not to be changed; past the last they repeat."""
    name = MARKERS[index % len(MARKERS)]
    path = QPainterPath()
    if name == "circle":
        path.addEllipse(QRectF(-0.5, -0.5, 1, 1))
        return path
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in _OUTLINES[name]]))
    path.closeSubpath()
    return QTransform().rotate(45).map(path) if name == "cross" else path


def _ring(corners: int, radius: float, inner: float | None = None) -> list[tuple[float, float]]:
    """Corners of a regular polygon standing on its base, or of a star where ``inner`` says how deep it is cut."""
    count = corners if inner is None else 2 * corners
    points = []
    for k in range(count):
        angle = 2 * pi * k / count - pi / 2
        reach = radius if inner is None or k % 2 == 0 else inner
        points.append((reach * cos(angle), reach * sin(angle)))
    return points


def _plus(arm: float, half: float) -> list[tuple[float, float]]:
    return [
        (-half, -arm), (half, -arm), (half, -half), (arm, -half), (arm, half), (half, half),
        (half, arm), (-half, arm), (-half, half), (-arm, half), (-arm, -half), (-half, -half),
    ]  # fmt: skip


def _box(half: float) -> list[tuple[float, float]]:
    return [(-half, -half), (half, -half), (half, half), (-half, half)]


_OUTLINES: dict[str, list[tuple[float, float]]] = {
    "triangle": _ring(3, 0.66),
    "square": _box(0.44),
    "diamond": _ring(4, 0.62),
    "star": _ring(5, 0.66, 0.3),
    "plus": _plus(0.52, 0.19),
    "pentagon": _ring(5, 0.55),
    "cross": _plus(0.56, 0.18),
    "wedge": [(x, -y) for x, y in _ring(3, 0.66)],
    "hexagon": _ring(6, 0.54),
}
