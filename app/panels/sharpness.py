"""The sharpness panel: the loss's top curvature over a run, against the edge that the rate sets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from app.panels.curves import Curve, CurvePlot, Quantity
from app.panels.lacking import says_lacking
from app.panels.panel import Panel
from app.panels.sharpness_series import Floats, Store, missing, rates_at
from app.panels.sharpness_words import caution, numbers, why_diverged
from app.probe_thread import Probe
from app.widgets.choice import Chip
from core.frozen import free
from core.probes.hessian import Eigenpair, top_eigenpair
from core.probes.landscape import Objective
from core.probes.slices import next_rate
from core.probes.stability import edge

PAST = 96
"""Moments of the past that are measured at most, once a run rests."""
RUNNING = 24
"""Products at most while training runs: from the vector found last a few are enough."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The top eigenpair at a step of a run."""

    run: int
    step: int
    pair: Eigenpair


def measure(
    objective: Objective, places: Sequence[tuple[int, int, Any]], mask: Any, start: Floats | None, most: int
) -> Iterator[Measured]:
    """The top eigenpair at each of ``places`` (run, step, θ), the search starting from the one found before."""
    for run, step, theta in places:
        pair = top_eigenpair(objective, theta, start=start, most=most, free=mask)
        start = pair.vector if np.isfinite(pair.value) else None
        yield Measured(run, step, pair)


class SharpnessPanel(Panel):
    """Measures the newest θ while training runs, and what is missing of the past while it rests."""

    key = "sharpness"
    title = "Sharpness"
    period = 100
    help = (
        "**Sharpness** is the largest eigenvalue of the Hessian, the matrix of the loss's second derivatives: how "
        "strongly the loss curves in its steepest direction, found by Lanczos iteration on Hessian-vector products. "
        "Full-batch descent with a rate over 2 / sharpness overshoots that valley further at every step, and training "
        "often ends up at just that **edge of stability**; with batches it stays below.\n"
        "Source: Cohen, Kaur, Li, Kolter & Talwalkar, “Gradient Descent on Neural Networks Typically Occurs at the "
        "Edge of Stability”, 2021, arXiv:2103.00065; for Adam and kin, Cohen et al., “Adaptive Gradient Methods at the "
        "Edge of Stability”, 2022, arXiv:2207.14484."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.store = Store()
        self.plot = CurvePlot()
        self.plot.set_quantities(Quantity("step"), Quantity("sharpness, and its limit"))
        self.log = Chip("log", "Make the axis of the sharpness logarithmic.")
        self.log.setChecked(True)
        self.log.toggled.connect(lambda on: self.plot.set_log(x=False, y=on))
        self.plot.set_log(x=False, y=True)
        self.add_control(self.log)
        self.probe, self.reason = Probe(self), Probe(self)
        self.probe.answered.connect(self._measured)
        self.probe.failed.connect(lambda text: self.show_message(f"The sharpness could not be computed: {text}."))
        self.reason.answered.connect(self._reasoned)
        self._pending: set[tuple[int, int]] = set()
        self._model: Any = None
        self._objective: Objective | None = None
        self._explained: tuple[int, int] | None = None
        self._why = ""
        session.run_changed.connect(self._again)
        self.plot.failed.connect(self.show_message)
        self.set_body(self.plot)

    # what is asked

    def refresh(self, snapshot: Any) -> None:
        """Ask for what is not known yet, and draw what is."""
        if says_lacking(self, snapshot):
            self.clear_message()
            return
        if snapshot.model is not self._model:
            self._model, self._objective = snapshot.model, Objective.of(snapshot.model, precision="float64")
            self._pending.clear()
        running = self.session.state == "running"
        series = self.store.of(snapshot.run)
        if not getattr(snapshot, "past", False):
            series.cut(snapshot.step)
        if running:
            if not self.probe.busy:
                self._ask(snapshot, [(snapshot.run, snapshot.step, snapshot.theta)], RUNNING)
        else:
            self._fill(snapshot)
        self._explain(snapshot)
        self._draw(snapshot)

    def _fill(self, snapshot: Any) -> None:
        """Have the shown moment measured, and then what is missing of the run."""
        series = self.store.of(snapshot.run)
        places = [(snapshot.run, m.step, m.theta) for m in missing(snapshot.history.moments(), series, PAST)]
        if snapshot.step not in series.values:
            places.insert(0, (snapshot.run, snapshot.step, snapshot.theta))
        wanted = {(run, step) for run, step, _ in places}
        shown_first = (snapshot.run, snapshot.step)
        if wanted and not (self.probe.busy and wanted <= self._pending and shown_first not in wanted):
            self._ask(snapshot, places, 80)

    def _ask(self, snapshot: Any, places: Sequence[tuple[int, int, Any]], most: int) -> None:
        self._pending = {(run, step) for run, step, _ in places}
        mask = free(snapshot.model.experiment.network, snapshot.model.network)
        start = self.store.of(snapshot.run).vector
        if start is not None and len(start) != len(snapshot.theta):
            start = None
        self.probe.ask(measure, self._objective, places, mask, start, most)

    def _explain(self, snapshot: Any) -> None:
        """Have it found out once why a run diverged."""
        if snapshot.divergence is None:
            self._why, self._explained = "", None
        elif self._explained != (snapshot.run, snapshot.divergence.step):
            self._explained = (snapshot.run, snapshot.divergence.step)
            self.reason.ask(why_diverged, snapshot)

    def _again(self) -> None:
        self.plot.set_live(self.session.state == "running")
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def experiment_edited(self, before: Any, after: Any) -> None:
        """The edge follows the rate's slider at once."""
        if before.training != after.training and self.session.snapshot is not None and not self.is_empty:
            self._draw(self.session.snapshot)

    # what comes

    def _measured(self, answer: Measured | None) -> None:
        if answer is None:
            return
        series = self.store.of(answer.run)
        self._pending.discard((answer.run, answer.step))
        if np.isfinite(answer.pair.value):
            series.vector = answer.pair.vector
        series.add(answer.step, answer.pair.value)
        if self.session.snapshot is not None and not self.is_empty:
            self._draw(self.session.snapshot)

    def _reasoned(self, sentence: str) -> None:
        self._why = sentence
        if self.session.snapshot is not None:
            self._caution(self.session.snapshot)

    def _draw(self, snapshot: Any) -> None:
        """The curve up to the moment shown, and the edge at the rate of each step; its end is at the present rate."""
        training = self.session.experiment.training
        steps, values = self.store.of(snapshot.run).curve(snapshot.step)
        rate = next_rate(training, len(snapshot.model.prepared.y_train), snapshot.moment)
        found = edge(training.optimizer)
        formula, most = found if found is not None else ("2 / rate of SGD", 2.0)
        edges = most / rates_at(snapshot.history, steps)
        if len(steps):
            steps, values = np.append(steps, steps[-1]), np.append(values, values[-1])
            edges = np.append(edges, most / rate)
        ink: str | int = 3 if found is not None else "muted"
        curves = [Curve("sharpness", "sharpness", 0, values), Curve("edge", formula, ink, edges)]
        self.plot.set_data(steps, curves)
        here = self.store.of(snapshot.run).values.get(snapshot.step)
        if here is None and len(values) and self.session.state == "running":
            here = float(values[-1])
        self.set_status("measuring …" if here is None else numbers(here, rate, training))
        self._caution(snapshot)

    def _caution(self, snapshot: Any) -> None:
        """Say why the run diverged, or how the line has to be read."""
        training, samples = self.session.experiment.training, len(snapshot.model.prepared.y_train)
        said = caution(training, samples)
        full = [("Use full batch", lambda: self.session.set("training.batch_size", samples, "Use full batch"))]
        if self._why:
            self._say(self._why, "bad", [])
        elif said:
            self._say(said, "info", full if edge(training.optimizer) is not None else [])
        else:
            self.clear_message()

    def _say(self, text: str, kind: Any, actions: Any) -> None:
        if self.message.isHidden() or self.message.text != text:
            self.show_message(text, kind, actions)

    def update_theme(self) -> None:
        """The plot paints itself anew."""
        self.plot.update_theme()
