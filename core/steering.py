"""What steers the steps to come: rates and settings for the engine, from an Experiment's training part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.array import ArrayEngine, Hyper
from core.optimizers import OPTIMIZERS
from core.random import key, permutation
from core.schedules import rates, varies
from core.spec import Training
from core.tables import settle


def batch_size(training: Training, samples: int) -> int:
    """Samples in each step: all of them for an optimizer of the whole set."""
    return max(1, samples) if OPTIMIZERS[training.optimizer.name].whole else training.batch_size


def steps_per_epoch(training: Training, samples: int) -> int:
    """Batches that so many ``samples`` fall into, at least 1."""
    return max(1, -(-samples // batch_size(training, samples)))


def next_batch(training: Training, samples: int, epoch: int, offset: int) -> npt.NDArray[np.int64]:
    """The training samples (B,) of the step that comes ``offset`` samples into ``epoch``, in their order."""
    order = permutation(key(training.seed, epoch), samples)
    batch: npt.NDArray[np.int64] = order[offset : offset + batch_size(training, samples)]
    return batch


def next_rate(training: Training, samples: int, epoch: int, offset: int, scale: float) -> float:
    """The rate of the step that comes ``offset`` samples into ``epoch``; ``scale`` is what a plateau has made of it."""
    place = (epoch, offset / batch_size(training, samples))
    return float(np.ravel(rates_ahead(training, place, steps_per_epoch(training, samples), scale, 1))[0])


def most_epochs(training: Training, engine: ArrayEngine) -> int:
    """Whole epochs that the engine can run in one call."""
    return 0 if OPTIMIZERS[training.optimizer.name].whole else engine.most_epochs


def hyper(training: Training, rate: Any, batch: int, free: Any) -> Hyper:
    """The engine's settings for steps with ``rate``, in batches of ``batch``; ``free`` (P,) is what may move."""
    row = OPTIMIZERS[training.optimizer.name]
    return Hyper(
        rate,
        batch,
        row.name,
        settle("training.optimizer", row.settings, training.optimizer.settings),
        training.l1,
        training.l2,
        training.seed,
        training.weight_decay,
        training.clip_norm,
        training.clip_value,
        free,
    )


def rates_ahead(training: Training, place: tuple[int, float], each: int, scale: float, steps: int) -> Any:
    """The rates of the steps to come: one number where it stays, else (steps,).

    ``place`` is the epochs done and the steps of the present one, of ``each``. The schedule's clock is the epochs, so
    that another batch size or other data do not make it jump.
    """
    if not varies(training):
        return training.learning_rate
    epoch, step = place
    return rates(training, epoch * each + step + np.arange(steps), each, scale)
