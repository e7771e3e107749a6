"""The menu of how numbers are written, and the signal that says it has changed."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.number_format import DIGITS, SIGNS, NumberFormat, number_format, put_in_force


class NumberEvents(QObject):
    """Carries ``changed``, emitted after each change of how numbers are written."""

    changed = Signal()


@cache
def number_events() -> NumberEvents:
    """The one object whose ``changed`` signal follows the format."""
    return NumberEvents()


def set_number_format(chosen: NumberFormat) -> None:
    """Put a format in force, and tell ``number_events``."""
    if chosen != number_format():
        put_in_force(chosen)
        number_events().changed.emit()


class NumberMenu(QMenu):
    """Digits from 2 to 6, and a decimal point or comma; each choice is in force at once."""

    def __init__(self, title: str = "&Numbers", parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self._digits, self._signs = QActionGroup(self), QActionGroup(self)
        for digits in DIGITS:
            self._add(self._digits, f"{digits} digits", digits)
        self.addSeparator()
        for sign, name in SIGNS.items():
            self._add(self._signs, name, sign)
        for group in (self._digits, self._signs):
            group.triggered.connect(self._choose)
        number_events().changed.connect(self._check)
        self._check()

    def _add(self, group: QActionGroup, text: str, data: object) -> None:
        action = self.addAction(text)
        action.setCheckable(True)
        action.setData(data)
        group.addAction(action)

    def _choose(self) -> None:
        digits, sign = (group.checkedAction().data() for group in (self._digits, self._signs))
        set_number_format(NumberFormat(digits, sign))

    def _check(self) -> None:
        chosen = number_format()
        for action in self.actions():
            action.setChecked(action.data() is not None and action.data() in (chosen.digits, chosen.decimal))
