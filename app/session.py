"""The Session: the one owner of what a user can change: the Experiment, its undo stack, and the state of the run."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QUndoStack

from app.attention import Attention
from app.faults import describe
from app.mailbox import Mailbox
from app.past import Past
from app.remembered import Remembered
from app.training_thread import Command, Report, TrainingThread, Worker
from app.undo import Swap
from core.backend import CPU, Backend
from core.history import Moment
from core.model import Model
from core.project import Project, load, save
from core.spec import Experiment, change
from core.trainer import Snapshot, Trainer

T = TypeVar("T")

LOOK = 33
"""Milliseconds between looks into the mailbox while something is going on: more of them take from the training."""
UNDO_LIMIT = 500


class Session(Attention):
    """Edits go in by ``edit``, runs are steered by ``play`` and its kin, and what comes of them goes out by signals."""

    edited = Signal(object, object)
    published = Signal(object)
    run_changed = Signal()
    show_test_changed = Signal(bool)
    file_changed = Signal()
    failed = Signal(str)
    _ended = Signal(object)

    def __init__(self, experiment: Experiment, backend: Backend = CPU, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.experiment = experiment
        self.model = Model.of(experiment)
        self.backend = backend
        self.snapshot: Snapshot | None = None
        self.state = "paused"
        self.show_test = True
        self.speed = math.inf
        self.path: Path | None = None
        self.past = Past(self)
        self.runs_changed, self.marks_changed = self.past.runs_changed, self.past.marks_changed
        self.looking_changed = self.past.looking_changed
        self._ended.connect(self.past.keep, Qt.ConnectionType.QueuedConnection)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)
        self._mailbox: Mailbox[Report] = Mailbox()
        self._thread = TrainingThread(lambda: Trainer(experiment, backend), self._mailbox)
        self._thread.start()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)
        self._awaited = 0
        self._barrier = 0
        self._post(lambda worker: None)

    # edits

    def edit(self, label: str, experiment: Experiment, merge: str = "") -> None:
        """Make ``experiment`` the present one as an undoable step; steps with the same ``merge`` key become one.

        Raises SpecError, changing nothing, where it does not fit together.
        """
        if experiment == self.experiment:
            return
        Model.of(experiment, self.model)
        self.undo_stack.push(Swap(label, self._apply, self.experiment, experiment, merge))

    def set(self, path: str, value: Any, label: str = "", merge: str = "") -> None:
        """Set one field of the Experiment by its dotted path, as an undoable step."""
        self.edit(
            label or f"Change {path.rpartition('.')[2].replace('_', ' ')}", change(self.experiment, path, value), merge
        )

    def _apply(self, experiment: Experiment) -> None:
        before, self.experiment = self.experiment, experiment
        self.model = Model.of(experiment, self.model)
        self._await(self._thread.adopt(experiment))
        self._keep_attention(before, experiment)
        self.edited.emit(before, experiment)

    def place(self, theta: npt.ArrayLike, label: str, merge: str = "") -> None:
        """Set θ (P,) by hand as an undoable step; what is running goes on from there.

        While a moment of the past is looked at, the run first goes on from that one.
        """
        if self.snapshot is None:
            return
        self._leave_past()
        self.undo_stack.push(Swap(label, self._place, self.snapshot.theta, np.array(theta, dtype=np.float64), merge))

    def _place(self, theta: npt.NDArray[Any]) -> None:
        def run(worker: Worker) -> None:
            if len(worker.trainer.theta) == len(theta):
                worker.trainer.place(theta)

        self._post(run)

    def set_show_test(self, shown: bool) -> None:
        """Show or hide the test points everywhere."""
        if shown != self.show_test:
            self.show_test = shown
            self.show_test_changed.emit(shown)

    # the run

    def play(self, until: int | None = None) -> None:
        """Train until paused, or to the end of epoch ``until``; emits ``failed`` when there is nothing to train on."""
        if problem := self.model.untrainable:
            self.failed.emit(describe(problem))
            return
        self._leave_past()
        self._post(lambda worker: worker.play(until))
        self._set_state("running")

    def set_speed(self, speed: float) -> None:
        """Train at most so many epochs a second; infinity for as fast as it goes."""
        self.speed = speed
        self._post(lambda worker: worker.run_at(speed))

    def pause(self) -> None:
        """Stop after the present slice."""
        self._post(Worker.pause)
        self._set_state("paused")

    def toggle(self) -> None:
        """Play if paused, pause if playing."""
        self.pause() if self.state == "running" else self.play()

    def step(self, batches: int = 1) -> None:
        """Pause, and train so many batches."""
        self._single(lambda worker: worker.trainer.step_batches(batches))

    def step_epoch(self) -> None:
        """Pause, and train to the end of the epoch."""
        self._single(lambda worker: worker.trainer.step_epoch())

    def _single(self, command: Callable[[Worker], object]) -> None:
        if problem := self.model.untrainable:
            self.failed.emit(describe(problem))
            return

        self._leave_past()

        def run(worker: Worker) -> None:
            worker.pause()
            worker.trainer.resume()
            command(worker)

        self._post(run)
        self._set_state("paused")

    def reset(self) -> None:
        """Back to the same initial weights, and pause."""
        self._paused_after(self._ending(lambda worker: worker.trainer.reset()))

    def new_seed(self) -> None:
        """Other initial weights, shuffles and dropout (undoable), from step 0."""
        self.set("training.seed", (self.experiment.training.seed + 1) % 2**32, "New seed")
        self.reset()

    def rewind(self) -> None:
        """Back to the remembered moment with the lowest loss, and pause."""
        self._paused_after(lambda worker: worker.trainer.rewind())

    def halve_rate(self) -> None:
        """Back to the remembered moment with the lowest loss, and on with half the rate."""
        self.set("training.learning_rate", self.experiment.training.learning_rate / 2, "Halve learning rate")
        self.rewind()
        self.play()

    # the past

    @property
    def runs(self) -> list[Remembered]:
        """Earlier runs, oldest first."""
        return self.past.runs

    @property
    def marks(self) -> list[Remembered]:
        """Moments with a name, oldest first."""
        return self.past.marks

    @property
    def looking(self) -> Moment | None:
        """The moment of the run that is shown in place of the newest."""
        return self.past.looking

    def look_at(self, moment: Moment | None) -> None:
        """Show a moment of the present run everywhere, and pause; None shows the newest again."""
        if moment is not None and self.state == "running":
            self.pause()
        self.past.look_at(moment)
        self._show(self.past.shown())

    def go_on_from(self, moment: Moment) -> None:
        """Begin a branch at a moment of the present run, which is kept as it is."""
        self._paused_after(self._ending(lambda worker: worker.trainer.branch(moment)))
        self.past.look_at(None)

    def _leave_past(self) -> None:
        """What is done while an older moment is shown is done from there."""
        if self.past.looking is not None:
            self.go_on_from(self.past.looking)

    def remember(self, name: str = "") -> None:
        """Give what is shown now a name."""
        if self.snapshot is not None:
            self.past.remember(self.snapshot, name)

    def with_trainer(self, call: Callable[[Trainer], T]) -> T:
        """What ``call`` makes of the trainer, between two slices on its own thread; waits for it."""
        results: list[T] = []
        done = threading.Event()

        def run(worker: Worker) -> None:
            try:
                results.append(call(worker.trainer))
            finally:
                done.set()

        self._post(run)
        done.wait()
        return results[0]

    def use(self, backend: Backend) -> None:
        """Compute on ``backend`` from now on, with the same θ."""
        self.backend = backend
        self._post(lambda worker: setattr(worker, "trainer", worker.trainer.on(backend)))

    def _ending(self, command: Command) -> Command:
        """``command``, before which the run that it ends is kept as it is then, whatever was seen of it."""

        def run(worker: Worker) -> None:
            if worker.trainer.state.step > 0:
                self._ended.emit(worker.trainer.snapshot())
            command(worker)

        return run

    def _paused_after(self, command: Command) -> None:
        def run(worker: Worker) -> None:
            worker.pause()
            command(worker)

        self._cut(run)

    def _cut(self, command: Command) -> None:
        """Carry out ``command``, pause, and show nothing that was trained before it."""
        self._post(command)
        self._barrier = self._awaited
        self._set_state("paused")

    def drawing(self) -> AbstractContextManager[None]:
        """Wrap what the window draws, so that training stands back for it."""
        return self._thread.standing_back()

    # what comes back

    def _post(self, command: Command) -> None:
        self._await(self._thread.post(command))

    def _await(self, number: int) -> None:
        self._awaited = number
        self._timer.start()

    def _look(self) -> None:
        report = self._mailbox.take()
        if report is None or report.done < self._barrier:
            return
        current = report.done >= self._awaited
        if current and not report.playing:
            self._timer.stop()
        if report.error:
            self._set_state("paused")
            self.failed.emit(report.error)
        if report.snapshot is not None:
            self.snapshot = self.past.take(report.snapshot)
            if current:
                diverged = report.snapshot.divergence is not None
                self._set_state("diverged" if diverged else "running" if report.playing else "paused")
            self._show(self.snapshot)

    def _show(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            self.snapshot = snapshot
            self.published.emit(snapshot)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.run_changed.emit()

    # files

    @property
    def modified(self) -> bool:
        """Whether there are edits that no file holds."""
        return not self.undo_stack.isClean()

    def open(self, path: Path) -> None:
        """Replace everything by the file's project; raises ProjectError, changing nothing, where it cannot be read."""
        self.begin(load(path), path)

    def begin(self, project: Project, path: Path | None = None) -> None:
        """Replace everything by ``project``, with an empty undo stack, paused."""
        backend = self.backend
        model = Model.of(project.experiment)

        def run(worker: Worker) -> None:
            worker.pause()
            worker.trainer = Trainer(project.experiment, backend)
            if project.state is not None:
                worker.trainer.load(project.state)

        before, self.experiment, self.model, self.path = self.experiment, project.experiment, model, path
        self._cut(run)
        self.undo_stack.clear()
        self.past.clear()
        self._keep_attention(before, self.experiment)
        self.edited.emit(before, self.experiment)
        self.file_changed.emit()

    def project(self) -> Project:
        """The Experiment with the newest state of its run."""
        newest = self.past.newest
        if newest is None:
            return Project(self.experiment)
        before, moment = newest.model.experiment, newest.moment
        if before != self.experiment:  # edited a moment ago, and the worker has not answered yet: do as it will
            trainer = Trainer(before)
            trainer.load(moment)
            trainer.adopt(self.experiment)
            moment = trainer.moment()
        return Project(self.experiment, moment)

    def save(self, path: Path) -> None:
        """Write everything to ``path``; raises ProjectError where that cannot be done, leaving an old file whole."""
        save(path, self.project())
        self.path = path
        self.undo_stack.setClean()
        self.file_changed.emit()

    def close(self) -> None:
        """Stop the worker and wait for it."""
        self._timer.stop()
        self._thread.stop()
