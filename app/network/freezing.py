"""Freezing a single weight or bias: which one the pointer is on, and the menu that offers it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.network.columns import check
from core.network import Network
from core.spec import Experiment, Frozen


def bias_of(network: Network, column: int, unit: int) -> Frozen | None:
    """The bias of a neuron of a column, the inputs being column 0; None where it has none."""
    layer = network.layers[column - 1] if column else None
    return None if layer is None or layer.bias is None else Frozen(layer.id, unit, "bias")


def weight_of(network: Network, index: int, source: int, target: int) -> Frozen:
    """The weight of layer ``index`` from unit ``source`` of the column before to its unit ``target``."""
    layer = network.layers[index]
    key = layer.sources[source]
    return Frozen(layer.id, target, key[-1] if isinstance(key, tuple) else str(key))


def is_frozen(experiment: Experiment, one: Frozen) -> bool:
    """Whether training leaves it as it is, by itself or with its whole layer."""
    network = experiment.network
    layers = [layer for layer in network.layers if layer.id == one.layer]
    return one in network.frozen or (layers[0] if layers else network.output).frozen


def menu_for(parent: QWidget, experiment: Experiment, one: Frozen, call: Callable[[Frozen, bool], object]) -> QMenu:
    """A menu with one line, on where it is frozen; where its layer is, the line says so and cannot be changed."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    what = "bias" if one.input == "bias" else "weight"
    by_layer = is_frozen(experiment, one) and one not in experiment.network.frozen
    text = f"Frozen {what}, with its whole layer" if by_layer else f"Frozen {what}"
    action = check(menu, text, is_frozen(experiment, one), lambda on: call(one, on))
    action.setEnabled(not by_layer)
    return menu
