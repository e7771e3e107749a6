"""By hand: one sample's whole computation on this network, phase by phase, every number written out."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.by_hand.answer import Answer, Question
from app.by_hand.beginning import begin_example
from app.by_hand.body import Body
from app.by_hand.phases import Focus, Phase, phases
from app.by_hand.pieces import Place
from app.by_hand.what_if import WhatIf
from app.by_hand.work import answer
from app.number_menu import number_events
from app.numbers import number
from app.panels.panel import Panel
from app.probe_thread import Probe
from app.widgets.choice import Chip, Dropdown, Segmented
from core.data.names import class_name
from core.data.pictures import pictures
from core.examples import EXAMPLES
from core.network import Network
from core.probes.update import Clock, Scope

_SCOPES: dict[str, Scope] = {"sample": "sample", "batch": "batch", "all": "all"}


class ByHandPanel(Panel):
    """The phases of one training step: forward, loss, chain rule backwards, update, with all their numbers.

    ``show_neuron`` writes out another neuron; what is typed into θ goes through the Session, what is typed into the
    sample is a "what if" of this panel alone.
    """

    key = "by_hand"
    period = 200
    title = "By hand"
    help = (
        "One sample on its way through the network, every number written out: **forward propagation** layer by "
        "layer, its loss, **backpropagation** (the chain rule, which multiplies the factors from the loss back to "
        "each weight), and the step w ← w − rate · gradient. Step with ← and →, and click a number to type another "
        "one and see everything follow.\n"
        "Source: Rumelhart, Hinton & Williams, Learning representations by back-propagating errors (1986)."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._at = 0
        self._focus = Focus()
        self.what_if = WhatIf()
        self.answer: Answer | None = None
        self.probe = Probe(self)
        self.probe.answered.connect(self._answered)
        self.probe.failed.connect(self.show_message)
        self._add_controls()
        self._body_parts()
        session.picked_changed.connect(self._sample_picked)
        session.neuron_picked.connect(self.show_neuron)
        number_events().changed.connect(self._ask)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def _add_controls(self) -> None:
        self.scope = Segmented(
            [
                ("sample", "sample", "The step that this one sample asks for."),
                ("batch", "batch", "The step that training takes next: the mean over the next batch."),
                ("all", "all", "The step of full-batch descent: the mean over all samples that train."),
            ],
            name="Whose gradient the step follows",
        )
        self.scope.chosen.connect(self._ask)
        self.numbers = Chip("numbers", "The table of all numbers in place of the formulas.")
        self.numbers.toggled.connect(lambda on: self.parts.set_numbers(on))
        rows = [("", "Examples", "Small networks with given weights, worked through in many a lecture.")]
        self.examples = Dropdown("", [*rows, *((row.name, row.title, row.help) for row in EXAMPLES.rows())], small=True)
        self.examples.box.setAccessibleName("Worked examples")
        self.examples.chosen.connect(self.load_example)
        for widget in (self.scope, self.numbers, self.examples):
            self.add_control(widget)

    def _body_parts(self) -> None:
        self.parts = Body()
        self.set_body(self.parts)
        bar, board, table = self.parts.bar, self.parts.board.picture, self.parts.table
        bar.phase_stepped.connect(self.step_phase)
        bar.sample_stepped.connect(self.step_sample)
        bar.sample_typed.connect(self._pick)
        bar.applied.connect(self.apply_update)
        bar.reset.connect(self.reset_sample)
        bar.own_toggled.connect(self.set_own)
        board.typed.connect(self.type_number)
        table.sheet_model.typed.connect(self.type_number)
        table.chosen.connect(self.set_focus)
        table.picked.connect(self._pick)
        self.parts.stepper.chosen.connect(self.go_to)
        self.parts.rearranged.connect(self._rearranged)

    def _rearranged(self) -> None:
        self.numbers.setVisible(self.parts.crowded)

    # what is shown

    @property
    def _network(self) -> Network:
        snapshot = self.session.snapshot
        network: Network = (self.session.model if snapshot is None else snapshot.model).network
        return network

    @property
    def phases(self) -> tuple[Phase, ...]:
        """All phases of a step of the present network."""
        snapshot = self.session.snapshot
        model = self.session.model if snapshot is None else snapshot.model
        return phases(model.network, model.experiment.training.optimizer.name)

    @property
    def phase(self) -> Phase:
        """The present phase."""
        found = self.phases
        return found[min(self._at, len(found) - 1)]

    @property
    def focus(self) -> Focus:
        """The neuron and the weight that are written out."""
        return self._focus

    def go_to(self, at: int) -> None:
        """Show the phase at an index, held within those there are."""
        found = self.phases
        self._at = min(max(at, 0), len(found) - 1)
        layer = found[self._at].layer
        if layer >= 0 and layer != self._focus.layer:
            self._focus = Focus(layer, self._focus.unit, self._focus.source).within(self._network)
        self._ask()

    def step_phase(self, by: int) -> None:
        """Go so many phases on, or back."""
        self.go_to(self._at + by)

    def set_focus(self, focus: Focus) -> None:
        """Write out another neuron, or another weight of it."""
        self._focus = focus.within(self._network)
        self._ask()

    def show_neuron(self, layer_id: int, unit: int) -> None:
        """Write out a neuron by its layer's id: on the way back where that is shown, else forward."""
        index = next((i for i, layer in enumerate(self._network.layers) if layer.id == layer_id), None)
        if index is None:
            return
        kind = "backward" if self.phase.kind == "backward" else "forward"
        self._focus = Focus(index, unit, 0).within(self._network)
        if self.phase.kind != "update":
            self._at = next(i for i, phase in enumerate(self.phases) if (phase.kind, phase.layer) == (kind, index))
        self._ask()

    # the sample

    @property
    def index(self) -> int:
        """The sample worked through, by its index among the data's points; -1 where there are none."""
        points = len(self._points)
        picked = self.session.picked
        return -1 if not points else 0 if picked is None else min(picked, points - 1)

    @property
    def _points(self) -> Any:
        snapshot = self.session.snapshot
        return (self.session.model if snapshot is None else snapshot.model).experiment.data.points

    def step_sample(self, by: int) -> None:
        """Go so many samples on, from the last to the first."""
        if len(self._points):
            self._pick((self.index + by) % len(self._points))

    def _pick(self, index: int) -> None:
        if index == self.session.picked:
            self.reset_sample()
        self.session.pick(index)

    def _sample_picked(self) -> None:
        self.reset_sample()

    def reset_sample(self) -> None:
        """Take back what was typed into the sample."""
        self.what_if.clear()
        self._ask()

    def set_own(self, own: bool) -> None:
        """Work through an input of one's own, which begins as the sample is; or through the sample again."""
        if not own:
            self.reset_sample()
            return
        self.what_if.own = True
        self.go_to(0)

    def type_number(self, place: Place, value: float) -> None:
        """Put a number in the place of another: of θ as an undoable step, of the sample as a what-if."""
        if place.kind == "theta":
            self._type_theta(place.index, value)
            return
        self.what_if.type(place, value, self._points, self.index, self.session.model.classes)
        self._ask()

    def _type_theta(self, index: int, value: float) -> None:
        snapshot = self.session.snapshot
        if snapshot is None or index >= len(snapshot.theta):
            return
        variances = (layer.variance for layer in snapshot.model.network.layers if layer.variance is not None)
        if value < 0 and any(block.start <= index < block.stop for block in variances):
            self.show_message(f"A variance cannot be below zero, as {number(value)} is: type 0 or more.")
            return
        self.clear_message()
        theta = np.array(snapshot.theta, dtype=np.float64)
        theta[index] = value
        self.session.place(theta, "Type a weight", merge=f"by hand {index}")

    def apply_update(self) -> None:
        """Take the step that is written out."""
        found = self.answer
        if found is not None and found.update is not None and np.isfinite(found.update.theta).all():
            self.session.place(found.update.theta, f"Step by hand, {found.scope_words}")

    def load_example(self, name: str) -> None:
        """Begin a worked example with its weights and its sample, as one undoable step."""
        self.examples.set_key("")
        if not name:
            return
        begin_example(self.session, EXAMPLES[name])
        self._at, self._focus = 0, Focus()
        self.reset_sample()

    # asking and showing

    def refresh(self, snapshot: Any) -> None:
        """Work through the sample at the moment of ``snapshot``."""
        self._ask()

    def experiment_edited(self, before: Any, after: Any) -> None:
        """Other data have other samples; another network has other phases."""
        if before.data.points is not after.data.points:
            self.what_if.clear()

    def _ask(self, *_: object) -> None:
        snapshot = self.session.snapshot
        if snapshot is None or not self.is_watched:
            return
        if not len(self._points) and not self.what_if.own:
            self.set_empty(
                "There is no sample to work through yet: draw some points, or begin with a worked example.",
                "The perceptron",
                partial(self.load_example, "perceptron"),
            )
            return
        self.clear_empty()
        self._focus = self._focus.within(snapshot.model.network)
        self._at = min(self._at, len(self.phases) - 1)
        self._show_place()
        raw, y = self.what_if.sample(self._points, self.index)
        moment = snapshot.moment
        clock = Clock(moment.epoch, moment.offset, moment.step, moment.since, moment.slots, moment.watch.plateau.scale)
        index, typed = (-1 if self.what_if.own else self.index), self.what_if.typed
        scope = _SCOPES[self.scope.key]
        self.probe.ask(
            answer,
            Question(snapshot.model, snapshot.theta, clock, raw, y, index, typed, scope, self.phase, self._focus),
        )

    def _show_place(self) -> None:
        """Show at once where one is; the numbers follow."""
        found = self.phases
        self.parts.stepper.show_phases(found, self._at)
        bar, points = self.parts.bar, self._points
        bar.show_phase(found[self._at], self._at, len(found))
        changed = not self.what_if.own and self.what_if.typed
        seen = pictures(self.session.experiment.data, self.what_if.sample(points, self.index)[0][None])
        ink = None if seen is None else seen[0]
        bar.show_sample(self.index, len(points), self._sample_words(), own=self.what_if.own, changed=changed, ink=ink)
        bar.apply.setVisible(found[self._at].kind == "update")

    def _sample_words(self) -> str:
        _, y = self.what_if.sample(self._points, self.index)
        model = self.session.model
        what = class_name(model.experiment.data, round(y)) if model.classes else f"y = {number(y)}"
        if self.what_if.own:
            return what
        train = self.session.snapshot.model.prepared.train
        used = "" if self.index >= len(train) else "training" if train[self.index] else "test"
        return f"of {len(self._points)} · {what} · {used}"

    def _answered(self, found: Answer) -> None:
        self.answer = found
        self.clear_message()
        if found.board is not None:
            self.parts.bar.show_title(found.board.title)
        self.parts.board.picture.show_answer(found)
        if found.sheet is not None:
            self.parts.table.show_sheet(found.sheet)
            self.parts.arrange()
        self.parts.bar.apply.setEnabled(found.update is not None)
        self.set_status(found.words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go through the phases, up and down through the neurons, page keys through the samples."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step_phase(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            by = 1 if key == Qt.Key.Key_Down else -1
            self.set_focus(Focus(self._focus.layer, max(0, self._focus.unit + by), self._focus.source))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.step_sample(1 if key == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)
