"""Several runs on one axis: their metrics over the same epochs, or over the same computing time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.history import History

Floats = npt.NDArray[np.float64]

MOST = 20_000
"""Places on the shared axis at most: of more, every so-and-so-manieth stays."""


def aligned(
    histories: Sequence[History], metric: str, along: str = "epoch", rows: Sequence[int] | None = None
) -> tuple[Floats, list[Floats]]:
    """The axis (n,) with every recorded place of the column ``along``, and each history's metric (n,) on it.

    Between two records of a run the earlier one holds; before its first and after its last it is NaN. ``rows`` says how
    many rows of each history count.
    """
    counts = [len(history) for history in histories] if rows is None else list(rows)
    places = [np.asarray(h.column(along)[:n], np.float64) for h, n in zip(histories, counts, strict=True)]
    axis = np.unique(np.concatenate([np.empty(0), *places]))
    if len(axis) > MOST:
        axis = np.unique(np.append(axis[:: -(-len(axis) // MOST)], axis[-1]))
    return axis, [
        _on(axis, place, np.asarray(history.column(metric)[: len(place)], np.float64))
        for history, place in zip(histories, places, strict=True)
    ]


def _on(axis: Floats, places: Floats, values: Floats) -> Any:
    """``values`` at ``places``, both (m,), as a step function on ``axis``."""
    if not len(places):
        return np.full(len(axis), np.nan)
    row = np.searchsorted(places, axis, side="right") - 1
    inside = (row >= 0) & (axis <= places[-1])
    return np.where(inside, values[np.clip(row, 0, len(values) - 1)], np.nan)
