"""What a way of slicing has to do for the slice panel."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from core.probes.landscape import Objective


class Mode:
    """One way of slicing: what to ask of the probe, how to show the answer, and what the hand moves."""

    tip = ""

    def __init__(self, panel: Any) -> None:
        self.panel = panel
        self.controls: list[QWidget] = []
        self.gesture = 0

    def pick(self, index: int) -> None:
        """Follow a weight picked elsewhere."""

    def question(self, snapshot: Any, objective: Objective) -> tuple[Any, ...]:
        """A function and its arguments, for the probe."""
        raise NotImplementedError

    def show(self, answer: Any) -> bool:
        """Show what the function gave; False where it was another mode's."""
        raise NotImplementedError

    def follow(self, snapshot: Any) -> None:
        """Follow an edit of the training settings at once."""

    def grasp(self) -> None:
        """A drag begins: what it does until the next one is one step to undo."""
        self.gesture += 1

    def drag(self, x: float) -> None:
        """The hand is at ``x`` of the axis."""

    def nudge(self, notches: int) -> None:
        """The arrow keys ask for so many notches."""
