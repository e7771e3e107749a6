"""What a run writes into its history: rows of metrics, and checkpoints, from what the engine measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.array import Epochs
from core.history import Best, Moment
from core.judging import Standing
from core.network import Network

Floats = npt.NDArray[np.float64]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy that nothing will change."""
    copy = np.array(array)
    copy.setflags(write=False)
    return copy


def layer_columns(network: Network, norms: Floats) -> dict[str, Floats]:
    """Columns (E,) from the norms (E, 3, L) of each layer's gradient, update and parameters."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = np.where(norms[:, 2] > 0, norms[:, 1] / norms[:, 2], np.nan)
    columns = {}
    for index, layer in enumerate(network.layers):
        columns[f"gradient/{layer.id}"] = norms[:, 0, index]
        columns[f"ratio/{layer.id}"] = ratios[:, index]
    return columns


@dataclass(frozen=True)
class Block:
    """Whole epochs that the engine ran in one call, and where they began.

    ``each`` steps an epoch, after ``step`` steps, ``since`` of them of this optimizer, and ``epoch`` epochs; ``rates``
    is one number or that of each step, ``seconds`` (E + 1,) the time trained before and after each epoch.
    """

    epochs: Epochs
    each: int
    step: int
    since: int
    epoch: int
    rates: Any
    base: float
    seconds: Floats

    def arrays(self, index: int) -> tuple[npt.NDArray[Any], tuple[npt.NDArray[Any], ...]]:
        """θ (P,) and the optimizer's arrays after the epoch ``index`` of these."""
        theta, *slots = (read_only(a) for a in (self.epochs.thetas[index], *self.epochs.slots[index]))
        return theta, tuple(slots)

    def best(self, index: int) -> Best:
        """What early stopping would go back to."""
        return Best(self.since + self.each * (index + 1), *self.arrays(index))

    def columns(self, measured: Mapping[str, Floats], network: Network, count: int, change: int) -> dict[str, Floats]:
        """Rows of metrics for the first ``count`` epochs: what was ``measured``, place, pace and layers' norms.

        ``change`` is what was edited just before them.
        """
        ends = np.arange(1.0, count + 1)
        rates = np.broadcast_to(self.rates, (self.each * max(1, self.epochs.done),))
        own = {
            "step": self.step + self.each * ends,
            "epoch": self.epoch + ends,
            "rate": rates[self.each - 1 :: self.each][:count],
            "base_rate": np.full(count, self.base),
            "seconds": self.seconds[1 : count + 1],
            "change": np.where(ends == 1.0, float(change), 0.0),
        }
        norms = layer_columns(network, np.sqrt(self.epochs.norms[:count]))
        return {name: values[:count] for name, values in measured.items()} | own | norms

    def checkpoints(self, losses: Floats, standings: list[Standing], rows: int) -> Callable[[int], Moment]:
        """The checkpoint after each epoch, with its training loss, ``rows`` having been recorded before."""

        def checkpoint(index: int) -> Moment:
            done, standing = self.each * (index + 1), standings[index]
            place = (self.step + done, self.since + done, self.epoch + index + 1, 0)
            theta, slots = self.arrays(index)
            loss = float(losses[index])
            return Moment(*place, theta, slots, rows + index + 1, loss, standing.watch, standing.best)

        return checkpoint
