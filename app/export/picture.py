"""Pictures of widgets at a chosen size, as PNG or SVG, without the window on the screen noticing.

In an SVG lines are lines and text is text: it is set in the family named in the file, Inter, or where that is missing
in what the viewer has. What is made of pixels, a field of colours, is in it as an image, and what is scrolled.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QWidget

from app.export.laying import Draw, Look, in_theme, laid_out
from app.export.scrolled import scrolled_as_images
from app.theme import theme
from app.widgets.target import painting_picture
from core.project import ProjectError
from core.project.storage import write

LARGEST = 16384
"""Pixels along a side that a picture may have."""
SHARPEST = 4.0

AS_SHOWN = Look()


def render(
    widget: QWidget, path: str | Path, size: tuple[int, int], scale: float = 2.0, look: Look = AS_SHOWN, words: str = ""
) -> None:
    """Write a picture of ``widget``, laid out in ``size`` pixels, to ``path``: a PNG, or an SVG where it ends so.

    A PNG has ``scale`` pixels to each of those. ``words`` stand beside a panel's title. Raises ProjectError where the
    file cannot be written, ValueError for a size or an ending that cannot be.
    """
    write(path, content(widget, Path(path).suffix, size, scale, look, words))


def content(
    widget: QWidget, ending: str, size: tuple[int, int], scale: float = 2.0, look: Look = AS_SHOWN, words: str = ""
) -> bytes:
    """The bytes of such a file; ``ending`` is ".png" or ".svg"."""
    make = _FORMATS.get(ending.lower())
    if make is None:
        raise ValueError(f"a picture ends in {' or '.join(_FORMATS)}, not in {ending!r}")
    area = QSize(*size)
    if min(size) < 1 or max(size) * scale > LARGEST:
        raise ValueError(f"a picture has 1 to {LARGEST} pixels along each side")
    flat = scrolled_as_images(widget, scale) if make is _svg else nullcontext()
    with in_theme(look.theme), laid_out(widget, area, look, words) as draw, flat:
        return make(area, scale, draw)


def image_of(area: QSize, scale: float, draw: Draw) -> QImage:
    """What ``draw`` paints in ``area``, with ``scale`` pixels of the image to a pixel."""
    image = QImage((area.toSizeF() * scale).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(theme().color("window"))
    painter = QPainter(image)
    with painting_picture(scale):
        draw(painter)
    painter.end()
    return image


def _png(area: QSize, scale: float, draw: Draw) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image_of(area, scale, draw).save(buffer, "PNG"):  # type: ignore[call-overload]
        raise ProjectError("there is not enough memory for a picture of that size")
    return bytes(buffer.data().data())


def _svg(area: QSize, scale: float, draw: Draw) -> bytes:
    buffer = QBuffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # of the two the one that knows clipping
    generator.setOutputDevice(buffer)
    generator.setSize(area)
    generator.setViewBox(QRect(QPoint(0, 0), area))
    generator.setResolution(round(QApplication.primaryScreen().logicalDotsPerInch()))
    generator.setTitle("Learnscape")
    painter = QPainter(generator)
    with painting_picture(scale, vectors=True):
        painter.fillRect(QRect(QPoint(0, 0), area), theme().color("window"))
        draw(painter)
    painter.end()
    return bytes(buffer.data().data())


_FORMATS: dict[str, Callable[[QSize, float, Draw], bytes]] = {".png": _png, ".svg": _svg}
