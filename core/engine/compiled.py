"""The compiled engine: the same operations as the array engine's, by Numba's fused loops, without Python's lock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend
from core.engine.array import ArrayEngine, Hyper, State, Trained
from core.engine.chains import ACTIVATION_CODES, LOSS_CODES, MOST_COEFFICIENTS, OPTIMIZER_CODES
from core.engine.kernels import LOG_PROBABILITIES, LOGITS, OUTPUTS, evaluate, train
from core.network import Network
from core.optimizers import OPTIMIZERS

LANES = 8
"""Batches are rounded up to a multiple of this, the float32 numbers of one vector register."""
BLOCK = 64
"""Samples that go through a stack together."""

_READS = {"outputs": OUTPUTS, "logits": LOGITS, "log-probabilities": LOG_PROBABILITIES}


class CompiledEngine(ArrayEngine):
    """Forward, loss and training of a stack, on the CPU; all else is the array engine's."""

    name = "compiled"
    releases_lock = True

    def __init__(self, network: Network, backend: Backend = CPU, dtype: Any = np.float32) -> None:
        super().__init__(network, backend, dtype)
        layers = network.layers
        self._plan = np.array(
            [
                (
                    layer.units,
                    layer.fan_in,
                    layer.weight.start,
                    layer.bias.start if layer.bias else -1,
                    ACTIVATION_CODES[layer.activation],
                )
                for layer in layers
            ],
            np.int64,
        )
        self._rates = np.array([layer.dropout for layer in layers], np.float32)
        self._scales = (np.float32(1.0) / np.float32(1.0 - self._rates.astype(np.float64))).astype(self.dtype)
        self._codes = np.array([LOSS_CODES[self.loss_row.name], _READS[self.loss_row.reads], 0], np.int64)
        self._rows = np.concatenate([[0], np.cumsum(network.shape)[:-1]])

    def _at(self, lanes: int) -> npt.NDArray[np.int64]:
        """Where each layer's rows begin in a buffer of so many lanes."""
        return self._rows * lanes

    def train(self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper) -> Trained:
        """As the array engine's."""
        batch = min(hyper.batch_size, len(order))
        steps = min(steps, -(-len(order) // batch))
        runs, parameters = state.thetas.shape
        row = OPTIMIZERS[hyper.optimizer]
        self._codes[2] = OPTIMIZER_CODES[hyper.optimizer]
        thetas = state.thetas.copy()
        good = state.thetas.copy() if state.good is None else state.good.copy()
        slots = np.array(state.slots, self.dtype).reshape(len(state.slots), runs, parameters)
        losses, failed = np.empty(runs, self.dtype), np.full(runs, -1)
        gradients, updates = np.zeros_like(thetas), np.zeros_like(thetas)
        lanes = -(-batch // LANES) * LANES
        train(
            self._plan,
            self._at(lanes),
            self._rates,
            self._scales,
            self._codes,
            self.dtype.type(self.share),
            thetas,
            good,
            slots,
            _plain(x),
            _plain(t),
            _plain(order),
            batch,
            steps,
            self._coefficients(row, hyper, state.since, steps, runs),
            self.penalised,
            np.array([hyper.l1, hyper.l2], self.dtype),
            np.uint64(hyper.seed),
            state.step,
            lanes,
            losses,
            gradients,
            updates,
            failed,
            0,
            runs,
        )
        taken = steps if (failed < 0).any() else min(steps, int(failed.max()) - state.step + 1)
        after = replace(
            state, thetas=thetas, slots=tuple(slots), step=state.step + taken, since=state.since + taken, good=good
        )
        return Trained(after, losses, gradients, updates, failed)

    def _coefficients(self, row: Any, hyper: Hyper, since: int, steps: int, runs: int) -> npt.NDArray[Any]:
        """The optimizer's numbers (R, steps, C) for the steps to come."""
        t = np.arange(since + 1, since + steps + 1, dtype=np.float64)
        values = row.coefficients(hyper.rate, t, hyper.settings)
        table = np.zeros((runs, steps, MOST_COEFFICIENTS), self.dtype)
        for index, value in enumerate(values):
            table[:, :, index] = value
        return table

    def measure(self, thetas: Any, a: Any, targets: Any) -> tuple[Any, Any]:
        """Each sample's loss (R, B) and outputs (R, K, B) for ``a`` (D, B) and ``targets`` (K, B)."""
        runs, samples = thetas.shape[0], a.shape[-1]
        losses = np.empty((runs, samples), self.dtype)
        outputs = np.empty((runs, self.network.output.units, samples), self.dtype)
        self._evaluate(thetas, a, targets, losses, outputs)
        return losses, outputs

    def forward(self, thetas: Any, x: Any) -> npt.NDArray[Any]:
        """Outputs (R, B, K) of the stack ``thetas`` (R, P) at ``x`` (B, D)."""
        thetas, a = self.array(thetas), self.columns(x)
        outputs = np.empty((thetas.shape[0], self.network.output.units, a.shape[-1]), self.dtype)
        self._evaluate(thetas, a, np.empty((0, 0), self.dtype), np.empty((0, 0), self.dtype), outputs)
        return outputs.transpose(0, 2, 1)

    def loss(self, thetas: Any, x: Any, t: Any, l1: float = 0.0, l2: float = 0.0) -> npt.NDArray[Any]:
        """What training minimises (R,): the mean loss over the batch, plus the penalties on the weights."""
        thetas, a, targets = self.array(thetas), self.columns(x), self.columns(t)
        losses = np.empty((thetas.shape[0], a.shape[-1]), self.dtype)
        self._evaluate(thetas, a, targets, losses, np.empty((0, 0, 0), self.dtype))
        with np.errstate(over="ignore", invalid="ignore"):
            result: npt.NDArray[Any] = losses.mean(axis=1) + self._penalty(thetas, l1, l2)
        return result

    def _evaluate(self, thetas: Any, a: Any, targets: Any, losses: Any, outputs: Any) -> None:
        thetas, a, targets = (_plain(array) for array in (thetas, a, targets))
        evaluate(
            self._plan,
            self._at(BLOCK),
            self._codes,
            self.dtype.type(self.share),
            thetas,
            a,
            targets,
            BLOCK,
            losses,
            outputs,
            0,
            thetas.shape[0],
        )


def _plain(array: Any) -> Any:
    """The array as the loops were compiled for: contiguous and writable (to Numba a read-only one is another type)."""
    array = np.ascontiguousarray(array)
    return array if array.flags.writeable else array.copy()
