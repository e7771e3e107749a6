"""What the user has an eye on: a sample picked, samples lit up, weights picked; the same in every panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core.spec import Experiment

Indices = npt.NDArray[np.int64]


class Attention(QObject):
    """Base of the Session: choices that change nothing in the Experiment, and are dropped when it moves under them."""

    picked_changed = Signal(object)
    """The index of the picked sample, or None."""
    highlighted = Signal(object)
    """Indices (n,) of the samples to light up, or None."""
    weights_picked = Signal(object)
    """Two places in θ, or None."""
    neuron_picked = Signal(int, int)
    """A layer's id and a unit, to be looked at closely."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picked: int | None = None
        self.highlighted_samples: Indices | None = None
        self.picked_weights: tuple[int, int] | None = None

    def pick(self, index: int | None) -> None:
        """Look closely at one sample, by its index among the Experiment's points; None for none."""
        if index != self.picked:
            self.picked = index
            self.picked_changed.emit(index)

    def highlight(self, indices: Any) -> None:
        """Light up samples everywhere, by their indices among the Experiment's points; None for none."""
        wanted = None if indices is None or not len(indices) else np.unique(np.asarray(indices, dtype=np.int64))
        now = self.highlighted_samples
        if wanted is now or (wanted is not None and now is not None and np.array_equal(wanted, now)):
            return
        self.highlighted_samples = wanted
        self.highlighted.emit(wanted)

    def pick_weight(self, slot: int, index: int) -> None:
        """Choose the weight at place ``index`` of θ as the first (slot 0) or second (slot 1) to look along."""
        now = self.picked_weights or (index, index)
        wanted = (index, now[1]) if slot == 0 else (now[0], index)
        if wanted != self.picked_weights:
            self.picked_weights = wanted
            self.weights_picked.emit(wanted)

    def pick_neuron(self, layer: int, unit: int) -> None:
        """Look closely at a neuron, by its layer's id."""
        self.neuron_picked.emit(layer, unit)

    def _keep_attention(self, before: Experiment, after: Experiment) -> None:
        """Drop what an edit has taken the ground from."""
        if before.data.points is not after.data.points:
            self.highlight(None)
            if self.picked is not None and self.picked >= len(after.data.points):
                self.pick(None)
        if (before.network, before.data.features) != (after.network, after.data.features) and self.picked_weights:
            self.picked_weights = None
            self.weights_picked.emit(None)
