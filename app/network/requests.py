"""What can be asked of the network's panel: edits of a layer, and what the edges are to show."""

from __future__ import annotations

from collections.abc import Callable

from app.network import edits
from app.network.options import LAYER_OPTIONS
from core.spec import Experiment

Change = Callable[..., Experiment]


def _field(name: str) -> Change:
    return lambda experiment, at, value: edits.set_field(experiment, at, name, value)


LAYER_EDITS: dict[str, tuple[str, Change, bool]] = {
    "units": ("Units of layer {}", edits.set_units, True),
    "activation": ("Activation of layer {}", _field("activation"), False),
    **{
        option.field: (f"{option.title} of layer {{}}", _field(option.field), option.most is not None)
        for option in LAYER_OPTIONS
    },
    "move": ("Move layer {}", lambda experiment, at, by: edits.move_layer(experiment, at, at + by), False),
    "remove": ("Remove layer {}", lambda experiment, at, _: edits.remove_layer(experiment, at), False),
}
"""What can be asked of a hidden layer: the undo step's name, the edit, and whether several in a row are one step."""

MODES = (
    ("weight", "weight", "Edges and dots show the weights and biases."),
    (
        "gradient",
        "gradient",
        "Edges and dots show ∂L/∂w: of the mean training loss, penalties included, at these weights, over all training "
        "samples in one batch. Widths compare across the whole network, so that a vanishing gradient is seen.",
    ),
    (
        "update",
        "update",
        "Edges and dots show Δw. After a single step: what that step, on its batch, has changed. Else: what the "
        "optimizer's next step would change if it saw all training samples, with the rate, momentum, decay and "
        "clipping it has now, and without dropout.",
    ),
)
"""What edges and dots can stand for: key, label, help."""
