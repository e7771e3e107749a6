"""The sharpness of a run at the steps where it was measured, for every run that is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.history import History, Moment

Floats = npt.NDArray[np.float64]

MOST_RUNS = 32
"""Runs remembered; the one not looked at for longest goes when there are more."""
MOST_POINTS = 4096
"""Measurements kept of a run; on reaching them every second one goes."""


@dataclass
class Series:
    """Of one run: the sharpness by step, and the eigenvector (P,) found last, from which the next search starts."""

    values: dict[int, float] = field(default_factory=dict)
    vector: Floats | None = None

    def add(self, step: int, value: float) -> None:
        """Note what was measured at a step."""
        self.values[step] = value
        if len(self.values) > MOST_POINTS:
            for at in sorted(self.values)[1:-1:2]:
                del self.values[at]

    def cut(self, step: int) -> None:
        """Forget what was measured after ``step``: the run has gone back to it."""
        for at in [at for at in self.values if at > step]:
            del self.values[at]

    def curve(self, until: int) -> tuple[Floats, Floats]:
        """Steps (n,) in order up to ``until``, and the sharpness there (n,)."""
        steps = sorted(at for at in self.values if at <= until)
        return np.array(steps, dtype=np.float64), np.array([self.values[at] for at in steps], dtype=np.float64)


class Store:
    """A Series for each run, by its id."""

    def __init__(self) -> None:
        self._runs: dict[int, Series] = {}

    def of(self, run: int) -> Series:
        """The series of a run, an empty one for a run not seen before; it is now the last one to be forgotten."""
        series = self._runs.pop(run, None) or Series()
        self._runs[run] = series
        for old in list(self._runs)[:-MOST_RUNS]:
            del self._runs[old]
        return series


def rates_at(history: History, steps: Floats) -> Floats:
    """The rate (n,) of the last step before each of ``steps`` (n,), of the first one for step 0.

    A first row that was recorded before the rate was set to another says nothing of any step.
    """
    rows = len(history)
    if not rows:
        return np.full(len(steps), np.nan)
    recorded, rates, bases = (history.column(name)[:rows] for name in ("step", "rate", "base_rate"))
    first = int(rows > 1 and bases[0] != bases[1])
    return rates[np.clip(np.searchsorted(recorded, steps, side="left"), first, rows - 1)]


def missing(moments: list[Moment], series: Series, most: int) -> list[Moment]:
    """Which of a run's ``moments`` to measure to know its whole course, the widest gaps first, at most ``most``."""
    if not moments:
        return []
    order: list[int] = [len(moments) - 1, 0]
    parts = 1
    while len(order) < min(most, len(moments)) and parts < 2 * len(moments):
        parts *= 2
        order += [round(k * (len(moments) - 1) / parts) for k in range(1, parts, 2)]
    seen: dict[int, Any] = dict.fromkeys(order)
    return [moments[i] for i in list(seen)[:most] if moments[i].step not in series.values]
