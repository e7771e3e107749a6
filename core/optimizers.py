"""Optimizers: one row each, from a gradient to a step.

``coefficients(rate, t, settings)`` gives the numbers of step ``t`` = 1, 2, …; ``formula(f)`` gives the elementwise
``update(g, slots, c) -> (step, slots)``; the trainer then sets θ ← θ - step. State is explicit: ``slots`` names the
arrays, each of θ's shape and zero at first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.elementary import Elementary, Function
from core.tables import Setting, Table

Slots = tuple[Any, ...]


@dataclass(frozen=True)
class Optimizer:
    """A row: a name, its formula, its settings and what it remembers between steps."""

    name: str
    title: str
    help: str
    coefficients: Callable[[Any, int, dict[str, float]], tuple[Any, ...]]
    formula: Callable[[Elementary], Function]
    settings: tuple[Setting, ...] = ()
    slots: tuple[str, ...] = ()
    usual_rate: float = 0.03


def sgd(f: Elementary) -> Function:
    """Step = rate · g (Robbins & Monro 1951)."""

    def update(g: Any, slots: Slots, c: tuple[Any, ...]) -> tuple[Any, Slots]:
        (rate,) = c
        return rate * g, slots

    return update


def momentum(f: Elementary) -> Function:
    """V ← mu v + g, step = rate · v (Polyak 1964; as in Sutskever et al. 2013 with the rate outside)."""

    def update(g: Any, slots: Slots, c: tuple[Any, ...]) -> tuple[Any, Slots]:
        rate, mu = c
        (v,) = slots
        v = mu * v + g
        return rate * v, (v,)

    return update


def adam(f: Elementary) -> Function:
    """M ← b1 m + (1-b1) g, v ← b2 v + (1-b2) g², step = rate m̂ / (sqrt(v̂) + eps) (Kingma & Ba 2015, algorithm 1)."""
    sqrt = f.sqrt

    def update(g: Any, slots: Slots, c: tuple[Any, ...]) -> tuple[Any, Slots]:
        rate, beta1, rest1, beta2, rest2, root2, epsilon = c
        m, v = slots
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        return rate * m / (sqrt(v) * root2 + epsilon), (m, v)

    return update


def _adam_coefficients(rate: Any, t: int, s: dict[str, float]) -> tuple[Any, ...]:
    b1, b2 = s["beta1"], s["beta2"]
    return rate / (1.0 - b1**t), b1, 1.0 - b1, b2, 1.0 - b2, (1.0 - b2**t) ** -0.5, s["epsilon"]


_BETAS = (
    Setting("beta1", "Beta 1", 0.9, 0.0, 0.9999, help="Share of the old mean kept in each step."),
    Setting("beta2", "Beta 2", 0.999, 0.0, 0.999999, help="Share of the old mean square kept in each step."),
    Setting("epsilon", "Epsilon", 1e-8, 1e-16, 1.0, "log", help="Keeps the division from blowing up near zero."),
)

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    Optimizer("sgd", "SGD", "Plain gradient descent: one step down the batch's gradient.", lambda r, t, s: (r,), sgd),
    Optimizer(
        "momentum",
        "Momentum",
        "A heavy ball: past gradients carry it through ravines and over small bumps.",
        lambda r, t, s: (r, s["momentum"]),
        momentum,
        (Setting("momentum", "Momentum", 0.9, 0.0, 0.9999, help="Share of the velocity kept in each step."),),
        ("velocity",),
        0.01,
    ),
    Optimizer(
        "adam",
        "Adam",
        "Gives each weight a rate of its own, from the mean and spread of its gradients.",
        _adam_coefficients,
        adam,
        _BETAS,
        ("mean", "square"),
        0.003,
    ),
)
