"""The data panel: draw points, choose sets, split and scale them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from app.canvas.arrangement import DataBody
from app.canvas.drawing import training_mask
from app.canvas.edits import add_class, remove_class, with_data
from app.faults import describe
from app.numbers import count
from app.panels.panel import Panel
from app.theme import tokens
from app.widgets.buttons import IconButton
from core.spec import Data, change
from core.tables import SpecError


class _StackButton(IconButton):
    """Undo or redo, whose tooltip says which edit that would be."""

    def __init__(self, icon: str, name: str, press: Callable[[], object]) -> None:
        super().__init__(icon, name, flat=True, size=tokens.SMALL_CONTROL)
        self._name = name
        self.clicked.connect(lambda: press())

    def describe(self, label: str) -> None:
        self.setToolTip(f"{self._name}: {label}" if label else self._name)


class DataPanel(Panel):
    """What the network learns from, drawn by hand or made by a generator; every change is one undoable edit."""

    key = "canvas"
    title = "Data"
    help = (
        "Draw points, or choose a set: filled points train the network, hollow ones test it and are never trained on. "
        "The difference between the two losses is the **generalisation gap**.\n"
        "Source: Goodfellow, Bengio & Courville, Deep Learning, 2016, section 5.2."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.parts = DataBody(session)
        self.canvas = self.parts.canvas
        self.controls = self.parts.controls
        self.set_body(self.parts)
        self._add_buttons()
        self._connect()
        self._follow()

    def _add_buttons(self) -> None:
        stack = self.session.undo_stack
        self.undo = _StackButton("undo", "Undo", stack.undo)
        self.redo = _StackButton("redo", "Redo", stack.redo)
        self.clear = IconButton("clear", "Clear all points", flat=True, size=tokens.SMALL_CONTROL)
        self.clear.clicked.connect(lambda: self.canvas.clear())
        for button in (self.undo, self.redo, self.clear):
            self.add_control(button)
        # What the stack says comes with its signals: it speaks while it is taken down, too, when it cannot be asked.
        stack.canUndoChanged.connect(self.undo.setEnabled)
        stack.canRedoChanged.connect(self.redo.setEnabled)
        stack.undoTextChanged.connect(self.undo.describe)
        stack.redoTextChanged.connect(self.redo.describe)
        self.undo.setEnabled(stack.canUndo())
        self.redo.setEnabled(stack.canRedo())
        self.undo.describe(stack.undoText())
        self.redo.describe(stack.redoText())

    def _connect(self) -> None:
        self.canvas.refused.connect(self.show_message)
        self.canvas.selection_changed.connect(lambda _: self._say())
        self.controls.edit_requested.connect(self._edit)
        self.controls.show_test_requested.connect(self._show_test)
        self.parts.scaling.chosen.connect(lambda key: self._edit("Scaling", lambda data: change(data, "scaling", key)))
        self.parts.palette_row.add_requested.connect(lambda: self._edit("Add class", add_class))
        self.parts.palette_row.remove_requested.connect(
            lambda index: self._edit("Remove class", lambda data: remove_class(data, index))
        )
        self.session.show_test_changed.connect(lambda _: self._follow())

    def _edit(self, label: str, edit: Callable[[Data], Data], merge: str = "") -> None:
        """Apply an edit of the data to the session, or say why it was refused."""
        experiment = self.session.experiment
        try:
            data = edit(experiment.data)
            if data is not experiment.data:
                self.session.edit(label, with_data(experiment, data), merge=merge)
        except SpecError as error:
            self.show_message(describe(error))
            self._follow()

    def _show_test(self, shown: bool) -> None:
        self.session.set_show_test(shown)

    def experiment_edited(self, before: Any, after: Any) -> None:
        """Follow an edit."""
        if before.data is not after.data:
            self.clear_message()
        self._follow()

    def _follow(self) -> None:
        data = self.session.experiment.data
        self.controls.show_data(data)
        self.controls.show_test(self.session.show_test)
        self.parts.scaling.set_keys((data.scaling,))
        self.parts.palette_row.follow()
        self.parts.follow(data)
        self._say()

    def _say(self) -> None:
        self.clear.setEnabled(len(self.canvas.points) > 0)
        self.set_status(self._status_text())

    def _status_text(self) -> str:
        chosen = int(self.canvas.selected.sum())
        if chosen:
            return f"{count(chosen)} selected · drag, arrow keys, Delete"
        if not len(self.canvas.points):
            return "No points yet · drag on the canvas" if self.canvas.drawable else "No rows"
        train = training_mask(self.session)
        tests = "hollow" if self.session.show_test else "hidden"
        rows = "" if self.canvas.drawable else f"{count(self.canvas.points.x.shape[1])} columns · "
        text = f"{rows}{count(int(train.sum()))} to train · {count(int((~train).sum()))} to test ({tests})"
        scaling = self.session.experiment.data.scaling
        return text if scaling == "none" else f"{text} · {scaling.replace('-', '–')}"
