"""Tables, the Experiment's values, and the presets: names that answer, limits that hold, and nothing left unsaid."""

from __future__ import annotations

import dataclasses
import math

import msgspec
import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.data.features import FEATURES
from core.data.generators import GENERATORS
from core.initializers import INITIALIZERS
from core.layers import NORMS
from core.losses import LOSSES
from core.model import Model
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.presets import FIRST, PRESETS, seeded
from core.project import Project, decode, encode
from core.spec import Choice, Data, Dense, Experiment, Network, Output, Points, Training, change, with_ids
from core.tables import Setting, SpecError, Table, settle
from core.trainer import Trainer

TABLES = [ACTIVATIONS, FEATURES, GENERATORS, INITIALIZERS, LOSSES, NORMS, OPTIMIZERS, PRESETS]


@dataclasses.dataclass(frozen=True)
class Thing:
    name: str
    title: str = "Thing"
    help: str = "A thing."


# ---- tables ----------------------------------------------------------------------------------------------------------


def test_a_table_is_a_mapping_in_the_order_given() -> None:
    table: Table[Thing] = Table("thing", Thing("b"), Thing("a"))
    assert list(table) == ["b", "a"]
    assert [row.name for row in table.rows()] == ["b", "a"]
    assert table["a"] is table.rows()[1]
    assert "b" in table
    assert "c" not in table
    assert 3 not in table
    assert len(table) == 2
    assert dict(table.items())["a"].name == "a"


def test_an_unknown_name_brings_the_nearest_or_all() -> None:
    with pytest.raises(SpecError) as near:
        ACTIVATIONS["rleu"]
    assert str(near.value) == "activation: there is no activation called 'rleu'; did you mean 'relu'."
    with pytest.raises(SpecError, match="known are mse, mae, huber, hinge, bce, cce"):
        LOSSES["zzzzzz"]


def test_two_rows_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="two rows of the table of things share a name"):
        Table("thing", Thing("a"), Thing("a"))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.what)
def test_every_row_has_a_title_and_a_sentence(table: Table[Thing]) -> None:
    titles = [row.title for row in table.rows()]
    assert len(set(titles)) == len(titles)
    for row in table.rows():
        assert row.title
        assert row.title == row.title.strip()
        assert row.help.rstrip("”").endswith((".", ")", "!", "?"))
        assert 10 < len(row.help) < 200


@pytest.mark.parametrize("table", [LOSSES, OPTIMIZERS, INITIALIZERS], ids=lambda table: table.what)
def test_every_setting_has_a_default_within_its_limits_and_a_help(table: Table[object]) -> None:
    for row in table.rows():
        for setting in row.settings:  # type: ignore[attr-defined]
            assert setting.low <= setting.default <= setting.high
            assert setting.title
            assert setting.help.endswith(".")
            assert setting.scale != "log" or setting.low > 0


def test_settle_fills_in_defaults_and_refuses_what_is_not_there() -> None:
    known = (Setting("a", "A", 0.5, 0.0, 1.0), Setting("b", "B", 2.0, 1.0, 3.0))
    assert settle("x", known, {"b": 3}) == {"a": 0.5, "b": 3.0}
    with pytest.raises(SpecError, match=r"x\.c: there is no such setting here; known are a, b"):
        settle("x", known, {"c": 1.0})
    for bad in (-0.1, 1.1, math.nan, math.inf):
        with pytest.raises(SpecError, match=r"x\.a: .* is outside 0 to 1"):
            settle("x", known, {"a": bad})


def test_an_error_is_one_sentence_with_its_parts() -> None:
    error = SpecError("network.layers[1].units", "a layer needs a unit", "remove it")
    assert (error.path, error.what, error.fix) == ("network.layers[1].units", "a layer needs a unit", "remove it")
    assert str(error) == "network.layers[1].units: a layer needs a unit; remove it."


# ---- values ----------------------------------------------------------------------------------------------------------


def test_change_copies_and_leaves_the_original() -> None:
    before = Experiment()
    after = change(before, "training.learning_rate", 0.5)
    assert (before.training.learning_rate, after.training.learning_rate) == (0.03, 0.5)
    assert after.data is before.data
    assert change(before, "name", "other").name == "other"
    with pytest.raises((AttributeError, TypeError)):
        change(before, "training.lerning_rate", 0.5)
    with pytest.raises(AttributeError):
        before.name = "new"  # type: ignore[misc]


def test_points_are_read_only_copies() -> None:
    x = np.zeros((2, 2))
    points = Points(x, [0, 1])
    x[0, 0] = 5.0
    assert points.x[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        points.x[0, 0] = 1.0
    assert points == Points([[0, 0], [0, 0]], [0, 1])
    assert points != Points([[0, 0], [0, 0]], [0, 0])
    assert points != Points([[0, 0], [0, 0]], [0, 1], [True, False])
    assert points != "points"
    assert repr(points) == "Points(2 points, 0 drawn)"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_points_are_finite(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Points([[0.0, bad]], [0])
    with pytest.raises(ValueError, match="finite"):
        Points([[0.0, 0.0]], [bad])


def test_points_need_as_many_marks_as_points() -> None:
    with pytest.raises(ValueError, match="one y and one mark each"):
        Points([[0, 0], [1, 1]], [0, 1], [True])
    with pytest.raises(ValueError, match=r"reshape|one y"):
        Points([[0, 0], [1, 1], [2, 2]], [0, 1])


def test_points_join_and_select() -> None:
    a, b = Points([[0, 0]], [0]), Points([[1, 1], [2, 2]], [1, 0], [True, True])
    both = a.join(b)
    assert (len(both), both.drawn.tolist(), both.y.tolist()) == (3, [False, True, True], [0, 1, 0])
    assert both.select(both.drawn) == b
    nothing = Points([], [])
    assert nothing.join(a) is a
    assert a.join(nothing) is a
    assert both.select(np.zeros(3, dtype=bool)) == nothing


def test_layers_get_ids_and_keep_those_they_have() -> None:
    layers = (Dense(1), Dense(2, id=4), Dense(3, id=4), Dense(4, id=-1), Dense(5, id=2))
    ids = [layer.id for layer in with_ids(Network(layers)).layers]
    assert len(set(ids)) == 5
    assert min(ids) > 0
    assert (ids[1], ids[4]) == (4, 2)
    assert with_ids(with_ids(Network(layers))) == with_ids(Network(layers))


@pytest.mark.parametrize(
    "wrong",
    [
        {"training": {"learning_rate": 0}},
        {"training": {"learning_rate": 1001}},
        {"training": {"batch_size": 0}},
        {"training": {"l1": -1}},
        {"data": {"classes": 1}},
        {"data": {"split": {"share": 0.05}}},
        {"network": {"layers": [{"units": 0}]}},
        {"network": {"layers": [{"units": 1, "dropout": 1.0}]}},
        {"unknown": 1},
    ],
    ids=str,
)
def test_every_fields_range_is_declared(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Experiment)


# ---- what the parts come to ------------------------------------------------------------------------------------------


def spec(task: str = "classification", classes: int = 2, output: str = "auto", loss: str = "auto") -> Experiment:
    return Experiment("", Data(task, classes), Network((), Output(output)), Training(loss=Choice(loss)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "activation", "loss", "units"),
    [
        (spec(), "sigmoid", "bce", 1),
        (spec(classes=3), "softmax", "cce", 3),
        (spec("regression"), "linear", "mse", 1),
        (spec(loss="mse"), "sigmoid", "mse", 1),
        (spec(loss="cce"), "softmax", "cce", 2),
        (spec(output="softmax"), "softmax", "cce", 2),
        (spec(classes=3, output="sigmoid"), "sigmoid", "bce", 3),
        (spec(output="tanh"), "tanh", "mse", 1),
        (spec(classes=4, loss="mse"), "softmax", "mse", 4),
        (spec(output="linear"), "linear", "mse", 1),
        (spec(loss="hinge"), "linear", "hinge", 1),
        (spec(output="tanh", loss="hinge"), "tanh", "hinge", 1),
        (spec("regression", loss="huber"), "linear", "huber", 1),
    ],
)
def test_the_output_follows_from_the_task(given: Experiment, activation: str, loss: str, units: int) -> None:
    network = resolve(given)
    assert (network.output.activation, network.loss.name, network.output.units) == (activation, loss, units)


@pytest.mark.parametrize(
    ("given", "path", "what"),
    [
        (spec("regression", loss="bce"), "training.loss", "compares classes"),
        (spec("regression", output="softmax"), "network.output.activation", "always 1"),
        (spec(output="linear", loss="bce"), "training.loss", "needs a sigmoid output"),
        (spec(output="relu", loss="cce"), "training.loss", "needs a softmax output"),
        (spec(output="relu", loss="hinge"), "training.loss", "needs a linear or tanh output"),
        (spec("regression", loss="hinge"), "training.loss", "compares classes"),
        (change(spec(), "training.loss", Choice("huber", {"delta": 0.0})), "training.loss.delta", "outside"),
        (change(spec(), "training.loss", Choice("mse", {"delta": 1.0})), "training.loss.delta", "no such setting"),
        (change(spec(), "training.loss", Choice("auto", {"smoothing": 0.1})), "training.loss.smoothing", "no such"),
        (change(spec(), "network.layers", (Dense(3),)), "network.layers", "an id of its own"),
        (change(spec(), "network.layers", (Dense(3, id=1), Dense(2, id=1))), "network.layers", "an id of its own"),
        (change(spec(), "network.layers", (Dense(0, id=1),)), "network.layers[0].units", "at least one unit"),
        (change(spec(), "network.layers", (Dense(10**12, id=1),)), "network.layers[0].units", "than fit into memory"),
        (change(spec(), "network.initializer", Choice("normal", {"x": 1})), "network.initializer.x", "no such setting"),
        (change(spec(), "training.optimizer", Choice("adam", {"beta1": 2})), "training.optimizer.beta1", "outside"),
    ],
)
def test_parts_that_do_not_fit_are_said_with_their_place(given: Experiment, path: str, what: str) -> None:
    with pytest.raises(SpecError, match=what) as caught:
        Model.of(given)
    assert caught.value.path == path
    assert caught.value.fix


def test_theta_is_laid_out_without_gaps() -> None:
    layers = (Dense(5, id=3), Dense(4, bias=False, id=1))
    network = resolve(Experiment("", Data(classes=3), Network(layers)))
    assert network.shape == (2, 5, 4, 3)
    assert network.parameters == (2 * 5 + 5) + 5 * 4 + (4 * 3 + 3)
    theta = np.arange(float(network.parameters))
    blocks = [block for layer in network.layers for block in (layer.weight, layer.bias) if block]
    assert np.array_equal(np.concatenate([block.of(theta).ravel() for block in blocks]), theta)
    assert [layer.label for layer in network.layers] == ["layer 1", "layer 2", "output"]
    network.weights(theta, 0)[:] = -1.0
    assert (theta[:10] == -1.0).all(), "the view is one into theta"


VARIANCES = {
    "glorot_uniform": 2 / (300 + 200),
    "glorot_normal": 2 / (300 + 200),
    "he_uniform": 2 / 300,
    "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300,
    "lecun_normal": 1 / 300,
    "orthogonal": 1 / 300,
    "uniform": 1 / 3,
    "normal": 0.01,
}


def test_every_initializer_that_draws_is_tested_for_its_spread() -> None:
    assert {*VARIANCES, "constant", "zeros"} == set(INITIALIZERS)


@pytest.mark.parametrize("name", list(VARIANCES))
def test_initial_weights_have_the_spread_that_their_source_gives(name: str) -> None:
    layers = (Dense(300, id=1), Dense(200, id=2))
    network = resolve(Experiment("", Data(), Network(layers, initializer=Choice(name))))
    theta = network.initial(4)
    w = network.weights(theta, 1)
    variance = VARIANCES[name]
    assert w.var() == pytest.approx(variance, rel=0.02)
    assert abs(w.mean()) < 4 * math.sqrt(variance / w.size)
    if "uniform" in name:
        assert math.sqrt(3 * variance) * 0.999 < np.abs(w).max() <= math.sqrt(3 * variance)
    assert not network.biases(theta, 1).any()
    assert np.array_equal(theta, network.initial(4))
    assert not np.array_equal(theta, network.initial(5))


def test_constant_and_zero_weights_are_what_they_say() -> None:
    for choice, value in (
        (Choice("constant"), 0.5),
        (Choice("constant", {"value": -3.0}), -3.0),
        (Choice("zeros"), 0.0),
    ):
        network = resolve(Experiment("", Data(), Network((Dense(4, id=1),), initializer=choice)))
        theta = network.initial(0)
        assert all((network.weights(theta, i) == value).all() for i in range(2))
        assert not network.biases(theta, 0).any()


@pytest.mark.parametrize(("units", "inside"), [(30, 12), (12, 30), (9, 9)])
def test_orthogonal_weights_are(units: int, inside: int) -> None:
    layers = (Dense(inside, id=1), Dense(units, id=2))
    network = resolve(Experiment("", Data(), Network(layers, initializer=Choice("orthogonal", {"gain": 2.0}))))
    w = network.weights(network.initial(1), 1)
    product = w.T @ w if units >= inside else w @ w.T
    assert product == pytest.approx(4.0 * np.eye(min(units, inside)), abs=1e-12)
    assert (np.linalg.qr(w if units >= inside else w.T)[1].diagonal() > 0).any(), "signs are not spread evenly"
    assert (np.linalg.qr(w if units >= inside else w.T)[1].diagonal() < 0).any(), "signs are not spread evenly"


def test_a_layers_draws_do_not_move_anothers() -> None:
    one = resolve(Experiment("", Data(), Network((Dense(3, id=1), Dense(4, id=2)))))
    other = resolve(Experiment("", Data(), Network((Dense(9, id=7), Dense(3, id=1), Dense(4, id=2)))))
    assert np.array_equal(one.weights(one.initial(0), 1), other.weights(other.initial(0), 2))


# ---- presets ---------------------------------------------------------------------------------------------------------

WELL = {
    "plane": 0.9,
    "multi-gaussian": 0.9,
    "sine-radius": 0.95,
    "checkerboard": 0.95,
    "xor": 0.93,
    "digits": 0.95,
    "earthquakes": 0.5,
}


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "scratch"])
def test_every_preset_is_learned_well_within_its_epochs(name: str) -> None:
    preset = PRESETS[name]
    trainer = Trainer(preset.experiment)
    trainer.advance(trainer.steps_until(preset.epochs))
    snapshot = trainer.snapshot()
    assert snapshot.divergence is None
    assert snapshot.epoch == preset.epochs
    assert snapshot.test_score > WELL.get(name, 0.97)
    assert trainer.state.step < 9000, "this takes more than a few seconds"


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_can_be_saved_and_opened(name: str) -> None:
    spec = PRESETS[name].experiment
    assert decode(encode(Project(spec))).experiment == spec


def test_the_first_preset_is_three_spirals() -> None:
    spec = PRESETS[FIRST].experiment
    assert (len(spec.data.points), spec.data.classes, spec.data.split.share) == (360, 3, 0.67)
    assert resolve(spec).shape == (2, 8, 8, 6, 3)
    assert seeded(spec, None) is spec
    assert seeded(spec, 5).training.seed == 5
    assert seeded(spec, 5).data is spec.data
