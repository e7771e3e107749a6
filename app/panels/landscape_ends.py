"""What a plane goes through, where that is to be chosen: two points of runs, or two weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.numbers import epochs
from app.panels.survey import unlike
from app.theme import theme, theme_events, tokens
from app.widgets.choice import Dropdown
from app.widgets.label import Label
from core.network import Network
from core.probes.directions import Floats
from core.probes.planes_weights import parameter_name

START, NEWEST = "start", "newest"
MOST_LISTED = 600
"""Weights a list is of use for; of more, they are picked on the network."""


@dataclass(frozen=True, eq=False)
class Point:
    """A θ by name that a line may lead to; ``refused`` says why not, where it may not."""

    key: str
    name: str
    theta: Floats | None
    help: str
    refused: str = ""


def points(session: Any, snapshot: Any) -> list[Point]:
    """The points there are: this run's start and what is shown, then what was remembered, then earlier runs."""
    moments = snapshot.history.moments()
    first = moments[0].theta if moments and len(moments[0].theta) == len(snapshot.theta) else snapshot.theta
    found = [
        Point(START, "start of this run", np.asarray(first, dtype=np.float64), "The oldest θ of this run."),
        Point(NEWEST, "newest", np.asarray(snapshot.theta, dtype=np.float64), "The θ that is shown now."),
    ]
    for kind, kept in (("mark", session.marks), ("run", session.runs)):
        for one in kept:
            refused = unlike(snapshot.model, one.snapshot.model)
            theta = None if refused else np.asarray(one.snapshot.theta, dtype=np.float64)
            about = f"Epoch {epochs(one.snapshot.epoch)} of {'a run' if kind == 'mark' else 'an earlier run'}."
            found.append(Point(f"{kind} {id(one)}", one.name, theta, about, refused))
    return found


class PairRow(QWidget):
    """Two lists side by side; ``chosen`` carries which of them (0 or 1) and the key."""

    chosen = Signal(int, str)

    def __init__(self, titles: tuple[str, str], about: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._labels = [Label(title, 11, token="muted") for title in titles]
        self.lists = [Dropdown("", (), help=text) for text in about]
        self._rows: list[list[tuple[str, str, str]]] = [[], []]
        for slot, (label, choices, text) in enumerate(zip(self._labels, self.lists, about, strict=True)):
            choices.setAccessibleName(text)
            choices.chosen.connect(lambda key, slot=slot: self.chosen.emit(slot, key))
            self._row.addWidget(label)
            self._row.addWidget(choices, 1)
        theme_events().changed.connect(self._dress)
        self._dress()

    def offer(self, rows: Sequence[tuple[str, str, str]], keys: tuple[str, str], refused: dict[str, str]) -> None:
        """List ``rows`` (key, label, help) in both, with ``keys`` chosen; grey out the keys in ``refused``."""
        for slot, choices in enumerate(self.lists):
            if self._rows[slot] != list(rows):
                self._rows[slot] = list(rows)
                choices.set_rows(rows)
            for key in choices.keys:
                choices.set_refused(key, refused.get(key, ""))
            if choices.key != keys[slot]:
                choices.set_key(keys[slot])

    def _dress(self) -> None:
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme().px(tokens.GAP))


def weight_rows(network: Network, pair: tuple[int, int]) -> list[tuple[str, str, str]]:
    """Rows for a list of weights: all, or the present ones where there are too many for a list."""
    count = network.parameters
    still = network.statistics
    places = [k for k in range(count) if not still[k] or k in pair] if count <= MOST_LISTED else sorted(set(pair))
    about = "A number of the network: a weight w, a bias b, a scale γ or a shift β."
    return [(str(index), parameter_name(network, index), about) for index in places]
