"""Numbers as they are shown and as they are typed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.numbers import THIN, count, epochs, number, parse_number, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.03, "0.03"),
        (0.0040, "0.004"),
        (0.123456, "0.1235"),
        (1234.5678, f"1{THIN}235"),
        (3360, f"3{THIN}360"),
        (12345, f"12{THIN}345"),
        (99_999, f"99{THIN}999"),
        (100_000, "1×10⁵"),
        (-123_456, "−1.235×10⁵"),
        (0.001, "0.001"),
        (0.000999, "9.99×10⁻⁴"),
        (3.2e-5, "3.2×10⁻⁵"),
        (-1.5, "−1.5"),
        (9.99996, "10"),
        (0.00099999, "0.001"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "NaN"),
        (np.float32(0.1), "0.1"),
    ],
)
def test_number_follows_the_house_rules(value: float, text: str) -> None:
    assert number(value) == text


def test_fixed_keeps_the_zeros_that_keep_the_width() -> None:
    assert number(0.5, fixed=True) == "0.5000"
    assert number(0.5, 2, fixed=True) == "0.50"
    assert number(3e-5, 3, fixed=True) == "3.00×10⁻⁵"


def test_counts_are_whole_however_large() -> None:
    assert count(1_234_567) == f"1{THIN}234{THIN}567"
    assert count(-12) == "−12"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.992, "99.2"), (0.67, "67"), (1, "100"), (0, "0"), (0.99999, "99.9"), (1e-6, "0.1"), (-0.1, "−10")],
)
def test_percent_never_rounds_to_all_or_nothing(share: float, text: str) -> None:
    assert percent(share) == f"{text}{THIN}%"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,03", 0.03),
        (" 0.03 ", 0.03),
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("10⁻³", 1e-3),
        ("10^-3", 1e-3),
        ("3.2×10⁻⁵", 3.2e-5),
        ("3,2*10^5", 3.2e5),
        ("−1.5", -1.5),
        (f"12{THIN}345", 12345),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1012", 1012),
    ],
)
def test_parse_number_reads_what_people_type(text: str, value: float) -> None:
    assert parse_number(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "abc", "1..2e", "inf", "nan", "1e999", "10^", "--3"])
def test_parse_number_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_number(text)


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_what_is_shown_can_be_typed_again(value: float) -> None:
    assert parse_number(number(value, 6)) == pytest.approx(value, rel=1e-5, abs=1e-300)


def test_epochs_are_written_in_full_and_never_ahead_of_the_clock() -> None:
    written = [epochs(value) for value in (0.0, 0.96, 3.0, 217.31, 217.999, 643.955, 1234.9, 123_456.9, 0.1 + 0.2)]
    assert written == ["0", "0.9", "3", "217.3", "217.9", "643.9", "1\u2009234", "123\u2009456", "0.3"]
