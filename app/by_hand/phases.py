"""The phases of a training step by hand: forward layer by layer, the loss, backward layer by layer, the update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.network import Network
from core.optimizers import OPTIMIZERS

Kind = Literal["input", "forward", "loss", "backward", "update"]


@dataclass(frozen=True)
class Phase:
    """One phase; ``layer`` is the index of the layer it is about, -1 for none."""

    kind: Kind
    layer: int
    title: str
    note: str


@dataclass(frozen=True)
class Focus:
    """The neuron that is written out, and the weight of it: the one from ``source``."""

    layer: int = 0
    unit: int = 0
    source: int = 0

    def within(self, network: Network) -> Focus:
        """The nearest that there is in ``network``."""
        index = min(self.layer, len(network.layers) - 1)
        layer = network.layers[index]
        return Focus(index, min(self.unit, layer.units - 1), min(self.source, layer.fan_in - 1))


def phases(network: Network, optimizer: str) -> tuple[Phase, ...]:
    """All phases of one step, in order."""
    shape, names = network.shape, [layer.label[:1].upper() + layer.label[1:] for layer in network.layers]
    forward = [
        Phase("forward", i, name, f"{shape[i]} → {shape[i + 1]} · {ACTIVATIONS[network.layers[i].activation].title}")
        for i, name in enumerate(names)
    ]
    backward = [
        Phase("backward", i, f"Back: {names[i][:1].lower() + names[i][1:]}", f"∂J/∂W · {shape[i + 1]}×{shape[i]}")
        for i in reversed(range(len(names)))
    ]
    count = len(network.inputs)
    return (
        Phase("input", -1, "Sample", f"{count} input{'s' if count > 1 else ''}"),
        *forward,
        Phase("loss", -1, "Loss", LOSSES[network.loss.name].title),
        *backward,
        Phase("update", -1, "Update", OPTIMIZERS[optimizer].title),
    )
