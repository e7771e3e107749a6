"""Beginning a worked example in a session."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.examples import Example


def begin_example(session: Any, example: Example) -> None:
    """Open an example with its weights and its sample, as one step; undo brings the weights before back, too."""
    stack, snapshot = session.undo_stack, session.snapshot
    stack.beginMacro(example.title)
    if snapshot is not None:
        session.place(snapshot.theta, example.title)  # undone last, when θ has its former length again
    session.edit(example.title, example.experiment)
    session.reset()
    session.place(np.array(example.theta), example.title)
    stack.endMacro()
    session.pick(0)
