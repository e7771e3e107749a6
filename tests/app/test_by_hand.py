"""The by-hand panel: phases, numbers typed over, samples, the step really taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from app.by_hand.answer import Question
from app.by_hand.notation import OPTIMIZER, SETTING, SLOTS
from app.by_hand.phases import Focus, phases
from app.by_hand.pieces import MOST_TERMS, Board, Place
from app.by_hand.script import board as written_board
from app.by_hand.setting import fit
from app.by_hand.sheets import sheet
from app.by_hand.work import answer
from app.number_format import NumberFormat
from app.number_menu import set_number_format
from app.numbers import parse_number
from app.panels.by_hand import ByHandPanel
from app.session import Session
from app.theme import apply_theme
from core.examples import EXAMPLES
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.presets import PRESETS
from core.probes.update import Clock
from core.spec import Choice, Dense, Experiment, Network, Output, change
from tests.app.hand_trained import HandTrained, experiment

SPEC = experiment("blobs", "classification", 3, (4, 3))


@pytest.fixture(autouse=True)
def _usual_numbers() -> Iterator[None]:
    yield
    set_number_format(NumberFormat())


def settled(qtbot: Any, panel: ByHandPanel) -> None:
    qtbot.waitUntil(lambda: not panel.probe.busy, timeout=5000)
    QApplication.processEvents()


@pytest.fixture
def panel(qtbot: Any) -> Iterator[ByHandPanel]:
    made = ByHandPanel(HandTrained(SPEC))
    qtbot.addWidget(made)
    made.resize(900, 560)
    made.show()
    settled(qtbot, made)
    yield made
    made.probe.stop()


def answered(name: str, kind: str, layer: int = -1, focus: Focus | None = None, scope: Any = "sample") -> Any:
    """The answer of a worked example's phase."""
    row = EXAMPLES[name]
    return asked(Model.of(row.experiment), np.array(row.theta), kind, layer, focus, scope)


def asked(
    model: Model, theta: Any, kind: str, layer: int = -1, focus: Focus | None = None, scope: Any = "sample"
) -> Any:
    optimizer = model.experiment.training.optimizer.name
    phase = next(p for p in phases(model.network, optimizer) if p.kind == kind and layer in (-1, p.layer))
    points = model.experiment.data.points
    focus = (focus or Focus(max(phase.layer, 0))).within(model.network)
    clock = Clock()
    return answer(Question(model, theta, clock, points.x[0], float(points.y[0]), 0, False, scope, phase, focus))


def text(board: Board) -> str:
    return " | ".join(line.text or " ".join(p.value for p in line.pieces if p.value) for line in board.lines)


# ---- what is written -------------------------------------------------------------------------------------------------


def test_the_perceptrons_sum_is_written_out() -> None:
    """z = 1 − 3 − 4 = −6, and the sigmoid of it 0.002473."""
    written = text(answered("perceptron", "forward").board)
    assert "= 1 + 3 · (−1) + (−2) · 2" in written
    assert "1 − 3 − 4 = −6" in written
    assert "sigmoid(−6) = 0.002473" in written


def test_digits_and_the_comma_reach_the_board_and_the_table(qapp: object) -> None:
    set_number_format(NumberFormat(3, ","))
    assert "sigmoid(−6) = 0,00247" in text(answered("perceptron", "forward").board)


def test_every_arrow_has_its_shape() -> None:
    found = asked(Model.of(SPEC), Model.of(SPEC).network.initial(0), "forward", 1)
    notes = [(p.latex, p.note) for line in found.board.lines if line.size == "small" for p in line.pieces if p.note]
    assert notes == [("W", "3×4"), ("a", "4"), ("b", "3"), ("z", "3"), ("a", "3")]
    back = asked(Model.of(SPEC), Model.of(SPEC).network.initial(0), "backward", 0)
    assert [p.note for p in back.board.lines[-1].pieces if p.note] == ["4×1", "1×2", "4×2"]


def latex(board: Board) -> list[str]:
    return [piece.latex for line in board.lines for piece in line.pieces]


def test_a_neurons_formulas_have_its_own_symbols() -> None:
    """Both g and its slope, and ∂J/∂ŷ: nothing on the board is called a, z or ŷ_k that has indices elsewhere."""
    sigmoids = tuple(change(layer, "activation", "sigmoid") for layer in SPEC.network.layers)
    model = Model.of(change(SPEC, "network.layers", sigmoids))
    theta = model.network.initial(0)
    assert r"\frac{1}{1+e^{-z_{2}^{(1)}}}" in latex(asked(model, theta, "forward", 0, Focus(0, 1)).board)
    assert r"a_{2}^{(1)}\,(1-a_{2}^{(1)})" in latex(asked(model, theta, "backward", 0, Focus(0, 1)).board)
    assert r"\frac{e^{z_{2}^{(3)}}}{\sum_k e^{z_k^{(3)}}}" in latex(
        asked(model, theta, "forward", 2, Focus(2, 1)).board
    )
    assert r"\hat{y}\,(1-\hat{y})" in latex(answered("perceptron", "backward").board)


@pytest.mark.parametrize(("loss", "activation"), [("mse", "sigmoid"), ("bce", "sigmoid"), ("huber", "tanh")])
def test_the_slope_of_a_mean_over_outputs_is_written_with_its_share(loss: str, activation: str) -> None:
    """∂J/∂ŷ₂ of three outputs: the number that is written out is the one that it comes to."""
    spec = change(change(SPEC, "network.output.activation", activation), "training.loss", Choice(loss))
    model = Model.of(spec)
    board = asked(model, model.network.initial(0), "backward", 2, Focus(2, 1)).board
    pull = next(line for line in board.lines if line.pieces[:1] and line.pieces[0].latex.endswith(r"\hat{y}_{2}}"))
    written, result = pull.pieces[2], parse_number(pull.pieces[-1].value)
    assert "K" in written.latex
    assert r"\hat{y}_{2}-y_{2}" in written.latex
    if written.value:
        assert eval(written.value.replace("−", "-").replace("·", "*")) == pytest.approx(result, rel=0.01)
    assert any(r"\frac{1}{K}\sum_k" in p for p in latex(asked(model, model.network.initial(0), "loss").board))


def test_a_square_error_through_softmax_is_written_factor_by_factor() -> None:
    """∂J/∂z₁ = ŷ₁ · (∂J/∂ŷ₁ − Σ ŷ_k ∂J/∂ŷ_k), not a number out of nowhere."""
    model = Model.of(change(SPEC, "training.loss", Choice("mse")))
    board = asked(model, model.network.initial(0), "backward", 2).board
    line = next(line for line in board.lines if line.pieces[:1] and line.pieces[0].latex.endswith("z_{1}^{(3)}}"))
    said = [p.value.strip("()") for p in line.pieces if p.value != "=" and not p.operator]
    a, pull, shared, result = (parse_number(value) for value in said if value)
    assert a * (pull - shared) == pytest.approx(result, rel=0.01)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_number_an_optimizer_remembers_has_the_letter_of_its_formula(name: str) -> None:
    row = OPTIMIZERS[name]
    assert len(SLOTS.get(name, ())) == (0 if row.whole else len(row.slots))
    written = " ".join(OPTIMIZER[name])
    letters = {*SLOTS.get(name, ()), *(SETTING[s.name] for s in row.settings if not row.whole)}
    assert all(letter in written for letter in letters)
    model = Model.of(change(SPEC, "training.optimizer", Choice(name)))
    shown = latex(asked(model, model.network.initial(0), "update").board)
    assert all(letter in shown for letter in letters)


def test_adams_step_can_be_worked_out_from_the_board() -> None:
    """m̂ and v̂ from m, v, the two betas and t, and the step from them."""
    model = Model.of(change(SPEC, "training.optimizer", Choice("adam")))
    found = asked(model, model.network.initial(0), "update")
    said = {p.latex: p.value for line in found.board.lines for p in line.pieces if p.value}
    letters = ("m", "v", r"\eta", r"\beta_1", r"\beta_2", "t", r"\epsilon")
    m, v, eta, beta1, beta2, t, epsilon = (parse_number(said[letter]) for letter in letters)
    step = eta * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
    assert step == pytest.approx(found.update.change[found.explained.layers[0].place(0, 0)], rel=0.01)


@pytest.mark.parametrize("kind", ["input", "loss", "update"])
def test_many_inputs_and_outputs_stay_within_the_board(kind: str, qapp: object) -> None:
    """With 64 inputs and ten classes a line breaks, instead of going on where nobody sees it."""
    model = Model.of(PRESETS["digits"].experiment)
    found = asked(model, model.network.initial(0), kind)
    assert fit(found.board, 560.0, 300.0).width <= 560.0


def test_the_simplest_networks_chain_is_written_factor_by_factor() -> None:
    second, first = (answered("simplest", "backward", layer).board.lines[0].pieces for layer in (1, 0))
    d = "\\frac{{\\partial {}}}{{\\partial {}}}".format
    symbols = [piece.latex for piece in second if piece.latex and not piece.operator]
    assert symbols == [d("J", "w_{2}"), d("J", "\\hat{y}"), d("\\hat{y}", "w_{2}")]
    assert [p.value for p in second if p.value and not p.operator] == ["(−6.2)", "(−1.2)", "=", "7.44"]
    symbols = [piece.latex for piece in first if piece.latex and not piece.operator]
    assert symbols == [d("J", "w_{1}"), d("J", "\\hat{y}"), d("\\hat{y}", "z_{1}"), d("z_{1}", "w_{1}")]
    assert [p.value for p in first if p.value and not p.operator] == ["(−6.2)", "2", "1.5", "=", "−18.6"]


def test_the_penguins_losses_stand_side_by_side() -> None:
    written = text(answered("penguin", "loss").board)
    assert "0.3 0.1 0.6 0 0 1" in written
    assert "−1 · ln 0.6" in written
    notes = {p.note: p.value for line in answered("penguin", "loss").board.lines for p in line.pieces if p.note}
    assert notes["mean absolute error: 0.3, 0.1, 0.4"] == "0.2667"
    assert notes["mean squared error: 0.09, 0.01, 0.16"] == "0.08667"
    assert notes["categorical cross-entropy: 0, 0, 0.5108"] == "0.5108"


def test_the_largest_output_wins() -> None:
    written = text(answered("penguin", "forward").board)
    assert "= exp(−1.204) / ( exp(−1.204) + exp(−2.303) + exp(−0.5108) ) = 0.3" in written
    assert "The network says class 3: the largest wins. The truth is class 3." in written
    assert "The network says class 1 (y = 0): ŷ = 0.1" in text(answered("pass", "forward", 1).board)


def test_a_negative_slope_says_which_way_to_go() -> None:
    assert "negative: raising the weight lowers" in text(answered("slope", "backward").board)
    assert "2.2 = 2 − 0.1 · (−2)" in text(answered("slope", "update").board)


def test_other_optimizers_show_their_own_step() -> None:
    spec = change(SPEC, "training.optimizer", Choice("adam"))
    model = Model.of(spec)
    found = asked(model, model.network.initial(0), "update", focus=Focus(1, 2, 3))
    place = found.explained.layers[1].place(2, 3)
    notes = {p.note: p.value for line in found.board.lines for p in line.pieces if p.note}
    assert set(notes) >= {"new", "old", "Adam’s step", "gradient", "rate", "mean", "square"}
    assert float(notes["new"].replace("−", "-")) == pytest.approx(found.update.theta[place], rel=1e-3)


def test_long_sums_are_cut_and_the_rest_is_one_number() -> None:
    spec = experiment("blobs", "classification", 2, (64, 2))
    model = Model.of(spec)
    found = asked(model, model.network.initial(0), "forward", 1)
    pieces = found.board.lines[0].pieces
    assert next(p.note for p in pieces if p.note) == f"{64 - MOST_TERMS} more"
    assert sum(p.role == "activation" for p in pieces) == MOST_TERMS
    assert found.sheet.values.shape == (2, 3 + 64)


def test_the_board_fits_the_room_where_it_can(qapp: object) -> None:
    found = answered("perceptron", "forward").board
    for width, height in ((900, 600), (500, 420), (320, 300)):
        made = fit(found, width, height)
        assert made.height <= height
        assert all(put.rect.right() <= width + 1 for put in made.puts)
    large, small = fit(found, 1200, 800), fit(found, 320, 300)
    assert large.share > 1.0 > small.share


@pytest.mark.parametrize("kind", ["input", "forward", "loss", "backward", "update"])
def test_nothing_overlaps_on_the_board(kind: str, qapp: object) -> None:
    model = Model.of(SPEC)
    made = fit(asked(model, model.network.initial(0), kind).board, 700, 420)
    rects = [put.rect for put in made.puts] + [words.rect for words in made.words] + [c.rect for c in made.curves]
    for i, one in enumerate(rects):
        for other in rects[i + 1 :]:
            shared = one.adjusted(1, 1, -1, -1).intersected(other.adjusted(1, 1, -1, -1))
            assert shared.isEmpty(), (one, other)


def test_the_tables_hold_the_numbers_of_the_phase() -> None:
    found = answered("pass", "forward", 0, Focus(0, 2, 1))
    numbers = found.explained.layers[0]
    np.testing.assert_array_equal(found.sheet.values[:, 0], numbers.z)
    np.testing.assert_array_equal(found.sheet.values[:, 3:], numbers.weights)
    assert found.sheet.row == 2
    assert found.sheet.place(2, 4) == Place("theta", numbers.place(2, 1))
    assert found.sheet.focus(1, 4) == Focus(0, 1, 1)
    back = answered("pass", "backward", 0)
    np.testing.assert_array_equal(back.sheet.values[:, 4:], back.explained.layers[0].dw)
    step = answered("pass", "update")
    np.testing.assert_array_equal(step.sheet.values[:, 3], step.update.theta)
    assert [step.sheet.name(row) for row in (0, 6, 12)] == [
        "layer 1 · 1 · w from x₁",
        "layer 1 · 1 · b",
        "output · b",
    ]


def test_all_samples_have_their_share_of_the_loss() -> None:
    found = answered("pass", "loss", scope="all")
    losses, shares = found.sheet.values.T
    assert shares.sum() == pytest.approx(100.0)
    assert losses.mean() == pytest.approx(found.update.mean)
    assert found.sheet.sample(3) == int(found.update.samples[3])
    assert f"Mean over {len(losses)} samples" in text(found.board)


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "linear", "tanh"])
@pytest.mark.parametrize("kind", ["forward", "loss", "backward", "update"])
def test_everything_can_be_written_for_every_output(kind: str, output: str) -> None:
    spec = Experiment("", SPEC.data, Network((Dense(2, "relu", bias=False, id=1),), Output(output)), SPEC.training)
    model = Model.of(spec)
    for scope in ("sample", "batch", "all"):
        found = asked(model, model.network.initial(1), kind, scope=scope)
        assert text(found.board)
        assert "nan" not in text(found.board).lower()
        assert written_board(found, found.question.phase, found.question.focus) == found.board
        assert sheet(found, found.question.phase, found.question.focus).values.size


# ---- the panel -------------------------------------------------------------------------------------------------------


def test_it_begins_with_the_sample_and_steps_with_keys_and_buttons(qtbot: Any, panel: ByHandPanel) -> None:
    assert panel.phase.kind == "input"
    kinds = [panel.phase.kind]
    for _ in range(len(panel.phases) - 1):
        qtbot.keyClick(panel, Qt.Key.Key_Right)
        kinds.append(panel.phase.kind)
    assert kinds == ["input", *["forward"] * 3, "loss", *["backward"] * 3, "update"]
    assert not panel.parts.bar.on.isEnabled()
    qtbot.mouseClick(panel.parts.bar.back, Qt.MouseButton.LeftButton)
    assert (panel.phase.kind, panel.phase.layer) == ("backward", 0)
    panel.parts.bar.back.setFocus()
    qtbot.keyClick(panel.parts.bar.back, Qt.Key.Key_Left)
    assert panel.phase.layer == 1
    settled(qtbot, panel)
    assert panel.answer is not None
    assert panel.answer.question.phase == panel.phase


def test_a_click_on_a_phase_shows_it(qtbot: Any, panel: ByHandPanel) -> None:
    rows = panel.parts.stepper.rows
    qtbot.mouseClick(rows, Qt.MouseButton.LeftButton, pos=rows.row_rect(4).center().toPoint())
    assert panel.phase.kind == "loss"
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert panel.phase.kind == "backward"


def test_a_weight_clicked_on_the_board_is_typed_over(qtbot: Any, panel: ByHandPanel) -> None:
    panel.go_to(1)
    settled(qtbot, panel)
    board = panel.parts.board.picture
    assert board.set is not None
    put = next(p for p in board.set.puts if p.piece.place == Place("theta", 0))
    spot = (put.value_rect.center() + board._origin()).toPoint()
    qtbot.mouseClick(board, Qt.MouseButton.LeftButton, pos=spot)
    field = board.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    qtbot.keyClicks(field, "0,75")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    (theta, label, _), *rest = panel.session.placed
    assert not rest
    assert (theta[0], label) == (0.75, "Type a weight")
    np.testing.assert_array_equal(theta[1:], np.asarray(panel.session.snapshot.theta, dtype=np.float64)[1:])


def test_a_bias_in_the_table_is_typed_over(qtbot: Any, panel: ByHandPanel) -> None:
    panel.go_to(1)
    settled(qtbot, panel)
    model = panel.parts.table.sheet_model
    index = model.index(2, 2)
    assert index.flags() & Qt.ItemFlag.ItemIsEditable
    assert not model.index(2, 0).flags() & Qt.ItemFlag.ItemIsEditable
    assert model.setData(index, "−1,5", Qt.ItemDataRole.EditRole)
    assert not model.setData(index, "no number", Qt.ItemDataRole.EditRole)
    layer = panel.session.model.network.layers[0]
    assert panel.session.placed[0][0][layer.bias.start + 2] == -1.5
    assert len(panel.session.placed) == 1


def test_an_input_typed_changes_everything_but_the_data(qtbot: Any, panel: ByHandPanel) -> None:
    before = panel.answer
    points = panel.session.experiment.data.points
    panel.type_number(Place("raw", 1), 2.5)
    panel.type_number(Place("target", 0), 9.0)
    settled(qtbot, panel)
    after = panel.answer
    assert before is not None
    assert after is not None
    assert after.explained.x.tolist() == [points.x[0, 0], 2.5]
    assert after.explained.target.tolist() == [0.0, 0.0, 1.0], "a class is held among those there are"
    assert after.explained.loss != before.explained.loss
    assert panel.session.experiment.data.points is points
    assert "what if" in panel.status
    qtbot.mouseClick(panel.parts.bar.undo, Qt.MouseButton.LeftButton)
    settled(qtbot, panel)
    assert panel.answer is not None
    assert panel.answer.explained.x.tolist() == points.x[0].tolist()


def test_an_input_of_ones_own(qtbot: Any, panel: ByHandPanel) -> None:
    qtbot.mouseClick(panel.parts.bar.own, Qt.MouseButton.LeftButton)
    panel.type_number(Place("raw", 0), -4.0)
    settled(qtbot, panel)
    assert panel.answer is not None
    assert panel.answer.question.index == -1
    assert panel.answer.explained.x[0] == -4.0
    assert not panel.parts.bar.number.isEnabled()
    qtbot.mouseClick(panel.parts.bar.own, Qt.MouseButton.LeftButton)
    settled(qtbot, panel)
    assert panel.answer.question.index == 0


def test_the_sample_is_the_sessions_and_goes_round(qtbot: Any, panel: ByHandPanel) -> None:
    panel.session.pick(7)
    settled(qtbot, panel)
    assert panel.answer is not None
    assert panel.answer.question.index == 7
    qtbot.keyClick(panel, Qt.Key.Key_PageDown)
    assert panel.session.picked == 8
    for _ in range(9):
        qtbot.mouseClick(panel.parts.bar.before, Qt.MouseButton.LeftButton)
    assert panel.session.picked == len(panel.session.experiment.data.points) - 1
    panel.parts.bar.number.typed.emit(3.0)
    assert panel.session.picked == 2


def test_a_neuron_picked_elsewhere_is_written_out(qtbot: Any, panel: ByHandPanel) -> None:
    panel.session.pick_neuron(2, 1)
    assert (panel.phase.kind, panel.phase.layer, panel.focus) == ("forward", 1, Focus(1, 1, 0))
    panel.go_to(5)
    panel.show_neuron(1, 3)
    assert (panel.phase.kind, panel.phase.layer, panel.focus.unit) == ("backward", 0, 3)
    panel.show_neuron(99, 0)
    assert panel.focus.unit == 3
    qtbot.keyClick(panel, Qt.Key.Key_Up)
    assert panel.focus.unit == 2


def test_a_row_clicked_in_the_table_is_written_out(qtbot: Any, panel: ByHandPanel) -> None:
    panel.go_to(1)
    settled(qtbot, panel)
    table = panel.parts.table
    spot = table.visualRect(table.sheet_model.index(2, 4)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(spot))
    assert panel.focus == Focus(0, 2, 1)
    settled(qtbot, panel)
    assert panel.answer is not None
    assert panel.answer.board is not None
    assert "neuron 3 of 4" in panel.answer.board.title


def test_the_panel_follows_a_smaller_network(qtbot: Any, panel: ByHandPanel) -> None:
    panel.go_to(len(panel.phases) - 1)
    panel.set_focus(Focus(1, 2, 3))
    panel.session.adopt(experiment("blobs", "classification", 3, ()))
    settled(qtbot, panel)
    assert panel.phase.kind == "update"
    assert panel.focus == Focus(0, 2, 1)


def test_without_samples_there_is_a_sentence_and_a_button(qtbot: Any) -> None:
    spec = experiment("blobs", "classification", 2, ())
    empty = change(spec, "data", type(spec.data)())
    made = ByHandPanel(HandTrained(empty))
    qtbot.addWidget(made)
    made.show()
    assert made.is_empty
    assert made.empty.button.text() == "The perceptron"
    made.probe.stop()


def test_a_field_on_the_board_goes_with_escape_and_with_its_phase(qtbot: Any, panel: ByHandPanel) -> None:
    board = panel.parts.board.picture
    for leave in (lambda: qtbot.keyClick(board.findChild(QLineEdit), Qt.Key.Key_Escape), lambda: panel.go_to(4)):
        panel.go_to(1)
        settled(qtbot, panel)
        assert board.edit(Place("theta", 0))
        leave()
        settled(qtbot, panel)
        assert all(field.isHidden() for field in board.findChildren(QLineEdit))
    assert not board.edit(Place("theta", 0)), "it is not on the board of the loss"
    assert panel.session.placed == []


def test_the_tables_heads_grow_with_everything_else(qtbot: Any, qapp: Any, panel: ByHandPanel) -> None:
    panel.resize(1500, 1000)
    panel.go_to(1)
    settled(qtbot, panel)
    head = panel.parts.table.horizontalHeader()

    def ink() -> int:
        """How many rows of pixels its words take."""
        image = head.grab().toImage()
        rows = range(2, image.height() - 4)
        across = range(0, image.width())
        ground = image.pixel(1, 1)
        return sum(any(image.pixel(x, y) != ground for x in across) for y in rows)

    small = ink()
    apply_theme(qapp, "light", 1.6)
    try:
        settled(qtbot, panel)
        assert ink() > 1.4 * small
    finally:
        apply_theme(qapp, "light", 1.0)


@pytest.mark.parametrize("size", [(330, 260), (480, 330), (1500, 900)])
@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_it_has_room_for_what_matters_at_every_size(qtbot: Any, qapp: Any, size: Any, scale: float) -> None:
    apply_theme(qapp, "dark", scale)
    try:
        made = ByHandPanel(HandTrained(SPEC))
        qtbot.addWidget(made)
        made.resize(*size)
        made.show()
        made.go_to(2)
        settled(qtbot, made)
        QApplication.processEvents()
        parts = made.parts
        assert parts.board.isVisible()
        assert parts.board.height() >= 60
        assert parts.bar.on.isVisible()
        assert parts.rect().contains(parts.board.geometry())
        if parts.crowded:
            assert not made.numbers.isHidden()
            made.numbers.setChecked(True)
            assert parts.table.isVisible()
            assert not parts.board.isVisible()
        else:
            assert parts.table.isVisible()
        made.probe.stop()
    finally:
        apply_theme(qapp, "light", 1.0)


# ---- with a run ------------------------------------------------------------------------------------------------------


@pytest.fixture
def live(qtbot: Any) -> Iterator[ByHandPanel]:
    session = Session(change(SPEC, "training.precision", "float64"))
    made = ByHandPanel(session)
    qtbot.addWidget(made)
    made.resize(900, 560)
    made.show()
    qtbot.waitUntil(lambda: made.answer is not None, timeout=5000)
    yield made
    made.probe.stop()
    session.close()


def test_applying_the_update_takes_the_step_and_undo_takes_it_back(qtbot: Any, live: ByHandPanel) -> None:
    session = live.session
    live.scope.chip("batch").click()
    live.go_to(len(live.phases) - 1)
    settled(qtbot, live)
    assert live.answer is not None
    assert live.answer.update is not None
    before, wanted = np.array(session.snapshot.theta), live.answer.update.theta
    assert not np.array_equal(before, wanted)
    qtbot.mouseClick(live.parts.bar.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.theta, wanted), timeout=5000)
    session.undo_stack.undo()
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.theta, before), timeout=5000)


def test_the_batchs_step_is_the_one_that_the_run_takes(qtbot: Any, live: ByHandPanel) -> None:
    session = live.session
    live.scope.chip("batch").click()
    settled(qtbot, live)
    assert live.answer is not None
    assert live.answer.update is not None
    wanted = live.answer.update.theta
    session.step(1)
    qtbot.waitUntil(lambda: session.snapshot.step == 1, timeout=5000)
    np.testing.assert_allclose(session.snapshot.theta, wanted, rtol=1e-12, atol=1e-14)


def test_an_example_brings_its_weights_and_undo_brings_back_what_was(qtbot: Any, live: ByHandPanel) -> None:
    session = live.session
    before, theta = session.experiment, np.array(session.snapshot.theta)
    live.examples.chosen.emit("perceptron")
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.theta, [3.0, -2.0, 1.0]), timeout=5000)
    live.go_to(1)
    settled(qtbot, live)
    assert live.answer is not None
    assert live.answer.board is not None
    assert "1 − 3 − 4 = −6" in text(live.answer.board)
    session.undo_stack.undo()
    assert session.experiment == before
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.theta, theta), timeout=5000)


@pytest.mark.parametrize("digits", [4, 6])
def test_the_tables_columns_are_wide_enough_for_their_numbers(qtbot: Any, panel: ByHandPanel, digits: int) -> None:
    """The row in focus is semibold, and more digits need more room at once."""
    panel.go_to(99)
    set_number_format(NumberFormat(digits))
    settled(qtbot, panel)
    view, shown = panel.parts.table, panel.answer
    assert shown is not None
    for size in (-4.5678912e-8, -4.5678912e-10):
        view.show_sheet(replace(shown.sheet, values=np.full_like(shown.sheet.values, size), row=0))
        cells = [view.sheet_model.index(0, i) for i in range(4)]
        assert all(view.columnWidth(i) >= view.sizeHintForIndex(cell).width() for i, cell in enumerate(cells))


def test_the_field_over_a_number_has_room_for_all_its_digits(qtbot: Any, panel: ByHandPanel) -> None:
    panel.go_to(1)
    settled(qtbot, panel)
    board = panel.parts.board.picture
    panel.activateWindow()
    assert board.edit(Place("theta", 0))
    field = board.findChild(QLineEdit)
    qtbot.waitUntil(field.hasFocus)
    assert parse_number(field.text()) == pytest.approx(panel.session.snapshot.theta[0], rel=1e-5)
    assert field.width() >= field.sizeHint().width()


def test_beside_the_board_the_table_has_the_room_it_wants(qtbot: Any, panel: ByHandPanel) -> None:
    panel.resize(1560, 800)
    panel.go_to(99)
    settled(qtbot, panel)
    table = panel.parts.table
    qtbot.waitUntil(lambda: table.verticalScrollBar().isVisible())
    assert table.width() >= table.wanted_width
    assert table.horizontalScrollBar().maximum() == 0
