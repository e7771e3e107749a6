"""Stacks in tiles: the same as run by run, and as the array engine, for all the tables' rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("numba", reason="Numba is not installed, so there is no compiled engine")

from core.activations import ACTIVATIONS
from core.engine import compiled, pool, tiling
from core.engine.array import ArrayEngine, Hyper, Trained
from core.engine.compiled import CompiledEngine
from core.engine.lanes import WIDTH
from core.network import Network, resolve
from core.optimizers import OPTIMIZERS
from core.random import permutation
from core.spec import Choice, Data, Dense, Experiment, Generator, Output, Training, with_ids
from core.spec import Network as Layers

HEADS = (
    ("mse", "tanh", 1),
    ("mae", "linear", 1),
    ("huber", "linear", 1),
    ("hinge", "tanh", 1),
    ("bce", "sigmoid", 1),
    ("cce", "softmax", 3),
    ("mse", "softmax", 3),
)
BATCH, SAMPLES = 7, 45
"""Two epochs of 45 samples are 13 batches, the last of 6."""


def network(
    loss: str = "mse", output: str = "tanh", outputs: int = 1, hidden: str = "tanh", drop: float = 0
) -> Network:
    generator = Generator("spiral" if outputs > 1 else "circle", classes=max(outputs, 2))
    layers = (Dense(6, hidden, drop), Dense(5, hidden, bias=False))
    return resolve(
        Experiment(
            data=Data("classification", max(outputs, 2), (), generator),
            network=with_ids(Layers(layers, Output(output))),
            training=Training(loss=Choice(loss)),
        )
    )


def hyper(optimizer: str = "sgd", rate: Any = 0.03, **other: Any) -> Hyper:
    settings = {setting.name: setting.default for setting in OPTIMIZERS[optimizer].settings}
    return Hyper(rate, BATCH, optimizer, settings, **other)


def trained(engine: ArrayEngine, steered: Hyper, runs: int, steps: int = 1000, spread: float = 1.0) -> Trained:
    """Two calls of ``train``, each over all samples twice."""
    rng = np.random.default_rng(1)
    x, outputs = rng.uniform(-1, 1, (SAMPLES, 2)), engine.network.output.units
    t = np.eye(outputs)[rng.integers(0, outputs, SAMPLES)] if outputs > 1 else rng.integers(0, 2, (SAMPLES, 1)) * 1.0
    state = engine.zero_state(
        np.stack([engine.network.initial(seed) * spread for seed in range(runs)]), steered.optimizer
    )
    for call in range(2):
        order = np.concatenate([permutation(2 * call + epoch, SAMPLES) for epoch in range(2)])
        result = engine.train(state, engine.columns(x), engine.columns(t), order, steps, steered)
        state = result.state
    return result


def one_by_one(net: Network, steered: Hyper, runs: int, monkeypatch: pytest.MonkeyPatch, **other: Any) -> Trained:
    """By the kernels whose lanes are samples."""
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "worth", lambda *given: False)
        return trained(CompiledEngine(net, dtype="float64"), steered, runs, **other)


def in_tiles(net: Network, steered: Hyper, runs: int, monkeypatch: pytest.MonkeyPatch, **other: Any) -> Trained:
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "worth", lambda *given: True)
        return trained(CompiledEngine(net, dtype="float64"), steered, runs, **other)


def same(one: Trained, two: Trained, close: float = 1e-12, all_of_it: bool = True) -> None:
    arrays: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = [(one.state.thetas, two.state.thetas)]
    if all_of_it:
        arrays += [*zip(one.state.slots, two.state.slots, strict=True), (one.state.good, two.state.good)]
        arrays += [(one.loss, two.loss), (one.gradient, two.gradient), (one.update, two.update)]
    for expected, got in arrays:
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=close)
    np.testing.assert_array_equal(one.failed, two.failed)
    assert (one.state.step, one.state.since) == (two.state.step, two.state.since)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimizer_comes_to_the_same(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steered = hyper(optimizer, np.geomspace(0.001, 0.03, 17)[:, None], l1=0.003, l2=0.02)
    tiles = in_tiles(network(), steered, 17, monkeypatch)
    same(one_by_one(network(), steered, 17, monkeypatch), tiles)
    same(trained(ArrayEngine(network(), dtype="float64"), steered, 17), tiles)


@pytest.mark.parametrize("head", HEADS, ids=lambda head: "-".join(map(str, head)))
def test_every_loss_and_output_comes_to_the_same(head: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    net, steered = network(*head), hyper("momentum")
    tiles = in_tiles(net, steered, 18, monkeypatch)
    same(one_by_one(net, steered, 18, monkeypatch), tiles)
    same(trained(ArrayEngine(net, dtype="float64"), steered, 18), tiles)


@pytest.mark.parametrize("hidden", [row.name for row in ACTIVATIONS.rows() if row.hidden])
def test_every_activation_comes_to_the_same(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network(hidden=hidden)
    same(one_by_one(net, hyper(), 5, monkeypatch), in_tiles(net, hyper(), 5, monkeypatch))


@pytest.mark.parametrize("runs", [1, 15, 17, 64])
def test_any_number_of_runs(runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    same(one_by_one(network(), hyper("adam"), runs, monkeypatch), in_tiles(network(), hyper("adam"), runs, monkeypatch))


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_a_batch_may_go_through_in_parts(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "chunk_for", lambda *given: chunk)
    same(one_by_one(network(), hyper(), 3, monkeypatch), in_tiles(network(), hyper(), 3, monkeypatch))


@pytest.mark.parametrize(
    "other",
    [
        {"rate": np.geomspace(0.1, 0.01, 13)},
        {"rate": np.geomspace(0.1, 0.01, 17 * 13).reshape(17, 13), "decay": 0.1},
        {"rate": np.geomspace(0.1, 0.01, 17)[:, None], "decay": 0.1},
        {"clip_norm": 0.05},
        {"clip_value": 0.01},
        {"free": (np.arange(53) % 3 > 0).astype(float), "clip_norm": 0.1, "decay": 0.2},
    ],
    ids=["schedule", "schedules", "rates", "norm", "value", "frozen"],
)
def test_schedules_limits_and_frozen_weights(other: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert network().parameters == 53 + 1
    if "free" in other:
        other = {**other, "free": np.append(other["free"], 1.0)}
    steered = hyper("adam", **other)
    tiles = in_tiles(network(), steered, 17, monkeypatch)
    same(one_by_one(network(), steered, 17, monkeypatch), tiles)
    same(trained(ArrayEngine(network(), dtype="float64"), steered, 17), tiles)


def test_a_run_that_diverges_stops_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = np.full((20, 1), 0.01)
    rates[[3, 11, 18]] = [[1e60], [1e5], [1e200]]
    net = network("mse", "linear", 1, "linear")
    tiles, single = (way(net, hyper("momentum", rates), 20, monkeypatch) for way in (in_tiles, one_by_one))
    assert (np.flatnonzero(tiles.failed >= 0) == [3, 11, 18]).all()
    assert np.isfinite(tiles.state.thetas).all()
    np.testing.assert_array_equal(tiles.failed, single.failed)
    going = tiles.failed < 0
    np.testing.assert_allclose(tiles.state.thetas[going], single.state.thetas[going], rtol=0, atol=1e-12)
    # What is left of the others is huge: equal to rounding, as large as they are.
    np.testing.assert_allclose(tiles.state.thetas, single.state.thetas, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(tiles.state.slots[0], single.state.slots[0], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(np.isfinite(tiles.loss), np.isfinite(single.loss))


def test_when_all_diverge_training_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    net, steered = network("mse", "linear", 1, "linear"), hyper("sgd", 1e100)
    tiles, single = (way(net, steered, 3, monkeypatch) for way in (in_tiles, one_by_one))
    same(single, tiles, all_of_it=False)
    assert (tiles.failed >= 0).all()
    assert tiles.state.step < 26


def test_the_same_bits_for_any_number_of_threads_and_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "LEAST", 1.0)
    ends = []
    for threads in (1, 2, 5):
        with pool.limited(threads):
            ends.append(in_tiles(network(), hyper("adam"), 64, monkeypatch).state.thetas)
    assert len({end.tobytes() for end in ends}) == 1
    few = in_tiles(network(), hyper("adam"), 5, monkeypatch).state.thetas
    assert few.tobytes() == ends[0][:5].tobytes()


def test_tiles_are_for_stacks_of_small_networks_without_dropout() -> None:
    net = network()
    assert tiling.worth(net, 64, 10, 4)
    assert not tiling.worth(net, 1, 10, 4)
    assert not tiling.worth(net, 3, 64, 4)
    assert not tiling.worth(network(drop=0.2), 64, 10, 4)


@pytest.mark.parametrize("runs", [1, 16, 21])
def test_tiled_and_back(runs: int) -> None:
    numbers = np.random.default_rng(0).normal(size=(runs, 5))
    table = tiling.tiled(numbers, tiling.tiles_for(runs), "float64")
    assert table.shape == (-(-runs // WIDTH), 5 * WIDTH)
    assert table.ctypes.data % tiling.ALIGNED == 0
    assert table[0, WIDTH] == numbers[0, 1]
    np.testing.assert_array_equal(tiling.untiled(table, runs), numbers)
