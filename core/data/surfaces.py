"""The clean surfaces of the regression sets: the value, about -1 to 1, at each place of the plane, before scatter."""

from __future__ import annotations

import numpy as np

from core.data import DOMAIN
from core.data.plane import Floats

CENTRES = np.array([[-4.0, 2.5], [0.0, 2.5], [4.0, 2.5], [-4.0, -2.5], [0.0, -2.5], [4.0, -2.5]])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def plane(x: Floats) -> Floats:
    """(x₁ + x₂) / 12: from -1 in the lower left corner to 1 in the upper right; x (N, 2), values (N,)."""
    return (x[:, 0] + x[:, 1]) / (2.0 * DOMAIN)


def multi_gaussian(x: Floats) -> Floats:
    """Six bells exp(-d² / 2) of alternating sign at TensorFlow Playground's six centres; x (N, 2), values (N,)."""
    square = ((x[:, None, :] - CENTRES) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * square) @ SIGNS)


def sine_radius(x: Floats) -> Floats:
    """sin(r) with r the distance from the middle: ripples; x (N, 2), values (N,)."""
    return np.asarray(np.sin(np.hypot(x[:, 0], x[:, 1])))
