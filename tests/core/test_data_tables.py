"""The real tables: what is in them, what was cleaned, what is refused, and what a network makes of them."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from core.data import tables
from core.data.tables import FOLDER, TABLES, load_table, table_data
from core.engine import choice
from core.model import Model
from core.presets import PRESETS
from core.project.codec import Project, decode, encode
from core.spec import Data, Points, change
from core.tables import SpecError
from core.trainer import Trainer

SHAPES = {"iris": (150, 4), "penguins": (333, 4), "digits": (1797, 64), "earthquakes": (1212, 7), "scratch": (4, 3)}


@pytest.mark.parametrize("name", list(TABLES))
def test_each_table_is_whole(name: str) -> None:
    data = table_data(name)
    assert data.points.x.shape == SHAPES[name]
    assert len(data.columns) == len(data.features) == SHAPES[name][1]
    assert data.table == name
    if data.task == "classification":
        assert set(data.points.y.tolist()) == set(range(data.classes))
        assert len(data.labels) == data.classes
    Model.of(change(PRESETS[name].experiment, "data", data))


def test_penguins_are_in_the_units_and_the_order_of_the_course() -> None:
    data = table_data("penguins")
    assert data.points.x[0].tolist() == [39.1, 18.7, 18.1, 37.5]
    assert data.labels == ("Adelie", "Gentoo", "Chinstrap")
    assert [(one.name, one.unit) for one in data.columns][2:] == [("flipper length", "cm"), ("body mass", "100 g")]
    assert np.bincount(data.points.y.astype(int)).tolist() == [146, 119, 68]


def test_what_was_cleaned_is_said() -> None:
    assert load_table("penguins").said == (
        "11 of 344 rows had empty cells (sex 11, bill length mm 2, bill depth mm 2, …) and are left out. "
        "Not used: island, sex and year."
    )
    assert load_table("iris").said == "All 150 rows are whole."
    assert "467 of 1679 rows had empty cells" in load_table("earthquakes").said


def test_every_table_in_the_folder_says_where_it_comes_from() -> None:
    sources = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    files = {path.name for path in FOLDER.glob("*.csv")}
    assert files == {f"{row.name}.csv" for row in TABLES.rows() if not row.text}
    assert all(f"| {name} |" in sources for name in files)


def test_a_table_that_is_not_known_or_not_as_it_was_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpecError, match=r"'irises'.*did you mean 'iris'"):
        table_data("irises")
    monkeypatch.setattr(tables, "FOLDER", FOLDER / "nowhere")
    with pytest.raises(SpecError, match="Iris cannot be read"):
        load_table.__wrapped__("iris")
    with pytest.raises(SpecError, match=r"data\.table"):
        decode(b'{"data": {"table": "irises"}}')


@pytest.mark.parametrize("name", list(TABLES))
def test_a_table_is_saved_and_opened_bit_for_bit(name: str) -> None:
    spec = PRESETS[name].experiment
    again = decode(encode(Project(spec))).experiment
    assert again == spec
    assert again.data.points.x.tobytes() == spec.data.points.x.tobytes()


def test_a_file_that_names_a_table_and_no_points_gets_its_rows() -> None:
    columns = [{"name": one.name, "unit": one.unit} for one in table_data("scratch").columns]
    text = f'{{"data": {{"table": "scratch", "features": ["a", "one"], "columns": {columns}}}}}'.replace("'", '"')
    data = decode(text.encode()).experiment.data
    assert data.points == table_data("scratch").points
    assert data.features == ("a", "one")


def test_files_from_before_there_were_columns_open_as_they_were() -> None:
    old = decode(b'{"data": {"points": [[1.5, 2, 0], [0, 1, 1]], "features": ["x1", "x1*x2"]}}').experiment
    assert old.data.columns == old.data.labels == ()
    assert old.data.points == Points([[1.5, 2.0], [0.0, 1.0]], [0, 1])
    with pytest.raises(SpecError, match="there is no setting called 'colums' here; did you mean 'columns'"):
        decode(b'{"data": {"colums": []}}')


def test_names_that_do_not_fit_are_refused() -> None:
    data = table_data("iris")
    for path, value, said in (
        ("columns", data.columns[:3], "3 columns, but points of 4"),
        ("columns", data.columns[:3] + data.columns[:1], "named twice"),
        ("labels", ("a", "b", "c", "d"), "4 class names, but 3 classes"),
        ("features", ("x1",), "no feature called 'x1'"),
    ):
        with pytest.raises(SpecError, match=said):
            Model.of(change(PRESETS["iris"].experiment, "data", change(data, path, value)))


def test_live_edits_carry_the_weights_of_the_columns_that_stay() -> None:
    spec = PRESETS["iris"].experiment
    trainer = Trainer(spec)
    trainer.advance(70)
    before = trainer.model.network.weights(trainer.theta, 0).copy()
    trainer.adopt(change(spec, "data.features", ("petal width", "sepal length")))
    after = trainer.model.network.weights(trainer.theta, 0)
    assert np.array_equal(after, before[:, [3, 0]])
    trainer.advance(70)
    assert trainer.snapshot().test_score > 0.9


@pytest.mark.parametrize(("name", "least"), [("iris", 0.95), ("penguins", 0.95), ("digits", 0.95)])
def test_a_network_learns_the_table(name: str, least: float) -> None:
    preset = PRESETS[name]
    trainer = Trainer(change(preset.experiment, "training.seed", 1))
    trainer.advance(trainer.steps_until(preset.epochs))
    assert trainer.snapshot().test_score > least


def test_earthquakes_are_told_better_than_by_their_mean() -> None:
    preset = PRESETS["earthquakes"]
    trainer = Trainer(change(preset.experiment, "training.seed", 1))
    trainer.advance(trainer.steps_until(40))
    model, theta = trainer.model, trainer.theta
    guessed = model.engine().forward(theta[None], model.prepared.x_test)[0][:, 0]
    error = np.abs(guessed - model.prepared.y_test).mean()
    mean = np.abs(model.prepared.y_train.mean() - model.prepared.y_test).mean()
    assert error < 0.6 * mean


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_from_scratch_comes_to_the_courses_numbers(seed: int) -> None:
    if importlib.util.find_spec("numba"):
        choice.use_compiled("float64")
    trainer = Trainer(change(PRESETS["scratch"].experiment, "training.seed", seed))
    model = trainer.model
    assert model.network.shape == (3, 4, 1)
    assert model.network.parameters == 16, "no biases"
    assert np.abs(trainer.theta).max() <= 1.0
    assert model.prepared.train.all()

    def error() -> float:
        y = model.engine().forward(trainer.theta[None], model.prepared.x_train)[0][:, 0]
        return float(np.abs(y - model.prepared.y_train).mean())

    assert error() == pytest.approx(0.5, abs=0.01)
    trainer.advance(60_000)
    assert trainer.state.step == 60_000
    assert error() < 0.01


def test_the_exclusive_or_is_the_table() -> None:
    data: Data = table_data("scratch")
    assert data.points.x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert data.points.y.tolist() == [0, 1, 1, 0]
