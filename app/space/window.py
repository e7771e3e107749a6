"""The range of values that a box's height stands for, and how it follows them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.space.scene import Marks

EASE = 0.1
"""Seconds in which a range goes all but 1/e of its way to a new one."""
_ARRIVED = 0.004


@dataclass(frozen=True)
class Window:
    """The values at the floor and at the top of the box."""

    bottom: float
    top: float

    def heights(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The shares (…,) of the box's height that ``values`` (…,) have: 0 at its floor, 1 at its top."""
        return (np.asarray(values, dtype=np.float64) - self.bottom) / (self.top - self.bottom)

    def marks(self, marks: Marks) -> Marks:
        """Those of ``marks``, places among the values, that are in the box, as shares of its height."""
        shares = self.heights([value for value, _ in marks]).tolist() if marks else []
        return tuple((at, text) for at, (_, text) in zip(shares, marks, strict=True) if -1e-6 <= at <= 1 + 1e-6)

    def towards(self, goal: Window, seconds: float) -> Window:
        """Where this is on its way to ``goal`` after so many seconds."""
        left = math.exp(-seconds / EASE)
        eased = Window(
            goal.bottom + (self.bottom - goal.bottom) * left,
            goal.top + (self.top - goal.top) * left,
        )
        near = _ARRIVED * (goal.top - goal.bottom)
        arrived = abs(eased.bottom - goal.bottom) <= near and abs(eased.top - goal.top) <= near
        return goal if arrived else eased
