"""A number that reads as text and can be typed over."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from app.numbers import count, number, parse_number, percent, to_places
from app.theme import font, theme, theme_events, wear


class ValueField(QLineEdit):
    """Shows a value with its unit; while it has the focus, the bare number to edit.

    Enter or leaving commits what was typed, held within ``minimum`` and ``maximum``; Escape, or what is no number,
    brings the value back. ``typed`` carries a committed number that differs from the value.
    """

    typed = Signal(float)

    def __init__(
        self,
        value: float,
        minimum: float = -math.inf,
        maximum: float = math.inf,
        *,
        integer: bool = False,
        unit: str = "",
        decimals: int | None = None,
        share: bool = False,
        size: int = 13,
        semibold: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.minimum, self.maximum = minimum, maximum
        self._integer, self._unit, self._decimals, self._share = integer, unit, decimals, share
        self._size, self._semibold = size, semibold
        self._value = value
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFrame(False)
        self.returnPressed.connect(self._commit)
        self.textChanged.connect(self._resize)
        theme_events().changed.connect(self._dress)
        self._dress()
        self._write()

    @property
    def value(self) -> float:
        """The number it stands for."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show another value; what somebody is typing at that moment stays."""
        self._value = value
        if not (self.hasFocus() and self.isModified()):
            self._write()

    @property
    def shown(self) -> str:
        """The value as text, with its unit."""
        if self._share:
            return percent(self._value)
        return self._plain() + ("\u00a0" + self._unit if self._unit else "")

    def _plain(self) -> str:
        if not math.isfinite(self._value):
            return number(self._value)
        if self._integer:
            return count(round(self._value))
        if self._decimals is not None:
            return to_places(self._value, self._decimals)
        return number(self._value)

    def _bare(self) -> str:
        """The value as somebody would type it."""
        if self._share:
            return number(self._value * 100, 6)
        return f"{round(self._value)}" if self._integer and math.isfinite(self._value) else number(self._value, 6)

    def _write(self) -> None:
        self.setText(self._bare() if self.hasFocus() else self.shown)
        self.setModified(False)

    def _commit(self) -> None:
        if not self.isModified():
            return
        try:
            value = parse_number(self.text().strip().removesuffix("%").removesuffix(self._unit))
        except ValueError as problem:
            self._write()
            self.setToolTip(str(problem))
            return
        if self._share:
            value /= 100
        value = min(max(float(round(value)) if self._integer else value, self.minimum), self.maximum)
        changed = value != self._value
        self._value = value
        self._write()
        if changed:
            self.typed.emit(value)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the bare number, selected."""
        super().focusInEvent(event)
        self._write()
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Commit, and show the unit again."""
        super().focusOutEvent(event)
        self._commit()
        self._write()
        self.deselect()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape brings the value back."""
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.setModified(False)
            self._write()
            self.selectAll()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Room for the value as shown and as typed."""
        widest = max(self.fontMetrics().horizontalAdvance(text) for text in (self.text(), self.shown, "0.00"))
        return QSize(widest + theme().px(14), theme().px(22))

    minimumSizeHint = sizeHint

    def _resize(self, text: str) -> None:
        self.updateGeometry()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the size under another parent."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        wear(self, font(self._size, self._semibold))
        self.updateGeometry()
