"""Formulas written down as C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.elementary import NUMPY
from core.engine.tracing import Trace, Value, function, literal


def test_a_formula_is_written_down_line_by_line() -> None:
    text = function("Real twice(Real z)", ["return"], lambda f, z: f.where(z > 0.0, f.exp(z) + f.exp(z), -z), "z")
    assert text.splitlines() == [
        "__device__ inline Real twice(Real z) {",
        "    const bool v0 = z > Real(0.0);",
        "    const Real v1 = exp_of(z);",
        "    const Real v2 = v1 + v1;",
        "    const Real v3 = -z;",
        "    const Real v4 = v0 ? v2 : v3;",
        "    return v4;",
        "}",
    ]


def test_what_is_read_and_written_is_read_first() -> None:
    swap: Callable[..., Any] = lambda f, slots: (slots[1], slots[0])  # noqa: E731
    lines = function("void swap(Real* s)", ["s[0]", "s[1]"], swap, ("s[0]", "s[1]")).splitlines()
    assert lines[1:-1] == ["    const Real v0 = s[0];", "    const Real v1 = s[1];", "    s[0] = v1;", "    s[1] = v0;"]


def test_a_formula_that_branches_or_has_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="use where"):
        bool(Value(Trace(), "z") > 0.0)
    with pytest.raises(ValueError, match="cannot be written"):
        literal(float("inf"))
    with pytest.raises(ValueError, match="zip"):
        function("void f(Real a)", ["return"], lambda f, a: (a, a), "a")


def test_every_elementary_function_can_be_written() -> None:
    trace = Trace()
    f, z = trace.elementary(), Value(trace, "z")
    for name in vars(NUMPY):
        if name not in ("real", "where"):
            arguments = (z, 1.5) if name in ("maximum", "minimum") else (z,)
            assert isinstance(getattr(f, name)(*arguments), Value), name
    for value in (1.0 / 2.0 * z, 2.0 - z, 1.0 + z, z / 3.0, 1.0 / z, z - 1.0, z >= 1.0, z <= 1.0, z < 1.0):
        assert isinstance(value, Value)
