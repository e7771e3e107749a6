"""Where the parts of the data panel go: above each other in a narrow panel, side by side in a wide one."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from app import theme as themes
from app.canvas.canvas import Canvas
from app.canvas.controls import DataControls, ScalingChoice
from app.canvas.legend import Legend
from app.canvas.options import ToolOptions
from app.canvas.palette import Palette
from app.canvas.slice_bar import SliceBar
from app.canvas.tools import TOOLS
from app.theme import theme_events, tokens
from app.widgets.buttons import IconButton
from app.widgets.tabbing import tab_through
from core.data.features import on_plane
from core.spec import Data

TOOL = 26
LEAST_FORM = 88
"""Design pixels of the form that stay in sight under the canvas."""
LEAST_CANVAS = 120
LOW = 210
"""Design pixels of height under which the scaling gives way to the form; the status line still tells it."""
COLUMN = (140, 300)
"""The narrowest and the widest the form gets beside the canvas."""


class ToolRow(QWidget):
    """The tools as buttons, one of them pressed."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.buttons: dict[str, IconButton] = {}
        for tool in TOOLS.rows():
            button = IconButton(tool.icon, tool.title, checkable=True, size=TOOL)
            button.setToolTip(tool.tip)
            button.setAccessibleDescription(tool.help)
            button.clicked.connect(lambda _=False, name=tool.name: canvas.take(name))
            self.buttons[tool.name] = button
            row.addWidget(button)
        canvas.tool_changed.connect(self._follow)
        self._follow(canvas.tool.name)

    def _follow(self, name: str) -> None:
        for key, button in self.buttons.items():
            button.setChecked(key == name)


class _Scroll(QScrollArea):
    """A form that scrolls up and down only."""

    def __init__(self, form: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(form)
        form.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)


class DataBody(QWidget):
    """Tools, canvas, form and scaling, laid out by hand so that the canvas gets all the room there is."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = Canvas(session, self)
        self.tools = ToolRow(self.canvas, self)
        self.palette_row = Palette(self.canvas, self)
        self.options = ToolOptions(self.canvas, self)
        self.legend = Legend(self)
        self.slice = SliceBar(session, self)
        self.controls = DataControls(session.experiment.data)
        self.form_area = _Scroll(self.controls)
        self.form_area.setParent(self)
        self.scaling = ScalingChoice()
        self.scaling.setParent(self)
        self.options.shown_changed.connect(self._order)
        self._order()
        theme_events().changed.connect(self._dress)
        self._dress()
        self.follow(session.experiment.data)

    def _order(self) -> None:
        """Have Tab follow what the eye sees, from the top down."""
        parts = (self.tools, self.palette_row, self.options, self.canvas, self.slice, self.form_area, self.scaling)
        tab_through(*parts)

    def _dress(self) -> None:
        self.scaling.flow.setSpacing(themes.theme().px(4))
        self.arrange()

    def follow(self, data: Data) -> None:
        """Show what is drawn with where that can be, else the classes' names and what plane is looked at."""
        drawn = on_plane(data)
        for part in (self.tools, self.palette_row, self.options):
            part.setVisible(drawn)
        self.legend.setVisible(not drawn)
        self.legend.show_classes(data)
        self.slice.follow()
        self.arrange()

    def sizeHint(self) -> QSize:
        """Narrow and high."""
        return QSize(themes.theme().px(216), themes.theme().px(460))

    def minimumSizeHint(self) -> QSize:
        """Room for the tools and a small canvas."""
        return QSize(themes.theme().px(176), themes.theme().px(96))

    @property
    def wide(self) -> bool:
        """Whether the form lies beside the canvas rather than below it."""
        return self.width() >= 1.2 * self.height()

    def event(self, event: QEvent) -> bool:
        """Arrange anew when a part wants another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.arrange()
        return super().event(event)

    def resizeEvent(self, event: object) -> None:
        """Arrange anew."""
        self.arrange()

    def arrange(self) -> None:
        """Put every part in its place."""
        px = themes.theme().px
        gap, width, height = px(tokens.GAP), self.width(), self.height()
        if self.wide:
            column = min(max(round(width * 0.36), px(COLUMN[0])), px(COLUMN[1]))
            side = max(1, min(height, width - column - gap))
            left = max(0, (width - side - 2 * gap - column) // 2)
            self._place_canvas(left, 0, side, height)
            right = left + side + 2 * gap
            column = min(column, width - right)
            self._place_form(right, self._place_tools(right, 0, column), column)
            return
        top = self._place_tools(0, 0, width)
        room = height - top - gap - self.scaling.high(width)
        bar = 0 if self.slice.isHidden() else self.slice.high(width) + px(tokens.GRID)
        side = max(min(width + bar, room - px(LEAST_FORM) - gap), min(px(LEAST_CANVAS) + bar, room))
        self._place_canvas(0, top, width, side)
        self._place_form(0, top + side + gap, width)

    def _place_canvas(self, left: int, top: int, width: int, height: int) -> None:
        """Put the canvas, and what plane it shows below it, into a place."""
        bar = 0
        if not self.slice.isHidden():
            room = self.slice.high(width)
            self.slice.setGeometry(left, top + height - room, width, room)
            bar = room + themes.theme().px(tokens.GRID)
        self.canvas.setGeometry(left, top, width, height - bar)

    def _place_tools(self, left: int, top: int, width: int) -> int:
        """Put tools, classes and options at the top of a column; returns where the next part begins."""
        gap = themes.theme().px(tokens.GAP)
        if not self.legend.isHidden():
            high = self.legend.height_in(width)
            self.legend.setGeometry(left, top, width, high)
            return top + high + (gap if high else 0)
        tools, palette = self.tools.sizeHint(), self.palette_row.sizeHint()
        self.tools.setGeometry(left, top, tools.width(), tools.height())
        if tools.width() + gap + palette.width() <= width:
            y = top + (tools.height() - palette.height()) // 2
            self.palette_row.setGeometry(left + width - palette.width(), y, palette.width(), palette.height())
            top += tools.height() + gap
        else:
            y = top + tools.height() + gap // 2
            self.palette_row.setGeometry(left, y, min(palette.width(), width), palette.height())
            top = y + palette.height() + gap
        high = self.options.sizeHint().height()
        self.options.setGeometry(left, top, width, high)
        return top + high + gap

    def _place_form(self, left: int, top: int, width: int) -> None:
        """Put the form, and the scaling below it, into the rest of a column; the form scrolls where it is too high."""
        px, bottom = themes.theme().px, self.height()
        gap = px(tokens.GAP)
        pinned = not self.wide or bottom >= px(LOW)
        scaling = self.scaling.high(width) + gap if pinned else 0
        high = max(0, min(self.controls.heightForWidth(width), bottom - scaling - top))
        self.form_area.setVisible(high >= px(24))
        self.form_area.setGeometry(left, top, width, high)
        self.scaling.setVisible(pinned)
        self.scaling.place(left, top + high + gap, width)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A hairline where the form goes on under the scaling."""
        if self.form_area.isVisible() and self.scaling.isVisible() and self.form_area.verticalScrollBar().maximum() > 0:
            y = self.form_area.geometry().bottom() + themes.theme().px(2)
            line = QRect(self.form_area.x(), y, self.form_area.width(), max(1, themes.theme().px(1)))
            QPainter(self).fillRect(line, themes.theme().color("hairline"))
