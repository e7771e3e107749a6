"""The slice along the optimizer's next step: where the rate lands, which one is best, and over which it gets worse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from app.numbers import MINUS, brief, number
from app.panels.curves import Curve, Mark
from app.panels.slice_modes import Mode
from app.panels.slice_plot import Ball, Picture, heights
from app.theme import tokens
from app.widgets.buttons import IconButton
from app.widgets.choice import Chip
from core.optimizers import OPTIMIZERS
from core.probes.landscape import Objective
from core.probes.slices import StepSlice, along_step, next_rate
from core.spec import Training

RATES = (1e-9, 1000.0)
"""What a rate can be set to here; the setting's own range ends there, too."""
_NOTCH = 10 ** (1 / 40)
_ABOVE, _BELOW = 1.5, 0.15
"""How much of the valley's depth is shown above the present loss, and below the lowest."""


class StepMode(Mode):
    """The loss over the rate of the next step; the line stays while the rate's slider moves, only the ball goes."""

    tip = "Drag, or press the arrow keys, to set the learning rate by where the step lands."

    def __init__(self, panel: Any) -> None:
        super().__init__(panel)
        self._shown: StepSlice | None = None
        self.batch = Chip("next batch", "Compute the step on the batch that comes next, not on all training samples.")
        self.log = Chip("log", "Space the rates by their logarithm.")
        self.log.setChecked(True)
        self.best = IconButton(
            "good", "Set the learning rate to the best one on this line", flat=True, size=tokens.SMALL_CONTROL
        )
        self.batch.toggled.connect(lambda _: panel.again())
        self.log.toggled.connect(lambda _: panel.again())
        self.best.clicked.connect(lambda _: self._take_best())
        self.controls = [self.best, self.log, self.batch]
        for control in self.controls:
            panel.add_control(control)

    def _rate(self, snapshot: Any) -> float:
        """The rate of the next step, as the settings are now."""
        training: Training = self.panel.session.experiment.training
        return next_rate(training, len(snapshot.model.prepared.y_train), snapshot.moment)

    def question(self, snapshot: Any, objective: Objective) -> tuple[Any, ...]:
        """The line of the next step from where the run stands."""
        batch, log = self.batch.isChecked(), self.log.isChecked()
        return along_step, snapshot.model, objective, snapshot.moment, self._rate(snapshot), batch, log

    def show(self, answer: Any) -> bool:
        """The curve, the quadratic, the rate's ball, and the numbers."""
        if not isinstance(answer, StepSlice):
            return False
        self._shown = answer
        optimizer = OPTIMIZERS[self.panel.session.experiment.training.optimizer.name].title
        self.best.setEnabled(math.isfinite(answer.line.best))
        if not answer.line.finite:
            self.panel.plot.clear_picture()
            self.panel.set_status("the step is not finite here")
            return True
        self.panel.plot.show_picture(picture(answer, self.log.isChecked(), optimizer))
        self.panel.say(sentence(answer))
        return True

    def follow(self, snapshot: Any) -> None:
        """The rate's slider moves: the line is the same, the ball goes at once and the stretch follows."""
        rate = self._rate(snapshot)
        if self._shown is not None and self._shown.line.finite and rate != self._shown.rate:
            inside = self._shown.axis[0] <= rate <= self._shown.axis[-1]
            if inside:
                self.show(self._shown.moved(rate))
        self.panel.again()

    # by hand

    def drag(self, x: float) -> None:
        """Make ``x`` the rate of the next step."""
        snapshot, session = self.panel.session.snapshot, self.panel.session
        if snapshot is None or not math.isfinite(x) or x <= 0:
            return
        base = session.experiment.training.learning_rate
        share = self._rate(snapshot) / base  # what the schedule makes of the rate that is set
        if share > 0:
            wanted = min(max(x / share, RATES[0]), RATES[1])
            session.set("training.learning_rate", _rounded(wanted), "Learning rate", f"step slice#{self.gesture}")

    def nudge(self, notches: int) -> None:
        """A fortieth of a decade each."""
        if self.panel.session.snapshot is not None:
            self.drag(self._rate(self.panel.session.snapshot) * _NOTCH**notches)

    def _take_best(self) -> None:
        if self._shown is not None and math.isfinite(self._shown.line.best):
            self.grasp()
            self.drag(self._shown.line.best)


def _rounded(rate: float) -> float:
    """A rate to four digits, as it is written."""
    return float(f"{rate:.4g}")


def picture(cut: StepSlice, log: bool, optimizer: str) -> Picture:
    """A step as a picture, its heights chosen so that the valley fills it.

    On a batch, whose own loss begins at another height, it shows how the losses change.
    """
    line = cut.line
    floor = 0.0 if cut.own is None else line.loss
    low, high = (end - floor for end in _reach(cut))
    predicted = line.predicted(cut.axis) - floor
    predicted = np.where((predicted >= low) & (predicted <= high), predicted, np.nan)
    names = "loss" if cut.own is None else "all samples"
    curves = [Curve("loss", names, 0, cut.losses - floor), Curve("quadratic", "quadratic", 3, predicted)]
    if cut.own is not None:
        curves.insert(1, Curve("own", "the batch", 1, np.where((cut.own >= low) & (cut.own <= high), cut.own, np.nan)))
    balls, marks = _special(cut, floor)
    title = f"loss after one step of {optimizer}"
    if cut.own is not None:
        title = f"change of the loss by one step of {optimizer} on the next batch"
    worse = line.back if math.isfinite(line.back) else (math.inf if line.slope <= 0 else cut.axis[0])
    return Picture(cut.axis, tuple(curves), "rate", title, log, low, high, balls, marks, line.loss - floor, worse)


def _special(cut: StepSlice, floor: float) -> tuple[tuple[Ball, ...], tuple[Mark, ...]]:
    """The balls and marks of the rates that matter."""
    line = cut.line
    balls = [Ball(cut.rate, cut.landing - floor, "accent", held=True)]
    marks = [Mark(cut.rate, f"rate {brief(cut.rate)}", "accent")]
    if math.isfinite(line.best):
        balls.append(Ball(line.best, line.best_loss - floor, "good"))
        marks.append(Mark(line.best, f"best {brief(line.best)}", "good"))
    if math.isfinite(line.back):
        marks.append(Mark(line.back, f"worse over {brief(line.back)}", "bad"))
    return tuple(balls), tuple(mark for mark in marks if cut.axis[0] <= mark.at <= cut.axis[-1])


def _reach(cut: StepSlice) -> tuple[float, float]:
    line = cut.line
    lowest = line.best_loss if math.isfinite(line.best_loss) else float(np.nanmin(cut.losses))
    depth = max(line.loss - lowest, 1e-6 * abs(line.loss), 1e-12)
    if math.isfinite(line.best_loss):
        return lowest - _BELOW * depth, line.loss + _ABOVE * depth
    return heights([cut.losses], -np.inf, line.loss + 4.0 * max(cut.landing - line.loss, depth))


def sentence(cut: StepSlice) -> str:
    """The numbers of a step, the most important first."""
    line = cut.line
    change = cut.landing - line.loss
    moved = f"{MINUS if change < 0 else '+'}{brief(abs(change))}" if math.isfinite(change) else "diverges"
    parts = [f"rate {brief(cut.rate)}: loss {moved}"]
    if line.slope == 0:
        return " · ".join([*parts, "the loss is flat here: no slope says where to go"])
    if not line.slope < 0:
        return " · ".join([*parts, "this step goes uphill at first: momentum, decay or another batch leads it"])
    if math.isfinite(line.best):
        parts.append(f"best {brief(line.best)}")
    parts.append(f"worse over {brief(line.back)}" if math.isfinite(line.back) else "no rate makes it worse")
    if math.isfinite(line.expected):
        parts.append(f"the quadratic’s best {brief(line.expected)}")
    return " · ".join([*parts, f"from {number(line.loss)}"])
