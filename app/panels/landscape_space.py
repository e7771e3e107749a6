"""The loss landscape in three dimensions: the map's surface as a relief, the path at its real losses, and the ball."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from app.numbers import brief
from app.panels import landscape_axes
from app.panels.landscape_arrows import draped
from app.panels.path_on_map import DARK, LIGHT
from app.panels.readout import Row
from app.panels.relief import Relief, Shades
from app.panels.surface_card import place_rows
from app.panels.surface_view import SurfaceView
from app.space.field import Field
from app.space.following import FollowingSpace
from app.space.scene import Balls, Edge, Line, Scene, inside, joined, rim
from app.space.window import Window
from app.theme import theme
from core.probes.directions import Floats
from core.probes.projection import Track

WALL, USUAL = 3.0, 0.9
"""The box ends at so many times the height that this share of the surface stays below; only walls are higher."""
_LEAST = 0.02
_DEEPEST = 0.5
"""How far below the surface the box may reach down to the ball, in the surface's own height."""
_LIFT = 0.004

Losses = Callable[[Track], "Floats | None"]


def share_of(losses: npt.ArrayLike, shades: Shades) -> Floats:
    """Where ``losses`` are on the map's scale: 0 at its foot, 1 at its top; NaN stays."""
    values = np.asarray(losses, dtype=np.float64)
    if shades.log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(np.maximum(values, 1e-300))
    bottom, top = shades.ends
    return (values - bottom) / (top - bottom) if top > bottom else np.zeros_like(values)


def range_of(relief: Relief, ball: float = math.nan) -> Window | None:
    """The part of the map's scale, in shares, that the box shows: all, but walls far above the rest; down to the ball.

    None where no loss is finite.
    """
    shares = relief.shares[np.isfinite(relief.shares)]
    if not len(shares):
        return None
    usual = float(np.quantile(shares, USUAL))
    top = min(1.0, max(WALL * usual, _LEAST))
    bottom = min(0.0, ball) if math.isfinite(ball) else 0.0
    return Window(max(bottom, -_DEEPEST * top), top)


def cut_at(relief: Relief) -> float:
    """The loss from which on walls are cut off; NaN where none is."""
    window = range_of(relief)
    if window is None or window.top >= 1.0:
        return math.nan
    bottom, top = relief.shades.ends
    value = bottom + window.top * (top - bottom)
    return 10.0**value if relief.log else value


class LandscapeSpace(FollowingSpace):
    """Shows what a map shows; a click on the surface drops the ball there, as on the map."""

    def __init__(self, view: SurfaceView) -> None:
        super().__init__("Loss landscape in 3-D")
        self._view = view
        self.losses: Losses = lambda track: None
        """The real losses (T,) of a path, where they are known."""
        self.describe = self._rows
        view.changed.connect(self.renew)
        self.clicked.connect(self._drop)

    @property
    def possible(self) -> bool:
        """Whether there is a loss to show as a height."""
        return self._view.relief is None or range_of(self._view.relief) is not None

    @property
    def note(self) -> str:
        """What this picture leaves out, in a few words."""
        relief, notes = self._view.relief, list[str]()
        if not self.possible:
            return "3-D needs finite losses, of which there are none here: this is the map"
        if relief is not None and math.isfinite(cut := cut_at(relief)):
            notes.append(f"walls cut off at {brief(cut)}")
        ball = self._ball()
        if ball is not None and np.abs(ball[:2]).max() > 1:
            notes.append("the ball is outside")
        return " · ".join(notes)

    # what is to be seen

    def goal(self) -> Window | None:
        """From the lower of surface and ball up to the surface's top, or to where its walls are cut off."""
        relief, ball = self._view.relief, self._ball()
        return None if relief is None else range_of(relief, math.nan if ball is None else ball[2])

    def _ball(self) -> Floats | None:
        """The ball's place (3,): over the floor, and on the map's scale."""
        relief, track = self._view.relief, self._view.track
        if relief is None or track is None or track.plane is not relief.surface.plane:
            return None
        return np.array([*(track.ball / relief.surface.span), float(share_of(track.loss, relief.shades))])

    def scene(self, window: Window) -> Scene | None:
        """Surface, level lines, paths and balls."""
        relief = self._view.relief
        if relief is None:
            return None
        heights = np.clip(np.nan_to_num(window.heights(relief.shares), nan=1.0), 0.0, 1.0)
        field = Field(heights.astype(np.float32), np.ascontiguousarray(relief.rgba[::-1]))
        lines = [
            *_levels(relief, window),
            Line(rim(field), theme().color("text", 0.45), 1.0),
            *self._down(relief, field),
        ]
        balls: list[Balls] = []
        for more_lines, more_balls in (self._race(relief, window), self._path(relief, window, field)):
            lines += more_lines
            balls += more_balls
        plane, span = relief.surface.plane, relief.surface.span
        spots = [(spot.at[0] / span, spot.at[1] / span, spot.name) for spot in plane.spots]
        tags = tuple(((x, y, field.at(x, y)), name) for x, y, name in spots if max(abs(x), abs(y)) <= 1)
        return Scene(field, tuple(lines), tuple(balls), tags, self._edges(relief, window))

    def _down(self, relief: Relief, field: Field) -> list[Line]:
        """Arrows of −∇L on the surface, as on the map."""
        arrows, span = self._view.arrows, relief.surface.span
        if arrows is None:
            return []
        flat = draped(arrows.at / span, arrows.down / span, arrows.slopes)
        shade, light = QColor(DARK), QColor(LIGHT)
        shade.setAlphaF(0.45)
        light.setAlphaF(0.92)
        points = inside(np.column_stack([flat, field.many(flat) + _LIFT]))
        return [Line(points, light, 1.1, shade)] if len(points) else []

    def _path(self, relief: Relief, window: Window, field: Field) -> tuple[list[Line], list[Balls]]:
        """Training's path at its real losses where they are known, the ball at its own, a thread to the surface."""
        track, ball = self._view.track, self._ball()
        if track is None or ball is None:
            return [], []
        at = track.coordinates / relief.surface.span
        under = field.many(at) + _LIFT
        known = self.losses(track)
        up = under if known is None else window.heights(share_of(known, relief.shades))
        up = np.where(np.isfinite(up), np.clip(up, 0.0, 1.0), under)
        up[-1] = float(np.clip(np.nan_to_num(window.heights(ball[2]), nan=1.0, posinf=1.0), 0.0, 1.0))
        points = inside(np.column_stack([at, up]))
        path, starts = points, np.flatnonzero(track.leaps)
        shade, shadow = QColor(DARK), QColor(DARK)
        shade.setAlphaF(0.6)
        shadow.setAlphaF(0.35)
        ground = inside(np.column_stack([at, under]))
        if len(starts):
            path, ground = (joined(np.split(line, starts)) for line in (points, ground))
        lines = [Line(ground, shadow, 1.6), Line(path, LIGHT, 2.0, shade, ghost=0.4)] if len(points) > 1 else []
        x, y, z = points[-1].tolist()
        if not math.isfinite(x):
            return lines, []
        foot = field.at(x, y)
        thread = np.array([[x, y, z], [x, y, foot]])
        lines.append(Line(thread, theme().color("text"), 1.3, ghost=0.6))
        small = Balls(np.array([[x, y, foot]]), [theme().color("text")], 2.2, theme().color("panel"))
        return lines, [small, Balls(points[-1:], [LIGHT], 6.0, DARK, ghost=0.45)]

    def _race(self, relief: Relief, window: Window) -> tuple[list[Line], list[Balls]]:
        """Raced paths at their real losses, each in its own colour."""
        raced = self._view.raced
        if raced is None or raced.plane is not relief.surface.plane:
            return [], []
        up = np.clip(window.heights(share_of(raced.race.losses, relief.shades)), 0.0, 1.0)
        shade = QColor(DARK)
        shade.setAlphaF(0.6)
        lines, balls = [], []
        for index, path in enumerate(raced.coordinates / relief.surface.span):
            points = inside(np.column_stack([path, up[index]]))
            points = points[np.isfinite(points).all(axis=1)]
            if len(points):
                color = theme().line_color(index)
                lines.append(Line(points, color, 2.2, shade, ghost=0.4))
                balls.append(Balls(points[-1:], [color], 4.5, DARK))
        return lines, balls

    def _edges(self, relief: Relief, window: Window) -> tuple[Edge, Edge, Edge]:
        span, axes = relief.surface.span, relief.surface.plane.axes
        floor = [
            Edge(
                tuple((at / span, text) for at, text in landscape_axes.marks(axis, span, 5)),
                landscape_axes.titles(axis),
            )
            for axis in axes
        ]
        return floor[0], floor[1], Edge(window.marks(relief.ticks), ("loss, log" if relief.log else "loss",))

    # what a hand asks for

    def _rows(self, x: float, y: float) -> list[Row]:
        relief = self._view.relief
        if relief is None:
            return []
        span, axes = relief.surface.span, relief.surface.plane.axes
        return place_rows(relief, axes, (x * span, y * span), walking=False)

    def _drop(self, position: QPointF) -> None:
        at, relief = self.at(position), self._view.relief
        if at is not None and relief is not None:
            self._view.dropped.emit(at[0] * relief.surface.span, at[1] * relief.surface.span)


def _levels(relief: Relief, window: Window) -> list[Line]:
    """The map's level lines at their heights, light on what is dark."""
    groups: dict[bool, list[Floats]] = {False: [], True: []}
    for share, line in relief.lines:
        up = float(window.heights(share))
        if 0 < up < 1:
            flat = line / relief.surface.span
            groups[share > 0.5].append(np.column_stack([flat, np.full(len(flat), up)]))
    made = []
    for high, parts in groups.items():
        if parts:
            color = QColor(DARK if high else LIGHT)
            color.setAlphaF(0.30 if high else 0.34)
            made.append(Line(joined(parts), color, 0.9))
    return made
