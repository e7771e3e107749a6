"""Schedules: one row each, from the base rate and the place in the run to the rate of a step.

``rate(base, t, steps_per_epoch, settings)`` gives the rates of the steps ``t`` (n,) = 0, 1, 2, …, counted from the
end of the warm-up; all lengths are in epochs, so that another batch size stretches no schedule. A row that
``follows_loss`` is multiplied by a scale that ``reduced`` moves at the end of each epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct
from msgspec.structs import replace

from core.spec import Training
from core.tables import Setting, Table, settle

Rates = npt.NDArray[np.float64]
Settings = dict[str, float]


@dataclass(frozen=True)
class Schedule:
    """A row: a name, its formula and its settings."""

    name: str
    title: str
    help: str
    rate: Callable[[float, Any, float, Settings], Any]
    settings: tuple[Setting, ...] = ()
    follows_loss: bool = False
    source: str = ""


def constant(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Rate = base (Goodfellow, Bengio & Courville 2016, section 8.3.1)."""
    return np.full(np.shape(t), base)


def step(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Rate = base · factor^⌊t / every⌋ (PyTorch's StepLR, step_size = ``every`` in steps)."""
    return base * s["factor"] ** np.floor(t / (s["every"] * steps_per_epoch))


def exponential(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Rate = base · factor^epochs, falling within the epoch, too (PyTorch's ExponentialLR at each epoch's end)."""
    return base * s["factor"] ** (t / steps_per_epoch)


def cosine(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Half a cosine from base to its floor, and on at the floor (Loshchilov & Hutter 2017, equation 5; one period)."""
    return _cosine(base, s["floor"] * base, np.minimum(t / (s["epochs"] * steps_per_epoch), 1.0))


def cosine_restarts(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Cosine, back to base after each period, each ``longer`` times the last (Loshchilov & Hutter 2017, eq. 5)."""
    first, longer = s["epochs"] * steps_per_epoch, s["longer"]
    if longer == 1.0:
        return _cosine(base, s["floor"] * base, np.mod(t, first) / first)

    def start(n: Any) -> Any:
        return first * (longer**n - 1.0) / (longer - 1.0)

    n = np.floor(np.log1p(t / first * (longer - 1.0)) / np.log(longer))
    # The logarithm may fall a rounding short of a whole number, or beyond it.
    n = n + (t >= start(n + 1.0)) - (t < start(n))
    return _cosine(base, s["floor"] * base, (t - start(n)) / (first * longer**n))


def _cosine(high: Any, low: Any, share: Any) -> Any:
    """From high at share 0 to low at share 1."""
    return low + (high - low) * (1.0 + np.cos(np.pi * share)) / 2.0


def linear(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """A straight line from base to ``end`` · base, and on at that (PyTorch's LinearLR, start_factor = 1)."""
    return base * (1.0 + (s["end"] - 1.0) * np.minimum(t / (s["epochs"] * steps_per_epoch), 1.0))


def polynomial(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Rate = base · (1 - t / length)^power, zero beyond (PyTorch's PolynomialLR)."""
    return base * (1.0 - np.minimum(t / (s["epochs"] * steps_per_epoch), 1.0)) ** s["power"]


def one_cycle(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """Up to base and down to almost nothing, each along half a cosine (Smith & Topin 2018; PyTorch's OneCycleLR)."""
    start = base / s["start"]
    last = max(s["epochs"] * steps_per_epoch - 1.0, 1.0)
    top = s["rise"] * (last + 1.0) - 1.0
    up = _cosine(base, start, 1.0 - t / top) if top > 0 else base
    down = _cosine(base, start / s["end"], np.minimum((t - max(top, 0.0)) / (last - max(top, 0.0)), 1.0))
    return np.where(t <= top, up, down)


def cyclical(base: float, t: Any, steps_per_epoch: float, s: Settings) -> Any:
    """A saw from ``low`` · base to base, its height times ``shrink`` each cycle (Smith 2017; PyTorch's CyclicLR)."""
    place = t / (s["epochs"] * steps_per_epoch)
    cycle = np.floor(place)
    low, height = s["low"] * base, 1.0 - np.abs(2.0 * (place - cycle) - 1.0)
    return low + (base - low) * height * s["shrink"] ** cycle


def _length(default: float, title: str, help: str) -> Setting:
    return Setting("epochs", title, default, 0.1, 10_000.0, "log", "epochs", help)


_FLOOR = Setting("floor", "Floor", 0.0, 0.0, 1.0, unit="%", help="What is left of the base rate at the lowest.")
_FALL = Setting("factor", "Factor", 0.1, 0.01, 1.0, help="What the rate is multiplied by each time.")

SCHEDULES: Table[Schedule] = Table(
    "schedule",
    Schedule("constant", "Constant", "The same rate all along: what the slider says.", constant),
    Schedule(
        "step",
        "Steps down",
        "Falls by a factor every so many epochs: large strides first, small ones to settle.",
        step,
        (Setting("every", "Every", 30.0, 0.1, 10_000.0, "log", "epochs", "Epochs from one fall to the next."), _FALL),
    ),
    Schedule(
        "exponential",
        "Exponential",
        "Falls by the same factor every epoch, and smoothly within it.",
        exponential,
        (Setting("factor", "Factor", 0.98, 0.5, 1.0, help="What is left of the rate after each epoch."),),
    ),
    Schedule(
        "cosine",
        "Cosine",
        "Falls along half a cosine: slowly at first, fast in the middle, slowly at the end.",
        cosine,
        (_length(100.0, "Length", "Epochs from the base rate down to the floor."), _FLOOR),
    ),
    Schedule(
        "cosine_restarts",
        "Cosine with restarts",
        "Falls along half a cosine and jumps back, again and again: each jump may leave a poor minimum.",
        cosine_restarts,
        (
            _length(50.0, "First period", "Epochs to the first restart."),
            Setting("longer", "Longer", 2.0, 1.0, 4.0, help="How many times longer each period is than the last."),
            _FLOOR,
        ),
    ),
    Schedule(
        "linear",
        "Linear",
        "Falls along a straight line, and then stays.",
        linear,
        (
            _length(100.0, "Length", "Epochs from the base rate to its end."),
            Setting("end", "End", 0.0, 0.0, 1.0, unit="%", help="What is left of the base rate at the end."),
        ),
    ),
    Schedule(
        "polynomial",
        "Polynomial",
        "Falls to zero along a power of what is left of the length.",
        polynomial,
        (
            _length(100.0, "Length", "Epochs until the rate is zero."),
            Setting("power", "Power", 2.0, 0.1, 10.0, "log", help="1 is a line; above, the rate falls early."),
        ),
    ),
    Schedule(
        "one_cycle",
        "One cycle",
        "Rises to the base rate and falls to almost nothing: the high rate in between finds flat minima fast.",
        one_cycle,
        (
            _length(100.0, "Length", "Epochs up and down together."),
            Setting("rise", "Rise", 0.3, 0.01, 0.99, unit="%", help="Share of the length that goes up."),
            Setting("start", "Start", 25.0, 1.0, 1e4, "log", help="The base rate is so many times that of the start."),
            Setting("end", "End", 1e4, 1.0, 1e8, "log", help="The rate of the start is so many times that of the end."),
        ),
    ),
    Schedule(
        "cyclical",
        "Cyclical",
        "Goes up and down between two rates, so that none of them has to be the right one.",
        cyclical,
        (
            _length(20.0, "Cycle", "Epochs up and down together."),
            Setting("low", "Low", 0.1, 0.0, 1.0, unit="%", help="The lowest rate, as a share of the base rate."),
            Setting("shrink", "Shrink", 1.0, 0.1, 1.0, help="What is left of the height in each cycle: 0.5 halves it."),
        ),
    ),
    Schedule(
        "plateau",
        "Reduce on plateau",
        "Falls by a factor when the test loss (without test points, the training loss) has stopped falling.",
        constant,
        (
            _FALL,
            Setting("patience", "Patience", 10.0, 0.0, 1000.0, unit="epochs", help="Epochs without a fall it waits."),
            Setting("threshold", "Threshold", 1e-4, 1e-8, 0.1, "log", help="The share a loss has to fall to count."),
            Setting("cooldown", "Cooldown", 0.0, 0.0, 1000.0, unit="epochs", help="Epochs of rest after each fall."),
            _FLOOR,
        ),
        follows_loss=True,
        source='Rate = base · factor^falls (PyTorch\'s ReduceLROnPlateau, threshold_mode "rel").',
    ),
)


LEAST_FALL = 1e-8
"""A smaller fall of the rate on a plateau is none (PyTorch's eps)."""


class Plateau(Struct, frozen=True, forbid_unknown_fields=True):
    """What reduce-on-plateau remembers: the rate's ``scale``, the best loss, epochs without a fall, epochs of rest."""

    scale: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    best: float | None = None
    bad: Annotated[int, Meta(ge=0, le=2**53)] = 0
    rest: Annotated[int, Meta(ge=0, le=2**53)] = 0


def reduced(plateau: Plateau, loss: float, training: Training) -> Plateau:
    """After one more epoch, which ended with ``loss`` (PyTorch's ReduceLROnPlateau, threshold_mode "rel")."""
    row = SCHEDULES[training.schedule.name]
    if not row.follows_loss:
        return plateau
    s = settle("training.schedule", row.settings, training.schedule.settings)
    if plateau.best is None or loss < plateau.best * (1.0 - s["threshold"]):
        plateau = replace(plateau, best=loss, bad=0)
    else:
        plateau = replace(plateau, bad=plateau.bad + 1)
    if plateau.rest > 0:
        plateau = replace(plateau, rest=plateau.rest - 1, bad=0)
    if plateau.bad > s["patience"]:
        scale = max(plateau.scale * s["factor"], s["floor"])
        worth = training.learning_rate * (plateau.scale - scale) > LEAST_FALL
        scale = scale if worth else plateau.scale
        plateau = replace(plateau, scale=scale, bad=0, rest=round(s["cooldown"]))
    return plateau


def epochs_to_fall(plateau: Plateau, training: Training) -> float:
    """How many epochs have to end at least until reduce-on-plateau may move the rate."""
    row = SCHEDULES[training.schedule.name]
    if not row.follows_loss:
        return np.inf
    s = settle("training.schedule", row.settings, training.schedule.settings)
    return max(1.0, s["patience"] // 1 + 1 + plateau.rest - plateau.bad)


def rates(training: Training, t: Any, steps_per_epoch: float, scale: float = 1.0) -> Rates:
    """The rates of the steps ``t`` (n,) of a run, t = 0 its first; ``scale`` is a Plateau's.

    In the warm-up they rise in a line, from a first step above zero to where the schedule begins, which then follows
    from its own t = 0 (Goyal et al. 2017, section 2.2; PyTorch's LinearLR and the schedule in a SequentialLR).
    """
    row = SCHEDULES[training.schedule.name]
    settings = settle("training.schedule", row.settings, training.schedule.settings)
    t = np.asarray(t, dtype=np.float64)
    warm = training.warmup * steps_per_epoch
    planned = row.rate(training.learning_rate, np.maximum(t - warm, 0.0), steps_per_epoch, settings)
    if row.follows_loss:
        planned = planned * scale
    if warm:
        planned = np.where(t < warm, planned * np.minimum((t + 1.0) / warm, 1.0), planned)
    return np.asarray(planned, dtype=np.float64)


def varies(training: Training) -> bool:
    """Whether the rate is ever another than the base rate."""
    return training.schedule.name != "constant" or training.warmup > 0
