"""Changing single weights and biases: the popover that edits, freezes and picks them, and the menu that freezes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, Signal
from shiboken6 import isValid

from app.network import edits
from app.network.freezing import menu_for
from app.network.known import Known
from app.network.number_popover import NumberPopover
from app.network.parameter import Parameter, bias_of, by_layer, is_frozen, kind_of, locate
from app.network.picture import NetworkPicture
from app.network.shown import Edge, Neuron
from app.network.words import facts_of, short_name, statistics_of
from core.spec import Frozen

LABELS = ("w₀", "w₁")

MOST_LISTED = 300
"""Numbers of a neuron that are offered in a list; of one that has more, the one that was clicked."""


class Editor(QObject):
    """Opens what is under the picture's pointer; ``edit`` makes an edit of the Experiment, by its label.

    ``opened`` says that a number has been opened, and that what is known of it is wanted.
    """

    opened = Signal()

    def __init__(self, session: Any, picture: NetworkPicture, edit: Callable[..., object]) -> None:
        super().__init__(picture)
        self._session, self._picture, self._edit = session, picture, edit
        self._popover: NumberPopover | None = None
        self._one = Parameter(0, 0)
        self._drags = 0
        self.known: Known | None = None
        picture.pressed.connect(self._open_pointed)
        picture.customContextMenuRequested.connect(self._open_menu)

    @property
    def popover(self) -> NumberPopover | None:
        """The popover, while it is open."""
        open_ = self._popover is not None and isValid(self._popover) and self._popover.isVisible()
        return self._popover if open_ else None

    def pointed(self) -> Parameter | None:
        """The weight under the pointer, or what the unit there has beside its weights."""
        picture = self._picture
        if picture.network is None:
            return None
        if picture.neuron is not None:
            return bias_of(picture.network, *picture.neuron)
        if picture.edge is None:
            return None
        index, source, target = picture.edge
        return Parameter(index, target, source)

    def frozen(self, one: Parameter) -> bool:
        """Whether training leaves it as it is."""
        assert self._picture.network is not None
        return is_frozen(self._session.experiment, one.frozen(self._picture.network))

    # the menu

    def _open_menu(self, position: QPoint) -> None:
        one, network = self.pointed(), self._picture.network
        if one is not None and network is not None:
            menu = menu_for(self._picture, self._session.experiment, one.frozen(network), self.freeze)
            menu.popup(self._picture.mapToGlobal(position))

    def freeze(self, one: Frozen, on: bool) -> None:
        """Freeze a number, or let it go."""
        what = kind_of(one)
        self._edit(f"Freeze {what}" if on else f"Thaw {what}", edits.freeze, one, on)
        self.refresh()

    # the popover

    def _open_pointed(self) -> None:
        picture = self._picture
        one = self.pointed()
        if picture.network is None or picture.theta is None:
            return
        if picture.neuron is not None and picture.neuron[0]:
            self._session.pick_neuron(picture.network.layers[picture.neuron[0] - 1].id, picture.neuron[1])
        if one is None and picture.neuron is not None and picture.neuron[0]:
            one = Parameter(picture.neuron[0] - 1, picture.neuron[1], 0)  # no bias, so its first weight
        if one is not None:
            self.open(one, picture.pointer)

    def open(self, one: Parameter, position: QPointF) -> None:
        """Open a number beside a position in the picture."""
        popover = NumberPopover(self._picture)
        popover.moved.connect(self._place)
        popover.released.connect(self._end_drag)
        popover.frozen.connect(lambda on: self.freeze(self._frozen_name(), on))
        popover.picked.connect(lambda slot: self._pick(slot))
        popover.chosen.connect(self._choose)
        self._popover, self._one = popover, one
        self._show_number()
        popover.open_by(self._picture.mapToGlobal(position.toPoint()))
        self.opened.emit()

    def close(self) -> None:
        """Close the popover."""
        if self.popover is not None:
            self.popover.close()

    def _frozen_name(self) -> Frozen:
        assert self._picture.network is not None
        return self._one.frozen(self._picture.network)

    def _show_number(self) -> None:
        network, popover = self._picture.network, self._popover
        assert network is not None
        assert popover is not None
        siblings = self._one.siblings(network)
        listed = siblings if len(siblings) <= MOST_LISTED else (self._one,)
        named = [(str(one.place(network)), short_name(one, network)) for one in listed]
        key = str(self._one.place(network))
        title = self._one.name(network)
        popover.show_number(title[:1].upper() + title[1:], self._one.letter, named, key)
        popover.show_value(self._value(), reach=True)
        self._show_state()

    def _choose(self, key: str) -> None:
        assert self._picture.network is not None
        one = locate(self._picture.network, int(key))
        if one is not None:
            self._end_drag()
            self._one = one
            self._show_number()

    def _value(self) -> float:
        assert self._picture.network is not None
        return float(self._picture.theta[self._one.place(self._picture.network)])

    def refresh(self, known: Known | None = None) -> None:
        """Show the number as it is now; another network closes the popover."""
        self.known = known or self.known
        network, popover = self._picture.network, self.popover
        if popover is None or network is None:
            return
        if self._one not in self._one_of(network):
            popover.close()
            return
        if self._picture.theta is None:
            return
        popover.show_value(self._value())
        self._show_state()

    def _one_of(self, network: Any) -> tuple[Parameter, ...]:
        fits = self._one.index < len(network.layers) and self._one.unit < network.layers[self._one.index].units
        siblings: tuple[Parameter, ...] = self._one.siblings(network) if fits else ()
        return siblings

    def _show_state(self) -> None:
        network, popover = self._picture.network, self._popover
        assert network is not None
        assert popover is not None
        place, one = self._one.place(network), self._one.frozen(network)
        axes = self._session.picked_weights or (None, None)
        popover.show_state(
            facts_of(self._one, network, self.known) + statistics_of(self._one, network, self._picture.theta),
            is_frozen(self._session.experiment, one),
            by_layer(self._session.experiment, one),
            (axes[0] == place, axes[1] == place),
        )

    def _place(self, value: float) -> None:
        snapshot, network = self._session.snapshot, self._picture.network
        if snapshot is None or network is None or len(snapshot.theta) != network.parameters:
            return
        theta = np.array(snapshot.theta, dtype=np.float64)
        place = self._one.place(network)
        theta[place] = value
        self._session.place(theta, f"Set {self._one.kind}", merge=f"network.place.{place}.{self._drags}")

    def _end_drag(self) -> None:
        self._drags += 1

    def _pick(self, slot: int) -> None:
        assert self._picture.network is not None
        self._session.pick_weight(slot, self._one.place(self._picture.network))
        self.refresh()


def marks_of(network: Any, picked: tuple[int | None, int | None] | None) -> Mapping[Edge | Neuron, str]:
    """The labels of the numbers that the landscape is drawn along, by the edge or the neuron whose bias it is."""
    marks: dict[Edge | Neuron, str] = {}
    for label, place in zip(LABELS, picked or (), strict=False):
        one = None if place is None else locate(network, place)
        if one is not None:
            where = (one.index + 1, one.unit) if one.source is None else (one.index, one.source, one.unit)
            marks[where] = f"{marks[where]} {label}" if where in marks else label
    return marks
