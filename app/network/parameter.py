"""A single weight or bias: where it lies in θ, what it is called, and what an Experiment calls it."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.features import title_of
from core.network import Network
from core.spec import Experiment, Frozen


def neuron_name(network: Network, column: int, unit: int) -> str:
    """What a neuron is called, the inputs being column 0."""
    if column == 0:
        return title_of(network.inputs[unit])
    layer = network.layers[column - 1]
    return f"{layer.label}, unit {unit + 1}" if layer.units > 1 else layer.label


@dataclass(frozen=True)
class Parameter:
    """What layer ``index`` multiplies unit ``source`` of the column before by in its ``unit``; its bias for None."""

    index: int
    unit: int
    source: int | None = None

    @property
    def kind(self) -> str:
        """What it is: weight or bias."""
        return "bias" if self.source is None else "weight"

    @property
    def letter(self) -> str:
        """What it is in a formula."""
        return "b" if self.source is None else "w"

    def place(self, network: Network) -> int:
        """Where it lies in θ; raises ValueError for the bias of a layer that has none."""
        layer = network.layers[self.index]
        if self.source is not None:
            return layer.weight.start + self.unit * layer.fan_in + self.source
        if layer.bias is None:
            raise ValueError(f"{layer.label} has no biases")
        return layer.bias.start + self.unit

    def name(self, network: Network) -> str:
        """In words: "weight from x₁ to layer 1, unit 2"."""
        end = neuron_name(network, self.index + 1, self.unit)
        if self.source is None:
            return f"bias of {end}"
        return f"weight from {neuron_name(network, self.index, self.source)} to {end}"

    def frozen(self, network: Network) -> Frozen:
        """What an Experiment calls it."""
        layer = network.layers[self.index]
        if self.source is None:
            return Frozen(layer.id, self.unit, "bias")
        key = layer.sources[self.source]
        return Frozen(layer.id, self.unit, key[-1] if isinstance(key, tuple) else str(key))

    def siblings(self, network: Network) -> tuple[Parameter, ...]:
        """All numbers of the same neuron: its bias, where it has one, and its weights."""
        layer = network.layers[self.index]
        weights = (Parameter(self.index, self.unit, source) for source in range(layer.fan_in))
        return (*([Parameter(self.index, self.unit)] if layer.bias else []), *weights)


def bias_of(network: Network, column: int, unit: int) -> Parameter | None:
    """The bias of a neuron, the inputs being column 0; None where it has none."""
    return Parameter(column - 1, unit) if column and network.layers[column - 1].bias else None


def is_frozen(experiment: Experiment, one: Frozen) -> bool:
    """Whether training leaves it as it is, by itself or with its whole layer."""
    return one in experiment.network.frozen or by_layer(experiment, one)


def by_layer(experiment: Experiment, one: Frozen) -> bool:
    """Whether its whole layer is frozen."""
    layers = [layer for layer in experiment.network.layers if layer.id == one.layer]
    return (layers[0] if layers else experiment.network.output).frozen


def locate(network: Network, place: int) -> Parameter | None:
    """Which number lies at ``place`` of θ; None where it is neither a weight nor a bias of this network."""
    for index, layer in enumerate(network.layers):
        if layer.weight.start <= place < layer.weight.stop:
            return Parameter(index, *divmod(place - layer.weight.start, layer.fan_in))
        if layer.bias is not None and layer.bias.start <= place < layer.bias.stop:
            return Parameter(index, place - layer.bias.start)
    return None
