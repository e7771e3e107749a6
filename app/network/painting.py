"""What the network's picture draws: neurons with their biases, names, markers, and what is under the pointer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app.network.arrangement import NAMES
from app.network.edges import edge_paths, edge_pen
from app.network.marks import curve_of, dot_rect, paint_marks
from app.network.shortcuts import paint_arcs
from app.network.tiles import brush
from app.numbers import count
from app.theme import MARKERS, font, icon, marker_path, theme, tokens
from app.widgets.target import vectors
from core.data.features import title_of

if TYPE_CHECKING:
    from app.network.picture import NetworkPicture
    from app.network.shown import Edge, Neuron

QUIET = 0.3
"""How strongly edges are drawn while one of them, or a neuron, is looked at."""

PAGER = 18
"""Height of the line below a column that says which units are shown."""


def paint_network(painter: QPainter, picture: NetworkPicture, shown: QRectF) -> None:
    """Edges, then neurons, then what lies over them, as far as it is within ``shown``."""
    assert picture.network is not None
    assert picture.arrangement is not None
    for index in range(len(picture.network.layers)):
        span = picture.span(index)
        if span[1] > shown.left() and span[0] < shown.right():
            _paint_gap(painter, picture, index, span)
    picture.pulse.paint_beads(painter)
    for column, centre in enumerate(picture.centres):
        if abs(centre - shown.center().x()) < shown.width() / 2 + picture.arrangement.tile + theme().px(NAMES):
            painter.setOpacity(picture.faded.get(picture.ids[column], 1.0))
            _paint_column(painter, picture, column)
    painter.setOpacity(1.0)
    paint_arcs(painter, picture)
    picture.pulse.paint_glow(painter)
    paint_marks(painter, picture)
    if picture.edge is not None and picture.theta is not None:
        _paint_edge(painter, picture, picture.edge)


def _paint_gap(painter: QPainter, picture: NetworkPicture, index: int, span: tuple[float, float]) -> None:
    fade = min(picture.faded.get(key, 1.0) for key in picture.gaps.key(index))
    quiet = picture.neuron is not None or picture.edge is not None or picture.pulse.running
    picture.gaps.paint(painter, index, span, fade * (QUIET if quiet else 1.0))
    if picture.neuron is None or not picture.gaps.edges or picture.pulse.running:
        return
    edges, column = picture.gaps.edges[index], picture.neuron[0]
    ends = edges.sources if column == index else edges.targets if column == index + 1 else None
    tile = picture.tile_of(picture.neuron)
    if ends is not None and tile is not None:
        middles = picture.gaps.middles(index), picture.gaps.middles(index + 1)
        chosen = np.asarray(ends == tile)
        for pen, path in edge_paths(edges, span, *middles, theme(), chosen, picture.gaps.fineness()):
            painter.strokePath(path, pen)


# neurons


def _paint_column(painter: QPainter, picture: NetworkPicture, column: int) -> None:
    assert picture.arrangement is not None
    look, place = theme(), picture.arrangement.columns[column]
    corner = min(look.px(tokens.SMALL_CORNER), picture.arrangement.tile / 5)
    border = QPen(look.mix("muted", "panel", 0.45), look.scale)
    for unit in place.range:
        rect, image = picture.tile_rect(column, unit), picture.picture_of((column, unit))
        lit = picture.neuron == (column, unit)
        painter.setPen(QPen(look.color("accent"), 2 * look.scale) if lit else border)
        if image is not None and vectors():
            painter.drawImage(rect, image)  # an SVG's brushes are of colours alone
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setBrush(brush(image, rect) if image is not None else QBrush(look.color("raised")))
        painter.drawRoundedRect(rect, corner, corner)
    _paint_biases(painter, picture, column)
    _paint_words(painter, picture, column)


def _paint_biases(painter: QPainter, picture: NetworkPicture, column: int) -> None:
    """A dot for each bias: its colour says the sign, its strength the size; hollow where it is frozen."""
    values = picture.biases(column)
    if values is None:
        return
    assert picture.arrangement is not None
    look, frozen = theme(), picture.frozen_biases(column)
    largest = picture.largest_bias
    for unit in picture.arrangement.columns[column].range:
        rect, value = dot_rect(picture.tile_rect(column, unit)), float(values[unit])
        if picture.on_bias and picture.neuron == (column, unit):
            rect = rect.adjusted(-look.scale, -look.scale, look.scale, look.scale)
        share = min(1.0, abs(value) / largest) if largest > 0 and math.isfinite(value) else 0.0
        color = look.mix("muted", "panel", 0.5)
        if value:
            strong = QColor(tokens.NEGATIVE if value < 0 else tokens.POSITIVE)
            color = _blend(strong, look.color("panel"), 0.35 + 0.65 * share)
        still = frozen is not None and bool(frozen[unit])
        painter.setPen(QPen(color if still else look.color("panel"), 1.6 * look.scale if still else look.scale))
        painter.setBrush(look.color("panel") if still else color)
        painter.drawEllipse(rect)


def _blend(over: QColor, under: QColor, share: float) -> QColor:
    pairs = zip(over.getRgb()[:3], under.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(a * share + b * (1 - share)) for a, b in pairs))


def _paint_words(painter: QPainter, picture: NetworkPicture, column: int) -> None:
    assert picture.arrangement is not None
    assert picture.network is not None
    look, place = theme(), picture.arrangement.columns[column]
    painter.setFont(font(11))
    painter.setPen(look.color("muted"))
    if column == 0:
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        for unit in place.range:
            rect = picture.tile_rect(0, unit)
            room = QRectF(0, rect.top(), rect.left() - look.px(6), rect.height())
            name = title_of(picture.network.inputs[unit])
            name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, right, name)
    if place.hidden:
        _paint_pager(painter, picture, column)
    if column == len(picture.network.layers) and place.units > 1:
        _paint_markers(painter, picture, column)


def pager_rects(picture: NetworkPicture, column: int) -> tuple[QRectF, QRectF, QRectF]:
    """Where it says which units are shown, the arrow to those above and the one to those below."""
    assert picture.arrangement is not None
    place = picture.arrangement.columns[column]
    look, below = theme(), picture.tile_rect(column, place.range[-1]).bottom()
    half, high = look.px(54), look.px(PAGER)
    whole = QRectF(picture.centres[column] - half, below, 2 * half, high)
    side = look.px(20)
    up = QRectF(whole.left(), below, side, high)
    return whole, up, QRectF(whole.right() - side, below, side, high)


def _paint_pager(painter: QPainter, picture: NetworkPicture, column: int) -> None:
    assert picture.arrangement is not None
    look, place = theme(), picture.arrangement.columns[column]
    whole, up, down = pager_rects(picture, column)
    first, last = place.first + 1, place.first + place.shown
    text = f"{count(first)}\u2013{count(last)} of {count(place.units)}"
    painter.drawText(whole, Qt.AlignmentFlag.AlignCenter, text)
    ends = (("chevron-up", up, place.first > 0), ("chevron-down", down, last < place.units))
    for name, rect, more in ends:
        side = look.px(12)
        spot = QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side)
        painter.save()
        painter.setOpacity(painter.opacity() * (1.0 if more else 0.25))
        icon(name, "accent" if more and rect.contains(picture.pointer) else "muted").paint(painter, spot.toRect())
        painter.restore()


def _paint_markers(painter: QPainter, picture: NetworkPicture, column: int) -> None:
    assert picture.arrangement is not None
    look, side = theme(), theme().px(9)
    painter.setPen(Qt.PenStyle.NoPen)
    for unit in picture.arrangement.columns[column].range:
        rect = picture.tile_rect(column, unit)
        painter.save()
        painter.translate(rect.right() + look.px(7) + side / 2, rect.center().y())
        painter.scale(side, side)
        painter.fillPath(marker_path(unit % len(MARKERS)), look.class_color(unit))
        painter.restore()


# edges that are looked at


def _paint_edge(painter: QPainter, picture: NetworkPicture, edge: Edge) -> None:
    """The edge under the pointer, drawn strongly, with its ends."""
    index, source, target = edge
    path, look = curve_of(picture, edge), theme()
    if path is None:
        return
    value, largest = picture.value(edge), picture.gaps.edges[index].largest
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = edge_pen(9, value < 0, look, dashed=picture.is_frozen(edge))
    width = 2.5 + 2.5 * min(1.0, abs(value) / largest if largest else 0.0)
    dashes = [length * pen.widthF() / (width * look.scale) for length in pen.dashPattern()]
    pen.setWidthF(look.scale * width)
    if dashes:
        pen.setDashPattern(dashes)
    painter.strokePath(path, pen)
    painter.setPen(QPen(look.color("accent"), 2 * look.scale))
    ends: tuple[Neuron, Neuron] = ((index, source), (index + 1, target))
    for neuron in ends:
        painter.drawRoundedRect(picture.tile_rect(*neuron), look.px(tokens.SMALL_CORNER), look.px(tokens.SMALL_CORNER))
