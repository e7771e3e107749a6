"""The box a surface stands in: its floor, the two walls behind, and what its edges say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF

from app.space.camera import Camera, Lens
from app.space.scene import Edge, Scene
from app.theme import font, theme

_ROOMY = (300, 190)
"""Design pixels of width and height from which on the edges have titles."""
_ROOM_FOR_MARK = 30
_STEEP = math.radians(75)
"""From above this on heights can no longer be read, and their edge says nothing."""

Corner = tuple[float, float, float]


@dataclass(frozen=True)
class Facing:
    """Which sides of the box face the viewer: of the first axis (-1 or 1), of the second, and the leftmost corner."""

    x: float
    y: float
    corner: tuple[float, float]

    @classmethod
    def of(cls, camera: Camera) -> Facing:
        """The sides that are nearer to ``camera``, and the corner that is farthest to its left."""
        (away_x, away_y), (right_x, right_y) = camera.away, camera.right
        return cls(
            -math.copysign(1.0, away_x),
            -math.copysign(1.0, away_y),
            (-math.copysign(1.0, right_x), -math.copysign(1.0, right_y)),
        )


def room(width: float, height: float, scene: Scene) -> QRectF:
    """Where in a picture of this size the box may be, so that its texts have room, too."""
    look, metrics = theme(), QFontMetricsF(font(11))
    line = metrics.height()
    texts = [text for edge in scene.edges[:2] for _, text in edge.marks]
    side = max((metrics.horizontalAdvance(text) for text in texts), default=0.0) * 0.6 + look.px(6)
    upright = max((metrics.horizontalAdvance(text) for _, text in scene.edges[2].marks), default=0.0) * 0.8 + look.px(6)
    below = line + look.px(4) + (line + look.px(2) if is_roomy(width, height) else 0.0)
    side = max(side, upright)
    return QRectF(side, line * 0.8, max(1.0, width - 2 * side), max(1.0, height - below - line * 0.8))


def is_roomy(width: float, height: float) -> bool:
    """Whether the edges have titles."""
    return width >= theme().px(_ROOMY[0]) and height >= theme().px(_ROOMY[1])


def paint_box(painter: QPainter, scene: Scene, lens: Lens, size: QSize) -> None:
    """Draw what stands behind the surface, and the texts around it."""
    facing = Facing.of(lens.camera)
    x, y = facing.x, facing.y
    floor = [(-1.0, -1.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, 0.0), (-1.0, 1.0, 0.0)]
    walls = (
        [(-x, -1.0, 0.0), (-x, 1.0, 0.0), (-x, 1.0, 1.0), (-x, -1.0, 1.0)],
        [(-1.0, -y, 0.0), (1.0, -y, 0.0), (1.0, -y, 1.0), (-1.0, -y, 1.0)],
    )
    painter.setPen(Qt.PenStyle.NoPen)
    for face, share in ((floor, 0.75), (walls[0], 0.35), (walls[1], 0.5)):
        painter.setBrush(theme().mix("raised", "panel", share))
        painter.drawPolygon(QPolygonF([lens.point(corner) for corner in face]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _paint_grid(painter, scene, lens, x, y)
    painter.setPen(QPen(theme().mix("muted", "panel", 0.45), theme().scale))
    for face in (floor, *walls):
        painter.drawPolygon(QPolygonF([lens.point(corner) for corner in face]))
    _paint_texts(painter, scene, lens, facing, size)


def _paint_grid(painter: QPainter, scene: Scene, lens: Lens, x: float, y: float) -> None:
    """A line for each tick, over the floor and up or along the walls behind."""
    painter.setPen(QPen(theme().color("hairline"), theme().scale))
    paths: list[tuple[Corner, ...]] = []
    paths += [((at, y, 0.0), (at, -y, 0.0), (at, -y, 1.0)) for at, _ in scene.edges[0].marks]
    paths += [((x, at, 0.0), (-x, at, 0.0), (-x, at, 1.0)) for at, _ in scene.edges[1].marks]
    paths += [((x, -y, at), (-x, -y, at), (-x, y, at)) for at, _ in scene.edges[2].marks]
    for path in paths:
        painter.drawPolyline(QPolygonF([lens.point(corner) for corner in path]))


def _paint_texts(painter: QPainter, scene: Scene, lens: Lens, facing: Facing, size: QSize) -> None:
    painter.setFont(font(11))
    titled, room = is_roomy(size.width(), size.height()), QRectF(QPointF(), size.toSizeF())
    taken: list[QRectF] = []
    for axis, edge in enumerate(scene.edges[:2]):
        ends = _ends(axis, facing)
        start, end, inner = (lens.point(at) for at in (*ends, (0.0, 0.0, 0.0)))
        middle = (start + end) / 2
        out = _unit(middle - inner)
        # Where an edge is seen end on, there is no room for its numbers.
        length = QLineF(start, end).length()
        if length > theme().px(2 * _ROOM_FOR_MARK):
            depth = _paint_marks(painter, edge, start, end, out, (-1.0, 1.0), taken)
            if titled:
                _paint_title(painter, edge, middle, out, depth, room)
    if lens.camera.elevation < _STEEP:
        corner = facing.corner
        foot, top = lens.point((*corner, 0.0)), lens.point((*corner, 1.0))
        _paint_marks(painter, scene.edges[2], foot, top, QPointF(-1, 0), (0.0, 1.0), taken)
        if titled and scene.edges[2].titles:
            metrics = QFontMetricsF(painter.font())
            text = scene.edges[2].titles[0]
            painter.setPen(theme().color("muted"))
            width = metrics.horizontalAdvance(text)
            at = QPointF(max(top.x() - width / 2, 2.0), max(top.y() - theme().px(7), metrics.ascent()))
            painter.drawText(at, text)


def _ends(axis: int, facing: Facing) -> tuple[Corner, Corner]:
    """The ends of the floor's edge that is nearest to the viewer, along an axis."""
    if axis == 0:
        return (-1.0, facing.y, 0.0), (1.0, facing.y, 0.0)
    return (facing.x, -1.0, 0.0), (facing.x, 1.0, 0.0)


def _paint_marks(
    painter: QPainter,
    edge: Edge,
    start: QPointF,
    end: QPointF,
    out: QPointF,
    ends: tuple[float, float],
    taken: list[QRectF],
) -> float:
    """Draw an edge's ticks, those that collide with none in ``taken``; gives how far out they reach."""
    look, metrics = theme(), QFontMetricsF(painter.font())
    line, depth, (low, high) = metrics.height(), 0.0, ends
    painter.setPen(look.color("muted"))
    for value, text in edge.marks:
        at = start + (end - start) * ((value - low) / (high - low))
        half = metrics.horizontalAdvance(text) / 2
        reach = abs(out.x()) * half + abs(out.y()) * line / 2 + look.px(6)
        middle = at + out * reach
        place = QRectF(middle.x() - half, middle.y() - line / 2, 2 * half, line)
        if any(place.adjusted(-look.px(3), 0, look.px(3), 0).intersects(other) for other in taken):
            continue
        taken.append(place)
        depth = max(depth, reach + abs(out.x()) * half + abs(out.y()) * line / 2)
        painter.drawLine(QLineF(at, at + out * look.px(4)))
        painter.drawText(place.adjusted(-2, 0, 2, 0), Qt.AlignmentFlag.AlignCenter, text)
    return depth


def _paint_title(painter: QPainter, edge: Edge, middle: QPointF, out: QPointF, depth: float, room: QRectF) -> None:
    """Write an edge's longest title that has room beyond its ticks; none where not even the shortest has."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    for text in edge.titles:
        half = metrics.horizontalAdvance(text) / 2
        at = middle + out * (depth + abs(out.x()) * half + abs(out.y()) * line / 2)
        place = QRectF(at.x() - half - 1, at.y() - line / 2, 2 * half + 2, line)
        if room.contains(place):
            painter.setPen(theme().color("muted"))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
            return


def _unit(way: QPointF) -> QPointF:
    length = math.hypot(way.x(), way.y())
    return way / length if length > 1e-9 else QPointF(0.0, 1.0)
