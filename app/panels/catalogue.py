"""Every panel there is, and the cell of the window it first stands in."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from app.panels.panel import Panel


@dataclass(frozen=True)
class Entry:
    """A panel by name; its module is imported, and the panel made, when somebody first looks at it.

    ``title`` is short enough for a tab of a narrow cell; the panel's own title says all of it.
    """

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
        (
            Entry("network", "Network", "app.panels.network:NetworkPanel"),
            Entry("by_hand", "By hand", "app.panels.by_hand:ByHandPanel"),
        ),
        (
            Entry("boundary", "Boundary", "app.panels.boundary:BoundaryPanel"),
            Entry("representation", "Representation", "app.panels.representation:RepresentationPanel"),
            Entry("answers", "Answers", "app.panels.answers:AnswersPanel"),
        ),
    ),
    (
        (
            Entry("loss", "Loss", "app.panels.loss:LossPanel"),
            Entry("runs", "Runs", "app.panels.runs:RunsPanel"),
        ),
        (
            Entry("gradients", "Gradients", "app.panels.gradients:GradientsPanel"),
            Entry("sharpness", "Sharpness", "app.panels.sharpness:SharpnessPanel"),
            Entry("noise", "Noise", "app.panels.noise:NoisePanel"),
        ),
        (
            Entry("landscape", "Landscape", "app.panels.landscape:LandscapePanel"),
            Entry("slice", "Slice", "app.panels.slice:SlicePanel"),
        ),
    ),
)
"""The cells beside it, row by row; the panels of a cell are tabs, the first in front."""
