"""What happened during a run, read off its history for the marks on the epoch axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.numbers import number

MarkRow = tuple[float, str, str]
"""(epoch, label, colour token), as CurvePlot takes them."""

_ONE_HAND = 1.0
"""Seconds of computing within which changes of the rate are one: a slider being dragged."""
_NEIGHBOURS = 3
"""Rows apart at which they are one, too, however long an epoch takes."""


class RateChanges:
    """The epochs at which the learning rate was changed, and to what; reads only the rows a history has gained.

    Of one that was thinned it reads all.

    What a schedule makes of the rate is no change: it is the base rate that a hand sets.
    """

    def __init__(self) -> None:
        self._lineage: Any = None
        self._thinned = self._rows = 0
        self._found: list[tuple[int, float, float, float]] = []  # row, seconds, epoch, rate

    def read(self, history: Any) -> list[MarkRow]:
        """The marks of ``history``, a run's record; changes close upon another are one, with the last rate."""
        known = history.lineage is self._lineage and history.thinned == self._thinned
        if not known or len(history) < self._rows:
            self._lineage, self._thinned, self._rows, self._found = history.lineage, history.thinned, 0, []
        rows = len(history)
        start = max(self._rows - 1, 0)
        epoch, rate, seconds = (history.column(name)[:rows] for name in ("epoch", "base_rate", "seconds"))
        for at in np.flatnonzero(rate[start + 1 :] != rate[start : rows - 1]) + start + 1:
            if np.isnan(rate[at]) or np.isnan(rate[at - 1]):
                continue
            self._note(int(at), float(seconds[at]), float(epoch[at - 1]), float(rate[at]))
        self._rows = rows
        return [(epoch, f"rate {number(rate, 3)}", "muted") for _, _, epoch, rate in self._found]

    def _note(self, row: int, seconds: float, epoch: float, rate: float) -> None:
        if self._found:
            last_row, last_seconds, first_epoch, _ = self._found[-1]
            if row - last_row <= _NEIGHBOURS or seconds - last_seconds <= _ONE_HAND:
                self._found[-1] = (row, seconds, first_epoch, rate)
                return
        self._found.append((row, seconds, epoch, rate))


def marks(changes: RateChanges, snapshot: Any) -> list[MarkRow]:
    """The marks of a snapshot's run: changes of the rate, where it diverged, and which earlier moment is shown."""
    found = changes.read(snapshot.history)
    if snapshot.past:
        found.append((float(snapshot.epoch), "shown", "accent"))
    if snapshot.divergence is not None:
        found.append((float(snapshot.divergence.epoch), "diverged", "bad"))
    return found
