"""Where an axis has its ticks and what it says at them; positions on a logarithmic axis are log₁₀ of the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from app.numbers import MINUS, THIN, number, to_sign

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SLACK = 1e-9
_FULL = 12
"""Digits of a number written in full; what ends in zeros has fewer."""
_CLOSE = 1e-6
"""Of steps less than this share of the numbers themselves, each tick says how far it is from one written in full."""
_PLENTY = 2.3
"""With so many decades their own labels are enough, and calmer than labels between them."""


@dataclass(frozen=True)
class Ticks:
    """Labelled positions, and unlabelled ones between them."""

    major: tuple[tuple[float, str], ...]
    minor: tuple[float, ...] = ()


def nice_step(span: float, count: int) -> float:
    """The least of 1, 2, 5 × 10ᵏ that divides ``span`` into at most ``count`` steps."""
    raw = max(span / max(count, 1), 1e-300)
    power = 10.0 ** math.floor(math.log10(raw))
    return next((m * power for m in (1.0, 2.0, 5.0) if m * power >= raw * (1 - _SLACK)), 10.0 * power)


def linear(low: float, high: float, count: int, percent: bool = False) -> Ticks:
    """At most about ``count`` ticks at multiples of 1, 2 or 5 × 10ᵏ from ``low`` to ``high``."""
    step = nice_step(high - low, count)
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    size = max(abs(low), abs(high))
    if step < _CLOSE * min(abs(low), abs(high)) and low * high > 0:
        return Ticks(_offsets(first, last, step, percent))
    return Ticks(tuple((k * step, write(k * step, step, size, percent)) for k in range(first, last + 1)))


def _offsets(first: int, last: int, step: float, percent: bool) -> tuple[tuple[float, str], ...]:
    """Ticks ``first`` to ``last``, the roundest in full and the others by how much they differ: "0.5", "+1×10⁻⁸"."""
    base = max(range(first, last + 1), key=_roundness, default=first)
    far = step * max(last - base, base - first)
    texts = {k: write((k - base) * step, step, far, percent) for k in range(first, last + 1)}
    full = number(base * step * (100 if percent else 1), _FULL) + (THIN + "%" if percent else "")
    return tuple(
        (k * step, full if k == base else text if text.startswith(MINUS) else f"+{text}") for k, text in texts.items()
    )


def _roundness(k: int) -> int:
    """How many zeros the whole number ``k`` ends in."""
    text = str(k)
    return len(text) - len(text.rstrip("0"))


def apart(ticks: Ticks, place: Callable[[float], float], extent: Callable[[str], float]) -> Ticks:
    """The same ticks, those without words whose words, ``extent`` long about their ``place``, would touch others."""
    kept, free = [], -math.inf
    for at, text in sorted(ticks.major, key=lambda tick: place(tick[0])):
        half = extent(text) / 2
        fits = place(at) - half >= free
        free = place(at) + half if fits else free
        kept.append((at, text if fits else ""))
    return Ticks(tuple(sorted(kept)), ticks.minor)


def logarithmic(low: float, high: float, count: int) -> Ticks:
    """Ticks from 10^low to 10^high: each decade or each n-th, with 2 and 5 between where there is room."""
    decades = high - low
    if decades < 0.35:
        return _within_a_decade(low, high, count)
    stride = int(max(1, math.ceil(decades / max(count, 1))))
    labelled: tuple[int, ...] = (1,)
    if decades < _PLENTY:
        labelled = next((m for m in ((1, 2, 5), (1, 3)) if decades * len(m) <= count), (1,))
    major, minor = [], []
    for exponent in range(math.floor(low), math.ceil(high) + 1):
        for mantissa in range(1, 10):
            at = exponent + math.log10(mantissa)
            if not low - _SLACK <= at <= high + _SLACK:
                continue
            if mantissa in labelled and exponent % stride == 0:
                major.append((at, write_log(mantissa, exponent, plain=len(labelled) > 1)))
            elif stride == 1 or mantissa == 1:
                minor.append(at)
    return Ticks(tuple(major), tuple(minor)) if major else _within_a_decade(low, high, count)


def _within_a_decade(low: float, high: float, count: int) -> Ticks:
    """Plain steps, placed logarithmically: for a range too narrow for decades to say much."""
    plain = linear(10.0**low, 10.0**high, count)
    return Ticks(tuple((math.log10(v), text) for v, text in plain.major if v > 0))


def write(value: float, step: float, size: float = 0.0, percent: bool = False) -> str:
    """A tick's text with just the decimals that ``step`` asks for, in powers of ten where ``size``, the axis's, is.

    ``size`` is the greatest magnitude on the axis: all ticks of an axis share its power of ten, as 0.5×10⁵ and 1×10⁵.
    """
    if percent:
        return write(value * 100, step * 100, size * 100) + THIN + "%"
    if abs(value) < step * 1e-6:
        return "0"
    power = ""
    if size > 99_999 or 0 < size < 0.001:
        exponent = math.floor(math.log10(size) + _SLACK)
        value, step = value / 10.0**exponent, step / 10.0**exponent
        power = f"×10{str(exponent).translate(_SUPERSCRIPT)}"
    decimals = max(0, -math.floor(math.log10(step) + _SLACK))
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN)
    return (MINUS if value < 0 else "") + to_sign(text) + power


def write_log(mantissa: int, exponent: int, plain: bool = False) -> str:
    """A tick's text on a logarithmic axis: "1", "10", "10⁻³", "2×10⁻⁴"; "0.1" if that is short and ``plain``."""
    if 0 <= exponent <= 2 or (plain and -3 <= exponent <= 2):
        return to_sign(f"{mantissa * 10.0**exponent:.{max(0, -exponent)}f}")
    power = f"10{str(exponent).translate(_SUPERSCRIPT)}"
    return power if mantissa == 1 else f"{mantissa}×{power}"
