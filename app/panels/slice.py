"""The slice panel: the loss along one weight, and along the step that the optimizer is about to take."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.numbers import count
from app.panels.lacking import says_lacking
from app.panels.landscape_words import PENALISED
from app.panels.panel import Panel
from app.panels.slice_modes import Mode
from app.panels.slice_plot import SlicePlot
from app.panels.slice_step import StepMode
from app.panels.slice_weight import WeightMode
from app.probe_thread import Probe
from app.widgets.choice import Segmented
from core.probes.landscape import SAMPLES, Objective

WORK, LEAST = 500_000, 128
"""While training runs, a slice of a large network is on so many samples that samples · parameters keep to this."""


class SlicePanel(Panel):
    """Asks for the slice of the mode in front with every snapshot and every edit, and moves its ball by hand."""

    key = "slice"
    title = "Slice"
    period = 50
    help = (
        "The loss along one line through the space of all parameters θ: along a single weight, with the tangent whose "
        "slope is its **partial derivative**, or along the step that the optimizer takes next, where each rate lands "
        "at another place. A negative slope says that raising the weight lowers the loss; on the step, the "
        "**curvature** (a quadratic) predicts the best rate, and over the marked rate the step makes the loss larger.\n"
        "Source: for line searches, Nocedal & Wright, “Numerical Optimization”, 2006, chapter 3; for such slices of "
        "training, Xing, Arpit, Tsirigotis & Bengio, “A Walk with SGD”, 2018, arXiv:1802.08770."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._objective: Objective | None = None
        self._model: Any = None
        self._hurried = False
        self.plot = SlicePlot()
        self.kind = Segmented(
            [
                ("weight", "one weight", "The loss as one weight or bias changes, all others as they are."),
                ("step", "step", "The loss along the optimizer's own next step, by the rate it is taken with."),
            ],
            name="What the line goes along",
        )
        self.add_control(self.kind)
        self.modes: dict[str, Mode] = {"weight": WeightMode(self), "step": StepMode(self)}
        self.probe = Probe(self)
        self.probe.answered.connect(self._answered)
        self.probe.failed.connect(lambda text: self.show_message(f"The slice could not be computed: {text}."))
        self.kind.chosen.connect(lambda _: self._chosen())
        self.plot.failed.connect(self.show_message)
        self.plot.grasped.connect(lambda: self.mode.grasp())
        self.plot.dragged.connect(lambda x: self.mode.drag(x))
        self.plot.nudged.connect(lambda notches: self.mode.nudge(notches))
        session.run_changed.connect(self.again)
        if hasattr(session, "weights_picked"):
            session.weights_picked.connect(self._weights_picked)
        self.set_body(self.plot)
        self._show_controls()

    @property
    def mode(self) -> Mode:
        """The way of slicing in front."""
        return self.modes[self.kind.key]

    def choose(self, key: str) -> None:
        """Bring a mode to the front; raises KeyError where there is none of that name."""
        self.kind.set_key(key)
        self._chosen()

    def _chosen(self) -> None:
        self.plot.clear_picture()
        self.set_status("")
        self._show_controls()
        self.again()

    def _show_controls(self) -> None:
        for key, mode in self.modes.items():
            for control in mode.controls:
                control.setVisible(key == self.kind.key)
        self.plot.setToolTip(self.mode.tip)
        self.plot.setAccessibleDescription(self.mode.tip)
        self.header.updateGeometry()

    def _weights_picked(self, picked: Any) -> None:
        if picked is not None and picked[0] is not None:
            self.modes["weight"].pick(int(picked[0]))
        self.again()

    # what is asked

    def refresh(self, snapshot: Any) -> None:
        """Ask for the slice at the snapshot's θ."""
        if says_lacking(self, snapshot):
            return
        running = self.session.state == "running"
        if (snapshot.model, running) != (self._model, self._hurried):
            self._model, self._hurried = snapshot.model, running
            limit = min(SAMPLES, max(LEAST, WORK // snapshot.model.network.parameters)) if running else SAMPLES
            self._objective = Objective.of(snapshot.model, limit, precision="float64")
        assert self._objective is not None
        if not (running and self.probe.busy):
            self.probe.ask(*self.mode.question(snapshot, self._objective))

    def say(self, text: str) -> None:
        """The numbers of the slice, and what they are computed on where that is not everything."""
        its, parts = self._objective, [text]
        if its is not None and its.penalised:
            parts.append(PENALISED)
        if its is not None and its.samples < its.total:
            parts.append(f"on {count(its.samples)} of {count(its.total)} samples")
        self.set_status(" · ".join(parts))

    @property
    def objective(self) -> Objective | None:
        """The loss that is sliced."""
        return self._objective

    def again(self) -> None:
        """Ask anew, if anybody is looking."""
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def experiment_edited(self, before: Any, after: Any) -> None:
        """Follow a setting at once, before training has taken it up."""
        if before.training != after.training and self.session.snapshot is not None:
            self.mode.follow(self.session.snapshot)

    def update_theme(self) -> None:
        """The plot paints itself anew."""
        self.plot.update_theme()

    # what comes

    def _answered(self, answer: Any) -> None:
        if answer is not None and self.mode.show(answer):
            self.clear_message()
