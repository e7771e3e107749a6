"""The phases as a list to step through: done, present, to come."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.by_hand.inks import ink
from app.by_hand.phases import Phase
from app.by_hand.pieces import Role
from app.theme import font, repaint_on_change, theme, tokens
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

ROW, WIDTH = 42, 168
_INKS: dict[str, Role] = {
    "input": "input",
    "forward": "activation",
    "loss": "loss",
    "backward": "gradient",
    "update": "weight",
}


class _Rows(QWidget):
    """The list itself, painted."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.phases: tuple[Phase, ...] = ()
        self.at = 0
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Phases")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        return QSize(theme().px(WIDTH), theme().px(ROW) * len(self.phases) + theme().px(tokens.GRID))

    minimumSizeHint = sizeHint

    def row_rect(self, index: int) -> QRectF:
        """Where a phase's row is."""
        height = theme().px(ROW)
        return QRectF(0, index * height, self.width(), height)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // theme().px(ROW))
        if row != self._hovered:
            self._hovered = row
            if 0 <= row < len(self.phases):
                self.setToolTip(f"{self.phases[row].title}: {self.phases[row].note}")
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = int(event.position().y() // theme().px(ROW))
        if 0 <= row < len(self.phases):
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        elif 0 <= self.at + step < len(self.phases):
            self.chosen.emit(self.at + step)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = antialiased(QPainter(self))
        look = theme()
        left, dot = look.px(14), look.px(5)
        middle = look.px(ROW) / 2
        painter.setPen(QPen(look.color("hairline"), 2 * look.scale))
        painter.drawLine(QPointF(left, middle), QPointF(left, self.row_rect(len(self.phases) - 1).center().y()))
        for index, phase in enumerate(self.phases):
            rect, color = self.row_rect(index), ink(_INKS[phase.kind])
            present = index == self.at
            if present:
                fill_rounded(painter, rect.adjusted(look.px(26), 2, -2, -2), look.mix("accent", "panel", 0.1))
            elif index == self._hovered and self.underMouse():
                fill_rounded(painter, rect.adjusted(look.px(26), 2, -2, -2), look.color("raised"))
            painter.setPen(QPen(color if index <= self.at else look.color("hairline"), 2 * look.scale))
            painter.setBrush(color if index <= self.at else look.color("panel"))
            size = dot * (1.4 if present else 1.0)
            painter.drawEllipse(QPointF(left, rect.center().y()), size, size)
            self._say(painter, rect, phase, present)
        if self.hasFocus():
            draw_focus_ring(painter, self.row_rect(self.at).adjusted(look.px(26), 2, -2, -2))

    def _say(self, painter: QPainter, rect: QRectF, phase: Phase, present: bool) -> None:
        look = theme()
        room = rect.adjusted(look.px(34), look.px(4), -look.px(6), -look.px(4))
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(font(13, semibold=present))
        painter.setPen(look.color("text"))
        title = painter.fontMetrics().elidedText(phase.title, elide, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, title)
        painter.setFont(font(11))
        painter.setPen(look.color("muted"))
        note = painter.fontMetrics().elidedText(phase.note, elide, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, note)


class Stepper(QScrollArea):
    """The phases from top to bottom; ``chosen`` carries the index of the one that was clicked or stepped to."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = _Rows()
        self.rows.chosen.connect(self.chosen)
        self.setWidget(self.rows)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.rows.setAutoFillBackground(False)

    def sizeHint(self) -> QSize:
        """As wide as a row, as high as there is room."""
        return QSize(theme().px(WIDTH + 10), self.rows.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """One row."""
        return QSize(theme().px(WIDTH + 10), theme().px(ROW))

    def show_phases(self, phases: tuple[Phase, ...], at: int) -> None:
        """Show these, the one at index ``at`` being the present one."""
        if (phases, at) == (self.rows.phases, self.rows.at):
            return
        self.rows.phases, self.rows.at = phases, at
        self.rows.setAccessibleDescription(f"{at + 1} of {len(phases)}: {phases[at].title}, {phases[at].note}")
        self.rows.updateGeometry()
        self.rows.update()
        rect = self.rows.row_rect(at)
        self.ensureVisible(0, round(rect.center().y()), 0, theme().px(ROW))
