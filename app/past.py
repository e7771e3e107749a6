"""What the Session keeps of the past: earlier runs, moments with a name, and the moment that is being looked at."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.numbers import epochs
from app.remembered import Remembered
from core.history import Moment
from core.moments import snapshot_at
from core.trainer import Snapshot

MOST_RUNS = 24
"""Runs kept; the oldest goes when there are more."""


class Past(QObject):
    """Follows the newest Snapshots and says which one is to be shown.

    ``runs`` are earlier runs at their last moment, ``marks`` what the user gave a name, both oldest first; ``looking``
    is the moment of the present run that is shown in place of the newest, None for the newest.
    """

    runs_changed = Signal()
    marks_changed = Signal()
    looking_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[Remembered] = []
        self.marks: list[Remembered] = []
        self.looking: Moment | None = None
        self.newest: Snapshot | None = None
        self._trained: dict[int, Snapshot] = {}
        self._counted = 0

    def take(self, snapshot: Snapshot) -> Snapshot:
        """Note the newest Snapshot; gives the one to show."""
        before, self.newest = self.newest, snapshot
        another = before is not None and before.run != snapshot.run
        if before is None or another or snapshot.step != before.step:
            # An ended run is told of a little before or after the next one's first Snapshot: both are needed.
            self._trained = {run: kept for run, kept in self._trained.items() if before and run == before.run}
            self._trained[snapshot.run] = snapshot
        if self.looking is not None and (another or len(self.looking.theta) != len(snapshot.theta)):
            self.look_at(None)
        return snapshot if self.looking is None else snapshot_at(snapshot, self.looking)

    def look_at(self, moment: Moment | None) -> None:
        """Have ``moment`` shown, or the newest."""
        if moment is not self.looking:
            self.looking = moment
            self.looking_changed.emit()

    def shown(self) -> Snapshot | None:
        """The Snapshot to show now."""
        if self.newest is None or self.looking is None:
            return self.newest
        return snapshot_at(self.newest, self.looking)

    def remember(self, snapshot: Snapshot, name: str = "") -> Remembered:
        """Give a moment a name, one that tells the epoch unless another is given."""
        mark = Remembered(name or f"epoch {epochs(snapshot.epoch)}", snapshot)
        self.marks.append(mark)
        self.marks_changed.emit()
        return mark

    def forget(self, remembered: Remembered) -> None:
        """Drop a kept run or a named moment."""
        for kept, changed in ((self.runs, self.runs_changed), (self.marks, self.marks_changed)):
            if remembered in kept:
                kept.remove(remembered)
                changed.emit()

    def rename(self, remembered: Remembered, name: str) -> None:
        """Give a kept run or a named moment another name."""
        for kept, changed in ((self.runs, self.runs_changed), (self.marks, self.marks_changed)):
            if remembered in kept:
                kept[kept.index(remembered)] = Remembered(name, remembered.snapshot)
                changed.emit()

    def clear(self) -> None:
        """Forget everything: another project begins."""
        self.runs, self.marks, self._counted = [], [], 0
        self.newest, self._trained = None, {}
        self.look_at(None)
        self.runs_changed.emit()
        self.marks_changed.emit()

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a run that has ended, by its last Snapshot.

        What was edited after its last step has not trained it, and belongs to the run that begins.
        """
        trained = self._trained.get(snapshot.run)
        if trained is not None and trained.step == snapshot.step:
            snapshot = trained
        self._counted += 1
        self.runs = [*self.runs, Remembered(f"Run {self._counted}", snapshot)][-MOST_RUNS:]
        self.runs_changed.emit()
