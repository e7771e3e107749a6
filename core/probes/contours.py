"""Level lines of values on a grid, and the levels worth drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import contourpy
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Line = Floats
"""A polyline (m, 2)."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def level_lines(values: npt.ArrayLike, x: npt.ArrayLike, y: npt.ArrayLike, levels: Iterable[float]) -> list[list[Line]]:
    """For each of ``levels`` the polylines where ``values`` (n, m), linear between grid points, take it.

    Column j lies at ``x[j]`` and row i at ``y[i]``; no line runs through a cell with a value that is not finite.
    """
    z = np.ma.masked_invalid(np.asarray(values, dtype=np.float64))
    generator = contourpy.contour_generator(x=x, y=y, z=z, name="serial", line_type=contourpy.LineType.Separate)
    groups: list[Any] = [generator.lines(level) for level in levels]
    return [list(group) for group in groups]


def linear_levels(low: float, high: float, count: int) -> Floats:
    """At most about ``count`` round levels strictly between ``low`` and ``high``, evenly spaced."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return np.empty(0)
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor for factor in _STEPS if factor * power >= raw * (1 - 1e-9)) * power
    first, last = math.floor(low / step) + 1, math.ceil(high / step) - 1
    return np.arange(first, last + 1, dtype=np.float64) * step


def log_levels(low: float, high: float, count: int) -> Floats:
    """At most about ``count`` levels strictly between ``low`` and ``high``, both above 0, even in their logarithm."""
    if not 0 < low < high < math.inf:
        return np.empty(0)
    exponents = linear_levels(math.log10(low), math.log10(high), count)
    return np.asarray(10.0**exponents)
