"""How the parts stand in the room there is: phases, board and table beside, above, or instead of each other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.by_hand.bar import Bar
from app.by_hand.board import BoardView
from app.by_hand.stepper import WIDTH, Stepper
from app.by_hand.table import SheetView
from app.theme import theme, theme_events, tokens

STEPPER_FROM, ROW_FROM, THREE_FROM, BOTH_FROM, ROWS_FROM = 640, 560, 1080, 380, 230
"""Design pixels: of width for the list of phases, for one row of controls, for the table beside the board; of height
for the table below it, for two rows of controls."""


class Body(QWidget):
    """The bar on top; below it what there is room for. Where there is none for both, ``numbers`` shows the table."""

    rearranged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar, self.stepper, self.board, self.table = Bar(self), Stepper(self), BoardView(self), SheetView(self)
        self._numbers = False
        theme_events().changed.connect(self.arrange)

    def set_numbers(self, shown: bool) -> None:
        """Show the table in place of the board, where there is no room for both."""
        self._numbers = shown
        self.arrange()

    @property
    def crowded(self) -> bool:
        """Whether there is room for the board or the table, not both."""
        look = theme()
        return self.width() < look.px(THREE_FROM) and self.height() < look.px(BOTH_FROM)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew."""
        self.arrange()

    def event(self, event: QEvent) -> bool:
        """Arrange anew when the bar asks for more room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.arrange()
        return super().event(event)

    def arrange(self) -> None:
        """Give every part its place."""
        look = theme()
        width, height, gap = self.width(), self.height(), look.px(tokens.GAP)
        listed = width >= look.px(STEPPER_FROM)
        self.bar.set_room(wide=width >= look.px(ROW_FROM), low=height < look.px(ROWS_FROM), listed=listed)
        self.board.picture.titled = listed
        top = self.bar.sizeHint().height()
        self.bar.setGeometry(0, 0, width, top)
        top += gap
        left = 0
        self.stepper.setVisible(listed)
        if listed:
            self.stepper.setGeometry(0, top, look.px(WIDTH), height - top)
            left = look.px(WIDTH) + 2 * gap
        room = QRect(left, top, width - left, max(1, height - top))
        board, table = self._split(room, gap)
        self.board.setVisible(not board.isEmpty())
        self.table.setVisible(not table.isEmpty())
        self.board.setGeometry(board)
        self.table.setGeometry(table)
        self.rearranged.emit()

    def _split(self, room: QRect, gap: int) -> tuple[QRect, QRect]:
        """The board's place and the table's; an empty one for what does not show."""
        look = theme()
        if self.crowded:
            return (QRect(), room) if self._numbers else (room, QRect())
        board, table = QRect(room), QRect(room)
        if self.width() >= look.px(THREE_FROM):
            table_width = min(max(self.table.wanted_width, round(room.width() * 0.2)), round(room.width() * 0.45))
            share = room.width() - table_width - 2 * gap
            board.setWidth(share)
            table.setLeft(room.left() + share + 2 * gap)
        else:
            share = max(round(room.height() * 0.6), room.height() - self.table.wanted_height - gap)
            board.setHeight(share)
            table.setTop(room.top() + share + gap)
        return board, table

    def minimumSizeHint(self) -> QSize:
        """Nothing, so that the panel may be small."""
        return QSize(0, 0)
