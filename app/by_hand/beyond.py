"""What a network has beside sums and activations, which the board does not write out: said, and taken out."""

from __future__ import annotations

from msgspec.structs import replace

from core.layers import NORMS
from core.network import Network
from core.spec import Experiment


def beyond(network: Network) -> str:
    """What is not written out, and where, in a sentence: "batch normalisation in layer 1, a shortcut in layer 2"."""
    found = []
    for layer in network.layers:
        if layer.norm != "none":
            found.append(f"{NORMS[layer.norm].title.lower()} normalisation in {layer.label}")
        if layer.shortcut is not None:
            found.append(f"a shortcut in {layer.label}")
    return ", ".join(found)


def without(experiment: Experiment) -> Experiment:
    """The same experiment with plain dense layers, dropout and all else as it was."""
    layers = tuple(replace(layer, norm="none", residual=0) for layer in experiment.network.layers)
    return replace(experiment, network=replace(experiment.network, layers=layers))
