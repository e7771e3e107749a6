"""The canvas's tools: what a stroke of each does to the points, without any widget.

A tool is a row of ``TOOLS``. Pressing the mouse makes one of its gestures from the points there were and from what the
hand holds; each move lengthens the gesture, and ``points()`` is the points as they would be were it to end there. So a
stroke is shown, trained on and undone whole, however long it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PySide6.QtCore import Qt

from core.data import strokes
from core.data.plane import Mask
from core.spec import Points
from core.tables import Setting, Table

Place = tuple[float, float]


@dataclass(frozen=True)
class Hand:
    """What the hand brings to the plane: what is there, what it paints, how, and what is selected (N,).

    ``reach`` is how near to a point, in plane units, counts as on it; ``extend`` is true while Shift adds to what is
    selected.
    """

    points: Points
    y: float
    options: Mapping[str, float]
    selected: Mask
    reach: float = 0.2
    seed: int = 0
    extend: bool = False


class Gesture(Protocol):
    """One press, the drags after it, and what comes of them."""

    label: str
    """What undo calls it."""
    selected: Mask | None
    """The selection (N,) it leaves, None where that stays as it is."""
    outline: tuple[Place, Place] | None
    """Two corners of a rectangle to be shown, if any."""

    def drag(self, at: Place) -> None:
        """Go on to another place."""

    def points(self) -> Points:
        """The points as this gesture leaves them."""


@dataclass
class _Path:
    """A gesture that is a path of places."""

    hand: Hand
    path: list[Place]
    label: str = ""
    selected: Mask | None = None
    outline: tuple[Place, Place] | None = None

    def drag(self, at: Place) -> None:
        self.path.append(at)


@dataclass
class _Paint(_Path):
    """Sprays points along the path."""

    label: str = "Paint points"

    def points(self) -> Points:
        hand, options = self.hand, self.hand.options
        return strokes.brush(
            hand.points,
            self.path,
            hand.y,
            size=options["size"],
            density=options["density"],
            spread=options["spread"],
            seed=hand.seed,
        )


@dataclass
class _Put(_Path):
    """Puts one point where it was pressed, and takes it along until released."""

    label: str = "Add point"

    def points(self) -> Points:
        return strokes.point(self.hand.points, self.path[-1], self.hand.y)


@dataclass
class _Erase(_Path):
    """Takes away what comes under the path."""

    label: str = "Erase points"

    def points(self) -> Points:
        return strokes.erase(self.hand.points, self.path, self.hand.options["size"])


@dataclass
class _Select(_Path):
    """Selects what the rectangle holds; with Shift, adds it to the selection."""

    label: str = "Select"

    def __post_init__(self) -> None:
        self._mark()

    def drag(self, at: Place) -> None:
        super().drag(at)
        self._mark()

    def _mark(self) -> None:
        self.outline = (self.path[0], self.path[-1])
        self.selected = strokes.inside(self.hand.points, np.array(self.outline))
        if self.hand.extend:
            self.selected = self.selected | self.hand.selected

    def points(self) -> Points:
        return self.hand.points


@dataclass
class _Move(_Path):
    """Takes the selection along."""

    label: str = "Move points"

    def points(self) -> Points:
        assert self.selected is not None
        return strokes.move(self.hand.points, self.selected, np.subtract(self.path[-1], self.path[0]))


def _paint(hand: Hand, at: Place) -> Gesture:
    return _Paint(hand, [at])


def _put(hand: Hand, at: Place) -> Gesture:
    return _Put(hand, [at])


def _erase(hand: Hand, at: Place) -> Gesture:
    return _Erase(hand, [at])


def _select_or_move(hand: Hand, at: Place) -> Gesture:
    """On a point it moves that point, and the whole selection if the point is of it; elsewhere it selects."""
    hit = strokes.at(hand.points, at, hand.reach)
    if not hit.any():
        return _Select(hand, [at])
    if hand.extend:
        return _Move(hand, [at], selected=hit | hand.selected)
    return _Move(hand, [at], selected=hand.selected if (hit & hand.selected).any() else hit)


class Begin(Protocol):
    """Makes a tool's gesture."""

    def __call__(self, hand: Hand, at: Place) -> Gesture:
        """The gesture that a press at a place begins."""


@dataclass(frozen=True)
class Tool:
    """A row: how the tool looks, what can be set on it, and how its gestures begin."""

    name: str
    icon: str
    title: str
    shortcut: str
    help: str
    cursor: Qt.CursorShape
    begin: Begin
    options: tuple[Setting, ...] = field(default=())

    @property
    def tip(self) -> str:
        """Title, key and help in one text."""
        return f"{self.title} ({self.shortcut}): {self.help}"


_CROSS = Qt.CursorShape.CrossCursor

TOOLS: Table[Tool] = Table(
    "tool",
    Tool(
        "brush",
        "brush",
        "Brush",
        "B",
        "drag to spray points of the chosen class.",
        _CROSS,
        _paint,
        (
            Setting("size", "Size", 0.8, 0.1, 3.0, unit="units", help="Radius of the brush, in units of the plane."),
            Setting("density", "Density", 3, 0.5, 20, help="Points left on each radius of the way."),
            Setting("spread", "Spread", 0.8, 0, 1, help="1 fills the brush evenly, 0 keeps points on the path."),
        ),
    ),
    Tool("point", "point", "Point", "P", "click to add one point.", _CROSS, _put),
    Tool(
        "eraser",
        "eraser",
        "Eraser",
        "E",
        "drag over points to take them away.",
        _CROSS,
        _erase,
        (Setting("size", "Size", 0.6, 0.1, 3.0, unit="units", help="Radius of the eraser, in units of the plane."),),
    ),
    Tool(
        "select",
        "select",
        "Select and move",
        "V",
        "drag a rectangle around points, then drag them, nudge them with the arrow keys, press Delete, "
        "or choose another class for them.",
        Qt.CursorShape.ArrowCursor,
        _select_or_move,
    ),
)
