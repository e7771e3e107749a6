"""Ways to choose among a few: a drop-down list, a row of pills, a single pill."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.theme import font, icon, repaint_on_change, theme, theme_events, tokens, wear
from app.widgets.label import Label, tip
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

Rows = Sequence[tuple[str, str, str]]
"""(key, label, help) of each choice."""


MOST_VISIBLE = 16
"""Rows of a list that show at once."""


class _Box(QComboBox):
    """A combo box drawn from tokens, a pill's height where ``small``; its wheel works only while it has the focus."""

    def __init__(self, small: bool = False) -> None:
        super().__init__()
        self._type = 11 if small else 13
        self._high = tokens.SMALL_CONTROL - 2 if small else tokens.CONTROL
        self.setView(QListView(self))
        self.setMaxVisibleItems(MOST_VISIBLE)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        repaint_on_change(self)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the size under another parent."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.dress()

    def dress(self) -> None:
        """Take the theme's size."""
        wear(self, font(self._type))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for the widest text."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        return QSize(widest + theme().px(44), theme().px(self._high))

    def minimumSizeHint(self) -> QSize:
        """A few letters and the arrow; the text is elided."""
        return QSize(theme().px(56), theme().px(self._high))

    def showPopup(self) -> None:
        """Open a list as wide as its widest row."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        self.view().setMinimumWidth(max(self.width(), widest + theme().px(48)))
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page until this has the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, focus ring and text."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        lit = self.underMouse() and self.isEnabled()
        fill_rounded(painter, rect, theme().mix("hairline", "raised", 0.5) if lit else theme().color("raised"))
        if self.hasFocus():
            draw_focus_ring(painter, rect)
        side, pad = theme().px(12), theme().px(tokens.GAP)
        painter.setPen(theme().color("text") if self.isEnabled() else theme().color("muted", 0.7))
        painter.setFont(self.font())
        room = rect.adjusted(pad + 2, 0, -(side + pad + theme().px(4)), 0)
        text = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        arrow = QRectF(rect.right() - pad - side, rect.center().y() - side / 2, side, side)
        icon("chevron-down", "muted").paint(painter, arrow.toRect())


class Dropdown(QWidget):
    """A list of choices, its title above it where it has one; each row's help is that row's tooltip.

    ``name`` is what it is called where no title says it; a ``small`` one stands among the pills of a panel's header.
    """

    chosen = Signal(str)

    def __init__(
        self,
        title: str,
        rows: Rows,
        *,
        help: str = "",
        name: str = "",
        small: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title, self._help, self._name = title, help, name or title
        self.label = Label(title, 11, token="muted")
        self.label.setVisible(bool(title))
        self.box = _Box(small)
        self.box.activated.connect(self._activated)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.label)
        self._column.addWidget(self.box)
        self.label.setBuddy(self.box)
        self.setFocusProxy(self.box)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme_events().changed.connect(self._dress)
        self._rows: list[tuple[str, str, str]] = []
        self.set_rows(rows)
        self._dress()

    @property
    def key(self) -> str:
        """The key of the row shown, empty when none is."""
        index = self.box.currentIndex()
        return self._rows[index][0] if 0 <= index < len(self._rows) else ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all rows."""
        return tuple(key for key, _, _ in self._rows)

    def set_key(self, key: str) -> None:
        """Show the row of ``key``, emitting nothing; an unknown key shows no row."""
        self.box.setCurrentIndex(self.keys.index(key) if key in self.keys else -1)
        self._describe()

    def set_rows(self, rows: Rows) -> None:
        """Offer other rows (key, label, help), keeping the choice where its key is still there."""
        key = self.key
        self._rows = [(k, label, about) for k, label, about in rows]
        self.box.clear()
        for index, (_, label, about) in enumerate(self._rows):
            self.box.addItem(label)
            self.box.setItemData(index, tip(about), Qt.ItemDataRole.ToolTipRole)
        self.set_key(key if key in self.keys else (self.keys[0] if self.keys else ""))
        self.box.updateGeometry()

    def set_refused(self, key: str, reason: str) -> None:
        """Grey out the row of ``key``, its tooltip the ``reason``; an empty one offers it again."""
        index = self.keys.index(key)
        model = self.box.model()
        assert isinstance(model, QStandardItemModel)
        model.item(index).setEnabled(not reason)
        self.box.setItemData(index, tip(reason or self._rows[index][2]), Qt.ItemDataRole.ToolTipRole)

    def _activated(self) -> None:
        self._describe()
        self.chosen.emit(self.key)

    def _describe(self) -> None:
        index = self.box.currentIndex()
        about = self._rows[index][2] if 0 <= index < len(self._rows) else ""
        self.box.setAccessibleName(self._name or self.accessibleName())
        self.box.setAccessibleDescription(self._help or about)
        self.box.setToolTip(tip(self._name, self._help, about))

    def _dress(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(tokens.GRID))
        self.box.dress()


class Chip(QAbstractButton):
    """A small pill that is on or off."""

    def __init__(self, label: str, help: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(label)
        self.setToolTip(tip(help))
        self.setAccessibleName(label)
        self.setAccessibleDescription(help)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        """Room for the widest text."""
        # Room for the semibold text, so that nothing moves when the choice does.
        width = QFontMetrics(font(11, semibold=True)).horizontalAdvance(self.text())
        return QSize(width + theme().px(2 * tokens.GAP), theme().px(tokens.SMALL_CONTROL - 2))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, focus ring and text."""
        painter = antialiased(QPainter(self))
        rect = QRectF(self.rect())
        on = self.isChecked()
        ground = theme().mix("accent", "panel", tokens.SELECTED_TINT) if on else theme().color("raised")
        if (self.underMouse() or self.isDown()) and self.isEnabled() and not on:
            ground = theme().color("hairline")
        fill_rounded(painter, rect, ground)
        if self.hasFocus():
            draw_focus_ring(painter, rect)
        painter.setFont(font(11, semibold=on))
        token = "accent" if on else "muted"
        painter.setPen(theme().color(token, 1.0 if self.isEnabled() else 0.5))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())


class Segmented(QWidget):
    """A row of pills of which one is chosen, or any number where not ``exclusive``."""

    chosen = Signal(str)

    def __init__(self, rows: Rows, exclusive: bool = True, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._group.setExclusive(exclusive)
        self._chips: dict[str, Chip] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for key, label, about in rows:
            chip = Chip(label, about)
            self._chips[key] = chip
            self._group.addButton(chip)
            self._row.addWidget(chip)
        self._group.buttonClicked.connect(self._clicked)
        if exclusive and rows:
            self.set_key(rows[0][0])
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _clicked(self, button: QAbstractButton) -> None:
        self.chosen.emit(next(key for key, chip in self._chips.items() if chip is button))

    @property
    def key(self) -> str:
        """The key chosen; the first of several, empty when none is."""
        return next(iter(self.keys), "")

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys chosen."""
        return tuple(key for key, chip in self._chips.items() if chip.isChecked())

    def set_key(self, key: str, on: bool = True) -> None:
        """Choose ``key``, or not, emitting nothing; raises KeyError where there is no such choice."""
        self._chips[key].setChecked(on)

    def chip(self, key: str) -> Chip:
        """The pill of ``key``, to disable it or to change its help."""
        return self._chips[key]

    def _dress(self) -> None:
        self._row.setSpacing(theme().px(6))
