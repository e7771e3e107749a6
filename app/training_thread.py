"""The worker thread that owns a Trainer and runs it in slices of a few milliseconds."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QThread

from app.faults import describe
from app.mailbox import Mailbox
from core.spec import Experiment
from core.tables import SpecError
from core.trainer import Snapshot, Trainer

SLICE, LONG_SLICE = 0.005, 0.022
"""Seconds of training between looks at what the window wants; the long one is for an engine that gives the lock away.

Longer ones make frames late with the NumPy engine; with the compiled one shorter ones ask for the lock too often.
"""
REST = 0.004
"""Seconds between looks at the clock when training runs slower than it could."""
PATIENCE = 0.1
"""Seconds the training thread stands back at most while the window draws."""
SWITCH_INTERVAL = 0.0005
"""Seconds after which Python takes the interpreter lock away from a thread that holds it while training runs."""

Command = Callable[["Worker"], None]


@dataclass(frozen=True)
class Report:
    """What the worker says of itself: the run, whether it is playing, and how many commands it has carried out."""

    snapshot: Snapshot | None
    playing: bool
    done: int
    error: str = ""


class Worker:
    """What commands act on: the trainer, and whether it is running."""

    def __init__(self, make: Callable[[], Trainer]) -> None:
        self.make = make
        self._trainer: Trainer | None = None
        self.playing = False
        self.until: int | None = None
        self.speed = math.inf
        self._began = (0.0, 0.0)

    @property
    def trainer(self) -> Trainer:
        """The trainer, made on first use so that it is made on the worker's thread."""
        if self._trainer is None:
            self._trainer = self.make()
        return self._trainer

    @trainer.setter
    def trainer(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def play(self, until: int | None = None) -> None:
        """Train until told to pause, or to the end of epoch ``until``; after a divergence, from the last good θ."""
        self.trainer.resume()
        self.until = until
        self.playing = True
        self.run_at(self.speed)

    def pause(self) -> None:
        """Train no further."""
        self.playing = False

    def run_at(self, speed: float) -> None:
        """Train at most so many epochs a second from now on."""
        self.speed = speed
        self._began = (time.monotonic(), self.trainer.epoch_now)

    def slice(self) -> bool:
        """One turn of training; false if at this speed no step is due yet."""
        due = self._due()
        if due == 0:
            return False
        left = None if self.until is None else self.trainer.steps_until(self.until)
        limits = [steps for steps in (due, left) if steps is not None]
        self.trainer.advance(min(limits, default=None), LONG_SLICE if self.trainer.engine.releases_lock else SLICE)
        ended = self.until is not None and self.trainer.steps_until(self.until) <= 0
        self.playing = self.trainer.divergence is None and not self.trainer.stopped and not ended
        return True

    def _due(self) -> int | None:
        """Steps that the speed asks for by now; None for as many as there is time for."""
        if math.isinf(self.speed):
            return None
        when, epoch = self._began
        behind = epoch + self.speed * (time.monotonic() - when) - self.trainer.epoch_now
        if behind > self.speed:
            # More than a second late: the machine is slower than the speed, and is not to catch up in one burst.
            self.run_at(self.speed)
        return max(0, math.floor(behind * self.trainer.steps_per_epoch))


class TrainingThread(QThread):
    """Carries out commands in order, trains while playing, and puts a report of each slice in the mailbox."""

    def __init__(self, make: Callable[[], Trainer], mailbox: Mailbox[Report]) -> None:
        super().__init__()
        self.setObjectName("training")
        self._mailbox = mailbox
        self._worker = Worker(make)
        self._wake = threading.Condition()
        self._commands: list[Command] = []
        self._experiment: Experiment | None = None
        self._posted = self._done = 0
        self._stop = False
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def standing_back(self) -> Iterator[None]:
        """Have no new slice begin meanwhile.

        A drawing is a thousand short calls, and each may have to win the interpreter lock back from the NumPy engine:
        side by side it takes four times as long.
        """
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def post(self, command: Command) -> int:
        """Have ``command`` carried out before the next slice; gives its number."""
        with self._wake:
            self._commands.append(command)
            return self._posted_one()

    def adopt(self, experiment: Experiment) -> int:
        """Have the trainer follow ``experiment``; of several waiting the newest is enough."""
        with self._wake:
            if self._experiment is None:
                self._commands.append(self._adopt_newest)
            self._experiment = experiment
            return self._posted_one()

    def stop(self) -> None:
        """End the thread after the present slice, and wait for it."""
        with self._wake:
            self._stop = True
            self._wake.notify()
        self.wait()

    def _posted_one(self) -> int:
        self._posted += 1
        self._wake.notify()
        return self._posted

    def _adopt_newest(self, worker: Worker) -> None:
        with self._wake:
            experiment, self._experiment = self._experiment, None
        if experiment is not None and worker.trainer.adopt(experiment) and not worker.playing:
            # Nothing else would say what the loss is now.
            worker.trainer.record()

    def run(self) -> None:
        """The thread's loop; an exception ends the run with a message, never the thread."""
        usual = sys.getswitchinterval()
        try:
            while not self._stop:
                self._turn(usual)
        finally:
            sys.setswitchinterval(usual)

    def _turn(self, usual: float) -> None:
        worker = self._worker
        with self._wake:
            if not (self._commands or worker.playing or self._stop):
                sys.setswitchinterval(usual)
                self._wake.wait()
            commands, self._commands = self._commands, []
            posted = self._posted
        if self._stop:
            return
        error, moved = "", bool(commands)
        try:
            for command in commands:
                command(worker)
            if worker.playing:
                sys.setswitchinterval(SWITCH_INTERVAL)
                if not worker.trainer.engine.releases_lock:
                    self._free.wait(PATIENCE)
                moved |= worker.slice()
            if not moved:
                self._rest()
                return
            snapshot = worker.trainer.snapshot()
        except SpecError as problem:
            worker.playing, error, snapshot = False, describe(problem), None
        except Exception as problem:
            worker.playing, error, snapshot = False, f"Training stopped: {type(problem).__name__}: {problem}", None
        self._done = posted
        self._mailbox.put(Report(snapshot, worker.playing, posted, error))

    def _rest(self) -> None:
        """Wait a little for the next step to be due, or for a command."""
        with self._wake:
            if not (self._commands or self._stop):
                self._wake.wait(REST)
