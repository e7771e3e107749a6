"""The blackboard: a phase written out large, its numbers to be clicked and typed over."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QWidget

from app.by_hand.answer import Answer, Floats
from app.by_hand.inks import ink
from app.by_hand.pieces import Board, Place, Role
from app.by_hand.setting import NOTE, Put, Set, fit, value_font
from app.formulas import formula
from app.theme import font, theme, theme_events, tokens
from app.widgets.painting import antialiased
from app.widgets.value_field import ValueField

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap


class BoardPicture(QWidget):
    """The board as it is painted; as high as what is written on it."""

    typed = Signal(object, float)
    """A place and the number typed into it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: Answer | None = None
        self.set: Set | None = None
        self.room = QSize(1, 1)
        self.titled = True
        self._key: object = None
        self._hovered: Put | None = None
        self._editing: Place | None = None
        self._field: ValueField | None = None
        self.setMouseTracking(True)
        self.setAccessibleName("Formulas of this phase")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme_events().changed.connect(self.lay_out)

    def show_answer(self, answer: Answer) -> None:
        """Write an answer's board."""
        self.answer = answer
        if answer.board is not None:
            self.setAccessibleDescription(answer.board.words())
        self.lay_out()

    def lay_out(self) -> None:
        """Set the board in the room there is, no larger than the same phase was a moment ago."""
        board = self._board
        if board is None or self.answer is None:
            return
        key = (self.answer.question.phase, self.answer.question.focus, self.room, self.titled, theme().scale)
        most = self.set.share if self.set is not None and key == self._key else 9.0
        self._key = key
        pad = theme().px(tokens.GAP)
        self.set = fit(board, self.room.width() - 2 * pad, self.room.height() - 2 * pad, most, titled=self.titled)
        self.setMinimumHeight(math.ceil(self.set.height) + 2 * pad)
        self.setMaximumHeight(max(self.room.height(), self.minimumHeight()))
        self._hovered = None
        self._put_field()
        self.update()

    @property
    def _board(self) -> Board | None:
        return None if self.answer is None else self.answer.board

    def _origin(self) -> QPointF:
        pad = theme().px(tokens.GAP)
        return QPointF(pad, pad)

    # typing over a number

    def put_at(self, at: QPointF) -> Put | None:
        """The piece at a place of the widget that can be typed over."""
        point = at - self._origin()
        puts = () if self.set is None else self.set.puts
        reach = theme().px(4)
        for put in puts:
            if put.piece.place is not None and put.rect.adjusted(-reach, 0, reach, 0).contains(point):
                return put
        return None

    def edit(self, place: Place) -> bool:
        """Open a field over the number at ``place``; false where it is not on the board."""
        self.close_field()
        self._editing = place
        put = self._put_of(place)
        if put is None or self.answer is None:
            self._editing = None
            return False
        field = self._field = ValueField(self.answer.number(place), size=round(put.size), parent=self)
        field.setAccessibleName("New value")
        field.typed.connect(self._commit)
        field.editingFinished.connect(self.close_field)
        field.textChanged.connect(lambda _: self._put_field())  # all of its digits show while it has the keyboard
        self._put_field()
        field.show()
        field.setFocus(Qt.FocusReason.MouseFocusReason)
        return True

    def close_field(self) -> None:
        """Take the field away."""
        field, self._field, self._editing = self._field, None, None
        if field is not None:
            field.hide()
            field.deleteLater()

    def _commit(self, value: float) -> None:
        if self._editing is not None:
            self.typed.emit(self._editing, value)

    def _put_of(self, place: Place | None) -> Put | None:
        puts = () if self.set is None or place is None else self.set.puts
        return next((put for put in puts if put.piece.place == place), None)

    def _put_field(self) -> None:
        """Keep the field over its number."""
        put = self._put_of(self._editing)
        if self._field is None:
            return
        if put is None:
            self.close_field()
            return
        size = self._field.sizeHint()
        width = max(size.width(), theme().px(72))
        centre = put.value_rect.center() + self._origin()
        self._field.setGeometry(
            max(0, round(centre.x() - width / 2)), round(centre.y() - size.height() / 2), width, size.height()
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what can be typed over."""
        put = self.put_at(event.position())
        if put is not self._hovered:
            self._hovered = put
            self.setCursor(Qt.CursorShape.IBeamCursor if put else Qt.CursorShape.ArrowCursor)
            if put is not None:
                QToolTip.showText(event.globalPosition().toPoint(), "Click to type another value", self)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Type over the number under the pointer."""
        put = self.put_at(event.position())
        if put is not None and put.piece.place is not None:
            self.edit(put.piece.place)
        else:
            self.close_field()
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape takes the field away; the rest is the panel's."""
        if event.key() == Qt.Key.Key_Escape and self._field is not None:
            self.close_field()
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer."""
        self._hovered = None
        self.update()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words, formulas with their numbers, curves."""
        if self.set is None:
            return
        painter = antialiased(QPainter(self))
        painter.translate(self._origin())
        for words in self.set.words:
            painter.setFont(font(words.size, words.semibold))
            painter.setPen(theme().color(words.token))
            painter.drawText(words.rect, _LEFT, words.text)
        for put in self.set.puts:
            self._paint_piece(painter, put)
        for curve in self.set.curves:
            self._paint_curve(painter, curve.rect, curve.at)

    def _paint_piece(self, painter: QPainter, put: Put) -> None:
        piece, color = put.piece, ink(put.piece.role)
        if put is self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("raised"))
            painter.drawRoundedRect(put.rect, tokens.SMALL_CORNER, tokens.SMALL_CORNER)
        if put.symbol is not None:
            formula(piece.latex).paint(painter, put.symbol, theme().scale * put.size, color)
        if put.value is not None:
            painter.setFont(value_font(put.size, piece.strong))
            painter.setPen(color)
            painter.drawText(put.value, piece.value)
            if piece.place is not None:
                self._underline(painter, put)
        if put.note is not None:
            painter.setFont(font(NOTE))
            painter.setPen(theme().color("muted"))
            painter.drawText(put.note, piece.note)

    def _underline(self, painter: QPainter, put: Put) -> None:
        pen = QPen(theme().color("muted", 0.6), theme().scale, Qt.PenStyle.DotLine)
        painter.setPen(pen)
        bottom = put.value_rect.bottom()
        painter.drawLine(QPointF(put.value_rect.left(), bottom), QPointF(put.value_rect.right(), bottom))

    def _paint_curve(self, painter: QPainter, rect: QRectF, at: float) -> None:
        """g and, dashed, g', with the present z marked on both."""
        curve = None if self.answer is None else self.answer.curve
        if curve is None:
            return
        z, value, slope = curve
        reach = float(z[-1])
        low, high = float(min(value.min(), slope.min(), 0.0)), float(max(value.max(), slope.max()))

        def place(x: np.ndarray, y: np.ndarray) -> QPolygonF:
            across = rect.left() + (x + reach) / (2 * reach) * rect.width()
            down = rect.top() + (high - y) / (high - low) * rect.height()
            return QPolygonF([QPointF(u, v) for u, v in zip(across.tolist(), down.tolist(), strict=True)])

        scale = theme().scale
        painter.setPen(QPen(theme().color("hairline"), scale))
        painter.drawPolyline(place(z[[0, -1]], np.zeros(2)))
        painter.drawPolyline(place(np.zeros(2), np.array([low, high])))
        painter.setPen(QPen(ink("sum"), 1.5 * scale, Qt.PenStyle.DashLine))
        painter.drawPolyline(place(z, slope))
        painter.setPen(QPen(ink("activation"), 2 * scale))
        painter.drawPolyline(place(z, value))
        held = np.array([min(max(at, -reach), reach)]) if math.isfinite(at) else np.array([0.0])
        painter.setPen(Qt.PenStyle.NoPen)
        for values in (slope, value):
            painter.setBrush(ink("sum" if values is slope else "activation"))
            painter.drawEllipse(place(held, np.interp(held, z, values)).first(), 4 * scale, 4 * scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setFont(font(NOTE))
        ends: tuple[tuple[Floats, str, Role], ...] = ((value, "g", "activation"), (slope, "g′", "sum"))
        for values, text, role in ends:
            painter.setPen(ink(role))
            painter.drawText(place(z[-1:], values[-1:]).first() + QPointF(4 * scale, 4 * scale), text)


class BoardView(QScrollArea):
    """The board, as large as fits; it scrolls where even the smallest does not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = BoardPicture()
        self.setWidget(self.picture)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.picture.setAutoFillBackground(False)
        self.setMinimumSize(0, 0)

    def minimumSizeHint(self) -> QSize:
        """Very little, so that the panel may be small."""
        return QSize(theme().px(80), theme().px(48))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set the board anew."""
        super().resizeEvent(event)
        bar = theme().px(10)
        self.picture.room = QSize(max(1, self.width() - bar), max(1, self.height()))
        self.picture.lay_out()
