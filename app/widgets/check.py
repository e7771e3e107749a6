"""A box to tick, drawn from tokens."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from app.theme import font, icon, repaint_on_change, theme, tokens
from app.widgets.label import tip
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

_SIDE = 16


class CheckBox(QCheckBox):
    """A check box whose tick is seen in both themes."""

    def __init__(self, label: str, help: str = "", parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self.setToolTip(tip(help))
        self.setAccessibleName(label)
        self.setAccessibleDescription(help)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        """Room for box and label."""
        width = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + theme().px(_SIDE + 2 * tokens.GAP), theme().px(tokens.SMALL_CONTROL))

    minimumSizeHint = sizeHint

    def hitButton(self, position: QPoint) -> bool:
        """The box and its label both tick."""
        return self.rect().contains(position)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The box, its tick, the label."""
        look = theme()
        painter = antialiased(QPainter(self))
        side, ring = look.px(_SIDE), look.px(tokens.FOCUS_WIDTH)
        box = QRectF(ring, (self.height() - side) / 2, side, side)
        on = self.isChecked()
        color = look.color("accent" if on else "muted", 1.0 if self.isEnabled() else 0.5)
        if on:
            fill_rounded(painter, box, color, tokens.SMALL_CORNER)
            icon("good", "on_accent").paint(painter, box.adjusted(2, 2, -2, -2).toRect())
        else:
            line = look.px(1)
            painter.setPen(QPen(color, line))
            painter.setBrush(look.color("panel"))
            edge = box.adjusted(line / 2, line / 2, -line / 2, -line / 2)
            painter.drawRoundedRect(edge, look.px(tokens.SMALL_CORNER), look.px(tokens.SMALL_CORNER))
        if self.hasFocus():
            draw_focus_ring(painter, box.adjusted(-ring, -ring, ring, ring))
        painter.setFont(font())
        painter.setPen(look.color("text" if self.isEnabled() else "muted"))
        room = QRectF(self.rect()).adjusted(box.right() + look.px(tokens.GAP), 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
