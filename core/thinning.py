"""Which rows of a long record stay when it is thinned: of every stretch its lowest and its highest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def extremes(values: npt.NDArray[np.floating], buckets: Indices) -> Indices:
    """Indices, ascending, of the first lowest and the first highest of ``values`` (n,) in each bucket.

    ``buckets`` (n,) numbers them and must not decrease. NaN counts as nothing; of nothing but NaN one row stays.
    """
    if not len(values):
        return np.empty(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], buckets[1:] != buckets[:-1]]))
    owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    found = [
        _first(filled == ends.reduceat(filled, starts)[owner], owner, starts)
        for ends, filled in (
            (np.minimum, np.where(np.isnan(values), np.inf, values)),
            (np.maximum, np.where(np.isnan(values), -np.inf, values)),
        )
    ]
    return np.unique(np.concatenate(found))


def _first(hits: npt.NDArray[np.bool_], owner: Indices, starts: Indices) -> Indices:
    """The first index in each bucket where ``hits`` is true; every bucket has one."""
    at = np.flatnonzero(hits)[::-1]
    found = starts.copy()
    found[owner[at]] = at  # of several for one owner the last assigned stays, which is the first in order
    return found
