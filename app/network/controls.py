"""Small parts of a column's header: the round plus, the grip, the chip that says what is unusual."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from app.theme import font, icon, repaint_on_change, theme, tokens
from app.widgets.buttons import IconButton
from app.widgets.label import Label
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from app.widgets.value_field import ValueField

PLUS, QUIET = 22, 20
ICON = 12
HOLD = 500
"""Milliseconds after which a press is a long one."""


class QuietButton(IconButton):
    """A small icon that stays faint until the pointer is over the header it belongs to, or it has the focus."""

    def __init__(self, icon_name: str, tooltip: str, parent: QWidget) -> None:
        super().__init__(icon_name, tooltip, flat=True, size=QUIET, token="muted", parent=parent)
        self._header = parent

    def paintEvent(self, event: QPaintEvent) -> None:
        """The icon, faint or not."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        if self.underMouse() or self.isDown():
            fill_rounded(painter, rect, theme().color("hairline" if self.isDown() else "raised"), tokens.SMALL_CORNER)
        if self.hasFocus():
            draw_focus_ring(painter, rect, tokens.SMALL_CORNER)
        near = self.hasFocus() or self._header.underMouse()
        painter.setOpacity(1.0 if near else 0.4)
        side = theme().px(14)
        place = QRectF(rect.center().x() - side / 2, rect.center().y() - side / 2, side, side)
        self.icon().paint(painter, place.toRect())


class PlusButton(QAbstractButton):
    """The round button between two columns that adds a layer there.

    ``more_asked`` says that it was held down, or clicked with the right button: other kinds of layers are wanted.
    """

    more_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hold = QTimer(self, interval=HOLD, singleShot=True)
        self._hold.timeout.connect(self._held)
        self.pressed.connect(self._hold.start)
        self.released.connect(self._hold.stop)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        """A disc."""
        return QSize(theme().px(PLUS), theme().px(PLUS))

    minimumSizeHint = sizeHint

    def _held(self) -> None:
        self.setDown(False)  # so that letting go adds nothing
        self.more_asked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The right button, or the menu key."""
        self.more_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The down key, too."""
        if event.key() == Qt.Key.Key_Down:
            self.more_asked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A plus in a fine circle; filled under the pointer."""
        look = theme()
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        lit = self.underMouse() or self.isDown()
        painter.setBrush(look.color("accent") if lit else look.color("panel"))
        painter.setPen(QPen(look.color("accent") if lit else look.color("hairline"), look.scale))
        painter.drawEllipse(rect)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()), self.width())
        arm, middle = look.px(4), rect.center()
        painter.setPen(QPen(look.color("on_accent" if lit else "accent"), 1.5 * look.scale))
        painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
        painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))


class Grip(Label):
    """A column's title, by which it can be dragged sideways."""

    dragged = Signal(float)
    """How far from where it was taken, in pixels."""
    dropped = Signal(float)

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, semibold=True, parent=parent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag sideways to move the layer")
        self._taken: float | None = None
        self._moving = False

    @property
    def moving(self) -> bool:
        """Whether it is being dragged."""
        return self._moving

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._taken = event.globalPosition().x()
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it, once the hand has clearly moved."""
        if self._taken is None:
            return
        by = event.globalPosition().x() - self._taken
        if self._moving or abs(by) >= QApplication.startDragDistance():
            self._moving = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(by)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop it."""
        if self._taken is None or event.button() != Qt.MouseButton.LeftButton:
            return
        by, moved = event.globalPosition().x() - self._taken, self._moving
        self._taken, self._moving = None, False
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        if moved:
            self.dropped.emit(by)


class UnitsField(ValueField):
    """The number in a column's title, close to the word before it."""

    def sizeHint(self) -> QSize:
        """No wider than its digits, and room for one more while it is edited."""
        text = self.text() if self.hasFocus() else self.shown
        metrics = self.fontMetrics()
        wide = metrics.horizontalAdvance(text) + (metrics.horizontalAdvance("0") if self.hasFocus() else 0)
        return QSize(wide + theme().px(10), theme().px(22))

    minimumSizeHint = sizeHint


class TextButton(QAbstractButton):
    """A button that is a few small words, and an icon before them where one is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.icon_name = ""
        repaint_on_change(self)

    def show_words(self, text: str, icon_name: str = "") -> None:
        """Say ``text`` behind an icon; be gone for no text."""
        self.icon_name = icon_name
        self.setText(text)
        self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its icon and words."""
        icon = theme().px(ICON + 3) if self.icon_name else 0
        return QSize(QFontMetrics(font(11)).horizontalAdvance(self.text()) + theme().px(12) + icon, theme().px(20))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Muted words; a ground under the pointer."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        if self.underMouse():
            fill_rounded(painter, rect, theme().color("raised"), tokens.SMALL_CORNER)
        if self.hasFocus():
            draw_focus_ring(painter, rect, tokens.SMALL_CORNER)
        if self.icon_name:
            side = theme().px(ICON)
            place = QRectF(theme().px(6), (self.height() - side) / 2, side, side)
            icon(self.icon_name, "accent").paint(painter, place.toRect())
            rect.setLeft(place.right() + theme().px(3))
        painter.setFont(font(11))
        painter.setPen(theme().color("muted"))
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
