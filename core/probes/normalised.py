"""What normalising does to a layer's sums at one sample, number by number, forwards and back.

Forwards ẑ = (z - mean) / sqrt(variance + ε) and u = γ ẑ + β, which is what the activation sees. Layer norm's mean and
variance are over the layer's units (Ba, Kiros & Hinton 2016, section 3). Batch norm's are the running ones, as in
predicting (Ioffe & Szegedy 2015, algorithm 2): one sample has no statistics of its own. The formulas are the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.engine.array import ArrayEngine
from core.layers import NORMS
from core.network import Layer

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Normalised:
    """One layer's normalisation at one sample; every array is (units,).

    ``inverse`` is 1 / sqrt(variance + ε) and ``normal`` ẑ; ``dgain``, ``dshift`` and ``pull`` are ∂J/∂γ, ∂J/∂β, which
    is ∂J/∂u too, and ∂J/∂ẑ. ``running`` says that mean and variance are numbers in θ, which z does not move; where it
    does, ``mean_pull`` and ``mean_product`` are the means over the units of ∂J/∂ẑ and of ẑ ∂J/∂ẑ. ``delta`` is ∂J/∂z.
    """

    running: bool
    mean: Floats
    variance: Floats
    inverse: Floats
    normal: Floats
    gain: Floats
    shift: Floats
    u: Floats
    dgain: Floats
    dshift: Floats
    pull: Floats
    mean_pull: float
    mean_product: float
    delta: Floats


def normalised(engine: ArrayEngine, layer: Layer, theta: Floats, gradient: Floats, z: Floats) -> Normalised | None:
    """The normalisation of sums ``z`` (units,) by ``layer`` at θ (P,), ``gradient`` (P,) there; None for none."""
    if layer.gain is None or layer.shift is None:
        return None
    row = NORMS[layer.norm]
    running = bool(row.statistics)
    if running:
        mean, variance = (layer.blocks[name].of(theta) for name in row.statistics)
    else:
        mean = np.full(len(z), z.mean())
        variance = np.full(len(z), np.square(z - mean).mean())
    inverse = np.asarray(engine.inverse(variance))
    normal = np.asarray(engine.standard(z, mean, inverse))
    (gain, shift), (dgain, dshift) = ((layer.gain.of(v), layer.shift.of(v)) for v in (theta, gradient))
    pull = gain * dshift
    mean_pull, mean_product = float(pull.mean()), float((pull * normal).mean())
    delta = dshift * (gain * inverse) if running else engine.back(pull, normal, inverse, mean_pull, mean_product)
    u = gain * normal + shift
    return Normalised(
        running, mean, variance, inverse, normal, gain, shift, u, dgain, dshift, pull, mean_pull, mean_product, delta
    )
