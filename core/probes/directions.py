"""Planes in the space of θ: a centre and two directions, and where other θ lie seen from there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.network import Network

Floats = npt.NDArray[np.float64]

_STREAM = 0x504C414E45
"""Keeps these draws apart from the initial weights', which have seeds of their own."""


@dataclass(frozen=True, eq=False)
class Plane:
    """θ(α, β) = centre + α · directions[0] + β · directions[1]; arrays are float64 and read-only.

    ``centre`` is (P,), ``directions`` (2, P), ``seed`` what the directions were drawn from.
    """

    centre: Floats
    directions: Floats
    seed: int

    def __post_init__(self) -> None:
        for array in (self.centre, self.directions):
            array.setflags(write=False)

    def at(self, coordinates: npt.ArrayLike) -> Floats:
        """θ (…, P) at (α, β) ``coordinates`` (…, 2)."""
        theta: Floats = self.centre + np.asarray(coordinates, dtype=np.float64) @ self.directions
        return theta

    def project(self, thetas: npt.ArrayLike) -> tuple[Floats, Floats]:
        """The nearest points of the plane to ``thetas`` (T, P): coordinates (T, 2), and distances ‖θ − nearest‖ (T,).

        By least squares, because the two directions are not at right angles in general.
        """
        offsets = np.asarray(thetas, dtype=np.float64) - self.centre
        coordinates = offsets @ np.linalg.pinv(self.directions)
        rest = offsets - coordinates @ self.directions
        return coordinates, np.linalg.norm(rest, axis=1)


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
