"""Every key of the window that no menu shows, by the place that has to have the focus for it."""

from __future__ import annotations

from dataclasses import dataclass

from app.canvas.edits import MOST_CLASSES
from app.canvas.tools import TOOLS

Line = tuple[str, str]
"""The keys, and what they do."""


@dataclass(frozen=True)
class Place:
    """Where keys mean something: its title, its lines, and the modules of ``app`` that answer to them."""

    title: str
    lines: tuple[Line, ...]
    modules: tuple[str, ...] = ()


PLACES: tuple[Place, ...] = (
    Place(
        "Everywhere",
        (
            ("Tab, Shift+Tab", "Next control, and the one before"),
            ("Space", "Press a button, tick a box"),
            ("← →", "Another tab, or another of a row of pills"),
            ("↑ ↓", "Another line of a list"),
            ("Esc", "Close a menu or a popover"),
        ),
    ),
    Place(
        "Sliders and numbers",
        (
            ("← → ↑ ↓", "One notch of a slider"),
            ("↑ ↓", "One more or one less of a whole number"),
            ("Page ↑, Page ↓", "Several at once"),
            ("Home, End", "Either end of a slider"),
            ("Enter", "Take the number typed"),
            ("Esc", "Bring back the one before"),
        ),
        ("widgets.track", "widgets.value_field", "widgets.spinner", "canvas.options", "canvas.palette"),
    ),
    Place(
        "Timeline",
        (
            ("← →", "One moment back or on"),
            ("Page ↑, Page ↓", "Ten moments back or on"),
            ("Home, End", "The first moment, the newest"),
        ),
        ("time_track",),
    ),
    Place(
        "Data: the canvas",
        (
            *((tool.shortcut, tool.title) for tool in TOOLS.rows()),
            (f"1 … {MOST_CLASSES}", "Class to draw with"),
            ("[ ]", "Smaller or larger tool"),
            ("← → ↑ ↓", "Move the crosshair, or what is selected"),
            ("Shift + arrows", "The same, farther"),
            ("Enter, Space", "Use the tool at the crosshair"),
            ("Ctrl+A", "Select every point"),
            ("Delete", "Remove the selected points"),
            ("Esc", "Let selection and crosshair go"),
        ),
        ("canvas.canvas",),
    ),
    Place(
        "Network",
        (
            ("← → ↑ ↓", "From neuron to neuron"),
            ("Enter, Space", "Open the neuron"),
            ("↓ on a +", "Other layers to put there"),
            ("− + in a menu", "The number on its line"),
        ),
        ("network.picture", "network.controls", "network.step_line"),
    ),
    Place(
        "By hand",
        (
            ("← →", "One phase back or on"),
            ("↑ ↓", "Another neuron; in the list, another phase"),
            ("Page ↑, Page ↓", "Another sample"),
            ("Enter", "Type over a number of the table"),
            ("Esc", "Leave a number as it was"),
        ),
        ("panels.by_hand", "by_hand.board", "by_hand.stepper", "by_hand.table", "by_hand.bar"),
    ),
    Place(
        "Boundary, Representation, Answers",
        (
            ("← → ↑ ↓", "Another sample, layer, or cell of the matrix"),
            ("Home, End", "The first layer, the last"),
            ("Page ↑, Page ↓", "Ten samples of the worst"),
            ("Enter, Space", "Light up the samples of a cell"),
            ("Esc", "Let what is picked go"),
        ),
        ("panels.answer_view", "panels.representation_strip", "panels.answers_matrix", "panels.answers_worst"),
    ),
    Place(
        "Loss, Runs, Gradients, Sharpness",
        (
            ("← →", "Crosshair from row to row"),
            ("+ −", "Nearer, farther"),
            ("0", "The whole run"),
            ("Esc", "Put the crosshair away"),
            ("Space, Enter", "Show or hide a run's curve"),
        ),
        ("panels.curves", "panels.runs_list"),
    ),
    Place(
        "Gradients: flags, histograms",
        (
            ("← →, Space", "Another flag, and why it is there"),
            ("← → ↑ ↓", "Another bin, another moment"),
            ("Esc", "Back to all layers"),
        ),
        ("panels.gradients_strip", "panels.gradients_ridges"),
    ),
    Place("Noise", (("↑ ↓", "Another batch size"),), ("panels.noise_view",)),
    Place(
        "Landscape: the map",
        (
            ("← → ↑ ↓", "Move the cross"),
            ("Shift + arrows", "Move the view"),
            ("Enter", "Drop the ball at the cross"),
            ("+ −", "Nearer, farther"),
            ("Esc", "Put the cross away"),
        ),
        ("panels.landscape_hand",),
    ),
    Place(
        "3-D: Landscape, Boundary",
        (
            ("← → ↑ ↓", "Turn"),
            ("Shift + arrows", "Move"),
            ("+ −", "Nearer, farther"),
            ("0, Home", "Back to where it began"),
        ),
        ("space.hand",),
    ),
    Place(
        "Slice",
        (
            ("← →", "Move the ball by a notch"),
            ("Page ↑, Page ↓", "Ten notches, as with Shift"),
        ),
        ("panels.slice_plot",),
    ),
)
"""The table of the keyboard's window, after the menus."""
