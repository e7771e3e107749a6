"""What the README says of adding a row: its example is run as it stands there."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core.activations
from core.activations import Activation
from core.elementary import NUMPY

README = Path(__file__).resolve().parents[2] / "README.md"


def example() -> Activation:
    """The row that the README adds, its formula defined in the names of core/activations.py."""
    section = README.read_text().partition("### Add an activation")[2].partition("\n### ")[0]
    code = textwrap.dedent("".join(f"{line}\n" for line in section.splitlines() if not line or line.startswith("    ")))
    tree = ast.parse(code)
    definition, row = tree.body
    assert isinstance(row, ast.Expr)
    names: dict[str, Any] = dict(vars(core.activations))
    exec(compile(ast.Module([definition], []), str(README), "exec"), names)
    (made,) = eval(compile(ast.Expression(row.value), str(README), "eval"), names)
    assert isinstance(made, Activation)
    return made


def test_the_example_is_a_row_that_is_not_there_yet() -> None:
    row = example()
    assert row.name not in core.activations.ACTIVATIONS
    assert row.help.endswith(".")


def test_the_examples_slope_is_that_of_its_value() -> None:
    row = example()
    assert row.formula is not None
    value, slope = row.formula(NUMPY)
    z, h = np.linspace(-5.0, 5.0, 101), 1e-6
    assert slope(z, value(z)) == pytest.approx((value(z + h) - value(z - h)) / (2 * h), rel=1e-8, abs=1e-9)
    assert value(z).min() > row.low
    assert value(z.astype(np.float32)).dtype == np.float32


def test_the_example_compiles_as_it_is() -> None:
    scalar = pytest.importorskip("core.engine.scalar", reason="Numba is not installed")
    row = example()
    assert row.formula is not None
    value, slope = (scalar.jit(part) for part in row.formula(scalar.FLOAT32))
    ours, theirs = row.formula(NUMPY)
    for z in (-3.0, 0.0, 2.5):
        a = value(np.float32(z))
        assert a == pytest.approx(ours(z), rel=1e-6)
        assert slope(np.float32(z), np.float32(a)) == pytest.approx(theirs(z, a), rel=1e-6)
    assert str(value.nopython_signatures[0].return_type) == "float32"
