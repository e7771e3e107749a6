"""The bar above the panels: what runs, how far it is, how fast it goes, and with what."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.numbers import count
from app.session import Session
from app.speed import SpeedDropdown
from app.theme import theme, theme_events, tokens
from app.training_controls import (
    BatchField,
    DeviceDropdown,
    LossDropdown,
    OptimizerDropdown,
    RateField,
    SettingsButton,
)
from app.widgets.buttons import IconButton, PlayButton
from app.widgets.label import ElidedLabel, Label
from app.widgets.popover import ControlsPopover
from core.trainer import Snapshot

HEIGHT = 72
NAMED = 1560
"""Design pixels of width from which on the experiment's name has room."""


class TransportBar(QWidget):
    """Play and its kin, the clock of the run, the learning rate, and what else can be changed while it runs."""

    theme_requested = Signal()
    presentation_requested = Signal()
    help_requested = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._named()
        self._run_buttons()
        self._clock()
        self._controls()
        self._corner()
        session.run_changed.connect(self._run_changed)
        session.published.connect(self._published)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _named(self) -> None:
        self.name = ElidedLabel("Learnscape", 15, semibold=True)
        self.about = ElidedLabel("", 11, token="muted")
        self.title = self._column(self.name, self.about)
        self._row.addWidget(self.title)

    def _run_buttons(self) -> None:
        session = self.session
        self.reset = IconButton("reset", "Reset to the same initial weights (F8)")
        self.batch_step = IconButton("step", "Step one batch (F6)")
        self.play = PlayButton()
        self.epoch_step = IconButton("epoch", "Step one epoch (F7)")
        self.dice = IconButton("dice", "New seed: other initial weights and shuffles (F9)")
        calls = (session.reset, session.step, session.toggle, session.step_epoch, session.new_seed)
        buttons = (self.reset, self.batch_step, self.play, self.epoch_step, self.dice)
        for button, call in zip(buttons, calls, strict=True):
            button.clicked.connect(lambda checked=False, call=call: call())
            self._row.addWidget(button)

    def _clock(self) -> None:
        self.epoch = ElidedLabel("0", 20, semibold=True)
        self.steps = ElidedLabel("epoch", 11, token="muted")
        self.clock = self._column(self.epoch, self.steps)
        self._row.addWidget(self.clock)

    def _controls(self) -> None:
        session = self.session
        self.speed = SpeedDropdown(session)
        self.rate = RateField(session)
        self.batch = BatchField(session)
        self.optimizer = OptimizerDropdown(session)
        self.loss = LossDropdown(session)
        self.device = DeviceDropdown(session)
        self.settings = SettingsButton(session)
        # Each control with its share of the room, and the width of the bar from which on it has some.
        self._folding: dict[QWidget, tuple[int, int]] = {
            self.speed: (0, 1040),
            self.rate: (3, 0),
            self.batch: (1, 960),
            self.optimizer: (0, 1120),
            self.loss: (0, 1200),
            self.device: (0, 1400),
        }
        self._controls_row = QHBoxLayout()
        self._row.addLayout(self._controls_row, 1)
        for widget, (stretch, _) in self._folding.items():
            self._controls_row.addWidget(widget, stretch)
        self._row.addWidget(self._column(Label("More", 11, token="muted"), self.settings, gap=tokens.GRID))
        self.more = IconButton("more", "Controls that have no room here")
        self._row.addWidget(self.more)
        self._folded: list[QWidget] = []
        self._popover = ControlsPopover(self.more)
        self.more.clicked.connect(lambda: self._popover.open_under(self.more))

    def _corner(self) -> None:
        self._row.addStretch(0)
        for name, tip, signal in (
            ("screen", "Presentation size (F12)", self.presentation_requested),
            ("moon", "Light or dark (F10)", self.theme_requested),
            ("help", "Keyboard (F1)", self.help_requested),
        ):
            button = IconButton(name, tip)
            button.clicked.connect(lambda checked=False, signal=signal: signal.emit())
            self._row.addWidget(button)

    def _column(self, *widgets: QWidget, gap: int = 0) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(gap)
        column.addStretch(1)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        return holder

    def set_name(self, name: str, modified: bool) -> None:
        """Say which experiment this is, and whether it has edits that no file holds."""
        self.name.setText(name)
        self.about.setText("edited" if modified else "Learnscape")

    def _run_changed(self) -> None:
        self.play.set_playing(self.session.state == "running")

    def _published(self, snapshot: Snapshot) -> None:
        self.epoch.setText(count(int(snapshot.epoch)))
        self.steps.setText(f"epoch · step {count(snapshot.step)}")

    def _dress(self) -> None:
        px = theme().px
        self.setFixedHeight(px(HEIGHT))
        self._row.setContentsMargins(px(tokens.GROUP), 0, px(tokens.GROUP), 0)
        self._row.setSpacing(px(tokens.GAP))
        self._controls_row.setSpacing(px(tokens.GAP))
        self.title.setFixedWidth(px(150))
        self.clock.setFixedWidth(px(132))
        self.batch.setMinimumWidth(px(92))
        self.rate.setMinimumWidth(px(160))
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what has no room."""
        self._make_room()

    def _make_room(self) -> None:
        width = self.width() / theme().scale
        self.title.setVisible(width >= NAMED)
        folded = [widget for widget, (_, least) in self._folding.items() if width < least]
        self.more.setVisible(bool(folded))
        if folded == self._folded:
            return
        self._folded = folded
        for widget in self._folding:
            self._controls_row.removeWidget(widget)
        self._popover.take(folded)
        for widget, (stretch, _) in self._folding.items():
            if widget not in folded:
                self._controls_row.addWidget(widget, stretch)
                widget.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card that spans the window, with a hairline below."""
        painter = QPainter(self)
        rect = QRectF(self.rect())
        painter.fillRect(rect, theme().color("panel"))
        painter.fillRect(QRectF(0, rect.bottom() - 1, rect.width(), 1), theme().color("hairline"))
