"""What the brush paints: a class chosen among markers, or a value on a strip of colour."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from app import theme as themes
from app.canvas import sprites
from app.canvas.edits import MOST_CLASSES
from app.numbers import to_places
from app.theme import repaint_on_change, tokens
from app.widgets.buttons import IconButton
from app.widgets.painting import antialiased, draw_focus_ring, fill_rounded

CELL = (18, 26)
SMALL = 18


class ClassButton(QAbstractButton):
    """One class, as its marker; underlined when it is the one that is painted."""

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.index = index
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Class {index + 1}, {themes.MARKERS[index]}")
        self.setToolTip(f"Paint class {index + 1}  (key {index + 1} on the canvas)")
        repaint_on_change(self)

    def sizeHint(self) -> QSize:
        """A cell a little higher than wide, for the underline."""
        return QSize(themes.theme().px(CELL[0]), themes.theme().px(CELL[1]))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """The marker, its underline, and a ground under the pointer."""
        painter, theme = antialiased(QPainter(self)), themes.theme()
        rect = QRectF(self.rect())
        if self.underMouse():
            fill_rounded(painter, rect, theme.color("raised"), tokens.SMALL_CORNER)
        if self.hasFocus():
            draw_focus_ring(painter, rect, tokens.SMALL_CORNER)
        ratio, size = self.devicePixelRatioF(), 12.0 * theme.scale
        picture = sprites.sprite(self.index, theme.class_color(self.index), size * ratio)
        painter.save()
        painter.translate(rect.center().x(), rect.center().y() - theme.px(1))
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawPixmap(QPointF(-picture.width() / 2, -picture.height() / 2), picture)
        painter.restore()
        if self.isChecked():
            painter.setPen(QPen(theme.color("text"), theme.px(2)))
            half, y = theme.px(7), rect.bottom() - theme.px(2)
            painter.drawLine(QPointF(rect.center().x() - half, y), QPointF(rect.center().x() + half, y))


class ClassPalette(QWidget):
    """The classes as markers, with buttons to add one and to remove the chosen one."""

    chosen = Signal(int)
    add_requested = Signal()
    remove_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._group = QButtonGroup(self)
        self.buttons = [ClassButton(index, self) for index in range(MOST_CLASSES)]
        for button in self.buttons:
            self._group.addButton(button)
            self._row.addWidget(button)
            button.clicked.connect(lambda _=False, index=button.index: self.chosen.emit(index))
        self.remove = IconButton(
            "minus", "Remove the chosen class and its points", flat=True, size=SMALL, token="muted"
        )
        self.add = IconButton("plus", "Add a class", flat=True, size=SMALL, token="muted")
        self._row.addWidget(self.remove)
        self._row.addWidget(self.add)
        self.add.clicked.connect(lambda: self.add_requested.emit())
        self.remove.clicked.connect(lambda: self.remove_requested.emit(self.index))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Classes")
        self.show_classes(2, 0)

    @property
    def index(self) -> int:
        """The chosen class."""
        return max(0, next((button.index for button in self.buttons if button.isChecked()), 0))

    def show_classes(self, classes: int, index: int) -> None:
        """Offer so many classes with ``index`` chosen, emitting nothing."""
        for button in self.buttons:
            button.setVisible(button.index < classes)
        self.buttons[index].setChecked(True)
        self.add.setEnabled(classes < MOST_CLASSES)
        self.remove.setEnabled(classes > 2)
        self.updateGeometry()


class ValueStrip(QWidget):
    """A value from -1 to 1, chosen on the colours it will have; arrows, page keys and the wheel change it too."""

    moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Value to paint, from -1 to 1")
        self.setToolTip("Value of the points that are painted: orange below zero, blue above")
        repaint_on_change(self)

    def set_value(self, value: float) -> None:
        """Show a value, emitting nothing."""
        self.value = float(np.clip(value, -1.0, 1.0))
        self.update()

    def sizeHint(self) -> QSize:
        """As long as four classes would be, and as high as one."""
        return QSize(themes.theme().px(84), themes.theme().px(CELL[1]))

    minimumSizeHint = sizeHint

    def _bar(self) -> QRectF:
        theme = themes.theme()
        inset, high = theme.px(6), theme.px(9)
        return QRectF(inset, self.height() - high - theme.px(3), self.width() - 2 * inset, high)

    def _change(self, value: float) -> None:
        value = round(float(np.clip(value, -1.0, 1.0)), 2)
        if value != self.value:
            self.set_value(value)
            self.moved.emit(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the value under the pointer."""
        bar = self._bar()
        self._change((event.position().x() - bar.left()) / bar.width() * 2 - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A twentieth for each notch."""
        self._change(self.value + 0.05 * np.sign(event.angleDelta().y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows for a twentieth, page keys for a quarter, Home and End for the ends."""
        steps = {
            Qt.Key.Key_Left: -0.05,
            Qt.Key.Key_Down: -0.05,
            Qt.Key.Key_Right: 0.05,
            Qt.Key.Key_Up: 0.05,
            Qt.Key.Key_PageDown: -0.25,
            Qt.Key.Key_PageUp: 0.25,
            Qt.Key.Key_Home: -2.0,
            Qt.Key.Key_End: 2.0,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._change(self.value + step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The colours, a knob on them, and the number above."""
        painter, theme, bar = antialiased(QPainter(self)), themes.theme(), self._bar()
        ramp = np.ascontiguousarray(theme.signed(np.linspace(-1, 1, 65)[None, :], 1.0))
        image = QImage(ramp.data, 65, 1, 4 * 65, QImage.Format.Format_RGBA8888)
        shape = QPainterPath()
        shape.addRoundedRect(bar, bar.height() / 2, bar.height() / 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(shape)
        painter.drawImage(bar, image)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "muted", 0.9), theme.scale))
        painter.drawPath(shape)
        at = QPointF(bar.left() + (self.value + 1) / 2 * bar.width(), bar.center().y())
        painter.setPen(QPen(theme.color("text"), 1.6 * theme.scale))
        painter.setBrush(sprites.signed_color(self.value, 1.0))
        painter.drawEllipse(at, theme.px(6), theme.px(6))
        painter.setPen(theme.color("text"))
        painter.setFont(themes.font(11))
        box = QRectF(0, -theme.px(1), self.width(), theme.px(14))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"value {to_places(self.value, 2)}")


class Palette(QWidget):
    """Classes or a value, whichever the task asks for, kept in step with a canvas."""

    add_requested = Signal()
    remove_requested = Signal(int)

    def __init__(self, canvas: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.classes = ClassPalette()
        self.values = ValueStrip()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.classes)
        row.addWidget(self.values)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.classes.chosen.connect(canvas.choose_class)
        self.classes.add_requested.connect(self.add_requested)
        self.classes.remove_requested.connect(self.remove_requested)
        self.values.moved.connect(canvas.choose_value)
        canvas.brush_changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show what the canvas paints now."""
        data = self._canvas.session.experiment.data
        classification = data.task == "classification"
        self.classes.setVisible(classification)
        self.values.setVisible(not classification)
        self.classes.show_classes(data.classes, self._canvas.class_index)
        self.values.set_value(self._canvas.value)
        self.updateGeometry()
