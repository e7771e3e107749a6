"""What is scrolled, as an image in a picture of lines: an SVG does not cut children off where their parent ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QScrollArea, QWidget

from app.widgets.target import painting_picture


@contextmanager
def scrolled_as_images(widget: QWidget, scale: float) -> Iterator[None]:
    """Have each scroll area in ``widget`` that shows a part of its content painted as an image of just that part.

    An image has ``scale`` pixels to a pixel. QSvgGenerator leaves out the clip that Qt sets for children.
    """
    areas = [area for area in widget.findChildren(QScrollArea) if area.isVisible() and _is_cut(area)]
    images = [_Image(area, scale) for area in areas]
    try:
        yield
    finally:
        for image in images:
            image.end()


def _is_cut(area: QScrollArea) -> bool:
    content, room = area.widget(), area.viewport().size()
    return content is not None and (content.width() > room.width() or content.height() > room.height())


class _Image(QObject):
    """Paints an image where a viewport is, in place of all that lies in it."""

    def __init__(self, area: QScrollArea, scale: float) -> None:
        super().__init__()
        self._viewport = area.viewport()
        self._hidden = self._viewport.findChildren(QWidget)
        self._image = QImage(
            (self._viewport.size().toSizeF() * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied
        )
        self._image.setDevicePixelRatio(scale)
        self._image.fill(0)
        painter = QPainter(self._image)
        with painting_picture(scale):
            self._viewport.render(painter, QPoint(0, 0), renderFlags=QWidget.RenderFlag.DrawChildren)
        painter.end()
        for each in (self._viewport, *self._hidden):
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let nothing of it paint itself."""
        if event.type() != QEvent.Type.Paint:
            return False
        if watched is self._viewport:
            painter = QPainter(self._viewport)
            painter.drawImage(QPoint(0, 0), self._image)
            painter.end()
        return True

    def end(self) -> None:
        """Let it paint itself again."""
        for each in (self._viewport, *self._hidden):
            each.removeEventFilter(self)
