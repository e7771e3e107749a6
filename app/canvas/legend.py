"""The classes of a table by marker and name."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import font, marker_path, repaint_on_change, theme
from app.widgets.painting import antialiased
from core.data.names import class_name
from core.spec import Data

_FEW = 6
"""Classes up to which there is air between them, even where the last ones then find no room."""


class Legend(QWidget):
    """Each class's marker and name, in one line; those that do not fit are told by the tooltip."""

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
        return QSize(theme().px(80), theme().px(20) if self.names else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Markers and names from the left, as many as fit."""
        painter, look, metrics = antialiased(QPainter(self)), theme(), QFontMetricsF(font(11))
        painter.setFont(font(11))
        x, side = float(look.px(5)), look.px(9)
        taken = sum(look.px(10) + metrics.horizontalAdvance(name) for name in self.names)
        least = look.px(5 if len(self.names) > _FEW else 9)
        gap = max(least, min(look.px(10), (self.width() - taken) / max(1, len(self.names))))
        for index, name in enumerate(self.names):
            wide = look.px(10) + metrics.horizontalAdvance(name)
            if x + wide > self.width() and index:
                break
            painter.save()
            painter.setPen(look.color("panel"))
            painter.fillPath(
                QTransform().translate(x, self.height() / 2).scale(side, side).map(marker_path(index)),
                look.class_color(index),
            )
            painter.restore()
            painter.setPen(look.color("muted"))
            middle = (self.height() + metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(x + look.px(9), middle), name)
            x += wide + gap
