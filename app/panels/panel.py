"""The panel: one card with a header, a picture and a line of numbers, whatever the picture is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from app.panels.turns import turns
from app.probe_thread import Probe
from app.theme import theme, theme_events, tokens
from app.widgets.header import PanelHeader, paint_card
from app.widgets.label import ElidedLabel
from app.widgets.message import Action, EmptyState, Kind, MessageLine
from app.widgets.popover import HelpPopover

SMALLEST = (320, 240)
"""Design pixels at which every panel is still of use."""


AT_HAND = 40
"""Milliseconds between two refreshes while nothing trains: what is dragged through the past is followed."""


class _Content(QWidget):
    """The lower part of a panel's card."""

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_card(QPainter(self), QRectF(self.rect()), top=False)


class Panel(QWidget):
    """A picture of the session, refreshed only while somebody can see it.

    Subclasses set ``key`` (its name in files), ``title`` and ``help`` (two sentences with a term, then "Source: …"),
    and override ``refresh``, ``experiment_edited`` and ``update_theme``. ``header`` may be given to a dock as its
    title bar; ``content`` is the rest.
    """

    key = "panel"
    title = "Panel"
    help = ""

    period = 100
    """Milliseconds between two refreshes at least: curves need fewer a second than pictures."""

    maximise_requested = Signal()
    picture_requested = Signal()
    """Somebody wants a picture of this panel."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        # Set before Qt's own constructor, which may already bring a parent.
        self._watched = False
        self._in_front = True
        self._dock: QDockWidget | None = None
        super().__init__(parent)
        self.session = session
        self._seen: Any = session.experiment
        self._refresh_due = False
        self._refresh_pace = QTimer(self, singleShot=True)
        self._refresh_pace.timeout.connect(self._refresh_paced)
        self._build()
        self.setAccessibleName(self.title)
        self.header.maximise_requested.connect(self.maximise_requested)
        self.header.help_requested.connect(self.show_help)
        self.header.picture_requested.connect(self.picture_requested)
        session.published.connect(self._published)
        session.edited.connect(self._edited)
        theme_events().changed.connect(self._theme_changed)
        self._dress()
        self._join_dock()

    def _build(self) -> None:
        self.header = PanelHeader(self.title)
        self.header.help.setVisible(bool(self.help))
        self.content = _Content()
        self.message = MessageLine()
        self.empty = EmptyState()
        self._body: QWidget = QWidget()
        self._status = ElidedLabel("", 11, token="muted")
        self._pages = QWidget()
        self._stack = QStackedLayout(self._pages)
        self._stack.addWidget(self._body)
        self._stack.addWidget(self.empty)
        self._pages.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._inside = QVBoxLayout(self.content)
        self._inside.addWidget(self.message)
        self._inside.addWidget(self._pages, 1)
        self._inside.addWidget(self._status)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(0)
        self._whole.addWidget(self.header)
        self._whole.addWidget(self.content, 1)

    # What a subclass puts in

    def add_control(self, widget: QWidget) -> None:
        """Put a small control into the header, before help and maximise."""
        self.header.add_control(widget)

    def set_body(self, widget: QWidget) -> None:
        """Make ``widget`` the picture; the one before is deleted."""
        old, self._body = self._body, widget
        self._stack.insertWidget(0, widget)
        if not self.is_empty:
            self._stack.setCurrentWidget(widget)
        self._stack.removeWidget(old)
        old.deleteLater()

    @property
    def body(self) -> QWidget:
        """The picture."""
        return self._body

    def set_status(self, text: str) -> None:
        """Say below the picture the numbers it shows."""
        if text != self._status.text():
            self._status.setText(text)

    @property
    def status(self) -> str:
        """The line below the picture."""
        return self._status.text()

    def show_status(self, shown: bool) -> None:
        """Show the line below the picture, or leave its room to the picture."""
        self._status.setVisible(shown and not self.is_empty)

    def show_message(self, text: str, kind: Kind = "bad", actions: Sequence[Action] = ()) -> None:
        """Say at the top what is wrong and what to do, with a button for each (label, callback) of ``actions``."""
        self.message.show_message(text, kind, actions)

    def clear_message(self) -> None:
        """Take the message away."""
        self.message.clear_message()

    def set_empty(self, text: str, button_label: str, callback: Callable[[], object]) -> None:
        """Show a sentence and one button in place of the picture."""
        self.empty.fill(text, button_label, callback)
        self._stack.setCurrentWidget(self.empty)
        self._status.hide()

    def clear_empty(self) -> None:
        """Show the picture again."""
        self._stack.setCurrentWidget(self._body)
        self._status.show()

    @property
    def is_empty(self) -> bool:
        """True while a sentence stands in for the picture."""
        return self._stack.currentWidget() is self.empty

    def set_maximised(self, maximised: bool) -> None:
        """Show in the header whether the panel fills the window."""
        self.header.set_maximised(maximised)

    def show_help(self) -> None:
        """Open what this panel says about itself."""
        HelpPopover(self.header, self.title, self.help).open_at(self.header.help_point())

    # What a subclass overrides

    def refresh(self, snapshot: Any) -> None:
        """Show a snapshot; called on the GUI thread, only while the panel is visible."""

    def experiment_edited(self, before: Any, after: Any) -> None:
        """Follow an edit; those made while the panel was hidden arrive as one, when it is shown."""

    def update_theme(self) -> None:
        """Repaint what does not follow the theme by itself."""

    # Following the session

    @property
    def is_watched(self) -> bool:
        """True while somebody can see the panel: shown, and in front of the other tabs of its dock."""
        return self._watched

    def event(self, event: QEvent) -> bool:
        """Notice a new parent, which may be a dock."""
        if event.type() == QEvent.Type.ParentChange:
            self._join_dock()
        return super().event(event)

    def _join_dock(self) -> None:
        """Follow the dock this panel is in: behind a tab a dock is out of sight, but not hidden as Qt sees it."""
        dock = self.parentWidget()
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parentWidget()
        if dock is self._dock:
            return
        if self._dock is not None:
            self._dock.visibilityChanged.disconnect(self._dock_moved)
        self._dock, self._in_front = dock, True
        if dock is not None:
            dock.visibilityChanged.connect(self._dock_moved)

    def _dock_moved(self, visible: bool) -> None:
        self._in_front = visible
        self._look()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody saw it."""
        super().showEvent(event)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest."""
        super().hideEvent(event)
        self._look()

    def _look(self) -> None:
        """Find out whether the panel is watched; if it has just come into sight, bring it up to date."""
        before, self._watched = self._watched, self.isVisible() and self._in_front
        if self._watched and not before:
            self._edited(self._seen, self.session.experiment)
            if self.session.snapshot is not None:
                self.refresh(self.session.snapshot)

    def _published(self, snapshot: Any) -> None:
        if not self._watched:
            return
        waiting = self._refresh_pace.isActive()
        if not waiting and self.period and self.session.state == "running" and (wait := turns.wait()):
            self._refresh_pace.start(wait)
            waiting = True
        if waiting:
            self._refresh_due = True
            return
        self._refresh_due = False
        self.refresh(snapshot)
        if self.period:
            self._refresh_pace.start(self.period if self.session.state == "running" else min(self.period, AT_HAND))

    def _refresh_paced(self) -> None:
        """Show what has come meanwhile: the newest, so that a run's last snapshot is always shown."""
        if self._refresh_due and self.session.snapshot is not None:
            self._published(self.session.snapshot)

    @property
    def busy(self) -> bool:
        """Whether the picture is behind what has been published."""
        return self._refresh_due or any(probe.busy for probe in self.findChildren(Probe))

    def _edited(self, before: Any, after: Any) -> None:
        if self._watched and after is not self._seen:
            before, self._seen = self._seen, after
            self.experiment_edited(before, after)

    def _theme_changed(self) -> None:
        self._dress()
        self.update_theme()

    def _dress(self) -> None:
        look = theme()
        pad = look.px(tokens.PADDING)
        self._inside.setContentsMargins(pad, 0, pad, look.px(tokens.GAP))
        self._inside.setSpacing(look.px(tokens.GAP))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """One and a half times the smallest useful size."""
        return QSize(theme().px(SMALLEST[0] * 1.5), theme().px(SMALLEST[1] * 1.5))

    def minimumSizeHint(self) -> QSize:
        """Less than what is of use, so that a dock never pushes its neighbours out of the window."""
        return QSize(theme().px(176), theme().px(140))
