"""The history as a table: exact, complete, and read back by Python's own csv."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
import pytest

from core.export import history_csv, write_history
from core.export.history import title
from core.history import History
from core.presets import FIRST, PRESETS
from core.project import ProjectError
from core.spec import change
from core.trainer import Snapshot, Trainer


def trained(epochs: int, **settings: object) -> Snapshot:
    experiment = PRESETS[FIRST].experiment
    for path, value in settings.items():
        experiment = change(experiment, path.replace("__", "."), value)
    trainer = Trainer(experiment)
    for _ in range(epochs):
        trainer.step_epoch()
    return trainer.snapshot()


def read(text: str) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    return header, rows


def value(text: str) -> float:
    return float(text) if text else math.nan


def test_every_column_comes_back_bit_for_bit() -> None:
    snapshot = trained(5)
    header, rows = read(history_csv([("present", snapshot)]))
    names = snapshot.history.names()
    assert header == [title(name, snapshot.model) for name in names]
    assert len(rows) == len(snapshot.history) == 6
    for index, name in enumerate(names):
        column = snapshot.history.column(name)
        back = np.array([value(row[index]) for row in rows])
        assert np.array_equal(back, column.astype(np.float64), equal_nan=True), name
        assert np.array_equal(back.astype(column.dtype), column, equal_nan=True), name


def test_titles_have_units_and_steps_are_whole() -> None:
    snapshot = trained(2)
    header, rows = read(history_csv([("present", snapshot)]))
    assert {"train_loss [nats]", "test_accuracy [share]", "seconds [s]", "epoch", "rate"} <= set(header)
    steps = [row[header.index("step")] for row in rows]
    assert steps == [str(int(step)) for step in snapshot.history.column("step")]


def test_regression_has_r2_in_place_of_accuracy() -> None:
    experiment = next(row.experiment for row in PRESETS.rows() if row.experiment.data.task == "regression")
    trainer = Trainer(experiment)
    trainer.step_epoch()
    header, _ = read(history_csv([("present", trainer.snapshot())]))
    assert "train_R2" in header
    assert not any("accuracy" in name for name in header)


def test_several_runs_are_told_apart_by_the_first_column() -> None:
    first, second = trained(2), trained(3, training__learning_rate=0.01)
    header, rows = read(history_csv([("Run 1, slow", first), ("present", second)]))
    assert header[0] == "run"
    assert [row[0] for row in rows] == ["Run 1, slow"] * 3 + ["present"] * 4
    at = header.index("train_loss [nats]")
    both = np.concatenate([first.history.column("train_loss"), second.history.column("train_loss")])
    assert np.array_equal([value(row[at]) for row in rows], both)


def test_what_was_not_measured_is_empty_and_an_overflow_says_so() -> None:
    snapshot, history = trained(1), History()
    history.append({"step": 0.0, "train_loss": 0.1})
    history.append({"step": 1.0, "train_loss": math.inf, "late": -1e-300})
    object.__setattr__(snapshot, "history", history)
    header, rows = read(history_csv([("present", snapshot)]))
    assert header == ["step", "train_loss [nats]", "late"]
    assert rows == [["0", "0.1", ""], ["1", "inf", "-1e-300"]]


def test_a_file_is_written_whole_and_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    snapshot, path = trained(2), tmp_path / "history.csv"
    assert write_history(path, [("present", snapshot)]) == 3
    assert path.read_bytes().decode() == history_csv([("present", snapshot)])
    missing = tmp_path / "nowhere" / "history.csv"
    with pytest.raises(
        ProjectError, match=r"nowhere.history\.csv: it cannot be written: there is no such file or folder\.$"
    ):
        write_history(missing, [("present", snapshot)])
    assert list(tmp_path.iterdir()) == [path]
