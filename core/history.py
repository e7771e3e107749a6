"""The record of a run: metrics row by row, and θ at moments spread evenly over it; both of bounded size.

One thread appends; others may read at any time: all columns with their count are swapped in one assignment, and what a
count covers is never written again. A reader of several columns takes ``still()`` first, whose columns go together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.changes import PLACED
from core.stopping import UNSEEN, Watch
from core.thinning import extremes

MOMENTS = 512
"""Checkpoints kept at most; on reaching it every second one goes."""
MOMENT_BYTES = 64 << 20
"""Bytes they may take together."""
ROWS = 1 << 16
"""Rows kept at most; on reaching it all but the newest ``RECENT`` are thinned to about half of this."""
RECENT = ROWS // 4
"""Rows that thinning leaves alone."""

_NUMBER = "#"
"""The column, not for reading, that numbers the rows as they were recorded, from 0 on."""

Column = npt.NDArray[Any]


@dataclass(frozen=True)
class Best:
    """θ (P,) and the optimizer's arrays of the epoch that early stopping goes back to."""

    since: int
    theta: npt.NDArray[Any]
    slots: tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True)
class Moment:
    """A checkpoint: θ (P,) and the optimizer's arrays after ``step`` steps.

    ``rows`` were recorded by then; ``watch`` is what the stop rules and the schedule remember, ``best`` what early
    stopping would go back to.
    """

    step: int
    since: int
    epoch: int
    offset: int
    theta: npt.NDArray[Any]
    slots: tuple[npt.NDArray[Any], ...]
    rows: int
    loss: float
    watch: Watch = UNSEEN
    best: Best | None = None


@dataclass(frozen=True)
class _Table:
    """Columns, as buffers of which the first ``rows`` are written, and how often rows have been taken out."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    rows: int = 0
    thinned: int = 0


class History:
    """Metrics as columns, checkpoints as moments.

    Of a long run's older rows only those stay that hold the lowest and the highest training loss of each of many equal
    stretches, row 0, and those of the moments kept; ``thinned`` counts how often that was done. ``lineage`` is the same
    object for a run's history and its still copies: while both are the same, a record has only grown.
    """

    def __init__(self) -> None:
        self.lineage = object()
        self.recorded = 0
        self._table = _Table()
        self._shift = 0
        self._moments: list[Moment] = []
        self._stride = 1
        self._offered = 0

    # reading

    def __len__(self) -> int:
        return self._table.rows

    @property
    def thinned(self) -> int:
        """How often rows have been taken out."""
        return self._table.thinned

    def still(self) -> History:
        """This history as it is now, for a reader: it shares the numbers, and does not change when this one goes on."""
        copy, now = History(), self._table
        copy.lineage, copy.recorded, copy._shift = self.lineage, self.recorded, self._shift
        copy._table = _Table({name: values[: now.rows] for name, values in now.columns.items()}, now.rows, now.thinned)
        copy._moments, copy._stride, copy._offered = list(self._moments), self._stride, self._offered
        return copy

    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(name for name in self._table.columns if name != _NUMBER)

    def column(self, name: str) -> Column:
        """One metric over all rows (n,), float32 for those of single layers, else float64; NaN if not measured."""
        now = self._table
        values = now.columns.get(name)
        return np.full(now.rows, np.nan) if values is None else values[: now.rows]

    def last(self, name: str) -> float:
        """The newest value of a metric, NaN if there is none."""
        values = self.column(name)
        return float(values[-1]) if len(values) else float("nan")

    def row_at(self, step: int) -> int:
        """The index of the last row recorded at or before ``step``; 0 where there is none before."""
        return max(0, int(np.searchsorted(self.column("step"), step, side="right")) - 1)

    def rows_until(self, moment: Moment) -> int:
        """How many of the rows there are now had been recorded by ``moment``."""
        return int(np.searchsorted(self.column(_NUMBER), moment.rows, side="left"))

    # recording

    def append(self, row: Mapping[str, float]) -> None:
        """Add one row of metrics."""
        self.extend({name: np.array([value]) for name, value in row.items()}, 1)

    def extend(
        self, columns: Mapping[str, Column], rows: int, checkpoint: Callable[[int], Moment] | None = None
    ) -> None:
        """Add ``rows`` rows at once, each column (rows,); a name not seen before becomes a column.

        ``checkpoint(i)`` is asked for the moment of row ``i`` of them where one is due.
        """
        start = 0
        while start < rows:
            if len(self) >= ROWS:
                self._thin()
            stop = min(rows, start + ROWS - len(self))
            self._add({name: values[start:stop] for name, values in columns.items()}, stop - start)
            if checkpoint is not None:
                self._offer(start, stop, checkpoint)
            start = stop

    def _add(self, columns: Mapping[str, Column], rows: int) -> None:
        now, needed = self._table, self._table.rows + rows
        numbers = np.arange(self.recorded, self.recorded + rows)
        grown = dict(now.columns)
        for name, values in {**dict.fromkeys(now.columns), **columns, _NUMBER: numbers}.items():
            column = grown.get(name)
            if column is None or needed > len(column):
                column = grown[name] = _grown(column, now.rows, needed, _kind(name))
            if values is not None:
                with np.errstate(over="ignore"):
                    column[now.rows : needed] = values
        self.recorded += rows
        self._table = _Table(grown, needed, now.thinned)

    def _thin(self) -> None:
        """Take rows out: by stretches of a power of two of rows as recorded, so that stretches only ever merge."""
        now = self._table
        old = now.rows - RECENT
        numbers = now.columns[_NUMBER][:old]
        while int(numbers[-1]) >> self._shift >= ROWS // 4:
            self._shift += 1
        loss = now.columns["train_loss"][:old] if "train_loss" in now.columns else numbers.astype(np.float64)
        marked = np.searchsorted(numbers, [moment.rows - 1 for moment in self._moments if moment.rows])
        edited = np.flatnonzero(now.columns["change"][:old]) if "change" in now.columns else marked[:0]
        exact = np.concatenate([[0], marked[marked < old], edited, np.arange(old, now.rows)]).astype(np.int64)
        rows = np.unique(np.concatenate([exact, extremes(loss, numbers >> self._shift)]))
        columns = {name: _grown(values[rows], len(rows), ROWS, values.dtype) for name, values in now.columns.items()}
        self._table = _Table(columns, len(rows), now.thinned + 1)

    # checkpoints

    def wants(self) -> bool:
        """Whether the next checkpoint offered would be kept; asking counts as offering."""
        wanted = self._offered % self._stride == 0
        self._offered += 1
        return wanted

    def _offer(self, start: int, stop: int, checkpoint: Callable[[int], Moment]) -> None:
        """Offer the checkpoints of rows ``start`` to ``stop``, passing over those that would not be kept."""
        first = self._offered - start
        at = start + -self._offered % self._stride
        while at < stop:
            self.keep(checkpoint(at))
            at += 1
            at += -(first + at) % self._stride
        self._offered = first + stop

    def keep(self, moment: Moment) -> None:
        """Keep a checkpoint; older ones are thinned when there are too many."""
        moments = [*self._moments, moment]
        size = moment.theta.nbytes * (1 + len(moment.slots)) * (1 if moment.best is None else 2)
        if len(moments) > max(8, min(MOMENTS, MOMENT_BYTES // max(1, size))):
            moments = moments[::2]
            self._stride *= 2
        self._moments = moments

    def take_back(self, step: int) -> None:
        """Drop the checkpoint of the newest row, if it has one and that is of ``step``: another is to stand for it."""
        newest = self._moments[-1:]
        if newest and (newest[0].rows, newest[0].step) == (self.recorded, step):
            self._moments = self._moments[:-1]

    def forget_moments(self) -> None:
        """Drop the checkpoints: the architecture has changed, and θ's numbers mean something else now."""
        self._moments, self._stride, self._offered = [], 1, 0

    def moments(self) -> list[Moment]:
        """The checkpoints kept, oldest first."""
        return list(self._moments)

    def path(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
        """Steps (T,) and θ (T, P) of the moments kept: the way the present architecture has gone."""
        moments = self.moments()
        steps = np.array([m.step for m in moments], dtype=np.int64)
        return steps, np.stack([m.theta for m in moments]) if moments else np.empty((0, 0))

    def placed(self, recorded: npt.ArrayLike) -> Column:
        """How often (n,) θ had been set by hand when so many rows, ``recorded`` (n,), had been recorded."""
        change = np.nan_to_num(self.column("change")).astype(np.int64)
        by_hand = self.column(_NUMBER)[(change & PLACED) > 0]
        return np.asarray(np.searchsorted(by_hand, recorded, side="left"))

    def until(self, moment: Moment) -> History:
        """A copy that ends at ``moment``, to go on from there."""
        copy, now, rows = self.still(), self._table, self.rows_until(moment)
        copy.lineage, copy.recorded = object(), moment.rows
        copy._table = _Table({name: column[:rows].copy() for name, column in now.columns.items()}, rows, now.thinned)
        copy._moments = [m for m in copy._moments if m.rows <= moment.rows]
        copy._offered = len(copy._moments) * copy._stride
        return copy


def _kind(name: str) -> npt.DTypeLike:
    """What a column's numbers are kept as: a layer's norms in single precision, all else exactly."""
    return np.int64 if name == _NUMBER else np.float32 if "/" in name else np.float64


def _grown(column: Column | None, rows: int, needed: int, kind: npt.DTypeLike) -> Column:
    """A longer buffer, at least doubled but within the bound, NaN beyond the ``rows`` there were."""
    had = 0 if column is None else len(column)
    grown = np.full(max(needed, min(2 * had, ROWS), 256), 0 if np.dtype(kind).kind == "i" else np.nan, kind)
    if column is not None:
        grown[:rows] = column[:rows]
    return grown
