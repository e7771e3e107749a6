"""A moment of a run that is kept: named, with all that a picture of it needs."""

from __future__ import annotations

from dataclasses import dataclass

from core.trainer import Snapshot


@dataclass(frozen=True, eq=False)
class Remembered:
    """A Snapshot with a name; it holds its run's history, so the run can be compared and gone back to."""

    name: str
    snapshot: Snapshot
