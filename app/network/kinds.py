"""The kinds of layers that a gap between two columns offers: a dense one, or what the one before it is to do, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.network.options import check
from core.spec import Dense


@dataclass(frozen=True)
class Kind:
    """A line: the ``field`` of the layer before the gap that becomes ``value``, or ``without`` where it is that now.

    Without a field it is a layer of its own.
    """

    title: str
    help: str
    field: str = ""
    value: Any = None
    without: Any = None

    def is_there(self, layer: Dense) -> bool:
        """Whether ``layer`` does it already."""
        now = getattr(layer, self.field)
        return bool(now == self.value if isinstance(self.value, str) else now != self.without)


KINDS = (
    Kind("Dense layer", "A layer of neurons of its own, each with a weight for everything that comes in."),
    Kind(
        "Batch norm here",
        "The sums of the layer before get mean 0 and variance 1 over the batch.",
        "norm",
        "batch",
        "none",
    ),
    Kind(
        "Layer norm here",
        "The sums of the layer before get mean 0 and variance 1 over its units, for each sample.",
        "norm",
        "layer",
        "none",
    ),
    Kind("Dropout here", "Units of the layer before are switched off at random while training.", "dropout", 0.2, 0.0),
    Kind(
        "Residual connection here",
        "What went into the layer before is added to what comes out of it; its menu makes it reach further back.",
        "residual",
        1,
        0,
    ),
)


def kinds_menu(parent: QWidget, before: Dense | None, call: Callable[[str, Any], object]) -> QMenu:
    """A line for each kind; those for the layer ``before`` the gap are on where it has them, and off without one.

    ``call`` is told the field, "" for a layer of its own, and the value.
    """
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for kind in KINDS:
        if not kind.field:
            menu.addAction(kind.title, partial(call, "", None)).setToolTip(kind.help)
            menu.addSeparator()
            continue
        on = before is not None and kind.is_there(before)
        value = kind.without if on else kind.value
        action = check(menu, kind.title, on, partial(_chosen, call, kind.field, value))
        action.setEnabled(before is not None)
        action.setToolTip(kind.help if before is not None else "There is a hidden layer needed before it.")
    return menu


def _chosen(call: Callable[[str, Any], object], field: str, value: Any, checked: bool = True) -> None:
    call(field, value)
