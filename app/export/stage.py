"""Panels that nobody sees, on a session that only shows: a film is taken of them while the window goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.export.laying import paint_head
from app.export.likeness import make_alike
from app.export.picture import image_of
from app.export.standin import StandIn
from app.numbers import count, epochs
from app.panels.catalogue import Entry
from app.panels.panel import Panel
from app.probe_thread import Probe
from app.theme import theme, tokens
from core.history import Moment

_ROW = 3
"""Panels side by side; more are set in two rows."""


@dataclass(frozen=True)
class Cast:
    """A panel that takes part, and the one in the window whose choices it takes over, where that has been made."""

    entry: Entry
    model: Panel | None = None


class Stage(QWidget):
    """Shows moments of ``session``'s run in panels of its own, in a picture of ``area`` pixels."""

    def __init__(self, session: StandIn, casts: Sequence[Cast], area: QSize, *, status: bool = True) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        self.session, self.area = session, area
        session.setParent(self)
        self.resize(area)
        self._cells = cells(area, _shares(casts), theme().px(tokens.GAP))
        self.panels: list[Panel] = []
        for cast, cell in zip(casts, self._cells, strict=True):
            panel = cast.entry.make(session)
            panel.setParent(self)
            panel.header.hide()
            panel.show_status(status)
            panel.setGeometry(cell.adjusted(0, theme().px(tokens.HEADER), 0, 0))
            self.panels.append(panel)
        self.show()
        for cast, panel in zip(casts, self.panels, strict=True):
            if cast.model is not None:
                make_alike(cast.model, panel)
            _unpace(panel)

    def look_at(self, moment: Moment) -> None:
        """Have every panel show a moment."""
        self.session.look_at(moment)

    @property
    def busy(self) -> bool:
        """Whether a panel is behind."""
        return any(panel.busy or _about_to(panel) for panel in self.panels)

    def image(self, scale: float) -> QImage:
        """What there is to see now, with ``scale`` pixels of the image to a pixel."""
        return image_of(self.area, scale, self._paint)

    def _paint(self, painter: QPainter) -> None:
        shown = self.session.snapshot
        words = "" if shown is None else f"epoch {epochs(shown.epoch)}, step {count(shown.step)}"
        for panel, cell in zip(self.panels, self._cells, strict=True):
            painter.save()
            painter.translate(cell.topLeft())
            head = paint_head(painter, cell.width(), panel.title, words if panel is self.panels[-1] else "")
            painter.restore()
            place = cell.topLeft() + QPoint(0, head)
            panel.render(painter, place, renderFlags=QWidget.RenderFlag.DrawChildren)

    def strike(self) -> None:
        """Stop the panels' threads, and go."""
        for probe in self.findChildren(Probe):
            probe.stop()
        self.hide()
        self.deleteLater()


def cells(area: QSize, shares: Sequence[float], gap: int) -> list[QRect]:
    """Where each panel is: by its share of the width beside the others, in two rows where there are over three."""
    rows = 1 if len(shares) <= _ROW else 2
    columns = math.ceil(len(shares) / rows)
    high = (area.height() - gap * (rows - 1)) / rows
    places = []
    for row in range(rows):
        line = shares[row * columns : (row + 1) * columns]
        top, bottom = round(row * (high + gap)), round(row * (high + gap) + high)
        unit, left = (area.width() - gap * (len(line) - 1)) / sum(line), 0.0
        for share in line:
            right = left + share * unit
            places.append(QRect(round(left), top, round(right) - round(left), bottom - top))
            left = right + gap
    return places


def _shares(casts: Sequence[Cast]) -> list[float]:
    """How wide each is beside the others: as in the window, or as the others are where it cannot be seen there."""
    seen = [float(cast.model.width()) if cast.model and cast.model.is_watched else 0.0 for cast in casts]
    known = [width for width in seen if width > 0]
    usual = sum(known) / len(known) if known else 1.0
    return [width or usual for width in seen]


def _unpace(panel: Panel) -> None:
    """A film waits for every panel at every frame, so none need hold back for the others' sake."""
    panel.period = 0
    for timer in panel.findChildren(QTimer):
        if timer.isSingleShot():
            timer.setInterval(0)


def _about_to(panel: Panel) -> bool:
    """Whether something is put off to the next turn of the event loop."""
    return any(t.isActive() and t.isSingleShot() and t.interval() == 0 for t in panel.findChildren(QTimer))
