"""What was changed in mid-run, as the history records it: so that a jump in a curve can be explained."""

from __future__ import annotations

from core.model import Model

DATA, NETWORK, LOSS, PLACED, OPTIMIZER, BATCH = 1, 2, 4, 8, 16, 32
"""The numbers of the history's column ``change``, on the first row after it; several are added."""


def changed(before: Model, after: Model) -> int:
    """What differs between two models of one run that its losses can jump by, or go on in another way."""
    old, new = before.experiment, after.experiment
    layers = [layer.blocks for layer in before.network.layers] != [layer.blocks for layer in after.network.layers]
    found = {
        DATA: old.data != new.data,
        NETWORK: layers or old.network != new.network,
        LOSS: before.network.loss != after.network.loss,
        OPTIMIZER: old.training.optimizer.name != new.training.optimizer.name,
        BATCH: old.training.batch_size != new.training.batch_size,
    }
    return sum(code for code, true in found.items() if true)
