"""What is known of every number of θ at one moment: its gradient, how it moves, and one sample's way through it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.model import Model
from core.network import Network
from core.probes.backprop import Place, Slopes, Trace, slopes, trace

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Known:
    """At ``theta`` (P,) of a network: its slopes, the last step's change (P,) where known, and the sample's trace."""

    network: Network
    theta: npt.NDArray[Any]
    slopes: Slopes
    last: Floats | None
    sample: int | None
    way: Trace | None

    @property
    def change(self) -> Floats:
        """How θ moves (P,): by the last step where that is known, else by the one that would come next."""
        return self.slopes.change if self.last is None else self.last

    @property
    def tense(self) -> str:
        """Which of the two ``change`` is: "last" or "next"."""
        return "next" if self.last is None else "last"


def look(model: Model, place: Place, before: npt.NDArray[Any] | None, sample: int | None) -> Known:
    """What is known at ``place``, the step before which θ was ``before`` (P,), if that was a step ago."""
    last = None if before is None else np.asarray(place.theta, dtype=np.float64) - before
    way = None if sample is None else trace(model, place.theta, sample)
    return Known(model.network, place.theta, slopes(model, place), last, sample, way)
