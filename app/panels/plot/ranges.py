"""Ranges of axes: how far each reaches for what it shows, and how it gets there without jumping."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from app.panels.plot.ticks import nice_step

Range = tuple[float, float]

_LARGEST, _SMALLEST = 1e300, 1e-250
_SETTLED = 1e-3


def linear_range(low: float, high: float, bounds: tuple[float | None, float | None] = (None, None)) -> Range:
    """A range of round numbers around ``low`` to ``high``, from zero where zero is near; (0, 1) where there is nothing.

    ``bounds`` are the least and greatest value the quantity can have, which the range does not pass.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return (0.0, 1.0)
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    if 0 <= low < 0.4 * high:
        low = 0.0
    size = max(abs(low), abs(high))
    if high - low <= max(1e-9 * size, _SMALLEST):
        room = 0.1 * size if size > _SMALLEST else 0.5
        low, high = low - room, high + room
    step = nice_step(high - low, 5) / 2
    low, high = math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step
    least, greatest = bounds
    return (low if least is None else max(low, least), high if greatest is None else min(high, greatest))


def log_range(low: float, high: float) -> Range:
    """A range in log₁₀ around the positive values ``low`` to ``high``, ended at 1, 2 or 5 × 10ᵏ; a decade at least."""
    if not (math.isfinite(low) and math.isfinite(high)) or low <= 0:
        return (-1.0, 0.0)
    bottom, top = _round_down(math.log10(low)), -_round_down(-math.log10(high))
    if top - bottom < 0.9:
        bottom, top = math.floor(bottom + 1e-9), math.ceil(top - 1e-9)
    return (bottom, top) if top > bottom else (bottom - 1.0, top + 0.0)


def _round_down(at: float) -> float:
    """The greatest log₁₀ of 1, 2 or 5 × 10ᵏ not above ``at``; of their reciprocals too, which are the same numbers."""
    base = math.floor(at + 1e-9)
    return max(base + math.log10(m) for m in (1, 2, 5) if base + math.log10(m) <= at + 1e-9)


@dataclass
class Eased:
    """A range on its way to its goal: quick at first and slower towards the end, as ease-out is.

    Each moment it covers a share of what is left, so a goal that moves meanwhile never makes it jump or start over.
    """

    now: Range = (0.0, 1.0)
    goal: Range = field(default=(0.0, 1.0))

    @property
    def settled(self) -> bool:
        """Whether it has arrived."""
        return self.now == self.goal

    def aim(self, goal: Range, follow: float = 0.0) -> None:
        """Set out for ``goal``; be there at once if no end is further off than ``follow`` times the goal's length.

        So too if nothing of the goal is seen yet: all the way there the plot would be empty.
        """
        self.goal = goal
        reach = follow * (goal[1] - goal[0])
        near = max(abs(a - b) for a, b in zip(self.now, goal, strict=True)) <= reach
        if near or goal[0] > self.now[1] or goal[1] < self.now[0]:
            self.now = goal

    def arrive(self) -> None:
        """Be there."""
        self.now = self.goal

    def advance(self, milliseconds: float, duration: float) -> None:
        """Go on for so long on a way that takes ``duration`` milliseconds; 95 % of it are covered by then."""
        share = 1.0 if duration <= 0 else 1.0 - math.exp(-3.0 * milliseconds / duration)
        reach = _SETTLED * (self.goal[1] - self.goal[0])
        ends = [a + (b - a) * share for a, b in zip(self.now, self.goal, strict=True)]
        near = all(abs(a - b) <= reach for a, b in zip(ends, self.goal, strict=True))
        self.now = self.goal if near else (ends[0], ends[1])
