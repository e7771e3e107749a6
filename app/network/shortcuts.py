"""Residual connections as arcs over the columns: the lane each takes, its path, and the one under the pointer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen

from app.numbers import count
from app.theme import theme
from core.data.features import title_of
from core.network import Network

if TYPE_CHECKING:
    from app.network.picture import NetworkPicture

LANE, AIR = 11, 9
"""Height of a lane, and what is left between the lowest and the tiles."""
MOST_LANES = 4
"""Arcs that would need more share the highest."""
CORNER = 22
"""How far an arc takes to bend, sideways."""
PLUS = 6.5
"""Radius of the plus at its end."""
SIDE = 0.2
"""How far from a column's middle arcs arrive and leave, in tiles."""
REACH = 5


@dataclass(frozen=True)
class Arc:
    """What comes out of ``source`` is added to what comes out of ``target``, both columns; ``lane`` 0 is the lowest."""

    source: int
    target: int
    lane: int


def arcs_of(network: Network) -> tuple[Arc, ...]:
    """An arc for each shortcut, short ones lowest, such that two in the same lane do not run over one another."""
    return _arcs(tuple((s.shortcut, at + 1) for at, s in enumerate(network.layers) if s.shortcut is not None))


@cache
def _arcs(spans: tuple[tuple[int, int], ...]) -> tuple[Arc, ...]:
    placed: list[Arc] = []
    for source, target in sorted(spans, key=lambda span: (span[1] - span[0], span)):
        beside = {arc.lane for arc in placed if source < arc.target and arc.source < target}
        lane = next(n for n in range(len(spans)) if n not in beside)
        placed.append(Arc(source, target, min(lane, MOST_LANES - 1)))
    return tuple(placed)


def headroom(network: Network, scale: float) -> float:
    """What arcs need above the tiles."""
    lanes = max((arc.lane + 1 for arc in arcs_of(network)), default=0)
    return scale * (lanes * LANE + AIR + PLUS) if lanes else 0.0


def arc_said(network: Network, arc: Arc) -> tuple[str, list[tuple[str, str]]]:
    """A title and lines for an arc: what it adds to what, and how many units where the widths differ."""
    inputs = arc.source == 0
    origin = "inputs" if inputs else network.layers[arc.source - 1].label
    layer = network.layers[arc.target - 1]
    these, those = network.shape[arc.source], layer.units
    title = f"{origin} + {layer.label}"
    pairs = [("adds", _names(network.inputs) if inputs else f"what comes out of {origin}")]
    pairs.append(("to", f"what comes out of {layer.label}"))
    shared = min(these, those)
    if these == those:
        pairs.append(("unit by unit", f"all {count(shared)}"))
    else:
        pairs.append(("unit by unit", f"the first {count(shared)} of {count(these)} and {count(those)}"))
    return title, pairs


def _names(inputs: Sequence[str]) -> str:
    names = [title_of(name) for name in inputs]
    return ", ".join(names) if len(names) <= 4 else f"the {count(len(names))} inputs"


def _ends(picture: NetworkPicture, arc: Arc) -> tuple[QPointF, QPointF, float]:
    """Where it leaves, where its plus is, and the height of its lane."""
    assert picture.arrangement is not None
    look, tile, columns = theme(), picture.arrangement.tile, picture.arrangement.columns
    start = QPointF(picture.centres[arc.source] + SIDE * tile, columns[arc.source].tops[0])
    end = QPointF(picture.centres[arc.target] - SIDE * tile, columns[arc.target].tops[0] - PLUS * look.scale)
    lanes = max(other.lane for other in arcs_of(picture.network)) if picture.network else 0
    return start, end, look.scale * ((lanes - arc.lane) * LANE + LANE / 2)


def path_of(picture: NetworkPicture, arc: Arc) -> QPainterPath:
    """Up from its source, over the columns between, and down to its plus."""
    start, end, lane = _ends(picture, arc)
    plus = PLUS * theme().scale
    across = max(0.0, min(CORNER * theme().scale, (end.x() - start.x()) / 2))
    up, down = min(across, start.y() - lane), min(across, max(0.0, end.y() - plus - lane))
    path = QPainterPath(start)
    path.lineTo(start.x(), lane + up)
    path.quadTo(start.x(), lane, start.x() + across, lane)
    path.lineTo(end.x() - across, lane)
    path.quadTo(end.x(), lane, end.x(), lane + down)
    path.lineTo(end.x(), max(lane + down, end.y() - plus))
    return path


def arc_at(picture: NetworkPicture, position: QPointF) -> Arc | None:
    """The arc whose line or plus is at a position; of several the shortest."""
    if picture.network is None or picture.arrangement is None:
        return None
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * REACH * theme().scale)
    for arc in arcs_of(picture.network):
        _, end, _ = _ends(picture, arc)
        near = position - end
        on_plus = near.x() ** 2 + near.y() ** 2 <= ((PLUS + 2) * theme().scale) ** 2
        if on_plus or stroker.createStroke(path_of(picture, arc)).contains(position):
            return arc
    return None


def paint_arcs(painter: QPainter, picture: NetworkPicture) -> None:
    """All arcs, quietly; the one looked at strongly."""
    assert picture.network is not None
    for arc in sorted(arcs_of(picture.network), key=lambda arc: arc == picture.arc):
        fade = min(picture.faded.get(picture.ids[column], 1.0) for column in (arc.source, arc.target))
        painter.setOpacity(fade)
        _paint_arc(painter, picture, arc, lit=arc == picture.arc)
    painter.setOpacity(1.0)


def _paint_arc(painter: QPainter, picture: NetworkPicture, arc: Arc, *, lit: bool) -> None:
    look, (_, end, _) = theme(), _ends(picture, arc)
    color = look.color("accent") if lit else look.mix("muted", "panel", 0.7)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.strokePath(path_of(picture, arc), QPen(color, (2.2 if lit else 1.4) * look.scale))
    radius, arm = PLUS * look.scale, 3.2 * look.scale
    painter.setPen(QPen(color, 1.4 * look.scale))
    painter.setBrush(color if lit else look.color("panel"))
    painter.drawEllipse(QRectF(end.x() - radius, end.y() - radius, 2 * radius, 2 * radius))
    painter.setPen(QPen(look.color("on_accent") if lit else look.color("muted"), 1.4 * look.scale))
    painter.drawLine(end - QPointF(arm, 0), end + QPointF(arm, 0))
    painter.drawLine(end - QPointF(0, arm), end + QPointF(0, arm))
