"""Drawing on the session's points: what the hand holds, what it does, and what that makes of them."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.canvas.edits import with_points, without_points
from app.canvas.plane import PlaneView
from app.canvas.tools import TOOLS, Gesture, Hand, Tool
from core.data import strokes
from core.data.features import on_plane
from core.data.slices import plane_of
from core.data.split import split
from core.data.values import SIGNED, ValueRange
from core.spec import Points
from core.tables import SpecError

FRAME = 16
"""Milliseconds between two edits of one stroke: the mouse reports far more often than anybody can see."""

_numbers = count(1)


def training_mask(session: Any) -> npt.NDArray[np.bool_]:
    """Which of the session's points train, (N,): as its model has it, or split anew where the model is not of them."""
    data, model = session.experiment.data, session.model
    if model.experiment.data is data and len(model.prepared.train) == len(data.points):
        return np.asarray(model.prepared.train)
    return np.asarray(split(data.points, data.task, data.split.share, data.split.seed))


class Drawing(PlaneView):
    """The plane with the session's points and a tool; every stroke is one undoable edit, seen while it is drawn."""

    tool_changed = Signal(str)
    brush_changed = Signal()
    """The class or the value that is painted, or a tool's option, has changed."""
    selection_changed = Signal(int)
    """How many points are selected."""
    refused = Signal(str)
    """Why an edit was not made, in a sentence."""

    ground = "window"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session: Any = session
        self.tool: Tool = TOOLS["brush"]
        self.options = {row.name: {option.name: option.default for option in row.options} for row in TOOLS.rows()}
        self.class_index = 0
        self.value = 1.0
        self.gesture: Gesture | None = None
        self._merge = ""
        self._nudge = ""
        self._applied: Points | None = None
        self._selected = np.zeros(0, dtype=np.bool_)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FRAME)
        self._timer.timeout.connect(self._apply_gesture)
        session.edited.connect(self._edited)
        session.show_test_changed.connect(self._show)
        session.highlighted.connect(self.set_lit)
        session.picked_changed.connect(self.set_picked)
        session.slice_changed.connect(self._show)
        self.take(self.tool.name)
        self._show()

    # What the hand holds

    def take(self, name: str) -> None:
        """Take the tool of that name."""
        self.tool = TOOLS[name]
        self.setCursor(self.tool.cursor)
        if name != "select":
            self.select(None)
        self.tool_changed.emit(name)
        self.update()

    def option(self, name: str) -> float:
        """The value of one of the tool's options."""
        return self.options[self.tool.name][name]

    def set_option(self, name: str, value: float) -> None:
        """Set one of the tool's options, within its limits."""
        row = next(option for option in self.tool.options if option.name == name)
        self.options[self.tool.name][name] = float(np.clip(value, row.low, row.high))
        self.brush_changed.emit()
        self.update()

    def choose_class(self, index: int) -> None:
        """Paint this class from now on; selected points become of it."""
        if not 0 <= index < self.session.experiment.data.classes:
            return
        self.class_index = index
        self.brush_changed.emit()
        self._relabel(float(index), "Change class")

    def choose_value(self, value: float) -> None:
        """Paint this value from now on; selected points take it."""
        self.value = float(np.clip(value, -1.0, 1.0))
        self.brush_changed.emit()
        self._relabel(self.value, "Change value")

    @property
    def label(self) -> float:
        """The class or the value that is painted."""
        return float(self.class_index) if self.session.experiment.data.task == "classification" else self.value

    # Edits

    @property
    def drawable(self) -> bool:
        """Whether the points lie on the plane that is drawn on; a table's rows do not."""
        return on_plane(self.session.experiment.data)

    @property
    def points(self) -> Points:
        """The session's points."""
        points: Points = self.session.experiment.data.points
        return points

    def edit_points(self, label: str, points: Points, merge: str = "") -> bool:
        """Make ``points`` the session's, as an undoable edit; False, with a sentence emitted, where it refuses."""
        if points is self.points:
            return True
        before = self._applied
        self._applied = points
        try:
            self.session.edit(label, with_points(self.session.experiment, points), merge=merge)
        except SpecError as error:
            self._applied = before
            self.refused.emit(str(error))
            return False
        return True

    def clear(self) -> None:
        """Take all points away, and the set they came from."""
        if len(self.points):
            self.session.edit("Clear points", without_points(self.session.experiment))

    @property
    def selected(self) -> npt.NDArray[np.bool_]:
        """Which points are selected, (N,)."""
        return self._selected if len(self._selected) == len(self.points) else np.zeros(len(self.points), dtype=np.bool_)

    def select(self, mask: npt.NDArray[np.bool_] | None) -> None:
        """Select the points of ``mask`` (N,), or none."""
        self._selected = np.zeros(len(self.points), dtype=np.bool_) if mask is None else mask
        self._nudge = f"nudge {next(_numbers)}"
        self.set_highlight(self._selected if self._selected.any() else None)
        self.selection_changed.emit(int(self._selected.sum()))

    def delete_selected(self) -> None:
        """Take the selected points away."""
        if self.selected.any():
            self.edit_points("Delete points", self.points.select(~self.selected))

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected points a little; nudges that follow each other are one undoable edit."""
        moved = strokes.move(self.points, self.selected, (dx, dy))
        self.edit_points("Move points", moved, merge=self._nudge)

    def _relabel(self, y: float, label: str) -> None:
        mask = self.selected
        if mask.any():
            self.edit_points(label, strokes.relabel(self.points, mask, y), merge=f"{label} {self._nudge}")

    # Gestures

    def hand(self, *, extend: bool = False) -> Hand:
        """What a gesture begun now has to go by."""
        reach = max(0.15, 0.75 * self.marker_diameter() / self.pixels_per_unit())
        return Hand(
            points=self.points,
            y=self.label,
            options=dict(self.options[self.tool.name]),
            selected=self.selected,
            reach=reach,
            seed=next(_numbers),
            extend=extend,
        )

    def press(self, at: tuple[float, float], *, extend: bool = False) -> None:
        """Begin the tool's gesture at a place of the plane."""
        self.release()
        self._merge = f"stroke {next(_numbers)}"
        self._applied = self.points
        self.gesture = self.tool.begin(self.hand(extend=extend), at)
        self._apply_gesture()

    def drag(self, at: tuple[float, float]) -> None:
        """Go on with the gesture to another place; seen, and trained on, within a frame."""
        if self.gesture is not None:
            self.gesture.drag(at)
            if not self._timer.isActive():
                self._timer.start()

    def release(self) -> None:
        """End the gesture."""
        if self.gesture is None:
            return
        if self._timer.isActive():
            self._timer.stop()
            self._apply_gesture()
        self.gesture = None
        self.update()

    def _apply_gesture(self) -> None:
        gesture = self.gesture
        if gesture is None:
            return
        if self.edit_points(gesture.label, gesture.points(), merge=self._merge):
            if gesture.selected is not None and not np.array_equal(gesture.selected, self.selected):
                self.select(gesture.selected)
        else:
            self.gesture = None
        self.update()

    # Following the session

    def _edited(self, before: Any, after: Any) -> None:
        if after.data is before.data:
            return
        if after.data.points is not self._applied:  # an edit from elsewhere: what was begun here no longer applies
            self.gesture = None
            self._timer.stop()
            self._applied = None
        if len(after.data.points) != len(self._selected):
            self.select(None)
        self.class_index = min(self.class_index, after.data.classes - 1)
        self._show()

    def _show(self, *_: Any) -> None:
        data = self.session.experiment.data
        self.set_points(
            data.points.x,
            data.points.y,
            data.task,
            train=training_mask(self.session),
            show_test=self.session.show_test,
            span=SIGNED if self.drawable else ValueRange.of(data),
            plane=plane_of(data, self.session.slice),
        )
        self.set_highlight(self.selected if self.selected.any() else None)
