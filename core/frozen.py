"""Which numbers of θ training leaves as they are: whole layers, and single weights and biases."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core import spec
from core.network import OUTPUT_ID, Layer, Network

BESIDE: dict[str | int, str] = {"bias": "bias", "γ": "gain", "β": "shift"}
"""What a unit has beside its weights: as a Frozen calls it, and the block of its Layer that it lies in."""


def free(described: spec.Network, network: Network) -> npt.NDArray[np.float64] | None:
    """1 for every number of θ (P,) that may move and 0 for what ``described`` freezes; None where all may move."""
    still = {layer.id for layer in described.layers if layer.frozen} | (
        {OUTPUT_ID} if described.output.frozen else set()
    )
    if not still and not described.frozen:
        return None
    mask = np.ones(network.parameters)
    layers = {layer.id: layer for layer in network.layers}
    for id in still & layers.keys():
        layer = layers[id]
        mask[layer.weight.start : layer.stop] = 0.0
    for one in described.frozen:
        place = _place(one, layers[one.layer]) if one.layer in layers else None
        if place is not None:
            mask[place] = 0.0
    return None if mask.all() else mask


def _place(one: spec.Frozen, layer: Layer) -> int | None:
    """Where in θ it lies; None where there is no such unit or input."""
    if one.unit >= layer.units:
        return None
    if one.input in BESIDE:
        block = layer.blocks.get(BESIDE[one.input])
        return block.start + one.unit if block else None
    inputs = [source[-1] if isinstance(source, tuple) else source for source in layer.sources]
    if one.input not in inputs:
        return None
    return layer.weight.start + one.unit * layer.fan_in + inputs.index(one.input)
