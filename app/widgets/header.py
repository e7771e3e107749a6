"""A panel's header: title, controls, help and maximise, at any width."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app.theme import theme, theme_events, tokens
from app.widgets.buttons import IconButton
from app.widgets.label import ElidedLabel
from app.widgets.painting import antialiased
from app.widgets.popover import ControlsPopover
from app.widgets.tabbing import tab_through

_TITLE_SHARE = 96
"""Design pixels a title keeps before controls go into the menu."""


class PanelHeader(QWidget):
    """The top of a panel's card, also fit to be a dock's title bar: where it is empty, the mouse is left to the parent.

    Controls that do not fit go, last one first, behind a "more" button; help and maximise never do.
    """

    help_requested = Signal()
    maximise_requested = Signal()
    picture_requested = Signal()
    """The menu of the right button asks for a picture of the panel."""

    controls_moved = Signal()
    """Controls have gone behind "more" or come back."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(title, semibold=True)
        self.title.setParent(self)
        self._titled = True
        self._controls: list[QWidget] = []
        self.more = self._button("more", "More controls")
        self.help = self._button("help", f"What {title} shows")
        self.maximise = self._button("maximise", f"Maximise {title}")
        self.more.clicked.connect(self._open_more)
        self.help.clicked.connect(self.help_requested)
        self.maximise.clicked.connect(self.maximise_requested)
        self.more.hide()
        self._popover = ControlsPopover(self)
        self._hidden: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme_events().changed.connect(self._relayout)

    def _button(self, name: str, tooltip: str) -> IconButton:
        return IconButton(name, tooltip, flat=True, size=tokens.SMALL_CONTROL, token="muted", parent=self)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The panel's own controls, shown or behind "more"."""
        return tuple(self._controls)

    @property
    def collapsed(self) -> tuple[QWidget, ...]:
        """The controls that are behind "more" at this width."""
        return tuple(self._hidden)

    def add_control(self, widget: QWidget) -> None:
        """Add a control to the right of those there are."""
        self._controls.append(widget)
        widget.setParent(self)
        widget.show()
        self._order()
        self._relayout()

    def _order(self) -> None:
        """Have Tab go through the header from left to right."""
        tab_through(
            *(widget for widget in self._controls if widget not in self._hidden), self.more, self.help, self.maximise
        )

    def set_titled(self, titled: bool) -> None:
        """Show the title, or leave its room to the controls where a tab says it."""
        if titled != self._titled:
            self._titled = titled
            self.title.setVisible(titled)
            self._relayout()

    def set_maximised(self, maximised: bool) -> None:
        """Show whether the panel fills the window."""
        name = self.title.text()
        self.maximise.set_icon(*(("restore", f"Restore {name}") if maximised else ("maximise", f"Maximise {name}")))

    def sizeHint(self) -> QSize:
        """Room for everything in one row."""
        width = self._fixed_width() + self._controls_width(self._controls) + self._title_width()
        return QSize(width, theme().px(tokens.HEADER))

    def minimumSizeHint(self) -> QSize:
        """Room for some of the title, the menu, help and maximise."""
        return QSize(theme().px(160), theme().px(tokens.HEADER))

    def event(self, event: QEvent) -> bool:
        """Lay out anew when a control shows, hides or changes size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._relayout()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Decide anew what fits."""
        self._relayout()

    def _title_width(self) -> int:
        if not self._titled:
            return 0
        return min(self.title.sizeHint().width(), theme().px(_TITLE_SHARE))

    def _fixed_width(self) -> int:
        """Pixels that padding, help and maximise take."""
        return theme().px(tokens.PADDING) + 2 * theme().px(tokens.SMALL_CONTROL) + 3 * theme().px(tokens.GRID)

    def _controls_width(self, widgets: list[QWidget]) -> int:
        return sum(widget.sizeHint().width() + theme().px(tokens.GAP) for widget in widgets)

    def _relayout(self) -> None:
        room = self.width() - self._fixed_width() - self._title_width()
        shown = [widget for widget in self._controls if not widget.isHidden()]
        hidden: list[QWidget] = []
        more = theme().px(tokens.SMALL_CONTROL + tokens.GRID)
        while shown and self._controls_width(shown) + (more if hidden else 0) > room:
            hidden.insert(0, shown.pop())
        self._move_controls(hidden)
        self.more.setVisible(bool(hidden))
        self._place(shown)
        self.updateGeometry()

    def _move_controls(self, hidden: list[QWidget]) -> None:
        """Put exactly ``hidden`` behind "more"."""
        if hidden == self._hidden:
            return
        self._hidden = hidden
        self._popover.take(hidden)
        for widget in self._controls:
            if widget not in hidden and widget.parentWidget() is not self:
                wanted = not widget.isHidden()
                widget.setParent(self)
                widget.setVisible(wanted)
        self._order()
        self.controls_moved.emit()

    def _place(self, shown: list[QWidget]) -> None:
        """Lay everything out from the right edge; the title has what is left."""
        gap, grid = theme().px(tokens.GAP), theme().px(tokens.GRID)
        x = self.width() - 2 * grid
        row: list[tuple[QWidget, int]] = [(self.maximise, grid), (self.help, grid if self._hidden else gap)]
        if self._hidden:
            row.append((self.more, gap))
        row += [(widget, gap) for widget in reversed(shown)]
        for widget, space in row:
            size = widget.sizeHint()
            height = min(size.height(), self.height())
            x -= size.width()
            widget.setGeometry(x, (self.height() - height) // 2, size.width(), height)
            x -= space
        left = theme().px(tokens.PADDING)
        self.title.setGeometry(left, 0, max(x - left, 0), self.height())

    def menu(self) -> QMenu:
        """The menu of the right mouse button and of the menu key; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Save picture…", self.picture_requested.emit)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the whole panel."""
        self.menu().popup(event.globalPos())

    def _open_more(self) -> None:
        self._popover.open_under(self.more)

    def help_point(self) -> QPoint:
        """Where a popover about this panel belongs, in global coordinates: under the help button."""
        return self.help.mapToGlobal(QPoint(self.help.width(), self.help.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The upper part of the card."""
        paint_card(QPainter(self), QRectF(self.rect()), top=True)


def paint_card(painter: QPainter, rect: QRectF, *, top: bool) -> None:
    """Fill the upper or the lower part of a card: rounded outside, straight where the other part joins it."""
    radius = theme().px(tokens.CORNER)
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addRoundedRect(rect, radius, radius)
    path.addRect(rect.adjusted(0, radius, 0, 0) if top else rect.adjusted(0, 0, 0, -radius))
    antialiased(painter).fillPath(path, theme().color("panel"))
