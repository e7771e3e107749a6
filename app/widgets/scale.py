"""Where a value sits on a slider's track, and which values its keys and its drags choose: arithmetic without Qt."""

from __future__ import annotations

import math
from typing import Literal

ScaleName = Literal["linear", "log"]

_ZERO_SHARE = 0.05
_GRID = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""What the arrow keys choose of in each decade of a logarithmic track."""


class TrackScale:
    """Maps values from ``low`` to ``high`` to positions from 0 to 1 and back to round values.

    A logarithmic track that may also be zero (``zero``) has a short stretch for it at its start. Raises ValueError when
    the range is empty, or logarithmic and not above zero.
    """

    def __init__(
        self, low: float, high: float, scale: ScaleName = "linear", *, integer: bool = False, zero: bool = False
    ) -> None:
        if not low < high:
            raise ValueError(f"a track needs low < high, not {low} to {high}")
        if scale == "log" and low <= 0:
            raise ValueError(f"a logarithmic track starts above zero, not at {low}")
        self.low, self.high, self.integer = float(low), float(high), integer
        self.log = scale == "log"
        self.start = _ZERO_SHARE if zero and self.log else 0.0
        self.step = 1.0 if integer else _nice((self.high - self.low) / 200)

    def position(self, value: float) -> float:
        """Where ``value`` is, from 0 to 1; values beyond an end are at that end."""
        if not self.log:
            share = (value - self.low) / (self.high - self.low)
        elif value < self.low:
            return 0.0 if value <= 0 or not self.start else self.start
        else:
            share = self.start + (1 - self.start) * math.log(value / self.low) / math.log(self.high / self.low)
        return min(max(share, 0.0), 1.0) if not math.isnan(share) else 0.0

    def value(self, position: float) -> float:
        """The round value at a position from 0 to 1."""
        position = min(max(position, 0.0), 1.0)
        if not self.log:
            value = self._rounded(self.low + position * (self.high - self.low))
        elif position < self.start * 0.6:
            return 0.0
        else:
            share = max(position - self.start, 0.0) / (1 - self.start)
            value = self._rounded(self.low * (self.high / self.low) ** share)
        return min(max(value, self.low), self.high)

    def stepped(self, value: float, steps: int) -> float:
        """``value`` some arrow presses further up, or down where ``steps`` is negative, within the track."""
        for _ in range(abs(steps)):
            value = self._next(value, 1 if steps > 0 else -1)
        return value

    def paged(self, value: float, pages: int) -> float:
        """``value`` some page presses further: a tenth of a linear track, a decade of a logarithmic one."""
        if not self.log:
            return self._within(self._rounded(value + pages * max((self.high - self.low) / 10, self.step)))
        if value <= 0:
            return self.low if pages > 0 else 0.0
        if pages < 0 and value <= self.low:
            return self._below(value)
        return self._within(self._rounded(value * 10.0**pages))

    def _next(self, value: float, way: int) -> float:
        if not self.log:
            return self._within(self._rounded(value + way * self.step))
        if way < 0 and value <= self.low:
            return self._below(value)
        if value < self.low:
            return self.low
        decade = math.floor(math.log10(value))
        grid = [_clean(step * 10.0**power) for power in (decade - 1, decade, decade + 1) for step in _GRID]
        grid = [round(choice) for choice in grid] if self.integer else grid
        tiny = value * 1e-9
        further = [choice for choice in grid if (choice - value) * way > tiny]
        return self._within(min(further) if way > 0 else max(further))

    def _below(self, value: float) -> float:
        """What lies under the start of a logarithmic track: zero, where it may be."""
        return 0.0 if self.start else min(value, self.low)

    def _within(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def _rounded(self, value: float) -> float:
        if self.integer:
            return float(round(value))
        if not self.log:
            return _clean(round(value / self.step) * self.step)
        return float(f"{value:.1e}")


def _clean(value: float) -> float:
    """``value`` without the dust of binary fractions."""
    return float(f"{value:.12g}")


def _nice(step: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ that is not above ``step``."""
    power = 10.0 ** math.floor(math.log10(step))
    return _clean(power * max(n for n in (1, 2, 5) if n <= step / power * (1 + 1e-9)))
