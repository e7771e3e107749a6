"""Which points train and which test.

The side is decided by a hash of the split's seed and of the point itself, not by its place in the list. So drawing or
erasing some points leaves nearly all others on their side, and copies of a point are always on the same side: a test
point is never one that was trained on. The hash chains SplitMix64's finaliser (Steele, Lea & Flood 2014, figure 15)
over the bits of the coordinates and the label.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data.plane import Mask
from core.random import GOLDEN, key, scramble
from core.spec import Points, Task
from core.tables import SpecError

Words = npt.NDArray[np.uint64]


def split(points: Points, task: Task, share: float, seed: int) -> Mask:
    """True where a point trains, bool (N,).

    Of each class of n points the round(share · n) with the smallest hashes train, at least one and, if n ≥ 2, not all;
    copies of one point go together, to whichever side comes nearest to that. In regression all points are one class.
    A ``share`` of 1 has all points train. Raises SpecError when it is not within 0.1 to 1.
    """
    if not 0.1 <= share <= 1.0:
        raise SpecError("data.split.share", f"the training share {share:g} is outside 0.1 to 1", "choose one within it")
    if share == 1.0:
        return np.ones(len(points), dtype=np.bool_)
    ranks = hashes(points, seed)
    groups = points.y if task == "classification" else np.zeros(len(points))
    trains = np.zeros(len(points), dtype=np.bool_)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        trains[members] = _lowest(ranks[members], share)
    return trains


def hashes(points: Points, seed: int) -> Words:
    """A 64-bit hash of each point under a seed, uint64 (N,); equal points have equal hashes."""
    z = np.full(len(points), key(seed), dtype=np.uint64)
    for column in (*points.x.T, points.y):
        bits = (np.ascontiguousarray(column) + 0.0).view(np.uint64)  # + 0.0 makes -0.0 the same number as 0.0
        z = scramble((z ^ bits) + np.uint64(GOLDEN))
    return z


def _lowest(ranks: Words, share: float) -> Mask:
    """True for the lowest ``share`` of the ranks (N,), equal ones together."""
    distinct, counts = np.unique(ranks, return_counts=True)
    if len(distinct) == 1:
        return np.ones(len(ranks), dtype=np.bool_)
    wanted = np.floor(share * len(ranks) + 0.5)
    if_cut_here = np.cumsum(counts)[:-1]  # without the last, so that one always tests
    return np.asarray(ranks <= distinct[np.argmin(np.abs(if_cut_here - wanted))])
