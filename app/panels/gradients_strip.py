"""A line of flags about the layers: an icon and a word each, the reason under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QHelpEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.panels.gradients_flags import Flag
from app.theme import font, repaint_on_change, theme, tokens
from app.theme.icons import draw_icon
from app.widgets.label import tip
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

_HEIGHT = 22
_BETWEEN = 6
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class FlagStrip(QWidget):
    """Shows flags from left to right; those there is no room for are one badge that names them.

    Under the pointer a flag says its reason; so it does where the arrow keys have walked to it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.flags: tuple[Flag, ...] = ()
        self._walked = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_change(self)

    def set_flags(self, flags: Sequence[Flag]) -> None:
        """Show other flags."""
        new = tuple(flags)
        if new != self.flags:
            self.flags = new
            self._walked = min(self._walked, max(len(new) - 1, 0))
            self.setAccessibleName("Layers: " + (", ".join(flag.text for flag in new) or "nothing known yet"))
            self.setAccessibleDescription(" ".join(flag.reason for flag in new))
            self.update()

    def badges(self) -> list[tuple[Flag, QRectF]]:
        """What is drawn, and where; the last one stands for the rest where not all have room."""
        places: list[tuple[Flag, QRectF]] = []
        x, gap = 0.0, theme().px(_BETWEEN)
        for index, flag in enumerate(self.flags):
            width, rest = self._width(flag), self.flags[index + 1 :]
            needed = width + (gap + self._width(_rest(rest)) if len(rest) > 1 else 0)
            if places and x + needed > self.width() and not (len(rest) == 0 and x + width <= self.width()):
                left = _rest(self.flags[index:])
                places.append((left, QRectF(x, 0, min(self._width(left), self.width() - x), self.height())))
                break
            places.append((flag, QRectF(x, 0, min(width, self.width() - x), self.height())))
            x += width + gap
        return places

    def _width(self, flag: Flag) -> float:
        pad, icon = theme().px(tokens.GAP), theme().px(14)
        return QFontMetricsF(font(11)).horizontalAdvance(flag.text) + 2 * pad + icon + theme().px(4) + 1

    def reason_at(self, at: QPointF) -> str:
        """The reason of the flag at a place, "" beside all."""
        return next((flag.reason for flag, place in self.badges() if place.contains(at)), "")

    def event(self, event: QEvent) -> bool:
        """Say the reason of what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._say(self.reason_at(QPointF(event.pos())), event.globalPos())
            return True
        return super().event(event)

    def _say(self, reason: str, at: QPoint) -> None:
        if reason:
            QToolTip.showText(at, tip(*reason.split("\n")), self)
        else:
            QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from flag to flag, and say each one's reason."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Space: 0}.get(Qt.Key(event.key()))
        badges = self.badges()
        if step is None or not badges:
            super().keyPressEvent(event)
            return
        self._walked = min(max(self._walked + step, 0), len(badges) - 1)
        flag, place = badges[self._walked]
        self._say(flag.reason, self.mapToGlobal(place.bottomLeft().toPoint()))
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Say no more."""
        QToolTip.hideText()
        self.update()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The badges: a tint, the icon, the word; never the colour alone."""
        look, painter = theme(), antialiased(QPainter(self))
        pad, side = look.px(tokens.GAP), look.px(14)
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        for index, (flag, place) in enumerate(self.badges()):
            fill_rounded(painter, place, look.mix(flag.token, "panel", 0.1))
            if self.hasFocus() and index == self._walked:
                draw_focus_ring(painter, place)
            icon = QRectF(place.left() + pad, place.center().y() - side / 2, side, side)
            draw_icon(painter, icon, flag.icon, look.color(flag.token))
            painter.setPen(look.color("text" if flag.token not in ("good", "muted") else "muted"))
            room = place.adjusted(pad + side + look.px(4), 0, -pad + 1, 0)
            painter.drawText(room, _LEFT, metrics.elidedText(flag.text, Qt.TextElideMode.ElideRight, room.width() + 1))

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(theme().px(300), theme().px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """A line of any width."""
        return QSize(0, theme().px(_HEIGHT))


def _rest(flags: Sequence[Flag]) -> Flag:
    """One flag for several, as bad as the worst of them."""
    order = ("bad", "warning", "muted", "good")
    worst = min(flags, key=lambda flag: order.index(flag.token), default=None)
    said = "\n".join(f"{flag.text[:1].upper()}{flag.text[1:]}. {flag.reason}" for flag in flags)
    if worst is None:
        return Flag("", "", "muted", "info", "")
    return Flag("", f"{len(flags)} more", worst.token, worst.icon, said)
