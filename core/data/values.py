"""How far the values that are asked for reach: what a scale of colours runs from and to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.features import on_plane
from core.spec import Data

BOTH_SIDES = 0.25
"""Values are told by their sign where those of the lesser side reach at least this share of the other's."""


@dataclass(frozen=True)
class ValueRange:
    """Values from ``low`` to ``high``; where they are ``signed`` the two lie as far from zero."""

    low: float = -1.0
    high: float = 1.0
    signed: bool = True

    @staticmethod
    def of(data: Data) -> ValueRange:
        """The range of ``data``'s values: signed on the plane that is drawn on, and where they lie around zero."""
        y = data.points.y
        low, high = (float(y.min()), float(y.max())) if len(y) else (-1.0, 1.0)
        if on_plane(data) or (low < 0.0 < high and min(-low, high) >= BOTH_SIDES * max(-low, high)) or low == high:
            limit = max(abs(low), abs(high)) or 1.0
            return ValueRange(-limit, limit)
        return ValueRange(low, high, False)

    def shares(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Where ``values`` lie, 0 at ``low`` and 1 at ``high``; not cut off."""
        return (np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low)


SIGNED = ValueRange()
"""The range of values that are painted by hand."""
