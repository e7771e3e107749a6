"""Data sets to choose from, each as a little picture of itself."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QLayout, QLayoutItem, QSizePolicy, QWidget

from app import theme as themes
from app.canvas import sprites
from app.theme import repaint_on_change, theme_events
from app.widgets.buttons import IconButton
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded
from core.data import DOMAIN
from core.data.generators import GENERATORS, generate
from core.spec import Generator, Task

SMALLEST = (41, 38)
_GAP = 6
_DOTS = 84
_WIDEST = 1.5
"""How many times its smallest width a thumbnail may grow to, to fill a row."""


class Thumbnail(QAbstractButton):
    """A data set: its points in small."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = GENERATORS[name]
        self.name = name
        self.classes = min(3, row.max_classes) or 2
        self._picture: QPixmap | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(row.title)
        self.setAccessibleDescription(row.help)
        self.setToolTip(f"<b>{row.title}</b><br>{row.help}")
        repaint_on_change(self)
        theme_events().changed.connect(self._forget)

    def _forget(self) -> None:
        self._picture = None

    def sizeHint(self) -> QSize:
        """The smallest a thumbnail gets."""
        return QSize(themes.theme().px(SMALLEST[0]), themes.theme().px(SMALLEST[1]))

    minimumSizeHint = sizeHint

    def show_classes(self, classes: int) -> None:
        """Draw the set with so many classes, as far as it can have them."""
        classes = min(classes, GENERATORS[self.name].max_classes) or 2
        if classes != self.classes:
            self.classes, self._picture = classes, None
            self.update()

    def _paint_picture(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        side = round((min(self.width(), self.height()) - themes.theme().px(4)) * ratio)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        task = GENERATORS[self.name].task
        count = _DOTS if task == "classification" else 3 * _DOTS
        made = generate(Generator(self.name, count=count, noise=0.03, classes=self.classes, seed=1))
        dot = (2.7 if task == "classification" else 3.0) * themes.theme().scale * ratio
        painter = antialiased(QPainter(pixmap))
        painter.setPen(Qt.PenStyle.NoPen)
        at = (made.x * (1.0, -1.0) + DOMAIN) / (2 * DOMAIN) * side
        for (x, y), label in zip(at.tolist(), made.y.tolist(), strict=True):
            known = task == "classification"
            painter.setBrush(themes.theme().class_color(int(label)) if known else sprites.signed_color(label, 1.0))
            painter.drawEllipse(QRectF(x - dot / 2, y - dot / 2, dot, dot))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture on its ground, outlined when chosen."""
        if self._picture is None:
            self._picture = self._paint_picture()
        painter, theme = antialiased(QPainter(self)), themes.theme()
        rect = QRectF(self.rect())
        fill_rounded(painter, rect, theme.color("raised" if self.underMouse() else "window"))
        side = self._picture.width() / self._picture.devicePixelRatio()
        painter.drawPixmap(round((self.width() - side) / 2), round((self.height() - side) / 2), self._picture)
        if self.isChecked() or self.hasFocus():
            draw_focus_ring(painter, rect)

    def resizeEvent(self, event: object) -> None:
        """Draw anew at the new size."""
        self._picture = None


class _Rows(QLayout):
    """As many columns as fit, all of one width, so that both edges line up."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def _cells(self, width: int) -> list[QRect]:
        """Where each shown item goes, from (0, 0)."""
        gap, least, high = (themes.theme().px(n) for n in (_GAP, *SMALLEST))
        shown = sum(not item.isEmpty() for item in self._items)
        if not shown:
            return []
        fit = max(1, (width + gap) // (least + gap))
        columns = int(np.ceil(shown / np.ceil(shown / fit)))  # rows of like length look calmer than a full and a stub
        wide = min((width + gap) / columns - gap, least * _WIDEST)
        return [
            QRect(round(i % columns * (wide + gap)), i // columns * (high + gap), round(wide), high)
            for i in range(shown)
        ]

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max((cell.bottom() + 1 for cell in self._cells(width)), default=0)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        shown = [item for item in self._items if not item.isEmpty()]
        for item, cell in zip(shown, self._cells(rect.width()), strict=True):
            item.setGeometry(cell.translated(rect.topLeft()))

    def sizeHint(self) -> QSize:
        return QSize(themes.theme().px(4 * (SMALLEST[0] + _GAP) - _GAP), themes.theme().px(SMALLEST[1]))

    def minimumSize(self) -> QSize:
        return QSize(themes.theme().px(SMALLEST[0]), themes.theme().px(SMALLEST[1]))


class Thumbnails(QWidget):
    """The data sets of one task, of which one may be chosen, and dice for another sample of it."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self.buttons = {name: Thumbnail(name, self) for name in GENERATORS}
        layout = _Rows(self)
        for name, button in self.buttons.items():
            self._group.addButton(button)
            layout.addWidget(button)
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
        self.dice = IconButton("dice", "Another sample of this set (data seed)", flat=True)
        self.dice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        layout.addWidget(self.dice)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Data sets")
        self.show_task("classification", "")

    def show_task(self, task: Task, name: str, classes: int = 3) -> None:
        """Offer the sets of ``task``, with ``name`` chosen (or none), drawn with so many classes."""
        for row in GENERATORS.rows():
            self.buttons[row.name].setVisible(row.task == task)
            self.buttons[row.name].show_classes(classes)
        self._group.setExclusive(False)
        for button in self.buttons.values():
            button.setChecked(button.name == name)
        self._group.setExclusive(True)
        self.updateGeometry()
