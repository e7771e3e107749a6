"""The fused engine: the array engine on a GPU, with stacks of plain networks done by one kernel, a block a network.

What it computes is generated from the tables (``fused_source``); few runs, other layers, L-BFGS, and all where the
kernel cannot be compiled, go the array engine's way.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend, Launch
from core.engine.array import ArrayEngine, Hyper, State, Trained
from core.engine.fused_source import Room, numbers, source
from core.network import Network
from core.optimizers import OPTIMIZERS

FEW = 16
"""Runs from which on a block for each of them pays."""
LARGE = 20_000
"""Parameters beyond which matrix products, which the library does better, are what a step consists of."""
WIDE = 64
"""Units up to which a thread keeps a whole layer of one sample to itself."""
THREADS = (32, 256)
"""The fewest and the most threads of a block."""
WORK = 1 << 26
"""Numbers of working space outside shared memory, for batches that do not fit into it."""
NOTHING = np.uint64(0)
"""A pointer to nothing."""

log = logging.getLogger(__name__)


class FusedEngine(ArrayEngine):
    """Training, losses and outputs of large stacks by fused kernels; all else is the array engine's."""

    name = "fused"

    def __init__(self, network: Network, backend: Backend = CPU, dtype: Any = np.float32) -> None:
        super().__init__(network, backend, dtype)
        self._launches: dict[tuple[str, bool, bool], Launch | None] = {}

    # training

    def train(self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper) -> Trained:
        """As the array engine's; what a run that failed leaves of its last update are zeros."""
        runs, row = state.thetas.shape[0], OPTIMIZERS[hyper.optimizer]
        batch = min(hyper.batch_size, order.shape[0])
        if runs < FEW or self.network.parameters > LARGE or row.whole or batch < 1:
            return super().train(state, x, t, order, steps, hyper)
        steps = min(steps, -(-order.shape[0] // batch))
        split = _factors(hyper, state.since, steps)
        threads = _threads(max(self.network.parameters, max(self.network.shape) * batch))
        shared, near = self._placed(hyper.optimizer, batch | 1, threads)
        launch = self._launch(hyper.optimizer, *near)
        if split is None or launch is None or steps < 1:
            return super().train(state, x, t, order, steps, hyper)
        return self._train(launch, state, (x, t, order, steps, batch), hyper, split, (threads, shared, near[1]))

    def _train(
        self,
        launch: Launch,
        state: State,
        samples: tuple[Any, Any, Any, int, int],
        hyper: Hyper,
        split: tuple[npt.NDArray[np.float64], int],
        block: tuple[int, int, bool],
    ) -> Trained:
        xp, (x, t, order, steps, batch), (threads, shared, batch_near) = self.xp, samples, block
        runs, real = state.thetas.shape[0], self.dtype.type
        thetas = state.thetas.copy()
        goods = thetas.copy() if state.good is None else state.good.copy()
        slots = xp.stack(state.slots) if state.slots else xp.empty((0, *thetas.shape), dtype=thetas.dtype)
        gradients, updates = xp.zeros_like(thetas), xp.zeros_like(thetas)
        losses, failed = xp.zeros(runs, dtype=thetas.dtype), xp.full((runs,), -1, dtype=xp.int64)
        rates, by_run, by_step = self._rates(hyper)
        each = Room.of(self.network, hyper.optimizer).rows * (batch | 1)
        most = runs if batch_near else max(1, min(runs, WORK // each))
        work = xp.empty(1 if batch_near else most * each, dtype=thetas.dtype)
        factors, linear = self.backend.to_device(split[0]), split[1]
        samples_in = xp.ascontiguousarray(x), xp.ascontiguousarray(t), xp.asarray(order, dtype=xp.int64)
        free = self.penalised if hyper.free is None else hyper.free
        arrays = (thetas, goods, slots, gradients, updates, losses, failed, *samples_in, factors, rates)
        held, clip_value = np.int32(hyper.free is not None), real(hyper.clip_value)
        tail = (np.int64(runs), np.int64(state.step), np.uint64(hyper.seed), real(hyper.l1), real(hyper.l2))
        tail = (*tail, np.float64(hyper.decay), clip_value, np.float64(hyper.clip_norm), held, np.int32(linear))  # type: ignore[assignment]
        sizes = tuple(np.int32(size) for size in (x.shape[1], order.shape[0], batch, batch | 1, steps))
        for first in range(0, runs, most):
            places = (np.int64(by_run), np.int64(by_step), np.int64(first))
            given = (*arrays, self.penalised, free, work, *places, *tail, *sizes)
            launch("train", min(most, runs - first), threads, shared, given)
        told = self.backend.to_host(failed)
        taken = steps if (told < 0).any() else min(steps, int(told.max()) - state.step + 1)
        step, since = state.step + taken, state.since + taken
        after = replace(state, thetas=thetas, slots=tuple(slots), step=step, since=since, good=goods)
        return Trained(after, losses, gradients, updates, told)

    def _rates(self, hyper: Hyper) -> tuple[Any, int, int]:
        """The rates (1,), (steps,), (R, 1) or (R, steps) on the device, and how far apart runs' and steps' are."""
        rate: Any = np.asarray(hyper.rate, np.float64).reshape(-1) if np.ndim(hyper.rate) < 2 else hyper.rate
        if isinstance(rate, np.ndarray):
            rate = self.backend.to_device(np.ascontiguousarray(rate, dtype=np.float64))
        rate = self.xp.ascontiguousarray(self.xp.astype(rate, self.xp.float64))
        by_run = rate.shape[1] if rate.ndim == 2 and rate.shape[0] > 1 else 0
        return rate, by_run, int(rate.shape[-1] > 1)

    def _placed(self, optimizer: str, lanes: int, threads: int) -> tuple[int, tuple[bool, bool]]:
        """Bytes of shared memory, and whether parameters, and the batch, are in it."""
        room, each = Room.of(self.network, optimizer), self.dtype.itemsize
        least = 8 * threads + each * (numbers(optimizer) + 1)
        for near in ((True, True), (True, False), (False, True)):
            wanted = least + each * (near[0] * room.parameters + near[1] * room.rows * lanes)
            if wanted <= self.backend.shared_memory:
                return wanted, near
        return least, (False, False)

    # looking

    def measure(self, thetas: Any, a: Any, targets: Any) -> tuple[Any, Any]:
        """As the array engine's."""
        if launch := self._looking(thetas):
            runs, samples = thetas.shape[0], a.shape[-1]
            each = self.xp.empty((runs, samples), dtype=thetas.dtype)
            outputs = self.xp.empty((runs, self.network.output.units, samples), dtype=thetas.dtype)
            self._look(launch, thetas, a, targets, NOTHING, each, outputs)
            return each, outputs
        return super().measure(thetas, a, targets)

    def loss(self, thetas: Any, x: Any, t: Any, l1: float = 0.0, l2: float = 0.0) -> npt.NDArray[Any]:
        """As the array engine's."""
        on_device = self.array(thetas)
        if launch := self._looking(on_device):
            means = self.xp.empty(on_device.shape[0], dtype=on_device.dtype)
            columns = self.columns(x), self.columns(t)
            self._look(launch, on_device, *columns, means, NOTHING, NOTHING, l1, l2)
            return self.backend.to_host(means)
        return super().loss(on_device, x, t, l1, l2)

    def forward(self, thetas: Any, x: Any) -> npt.NDArray[Any]:
        """As the array engine's."""
        on_device = self.array(thetas)
        if launch := self._looking(on_device):
            a = self.columns(x)
            outputs = self.xp.empty((len(on_device), self.network.output.units, a.shape[-1]), dtype=on_device.dtype)
            self._look(launch, on_device, a, NOTHING, NOTHING, NOTHING, outputs)
            return self.backend.to_host(outputs).transpose(0, 2, 1)
        return super().forward(on_device, x)

    def _looking(self, thetas: Any) -> Launch | None:
        """The kernels for a look at the stack; None where the array engine's way is to be gone."""
        if thetas.shape[0] < FEW or max(self.network.shape) > WIDE:
            return None
        return self._launch("sgd", self._near_theta()[1], True)

    def _near_theta(self) -> tuple[int, bool]:
        wanted = 8 * THREADS[1] + self.dtype.itemsize * self.network.parameters
        return (wanted, True) if wanted <= self.backend.shared_memory else (8 * THREADS[1], False)

    def _look(
        self, launch: Launch, thetas: Any, a: Any, targets: Any, means: Any, each: Any, outputs: Any, *penalties: float
    ) -> None:
        l1, l2 = (self.dtype.type(value) for value in penalties or (0.0, 0.0))
        ascontiguous = self.xp.ascontiguousarray
        targets = targets if targets is NOTHING else ascontiguous(targets)
        arrays = (ascontiguous(thetas), ascontiguous(a), targets, self.penalised, means, each, outputs)
        given = (*arrays, l1, l2, np.int32(a.shape[-1]))
        launch("evaluate", thetas.shape[0], _threads(a.shape[-1]), self._near_theta()[0], given)

    # compiling

    def _launch(self, optimizer: str, parameters_shared: bool, batch_shared: bool) -> Launch | None:
        """The compiled kernels, or None where there are none."""
        key = (optimizer, parameters_shared, batch_shared)
        if key not in self._launches:
            self._launches[key] = self._compiled(*key)
        return self._launches[key]

    def _compiled(self, *key: Any) -> Launch | None:
        if self.backend.compile is None or not self.network.plain:
            return None
        text = source(self.network, key[0], self.dtype, *key[1:])
        try:
            return self.backend.compile(text)
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            log.warning("The fused kernel could not be compiled, so stacks train array by array: %s", reason)
            return None


def _threads(wanted: int) -> int:
    """A power of two of threads, as many as there is work for."""
    least, most = THREADS
    return int(min(most, max(least, 1 << (wanted - 1).bit_length())))


def _factors(hyper: Hyper, since: int, steps: int) -> tuple[npt.NDArray[np.float64], int] | None:
    """The optimizer's numbers (steps, C) for a rate of 1, and a bit for each one that goes with the rate.

    None where one of them depends on the rate in another way.
    """
    row, t = OPTIMIZERS[hyper.optimizer], np.arange(since + 1.0, since + steps + 1.0)
    once, twice = (
        np.stack([np.broadcast_to(value, t.shape) for value in row.coefficients(rate, t, hyper.settings)], axis=1)
        for rate in (1.0, 2.0)
    )
    constant, linear = (once == twice).all(axis=0), (2.0 * once == twice).all(axis=0)
    if not (constant | linear).all():
        return None
    return np.ascontiguousarray(once), sum(1 << index for index, goes in enumerate(linear & ~constant) if goes)
