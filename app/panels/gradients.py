"""The gradients panel: how strongly each layer is pulled, and how far each step moves it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from app.numbers import number
from app.panels.curves import Band, Curve, CurvePlot, Quantity
from app.panels.events import RateChanges, marks
from app.panels.panel import Panel
from app.widgets.choice import Segmented

VANISHING = 1e-6
"""A layer's gradient vanishes when its norm is under this share of the largest: it learns a million times slower."""
NOTHING = 1e-8
"""Below this norm in every layer there is nothing to follow: a minimum, or saturated units."""
EXPLODING = 1e3
"""Above this norm a gradient explodes: no usual rate makes such a step a small one."""
USUAL = (10**-3.5, 10**-2.5)
"""Where the ratio of update to weight usually lies when training goes well, around 10⁻³.

Source: Karpathy, CS231n, "Neural Networks Part 3: Learning and Evaluation", ratio of weights to updates.
"""
TOO_FAR, TOO_LITTLE = 1e-1, 1e-6


@dataclass(frozen=True)
class Kind:
    """One way to look at the layers: the history's columns, the axis, and the sentence under the picture."""

    column: str
    quantity: Quantity
    says: str
    bands: tuple[Band, ...] = ()


KINDS = {
    "norms": Kind("gradient", Quantity("norm of the gradient"), "norm of each layer’s last gradient"),
    "ratio": Kind(
        "ratio",
        Quantity("update / weight"),
        "last update over weights, by norm",
        (Band(*USUAL, "around 10⁻³: rule of thumb (CS231n)", "good"),),
    ),
}


def verdict(kind: str, values: dict[str, float]) -> str:
    """What the newest numbers by layer say in plain words: vanishing, exploding, or neither."""
    finite = {label: value for label, value in values.items() if math.isfinite(value)}
    if not finite:
        return ""
    return _norms_verdict(finite) if kind == "norms" else _ratio_verdict(finite)


def _norms_verdict(norms: dict[str, float]) -> str:
    largest = max(norms.values())
    exploding = [label for label, value in norms.items() if value > EXPLODING]
    vanishing = [label for label, value in norms.items() if value < VANISHING * largest]
    if exploding:
        return f"exploding: {_some(exploding)} over {number(EXPLODING)}"
    if largest < NOTHING:
        return "next to nothing in every layer: a minimum, or saturated units"
    if vanishing:
        return f"vanishing: {_some(vanishing)} under 10⁻⁶ of the largest"
    return "none vanishing"


def _ratio_verdict(ratios: dict[str, float]) -> str:
    far = [label for label, value in ratios.items() if value > TOO_FAR]
    little = [label for label, value in ratios.items() if value < TOO_LITTLE]
    if far:
        return f"large steps: {_some(far)} over 10⁻¹"
    return f"hardly moving: {_some(little)} under 10⁻⁶" if little else ""


def _some(labels: list[str]) -> str:
    return ", ".join(labels) if len(labels) <= 3 else f"{labels[0]} to {labels[-1]}, {len(labels)} in all,"


class GradientsPanel(Panel):
    """One line for each layer of the present network: its gradient's norm, or the ratio of update to weight."""

    key = "gradients"
    period = 220
    title = "Gradients"
    help = (
        "A layer's gradient says how the loss would change with each of its weights; its norm is how strongly the "
        "layer is pulled. Where it shrinks from layer to layer towards the input it vanishes, and the first layers "
        "hardly learn; where it grows without end it explodes, and training diverges. Source: Glorot & Bengio, "
        "Understanding the difficulty of training deep feedforward neural networks (2010); for the ratio, Stanford's "
        "CS231n notes."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot = CurvePlot()
        self.kind = Segmented(
            [
                ("norms", "norms", "The norm of each layer's last gradient."),
                ("ratio", "ratio", "How far the last step moved each layer, relative to the size of its weights."),
            ],
            name="What the lines show",
        )
        self._changes = RateChanges()
        self.add_control(self.kind)
        self.kind.chosen.connect(self._chosen)
        self.set_body(self.plot)
        self.plot.set_log(x=False, y=True)
        self.plot.failed.connect(self.show_message)
        session.run_changed.connect(self._run_changed)
        self._name_axes()

    def _chosen(self) -> None:
        self._name_axes()
        if self.session.snapshot is not None and self.isVisible():
            self.refresh(self.session.snapshot)

    def _name_axes(self) -> None:
        kind = KINDS[self.kind.key]
        self.plot.set_bands(kind.bands)
        self.plot.set_quantities(Quantity("epoch"), kind.quantity)
        if not self.status:
            self.set_status(kind.says)

    def _run_changed(self) -> None:
        self.plot.set_live(self.session.state == "running")

    def refresh(self, snapshot: Any) -> None:
        """Show the history of ``snapshot``'s run, a line for each layer there is now."""
        history, rows = snapshot.history, len(snapshot.history)
        kind = KINDS[self.kind.key]
        curves = [
            Curve(f"{kind.column}/{layer.id}", layer.label, index, history.column(f"{kind.column}/{layer.id}")[:rows])
            for index, layer in enumerate(snapshot.model.network.layers)
        ]
        self.plot.set_marks(marks(self._changes, snapshot))
        self.plot.set_data(
            history.column("epoch")[:rows], curves, source=history, seconds=history.column("seconds")[:rows]
        )
        self._run_changed()
        self.set_status(self._numbers(curves, snapshot.rows))

    def _numbers(self, curves: list[Curve], rows: int) -> str:
        """What the curves have come to at the moment shown, after ``rows`` rows."""
        kind = KINDS[self.kind.key]
        last = {curve.label: float(curve.values[:rows][-1]) for curve in curves if len(curve.values[:rows])}
        finite = {label: value for label, value in last.items() if math.isfinite(value)}
        parts = []
        if finite:
            most, least = max(finite, key=finite.__getitem__), min(finite, key=finite.__getitem__)
            parts.append(verdict(self.kind.key, last))
            parts += [f"largest {number(finite[most], 3)} ({most})", f"smallest {number(finite[least], 3)} ({least})"]
        return " · ".join(part for part in [*parts, kind.says] if part)
