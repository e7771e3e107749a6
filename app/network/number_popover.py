"""A weight or a bias, opened: its value to drag or type, what training would do to it, and whether it may."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.theme import font, theme, tokens
from app.widgets.check import CheckBox
from app.widgets.choice import Dropdown, Segmented
from app.widgets.label import Label
from app.widgets.popover import Popover
from app.widgets.slider import Slider

FARTHEST = 1e6
"""What may be typed at most."""

REACH = 2.0
"""How far the track goes to each side at least."""

WIDTH, LINE = 236, 20

SLOTS = (
    ("0", "w₀", "Draw the loss landscape along this number, to the right."),
    ("1", "w₁", "Draw the loss landscape along this number, upwards."),
)

Pairs = Sequence[tuple[str, str]]


class Facts(QWidget):
    """Lines of a name and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: Pairs = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_pairs(self, pairs: Pairs) -> None:
        """Show other lines."""
        self.pairs = tuple(pairs)
        self.setAccessibleName("; ".join(f"{name} {value}" for name, value in pairs))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line each."""
        return QSize(theme().px(WIDTH), theme().px(LINE) * len(self.pairs))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names left, numbers right."""
        paint_pairs(QPainter(self), QRectF(self.rect()), self.pairs)


def paint_pairs(painter: QPainter, rect: QRectF, pairs: Pairs) -> None:
    """Lines of a name at the left and a number at the right of ``rect``, from its top."""
    look, high = theme(), rect.height() / max(1, len(pairs))
    painter.setFont(font(11))
    for index, (name, value) in enumerate(pairs):
        row = QRectF(rect.left(), rect.top() + index * high, rect.width(), high)
        painter.setPen(look.color("muted"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(look.color("text"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value)


class NumberPopover(Popover):
    """``moved`` follows the value, ``released`` ends a drag; ``chosen`` names another number of the same neuron."""

    moved = Signal(float)
    released = Signal()
    frozen = Signal(bool)
    picked = Signal(int)
    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = Label("", semibold=True)
        self.which = Dropdown("", (), help="The numbers of this neuron.")
        self.which.setAccessibleName("Number")
        self.slider = Slider("value", -REACH, REACH, minimum=-FARTHEST, maximum=FARTHEST, value=0.0)
        self.facts = Facts()
        self.freeze = CheckBox("Frozen", "Training leaves this number as it is.")
        self.slots = Segmented(SLOTS, exclusive=False, name="Use for the loss landscape")
        self._row = QWidget()
        self._fill()
        self.slider.moved.connect(self.moved)
        self.slider.released.connect(self.released)
        self.freeze.clicked.connect(self.frozen)
        self.slots.chosen.connect(self._pick)
        self.which.chosen.connect(self.chosen)
        self.setFocusProxy(self.slider.field)

    def _fill(self) -> None:
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme().px(tokens.GAP))
        row.addWidget(Label("Axis of the landscape", 11, token="muted"), 1)
        row.addWidget(self.slots)
        for part in (self.title, self.which, self.slider, self.facts, self.freeze, self._row):
            self.column.addWidget(part)

    def show_number(self, title: str, letter: str, rows: Sequence[tuple[str, str]], key: str) -> None:
        """Say which number it is, of the neuron whose numbers are ``rows`` (key, name); ``key`` is its own."""
        self.title.setText(title)
        self.slider.title.setText(letter)
        self.slider.field.setAccessibleName(title)
        self.slider.track.setAccessibleName(title)
        self.which.set_rows([(key, name, "") for key, name in rows])
        self.which.set_key(key)
        self.which.setVisible(len(rows) > 1)

    def show_value(self, value: float, *, reach: bool = False) -> None:
        """Show a value, unless a hand is on it; ``reach`` fits the track to it, as does a value beyond its ends."""
        if reach or abs(value) > self.slider.track.scale.high:
            far = max(REACH, 2.0 * abs(value))
            self.slider.set_range(-far, far)
        if not self.slider.track.isSliderDown():
            self.slider.set_value(value)

    def show_state(self, facts: Pairs, frozen: bool, whole: bool, slots: tuple[bool, bool]) -> None:
        """Show what is known, whether it is frozen (by its ``whole`` layer), and which axes of the landscape it is."""
        lines = len(self.facts.pairs)
        self.facts.show_pairs(facts)
        self.freeze.setChecked(frozen)
        self.freeze.setEnabled(not whole)
        self.freeze.setText("Frozen with its whole layer" if whole else "Frozen")
        for key, on in zip(("0", "1"), slots, strict=True):
            self.slots.set_key(key, on)
        if lines != len(facts) and self.isVisible():
            self.adjustSize()

    def _pick(self, key: str) -> None:
        self.slots.set_key(key)  # an axis stays until another number takes it
        self.picked.emit(int(key))

    def open_by(self, place: QPoint) -> None:
        """Open to the right of a global position, the value ready to be typed."""
        self.column.activate()
        wide = max(theme().px(WIDTH), self.title.sizeHint().width()) + 2 * theme().px(tokens.PADDING)
        self.slider.setMinimumWidth(theme().px(WIDTH))
        self.open_at(place + QPoint(wide + theme().px(14), theme().px(10)))
        self.slider.field.setFocus(Qt.FocusReason.PopupFocusReason)
