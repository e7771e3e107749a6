from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from core.data.generators import generate
from core.history import MOMENTS, RECENT, ROWS, History, Moment
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Training, with_ids
from core.thinning import extremes
from core.trainer import Trainer


def moment(step: int, rows: int) -> Moment:
    return Moment(step, step, step, 0, np.full(4, float(step)), (), rows, 1.0 / (1 + step))


def recorded(steps: int, by: int, spikes: tuple[int, ...] = ()) -> History:
    """A record of so many steps, ``by`` at a time; the loss falls but for ``spikes`` up and, after each, down."""
    history, at = History(), 0
    loss = 2.0 + np.exp(-np.arange(steps) / steps)
    for spike in spikes:
        loss[spike], loss[spike + 1] = 50.0 + spike, 1e-9 * (spike + 1)
    while at < steps:
        count = min(by, steps - at)
        step = np.arange(at, at + count, dtype=np.float64)
        columns = {"step": step, "train_loss": loss[at : at + count], "twice": 2 * step, "gradient/0": -step}
        history.extend(columns, count, lambda i, at=at: moment(at + i, at + i + 1))  # type: ignore[misc]
        at += count
    return history


# ---- which rows stay -------------------------------------------------------------------------------------------------


def test_extremes_are_the_first_lowest_and_highest_of_each_bucket() -> None:
    values = np.array([3.0, 1.0, 1.0, 2.0, 5.0, 4.0, 5.0, 7.0, np.nan, np.nan, 6.0, np.nan])
    buckets = np.array([0, 0, 0, 0, 1, 1, 1, 2, 3, 3, 9, 9])
    assert extremes(values, buckets).tolist() == [0, 1, 4, 5, 7, 8, 10]
    assert extremes(values[:0], buckets[:0]).tolist() == []


def test_extremes_agree_with_a_loop(rng: np.random.Generator) -> None:
    values, buckets = np.round(rng.normal(size=500), 1), np.sort(rng.integers(0, 60, 500))
    wanted: set[int] = set()
    for bucket in set(buckets.tolist()):
        at = np.flatnonzero(buckets == bucket)
        wanted |= {int(at[np.argmin(values[at])]), int(at[np.argmax(values[at])])}
    assert extremes(values, buckets).tolist() == sorted(wanted)


# ---- a bounded record ------------------------------------------------------------------------------------------------


def test_up_to_the_bound_every_row_stays() -> None:
    history = recorded(ROWS, 1000)
    assert (len(history), history.thinned, history.recorded) == (ROWS, 0, ROWS)
    assert np.array_equal(history.column("step"), np.arange(ROWS))


@pytest.mark.parametrize("steps", [ROWS + 1, 3 * ROWS + 17, 40 * ROWS])
def test_a_long_record_is_covered_evenly_and_keeps_its_extremes(steps: int) -> None:
    spikes = (5, ROWS // 3, ROWS + 12 - 20, steps - 3)
    history = recorded(steps, 777, spikes)
    step, loss = history.column("step"), history.column("train_loss")
    assert len(step) <= ROWS
    assert history.recorded == steps
    assert history.thinned > 0
    assert (np.diff(step) > 0).all()
    assert step[0] == 0
    assert np.array_equal(step[-RECENT:], np.arange(steps - RECENT, steps))
    assert np.array_equal(history.column("twice"), 2 * step), "a row is one moment"
    for spike in spikes:
        assert loss[step == spike] == 50.0 + spike
        assert loss[step == spike + 1] == 1e-9 * (spike + 1)
    old = step[step < steps - ROWS] if steps > 2 * ROWS else step
    if len(old) > 10:
        # Of each stretch two rows, wherever in it they lie: no gap is longer than two stretches.
        stretch = 2.0 ** np.ceil(np.log2(steps / (ROWS // 4)))
        assert np.diff(old).max() <= 2 * stretch


def test_thinning_does_not_depend_on_how_many_rows_come_at_once() -> None:
    found = set()
    for by in (100, 4999, 10**6):
        history = recorded(2 * ROWS + 4321, by)
        rows = tuple(history.column(name).tobytes() for name in history.names())
        found.add((rows, tuple((m.step, m.rows) for m in history.moments()), history.thinned))
    assert len(found) == 1


def test_the_rows_of_the_moments_kept_are_there_exactly() -> None:
    history = recorded(5 * ROWS, 1234)
    moments = history.moments()
    assert MOMENTS // 2 <= len(moments) <= MOMENTS
    for each in moments:
        row = history.rows_until(each) - 1
        assert history.column("step")[row] == each.step
        assert history.row_at(each.step) == row
    assert history.row_at(-1) == 0
    assert history.row_at(10**9) == len(history) - 1


def test_until_ends_at_a_moment_of_a_thinned_record_and_goes_on_from_there() -> None:
    history = recorded(3 * ROWS, 1000)
    back = history.moments()[len(history.moments()) // 3]
    past = history.until(back)
    assert past.column("step")[-1] == back.step
    assert past.recorded == back.rows
    assert past.lineage is not history.lineage
    step = np.arange(back.step + 1, back.step + 1 + 2 * ROWS, dtype=np.float64)
    past.extend({"step": step, "train_loss": -step, "twice": 2 * step, "gradient/0": -step}, len(step))
    assert (np.diff(past.column("step")) > 0).all()
    assert len(past) <= ROWS
    assert history.column("step")[-1] == 3 * ROWS - 1


def test_a_still_copy_stays_as_it_is_and_can_be_written_without_harm() -> None:
    history = recorded(ROWS - 10, 1000)
    still = history.still()
    assert still.lineage is history.lineage
    before = {name: still.column(name).tobytes() for name in still.names()}
    history.extend({"step": np.arange(20.0), "train_loss": np.ones(20)}, 20)
    assert history.thinned == still.thinned + 1
    assert {name: still.column(name).tobytes() for name in still.names()} == before
    fresh = recorded(300, 100)
    other = fresh.still()
    other.append({"step": -1.0})
    fresh.append({"step": 300.0})
    assert (fresh.last("step"), other.last("step")) == (300.0, -1.0)


def test_layers_columns_are_single_precision_and_all_else_is_exact() -> None:
    history = History()
    history.append({"step": 2.0**40 + 1, "train_loss": 0.1, "gradient/3": 0.1, "ratio/3": 1e300})
    assert history.last("step") == 2.0**40 + 1
    assert history.last("train_loss") == 0.1
    assert history.last("gradient/3") == np.float32(0.1)
    assert history.last("ratio/3") == np.inf


def test_still_copies_are_whole_while_another_thread_records_and_thins() -> None:
    history, stop, faults = History(), threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            still = history.still()
            columns = [still.column(name) for name in still.names()]
            if {len(column) for column in columns} - {len(still)}:
                faults.append("columns of different lengths")
            if columns and (
                not np.array_equal(still.column("twice"), 2 * still.column("step"))
                or not (np.diff(still.column("step")) > 0).all()
            ):
                faults.append("a row was seen before it was whole")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(0, 6 * ROWS, 512):
        step = np.arange(at, at + 512, dtype=np.float64)
        history.extend({"step": step, "train_loss": np.sin(step), "twice": 2 * step}, 512)
    stop.set()
    for reader in readers:
        reader.join()
    assert history.thinned > 3
    assert not faults, faults[0]


# ---- of a run --------------------------------------------------------------------------------------------------------


def experiment() -> Experiment:
    made = Generator("circle", 40)
    training = Training(learning_rate=0.01, batch_size=8, optimizer=Choice("adam"))
    return Experiment("", Data(points=generate(made), generator=made), with_ids(Network((Dense(3),))), training)


def test_a_snapshot_keeps_the_record_as_it_was() -> None:
    trainer = Trainer(experiment())
    trainer.advance(trainer.steps_until(5))
    then = trainer.snapshot()
    trainer.advance(trainer.steps_until(9))
    assert len(then.history) == then.rows < trainer.snapshot().rows
    assert then.history.last("step") == then.step
    assert then.history.lineage is trainer.history.lineage


def test_a_run_restored_from_a_thinned_record_goes_on_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.history.ROWS", 128)
    monkeypatch.setattr("core.history.RECENT", 32)
    monkeypatch.setattr("core.history.MOMENTS", 16)
    trainer, reference = Trainer(experiment()), Trainer(experiment())
    for each in (trainer, reference):
        each.advance(each.steps_until(300))
    assert trainer.history.thinned
    back = trainer.history.moments()[5]
    trainer.restore(back)
    assert trainer.history.last("step") == back.step == trainer.state.step
    trainer.advance(trainer.steps_until(300))
    assert trainer.theta.tobytes() == reference.theta.tobytes()
    kept = replace(reference.moment(), rows=0)
    assert kept.step == reference.history.last("step")
    assert trainer.history.recorded == reference.history.recorded
