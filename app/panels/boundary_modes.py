"""The ways to colour an answer over the plane: one row each, a function from what was computed to what is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.numbers import number
from app.panels.scale_bar import Tick
from app.theme import Theme
from core.data.names import class_name, target_name
from core.data.values import ValueRange
from core.model import Model
from core.probes.boundary import Boundary, value_at
from core.probes.contours import Line, linear_levels
from core.probes.fields import SHARES, class_logit, entropy, margin, share_lines

RGBA = npt.NDArray[np.uint8]

MARGIN = -1
"""The choice, among the classes of the logits, of the margin between the two largest."""
_STEPS = 256
_ROUND = 5
"""About how many round numbers stand beside a scale of values that are not told by their sign."""
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Scale:
    """A colour scale from the foot up, its ticks and its title."""

    colors: RGBA
    ticks: tuple[Tick, ...]
    title: str


@dataclass(frozen=True, eq=False)
class Drawing:
    """A picture of an answer: a field (n, n, 4), lines strong and faint, texts for lines, and the scale, if any.

    ``says`` are the numbers that this way of looking has to itself.
    """

    rgba: RGBA
    lines: list[Line]
    faint: list[Line]
    labels: tuple[tuple[Line, str], ...] = ()
    scale: Scale | None = None
    says: str = ""


@dataclass(frozen=True)
class Mode:
    """A row: ``draw(model, seen, index, look)`` with the class chosen, where there are ``classes`` to choose among.

    ``refuses(model)`` says why it has nothing to show, "" where it has. ``margins`` offers MARGIN beside the classes.
    """

    key: str
    label: str
    help: str
    draw: Callable[[Model, Boundary, int, Theme], Drawing]
    refuses: Callable[[Model], str] = lambda model: ""
    classes: Callable[[Model], int] = lambda model: 0
    logits: bool = False
    margins: bool = False


def _needs_classes(reason: str) -> Callable[[Model], str]:
    return lambda model: "" if model.classes else reason


# smooth and classes


def _smooth(model: Model, seen: Boundary, index: int, look: Theme) -> Drawing:
    if model.classes:
        return Drawing(look.class_field(seen.values), seen.lines, seen.faint)
    return _values(model, seen, look, lambda values: values)


def _flat(model: Model, seen: Boundary, index: int, look: Theme) -> Drawing:
    if not model.classes:
        return _values(model, seen, look, lambda values: banded(values, seen))
    values = seen.values
    finite = np.isfinite(values).all(axis=-1, keepdims=True)
    sure = np.eye(values.shape[-1], dtype=np.float32)[values.argmax(axis=-1)]
    return Drawing(look.class_field(np.where(finite, sure, np.nan)), seen.lines, seen.faint)


def banded(values: npt.NDArray[Any], seen: Boundary) -> npt.NDArray[Any]:
    """Values rounded to the middle of the band between two level lines that they lie in."""
    levels = seen.levels
    if len(levels) < 2:
        return values
    step = levels[1] - levels[0]
    return (np.floor(values / step) + 0.5) * step


def _values(model: Model, seen: Boundary, look: Theme, see: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> Drawing:
    span = ValueRange.of(model.experiment.data)
    field = look.values(span.shares(see(seen.values)), span.signed)
    scale = value_scale(span, target_name(model.experiment.data), look, see)
    return Drawing(field, seen.lines, seen.faint, (), scale)


def value_scale(
    span: ValueRange,
    title: str,
    look: Theme,
    see: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] = lambda values: values,
) -> Scale:
    """The scale of a map of values over ``span``, with zero in its middle or round numbers on the way."""
    colors = look.values(span.shares(see(np.linspace(span.low, span.high, _STEPS))), span.signed)
    return Scale(colors, _ticks(span), title)


def _ticks(span: ValueRange) -> tuple[Tick, ...]:
    if span.signed:
        return ((0.0, number(span.low, 3)), (0.5, "0"), (1.0, number(span.high, 3)))
    levels = linear_levels(span.low, span.high, _ROUND)
    return tuple((float(share), number(float(at), 3)) for share, at in zip(span.shares(levels), levels, strict=True))


# uncertainty


def _uncertainty(model: Model, seen: Boundary, index: int, look: Theme) -> Drawing:
    ticks = ((0.0, "sure"), (0.5, "0.5"), (1.0, "1"))
    scale = Scale(look.surface(np.linspace(0, 1, _STEPS)), ticks, "entropy")
    unsure = entropy(seen.values)
    says = f"mean entropy over the plane {number(float(unsure.mean()), 2)}"
    return Drawing(look.surface(unsure), seen.lines, [], (), scale, says)


# one class


def _one(model: Model, seen: Boundary, index: int, look: Theme) -> Drawing:
    shares = seen.values[..., index]
    ramp = look.class_share(np.linspace(0, 1, _STEPS), index)
    ticks = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))
    says = f"probability of {class_name(model.experiment.data, index)}, line at 0.5"
    lines = share_lines(shares, (_HALF,))[0]
    return Drawing(look.class_share(shares, index), lines, [], (), Scale(ramp, ticks, _probability(model, index)), says)


def _probability(model: Model, index: int) -> str:
    """The probability of a class as a symbol: P(1), P(Adelie)."""
    return f"P({class_name(model.experiment.data, index).removeprefix('class ')})"


# level lines


def _levels(model: Model, seen: Boundary, index: int, look: Theme) -> Drawing:
    if not model.classes:
        drawn = _flat(model, seen, index, look)
        lines = [*seen.lines, *seen.faint]
        labels = tuple((line, _value_at(line, seen)) for line in lines)
        return Drawing(drawn.rgba, seen.lines, seen.faint, labels, drawn.scale, "lines of equal value")
    shares = seen.values[..., index]
    groups = share_lines(shares)
    strong = groups[SHARES.index(_HALF)]
    faint = [line for level, group in zip(SHARES, groups, strict=True) if level != _HALF for line in group]
    named = [(line, number(level, 1)) for level, group in zip(SHARES, groups, strict=True) for line in group]
    named.sort(key=lambda label: label[1] not in ("0.5", "0.1", "0.9"))  # where room is short, these come first
    ticks = tuple((level, number(level, 1)) for level in (0.0, *SHARES, 1.0))
    ramp = look.class_share(_stepped(np.linspace(0, 1, _STEPS)), index)
    field = look.class_share(_stepped(shares), index)
    says = f"probability of {class_name(model.experiment.data, index)}, a line for each tenth"
    return Drawing(field, strong, faint, tuple(named), Scale(ramp, ticks, _probability(model, index)), says)


def _stepped(shares: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each share at the middle of its tenth."""
    return (np.minimum(np.floor(shares * 10.0), 9.0) + 0.5) / 10.0


def _value_at(line: Line, seen: Boundary) -> str:
    """What a level line of values says: the round level nearest to the field's value on it."""
    value = float(value_at(seen.values, line[len(line) // 2][None])[0])
    return number(float(seen.levels[np.abs(seen.levels - value).argmin()]), 3)


# logits


def _logits(model: Model, seen: Boundary, index: int, look: Theme) -> Drawing:
    z = seen.logits
    if z is None:  # those of another mode, until the ones asked for come
        return _smooth(model, seen, index, look)
    if index == MARGIN and z.shape[-1] > 1:
        apart = margin(z)
        limit = rounded_up(apart)
        ticks = ((0.0, "tie"), (0.5, number(limit / 2, 2)), (1.0, number(limit, 2)))
        scale = Scale(look.surface(np.linspace(0, 1, _STEPS)), ticks, "margin")
        says = f"margin between the two largest logits, at most {number(float(apart.max()), 3)}"
        return Drawing(look.surface(apart / limit), seen.lines, [], (), scale, says)
    logit = class_logit(z, max(index, 0) if z.shape[-1] > 1 else 1)
    limit = rounded_up(logit)
    whose = f"logit of {class_name(model.experiment.data, index if z.shape[-1] > 1 else 1)}"
    says = f"{whose} from {number(float(logit.min()), 3)} to {number(float(logit.max()), 3)}"
    return Drawing(
        look.signed(logit, limit), seen.lines, [], (), value_scale(ValueRange(-limit, limit), "logit", look), says
    )


def rounded_up(values: npt.NDArray[Any]) -> float:
    """The least of 1, 2, 5 × 10ᵏ that is not below any size among ``values``: a scale that seldom changes."""
    finite = values[np.isfinite(values)]
    size = float(np.abs(finite).max(initial=0.0))
    if not size:
        return 1.0
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= size * (1 - 1e-9))


def _class_count(model: Model) -> int:
    return model.classes


def _logit_count(model: Model) -> int:
    """How many logits there are to choose among: a single one is no choice."""
    return model.network.output.units if model.classes and model.network.output.units > 1 else 0


MODES: dict[str, Mode] = {
    row.key: row
    for row in (
        Mode("smooth", "Smooth", "Colours fade where the network is unsure.", _smooth),
        Mode(
            "classes",
            "Classes",
            "The answer alone: one flat colour for each class, or for each step of the value.",
            _flat,
        ),
        Mode(
            "uncertainty",
            "Uncertainty",
            "The entropy of the class probabilities: 0 where one class is sure, 1 where all are alike.",
            _uncertainty,
            _needs_classes("A network that answers with one value does not say how sure it is of it."),
        ),
        Mode(
            "one",
            "One class",
            "One class against the rest: its probability, with a line at one half.",
            _one,
            _needs_classes("For classes only: a value belongs to none."),
            _class_count,
        ),
        Mode(
            "levels",
            "Level lines",
            "Lines of equal probability of one class, 0.1 to 0.9; for values, lines of equal value.",
            _levels,
            classes=_class_count,
        ),
        Mode(
            "logits",
            "Logits",
            "What the output layer adds up before sigmoid or softmax turns it into probabilities.",
            _logits,
            _needs_classes("For classes only: a value comes out as it is added up."),
            _logit_count,
            logits=True,
            margins=True,
        ),
    )
}
"""Every mode by its key, in the order they are offered."""
