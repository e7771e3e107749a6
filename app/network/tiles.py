"""Neurons' maps as pictures: coloured on the probe's thread, turned into images on the window's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QImage, QTransform

from app.theme import Theme
from core.data.slices import Slice
from core.model import Model
from core.probes.neurons import SIDE, Maps, neuron_maps

RGBA = npt.NDArray[np.uint8]

CLOSER = 112
"""Places along each side of the map of a neuron that is looked at closely."""


@dataclass(frozen=True, eq=False)
class Painted:
    """The maps of every column at one θ, and their ``colors`` (M, n, n, 4), in the theme they were asked for.

    The colours of each column begin with unit ``firsts[i]``.
    """

    model: Model
    maps: tuple[Maps, ...]
    firsts: tuple[int, ...]
    colors: tuple[RGBA, ...]


@dataclass(frozen=True, eq=False)
class Closer:
    """One neuron's map, finely: its ``image`` colours (n, n, 4), and the ``low`` and ``high`` of its values on it."""

    neuron: tuple[int, int]
    colors: RGBA
    low: float
    high: float


def paint_neurons(model: Model, theta: Any, shown: Sequence[range], look: Theme, chosen: Slice) -> Painted:
    """The neurons ``shown[i]`` of every column i at θ (P,), and all outputs, coloured; for the probe's thread.

    They are seen on the plane that ``chosen`` is in the data.
    """
    maps = neuron_maps(model, theta, [*(units.stop for units in shown[:-1]), model.network.output.units], SIDE, chosen)
    firsts = (*(units.start for units in shown[:-1]), 0)
    return Painted(model, maps, firsts, _colors(model, maps, firsts, look))


def recoloured(painted: Painted, look: Theme) -> Painted:
    """The same maps in another theme."""
    return replace(painted, colors=_colors(painted.model, painted.maps, painted.firsts, look))


def _colors(model: Model, maps: tuple[Maps, ...], firsts: tuple[int, ...], look: Theme) -> tuple[RGBA, ...]:
    colors = [
        look.signed(column.values[first:], column.limits[first:, None, None])
        for column, first in zip(maps[:-1], firsts[:-1], strict=True)
    ]
    return (*colors, _output_colors(model, maps[-1], look))


def paint_closer(model: Model, theta: Any, neuron: tuple[int, int], look: Theme, chosen: Slice) -> Closer:
    """One neuron (column, unit) at θ (P,), finely enough to be shown large; for the probe's thread."""
    column, unit = neuron
    wanted = [0] * (len(model.network.layers) + 1)
    wanted[column] = model.network.shape[column] if column == len(model.network.layers) else unit + 1
    maps = neuron_maps(model, theta, wanted, CLOSER, chosen)[column]
    values = maps.values[unit]
    if column == len(model.network.layers):
        colors = _output_colors(model, maps, look)[unit]
    else:
        colors = look.signed(values, maps.limits[unit])
    return Closer(neuron, colors, float(values.min()), float(values.max()))


def _output_colors(model: Model, maps: Maps, look: Theme) -> RGBA:
    """Each class in its own colour where it is likely; a single output in both classes' colours; values signed."""
    if not model.classes:
        return look.signed(maps.values, maps.limits[:, None, None])
    with np.errstate(invalid="ignore"):
        shares = model.classify(np.moveaxis(maps.values, 0, -1))
        if len(maps.values) == 1:
            return look.class_field(shares)[None]
        ground = _rgb(look.color("panel"))
        hues = np.stack([_rgb(look.class_color(k)) for k in range(shares.shape[-1])])
        p = np.nan_to_num(np.moveaxis(shares, -1, 0))[..., None].astype(np.float32)
        colors = np.full((*p.shape[:-1], 4), 255, dtype=np.uint8)
        colors[..., :3] = ground + (hues[:, None, None] - ground) * p + 0.5
    return colors


def _rgb(color: QColor) -> npt.NDArray[np.float32]:
    return np.array([color.red(), color.green(), color.blue()], dtype=np.float32)


def images(colors: RGBA) -> tuple[QImage, ...]:
    """One image for each neuron of ``colors`` (M, n, n, 4)."""
    made = []
    for rgba in np.ascontiguousarray(colors):
        side = rgba.shape[0]
        image = QImage(rgba.data, side, side, 4 * side, QImage.Format.Format_RGBA8888)
        made.append(image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
    return tuple(made)


def brush(image: QImage, rect: QRectF) -> QBrush:
    """A brush that stretches ``image`` over ``rect``: its outermost places lie on the edge, as on the plane."""
    steps = max(1, image.width() - 1)
    place = QTransform.fromTranslate(rect.left(), rect.top())
    place.scale(rect.width() / steps, rect.height() / steps)
    place.translate(-0.5, -0.5)
    made = QBrush(image)
    made.setTransform(place)
    return made


def plane_at(rect: QRectF, position: QPointF, domain: float) -> tuple[float, float]:
    """The place on the plane that ``position`` in a tile ``rect`` stands for."""
    u = (position.x() - rect.left()) / rect.width()
    v = (position.y() - rect.top()) / rect.height()
    return (2 * u - 1) * domain, (1 - 2 * v) * domain
