"""Backpropagation looked at from outside: the gradient at a θ, the step to come, and one sample's way there and back.

Everything is asked of the engine, in float64; nothing here differentiates by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.backend import CPU
from core.engine.array import ArrayEngine, State
from core.frozen import free
from core.model import Model
from core.network import Block, Network
from core.optimizers import OPTIMIZERS
from core.steering import hyper, next_rate

Floats = npt.NDArray[np.float64]


class Place(Protocol):
    """Where a run is, as far as its next step depends on it; a history's Moment is one."""

    @property
    def theta(self) -> npt.NDArray[Any]:
        """θ (P,)."""

    @property
    def slots(self) -> tuple[npt.NDArray[Any], ...]:
        """The optimizer's arrays, each (P,)."""

    @property
    def since(self) -> int:
        """Steps since the optimizer began."""

    @property
    def step(self) -> int:
        """Steps taken."""

    @property
    def epoch(self) -> int:
        """Epochs done."""

    @property
    def offset(self) -> int:
        """Samples seen of the present one."""

    @property
    def watch(self) -> Any:
        """What stop rules and the schedule remember."""


@dataclass(frozen=True, eq=False)
class Slopes:
    """At one θ, over all training samples: the objective, its ``gradient`` (P,), and what the next step would add (P,).

    All three are a training step's on all samples in one batch, so that batch norm goes by their own statistics.
    ``change`` is the Δθ of θ ← θ + Δθ, of running statistics too. NaN and zeros without samples.
    """

    loss: float
    gradient: Floats
    change: Floats


@dataclass(frozen=True, eq=False)
class Trace:
    """One sample's way through the network at one θ: ``x`` (D,), ``target`` (K,), its ``loss`` without penalties.

    Of every layer ``z`` (units,), what adds up, ``u`` (units,), what reaches the activation, ``a`` (units,), what comes
    out of the layer, and ``delta`` (units,), ∂loss/∂z (Goodfellow, Bengio & Courville 2016, algorithms 6.3 and 6.4).
    u is z where nothing is normalised, and γ ẑ + β, by running statistics, where something is; a is g(u), and where
    there is a shortcut what that adds.
    """

    x: Floats
    target: Floats
    loss: float
    z: tuple[Floats, ...]
    u: tuple[Floats, ...]
    a: tuple[Floats, ...]
    delta: tuple[Floats, ...]


def rate_at(model: Model, place: Place) -> float:
    """The learning rate of the step that comes after ``place``, its schedule and warm-up included."""
    count = len(model.prepared.y_train)
    return next_rate(model.experiment.training, count, place.epoch, place.offset, place.watch.plateau.scale)


def slopes(model: Model, place: Place) -> Slopes:
    """The gradient at a run's ``place``, and the step its optimizer would take there on all samples in one batch.

    The step is the optimizer's own, with what it remembers, the rate of that moment, weight decay, clipping and what
    is frozen; no unit is dropped out.
    """
    samples = len(model.prepared.y_train)
    theta = np.asarray(place.theta, dtype=np.float64)[None]
    if not samples:
        return Slopes(float("nan"), np.zeros(theta.shape[1]), np.zeros(theta.shape[1]))
    training, row = model.experiment.training, OPTIMIZERS[model.experiment.training.optimizer.name]
    engine = ArrayEngine(_without_dropout(model.network), CPU, np.float64)
    x, t = model.prepared.x_train, model.targets(model.prepared.y_train)
    loss, gradient = engine.gradient(theta, x, t, training.l1, training.l2, batch_statistics=True)
    slots = tuple(engine.array(slot)[None] for slot in place.slots)
    if len(slots) != len(row.slots):
        slots = engine.zero_state(theta, row.name).slots
    settings = hyper(training, rate_at(model, place), samples, free(model.experiment.network, model.network))
    state = State(theta, slots, place.step, place.since)
    trained = engine.train(state, engine.columns(x), engine.columns(t), np.arange(samples), 1, settings)
    change = np.zeros_like(theta) if trained.update is None else -trained.update
    return Slopes(float(loss[0]), gradient[0], change[0])


def mean_signals(model: Model, theta: npt.ArrayLike) -> tuple[Floats, ...]:
    """The mean of every column's activations over the training samples at θ (P,): inputs (D,), then each layer's."""
    x = model.prepared.x_train
    if not len(x):
        return tuple(np.zeros(units) for units in model.network.shape)
    layers = ArrayEngine(model.network, CPU, np.float64).activations(np.asarray(theta)[None], x)
    return (np.asarray(x, dtype=np.float64).mean(axis=0), *(a[0].mean(axis=1) for a in layers))


def trace(model: Model, theta: npt.ArrayLike, index: int) -> Trace:
    """The way of sample ``index`` (among the Experiment's points) forwards and back at θ (P,), without dropout.

    Raises IndexError where there is no such sample.
    """
    points, network = model.experiment.data.points, model.network
    x, target = model.inputs(points.x[index : index + 1]), model.targets(points.y[index : index + 1])
    if not len(x):
        raise IndexError(f"there is no sample {index}: there are {len(points)}")
    thetas = np.asarray(theta, dtype=np.float64)[None]
    engine = ArrayEngine(network, CPU, np.float64)
    activations = engine.activations(thetas, x)
    loss = float(engine.losses(thetas, x, target)[0, 0])
    return Trace(
        x[0],
        target[0],
        loss,
        tuple(_sum_at(network, k, thetas, x, norm="none") for k in range(len(network.layers))),
        tuple(_sum_at(network, k, thetas, x) for k in range(len(network.layers))),
        tuple(a[0, :, 0] for a in activations),
        _deltas(network, thetas, x, target),
    )


def _without_dropout(network: Network) -> Network:
    return replace(network, layers=tuple(replace(layer, dropout=0.0) for layer in network.layers))


def _sum_at(network: Network, index: int, thetas: Floats, x: Floats, **without: Any) -> Floats:
    """What reaches layer ``index``'s activation: what the network up to it says when that, and its shortcut, are left
    out, and what ``without`` says.
    """
    bare = replace(network.layers[index], activation="linear", shortcut=None, **without)
    upto = replace(network, layers=(*network.layers[:index], bare))
    z = ArrayEngine(upto, CPU, np.float64).activations(thetas[:, : upto.parameters], x)[-1]
    return np.asarray(z[0, :, 0])


def _deltas(network: Network, thetas: Floats, x: Floats, target: Floats) -> tuple[Floats, ...]:
    """Each layer's ∂loss/∂z of one sample: the gradient with respect to its bias, which one that has none is lent."""
    layers, end = [], network.parameters
    for layer in network.layers:
        bias = layer.bias
        if bias is None:
            bias = Block(end, end + layer.units, (layer.units,))
            end = bias.stop
        layers.append(replace(layer, bias=bias, dropout=0.0))
    lent = np.concatenate([thetas, np.zeros((1, end - network.parameters))], axis=1)
    engine = ArrayEngine(replace(network, layers=tuple(layers)), CPU, np.float64)
    gradient = engine.gradient(lent, x, target)[1][0]
    return tuple(gradient[layer.bias.start : layer.bias.stop].copy() for layer in layers if layer.bias)
