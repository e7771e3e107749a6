"""A run of an Experiment: θ, the optimizer's state, the place in the epoch and the record; and going back in it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend
from core.changes import PLACED
from core.engine.array import State, Trained
from core.frozen import free
from core.history import Best, History, Moment
from core.judging import Standing, judge, taken_up
from core.metrics import Yardstick
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.recording import layer_columns, read_only
from core.snapshot import Divergence, Snapshot
from core.spec import Experiment, Training
from core.steering import batch_size, rates_ahead, steps_per_epoch

_run_ids = itertools.count(1)


class Run:
    """One run on one backend; not thread-safe, the thread that advances it owns it."""

    def __init__(self, experiment: Experiment, backend: Backend = CPU, theta: npt.ArrayLike | None = None) -> None:
        self.backend = backend
        self.model = Model.of(experiment)
        self.engine = self.model.engine(backend)
        self._begin(self.model.network.initial(experiment.training.seed) if theta is None else np.asarray(theta))

    def reset(self) -> None:
        """Back to step 0 with the initial weights of the Experiment's seed, as a new run."""
        self._begin(self.model.network.initial(self.training.seed))

    def _begin(self, theta: npt.NDArray[Any]) -> None:
        self.run = next(_run_ids)
        self.history = History()
        self.divergence: Divergence | None = None
        self.standing = Standing()
        self.state = self.engine.zero_state(theta[None], self.training.optimizer.name)
        self.epoch = self.offset = 0
        self.seconds = 0.0
        self._step_seconds = 1e-4
        self._rate: float | None = None
        self._change = 0
        self._upload()
        self.record()

    # what it is

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
    def batch(self) -> int:
        """Samples in each step."""
        return batch_size(self.training, self.samples)

    @property
    def steps_per_epoch(self) -> int:
        """Batches that the training points fall into, at least 1."""
        return steps_per_epoch(self.training, self.samples)

    @property
    def epoch_now(self) -> float:
        """Epochs done, with the share of the present one."""
        return self.epoch + (self.offset / self.samples if self.samples else 0.0)

    @property
    def stopped(self) -> str:
        """The sentence of the rule that ended the run, "" while none has."""
        return self.standing.stopped

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

    # recording it

    def record(self, trained: Trained | None = None, closing: bool = False, keep: bool = False) -> None:
        """Add a row to the history: losses and scores on all points, and what the last step did to each layer.

        One that is ``closing`` an epoch is also what stop rules and schedules go by; ``keep`` is for its checkpoint.
        """
        measured = self.measure()
        if self.samples and not np.isfinite(measured["train_loss"]):
            self._diverged()
            return
        place = {"step": float(self.state.step), "epoch": self.epoch_now}
        row = place | measured | self._pace()
        back = False
        if closing:
            losses = measured["train_loss"], measured["test_loss"]
            self.standing, back = judge(self.standing, self.training, self.epoch, losses, self._here)
        if trained is not None and trained.gradient is not None:
            norms = np.sqrt(self.engine.squared_norms(trained))
            row |= {n: float(v[0]) for n, v in layer_columns(self.model.network, norms[None]).items()}
        row["change"], self._change = float(self._change), 0
        self.history.append(row)
        self._remember(measured["train_loss"], keep)
        if back:
            self._go_back()

    def _go_back(self) -> None:
        """θ, and what the optimizer remembers, as they were at the best epoch; the clock goes on."""
        best = self.standing.best
        if best is not None:
            slots = tuple(self.engine.array(slot[None]) for slot in best.slots)
            self.state = State(self.engine.array(best.theta[None]), slots, self.state.step, best.since)
            self.record()

    def _pace(self) -> dict[str, float]:
        """The rate of the last step (before any, of the first), the one it was made from, and the seconds so far."""
        rate = float(np.reshape(self._rates(1), -1)[0]) if self._rate is None else self._rate
        return {"rate": rate, "base_rate": self.training.learning_rate, "seconds": self.seconds}

    def _rates(self, steps: int) -> Any:
        place, scale = (self.epoch, self.offset / self.batch), self.standing.watch.plateau.scale
        return rates_ahead(self.training, place, self.steps_per_epoch, scale, steps)

    def measure(self) -> dict[str, float]:
        """Losses and scores of θ as it is now, on the points that train and those that test; NaN where undefined."""
        if not len(self.yardstick.y):
            sums = np.zeros(4)
        else:
            sums = self.engine.survey(self.state.thetas, *self._everything, self.samples, self.yardstick.middle)
        return {name: float(values[0]) for name, values in self.yardstick.columns(sums[None]).items()}

    def _here(self) -> Best:
        slots = tuple(self._kept(slot) for slot in self.state.slots)
        return Best(self.state.since, self._kept(self.state.thetas), slots)

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
            self.standing.watch,
            self.standing.best,
        )

    def _kept(self, array: Any) -> npt.NDArray[Any]:
        return read_only(self.backend.to_host(array)[0])

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

    def _diverged(self) -> None:
        best, pace = self._best_moment(), self._pace()
        # What the optimizer remembers led here, and may be infinite itself: going on begins without it.
        good = self.state.thetas if self.state.good is None else self.state.good
        self.state = self.engine.zero_state(self.backend.to_host(good), self.training.optimizer.name, self.state.step)
        back = best.epoch if best else 0
        self.divergence = Divergence(self.state.step, self.epoch_now, pace["rate"], back, pace["base_rate"])
        measured = self.measure()
        if self.state.step > self.history.last("step") and np.isfinite(measured["train_loss"]):
            # The last row is from before the losses rose: what is shown is to be that of the θ that is shown.
            change, self._change = self._change, 0
            place = {"step": float(self.state.step), "epoch": self.epoch_now, "change": float(change)}
            self.history.append(place | measured | pace)

    def _best_moment(self) -> Moment | None:
        return min(self.history.moments(), key=lambda m: m.loss, default=None)

    def resume(self) -> None:
        """Allow going on after a divergence, from the last good θ with whatever rate there is now, or after a stop."""
        self.divergence = None
        self._stop("")

    def _stop(self, sentence: str) -> None:
        self.standing = replace(self.standing, stopped=sentence)

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
        it begins anew, with its count of steps. A row and a checkpoint are recorded; while a hand goes on moving θ, one
        checkpoint in all, so that it drives no others out. Raises ValueError for another P.
        """
        placed = np.asarray(theta, dtype=np.float64)
        if placed.shape != (self.model.network.parameters,):
            raise ValueError(f"θ needs shape ({self.model.network.parameters},), not {placed.shape}")
        self.state = self.engine.zero_state(placed[None], self.training.optimizer.name, self.state.step)
        self.resume()
        if int(np.nan_to_num(self.history.last("change"))) & PLACED:
            self.history.take_back(self.state.step)
        self._change |= PLACED
        self.record(keep=True)

    def on(self, backend: Backend) -> Self:
        """The same run on another backend; this one is not to be used after."""
        other = type(self)(self.experiment, backend, self.theta)
        other._go_to(self.moment())
        other.run, other.history, other.seconds = self.run, self.history, self.seconds
        other.divergence, other.standing = self.divergence, self.standing
        other._rate, other._change = self._rate, self._change
        return other

    def _go_to(self, moment: Moment) -> None:
        self.divergence, self._rate = None, None
        self.standing = taken_up(moment.watch, moment.best)
        slots = tuple(self.engine.array(slot[None]) for slot in moment.slots)
        if len(slots) != len(OPTIMIZERS[self.training.optimizer.name].slots):
            slots = self.engine.zero_state(moment.theta[None], self.training.optimizer.name).slots
        self.state = State(self.engine.array(moment.theta[None]), slots, moment.step, moment.since)
        self.epoch = moment.epoch
        self._restart_epoch()
        self.offset = moment.offset
