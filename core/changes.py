"""What was changed in mid-run, as the history records it: so that a jump in a curve can be explained."""

from __future__ import annotations

from core.model import Model

DATA, NETWORK, LOSS, PLACED = 1, 2, 4, 8
"""The numbers of the history's column ``change``, on the first row after it; several are added."""


def changed(before: Model, after: Model) -> int:
    """What differs between two models of one run that its losses can jump by."""
    old, new = before.experiment, after.experiment
    layers = [layer.blocks for layer in before.network.layers] != [layer.blocks for layer in after.network.layers]
    found = {
        DATA: old.data != new.data,
        NETWORK: layers or old.network != new.network,
        LOSS: before.network.loss != after.network.loss,
    }
    return sum(code for code, true in found.items() if true)
