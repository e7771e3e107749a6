"""The plane with a network's answer on it: the exact numbers under the pointer, and a scale of values beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.canvas.plane import PlaneView
from app.numbers import number, percent
from app.panels.readout import Row, paint_cross, paint_readout
from app.panels.scale_bar import ScaleBar
from app.theme import theme, theme_events, tokens
from core.model import Model
from core.probes import boundary as probe

_CLASSES_SHOWN = 4
_FULL_RINGS, _LEAST_RING = 40, 0.3
"""So many rings are drawn in full colour; more of them fainter, down to this opacity."""


class AnswerView(PlaneView):
    """A plane that says the exact answer under the pointer."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Any = None
        self._at: tuple[float, float] | None = None
        self.hovered.connect(self._hover)
        self.left.connect(self._leave)

    def set_answer(self, model: Model, theta: npt.NDArray[Any]) -> None:
        """Answer for the network ``theta`` (P,) of ``model`` from now on."""
        self._asked = (model, theta)

    def _hover(self, x1: float, x2: float) -> None:
        self._at = (x1, x2)
        self.update()

    def _leave(self) -> None:
        if self._at is not None:
            self._at = None
            self.update()

    def rows(self, x1: float, x2: float) -> list[Row]:
        """What the card says at a place of the plane."""
        model, theta = self._asked
        answer = probe.answer(model, theta, np.array([[x1, x2]]))[0]
        place = [Row("x₁", number(x1, 3, fixed=True)), Row("x₂", number(x2, 3, fixed=True))]
        if not model.classes:
            return [*place, Row("value", number(answer, 4))]
        best = np.argsort(-answer, kind="stable")[:_CLASSES_SHOWN]
        return place + [Row(f"class {c + 1}", percent(answer[c]), int(c)) for c in best]

    def paint_rings(self, painter: QPainter, mask: npt.NDArray[np.bool_] | None, token: str, grow: float) -> None:
        """Fainter the more there are, so that an untrained network's answer can still be seen."""
        painter.save()
        painter.setOpacity(1.0 if mask is None else float(np.clip(_FULL_RINGS / max(mask.sum(), 1), _LEAST_RING, 1.0)))
        super().paint_rings(painter, mask, token, grow)
        painter.restore()

    def paint_overlay(self, painter: QPainter, rect: QRectF) -> None:
        """Lay the cross and the card over the points."""
        if self._at is None or self._asked is None:
            return
        at: QPointF = self.to_widget(*self._at)
        paint_cross(painter, at, theme().color("panel"), theme().color("text", 0.7))
        paint_readout(painter, rect.adjusted(4, 4, -4, -4), at, self.rows(*self._at))


class BesideScale(QWidget):
    """A square plane and, for values, its scale: level with each other, and together in the middle."""

    def __init__(self, view: PlaneView, scale: ScaleBar) -> None:
        super().__init__()
        self._view, self._scale = view, scale
        for widget in (view, scale):
            widget.setParent(self)
        scale.hide()
        theme_events().changed.connect(self.arrange)

    def show_scale(self, shown: bool) -> None:
        """Show the scale, or give its room to the plane."""
        if shown != self._scale.isVisibleTo(self):
            self._scale.setVisible(shown)
            self.updateGeometry()
        self.arrange()

    def arrange(self) -> None:
        """Lay out the two."""
        room = 0
        if self._scale.isVisibleTo(self):
            room = self._scale.sizeHint().width() + theme().px(tokens.GAP)
        side = max(1, min(self.width() - room, self.height()))
        left, top = (self.width() - side - room) // 2, (self.height() - side) // 2
        self._view.setGeometry(left, top, side, side)
        self._scale.setGeometry(left + side + room - self._scale.sizeHint().width(), top, room, side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        self.arrange()

    def minimumSizeHint(self) -> QSize:
        """Of use down to here."""
        return self._view.minimumSize()

    def sizeHint(self) -> QSize:
        """As large as the plane would like to be."""
        return self._view.sizeHint()
