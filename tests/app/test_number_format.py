"""Digits and the decimal sign, for the whole program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.number_format import DIGITS, SIGNS, NumberFormat, number_format, put_in_force
from app.number_menu import NumberMenu, number_events, set_number_format
from app.numbers import THIN, brief, count, number, parse_number, percent, to_places
from app.panels.landscape_axes import titles
from app.panels.plot import ticks
from app.widgets.value_field import ValueField
from core.probes.directions import Axis


@pytest.fixture(autouse=True)
def _usual() -> Iterator[None]:
    yield
    set_number_format(NumberFormat())


@pytest.mark.parametrize(
    ("chosen", "texts"),
    [
        (NumberFormat(), ("0.1235", f"12{THIN}346", "1.235×10⁻⁵", f"99.2{THIN}%")),
        (NumberFormat(2), ("0.12", f"12{THIN}346", "1.2×10⁻⁵", f"99.2{THIN}%")),
        (NumberFormat(6, ","), ("0,123457", f"12{THIN}345,7", "1,23457×10⁻⁵", f"99,2{THIN}%")),
    ],
)
def test_numbers_follow_the_format(chosen: NumberFormat, texts: tuple[str, ...]) -> None:
    put_in_force(chosen)
    assert (number(0.12345678), number(12_345.67), number(1.2345678e-5), percent(0.992)) == texts


def test_digits_that_are_asked_for_stay_and_the_sign_follows() -> None:
    put_in_force(NumberFormat(2, ","))
    assert number(1.23456, 5) == "1,2346"
    assert to_places(-1.5, 2) == "−1,50"
    assert count(1_234_567) == f"1{THIN}234{THIN}567"


@given(st.floats(-1e9, 1e9, allow_nan=False), st.sampled_from(DIGITS), st.sampled_from(list(SIGNS)))
def test_what_is_written_can_be_typed_again(value: float, digits: int, sign: str) -> None:
    put_in_force(NumberFormat(digits, sign))
    assert parse_number(number(value, 6)) == pytest.approx(value, rel=1e-5, abs=1e-300)


def test_what_has_little_room_follows_the_format_too() -> None:
    assert brief(0.123456) == "0.123"
    put_in_force(NumberFormat(6, ","))
    assert brief(0.123456) == "0,12346"
    put_in_force(NumberFormat(2, "."))
    assert brief(0.123456) == "0.12"


def test_the_axes_have_the_decimal_sign_in_force() -> None:
    put_in_force(NumberFormat(4, ","))
    assert [text for _, text in ticks.linear(0.0, 1.0, 4).major] == ["0", "0,5", "1,0"]
    assert ticks.write(5e-6, 5e-6, 2e-5) == "0,5×10⁻⁵"
    assert ticks.write(0.005, 0.005, 0.02, percent=True) == f"0,5{THIN}%"
    assert ticks.write_log(2, -1, plain=True) == "0,2"


@pytest.mark.parametrize(("digits", "sign"), [(1, "."), (7, "."), (4, ";")])
def test_other_formats_are_refused(digits: int, sign: str) -> None:
    with pytest.raises(ValueError, match="2 to 6"):
        NumberFormat(digits, sign)


def test_a_format_is_kept_as_text_and_nonsense_is_the_usual_one() -> None:
    for digits in DIGITS:
        for sign in SIGNS:
            chosen = NumberFormat(digits, sign)
            assert NumberFormat.read(chosen.written()) == chosen
    for nonsense in ("", "9.", "x", None, "4;", 17):
        assert NumberFormat.read(nonsense) == NumberFormat()


def test_the_menu_chooses_and_tells(qtbot: object) -> None:
    menu = NumberMenu()
    qtbot.addWidget(menu)  # type: ignore[attr-defined]
    heard: list[NumberFormat] = []
    number_events().changed.connect(lambda: heard.append(number_format()))
    by_text = {action.text(): action for action in menu.actions() if action.text()}
    assert by_text["4 digits"].isChecked()
    by_text["3 digits"].trigger()
    by_text["Decimal comma"].trigger()
    assert heard == [NumberFormat(3), NumberFormat(3, ",")]
    assert number(0.98765) == "0,988"
    set_number_format(NumberFormat(5, "."))
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["5 digits", "Decimal point"]
    number_events().changed.disconnect()


def test_a_value_field_writes_and_reads_the_comma(qtbot: object) -> None:
    put_in_force(NumberFormat(4, ","))
    field = ValueField(1.5, decimals=2)
    qtbot.addWidget(field)  # type: ignore[attr-defined]
    assert field.shown == "1,50"
    typed: list[float] = []
    field.typed.connect(typed.append)
    field.setText("0,25")
    field.setModified(True)
    field.returnPressed.emit()
    assert typed == [0.25]


def test_what_the_panels_say_follows_the_digits_and_the_sign() -> None:
    put_in_force(NumberFormat(4, ","))
    axis = Axis("top Hessian eigenvector", "λ", curvature=12.3456)
    assert titles(axis)[-1] == "λ = 12,3"
    put_in_force(NumberFormat(6, ","))
    assert titles(axis)[-1] == "λ = 12,346"
