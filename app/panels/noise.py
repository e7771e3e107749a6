"""The gradient noise panel: how far the gradients of batches are from the one of all samples."""

from __future__ import annotations

import math
import time
from typing import Any

from PySide6.QtWidgets import QWidget

from app.numbers import THIN, brief, count, percent
from app.panels.lacking import says_lacking
from app.panels.noise_view import NoiseView, degrees
from app.panels.panel import Panel
from app.probe_thread import Probe
from core.frozen import free
from core.probes.landscape import Objective
from core.probes.noise import Noise, noise

SIZES = (1, 10, 32, 100)
"""Batch sizes compared, besides the present one and all samples: one sample, and what is usual."""
REST = 2.0
"""While training runs, the probe rests this many times as long as it worked."""


def timed(objective: Objective, theta: Any, sizes: tuple[int, ...], mask: Any) -> tuple[Noise | None, float]:
    """The noise, and the seconds it took."""
    began = time.perf_counter()
    return noise(objective, theta, sizes, mask), time.perf_counter() - began


class NoisePanel(Panel):
    """Draws batches of several sizes at the θ shown, and compares their gradients with the full one."""

    key = "noise"
    title = "Gradient noise"
    period = 100
    help = (
        "Each thin arrow is the gradient of one batch of the present size, at the θ shown: its angle to the full "
        "gradient (straight up) and its length relative to it are the true ones, its side that of the noise’s main "
        "direction. Larger batches scatter less; the **noise scale** tr(Σ) / |G|² is the batch size at which noise and "
        "signal are equally strong, and far above it more samples hardly improve a step.\n"
        "Source: McCandlish, Kaplan, Amodei et al., “An Empirical Model of Large-Batch Training”, 2018, "
        "arXiv:1812.06162."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.view = NoiseView()
        self.view.size_asked.connect(self._size_asked)
        self.probe = Probe(self)
        self.probe.answered.connect(self._answered)
        self.probe.failed.connect(lambda text: self.show_message(f"The noise could not be computed: {text}."))
        self._model: Any = None
        self._objective: Objective | None = None
        self._rest_until = 0.0
        session.run_changed.connect(self._again)
        self.set_body(self.view)

    @property
    def _size(self) -> int:
        return int(self.session.experiment.training.batch_size)

    def refresh(self, snapshot: Any) -> None:
        """Ask for the noise at the snapshot's θ, as often as leaves training its pace."""
        if says_lacking(self, snapshot):
            return
        if snapshot.model is not self._model:
            self._model, self._objective = snapshot.model, Objective.of(snapshot.model, precision="float64")
        running = self.session.state == "running"
        if running and (self.probe.busy or time.perf_counter() < self._rest_until):
            return
        samples = len(snapshot.model.prepared.y_train)
        sizes = tuple(sorted({min(size, samples) for size in (*SIZES, self._size, samples)}))
        mask = free(snapshot.model.experiment.network, snapshot.model.network)
        self.probe.ask(timed, self._objective, snapshot.theta, sizes, mask)

    def _again(self) -> None:
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def experiment_edited(self, before: Any, after: Any) -> None:
        """The batch's slider moves: emphasise that size at once if it is there, and ask for it if not."""
        if before.training.batch_size != after.training.batch_size:
            self.view.set_noise(self.view.noise, self._size)
            self._rest_until = 0.0
            self._say()
            self._again()

    def _size_asked(self, size: int) -> None:
        self.session.set("training.batch_size", size, "Batch size")

    def _answered(self, answer: tuple[Noise | None, float]) -> None:
        found, seconds = answer
        self._rest_until = time.perf_counter() + REST * seconds
        if found is None:
            self.show_message("Some samples’ gradients are not finite at this θ.", "warning")
            return
        self.clear_message()
        self.view.set_noise(found, self._size)
        self._say()

    def _say(self) -> None:
        found, spread = self.view.noise, self.view.emphasised
        if found is None or spread is None:
            return
        who = "all samples" if spread.size == found.samples else f"batches of {count(spread.size)}"
        parts = [f"{who}: no full gradient"]
        if math.isfinite(spread.median):
            parts = [f"{who}: {degrees(spread.median)} off", f"{percent(spread.uphill)} uphill"]
        if not math.isnan(found.scale):
            parts.append(f"noise scale {brief(found.scale)}{THIN}samples")
        parts.append(f"|gradient| {brief(found.norm)}")
        if found.samples < found.total:
            parts.append(f"on {count(found.samples)} of {count(found.total)} samples")
        self.set_status(" · ".join(parts))

    def update_theme(self) -> None:
        """The view paints itself anew."""
        self.view.update()
