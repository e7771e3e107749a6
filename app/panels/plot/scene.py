"""What a plot shows, without Qt: curves over a shared axis, their ranges, and what lies under a place on the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.panels.plot.ranges import Eased, Range, linear_range, log_range
from app.panels.plot.thinning import Floats, Pyramid, Thinned, thin
from core.history import History

_FOLLOW = 0.1
"""The share of its length that an axis may grow by without easing: growth while training is motion enough."""
_CLOSEST = 4
"""How many rows, on average, can be zoomed in on."""
_COLUMNS = 512
"""Columns looked at to find how far a stretch of the curves reaches."""


@dataclass(frozen=True)
class Quantity:
    """What an axis measures: its title with the unit, how its numbers are written, and how far it can go at all."""

    title: str = ""
    percent: bool = False
    bounds: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, eq=False)
class Curve:
    """``values`` (n,) over the plot's x; ``ink`` is a colour token, or the index of a line colour."""

    key: str
    label: str
    ink: str | int
    values: Floats


@dataclass(frozen=True)
class Mark:
    """An event at ``at`` on the x axis, its label ``gap`` design pixels beside its line."""

    at: float
    label: str
    token: str = "muted"
    gap: float = 4


@dataclass(frozen=True)
class Band:
    """A named stretch of the y axis."""

    low: float
    high: float
    label: str
    token: str = "muted"


@dataclass(frozen=True)
class Stretch:
    """A named stretch of the x axis, from ``low`` to ``high`` or the end of the data."""

    low: float
    high: float | None
    label: str
    token: str = "muted"


@dataclass(frozen=True)
class Readout:
    """The recorded numbers of one row: ``x``, the seconds computed until then, and each curve's value."""

    row: int
    x: float
    seconds: float | None
    values: tuple[tuple[Curve, float], ...]


@dataclass
class Scene:
    """The state of a plot. Ranges are in axis units: the value, or its log₁₀ on a logarithmic axis."""

    x_quantity: Quantity = field(default_factory=lambda: Quantity("epoch"))
    y_quantity: Quantity = field(default_factory=Quantity)
    log_x: bool = False
    log_y: bool = False
    marks: tuple[Mark, ...] = ()
    bands: tuple[Band, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    x: Floats = field(default_factory=lambda: np.empty(0))
    seconds: Floats | None = None
    curves: tuple[Curve, ...] = ()
    window: Range | None = None
    x_range: Eased = field(default_factory=Eased)
    y_range: Eased = field(default_factory=Eased)
    _pyramids: dict[str, Pyramid] = field(default_factory=dict)
    _source: object = None
    _thinned: int = 0

    def set_data(self, x: Floats, curves: Sequence[Curve], source: object, seconds: Floats | None = None) -> bool:
        """Show ``curves`` over ``x`` (n,), which must not decrease; True when they are other ones than before.

        As long as ``source`` is the same object, or still copies of the same History, and has only grown, just its new
        rows are looked at; of a history that was thinned all, with the same window on it.
        Raises ValueError for curves of another length than ``x``.
        """
        if any(len(curve.values) != len(x) for curve in curves):
            raise ValueError(f"every curve needs {len(x)} values: {[len(curve.values) for curve in curves]}")
        source, thinned = (source.lineage, source.thinned) if isinstance(source, History) else (source, 0)
        gone_on = source is self._source and thinned >= self._thinned
        if not gone_on or thinned > self._thinned or len(x) < len(self.x):
            self._pyramids.clear()
        if not gone_on or (thinned == self._thinned and len(x) < len(self.x)):
            self.window = None
        self._thinned = thinned
        changed = not len(self.x) or [c.key for c in curves] != [c.key for c in self.curves]
        self._source, self.x, self.curves, self.seconds = source, x, tuple(curves), seconds
        for curve in self.curves:
            self._grow(curve)
        self.aim(follow=_FOLLOW)
        return changed

    def _grow(self, curve: Curve) -> None:
        pyramid = self._pyramids.get(curve.key)
        if pyramid is None or len(pyramid) > len(curve.values) or pyramid.positive != self.log_y:
            pyramid = self._pyramids[curve.key] = Pyramid(self.log_y)
        pyramid.extend(curve.values)

    def set_log(self, x: bool, y: bool) -> None:
        """Choose linear or logarithmic axes; the ranges are there at once, since the ways between them mean nothing."""
        if (x, y) == (self.log_x, self.log_y):
            return
        if x != self.log_x:
            self.window = None
        self.log_x, self.log_y = x, y
        for curve in self.curves:
            self._grow(curve)
        self.aim()
        self.arrive()

    # ranges

    @property
    def full(self) -> Range:
        """All of the x axis that has data, and a mark beyond them if there is one, in axis units."""
        first = int(np.searchsorted(self.x, 0.0, side="right")) if self.log_x else 0
        if first >= len(self.x):
            return (0.0, 1.0)
        low = float(self.x[first])
        high = max(float(self.x[-1]), *(mark.at for mark in self.marks)) if self.marks else float(self.x[-1])
        if self.log_x:
            low, high = float(np.log10(low)), float(np.log10(high))
        return (low, high) if high > low else (low, low + 1.0)

    def aim(self, follow: float = 0.0) -> None:
        """Set the axes on their way to what is to be shown."""
        self.x_range.aim(self.window or self.full, follow)
        low, high = self._reach()
        self.y_range.aim(log_range(low, high) if self.log_y else linear_range(low, high, self.y_quantity.bounds))

    def arrive(self) -> None:
        """Put the axes where they are going."""
        self.x_range.arrive()
        self.y_range.arrive()

    @property
    def settled(self) -> bool:
        """Whether the axes are where they are going."""
        return self.x_range.settled and self.y_range.settled

    def advance(self, milliseconds: float, duration: float) -> None:
        """Let the axes go on towards their goals."""
        self.x_range.advance(milliseconds, duration)
        self.y_range.advance(milliseconds, duration)

    def _reach(self) -> Range:
        """The least and greatest value of the bands and of what is drawn within the x axis's goal; NaN for none."""
        low = min((band.low for band in self.bands), default=np.nan)
        high = max((band.high for band in self.bands), default=np.nan)
        for curve in self.curves:
            pyramid = self._pyramids[curve.key]
            least, greatest = pyramid.low, pyramid.high
            if self.window or self.log_x:
                edges = self.edges(self.x_range.goal, _COLUMNS)
                drawn = thin(self.x, curve.values, pyramid, edges)
                y = drawn.y[(drawn.x >= edges[0]) & (drawn.x <= edges[-1])]
                with np.errstate(invalid="ignore"):
                    least, greatest = np.fmin.reduce(y, initial=np.nan), np.fmax.reduce(y, initial=np.nan)
            low, high = float(np.fmin(low, least)), float(np.fmax(high, greatest))
        return low, high

    def zoom(self, around: float, factor: float) -> None:
        """Show ``factor`` times as much of the x axis, keeping ``around`` (axis units) where it is."""
        low, high = self.x_range.goal
        bottom, top = self.full
        closest = (top - bottom) * min(1.0, _CLOSEST / max(len(self.x), 1))
        factor = max(factor, closest / (high - low))
        self._show(around + (low - around) * factor, around + (high - around) * factor)

    def pan(self, by: float) -> None:
        """Move the x axis ``by`` axis units, as far as there is data."""
        low, high = self.x_range.goal
        bottom, top = self.full
        by = min(max(by, bottom - low), top - high)
        self._show(low + by, high + by)

    def _show(self, low: float, high: float) -> None:
        bottom, top = self.full
        low, high = max(low, bottom), min(high, top)
        self.window = None if high - low >= (top - bottom) * (1 - 1e-9) else (low, high)
        self.aim()
        self.x_range.arrive()  # the hand leads here, and easing after it would feel like lag

    def fit(self) -> None:
        """Show everything again."""
        self.window = None
        self.aim()

    # looking

    def edges(self, shown: Range, columns: int) -> Floats:
        """The borders (columns + 1,) of equal columns over ``shown``, as values."""
        at = np.linspace(shown[0], shown[1], columns + 1)
        return 10.0**at if self.log_x else at

    def points(self, curve: Curve, columns: int) -> Thinned:
        """What to draw of ``curve`` now, thinned to about two points a column, in axis units; NaN breaks the line."""
        drawn = thin(self.x, curve.values, self._pyramids[curve.key], self.edges(self.x_range.now, columns))
        return Thinned(
            self.on_axis(drawn.x, self.log_x),
            self.on_axis(drawn.y, self.log_y),
            self.on_axis(drawn.middle_x, self.log_x),
            self.on_axis(drawn.middle_y, self.log_y),
            drawn.crowd,
        )

    @staticmethod
    def on_axis(values: Floats, log: bool) -> Floats:
        """``values`` (n,) in axis units; NaN where a logarithmic axis has no place for them."""
        return np.log10(np.where(values > 0, values, np.nan)) if log else values

    def nearest(self, at: float) -> int | None:
        """The row whose x is nearest to ``at`` on the axis (axis units); None if there is no row."""
        first = int(np.searchsorted(self.x, 0.0, side="right")) if self.log_x else 0
        if first >= len(self.x):
            return None
        right = int(np.clip(np.searchsorted(self.x, 10.0**at if self.log_x else at), first, len(self.x) - 1))
        pair = np.array([max(right - 1, first), right])
        return int(pair[np.argmin(np.abs(self.on_axis(self.x[pair], self.log_x) - at))])

    def readout(self, row: int) -> Readout:
        """The recorded numbers of ``row``, exactly."""
        seconds = None if self.seconds is None or row >= len(self.seconds) else float(self.seconds[row])
        if seconds is not None and not np.isfinite(seconds):
            seconds = None
        return Readout(row, float(self.x[row]), seconds, tuple((c, float(c.values[row])) for c in self.curves))
