"""A single number of θ, a weight or a bias, say: where it lies, what it is called, and what an Experiment calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.features import title_of
from core.frozen import BESIDE
from core.network import Network
from core.probes.planes_weights import LETTERS
from core.spec import Experiment, Frozen


def neuron_name(network: Network, column: int, unit: int) -> str:
    """What a neuron is called, the inputs being column 0."""
    if column == 0:
        return title_of(network.inputs[unit])
    layer = network.layers[column - 1]
    return f"{layer.label}, unit {unit + 1}" if layer.units > 1 else layer.label


@dataclass(frozen=True)
class Part:
    """What a unit has in a block of its layer: what it is called, its letter in a formula, and several of them."""

    kind: str
    letter: str
    many: str


PARTS = {
    "weight": Part("weight", "w", "weights"),
    "bias": Part("bias", "b", "biases"),
    "gain": Part("scale", LETTERS["gain"], "scales γ"),
    "shift": Part("shift", LETTERS["shift"], "shifts β"),
    "mean": Part("running mean", LETTERS["mean"], "running means"),
    "variance": Part("running variance", LETTERS["variance"], "running variances"),
}
"""By the blocks of a layer, in order; the last two follow the batches, and no hand changes them."""
EDITED = ("bias", "gain", "shift")
FOLLOWING = ("mean", "variance")
_CALLED = {block: key for key, block in BESIDE.items()}


@dataclass(frozen=True)
class Parameter:
    """What layer ``index`` multiplies unit ``source`` of the column before by in its ``unit``.

    For None it is what that unit has in another ``block`` of the layer, its bias, say.
    """

    index: int
    unit: int
    source: int | None = None
    block: str = "bias"

    @property
    def part(self) -> Part:
        """What it is."""
        return PARTS[self.block if self.source is None else "weight"]

    @property
    def kind(self) -> str:
        """What it is called: weight, bias, scale …"""
        return self.part.kind

    @property
    def letter(self) -> str:
        """What it is in a formula."""
        return self.part.letter

    @property
    def follows(self) -> bool:
        """Whether it is a running statistic, which follows the batches."""
        return self.source is None and self.block in FOLLOWING

    def place(self, network: Network) -> int:
        """Where it lies in θ; raises ValueError for what its layer does not have."""
        layer = network.layers[self.index]
        if self.source is not None:
            return layer.weight.start + self.unit * layer.fan_in + self.source
        block = layer.blocks.get(self.block)
        if block is None:
            raise ValueError(f"{layer.label} has no {self.part.many}")
        return block.start + self.unit

    def name(self, network: Network) -> str:
        """In words: "weight from x₁ to layer 1, unit 2"."""
        end = neuron_name(network, self.index + 1, self.unit)
        if self.source is None:
            return f"{self.kind} of {end}"
        return f"weight from {neuron_name(network, self.index, self.source)} to {end}"

    def frozen(self, network: Network) -> Frozen:
        """What an Experiment calls it; raises KeyError for a running statistic, which freezes with its layer."""
        layer = network.layers[self.index]
        if self.source is None:
            return Frozen(layer.id, self.unit, _CALLED[self.block])
        key = layer.sources[self.source]
        return Frozen(layer.id, self.unit, key[-1] if isinstance(key, tuple) else str(key))

    def siblings(self, network: Network) -> tuple[Parameter, ...]:
        """All numbers of the same neuron that a hand may change: bias, γ and β, where it has them, and its weights."""
        layer = network.layers[self.index]
        weights = (Parameter(self.index, self.unit, source) for source in range(layer.fan_in))
        return (*beside(network, self.index, self.unit, EDITED), *weights)


def beside(network: Network, index: int, unit: int, blocks: Sequence[str]) -> tuple[Parameter, ...]:
    """What a unit of layer ``index`` has in those of ``blocks`` that its layer has."""
    there = network.layers[index].blocks
    return tuple(Parameter(index, unit, block=name) for name in blocks if name in there)


def bias_of(network: Network, column: int, unit: int) -> Parameter | None:
    """The bias of a neuron, the inputs being column 0; its γ where it has none; None where it has neither."""
    found = beside(network, column - 1, unit, EDITED) if column else ()
    return found[0] if found else None


def kind_of(one: Frozen) -> str:
    """What a number that an Experiment freezes is called."""
    return PARTS[BESIDE.get(one.input, "weight")].kind


def is_frozen(experiment: Experiment, one: Frozen) -> bool:
    """Whether training leaves it as it is, by itself or with its whole layer."""
    return one in experiment.network.frozen or by_layer(experiment, one)


def by_layer(experiment: Experiment, one: Frozen) -> bool:
    """Whether its whole layer is frozen."""
    layers = [layer for layer in experiment.network.layers if layer.id == one.layer]
    return (layers[0] if layers else experiment.network.output).frozen


def locate(network: Network, place: int) -> Parameter | None:
    """Which number lies at ``place`` of θ; None where there is none in this network."""
    for index, layer in enumerate(network.layers):
        if layer.weight.start <= place < layer.weight.stop:
            return Parameter(index, *divmod(place - layer.weight.start, layer.fan_in))
        for name, block in layer.blocks.items():
            if block.start <= place < block.stop:
                return Parameter(index, place - block.start, block=name)
    return None
