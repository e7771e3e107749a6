"""From a loss surface to what is drawn of it: colours, level lines and the numbers of its scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from app.numbers import number
from app.panels.plot import ticks
from app.panels.scale_bar import Tick
from app.theme import Theme
from core.probes.contours import level_lines, linear_levels, log_levels
from core.probes.landscape import Surface

Floats = npt.NDArray[np.float64]

FINE = 129
"""Points along each side of what is drawn; coarser surfaces are interpolated up to it."""
LEVELS = 16
DECADES, STAYS = 2.0, 1.4
"""A surface that spans more than so many decades is shown logarithmically, unless told not to; one that is already,
as long as it spans more than the second number."""
EASE = 0.1
"""Seconds in which a range of colours goes all but 1/e of its way to a new one: there in 0.3 s."""
_ARRIVED = 0.01
_FLOOR = 1e-12
_HATCH = 6


@dataclass(frozen=True)
class Shades:
    """The losses, or their log₁₀, that the first and the last colour stand for."""

    log: bool
    bottom: float
    top: float

    def towards(self, goal: Shades, seconds: float) -> Shades:
        """Where a range that was this one is on its way to ``goal`` after so many seconds."""
        if self.log != goal.log or not math.isfinite(self.top - self.bottom):
            return goal
        left = math.exp(-seconds / EASE)
        bottom, top = (there + (here - there) * left for here, there in zip(self.ends, goal.ends, strict=True))
        eased = Shades(self.log, bottom, top)
        return goal if eased.arrived(goal) else eased

    def arrived(self, goal: Shades) -> bool:
        """Whether the eye could tell it from ``goal``."""
        near = _ARRIVED * abs(goal.top - goal.bottom)
        return self.log == goal.log and all(abs(a - b) <= near for a, b in zip(self.ends, goal.ends, strict=True))

    @property
    def ends(self) -> tuple[float, float]:
        """Bottom and top."""
        return self.bottom, self.top


@dataclass(frozen=True, eq=False)
class Relief:
    """A drawn surface: ``rgba`` (m, m, 4) with β = span in row 0, and ``lines`` as (share of the scale, (k, 2) α, β).

    ``shares`` (m, m) are its heights on the scale, 0 to 1, β = -span in row 0, NaN where there is none. ``low`` and
    ``high`` are the least and the largest finite loss, NaN if there is none; ``ticks`` those of the scale, ``shades``
    its ends, and ``goal`` those it is on its way to.
    """

    surface: Surface
    rgba: npt.NDArray[np.uint8]
    shares: Floats
    lines: tuple[tuple[float, Floats], ...]
    low: float
    high: float
    ticks: tuple[Tick, ...]
    shades: Shades
    goal: Shades

    @property
    def log(self) -> bool:
        """Whether colours go by the logarithm of the loss."""
        return self.shades.log

    @property
    def settled(self) -> bool:
        """Whether the colours are where they are going."""
        return self.shades == self.goal

    def at(self, alpha: float, beta: float) -> float:
        """The loss at a place, bilinear between the surface's grid points; NaN outside."""
        axis, losses = self.surface.axis, self.surface.losses
        last = len(axis) - 1
        x, y = ((value / self.surface.span + 1) / 2 * last for value in (alpha, beta))
        if not (0 <= x <= last and 0 <= y <= last):
            return math.nan
        i, j = min(int(y), last - 1), min(int(x), last - 1)
        corners = losses[i : i + 2, j : j + 2]
        if not np.isfinite(corners).all():
            return float(losses[round(y), round(x)])
        return float(np.array([1 - y + i, y - i]) @ corners @ np.array([1 - x + j, x - j]))


def relief(
    surface: Surface, log: bool | None, look: Theme, before: Shades | None = None, seconds: float = math.inf
) -> Relief:
    """Draw ``surface`` in a theme's colours, whose range was ``before`` and has had ``seconds`` to follow it.

    ``log`` None lets the range of the surface decide.
    """
    finite = np.isfinite(surface.losses)
    if not finite.any():
        nothing, unknown = Shades(False, 0.0, 0.0), np.full((FINE, FINE), np.nan)
        blank = _hatched(np.zeros((FINE, FINE, 4), np.uint8), np.ones((FINE, FINE), np.bool_), look)
        return Relief(surface, blank, unknown, (), math.nan, math.nan, (), nothing, nothing)
    low, high = float(surface.losses[finite].min()), float(surface.losses[finite].max())
    floor = max(low, high * _FLOOR)
    goal = _goal(low, high, floor, log, before)
    shades = goal if before is None else before.towards(goal, seconds)
    bottom, top = shades.ends
    values = np.where(finite, surface.losses, high)
    fine = _smooth(np.log10(np.maximum(values, floor)) if shades.log else values)
    share = np.clip((fine - bottom) / (top - bottom), 0.0, 1.0) if top > bottom else np.zeros_like(fine)
    missing = _smooth(np.where(finite, 0.0, 1.0)) > 0.5
    rgba = _hatched(look.surface(share), missing, look)[::-1]
    share[missing] = fine[missing] = np.nan
    axis = np.linspace(-surface.span, surface.span, FINE)
    levels = np.log10(log_levels(10**bottom, 10**top, LEVELS)) if shades.log else linear_levels(bottom, top, LEVELS)
    groups = level_lines(fine, axis, axis, levels)
    lines = [
        ((level - bottom) / (top - bottom), line) for level, group in zip(levels, groups, strict=True) for line in group
    ]
    return Relief(surface, rgba, share, tuple(lines), low, high, _ticks(bottom, top, shades.log), shades, goal)


def _goal(low: float, high: float, floor: float, log: bool | None, before: Shades | None) -> Shades:
    """The range that colours should have for losses from ``low`` to ``high``."""
    if log is None:
        log = high > floor * 10 ** (STAYS if before is not None and before.log else DECADES)
    if log and high > 0:
        return Shades(True, math.log10(floor), math.log10(high))
    return Shades(False, low, high)


def _smooth(values: Floats) -> Floats:
    """``values`` (n, n) on FINE × FINE points, by cubic convolution, without going beyond their range."""
    matrix = _matrix(len(values), FINE)
    return np.asarray(np.clip(matrix @ values @ matrix.T, values.min(), values.max()))


@lru_cache(maxsize=8)
def _matrix(n: int, m: int) -> Floats:
    """The (m, n) weights that interpolate n even points at m: Keys, "Cubic convolution interpolation", 1981, a = -1/2.

    Beyond the ends the values go on as a straight line.
    """
    at = np.linspace(0, n - 1, m)
    start = np.minimum(at.astype(np.int_), n - 2)
    t = at - start
    weights = np.stack([
        ((2 - t) * t - 1) * t / 2,
        ((3 * t - 5) * t * t + 2) / 2,
        ((4 - 3 * t) * t + 1) * t / 2,
        (t - 1) * t * t / 2,
    ])  # fmt: skip
    wide = np.zeros((m, n + 2))
    for k in range(4):
        wide[np.arange(m), start + k] += weights[k]
    matrix = wide[:, 1:-1].copy()
    # The value before the first is twice the first less the second, and likewise at the end.
    matrix[:, 0] += 2 * wide[:, 0]
    matrix[:, 1] -= wide[:, 0]
    matrix[:, -1] += 2 * wide[:, -1]
    matrix[:, -2] -= wide[:, -1]
    matrix.setflags(write=False)
    return matrix


def _hatched(rgba: npt.NDArray[np.uint8], where: npt.NDArray[np.bool_], look: Theme) -> npt.NDArray[np.uint8]:
    """``rgba`` with a neutral hatch ``where`` there is no finite value."""
    if where.any():
        diagonal = np.add.outer(np.arange(where.shape[0]), np.arange(where.shape[1]))
        stripe = diagonal % _HATCH < _HATCH // 2
        for token, mask in (("raised", where & ~stripe), ("hairline", where & stripe)):
            rgba[mask] = np.array(look.color(token).getRgb(), dtype=np.uint8)
    return rgba


def _ticks(bottom: float, top: float, log: bool) -> tuple[Tick, ...]:
    if top <= bottom:
        return ((0.0, number(bottom, 3)),)
    rows = ticks.logarithmic(bottom, top, 6) if log else ticks.linear(bottom, top, 5)
    return tuple(((at - bottom) / (top - bottom), text) for at, text in rows.major)
