"""Earlier moments of a run, as everything that shows a run wants them."""

from __future__ import annotations

from dataclasses import replace

from core.history import Moment
from core.trainer import Snapshot


def snapshot_at(snapshot: Snapshot, moment: Moment) -> Snapshot:
    """The snapshot of ``moment``, an earlier one of the run and the architecture of ``snapshot``.

    Losses and scores are those recorded then, on the data there were then; the history is all there is, up to ``rows``.
    Raises ValueError for a θ of another length.
    """
    if moment.theta.shape != snapshot.theta.shape:
        raise ValueError(f"the moment's θ has shape {moment.theta.shape}, the run's {snapshot.theta.shape}")
    history, samples = snapshot.history, len(snapshot.model.prepared.y_train)
    rows = history.rows_until(moment)

    def then(name: str) -> float:
        return float(history.column(name)[rows - 1]) if rows else float("nan")

    return replace(
        snapshot,
        theta=moment.theta,
        step=moment.step,
        epoch=moment.epoch + (moment.offset / samples if samples else 0.0),
        train_loss=then("train_loss"),
        test_loss=then("test_loss"),
        train_score=then("train_accuracy"),
        test_score=then("test_accuracy"),
        rows=rows,
        divergence=None,
        moment=moment,
        stopped="",
        past=True,
    )
