"""A run at one moment, as a value that can be handed to other threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from core.history import History, Moment
from core.model import Model


@dataclass(frozen=True)
class Divergence:
    """Where a run's loss stopped being finite: in ``step``, whose rate was ``rate``, made from the base rate ``base``.

    ``step`` is the number of steps taken, as the run's clock shows it, ``epoch`` its epoch; ``back`` is the epoch that
    the run can go back to.
    """

    step: int
    epoch: float
    rate: float
    back: int
    base: float


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one moment: all that a picture of it needs. ``theta`` (P,) is read-only.

    ``history`` is the record as it was then, and its first ``rows`` lead up to this moment, which is ``past`` where the
    run has gone on since. ``stopped`` is the sentence of the rule that ended it, "" where none did.
    """

    run: int
    model: Model
    theta: npt.NDArray[Any]
    step: int
    epoch: float
    train_loss: float
    test_loss: float
    train_score: float
    test_score: float
    history: History
    rows: int
    divergence: Divergence | None
    moment: Moment
    stopped: str = ""
    past: bool = False
