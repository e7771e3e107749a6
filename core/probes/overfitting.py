"""Where a run stops learning and begins to learn by heart, read off its two losses.

Prechelt, "Early Stopping - But When?", 1998, calls the rise of the test loss above its lowest the generalisation loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

RISE = 0.05
"""The test loss has clearly risen when it is this share above its lowest."""
STRETCH = 0.2
"""It has done so when it stays there for this share of the run."""
_AROUND = 0.05
"""The share of the run around the lowest loss whose median is what the loss was there: one lucky row is no level."""
_LEAST = 20
"""Rows before which nothing is said."""


@dataclass(frozen=True)
class Fit:
    """The ``row`` of the lowest test loss, and whether the run has been ``overfitting`` since."""

    row: int
    overfitting: bool


def judge_fit(epochs: Floats, train: Floats, test: Floats, start: int = 0) -> Fit | None:
    """Where test was lowest, from row ``start`` on (losses before were of something else); all (n,).

    None where that cannot be said or is not over: too few rows, no test loss, or the lowest is among the newest
    twentieth of the run. Overfitting: over the last ``STRETCH`` of the run test's median is ``RISE`` above its level at
    the lowest, at most a tenth of its values are below that, and train's median is no higher than it was.
    """
    rows = np.flatnonzero(np.isfinite(test) & (np.arange(len(test)) >= start))
    if len(rows) < _LEAST:
        return None
    best = int(rows[np.argmin(test[rows])])
    run = float(epochs[rows[-1]] - epochs[rows[0]])
    since = float(epochs[rows[-1]] - epochs[best])
    if run <= 0 or since < _AROUND * run:
        return None
    around = rows[np.abs(epochs[rows] - epochs[best]) <= _AROUND * run]
    late = rows[epochs[rows] >= epochs[rows[-1]] - STRETCH * run]
    level = float(np.median(test[around]))
    risen = np.median(test[late]) > (1 + RISE) * level and np.mean(test[late] < level) <= 0.1
    learnt = np.median(train[late]) <= np.median(train[around])
    return Fit(best, bool(since >= STRETCH * run and risen and learnt))
