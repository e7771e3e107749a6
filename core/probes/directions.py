"""Planes in the space of θ: a centre and two directions, and where other θ lie seen from there."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.network import Network

Floats = npt.NDArray[np.float64]

_STREAM = 0x504C414E45
"""Keeps these draws apart from the initial weights', which have seeds of their own."""


@dataclass(frozen=True)
class Axis:
    """What the numbers along a direction are: ``zero`` + coordinate · ``unit``.

    ``explained`` is the share of squared distances along it of what ``title`` says, NaN where it explains nothing;
    else ``title`` says where it leads. ``curvature`` is the Hessian's eigenvalue of an eigenvector, NaN of any other.
    ``index`` is the one place in θ that it moves, None where it moves many.
    """

    title: str
    short: str
    unit: float = 1.0
    zero: float = 0.0
    explained: float = math.nan
    index: int | None = None
    curvature: float = math.nan


@dataclass(frozen=True)
class Spot:
    """A named place in a plane."""

    name: str
    at: tuple[float, float]


RANDOM_AXES = (Axis("filter-normalised direction 1", "α"), Axis("filter-normalised direction 2", "β"))


@dataclass(frozen=True, eq=False)
class Plane:
    """θ(α, β) = centre + α · directions[0] + β · directions[1]; arrays are float64 and read-only.

    ``centre`` is (P,), ``directions`` (2, P), ``seed`` what the directions were drawn from. ``origin`` (P,) is the θ it
    was laid through, from which the path's reach is measured: the centre, unless the view was moved within the plane.
    ``uncounted`` (P,) says which numbers of θ add nothing to a distance: running statistics that the plane leaves as
    they are. None where all count.
    """

    centre: Floats
    directions: Floats
    seed: int = 0
    axes: tuple[Axis, Axis] = RANDOM_AXES
    spots: tuple[Spot, ...] = ()
    origin: Floats = field(default=None)  # type: ignore[arg-type]
    uncounted: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.origin is None:
            object.__setattr__(self, "origin", self.centre)
        for array in (self.centre, self.directions, self.origin):
            array.setflags(write=False)

    def at(self, coordinates: npt.ArrayLike, dtype: npt.DTypeLike = np.float64) -> npt.NDArray[Any]:
        """θ (…, P) at (α, β) ``coordinates`` (…, 2), computed in ``dtype``."""
        theta: npt.NDArray[Any] = np.asarray(coordinates, dtype=dtype) @ self.directions.astype(dtype, copy=False)
        theta += self.centre.astype(dtype, copy=False)
        return theta

    def project(self, thetas: npt.ArrayLike) -> tuple[Floats, Floats]:
        """The nearest points of the plane to ``thetas`` (T, P): coordinates (T, 2), and distances ‖θ − nearest‖ (T,).

        By least squares, because the two directions are not at right angles in general.
        """
        offsets = np.asarray(thetas, dtype=np.float64) - self.centre
        coordinates = self.along(offsets)
        rest = offsets - coordinates @ self.directions
        return coordinates, self._lengths(rest)

    def reaches(self, thetas: npt.ArrayLike) -> Floats:
        """How far ``thetas`` (T, P) are from the origin, as ‖θ − origin‖ (T,)."""
        return self._lengths(np.asarray(thetas, dtype=np.float64) - self.origin)

    def _lengths(self, vectors: Floats) -> Floats:
        counted = vectors if self.uncounted is None else vectors[..., ~self.uncounted]
        return np.asarray(np.linalg.norm(counted, axis=-1))

    def along(self, vectors: npt.ArrayLike) -> Floats:
        """Coordinates (…, 2) of the plane's own vectors nearest to ``vectors`` (…, P)."""
        coordinates: Floats = np.asarray(vectors, dtype=np.float64) @ np.linalg.pinv(self.directions)
        return coordinates

    def numbers(self, coordinates: npt.ArrayLike) -> Floats:
        """What the axes say at ``coordinates`` (…, 2)."""
        units, zeros = [axis.unit for axis in self.axes], [axis.zero for axis in self.axes]
        return np.asarray(coordinates, dtype=np.float64) * units + zeros

    def moved(self, shift: npt.ArrayLike) -> Plane:
        """The same plane with its centre at the coordinates ``shift`` (2,)."""
        by = np.asarray(shift, dtype=np.float64)
        zeros = self.numbers(by)
        axes = (replace(self.axes[0], zero=float(zeros[0])), replace(self.axes[1], zero=float(zeros[1])))
        spots = tuple(Spot(spot.name, (spot.at[0] - float(by[0]), spot.at[1] - float(by[1]))) for spot in self.spots)
        return replace(self, centre=self.at(by), axes=axes, spots=spots)


def filter_normalised(network: Network, theta: npt.ArrayLike, seed: int, count: int = 2) -> Floats:
    """``count`` random directions (count, P), each neuron's incoming weights as long as that neuron's own in ``theta``.

    Drawn from a normal distribution, row by row scaled to the norm of the same row of W, so that a step of 1 changes
    every neuron by as much as it is large, whatever the scale of its weights; zero in all else: biases, and what
    normalises. Li, Xu, Taylor, Studer &
    Goldstein, "Visualizing the Loss Landscape of Neural Nets", 2018, section 4 (arXiv:1712.09913).
    """
    own = np.asarray(theta, dtype=np.float64)
    directions = np.zeros((count, network.parameters))
    for layer in network.layers:
        rng = np.random.default_rng((_STREAM, seed, layer.id))
        drawn = rng.standard_normal((count, layer.units, layer.fan_in))
        drawn /= np.linalg.norm(drawn, axis=-1, keepdims=True)
        layer.weight.of(directions)[...] = drawn * np.linalg.norm(layer.weight.of(own), axis=-1, keepdims=True)
    return directions


def random_plane(network: Network, theta: npt.ArrayLike, seed: int) -> Plane:
    """The plane through ``theta`` (P,) along two filter-normalised directions drawn from ``seed``."""
    return Plane(np.array(theta, dtype=np.float64), filter_normalised(network, theta, seed), seed)
