"""A Model: an Experiment made ready to compute with; everything about a run that its θ does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.backend import CPU, Backend
from core.data.prepare import Prepared, prepare
from core.engine import choice
from core.engine.array import ArrayEngine
from core.losses import LOSSES, Loss
from core.network import Network, resolve
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES
from core.spec import Experiment
from core.tables import SpecError, settle

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Model:
    """The resolved network and the prepared data of one Experiment."""

    experiment: Experiment
    network: Network
    prepared: Prepared

    @classmethod
    def of(cls, experiment: Experiment, previous: Model | None = None) -> Model:
        """The model of ``experiment``, taking from ``previous`` what has not changed; raises SpecError."""
        training = experiment.training
        settle("training.optimizer", OPTIMIZERS[training.optimizer.name].settings, training.optimizer.settings)
        settle("training.schedule", SCHEDULES[training.schedule.name].settings, training.schedule.settings)
        network = resolve(experiment)
        if previous and previous.experiment.data == experiment.data:
            return cls(experiment, network, previous.prepared)
        return cls(experiment, network, prepare(experiment.data))

    @property
    def classes(self) -> int:
        """How many classes, 0 for regression."""
        return self.experiment.data.classes if self.experiment.data.task == "classification" else 0

    @property
    def loss(self) -> Loss:
        """The loss's row."""
        return LOSSES[self.network.loss.name]

    @property
    def untrainable(self) -> SpecError | None:
        """Why there is nothing to train on, if so."""
        if len(self.prepared.y_train) < 1:
            return SpecError("data.points", "there are no points to learn from", "draw some, or choose a data set")
        return None

    def engine(self, backend: Backend = CPU, precision: Any = None) -> ArrayEngine:
        """The fastest engine there is for this model's network."""
        return choice.engine(self.network, backend, precision or self.experiment.training.precision)

    def inputs(self, xy: npt.ArrayLike) -> Array:
        """Raw points (N, D0) as the network sees them: features, scaled, (N, D)."""
        return self.prepared.inputs(np.asarray(xy, dtype=np.float64))

    def targets(self, y: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Labels or values (N,) as the outputs should be, (N, K)."""
        y = np.asarray(y, dtype=np.float64)
        if not self.classes:
            return y[:, None]
        low, high = ACTIVATIONS[self.network.output.activation].targets
        named = np.ones(1) if self.network.output.units == 1 else np.arange(self.network.output.units)
        return np.where(y[:, None] == named, high, low)

    def classify(self, outputs: Array) -> Array:
        """Class probabilities (…, C) from outputs (…, K); outputs that are none already are clipped to shares."""
        row = ACTIVATIONS[self.network.output.activation]
        if row.name == "softmax":
            return outputs
        low, high = row.targets
        share = np.clip((outputs - low) / (high - low), 0.0, 1.0)
        if self.network.output.units == 1:
            return np.concatenate([1.0 - share, share], axis=-1)
        total = share.sum(axis=-1, keepdims=True)
        return np.where(total > 0, share / np.where(total > 0, total, 1.0), 1.0 / self.classes)

    def decide(self, outputs: Array) -> npt.NDArray[np.int64]:
        """The class (…) that outputs (…, K) stand for: the largest, or above the middle for a single one."""
        if self.network.output.units == 1:
            low, high = ACTIVATIONS[self.network.output.activation].targets
            return (outputs[..., 0] > (low + high) / 2).astype(np.int64)
        decided: npt.NDArray[np.int64] = outputs.argmax(axis=-1)
        return decided

    def score(self, outputs: Array, y: Array) -> float:
        """Accuracy for classes, R² for values (1 - residual / total variance); NaN where it is not defined."""
        if not len(y):
            return float("nan")
        if self.classes:
            return float((self.decide(outputs) == y).mean())
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(((y - y.mean()) ** 2).sum())
            rest = float(((outputs[..., 0] - y) ** 2).sum())
        return 1.0 - rest / spread if 0.0 < spread < np.inf else float("nan")
