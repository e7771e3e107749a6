"""What happened during a run, read off its history for the marks on the epoch axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.numbers import number
from core.changes import BATCH, DATA, LOSS, NETWORK, OPTIMIZER, PLACED

MarkRow = tuple[float, str, str]
"""(epoch, label, colour token), as CurvePlot takes them."""

_ONE_HAND = 1.0
"""Seconds of computing within which changes of one kind are one: a slider being dragged."""
_NEIGHBOURS = 3
"""Rows apart at which they are one, too, however long an epoch takes."""

_BACK = 16
"""Rows looked back for the last one with gradients: edits while a run rests leave rows without."""

CHANGES = {
    DATA: "data",
    NETWORK: "network",
    LOSS: "loss",
    PLACED: "weights set",
    OPTIMIZER: "optimizer",
    BATCH: "batch",
}
"""What the numbers of a history's column ``change`` say was changed just before a row; sums where it was several."""
STEERING = frozenset({"rate", CHANGES[OPTIMIZER], CHANGES[BATCH]})
"""What changes the way that training goes, and not what its losses say."""
UNNAMED = "changed"
"""What is said of a jump where the history does not say what was changed."""


@dataclass(frozen=True)
class Event:
    """Something that happened before ``row``, after so many seconds of computing, at ``epoch``; of a ``kind``."""

    row: int
    seconds: float
    epoch: float
    kind: str
    label: str


class RateChanges:
    """The epochs at which the learning rate was changed, and to what, and at which what else.

    Reads only the rows a history has gained; of one that was thinned it reads all. What a schedule makes of the rate is
    no change: it is the base rate that a hand sets. What else was changed is in the column ``change``; without it, it
    is seen by two rows of one step (the losses before and after it), and by layers that come or go.
    """

    def __init__(self) -> None:
        self._lineage: Any = None
        self._thinned = self._rows = 0
        self._found: list[Event] = []

    def read(self, history: Any) -> list[MarkRow]:
        """The marks of ``history``, a run's record; changes close upon another are one, with the last rate."""
        self._catch_up(history)
        return [(event.epoch, event.label, "muted") for event in sorted(self._found, key=lambda e: e.epoch)]

    def comparable_from(self, history: Any) -> int:
        """The first row whose losses are of the same data and loss as the newest; 0 where nothing was changed."""
        self._catch_up(history)
        return max((event.row for event in self._found if not STEERING.issuperset(event.kind.split(", "))), default=0)

    def _catch_up(self, history: Any) -> None:
        known = history.lineage is self._lineage and history.thinned == self._thinned
        if not known or len(history) < self._rows:
            self._lineage, self._thinned, self._rows, self._found = history.lineage, history.thinned, 0, []
        rows, start = len(history), max(self._rows - 1, 0)
        if rows > start + 1:
            for event in _changes(history, start, rows):
                self._note(event)
        self._rows = rows

    def _note(self, event: Event) -> None:
        """Keep an event; one that goes on from the last of its kind takes its place in time, as a name does of none."""
        if event.kind not in ("rate", UNNAMED):
            self._found = [old for old in self._found if not (old.kind == UNNAMED and old.epoch == event.epoch)]
        last = next((old for old in reversed(self._found) if old.kind == event.kind), None)
        if last is not None and (
            event.row - last.row <= _NEIGHBOURS or event.seconds - last.seconds <= _ONE_HAND * (event.kind in STEERING)
        ):
            self._found.remove(last)
            event = Event(event.row, event.seconds, last.epoch, event.kind, event.label)
        self._found.append(event)


def _changes(history: Any, start: int, rows: int) -> list[Event]:
    """What was changed between the rows from ``start`` to ``rows``, in order."""
    step, epoch, rate, seconds = (
        history.column(name)[start:rows] for name in ("step", "epoch", "base_rate", "seconds")
    )
    labels = _labels(history, step, start, rows)
    with np.errstate(invalid="ignore"):
        moved = np.flatnonzero((rate[1:] != rate[:-1]) & np.isfinite(rate[1:]) & np.isfinite(rate[:-1])) + 1
    # A rate holds for the epochs after the row before; what else is changed shows in the row itself.
    found = [
        Event(start + int(i), seconds[i], epoch[i - 1], "rate", f"rate {number(float(rate[i]), 3)}") for i in moved
    ]
    found += [Event(start + i, seconds[i], epoch[i - 1], label, label) for i, label in labels.items()]
    return sorted(found, key=lambda event: event.row)


def _labels(history: Any, step: npt.NDArray[Any], start: int, rows: int) -> dict[int, str]:
    """What was changed just before rows 1 … of a stretch, by row of the stretch."""
    if "change" in history.names():
        codes = np.nan_to_num(history.column("change")[start:rows]).astype(int)
        at = [int(i) for i in np.flatnonzero(codes) if i]
        return {i: ", ".join(word for bit, word in CHANGES.items() if codes[i] & bit) or UNNAMED for i in at}
    found = {int(i) + 1: UNNAMED for i in np.flatnonzero(step[1:] == step[:-1])}
    return found | dict.fromkeys(_other_layers(history, start, rows), "network")


def _other_layers(history: Any, start: int, rows: int) -> list[int]:
    """The rows of a stretch before which a layer came or went: others have gradients than at the last row with any."""
    names = [name for name in history.names() if name.startswith("gradient/")]
    if not names:
        return []
    back = min(start, _BACK)
    there = np.stack([np.isfinite(history.column(name)[start - back : rows]) for name in names])
    some = np.flatnonzero(there.any(axis=0))
    differs = (there[:, some[1:]] != there[:, some[:-1]]).any(axis=0)
    return [int(i) - back for i in some[1:][differs] if i > back]


def marks(changes: RateChanges, snapshot: Any) -> list[MarkRow]:
    """The marks of a snapshot's run: what was changed, where it diverged, and which earlier moment is shown."""
    found = changes.read(snapshot.history)
    if snapshot.past:
        found.append((float(snapshot.epoch), "shown", "accent"))
    if snapshot.divergence is not None:
        found.append((float(snapshot.divergence.epoch), "diverged", "bad"))
    return found
