"""The form a race is started from: which optimizers, at which rates, for how many steps, on which batches."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.theme import theme, theme_events, tokens
from app.widgets.check import CheckBox
from app.widgets.choice import Segmented
from app.widgets.label import Label
from app.widgets.popover import ScrollingPopover
from app.widgets.slider import Slider
from core.optimizers import OPTIMIZERS
from core.rates.race import TRIED, Contender
from core.spec import Choice

FIRST = ("sgd", "momentum", "rmsprop", "adam")
STEPS = 300
_COLUMNS = 3
_WIDE = 380
_BATCHES = (
    ("full", "all points", "Every step sees all training points: the way down is the surface's own."),
    ("batches", "same batches", "Batches as large as training's, drawn once, the same for every contender."),
)


class RaceForm(QWidget):
    """``started`` asks for a race with what is chosen, ``tuning`` for the rates that win."""

    started = Signal()
    tuning = Signal()

    def __init__(self, session: Any) -> None:
        super().__init__()
        self._session = session
        self._ready = True
        self.head = Label("Race optimizers from here", 15, semibold=True)
        self.about = Label("All start from the θ that is shown, on the same points, at constant rates.", 11)
        self.about.set_token("muted")
        self.boxes = {row.name: CheckBox(row.title, row.help) for row in OPTIMIZERS.rows() if _steps_by_rate(row)}
        self.rates = {name: self._slider(name) for name in self.boxes}
        self.steps = Slider(
            "Steps", 10, 5000, value=STEPS, scale="log", integer=True, maximum=100_000, help="How long the race is."
        )
        self.batches = Segmented(_BATCHES, name="What each step sees")
        self.tune = QPushButton("Tune rates")
        self.tune.setToolTip(f"Find each one's best of {len(TRIED)} rates over this many steps, by trying them all.")
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Break the race off, or take it off the map.")
        self.clear.setEnabled(False)
        self.go = QPushButton("Start")
        self.go.setProperty("primary", True)
        self.note = Label("", 11, token="muted")
        self._lay_out()
        for name, box in self.boxes.items():
            box.setChecked(name in FIRST)
            box.toggled.connect(self._chosen)
        self.go.clicked.connect(lambda: self.started.emit())
        self.tune.clicked.connect(lambda: self.tuning.emit())
        theme_events().changed.connect(self._dress)
        self._dress()
        self._chosen()

    def _slider(self, name: str) -> Slider:
        row = OPTIMIZERS[name]
        return Slider(
            f"{row.title}, rate",
            1e-5,
            10.0,
            value=row.usual_rate,
            scale="log",
            minimum=1e-8,
            maximum=1e3,
            help=row.help,
            parent=self,
        )

    def _lay_out(self) -> None:
        self._grid, self._sliders, self._buttons = QGridLayout(), QGridLayout(), QHBoxLayout()
        for place, box in enumerate(self.boxes.values()):
            self._grid.addWidget(box, place // _COLUMNS, place % _COLUMNS)
        self._buttons.addWidget(self.note, 1)
        self._buttons.addWidget(self.clear)
        self._buttons.addWidget(self.tune)
        self._buttons.addWidget(self.go)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.head)
        self._column.addWidget(self.about)
        self._column.addLayout(self._grid)
        self._column.addLayout(self._sliders)
        self._column.addWidget(self.steps)
        self._column.addWidget(self.batches)
        self._column.addLayout(self._buttons)

    @property
    def chosen(self) -> list[str]:
        """The optimizers that take part."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    @property
    def contenders(self) -> list[Contender]:
        """Those who take part, with the settings of the present one's optimizer where it is among them."""
        training = self._session.experiment.training
        return [
            Contender(training.optimizer if training.optimizer.name == name else Choice(name), self.rates[name].value)
            for name in self.chosen
        ]

    @property
    def batch(self) -> int | None:
        """Samples in a batch; None for all points at once."""
        return None if self.batches.key == "full" else self._session.experiment.training.batch_size

    def set_rates(self, rates: dict[str, float]) -> None:
        """Show the rates that were found."""
        for name, rate in rates.items():
            self.rates[name].set_value(rate)

    def set_busy(self, busy: bool, note: str = "") -> None:
        """While something is computed, nothing can be started."""
        self.note.setText(note)
        self._ready = not busy
        self._enable()

    def _enable(self) -> None:
        several = len(self.chosen) > 0
        self.go.setEnabled(several and self._ready)
        self.tune.setEnabled(several and self._ready)

    def _chosen(self) -> None:
        """Show a rate for each who takes part."""
        for slider in self.rates.values():
            self._sliders.removeWidget(slider)
            slider.hide()
        for place, name in enumerate(self.chosen):
            self._sliders.addWidget(self.rates[name], place // 2, place % 2)
            self.rates[name].show()
        self._enable()

    def sizeHint(self) -> QSize:
        """Wide enough for two sliders side by side."""
        return super().sizeHint().expandedTo(QSize(theme().px(_WIDE), 0))

    def _dress(self) -> None:
        look = theme()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.px(tokens.GAP))
        for grid in (self._grid, self._sliders):
            grid.setHorizontalSpacing(look.px(tokens.GROUP))
            grid.setVerticalSpacing(look.px(tokens.GRID))
        self._buttons.setSpacing(look.px(tokens.GAP))


def _steps_by_rate(row: Any) -> bool:
    """Whether an optimizer steps by a gradient and a rate, as all in a race do."""
    return getattr(row, "formula", None) is not None


class RacePopover(ScrollingPopover):
    """The form, under its button."""

    def __init__(self, parent: QWidget, session: Any) -> None:
        super().__init__(parent)
        self.form = RaceForm(session)
        self.set_body(self.form)
