"""What can be set about a layer besides its units and activation: one row each, for its menu and for its notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from app.network.step_line import StepLine, add_step_line
from app.numbers import percent
from core.layers import NORMS


def check(menu: QMenu, text: str, on: bool, call: Callable[[bool], object]) -> QAction:
    """A line of ``menu`` that is on or off."""
    action = menu.addAction(text)
    action.setCheckable(True)
    action.setChecked(on)
    action.triggered.connect(call)
    return action


@dataclass(frozen=True)
class Option:
    """A field of a layer: what it says in the menu, its help, what the notes say of a value ("" for the usual one).

    ``say`` words a value in the menu, where ``choices`` offers several, or where it is a number of steps from 0 to
    ``most``, of the layer at a place; else it is on or off.
    """

    field: str
    title: str
    help: str
    note: Callable[[Any], str]
    choices: tuple[Any, ...] = ()
    say: Callable[[Any], str] = str
    most: Callable[[int], int] | None = None


DROPOUT = Option(
    "dropout",
    "Dropout",
    "Dropout switches units off at random while training.",
    lambda share: f"dropout {percent(share)}" if share else "",
    tuple(k / 10 for k in range(10)),
    lambda share: percent(share) if share else "None",
)
BIAS = Option("bias", "Bias", "A bias is added to each unit's sum.", lambda on: "" if on else "no bias")
FROZEN = Option("frozen", "Frozen", "A frozen layer does not train.", lambda on: "frozen" if on else "")

NORM = Option(
    "norm",
    "Normalisation",
    "Normalisation gives the sums mean 0 and variance 1, over the batch or over the layer's units, then scales and "
    "shifts them by γ and β, which are trained.",
    lambda name: "" if name == "none" else f"{NORMS[name].title.lower()} norm",
    tuple(NORMS),
    lambda name: NORMS[name].title if name == "none" else f"{NORMS[name].title} norm",
)
RESIDUAL = Option(
    "residual",
    "Residual connection",
    "A residual connection adds the input of the last n layers back to what comes out of this one.",
    lambda layers: f"+ skip {layers}" if layers else "",
    say=lambda layers: "None" if not layers else f"{layers} layer" + ("s" if layers > 1 else ""),
    most=lambda place: place + 1,
)

LAYER_OPTIONS = (NORM, RESIDUAL, DROPOUT, BIAS, FROZEN)
OUTPUT_OPTIONS = (BIAS, FROZEN)


def notes(options: Sequence[Option], layer: Any) -> str:
    """What is unusual about ``layer``, in a few words."""
    return " · ".join(filter(None, (option.note(getattr(layer, option.field)) for option in options)))


def help_of(options: Sequence[Option]) -> str:
    """What the options do, a sentence each."""
    return " ".join(option.help for option in options)


def add_to_menu(
    menu: QMenu, options: Sequence[Option], layer: Any, call: Callable[[str, Any], object], place: int = 0
) -> None:
    """A line of ``menu`` for each option, as it is in ``layer``; ``call`` is told the field and its new value.

    ``place`` is how many hidden layers there are before it.
    """
    menu.setToolTipsVisible(True)
    for option in options:
        now = getattr(layer, option.field)
        if option.most is not None:
            line = StepLine(option.title, now, max(now, option.most(place)), option.say)
            line.stepped.connect(partial(call, option.field))
            add_step_line(menu, line, option.help)
            continue
        if not option.choices:
            check(menu, option.title, now, partial(_chosen, call, option.field, not now)).setToolTip(option.help)
            continue
        inner = QMenu(option.title, menu)
        group = QActionGroup(inner)
        for value in option.choices if now in option.choices else sorted((*option.choices, now)):
            choose = partial(_chosen, call, option.field, value)
            group.addAction(check(inner, option.say(value), value == now, choose))
        menu.addMenu(inner).setToolTip(option.help)


def _chosen(call: Callable[[str, Any], object], field: str, value: Any, checked: bool = True) -> None:
    call(field, value)
