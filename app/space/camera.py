"""Where a box is looked at from, and where that puts its points on the screen.

The projection is parallel: equal heights look equally tall wherever they stand, so that they can be compared by eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF

Floats = npt.NDArray[np.float64]

TALL = 0.9
"""How tall the box is, where its floor is 2 by 2."""
LOWEST, HIGHEST = math.radians(4), math.radians(89)
NEAREST, FARTHEST = 8.0, 0.4


@dataclass(frozen=True)
class Camera:
    """A direction to look in, in radians, with a ``zoom`` and a ``shift`` of the picture in design pixels.

    ``azimuth`` is the angle from the first axis to the way that leads away from the viewer over the floor;
    ``elevation`` is how steeply one looks down.
    """

    azimuth: float = math.radians(62)
    elevation: float = math.radians(36)
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)

    def turned(self, azimuth: float, elevation: float) -> Camera:
        """Turned by so many radians, never to below the floor or over the top."""
        tilt = min(max(self.elevation + elevation, LOWEST), HIGHEST)
        return replace(self, azimuth=math.remainder(self.azimuth + azimuth, math.tau), elevation=tilt)

    def zoomed(self, factor: float) -> Camera:
        """So many times nearer."""
        return replace(self, zoom=min(max(self.zoom * factor, FARTHEST), NEAREST))

    def panned(self, right: float, down: float) -> Camera:
        """With the picture moved by so many design pixels."""
        return replace(self, shift=(self.shift[0] + right, self.shift[1] + down))

    @property
    def away(self) -> tuple[float, float]:
        """The direction on the floor that leads away from the viewer."""
        return math.cos(self.azimuth), math.sin(self.azimuth)

    @property
    def right(self) -> tuple[float, float]:
        """The direction on the floor that leads to the right."""
        return math.sin(self.azimuth), -math.cos(self.azimuth)


@dataclass(frozen=True)
class Lens:
    """A camera in front of a picture: ``scale`` pixels for a length of 1, the middle of the box at (x, y) pixels."""

    camera: Camera
    scale: float
    x: float
    y: float

    @classmethod
    def fitted(cls, camera: Camera, room: QRectF, unit: float = 1.0) -> Lens:
        """Such that the box stays inside ``room`` however it is turned, at zoom 1; a design pixel is ``unit`` pixels.

        The reach of the box upwards and downwards is √2 sin(elevation) + TALL/2 cos(elevation), sideways √2.
        """
        tall = math.sqrt(2) * math.sin(camera.elevation) + TALL / 2 * math.cos(camera.elevation)
        scale = min(room.width() / math.sqrt(2), room.height() / tall) / 2 * camera.zoom
        middle = room.center()
        return cls(camera, max(scale, 1.0), middle.x() + camera.shift[0] * unit, middle.y() + camera.shift[1] * unit)

    def see(self, points: npt.ArrayLike) -> Floats:
        """Pixels right, pixels down and the way over the floor away from the viewer (…, 3) of ``points`` (…, 3).

        A point is (-1 to 1, -1 to 1, 0 to 1): floor coordinates, and the height as a share of the box's.
        """
        at = np.asarray(points, dtype=np.float64)
        (right_x, right_y), (away_x, away_y) = self.camera.right, self.camera.away
        side = at[..., 0] * right_x + at[..., 1] * right_y
        away = at[..., 0] * away_x + at[..., 1] * away_y
        up = (at[..., 2] - 0.5) * (TALL * math.cos(self.camera.elevation)) + away * math.sin(self.camera.elevation)
        return np.stack([self.x + side * self.scale, self.y - up * self.scale, away], axis=-1)

    def floor(self, x: float, away: Any) -> tuple[Any, Any]:
        """The floor coordinates of what is seen in column ``x``, so far ``away``: numbers or arrays."""
        side = (x - self.x) / self.scale
        (right_x, right_y), (away_x, away_y) = self.camera.right, self.camera.away
        return side * right_x + away * away_x, side * right_y + away * away_y

    @property
    def reach(self) -> tuple[float, float]:
        """How many pixels the box reaches from its middle sideways, and up and down."""
        right, tilt = self.camera.right, self.camera.elevation
        side = abs(right[0]) + abs(right[1])
        far = sum(abs(part) for part in self.camera.away)
        return side * self.scale, (far * math.sin(tilt) + TALL / 2 * math.cos(tilt)) * self.scale

    def point(self, at: tuple[float, float, float]) -> QPointF:
        """The pixel of one point, as ``see`` has it for many."""
        x, y, height = at
        (right_x, right_y), (away_x, away_y), tilt = self.camera.right, self.camera.away, self.camera.elevation
        side, away = x * right_x + y * right_y, x * away_x + y * away_y
        up = (height - 0.5) * TALL * math.cos(tilt) + away * math.sin(tilt)
        return QPointF(self.x + side * self.scale, self.y - up * self.scale)

    def scaled(self, ratio: float) -> Lens:
        """The same in pixels ``ratio`` times as many."""
        return Lens(self.camera, self.scale * ratio, self.x * ratio, self.y * ratio)
