"""The histograms of a run's moments, made in the background."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.numbers import brief, count, epochs
from app.panels.gradients_units import places_of
from app.probe_thread import Probe
from core.probes.distributions import Place, Ridgelines, evenly, ridgelines
from core.probes.landscape import Objective


def _make(objective: Objective, quantity: str, places: list[Place], known: Any, of: Any) -> tuple[Ridgelines, Any]:
    return ridgelines(objective, quantity, places, known), of


class Spread(QObject):
    """Asks for the ridgelines of what is chosen, no more often than they can be made; their bins stay while it runs."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.probe = Probe(self)
        self.probe.answered.connect(self._answered)
        self.probe.failed.connect(lambda text: self.failed.emit(f"The histograms could not be made: {text}."))
        self._model: Any = None
        self._asked: tuple[Any, ...] = ()
        self._found: Ridgelines | None = None

    def ask(self, snapshot: Any, objective: Objective | None, quantity: str, rows: int, running: bool) -> None:
        """Have the histograms of ``rows`` moments made, evenly chosen up to the one shown."""
        if snapshot.model is not self._model:
            if self._model is None or snapshot.model.network != self._model.network:
                self._found = None
            self._model = snapshot.model
        asked = (snapshot.run, self._model, quantity, rows, running, snapshot.step, id(snapshot.theta))
        if asked == self._asked or (running and self.probe.busy and asked[:5] == self._asked[:5]):
            return
        self._asked = asked
        places = [place for place in places_of(snapshot) if place[0] <= snapshot.step]
        places = [places[i] for i in evenly(np.array([epoch for _, epoch, _ in places]), rows)]
        known = None
        if running and self._found is not None and self._found.quantity == quantity:
            known = {ridges.layer: ridges.edges for ridges in self._found.layers}
        self.probe.ask(_make, objective, quantity, places, known, self._model)

    def _answered(self, answer: tuple[Ridgelines, Any]) -> None:
        found, model = answer
        if model is self._model:
            self._found = found
            self.changed.emit()

    def shown(self, quantity: str) -> Ridgelines | None:
        """The newest ridgelines of a quantity, None where there are none yet."""
        return self._found if self._found is not None and self._found.quantity == quantity else None


def words(found: Ridgelines, only: int | None) -> str:
    """Which moments are shown, what their values come from, and how wide the bins are."""
    some = [ridges for ridges in found.layers if only in (None, ridges.layer)]
    if not some:
        return f"no {found.quantity} here"
    first, last = (epochs(float(epoch)) for epoch in (found.epochs[0], found.epochs[-1]))
    parts = [f"{len(found.steps)} moments, epoch {first} to {last}"] if first != last else [f"epoch {last}"]
    if found.samples:
        parts.append(f"{count(found.samples)} training points")
    binned = [ridges for ridges in some if ridges.values is None]
    if binned:
        parts.append("height: share of the values in a bin")
    if len(some) == 1 and binned:
        parts.append(f"bins {brief(float(binned[0].edges[1] - binned[0].edges[0]))} wide")
    return " · ".join(parts)
