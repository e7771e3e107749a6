"""Panels in docks: to be moved, torn off, tabbed, and made to fill the window."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import shiboken6
from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QTabWidget, QWidget

from app.panels.catalogue import Entry
from app.panels.panel import Panel
from app.theme import theme, theme_events, tokens
from app.widgets.message import EmptyState

FIRST, FIRST_LEAST = 0.18, 250
"""The first panel's share of the width, and the design pixels it has at least."""
ROWS = (0.6, 0.4)
"""How the rows share the height."""
SHARES = ((0.63, 0.37), (0.33, 0.33, 0.34))
"""How the cells of each row share its width."""

_HORIZONTAL, _VERTICAL = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class PanelDock(QDockWidget):
    """A dock for a panel, which is made when somebody first looks; the panel's header is its title bar."""

    made = Signal(object)

    def __init__(self, entry: Entry, session: Any, window: QMainWindow) -> None:
        super().__init__(entry.title, window)
        self.entry = entry
        self._session = session
        self._panel: Panel | None = None
        self._in_sight = False
        self.setObjectName(entry.key)
        self.setTitleBarWidget(QWidget())
        self.visibilityChanged.connect(self._seen)
        self.topLevelChanged.connect(lambda _: self.retitle())

    @property
    def panel(self) -> Panel:
        """The panel, made now if it was not before."""
        if self._panel is None:
            self._panel = panel = self.entry.make(self._session)
            placeholder = self.titleBarWidget()
            self.setTitleBarWidget(panel.header)
            placeholder.deleteLater()
            self.setWidget(panel)
            self.retitle()
            self.made.emit(self)
        return self._panel

    @property
    def is_made(self) -> bool:
        """Whether the panel has been made."""
        return self._panel is not None

    @property
    def in_sight(self) -> bool:
        """Whether it is shown, and in front of its tabs."""
        return self._in_sight

    def _seen(self, visible: bool) -> None:
        """While docks are arranged each is in sight for a moment: only what stays there is looked at."""
        self._in_sight = visible
        if visible:
            QTimer.singleShot(0, self, self.retitle)
        if visible and self._panel is None:
            QTimer.singleShot(0, self, self._make_if_seen)

    def retitle(self) -> None:
        """Have the header say the title where no tab does."""
        window = self.parentWidget()
        if self._panel is not None and isinstance(window, QMainWindow):
            tabs = [dock for dock in window.tabifiedDockWidgets(self) if dock.isVisibleTo(window)]
            self._panel.header.set_titled(self.isFloating() or not tabs)

    def _make_if_seen(self) -> None:
        if self._in_sight:
            assert self.panel is not None


class Docks(QMainWindow):
    """All panels: the first in a column, the cells of the others in rows beside it; one may fill the space for a while.

    ``made`` tells of each panel's dock when the panel has been made.
    """

    made = Signal(object)

    def __init__(self, session: Any, first: Entry, cells: Sequence[Sequence[Sequence[Entry]]]) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.first = self._dock(first, session)
        self.cells = [[[self._dock(entry, session) for entry in cell] for cell in row] for row in cells]
        self.maximised: PanelDock | None = None
        # Qt hides the docks that a state says nothing of: one of other panels is none for these.
        self._version = zlib.crc32(" ".join(dock.entry.key for dock in self.all()).encode()) >> 1
        self._before = QByteArray()
        self._focused: QWidget | None = None
        self._sizes = QByteArray()
        self.empty = EmptyState()
        self.empty.fill("No panel is left in this window.", "Put panels back", self.arrange)
        self.empty.hide()
        self.setCentralWidget(self.empty)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        theme_events().changed.connect(self._dress)
        self._dress()
        self.arrange()
        for dock in self.in_front():
            assert dock.panel is not None  # made at once: the window opens whole

    def _dock(self, entry: Entry, session: Any) -> PanelDock:
        dock = PanelDock(entry, session, self)
        dock.made.connect(self._made)
        dock.visibilityChanged.connect(lambda _: QTimer.singleShot(0, self, self._say_if_empty))
        return dock

    def _say_if_empty(self) -> None:
        """With every panel hidden or torn off there is a sentence and the way back."""
        self.empty.setVisible(all(dock.isHidden() or dock.isFloating() for dock in self.all()))

    def _made(self, dock: PanelDock) -> None:
        dock.panel.maximise_requested.connect(lambda: self.toggle_maximised(dock))
        dock.panel.set_maximised(self.maximised is dock)
        self.made.emit(dock)

    def _dress(self) -> None:
        gap = theme().px(tokens.GAP)
        self.setContentsMargins(gap, gap, gap, gap)

    def all(self) -> list[PanelDock]:
        """Every dock: the first, then row by row, cell by cell."""
        return [self.first, *(dock for row in self.cells for cell in row for dock in cell)]

    def in_front(self) -> list[PanelDock]:
        """The docks that are in sight when the window opens."""
        return [self.first, *(cell[0] for row in self.cells for cell in row)]

    def dock_of(self, key: str) -> PanelDock:
        """The dock of the panel named ``key``; raises KeyError where there is none."""
        return {dock.entry.key: dock for dock in self.all()}[key]

    def bring(self, key: str) -> Panel:
        """Show the panel named ``key``, in front of the others of its cell, and give it."""
        dock = self.dock_of(key)
        if self.maximised is not None and self.maximised is not dock:
            self.restore()
        dock.show()
        dock.raise_()
        return dock.panel

    def arrange(self) -> None:
        """Put everything back where it began."""
        self.restore()
        for dock in self.all():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        fronts = [[cell[0] for cell in row] for row in self.cells]
        self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, self.first)
        self.splitDockWidget(self.first, fronts[0][0], Qt.Orientation.Horizontal)
        for above, below in pairwise(fronts):
            self.splitDockWidget(above[0], below[0], Qt.Orientation.Vertical)
        for row in fronts:
            for left, right in pairwise(row):
                self.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for cell in (cell for row in self.cells for cell in row):
            for before, after in pairwise(cell):
                self.tabifyDockWidget(before, after)
        for dock in self.all():
            dock.show()
        for dock in self.in_front():
            dock.raise_()
        self._dress_tabs()
        self.share_out()

    def restoreState(self, state: Any, version: int | None = 0) -> bool:
        """Put the docks where ``state`` has them; Qt makes new tabs for that."""
        done = super().restoreState(state, version or 0)
        self._dress_tabs()
        return done

    def places(self) -> QByteArray:
        """Where every dock is, to be given to ``put``: nothing of one that fills the window for a while."""
        return self._before if self.maximised is not None else self.saveState(self._version)

    def put(self, places: object) -> None:
        """Put the docks where ``places`` has them; as they are at first where it is of other panels, or nothing."""
        if not (isinstance(places, QByteArray) and self.restoreState(places, self._version)):
            self.share_out()

    def _dress_tabs(self) -> None:
        """Tabs that Qt makes for docks know nothing of eliding or of the keyboard by themselves."""
        for bar in self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setElideMode(Qt.TextElideMode.ElideRight)
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setUsesScrollButtons(True)
            bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def share_out(self) -> None:
        """Give each dock its usual share of the room."""
        fronts = [[cell[0] for cell in row] for row in self.cells]
        self.resizeDocks([row[0] for row in fronts], [round(s * self.height()) for s in ROWS], _VERTICAL)
        first = max(round(FIRST * self.width()), theme().px(FIRST_LEAST))
        for row, shares in zip(fronts, SHARES, strict=True):
            rest = self.width() - first
            self.resizeDocks([self.first, *row], [first, *(round(share * rest) for share in shares)], _HORIZONTAL)

    def toggle_maximised(self, dock: PanelDock) -> None:
        """Let ``dock`` fill the window, or put the others back."""
        if self.maximised is not None:
            self.restore()
            return
        self._before = self.saveState(self._version)
        self._focused = QApplication.focusWidget()
        self.maximised = dock
        if self._focused is not None and not dock.isAncestorOf(self._focused) and self.isAncestorOf(self._focused):
            dock.panel.header.maximise.setFocus()
        dock.setFloating(False)
        for other in self.all():
            other.setVisible(other is dock)
        dock.panel.set_maximised(True)

    def restore(self) -> None:
        """End a panel's filling the window."""
        if self.maximised is None:
            return
        self.maximised.panel.set_maximised(False)
        self.maximised = None
        self.restoreState(self._before, self._version)
        # Hiding and showing hands the keyboard to whatever comes first, which is the button that clears the canvas.
        if self._focused is not None and shiboken6.isValid(self._focused) and self._focused.isVisible():
            self._focused.setFocus()
        self._focused = None

    def keep_sizes(self) -> None:
        """Remember how large each dock is, before everything is drawn larger."""
        self._sizes = self.places()

    def give_sizes_back(self) -> None:
        """Make the docks as large as they were; behind a panel that fills the window, once it no longer does."""
        if self.maximised is not None:
            self._before = self._sizes
            return
        seen = [dock for dock in self.all() if not dock.visibleRegion().isEmpty()]
        self.restoreState(self._sizes, self._version)
        for dock in seen:  # what was brought to the front meanwhile stays there
            dock.raise_()
