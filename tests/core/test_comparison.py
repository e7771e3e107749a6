from __future__ import annotations

import numpy as np

from core.comparison import MOST, aligned
from core.history import History


def run(epochs: list[float], losses: list[float]) -> History:
    history = History()
    for epoch, loss in zip(epochs, losses, strict=True):
        history.append({"step": 10 * epoch, "epoch": epoch, "train_loss": loss, "seconds": epoch / 4})
    return history


def test_each_run_has_its_own_values_where_it_was_recorded_and_nothing_beyond_its_end() -> None:
    axis, (a, b) = aligned([run([0, 1, 2, 3], [4, 3, 2, 1]), run([0, 2], [9, 8])], "train_loss")
    np.testing.assert_array_equal(axis, [0, 1, 2, 3])
    np.testing.assert_array_equal(a, [4, 3, 2, 1])
    np.testing.assert_array_equal(b, [9, 9, 8, np.nan])


def test_the_axis_can_be_the_computing_time() -> None:
    axis, (a,) = aligned([run([0, 1, 2], [3, 2, 1])], "train_loss", "seconds")
    np.testing.assert_array_equal(axis, [0, 0.25, 0.5])
    np.testing.assert_array_equal(a, [3, 2, 1])


def test_rows_say_how_much_of_a_history_counts() -> None:
    axis, (a,) = aligned([run([0, 1, 2], [3, 2, 1])], "train_loss", rows=[2])
    np.testing.assert_array_equal(axis, [0, 1])
    np.testing.assert_array_equal(a, [3, 2])


def test_long_runs_are_thinned_but_keep_their_end() -> None:
    history = History()
    epochs = np.arange(3.0 * MOST)
    history.extend({"step": epochs, "epoch": epochs, "train_loss": 1 / (1 + epochs)}, len(epochs))
    axis, (a,) = aligned([history], "train_loss")
    assert len(axis) <= MOST + 1
    assert axis[-1] == history.column("epoch")[-1]
    assert a[-1] == history.last("train_loss")


def test_nothing_to_compare_is_an_empty_axis() -> None:
    axis, values = aligned([], "train_loss")
    assert len(axis) == 0
    assert values == []
