"""What a panel about the loss says when there is no loss: no points, or one that is not a number."""

from __future__ import annotations

from math import isfinite
from typing import Any

from app.panels.panel import Panel
from core.data.generators import generate
from core.spec import Data, Generator, change


def says_lacking(panel: Panel, snapshot: Any) -> bool:
    """Whether ``snapshot`` has no loss; the panel then says why, with the button that brings one, else its picture."""
    session = panel.session
    if snapshot.model.untrainable is not None:
        panel.set_empty(
            "There are no points to learn from, and so there is no loss.", "Use a data set", lambda: _fill(session)
        )
        return True
    if not isfinite(snapshot.train_loss):
        panel.set_empty("At this θ the loss is not a number.", "Back to the lowest loss", session.rewind)
        return True
    panel.clear_empty()
    return False


def _fill(session: Any) -> None:
    made = Generator()
    session.edit("Use a data set", change(session.experiment, "data", Data(points=generate(made), generator=made)))
