"""What the user has an eye on: a sample picked, samples lit up, weights picked; the same in every panel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from core.data.features import columns_of
from core.data.slices import FIRST, Slice
from core.spec import Experiment, change

Indices = npt.NDArray[np.int64]


class Attention(QObject):
    """Base of the Session: choices that change nothing in the Experiment, and are dropped when it moves under them."""

    picked_changed = Signal(object)
    """The index of the picked sample, or None."""
    highlighted = Signal(object)
    """Indices (n,) of the samples to light up, or None."""
    weights_picked = Signal(object)
    """Two places in θ, None for one that is not picked yet; or None for neither."""
    neuron_picked = Signal(int, int)
    """A layer's id and a unit, to be looked at closely."""
    slice_changed = Signal(object)
    """The Slice that points of more than two coordinates are looked at on."""

    experiment: Experiment

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picked: int | None = None
        self.highlighted_samples: Indices | None = None
        self.picked_weights: tuple[int | None, int | None] | None = None
        self.slice = FIRST

    def pick(self, index: int | None) -> None:
        """Look closely at one sample, by its index among the Experiment's points; None for none."""
        if index != self.picked:
            self.picked = index
            self.picked_changed.emit(index)
            if index is not None and self.slice.base == "sample":
                self.slice_through(index)

    def highlight(self, indices: Any) -> None:
        """Light up samples everywhere, by their indices among the Experiment's points; None for none."""
        wanted = None if indices is None or not len(indices) else np.unique(np.asarray(indices, dtype=np.int64))
        now = self.highlighted_samples
        if wanted is now or (wanted is not None and now is not None and np.array_equal(wanted, now)):
            return
        self.highlighted_samples = wanted
        self.highlighted.emit(wanted)

    def pick_weight(self, slot: int, index: int) -> None:
        """Choose the weight at place ``index`` of θ as the first (slot 0) or second (slot 1) to look along.

        One that was the other changes places with it.
        """
        now = self.picked_weights or (None, None)
        other = now[1 - slot] if now[1 - slot] != index else now[slot]
        wanted = (index, other) if slot == 0 else (other, index)
        if wanted != self.picked_weights:
            self.picked_weights = wanted
            self.weights_picked.emit(wanted)

    def pick_neuron(self, layer: int, unit: int) -> None:
        """Look closely at a neuron, by its layer's id."""
        self.neuron_picked.emit(layer, unit)

    def set_slice(self, chosen: Slice) -> None:
        """Look at points of more than two coordinates on another plane."""
        if chosen != self.slice:
            self.slice = chosen
            self.slice_changed.emit(chosen)

    def slice_through(self, index: int) -> None:
        """Have the plane go through a sample, and through each that is picked from now on."""
        at = tuple(float(value) for value in self.experiment.data.points.x[index])
        self.set_slice(replace(self.slice, base="sample", at=at))

    def _keep_attention(self, before: Experiment, after: Experiment) -> None:
        """Drop what an edit has taken the ground from."""
        if before.data.points is not after.data.points:
            self.highlight(None)
            if self.picked is not None and self.picked >= len(after.data.points):
                self.pick(None)
        if columns_of(before.data) != columns_of(after.data):
            self.set_slice(FIRST)
        if self.picked_weights and _places(before) != _places(after):
            self.picked_weights = None
            self.weights_picked.emit(None)


def _places(experiment: Experiment) -> tuple[Any, ...]:
    """What gives each place of θ its meaning: the network, but for what is frozen in it and how it begins."""
    network = experiment.network
    layers = tuple(change(layer, "frozen", False) for layer in (*network.layers, network.output))
    return layers, experiment.data.features
