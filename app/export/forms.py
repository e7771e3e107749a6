"""What is asked before a picture or a film is saved: one small form each, which remembers what was chosen last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from app.export.encoders import FORMATS
from app.export.film import choose
from app.export.laying import Look
from app.numbers import count, number
from app.theme import theme, tokens
from app.widgets.check import CheckBox
from app.widgets.choice import Segmented
from app.widgets.label import Label
from app.widgets.painting import antialiased, fill_rounded
from app.widgets.popover import Popover
from app.widgets.value_field import ValueField
from core.history import Moment

SMALLEST, LARGEST = 120, 4096
"""Pixels along a side, before they are multiplied."""
SCALES = (("1", "1×", "As on an ordinary screen"), ("2", "2×", "For slides and print"), ("4", "4×", "For posters"))
THEMES = (("", "as shown", ""), ("light", "light", ""), ("dark", "dark", ""))
PICTURES = (
    ("PNG", "PNG", "Pixels: looks the same everywhere"),
    ("SVG", "SVG", "Lines and text that can be scaled and edited; text is set in Inter, or what the viewer has"),
)
MOST_FPS = 50


@dataclass
class PictureChoice:
    """What a picture is to be; ``size`` None for as large as the panel is now."""

    format: str = "PNG"
    size: tuple[int, int] | None = None
    scale: float = 2.0
    look: Look = field(default_factory=Look)


@dataclass
class FilmChoice:
    """What a film is to be."""

    panels: tuple[str, ...] = ("network", "boundary", "loss")
    frames: int = 60
    fps: int = 10
    size: tuple[int, int] = (1500, 420)
    format: str = "GIF"


class _Form(Popover):
    """Rows of a label and its field, and the button that goes on."""

    accepted = Signal()

    def __init__(self, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme().px(tokens.PADDING))
        self._grid.setVerticalSpacing(theme().px(tokens.GAP))
        self.column.addWidget(Label(title, semibold=True))
        self.column.addLayout(self._grid)
        self.note = Label("", 11, token="muted")
        self.note.setWordWrap(True)
        self.note.setMinimumWidth(theme().px(300))
        self.save = QPushButton("Save…")
        self.save.setProperty("primary", True)
        self.save.setDefault(True)
        self.save.clicked.connect(self._go_on)

    def _add(self, label: str, *widgets: QWidget) -> None:
        row, line = self._grid.rowCount(), QHBoxLayout()
        for widget in widgets:
            line.addWidget(_Ground(widget) if isinstance(widget, ValueField) else widget)
        line.addStretch(1)
        self._grid.addWidget(Label(label, token="muted"), row, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addLayout(line, row, 1)

    def _finish(self) -> None:
        self.column.addWidget(self.note)
        self.column.addWidget(self.save, 0, Qt.AlignmentFlag.AlignRight)
        self._renew()

    def _renew(self) -> None:
        """Say what will come of it."""

    def _take(self) -> None:
        """Remember what is chosen."""

    def _go_on(self) -> None:
        self._take()
        self.close()
        self.accepted.emit()

    def _whole(self, name: str, value: float, low: float, high: float, unit: str = "") -> ValueField:
        edit = ValueField(value, low, high, integer=True, unit=unit)
        edit.setAccessibleName(name)
        edit.setToolTip(f"{name}, {count(int(low))} to {count(int(high))}")
        edit.typed.connect(lambda _: self._renew())
        return edit

    def _pills(self, name: str, rows: Sequence[tuple[str, str, str]], key: str) -> Segmented:
        pills = Segmented(rows, name=name)
        pills.set_key(key)
        pills.chosen.connect(lambda _: self._renew())
        return pills


class _Ground(QWidget):
    """What shows that a number can be typed over."""

    def __init__(self, edit: ValueField) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(theme().px(4), theme().px(2), theme().px(4), theme().px(2))
        row.addWidget(edit)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        fill_rounded(antialiased(QPainter(self)), QRectF(self.rect()), theme().color("raised"))


class PictureForm(_Form):
    """Format, size, sharpness, colours, and what is around the picture; writes them into ``choice`` on Save."""

    def __init__(self, parent: QWidget, title: str, choice: PictureChoice, size: tuple[int, int], panel: bool) -> None:
        super().__init__(parent, f"Picture of {title}")
        self.choice, self._own = choice, size
        width, height = choice.size or size
        self.format = self._pills("Format", PICTURES, choice.format)
        self.width_field = self._whole("Width in pixels", width, SMALLEST, LARGEST)
        self.height_field = self._whole("Height in pixels", height, SMALLEST, LARGEST)
        self.scale = self._pills("Sharpness", SCALES, f"{choice.scale:g}")
        self.theme = self._pills("Colours", THEMES, choice.look.theme)
        self.header = CheckBox("title above", "The panel's name, and which moment it shows")
        self.status = CheckBox("numbers below", "The line of numbers that the picture shows")
        self.header.setChecked(choice.look.header)
        self.status.setChecked(choice.look.status)
        self._add("Format", self.format)
        self._add("Size", self.width_field, Label("×"), self.height_field, Label("pixels", token="muted"))
        self._add("Sharpness", self.scale)
        self._add("Colours", self.theme)
        if panel:
            self._add("With", self.header, self.status)
        self._finish()

    @property
    def size_chosen(self) -> tuple[int, int]:
        """Width and height."""
        return int(self.width_field.value), int(self.height_field.value)

    def _renew(self) -> None:
        (width, height), scale = self.size_chosen, float(self.scale.key)
        svg = self.format.key == "SVG"
        self.scale.setEnabled(not svg)
        self.note.setText(
            "Lines stay lines and text stays text, set in Inter; only fields of colour are images."
            if svg
            else f"A file of {count(round(width * scale))} × {count(round(height * scale))} pixels."
        )

    def _take(self) -> None:
        chosen = self.size_chosen
        self.choice.format, self.choice.scale = self.format.key, float(self.scale.key)
        self.choice.size = None if chosen == self._own else chosen
        self.choice.look = Look(self.theme.key, self.header.isChecked(), self.status.isChecked())


class FilmForm(_Form):
    """Which panels, from which epoch to which, how many frames, how fast, how large; into ``choice`` on Save."""

    def __init__(
        self, parent: QWidget, choice: FilmChoice, panels: Sequence[tuple[str, str]], moments: Sequence[Moment]
    ) -> None:
        super().__init__(parent, "Animation of the run")
        self.choice, self.moments = choice, list(moments)
        self.panels = {key: CheckBox(title) for key, title in panels}
        low, high = self.moments[0].epoch, self.moments[-1].epoch
        self.first = self._whole("From epoch", low, low, high)
        self.last = self._whole("To epoch", high, low, high)
        self.frames = self._whole("Frames", choice.frames, 2, len(self.moments))
        self.frames.set_value(min(choice.frames, len(self.moments)))
        self.fps = self._whole("Frames a second", choice.fps, 1, MOST_FPS)
        self.width_field = self._whole("Width in pixels", choice.size[0], SMALLEST, LARGEST)
        self.height_field = self._whole("Height in pixels", choice.size[1], SMALLEST, LARGEST)
        rows = [(row.name, row.name, row.missing or row.help) for row in FORMATS.values()]
        self.format = self._pills("Format", rows, choice.format)
        for row in FORMATS.values():
            self.format.chip(row.name).setEnabled(not row.missing)
        self._add_panels()
        self._add("From epoch", self.first, Label("to", token="muted"), self.last)
        self._add("Frames", self.frames, Label("at", token="muted"), self.fps, Label("a second", token="muted"))
        self._add("Size", self.width_field, Label("×"), self.height_field, Label("pixels", token="muted"))
        self._add("Format", self.format)
        self._finish()

    def _add_panels(self) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(0)
        for index, (key, box) in enumerate(self.panels.items()):
            box.setChecked(key in self.choice.panels)
            box.toggled.connect(lambda _: self._renew())
            grid.addWidget(box, index // 2, index % 2)
        row = self._grid.rowCount()
        self._grid.addWidget(Label("Panels", token="muted"), row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addLayout(grid, row, 1)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The keys of the panels ticked."""
        return tuple(key for key, box in self.panels.items() if box.isChecked())

    @property
    def moments_chosen(self) -> list[Moment]:
        """The moments that become frames."""
        return choose(self.moments, self.first.value, self.last.value, int(self.frames.value))

    def _renew(self) -> None:
        frames, seconds = len(self.moments_chosen), len(self.moments_chosen) / self.fps.value
        words = [f"{count(frames)} frames of {count(len(self.moments))} moments kept, {number(seconds, 3)} s."]
        if not self.chosen:
            words = ["Choose at least one panel."]
        elif frames < 2:
            words = ["There are not two moments in that stretch: choose a longer one."]
        words += [row.missing + "." for row in FORMATS.values() if row.missing]
        self.note.setText(" ".join(words))
        self.save.setEnabled(bool(self.chosen) and frames >= 2)

    def _take(self) -> None:
        choice = self.choice
        choice.panels, choice.format = self.chosen, self.format.key
        choice.frames, choice.fps = int(self.frames.value), int(self.fps.value)
        choice.size = int(self.width_field.value), int(self.height_field.value)
