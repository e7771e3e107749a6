"""The plane with a network's answer on it: the exact numbers under the pointer, and a scale of values beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.canvas.plane import PlaneView
from app.numbers import brief, number, percent
from app.panels.line_labels import paint_labels
from app.panels.readout import Row, paint_cross, paint_readout
from app.panels.scale_bar import ScaleBar
from app.theme import font, theme, theme_events, tokens
from core.data import DOMAIN
from core.data.features import column_title
from core.data.names import class_name, target_name
from core.data.pictures import pictures
from core.model import Model
from core.probes import boundary as probe
from core.probes.contours import Line
from core.probes.fields import logits

_OTHER_ROWS = 6
"""Lines the card has beside those of the classes, at most."""
_MOST_COLUMNS = 8
"""Columns of a table whose values are all told; of more than these only those on the axes."""
_FULL_RINGS, _LEAST_RING = 40, 0.3
"""So many rings are drawn in full colour; more of them fainter, down to this opacity."""
_STEPS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}


class AnswerView(PlaneView):
    """A plane that says the exact answer under the pointer; a click, or the arrow keys, go to a sample."""

    sample_clicked = Signal(int)
    """The index of a sample that was clicked, or walked to from the one picked."""
    ground_clicked = Signal()
    """A click beside all samples."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Any = None
        self._at: tuple[float, float] | None = None
        self._labels: tuple[tuple[Line, str], ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hovered.connect(self._hover)
        self.left.connect(self._leave)

    def set_answer(self, model: Model, theta: npt.NDArray[Any]) -> None:
        """Answer for the network ``theta`` (P,) of ``model`` from now on."""
        self._asked = (model, theta)

    def set_labels(self, labels: Sequence[tuple[Line, str]]) -> None:
        """Write texts on lines (m, 2) in plane units, the first first, where they do not collide."""
        self._labels = tuple(labels)
        self.update()

    # pointing and picking

    def _hover(self, x1: float, x2: float) -> None:
        self._at = (x1, x2)
        self.spotlight.pointed = self.sample_at(self.to_widget(x1, x2))
        shape = Qt.CursorShape.ArrowCursor if self.spotlight.pointed is None else Qt.CursorShape.PointingHandCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)
        self.update()

    def _leave(self) -> None:
        if self._at is not None:
            self._at = self.spotlight.pointed = None
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which sample was clicked, or that none was."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        index = self.sample_at(event.position())
        if index is None:
            self.ground_clicked.emit()
        else:
            self.sample_clicked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the next or the last visible sample, Escape lets the picked one go."""
        visible, picked = np.flatnonzero(self.shown.visible()), self.spotlight.picked
        step = _STEPS.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape and picked is not None:
            self.sample_clicked.emit(picked)
        elif step is not None and len(visible):
            at = int(np.searchsorted(visible, -1 if picked is None else picked))
            forward = at + (at < len(visible) and visible[at] == picked)
            self.sample_clicked.emit(int(visible[(forward if step > 0 else at - 1) % len(visible)]))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        """Show that the keys come here."""
        self.focus_shown = True
        super().focusInEvent(event)

    def focusOutEvent(self, event: Any) -> None:
        """Show that they no longer do."""
        self.focus_shown = False
        super().focusOutEvent(event)

    # what the card says

    def rows(self, x1: float, x2: float, most: int = 8) -> list[Row]:
        """What the card says at a place of the plane, with ``most`` classes, the likeliest first."""
        return self._place_rows(self.plane.lift((x1, x2))[0], most, _MOST_COLUMNS)

    def _place_rows(self, at: npt.NDArray[np.float64], most: int, columns: int) -> list[Row]:
        """What the card says at a place (D,) of the data, with ``most`` classes and so many columns."""
        model, theta = self._asked
        data = model.experiment.data
        answer = probe.answer(model, theta, at[None])[0]
        place = self._columns(at, columns)
        if not model.classes:
            return [*place, Row(target_name(data), number(answer))]
        z = logits(model, theta, at[None])[0]
        best = np.argsort(-answer, kind="stable")[:most]
        place.append(Row("answer", class_name(data, int(best[0]))))
        words = [percent(answer[c]) if len(z) == 1 else f"{percent(answer[c])}   z {brief(z[c])}" for c in best]
        place += [Row(class_name(data, int(c)), text, int(c)) for c, text in zip(best, words, strict=True)]
        return [*place, Row("logit", brief(z[0]))] if len(z) == 1 else place

    def _columns(self, at: npt.NDArray[np.float64], most: int) -> list[Row]:
        """The coordinates of a place (D,): all of them where there is room, else the two on the axes."""
        plane = self.plane
        if plane.flat:
            return [Row("x₁", number(at[0], 3, fixed=True)), Row("x₂", number(at[1], 3, fixed=True))]
        if len(at) <= most:
            return [Row(column_title(one), number(v)) for one, v in zip(plane.columns, at.tolist(), strict=True)]
        values = plane.values(*plane.project(at[None])[0].tolist())
        return [Row(title, number(v)) for title, v in zip(plane.titles, values.tolist(), strict=True) if title]

    def _sample_rows(self, index: int) -> list[Row]:
        """Which sample is under the pointer, what it is, and how far off the plane."""
        shown, data = self.shown, self._asked[0].experiment.data
        part = "training" if shown.train[index] else "test"
        known = shown.task == "classification"
        truth = class_name(data, int(shown.y[index])) if known else number(shown.y[index])
        rows = [Row(f"sample {index + 1}", part), Row("truth", truth)]
        if self.plane.flat:
            return rows
        away = float(self.plane.distances(data.points.x[index][None])[0])
        return [*rows, Row("off the plane", f"{number(away, 2)} σ")]

    def paint_rings(self, painter: QPainter, mask: npt.NDArray[np.bool_] | None, token: str, grow: float) -> None:
        """Fainter the more there are, so that an untrained network's answer can still be seen."""
        painter.save()
        painter.setOpacity(1.0 if mask is None else float(np.clip(_FULL_RINGS / max(mask.sum(), 1), _LEAST_RING, 1.0)))
        super().paint_rings(painter, mask, token, grow)
        painter.restore()

    def paint_overlay(self, painter: QPainter, rect: QRectF) -> None:
        """Lay the lines' texts, the cross and the card over the points."""
        side = rect.width() / (2 * DOMAIN)
        paint_labels(
            painter,
            rect,
            [((line * (1.0, -1.0) + DOMAIN) * side + (rect.left(), rect.top()), text) for line, text in self._labels],
        )
        if self._at is None or self._asked is None:
            return
        pointed = self.spotlight.pointed
        place = self._at if pointed is None else (float(self.shown.x[pointed, 0]), float(self.shown.x[pointed, 1]))
        at: QPointF = self.to_widget(*place)
        if pointed is None:
            paint_cross(painter, at, theme().color("panel"), theme().color("text", 0.7))
        line = QFontMetricsF(font(11)).height() + theme().px(2)
        room = int((rect.height() - theme().px(20)) / line) - _OTHER_ROWS
        rows = [] if pointed is None else self._sample_rows(pointed)
        data = self._asked[0].experiment.data
        where = self.plane.lift(place)[0] if pointed is None else data.points.x[pointed]
        rows += self._place_rows(where, max(1, min(8, room)), min(_MOST_COLUMNS, room - min(3, data.classes)))
        seen = pictures(data, where[None])
        paint_readout(painter, rect.adjusted(4, 4, -4, -4), at, rows, None if seen is None else seen[0])


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
