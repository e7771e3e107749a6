"""The edges between two columns: which are drawn, how, and which one is under the pointer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen

from app.theme import Theme, tokens

MOST_EDGES = 400
"""More than these between two columns are a grey mass: only the strongest are drawn."""

LEVELS = 10
THINNEST, THICKEST = 0.6, 4.6
FAINTEST, FULLEST = 0.22, 0.95
DASH, GAP = 5.0, 4.0
"""Pixels of line and of air in the edge of a frozen weight."""


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges drawn between two columns: from tiles ``sources`` to ``targets`` with ``weights``, all (E,).

    ``frozen`` (E,) are drawn dashed; ``total`` is how many there are between the neurons shown; widths are relative to
    ``largest``.
    """

    sources: npt.NDArray[np.intp]
    targets: npt.NDArray[np.intp]
    weights: npt.NDArray[Any]
    frozen: npt.NDArray[np.bool_]
    total: int
    largest: float

    @property
    def levels(self) -> npt.NDArray[np.intp]:
        """Each edge's step (E,) of width and strength, 0 to LEVELS - 1."""
        share = np.abs(self.weights) / self.largest if self.largest > 0 else np.zeros(len(self.weights))
        return np.clip(np.nan_to_num(share) * LEVELS, 0, LEVELS - 1).astype(np.intp)

    @property
    def kinds(self) -> npt.NDArray[np.intp]:
        """Which of the pens draws each edge (E,): its level, its sign, and whether it is frozen."""
        return (self.levels * 2 + (self.weights < 0)) * 2 + self.frozen

    def looks_like(self, other: Edges) -> bool:
        """Whether the two are drawn alike."""
        pairs = ((self.sources, other.sources), (self.targets, other.targets), (self.kinds, other.kinds))
        return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


def choose_edges(weights: Any, frozen: Any = None, largest: float | None = None, most: int = MOST_EDGES) -> Edges:
    """The ``most`` strongest of ``weights`` (out, in) between the neurons shown, those ``frozen`` (out, in) dashed.

    Widths are relative to ``largest``, or to the largest of them.
    """
    shown = np.asarray(weights)
    flat = shown.ravel()
    sizes = np.abs(flat)
    picked = np.arange(flat.size)
    if flat.size > most:
        picked = np.argpartition(np.nan_to_num(sizes), flat.size - most)[-most:]
    still = np.zeros(len(picked), dtype=np.bool_) if frozen is None else np.asarray(frozen).ravel()[picked]
    limit = float(sizes[picked].max(initial=0.0)) if largest is None else largest
    rows, columns = np.divmod(picked, max(1, shown.shape[1]))
    return Edges(columns, rows, flat[picked], still, int(flat.size), limit)


def edge_pen(level: int, negative: bool, look: Theme, weight: float = 1.0, dashed: bool = False) -> QPen:
    """The pen of a level: wider and stronger upwards, its colour by sign; ``weight`` makes all of them finer."""
    share = level / (LEVELS - 1)
    color = QColor(tokens.NEGATIVE if negative else tokens.POSITIVE)
    color.setAlphaF(FAINTEST + (FULLEST - FAINTEST) * share)
    pen = QPen(color, look.scale * (THINNEST + (THICKEST * weight - THINNEST) * share**1.3), c=Qt.PenCapStyle.FlatCap)
    if dashed:
        pen.setDashPattern([DASH * look.scale / pen.widthF(), GAP * look.scale / pen.widthF()])
    return pen


def add_curve(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    """Add an edge that leaves and arrives level."""
    middle = (start.x() + end.x()) / 2
    path.moveTo(start)
    path.cubicTo(middle, start.y(), middle, end.y(), end.x(), end.y())


def edge_paths(
    edges: Edges,
    span: tuple[float, float],
    from_y: Sequence[float],
    to_y: Sequence[float],
    look: Theme,
    chosen: npt.NDArray[np.bool_] | None = None,
    weight: float = 1.0,
) -> Iterator[tuple[QPen, QPainterPath]]:
    """What draws the edges (those ``chosen`` (E,)) across ``span``: a path for each width and colour, weak first."""
    kinds = edges.kinds
    left, right = span
    order = np.argsort(kinds, kind="stable")
    if chosen is not None:
        order = order[chosen[order]]
    bounds = [*np.flatnonzero(np.diff(kinds[order], prepend=-1)).tolist(), len(order)]
    sources, targets = edges.sources.tolist(), edges.targets.tolist()
    for start, stop in itertools.pairwise(bounds):
        path = QPainterPath()
        for edge in order[start:stop].tolist():
            add_curve(path, QPointF(left, from_y[sources[edge]]), QPointF(right, to_y[targets[edge]]))
        kind = int(kinds[order[start]])
        yield edge_pen(kind // 4, bool(kind & 2), look, weight, bool(kind & 1)), path


def edge_at(
    edges: Edges,
    span: tuple[float, float],
    from_y: Sequence[float],
    to_y: Sequence[float],
    position: QPointF,
    reach: float,
) -> int | None:
    """Which edge passes within ``reach`` above or below ``position``; of near ones the strongest; None if none does."""
    left, right = span
    if not len(edges.weights) or not left < position.x() < right:
        return None
    rise = _rise((position.x() - left) / (right - left))
    y = np.asarray(from_y)[edges.sources] * (1 - rise) + np.asarray(to_y)[edges.targets] * rise
    distance = np.abs(y - position.y())
    near = np.flatnonzero(distance <= max(reach, float(distance.min()) + 1.0))
    if distance.min() > reach:
        return None
    score = distance[near] / reach - edges.levels[near] / LEVELS
    return int(near[score.argmin()])


def _rise(u: float) -> float:
    """How far up an edge is at share ``u`` of its span: solves x(t) = 1.5 t(1-t) + t³ for t, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(24):
        t = (low + high) / 2
        if 1.5 * t * (1 - t) + t**3 < u:
            low = t
        else:
            high = t
    return 3 * low**2 - 2 * low**3
