"""Numbers as the program writes them, and as people type them."""

from __future__ import annotations

import math
import re

from app.number_format import number_format

THIN = "\u2009"
"""Thin space, between thousands and before a unit."""

MINUS = "\u2212"
_TO_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FROM_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_SUPERSCRIPTS = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SPACES = re.compile(r"[\s_']")
_POWER = re.compile(r"(?:(.+)[×x*·])?10\^([+-]?\d+)")


def number(value: float, digits: int | None = None, *, fixed: bool = False) -> str:
    """``value`` to ``digits`` significant digits: "0.03", "12 345", "3.2×10⁻⁵", "−1.5", "∞", "NaN".

    Scientific under 0.001 and over 99 999. ``fixed`` keeps trailing zeros, so that a changing number keeps its width.
    Without ``digits`` there are as many as the number format in force says; its decimal sign is always used.
    """
    value = float(value)
    digits = number_format().digits if digits is None else digits
    if math.isnan(value):
        return "NaN"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if math.isinf(size):
        return sign + "∞"
    if size == 0:
        return "0"
    # Rounding comes first, because it can carry a number over a limit: 99 999.6 is 1×10⁵.
    mantissa, _, power = f"{size:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if exponent < -3 or size > 99_999:
        power = str(exponent).translate(_TO_SUPERSCRIPT)
        return f"{sign}{to_sign(mantissa if fixed else _trim(mantissa))}×10{power}"
    decimals = max(digits - 1 - exponent, 0)
    text = f"{size:,.{decimals}f}".replace(",", THIN)
    return sign + to_sign(text if fixed else _trim(text))


def brief(value: float) -> str:
    """``value`` to one digit fewer than the number format in force says, at least two: where there is little room."""
    return number(value, max(2, number_format().digits - 1))


def to_places(value: float, places: int) -> str:
    """``value`` to so many ``places`` after the decimal sign, "1.50"."""
    return to_sign(f"{value:.{places}f}".replace("-", MINUS))


def count(value: int) -> str:
    """A whole number in full, however large: "1 234 567"."""
    return (MINUS if value < 0 else "") + f"{abs(value):,}".replace(",", THIN)


def epochs(value: float) -> str:
    """How many epochs have gone by: "217", within the next one "217.3", and from a thousand on whole ones alone.

    Never rounded up, so that it is nowhere ahead of the run's clock.
    """
    whole, tenth = divmod(math.floor(float(value) * 10 + 1e-6), 10)
    return count(whole) if whole >= 1000 or not tenth else to_places(whole + tenth / 10, 1)


def percent(value: float) -> str:
    """A share as a percentage to one decimal, "99.2 %"; only exactly 0 and 1 read as 0 % and 100 %."""
    value = float(value)
    if not math.isfinite(value):
        return f"{number(value)}{THIN}%"
    if 0 < value < 1:
        value = min(max(value, 0.001), 0.999)
    sign = MINUS if value < 0 else ""
    return f"{sign}{to_sign(_trim(f'{abs(value) * 100:.1f}'))}{THIN}%"


def parse_number(text: str) -> float:
    """The number somebody typed: "0,03", "1e-3", "3.2×10⁻⁵", "−1.5", "12 345".

    A comma or a dot is the decimal sign; of both, the last one is. Raises ValueError when it is not a finite number.
    """
    plain = _SPACES.sub("", text).replace(MINUS, "-")
    plain = _SUPERSCRIPTS.sub(lambda found: "^" + found.group().translate(_FROM_SUPERSCRIPT), plain)
    power = _POWER.fullmatch(plain)
    if power:
        plain = f"{power[1] or 1}e{power[2]}"
    decimal = max(plain.rfind(","), plain.rfind("."))
    if decimal >= 0:
        plain = re.sub("[.,]", "", plain[:decimal]) + "." + plain[decimal + 1 :]
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text.strip()!r} is not a finite number")
    return value


def to_sign(text: str) -> str:
    """A number written with a decimal point, with the decimal sign in force instead."""
    return text.replace(".", number_format().decimal)


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
