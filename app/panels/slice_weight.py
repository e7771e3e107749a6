"""The slice along one weight: its tangent, its slope in words, and dragging it along the curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.network.parameter import Parameter, locate
from app.numbers import MINUS, brief, count, number
from app.panels.curves import Curve, Mark
from app.panels.slice_modes import Mode
from app.panels.slice_plot import Ball, Picture, heights
from app.theme import tokens
from app.widgets.buttons import IconButton
from app.widgets.choice import Dropdown
from core.network import Network
from core.probes.landscape import Objective
from core.probes.slices import WeightSlice, along_weight

LISTED = 600
"""Weights in the list at most; of a larger network the others are picked in its picture."""
SPANS = (0.25, 4096.0)
_EDGE = 0.9
"""The share of the span that a value may reach before the window grows."""
_NOTCHES = 100
"""Notches of the keys from one end of the window to its middle."""
_FLAT = 1e-9


def weight_names(network: Network) -> list[tuple[str, str, str]]:
    """(key, label, help) of each number of θ that the list offers."""
    rows = []
    for index in range(min(network.parameters, LISTED)):
        found = locate(network, index)
        if found is not None and found.follows:
            continue  # it follows the batches, and is nothing that a slope could move
        name = found.name(network) if found else f"number {count(index + 1)}"
        rows.append((str(index), name[:1].upper() + name[1:], "The weight to look along; or pick one in the network."))
    return rows


def advice(slope: float) -> str:
    """What the sign of a slope means, in words."""
    if abs(slope) <= _FLAT:
        return "flat: a minimum along this weight, or a plateau"
    return f"{'raise' if slope < 0 else 'lower'} w to lower the loss"


def telling(network: Network, x: Any) -> int:
    """The first weight whose input is not the same in all samples ``x`` (N, D): others change nothing, or a bias."""
    varied = np.flatnonzero(np.ptp(x, axis=0)) if len(x) else np.empty(0, np.int_)
    return Parameter(0, 0, int(varied[0])).place(network) if len(varied) else 0


class WeightMode(Mode):
    """The loss over one number of θ, on a window that stays while the weight is dragged."""

    tip = "Drag, or press the arrow keys, to move the weight along the curve."

    def __init__(self, panel: Any) -> None:
        super().__init__(panel)
        self.index = 0
        self._wanted: int | None = None
        self.span = 2.0
        self._held: Any = None
        self._network: Network | None = None
        self.list = Dropdown("", [], small=True)
        self.list.setAccessibleName("Weight to look along")
        self.list.chosen.connect(self._chosen)
        self.wider = self._button("minus", "Wider view", 2.0)
        self.narrower = self._button("plus", "Narrower view", 0.5)
        self.controls = [self.list, self.wider, self.narrower]
        for control in self.controls:
            panel.add_control(control)

    def _button(self, name: str, tooltip: str, factor: float) -> IconButton:
        button = IconButton(name, tooltip, flat=True, size=tokens.SMALL_CONTROL)
        button.clicked.connect(lambda _: self._zoom(factor))
        return button

    def _zoom(self, factor: float) -> None:
        self.span = min(max(self.span * factor, SPANS[0]), SPANS[1])
        self.panel.again()

    def _chosen(self, key: str) -> None:
        if hasattr(self.panel.session, "pick_weight"):
            self.panel.session.pick_weight(0, int(key))
        self.pick(int(key))
        self.panel.again()

    def pick(self, index: int) -> None:
        """Look along another weight."""
        self._wanted = index
        self._look_along(index)

    def _look_along(self, index: int) -> None:
        self.index, self._held = index, None
        self.list.set_key(str(index))

    def _settle(self, network: Network, theta: Any, x: Any) -> None:
        """A list for the network there is, an index in it, and a window that holds the weight."""
        if network is not self._network:
            self._network = network
            self.list.set_rows(weight_names(network))
            picked = getattr(self.panel.session, "picked_weights", None)
            index = picked[0] if picked and picked[0] is not None else self._wanted
            self._look_along(telling(network, x) if index is None or index >= network.parameters else index)
        while abs(float(theta[self.index])) > _EDGE * self.span and self.span < SPANS[1]:
            self.span *= 2.0

    def question(self, snapshot: Any, objective: Objective) -> tuple[Any, ...]:
        """The slice along the weight chosen, at θ as it is, or as the hand has it."""
        self._settle(snapshot.model.network, snapshot.theta, objective.x)
        theta = np.array(snapshot.theta, dtype=np.float64)
        value = float(theta[self.index])
        low, high = min(-self.span, value), max(self.span, value)
        return along_weight, objective, theta, self.index, low, high

    def show(self, answer: Any) -> bool:
        """The curve, its tangent at the weight, and the sentence."""
        if not isinstance(answer, WeightSlice) or answer.index != self.index:
            return False
        self.panel.plot.show_picture(picture(answer, self.name))
        self.panel.say(sentence(answer))
        return True

    @property
    def name(self) -> str:
        """What the weight is called."""
        found = locate(self._network, self.index) if self._network is not None else None
        return found.name(self._network) if found is not None and self._network is not None else "w"

    # by hand

    def grasp(self) -> None:
        """Hold θ as it is, so that a drag moves this weight and nothing else."""
        super().grasp()
        snapshot = self.panel.session.snapshot
        self._held = None if snapshot is None or self.panel.session.state == "running" else np.array(snapshot.theta)

    def drag(self, x: float) -> None:
        """Put the weight at ``x``."""
        self._set(x, self._held)

    def nudge(self, notches: int) -> None:
        """Move the weight by a hundredth of the span each."""
        snapshot = self.panel.session.snapshot
        if snapshot is not None:
            self._set(float(snapshot.theta[self.index]) + notches * self.span / _NOTCHES, None)

    def _set(self, value: float, theta: Any) -> None:
        session, objective = self.panel.session, self.panel.objective
        if session.snapshot is None or objective is None:
            return
        now = session.snapshot.theta if theta is None or len(theta) != len(session.snapshot.theta) else theta
        placed = np.array(now, dtype=np.float64)
        placed[self.index] = value
        session.place(placed, "Drag weight", merge=f"weight/{self.index}#{self.gesture}")
        # The answer of training comes a moment later, the hand wants to see it now.
        low, high = min(-self.span, value), max(self.span, value)
        self.panel.probe.ask(along_weight, objective, placed, self.index, low, high)


def picture(cut: WeightSlice, name: str) -> Picture:
    """A slice as a picture: heights as far as the curve reaches, the tangent cut off there."""
    finite = cut.losses[np.isfinite(cut.losses)]
    low, high = heights([cut.losses], -np.inf, np.inf)
    if len(finite):  # a wall at one end must not press the valley flat
        high = min(high, max(float(np.quantile(finite, 0.9)), cut.loss) * 1.5 + 0.1 * abs(cut.loss))
    tangent = np.where((cut.tangent() >= low) & (cut.tangent() <= high), cut.tangent(), np.nan)
    curves = (Curve("loss", "loss", 0, cut.losses), Curve("tangent", "tangent", 3, tangent))
    ball = Ball(cut.value, cut.loss, "accent", held=True)
    marks = (Mark(cut.value, f"w = {brief(cut.value)}", "accent"),)
    return Picture(cut.axis, curves, "w", f"loss along the {name}", False, low, high, (ball,), marks)


def sentence(cut: WeightSlice) -> str:
    """The numbers of a slice, and what its slope says to do."""
    sign = MINUS if cut.slope < 0 else "+" if cut.slope > 0 else ""
    slope = f"slope {sign}{brief(abs(cut.slope))}"
    return f"{slope}: {advice(cut.slope)} · w {number(cut.value)} · loss {number(cut.loss)}"
