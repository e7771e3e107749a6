"""The Trainer: advances a run of an Experiment, and follows the Experiment as it is edited.

Shuffles and dropout are drawn by (seed, epoch) and (seed, step), so that a run is the same however it is sliced.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from core.changes import changed
from core.engine import choice
from core.engine.array import Hyper, State
from core.judging import after_edit, judge_block
from core.model import Model
from core.random import key, permutation
from core.recording import Block
from core.reshaping import carried, same_layout
from core.run import Run
from core.snapshot import Divergence, Snapshot
from core.spec import Experiment
from core.steering import hyper, most_epochs
from core.stopping import timed_out, undisturbed

__all__ = ["Divergence", "Snapshot", "Trainer"]


REST = 0.15
"""The share of its time that ``advance`` lets go: what is done in so little costs more to begin than to do."""


class Trainer(Run):
    """Advances one run, by steps, epochs or time; as the run, it belongs to the thread that advances it."""

    # following the Experiment

    def adopt(self, experiment: Experiment) -> bool:
        """Go on with an edited Experiment: settings from the next step, weights kept where their two ends remain.

        Gives whether what was last recorded is no longer so: other data, another network or loss, in mid-run. Raises
        SpecError, changing nothing, where the Experiment does not fit together.
        """
        old, model = self.model, Model.of(experiment, self.model)
        self.model = model
        if self.state.step > 0:
            self._change |= changed(old, model)
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
        self.standing = after_edit(self.standing, old.experiment.training, self.training, comparable=not replaced)
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
        before, new = old.network, self.model.network
        self.state = carried(self.state, before, new, self.engine, self.backend, self.training.seed)
        if not same_layout(before, new):
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
            if left <= 0 or (taken and seconds is not None and left < REST * seconds):
                break
            if self.seconds < self.training.stop.seconds:
                left = min(left, self.training.stop.seconds - self.seconds)
            wanted = min(left / self._step_seconds, np.inf if steps is None else steps - taken)
            whole = min(wanted / self.steps_per_epoch, most_epochs(self.training, self.engine))
            whole = min(whole, undisturbed(self.standing.watch, self.training, self.epoch))
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

    def steps_until(self, epoch: int) -> int:
        """How many steps there are to the end of epoch ``epoch``, 0 if it is past."""
        return 0 if epoch <= self.epoch else (epoch - self.epoch - 1) * self.steps_per_epoch + self._batches_left()

    def _batches_left(self) -> int:
        return max(1, -(-(self.samples - self.offset) // self.batch))

    def _rest_of_epoch(self) -> Any:
        """The samples still to come in this epoch, in their order."""
        if self._order is None:
            order = permutation(key(self.training.seed, self.epoch), self.samples)
            self._order = self.backend.to_device(order)
        return self._order[self.offset :]

    def _hyper(self, steps: int) -> Hyper:
        return hyper(self.training, self._rates(steps), self.batch, self._free)

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
            self._diverged()
        elif self.offset >= self.samples:
            self.epoch += 1
            self._restart_epoch()
            self.record(trained, closing=True)
        self._look_at_clock(seconds)
        return taken

    def _epochs(self, most: int) -> int:
        """Some whole epochs in one call of the engine, which measures and records them too; gives the steps taken."""
        began, state, seconds, each = time.perf_counter(), self.state, self.seconds, self.steps_per_epoch
        hyper = self._hyper(most * each)
        done = self.engine.run_epochs(
            state, self._x, self._t, self._everything, self.yardstick.middle, self.epoch, most, hyper
        )
        self._spent(began, done.trained.state.step - state.step)
        clock = np.linspace(seconds, self.seconds, done.done + 1)
        place = (each, state.step, state.since, self.epoch)
        block = Block(done, *place, hyper.rate, self.training.learning_rate, clock)
        measured = self.yardstick.columns(done.sums)
        losses = np.stack([measured["train_loss"], measured["test_loss"]], axis=1)
        judged = judge_block(self.standing, self.training, self.epoch, losses, block.best)
        count = len(judged.standings)
        self.state, self._last = self._cut(block, count) if judged.cut else done.trained.state, done.trained
        taken = self.state.step - state.step
        self._rate = float(hyper.rate_of(max(1, taken) - 1))
        change, self._change = self._change, 0 if count else self._change
        self.history.extend(
            block.columns(measured, self.model.network, count, change),
            count,
            block.checkpoints(losses[:, 0], judged.standings, self.history.recorded),
        )
        self.epoch += count
        self.standing = judged.standings[-1] if count else self.standing
        self._restart_epoch()
        if judged.back:
            self._go_back()
        if done.trained.failed[0] >= 0 and not judged.cut:
            self.offset = min(self.samples, (taken - count * each) * self.batch)
            self._diverged()
        self._look_at_clock(seconds)
        return taken

    def _cut(self, block: Block, epochs: int) -> State:
        """The state after the first ``epochs`` of a block."""
        theta, slots = block.arrays(epochs - 1)
        steps = epochs * block.each
        arrays = tuple(self.engine.array(slot[None]) for slot in slots)
        return State(self.engine.array(theta[None]), arrays, block.step + steps, block.since + steps)

    def _look_at_clock(self, before: float) -> None:
        """Stop when the time is up, which was not at ``before`` seconds of training."""
        if not self.stopped and self.divergence is None:
            self._stop(timed_out(self.training.stop, self.epoch_now, before, self.seconds))

    def _spent(self, began: float, taken: int) -> None:
        spent = time.perf_counter() - began
        self.seconds += spent
        self._step_seconds = 0.7 * self._step_seconds + 0.3 * spent / max(1, taken)
