"""The sums over samples that losses and scores are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def sums_of(losses: Any, outputs: Any, y: Floats, trained: int, middle: float) -> Floats:
    """The four sums of one run from each sample's loss (N,) and outputs (N, K)."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isnan(middle):
            scores = (outputs[:, 0].astype(np.float64) - y) ** 2
        else:
            decided = outputs[:, 0] > middle if outputs.shape[1] == 1 else outputs.argmax(axis=1)
            scores = (decided == y).astype(np.float64)
        parts = [array[part] for array in (losses, scores) for part in (slice(None, trained), slice(trained, None))]
        return np.array([part.sum(dtype=np.float64) for part in parts])
