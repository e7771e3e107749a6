"""The points a plane shows, as one value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.values import SIGNED, ValueRange
from core.spec import Task

CROWD = 1200
"""With more points than this, markers are drawn smaller."""

STEPS = 3
"""In so many steps points get smaller and fainter the further they are from the plane."""


def nearness(distances: npt.NDArray[np.float64]) -> npt.NDArray[np.int_]:
    """From 0 (far off) to STEPS (on the plane), for ``distances`` (N,) in standard deviations: a bell."""
    return np.rint(STEPS * np.exp(-0.5 * np.square(distances))).astype(np.int_)


@dataclass(frozen=True)
class ShownPoints:
    """What the plane shows as points: ``x`` (N, 2), ``y`` (N,), and which of them train, are wrong, are selected.

    ``near`` (N,), 0 to STEPS, says how near to the plane those lie that lie around it; None where all lie on it.
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    task: Task
    train: npt.NDArray[np.bool_]
    wrong: npt.NDArray[np.bool_] | None
    show_test: bool
    span: ValueRange
    near: npt.NDArray[np.int_] | None = None

    def visible(self) -> npt.NDArray[np.bool_]:
        """True (N,) for points that are drawn: those that train, and those that test when shown."""
        return np.ones(len(self.y), dtype=np.bool_) if self.show_test else self.train

    def begins_with(self, other: ShownPoints) -> bool:
        """Whether these are the ``other`` points followed by more, so that only the more need drawing."""
        n = len(other.y)
        return (
            len(self.y) >= n
            and self.near is None
            and other.near is None
            and (self.task, self.show_test, self.span) == (other.task, other.show_test, other.span)
            and (n <= CROWD) == (len(self.y) <= CROWD)
            and np.array_equal(self.x[:n], other.x)
            and np.array_equal(self.y[:n], other.y)
            and np.array_equal(self.train[:n], other.train)
        )


def no_points() -> ShownPoints:
    """Nothing to show."""
    empty = np.empty(0)
    return ShownPoints(np.empty((0, 2)), empty, "classification", empty.astype(np.bool_), None, True, SIGNED)
