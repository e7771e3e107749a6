"""What a network has beside sums and activations, which the board does not write out: said, and taken out."""

from __future__ import annotations

from msgspec.structs import replace

from core.layers import NORMS
from core.network import Network
from core.spec import Experiment


def beyond(network: Network) -> str:
    """What is not written out, and where, in a sentence: "batch normalisation in layer 1"; "" for nothing."""
    return ", ".join(
        f"{NORMS[layer.norm].title.lower()} normalisation in {layer.label}"
        for layer in network.layers
        if layer.norm != "none"
    )


def without(experiment: Experiment) -> Experiment:
    """The same experiment with layers that do not normalise, all else as it was."""
    layers = tuple(replace(layer, norm="none") for layer in experiment.network.layers)
    return replace(experiment, network=replace(experiment.network, layers=layers))
