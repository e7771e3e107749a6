"""The loss along the line between two points, as a curve with its barrier."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from app.numbers import brief
from app.panels.curves import Band, Curve, CurvePlot, Quantity
from app.panels.landscape_words import PENALISED
from core.probes.between import Line, between
from core.probes.directions import Floats
from core.probes.landscape import Objective

NOTHING = 1e-6
"""A rise of less than this share of the greater end's loss is rounding."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """A line, the points at its ends by name, and the objective it was computed with."""

    line: Line
    names: tuple[str, str]
    objective: Objective


def crossings(objective: Objective, ends: Floats, names: tuple[str, str]) -> Iterator[Crossing]:
    """The line between ``ends`` (2, P), coarse, then fine."""
    for line in between(objective, *ends):
        yield Crossing(line, names, objective)


class LineView(CurvePlot):
    """Loss over the way from A, at 0, to B, at 1."""

    def show_crossing(self, crossing: Crossing, log: bool) -> None:
        """Draw a line."""
        line, (a, b) = crossing.line, crossing.names
        self.set_log(x=False, y=log)
        self.set_quantities(Quantity("A to B"), Quantity("loss"))
        self.set_marks([(0.0, a, "text"), (1.0, b, "text")])
        self.set_bands(self._rise(line))
        self.set_data(line.t, [Curve("loss", "loss", "accent", line.losses)])

    def _rise(self, line: Line) -> list[Band]:
        if not rises(line):
            return []
        foot = max(line.ends)
        return [Band(foot, foot + line.rise, f"{brief(line.rise)} above the worse end", "warning")]


def rises(line: Line) -> bool:
    """Whether the loss between the ends rises above both, by more than rounding."""
    return NOTHING * max(line.ends) < line.rise < float("inf")


def words(crossing: Crossing) -> str:
    """The numbers the curve shows, in one line."""
    line, (a, b) = crossing.line, crossing.names
    if not crossing.objective.samples:
        return f"no loss without points to train on · ‖{b} − {a}‖ = {brief(line.length)}"
    ends = f"loss at {a} {brief(line.ends[0])}, at {b} {brief(line.ends[1])}"
    if line.length == 0:
        return f"{a} and {b} are the same θ · {ends}"
    if rises(line):
        over = f"barrier {brief(line.barrier)} above the ends' mean, {brief(line.rise)} above the worse end"
        barrier = f"{over}, at {brief(line.top)} of the way"
    else:
        barrier = "no barrier: nowhere above the worse end" if math.isfinite(line.rise) else "not finite between"
    with_penalty = f" · {PENALISED}" if crossing.objective.penalised else ""
    return f"{barrier} · {ends} · ‖{b} − {a}‖ = {brief(line.length)}{with_penalty}"
