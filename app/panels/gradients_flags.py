"""What a layer's numbers mean in a word, and the reason with the numbers: vanishing, exploding, dead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.numbers import brief, count, number, percent
from core.probes.idle import FLAT, MOST

VANISHING = 1e-3
"""A layer's gradient vanishes when its norm is under this share of the largest: it learns a thousand times slower."""
GONE = 1e-6
"""Below this share it does not learn at all, as far as anybody will wait."""
NOTHING = 1e-8
"""Below this norm in every layer there is nothing to follow: a minimum, or flat units."""
EXPLODING = 1e3
"""Above this norm a gradient explodes: no usual rate makes such a step a small one."""
TOO_FAR, TOO_LITTLE = 1e-1, 1e-6
"""A step moves a layer far, or hardly at all, when update over weights, by norm, is beyond these."""


@dataclass(frozen=True)
class Reading:
    """The newest numbers of the layer at ``index``, NaN where not known, and whether its activation is bounded."""

    index: int
    label: str
    norm: float = math.nan
    ratio: float = math.nan
    units: int = 0
    dead: float = math.nan
    saturated: float = math.nan
    bounded: bool = False


@dataclass(frozen=True)
class Flag:
    """A word about the layer at ``index``, or about several: its colour token, its icon, and the reason."""

    label: str
    word: str
    token: str
    icon: str
    reason: str
    index: int | None = None

    @property
    def text(self) -> str:
        """Label and word."""
        return f"{self.label}{': ' if self.index is not None else ' '}{self.word}".strip()


def flags_of(layers: Sequence[Reading]) -> tuple[Flag, ...]:
    """The flags of ``layers`` from the first to the last, and one for those that are fine; none where all is NaN."""
    known = [layer for layer in layers if math.isfinite(layer.norm) or math.isfinite(layer.dead)]
    if not known:
        return ()
    norms = [layer for layer in known if math.isfinite(layer.norm)]
    largest = max(norms, key=lambda layer: layer.norm, default=None)
    found = [flag for layer in known for flag in _of_layer(layer, largest, layers)]
    if largest is not None and largest.norm < NOTHING:
        said = f"The largest, {_possessive(largest.label)}, has norm {brief(largest.norm)}: a minimum, or flat units."
        return (*found, Flag("all gradients", "next to nothing", "muted", "info", said))
    fine = len(known) - len({flag.index for flag in found})
    return (*found, _fine(fine, len(known))) if fine else tuple(found)


def _of_layer(layer: Reading, largest: Reading | None, layers: Sequence[Reading]) -> list[Flag]:
    found = [
        _exploding(layer),
        _vanishing(layer, largest, any(other.bounded for other in layers[layer.index :])),
        _dead(layer),
        _saturated(layer),
    ]
    # A layer that vanishes or explodes moves little or far for that reason.
    found += [] if found[0] or found[1] else [_pace(layer)]
    return [flag for flag in found if flag is not None]


def _fine(fine: int, known: int) -> Flag:
    label = f"all {known} layers" if fine == known else f"{fine} other{'s' if fine > 1 else ''}"
    reason = (
        f"No gradient under {number(VANISHING)} of the largest or over {number(EXPLODING)}, no unit dead, no more than "
        f"half of a layer’s units saturated, and updates neither over {number(TOO_FAR)} nor under "
        f"{number(TOO_LITTLE)} of the weights."
    )
    return Flag("1 layer" if known == 1 else label, "fine", "good", "good", reason)


def _possessive(label: str) -> str:
    return f"{'the ' if label == 'output' else ''}{label}’s"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _exploding(layer: Reading) -> Flag | None:
    if not layer.norm > EXPLODING:
        return None
    reason = (
        f"{_capital(_possessive(layer.label))} gradient has norm {brief(layer.norm)}, over {number(EXPLODING)}: no "
        f"usual rate makes this a small step. Try gradient clipping, smaller initial weights or scaled inputs."
    )
    return Flag(layer.label, "exploding", "bad", "bad", reason, layer.index)


def _vanishing(layer: Reading, largest: Reading | None, bounded: bool) -> Flag | None:
    if largest is None or largest.norm < NOTHING or not layer.norm < VANISHING * largest.norm:
        return None
    advice = "Try ReLU with He initialisation" if bounded else "Try He initialisation"
    if layer.norm == 0:
        reason = f"{_capital(_possessive(layer.label))} gradient is exactly 0: nothing reaches it. {advice}."
        return Flag(layer.label, "vanishing", "bad", "bad", reason, layer.index)
    times = largest.norm / layer.norm
    gone = layer.norm < GONE * largest.norm
    reason = (
        f"{_capital(_possessive(layer.label))} gradient is {number(times, 2)} times smaller than "
        f"{_possessive(largest.label)} ({brief(layer.norm)} against {brief(largest.norm)}): it "
        f"{'does not learn' if gone else 'hardly learns'}. {advice}, batch norm or fewer layers."
    )
    return Flag(layer.label, "vanishing", *(("bad", "bad") if gone else ("warning", "warning")), reason, layer.index)


def _dead(layer: Reading) -> Flag | None:
    if not layer.dead > 0:
        return None
    some = f"{count(int(layer.dead))} of {count(layer.units)}"
    bad = layer.dead >= layer.units / 2
    reason = (
        f"{some} units of {layer.label if layer.label != 'output' else 'the output'} are dead: their slope is zero for "
        f"every training point, so nothing reaches their weights. Try Leaky ReLU, a lower rate or He initialisation."
    )
    return Flag(
        layer.label, f"{some} dead", "bad" if bad else "warning", "bad" if bad else "warning", reason, layer.index
    )


def _saturated(layer: Reading) -> Flag | None:
    if not (layer.saturated > 0 and layer.saturated + max(layer.dead, 0) > layer.units / 2):
        return None
    some = f"{count(int(layer.saturated))} of {count(layer.units)}"
    reason = (
        f"{some} units of {layer.label if layer.label != 'output' else 'the output'} are saturated: for over "
        f"{percent(MOST)} of the training points their slope is under {percent(FLAT)} of its largest, and "
        f"little gradient gets through. Try smaller initial weights, scaled inputs or ReLU."
    )
    return Flag(layer.label, f"{some} saturated", "warning", "warning", reason, layer.index)


def _pace(layer: Reading) -> Flag | None:
    if layer.ratio > TOO_FAR:
        reason = (
            f"The last update was {brief(layer.ratio)} of the size of {_possessive(layer.label)} weights, over "
            f"{number(TOO_FAR)}: the loss may jump. Try a lower rate."
        )
        return Flag(layer.label, "large steps", "warning", "warning", reason, layer.index)
    if 0 < layer.ratio < TOO_LITTLE:
        reason = (
            f"The last update was {brief(layer.ratio)} of the size of {_possessive(layer.label)} weights, under "
            f"{number(TOO_LITTLE)}. Try a higher rate."
        )
        return Flag(layer.label, "hardly moving", "warning", "warning", reason, layer.index)
    return None
