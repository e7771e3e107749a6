"""What a hidden layer may do beside its sums and its activation: normalise them; one row each, and the maths of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core.elementary import Elementary
from core.tables import Table

EPSILON = 1e-5
"""What is added to a variance before its root is taken, as in PyTorch."""
MOMENTUM = 0.1
"""How far running statistics go towards a batch's in each step, as in PyTorch."""

Formula = tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]

_SCALE = (("gain", 1.0), ("shift", 0.0))


@dataclass(frozen=True)
class Norm:
    """A row: sums z are made to have mean 0 and variance 1 ``over`` the samples or the units, then γ ẑ + β.

    ``blocks`` are the numbers in θ that it adds to each unit, in order, and what they begin with. Those that have
    nothing to do with a gradient, but follow what training sees, are the ``statistics``.
    """

    name: str
    title: str
    help: str
    source: str = ""
    over: Literal["nothing", "samples", "units"] = "nothing"
    blocks: tuple[tuple[str, float], ...] = ()
    statistics: tuple[str, ...] = ()


def standardising(f: Elementary) -> Formula:
    """The maths of every row: ``inverse`` 1 / sqrt(variance + ε), ``value`` ẑ, and ``slope`` dL/dz.

    ẑ = (z - mean) · inverse; with d = dL/dẑ, dL/dz = inverse · (d - mean(d) - ẑ · mean(d ẑ)), the means over what ẑ is
    normalised over (Ioffe & Szegedy 2015, section 3; Ba, Kiros & Hinton 2016, section 3). What is the same for all of
    that, as γ is for samples, may as well be a factor of ``inverse`` as of d.
    """
    one, epsilon, sqrt = f.real(1.0), f.real(EPSILON), f.sqrt

    def inverse(variance: Any) -> Any:
        return one / sqrt(variance + epsilon)

    def value(z: Any, mean: Any, inverse: Any) -> Any:
        return (z - mean) * inverse

    def slope(d: Any, normal: Any, inverse: Any, mean: Any, product: Any) -> Any:
        return inverse * (d - mean - normal * product)

    return inverse, value, slope


NORMS: Table[Norm] = Table(
    "normalisation",
    Norm("none", "None", "The sums reach the activation as they are."),
    Norm(
        "batch",
        "Batch",
        "Each unit's sums get mean 0 and variance 1 over the batch (Ioffe & Szegedy 2015); "
        "beyond training, by running averages of both.",
        "Ioffe & Szegedy, “Batch Normalization”, 2015 (arXiv:1502.03167), algorithms 1 and 2",
        "samples",
        (*_SCALE, ("mean", 0.0), ("variance", 1.0)),
        ("mean", "variance"),
    ),
    Norm(
        "layer",
        "Layer",
        "Each sample's sums get mean 0 and variance 1 over the layer's units, in training and beyond "
        "(Ba, Kiros & Hinton 2016).",
        "Ba, Kiros & Hinton, “Layer Normalization”, 2016 (arXiv:1607.06450), section 3",
        "units",
        _SCALE,
    ),
)
