"""The network an Experiment describes, resolved: every layer's shape, and where it lies in the flat vector θ."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.initializers import INITIALIZERS
from core.layers import NORMS
from core.losses import LOSSES, Loss
from core.spec import AUTO, Choice, Dense, Experiment
from core.tables import SpecError, settle

OUTPUT_ID = 0
MOST_PARAMETERS = 1 << 26
"""Beyond this, θ with what training keeps beside it would not fit into memory."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Block:
    """A named run of θ: ``theta[..., start:stop]`` reshaped to ``shape``."""

    start: int
    stop: int
    shape: tuple[int, ...]

    def of(self, thetas: Any) -> Any:
        """The block's view into ``thetas`` (…, P), shape (…, *shape)."""
        return thetas[..., self.start : self.stop].reshape(*thetas.shape[:-1], *self.shape)


@dataclass(frozen=True)
class Layer:
    """A resolved layer: z = W x + b with W (units, fan_in), normalised, activation, dropout while training, shortcut.

    ``gain``, ``shift``, and the running ``mean`` and ``variance``, (units,) each, are there where its row of NORMS has
    them. ``shortcut`` is the column whose values are added to what comes out: 0 for the inputs, n for the layer at
    n - 1. Where widths differ, the first so many units of both are added (He, Zhang, Ren & Sun 2016, option A).
    """

    id: int
    label: str
    units: int
    fan_in: int
    activation: str
    dropout: float
    weight: Block
    bias: Block | None
    sources: tuple[Hashable, ...]
    norm: str = "none"
    gain: Block | None = None
    shift: Block | None = None
    mean: Block | None = None
    variance: Block | None = None
    shortcut: int | None = None

    @property
    def targets(self) -> tuple[Hashable, ...]:
        """A key for each unit that stays the same across edits."""
        return tuple((self.id, unit) for unit in range(self.units))

    @property
    def blocks(self) -> dict[str, Block]:
        """All that the layer has in θ, by name, in order."""
        named = {name: getattr(self, name) for name in ("weight", "bias", "gain", "shift", "mean", "variance")}
        return {name: block for name, block in named.items() if block is not None}

    @property
    def begins(self) -> dict[str, float]:
        """What all numbers of a block begin with, for those that are not drawn."""
        return {"bias": 0.0, **dict(NORMS[self.norm].blocks)}

    @property
    def stop(self) -> int:
        """Where the layer's parameters end in θ."""
        return max(block.stop for block in self.blocks.values())

    @property
    def trained(self) -> int:
        """Where those of them end that the optimizer moves; what is left up to ``stop`` are running statistics."""
        return self.mean.start if self.mean else self.stop


@dataclass(frozen=True)
class Network:
    """Layers from the first hidden one to the output, on ``inputs`` named features; θ has ``parameters`` numbers.

    ``loss`` is the one in force, with all of its settings.
    """

    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    loss: Choice
    initializer: Choice

    @property
    def parameters(self) -> int:
        """P, the length of θ."""
        return self.layers[-1].stop

    @property
    def output(self) -> Layer:
        """The last layer."""
        return self.layers[-1]

    @property
    def plain(self) -> bool:
        """Whether it has dense layers and dropout alone: no normalisation, and no shortcut."""
        return all(layer.norm == "none" and layer.shortcut is None for layer in self.layers)

    @property
    def statistics(self) -> npt.NDArray[np.bool_]:
        """Where in θ (P,) there are running statistics, which no gradient moves."""
        mask = np.zeros(self.parameters, np.bool_)
        for layer in self.layers:
            mask[layer.trained : layer.stop] = True
        return mask

    @property
    def shape(self) -> tuple[int, ...]:
        """Widths from the inputs to the outputs, as in 2-8-8-3."""
        return (len(self.inputs), *(layer.units for layer in self.layers))

    def weights(self, thetas: Any, index: int) -> Any:
        """Weights (…, units, fan_in) of layer ``index`` as a view into ``thetas`` (…, P)."""
        return self.layers[index].weight.of(thetas)

    def biases(self, thetas: Any, index: int) -> Any:
        """Biases (…, units) of layer ``index`` as a view into ``thetas`` (…, P); None where it has none."""
        block = self.layers[index].bias
        return None if block is None else block.of(thetas)

    def initial(self, seed: int) -> npt.NDArray[np.float64]:
        """θ (P,) in float64, drawn from ``seed`` for each layer by its id: one layer's draws don't move another's."""
        row = INITIALIZERS[self.initializer.name]
        settings = settle("network.initializer", row.settings, self.initializer.settings)
        theta = np.zeros(self.parameters)
        for layer in self.layers:
            rng = np.random.default_rng((seed, layer.id))
            layer.weight.of(theta)[:] = row.draw(rng, layer.units, layer.fan_in, settings)
            for name, value in layer.begins.items():
                if block := layer.blocks.get(name):
                    block.of(theta)[:] = value
        return theta


def resolve(experiment: Experiment) -> Network:
    """The network of ``experiment``; raises SpecError where its parts do not fit together."""
    inputs = tuple(experiment.data.features)
    loss, activation, units = resolve_output(experiment)
    layers: list[Layer] = []
    sources: Sequence[Hashable] = inputs
    start = 0
    for index, spec in enumerate(experiment.network.layers):
        _check_hidden(index, spec.activation, spec.units)
        each = len(sources) + 1 + len(NORMS[spec.norm].blocks)
        _check_size(f"network.layers[{index}].units", start + spec.units * each)
        layer = _layer(index, spec, sources, start)
        layers.append(layer)
        sources, start = layer.targets, layer.stop
    ids = [layer.id for layer in layers]
    if len(set(ids)) != len(ids) or OUTPUT_ID in ids:
        raise SpecError(
            "network.layers", "every layer needs an id of its own above zero", "pass the network through with_ids"
        )
    layers.append(_output(units, activation, experiment.network.output.bias, sources, start))
    initializer, chosen = experiment.network.initializer, experiment.training.loss
    settle("network.initializer", INITIALIZERS[initializer.name].settings, initializer.settings)
    if chosen.name == AUTO:
        settle("training.loss", (), chosen.settings)  # a setting is for the loss it was made for, not for any
    in_force = Choice(loss.name, settle("training.loss", loss.settings, chosen.settings))
    return Network(inputs, tuple(layers), in_force, initializer)


def _layer(index: int, spec: Dense, sources: Sequence[Hashable], start: int) -> Layer:
    """The hidden layer at ``index``, its parameters from ``start`` on in θ: weights, biases, what its norm has."""
    names = ["bias"] if spec.bias else []
    names += [name for name, _ in NORMS[spec.norm].blocks]
    weight, blocks = _blocks(spec.units, names, sources, start)
    # The block of n layers that ends here began with what went into the layer n - 1 before this one.
    shortcut = max(0, index + 1 - spec.residual) if spec.residual else None
    return Layer(
        spec.id,
        f"layer {index + 1}",
        spec.units,
        len(sources),
        spec.activation,
        spec.dropout,
        weight,
        blocks.pop("bias", None),
        tuple(sources),
        spec.norm,
        **blocks,
        shortcut=shortcut,
    )


def _output(units: int, activation: str, bias: bool, sources: Sequence[Hashable], start: int) -> Layer:
    weight, blocks = _blocks(units, ["bias"] if bias else [], sources, start)
    return Layer(OUTPUT_ID, "output", units, len(sources), activation, 0.0, weight, blocks.get("bias"), tuple(sources))


def _blocks(
    units: int, names: Sequence[str], sources: Sequence[Hashable], start: int
) -> tuple[Block, dict[str, Block]]:
    """The weights, and after them a number for each unit by each of these names."""
    middle = start + units * len(sources)
    starts = range(middle, middle + units * len(names), units)
    blocks = {name: Block(begin, begin + units, (units,)) for name, begin in zip(names, starts, strict=True)}
    return Block(start, middle, (units, len(sources))), blocks


def _check_hidden(index: int, activation: str, units: int) -> None:
    path = f"network.layers[{index}]"
    if not ACTIVATIONS[activation].hidden:
        raise SpecError(
            f"{path}.activation", f"{activation} is for the output layer", "choose another for a hidden layer"
        )
    if units < 1:
        raise SpecError(f"{path}.units", "a layer needs at least one unit", "remove the layer instead")


def _check_size(path: str, parameters: int) -> None:
    if parameters > MOST_PARAMETERS:
        raise SpecError(path, f"this makes {parameters:,} weights, more than fit into memory", "choose fewer units")


def resolve_output(experiment: Experiment) -> tuple[Loss, str, int]:
    """The loss, output activation and number of outputs that the task, and what was chosen for it, come to."""
    data, named, chosen = experiment.data, experiment.network.output.activation, experiment.training.loss.name
    regression = data.task == "regression"
    usual = "linear" if regression else "sigmoid" if data.classes == 2 else "softmax"
    if chosen != AUTO:
        loss = LOSSES[chosen]
        activation = named if named != AUTO else loss.outputs[0] if loss.outputs else usual
    else:
        activation = named if named != AUTO else usual
        fitting = [row for row in LOSSES.rows() if row.outputs == (activation,) and data.task in row.tasks]
        loss = fitting[0] if fitting else LOSSES["mse"]
    row = ACTIVATIONS[activation]
    if data.task not in loss.tasks:
        raise SpecError(
            "training.loss",
            f"{loss.title.lower()} compares classes, but these points carry values",
            "choose mean squared error",
        )
    if regression and row.formula is None:
        raise SpecError("network.output.activation", "softmax of a single value is always 1", "choose linear")
    if loss.outputs and activation not in loss.outputs:
        needed = " or ".join(ACTIVATIONS[name].title.lower() for name in loss.outputs)
        raise SpecError(
            "training.loss",
            f"{loss.title.lower()} needs a {needed} output, but the output is {row.title.lower()}",
            f"make the output {needed} or automatic, or choose mean squared error",
        )
    one = regression or (data.classes == 2 and row.formula is not None)
    return loss, activation, 1 if one else data.classes


def carry(old: Network, new: Network, source: Array, target: Array) -> Array:
    """A copy of ``target`` (…, P_new) with every weight of ``source`` (…, P_old) whose two ends still exist.

    A weight is known by the unit it comes from and the unit it goes to, so adding a unit or a layer leaves all others.
    What a unit has beside its weights goes with it.
    """
    result = target.copy()
    before = {layer.id: index for index, layer in enumerate(old.layers)}
    for layer in new.layers:
        if layer.id not in before:
            continue
        was = old.layers[before[layer.id]]
        rows = min(layer.units, was.units)
        places = {key: column for column, key in enumerate(was.sources)}
        pairs = [(to, places[key]) for to, key in enumerate(layer.sources) if key in places]
        if pairs:
            to, origin = (list(side) for side in zip(*pairs, strict=True))
            layer.weight.of(result)[..., :rows, to] = was.weight.of(source)[..., :rows, origin]
            for name in (layer.blocks.keys() & was.blocks.keys()) - {"weight"}:
                layer.blocks[name].of(result)[..., :rows] = was.blocks[name].of(source)[..., :rows]
    return result
