"""The headers above the columns: what each layer is, and the controls that change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QEnterEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.network.arrangement import COLUMN
from app.network.controls import QUIET, Grip, QuietButton, TextButton, UnitsField
from app.network.edits import MOST_UNITS, OutputChoice
from app.network.options import LAYER_OPTIONS, OUTPUT_OPTIONS, add_to_menu, help_of, notes
from app.network.pill import Pill, Row
from app.theme import theme, tokens
from app.widgets.buttons import IconButton
from app.widgets.label import ElidedLabel, Label
from core.activations import ACTIVATIONS
from core.spec import Dense, Output

ROW, BUTTON = 26, 22

HIDDEN_ROWS = tuple(Row(row.name, row.title, row.help, row.name) for row in ACTIVATIONS.rows() if row.hidden)


class Header(QWidget):
    """A column's header: a title row, a row of controls, and a third row where something unusual is to be said."""

    def row(self, index: int) -> QRect:
        """The rectangle of a row."""
        height = theme().px(ROW)
        return QRect(0, index * height, self.width(), height)

    def place(self) -> None:
        """Lay the parts out."""

    def wish(self) -> int:
        """The width at which the third row says all that it has to."""
        return 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the parts out at the new size."""
        self.place()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Let the quiet buttons be seen."""
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Let the quiet buttons fade."""
        self.update()

    def event(self, event: QEvent) -> bool:
        """Lay the parts out when one of them asks for another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.place()
        return super().event(event)


def centre(widget: QWidget, rect: QRect, width: int | None = None) -> None:
    """Put ``widget`` in the middle of ``rect``, as large as it likes to be, or as ``width`` says."""
    size = widget.sizeHint()
    wide = min(size.width() if width is None else width, rect.width())
    high = min(size.height(), rect.height())
    widget.setGeometry(rect.center().x() + 1 - wide // 2, rect.center().y() + 1 - high // 2, wide, high)


class FeaturesHeader(Header):
    """Above the inputs: how many, and how they are scaled."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = Label("Features", semibold=True, parent=self)
        self.about = ElidedLabel("", 11, token="muted")
        self.about.setParent(self)

    def show_inputs(self, count: int, scaling: str) -> None:
        """Say how many inputs there are."""
        inputs = f"{count} input" + ("s" if count != 1 else "")
        self.about.setText(inputs if scaling == "none" else f"{inputs} · {scaling}")
        self.setAccessibleName(f"Features: {self.about.text()}")
        self.place()

    def place(self) -> None:
        """Both in the middle."""
        centre(self.title, self.row(0))
        centre(self.about, self.row(1))


class LayerHeader(Header):
    """Above a hidden layer: everything about it that can be changed. ``edited`` carries what and its new value."""

    edited = Signal(str, object)
    dragged = Signal(float)
    dropped = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.layer = Dense(1)
        self.title = Grip("Dense", self)
        self.units = UnitsField(1, 1, MOST_UNITS, integer=True, decimals=0, semibold=True, parent=self)
        self.units.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.menu_button = QuietButton("more", "Layer", self)
        self.remove_button = QuietButton("close", "Remove", self)
        self.fewer = IconButton("minus", "One unit less", size=tokens.SMALL_CONTROL, token="muted", parent=self)
        self.activation = Pill("Activation", self)
        self.more = IconButton("plus", "One unit more", size=tokens.SMALL_CONTROL, token="muted", parent=self)
        self.notes = TextButton(self)
        self._wire()

    def _wire(self) -> None:
        for button, by in ((self.fewer, -1), (self.more, 1)):
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _=False, by=by: self.edited.emit("units", self.layer.units + by))
        self.units.typed.connect(lambda value: self.edited.emit("units", round(value)))
        self.activation.chosen.connect(lambda key: self.edited.emit("activation", key))
        self.remove_button.clicked.connect(lambda: self.edited.emit("remove", None))
        self.menu_button.clicked.connect(lambda: self._open(self.menu(), self.menu_button))
        self.notes.clicked.connect(lambda: self._open(self.menu(), self.notes))
        self.title.dragged.connect(self.dragged)
        self.title.dropped.connect(self.dropped)

    def tab_order(self) -> list[QWidget]:
        """Its controls in the order of the tab key."""
        return [self.menu_button, self.units, self.remove_button, self.fewer, self.activation, self.more, self.notes]

    def show_layer(self, layer: Dense, label: str, position: int, count: int) -> None:
        """Show a layer, the ``position``-th of ``count``."""
        self.layer, self._position, self._count = layer, position, count
        self.units.set_value(layer.units)
        self.fewer.setEnabled(layer.units > 1)
        self.more.setEnabled(layer.units < MOST_UNITS)
        self.activation.show_rows(HIDDEN_ROWS, layer.activation)
        self.notes.show_words(notes(LAYER_OPTIONS, layer), "frozen" if layer.frozen else "")
        self._name(label)
        self.place()

    def _name(self, label: str) -> None:
        self.setAccessibleName(label.capitalize())
        self.units.setAccessibleName(f"Units of {label}")
        self.units.setToolTip(f"Units of {label}: 1 to {MOST_UNITS:,}".replace(",", "\u2009"))
        self.activation.setAccessibleName(f"Activation of {label}")
        self.fewer.set_icon("minus", f"One unit less in {label}")
        self.more.set_icon("plus", f"One unit more in {label}")
        self.remove_button.set_icon("close", f"Remove {label}")
        self.menu_button.set_icon(
            "more", f"Move, normalisation, residual connection, dropout, bias and freezing of {label}"
        )
        self.notes.setAccessibleName(f"{label.capitalize()}: {self.notes.text()}")
        self.notes.setToolTip(f"{self.notes.text()}. {help_of(LAYER_OPTIONS)} Change it here.")

    @property
    def needs_notes(self) -> bool:
        """Whether the third row says something."""
        return bool(self.notes.text())

    def wish(self) -> int:
        """The width at which the notes are read whole."""
        return self.notes.sizeHint().width() if self.needs_notes else 0

    def menu(self) -> QMenu:
        """What can be done to the layer besides its units and activation."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        left = self._action(menu, "Move left", lambda: self.edited.emit("move", -1))
        left.setEnabled(self._position > 0)
        right = self._action(menu, "Move right", lambda: self.edited.emit("move", 1))
        right.setEnabled(self._position < self._count - 1)
        menu.addSeparator()
        add_to_menu(menu, LAYER_OPTIONS, self.layer, self.edited.emit, self._position)
        menu.addSeparator()
        self._action(menu, "Remove layer", lambda: self.edited.emit("remove", None))
        return menu

    @staticmethod
    def _action(menu: QMenu, text: str, call: Callable[[], object]) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda: call())
        return action

    def _open(self, menu: QMenu, button: QWidget) -> None:
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu by the right button."""
        self.menu().popup(event.globalPos())

    def place(self) -> None:
        """Title and number in the middle between the menu and the cross; below, the activation between − and +."""
        beside = max(0, (self.width() - theme().px(COLUMN)) // 2)  # only the third row takes room beyond the column
        top, middle = (self.row(index).adjusted(beside, 0, -beside, 0) for index in (0, 1))
        icon = theme().px(QUIET)
        size, number = self.title.sizeHint(), self.units.sizeHint().width()
        left = (self.width() - size.width() - number) // 2
        self.title.setGeometry(left, (top.height() - size.height()) // 2, size.width(), size.height())
        field = QRect(left + size.width(), 0, number, top.height())
        centre(self.units, field)
        side = min(icon, max(0, left))
        self.menu_button.setGeometry(top.left(), (top.height() - icon) // 2, side, icon)
        self.remove_button.setGeometry(top.right() + 1 - side, (top.height() - icon) // 2, side, icon)
        self._place_controls(middle)
        centre(self.notes, self.row(2))

    def _place_controls(self, row: QRect) -> None:
        high, button, gap = theme().px(tokens.SMALL_CONTROL), theme().px(BUTTON), theme().px(2)
        wide = min(row.width(), 2 * (button + gap) + max(theme().px(40), self.activation.sizeHint().width()))
        left, top = row.left() + (row.width() - wide) // 2, row.top() + (row.height() - high) // 2
        self.fewer.setGeometry(left, top, button, high)
        self.activation.setGeometry(left + button + gap, top, wide - 2 * (button + gap), high)
        self.more.setGeometry(left + wide - button, top, button, high)


class OutputHeader(Header):
    """Above the output: its width, which follows from the task, and its activation, which may be named."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = Label("Output", semibold=True, parent=self)
        self.menu_button = QuietButton("more", "Bias and freezing of the output", self)
        self.activation = Pill("Activation of the output", self)
        self.notes = TextButton(self)
        self.notes.setToolTip("What is unusual about the output; change it here.")
        self.activation.chosen.connect(lambda key: self.edited.emit("activation", key))
        self.menu_button.clicked.connect(lambda: self._open(self.menu_button))
        self.notes.clicked.connect(lambda: self._open(self.notes))

    def tab_order(self) -> list[QWidget]:
        """Its controls in the order of the tab key."""
        return [self.menu_button, self.activation, self.notes]

    def show_output(self, output: Output, units: int, resolved: str, choices: Sequence[OutputChoice]) -> None:
        """Show the output, its activation as what it ``resolved`` to."""
        self.output = output
        self.title.setText(f"Output {units}")
        rows = [Row(c.name, c.title, c.help, c.name if c.name in ACTIVATIONS else resolved, c.problem) for c in choices]
        self.activation.show_rows(rows, output.activation, ACTIVATIONS[resolved].title)
        self.notes.show_words(notes(OUTPUT_OPTIONS, output), "frozen" if output.frozen else "")
        self.setAccessibleName(self.title.text())
        self.place()

    @property
    def needs_notes(self) -> bool:
        """Whether the third row says something."""
        return bool(self.notes.text())

    def menu(self) -> QMenu:
        """What can be set about the output besides its activation."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add_to_menu(menu, OUTPUT_OPTIONS, self.output, self.edited.emit)
        return menu

    def _open(self, button: QWidget) -> None:
        self.menu().popup(button.mapToGlobal(QPoint(0, button.height())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu by the right button."""
        self.menu().popup(event.globalPos())

    def place(self) -> None:
        """Title, then activation, in the middle; the menu at the right."""
        icon, top = theme().px(QUIET), self.row(0)
        centre(self.title, top)
        self.menu_button.setGeometry(self.width() - icon, (top.height() - icon) // 2, icon, icon)
        centre(self.activation, self.row(1), max(theme().px(56), self.activation.sizeHint().width()))
        centre(self.notes, self.row(2))
