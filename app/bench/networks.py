"""The networks and samples that are benchmarked, ours and PyTorch's of the same shape."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.array import ArrayEngine, Hyper, State
from core.losses import LOSSES
from core.network import OUTPUT_ID, Block, Layer, Network
from core.optimizers import OPTIMIZERS
from core.spec import Choice

Array = npt.NDArray[Any]
DIGITS = Path(__file__).resolve().parents[2] / "resources" / "datasets" / "digits.csv"


def network(shape: Sequence[int], hidden: str = "tanh", output: str = "tanh", loss: str = "mse") -> Network:
    """A network of dense layers of these widths, the inputs' first."""
    layers, start = [], 0
    for index, (fan_in, units) in enumerate(pairwise(shape)):
        last, middle = index == len(shape) - 2, start + units * fan_in
        layers.append(
            Layer(
                OUTPUT_ID if last else index + 1,
                "output" if last else f"layer {index + 1}",
                units,
                fan_in,
                output if last else hidden,
                0.0,
                Block(start, middle, (units, fan_in)),
                Block(middle, middle + units, (units,)),
                tuple(range(fan_in)),
            )
        )
        start = middle + units
    settings = {setting.name: setting.default for setting in LOSSES[loss].settings}
    return Network(
        tuple(f"x{i + 1}" for i in range(shape[0])), tuple(layers), Choice(loss, settings), Choice("glorot_uniform")
    )


def two_classes(count: int) -> tuple[Array, Array]:
    """Points (N, 2) and targets (N, 1) of -1 and 1: inside a circle, and outside."""
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (count, 2))
    return x, np.where((x**2).sum(axis=1, keepdims=True) < 0.5, 1.0, -1.0)


@cache
def digits() -> tuple[Array, npt.NDArray[np.int64]]:
    """The 8 × 8 images of handwritten digits (1797, 64) in [0, 1], and which they are (1797,)."""
    with DIGITS.open(encoding="utf-8", newline="") as file:
        table = np.array(list(csv.reader(file))[1:], dtype=np.float64)
    return table[:, :-1] / 16.0, table[:, -1].astype(np.int64)


def one_hot(labels: npt.NDArray[np.int64], classes: int) -> Array:
    """Labels (N,) as targets (N, classes)."""
    return np.eye(classes)[labels]


def hyper(optimizer: str, rate: Any, batch: int) -> Hyper:
    """The optimizer with its usual settings."""
    settings = {setting.name: setting.default for setting in OPTIMIZERS[optimizer].settings}
    return Hyper(rate, batch, optimizer, settings)


@dataclass
class Training:
    """A stack of networks of ours at its training."""

    engine: ArrayEngine
    state: State
    x: Any
    t: Any
    labels: Array
    hyper: Hyper

    @classmethod
    def of(cls, engine: ArrayEngine, x: Array, t: Array, labels: Array, hyper: Hyper, runs: int = 1) -> Training:
        """So many runs from seeds 0, 1, …"""
        thetas = np.stack([engine.network.initial(seed) for seed in range(runs)])
        return cls(
            engine, engine.zero_state(thetas, hyper.optimizer), engine.columns(x), engine.columns(t), labels, hyper
        )

    def epochs(self, count: int) -> None:
        """Train one run as the program does: shuffled, and every epoch's losses and accuracy measured and recorded."""
        everything, done = (self.x, self.t, self.labels), 0
        while done < count:
            most = min(count - done, self.engine.most_epochs)
            middle = 0.0 if self.t.shape[0] == 1 else 0.5
            block = self.engine.run_epochs(self.state, self.x, self.t, everything, middle, done, most, self.hyper)
            self.state, done = block.trained.state, done + most

    def steps(self, epochs: int, seed: int = 0) -> None:
        """Train all runs, shuffled, without measuring anything."""
        rng, samples = np.random.default_rng(seed), self.x.shape[1]
        order = np.concatenate([rng.permutation(samples) for _ in range(epochs)])
        steps = -(-len(order) // self.hyper.batch_size)
        order = self.engine.backend.to_device(order)
        self.state = self.engine.train(self.state, self.x, self.t, order, steps, self.hyper).state
