"""Where gradient descent stops being stable: the sharpness that a rate can bear, and the rate a sharpness can bear.

On a quadratic of curvature λ the error along its eigenvector follows a linear recurrence in the optimizer's own steps;
it dies out while λ · rate is under a number that the optimizer alone decides, 2 for plain descent. Full-batch training
tends to end up at that edge: Cohen, Kaur, Li, Kolter & Talwalkar, "Gradient Descent on Neural Networks Typically Occurs
at the Edge of Stability", 2021 (arXiv:2103.00065), whose section 2 and appendix B give the rows with momentum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.optimizers import OPTIMIZERS
from core.spec import Choice
from core.tables import settle

Settings = dict[str, float]


@dataclass(frozen=True)
class Edge:
    """``most`` is what sharpness · rate may come to, ``formula`` how the edge is written as a sharpness."""

    formula: str
    most: Callable[[Settings], float]


EDGES: dict[str, Edge] = {
    "sgd": Edge("2 / rate", lambda s: 2.0),
    "momentum": Edge("(2 + 2β) / rate", lambda s: 2.0 + 2.0 * s["momentum"]),
    "nesterov": Edge("(2 + 2β) / (1 + 2β) / rate", lambda s: (2.0 + 2.0 * s["momentum"]) / (1.0 + 2.0 * s["momentum"])),
}
"""The optimizers whose edge is one of the sharpness itself; that of the others is one of another, scaled Hessian."""


def edge(optimizer: Choice) -> tuple[str, float] | None:
    """How the edge of ``optimizer`` is written, and sharpness · rate there; None where the line does not hold."""
    row = EDGES.get(optimizer.name)
    if row is None:
        return None
    return row.formula, row.most(settle("training.optimizer", OPTIMIZERS[optimizer.name].settings, optimizer.settings))


def stability_limit(sharpness: float, optimizer: Choice) -> float | None:
    """The largest rate that full-batch ``optimizer`` bears at ``sharpness``; None where the line does not hold.

    Infinite where the sharpness is not positive: nothing there throws a step out.
    """
    found = edge(optimizer)
    if found is None or sharpness != sharpness:
        return None
    return found[1] / sharpness if sharpness > 0 else float("inf")
