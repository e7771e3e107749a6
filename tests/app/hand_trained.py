"""A session whose run is advanced by hand, for tests of panels that show one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core.data.generators import generate
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Training, with_ids
from core.trainer import Trainer
from tests.app.fake_session import FakeSession


def experiment(kind: str, task: Any, classes: int = 2, units: tuple[int, ...] = (), count: int = 90) -> Experiment:
    generator = Generator(kind, count, 0.3, classes)
    return Experiment(
        "test",
        Data(task, classes, generate(generator), generator),
        with_ids(Network(tuple(Dense(n) for n in units))),
        Training(learning_rate=0.01, optimizer=Choice("adam")),
    )


class HandTrained(FakeSession):
    """A FakeSession with a trainer that runs only when told to."""

    snapshot: Any

    def __init__(self, experiment: Experiment) -> None:
        super().__init__(experiment)
        self.trainer = Trainer(experiment)
        self.snapshot = self.trainer.snapshot()

    def train(self, epochs: int) -> None:
        for _ in range(epochs):
            self.trainer.step_epoch()
        self.show()

    def adopt(self, experiment: Experiment) -> None:
        self.edit("edit", experiment)
        self.trainer.adopt(experiment)
        self.show()

    def show(self) -> None:
        self.snapshot = self.trainer.snapshot()
        self.published.emit(self.snapshot)

    def publish(self, weights: Any, biases: Any = 0.0) -> None:
        """Show a θ whose first layer has these weights and biases, and whose others have none."""
        network = self.trainer.model.network
        theta = np.zeros(network.parameters, np.float32)
        network.weights(theta, 0)[:] = weights
        network.biases(theta, 0)[:] = biases
        self.snapshot = replace(self.snapshot, theta=theta)
        self.published.emit(self.snapshot)

    def set_state(self, state: str) -> None:
        self.state = state
        self.run_changed.emit()
