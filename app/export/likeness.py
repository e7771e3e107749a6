"""A second panel made to show what a first one shows: what its controls say, and where its plots are zoomed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QAbstractButton, QWidget

from app.panels.panel import Panel
from app.panels.plot.widget import PlotWidget
from app.widgets.choice import Dropdown

_PASSES = 2
"""A choice may bring other choices with it."""


def _choose(model: Dropdown, copy: Dropdown) -> None:
    if model.key != copy.key and model.key in copy.keys:
        copy.set_key(model.key)
        copy.chosen.emit(model.key)


def _check(model: QAbstractButton, copy: QAbstractButton) -> None:
    if model.isCheckable() and copy.isCheckable() and model.isChecked() != copy.isChecked():
        copy.click()


def _zoom(model: PlotWidget, copy: PlotWidget) -> None:
    copy.scene.window = model.scene.window
    copy.scene.aim()


_ALIKE: tuple[tuple[type[QWidget], Callable[[Any, Any], None]], ...] = (
    (Dropdown, _choose),
    (QAbstractButton, _check),
    (PlotWidget, _zoom),
)
"""How each kind of widget takes on the state of another of its kind."""


def make_alike(model: Panel, copy: Panel) -> None:
    """Have ``copy`` show what ``model`` does; both are of one class, so their controls come in the same order."""
    for _ in range(_PASSES):
        for kind, take in _ALIKE:
            ours, theirs = _parts(model, kind), _parts(copy, kind)
            if len(ours) == len(theirs):
                for one, other in zip(ours, theirs, strict=True):
                    take(one, other)


def _parts(panel: Panel, kind: type[QWidget]) -> list[Any]:
    """The controls in the header, wherever that is, then those in the panel."""
    header = [part for control in panel.header.controls for part in _in(control, kind)]
    return header + _in(panel.content, kind)


def _in(widget: QWidget, kind: type[QWidget]) -> list[Any]:
    return [*([widget] if isinstance(widget, kind) else []), *widget.findChildren(kind)]
