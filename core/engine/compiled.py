"""The compiled engine: the same operations as the array engine's, by Numba's fused loops, without Python's lock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend
from core.engine import kernels, lbfgs
from core.engine.array import ArrayEngine, Epochs, Hyper, State, Trained
from core.engine.chains import ACTIVATION_CODES, LOSS_CODES, MOST_COEFFICIENTS, NORM_CODES, OPTIMIZER_CODES
from core.engine.lanes import WIDTH
from core.engine.loops import LOG_PROBABILITIES, LOGITS, OUTPUTS
from core.engine.plan import BLOCK, Plan, Record, Settings, Stack, room
from core.engine.pool import share_out
from core.engine.tiles import work_for
from core.engine.tiling import aligned, chunk_for, stack_of, tile_coefficients, tile_stack, tiled, tiles_for, worth
from core.network import Network
from core.optimizers import OPTIMIZERS

BLOCK_NUMBERS = 1 << 18
"""Numbers of θ that one call of ``run_epochs`` may write down."""
FEW = 8
"""Runs from which on a stack is shared out by runs."""

_READS = {"outputs": OUTPUTS, "logits": LOGITS, "log-probabilities": LOG_PROBABILITIES}


class CompiledEngine(ArrayEngine):
    """Forward, loss and training of a stack, on the CPU; all else is the array engine's."""

    name = "compiled"
    releases_lock = True

    def __init__(self, network: Network, backend: Backend = CPU, dtype: Any = np.float32) -> None:
        super().__init__(network, backend, dtype)
        self.most_epochs = max(1, BLOCK_NUMBERS // network.parameters)
        self._layers = _table(network)
        self._rates = np.array([layer.dropout for layer in network.layers], np.float32)
        self._scales = (np.float32(1.0) / np.float32(1.0 - self._rates.astype(np.float64))).astype(self.dtype)
        above = np.concatenate([[0], np.cumsum(network.shape)[:-1]])
        self._widest = max(network.shape)
        self._written = np.empty(0, self.dtype)
        self._no_settings = self._settings(Hyper(0.0, 1, "sgd", {}), 1, 0, 0, 0)
        self._plan = Plan(
            self._layers,
            above,
            self._rates,
            self._scales,
            self.dtype.type(self.share),
            np.array(self.numbers, self.dtype),
            LOSS_CODES[self.loss_row.name],
            _READS[self.loss_row.reads],
            0,
            len(self._layers),
            network.parameters,
            self._widest,
            network.plain,
        )

    def _space(self, lanes: int, more: int = 0) -> Any:
        """Working space for batches of ``lanes``, and for so many numbers ``more``."""
        size = room(sum(self.network.shape), self.network.output.units, self._widest, lanes, self.network.plain)
        return aligned(size + more, self.dtype)

    def _settings(self, hyper: Hyper, batch: int, since: int, steps: int, runs: int, tiles: bool = False) -> Settings:
        """What steers the steps to come, in the layout of tiles if need be."""
        t = np.arange(since + 1, since + steps + 1, dtype=np.float64)
        numbers = OPTIMIZERS[hyper.optimizer].coefficients(hyper.rate, t, hyper.settings)
        coefficients = (tile_coefficients if tiles else _coefficients)(numbers, runs, steps, self.dtype)
        l1, l2, value, norm = map(self.dtype.type, (hyper.l1, hyper.l2, hyper.clip_value, hyper.clip_norm))
        decays = np.zeros((runs, steps), self.dtype)
        if hyper.decay:
            decays[:] = np.asarray(hyper.rate) * hyper.decay
        held, free = hyper.free is not None, np.empty(0, self.dtype) if hyper.free is None else _plain(hyper.free)
        shaped = bool(held or value or norm or hyper.decay)
        seed = np.uint64(hyper.seed)
        if tiles:
            decays = tiled(decays, tiles_for(runs), self.dtype)
        return Settings(coefficients, self.penalised, l1, l2, seed, batch, shaped, held, free, value, norm, decays)

    def _stack(self, state: State) -> Stack:
        """Arrays to train in: rows padded to whole vectors with zeros."""
        runs, parameters = state.thetas.shape
        count = len(state.slots)
        padded = -(-parameters // WIDTH) * WIDTH
        space = aligned((4 + count) * runs * padded, self.dtype).reshape(4 + count, runs, padded)
        thetas, good, gradients, updates = space[:4]
        thetas[:, :parameters] = state.thetas
        good[:, :parameters] = state.thetas if state.good is None else state.good
        for own, slot in zip(space[4:], state.slots, strict=True):
            own[:, :parameters] = slot
        return Stack(thetas, good, space[4:], gradients, updates, np.zeros(runs, self.dtype), np.full(runs, -1))

    def _trained(self, state: State, stack: Stack, steps: int) -> Trained:
        """What the kernel left in ``stack`` after at most ``steps`` steps."""
        failed, used = stack.failed, (..., slice(self.network.parameters))
        taken = steps if (failed < 0).any() else min(steps, int(failed.max()) - state.step + 1)
        after = replace(
            state,
            thetas=stack.thetas[used],
            slots=tuple(stack.slots[used]),
            step=state.step + taken,
            since=state.since + taken,
            good=stack.good[used],
        )
        return Trained(after, stack.losses, stack.gradients[used], stack.updates[used], failed)

    def _call(self, task: int, plan: Plan, stack: Stack, **given: Any) -> int:
        """The kernel with what a task is given, and nothing in all other places."""
        nothing = np.empty((0, 0), self.dtype)
        x, t = given.get("train", (nothing, nothing))
        all_x, all_t, y = given.get("measure", (nothing, nothing, np.empty(0)))
        settings = given.get("settings") or self._no_settings
        done: int = kernels.call(
            task,
            plan,
            settings,
            stack,
            (_plain(x), _plain(t), _plain(all_x), _plain(all_t), _plain(y)),
            _plain(given.get("order", np.empty(0, np.int64))),
            given.get("middle", 0.0),
            given.get("place", (0, 0, 0, 0)) + given.get("parts", (0, 0, 0, 0)),
            (
                given.get("losses", nothing),
                given.get("outputs", np.empty((0, 0, 0), self.dtype)),
                given.get("record") or self._record(0),
            ),
            (
                given.get("work", self._space(_lanes(settings.batch))),
                self._space(BLOCK),
                aligned(BLOCK, np.dtype(np.float64)),
            ),
        )
        return done

    def _record(self, epochs: int, slots: int = 0, kept: bool = False) -> Record:
        """Room for so many epochs; its θ and slots are the same each time where they are ``kept``.

        New megabytes for every call would cost more than what is written to them: the system hands them out page by
        page.
        """
        sizes = (epochs * self.network.parameters, epochs * slots * self.network.parameters)
        if kept and len(self._written) < sum(sizes):
            self._written = np.empty(sum(sizes), self.dtype)
        flat = self._written if kept else np.empty(sum(sizes), self.dtype)
        return Record(
            np.zeros((epochs, 4)),
            np.zeros((epochs, 3, len(self._layers))),
            flat[: sizes[0]].reshape(epochs, self.network.parameters),
            flat[sizes[0] : sum(sizes)].reshape(epochs, slots, self.network.parameters),
        )

    def _at(self, thetas: Any) -> Stack:
        """A stack that only says where: nothing will be trained."""
        thetas = _plain(thetas)
        none, flat = np.empty((0, 0), self.dtype), np.empty(0, self.dtype)
        return Stack(thetas, none, np.empty((0, 0, 0), self.dtype), none, none, flat, np.empty(0, np.int64))

    def train(self, state: State, x: Any, t: Any, order: Any, steps: int, hyper: Hyper) -> Trained:
        """As the array engine's."""
        if OPTIMIZERS[hyper.optimizer].whole:
            return lbfgs.step(self, state, x, t, hyper)
        batch = min(hyper.batch_size, len(order))
        steps = min(steps, -(-len(order) // batch))
        stack = self._stack(state)
        runs, x, t, order = len(stack.thetas), _plain(x), _plain(t), _plain(order)
        if worth(self.network, runs, batch, self.dtype.itemsize):
            return self._train_in_tiles(state, stack, (x, t, order), steps, batch, hyper)
        settings = self._settings(hyper, batch, state.since, steps, runs)
        plan, place = self._plan._replace(optimizer=OPTIMIZER_CODES[hyper.optimizer]), (0, state.step, steps, 0)

        def some(start: int, stop: int) -> None:
            parts = (start, stop, 0, 0)
            given = {"settings": settings, "train": (x, t), "order": order, "place": place, "parts": parts}
            self._call(kernels.TRAIN, plan, stack, **given)

        share_out(runs, 3.0 * runs * steps * batch * self.network.parameters, some)
        return self._trained(state, stack, steps)

    def _train_in_tiles(
        self, state: State, stack: Stack, samples: tuple[Any, Any, Any], steps: int, batch: int, hyper: Hyper
    ) -> Trained:
        """As ``train``, which calls it, by the kernels for which a vector's numbers are runs."""
        x, t, order = samples
        runs, parameters = len(stack.thetas), self.network.parameters
        settings = self._settings(hyper, batch, state.since, steps, runs, tiles=True)
        tiles, chunk = tile_stack(stack, parameters), chunk_for(self.network, batch, self.dtype.itemsize)
        plan = self._plan._replace(optimizer=OPTIMIZER_CODES[hyper.optimizer])

        def some(start: int, stop: int) -> None:
            given = {"train": (x, t), "order": order, "place": (0, state.step, steps, chunk)}
            size = work_for(len(state.slots), parameters * WIDTH)
            given |= {"parts": (start, stop, 0, 0), "work": self._space(chunk * WIDTH, size)}
            self._call(kernels.TILES, plan, tiles, settings=settings, **given)

        count = tiles_for(runs)
        share_out(count, 3.0 * count * WIDTH * steps * batch * parameters, some)
        return self._trained(state, stack_of(tiles, runs), steps)

    def run_epochs(
        self,
        state: State,
        x: Any,
        t: Any,
        everything: tuple[Any, Any, Any],
        middle: float,
        epoch: int,
        most: int,
        hyper: Hyper,
    ) -> Epochs:
        """Up to ``most`` whole epochs of one run from epoch ``epoch`` on, in one call.

        ``everything`` is x (D, N), targets (K, N) and labels or values (N,) of all samples, those that train first;
        ``middle`` is the single output above which class 1 is meant, NaN for values. The θ and slots of the epochs are
        overwritten by the next call.
        """
        batch = min(hyper.batch_size, x.shape[1])
        steps = most * -(-x.shape[1] // batch)
        stack, record = self._stack(state), self._record(most, len(state.slots), kept=True)
        done = self._call(
            kernels.EPOCHS,
            self._plan._replace(optimizer=OPTIMIZER_CODES[hyper.optimizer]),
            stack,
            settings=self._settings(hyper, batch, state.since, steps, 1),
            train=(x, t),
            measure=everything,
            order=np.empty(x.shape[1], np.int64),
            middle=middle,
            place=(epoch, state.step, 0, 0),
            record=record,
        )
        return Epochs(done, self._trained(state, stack, steps), *(array[:done] for array in record))

    def survey(
        self, thetas: Any, x: Any, t: Any, y: npt.NDArray[np.float64], trained: int, middle: float
    ) -> npt.NDArray[np.float64]:
        """As the array engine's, added up in the order in which ``run_epochs`` does."""
        record, place = self._record(1), (0, 0, 0, trained)
        self._call(
            kernels.SURVEY, self._plan, self._at(thetas), measure=(x, t, y), middle=middle, place=place, record=record
        )
        sums: npt.NDArray[np.float64] = record.sums[0]
        return sums

    def squared_norms(self, trained: Trained) -> npt.NDArray[np.float64]:
        """As the array engine's, added up in the order in which ``run_epochs`` does."""
        record = self._record(1)
        stack = self._at(trained.state.thetas)
        stack = stack._replace(gradients=_plain(trained.gradient), updates=_plain(trained.update))
        self._call(kernels.NORMS, self._plan, stack, record=record)
        norms: npt.NDArray[np.float64] = record.norms[0]
        return norms

    def measure(self, thetas: Any, a: Any, targets: Any) -> tuple[Any, Any]:
        """Each sample's loss (R, B) and outputs (R, K, B) for ``a`` (D, B) and ``targets`` (K, B)."""
        losses = np.empty((thetas.shape[0], a.shape[-1]), self.dtype)
        outputs = self._rows(thetas, a, self.network.output.units)
        self._evaluate(thetas, a, targets, losses, outputs)
        return losses, outputs

    def forward(self, thetas: Any, x: Any) -> npt.NDArray[Any]:
        """Outputs (R, B, K) of the stack ``thetas`` (R, P) at ``x`` (B, D)."""
        thetas, a = self.array(thetas), self.columns(x)
        outputs = self._rows(thetas, a, self.network.output.units)
        nothing = np.empty((0, 0), self.dtype)
        self._evaluate(thetas, a, nothing, nothing, outputs)
        return outputs.transpose(0, 2, 1)

    def activations(self, thetas: Any, x: Any) -> list[npt.NDArray[Any]]:
        """What leaves every layer (R, units, B), shortcuts added, hidden layers first, the output last."""
        thetas, a = self.array(thetas), self.columns(x)
        widths = [layer.units for layer in self.network.layers]
        outputs = self._rows(thetas, a, sum(widths))
        nothing = np.empty((0, 0), self.dtype)
        self._evaluate(thetas, a, nothing, nothing, outputs)
        return np.split(outputs, np.cumsum(widths)[:-1], axis=1)

    def _rows(self, thetas: Any, a: Any, count: int) -> npt.NDArray[Any]:
        return np.empty((thetas.shape[0], count, a.shape[-1]), self.dtype)

    def loss(self, thetas: Any, x: Any, t: Any, l1: float = 0.0, l2: float = 0.0) -> npt.NDArray[Any]:
        """What training minimises (R,): the mean loss over the batch, plus the penalties on the weights."""
        thetas, a, targets = self.array(thetas), self.columns(x), self.columns(t)
        means = np.zeros((thetas.shape[0], 1), self.dtype)
        self._evaluate(thetas, a, targets, means, np.empty((0, 0, 0), self.dtype))
        with np.errstate(over="ignore", invalid="ignore"):
            result: npt.NDArray[Any] = means[:, 0] + self._penalty(thetas, l1, l2)
        return result

    def _evaluate(self, thetas: Any, a: Any, targets: Any, losses: Any, outputs: Any) -> None:
        """As the kernel's, shared out by runs, or by samples where there are few."""
        stack, measure = self._at(thetas), (_plain(a), _plain(targets), np.empty(0))
        runs, samples = len(stack.thetas), a.shape[-1]
        by_runs = runs >= FEW or (losses.size > 0 and losses.shape[1] != samples)

        def some(start: int, stop: int) -> None:
            parts = (start, stop, 0, samples) if by_runs else (0, runs, start, stop)
            self._call(
                kernels.EVALUATE, self._plan, stack, measure=measure, losses=losses, outputs=outputs, parts=parts
            )

        cost = float(runs) * samples * self.network.parameters
        share_out(runs if by_runs else samples, cost, some, 1 if by_runs else BLOCK)


def _table(network: Network) -> npt.NDArray[np.int64]:
    """The layers as a plan has them (L, COLUMNS)."""
    fed = {layer.shortcut for layer in network.layers}
    rows = [
        (
            layer.units,
            layer.fan_in,
            layer.weight.start,
            layer.bias.start if layer.bias else -1,
            ACTIVATION_CODES[layer.activation],
            layer.trained,
            NORM_CODES[layer.norm],
            layer.gain.start if layer.gain else -1,
            -1 if layer.shortcut is None else layer.shortcut,
            index + 1 in fed,
        )
        for index, layer in enumerate(network.layers)
    ]
    return np.array(rows, np.int64)


def _lanes(batch: int) -> int:
    """The batch rounded up to whole vector registers."""
    return -(-batch // WIDTH) * WIDTH


def _coefficients(numbers: tuple[Any, ...], runs: int, steps: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An optimizer's numbers (R, steps, C) for the steps to come."""
    table = np.zeros((runs, steps, MOST_COEFFICIENTS), dtype)
    for index, value in enumerate(numbers):
        table[:, :, index] = value
    return table


def _plain(array: Any) -> Any:
    """The array as the loops were compiled for: contiguous and writable (to Numba a read-only one is another type)."""
    array = np.ascontiguousarray(array)
    return array if array.flags.writeable else array.copy()
