"""The whole computation of one sample, number by number: forward, loss, and the chain rule backwards.

The numbers are the array engine's own, in float64, on the network without dropout: activations, outputs and losses
from its forward pass, weights' and biases' gradients from its backward pass on this one sample. What the engine does
not hand out follows from what it does, exactly:

- z = W a + b, the sum whose activation the engine gives (a test holds g(z) against it);
- u is what enters the activation: z itself, or what a normalisation makes of it, by the engine's formulas;
- h = g(u) is what leaves a layer's activation, and a what leaves the layer: with a shortcut, h and what that adds;
- ∂J/∂z = ∂J/∂b, as z grows one for one with b; where a layer has no bias, it is (∂J/∂a) g'(u), of the same formulas,
  and through a normalisation back to z;
- ∂J/∂a of a hidden layer is the sum over the next layer's units of w ∂J/∂z, the chain rule for several paths, and
  over the shortcuts that begin here of ∂J/∂a where they end, as what they add grows one for one with it.

Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", 1986.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.backend import CPU
from core.elementary import NUMPY
from core.engine.array import ArrayEngine
from core.losses import LOSSES
from core.model import Model
from core.network import Layer, Network
from core.probes.normalised import Normalised, normalised
from core.spec import Choice
from core.tables import settle

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerNumbers:
    """One layer at one sample: forward ``z``, ``h`` = g(u) and ``a``, backward ``pull`` = ∂J/∂a and ``delta`` = ∂J/∂z.

    Each is (units,). ``added`` is what a shortcut adds to the first so many of h, to make a of it; None without one.
    ``norm`` is what normalising makes u of z by; None where u is z.
    ``below`` (fan_in,) are its inputs, ``slope`` (units,) is g'(u); both slope and pull are NaN where the two cannot be
    told apart: softmax has no slope of its own, and a saturated unit divides by zero. ``dw`` (units, fan_in) and ``db``
    (units,) are the sample's gradient; biases and db are None where there are none.
    """

    layer: Layer
    below: Floats
    weights: Floats
    biases: Floats | None
    z: Floats
    h: Floats
    a: Floats
    added: Floats | None
    slope: Floats
    pull: Floats
    delta: Floats
    dw: Floats
    db: Floats | None
    norm: Normalised | None = None

    @property
    def u(self) -> Floats:
        """What enters the activation (units,)."""
        return self.z if self.norm is None else self.norm.u

    @property
    def du(self) -> Floats:
        """∂J/∂u (units,)."""
        return self.delta if self.norm is None else self.norm.dshift

    def terms(self, unit: int) -> Floats:
        """What each input adds to z of ``unit``: w · x, (fan_in,)."""
        return np.asarray(self.weights[unit] * self.below)

    def bias(self, unit: int) -> float:
        """The bias of ``unit``; 0 where the layer has none."""
        return 0.0 if self.biases is None else float(self.biases[unit])

    def place(self, unit: int, source: int) -> int:
        """Where in θ the weight to ``unit`` from ``source`` lies."""
        return self.layer.weight.start + unit * self.layer.fan_in + source


@dataclass(frozen=True, eq=False)
class SampleLoss:
    """What one loss says of the sample: ``parts`` (K,), one for each output, and what they come to."""

    name: str
    title: str
    parts: Floats
    total: float
    over_outputs: str
    in_force: bool


@dataclass(frozen=True, eq=False)
class Explained:
    """A sample's whole computation at ``theta`` (P,): inputs ``x`` (D,), ``target`` (K,), the layers, the losses.

    ``gradient`` (P,) is that of this sample's loss alone, without penalties.
    """

    network: Network
    theta: Floats
    x: Floats
    target: Floats
    layers: tuple[LayerNumbers, ...]
    loss: float
    losses: tuple[SampleLoss, ...]
    gradient: Floats

    @property
    def output(self) -> LayerNumbers:
        """The last layer."""
        return self.layers[-1]

    def pull_terms(self, index: int, unit: int) -> Floats:
        """What each unit of the next layer adds to ∂J/∂a of ``unit`` of a hidden layer: w ∂J/∂z, (units above,)."""
        above = self.layers[index + 1]
        return np.asarray(above.weights[:, unit] * above.delta)

    def shortcut_terms(self, index: int, unit: int) -> tuple[tuple[int, float], ...]:
        """What each shortcut from a hidden layer adds to ∂J/∂a of ``unit``: the layer where it ends, and its ∂J/∂a."""
        return tuple(
            (k, float(numbers.pull[unit]))
            for k, numbers in enumerate(self.layers)
            if numbers.layer.shortcut == index + 1 and unit < len(numbers.pull)
        )

    @property
    def in_force(self) -> SampleLoss:
        """The loss that training uses."""
        return next(row for row in self.losses if row.in_force)


@dataclass(frozen=True)
class Link:
    """A factor of a chain: d(``above``) / d(``below``), each a kind ("J", "a", "z", "w") and a layer's index."""

    above: tuple[str, int]
    below: tuple[str, int]
    value: float


def plain_engine(network: Network) -> ArrayEngine:
    """The readable engine of ``network`` in float64, without dropout, so that a step by hand is certain."""
    layers = tuple(replace(layer, dropout=0.0) for layer in network.layers)
    return ArrayEngine(replace(network, layers=layers), CPU, np.float64)


def explain(model: Model, theta: npt.ArrayLike, x: npt.ArrayLike, target: npt.ArrayLike) -> Explained:
    """The computation of one sample: features ``x`` (D,) as the network sees them, ``target`` (K,), at θ (P,).

    Raises ValueError when the lengths do not fit the network.
    """
    network = model.network
    theta, x, target = (np.array(v, dtype=np.float64).reshape(-1) for v in (theta, x, target))
    expected = (network.parameters, len(network.inputs), network.output.units)
    if (len(theta), len(x), len(target)) != expected:
        raise ValueError(f"θ, x and target have {len(theta)}, {len(x)} and {len(target)} numbers, not {expected}")
    engine = plain_engine(network)
    with np.errstate(all="ignore"):
        forward = engine.activations(theta[None], x[None])
        _, gradients = engine.gradient(theta[None], x[None], target[None])
        gradient = gradients[0]
        layers = _layers(engine, theta, x, target, [a[0, :, 0] for a in forward], gradient)
        losses = tuple(_side_by_side(model, network, theta, x, target, layers[-1]))
        loss = float(engine.losses(theta[None], x[None], target[None])[0, 0])
    return Explained(network, theta, x, target, layers, loss, losses, gradient)


def _layers(
    engine: ArrayEngine, theta: Floats, x: Floats, target: Floats, forward: Sequence[Floats], gradient: Floats
) -> tuple[LayerNumbers, ...]:
    """Every layer's numbers, found from the last to the first, as the pull on a layer comes from those above it."""
    network, found = engine.network, dict[int, LayerNumbers]()
    columns = (x, *forward)
    for index in range(len(network.layers) - 1, -1, -1):
        layer = network.layers[index]
        below, a = columns[index], columns[index + 1]
        weights, biases = network.weights(theta, index), network.biases(theta, index)
        z = weights @ below + (0.0 if biases is None else biases)
        norm = normalised(engine, layer, theta, gradient, z)
        formula, u = engine.formulas[index], z if norm is None else norm.u
        h = a if layer.shortcut is None or formula is None else np.asarray(formula[0](u), dtype=np.float64)
        added = None if layer.shortcut is None else columns[layer.shortcut][: layer.units]
        slope = _slope(engine, index, u, h)
        db = network.biases(gradient, index)
        if index + 1 in found:
            pull = _hidden_pull(found, index)
            delta = db if db is not None else pull * slope if norm is None else norm.delta
        else:
            delta = _output_delta(engine, z, a, target, slope) if db is None else db
            pull = _output_pull(engine, a, target, slope, delta)
        dw = network.weights(gradient, index)
        found[index] = LayerNumbers(layer, below, weights, biases, z, h, a, added, slope, pull, delta, dw, db, norm)
    return tuple(found[index] for index in range(len(network.layers)))


def _hidden_pull(found: Mapping[int, LayerNumbers], index: int) -> Floats:
    """∂J/∂a (units,) of a hidden layer: through the next layer, and through the shortcuts that begin here."""
    above = found[index + 1]
    pull = np.asarray(above.delta @ above.weights)
    for numbers in found.values():
        if numbers.layer.shortcut == index + 1:
            shared = min(len(pull), len(numbers.pull))
            pull[:shared] += numbers.pull[:shared]
    return pull


def _slope(engine: ArrayEngine, index: int, z: Floats, a: Floats) -> Floats:
    formula = engine.formulas[index]
    return np.full(len(z), np.nan) if formula is None else np.broadcast_to(formula[1](z, a), z.shape).astype(np.float64)


def _output_pull(engine: ArrayEngine, a: Floats, target: Floats, slope: Floats, delta: Floats) -> Floats:
    """∂J/∂ŷ (K,): of the loss's own formula, or, where that gives ∂J/∂z at once, what times g'(z) makes it."""
    if engine.loss_row.reads == "outputs":
        return np.asarray(engine.slope(a, target, engine.numbers) * engine.share, dtype=np.float64)
    return np.where(slope != 0.0, delta / np.where(slope != 0.0, slope, 1.0), np.nan)


def _output_delta(engine: ArrayEngine, z: Floats, a: Floats, target: Floats, slope: Floats) -> Floats:
    """∂J/∂z (K,) of an output without biases, by the loss's own formulas."""
    reads, numbers = engine.loss_row.reads, engine.numbers
    if reads == "logits":
        return np.asarray(engine.slope(z, target, numbers) * engine.share, dtype=np.float64)
    pull = np.asarray(engine.slope(a, target, numbers) * engine.share, dtype=np.float64)
    if reads == "log-probabilities":
        return pull
    return a * (pull - (pull * a).sum()) if engine.formulas[-1] is None else pull * slope


def _side_by_side(
    model: Model, network: Network, theta: Floats, x: Floats, target: Floats, last: LayerNumbers
) -> list[SampleLoss]:
    """The sample's loss by every loss that this output can have, the one in force with its own settings."""
    task, activation = model.experiment.data.task, network.output.activation
    found = []
    for row in LOSSES.rows():
        in_force = row.name == network.loss.name
        if not in_force and (task not in row.tasks or (row.outputs and activation not in row.outputs)):
            continue
        chosen = network.loss if in_force else Choice(row.name, settle("loss", row.settings, {}))
        engine = plain_engine(replace(network, loss=chosen))
        total = float(engine.losses(theta[None], x[None], target[None])[0, 0])
        read = {"outputs": last.a, "logits": last.z, "log-probabilities": _log_softmax(last.z)}[row.reads]
        parts = np.asarray(engine.value(read, target, engine.numbers), dtype=np.float64)
        found.append(SampleLoss(row.name, row.title, parts, total, row.over_outputs, in_force))
    return found


def _log_softmax(z: Floats) -> Floats:
    shifted: Floats = z - z.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), dtype=np.float64)


def chain(explained: Explained, index: int) -> tuple[Link, ...]:
    """The factors of ∂J/∂w of layer ``index`` along a network of one unit a layer, from J down; () for any other.

    A linear unit's a is its z, so it adds no factor of 1: x → z₁ → ŷ → J gives ∂J/∂ŷ · ∂ŷ/∂z₁ · ∂z₁/∂w₁.
    """
    layers = explained.layers
    above = [numbers.layer for numbers in layers[index:]]
    # With a shortcut there is more than one way, and u stands between a and z where sums are normalised.
    if any(layer.units > 1 or layer.shortcut is not None or layer.norm != "none" for layer in above):
        return ()
    links: list[Link] = []
    top = ("J", -1)
    for i in range(len(layers) - 1, index - 1, -1):
        numbers, last = layers[i], i == len(layers) - 1
        plain = numbers.layer.activation == "linear"
        # The output of a linear layer is called ŷ at the end, z before it.
        out = ("a", i) if last or not plain else ("z", i)
        value = float(numbers.pull[0]) if last else float(layers[i + 1].weights[0, 0])
        links.append(Link(top, out, value))
        top = out
        if not plain:
            links.append(Link(out, ("z", i), float(numbers.slope[0])))
            top = ("z", i)
    links.append(Link(top, ("w", index), float(layers[index].below[0])))
    return tuple(links)


def activation_curve(name: str, reach: float = 6.0, count: int = 121) -> tuple[Floats, Floats, Floats] | None:
    """``count`` points (z, g(z), g'(z)) of an activation from -reach to reach; None for softmax, which is no curve."""
    formula = ACTIVATIONS[name].formula
    if formula is None:
        return None
    value, slope = formula(NUMPY)
    z = np.linspace(-reach, reach, count)
    a: Any = value(z)
    return z, np.asarray(a, dtype=np.float64), np.broadcast_to(slope(z, a), z.shape).astype(np.float64)
