"""The idle units of a run's layers: counted in the background at its moments, and remembered."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.numbers import count
from app.probe_thread import Probe
from core.probes.directions import Floats
from core.probes.distributions import Place
from core.probes.idle import Idle, coarse_to_fine, trace_idle
from core.probes.landscape import Objective

_Counts = tuple[float, Floats, Floats]
"""Epoch, and the units of each layer dead and saturated, (L,) each."""


def places_of(snapshot: Any) -> list[Place]:
    """Step, epoch and θ of the moments of a snapshot's run and architecture, and of the one it shows, in order."""
    samples, parameters = len(snapshot.model.prepared.y_train), len(snapshot.theta)
    places: list[Place] = [
        (m.step, m.epoch + (m.offset / samples if samples else 0.0), m.theta)
        for m in snapshot.history.moments()
        if m.step != snapshot.step and m.theta.shape == (parameters,)
    ]
    return sorted([*places, (snapshot.step, float(snapshot.epoch), snapshot.theta)], key=lambda place: place[0])


def _count(objective: Objective, places: list[Place], of: Any) -> Iterator[tuple[Idle, Any]]:
    """The idle units at ``places``, with what they are ``of``."""
    for idle in trace_idle(objective, places):
        yield idle, of


class UnitCounts(QObject):
    """Counts by step, of one run on one network and one set of points; another one's are forgotten."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.probe = Probe(self)
        self.probe.answered.connect(self._answered)
        self.probe.failed.connect(lambda text: self.failed.emit(f"The idle units could not be counted: {text}."))
        self._of: tuple[Any, ...] = ()
        self._found: dict[int, tuple[Any, _Counts]] = {}

    def ask(self, snapshot: Any, objective: Objective | None, running: bool, whole: bool) -> None:
        """Have the moment shown counted, and with ``whole`` what is missing of the run, coarse to fine."""
        of = (snapshot.run, snapshot.model.network, snapshot.model.prepared)
        if len(self._of) != 3 or of[:2] != self._of[:2] or of[2] is not self._of[2]:
            self._of, self._found = of, {}
        places = places_of(snapshot)
        # A θ set by hand takes the place of another at the same step.
        known = {step: theta for step, _, theta in places}
        self._found = {
            step: (known[step], counts)
            for step, (theta, counts) in self._found.items()
            if step in known and _same(theta, known[step])
        }
        here = [place for place in places if place[0] == snapshot.step and snapshot.step not in self._found]
        rest = [places[i] for i in coarse_to_fine(len(places))] if whole else []
        wanted = here + [place for place in rest if place[0] not in self._found and place[0] != snapshot.step]
        if wanted and not (self.probe.busy and (running or not here)):
            self.probe.ask(_count, objective, wanted, (of, {step: theta for step, _, theta in wanted}))

    def _answered(self, answer: tuple[Idle, tuple[tuple[Any, ...], dict[int, Any]]]) -> None:
        idle, (of, thetas) = answer
        if of is not self._of and (of[:2] != self._of[:2] or of[2] is not self._of[2]):
            return
        for step, epoch, dead, saturated in zip(idle.steps, idle.epochs, idle.dead, idle.saturated, strict=True):
            self._found[int(step)] = thetas[int(step)], (float(epoch), dead, saturated)
        self.changed.emit()

    def at(self, step: int) -> tuple[Floats, Floats] | None:
        """Units dead and saturated (L,) at a step, None where they were not counted."""
        found = self._found.get(step)
        return None if found is None else found[1][1:]

    def curves(self, layers: int) -> tuple[Floats, Floats]:
        """Epochs (n,) in order, and the units dead or saturated then (n, L)."""
        counts = [self._found[step][1] for step in sorted(self._found)]
        idle = [dead + saturated for _, dead, saturated in counts]
        return np.array([epoch for epoch, _, _ in counts]), np.stack(idle) if idle else np.empty((0, layers))

    def words(self, snapshot: Any) -> str:
        """How many units of each layer are idle at the moment shown, and which layer has no slope of its own."""
        here = self.at(snapshot.step)
        if here is None:
            return ""
        found, apart = [], []
        for layer, dead, saturated in zip(snapshot.model.network.layers, *here, strict=True):
            said = [f"{count(int(n))} {word}" for n, word in ((dead, "dead"), (saturated, "saturated")) if n > 0]
            found += [f"{layer.label}: {' and '.join(said)} of {count(layer.units)}"] if said else []
            apart += [f"{layer.label} is one with its loss"] if math.isnan(dead) else []
        return " · ".join([*(found or ["no unit dead or saturated"]), *apart])


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(np.array_equal(one, other))
