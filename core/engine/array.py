"""The array engine: NumPy or CuPy; the readable reference, and the GPU's. What it computes is in ``equations``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend
from core.engine import lbfgs
from core.engine.equations import Equations
from core.engine.sums import sums_of
from core.layers import MOMENTUM
from core.network import Network
from core.optimizers import OPTIMIZERS
from core.random import Masks

CHUNK = 1 << 16
"""Numbers an intermediate array may hold: larger stacks go through in parts that stay in the cache."""

SAMPLES = 4096
"""Samples that go through together, for the same reason."""


@dataclass(frozen=True)
class Hyper:
    """What steers the steps: ``rate`` is one number, (R, 1), on the host (steps,), or (R, steps).

    l1, l2 and ``decay`` act on weights, not on biases; ``free`` (P,) is 1 for what may move and 0 for what is frozen,
    None where all may. A clip of 0 is none.
    """

    rate: Any
    batch_size: int
    optimizer: str
    settings: dict[str, float]
    l1: float = 0.0
    l2: float = 0.0
    seed: int = 0
    decay: float = 0.0
    clip_norm: float = 0.0
    clip_value: float = 0.0
    free: Any = None

    def rate_of(self, number: int) -> Any:
        """The rate of the step ``number`` of those to come: one number or (R, 1)."""
        if np.ndim(self.rate) == 1:
            return float(self.rate[number])
        return self.rate if np.ndim(self.rate) == 0 or self.rate.shape[1] == 1 else self.rate[:, number : number + 1]


@dataclass(frozen=True)
class State:
    """Where training is: ``thetas`` (R, P), the optimizer's ``slots`` (each (R, P)), and the steps taken.

    ``since`` counts the steps since the optimizer began. ``good`` is the θ before the last step: the newest whose loss
    is known to be finite.
    """

    thetas: Any
    slots: tuple[Any, ...]
    step: int = 0
    since: int = 0
    good: Any = None


@dataclass(frozen=True)
class Trained:
    """What ``train`` came to: the last batch's loss (R,), gradient and update (R, P), and where a run broke off.

    ``failed`` (R,) holds the step at which the loss was first not finite, or -1; such a run keeps its last good θ.
    """

    state: State
    loss: Any
    gradient: Any
    update: Any
    failed: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Epochs:
    """What ``run_epochs`` came to: how many were ``done``, what the last step left, and of each epoch, in order:

    ``sums`` (E, 4) of losses and scores, the squared ``norms`` (E, 3, L) of each layer's gradient, update and
    parameters, ``thetas`` (E, P) and ``slots`` (E, S, P).
    """

    done: int
    trained: Trained
    sums: npt.NDArray[np.float64]
    norms: npt.NDArray[np.float64]
    thetas: npt.NDArray[Any]
    slots: npt.NDArray[Any]


class ArrayEngine(Equations):
    """Forward, loss, gradient and training of a stack of networks of one architecture."""

    name = "array"
    releases_lock = False
    """Whether a slice of training lets other Python threads run."""
    most_epochs = 0
    """Whole epochs it can run, measure and record in one call."""

    def __init__(self, network: Network, backend: Backend = CPU, dtype: Any = np.float32) -> None:
        super().__init__(network, backend, dtype)
        self.updates = {row.name: row.formula(self.f) for row in OPTIMIZERS.rows() if row.formula}
        layers = network.layers
        self.masks = Masks(backend, [layer.units for layer in layers], [layer.dropout for layer in layers], self.dtype)

    # arrays in and out

    def columns(self, rows: Any) -> Any:
        """Samples (B, n) as the engine keeps them, (n, B), on the device."""
        return self.array(np.asarray(rows).T)

    def zero_state(self, thetas: Any, optimizer: str, step: int = 0) -> State:
        """A state at ``thetas`` (R, P) with an optimizer that remembers nothing yet."""
        thetas = self.array(thetas)
        return State(thetas, tuple(self.xp.zeros_like(thetas) for _ in OPTIMIZERS[optimizer].slots), step)

    # the public operations, on samples (B, D) and targets (B, K), host arrays in and out

    def forward(self, thetas: Any, x: Any) -> npt.NDArray[Any]:
        """Outputs (R, B, K) of the stack ``thetas`` (R, P) at ``x`` (B, D)."""
        thetas, a = self.array(thetas), self.columns(x)
        batch = a.shape[-1]
        outputs = np.empty((thetas.shape[0], self.network.output.units, batch), self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            most = max(SAMPLES, self.backend.chunk // max(self.network.shape))
            for start in range(0, batch, most):
                some = a[:, start : min(start + most, batch)]
                run = 0
                for part in self._parts(thetas, some.shape[-1]):
                    out = self.backend.to_host(self._forward(part, some)[-1].a)
                    outputs[run : run + len(out), :, start : start + most] = out
                    run += len(out)
        return outputs.transpose(0, 2, 1)

    def activations(self, thetas: Any, x: Any) -> list[npt.NDArray[Any]]:
        """What leaves every layer (R, units, B), shortcuts added, hidden layers first, the output last."""
        with np.errstate(over="ignore", invalid="ignore"):
            passes = self._forward(self.array(thetas), self.columns(x))
        return [self.backend.to_host(passed.a) for passed in passes]

    def losses(self, thetas: Any, x: Any, t: Any) -> npt.NDArray[Any]:
        """Each sample's loss (R, B), without penalties."""
        return self.evaluate(thetas, x, t)[0]

    def evaluate(self, thetas: Any, x: Any, t: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Each sample's loss (R, B) and outputs (R, B, K), from one forward pass."""
        losses, outputs = self.measure(self.array(thetas), self.columns(x), self.columns(t))
        return self.backend.to_host(losses), self.backend.to_host(outputs).transpose(0, 2, 1)

    def loss(self, thetas: Any, x: Any, t: Any, l1: float = 0.0, l2: float = 0.0) -> npt.NDArray[Any]:
        """What training minimises (R,): the mean loss over the batch, plus the penalties on the weights."""
        thetas, a, targets = self.array(thetas), self.columns(x), self.columns(t)
        parts = []
        with np.errstate(over="ignore", invalid="ignore"):
            for part in self._parts(thetas, a.shape[-1]):
                losses, _ = self.measure(part, a, targets)
                parts.append(self._mean(losses) + self._penalty(part, l1, l2))
        return self.backend.to_host(self.xp.concat(parts))

    def gradient(
        self, thetas: Any, x: Any, t: Any, l1: float = 0.0, l2: float = 0.0, batch_statistics: bool = False
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """The objective (R,) and its gradient (R, P) by backpropagation.

        With ``batch_statistics`` both are a training step's without dropout: batch norm by the batch's own statistics.
        Without, running ones count as constants, as ``loss`` has it. Either way their own gradient is 0.
        """
        thetas, a, targets = self.array(thetas), self.columns(x), self.columns(t)
        masks = [None] * len(self.network.layers)
        with np.errstate(over="ignore", invalid="ignore"):
            loss, gradient, _ = self._gradient(thetas, a, targets, masks, l1, l2, batch_statistics)
        return self.backend.to_host(loss), self.backend.to_host(gradient)

    def train(self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper) -> Trained:
        """Up to ``steps`` steps over the samples in ``order``, in batches; ``x`` (D, N) and ``t`` (K, N) on the device.

        The batches end with ``order``, the last one as short as it falls out. Runs that diverge stop at their last θ
        with a finite loss; the others go on. An optimizer of the whole set makes one step, on all samples.
        """
        if OPTIMIZERS[hyper.optimizer].whole:
            return lbfgs.step(self, state, x, t, hyper)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            trained, total = self._run(state, x, t, order, steps, hyper)
            fine = self.xp.isfinite(total) & self.xp.all(self.xp.isfinite(trained.state.thetas), axis=1)
            if bool(self.xp.all(fine)):
                return trained
            return self._run_guarded(state, x, t, order, steps, hyper)

    def run_epochs(self, *arguments: Any) -> Epochs:
        """Whole epochs in one call; raises TypeError, as this engine runs one slice of an epoch at a time."""
        raise TypeError("the array engine has no run_epochs: its most_epochs is 0")

    def survey(
        self, thetas: Any, x: Any, t: Any, y: npt.NDArray[np.float64], trained: int, middle: float
    ) -> npt.NDArray[np.float64]:
        """Four sums over all samples, of which the first ``trained`` train: losses, then hits or squared errors."""
        losses, outputs = (self.backend.to_host(array)[0] for array in self.measure(thetas, x, t))
        return sums_of(losses, outputs.T, y, trained, middle)

    def squared_norms(self, trained: Trained) -> npt.NDArray[np.float64]:
        """Squared norms (3, L) of each layer's gradient, update and parameters in the first run.

        Running statistics are left out: they are not what the optimizer moves.
        """
        arrays = (trained.gradient, trained.update, trained.state.thetas)
        squares = [np.square(self.backend.to_host(array)[0], dtype=np.float64) for array in arrays]
        ends = [(layer.weight.start, layer.trained) for layer in self.network.layers]
        return np.array([[part[begin:end].sum() for begin, end in ends] for part in squares])

    # below, everything stays on the device

    def _parts(self, thetas: Any, batch: int) -> Iterator[Any]:
        widest = max(self.network.shape)
        size = max(1, (self.backend.chunk or CHUNK) // max(1, widest * batch))
        for start in range(0, thetas.shape[0], size):
            yield thetas[start : min(start + size, thetas.shape[0]), :]

    def _steps(
        self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper
    ) -> Iterator[tuple[State, Any, Any, Any]]:
        """The bare recurrence: yields (state after, loss before, gradient, update) for each step."""
        row, update = OPTIMIZERS[hyper.optimizer], self.updates[hyper.optimizer]
        runs, total = state.thetas.shape[0], order.shape[0]
        starts = range(0, min(total, steps * hyper.batch_size), hyper.batch_size)
        drawn = self.masks.draw(
            hyper.seed, runs, state.step, [min(hyper.batch_size, total - start) for start in starts]
        )
        for number, (start, masks) in enumerate(zip(starts, drawn, strict=True)):
            batch = order[start : min(start + hyper.batch_size, total)]
            xb, tb = self.xp.take(x, batch, axis=1), self.xp.take(t, batch, axis=1)
            loss, gradient, found = self._gradient(state.thetas, xb, tb, masks, hyper.l1, hyper.l2, True)
            gradient, rate = self._tamed(gradient, hyper), hyper.rate_of(number)
            coefficients = row.coefficients(rate, state.since + 1, hyper.settings)
            delta, slots = update(state.thetas, gradient, state.slots, coefficients)
            if hyper.decay:
                delta = delta + rate * hyper.decay * self.penalised * state.thetas
            for block, statistic in found:
                delta[:, block.start : block.stop] = MOMENTUM * (block.of(state.thetas) - statistic)
            if hyper.free is not None:
                delta = delta * hyper.free
            state = State(state.thetas - delta, slots, state.step + 1, state.since + 1, state.thetas)
            yield state, loss, gradient, delta

    def _tamed(self, gradient: Any, hyper: Hyper) -> Any:
        """The gradient (R, P) as the optimizer gets it: without what is frozen, clipped by value, then by norm.

        g ← g · min(1, limit / ‖g‖) over all of θ (Pascanu, Mikolov & Bengio 2013, algorithm 1).
        """
        xp = self.xp
        if hyper.free is not None:
            gradient = gradient * hyper.free
        if hyper.clip_value:
            gradient = xp.clip(gradient, -hyper.clip_value, hyper.clip_value)
        if hyper.clip_norm:
            wide = xp.astype(gradient, xp.float64)  # squares of float32 may not fit into float32
            norm = xp.sqrt(xp.sum(wide * wide, axis=1, keepdims=True))
            shorter = xp.where(norm > hyper.clip_norm, hyper.clip_norm / norm, xp.ones_like(norm))
            gradient = gradient * xp.astype(shorter, gradient.dtype)
        return gradient

    def _run(self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper) -> tuple[Trained, Any]:
        """All steps without a look at the losses; their sum (R,) tells afterwards whether one was not finite."""
        total: Any = 0.0
        last: tuple[State, Any, Any, Any] = (state, None, None, None)
        for last in self._steps(state, x, t, order, steps, hyper):
            total = total + last[1]
        return Trained(*last, np.full(state.thetas.shape[0], -1)), total

    def _run_guarded(self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper) -> Trained:
        """The same steps again, each checked: finds each run's first bad one, and keeps the θ before it.

        What is found stays on the device until the end. A run that failed keeps what its last step left.
        """
        xp, runs, first = self.xp, state.thetas.shape[0], state.step
        failed, good = xp.full((runs,), -1, dtype=xp.int64), (state.thetas if state.good is None else state.good)
        before, kept = state, (None, None, None, state.slots)
        for after, loss, gradient, delta in self._steps(state, x, t, order, steps, hyper):
            going, found = failed < 0, (loss, gradient, delta, after.slots)
            failed = xp.where(going & ~xp.isfinite(loss), before.step, failed)
            good = xp.where((failed < 0)[:, None], before.thetas, good)
            kept = found if before is state else self._where(going, found, kept)
            before = after
        finite = xp.all(xp.isfinite(before.thetas), axis=1)
        failed = xp.where((failed < 0) & ~finite, before.step, failed)
        thetas = xp.where((failed < 0)[:, None], before.thetas, good)
        told = self.backend.to_host(failed)
        taken = before.step - first
        if (told >= 0).all():
            taken = min(taken, int(told.max()) - first + 1)
        loss, gradient, delta, slots = kept
        return Trained(State(thetas, slots, first + taken, state.since + taken, good), loss, gradient, delta, told)

    def _where(self, going: Any, new: tuple[Any, ...], old: tuple[Any, ...]) -> tuple[Any, ...]:
        """``new`` for the runs that are ``going`` (R,), ``old`` for the others, of arrays (R,), (R, P) and tuples."""
        return tuple(
            self._where(going, a, b)
            if isinstance(a, tuple)
            else self.xp.where(going if a.ndim == 1 else going[:, None], a, b)
            for a, b in zip(new, old, strict=True)
        )
