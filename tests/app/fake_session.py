"""A session without a training thread, for tests of what edits the Experiment."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.attention import Attention
from app.past import Past
from core.model import Model
from core.spec import Experiment, change


class FakeSession(Attention):
    """Holds an Experiment and its undo stack, as the real one does, and refuses what a Model refuses."""

    edited = Signal(object, object)
    published = Signal(object)
    run_changed = Signal()
    show_test_changed = Signal(bool)

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.experiment = experiment
        self.model = Model.of(experiment)
        self.snapshot = None
        self.state = "paused"
        self.show_test = True
        self.past = Past(self)
        self.runs_changed, self.marks_changed = self.past.runs_changed, self.past.marks_changed
        self.looking_changed = self.past.looking_changed
        self.undo_stack = QUndoStack(self)
        self.placed: list[Any] = []
        self.edits = 0

    def edit(self, label: str, experiment: Experiment, merge: str = "") -> None:
        if experiment == self.experiment:
            return
        Model.of(experiment, self.model)
        self.edits += 1
        self.undo_stack.push(_Edit(self, label, self.experiment, experiment, merge))

    def set(self, path: str, value: Any, label: str = "", merge: str = "") -> None:
        self.edit(label, change(self.experiment, path, value), merge)

    @property
    def runs(self) -> list[Any]:
        return self.past.runs

    @property
    def marks(self) -> list[Any]:
        return self.past.marks

    @property
    def looking(self) -> Any:
        return self.past.looking

    def place(self, theta: Any, label: str, merge: str = "") -> None:
        self.placed.append((theta, label, merge))

    def set_show_test(self, shown: bool) -> None:
        self.show_test = shown
        self.show_test_changed.emit(shown)

    def apply(self, experiment: Experiment) -> None:
        before, self.experiment = self.experiment, experiment
        self.model = Model.of(experiment, self.model)
        self._keep_attention(before, experiment)
        self.edited.emit(before, experiment)


class _Edit(QUndoCommand):
    def __init__(self, session: FakeSession, label: str, before: Experiment, after: Experiment, merge: str) -> None:
        super().__init__(label)
        self.session, self.before, self.after, self.merge = session, before, after, merge

    def id(self) -> int:
        return 1 if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.merge != self.merge:
            return False
        self.after = other.after
        return True

    def redo(self) -> None:
        self.session.apply(self.after)

    def undo(self) -> None:
        self.session.apply(self.before)
