"""A regression in three dimensions: the network's output over the plane, and the points at their own values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.canvas.sprites import value_color
from app.numbers import brief, number
from app.panels.plot import ticks
from app.panels.readout import Row
from app.space.camera import Floats
from app.space.field import RGBA, Field
from app.space.following import FollowingSpace
from app.space.scene import Balls, Edge, Line, Scene, joined, rim
from app.space.window import Window
from app.theme import theme
from core.data import DOMAIN
from core.data.slices import DRAWN
from core.data.values import SIGNED, ValueRange
from core.spec import Points

FINEST = 101
"""Places along each side that are drawn at most."""
BEYOND = 1.0
"""How far the surface may reach beyond the points' values, in their range; the rest is cut off."""
_MARGIN = 0.05
_RADIUS = 3.4
_NEAR = 10
"""Design pixels within which a click means a point."""
_COLOURS = 32


class BoundarySpace(FollowingSpace):
    """Shows values (n, n), their colours, and the points; a click on a point picks it."""

    sample_clicked = Signal(int)
    """The index of the sample that was clicked."""

    def __init__(self) -> None:
        super().__init__("The network's values in 3-D")
        self._values: Floats = np.zeros((2, 2))
        self._rgba: RGBA = np.zeros((2, 2, 4), np.uint8)
        self._lines: tuple[Sequence[Floats], Sequence[Floats]] = ((), ())
        self._points: Points | None = None
        self._train: npt.NDArray[np.bool_] = np.empty(0, np.bool_)
        self._shown: npt.NDArray[np.intp] = np.empty(0, np.intp)
        self._at: Floats = np.empty((0, 3))
        self._span = SIGNED
        self._picked: int | None = None
        self._lit: npt.NDArray[np.intp] = np.empty(0, np.intp)
        self.plane = DRAWN
        self.target = "value"
        """What the values are called."""
        self.residuals = True
        self.answers: Callable[[Floats], Floats] | None = None
        """The network's values (N,) at places (N, 2)."""
        self.describe = self._rows
        self.clicked.connect(self._click)

    def set_values(
        self, values: npt.ArrayLike, rgba: RGBA, lines: Sequence[Floats] = (), faint: Sequence[Floats] = ()
    ) -> None:
        """Show other ``values`` (n, n) with colours (n, n, 4), row 0 at x₂ = DOMAIN, and level lines (m, 2)."""
        self._lines = (lines, faint)
        stride = max(1, math.ceil((len(rgba) - 1) / (FINEST - 1)))
        self._values = np.asarray(values, dtype=np.float64)[::-1][::stride, ::stride]
        self._rgba = np.ascontiguousarray(rgba[::-1][::stride, ::stride])
        self.renew()

    def set_points(self, points: Points, train: npt.NDArray[np.bool_], show_test: bool, span: ValueRange) -> None:
        """Show ``points``, those of ``train`` (N,) filled, the others hollow, coloured by their place in ``span``."""
        self._points, self._train, self._span = points, train, span
        self._shown = np.flatnonzero(train | show_test)
        self.renew()

    def set_residuals(self, on: bool) -> None:
        """Join each point to the surface, or no longer."""
        self.residuals = on
        self.renew()

    def set_picked(self, index: int | None) -> None:
        """Ring one sample."""
        self._picked = index
        self.renew()

    def set_lit(self, indices: npt.ArrayLike | None) -> None:
        """Light samples up."""
        self._lit = np.empty(0, np.intp) if indices is None else np.asarray(indices, dtype=np.intp)
        self.renew()

    # what is to be seen

    @property
    def extent(self) -> tuple[float, float]:
        """The least and the largest value that is finite and not cut off."""
        y = self._points.y if self._points is not None and len(self._points) else np.zeros(1)
        low, high = float(y.min()), float(y.max())
        room = BEYOND * ((high - low) or 1.0)
        seen = self._values[np.isfinite(self._values)]
        if len(seen):
            low = min(low, max(float(seen.min()), low - room))
            high = max(high, min(float(seen.max()), high + room))
        return low, high

    @property
    def note(self) -> str:
        """What this picture leaves out, in a few words."""
        low, high = self.extent
        seen = self._values[np.isfinite(self._values)]
        cut = len(seen) > 0 and (float(seen.min()) < low or float(seen.max()) > high)
        return f"values cut off at {brief(low)} and {brief(high)}" if cut else ""

    def goal(self) -> Window | None:
        """All of it, with a little room below and above."""
        low, high = self.extent
        room = _MARGIN * (high - low) or 0.5
        return Window(low - room, high + room)

    def scene(self, window: Window) -> Scene | None:
        """The surface, the points, and what lies between them."""
        heights = np.clip(np.nan_to_num(window.heights(self._values), nan=1.0), 0.0, 1.0)
        field = Field(heights.astype(np.float32), self._rgba)
        lines = [*self._levels(field), Line(rim(field), theme().color("text", 0.45), 1.0)]
        points = self._points
        if points is None or not len(points):
            return Scene(field, tuple(lines), (), (), self._edges(window))
        up = np.clip(window.heights(points.y), 0.0, 1.0)
        self._at = np.column_stack([points.x / DOMAIN, up])
        if self.residuals:
            lines.append(self._threads(field))
        return Scene(field, tuple(lines), tuple(self._balls(points.y)), (), self._edges(window))

    def _levels(self, field: Field) -> list[Line]:
        """The line of zero, and fainter those of other values, on the surface."""
        made = []
        for group, alpha in zip(self._lines, (0.7, 0.25), strict=True):
            flat = [line / DOMAIN for line in group]
            if flat:
                paths = joined([np.column_stack([line, field.many(line)]) for line in flat])
                made.append(Line(paths, theme().color("text", alpha), 1.0))
        return made

    def _threads(self, field: Field) -> Line:
        """From each training point up or down to the surface."""
        ends = self._at[self._shown]
        feet = ends.copy()
        feet[:, 2] = field.many(ends[:, :2])
        gaps = np.full_like(ends, np.nan)
        return Line(np.stack([ends, feet, gaps], axis=1).reshape(-1, 3), theme().color("text", 0.55), 1.1, ghost=0.45)

    def _balls(self, y: Floats) -> list[Balls]:
        """Points in the colours of their values, hollow ones to test; rings around those that are looked at."""
        palette = [value_color(float(share), self._span.signed) for share in np.linspace(0, 1, 2 * _COLOURS + 1)]
        kinds = np.round(np.clip(self._span.shares(y), 0, 1) * 2 * _COLOURS).astype(np.intp)
        picked = np.array([] if self._picked is None else [self._picked])
        made = []
        for token, indices in (("warning", self._lit), ("accent", picked)):
            chosen = indices[np.isin(indices, self._shown)].astype(np.intp)
            if len(chosen):
                color = theme().color(token)
                made.append(Balls(self._at[chosen], [color] * len(chosen), 1.8 * _RADIUS, color))
        filled, hollow = (self._shown[self._train[self._shown] == part] for part in (True, False))
        made.append(
            Balls(self._at[hollow], [theme().color("panel")] * len(hollow), _RADIUS, theme().color("text", 0.75))
        )
        colors: list[QColor] = [palette[kind] for kind in kinds[filled].tolist()]
        made.append(Balls(self._at[filled], colors, _RADIUS, theme().color("text", 0.75)))
        return made

    def _edges(self, window: Window) -> tuple[Edge, Edge, Edge]:
        across, up = (
            tuple((2.0 * (at - low) / (high - low) - 1.0, text) for at, text in ticks.linear(low, high, 5).major)
            for low, high in self.plane.ranges.tolist()
        )
        values = ticks.linear(window.bottom, window.top, 5).major
        first, second = self.plane.titles
        return Edge(across, (first,)), Edge(up, (second,)), Edge(window.marks(values), (self.target,))

    # what a hand asks for

    def _nearest(self, position: QPointF) -> int | None:
        """The sample that is seen at a position, if there is one."""
        if not len(self._shown) or len(self._at) <= int(self._shown.max()):
            return None
        seen = self.lens.see(self._at[self._shown])
        away = np.hypot(seen[:, 0] - position.x(), seen[:, 1] - position.y())
        index = int(away.argmin())
        return int(self._shown[index]) if away[index] <= theme().px(_NEAR) else None

    def _click(self, position: QPointF) -> None:
        index = self._nearest(position)
        if index is not None:
            self.sample_clicked.emit(index)

    def _rows(self, x: float, y: float) -> list[Row]:
        at = np.array([[x, y]]) * DOMAIN
        values = self.plane.values(*at[0].tolist()).tolist()
        rows = [Row(title, number(v, 3, fixed=True)) for title, v in zip(self.plane.titles, values, strict=True)]
        sample = self._nearest(self.pointer) if self.pointer is not None else None
        if sample is not None and self._points is not None:
            at = self._points.x[[sample]]
            part = "training" if self._train[sample] else "test"
            rows = [Row(f"sample {sample + 1}", part), Row("truth", number(self._points.y[sample]))]
        if self.answers is None:
            return rows
        value = float(self.answers(at)[0])
        rows.append(Row(self.target if self.plane.flat else f"{self.target} on the slice", number(value)))
        if sample is not None and self._points is not None and self.plane.flat:
            rows.append(Row("residual", number(float(self._points.y[sample]) - value)))
        return rows


class FlatOrSpace(QWidget):
    """The plane, or the same in three dimensions."""

    def __init__(self, flat: QWidget, space: BoundarySpace) -> None:
        super().__init__()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(flat)
        self._stack.addWidget(space)

    def show_space(self, on: bool) -> None:
        """Show one or the other."""
        self._stack.setCurrentIndex(int(on))
