"""Panels in docks: to be moved, torn off, tabbed, and made to fill the window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import shiboken6
from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from app.panels.panel import Panel
from app.theme import theme, theme_events, tokens

FIRST, FIRST_LEAST = 0.18, 250
"""The first panel's share of the width, and the design pixels it has at least."""
ROWS = (0.6, 0.4)
"""How the rows share the height."""
SHARES = ((0.63, 0.37), (0.33, 0.33, 0.34))
"""How the panels of each row share its width."""

_HORIZONTAL, _VERTICAL = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class PanelDock(QDockWidget):
    """A dock around a panel; the panel's header is its title bar."""

    def __init__(self, panel: Panel, window: QMainWindow) -> None:
        super().__init__(panel.title, window)
        self.panel = panel
        self.setObjectName(panel.key)
        self.setTitleBarWidget(panel.header)
        self.setWidget(panel)


class Docks(QMainWindow):
    """All panels: the first in a column, the others in rows beside it; one may fill the space for a while."""

    def __init__(self, first: Panel, rows: Sequence[Sequence[Panel]]) -> None:
        super().__init__(None, Qt.WindowType.Widget)
        self.first = PanelDock(first, self)
        self.rows = [[PanelDock(panel, self) for panel in row] for row in rows]
        self.maximised: PanelDock | None = None
        self._before = QByteArray()
        self._focused: QWidget | None = None
        self._sizes: dict[PanelDock, QSize] = {}
        self.setDockNestingEnabled(True)
        for dock in self.all():
            dock.panel.maximise_requested.connect(lambda dock=dock: self.toggle_maximised(dock))
        theme_events().changed.connect(self._dress)
        self._dress()
        self.arrange()

    def _dress(self) -> None:
        gap = theme().px(tokens.GAP)
        self.setContentsMargins(gap, gap, gap, gap)

    def all(self) -> list[PanelDock]:
        """Every dock: the first, then row by row."""
        return [self.first, *(dock for row in self.rows for dock in row)]

    def arrange(self) -> None:
        """Put everything back where it began."""
        self.restore()
        for dock in self.all():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, self.first)
        self.splitDockWidget(self.first, self.rows[0][0], Qt.Orientation.Horizontal)
        for above, below in pairwise(self.rows):
            self.splitDockWidget(above[0], below[0], Qt.Orientation.Vertical)
        for row in self.rows:
            for left, right in pairwise(row):
                self.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for dock in self.all():
            dock.show()
        self.share_out()

    def share_out(self) -> None:
        """Give each dock its usual share of the room."""
        self.resizeDocks([row[0] for row in self.rows], [round(s * self.height()) for s in ROWS], _VERTICAL)
        first = max(round(FIRST * self.width()), theme().px(FIRST_LEAST))
        for row, shares in zip(self.rows, SHARES, strict=True):
            rest = self.width() - first
            self.resizeDocks([self.first, *row], [first, *(round(share * rest) for share in shares)], _HORIZONTAL)

    def toggle_maximised(self, dock: PanelDock) -> None:
        """Let ``dock`` fill the window, or put the others back."""
        if self.maximised is not None:
            self.restore()
            return
        self._before = self.saveState()
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
        self.restoreState(self._before)
        # Hiding and showing hands the keyboard to whatever comes first, which is the button that clears the canvas.
        if self._focused is not None and shiboken6.isValid(self._focused) and self._focused.isVisible():
            self._focused.setFocus()
        self._focused = None

    def keep_sizes(self) -> None:
        """Remember how large each dock is, before everything is drawn larger."""
        self._sizes = {dock: dock.size() for dock in self.all() if not dock.isFloating()}

    def give_sizes_back(self) -> None:
        """Make the docks as large as they were."""
        docks = list(self._sizes)
        self.resizeDocks(docks, [self._sizes[dock].width() for dock in docks], _HORIZONTAL)
        self.resizeDocks(docks, [self._sizes[dock].height() for dock in docks], _VERTICAL)
