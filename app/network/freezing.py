"""The menu that freezes a single weight, or what a unit has beside them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.network.options import check
from app.network.parameter import by_layer, is_frozen, kind_of
from core.spec import Experiment, Frozen


def menu_for(parent: QWidget, experiment: Experiment, one: Frozen, call: Callable[[Frozen, bool], object]) -> QMenu:
    """A menu with one line, on where it is frozen; where its layer is, the line says so and cannot be changed."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    what = kind_of(one)
    whole = by_layer(experiment, one)
    text = f"Frozen {what}, with its whole layer" if whole else f"Frozen {what}"
    action = check(menu, text, is_frozen(experiment, one), lambda on: call(one, on))
    action.setEnabled(not whole)
    return menu
