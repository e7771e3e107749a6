"""A height field to be looked at, and the light that falls on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from app.space.camera import TALL, Camera

RGBA = npt.NDArray[np.uint8]
Singles = npt.NDArray[np.float32]

LIGHT = (-0.5, -0.45, 0.74)
"""Where the light comes from, to the right of the viewer, away from him, and upwards."""
STRENGTH = 0.55
DARKEST, BRIGHTEST = 0.55, 1.12
"""How far light and shade may go; the floor's own direction keeps its colour, so that a scale can be read."""
UNDERSIDE = 0.62


@dataclass(frozen=True, eq=False)
class Field:
    """Heights (n, n), 0 to 1, at even places over the floor, the first row at y = -1; colours (n, n, 4) of the same.

    Raises ValueError when a height is not finite or the shapes do not fit.
    """

    heights: Singles
    colors: RGBA

    def __post_init__(self) -> None:
        n = len(self.heights)
        if self.heights.shape != (n, n) or self.colors.shape != (n, n, 4) or n < 2:
            raise ValueError(f"heights {self.heights.shape} and colours {self.colors.shape} are no field")
        if not np.isfinite(self.heights).all():
            raise ValueError("a height is not finite")

    @cached_property
    def normals(self) -> Singles:
        """Unit vectors (n, n, 3) that stand on the surface, by central differences."""
        step = 2.0 / (len(self.heights) - 1)
        down, along = np.gradient(self.heights * np.float32(TALL), np.float32(step))
        normals = np.stack([-along, -down, np.ones_like(along)], axis=-1)
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        return np.asarray(normals, dtype=np.float32)

    def lit(self, camera: Camera) -> Singles:
        """Red, green and blue (n, n, 3), 0 to 255, under a light that stays with the viewer.

        1 + STRENGTH (N·L - L_z), within bounds: Lambert's law, moved so that level ground keeps its colour.
        """
        light = toward_light(camera)
        factor = 1.0 + STRENGTH * (self.normals @ light.astype(np.float32) - np.float32(light[2]))
        np.clip(factor, DARKEST, BRIGHTEST, out=factor)
        lit = self.colors[..., :3].astype(np.float32)
        lit *= factor[..., np.newaxis]
        return np.minimum(lit, np.float32(255), out=lit)

    def at(self, x: float, y: float) -> float:
        """The height at a place of the floor, bilinear; NaN outside."""
        last = len(self.heights) - 1
        column, row = (x + 1) / 2 * last, (y + 1) / 2 * last
        if not (0 <= column <= last and 0 <= row <= last):
            return math.nan
        i, j = min(int(row), last - 1), min(int(column), last - 1)
        across, up = column - j, row - i
        corners = self.heights[i : i + 2, j : j + 2].astype(np.float64)
        return float(np.array([1 - up, up]) @ corners @ np.array([1 - across, across]))

    def many(self, at: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The heights (…,) at ``at`` (…, 2), bilinear; the edge's outside."""
        last = len(self.heights) - 1
        place = np.fmin(np.fmax((np.asarray(at, dtype=np.float64) + 1) / 2 * last, 0), last)
        j, i = np.moveaxis(np.minimum(place.astype(np.intp), last - 1), -1, 0)
        across, up = place[..., 0] - j, place[..., 1] - i
        z = self.heights
        near = z[i, j] * (1 - across) + z[i, j + 1] * across
        far = z[i + 1, j] * (1 - across) + z[i + 1, j + 1] * across
        return np.asarray(near * (1 - up) + far * up)


def toward_light(camera: Camera) -> npt.NDArray[np.float64]:
    """The unit vector (3,) from the surface to the light."""
    (right_x, right_y), (away_x, away_y) = camera.right, camera.away
    side, far, up = LIGHT
    way = np.array([side * right_x + far * away_x, side * right_y + far * away_y, up])
    return way / np.linalg.norm(way)
