"""The controls above the board: phase back and forth, which sample, apply the update."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QWidget

from app.by_hand.phases import Phase
from app.theme import theme, theme_events, tokens
from app.widgets.buttons import IconButton
from app.widgets.choice import Chip
from app.widgets.label import ElidedLabel, Label
from app.widgets.thumbnail import Ink, Thumbnail
from app.widgets.value_field import ValueField


class Bar(QWidget):
    """Two groups, side by side where there is room: the phase with its button, the sample."""

    phase_stepped = Signal(int)
    sample_stepped = Signal(int)
    sample_typed = Signal(int)
    applied = Signal()
    reset = Signal()
    own_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.back = IconButton("chevron-left", "Phase before  (←)", size=tokens.SMALL_CONTROL)
        self.on = IconButton("chevron-right", "Next phase  (→)", size=tokens.SMALL_CONTROL)
        self.title = ElidedLabel("", 13, semibold=True)
        self.apply = QPushButton("Apply the update")
        self.apply.setProperty("primary", True)
        self.apply.setToolTip("Take this step: the weights become the new ones. Undo brings the old ones back.")
        self.apply.setAccessibleName("Apply the update")
        self.before = IconButton("chevron-left", "Sample before  (Page up)", flat=True, size=tokens.SMALL_CONTROL)
        self.after = IconButton("chevron-right", "Next sample  (Page down)", flat=True, size=tokens.SMALL_CONTROL)
        self.number = ValueField(1, 1, 1, integer=True)
        self.number.setAccessibleName("Sample")
        self.number.setToolTip("Which sample is worked through; type its number.")
        self.picture = Thumbnail("The sample")
        self.sample = ElidedLabel("", 11, token="muted")
        self.own = Chip("own input", "An input of your own in place of a sample: type its numbers.")
        self.undo = Chip("as it was", "Take back what was typed into the sample.")
        self.undo.setCheckable(False)
        self._at = self._board = ""
        self._low, self._listed, self._changed = False, True, False
        self._connect()
        self._lay_out()

    def _connect(self) -> None:
        for button, step in ((self.back, -1), (self.on, 1)):
            button.clicked.connect(lambda checked=False, step=step: self.phase_stepped.emit(step))
        for button, step in ((self.before, -1), (self.after, 1)):
            button.clicked.connect(lambda checked=False, step=step: self.sample_stepped.emit(step))
        self.number.typed.connect(lambda value: self.sample_typed.emit(round(value) - 1))
        self.apply.clicked.connect(self.applied)
        self.undo.clicked.connect(self.reset)
        self.own.clicked.connect(lambda: self.own_toggled.emit(self.own.isChecked()))
        for widget in (self.back, self.on, self.before, self.after, self.own, self.undo, self.apply):
            widget.installEventFilter(self)

    def _lay_out(self) -> None:
        self._phase, self._sample = QWidget(), QWidget()
        first, second = QHBoxLayout(self._phase), QHBoxLayout(self._sample)
        self._word = Label("Sample", 11, token="muted")
        first.addWidget(self.back)
        first.addWidget(self.on)
        first.addWidget(self.title, 1)
        first.addWidget(self.apply)
        parts: tuple[QWidget, ...] = (self._word, self.before, self.number, self.after, self.picture)
        for part in parts:
            second.addWidget(part)
        second.addWidget(self.sample, 1)
        for chip in (self.undo, self.own):
            second.addWidget(chip)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.addWidget(self._phase, 1)
        self._rows.addWidget(self._sample, 1)
        for layout in (first, second, self._rows):
            layout.setContentsMargins(0, 0, 0, 0)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        for layout in (self._phase.layout(), self._sample.layout(), self._rows):
            assert layout is not None
            layout.setSpacing(theme().px(6))

    def set_room(self, *, wide: bool, low: bool, listed: bool) -> None:
        """One row where it is ``wide``, else two; where it is ``low``, too, one with less in it.

        Where the phases are not ``listed`` beside it, it says in its title all that the board's would.
        """
        across = wide or low
        self._rows.setDirection(QBoxLayout.Direction.LeftToRight if across else QBoxLayout.Direction.TopToBottom)
        self._rows.setStretch(1, 0 if low and not wide else 1)
        self.apply.setText("Apply the update" if wide else "Apply")
        self._word.setVisible(wide)
        for widget in (self.sample, self.own):
            widget.setVisible(wide or not low)
        self._low, self._listed = low and not wide, listed
        self.undo.setVisible(self._changed and not self._low)
        self._name()

    def show_phase(self, phase: Phase, at: int, count: int) -> None:
        """Name the present phase, of so many."""
        self._at = f"{phase.title}  ·  {at + 1} of {count}"
        self._name()
        self.back.setEnabled(at > 0)
        self.on.setEnabled(at < count - 1)

    def show_title(self, title: str) -> None:
        """Say what the board is about, for where it does not itself."""
        self._board = title
        self._name()

    def _name(self) -> None:
        self.title.setText(self._at if self._listed else self._board or self._at)

    def show_sample(
        self, index: int, count: int, words: str, *, own: bool, changed: bool, ink: Ink | None = None
    ) -> None:
        """Name the sample worked through, and show it where it is a picture."""
        self.picture.show_ink(ink)
        self.number.maximum = max(1, count)
        self.number.set_value(index + 1)
        for widget in (self.before, self.number, self.after):
            widget.setEnabled(count > 0 and not own)
        self.sample.setText(words)
        self._changed = changed
        self.undo.setVisible(changed and not self._low)
        self.own.setChecked(own)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys step through the phases, where buttons would pass the focus on."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
            if step is not None:
                self.phase_stepped.emit(step)
                return True
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for the smallest panel."""
        return QSize(theme().px(160), super().minimumSizeHint().height())
