"""Normalisation and residual connections: θ's layout, values, every gradient, and both engines."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.data.generators import generate
from core.engine import choice, pool
from core.engine.array import ArrayEngine, Hyper
from core.frozen import free
from core.history import Moment
from core.layers import EPSILON, MOMENTUM, NORMS
from core.losses import LOSSES
from core.model import Model
from core.network import Layer, carry, resolve
from core.optimizers import OPTIMIZERS
from core.probes.directions import filter_normalised
from core.project import Project, decode, encode
from core.random import permutation
from core.report import weights
from core.spec import Choice, Data, Dense, Experiment, Frozen, Generator, Network, Output, Training, change
from core.tables import SpecError
from core.trainer import Trainer

HIDDEN = [row.name for row in ACTIVATIONS.rows() if row.hidden]
HEAD_OF = {"mse": "tanh", "mae": "linear", "huber": "sigmoid", "hinge": "linear", "bce": "sigmoid", "cce": "softmax"}
"""An output for every loss."""


def layered(
    norms: tuple[str, ...] = ("batch", "layer", "batch"),
    residuals: tuple[int, ...] = (0, 1, 2),
    units: tuple[int, ...] = (5, 4, 6),
    hidden: str = "tanh",
    dropout: float = 0.0,
    loss: str = "auto",
    **other: Any,
) -> Experiment:
    """Three classes of a spiral, and a layer for each norm."""
    generator = Generator("spiral", count=90, classes=3, noise=0.1)
    rows = enumerate(zip(norms, residuals, units, strict=True))
    layers = tuple(Dense(u, hidden, dropout, True, i + 1, norm=n, residual=r) for i, (n, r, u) in rows)
    network = Network(layers, Output(HEAD_OF.get(loss, "auto")))
    return Experiment(
        "", Data("classification", 3, generate(generator), generator), network, Training(loss=Choice(loss), **other)
    )


def engine_of(spec: Experiment, kind: type[ArrayEngine] = ArrayEngine) -> ArrayEngine:
    return kind(resolve(spec), dtype=np.float64)


def some_theta(engine: ArrayEngine, rng: np.random.Generator, runs: int = 1) -> Any:
    """θ of no particular kind, but for variances, which are positive."""
    thetas = rng.normal(0.0, 0.7, (runs, engine.network.parameters))
    for layer in engine.network.layers:
        if layer.variance:
            block = layer.variance.of(thetas)
            thetas[:, layer.variance.start : layer.variance.stop] = 0.5 + block**2
    return thetas


def samples(engine: ArrayEngine, rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    k, (low, high) = engine.network.output.units, ACTIVATIONS[engine.network.output.activation].targets
    return rng.normal(0.0, 1.5, (count, 2)), low + (high - low) * np.eye(k)[rng.integers(0, k, count)]


def hyper(optimizer: str, batch: int, **other: Any) -> Hyper:
    row = OPTIMIZERS[optimizer]
    return Hyper(max(0.03, row.usual_rate), batch, optimizer, {s.name: s.default for s in row.settings}, **other)


# ---- where all of it lies in θ ---------------------------------------------------------------------------------------


def test_a_layer_lies_in_theta_as_weights_biases_gains_shifts_and_statistics() -> None:
    network = resolve(layered())
    one, two, three, last = network.layers
    assert list(one.blocks) == ["weight", "bias", "gain", "shift", "mean", "variance"]
    assert list(two.blocks) == ["weight", "bias", "gain", "shift"]
    place = 0
    for layer in network.layers:
        for block in layer.blocks.values():
            assert block.start == place
            place = block.stop
        assert layer.stop == place
    assert network.parameters == place == (5 * 2 + 5 * 5) + (4 * 5 + 3 * 4) + (6 * 4 + 5 * 6) + 3 * 7
    assert (one.trained, two.trained, last.trained) == (one.stop - 10, two.stop, last.stop)
    assert np.flatnonzero(network.statistics).tolist() == [*range(25, 35), *range(three.stop - 12, three.stop)]
    assert not network.plain
    assert resolve(layered(("none",) * 3, (0, 0, 0))).plain


def test_gains_and_variances_begin_at_one_and_shifts_and_means_at_zero() -> None:
    network = resolve(layered())
    theta = network.initial(3)
    for layer in network.layers:
        for name, value in {"bias": 0.0, "gain": 1.0, "shift": 0.0, "mean": 0.0, "variance": 1.0}.items():
            if name in layer.blocks:
                assert (layer.blocks[name].of(theta) == value).all()
        assert layer.weight.of(theta).all()


def test_a_residual_reaches_back_by_its_number_of_layers_and_no_further_than_the_inputs() -> None:
    network = resolve(layered(("none",) * 3, (1, 1, 2)))
    assert [layer.shortcut for layer in network.layers] == [0, 1, 1, None]
    assert [layer.shortcut for layer in resolve(layered(("none",) * 3, (9, 2, 3))).layers] == [0, 0, 0, None]


def test_an_unknown_normalisation_brings_the_nearest() -> None:
    with pytest.raises(SpecError, match="no normalisation called 'bach'; did you mean 'batch'"):
        resolve(layered(("bach", "none", "none")))


@pytest.mark.parametrize("name", list(NORMS))
def test_a_row_says_where_it_comes_from(name: str) -> None:
    row = NORMS[name]
    assert bool(row.source) == bool(row.blocks)
    assert set(row.statistics) <= {block for block, _ in row.blocks}
    assert (row.over == "nothing") == (name == "none")


# ---- values ----------------------------------------------------------------------------------------------------------


def by_hand(engine: ArrayEngine, theta: Any, x: Any, batch: bool) -> list[Any]:
    """What leaves every layer (B, units), unit by unit and sample by sample as the papers write it."""
    columns = [x]
    for index, layer in enumerate(engine.network.layers):
        z = columns[-1] @ layer.weight.of(theta).T
        z = z + layer.bias.of(theta) if layer.bias else z
        if layer.norm != "none":
            if layer.norm == "layer":
                mean, variance = z.mean(1, keepdims=True), z.var(1, keepdims=True)
            elif batch:
                mean, variance = z.mean(0), z.var(0)
            else:
                mean, variance = layer.blocks["mean"].of(theta), layer.blocks["variance"].of(theta)
            z = layer.blocks["gain"].of(theta) * (z - mean) / np.sqrt(variance + EPSILON) + layer.blocks["shift"].of(
                theta
            )
        formula = engine.formulas[index]
        a = formula[0](z) if formula else np.exp(z) / np.exp(z).sum(1, keepdims=True)
        if layer.shortcut is not None:
            source = columns[layer.shortcut]
            shared = min(a.shape[1], source.shape[1])
            a = np.array(a)
            a[:, :shared] += source[:, :shared]
        columns.append(a)
    return columns[1:]


@pytest.mark.parametrize("residuals", [(0, 0, 0), (1, 1, 1), (1, 2, 3), (0, 1, 2)])
def test_forward_is_what_the_papers_write(residuals: tuple[int, ...], rng: np.random.Generator) -> None:
    engine = engine_of(layered(residuals=residuals))
    theta = some_theta(engine, rng)
    x, t = samples(engine, rng, 11)
    expected = by_hand(engine, theta[0], x, batch=False)
    for got, want in zip(engine.activations(theta, x), expected, strict=True):
        assert got[0] == pytest.approx(want.T, rel=1e-11, abs=1e-12)
    assert engine.forward(theta, x)[0] == pytest.approx(expected[-1], rel=1e-11)
    loss = -np.log(by_hand(engine, theta[0], x, batch=True)[-1])[t > 0].mean()
    assert engine.gradient(theta, x, t, batch_statistics=True)[0] == pytest.approx(loss, rel=1e-11)
    assert engine.gradient(theta, x, t)[0] == pytest.approx(engine.loss(theta, x, t), rel=1e-12)


def test_running_statistics_follow_the_batches_whatever_the_optimizer_does(rng: np.random.Generator) -> None:
    engine = engine_of(layered(("batch",), (0,), (5,)))
    layer = engine.network.layers[0]
    x, t = samples(engine, rng, 10)
    steps = hyper("adamw", 7, decay=0.3, l1=0.1, l2=0.2)
    state = engine.zero_state(some_theta(engine, rng), "adamw")
    mean, variance = (layer.blocks[name].of(state.thetas)[0] for name in ("mean", "variance"))
    for part in (x[:7], x[7:]):
        theta = state.thetas[0]
        z = part @ layer.weight.of(theta).T + layer.blocks["bias"].of(theta)
        mean = (1 - MOMENTUM) * mean + MOMENTUM * z.mean(0)
        variance = (1 - MOMENTUM) * variance + MOMENTUM * z.var(0, ddof=1)
        targets = t[: len(part)]
        order = np.arange(len(part))
        trained = engine.train(state, engine.columns(part), engine.columns(targets), order, 1, steps)
        before, state = state, trained.state
        assert layer.blocks["mean"].of(state.thetas)[0] == pytest.approx(mean, rel=1e-12)
        assert layer.blocks["variance"].of(state.thetas)[0] == pytest.approx(variance, rel=1e-12)
        assert state.thetas == pytest.approx(before.thetas - trained.update, rel=1e-12, abs=1e-15)
        assert not trained.gradient[:, engine.network.statistics].any()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_batch_of_one_has_no_variance_and_nothing_is_divided_by_it(precision: str, rng: np.random.Generator) -> None:
    engine = ArrayEngine(resolve(layered()), dtype=precision)
    x, t = samples(engine, rng, 1)
    theta = engine.network.initial(0)[None]
    trained = engine.train(
        engine.zero_state(theta, "sgd"), engine.columns(x), engine.columns(t), np.arange(1), 1, hyper("sgd", 1)
    )
    assert np.isfinite(trained.state.thetas).all()
    variance = engine.network.layers[0].variance
    assert variance is not None
    assert variance.of(trained.state.thetas) == pytest.approx(1.0 - MOMENTUM)
    assert trained.state.thetas.dtype == np.dtype(precision)


# ---- every gradient --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("residual", [0, 1, 2])
@pytest.mark.parametrize("norm", list(NORMS))
def test_gradient(norm: str, residual: int, hidden: str, rng: np.random.Generator) -> None:
    """With every loss, by running statistics and by the batch's: along a random direction, and for each kind of number.

    (L(θ + hv) - L(θ - hv)) / 2h has to be ∇L · v.
    """
    for loss, batch in itertools.product(LOSSES, (False, True)):
        engine = engine_of(layered((norm, "none", norm), (residual, residual, 1), hidden=hidden, loss=loss))
        theta, (x, t) = some_theta(engine, rng), samples(engine, rng, 9)
        _, gradient = engine.gradient(theta, x, t, batch_statistics=batch)
        still, h = engine.network.statistics, 1e-6
        assert not gradient[:, still].any()
        random = np.where(still, 0.0, rng.normal(size=theta.shape))
        directions = [random / np.linalg.norm(random)]
        for block in engine.network.layers[0].blocks.values():
            one = np.zeros_like(theta)
            one[0, rng.integers(block.start, block.stop)] = 1.0
            directions.append(np.where(still, 0.0, one))
        v = np.concatenate(directions)
        up, down = np.split(engine.gradient(np.concatenate([theta + h * v, theta - h * v]), x, t, 0, 0, batch)[0], 2)
        assert (up - down) / (2 * h) == pytest.approx(v @ gradient[0], rel=2e-5, abs=2e-8), (loss, batch)
        assert np.abs(gradient[0, : engine.network.layers[0].trained]).max() > 1e-5, "the first layer gets nothing"


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_the_check_catches_a_wrong_slope(norm: str, batch: bool, rng: np.random.Generator) -> None:
    engine = engine_of(layered((norm,), (1,), (5,)))
    back, inverse = engine.back, engine.inverse
    engine.back = lambda *given: 1.01 * back(*given)
    theta, (x, t) = some_theta(engine, rng), samples(engine, rng, 9)
    _, wrong = engine.gradient(theta, x, t, batch_statistics=batch)
    engine.back, engine.inverse = back, inverse
    _, right = engine.gradient(theta, x, t, batch_statistics=batch)
    first = engine.network.layers[0].weight
    differs = np.abs(first.of(wrong) - first.of(right)).max() > 1e-4
    assert differs == (norm == "layer" or batch), (
        "running statistics are constants: there is nothing to go back through"
    )


def test_penalties_and_decay_leave_what_normalises_alone(rng: np.random.Generator) -> None:
    engine = engine_of(layered())
    theta, (x, t) = some_theta(engine, rng), samples(engine, rng, 9)
    change_of = engine.gradient(theta, x, t, 0.5, 0.5)[1] - engine.gradient(theta, x, t)[1]
    for layer in engine.network.layers:
        assert layer.weight.of(change_of).all()
        assert not change_of[:, layer.weight.stop : layer.stop].any()


# ---- edits, freezing, files, probes ----------------------------------------------------------------------------------


def test_what_a_unit_has_goes_with_it_through_edits(rng: np.random.Generator) -> None:
    old, spec = resolve(layered()), layered()
    theta = some_theta(engine_of(spec), rng)
    wider = resolve(layered(units=(7, 4, 6)))
    fresh = wider.initial(0)[None]
    moved = carry(old, wider, theta, fresh)
    for before, after in zip(old.layers, wider.layers, strict=True):
        for name in before.blocks.keys() - {"weight"}:
            kept = after.blocks[name].of(moved)[:, : before.units]
            assert np.array_equal(kept, before.blocks[name].of(theta))
            rest = after.blocks[name].of(moved)[:, before.units :]
            assert np.array_equal(rest, after.blocks[name].of(fresh)[:, before.units :])
    without = resolve(layered(("layer", "none", "batch")))
    moved = carry(old, without, theta, without.initial(0)[None])
    first, was = without.layers[0], old.layers[0]
    assert list(first.blocks) == ["weight", "bias", "gain", "shift"]
    assert np.array_equal(first.blocks["gain"].of(moved), was.blocks["gain"].of(theta))
    assert np.array_equal(without.layers[1].weight.of(moved), old.layers[1].weight.of(theta))


def test_training_goes_on_through_every_edit_of_norms_and_residuals() -> None:
    trainer = Trainer(layered(batch_size=8, optimizer=Choice("adam")))
    trainer.advance(20)
    spec, first = trainer.model.experiment, trainer.model.network.layers[0].weight
    kept = first.of(trainer.theta).copy()
    for norms, residuals in (
        (("none", "none", "none"), (0, 0, 0)),
        (("layer", "batch", "none"), (3, 0, 1)),
        (("batch", "batch", "batch"), (1, 1, 1)),
    ):
        trainer.adopt(change(spec, "network.layers", layered(norms, residuals).network.layers))
        assert np.array_equal(trainer.model.network.layers[0].weight.of(trainer.theta), kept)
        trainer.advance(20)
        kept = trainer.model.network.layers[0].weight.of(trainer.theta).copy()
    assert trainer.divergence is None
    assert trainer.snapshot().theta.size == trainer.model.network.parameters


def test_a_frozen_layer_keeps_all_that_it_has() -> None:
    spec = layered(batch_size=8)
    layers = spec.network.layers
    spec = change(spec, "network.layers", (change(layers[0], "frozen", True), *layers[1:]))
    spec = change(spec, "network.frozen", (Frozen(3, 2, "bias"),))
    network, mask = resolve(spec), free(spec.network, resolve(spec))
    assert mask is not None
    trainer = Trainer(spec)
    before = trainer.theta.copy()
    trainer.advance(30)
    moved = trainer.theta != before
    assert not moved[: network.layers[0].stop].any()
    assert not moved[mask == 0].any()
    for name in ("gain", "shift", "mean", "variance"):
        assert network.layers[2].blocks[name].of(moved).all()


def test_a_project_brings_it_back_and_trains_on_to_the_same_numbers() -> None:
    trainer = Trainer(layered(batch_size=8, optimizer=Choice("adam")))
    trainer.advance(30)
    moment = trainer.snapshot().moment
    assert isinstance(moment, Moment)
    project = decode(encode(Project(trainer.model.experiment, moment)))
    assert project.experiment == trainer.model.experiment
    assert project.state is not None
    assert np.array_equal(project.state.theta, trainer.theta)
    with pytest.raises(SpecError, match="no normalisation called 'bacth'"):
        decode(encode(Project(layered())).replace(b'"norm": "batch"', b'"norm": "bacth"'))
    with pytest.raises(SpecError, match="at least 0"):
        decode(encode(Project(layered())).replace(b'"residual": 2', b'"residual": -1'))


def test_the_report_has_every_part_by_name() -> None:
    trainer = Trainer(layered())
    arrays = weights(trainer)
    assert [name for name in arrays if name.startswith("layer 1/")] == [
        f"layer 1/{part}" for part in ("weights", "biases", "gains", "shifts", "means", "variances")
    ]
    assert sum(array.size for name, array in arrays.items() if name != "theta") == len(arrays["theta"])


def test_random_directions_leave_what_normalises_alone(rng: np.random.Generator) -> None:
    network = resolve(layered())
    directions = filter_normalised(network, some_theta(engine_of(layered()), rng)[0], 1)
    for layer in network.layers:
        assert layer.weight.of(directions).all()
        assert not directions[:, layer.weight.stop : layer.stop].any()


def test_squared_norms_are_of_what_the_optimizer_moves(rng: np.random.Generator) -> None:
    engine = engine_of(layered())
    x, t = samples(engine, rng, 20)
    trained = engine.train(
        engine.zero_state(some_theta(engine, rng), "sgd"),
        engine.columns(x),
        engine.columns(t),
        np.arange(20),
        1,
        hyper("sgd", 20),
    )
    norms = engine.squared_norms(trained)
    for index, layer in enumerate(engine.network.layers):
        parts = [array[0, layer.weight.start : layer.trained] for array in (trained.gradient, trained.update)]
        assert norms[:2, index] == pytest.approx([(part**2).sum() for part in parts], rel=1e-12)
        assert norms[1, index] == pytest.approx(0.03**2 * norms[0, index], rel=1e-9)


# ---- both engines ----------------------------------------------------------------------------------------------------

MIXES = [
    (("batch", "none", "batch"), (0, 0, 0)),
    (("layer", "layer", "none"), (1, 1, 1)),
    (("batch", "layer", "batch"), (2, 1, 3)),
    (("none", "none", "none"), (1, 2, 2)),
    (("batch", "batch", "layer"), (0, 2, 2)),
]


def compiled_engine() -> type[ArrayEngine]:
    compiled = pytest.importorskip("core.engine.compiled", reason="Numba is not installed")
    kind: type[ArrayEngine] = compiled.CompiledEngine
    return kind


def run(engine: ArrayEngine, x: Any, t: Any, steps: Hyper, thetas: Any, epochs: int = 3) -> Any:
    state, columns, result = engine.zero_state(thetas, steps.optimizer), (engine.columns(x), engine.columns(t)), None
    for epoch in range(epochs):
        result = engine.train(state, *columns, permutation(epoch, len(x)), 10_000, steps)
        state = result.state
    return result


def parts_of(result: Any) -> tuple[Any, ...]:
    return (result.state.thetas, *result.state.slots, result.loss, result.gradient, result.update)


@pytest.mark.parametrize(("norms", "residuals"), MIXES)
@pytest.mark.parametrize("batch", [7, 16, 45])
@pytest.mark.parametrize(("precision", "close"), [("float64", 1e-12), ("float32", 2e-3)])
def test_the_engines_train_alike(
    norms: tuple[str, ...], residuals: tuple[int, ...], batch: int, precision: str, close: float
) -> None:
    model = Model.of(layered(norms, residuals, dropout=0.2, hidden="silu"))
    x, t = model.prepared.x_train, model.targets(model.prepared.y_train)
    mask = np.ones(model.network.parameters)
    mask[model.network.layers[2].weight.start : model.network.layers[2].stop] = 0.0
    for steps in (
        hyper("sgd", batch, l1=0.001, l2=0.01, seed=5),
        hyper("adam", batch, decay=0.01, clip_norm=0.5, seed=5, free=mask.astype(precision)),
    ):
        engines = [kind(model.network, dtype=precision) for kind in (ArrayEngine, compiled_engine())]
        thetas = np.stack([model.network.initial(seed) for seed in range(3)])
        results = [run(engine, x, t, steps, thetas) for engine in engines]
        for expected, got in zip(*map(parts_of, results), strict=True):
            scale = max(1.0, float(np.abs(expected).max()))
            np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=close)
        norms_of = [engine.squared_norms(result) for engine, result in zip(engines, results, strict=True)]
        np.testing.assert_allclose(norms_of[1], norms_of[0], rtol=max(close, 1e-9) * 10, atol=close)
        assert np.abs(results[0].state.thetas - thetas).max() > 0.01


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimizer_moves_running_statistics_alike(optimizer: str) -> None:
    model = Model.of(layered())
    x, t = model.prepared.x_train, model.targets(model.prepared.y_train)
    thetas = model.network.initial(0)[None]
    one, two = (
        run(kind(model.network, dtype=np.float64), x, t, hyper(optimizer, 16), thetas, 1)
        for kind in (ArrayEngine, compiled_engine())
    )
    for expected, got in zip(parts_of(one), parts_of(two), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(("norms", "residuals"), MIXES)
def test_the_engines_look_alike(norms: tuple[str, ...], residuals: tuple[int, ...], rng: np.random.Generator) -> None:
    here, there = (engine_of(layered(norms, residuals), kind) for kind in (ArrayEngine, compiled_engine()))
    thetas, (x, t) = some_theta(here, rng, 12), samples(here, rng, 77)
    for a, b in zip(here.activations(thetas, x), there.activations(thetas, x), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(there.loss(thetas, x, t, 0.1, 0.1), here.loss(thetas, x, t, 0.1, 0.1), rtol=1e-12)
    np.testing.assert_allclose(there.losses(thetas, x, t), here.losses(thetas, x, t), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(there.forward(thetas, x), here.forward(thetas, x), rtol=1e-10, atol=1e-12)


def test_whole_epochs_in_one_call_are_measured_as_the_array_engine_measures() -> None:
    compiled_engine()
    spec = layered(precision="float64", optimizer=Choice("adam"), batch_size=16)
    single = Trainer(spec)
    single.advance(120)
    choice.use_compiled("float64")
    block = Trainer(spec)
    block.advance(120)
    assert block.engine.name == "compiled"
    assert single.history.names() == block.history.names()
    for name in single.history.names():
        if name != "seconds":
            np.testing.assert_allclose(block.history.column(name), single.history.column(name), rtol=1e-7, err_msg=name)


# ---- threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("norms", "residuals"), [(("none",) * 3, (0, 0, 0)), *MIXES[1:3]])
def test_the_same_bits_whatever_the_number_of_threads(
    norms: tuple[str, ...], residuals: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model.of(layered(norms, residuals, dropout=0.2))
    x, t = model.prepared.x_train, model.targets(model.prepared.y_train)
    engine = compiled_engine()(model.network, dtype=np.float32)
    thetas = np.stack([model.network.initial(seed) for seed in range(10)])
    plane = np.random.default_rng(0).normal(size=(1000, 2))
    shared: list[int] = []
    work = pool.share_out
    monkeypatch.setattr(
        "core.engine.compiled.share_out", lambda count, cost, *given: _share(count, given, work, shared)
    )
    monkeypatch.setattr(pool, "LEAST", 1.0)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(pool, "cores", lambda threads=threads: threads)
        trained = run(engine, x, t, hyper("adam", 7, seed=3), thetas)
        looks = [engine.loss(thetas, x, t), engine.losses(thetas[:2], plane, np.ones((1000, 3)))]
        arrays = (*parts_of(trained), *looks, *engine.activations(thetas[:1], plane))
        found.append([array.tobytes() for array in arrays])
        shared.append(0)
    assert found[0] == found[1]
    alone, together = shared[: shared.index(0)], shared[shared.index(0) + 1 : -1]
    assert set(alone) == {1}
    assert min(together) == 3, "the work was not shared out"


def _share(count: int, given: Any, share_out: Any, shared: list[int]) -> None:
    """As ``share_out``, as if it all took long, noting how many parts it came to."""
    work, *step = given
    parts: list[int] = []

    def noted(start: int, stop: int) -> None:
        parts.append(start)
        work(start, stop)

    share_out(count, 1e9, noted, *step)
    shared.append(len(parts))


def test_columns_of_a_layer_say_what_they_are() -> None:
    layer = resolve(layered()).layers[0]
    assert isinstance(layer, Layer)
    assert layer.begins == {"bias": 0.0, "gain": 1.0, "shift": 0.0, "mean": 0.0, "variance": 1.0}
