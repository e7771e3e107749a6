"""What was edited in mid-run stands on the next row of the history, and only there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.changes import BATCH, DATA, LOSS, NETWORK, OPTIMIZER, PLACED
from core.history import MOMENTS, ROWS, History
from core.presets import PRESETS
from core.spec import Choice, Experiment, change
from core.trainer import Trainer


def run() -> Trainer:
    trainer = Trainer(PRESETS["circle"].experiment)
    trainer.advance(trainer.steps_until(3))
    return trainer


def fewer(experiment: Experiment) -> Experiment:
    return change(experiment, "data.points", experiment.data.points.select(np.arange(100)))


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("network.layers", (), NETWORK),
        ("training.loss", Choice("mse"), LOSS),
        ("data.scaling", "standard", DATA),
        ("training.learning_rate", 0.01, 0),
        ("training.batch_size", 7, BATCH),
        ("training.optimizer", Choice("lion"), OPTIMIZER),
        ("training.optimizer", Choice("adam", {"beta1": 0.5}), 0),
    ],
)
def test_an_edit_stands_on_the_first_row_after_it(path: str, value: Any, code: int) -> None:
    trainer = run()
    rows = len(trainer.history)
    trainer.adopt(change(trainer.experiment, path, value))
    trainer.advance(trainer.steps_until(6))
    codes = trainer.history.column("change")
    assert codes[rows] == code
    assert not codes[:rows].any()
    assert not codes[rows + 1 :].any()


def test_several_edits_are_added_and_one_before_the_first_step_is_none() -> None:
    trainer = Trainer(PRESETS["circle"].experiment)
    trainer.adopt(fewer(trainer.experiment))
    trainer.advance(trainer.steps_until(2))
    assert not trainer.history.column("change").any()
    trainer.adopt(change(fewer(trainer.experiment), "data.scaling", "standard"))
    trainer.adopt(change(trainer.experiment, "network.layers", ()))
    trainer.step_batches()
    trainer.record()
    assert DATA + NETWORK in trainer.history.column("change")


def test_weights_set_by_hand_are_told() -> None:
    trainer = run()
    trainer.place(trainer.theta * 0.5)
    assert trainer.history.last("change") == PLACED


def test_a_hand_that_goes_on_moving_theta_drives_no_moments_out() -> None:
    trainer = run()
    before = [moment.step for moment in trainer.history.moments()]
    for _ in range(2 * MOMENTS):
        trainer.place(trainer.theta * 0.999)
    moments = trainer.history.moments()
    assert [moment.step for moment in moments] == [*before, trainer.state.step]
    assert np.array_equal(moments[-1].theta, trainer.theta)
    trainer.step_epoch()
    trainer.place(trainer.theta * 0.5)
    assert len(trainer.history.moments()) == len(moments) + 2, "training between two places keeps the first"


def test_thinning_keeps_the_rows_of_edits() -> None:
    history = History()
    rows = 3 * ROWS
    edits = np.zeros(rows)
    edits[[17, 1001, 50_001]] = LOSS
    epochs = np.arange(float(rows))
    history.extend({"step": epochs, "epoch": epochs, "train_loss": np.ones(rows), "change": edits}, rows)
    kept = history.column("change") > 0
    np.testing.assert_array_equal(history.column("epoch")[kept], [17, 1001, 50_001])
