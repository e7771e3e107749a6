"""The record of a run: every metric of every epoch, and θ at moments spread evenly over it.

One thread appends; others may read at any time. Buffers only grow, and the count of rows is raised last, so a reader
sees whole rows; what is replaced (a longer buffer, a thinned list) is swapped in one assignment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.stopping import UNSEEN, Watch

MOMENTS = 512
"""Checkpoints kept at most; on reaching it every second one goes."""
MOMENT_BYTES = 64 << 20
"""Bytes they may take together."""


@dataclass(frozen=True)
class Best:
    """θ (P,) and the optimizer's arrays of the epoch that early stopping goes back to."""

    since: int
    theta: npt.NDArray[Any]
    slots: tuple[npt.NDArray[Any], ...]


@dataclass(frozen=True)
class Moment:
    """A checkpoint: θ (P,) and the optimizer's arrays after ``step`` steps, and the history's length then.

    ``watch`` is what the stop rules and the schedule remember, ``best`` what early stopping would go back to.
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


class History:
    """Metrics as columns, checkpoints as moments."""

    def __init__(self) -> None:
        self._columns: dict[str, npt.NDArray[np.float64]] = {}
        self._rows = 0
        self._moments: list[Moment] = []
        self._stride = 1
        self._offered = 0

    def __len__(self) -> int:
        return self._rows

    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self._columns)

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """One metric over all rows (n,); NaN where it was not measured."""
        rows = self._rows
        values = self._columns.get(name)
        return np.full(rows, np.nan) if values is None else values[:rows]

    def last(self, name: str) -> float:
        """The newest value of a metric, NaN if there is none."""
        values = self.column(name)
        return float(values[-1]) if len(values) else float("nan")

    def append(self, row: Mapping[str, float]) -> None:
        """Add one row of metrics."""
        self.extend({name: np.array([value]) for name, value in row.items()}, 1)

    def extend(self, columns: Mapping[str, npt.NDArray[np.float64]], rows: int) -> None:
        """Add ``rows`` rows at once, each column (rows,); a name not seen before becomes a column."""
        at, needed = self._rows, self._rows + rows
        for name in {**self._columns, **columns}:
            column = self._columns.get(name)
            if column is None or needed > len(column):
                column = self._columns[name] = _grown(column, needed)
            if name in columns:
                column[at:needed] = columns[name]
        self._rows = needed

    def wants(self) -> bool:
        """Whether the next checkpoint offered would be kept; asking counts as offering."""
        wanted = self._offered % self._stride == 0
        self._offered += 1
        return wanted

    def keep(self, moment: Moment) -> None:
        """Keep a checkpoint; older ones are thinned when there are too many."""
        self._moments.append(moment)
        size = moment.theta.nbytes * (1 + len(moment.slots)) * (1 if moment.best is None else 2)
        if len(self._moments) > max(8, min(MOMENTS, MOMENT_BYTES // max(1, size))):
            self._moments = self._moments[::2]
            self._stride *= 2

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

    def until(self, moment: Moment) -> History:
        """A copy that ends at ``moment``, to go on from there."""
        copy = History()
        copy._columns = {name: column[: moment.rows].copy() for name, column in self._columns.items()}
        copy._rows = moment.rows
        copy._moments = [m for m in self.moments() if m.step <= moment.step]
        copy._stride, copy._offered = self._stride, len(copy._moments) * self._stride
        return copy


def _grown(column: npt.NDArray[np.float64] | None, needed: int) -> npt.NDArray[np.float64]:
    """A longer buffer, at least doubled, NaN beyond what there was."""
    had = 0 if column is None else len(column)
    grown = np.full(max(needed, 2 * had, 256), np.nan)
    if column is not None:
        grown[:had] = column
    return grown
