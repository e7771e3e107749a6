"""Every panel there is, and the cell of the window it first stands in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from app.panels.panel import Panel


@dataclass(frozen=True)
class Entry:
    """A panel by name; its module is imported, and the panel made, when somebody first looks at it."""

    key: str
    title: str
    place: str

    def make(self, session: Any) -> Panel:
        """The panel, on ``session``."""
        module, _, name = self.place.partition(":")
        panel = getattr(import_module(module), name)(session)
        assert isinstance(panel, Panel)
        return panel


FIRST = Entry("canvas", "Data", "app.panels.data:DataPanel")
"""The panel with a column of its own, left of all others."""

CELLS: tuple[tuple[tuple[Entry, ...], ...], ...] = (
    (
        (Entry("network", "Network", "app.panels.network:NetworkPanel"),),
        (Entry("boundary", "Decision boundary", "app.panels.boundary:BoundaryPanel"),),
    ),
    (
        (
            Entry("loss", "Loss", "app.panels.loss:LossPanel"),
            Entry("runs", "Runs", "app.panels.runs:RunsPanel"),
        ),
        (Entry("gradients", "Gradients", "app.panels.gradients:GradientsPanel"),),
        (Entry("landscape", "Loss landscape", "app.panels.landscape:LandscapePanel"),),
    ),
)
"""The cells beside it, row by row; the panels of a cell are tabs, the first in front."""
