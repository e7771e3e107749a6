"""The Trainer: advances a run of an Experiment, and follows the Experiment as it is edited.

It owns θ, the optimizer's state and the place in the epoch. Shuffles and dropout are drawn by (seed, epoch) and
(seed, step), so that a run is the same however it is sliced.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend
from core.engine import choice
from core.engine.array import Epochs, Hyper, State, Trained
from core.frozen import free
from core.history import Best, History, Moment
from core.metrics import Yardstick
from core.model import Model
from core.network import carry
from core.optimizers import OPTIMIZERS
from core.random import key, permutation
from core.schedules import rates, varies
from core.spec import Experiment, Training
from core.stopping import Watch, forgotten, judged, renewed, timed_out, undisturbed, watchful
from core.tables import settle

_run_ids = itertools.count(1)


@dataclass(frozen=True)
class Divergence:
    """Where a run's loss stopped being finite: at ``step``, with ``rate``; ``back`` is the epoch it can go back to."""

    step: int
    epoch: float
    rate: float
    back: int


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one moment: all that a picture of it needs. ``theta`` (P,) is read-only.

    ``history`` is the record as it was then, and its first ``rows`` lead up to this moment, which is ``past`` where the
    run has gone on since. ``stopped`` is the sentence of the rule that ended it, "" where none did.
    """

    run: int
    model: Model
    theta: npt.NDArray[Any]
    step: int
    epoch: float
    train_loss: float
    test_loss: float
    train_score: float
    test_score: float
    history: History
    rows: int
    divergence: Divergence | None
    moment: Moment
    stopped: str = ""
    past: bool = False


class Trainer:
    """One run of an Experiment on one backend; not thread-safe, the thread that advances it owns it."""

    def __init__(self, experiment: Experiment, backend: Backend = CPU, theta: npt.ArrayLike | None = None) -> None:
        self.backend = backend
        self.model = Model.of(experiment)
        self.engine = self.model.engine(backend)
        self._begin(self.model.network.initial(experiment.training.seed) if theta is None else np.asarray(theta))

    # the run

    def reset(self) -> None:
        """Back to step 0 with the initial weights of the Experiment's seed, as a new run."""
        self._begin(self.model.network.initial(self.training.seed))

    def _begin(self, theta: npt.NDArray[Any]) -> None:
        self.run = next(_run_ids)
        self.history = History()
        self.divergence: Divergence | None = None
        self.watch, self.stopped = Watch(), ""
        self.best: Best | None = None
        self.state = self.engine.zero_state(theta[None], self.training.optimizer.name)
        self.epoch = self.offset = 0
        self.seconds = 0.0
        self._step_seconds = 1e-4
        self._rate: float | None = None
        self._upload()
        self.record()

    @property
    def training(self) -> Training:
        """The Experiment's training part."""
        return self.model.experiment.training

    @property
    def experiment(self) -> Experiment:
        """The Experiment as of now."""
        return self.model.experiment

    @property
    def samples(self) -> int:
        """How many samples an epoch has."""
        return len(self.model.prepared.y_train)

    @property
    def theta(self) -> npt.NDArray[Any]:
        """θ (P,) on the host."""
        theta: npt.NDArray[Any] = self.backend.to_host(self.state.thetas)[0]
        return theta

    # data on the device

    def _upload(self) -> None:
        self.yardstick = yardstick = Yardstick.of(self.model)
        n = yardstick.trained
        self._x, self._t = self.engine.columns(yardstick.x[:n]), self.engine.columns(yardstick.targets[:n])
        self._everything = (self.engine.columns(yardstick.x), self.engine.columns(yardstick.targets), yardstick.y)
        self._free_up()
        self._restart_epoch()

    def _free_up(self) -> None:
        mask = free(self.experiment.network, self.model.network)
        self._free = None if mask is None else self.engine.array(mask)

    def _restart_epoch(self) -> None:
        self.offset = 0
        self._order: Any = None

    def _rest_of_epoch(self) -> Any:
        """The samples still to come in this epoch, in their order."""
        if self._order is None:
            order = permutation(key(self.training.seed, self.epoch), self.samples)
            self._order = self.backend.to_device(order)
        return self._order[self.offset :]

    # following the Experiment

    def adopt(self, experiment: Experiment) -> bool:
        """Go on with an edited Experiment: settings from the next step, weights kept where their two ends remain.

        Gives whether what was last recorded is no longer so: other data, another network or loss, in mid-run. Raises
        SpecError, changing nothing, where the Experiment does not fit together.
        """
        old, model = self.model, Model.of(experiment, self.model)
        self.model = model
        resized = old.network != model.network or old.experiment.training.precision != self.training.precision
        replaced = resized or model.prepared is not old.prepared
        if resized:
            self._reshape(old)
        if old.experiment.training.optimizer.name != self.training.optimizer.name:
            thetas = self.backend.to_host(self.state.thetas)
            self.state = self.engine.zero_state(thetas, self.training.optimizer.name, self.state.step)
        if replaced:
            self._upload()
        self._free_up()
        self.watch = renewed(self.watch, old.experiment.training, self.training, comparable=not replaced)
        if self.watch.best is None:
            self.best = None
        reseeded = old.experiment.training.seed != self.training.seed
        if reseeded:
            self._restart_epoch()
        if self.state.step == 0 and (reseeded or old.network.initializer != model.network.initializer):
            self.reset()
        elif self.state.step == 0 and replaced:
            self._begin(self.theta)
        return replaced and self.state.step > 0

    def _reshape(self, old: Model) -> None:
        """A new engine; θ and the optimizer's arrays carried over to its layout."""
        self.engine = self.model.engine(self.backend)
        new = self.model.network
        layout_moved = [(b.blocks, b.sources) for b in old.network.layers] != [
            (b.blocks, b.sources) for b in new.layers
        ]
        if not layout_moved:
            self.state = replace(
                self.state,
                thetas=self.engine.array(self.backend.to_host(self.state.thetas)),
                slots=tuple(self.engine.array(self.backend.to_host(s)) for s in self.state.slots),
                good=None,
            )
            return
        fresh = new.initial(self.training.seed)[None]
        theta = carry(old.network, new, self.backend.to_host(self.state.thetas), fresh)
        empty = np.zeros_like(fresh)
        slots = tuple(
            self.engine.array(carry(old.network, new, self.backend.to_host(s), empty)) for s in self.state.slots
        )
        self.state = State(self.engine.array(theta), slots, self.state.step, self.state.since)
        self.history.forget_moments()
        self._remember(self.history.last("train_loss"))

    # advancing

    def advance(self, steps: int | None = None, seconds: float | None = None) -> int:
        """Train for at most so many steps and so long, whichever is first; gives the steps taken.

        Stops where the loss is no longer finite: ``divergence`` then says where, and θ is the last good one. Stops
        where a rule says so, too: ``stopped`` is then its sentence, and until ``resume`` no further step is taken.
        Raises SpecError when there is nothing to train on.
        """
        if problem := self.model.untrainable:
            raise problem
        self._take_fastest()
        start = time.perf_counter()
        taken = 0
        while self.divergence is None and not self.stopped and (steps is None or taken < steps):
            left = np.inf if seconds is None else seconds - (time.perf_counter() - start)
            if left <= 0:
                break
            if self.seconds < self.training.stop.seconds:
                left = min(left, self.training.stop.seconds - self.seconds)
            wanted = min(left / self._step_seconds, np.inf if steps is None else steps - taken)
            whole = min(wanted / self.steps_per_epoch, self.engine.most_epochs)
            whole = min(whole, undisturbed(self.watch, self.training, self.epoch))
            if self.offset == 0 and whole >= 1:
                taken += self._epochs(int(whole))
            else:
                taken += self._slice(int(max(1, min(self._batches_left(), wanted))))
        return taken

    def _take_fastest(self) -> None:
        """Change to the compiled engine when it has become ready; the state is the same for both."""
        if choice.kind(self.model.network, self.backend, self.training.precision) is not type(self.engine):
            self.engine = self.model.engine(self.backend)
            self._step_seconds = 1e-4

    def step_batches(self, batches: int = 1) -> int:
        """Train so many batches, and record what they came to even within an epoch; gives the steps taken."""
        taken = self.advance(batches)
        if self.offset and self.divergence is None:
            self.record(self._last)
        return taken

    def step_epoch(self) -> int:
        """Train to the end of the present epoch; gives the steps taken."""
        return self.advance(self._batches_left())

    @property
    def steps_per_epoch(self) -> int:
        """Batches that the training points fall into, at least 1."""
        return max(1, -(-self.samples // self.training.batch_size))

    def steps_until(self, epoch: int) -> int:
        """How many steps there are to the end of epoch ``epoch``, 0 if it is past."""
        return 0 if epoch <= self.epoch else (epoch - self.epoch - 1) * self.steps_per_epoch + self._batches_left()

    def _batches_left(self) -> int:
        return max(1, -(-(self.samples - self.offset) // self.training.batch_size))

    def _hyper(self, steps: int) -> Hyper:
        training, row = self.training, OPTIMIZERS[self.training.optimizer.name]
        settings = settle("training.optimizer", row.settings, training.optimizer.settings)
        return Hyper(
            self._rates(steps),
            training.batch_size,
            row.name,
            settings,
            training.l1,
            training.l2,
            training.seed,
            training.weight_decay,
            training.clip_norm,
            training.clip_value,
            self._free,
        )

    def _rates(self, steps: int) -> Any:
        """The rate of the steps to come: one number where it stays, else (steps,).

        The schedule's clock is the epochs done, so that another batch size or other data do not make it jump.
        """
        training = self.training
        if not varies(training):
            return training.learning_rate
        each = max(1, self.steps_per_epoch)
        first = self.epoch * each + self.offset / training.batch_size
        return rates(training, first + np.arange(steps), each, self.watch.plateau.scale)

    def _slice(self, steps: int) -> int:
        """Some steps within the epoch, closing it if they reach its end."""
        began, before, seconds = time.perf_counter(), self.state.step, self.seconds
        hyper = self._hyper(steps)
        trained = self.engine.train(self.state, self._x, self._t, self._rest_of_epoch(), steps, hyper)
        self.state = trained.state
        taken = self.state.step - before
        self.offset = min(self.samples, self.offset + taken * hyper.batch_size)
        self._spent(began, taken)
        self._rate = float(hyper.rate_of(max(1, taken) - 1))
        self._last = trained
        if trained.failed[0] >= 0:
            self._diverged(int(trained.failed[0]))
        elif self.offset >= self.samples:
            self.epoch += 1
            self._restart_epoch()
            self.record(trained, closing=True)
        self._look_at_clock(seconds)
        return taken

    def _epochs(self, most: int) -> int:
        """Some whole epochs in one call of the engine, which measures and records them too; gives the steps taken."""
        began, before, seconds = time.perf_counter(), self.state.step, self.seconds
        hyper = self._hyper(most * self.steps_per_epoch)
        block = self.engine.run_epochs(
            self.state, self._x, self._t, self._everything, self.yardstick.middle, self.epoch, most, hyper
        )
        measured = self.yardstick.columns(block.sums)
        verdicts, back, cut = self._judge_block(block, measured)
        self.state, self._last = self._cut(block, before, len(verdicts)) if cut else block.trained.state, block.trained
        taken = self.state.step - before
        self._spent(began, block.trained.state.step - before)
        self._rate = float(hyper.rate_of(max(1, taken) - 1))
        self._record_block(block, measured, before, hyper, np.linspace(seconds, self.seconds, block.done + 1), verdicts)
        self.epoch += len(verdicts)
        self._restart_epoch()
        if back:
            self._go_back()
        if block.trained.failed[0] >= 0 and not cut:
            self.offset = min(self.samples, (taken - block.done * self.steps_per_epoch) * self.training.batch_size)
            self._diverged(int(block.trained.failed[0]))
        self._look_at_clock(seconds)
        return taken

    def _judge_block(
        self, block: Epochs, measured: Mapping[str, Any]
    ) -> tuple[list[tuple[Watch, Best | None]], bool, bool]:
        """What is remembered after each epoch that stands, whether θ goes back, and whether the others do not stand.

        After an epoch that ends the run or moves the rate, what the block goes on with was computed in vain.
        """
        if not watchful(self.training):
            return [(self.watch, self.best)] * block.done, False, False
        seen: list[tuple[Watch, Best | None]] = []
        began, scale = self.state.since, self.watch.plateau.scale
        for index in range(block.done):

            def here(index: int = index) -> Best:
                theta, *slots = (_read_only(array) for array in (block.thetas[index], *block.slots[index]))
                return Best(began + (index + 1) * self.steps_per_epoch, theta, tuple(slots))

            losses = float(measured["train_loss"][index]), float(measured["test_loss"][index])
            back = self._judge(self.epoch + index + 1, *losses, here)
            seen.append((self.watch, self.best))
            if self.stopped or self.watch.plateau.scale != scale:
                return seen, back, True
        return seen, False, False

    def _cut(self, block: Epochs, before: int, epochs: int) -> State:
        """The state after the first ``epochs`` of a block that began at step ``before``."""
        theta, *slots = (self.engine.array(a[None]) for a in (block.thetas[epochs - 1], *block.slots[epochs - 1]))
        steps = epochs * self.steps_per_epoch
        return State(theta, tuple(slots), before + steps, self.state.since + steps)

    def _look_at_clock(self, before: float) -> None:
        """Stop when the time is up, which was not at ``before`` seconds of training."""
        if not self.stopped and self.divergence is None:
            self.stopped = timed_out(self.training.stop, self.epoch_now, before, self.seconds)

    def _spent(self, began: float, taken: int) -> None:
        spent = time.perf_counter() - began
        self.seconds += spent
        self._step_seconds = 0.7 * self._step_seconds + 0.3 * spent / max(1, taken)

    def _record_block(
        self,
        block: Epochs,
        measured: Mapping[str, Any],
        before: int,
        hyper: Hyper,
        seconds: npt.NDArray[np.float64],
        verdicts: Sequence[tuple[Watch, Best | None]],
    ) -> None:
        """Add a row to the history for each epoch of ``block`` that stands, and the checkpoints that are due."""
        done, each, rows = len(verdicts), self.steps_per_epoch, self.history.recorded
        ends = np.arange(1, done + 1)
        columns = {name: values[:done] for name, values in measured.items()} | {
            "step": before + each * ends.astype(np.float64),
            "epoch": self.epoch + ends.astype(np.float64),
            "rate": np.broadcast_to(hyper.rate, (block.done * each,))[each - 1 :: each][:done] if done else ends,
            "base_rate": np.full(done, self.training.learning_rate),
            "seconds": seconds[1 : done + 1],
        }
        since = self.state.since - (self.state.step - before)

        def checkpoint(index: int) -> Moment:
            steps = each * (index + 1)
            theta, *slots = (_read_only(array) for array in (block.thetas[index], *block.slots[index]))
            place = (before + steps, since + steps, self.epoch + index + 1, 0)
            loss = float(measured["train_loss"][index])
            return Moment(*place, theta, tuple(slots), rows + index + 1, loss, *verdicts[index])

        norms = self._norm_columns(np.sqrt(block.norms[:done]))
        self.history.extend(columns | norms, done, checkpoint)

    # looking at the run

    def record(self, trained: Trained | None = None, closing: bool = False, keep: bool = False) -> None:
        """Add a row to the history: losses and scores on all points, and what the last step did to each layer.

        One that is ``closing`` an epoch is also what stop rules and schedules go by; ``keep`` is for its checkpoint.
        """
        measured = self.measure()
        if self.samples and not np.isfinite(measured["train_loss"]):
            self._diverged(self.state.step)
            return
        place = {"step": float(self.state.step), "epoch": self.epoch_now}
        row = place | measured | self._pace()
        back = closing and self._judge(self.epoch, measured["train_loss"], measured["test_loss"], self._here)
        if trained is not None and trained.gradient is not None:
            row |= self._layer_norms(trained)
        self.history.append(row)
        self._remember(measured["train_loss"], keep)
        if back:
            self._go_back()

    def _go_back(self) -> None:
        """θ, and what the optimizer remembers, as they were at the best epoch; the clock goes on."""
        if self.best is not None:
            slots = tuple(self.engine.array(slot[None]) for slot in self.best.slots)
            self.state = State(self.engine.array(self.best.theta[None]), slots, self.state.step, self.best.since)
            self.record()

    def _pace(self) -> dict[str, float]:
        """The rate of the last step (before any, of the first), the one it was made from, and the seconds so far."""
        rate = float(np.reshape(self._rates(1), -1)[0]) if self._rate is None else self._rate
        return {"rate": rate, "base_rate": self.training.learning_rate, "seconds": self.seconds}

    def _judge(self, epoch: int, train_loss: float, test_loss: float, here: Callable[[], Best]) -> bool:
        """Let stop rules and the schedule look at an epoch's losses; true where θ has to go back to the best."""
        verdict = judged(self.watch, self.training, epoch, train_loss, test_loss)
        self.watch, self.stopped = verdict.watch, verdict.sentence
        if self.watch.best is None:
            self.best = None
        elif self.watch.epoch == epoch:
            self.best = here()
        return verdict.back

    def _here(self) -> Best:
        slots = tuple(self._kept(slot) for slot in self.state.slots)
        return Best(self.state.since, self._kept(self.state.thetas), slots)

    def measure(self) -> dict[str, float]:
        """Losses and scores of θ as it is now, on the points that train and those that test; NaN where undefined."""
        if not len(self.yardstick.y):
            sums = np.zeros(4)
        else:
            sums = self.engine.survey(self.state.thetas, *self._everything, self.samples, self.yardstick.middle)
        return {name: float(values[0]) for name, values in self.yardstick.columns(sums[None]).items()}

    @property
    def epoch_now(self) -> float:
        """Epochs done, with the share of the present one."""
        return self.epoch + (self.offset / self.samples if self.samples else 0.0)

    def _layer_norms(self, trained: Trained) -> dict[str, float]:
        """Norm of each layer's last gradient, and of its update relative to its parameters."""
        norms = np.sqrt(self.engine.squared_norms(trained))
        return {name: float(values[0]) for name, values in self._norm_columns(norms[None]).items()}

    def _norm_columns(self, norms: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
        """Columns (E,) from the norms (E, 3, L) of each layer's gradient, update and parameters."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratios = np.where(norms[:, 2] > 0, norms[:, 1] / norms[:, 2], np.nan)
        columns = {}
        for index, layer in enumerate(self.model.network.layers):
            columns[f"gradient/{layer.id}"] = norms[:, 0, index]
            columns[f"ratio/{layer.id}"] = ratios[:, index]
        return columns

    def _remember(self, loss: float, keep: bool = False) -> None:
        if self.history.wants() or keep:
            self.history.keep(self.moment(loss))

    def moment(self, loss: float = float("nan")) -> Moment:
        """Where the run is now, in host arrays that nothing will change: enough to go on from."""
        return Moment(
            self.state.step,
            self.state.since,
            self.epoch,
            self.offset,
            self._kept(self.state.thetas),
            tuple(self._kept(slot) for slot in self.state.slots),
            self.history.recorded,
            loss,
            self.watch,
            self.best,
        )

    def _kept(self, array: Any) -> npt.NDArray[Any]:
        return _read_only(self.backend.to_host(array)[0])

    def snapshot(self) -> Snapshot:
        """The run as it is now, safe to hand to another thread."""
        h, moment = self.history.still(), self.moment()
        return Snapshot(
            self.run,
            self.model,
            moment.theta,
            self.state.step,
            self.epoch_now,
            h.last("train_loss"),
            h.last("test_loss"),
            h.last("train_accuracy"),
            h.last("test_accuracy"),
            h,
            len(h),
            self.divergence,
            moment,
            self.stopped,
        )

    # going wrong, and back

    def _diverged(self, step: int) -> None:
        best = self._best_moment()
        # What the optimizer remembers led here, and may be infinite itself: going on begins without it.
        good = self.state.thetas if self.state.good is None else self.state.good
        self.state = self.engine.zero_state(self.backend.to_host(good), self.training.optimizer.name, self.state.step)
        self.divergence = Divergence(step, self.epoch_now, self.training.learning_rate, best.epoch if best else 0)

    def _best_moment(self) -> Moment | None:
        return min(self.history.moments(), key=lambda m: m.loss, default=None)

    def resume(self) -> None:
        """Allow going on after a divergence, from the last good θ with whatever rate there is now, or after a stop."""
        self.divergence, self.stopped = None, ""

    def rewind(self) -> None:
        """Go back to the remembered moment with the lowest training loss, and forget what came after it."""
        best = self._best_moment()
        if best is None:
            self.reset()
            return
        self.restore(best)

    def restore(self, moment: Moment) -> None:
        """Go back to ``moment`` of this run's history."""
        self.history = self.history.until(moment)
        self._go_to(moment)

    def branch(self, moment: Moment) -> None:
        """Go on from ``moment`` of this run's history as a new run, which keeps the history up to there."""
        self.restore(moment)
        self.run = next(_run_ids)

    def load(self, moment: Moment) -> None:
        """Go on from ``moment`` of another run of this architecture, as one that begins there."""
        self._go_to(moment)
        self.history = History()
        self.record()

    def place(self, theta: npt.ArrayLike) -> None:
        """Go on from ``theta`` (P,), set by hand in mid-run, neither diverged nor stopped; clock and history go on.

        What the optimizer remembers belongs to the way that θ came, and would carry it off the place where it was put:
        it begins anew, with its count of steps. A row and a checkpoint are recorded. Raises ValueError for another P.
        """
        placed = np.asarray(theta, dtype=np.float64)
        if placed.shape != (self.model.network.parameters,):
            raise ValueError(f"θ needs shape ({self.model.network.parameters},), not {placed.shape}")
        self.state = self.engine.zero_state(placed[None], self.training.optimizer.name, self.state.step)
        self.resume()
        self.record(keep=True)

    def on(self, backend: Backend) -> Trainer:
        """The same run on another backend; this Trainer is not to be used after."""
        other = Trainer(self.experiment, backend, self.theta)
        other._go_to(self.moment())
        other.run, other.history, other.seconds = self.run, self.history, self.seconds
        other.divergence, other.stopped, other._rate = self.divergence, self.stopped, self._rate
        return other

    def _go_to(self, moment: Moment) -> None:
        self.divergence, self.stopped, self._rate = None, "", None
        self.watch, self.best = moment.watch, moment.best
        if self.best is None:
            self.watch = forgotten(self.watch)
        slots = tuple(self.engine.array(slot[None]) for slot in moment.slots)
        if len(slots) != len(OPTIMIZERS[self.training.optimizer.name].slots):
            slots = self.engine.zero_state(moment.theta[None], self.training.optimizer.name).slots
        self.state = State(self.engine.array(moment.theta[None]), slots, moment.step, moment.since)
        self.epoch = moment.epoch
        self._restart_epoch()
        self.offset = moment.offset


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy that nothing will change."""
    copy = np.array(array)
    copy.setflags(write=False)
    return copy
