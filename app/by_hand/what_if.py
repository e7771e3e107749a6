"""What was typed into a sample: a "what if" that leaves the data as they are."""

from __future__ import annotations

import numpy as np

from app.by_hand.answer import Floats
from app.by_hand.pieces import Place
from core.spec import Points


class WhatIf:
    """Numbers in the place of a sample's own; ``own`` where it is no sample at all, but an input of one's own."""

    def __init__(self) -> None:
        self.own = False
        self._raw: Floats | None = None
        self._y: float | None = None

    @property
    def typed(self) -> bool:
        """Whether a number has been typed over."""
        return self._raw is not None or self._y is not None

    def clear(self) -> None:
        """Be the sample again."""
        self.own, self._raw, self._y = False, None, None

    def sample(self, points: Points, index: int) -> tuple[Floats, float]:
        """The coordinates (D0,) and the class or value of the point at ``index``, with what was typed; -1 for none."""
        raw, y = (points.x[index], float(points.y[index])) if index >= 0 else (np.zeros(points.x.shape[1]), 0.0)
        fits = self._raw is not None and len(self._raw) == len(raw)
        return (self._raw if self._raw is not None and fits else raw), y if self._y is None else self._y

    def type(self, place: Place, value: float, points: Points, index: int, classes: int) -> None:
        """Put a number in a place; a class is held among the ``classes``, 0 for values."""
        raw, y = self.sample(points, index)
        self._y = y
        if place.kind == "raw":
            self._raw = np.array(raw, dtype=np.float64)
            self._raw[place.index] = value
        else:
            self._y = float(min(max(round(value), 0), classes - 1)) if classes else value
