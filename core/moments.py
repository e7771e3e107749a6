"""Looking back: the Snapshot of an earlier moment of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.history import Moment
from core.trainer import Snapshot


def snapshot_at(snapshot: Snapshot, moment: Moment) -> Snapshot:
    """The Snapshot of an earlier ``moment`` of the same run: its θ, and what the history says of that step."""
    history = snapshot.history
    row = int(np.searchsorted(history.column("step"), moment.step, side="right")) - 1

    def value(name: str) -> float:
        column = history.column(name)
        return float(column[row]) if 0 <= row < len(column) else float("nan")

    return replace(
        snapshot,
        theta=moment.theta,
        step=moment.step,
        epoch=value("epoch"),
        train_loss=value("train_loss"),
        test_loss=value("test_loss"),
        train_score=value("train_accuracy"),
        test_score=value("test_accuracy"),
        rows=row + 1,
        divergence=None,
        moment=moment,
        stopped="",
        past=True,
    )
