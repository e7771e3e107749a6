"""What is written of layers with more than sums and activations: every equation holds, in the engine's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.by_hand import backward, pieces, script, shortcuts
from app.by_hand.phases import Focus
from app.by_hand.pieces import Board, Line, Place
from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.model import Model
from core.spec import Dense, Network, change, with_ids
from tests.app.hand_trained import experiment
from tests.app.test_by_hand import asked, text

KNOWN: dict[str, Any] = {row.name: row.formula(NUMPY)[0] for row in ACTIVATIONS.rows() if row.formula}
KNOWN |= {"exp": np.exp, "sqrt": np.sqrt}
RESIDUAL = (
    Dense(4, "tanh"),
    Dense(3, "sigmoid", residual=1),
    Dense(6, "relu", residual=2),
    Dense(6, "silu", residual=1),
)
SHAPES = {"shortcuts": RESIDUAL}


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers with all of their digits."""
    for module in (pieces, script, backward, shortcuts):
        monkeypatch.setattr(module, "number", lambda value: repr(float(value)))


def made(layers: tuple[Dense, ...]) -> tuple[Model, Any]:
    spec = experiment("blobs", "classification", 3)
    model = Model.of(change(spec, "network", with_ids(Network(layers))))
    theta = np.random.default_rng(4).normal(0, 0.8, model.network.parameters)
    theta[model.network.statistics] = np.abs(theta[model.network.statistics]) + 0.1
    return model, theta


def value_of(written: str) -> float | None:
    """What a term of numbers comes to; None where it is not one."""
    for sign, meant in (("−", "-"), ("·", "*"), ("²", "**2"), ("√", "sqrt")):
        written = written.replace(sign, meant)
    try:
        return float(eval(written, {}, KNOWN))
    except (SyntaxError, TypeError):
        return None


def equations(board: Board) -> list[tuple[str, float, list[float]]]:
    """Of each line that ends with a number: what it is about, that number, and what all before it comes to."""
    found = []
    for line in board.lines:
        if line.pieces and line.pieces[-1].strong:
            terms = " ".join(piece.value for piece in line.pieces[:-1]).split("=")
            known = [value for term in terms if (value := value_of(term)) is not None]
            result = value_of(line.pieces[-1].value)
            assert result is not None
            found.append((line.pieces[0].latex, result, known))
    return found


def d(above: str, below: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


def every_board(name: str, kind: str) -> Any:
    """Each hidden layer's answer for each of its neurons."""
    model, theta = made(SHAPES[name])
    for index, layer in enumerate(model.network.layers[:-1]):
        for unit in range(layer.units):
            at = f"_{{{unit + 1}}}^{{({index + 1})}}"
            yield index, unit, at, asked(model, theta, kind, index, Focus(index, unit, 0))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("kind", ["forward", "backward"])
def test_every_equation_holds(name: str, kind: str, in_full: None) -> None:
    boards = list(every_board(name, kind))
    seen = 0
    for _, _, _, found in boards:
        for about, result, known in equations(found.board):
            seen += len(known)
            assert known == pytest.approx([result] * len(known), rel=1e-12, abs=1e-14), about
    assert seen > 2 * len(boards)


@pytest.mark.parametrize("name", SHAPES)
def test_forwards_the_numbers_are_the_engines(name: str, in_full: None) -> None:
    for index, unit, at, found in every_board(name, "forward"):
        numbers = found.explained.layers[index]
        written = {about: result for about, result, _ in equations(found.board)}
        assert written[f"z{at}"] == numbers.z[unit]
        assert written[f"a{at}"] == numbers.a[unit]
        if numbers.layer.shortcut is not None:
            assert written[f"h{at}"] == numbers.h[unit]


@pytest.mark.parametrize("name", SHAPES)
def test_backwards_the_numbers_are_the_engines(name: str, in_full: None) -> None:
    for index, unit, at, found in every_board(name, "backward"):
        numbers = found.explained.layers[index]
        written = {about: (result, known) for about, result, known in equations(found.board)}
        weight = f"w_{{{unit + 1}\\,1}}^{{({index + 1})}}"
        for about, value in (
            (d("J", weight), numbers.dw[unit, 0]),
            (d("J", f"a{at}"), numbers.pull[unit]),
            (d("J", f"z{at}"), numbers.delta[unit]),
        ):
            assert written[about][0] == value
            assert written[about][1], "its factors are written out"


# ---- residual connections --------------------------------------------------------------------------------------------


def line_about(board: Board, latex: str) -> Line:
    return next(line for line in board.lines if line.pieces and line.pieces[0].latex == latex)


def test_a_shortcut_adds_what_left_the_layer_where_it_begins() -> None:
    model, theta = made(RESIDUAL)
    found = asked(model, theta, "forward", 1, Focus(1, 2))
    line = line_about(found.board, "a_{3}^{(2)}")
    assert [p.latex for p in line.pieces if p.latex and not p.operator] == ["a_{3}^{(2)}", "h_{3}^{(2)}", "a_{3}^{(1)}"]
    assert [p.note for p in line.pieces if p.note] == ["from layer 1"]
    shapes = [(p.latex, p.note) for p in found.board.lines[-1].pieces if p.note]
    assert shapes[-3:] == [("h", "3"), ("a", "3"), ("a", "3")]
    heads = [column.title for column in found.sheet.columns]
    assert heads[:5] == ["z", "h", "shortcut", "a", "b"]
    np.testing.assert_array_equal(found.sheet.values[:, 2], found.explained.layers[0].a[:3])
    assert found.sheet.place(2, 4) == Place("theta", model.network.layers[1].bias.start + 2)  # type: ignore[union-attr]
    assert found.sheet.place(2, 3) is None


def test_where_widths_differ_only_as_many_units_as_both_have_are_added() -> None:
    model, theta = made(RESIDUAL)
    with_it, without = (asked(model, theta, "forward", 2, Focus(2, unit)) for unit in (3, 4))
    assert "The shortcut from layer 1 adds to the first 4 alone." in text(without.board)
    assert "adds to the first" not in text(with_it.board)
    assert ("a", "first 4") in [(p.latex, p.note) for p in without.board.lines[-1].pieces]
    assert np.isnan(with_it.sheet.values[4:, 2]).all()
    assert "Through the shortcut" in text(asked(model, theta, "backward", 2, Focus(2, 3)).board)
    assert "Through the shortcut" not in text(asked(model, theta, "backward", 2, Focus(2, 4)).board)


def test_the_gradient_arrives_from_both_ways() -> None:
    model, theta = made(RESIDUAL)
    board = asked(model, theta, "backward", 0, Focus(0, 1)).board
    line = line_about(board, d("J", "a_{2}^{(1)}"))
    assert [p.note for p in line.pieces if p.note] == ["shortcut to layer 2", "shortcut to layer 3"]
    assert "from all ways" in [p.note for p in board.lines[0].pieces]
    last = asked(model, theta, "backward", 3, Focus(3, 1)).board
    assert "from the next layer" in [p.note for p in last.lines[0].pieces]
    assert "goes back to neuron 2 of layer 3, undiminished" in text(last)
    assert "from both ways" in [p.note for p in asked(model, theta, "backward", 2, Focus(2, 1)).board.lines[0].pieces]


def test_the_slope_is_written_of_what_leaves_the_activation() -> None:
    model, theta = made(RESIDUAL)
    formulas = set(asked(model, theta, "backward", 1, Focus(1, 1)).board.formulas())
    assert r"h\,(1-h)" in formulas
    assert r"a\,(1-a)" not in formulas
