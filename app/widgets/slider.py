"""A slider that says its name and its value, both of them to be typed over."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.theme import theme, theme_events, tokens
from app.widgets.label import ElidedLabel, tip
from app.widgets.scale import ScaleName, TrackScale
from app.widgets.track import Track
from app.widgets.value_field import ValueField


class Slider(QWidget):
    """Name and value above, track below.

    ``low`` and ``high`` are the track's ends; a typed value may go beyond them, as far as ``minimum`` and ``maximum``
    (the track's ends where not given). A logarithmic slider whose minimum is 0 has 0 at its left end. ``share`` shows
    0.25 as 25 %. ``moved`` follows the hand and what was typed; ``released`` ends a drag, a run of keys, a typed value.
    """

    moved = Signal(float)
    released = Signal()

    def __init__(
        self,
        title: str,
        low: float,
        high: float,
        *,
        value: float | None = None,
        scale: ScaleName = "linear",
        integer: bool = False,
        unit: str = "",
        help: str = "",
        decimals: int | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        share: bool = False,
        prominent: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._minimum = low if minimum is None else minimum
        self._maximum = high if maximum is None else maximum
        self._kind: ScaleName = scale
        self._integer, self._unit, self._help = integer, unit, help
        start = low if value is None else value
        # The track first: that is the order in which Tab comes by.
        self.track = Track(self._scale(low, high), start, self)
        self.title = ElidedLabel(title, 13 if prominent else 11, token="muted")
        self.field = ValueField(
            start,
            self._minimum,
            self._maximum,
            integer=integer,
            unit=unit,
            decimals=decimals,
            share=share,
            size=15 if prominent else 13,
            semibold=prominent,
            parent=self,
        )
        self._lay_out()
        self._describe()
        self.track.moved.connect(self._dragged)
        self.track.released.connect(self.released)
        self.field.typed.connect(self._typed)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.track)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _scale(self, low: float, high: float) -> TrackScale:
        return TrackScale(low, high, self._kind, integer=self._integer, zero=self._minimum == 0)

    def _lay_out(self) -> None:
        self._row = QHBoxLayout()
        self._row.addWidget(self.title, 1)
        self._row.addWidget(self.field)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._row)
        self._column.addWidget(self.track)

    def _describe(self) -> None:
        title = self.title.text()
        about = f"{title} ({self._unit})" if self._unit else title
        self.setToolTip(tip(about, self._help))
        for part in (self, self.track, self.field):
            part.setAccessibleName(about)
            part.setAccessibleDescription(self._help)

    def set_help(self, text: str) -> None:
        """Change the sentence that says what it is for."""
        if text != self._help:
            self._help = text
            self._describe()

    @property
    def value(self) -> float:
        """The value shown: an int where the slider is of integers."""
        value = self.field.value
        return round(value) if self._integer and math.isfinite(value) else value

    def set_value(self, value: float) -> None:
        """Show a value, emitting nothing."""
        self.field.set_value(value)
        self.track.set_value(value)

    def set_range(self, low: float, high: float) -> None:
        """Give the track other ends, and the same to the hard limits where they were the track's."""
        old = self.track.scale
        if self._minimum == old.low:
            self._minimum = self.field.minimum = low
        if self._maximum == old.high:
            self._maximum = self.field.maximum = high
        self.track.scale = self._scale(low, high)
        self.track.set_value(self.field.value)

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Name some values (value, label) below the track; labels that would overlap earlier ones are left out."""
        self.track.set_marks(marks)

    def set_limit(self, limit: float | None, label: str = "") -> None:
        """Colour the track good below ``limit`` and bad above; None takes the colours away."""
        self.track.set_limit(limit, label)

    def _dragged(self, value: float) -> None:
        self.field.set_value(value)
        self.moved.emit(value)

    def _typed(self, value: float) -> None:
        self.track.set_value(value)
        self.moved.emit(value)
        self.released.emit()

    def _dress(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._row.setSpacing(theme().px(tokens.GRID))
