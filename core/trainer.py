"""The Trainer: advances a run of an Experiment, and follows the Experiment as it is edited.

It owns θ, the optimizer's state and the place in the epoch. Shuffles and dropout are drawn by (seed, epoch) and
(seed, step), so that a run is the same however it is sliced.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.backend import CPU, Backend
from core.engine import choice
from core.engine.array import Hyper, State, Trained
from core.history import History, Moment
from core.model import Model
from core.network import carry
from core.optimizers import OPTIMIZERS
from core.random import key, permutation
from core.spec import Experiment, Training
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
    """A run at one moment: all that a picture of it needs. ``theta`` (P,) is read-only."""

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
        self.state = self.engine.zero_state(theta[None], self.training.optimizer.name)
        self.epoch = self.offset = 0
        self.seconds = 0.0
        self._step_seconds = 1e-4
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
        prepared = self.model.prepared
        train, test = self.model.targets(prepared.y_train), self.model.targets(prepared.y_test)
        self._x = self.engine.columns(prepared.x_train)
        self._t = self.engine.columns(train)
        self._all_x = self.engine.columns(np.concatenate([prepared.x_train, prepared.x_test]))
        self._all_t = self.engine.columns(np.concatenate([train, test]))
        self._restart_epoch()

    def _restart_epoch(self) -> None:
        self.offset = 0
        self._order = self._shuffled(self.epoch)

    def _shuffled(self, epoch: int) -> Any:
        return self.backend.to_device(permutation(key(self.training.seed, epoch), self.samples))

    # following the Experiment

    def adopt(self, experiment: Experiment) -> None:
        """Go on with an edited Experiment: settings from the next step, weights kept where their two ends remain.

        Raises SpecError, changing nothing, where the Experiment does not fit together.
        """
        old, model = self.model, Model.of(experiment, self.model)
        self.model = model
        resized = old.network != model.network or old.experiment.training.precision != self.training.precision
        renewed = resized or model.prepared is not old.prepared
        if resized:
            self._reshape(old)
        if old.experiment.training.optimizer.name != self.training.optimizer.name:
            thetas = self.backend.to_host(self.state.thetas)
            self.state = self.engine.zero_state(thetas, self.training.optimizer.name, self.state.step)
        if renewed:
            self._upload()
        reseeded = old.experiment.training.seed != self.training.seed
        if reseeded:
            self._restart_epoch()
        if self.state.step == 0 and (reseeded or old.network.initializer != model.network.initializer):
            self.reset()
        elif self.state.step == 0 and renewed:
            self._begin(self.theta)

    def _reshape(self, old: Model) -> None:
        """A new engine; θ and the optimizer's arrays carried over to its layout."""
        self.engine = self.model.engine(self.backend)
        new = self.model.network
        layout_moved = [(b.weight, b.bias, b.sources) for b in old.network.layers] != [
            (b.weight, b.bias, b.sources) for b in new.layers
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

        Stops where the loss is no longer finite: ``divergence`` then says where, and θ is the last good one.
        Raises SpecError when there is nothing to train on.
        """
        if problem := self.model.untrainable:
            raise problem
        self._take_fastest()
        start = time.perf_counter()
        taken = 0
        while self.divergence is None and (steps is None or taken < steps):
            left = np.inf if seconds is None else seconds - (time.perf_counter() - start)
            if left <= 0:
                break
            most = self._batches_left() if steps is None else min(self._batches_left(), steps - taken)
            taken += self._slice(int(max(1, min(most, left / self._step_seconds))))
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

    def _hyper(self) -> Hyper:
        training, row = self.training, OPTIMIZERS[self.training.optimizer.name]
        settings = settle("training.optimizer", row.settings, training.optimizer.settings)
        return Hyper(
            training.learning_rate, training.batch_size, row.name, settings, training.l1, training.l2, training.seed
        )

    def _slice(self, steps: int) -> int:
        """Some steps within the epoch, closing it if they reach its end."""
        began, before = time.perf_counter(), self.state.step
        hyper = self._hyper()
        trained = self.engine.train(self.state, self._x, self._t, self._order[self.offset :], steps, hyper)
        self.state = trained.state
        taken = self.state.step - before
        self.offset = min(self.samples, self.offset + taken * hyper.batch_size)
        spent = time.perf_counter() - began
        self.seconds += spent
        self._step_seconds = 0.7 * self._step_seconds + 0.3 * spent / max(1, taken)
        self._last = trained
        if trained.failed[0] >= 0:
            self._diverged(int(trained.failed[0]))
        elif self.offset >= self.samples:
            self.epoch += 1
            self._restart_epoch()
            self.record(trained)
        return taken

    # looking at the run

    def record(self, trained: Trained | None = None) -> None:
        """Add a row to the history: losses and scores on all points, and what the last step did to each layer."""
        measured = self.measure()
        if self.samples and not np.isfinite(measured["train_loss"]):
            self._diverged(self.state.step)
            return
        place = {"step": float(self.state.step), "epoch": self.epoch_now}
        row = place | measured | {"rate": self.training.learning_rate, "seconds": self.seconds}
        if trained is not None and trained.gradient is not None:
            row |= self._layer_norms(trained)
        self.history.append(row)
        self._remember(measured["train_loss"])

    def measure(self) -> dict[str, float]:
        """Losses and scores of θ as it is now, on the points that train and those that test; NaN where undefined."""
        losses, outputs = self._evaluate()
        n, prepared = self.samples, self.model.prepared
        return {
            "train_loss": float(losses[:n].mean(dtype=np.float64)) if n else float("nan"),
            "test_loss": float(losses[n:].mean(dtype=np.float64)) if len(losses) > n else float("nan"),
            "train_accuracy": self.model.score(outputs[:n], prepared.y_train),
            "test_accuracy": self.model.score(outputs[n:], prepared.y_test),
        }

    def _evaluate(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Losses (N,) and outputs (N, K) of all points, those that train first."""
        if self._all_x.shape[-1] == 0:
            return np.empty(0), np.empty((0, self.model.network.output.units))
        losses, outputs = self.engine.measure(self.state.thetas, self._all_x, self._all_t)
        return self.backend.to_host(losses)[0], self.backend.to_host(outputs)[0].T

    @property
    def epoch_now(self) -> float:
        """Epochs done, with the share of the present one."""
        return self.epoch + (self.offset / self.samples if self.samples else 0.0)

    def _layer_norms(self, trained: Trained) -> dict[str, float]:
        """Norm of each layer's last gradient, and of its update relative to its parameters."""
        layers = self.model.network.layers
        starts = [layer.weight.start for layer in layers]

        def norms(array: Any) -> npt.NDArray[np.float64]:
            squares = np.square(self.backend.to_host(array)[0], dtype=np.float64)
            return np.sqrt(np.add.reduceat(squares, starts))

        gradients, updates, sizes = norms(trained.gradient), norms(trained.update), norms(trained.state.thetas)
        row = {}
        for layer, gradient, update, size in zip(layers, gradients, updates, sizes, strict=True):
            row[f"gradient/{layer.id}"] = float(gradient)
            row[f"ratio/{layer.id}"] = float(update / size) if size else float("nan")
        return row

    def _remember(self, loss: float) -> None:
        self.history.remember(self.moment(loss))

    def moment(self, loss: float = float("nan")) -> Moment:
        """Where the run is now, in host arrays that nothing will change: enough to go on from."""
        return Moment(
            self.state.step,
            self.state.since,
            self.epoch,
            self.offset,
            self._kept(self.state.thetas),
            tuple(self._kept(slot) for slot in self.state.slots),
            len(self.history),
            loss,
        )

    def _kept(self, array: Any) -> npt.NDArray[Any]:
        copy = np.array(self.backend.to_host(array)[0])
        copy.setflags(write=False)
        return copy

    def snapshot(self) -> Snapshot:
        """The run as it is now, safe to hand to another thread."""
        h, moment = self.history, self.moment()
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
        """Allow going on from the last good θ after a divergence, with whatever rate there is now."""
        self.divergence = None

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

    def load(self, moment: Moment) -> None:
        """Go on from ``moment`` of another run of this architecture, as one that begins there."""
        self._go_to(moment)
        self.history = History()
        self.record()

    def on(self, backend: Backend) -> Trainer:
        """The same run on another backend; this Trainer is not to be used after."""
        other = Trainer(self.experiment, backend, self.theta)
        other._go_to(self.moment())
        other.run, other.history, other.seconds, other.divergence = (
            self.run,
            self.history,
            self.seconds,
            self.divergence,
        )
        return other

    def _go_to(self, moment: Moment) -> None:
        self.divergence = None
        slots = tuple(self.engine.array(slot[None]) for slot in moment.slots)
        if len(slots) != len(OPTIMIZERS[self.training.optimizer.name].slots):
            slots = self.engine.zero_state(moment.theta[None], self.training.optimizer.name).slots
        self.state = State(self.engine.array(moment.theta[None]), slots, moment.step, moment.since)
        self.epoch = moment.epoch
        self._restart_epoch()
        self.offset = moment.offset
