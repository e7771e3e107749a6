"""The trainer: one run however it is sliced, saved or moved; edits taken up as it goes; divergence an answer."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import numpy as np
import pytest

from core.backend import CPU
from core.data.generators import generate
from core.history import MOMENTS, History, Moment
from core.network import carry
from core.project import Project, decode, encode
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Output, Points, Split, Training, change
from core.tables import SpecError
from core.trainer import Trainer

BLOBS = generate(Generator("blobs", 90, 0.2, 3))


def experiment(**training: Any) -> Experiment:
    """Three blobs, 2-5-4-3 with dropout, Adam in batches of 7, which leave a short one."""
    layers = (Dense(5, "tanh", 0.2, id=1), Dense(4, "relu", id=2))
    settings = {"learning_rate": 0.02, "batch_size": 7, "optimizer": Choice("adam"), **training}
    data = Data("classification", 3, BLOBS, split=Split(0.67))
    return Experiment("blobs", data, Network(layers), Training(**settings))


def line(rate: float, optimizer: str = "sgd", count: int = 40) -> Experiment:
    """A plane to be fitted by one linear unit, which diverges at a high rate."""
    data = Data("regression", 2, generate(Generator("plane", count, 0.05)), split=Split(0.5))
    return Experiment("line", data, Network(), Training(rate, 8, Choice(optimizer)))


def layers_of(trainer: Trainer) -> dict[int, Any]:
    network, theta = trainer.model.network, trainer.theta.copy()
    return {layer.id: (network.weights(theta, i), network.biases(theta, i)) for i, layer in enumerate(network.layers)}


def with_layers(spec: Experiment, *layers: Dense) -> Experiment:
    return change(spec, "network.layers", layers)


# ---- the same run, whatever happens around it ------------------------------------------------------------------------


@pytest.mark.parametrize("slices", [[1] * 40, [40], [3, 11, 1, 25], [9, 9, 9, 9, 4]])
def test_a_run_is_the_same_bits_however_it_is_sliced(slices: list[int]) -> None:
    reference = Trainer(experiment())
    for _ in range(8):
        reference.advance(5)
    trainer = Trainer(experiment())
    for steps in slices:
        assert trainer.advance(steps) == steps
    assert trainer.state.step == reference.state.step == 40
    assert trainer.theta.tobytes() == reference.theta.tobytes()
    assert trainer.epoch_now == reference.epoch_now
    for name in ("train_loss", "test_accuracy", "gradient/1", "ratio/0"):
        assert np.array_equal(trainer.history.column(name), reference.history.column(name), equal_nan=True)


def test_slices_of_time_give_the_same_bits_too() -> None:
    trainer = Trainer(experiment())
    while trainer.state.step < 300:
        trainer.advance(300 - trainer.state.step, seconds=0.002)
    reference = Trainer(experiment())
    reference.advance(300)
    assert trainer.theta.tobytes() == reference.theta.tobytes()


def test_a_slice_of_time_ends_soon_after_it() -> None:
    trainer = Trainer(experiment())
    trainer.advance(seconds=0.05)
    assert trainer.state.step > 10
    assert trainer.seconds < 1.0


def test_the_seed_decides_everything_and_another_gives_another_run() -> None:
    runs = []
    for seed in (1, 1, 2):
        trainer = Trainer(experiment(seed=seed))
        trainer.advance(20)
        runs.append(trainer.theta.tobytes())
    assert runs[0] == runs[1] != runs[2]


def test_reset_goes_back_to_the_same_initial_weights_as_a_new_run() -> None:
    trainer = Trainer(experiment())
    first, start = trainer.snapshot(), trainer.theta.copy()
    trainer.advance(30)
    trained = trainer.theta.copy()
    trainer.reset()
    again = trainer.snapshot()
    assert np.array_equal(again.theta, start)
    assert (again.step, again.epoch, again.rows) == (0, 0.0, 1)
    assert again.run != first.run
    trainer.advance(30)
    assert np.array_equal(trainer.theta, trained)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("steps", [0, 1, 9, 23])
def test_a_run_goes_on_bit_for_bit_from_a_file(optimizer: str, precision: str, steps: int) -> None:
    spec = experiment(optimizer=Choice(optimizer), precision=precision)
    trainer = Trainer(spec)
    trainer.advance(steps)
    project = decode(encode(Project(spec, trainer.snapshot().moment)))
    assert project.state is not None
    resumed = Trainer(project.experiment)
    resumed.load(project.state)
    assert resumed.theta.tobytes() == trainer.theta.tobytes()
    for each in (trainer, resumed):
        each.advance(50)
    assert resumed.theta.tobytes() == trainer.theta.tobytes()
    assert resumed.epoch_now == trainer.epoch_now
    assert resumed.history.last("train_loss") == trainer.history.last("train_loss")


def test_a_run_goes_on_bit_for_bit_on_another_backend() -> None:
    trainer, reference = Trainer(experiment()), Trainer(experiment())
    trainer.advance(17)
    run, rows = trainer.run, len(trainer.history)
    moved = trainer.on(dataclasses.replace(CPU, name="other"))
    assert (moved.run, len(moved.history), moved.backend.name) == (run, rows, "other")
    moved.advance(33)
    reference.advance(50)
    assert moved.theta.tobytes() == reference.theta.tobytes()


def test_snapshots_are_read_only_and_do_not_change() -> None:
    trainer = Trainer(experiment())
    trainer.advance(5)
    snapshot = trainer.snapshot()
    kept = snapshot.theta.copy()
    with pytest.raises(ValueError, match="read-only"):
        snapshot.theta[0] = 1.0
    trainer.advance(50)
    assert np.array_equal(snapshot.theta, kept)
    assert not np.array_equal(trainer.theta, kept)


# ---- steps and epochs ------------------------------------------------------------------------------------------------


def test_an_epoch_takes_every_sample_once_in_an_order_of_its_own() -> None:
    trainer = Trainer(experiment())
    samples = trainer.samples
    orders = []
    for _ in range(3):
        order = np.array(trainer._rest_of_epoch())
        assert sorted(order) == list(range(samples))
        orders.append(order.tolist())
        assert trainer.step_epoch() == -(-samples // 7)
    assert orders[0] != orders[1] != orders[2]
    assert trainer.epoch_now == 3.0
    assert trainer.history.column("epoch").tolist() == [0.0, 1.0, 2.0, 3.0]


def test_an_epoch_that_is_begun_is_finished_by_step_epoch() -> None:
    trainer = Trainer(experiment())
    trainer.step_batches(2)
    assert trainer.epoch_now == pytest.approx(14 / trainer.samples)
    assert trainer.history.column("step").tolist() == [0.0, 2.0]  # a single step is recorded within the epoch, too
    trainer.step_epoch()
    assert trainer.epoch_now == 1.0


def test_steps_until_counts_what_advance_then_takes() -> None:
    trainer = Trainer(experiment())
    trainer.advance(3)
    steps = trainer.steps_until(4)
    assert trainer.advance(steps) == steps
    assert (trainer.epoch, trainer.offset) == (4, 0)
    assert trainer.steps_until(4) == trainer.steps_until(2) == 0


def test_metrics_are_those_of_theta_on_the_data() -> None:
    trainer = Trainer(experiment())
    trainer.advance(trainer.steps_until(20))
    model, prepared = trainer.model, trainer.model.prepared
    engine = model.engine()
    expected = engine.loss(trainer.theta[None], prepared.x_test, model.targets(prepared.y_test))[0]
    outputs = engine.forward(trainer.theta[None], prepared.x_test)[0]
    snapshot = trainer.snapshot()
    assert snapshot.test_loss == pytest.approx(expected)
    assert snapshot.test_score == (outputs.argmax(axis=1) == prepared.y_test).mean() > 0.8
    assert snapshot.train_loss < trainer.history.column("train_loss")[0] / 2


# ---- live settings ---------------------------------------------------------------------------------------------------

LIVE = [
    ("training.learning_rate", 0.5),
    ("training.batch_size", 30),
    ("training.l1", 0.05),
    ("training.l2", 0.5),
    ("training.loss", Choice("mse")),
    ("training.loss", Choice("cce", {"smoothing": 0.1})),
    ("training.optimizer", Choice("sgd")),
    ("training.optimizer", Choice("adam", {"beta1": 0.0})),
    ("training.seed", 5),
    ("training.precision", "float64"),
    ("network.layers", (Dense(5, "tanh", 0.0, id=1), Dense(4, "relu", id=2))),
    ("network.layers", (Dense(5, "sigmoid", 0.2, id=1), Dense(4, "relu", id=2))),
    ("network.output", Output("sigmoid")),
    ("data.split", Split(0.3)),
    ("data.points", BLOBS.select(np.arange(60))),
    ("data.scaling", "standard"),
]


@pytest.mark.parametrize(("path", "value"), LIVE, ids=lambda v: v if isinstance(v, str) else "")
def test_a_live_setting_takes_effect_without_a_reset(path: str, value: Any) -> None:
    trainer, unchanged = Trainer(experiment()), Trainer(experiment())
    for each in (trainer, unchanged):
        each.advance(12)
    run, theta, rows = trainer.run, trainer.theta.copy(), len(trainer.history)
    trainer.adopt(change(experiment(), path, value))
    assert (trainer.run, trainer.state.step, len(trainer.history)) == (run, 12, rows)
    assert np.array_equal(trainer.theta, theta)
    for each in (trainer, unchanged):
        each.advance(12)
    assert trainer.state.step == 24
    assert trainer.theta.shape == unchanged.theta.shape
    assert not np.array_equal(trainer.theta, unchanged.theta), "it made no difference"


def test_a_rate_that_changes_and_changes_back_leaves_no_trace() -> None:
    trainer, unchanged = Trainer(experiment()), Trainer(experiment())
    trainer.adopt(experiment(learning_rate=0.9))
    trainer.adopt(experiment())
    for each in (trainer, unchanged):
        each.advance(30)
    assert trainer.theta.tobytes() == unchanged.theta.tobytes()


def test_the_optimizer_remembers_through_a_change_of_rate_and_forgets_with_another() -> None:
    trainer = Trainer(experiment())
    trainer.advance(10)
    slots = [slot.copy() for slot in trainer.state.slots]
    trainer.adopt(experiment(learning_rate=0.001))
    assert all(np.array_equal(a, b) for a, b in zip(trainer.state.slots, slots, strict=True))
    trainer.adopt(experiment(optimizer=Choice("momentum")))
    assert len(trainer.state.slots) == 1
    assert not trainer.state.slots[0].any()
    assert (trainer.state.since, trainer.state.step) == (0, 10)


def test_an_edit_that_does_not_fit_changes_nothing() -> None:
    trainer, unchanged = Trainer(experiment()), Trainer(experiment())
    with pytest.raises(SpecError, match="binary cross-entropy needs a sigmoid output"):
        trainer.adopt(change(change(experiment(), "training.loss", Choice("bce")), "network.output", Output("tanh")))
    with pytest.raises(SpecError, match="did you mean 'adam'"):
        trainer.adopt(experiment(optimizer=Choice("adan")))
    with pytest.raises(SpecError, match="no such setting"):
        trainer.adopt(change(experiment(), "network.initializer", Choice("normal", {"spread": 1.0})))
    assert trainer.experiment == experiment()
    for each in (trainer, unchanged):
        each.advance(10)
    assert trainer.theta.tobytes() == unchanged.theta.tobytes()


def test_before_the_first_step_a_new_seed_or_initializer_draws_new_weights() -> None:
    trainer = Trainer(experiment())
    first = trainer.theta.copy()
    trainer.adopt(experiment(seed=9))
    assert not np.array_equal(trainer.theta, first)
    trainer.adopt(experiment())
    assert np.array_equal(trainer.theta, first)
    trainer.adopt(change(experiment(), "network.initializer", Choice("he_normal")))
    assert not np.array_equal(trainer.theta, first)


# ---- architecture ----------------------------------------------------------------------------------------------------


def trained() -> Trainer:
    trainer = Trainer(experiment())
    trainer.advance(15)
    return trainer


def test_more_units_keep_every_weight_there_was() -> None:
    trainer = trained()
    before = layers_of(trainer)
    trainer.adopt(with_layers(experiment(), Dense(7, "tanh", 0.2, id=1), Dense(4, "relu", id=2)))
    after = layers_of(trainer)
    assert np.array_equal(after[1][0][:5], before[1][0])
    assert np.array_equal(after[1][1][:5], before[1][1])
    assert np.array_equal(after[2][0][:, :5], before[2][0])
    assert np.array_equal(after[0][0], before[0][0])
    assert after[1][0][5:].any()
    assert np.isfinite(trainer.snapshot().train_loss)
    trainer.advance(5)


def test_fewer_units_keep_the_weights_of_the_others_and_the_optimizers_arrays_follow() -> None:
    trainer = trained()
    old, slots = trainer.model.network, [slot.copy() for slot in trainer.state.slots]
    before = layers_of(trainer)
    trainer.adopt(with_layers(experiment(), Dense(3, "tanh", 0.2, id=1), Dense(4, "relu", id=2)))
    after, new = layers_of(trainer), trainer.model.network
    assert np.array_equal(after[1][0], before[1][0][:3])
    assert np.array_equal(after[2][0], before[2][0][:, :3])
    assert np.array_equal(after[2][1], before[2][1])
    for slot, kept in zip(slots, trainer.state.slots, strict=True):
        assert np.array_equal(new.layers[1].weight.of(kept), old.layers[1].weight.of(slot)[..., :3])
    assert (trainer.state.step, trainer.state.since) == (15, 15)


def test_a_layer_added_removed_or_moved_leaves_the_layers_beside_it() -> None:
    trainer = trained()
    before = layers_of(trainer)
    one, two = experiment().network.layers
    trainer.adopt(with_layers(experiment(), one, Dense(6, id=3), two))
    added = layers_of(trainer)
    assert np.array_equal(added[1][0], before[1][0])
    assert np.array_equal(added[0][0], before[0][0])
    assert added[2][0].shape == (4, 6)
    trainer.adopt(with_layers(experiment(), one))
    removed = layers_of(trainer)
    assert np.array_equal(removed[1][0], before[1][0])
    assert removed[0][0].shape == (3, 5)
    trainer = trained()
    trainer.adopt(with_layers(experiment(), two, one))
    assert trainer.model.network.shape == (2, 4, 5, 3)
    trainer.adopt(with_layers(experiment(), two, one, Dense(2, id=9)))
    trainer.advance(10)
    assert trainer.state.step == 25


def test_a_feature_switched_on_keeps_the_weights_of_the_others() -> None:
    trainer = trained()
    before = layers_of(trainer)
    trainer.adopt(change(experiment(), "data.features", ("x1^2", "x1", "x2")))
    after = layers_of(trainer)
    assert np.array_equal(after[1][0][:, 1:], before[1][0])
    assert np.array_equal(after[2][0], before[2][0])
    trainer.adopt(change(experiment(), "data.features", ("x2",)))
    assert np.array_equal(layers_of(trainer)[1][0], before[1][0][:, 1:])
    trainer.advance(5)


def test_another_class_keeps_the_outputs_there_were() -> None:
    trainer = trained()
    before = layers_of(trainer)
    trainer.adopt(change(experiment(), "data.classes", 4))
    after = layers_of(trainer)
    assert after[0][0].shape == (4, 4)
    assert np.array_equal(after[0][0][:3], before[0][0])
    assert np.array_equal(after[0][1][:3], before[0][1])
    assert np.array_equal(after[1][0], before[1][0])


def test_a_bias_switched_off_and_on_keeps_the_weights() -> None:
    trainer = trained()
    before = layers_of(trainer)
    one, two = experiment().network.layers
    trainer.adopt(with_layers(experiment(), change(one, "bias", False), two))
    assert layers_of(trainer)[1][1] is None
    trainer.adopt(experiment())
    after = layers_of(trainer)
    assert np.array_equal(after[1][0], before[1][0])
    assert not after[1][1].any()
    assert np.array_equal(after[2][1], before[2][1])


def test_carry_works_on_stacks() -> None:
    old = Trainer(experiment()).model.network
    new = Trainer(with_layers(experiment(), Dense(6, id=1), Dense(4, id=2))).model.network
    source = np.arange(3.0 * old.parameters).reshape(3, -1)
    result = carry(old, new, source, np.full((3, new.parameters), -1.0))
    assert np.array_equal(new.weights(result, 1)[:, :, :5], old.weights(source, 1))
    assert (new.weights(result, 1)[:, :, 5] == -1.0).all()


# ---- nothing to train on ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("scaling", ["none", "min-max", "standard"])
def test_an_empty_canvas_is_a_normal_state(task: str, scaling: str) -> None:
    empty = Experiment("", Data(task, 2, scaling=scaling), Network((Dense(3, id=1),)))  # type: ignore[arg-type]
    trainer = Trainer(empty)
    snapshot = trainer.snapshot()
    assert np.isnan([snapshot.train_loss, snapshot.test_loss, snapshot.train_score, snapshot.test_score]).all()
    assert snapshot.divergence is None
    assert snapshot.model.inputs([[0.0, 1.0]]).shape == (1, 2)
    for action in (trainer.advance, trainer.step_epoch, lambda: trainer.step_batches(1)):
        with pytest.raises(SpecError, match="there are no points to learn from; draw some"):
            action()
    trainer.reset()
    trainer.rewind()
    drawn = change(empty, "data.points", Points([[0, 0], [1, 1], [2, 0], [3, 1]], [0, 1, 0, 1]))
    trainer.adopt(drawn)
    assert trainer.advance(3) == 3
    trainer.adopt(empty)
    assert trainer.snapshot().step == 3
    with pytest.raises(SpecError):
        trainer.advance(1)


def test_one_point_is_enough_to_train() -> None:
    trainer = Trainer(Experiment("", Data(points=Points([[1.0, 2.0]], [1])), Network()))
    start = trainer.snapshot().train_loss
    trainer.advance(50)
    assert trainer.snapshot().train_loss < start
    assert np.isnan(trainer.snapshot().test_loss)


def test_points_that_come_while_it_trains_are_taken_up_at_once() -> None:
    trainer = trained()
    more = BLOBS.join(Points(np.full((30, 2), 3.0), np.zeros(30), np.ones(30)))
    trainer.adopt(change(experiment(), "data.points", more))
    assert trainer.samples > 61
    assert trainer.epoch_now == int(trainer.epoch_now)
    trainer.advance(trainer.steps_until(trainer.epoch + 1))
    assert trainer.history.last("epoch") == trainer.epoch


# ---- divergence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("rate", [2.0, 30.0, 1000.0])
@pytest.mark.parametrize("slices", [1, 7, 1000])
def test_a_rate_that_is_too_high_ends_in_an_answer(optimizer: str, rate: float, slices: int) -> None:
    trainer = Trainer(line(rate, optimizer))
    while trainer.divergence is None:
        assert trainer.advance(slices) > 0
        assert trainer.state.step < 2000
    gone = trainer.divergence
    assert gone.rate == rate
    assert 0 < gone.step == trainer.state.step
    snapshot = trainer.snapshot()
    assert np.isfinite(snapshot.theta).all()
    assert np.isfinite(trainer.history.column("train_loss")).all()
    assert snapshot.divergence == gone
    assert trainer.advance(5) == 0, "it goes on only when told to"


def test_the_step_of_divergence_does_not_depend_on_the_slices() -> None:
    found = set()
    for slices in (1, 2, 1000):
        trainer = Trainer(line(30.0, count=1000))
        while trainer.divergence is None:
            trainer.advance(slices)
        found.add((trainer.divergence, trainer.theta.tobytes()))
    assert len(found) == 1


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_after_divergence_rewind_goes_back_to_before_it_and_a_small_rate_goes_on(optimizer: str) -> None:
    trainer = Trainer(line(0.002, optimizer))
    trainer.advance(trainer.steps_until(3))
    best = trainer.snapshot()
    trainer.adopt(line(1000.0, optimizer))
    trainer.advance(400)
    assert trainer.divergence is not None
    assert trainer.divergence.back == 3
    trainer.rewind()
    assert trainer.divergence is None
    assert np.array_equal(trainer.theta, best.theta)
    assert (trainer.state.step, trainer.epoch, len(trainer.history)) == (best.step, 3, best.rows)
    trainer.adopt(line(0.002, optimizer))
    trainer.advance(trainer.steps_until(12))
    reference = Trainer(line(0.002, optimizer))
    reference.advance(reference.steps_until(12))
    assert trainer.theta.tobytes() == reference.theta.tobytes()


@pytest.mark.parametrize("slices", [1, 1000])
def test_the_record_ends_with_the_losses_of_the_last_good_theta(slices: int) -> None:
    trainer = Trainer(line(1000.0, count=1000))
    while trainer.divergence is None:
        trainer.advance(slices)
    assert trainer.history.last("step") == trainer.divergence.step
    assert trainer.history.last("train_loss") == trainer.measure()["train_loss"]
    assert trainer.snapshot().train_loss > 1e3, "not that of the last whole epoch"
    assert trainer.history.last("rate") == 1000.0


def test_after_divergence_a_smaller_rate_goes_on_from_the_last_good_theta() -> None:
    trainer = Trainer(line(3.0, "momentum"))
    trainer.advance(1000)
    assert trainer.divergence is not None
    assert all(np.isfinite(slot).all() for slot in trainer.state.slots)
    trainer.adopt(line(0.003, "sgd"))
    trainer.resume()
    assert trainer.advance(trainer.steps_until(trainer.epoch + 3)) > 0
    assert np.isfinite(trainer.theta).all()


def test_a_loss_that_is_infinite_from_the_start_is_said_at_once() -> None:
    trainer = Trainer(Experiment("", Data(points=BLOBS, classes=3), Network()), theta=np.full(9, 3e38))
    assert trainer.divergence is not None
    assert trainer.divergence.step == 0
    assert trainer.snapshot().divergence is not None
    trainer.rewind()
    assert trainer.divergence is None
    assert trainer.advance(3) == 3


def test_points_beyond_what_the_precision_holds_are_a_divergence_not_a_warning() -> None:
    far = Data("regression", 2, Points([[1e60, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [1e200, 1.0, -1e200, 0.0]))
    for precision in ("float32", "float64"):
        trainer = Trainer(Experiment("", far, Network(), Training(precision=precision)))  # type: ignore[arg-type]
        trainer.advance(20)
        assert trainer.divergence is not None
        assert np.isfinite(trainer.theta).all()


# ---- history ---------------------------------------------------------------------------------------------------------


def moment(step: int, size: int = 4, rows: int = 0) -> Moment:
    return Moment(step, step, step, 0, np.full(size, float(step)), (), rows, 1.0 / (1 + step))


def test_history_keeps_every_metric_and_marks_what_was_not_measured() -> None:
    history = History()
    for i in range(1000):
        history.append({"step": i, "a": i / 2} if i < 600 else {"step": i, "b": -i})
    assert len(history) == 1000
    assert history.column("step").tolist() == list(range(1000))
    assert np.isnan(history.column("a")[600:]).all()
    assert np.isnan(history.column("b")[:600]).all()
    assert history.last("b") == -999
    assert np.isnan(history.column("nothing")).all()
    assert np.isnan(History().last("step"))


def test_history_thins_its_moments_evenly_and_never_loses_the_first() -> None:
    history = History()
    for step in range(5 * MOMENTS):
        if history.wants():
            history.keep(moment(step))
    steps, thetas = history.path()
    assert MOMENTS // 2 <= len(steps) <= MOMENTS
    assert steps[0] == 0
    assert len(set(np.diff(steps))) == 1
    assert thetas.shape == (len(steps), 4)
    assert np.array_equal(thetas[:, 0], steps)


def test_large_thetas_are_thinned_to_what_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.history.MOMENT_BYTES", 20 * 800)
    history = History()
    for step in range(200):
        if history.wants():
            history.keep(moment(step, 100))
    assert 8 <= len(history.moments()) <= 20


def test_until_ends_at_the_moment_and_leaves_the_original() -> None:
    history = History()
    for step in range(20):
        history.append({"step": step})
        if history.wants():
            history.keep(moment(step, rows=step + 1))
    past = history.until(history.moments()[7])
    assert past.column("step").tolist() == list(range(8))
    assert past.path()[0].tolist() == list(range(8))
    past.append({"step": 100.0})
    assert len(history) == 20
    assert history.column("step")[8] == 8


def test_history_can_be_read_while_another_thread_appends() -> None:
    history, stop, faults = History(), threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            rows = len(history)
            step, twice = history.column("step"), history.column("twice")
            if len(step) < rows or len(twice) < rows:
                faults.append(f"{len(step)} of {rows}")
            n = min(len(step), len(twice))
            if not np.array_equal(2 * step[:n], twice[:n]) or not np.array_equal(step, np.arange(len(step))):
                faults.append("a row was seen before it was whole")
            steps, thetas = history.path()
            if len(steps) and not np.array_equal(thetas[:, 0], steps):
                faults.append("a moment was torn")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for step in range(6000):
        history.append({"step": step, "twice": 2 * step})
        if step % 3 == 0 and history.wants():
            history.keep(moment(step))
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults, faults[0]
