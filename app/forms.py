"""Form widgets from an Experiment's fields and from the settings of a table's rows, bound to a session both ways.

A widget's edits go through ``session.set``; what ``session.edited`` brings is shown without an echo. All edits of one
drag share a merge key, so that one drag is one step to undo. What the session refuses is said under the control.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.form_info import FieldInfo, field_info, of_setting, read
from app.theme import theme, theme_events, tokens
from app.widgets.check import CheckBox
from app.widgets.choice import Dropdown, Rows, Segmented
from app.widgets.label import ElidedLabel, Label, tip
from app.widgets.slider import Slider
from app.widgets.spinner import Stepper
from app.widgets.value_field import ValueField
from core.spec import AUTO, Choice
from core.tables import SpecError

_gestures = itertools.count(1)
_REST_MS = 600
"""Steps of a stepper that follow each other faster than this are one edit."""
_FEW = 3
"""Up to so many choices of a Literal are shown side by side."""


class FormField(QWidget):
    """One control bound to one path of the session's Experiment, and below it why an edit was refused, when one was.

    ``get`` takes the value from an Experiment; ``wrap`` makes of a new value what is set at ``path``.
    """

    def __init__(
        self,
        session: Any,
        path: str,
        info: FieldInfo,
        *,
        get: Callable[[Any], Any] | None = None,
        wrap: Callable[[Any, Any], Any] | None = None,
        rows: Rows = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session, self.path, self.info = session, path, info
        self._get = get or (lambda experiment: read(experiment, path))
        self._wrap = wrap or (lambda experiment, value: value)
        self._gesture = next(_gestures)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self.finish)
        self._show: Callable[[Any], None] = lambda value: None
        self.control = self._make(rows)
        self.problem = Label(size=11, token="bad")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.control)
        self._column.addWidget(self.problem)
        self.setFocusProxy(self.control)
        theme_events().changed.connect(self._dress)
        self._dress()
        session.edited.connect(self._follow)
        self._present(self._get(session.experiment))

    def submit(self, value: Any, *, merge: bool = False) -> None:
        """Ask the session for a new value; where it refuses, say so and show what holds."""
        try:
            wrapped = self._wrap(self.session.experiment, value)
            self.session.set(self.path, wrapped, self.info.title, f"{self.path}#{self._gesture}" if merge else "")
        except SpecError as refusal:
            self.problem.setText(". ".join(part for part in (refusal.what, refusal.fix) if part) + ".")
            self.problem.show()
            self._present(self._get(self.session.experiment))
        else:
            self.problem.hide()

    def finish(self) -> None:
        """End a gesture: later edits are another step to undo."""
        self._gesture = next(_gestures)

    def _follow(self, before: Any, after: Any) -> None:
        value = self._get(after)
        if value != self._get(before):
            self.problem.hide()
            self._present(value)

    def _present(self, value: Any) -> None:
        """Show a value; None, a part of the Experiment that is not there, disables the control."""
        self.control.setEnabled(value is not None)
        if value is not None:
            self._show(value)

    def _dress(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(tokens.GRID))

    def _make(self, rows: Rows) -> QWidget:
        info = self.info
        if rows:
            return self._dropdown(rows)
        if info.choices:
            choices = [(key, key.replace("_", " "), info.help) for key in info.choices]
            return self._segmented(choices) if len(choices) <= _FEW else self._dropdown(choices)
        if info.type is bool:
            return self._check()
        if info.track is not None:
            return self._slider(*info.track)
        return self._stepper() if info.type is int else self._number()

    def _dropdown(self, rows: Rows) -> QWidget:
        box = Dropdown(self.info.title, rows, help=self.info.help)
        box.chosen.connect(self.submit)
        self._show = box.set_key
        return box

    def _segmented(self, rows: Rows) -> QWidget:
        pills = Segmented(rows, name=self.info.title)
        pills.chosen.connect(self.submit)
        self._show = pills.set_key
        return _Titled(self.info, pills)

    def _check(self) -> QWidget:
        box = CheckBox(self.info.title, self.info.help)
        box.clicked.connect(self.submit)
        self._show = box.setChecked
        return box

    def _slider(self, low: float, high: float) -> QWidget:
        info = self.info
        slider = Slider(
            info.title,
            low,
            high,
            scale="log" if info.scale == "log" else "linear",
            integer=info.type is int,
            unit="" if info.unit == "%" else info.unit,
            share=info.unit == "%",
            help=info.help,
            minimum=info.minimum,
            maximum=info.maximum,
            prominent=info.prominent,
        )
        slider.moved.connect(self._moved)
        slider.released.connect(self.finish)
        self._show = slider.set_value
        return slider

    def _stepper(self) -> QWidget:
        info = self.info
        least = int(max(info.minimum, -(2**53)))
        most = int(info.maximum) if info.maximum < 2**53 else None
        stepper = Stepper(least, least, most, title=info.title, unit=info.unit, help=info.help)
        stepper.changed.connect(self._stepped)
        self._show = stepper.set_value
        return _Titled(info, stepper)

    def _moved(self, value: float) -> None:
        self.submit(round(value) if self.info.type is int else value, merge=True)

    def _stepped(self, value: int) -> None:
        self.submit(value, merge=True)
        self._rest.start()

    def _number(self) -> QWidget:
        info = self.info
        field = ValueField(0.0, info.minimum, info.maximum, unit=info.unit)
        field.setToolTip(tip(info.help))
        field.setAccessibleName(info.title)
        field.typed.connect(self.submit)
        self._show = field.set_value
        return _Titled(info, field)


class _Titled(QWidget):
    """A title to the left of a control that has none of its own."""

    def __init__(self, info: FieldInfo, control: QWidget) -> None:
        super().__init__()
        self.control = control
        title = ElidedLabel(info.title, 11, token="muted")
        title.setBuddy(control)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(title, 1)
        row.addWidget(control, 0, Qt.AlignmentFlag.AlignRight)
        self.setFocusProxy(control)
        self.setToolTip(tip(info.help))
        if not control.toolTip():
            control.setToolTip(tip(info.help))


class SettingsForm(QWidget):
    """A drop-down list of a table's rows and below it the settings of the row chosen, for a ``Choice`` at ``path``.

    Where it is not ``listed``, the settings alone, for what is chosen elsewhere; a name that is in no table has none.
    """

    def __init__(
        self,
        session: Any,
        path: str,
        table: Mapping[str, Any],
        *,
        title: str = "",
        listed: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session, self.path, self.table = session, path, table
        info = replace(field_info(type(session.experiment), path), type=str)
        self.choice = FormField(
            session,
            path,
            replace(info, title=title or info.title),
            get=lambda experiment: self._at(experiment).name,
            wrap=lambda experiment, name: Choice(name),
            rows=table_rows(table),
        )
        self.fields: dict[str, FormField] = {}
        self._name = ""
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.choice)
        self._listed = listed
        if not listed:
            self.choice.hide()
        theme_events().changed.connect(self._dress)
        self._dress()
        session.edited.connect(self._follow)
        self._rebuild()

    def _at(self, experiment: Any) -> Choice:
        found: Choice = read(experiment, self.path)
        return found

    def _follow(self, before: Any, after: Any) -> None:
        if self._at(after).name != self._name:
            self._rebuild()

    def _rebuild(self) -> None:
        """Show the settings of the row that is chosen now."""
        for field in self.fields.values():
            self._column.removeWidget(field)
            field.hide()
            field.deleteLater()
        self._name = self._at(self.session.experiment).name
        row = None if self._name == AUTO else self.table[self._name]
        self.fields = {setting.name: self._field(setting) for setting in getattr(row, "settings", ())}
        for field in self.fields.values():
            self._column.addWidget(field)
        if not (self.fields or self._listed):
            self.hide()
        elif self.parentWidget() is not None:  # without one, it would open as a window of its own
            self.show()

    def _field(self, setting: Any) -> FormField:
        def get(experiment: Any) -> float:
            return self._at(experiment).settings.get(setting.name, setting.default)

        def wrap(experiment: Any, value: float) -> Choice:
            choice = self._at(experiment)
            others = {name: kept for name, kept in choice.settings.items() if name != setting.name}
            return Choice(choice.name, others if value == setting.default else {**others, setting.name: value})

        return FormField(self.session, self.path, of_setting(setting), get=get, wrap=wrap)

    def _dress(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(tokens.GAP))


def table_rows(table: Mapping[str, Any], auto: str = "") -> Rows:
    """The rows of a table for a drop-down list; with ``auto`` a first one that lets the task decide."""
    first = [(AUTO, auto, "Chosen to go with the task.")] if auto else []
    return [*first, *((name, row.title, row.help) for name, row in table.items())]


def field_widget(
    session: Any, path: str, table: Mapping[str, Any] | None = None, *, auto: str = "", **changes: Any
) -> FormField:
    """The control for the field at ``path``, its kind from the field's type.

    A ``table`` makes it a list of that table's rows, with ``auto`` the label of a first row that leaves the choice to
    the task. ``changes`` override what is declared: title, help, low, high, scale, unit, minimum,
    maximum, and whether it is prominent.
    """
    info = replace(field_info(type(session.experiment), path), **changes)
    return FormField(session, path, info, rows=table_rows(table, auto) if table is not None else ())


def settings_form(
    session: Any, path: str, table: Mapping[str, Any], *, title: str = "", listed: bool = True
) -> SettingsForm:
    """The control for a ``Choice`` at ``path``: which row of ``table``, if ``listed``, and that row's settings."""
    return SettingsForm(session, path, table, title=title, listed=listed)
