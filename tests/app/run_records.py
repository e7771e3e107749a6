"""Runs for tests of the panels that show histories: trained for a moment, without a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.data.generators import generate
from core.spec import Data, Dense, Experiment, Generator, Network, Training, with_ids
from core.trainer import Snapshot, Trainer


def experiment(units: Sequence[int] = (4, 3), *, generator: str = "circle", rate: float = 0.05) -> Experiment:
    """Sixty points and a small network, for classes or values as the generator says."""
    made = Generator(generator, 60)
    task: Any = "regression" if generator in ("plane", "sine") else "classification"
    data = Data(task=task, points=generate(made), generator=made)
    network = with_ids(Network(tuple(Dense(n) for n in units)))
    return Experiment(data=data, network=network, training=Training(learning_rate=rate))


def trained(given: Experiment, epochs: int = 12) -> Trainer:
    """A trainer of ``given`` after so many epochs."""
    trainer = Trainer(given)
    for _ in range(epochs):
        trainer.step_epoch()
    return trainer


class RunSession(QObject):
    """What panels see of a session, with a trainer in the same thread."""

    edited = Signal(object, object)
    published = Signal(object)
    run_changed = Signal()
    show_test_changed = Signal(bool)

    def __init__(self, trainer: Trainer) -> None:
        super().__init__()
        self.trainer = trainer
        self.snapshot: Snapshot | None = None
        self.state = "paused"

    @property
    def experiment(self) -> Experiment:
        return self.trainer.experiment

    @property
    def model(self) -> Any:
        return self.trainer.model

    def publish(self) -> Snapshot:
        """Publish the trainer as it is now."""
        self.snapshot = self.trainer.snapshot()
        self.published.emit(self.snapshot)
        return self.snapshot

    def adopt(self, after: Experiment) -> None:
        """Edit the Experiment of the run."""
        before = self.experiment
        self.trainer.adopt(after)
        self.edited.emit(before, after)
