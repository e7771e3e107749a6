"""A sample that is a picture, small: sharp pixels of ink on the theme's ground."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import repaint_on_change, theme, tokens

Ink = npt.NDArray[np.float64]
"""Pixels (rows, columns), from 0 for the ground to 1."""


def paint_ink(painter: QPainter, rect: QRectF, ink: Ink) -> None:
    """Paint a picture as large as fits in the middle of ``rect``."""
    look, (rows, columns) = theme(), ink.shape
    ground, full = (np.array(look.color(token).getRgb(), dtype=np.float64) for token in ("raised", "text"))
    shares = np.nan_to_num(ink)[..., None]
    colors = np.ascontiguousarray(np.round(ground + shares * (full - ground)).astype(np.uint8))
    image = QImage(colors.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
    side = min(rect.width() / columns, rect.height() / rows)
    place = QRectF(0, 0, side * columns, side * rows)
    place.moveCenter(rect.center())
    smooth = painter.testRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(place, image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)


class Thumbnail(QWidget):
    """A picture in the size of a small control; hidden while there is none."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ink: Ink | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()
        repaint_on_change(self)

    def show_ink(self, ink: Ink | None) -> None:
        """Show a picture, or nothing."""
        self.ink = ink
        self.setVisible(ink is not None)
        self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(theme().px(tokens.SMALL_CONTROL), theme().px(tokens.SMALL_CONTROL))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pixels."""
        if self.ink is not None:
            paint_ink(QPainter(self), QRectF(self.rect()), self.ink)
