"""A session that only shows: panels on it are a film's, and the window's own go on undisturbed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QUndoStack

from app.attention import Attention
from app.past import Past
from app.session import Session
from core.history import Moment
from core.moments import snapshot_at
from core.trainer import Snapshot


class StandIn(Attention):
    """The run of a Session as it is now, with what the user has an eye on; it trains nothing and takes no edits."""

    edited = Signal(object, object)
    published = Signal(object)
    run_changed = Signal()
    show_test_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        newest = session.past.newest
        assert newest is not None
        self.newest: Snapshot = newest
        self.experiment, self.model = newest.model.experiment, newest.model
        self.state = "paused"
        self.show_test = session.show_test
        self.undo_stack = QUndoStack(self)
        self.past = Past(self)
        self.past.newest = newest
        self.past.runs, self.past.marks = list(session.runs), list(session.marks)
        self.runs_changed, self.marks_changed = self.past.runs_changed, self.past.marks_changed
        self.looking_changed = self.past.looking_changed
        self.picked, self.picked_weights = session.picked, session.picked_weights
        self.highlighted_samples = session.highlighted_samples
        self.snapshot: Snapshot | None = None

    @property
    def runs(self) -> list[Any]:
        """Earlier runs, oldest first."""
        return self.past.runs

    @property
    def marks(self) -> list[Any]:
        """Moments with a name, oldest first."""
        return self.past.marks

    @property
    def looking(self) -> Moment | None:
        """The moment that is shown."""
        return self.past.looking

    def look_at(self, moment: Moment | None) -> None:
        """Show a moment of the run; None for the newest."""
        self.past.looking = moment
        self.snapshot = self.newest if moment is None else snapshot_at(self.newest, moment)
        self.published.emit(self.snapshot)

    def set_show_test(self, shown: bool) -> None:
        """Show or hide the test points everywhere."""
        if shown != self.show_test:
            self.show_test = shown
            self.show_test_changed.emit(shown)

    def _refuse(self, *_: Any, **__: Any) -> None:
        """Do nothing: what panels offer to do, nobody can ask for here."""

    edit = set = place = play = pause = step = reset = rewind = remember = go_on_from = _refuse
