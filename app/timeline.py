"""The timeline along the bottom of the window: any moment of the run, to look at and to go on from."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from app.numbers import epochs
from app.session import Session
from app.theme import theme, theme_events, tokens
from app.time_track import TimeTrack
from app.widgets.buttons import IconButton
from app.widgets.choice import Dropdown
from app.widgets.label import ElidedLabel, Label
from app.widgets.popover import Popover

HEIGHT = 44
REPLAYS: dict[str, tuple[str, float]] = {
    "5": ("in 5 s", 5.0),
    "15": ("in 15 s", 15.0),
    "60": ("in 60 s", 60.0),
}
"""How long playing back a whole run takes, in seconds."""
USUAL = "15"
FRAME = 40
PACE, RUNNING_PACE = 50, 250
"""Milliseconds between two looks at a run, the latter at one that goes on."""


class Timeline(QWidget):
    """Scrubs the run: dragging shows an older moment in every panel, playing from there begins a branch."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline")
        self._row = QHBoxLayout(self)
        self._parts()
        self._pace = QTimer(self, singleShot=True)
        self._pace.timeout.connect(self._renew)
        self._replay = QTimer(self, interval=FRAME)
        self._replay.timeout.connect(self._advance)
        session.published.connect(lambda _: self._later())
        session.looking_changed.connect(self._looked)
        session.marks_changed.connect(self._renew)
        theme_events().changed.connect(self._dress)
        self._dress()
        self._looked()

    def _parts(self) -> None:
        session = self.session
        self.replay = IconButton("replay", "Play the run back from its beginning", flat=True)
        self.replay.clicked.connect(lambda _: self.toggle_replay())
        self.speed = Dropdown(
            "",
            [(key, title, "") for key, (title, _) in REPLAYS.items()],
            help="How long playing back the whole run takes.",
        )
        self.speed.setAccessibleName("Play back")
        self.speed.set_key(USUAL)
        self.track = TimeTrack()
        self.track.chosen.connect(self._scrubbed)
        self.track.ended.connect(lambda: session.look_at(None))
        self.place = ElidedLabel("", 11, token="muted")
        self.place.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.go_on = IconButton("branch", "Go on from here: train from this moment as a new branch", flat=True)
        self.go_on.clicked.connect(lambda _: session.play())
        self.newest = IconButton("newest", "Back to the newest moment (End)", flat=True)
        self.newest.clicked.connect(lambda _: session.look_at(None))
        self.mark = IconButton("bookmark", "Remember this moment with a name (Ctrl+B)", flat=True)
        self.mark.clicked.connect(lambda _: self.ask_name())
        for part in (self.replay, self.speed, self.track, self.place, self.go_on, self.newest, self.mark):
            self._row.addWidget(part, 1 if part is self.track else 0)

    def _dress(self) -> None:
        look = theme()
        self.setFixedHeight(look.px(HEIGHT))
        pad = look.px(tokens.PADDING)
        self._row.setContentsMargins(pad, look.px(tokens.GRID), pad, look.px(tokens.GRID))
        self._row.setSpacing(look.px(tokens.GAP))
        self.place.setFixedWidth(look.px(124))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A card that spans the window, with a hairline above."""
        painter, rect = QPainter(self), QRectF(self.rect())
        painter.fillRect(rect, theme().color("panel"))
        painter.fillRect(QRectF(0, 0, rect.width(), 1), theme().color("hairline"))

    # following the run

    def _later(self) -> None:
        if not self._pace.isActive():
            self._pace.start(RUNNING_PACE if self.session.state == "running" else PACE)

    def _renew(self) -> None:
        """Show how far the run has come, and where it is looked at."""
        newest, looking = self.session.past.newest, self.session.looking
        if newest is None:  # another project begins, whose run cannot be taken for the last one's
            self.track.show_run(np.empty(0), np.empty(0), 0)
            self.track.set_moments([])
            self.track.set_marks([])
            return
        history = newest.history
        rows = len(history)
        self.track.show_run(history.column("step")[:rows], history.column("train_loss")[:rows], newest.step)
        self.track.set_moments(history.moments())
        self.track.set_marks(
            [(mark.snapshot.step, mark.name) for mark in self.session.marks if mark.snapshot.run == newest.run]
        )
        self.track.set_place(None if looking is None else looking.step)
        shown = self.session.snapshot
        self.place.setText("" if shown is None else _place(shown.epoch, newest.epoch, shown.past))

    def _looked(self) -> None:
        past = self.session.looking is not None
        self.go_on.setEnabled(past)
        self.newest.setEnabled(past)
        if not past:
            self._stop()
        self._renew()

    def _scrubbed(self, moment: object) -> None:
        self._stop()
        self.session.look_at(moment)  # type: ignore[arg-type]

    # playing back

    @property
    def replaying(self) -> bool:
        """Whether the run is being played back."""
        return self._replay.isActive()

    def toggle_replay(self) -> None:
        """Play the run back from where it is looked at, or from its beginning; or stop that."""
        if self._replay.isActive():
            self._stop()
            return
        moments = self.track.moments
        if len(moments) < 2:
            return
        looking = self.session.looking
        steps = [moment.step for moment in moments]
        self._at = float(steps[0] if looking is None or looking.step >= steps[-1] else looking.step)
        self._replay.start()
        self.replay.set_icon("pause", "Stop playing back")
        self._advance()

    def _advance(self) -> None:
        newest, moments = self.session.past.newest, self.track.moments
        if newest is None or len(moments) < 2:
            self._stop()
            return
        first = moments[0].step
        if self._at >= newest.step:
            self.session.look_at(None)
            return
        moment = self.track.nearest(self._at)
        self.session.look_at(moment)
        self._at += (newest.step - first) * FRAME / 1000 / REPLAYS[self.speed.key][1]

    def _stop(self) -> None:
        if self._replay.isActive():
            self._replay.stop()
            self.replay.set_icon("replay", "Play the run back from its beginning")

    # remembering

    def ask_name(self) -> None:
        """Ask for a name, and remember under it what is shown."""
        shown = self.session.snapshot
        if shown is None:
            return
        popover = NamePopover(self, f"epoch {epochs(shown.epoch)}")
        popover.name.returnPressed.connect(lambda: self._name(popover))
        popover.open_at(self.mark.mapToGlobal(QPoint(self.mark.width(), -popover.sizeHint().height())))

    def _name(self, popover: NamePopover) -> None:
        self.session.remember(popover.name.text().strip())
        popover.close()


class NamePopover(Popover):
    """Asks for a moment's name; Enter keeps it."""

    def __init__(self, parent: QWidget, usual: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit(usual)
        self.name.setAccessibleName("Name of the moment")
        self.name.setMinimumWidth(theme().px(200))
        self.name.selectAll()
        self.column.addWidget(Label("Remember this moment", semibold=True))
        self.column.addWidget(self.name)
        self.column.addWidget(Label("Enter keeps it, Escape does not", 11, token="muted"))
        self.name.setFocus()


def _place(epoch: float, newest: float, past: bool) -> str:
    return f"epoch {epochs(epoch)} of {epochs(newest)}" if past else f"epoch {epochs(newest)}, newest"
