"""Points that are pictures: tables whose columns are pixels, named by their row and their column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.data.plane import Floats
from core.spec import Column, Data

_NAME = re.compile(r"(\D*)(\d+)(\D+)(\d+)")
LEAST = 3
"""Rows and columns that make a picture, at least."""


def picture_shape(columns: Sequence[Column]) -> tuple[int, int] | None:
    """Rows and columns of the pictures whose pixels are ``columns``, row by row; None where they are not pixels.

    A pixel's name is its row and its column, alike in all but these: "pixel 1,1", "r0c0".
    """
    found = [_NAME.fullmatch(column.name) for column in columns]
    if not found or not all(found):
        return None
    parts = [match.groups() for match in found if match]
    places = [(int(row), int(column)) for _, row, _, column in parts]
    (top, left), (bottom, right) = places[0], places[-1]
    high, wide = bottom - top + 1, right - left + 1
    whole = [(top + k // wide, left + k % wide) for k in range(len(places))] if wide > 0 else []
    alike = len({(before, between) for before, _, between, _ in parts}) == 1
    return (high, wide) if alike and min(high, wide) >= LEAST and places == whole else None


def pictures(data: Data, x: npt.ArrayLike) -> Floats | None:
    """Places ``x`` (N, D) of the data as pictures (N, rows, columns), ink from 0 to 1; None where they are none.

    0 is the least number of all points, 1 the largest; what lies beyond is cut off.
    """
    shape = picture_shape(data.columns)
    points = data.points.x
    if shape is None or not len(points):
        return None
    low, high = float(points.min()), float(points.max())
    ink = (np.asarray(x, dtype=np.float64) - low) / ((high - low) or 1.0)
    return np.asarray(np.clip(ink, 0.0, 1.0).reshape(-1, *shape))
