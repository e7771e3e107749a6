"""Optimizers: one row each, from a gradient to a step.

``coefficients(rate, t, settings)`` gives the numbers of step ``t`` = 1, 2, … (or of many steps, for an array of them);
``formula(f)`` gives the elementwise ``update(theta, g, slots, c) -> (step, slots)``; the engine then sets
θ ← θ - step. State is explicit: ``slots`` names the arrays, each of θ's shape and zero at first. Where a paper leaves a
choice, it is the one of PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import updates
from core.elementary import Elementary, Function
from core.tables import Setting, Table
from core.updates import Numbers, Settings


@dataclass(frozen=True)
class Optimizer:
    """A row: a name, its formula, its settings and what it remembers between steps.

    One that takes the ``whole`` training set in each step, whatever the batch, has no formula: it is no elementwise
    update, and ``core.engine.lbfgs`` does it.
    """

    name: str
    title: str
    help: str
    coefficients: Callable[[Any, Any, Settings], Numbers]
    formula: Callable[[Elementary], Function] | None
    settings: tuple[Setting, ...] = ()
    slots: tuple[str, ...] = ()
    usual_rate: float = 0.03
    whole: bool = False
    source: str = ""


def _beta1(default: float = 0.9) -> Setting:
    return Setting("beta1", "Beta 1", default, 0.0, 0.9999, help="Share of the old mean kept in each step.")


def _beta2(default: float = 0.999, of: str = "mean square") -> Setting:
    return Setting("beta2", "Beta 2", default, 0.0, 0.999999, help=f"Share of the old {of} kept in each step.")


def _epsilon(default: float = 1e-8) -> Setting:
    return Setting(
        "epsilon", "Epsilon", default, 1e-16, 1.0, "log", help="Keeps the division from blowing up near zero."
    )


def _momentum(default: float) -> Setting:
    return Setting("momentum", "Momentum", default, 0.0, 0.9999, help="Share of the velocity kept in each step.")


def _rho(default: float) -> Setting:
    return Setting("rho", "Rho", default, 0.0, 0.9999, help="Share of the old mean square kept in each step.")


def _decay(default: float) -> Setting:
    help = "Each step also takes rate · decay · θ off every weight and bias, past the means."
    return Setting("weight_decay", "Own weight decay", default, 0.0, 10.0, help=help)


MEMORY = 10
"""Pairs of steps and changes of the gradient that L-BFGS can keep."""
_PAIRS = (*(f"step{i + 1}" for i in range(MEMORY)), *(f"change{i + 1}" for i in range(MEMORY)), "move", "gradient")
"""The pairs, newest first, zero where there is none; then the last step, and the gradient before it."""

_ADAM = (_beta1(), _beta2(), _epsilon())

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    Optimizer(
        "sgd", "SGD", "Plain gradient descent: one step down the batch's gradient.", lambda r, t, s: (r,), updates.sgd
    ),
    Optimizer(
        "momentum",
        "Momentum",
        "A heavy ball: past gradients carry it through ravines and over small bumps.",
        lambda r, t, s: (r, s["momentum"]),
        updates.momentum,
        (_momentum(0.9),),
        ("velocity",),
        0.01,
    ),
    Optimizer(
        "nesterov",
        "Nesterov",
        "Momentum that looks ahead: the gradient counts as if taken where the ball will be, so it brakes sooner.",
        lambda r, t, s: (r, s["momentum"]),
        updates.nesterov,
        (_momentum(0.9),),
        ("velocity",),
        0.01,
    ),
    Optimizer(
        "adagrad",
        "Adagrad",
        "Divides each weight's rate by the root of all its squared gradients so far: steps only ever get smaller.",
        lambda r, t, s: (r / (1.0 + (t - 1) * s["rate_decay"]), s["epsilon"]),
        updates.adagrad,
        (
            Setting("rate_decay", "Rate decay", 0.0, 0.0, 1.0, help="The rate is divided by 1 + this · steps taken."),
            _epsilon(1e-10),
        ),
        ("square",),
        0.05,
    ),
    Optimizer(
        "adadelta",
        "Adadelta",
        "Scales each weight's gradient by how far it lately moved over how steep it lately was; the rate is usually 1.",
        lambda r, t, s: (r, s["rho"], 1.0 - s["rho"], s["epsilon"]),
        updates.adadelta,
        (_rho(0.9), _epsilon(1e-6)),
        ("square", "moved"),
        1.0,
    ),
    Optimizer(
        "rmsprop",
        "RMSprop",
        "Divides each weight's gradient by its usual size of late, so that flat and steep ones move alike.",
        lambda r, t, s: (r, s["rho"], 1.0 - s["rho"], s["epsilon"], s["momentum"]),
        updates.rmsprop,
        (_rho(0.99), _epsilon(), _momentum(0.0)),
        ("square", "velocity"),
        0.003,
    ),
    Optimizer(
        "adam",
        "Adam",
        "Gives each weight a rate of its own, from the mean and spread of its gradients.",
        updates.adam_numbers,
        updates.adam,
        _ADAM,
        ("mean", "square"),
        0.003,
    ),
    Optimizer(
        "adamw",
        "AdamW",
        "Adam, with a decay that pulls every weight towards zero by the same share, whatever its gradients are.",
        updates.adamw_numbers,
        updates.adamw,
        (*_ADAM, _decay(0.01)),
        ("mean", "square"),
        0.003,
    ),
    Optimizer(
        "amsgrad",
        "AMSGrad",
        "Adam that divides by the largest spread so far, so that a rate once lowered stays low.",
        updates.adam_numbers,
        updates.amsgrad,
        _ADAM,
        ("mean", "square", "largest"),
        0.003,
    ),
    Optimizer(
        "adamax",
        "Adamax",
        "Adam with the largest recent gradient in place of the mean square: steadier when a few gradients are huge.",
        updates.adamax_numbers,
        updates.adamax,
        (_beta1(), _beta2(of="largest gradient"), _epsilon()),
        ("mean", "largest"),
        0.005,
    ),
    Optimizer(
        "nadam",
        "NAdam",
        "Adam with Nesterov's look ahead, and a momentum that grows slowly.",
        updates.nadam_numbers,
        updates.nadam,
        (
            *_ADAM,
            Setting(
                "momentum_decay",
                "Momentum growth",
                0.004,
                0.0,
                1.0,
                help="How fast the momentum grows from half of beta 1 towards beta 1.",
            ),
        ),
        ("mean", "square"),
        0.003,
    ),
    Optimizer(
        "radam",
        "RAdam",
        "Adam that trusts the spread of the gradients only once it has seen enough of them: a warm-up of its own.",
        updates.radam_numbers,
        updates.radam,
        _ADAM,
        ("mean", "square"),
        0.003,
    ),
    Optimizer(
        "lion",
        "Lion",
        "Moves every weight by the same amount, up or down by the sign of its mean gradient; wants a small rate.",
        updates.lion_numbers,
        updates.lion,
        (_beta1(), _beta2(0.99, "mean"), _decay(0.0)),
        ("mean",),
        0.0005,
    ),
    Optimizer(
        "lbfgs",
        "L-BFGS",
        "Learns the curvature from its last steps and searches along each; on all samples, whatever the batch. Rate 1.",
        lambda r, t, s: (r,),
        None,
        (
            Setting(
                "memory",
                "Memory",
                float(MEMORY),
                1.0,
                float(MEMORY),
                unit="steps",
                help="How many of the last steps the curvature is learnt from.",
                whole=True,
            ),
        ),
        _PAIRS,
        1.0,
        whole=True,
        source="Step = t H g, H g by two loops over the last pairs, t halved from the rate until Armijo's condition "
        "holds (Liu & Nocedal 1989; Nocedal & Wright 2006, algorithms 7.4, 7.5 and 3.1).",
    ),
)
