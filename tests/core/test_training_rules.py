"""Clipping, weight decay, what is frozen, schedules in a run, early stopping and stop rules, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.data.generators import generate
from core.engine import choice
from core.engine.array import ArrayEngine, Hyper
from core.frozen import free
from core.history import Best, Moment
from core.judging import Standing, judge, judge_block
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.project import Project, decode, encode
from core.schedules import SCHEDULES, rates
from core.spec import (
    Choice,
    Data,
    Dense,
    Experiment,
    Frozen,
    Generator,
    Network,
    Output,
    Points,
    Split,
    Stop,
    Training,
    change,
)
from core.tables import settle
from core.trainer import Trainer

numba_problem = choice.numba_problem()
ENGINES = [
    "array",
    pytest.param("compiled", marks=pytest.mark.skipif(bool(numba_problem), reason=numba_problem or "Numba is here")),
]
BLOBS = generate(Generator("blobs", 60, 0.4, 3))


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Trainers made meanwhile compute on the engine of that name."""
    choice.use_array()
    if request.param == "compiled":
        choice.use_compiled("float32")
        choice.use_compiled("float64")
    yield request.param
    choice.use_array()


def experiment(network: Network | None = None, **training: Any) -> Experiment:
    layers = (Dense(6, "tanh", id=1), Dense(5, "tanh", id=2))
    data = Data("classification", 3, BLOBS, split=Split(0.5))
    settings = {"learning_rate": 0.05, "batch_size": 7, "optimizer": Choice("adam"), **training}
    return Experiment("rules", data, network or Network(layers), Training(**settings))


def run(spec: Experiment, epochs: int) -> Trainer:
    trainer = Trainer(spec)
    trainer.advance(trainer.steps_until(epochs))
    return trainer


def bits(trainer: Trainer) -> tuple[bytes, ...]:
    """θ, the optimizer's arrays, the clock and every number of the history but the time."""
    moment, history = trainer.moment(), trainer.history
    columns = [history.column(name).tobytes() for name in sorted(history.names()) if name != "seconds"]
    place = repr((moment.step, moment.since, moment.epoch, moment.offset, moment.watch, trainer.stopped)).encode()
    return (place, moment.theta.tobytes(), *(slot.tobytes() for slot in moment.slots), *columns)


# ---- one step --------------------------------------------------------------------------------------------------------


def one_step(name: str, **hyper: Any) -> tuple[Any, Any, Any]:
    """θ before and after one full step of SGD at rate 0.5 in float64, and the gradient that was used."""
    model = Model.of(experiment(precision="float64"))
    made = model.engine()
    assert made.name == name
    x, t = made.columns(model.prepared.x_train), made.columns(model.targets(model.prepared.y_train))
    state = made.zero_state(np.stack([model.network.initial(seed) for seed in (1, 2)]), "sgd")
    before = np.array(state.thetas)
    trained = made.train(state, x, t, np.arange(x.shape[1]), 1, Hyper(0.5, 1000, "sgd", {}, **hyper))
    return before, np.array(trained.state.thetas), np.array(trained.gradient)


def test_clipping_by_norm_shortens_to_exactly_the_limit_and_keeps_the_direction(engine: str) -> None:
    before, after, plain = one_step(engine)
    norms = np.linalg.norm(plain, axis=1)
    limit = float(norms.min() * 0.999)
    _, clipped, used = one_step(engine, clip_norm=limit)
    np.testing.assert_allclose(np.linalg.norm(used, axis=1), limit, rtol=1e-14)
    np.testing.assert_allclose(used / limit, plain / norms[:, None], rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(clipped, before - 0.5 * used, rtol=1e-15)
    _, unclipped, _ = one_step(engine, clip_norm=float(norms.max()) * 1.001)
    assert unclipped.tobytes() == after.tobytes()


def test_clipping_by_value_holds_each_number(engine: str) -> None:
    before, _, plain = one_step(engine)
    limit = float(np.median(np.abs(plain)))
    _, after, used = one_step(engine, clip_value=limit)
    np.testing.assert_allclose(used, np.clip(plain, -limit, limit), rtol=1e-15)
    np.testing.assert_allclose(after, before - 0.5 * used, rtol=1e-15)
    both = one_step(engine, clip_value=limit, clip_norm=limit)[2]
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), limit, rtol=1e-14)
    np.testing.assert_allclose(both * np.linalg.norm(used, axis=1)[:, None] / limit, used, rtol=1e-13)


def test_a_gradient_too_large_for_its_square_is_clipped_all_the_same(engine: str) -> None:
    model = Model.of(experiment(precision="float32"))
    made = model.engine()
    x, t = made.columns(model.prepared.x_train), made.columns(model.targets(model.prepared.y_train))
    start = np.where(np.asarray(made.penalised) > 0, 1e12, 0.0)[None]
    # The penalty's gradient is 1e25 for each weight: its square, and only that, is too large for float32.
    trained = made.train(
        made.zero_state(start, "sgd"), x, t, np.arange(7), 1, Hyper(1.0, 7, "sgd", {}, l1=1e25, clip_norm=0.5)
    )
    used = np.asarray(trained.gradient, dtype=np.float64)
    assert np.linalg.norm(used) == pytest.approx(0.5, rel=1e-6)
    weights = used[:, np.asarray(made.penalised) > 0]
    assert weights == pytest.approx(0.5 / weights.size**0.5, rel=1e-5)


def test_decay_takes_its_share_off_weights_and_nothing_off_biases(engine: str) -> None:
    before, after, _ = one_step(engine)
    _, decayed, _ = one_step(engine, decay=0.1)
    network = Model.of(experiment()).network
    weights = np.zeros(network.parameters)
    for layer in network.layers:
        weights[layer.weight.start : layer.weight.stop] = 1
    np.testing.assert_allclose(decayed, after - 0.5 * 0.1 * weights * before, rtol=1e-13, atol=1e-16)
    assert (decayed[:, weights == 0] == after[:, weights == 0]).all()


def test_decay_is_adamw(engine: str) -> None:
    torch: Any = pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install 'learnscape[peers]' adds it"
    )
    spec = experiment(precision="float64", batch_size=1000, weight_decay=0.3, learning_rate=0.01)
    trainer = Trainer(spec)
    network, array = trainer.model.network, ArrayEngine(trainer.model.network, dtype=np.float64)
    prepared, targets = trainer.model.prepared, trainer.model.targets(trainer.model.prepared.y_train)
    weights = [l.weight for l in network.layers]  # noqa: E741
    biases = [l.bias for l in network.layers if l.bias]  # noqa: E741
    theirs = trainer.theta.copy()
    blocks = [torch.tensor(theirs[b.start : b.stop], requires_grad=True) for b in (*weights, *biases)]
    groups = [{"params": blocks[:3], "weight_decay": 0.3}, {"params": blocks[3:], "weight_decay": 0.0}]
    settings = settle("", OPTIMIZERS["adam"].settings, {})
    betas = (settings["beta1"], settings["beta2"])
    steps = torch.optim.AdamW(groups, 0.01, betas, settings["epsilon"])
    for _ in range(200):
        gradient = array.gradient(theirs[None], prepared.x_train, targets)[1][0]
        for block, place in zip(blocks, (*weights, *biases), strict=True):
            block.grad = torch.from_numpy(gradient[place.start : place.stop].copy())
        steps.step()
        for block, place in zip(blocks, (*weights, *biases), strict=True):
            theirs[place.start : place.stop] = block.detach().numpy()
    trainer.advance(200)
    np.testing.assert_allclose(trainer.theta, theirs, rtol=1e-9, atol=1e-11)


# ---- what is frozen --------------------------------------------------------------------------------------------------

SINGLE = (Frozen(1, 2, "x2"), Frozen(1, 0, "bias"), Frozen(2, 3, 4), Frozen(0, 1, 0))


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_what_is_frozen_never_moves_and_all_else_does(engine: str, optimizer: str) -> None:
    layers = (Dense(6, "tanh", id=1), Dense(5, "tanh", id=2, frozen=True), Dense(3, "tanh", id=3))
    single = (Frozen(1, 2, "x2"), Frozen(1, 0, "bias"), Frozen(0, 1, 0), Frozen(3, 2, 1))
    rate = max(OPTIMIZERS[optimizer].usual_rate, 0.001)
    spec = experiment(
        Network(layers, frozen=single),
        optimizer=Choice(optimizer),
        learning_rate=rate,
        weight_decay=0.1,
        clip_norm=1.0,
        l2=0.01,
    )
    trainer = Trainer(spec)
    still = trainer._free is not None and np.asarray(trainer._free) == 0
    assert still.sum() == 6 * 5 + 5 + 4
    start = trainer.theta.copy()
    trainer.advance(trainer.steps_until(8))
    assert trainer.divergence is None
    assert trainer.theta[still].tobytes() == start[still].tobytes()
    assert (trainer.theta[~still] != start[~still]).all()
    assert trainer.history.last("gradient/2") == 0
    assert trainer.history.last("ratio/2") == 0


def test_the_mask_says_which_numbers_are_meant() -> None:
    model = Model.of(experiment(Network((Dense(6, id=1), Dense(5, id=2)), frozen=SINGLE)))
    mask = free(model.experiment.network, model.network)
    assert mask is not None
    one, two, out = model.network.layers
    assert one.bias is not None
    wanted = {one.weight.start + 2 * 2 + 1, one.bias.start, two.weight.start + 3 * 6 + 4, out.weight.start + 5}
    assert set(np.flatnonzero(mask == 0).tolist()) == wanted
    whole = Network((Dense(6, id=1), Dense(5, id=2)), Output(frozen=True))
    mask = free(whole, model.network)
    assert mask is not None
    assert np.flatnonzero(mask == 0).tolist() == list(range(out.weight.start, out.stop))


def test_what_is_not_there_is_passed_over() -> None:
    gone = (Frozen(9, 0, 0), Frozen(1, 6, "x1"), Frozen(1, 0, "x1x2"), Frozen(2, 0, 6), Frozen(2, 0, "x1"))
    model = Model.of(experiment(Network((Dense(6, id=1), Dense(5, id=2, bias=False)), frozen=gone)))
    assert free(model.experiment.network, model.network) is None
    bias = change(model.experiment.network, "frozen", (Frozen(2, 0, "bias"),))
    assert free(bias, model.network) is None


def test_thawing_while_it_trains_needs_no_reset(engine: str) -> None:
    frozen = experiment(Network((Dense(6, id=1, frozen=True), Dense(5, id=2))))
    trainer = run(frozen, 3)
    trainer.advance(2)
    offset, start = trainer.offset, trainer.theta.copy()
    trainer.adopt(change(frozen, "network.layers", (Dense(6, id=1), Dense(5, id=2))))
    assert (trainer.offset, trainer.theta.tobytes()) == (offset, start.tobytes())
    trainer.advance(1)
    assert (trainer.theta != start).all()


# ---- schedules -------------------------------------------------------------------------------------------------------


def test_each_step_has_the_rate_of_its_schedule(engine: str) -> None:
    spec = experiment(optimizer=Choice("sgd"), schedule=Choice("cosine", {"epochs": 6.0}), warmup=1.5)
    trainer, wanted = Trainer(spec), rates(spec.training, np.arange(50), 5)
    assert trainer.steps_per_epoch == 5
    for step in range(20):
        trainer.step_batches()
        gradient, update = np.asarray(trainer._last.gradient)[0], np.asarray(trainer._last.update)[0]
        np.testing.assert_allclose(update, wanted[step] * gradient, rtol=1e-5, atol=1e-9)
        assert trainer.history.last("rate") == wanted[step]
    whole = run(spec, 8)
    np.testing.assert_array_equal(whole.history.column("rate"), wanted[[0, 4, 9, 14, 19, 24, 29, 34, 39]])
    assert (whole.history.column("base_rate") == 0.05).all()


def test_the_slider_moves_the_base_of_the_schedule_while_it_trains(engine: str) -> None:
    spec = experiment(schedule=Choice("exponential", {"factor": 0.9}))
    trainer = run(spec, 4)
    trainer.adopt(change(spec, "training.learning_rate", 0.2))
    trainer.advance(1)
    trainer.record()
    assert trainer.history.last("rate") == pytest.approx(0.2 * 0.9**4)
    assert trainer.history.last("base_rate") == 0.2


def test_a_plateau_lowers_the_rate_in_the_run(engine: str) -> None:
    plan = Choice("plateau", {"factor": 0.5, "patience": 1.0, "threshold": 0.05})
    trainer = run(experiment(schedule=plan, learning_rate=0.02), 40)
    losses, found = trainer.history.column("test_loss"), trainer.history.column("rate")
    best, bad, scale, wanted = np.inf, 0, 1.0, [0.02]
    for loss in losses[1:]:
        wanted.append(0.02 * scale)
        best, bad = (loss, 0) if loss < best * 0.95 else (best, bad + 1)
        scale, bad = (scale * 0.5, 0) if bad > 1 else (scale, bad)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert found[-1] < 0.01


# ---- stopping --------------------------------------------------------------------------------------------------------


def overfitting(**stop: Any) -> Experiment:
    """Few noisy points and many neurons: the test loss rises before long."""
    data = Data("classification", 2, generate(Generator("moons", 40, 0.5, seed=2)), split=Split(0.5))
    training = Training(0.03, 5, Choice("adam"), stop=Stop(**stop))
    return Experiment("overfits", data, Network((Dense(12, id=1), Dense(12, id=2))), training)


def test_early_stopping_brings_the_best_theta_back_bit_for_bit(engine: str) -> None:
    trainer = run(overfitting(patience=8), 300)
    losses = trainer.history.column("test_loss")
    best = int(losses[1:-1].argmin()) + 1
    assert trainer.epoch == best + 8 < 300
    assert trainer.stopped == (
        f"Stopped at epoch {best + 8}: the test loss had not fallen for 8 epochs; θ of epoch {best} is back."
    )
    assert trainer.snapshot().stopped == trainer.stopped
    there = run(overfitting(), best)
    assert trainer.theta.tobytes() == there.theta.tobytes()
    for ours, theirs in zip(trainer.state.slots, there.state.slots, strict=True):
        assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()
    assert trainer.history.last("test_loss") == losses[best]
    assert len(trainer.history) == best + 8 + 2


def test_a_stopped_run_takes_no_step_until_it_is_resumed_and_then_goes_on(engine: str) -> None:
    trainer = run(overfitting(patience=8), 300)
    epoch = trainer.epoch
    assert trainer.advance(10) == 0
    trainer.resume()
    assert not trainer.stopped
    trainer.advance(trainer.steps_until(300))
    assert epoch + 8 <= trainer.epoch < 300
    assert trainer.history.last("test_loss") == trainer.history.column("test_loss")[1:].min()
    assert trainer.stopped.endswith(f"θ of epoch {trainer.standing.watch.epoch} is back.")


def test_without_test_points_the_training_loss_is_watched() -> None:
    choice.use_array()
    spec = overfitting(patience=2)
    no_test = change(spec, "data.points", spec.data.points.select(np.arange(2)))
    trainer = Trainer(change(no_test, "training.learning_rate", 5.0))
    trainer.advance(2000)
    if np.isnan(trainer.history.last("test_loss")):
        assert "the training loss had not fallen" in trainer.stopped
    else:
        assert "the test loss had not fallen" in trainer.stopped


def test_the_run_stops_at_the_end_of_its_last_epoch(engine: str) -> None:
    trainer = run(overfitting(epochs=23), 1000)
    assert (trainer.epoch, trainer.offset) == (23, 0)
    assert trainer.stopped == "Stopped at epoch 23, the last one asked for."
    assert trainer.theta.tobytes() == run(overfitting(), 23).theta.tobytes()
    trainer.resume()
    trainer.advance(trainer.steps_until(40))
    assert trainer.epoch == 40
    assert not trainer.stopped


def test_the_run_stops_at_the_first_epoch_whose_loss_is_low_enough(engine: str) -> None:
    losses = run(overfitting(), 60).history.column("train_loss")
    limit = float(losses[40]) + 1e-9
    first = int(np.flatnonzero(losses < limit)[0])
    trainer = run(overfitting(loss=limit), 60)
    assert (trainer.epoch, trainer.offset) == (first, 0)
    assert trainer.theta.tobytes() == run(overfitting(), first).theta.tobytes()
    assert len(trainer.history) == first + 1
    assert trainer.stopped == f"Stopped at epoch {first}: the training loss has fallen below {limit:g}."
    trainer.resume()
    trainer.advance(trainer.steps_until(first + 1))
    assert trainer.epoch == first + 1


def test_the_run_stops_when_its_time_is_up(engine: str) -> None:
    trainer = Trainer(overfitting(seconds=0.15))
    trainer.advance(10**7)
    assert 0.15 <= trainer.seconds < 0.4
    assert trainer.stopped == f"Stopped at epoch {trainer.epoch_now:.4g}, after 0.15 s of training."
    trainer.resume()
    assert trainer.advance(10) == 10


def test_other_data_or_another_loss_forget_the_best(engine: str) -> None:
    trainer = run(overfitting(patience=50), 20)
    assert trainer.standing.best is not None
    trainer.adopt(change(trainer.experiment, "data.split", Split(0.6)))
    assert trainer.standing.best is None
    assert trainer.standing.watch.best is None
    trainer.advance(trainer.steps_until(22))
    assert trainer.standing.best is not None
    trainer.adopt(change(trainer.experiment, "network.layers", (Dense(9, id=1),)))
    assert trainer.standing.best is None
    trainer.advance(trainer.steps_until(24))
    assert len(trainer.standing.best.theta) == trainer.model.network.parameters  # type: ignore[union-attr]


def test_a_reset_and_a_rewind_forget_what_came_after() -> None:
    choice.use_array()
    spec = change(overfitting(patience=30), "training.schedule", Choice("plateau", {"patience": 2.0}))
    trainer = Trainer(spec)
    moments: list[Moment] = []
    for _ in range(25):
        trainer.step_epoch()
        moments.append(trainer.moment())
    assert trainer.standing.watch.plateau.scale < 1
    trainer.restore(moments[4])
    assert trainer.standing.watch == moments[4].watch
    for moment in moments[5:]:
        trainer.step_epoch()
        assert trainer.standing.watch == moment.watch
    trainer.reset()
    assert trainer.standing.watch.best is None
    assert (trainer.standing.watch.plateau.scale, trainer.stopped, trainer.standing.best) == (1.0, "", None)


# ---- the same, however it is cut -------------------------------------------------------------------------------------

EVERYTHING = {
    "schedule": Choice("plateau", {"factor": 0.5, "patience": 2.0}),
    "warmup": 2.3,
    "weight_decay": 0.02,
    "clip_norm": 0.7,
    "clip_value": 0.2,
    "stop": Stop(patience=9, epochs=60),
}


def with_everything() -> Experiment:
    spec = overfitting()
    for name, value in EVERYTHING.items():
        spec = change(spec, f"training.{name}", value)
    return change(spec, "network.frozen", (Frozen(1, 2, "x2"), Frozen(0, 0, 3)))


@pytest.mark.parametrize("size", [1, 3, 4, 17, 50])
def test_a_run_is_the_same_in_slices_of_any_size(engine: str, size: int) -> None:
    whole, cut = run(with_everything(), 60), Trainer(with_everything())
    while not cut.stopped:
        cut.advance(size)
    assert whole.stopped
    assert bits(cut) == bits(whole)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "plateau"])
def test_a_schedule_is_the_same_in_slices_of_any_size(engine: str, name: str) -> None:
    spec = change(overfitting(), "training.schedule", Choice(name))
    whole, cut = run(spec, 12), Trainer(spec)
    while cut.state.step < whole.state.step:
        cut.advance(min(7, whole.state.step - cut.state.step))
    assert bits(cut) == bits(whole)


@pytest.mark.parametrize("at", [3, 30, 31, 61])
def test_a_run_goes_on_from_a_file_as_if_it_had_not_been_closed(engine: str, at: int) -> None:
    whole = Trainer(with_everything())
    whole.advance(at)
    opened = decode(encode(Project(whole.experiment, whole.moment())))
    again = Trainer(opened.experiment)
    assert opened.state is not None
    again.load(opened.state)
    for trainer in (whole, again):
        while not trainer.stopped:
            trainer.advance(1000)
    assert again.stopped == whole.stopped
    ours, theirs = again.moment(), whole.moment()
    assert (ours.step, ours.since, ours.watch) == (theirs.step, theirs.since, theirs.watch)
    assert ours.theta.tobytes() == theirs.theta.tobytes()
    assert [s.tobytes() for s in ours.slots] == [s.tobytes() for s in theirs.slots]


@pytest.mark.skipif(bool(numba_problem), reason=numba_problem or "Numba is here")
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_the_engines_agree(optimizer: str) -> None:
    spec = change(with_everything(), "training.optimizer", Choice(optimizer))
    spec = change(change(spec, "training.precision", "float64"), "training.stop", Stop())
    rate = OPTIMIZERS[optimizer].usual_rate
    spec = change(spec, "training.learning_rate", rate)
    choice.use_array()
    one = run(spec, 15)
    choice.use_compiled("float64")
    try:
        two = run(spec, 15)
    finally:
        choice.use_array()
    assert (one.engine.name, two.engine.name) == ("array", "compiled")
    np.testing.assert_allclose(two.theta, one.theta, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(two.history.column("rate"), one.history.column("rate"), rtol=1e-12)
    assert two.standing.watch.plateau.scale == one.standing.watch.plateau.scale


# ---- where it diverged -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slices", [1, 7, 1000])
def test_a_divergence_is_at_the_step_of_the_clock_with_the_rate_that_step_had(slices: int) -> None:
    x = np.linspace(-3, 3, 24)[:, None]
    schedule = Choice("exponential", {"factor": 0.9})
    training = Training(learning_rate=5.0, batch_size=8, schedule=schedule, loss=Choice("mse"))
    data = Data("regression", 2, Points(np.hstack([x, x]), 2 * x[:, 0]))
    trainer = Trainer(Experiment("", data, Network(), training))
    while trainer.divergence is None:
        trainer.advance(slices)
    gone = trainer.divergence
    assert gone.step == trainer.snapshot().step == trainer.state.step
    planned = rates(training, np.array([gone.step - 1]), trainer.steps_per_epoch)
    assert gone.rate == pytest.approx(planned[0])
    assert gone.rate < 0.9 * gone.base
    assert gone.base == 5.0


# ---- judging, as a function ------------------------------------------------------------------------------------------


def test_a_block_is_judged_as_its_epochs_one_by_one() -> None:
    training = Training(stop=Stop(patience=3, epochs=50))
    losses = np.array([[1.0, 0.9], [0.8, 0.7], [0.7, 0.8], [0.6, 0.9], [0.5, 0.75], [0.4, 0.1], [0.3, 0.2]])

    def here(index: int) -> Best:
        return Best(index, np.full(2, float(index)), ())

    block = judge_block(Standing(), training, 0, losses, here)
    assert (len(block.standings), block.back, block.cut) == (5, True, True)
    standing, back = Standing(), False
    for index in range(5):
        pair = (float(losses[index, 0]), float(losses[index, 1]))
        standing, back = judge(standing, training, index + 1, pair, lambda index=index: here(index))
        assert standing.watch == block.standings[index].watch
        assert standing.stopped == block.standings[index].stopped
    assert back
    assert standing.best is not None
    assert standing.best.theta.tolist() == [1.0, 1.0], "the second epoch's test loss was the lowest"


def test_a_block_that_nothing_watches_stands_as_it_is() -> None:
    standing = Standing()
    block = judge_block(standing, Training(), 5, np.ones((3, 2)), lambda index: pytest.fail("nobody asks"))
    assert (block.standings, block.back, block.cut) == ([standing] * 3, False, False)
