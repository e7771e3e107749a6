"""A race on the map: each path in its own colour with a name at its end; and its results as a small table."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.numbers import brief, count
from app.panels.path_on_map import DARK, LIGHT, on_paper
from app.panels.survey import Raced
from app.theme import font, repaint_on_change, theme
from app.widgets import lines
from core.optimizers import OPTIMIZERS
from core.rates.race import Contender, Race

_WIDTH, _SLIM = 132, 84
"""Design pixels of the table, and where there is little room."""


def title_of(contender: Contender) -> str:
    """What a contender is called on the map."""
    return OPTIMIZERS[contender.optimizer.name].title


def shown_until(race: Race, share: float) -> int:
    """How many of the race's places are shown at a share of its steps."""
    return max(1, int(np.searchsorted(race.steps, share * race.total, side="right")))


def paint_race(
    painter: QPainter,
    rect: QRectF,
    raced: Raced,
    share: float,
    to_widget: Callable[[npt.ArrayLike], npt.NDArray[np.float64]],
) -> None:
    """Draw every path up to a ``share`` of the race's steps, then the names at their ends, none over another."""
    scale, until = theme().scale, shown_until(raced.race, share)
    ends: list[tuple[int, QPointF]] = []
    for index in range(len(raced.race.contenders)):
        at = raced.coordinates[index, :until]
        at = at[np.isfinite(at).all(axis=1)]
        if not len(at):
            continue
        places = on_paper(to_widget(at))
        shade = QColor(DARK)
        shade.setAlphaF(0.7)
        for color, width in ((shade, 4.4), (theme().line_color(index), 2.4)):
            lines.draw(painter, places[:, 0], places[:, 1], color, width * scale, False)
        ends.append((index, QPointF(*places[-1].tolist())))
    for index, end in ends:
        painter.setPen(QPen(DARK, 1.4 * scale))
        painter.setBrush(theme().line_color(index))
        painter.drawEllipse(end, 4.2 * scale, 4.2 * scale)
    _paint_names(painter, rect, raced.race, ends)


def _paint_names(painter: QPainter, rect: QRectF, race: Race, ends: list[tuple[int, QPointF]]) -> None:
    painter.setFont(font(11, semibold=True))
    metrics = QFontMetricsF(painter.font())
    for index, box in names_at(rect, ends, [metrics.boundingRect(title_of(one)).size() for one in race.contenders]):
        text, outline = title_of(race.contenders[index]), QPainterPath()
        outline.addText(QPointF(box.left() + 2, box.bottom() - metrics.descent()), painter.font(), text)
        painter.strokePath(outline, QPen(DARK, 3.2 * theme().scale))
        painter.fillPath(outline, LIGHT)


def names_at(rect: QRectF, ends: list[tuple[int, QPointF]], sizes: list[QSizeF]) -> list[tuple[int, QRectF]]:
    """Where in ``rect`` the names of ``sizes`` stand beside their ends: as near as no other end or name is."""
    dot = theme().px(5)
    taken = [QRectF(end.x() - dot, end.y() - dot, 2 * dot, 2 * dot) for _, end in ends]
    found: list[tuple[int, QRectF]] = []
    for index, end in ends:
        if not rect.contains(end):
            continue
        size = sizes[index]
        box = QRectF(end.x() + theme().px(8), end.y() - size.height() / 2, size.width() + 4, size.height())
        if box.right() > rect.right():
            box.moveLeft(max(rect.left(), end.x() - theme().px(8) - box.width()))
        places = [box.translated(0, way * far * size.height() / 4) for far in range(40) for way in (1, -1)]
        free = (at for at in places if rect.contains(at) and not any(at.intersects(other) for other in taken))
        box = next(free, box)
        taken.append(box)
        found.append((index, box))
    return found


class RaceTable(QWidget):
    """Who came how far: colour, name, rate, and the loss at the end; the lowest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._raced: Raced | None = None
        self.slim = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Results of the race")
        repaint_on_change(self)

    def set_race(self, raced: Raced | None) -> None:
        """Show another race, or how far it has come."""
        self._raced = raced
        self.setAccessibleDescription(", ".join(" ".join(row[1:]) for row in self.rows()))
        self.setToolTip(self._tip())
        self.update()

    def set_slim(self, slim: bool) -> None:
        """Take less width, and leave the rates out."""
        if slim != self.slim:
            self.slim = slim
            self.updateGeometry()
            self.update()

    def rows(self) -> list[tuple[int, str, str, str]]:
        """(which contender, name, rate, final loss), the lowest loss first and those that diverged last."""
        if self._raced is None:
            return []
        race = self._raced.race
        last = race.losses[:, -1]
        order = sorted(range(len(last)), key=lambda k: last[k] if math.isfinite(last[k]) else math.inf)
        return [
            (
                k,
                title_of(race.contenders[k]),
                brief(race.contenders[k].rate),
                brief(float(last[k])) if race.failed[k] < 0 else "diverged",
            )
            for k in order
        ]

    def _tip(self) -> str:
        if self._raced is None:
            return ""
        race, off = self._raced.race, self._raced.distances[:, -1]
        heads = [f"After {count(int(race.steps[-1]))} steps from the same θ, on the same points, at constant rates:"]
        for k, name, rate, loss in self.rows():
            end = f"diverged at step {count(int(race.failed[k]))}" if race.failed[k] >= 0 else f"loss {loss}"
            far = f", {brief(float(off[k]))} off the plane" if math.isfinite(off[k]) else ""
            heads.append(f"{name}, rate {rate}: {end}{far}")
        return "\n".join(heads)

    def sizeHint(self) -> QSize:
        """Slim."""
        return QSize(theme().px(_SLIM if self.slim else _WIDTH), theme().px(160))

    def minimumSizeHint(self) -> QSize:
        """As slim, and low."""
        return QSize(self.sizeHint().width(), theme().px(60))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A head, then two lines for each contender."""
        if self._raced is None:
            return
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QFontMetricsF(font(11)).height()
        painter.setFont(font(11))
        painter.setPen(look.color("muted"))
        head = f"step {count(int(self._raced.race.steps[-1]))}"
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, head)
        top = line + look.px(6)
        for index, name, rate, loss in self.rows():
            if top + 2 * line > self.height() + 1:
                break
            self._paint_row(painter, top, line, index, (name, rate, loss))
            top += 2 * line + look.px(5)

    def _paint_row(self, painter: QPainter, top: float, line: float, index: int, words: tuple[str, str, str]) -> None:
        look, (name, rate, loss) = theme(), words
        left, right = look.px(13), Qt.AlignmentFlag.AlignRight
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.line_color(index))
        painter.drawEllipse(QPointF(look.px(4), top + line / 2), look.px(4), look.px(4))
        room = QRectF(left, top, self.width() - left, line)
        painter.setFont(font(11, semibold=True))
        painter.setPen(look.color("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, name)
        painter.setFont(font(11))
        painter.setPen(look.color("bad" if loss == "diverged" else "text"))
        below = room.translated(0, line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, loss)
        painter.setPen(look.color("muted"))
        if not self.slim:
            painter.drawText(below, right, f"rate {rate}")
