"""The classes of a table by marker and name."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import font, marker_path, repaint_on_change, theme
from app.widgets.painting import antialiased
from core.data.names import class_name
from core.spec import Data

LINE, MARK = 20, 9
"""Design pixels: of a line, and of a marker, beside which the name begins."""
MOST_LINES = 3


class Legend(QWidget):
    """Each class's marker and name, in one line or, below one another, in a few; the tooltip tells what is cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        repaint_on_change(self)

    def show_classes(self, data: Data) -> None:
        """Show the classes of ``data``, none for values."""
        known = range(data.classes) if data.task == "classification" else range(0)
        self.names = tuple(class_name(data, index) for index in known)
        self.setToolTip(", ".join(self.names))
        self.setAccessibleName(f"Classes: {', '.join(self.names)}")
        self.update()

    def sizeHint(self) -> QSize:
        """A line of text."""
        return QSize(theme().px(80), theme().px(LINE) if self.names else 0)

    def height_in(self, width: int) -> int:
        """Pixels of the lines that are needed in a width."""
        return theme().px(LINE) * max((line + 1 for line, *_ in self.places(width)), default=0)

    def places(self, width: int) -> list[tuple[int, float, float]]:
        """The line of each class, and from where to where it goes: side by side, or in columns if they do not fit."""
        look, metrics = theme(), QFontMetricsF(font(11))
        wides = [look.px(MARK + 6) + metrics.horizontalAdvance(name) for name in self.names]
        gap, left = look.px(9), 0.0
        if sum(wides) + gap * (len(wides) - 1) <= width:
            places = []
            for wide in wides:
                places.append((0, left, left + wide))
                left += wide + gap
            return places
        most = max(1, int(width // (max(wides) + gap)), math.ceil(len(wides) / MOST_LINES))
        across = math.ceil(len(wides) / math.ceil(len(wides) / most))
        cell = width / across
        return [(k // across, cell * (k % across), cell * (k % across + 1)) for k in range(len(wides))]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Markers and names."""
        painter, look, metrics = antialiased(QPainter(self)), theme(), QFontMetricsF(font(11))
        painter.setFont(font(11))
        side, high = look.px(MARK), look.px(LINE)
        for index, (line, left, right) in enumerate(self.places(self.width())):
            middle = high * (line + 0.5)
            shape = QTransform().translate(left + look.px(5), middle).scale(side, side).map(marker_path(index))
            painter.fillPath(shape, look.class_color(index))
            painter.setPen(look.color("muted"))
            base = middle + (metrics.ascent() - metrics.descent()) / 2
            start = left + look.px(MARK + 5)
            name = metrics.elidedText(self.names[index], Qt.TextElideMode.ElideRight, right - start + 1)
            painter.drawText(QPointF(start, base), name)
