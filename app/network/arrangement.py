"""Where everything in the network's picture goes: a pure function of the sizes at hand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

TILE_MIN, TILE_MAX = 16, 64
TILE_SHARE = 0.74
"""How much of its place in a column a tile fills; the rest is air."""

WIDEST_STEP = 1.6
"""The distance from tile to tile, in tiles, where there is room for more."""

CROWD = 12
"""A column too long to be shown whole is shown at this many tiles, if they then are large enough to read."""

COLUMN, FEATURES, OUTPUT = 110, 76, 96
"""Least widths of a hidden column, of the inputs' and of the output's."""

GAP = 26
MARGIN = 4
NAMES = 40
"""Room left of the inputs for their names, at least."""
MOST_NAMES = 0.18
"""The share of the width that these names may take."""

MORE = 18
"""Height of the line that says how many units are not shown."""


@dataclass(frozen=True)
class Column:
    """One column: its ``centre``, how many ``units`` it has, and the top of each tile shown, from unit ``first`` on."""

    centre: float
    units: int
    tops: tuple[float, ...]
    first: int = 0

    @property
    def shown(self) -> int:
        """How many units have a tile."""
        return len(self.tops)

    @property
    def hidden(self) -> int:
        """How many units have none."""
        return self.units - self.shown

    @property
    def range(self) -> range:
        """The units that have a tile, from the top."""
        return range(self.first, self.first + self.shown)

    @property
    def slice(self) -> slice:
        """The same, to cut rows with."""
        return slice(self.first, self.first + self.shown)


@dataclass(frozen=True)
class Arrangement:
    """The picture's geometry in pixels: its size, the ``tile`` size, the distance of tiles, and the columns."""

    width: float
    height: float
    tile: float
    step: float
    columns: tuple[Column, ...]

    @property
    def centres(self) -> tuple[float, ...]:
        """Each column's middle."""
        return tuple(column.centre for column in self.columns)


def least_width(hidden: int, scale: float) -> float:
    """The narrowest picture of so many hidden layers whose controls do not overlap."""
    return scale * (FEATURES + hidden * COLUMN + OUTPUT + (hidden + 1) * GAP + 2 * MARGIN)


def arrange(
    width: float,
    height: float,
    shape: Sequence[int],
    scale: float = 1.0,
    firsts: Sequence[int] = (),
    head: float = 0.0,
    names: float = 0.0,
) -> Arrangement:
    """Columns of ``shape`` units (inputs to output) in ``width`` × ``height`` pixels; wider where they need to be.

    A column too long to be shown whole begins at its unit of ``firsts``, or as close to that as its end allows. Above
    all tiles ``head`` pixels are left free, and left of the inputs up to ``names`` pixels for what they are called.
    """
    whole = max(width, least_width(len(shape) - 2, scale))
    room = max(scale * TILE_MIN, height - scale * MARGIN - head)
    centres = _centres(whole, len(shape) - 2, scale)
    pitch = min(b - a for a, b in itertools.pairwise(centres))
    step, tile = _tile(room, shape, scale, 0.4 * pitch)
    left = max(scale * NAMES, min(names, MOST_NAMES * whole))
    centres[0] = max(centres[0], scale * MARGIN + left + tile / 2)
    _keep_apart(centres, scale)
    columns = tuple(
        _column(at, units, first, room, step, tile, scale, head)
        for at, units, first in zip(centres, shape, firsts or [0] * len(shape), strict=True)
    )
    return Arrangement(whole, height, tile, step, columns)


def _centres(whole: float, hidden: int, scale: float) -> list[float]:
    """Evenly apart where there is room, else with even air between the columns."""
    widths = [scale * w for w in (FEATURES, *[COLUMN] * hidden, OUTPUT)]
    first, last = scale * MARGIN + widths[0] / 2, whole - scale * MARGIN - widths[-1] / 2
    step = (last - first) / (len(widths) - 1)
    if step >= scale * (COLUMN + GAP):
        return [first + step * i for i in range(len(widths))]
    air = (whole - 2 * scale * MARGIN - sum(widths)) / (len(widths) - 1)
    centres, left = [], scale * MARGIN
    for wide in widths:
        centres.append(left + wide / 2)
        left += wide + air
    return centres


def _keep_apart(centres: list[float], scale: float) -> None:
    """Move columns until their controls do not overlap where names have pushed the first one: the last one stays."""
    widths = [FEATURES, *[COLUMN] * (len(centres) - 2), OUTPUT]
    apart = [scale * ((a + b) / 2 + GAP) for a, b in itertools.pairwise(widths)]
    for i in range(1, len(centres) - 1):
        centres[i] = max(centres[i], centres[i - 1] + apart[i - 1])
    for i in reversed(range(len(centres) - 1)):
        centres[i] = min(centres[i], centres[i + 1] - apart[i])


def _tile(room: float, shape: Sequence[int], scale: float, widest: float) -> tuple[float, float]:
    """The distance from tile to tile, and the tile: as large as the longest column that can be shown whole allows."""
    fit = max(1, int(room * TILE_SHARE / (scale * TILE_MIN)))
    longest = max((units for units in shape if units <= fit), default=1)
    if max(shape) > fit:
        longest = max(longest, min(fit, CROWD))
    least, most = scale * TILE_MIN, max(scale * TILE_MIN, min(scale * TILE_MAX, widest))
    tile = float(round(min(max(TILE_SHARE * room / longest, least), most)))
    return min(room / longest, tile * WIDEST_STEP), tile


def _column(
    centre: float, units: int, first: int, room: float, step: float, tile: float, scale: float, head: float
) -> Column:
    whole = units * step <= room + 1e-6
    more = 0.0 if whole else scale * MORE
    shown = units if whole else max(1, min(units - 1, int((room - more) / step)))
    top = head + max(0.0, (room - shown * step - more) / 2) + (step - tile) / 2
    tops = tuple(float(round(top + i * step)) for i in range(shown))
    return Column(centre, units, tops, max(0, min(first, units - shown)))
