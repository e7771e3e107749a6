"""Typeset formulas: LaTeX to outlines, which any colour and size can be painted in.

ziamath sets the formula in STIX Two Math; its SVG is only outlines, so it is read into a QPainterPath once (5 ms, in
whichever thread asks first) and painted in tens of microseconds from then on, at every scale and in both themes.
"""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap, QTransform

from app.widgets.target import for_picture

SIZE = 48.0
"""Pixels that formulas are set at before they are scaled."""

_AIR = 1
_TOKENS = re.compile(r"[MLQCZ]|-?\d+(?:\.\d+)?(?:e-?\d+)?")
_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula's outlines, its baseline at y = 0 and its left edge at x = 0, set at ``SIZE`` pixels."""

    path: QPainterPath
    width: float
    ascent: float
    descent: float

    def sized(self, size: float) -> tuple[float, float, float]:
        """Width, ascent and descent at ``size`` pixels."""
        share = size / SIZE
        return self.width * share, self.ascent * share, self.descent * share

    def paint(self, painter: QPainter, at: QPointF, size: float, color: QColor) -> None:
        """Draw it with its baseline's left end at ``at``, from a picture that is kept of it."""
        if for_picture():
            share = size / SIZE
            painter.fillPath(QTransform().translate(at.x(), at.y()).scale(share, share).map(self.path), color)
            return
        ratio = painter.device().devicePixelRatio()
        picture = _picture(self, round(size * 16), color.rgba(), round(ratio * 16))
        _, ascent, _ = self.sized(size)
        painter.drawPixmap(QPointF(round(at.x()) - _AIR, round(at.y()) - math.ceil(ascent) - _AIR), picture)


@lru_cache(maxsize=1024)
def _picture(made: Formula, size: int, rgba: int, ratio: int) -> QPixmap:
    """The formula at ``size`` / 16 pixels, a pixel of air around it: outlines take a millisecond, a picture none."""
    width, ascent, descent = made.sized(size / 16)
    dots = ratio / 16
    across, down = math.ceil(width) + 2 * _AIR, math.ceil(ascent) + math.ceil(descent) + 2 * _AIR
    pixmap = QPixmap(math.ceil(across * dots), math.ceil(down * dots))
    pixmap.setDevicePixelRatio(dots)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    share = size / 16 / SIZE
    place = QTransform().translate(_AIR, math.ceil(ascent) + _AIR).scale(share, share)
    painter.fillPath(place.map(made.path), QColor.fromRgba(rgba))
    painter.end()
    return pixmap


@lru_cache(maxsize=2048)
def formula(latex: str) -> Formula:
    """The formula of a line of LaTeX; safe to call from any thread, so that the window need not wait for it."""
    with _lock:
        svg = _svg(latex)
    root = ElementTree.fromstring(svg)
    path = QPainterPath()
    for element in root.iter():
        path.addPath(_outline(element.tag.rpartition("}")[2], element.attrib))
    path.setFillRule(Qt.FillRule.WindingFill)
    left, top, width, height = (float(n) for n in root.attrib["viewBox"].split())
    path.translate(-left - 1, 0)
    return Formula(path, width - 2, -top - 1, top + height - 1)


def prepare(lines: Any) -> None:
    """Set these lines of LaTeX, for later: on the thread that calls."""
    for latex in lines:
        formula(latex)


def _svg(latex: str) -> str:
    # Imported at first use: it takes 0.13 s, and a window without formulas needs none of it.
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # with it, the glyphs are references
    return str(Latex(latex, size=SIZE).svg())


def _outline(tag: str, attributes: dict[str, str]) -> QPainterPath:
    """The outline of one element of the SVG; empty for what draws nothing."""
    path = QPainterPath()
    if tag == "rect":
        x, y, w, h = (float(attributes.get(name, 0)) for name in ("x", "y", "width", "height"))
        path.addRect(QRectF(x, y, w, h))
    elif tag == "path":
        _follow(path, _TOKENS.findall(attributes["d"]))
    return path


def _follow(path: QPainterPath, tokens: list[str]) -> None:
    at = 0
    while at < len(tokens):
        command = tokens[at]
        count = _NUMBERS[command]
        n = [float(token) for token in tokens[at + 1 : at + 1 + count]]
        at += 1 + count
        if command == "M":
            path.moveTo(n[0], n[1])
        elif command == "L":
            path.lineTo(n[0], n[1])
        elif command == "Q":
            path.quadTo(*n)
        elif command == "C":
            path.cubicTo(*n)
        else:
            path.closeSubpath()
