"""How weights begin: one row each; biases begin at zero."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.tables import Setting, Table

Draw = Callable[[np.random.Generator, int, int, dict[str, float]], npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Initializer:
    """A row: ``draw(rng, fan_out, fan_in, settings)`` gives a weight matrix (fan_out, fan_in) in float64."""

    name: str
    title: str
    help: str
    draw: Draw
    settings: tuple[Setting, ...] = ()
    source: str = ""


def _uniform(limit: Callable[[int, int], float]) -> Draw:
    def draw(rng: np.random.Generator, fan_out: int, fan_in: int, settings: dict[str, float]) -> Any:
        a = limit(fan_out, fan_in)
        return rng.uniform(-a, a, (fan_out, fan_in))

    return draw


def _normal(deviation: Callable[[int, int], float]) -> Draw:
    def draw(rng: np.random.Generator, fan_out: int, fan_in: int, settings: dict[str, float]) -> Any:
        return rng.normal(0.0, deviation(fan_out, fan_in), (fan_out, fan_in))

    return draw


def _constant(rng: np.random.Generator, fan_out: int, fan_in: int, settings: dict[str, float]) -> Any:
    return np.full((fan_out, fan_in), settings.get("value", 0.0))


def _orthogonal(rng: np.random.Generator, fan_out: int, fan_in: int, settings: dict[str, float]) -> Any:
    tall = rng.normal(size=(max(fan_out, fan_in), min(fan_out, fan_in)))
    q, r = np.linalg.qr(tall)
    # With the signs of r's diagonal given back, every orthogonal matrix is as likely as any other (Mezzadri 2007).
    q = q * np.where(np.diag(r) < 0.0, -1.0, 1.0)
    return settings["gain"] * (q if fan_out >= fan_in else q.T)


def _plain_uniform(rng: np.random.Generator, fan_out: int, fan_in: int, settings: dict[str, float]) -> Any:
    return rng.uniform(-settings["limit"], settings["limit"], (fan_out, fan_in))


def _plain_normal(rng: np.random.Generator, fan_out: int, fan_in: int, settings: dict[str, float]) -> Any:
    return rng.normal(0.0, settings["deviation"], (fan_out, fan_in))


_BOOK = "Goodfellow, Bengio & Courville 2016, section 8.4."

INITIALIZERS: Table[Initializer] = Table(
    "initializer",
    Initializer(
        "glorot_uniform",
        "Glorot uniform",
        "Uniform within sqrt(6 / (in + out)): keeps signals level through tanh (Glorot & Bengio 2010, eq. 16).",
        _uniform(lambda fan_out, fan_in: math.sqrt(6.0 / (fan_in + fan_out))),
    ),
    Initializer(
        "glorot_normal",
        "Glorot normal",
        "Normal with variance 2 / (in + out) (Glorot & Bengio 2010, eq. 12).",
        _normal(lambda fan_out, fan_in: math.sqrt(2.0 / (fan_in + fan_out))),
    ),
    Initializer(
        "he_uniform",
        "He uniform",
        "Uniform within sqrt(6 / in): makes up for the half that ReLU drops (He et al. 2015, eq. 10).",
        _uniform(lambda fan_out, fan_in: math.sqrt(6.0 / fan_in)),
    ),
    Initializer(
        "he_normal",
        "He normal",
        "Normal with variance 2 / in (He et al. 2015, eq. 10).",
        _normal(lambda fan_out, fan_in: math.sqrt(2.0 / fan_in)),
    ),
    Initializer(
        "lecun_uniform",
        "LeCun uniform",
        "Uniform within sqrt(3 / in): sums of unit variance from inputs of unit variance (LeCun et al. 1998, eq. 16).",
        _uniform(lambda fan_out, fan_in: math.sqrt(3.0 / fan_in)),
    ),
    Initializer(
        "lecun_normal",
        "LeCun normal",
        "Normal with variance 1 / in, as SELU needs it (LeCun et al. 1998, eq. 16; Klambauer et al. 2017).",
        _normal(lambda fan_out, fan_in: math.sqrt(1.0 / fan_in)),
    ),
    Initializer(
        "orthogonal",
        "Orthogonal",
        "Rows or columns at right angles and of one length, so that no direction is lost or swells (Saxe et al. 2014).",
        _orthogonal,
        (Setting("gain", "Gain", 1.0, 0.0, 100.0, help="Length of rows or columns, whichever are fewer."),),
    ),
    Initializer(
        "uniform",
        "Uniform",
        "Uniform between -limit and limit, whatever the layer's size.",
        _plain_uniform,
        (Setting("limit", "Limit", 1.0, 0.0, 100.0, help="Weights lie between minus and plus this."),),
        source=_BOOK,
    ),
    Initializer(
        "normal",
        "Normal",
        "Normal with the given deviation, whatever the layer's size.",
        _plain_normal,
        (Setting("deviation", "Deviation", 0.1, 0.0, 100.0, help="Standard deviation of the weights."),),
        source=_BOOK,
    ),
    Initializer(
        "constant",
        "Constant",
        "Every weight the same: all units of a layer compute the same, get the same gradient, and stay one unit.",
        _constant,
        (Setting("value", "Value", 0.5, -100.0, 100.0, help="What every weight begins with."),),
        source=_BOOK,
    ),
    Initializer(
        "zeros",
        "Zeros",
        "Every weight zero: nothing passes through, forwards or back, and most networks never learn. Try it.",
        _constant,
        source=_BOOK,
    ),
)
