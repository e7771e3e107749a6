"""A height field as pixels: each column of the picture is walked from the viewer outwards, between two horizons.

In a parallel projection with upright verticals a column of pixels shows one straight walk over the floor. Whatever
rises above all that was met before it is seen from above, whatever falls below all of it is seen from underneath, and
the rest is hidden: Wright, "A two-space solution to the hidden line problem for plotting functions of two variables",
IEEE Transactions on Computers C-22, 1973. All columns are walked at once, in arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.space.camera import TALL, Lens
from app.space.field import RGBA, UNDERSIDE, Field, Singles

Counts = npt.NDArray[np.int16]

_LEVEL = 1e-6
_STEPS_PER_PIXEL = 0.9
_FEWEST, _MOST = 48, 192
"""Steps of a walk, whose length is 2 to 2.8; between two of them a surface is taken to be straight."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels (h, w, 4) whose upper left corner is pixel (left, top), and how far ``away`` (h, w) what they show is.

    Where nothing is shown a pixel is transparent and infinitely far away.
    """

    pixels: RGBA
    away: Singles
    left: int
    top: int

    def distance(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Singles:
        """How far away what is seen at pixels (x, y) is; infinitely, where there is nothing."""
        rows, columns = self.away.shape
        column = np.floor(np.fmax(x, -1.0)).astype(np.intp) - self.left  # fmax lets no NaN pass
        row = np.floor(np.fmax(y, -1.0)).astype(np.intp) - self.top
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        far = np.full(inside.shape, np.inf, np.float32)
        far[inside] = self.away[row[inside], column[inside]]
        return far


@dataclass(frozen=True, eq=False)
class _Walks:
    """Every column's walk: ``first`` and ``last`` (w,) how far away, colours (k, w, 3) and rows upwards (k, w)."""

    first: Singles
    last: Singles
    colors: Singles
    ups: Singles


def draw(field: Field, lens: Lens, width: int, height: int) -> Raster:
    """``field`` through ``lens`` in a picture of ``width`` × ``height`` pixels."""
    reach = (abs(lens.camera.right[0]) + abs(lens.camera.right[1])) * lens.scale
    left, right = max(0, math.floor(lens.x - reach)), min(width, math.ceil(lens.x + reach))
    nothing = Raster(np.zeros((0, 0, 4), np.uint8), np.zeros((0, 0), np.float32), 0, 0)
    if right - left < 1:
        return nothing
    walks = _walk(field, lens, left, right)
    walked = walks.ups[:, walks.first < walks.last]
    if not walked.size:
        return nothing
    top = max(0, math.floor(lens.y - float(walked.max())) - 1)
    bottom = min(height, math.ceil(lens.y - float(walked.min())) + 1)
    if bottom - top < 1:
        return nothing
    return _fill(walks, left, top, bottom - top, lens)


def _walk(field: Field, lens: Lens, left: int, right: int) -> _Walks:
    """Walk over the field in columns ``left`` to ``right``, from edge to edge."""
    n, camera = len(field.heights), lens.camera
    side = ((np.arange(left, right, dtype=np.float64) + 0.5 - lens.x) / lens.scale).astype(np.float32)
    first, last = _chords(side, camera.right, camera.away)
    steps = int(min(max(lens.scale * _STEPS_PER_PIXEL, _FEWEST), 1.5 * n, _MOST))
    share = np.linspace(0.0, 1.0, steps, dtype=np.float32)[:, np.newaxis]
    away = first + (last - first) * share
    half = np.float32((n - 1) / 2)
    x, y = (
        np.asarray((side * np.float32(across) + away * np.float32(along) + 1) * half, dtype=np.float32)
        for across, along in zip(camera.right, camera.away, strict=True)
    )
    table = np.concatenate([field.lit(camera), field.heights[..., np.newaxis]], axis=-1, dtype=np.float32)
    seen = _bilinear(table.reshape(-1, 4), n, x, y)
    rise = np.float32(math.cos(camera.elevation) * TALL)
    ups = ((seen[..., 3] - np.float32(0.5)) * rise + away * np.float32(math.sin(camera.elevation))) * lens.scale
    return _Walks(first, last, seen[..., :3], np.asarray(ups, dtype=np.float32))


def _chords(side: Singles, right: tuple[float, float], away: tuple[float, float]) -> tuple[Singles, Singles]:
    """How far away the floor begins and ends (w,) where one looks ``side`` (w,) to the right; in reverse beside it."""
    first, last = np.full(len(side), -9.0, np.float32), np.full(len(side), 9.0, np.float32)
    for across, along in zip(right, away, strict=True):
        start = side * np.float32(across)
        slope = np.float32(along if abs(along) > _LEVEL else math.copysign(_LEVEL, along))
        ends = (-1 - start) / slope, (1 - start) / slope
        first = np.maximum(first, np.minimum(*ends))
        last = np.minimum(last, np.maximum(*ends))
    return first, last


def _bilinear(table: Singles, n: int, x: Singles, y: Singles) -> Singles:
    """Rows of ``table`` (n·n, c) between grid places ``x`` and ``y`` (k, w): (k, w, c)."""
    np.clip(x, 0, n - 1, out=x)
    np.clip(y, 0, n - 1, out=y)
    column, row = np.minimum(x.astype(np.intp), n - 2), np.minimum(y.astype(np.intp), n - 2)
    x -= column
    y -= row
    across, up, corner = x[..., np.newaxis], y[..., np.newaxis], row * n + column
    near = table.take(corner, axis=0)
    near += (table.take(corner + 1, axis=0) - near) * across
    far = table.take(corner + n, axis=0)
    far += (table.take(corner + n + 1, axis=0) - far) * across
    far -= near
    far *= up
    near += far
    return near


def _fill(walks: _Walks, left: int, top: int, rows: int, lens: Lens) -> Raster:
    """Give every pixel what its column's walk shows there first."""
    steps, columns = walks.ups.shape
    beside = walks.first >= walks.last
    # Rows are counted upwards from the lowest; a pixel shows what is at its middle.
    lowest = lens.y - (top + rows - 0.5)
    ups = walks.ups - np.float32(lowest)
    met, above = _first_met(ups, rows)
    met[:, beside] = steps
    shown = np.flatnonzero(met < steps)
    row, column = np.divmod(shown, columns)
    end = np.maximum(met.ravel()[shown], 1).astype(np.intp)
    index = end * columns + column
    flat = ups.ravel()
    before, after = flat.take(index - columns), flat.take(index)
    rise = after - before
    share = (row.astype(np.float32) - before) / np.where(np.abs(rise) > _LEVEL, rise, np.float32(1))
    np.clip(share, 0, 1, out=share)
    colors = walks.colors.reshape(-1, 3)
    mixed = colors.take(index - columns, axis=0)
    mixed += (colors.take(index, axis=0) - mixed) * share[:, np.newaxis]
    mixed *= np.where(above.ravel()[shown], np.float32(1), np.float32(UNDERSIDE))[:, np.newaxis]
    pixels = np.zeros((rows * columns, 4), np.uint8)
    pixels[shown, :3] = mixed
    pixels[shown, 3] = 255
    away = np.full(rows * columns, np.inf, np.float32)
    along = (end - 1 + share) / np.float32(steps - 1)
    away[shown] = walks.first[column] + (walks.last - walks.first)[column] * along
    upright = np.ascontiguousarray(pixels.reshape(rows, columns, 4)[::-1])
    return Raster(upright, away.reshape(rows, columns)[::-1], left, top)


def _first_met(ups: Singles, rows: int) -> tuple[Counts, npt.NDArray[np.bool_]]:
    """The first step (rows, w) of each walk that is seen in a row, k where none is; and whether from above.

    ``ups`` (k, w) are the rows, counted upwards, that the walks' places are seen in.
    """
    steps, columns = ups.shape
    highest, lowest = np.maximum.accumulate(ups, axis=0), np.minimum.accumulate(ups, axis=0)
    # A step is below row r as long as its horizon is: the number of such steps is the index of the first that is not.
    below = _counts(np.floor(highest) + 1, rows, columns)
    not_above = _counts(np.ceil(lowest), rows, columns)
    above = below > 0
    return np.where(above, below, np.int16(steps) - not_above), above


def _counts(from_row: Singles, rows: int, columns: int) -> Counts:
    """How many of ``from_row`` (k, w) are at or below each row (rows, w)."""
    start = np.clip(from_row, 0, rows).astype(np.intp)
    start *= columns
    start += np.arange(columns)
    counted = np.bincount(start.ravel(), minlength=(rows + 1) * columns)[: rows * columns]
    return np.cumsum(counted.reshape(rows, columns).astype(np.int16), axis=0, dtype=np.int16)
