"""The gradients panel: how strongly each layer is pulled, how far it moves, which units are idle, how values spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QStackedLayout, QVBoxLayout, QWidget

from app.numbers import brief
from app.panels.curves import Band, Curve, CurvePlot, Quantity
from app.panels.events import RateChanges, marks
from app.panels.gradients_flags import Reading, flags_of
from app.panels.gradients_ridges import RidgeView
from app.panels.gradients_spread import Spread, words
from app.panels.gradients_strip import FlagStrip
from app.panels.gradients_units import UnitCounts
from app.panels.lacking import says_lacking
from app.panels.panel import Panel
from app.theme import theme, theme_events, tokens
from app.widgets.choice import Dropdown, Segmented
from core.activations import ACTIVATIONS
from core.probes.distributions import QUANTITIES
from core.probes.landscape import Objective

USUAL = (10**-3.5, 10**-2.5)
"""Where the ratio of update to weight usually lies when training goes well, around 10⁻³.

Source: Karpathy, CS231n, "Neural Networks Part 3: Learning and Evaluation", ratio of weights to updates.
"""


@dataclass(frozen=True)
class View:
    """One way to look at the layers: its pill, and for curves the history's column, the axis, and what it says."""

    key: str
    about: str
    says: str = ""
    quantity: Quantity = field(default_factory=Quantity)
    column: str = ""
    bands: tuple[Band, ...] = ()
    log: bool = True


VIEWS = {
    view.key: view
    for view in (
        View(
            "norms",
            "The norm of each layer's last gradient.",
            "norm of each layer’s last gradient",
            Quantity("norm of the gradient"),
            "gradient",
        ),
        View(
            "ratio",
            "How far the last step moved each layer, relative to the size of its weights.",
            "last update over weights, by norm",
            Quantity("update / weight"),
            "ratio",
            (Band(*USUAL, "around 10⁻³: rule of thumb (CS231n)", "good"),),
        ),
        View(
            "dead",
            "The share of each layer's units that are dead or saturated: flat where the points put them.",
            "share of units that are dead or saturated",
            Quantity("units dead or saturated", percent=True, bounds=(0.0, 1.0)),
            log=False,
        ),
        View(
            "histograms",
            "How weights, biases, activations or gradients are spread, moment by moment: in the same bins at all "
            "moments, with what lies beyond them in the end bins; sixteen weights or fewer are shown one by one.",
        ),
    )
}
_ALL = "all"
_ABOUT = {
    "weights": "The weights of each layer.",
    "biases": "The biases of each layer.",
    "activations": "What leaves each unit, for every training point.",
    "gradients": "The full gradient's component for each weight and bias, of all training points.",
}


class GradientsPanel(Panel):
    """Curves over the epochs, or histograms of moments, for each layer of the present network, and flags for each."""

    key = "gradients"
    period = 220
    title = "Gradients"
    help = (
        "A layer's **gradient** says how the loss would change with each of its weights: it **vanishes** where its "
        "norm is under 1/1000 of the largest layer's, and **explodes** where it is over 1000. A unit is **dead** "
        "when its activation's slope is zero for every training point, so that nothing reaches its weights, and "
        "**saturated** when the slope of an activation bounded on both sides is under 1 % of its largest for more "
        "than half of the points.\n"
        "Source: Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks "
        "(2010); Lu et al., Dying ReLU and initialization (2020); for the ratio, Stanford's CS231n notes."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot, self.ridges, self.strip = CurvePlot(), RidgeView(), FlagStrip()
        self.view = Segmented([(v.key, v.key, v.about) for v in VIEWS.values()], name="What is shown")
        self.quantity = Dropdown("", [(q, q, _ABOUT[q]) for q in QUANTITIES], name="Histograms of", small=True)
        self.layer = Dropdown("", [(_ALL, "all layers", "All layers side by side.")], name="Layer", small=True)
        for control in (self.view, self.quantity, self.layer):
            self.add_control(control)
            control.chosen.connect(self._chosen)
        self.units, self.spread = UnitCounts(self), Spread(self)
        self._changes = RateChanges()
        self._model: Any = None
        self._objective: Objective | None = None
        self.units.changed.connect(self._counted)
        self.spread.changed.connect(self._show_spread)
        for asked in (self.units, self.spread):
            asked.failed.connect(self.show_message)
        self.plot.failed.connect(self.show_message)
        self.ridges.layer_asked.connect(self._layer_asked)
        session.run_changed.connect(self._run_changed)
        theme_events().changed.connect(self._space)
        self._lay_out()
        self._choose_view()

    def _lay_out(self) -> None:
        body, pictures = QWidget(), QWidget()
        self._pictures = QStackedLayout(pictures)
        self._pictures.addWidget(self.plot)
        self._pictures.addWidget(self.ridges)
        self._column = QVBoxLayout(body)
        self._column.addWidget(self.strip)
        self._column.addWidget(pictures, 1)
        self._space()
        self.set_body(body)

    def _space(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(tokens.GAP))

    # what is chosen

    @property
    def shown(self) -> View:
        """The view chosen."""
        return VIEWS[self.view.key]

    def show_view(self, key: str) -> None:
        """Show another view, as its pill does; raises KeyError for one there is none of."""
        self.view.set_key(key)
        self._chosen()

    def _chosen(self) -> None:
        self._choose_view()
        self._again()

    def _again(self) -> None:
        if self.session.snapshot is not None and self.is_watched:
            self.refresh(self.session.snapshot)

    def _layer_asked(self, layer: int | None) -> None:
        self.layer.set_key(_ALL if layer is None else str(layer))
        self._chosen()

    def _choose_view(self) -> None:
        view = self.shown
        spread = view.key == "histograms"
        self.quantity.setVisible(spread)
        self.layer.setVisible(spread)
        QApplication.sendEvent(self.header, QEvent(QEvent.Type.LayoutRequest))  # those behind "more" tell nobody
        self._pictures.setCurrentWidget(self.ridges if spread else self.plot)
        if not spread:
            self.plot.set_log(x=False, y=view.log)
            self.plot.set_bands(view.bands)
            self.plot.set_quantities(Quantity("epoch"), view.quantity)
        self.set_status(view.says)

    def _run_changed(self) -> None:
        self.plot.set_live(self.session.state == "running")
        self._again()

    # what is shown

    def refresh(self, snapshot: Any) -> None:
        """Show ``snapshot``'s run up to its moment, a line or a picture for each layer there is now."""
        if says_lacking(self, snapshot):
            return
        self._follow(snapshot)
        running = self.session.state == "running"
        self.units.ask(snapshot, self._objective, running, whole=self.shown.key == "dead")
        self._flag(snapshot)
        if self.shown.key == "histograms":
            rows = self.ridges.moments(1 if self._only is not None else len(snapshot.model.network.layers))
            self.spread.ask(snapshot, self._objective, self.quantity.key, rows, running)
            self._show_spread()
        elif self.shown.key == "dead":
            self._draw_units(snapshot)
        elif self._untrained(snapshot):
            self.set_empty("There is no gradient before the first step.", "Train one epoch", self.session.step_epoch)
        else:
            self._draw_columns(snapshot)

    def _follow(self, snapshot: Any) -> None:
        """Keep up with the model: another objective, and other layers to choose from."""
        if snapshot.model is self._model:
            return
        self._model, self._objective = snapshot.model, Objective.of(snapshot.model, precision="float64")
        rows = [(_ALL, "all layers", "All layers side by side.")]
        rows += [(str(i), layer.label, f"Only {layer.label}.") for i, layer in enumerate(snapshot.model.network.layers)]
        if [row[:2] for row in rows] != [(key, self.layer.box.itemText(i)) for i, key in enumerate(self.layer.keys)]:
            self.layer.set_rows(rows)

    def _untrained(self, snapshot: Any) -> bool:
        """Whether no step of this run has left a gradient."""
        column, history = self.shown.column, snapshot.history
        return not any(
            np.isfinite(history.column(f"{column}/{layer.id}")).any() for layer in snapshot.model.network.layers
        )

    def _draw_columns(self, snapshot: Any) -> None:
        history, rows, column = snapshot.history, len(snapshot.history), self.shown.column
        curves = [
            Curve(f"{column}/{layer.id}", layer.label, index, history.column(f"{column}/{layer.id}")[:rows])
            for index, layer in enumerate(snapshot.model.network.layers)
        ]
        self.plot.set_marks(marks(self._changes, snapshot))
        self.plot.set_data(
            history.column("epoch")[:rows], curves, source=history, seconds=history.column("seconds")[:rows]
        )
        self.plot.set_live(self.session.state == "running")
        last = {curve.label: _last(curve.values[: snapshot.rows]) for curve in curves}
        finite = {label: value for label, value in last.items() if math.isfinite(value)}
        parts = []
        if finite:
            most, least = max(finite, key=finite.__getitem__), min(finite, key=finite.__getitem__)
            parts += [f"largest {brief(finite[most])} ({most})", f"smallest {brief(finite[least])} ({least})"]
        self.set_status(" · ".join([*parts, self.shown.says]))

    # idle units

    def _draw_units(self, snapshot: Any) -> None:
        layers = snapshot.model.network.layers
        epochs, idle = self.units.curves(len(layers))
        curves = [
            Curve(f"idle/{layer.id}", layer.label, index, idle[:, index] / layer.units)
            for index, layer in enumerate(layers)
            if not len(idle) or np.isfinite(idle[:, index]).any()
        ]
        self.plot.set_marks(marks(self._changes, snapshot))
        self.plot.set_data(epochs, curves)
        self.plot.set_live(self.session.state == "running")
        self.set_status(" · ".join(part for part in (self.units.words(snapshot), self.shown.says) if part))

    def _counted(self) -> None:
        snapshot = self.session.snapshot
        if snapshot is None or self.is_empty:
            return
        self._flag(snapshot)
        if self.shown.key == "dead":
            self._draw_units(snapshot)

    # histograms

    @property
    def _only(self) -> int | None:
        """The layer whose histograms alone are shown, None for all."""
        return None if self.layer.key == _ALL else int(self.layer.key)

    def _show_spread(self) -> None:
        found = self.spread.shown(self.quantity.key)
        if found is None or self.shown.key != "histograms" or self.is_empty:
            return
        self.ridges.set_ridgelines(found, self._model.network.layers, self._only)
        self.set_status(words(found, self._only))

    # flags

    def _flag(self, snapshot: Any) -> None:
        """Say of each layer what its newest numbers mean."""
        layers, history, rows = snapshot.model.network.layers, snapshot.history, snapshot.rows
        counted = self.units.at(snapshot.step)
        dead, saturated = (np.full(len(layers), np.nan),) * 2 if counted is None else counted
        readings = []
        for i, layer in enumerate(layers):
            row = ACTIVATIONS[layer.activation]
            norm, ratio = (_last(history.column(f"{name}/{layer.id}")[:rows]) for name in ("gradient", "ratio"))
            idle = (layer.units, float(dead[i]), float(saturated[i]))
            bounded = math.isfinite(row.low) and math.isfinite(row.high) and i + 1 < len(layers)
            readings.append(Reading(i, layer.label, norm, ratio, *idle, bounded))
        self.strip.set_flags(flags_of(readings))


def _last(values: Any) -> float:
    """The newest number there is, NaN where the last two rows have none: a row after an edit has no gradient."""
    newest = [float(value) for value in values[-2:] if math.isfinite(value)]
    return newest[-1] if newest else math.nan
