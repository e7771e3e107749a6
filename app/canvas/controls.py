"""The form beside the canvas: what is asked, which set, how many points, how they reach the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from app import theme as themes
from app.canvas.edits import with_generator, with_table, with_task
from app.canvas.thumbnails import Thumbnails
from app.theme import theme_events
from app.widgets.choice import Chip
from app.widgets.flow import FlowLayout
from app.widgets.label import ElidedLabel, Label
from app.widgets.slider import Slider
from app.widgets.spinner import Stepper
from core.data.features import FEATURES, Feature, features_of, on_plane
from core.data.generators import GENERATORS
from core.data.tables import TABLES, load_table
from core.spec import Data, Generator, Task, change

TASKS = (
    ("classification", "Classification", "Each point is of a class; the network says which."),
    ("regression", "Regression", "Each point has a value; the network estimates it."),
)
SCALINGS = (
    ("none", "unscaled", "Features reach the network as they are."),
    ("min-max", "min–max", "Each feature is brought to 0 … 1, by the training points' smallest and largest."),
    ("standard", "standard", "Each feature is brought to mean 0 and standard deviation 1 over the training points."),
)
FIRST = {"classification": "circle", "regression": "plane"}
"""The set a task begins with."""

Edit = Callable[[Data], Data]
_drags = count(1)


class _Chips(QWidget):
    """Chips in a flow."""

    def __init__(self, rows: list[tuple[str, str, str]], name: str, *, exclusive: bool) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.flow = FlowLayout(self)
        self.group = QButtonGroup(self)
        self.group.setExclusive(exclusive)
        self.chips: dict[str, Chip] = {}
        self._add(rows)

    def _add(self, rows: list[tuple[str, str, str]]) -> None:
        for key, label, about in rows:
            chip = Chip(label, about)
            self.chips[key] = chip
            self.group.addButton(chip)
            self.flow.addWidget(chip)

    def set_keys(self, keys: tuple[str, ...]) -> None:
        """Check exactly these."""
        for key, chip in self.chips.items():
            chip.setChecked(key in keys)


class ScalingChoice(_Chips):
    """How features are scaled, as chips that wrap, named where there is room."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(list(SCALINGS), "Scaling of the features", exclusive=True)
        self._name = Label("Scaling", 11, token="muted", parent=self)
        self._name.hide()
        for key, chip in self.chips.items():
            chip.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))

    def place(self, left: int, top: int, width: int) -> None:
        """Lie at a place, as high as so wide needs."""
        indent = self._indent(width)
        if indent != self.flow.contentsMargins().left():
            # Only then: a layout that is told its margins asks to be laid out again, without end.
            self._name.setVisible(indent > 0)
            self.flow.setContentsMargins(indent, 0, 0, 0)
        high = self.flow.heightForWidth(width)
        self._name.setGeometry(0, 0, indent, high)
        self.setGeometry(left, top, width, high)

    def high(self, width: int) -> int:
        """How high it is where it is so wide."""
        return self.flow.heightForWidth(width - self._indent(width) + self.flow.contentsMargins().left())

    def _indent(self, width: int) -> int:
        """How far the chips stand in for the name: not at all where there is no room for it."""
        gap = self.flow.spacing()
        chips = sum(chip.sizeHint().width() + gap for chip in self.chips.values())
        name = self._name.sizeHint().width() + 2 * gap
        return name if name + chips <= width else 0


class FeatureChips(_Chips):
    """The features that are on; the last one stays on."""

    chosen = Signal(tuple)

    def __init__(self) -> None:
        super().__init__([], "Features", exclusive=False)
        self._offered: tuple[tuple[str, str, str], ...] = ()
        self.offer(FEATURES)

    def offer(self, features: Mapping[str, Feature]) -> None:
        """Offer other features, where they are others."""
        rows = tuple((row.name, row.title, row.help) for row in features.values())
        if rows == self._offered:
            return
        self._offered = rows
        for chip in self.chips.values():
            self.group.removeButton(chip)
        self.flow.clear()
        self.chips.clear()
        self._add(list(rows))
        for chip in self.chips.values():
            chip.clicked.connect(lambda _=False, chip=chip: self._clicked(chip))
        self.updateGeometry()

    def _clicked(self, chip: Chip) -> None:
        keys = tuple(key for key, one in self.chips.items() if one.isChecked())
        if keys:
            self.chosen.emit(keys)
        else:
            chip.setChecked(True)


class DataControls(QWidget):
    """Everything about the data but the drawing; each change asks for one undoable edit by ``edit_requested``.

    ``edit_requested`` carries a label, a function from Data to Data, and a merge key that is one for each drag.
    """

    edit_requested = Signal(str, object, str)
    show_test_requested = Signal(bool)

    def __init__(self, data: Data, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = data
        self._last: dict[str, str] = dict(FIRST)
        self._recent = Generator()
        self._drag = next(_drags)
        self._make()
        self._lay_out()
        self._connect()
        theme_events().changed.connect(self._dress)
        self._dress()
        self.show_data(data)

    def _make(self) -> None:
        self.task = _Chips(list(TASKS), "Task", exclusive=True)
        self.thumbnails = Thumbnails()
        self.dice = self.thumbnails.dice
        fields = Generator()
        self.count = Slider(
            "Points", 20, 2000, value=fields.count, scale="log", integer=True, minimum=2, maximum=100_000,
            help="How many points to make.",
        )  # fmt: skip
        self.noise = Slider(
            "Noise", 0, 0.5, value=fields.noise, decimals=2, minimum=0, maximum=1,
            help="Standard deviation of the scatter, as a share of 3 units; in regression, of the value.",
        )  # fmt: skip
        most = {row.max_classes for row in GENERATORS.rows() if row.max_classes > 2}
        self.classes = {n: Stepper(2, 2, n, title="Classes", help="Blobs, arms or rings.") for n in sorted(most)}
        self.tables = _Chips([(row.name, row.title, row.help) for row in TABLES.rows()], "Tables", exclusive=False)
        self.about = Label("", 11, token="muted")
        self.about.setWordWrap(True)
        self.share = Slider(
            "Training share", 0.1, 1.0, value=0.5, share=True,
            help="Share of each class that trains; the rest tests. At 100 % none tests.",
        )  # fmt: skip
        self.test = Chip("show test points", "Test points are hollow; the network never trains on them.")
        self.features = FeatureChips()

    def _lay_out(self) -> None:
        self._classes_row = QWidget()
        self._classes_box = QHBoxLayout(self._classes_row)
        self._classes_box.setContentsMargins(0, 0, 0, 0)
        self._classes_box.addWidget(ElidedLabel("Classes", 11, token="muted"), 1)
        for stepper in self.classes.values():
            self._classes_box.addWidget(stepper)
        self._test_row = QHBoxLayout()
        self._test_row.addWidget(self.test)
        self._test_row.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.task)
        self._column.addWidget(self.thumbnails)
        self._column.addWidget(self.tables)
        self._column.addWidget(self.about)
        for slider in (self.count, self.noise):
            self._column.addWidget(slider)
        self._column.addWidget(self._classes_row)
        self._column.addWidget(self.share)
        self._column.addLayout(self._test_row)
        self._column.addWidget(Label("Features", 11, token="muted"))
        self._column.addWidget(self.features)
        self._column.addStretch(1)

    def _dress(self) -> None:
        gap = themes.theme().px(6)
        self._column.setContentsMargins(0, 0, themes.theme().px(2), 0)
        self._column.setSpacing(gap)
        for flow in (self.task.flow, self.tables.flow, self.features.flow):
            flow.setSpacing(gap)

    def _connect(self) -> None:
        for key, chip in self.task.chips.items():
            chip.clicked.connect(lambda _=False, key=key: self._choose_task(key))
        self.thumbnails.chosen.connect(self._choose_set)
        for key, chip in self.tables.chips.items():
            chip.clicked.connect(lambda _=False, key=key: self._choose_table(key))
        self.dice.clicked.connect(lambda: self._generator("New sample", seed=self._made().seed + 1))
        self.count.moved.connect(lambda v: self._generator("Number of points", "count", count=round(v)))
        self.noise.moved.connect(lambda v: self._generator("Noise", "noise", noise=float(v)))
        for stepper in self.classes.values():
            stepper.changed.connect(lambda v: self._generator("Number of classes", "classes", classes=v))
        self.share.moved.connect(lambda v: self._set("Training share", "split.share", round(float(v), 3)))
        self.features.chosen.connect(lambda keys: self._set("Features", "features", keys, merge=False))
        self.test.clicked.connect(self.show_test_requested)
        for slider in (self.count, self.noise, self.share):
            slider.released.connect(self._end_drag)

    # Edits

    def _end_drag(self) -> None:
        self._drag = next(_drags)

    def _ask(self, label: str, edit: Edit, merge: str = "") -> None:
        self.edit_requested.emit(label, edit, f"{merge} {self._drag}" if merge else "")

    def _set(self, label: str, path: str, value: Any, *, merge: bool = True) -> None:
        self._ask(label, lambda data: change(data, path, value), path if merge else "")

    def _made(self) -> Generator:
        """The set in use; where all is drawn, as the last one was."""
        return self._data.generator or replace(self._recent, name=self._last[self._data.task])

    def _generator(self, label: str, merge: str = "", **changes: Any) -> None:
        if self._data.generator is not None:
            made = replace(self._data.generator, **changes)
            self._ask(label, lambda data: with_generator(data, made), merge)

    def _choose_set(self, name: str) -> None:
        made = replace(self._made(), name=name, classes=self._data.classes)
        self._ask(f"{GENERATORS[name].title} set", lambda data: with_generator(data, made))
        self.show_data(self._data)  # a click on the chosen one must leave it chosen

    def _choose_table(self, name: str) -> None:
        self._ask(f"{TABLES[name].title} table", lambda data: with_table(data, name))
        self.show_data(self._data)

    def _choose_task(self, key: str) -> None:
        task: Task = "regression" if key == "regression" else "classification"
        name = self._last[task]
        self._ask(key.capitalize(), lambda data: with_task(data, task, name))
        self.show_data(self._data)

    # Following

    def show_data(self, data: Data) -> None:
        """Show what ``data`` says, emitting nothing."""
        self._data = data
        made = data.generator
        if made is not None:
            self._last[data.task], self._recent = made.name, made
        self.task.set_keys((data.task,))
        self.thumbnails.show_task(data.task, made.name if made else "", data.classes)
        for slider in (self.count, self.noise):
            slider.setVisible(on_plane(data))
        for control in (self.count, self.noise, self.dice):
            control.setEnabled(made is not None)
        self.tables.set_keys((data.table,))
        self.about.setText(_about(data))
        self.about.setVisible(bool(self.about.text()))
        self.features.offer(features_of(data))
        if made is not None:
            self.count.set_value(made.count)
            self.noise.set_value(made.noise)
        most = GENERATORS[made.name].max_classes if made else 0
        self._classes_row.setVisible(most > 2)
        for limit, stepper in self.classes.items():
            stepper.setVisible(limit == most)
            stepper.set_value(made.classes if made else 2)
        self.share.set_value(data.split.share)
        self.features.set_keys(data.features)

    def show_test(self, shown: bool) -> None:
        """Show whether test points are shown, emitting nothing."""
        self.test.setChecked(shown)


def _about(data: Data) -> str:
    """What was left out of a table, and why there is no drawing; "" where there is."""
    if on_plane(data):
        return ""
    said = load_table(data.table).said if data.table else ""
    return f"{said} These are rows of a table, not drawn by hand: choose a set above to draw again.".strip()
