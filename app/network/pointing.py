"""What is where on the network's picture: neurons, their biases, edges, and the arrows below long columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from app.network.edges import edge_at
from app.network.marks import dot_rect
from app.network.painting import pager_rects
from app.theme import theme

if TYPE_CHECKING:
    from app.network.picture import NetworkPicture
    from app.network.shown import Edge, Neuron

REACH = 6
"""Pixels from an edge within which the pointer is on it."""

MOVES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


def neuron_at(picture: NetworkPicture, position: QPointF) -> Neuron | None:
    """The neuron drawn at a position, its bias included."""
    if picture.arrangement is None:
        return None
    half = picture.arrangement.tile / 2
    for column, centre in enumerate(picture.centres):
        if not -1.4 * half <= position.x() - centre <= half:
            continue
        for unit in picture.arrangement.columns[column].range:
            inside = picture.tile_rect(column, unit).contains(position)
            if inside or on_dot(picture, (column, unit), position):
                return column, unit
    return None


def on_dot(picture: NetworkPicture, neuron: Neuron, position: QPointF) -> bool:
    """Whether a position is on a neuron's bias."""
    if picture.biases(neuron[0]) is None:
        return False
    return dot_rect(picture.tile_rect(*neuron)).adjusted(-1, -1, 1, 1).contains(position)


def edge_near(picture: NetworkPicture, position: QPointF) -> Edge | None:
    """The edge that passes close to a position."""
    if picture.arrangement is None:
        return None
    for index, edges in enumerate(picture.gaps.edges):
        middles = picture.gaps.middles(index), picture.gaps.middles(index + 1)
        found = edge_at(edges, picture.span(index), *middles, position, theme().px(REACH))
        if found is not None:
            left, right = picture.arrangement.columns[index : index + 2]
            return index, left.first + int(edges.sources[found]), right.first + int(edges.targets[found])
    return None


def page_at(picture: NetworkPicture, position: QPointF) -> tuple[int, int] | None:
    """The column whose arrow is at a position, and by how many units it scrolls; None where none is."""
    if picture.arrangement is None:
        return None
    for column, place in enumerate(picture.arrangement.columns):
        if place.hidden:
            _, up, down = pager_rects(picture, column)
            for rect, by in ((up, -place.shown), (down, place.shown)):
                if rect.contains(position):
                    return column, by
    return None


def neuron_beside(picture: NetworkPicture, neuron: Neuron | None, key: Qt.Key) -> Neuron | None:
    """Where an arrow key goes from a neuron; None for another key, or where there is nothing further."""
    if picture.network is None or picture.arrangement is None or key not in MOVES:
        return None
    if neuron is None:
        return 0, picture.arrangement.columns[0].first
    shape = picture.network.shape
    column, unit = (a + b for a, b in zip(neuron, MOVES[key], strict=True))
    if not 0 <= column < len(shape) or unit < 0 or (column == neuron[0] and unit >= shape[column]):
        return None
    place = picture.arrangement.columns[column]
    if column != neuron[0]:
        unit = min(max(unit, place.range.start), place.range.stop - 1)
    return column, unit
