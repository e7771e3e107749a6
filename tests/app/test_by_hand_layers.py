"""What is written of layers with more than sums and activations: every equation holds, in the engine's own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.by_hand import backward, norms, pieces, script, shortcuts
from app.by_hand.phases import Focus
from app.by_hand.pieces import Board, Line, Place
from app.panels.by_hand import ByHandPanel
from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.model import Model
from core.spec import Dense, Network, change, with_ids
from tests.app.hand_trained import HandTrained, experiment
from tests.app.test_by_hand import asked, text

KNOWN: dict[str, Any] = {row.name: row.formula(NUMPY)[0] for row in ACTIVATIONS.rows() if row.formula}
KNOWN |= {"exp": np.exp, "sqrt": np.sqrt}
RESIDUAL = (
    Dense(4, "tanh"),
    Dense(3, "sigmoid", residual=1),
    Dense(6, "relu", residual=2),
    Dense(6, "silu", residual=1),
)
LAYER = (Dense(4, "tanh", norm="layer"), Dense(3, "gelu", norm="layer"))
BATCH = (Dense(4, "tanh", norm="batch"), Dense(3, "relu", bias=False, norm="batch"))
MIXED = (Dense(4, norm="batch"), Dense(5, "sigmoid", 0.3, norm="layer", residual=1), Dense(3, "silu", residual=2))
SHAPES = {"shortcuts": RESIDUAL, "layer norm": LAYER, "batch norm": BATCH, "a mix": MIXED}


@pytest.fixture
def in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers with all of their digits."""
    for module in (pieces, script, backward, shortcuts, norms):
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
        rows = equations(found.board)
        written = {about: result for about, result, _ in rows}
        assert all(known for _, _, known in rows), "nothing stands there without what it is made of"
        assert written[f"z{at}"] == numbers.z[unit]
        assert written[f"a{at}"] == numbers.a[unit]
        if numbers.layer.shortcut is not None:
            assert written[f"h{at}"] == numbers.h[unit]
        norm = numbers.norm
        if norm is not None:
            assert written[rf"\hat{{z}}{at}"] == norm.normal[unit]
            assert written[f"u{at}"] == norm.u[unit]
            statistics = {p.latex: p for line in found.board.lines for p in line.pieces if p.note.startswith("running")}
            for letter, value in ((norms.MEAN, norm.mean[unit]), (norms.VARIANCE, norm.variance[unit])):
                here = value_of(statistics[letter].value) if norm.running else written[letter]
                assert here == value


@pytest.mark.parametrize("name", SHAPES)
def test_backwards_the_numbers_are_the_engines(name: str, in_full: None) -> None:
    for index, unit, at, found in every_board(name, "backward"):
        numbers = found.explained.layers[index]
        written = {about: (result, known) for about, result, known in equations(found.board)}
        weight = f"w_{{{unit + 1}\\,1}}^{{({index + 1})}}"
        norm = numbers.norm
        wanted = {
            d("J", weight): numbers.dw[unit, 0],
            d("J", f"a{at}"): numbers.pull[unit],
            d("J", f"z{at}"): numbers.delta[unit],
        }
        if norm is not None:
            wanted |= {
                d("J", f"u{at}"): numbers.du[unit],
                d("J", rf"\gamma{at}"): norm.dgain[unit],
                d("J", rf"\beta{at}"): norm.dshift[unit],
            }
            wanted |= {} if norm.running else {d("J", rf"\hat{{z}}{at}"): norm.pull[unit]}
        for about, value in wanted.items():
            assert written[about][0] == value
            assert written[about][1] or "beta" in about, "its factors are written out"


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
    assert r"h_{2}^{(2)}\,(1-h_{2}^{(2)})" in formulas
    assert r"a\,(1-a)" not in formulas


# ---- normalisation ---------------------------------------------------------------------------------------------------


def test_what_lies_in_theta_can_be_typed_over_on_the_board_and_in_the_table() -> None:
    model, theta = made(BATCH)
    found = asked(model, theta, "forward", 1, Focus(1, 2))
    layer = model.network.layers[1]
    places = {p.place.index for line in found.board.lines for p in line.pieces if p.place is not None}
    blocks = [layer.blocks[name] for name in ("gain", "shift", "mean", "variance")]
    assert {block.start + 2 for block in blocks} <= places
    heads = [column.title for column in found.sheet.columns]
    assert heads[:8] == ["z", "ẑ", "u", "a", "γ", "β", "μ", "σ²"]
    assert [found.sheet.place(2, 4 + i) for i in range(4)] == [Place("theta", block.start + 2) for block in blocks]
    over_units = asked(*made(LAYER), "forward", 1, Focus(1, 2)).sheet
    assert [over_units.place(2, i) for i in (7, 8)] == [None, None], "layer norm's are of the sample, not in θ"


def test_layer_norms_mean_is_written_of_all_neurons(in_full: None) -> None:
    found = asked(*made(LAYER), "forward", 0, Focus(0, 1))
    line = line_about(found.board, norms.MEAN)
    assert r"\frac{1}{4}\sum_k z_k" in [p.latex for p in line.pieces]
    shapes = [p.latex for p in found.board.lines[-1].pieces if p.note]
    assert shapes == ["W", "x", "b", "z", r"\hat{z}", "u", "a"]


def test_of_batch_norm_it_is_said_what_a_training_step_does_instead() -> None:
    assert "a training step goes by those of its batch" in text(asked(*made(BATCH), "forward", 0).board)
    for index in range(3):
        assert "that one is not written out" in text(asked(*made(BATCH), "backward", index).board)
    for layers in (LAYER, RESIDUAL):
        boards = [asked(*made(layers), kind).board for kind in ("forward", "backward", "update")]
        assert not any("batch" in text(board) or "not written out" in text(board) for board in boards)


def test_one_sample_for_a_batch_brings_no_gradient_through_batch_norm_and_the_update_says_so() -> None:
    model, theta = made(BATCH)
    alone, batch = (asked(model, theta, "update", focus=Focus(1, 0, 1), scope=scope) for scope in ("sample", "batch"))
    weights = [slice(layer.weight.start, layer.weight.stop) for layer in model.network.layers[:2]]
    for part in weights:
        assert np.abs(alone.explained.gradient[part]).max() > 1e-4, "by running statistics there is one"
        np.testing.assert_allclose(alone.update.gradient[part], 0.0, atol=1e-12)
        assert np.abs(batch.update.gradient[part]).max() > 1e-4
    np.testing.assert_array_equal(batch.update.gradient, batch.update.used)
    assert "no gradient comes back through it" in text(alone.board)
    assert "no gradient comes back through it" not in text(batch.board)
    assert "Freezing and clipping" not in text(batch.board)
    assert "by the batch’s own mean and variance" in text(batch.board)


def test_the_update_names_all_that_lies_in_theta() -> None:
    model, theta = made(BATCH)
    found = asked(model, theta, "update")
    layer = model.network.layers[1]
    names = [found.sheet.name(row) for row in range(layer.weight.start, layer.stop, 3)]
    assert names == [
        "layer 2 · 1 · w from a₁",
        "layer 2 · 1 · w from a₄",
        "layer 2 · 2 · w from a₃",
        "layer 2 · 3 · w from a₂",
        "layer 2 · 1 · γ",
        "layer 2 · 1 · β",
        "layer 2 · 1 · running μ",
        "layer 2 · 1 · running σ²",
    ]
    assert found.sheet.focus(layer.weight.start + 5, 0) == Focus(1, 1, 1)
    np.testing.assert_array_equal(found.sheet.values[:, 3], found.update.theta)


def test_the_rest_of_a_long_mean_is_one_number(in_full: None) -> None:
    wide = (Dense(20, norm="layer"), Dense(20, "relu", norm="layer"))
    found = asked(*made(wide), "forward", 1, Focus(1, 3))
    line = line_about(found.board, norms.MEAN)
    assert "8 more" in [p.note for p in line.pieces]
    for about, result, known in equations(found.board):
        assert known == pytest.approx([result] * len(known), rel=1e-12, abs=1e-14), about


def test_the_panel_writes_out_a_network_with_all_of_it(qtbot: Any) -> None:
    spec = change(experiment("blobs", "classification", 3), "network", with_ids(Network(MIXED)))
    panel = ByHandPanel(HandTrained(spec))
    qtbot.addWidget(panel)
    panel.resize(480, 330)
    panel.show()
    for at in range(len(panel.phases)):
        panel.go_to(at)
        qtbot.waitUntil(lambda: not panel.probe.busy, timeout=5000)
        qtbot.waitUntil(lambda: panel.answer is not None and panel.answer.question.phase == panel.phase, timeout=5000)
        assert not panel.is_empty
        assert "nan" not in text(panel.answer.board).lower()  # type: ignore[union-attr, arg-type]
    panel.probe.stop()


def test_a_variance_below_zero_is_refused_in_a_sentence(qtbot: Any) -> None:
    spec = change(experiment("blobs", "classification", 3), "network", with_ids(Network((Dense(3, norm="batch"),))))
    panel = ByHandPanel(HandTrained(spec))
    qtbot.addWidget(panel)
    panel.show()
    layer = panel.session.snapshot.model.network.layers[0]
    panel.type_number(Place("theta", layer.variance.start + 1), -0.5)
    assert panel.session.placed == []
    assert panel.message.text == "A variance cannot be below zero, as −0.5 is: type 0 or more."
    panel.type_number(Place("theta", layer.variance.start + 1), 0.5)
    assert panel.session.placed[0][0][layer.variance.start + 1] == 0.5
    assert not panel.message.isVisible()
    panel.probe.stop()
