"""Buttons that are an icon: the small ones of headers and toolbars, and the one that plays."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QIcon, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.theme import icon, repaint_on_change, theme, tokens
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded


class IconButton(QAbstractButton):
    """A square button showing one of our icons; ``flat`` ones have a ground only under the pointer.

    The tooltip is also its accessible name. ``shortcut`` ("Ctrl+R") is shown in the tooltip and set on the button.
    """

    def __init__(
        self,
        icon_name: str,
        tooltip: str,
        shortcut: str | None = None,
        *,
        flat: bool = False,
        checkable: bool = False,
        size: int = tokens.CONTROL,
        token: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._flat, self._size, self._token = flat, size, token
        self._shortcut = shortcut
        self.setCheckable(checkable)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_icon(icon_name, tooltip)
        if shortcut:
            self.setShortcut(QKeySequence(shortcut))
        repaint_on_change(self)

    def set_icon(self, icon_name: str, tooltip: str | None = None) -> None:
        """Show another icon, and say something else where ``tooltip`` is given."""
        self.icon_name = icon_name
        self.setIcon(icon(icon_name, self._token))
        if tooltip is not None:
            keys = QKeySequence(self._shortcut or "").toString(QKeySequence.SequenceFormat.NativeText)
            self.setToolTip(f"{tooltip}  ({keys})" if keys else tooltip)
            self.setAccessibleName(tooltip)
        self.update()

    def sizeHint(self) -> QSize:
        """As large as the design says, at the theme's scale."""
        side = theme().px(self._size)
        return QSize(side, side)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, focus ring and icon."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        hovered = self.isEnabled() and self.underMouse()
        if self.isDown():
            fill_rounded(painter, rect, theme().color("hairline"))
        elif self.isChecked():
            fill_rounded(painter, rect, theme().mix("accent", "panel", tokens.SELECTED_TINT))
        elif hovered:
            fill_rounded(painter, rect, theme().color("raised" if self._flat else "hairline"))
        elif not self._flat:
            fill_rounded(painter, rect, theme().color("raised"))
        if self.isChecked() or self.hasFocus():
            draw_focus_ring(painter, rect)
        side = theme().px(16 if self._size <= tokens.CONTROL else 18)
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        place = rect.center() - QPointF(side / 2, side / 2)
        self.icon().paint(painter, QRectF(place.x(), place.y(), side, side).toRect(), mode=mode)


class PlayButton(QAbstractButton):
    """The round button that starts and stops training: the most visible thing in the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playing = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._describe()
        repaint_on_change(self)

    @property
    def playing(self) -> bool:
        """True while it shows that training runs, and offers to pause."""
        return self._playing

    def set_playing(self, playing: bool) -> None:
        """Show whether training runs; emits nothing."""
        if playing != self._playing:
            self._playing = playing
            self._describe()
            self.update()

    def _describe(self) -> None:
        text = "Pause training" if self._playing else "Train"
        self.setToolTip(text)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        """As large as the design says, at the theme's scale."""
        side = theme().px(tokens.PLAY)
        return QSize(side, side)

    minimumSizeHint = sizeHint

    def hitButton(self, position: object) -> bool:
        """Only the disc presses."""
        offset = QPointF(position) - QRectF(self.rect()).center()  # type: ignore[call-overload]
        return bool(offset.x() ** 2 + offset.y() ** 2 <= (self.width() / 2) ** 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Brighten under the pointer."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Calm down."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, focus ring and icon."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        ring = theme().px(tokens.FOCUS_WIDTH)
        if self.hasFocus():
            draw_focus_ring(painter, rect, self.width())
            rect = rect.adjusted(2 * ring, 2 * ring, -2 * ring, -2 * ring)
        color = theme().color("accent")
        if not self.isEnabled():
            color = theme().color("muted")
        elif self.isDown():
            color = theme().mix("text", "accent", 0.2)
        elif self.underMouse():
            color = theme().mix("text", "accent", 0.1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(rect)
        side = theme().px(20)
        middle = rect.center()
        # The triangle's centre of mass lies left of its box's middle.
        shift = 0.0 if self._playing else side * 0.06
        place = QRectF(middle.x() - side / 2 + shift, middle.y() - side / 2, side, side)
        icon("pause" if self._playing else "play", "on_accent").paint(painter, place.toRect())
