"""Thinning long records for drawing: two points for each pixel column, its least and its greatest, so that spikes stay.

A Pyramid keeps the least, the greatest and the mean of every 8, 64, 512, … values and is extended as rows arrive, so
that the cost of a picture follows the width of the plot and not the length of the run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

FACTOR = 8
"""How many values, or buckets of the level below, make one bucket."""

_BLOCK = 64
"""Columns that share a level, so that a logarithmic axis reads coarse only where it is crowded."""


def clean(values: Floats, positive: bool) -> Floats:
    """``values`` (n,) with NaN where they cannot be drawn: not finite, or not above zero if ``positive``."""
    drawable = np.isfinite(values)
    if positive:
        with np.errstate(invalid="ignore"):
            drawable &= values > 0
    return np.where(drawable, values, np.nan)


@dataclass(frozen=True)
class Stretches:
    """The least, greatest and mean value (m,) of stretches of a record; NaN where a stretch has nothing to draw.

    The mean is that of what the eye sees: of the logarithms, back as a value, where the axis is logarithmic.
    """

    lows: Floats
    highs: Floats
    means: Floats

    def __len__(self) -> int:
        return len(self.lows)

    def part(self, begin: int, end: int) -> Stretches:
        """Those from ``begin`` to ``end``."""
        return Stretches(self.lows[begin:end], self.highs[begin:end], self.means[begin:end])


@dataclass(frozen=True)
class Thinned:
    """What to draw of a record: points (m,) in order, broken by NaN; and where it is crowded its middle (k,).

    ``crowd`` is how many rows there are to a column; the middle is empty where all rows are drawn.
    """

    x: Floats
    y: Floats
    middle_x: Floats
    middle_y: Floats
    crowd: float


class Pyramid:
    """The Stretches of 8, 64, 512, … values of a growing record.

    ``low`` and ``high`` bound all drawable values seen so far; they are NaN while there are none.
    """

    def __init__(self, positive: bool = False) -> None:
        self.positive = positive
        self.low = self.high = np.nan
        self._seen = 0
        self._levels: list[_Level] = []

    def __len__(self) -> int:
        return self._seen

    @property
    def depth(self) -> int:
        """The highest level that has a complete bucket; level 0 is the values themselves."""
        return len(self._levels)

    def level(self, index: int) -> Stretches:
        """The complete buckets of ``FACTOR ** index`` values, for an index above 0; means of logarithms as such."""
        return self._levels[index - 1].buckets()

    def base(self, values: Floats) -> Stretches:
        """Level 0 of ``values``: each a stretch of its own."""
        drawable = clean(values, self.positive)
        return Stretches(drawable, drawable, np.log10(drawable) if self.positive else drawable)

    def extend(self, values: Floats) -> None:
        """Take in the record ``values`` (n,), of which the first ``len(self)`` are those seen before."""
        n = len(values)
        if n == self._seen:
            return
        fresh = clean(values[self._seen :], self.positive)
        with np.errstate(invalid="ignore"):
            self.low = float(np.fmin(self.low, np.fmin.reduce(fresh)))
            self.high = float(np.fmax(self.high, np.fmax.reduce(fresh)))
        self._seen = n
        index, below = 0, n
        while below >= FACTOR:
            if index == len(self._levels):
                self._levels.append(_Level())
            level = self._levels[index]
            done, whole = level.count * FACTOR, below // FACTOR * FACTOR
            if done == whole:
                break
            level.append(self.level(index).part(done, whole) if index else self.base(values[done:whole]))
            below = level.count
            index += 1


class _Level:
    """One level's buckets, in buffers that at least double when they are full."""

    def __init__(self) -> None:
        self.count = 0
        self._room = np.empty((3, 64))

    def buckets(self) -> Stretches:
        return Stretches(*self._room[:, : self.count])

    def append(self, below: Stretches) -> None:
        """Add the buckets that (FACTOR·m,) stretches of the level below make."""
        add = len(below) // FACTOR
        if self.count + add > self._room.shape[1]:
            grown = np.empty((3, max(2 * self._room.shape[1], self.count + add)))
            grown[:, : self.count] = self._room[:, : self.count]
            self._room = grown
        least, greatest = below.lows[::FACTOR].copy(), below.highs[::FACTOR].copy()
        sums, counts = np.zeros(add), np.zeros(add)
        with np.errstate(invalid="ignore", over="ignore"):
            for k in range(FACTOR):  # strided passes; reducing along a short axis takes several times as long
                np.fmin(least, below.lows[k::FACTOR], out=least)
                np.fmax(greatest, below.highs[k::FACTOR], out=greatest)
                there = ~np.isnan(below.means[k::FACTOR])
                sums += np.where(there, below.means[k::FACTOR], 0.0)
                counts += there
            self._room[:, self.count : self.count + add] = least, greatest, sums / counts
        self.count += add


def thin(x: Floats, y: Floats, pyramid: Pyramid, edges: Floats) -> Thinned:
    """What to draw of a record between ``edges`` (W+1,), the borders of the pixel columns in units of ``x``.

    ``x`` (n,) must not decrease. At most about two points for each column; they include the least and greatest value
    of every stretch of about a column, and one neighbour outside at each end, so that the line reaches the borders.
    In crowded columns a point lies within an eighth of a column of its place; its value is always exact.
    """
    cuts = np.searchsorted(x, edges)
    first, last = max(int(cuts[0]) - 1, 0), min(int(np.searchsorted(x, edges[-1], side="right")) + 1, len(x))
    crowd = (last - first) / len(edges)
    if crowd <= 2:
        nothing = np.empty(0)
        return Thinned(x[first:last], clean(y[first:last], pyramid.positive), nothing, nothing, crowd)
    cuts[0], cuts[-1] = first, last
    parts = [_stretches(y, pyramid, *run) for run in _runs(cuts, pyramid.depth)]
    rows, values, centres, means = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Thinned(x[rows], values, x[centres], 10.0**means if pyramid.positive else means, crowd)


def _runs(cuts: Indices, depth: int) -> list[tuple[int, Indices, int]]:
    """The columns between ``cuts`` (W+1,) as runs of one level: (level, starts of its columns, stop), without gaps.

    Starts and stops are whole buckets of the run's level, but for the very last stop.
    """
    heads = np.arange(0, len(cuts) - 1, _BLOCK)
    tails = np.minimum(heads + _BLOCK, len(cuts) - 1)
    crowd = (cuts[tails] - cuts[heads]) / (tails - heads)
    levels = np.clip(np.log(np.maximum(crowd / FACTOR, 1)) / np.log(FACTOR), 0, depth).astype(int)
    changes = np.flatnonzero(np.diff(levels)) + 1
    begins, ends = np.concatenate([[0], changes]), np.concatenate([changes, [len(levels)]])
    runs: list[tuple[int, Indices, int]] = []
    start = int(cuts[0]) // FACTOR ** int(levels[0]) * FACTOR ** int(levels[0])
    for begin, end in zip(begins, ends, strict=True):
        level = int(levels[begin])
        size = FACTOR**level
        inner = cuts[heads[begin] : tails[end - 1] + 1]
        stop = int(inner[-1])
        if end < len(levels):
            coarser = max(size, FACTOR ** int(levels[end]))
            stop = max(stop // coarser * coarser, start)
        if stop > start:
            starts = np.unique(np.append(np.clip(inner[:-1] // size * size, start, None), start))
            runs.append((level, starts[starts < stop].astype(np.intp), stop))
        start = stop
    return runs


Points = tuple[Indices, Floats, Indices, Floats]
"""Rows and values of least and greatest, in order; rows and means of the stretches."""


def _stretches(y: Floats, pyramid: Pyramid, level: int, starts: Indices, stop: int) -> Points:
    """The points of each stretch from ``starts`` (m,) to the next, the last one to ``stop``."""
    size = FACTOR**level
    begin, whole = int(starts[0]), stop // size * size
    parts: list[Points] = []
    inside = starts[starts < whole]
    if len(inside):
        base = pyramid.level(level).part(begin // size, whole // size) if level else pyramid.base(y[begin:whole])
        rows, values, centres, means = _reduced(base, (inside - begin) // size)
        parts.append((begin + rows * size + size // 2, values, begin + centres * size + size // 2, means))
    if whole < stop:  # rows that do not fill a bucket yet
        start = max(whole, begin)
        rows, values, centres, means = _reduced(pyramid.base(y[start:stop]), np.zeros(1, dtype=np.intp))
        parts.append((start + rows, values, start + centres, means))
    rows, values, centres, means = (np.concatenate(column) for column in zip(*parts, strict=True))
    return rows, values, centres, means


def _reduced(base: Stretches, starts: Indices) -> Points:
    """One least, one greatest and the mean of the ``base`` from each of ``starts`` to the next; one NaN for nothing."""
    owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(base))))
    there = ~np.isnan(base.means)
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = np.fmin.reduceat(base.lows, starts), np.fmax.reduceat(base.highs, starts)
        total = np.add.reduceat(np.where(there, base.means, 0.0), starts)
        means = total / np.add.reduceat(there.astype(np.float64), starts)
    low_at = _first(base.lows == low[owner], owner, starts)
    high_at = _first(base.highs == high[owner], owner, starts)
    rising = low_at <= high_at
    rows = np.where(rising, [low_at, high_at], [high_at, low_at]).T
    values = np.where(rising, [low, high], [high, low]).T
    double = (rows[:, 0] == rows[:, 1]) & ((values[:, 0] == values[:, 1]) | np.isnan(values[:, 0]))
    keep = np.stack([np.ones_like(double), ~double], axis=1)
    return rows[keep], values[keep], (starts + np.append(starts[1:], len(base))) // 2, means


def _first(hits: npt.NDArray[np.bool_], owner: Indices, starts: Indices) -> Indices:
    """The first index in each stretch where ``hits`` is true; its start where none is."""
    at = np.flatnonzero(hits)[::-1]
    found = starts.copy()
    found[owner[at]] = at  # of several for one owner the last assigned stays, which is the first in order
    return found
