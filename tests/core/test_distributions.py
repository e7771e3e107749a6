"""Histograms over a run: honest bins, shared by all moments, that hold every value."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.generators import generate
from core.model import Model
from core.probes.distributions import (
    FEW,
    QUANTITIES,
    bin_edges,
    counted,
    evenly,
    ridgelines,
    ridges,
    values_of,
)
from core.probes.landscape import Objective
from core.spec import Data, Dense, Experiment, Generator, Network, change, with_ids


@pytest.fixture
def model() -> Model:
    made = Generator("circle", 80)
    network = with_ids(Network((Dense(7, "relu"), Dense(5, "tanh"))))
    return Model.of(Experiment(data=Data(points=generate(made), generator=made), network=network))


@pytest.fixture
def objective(model: Model) -> Objective:
    return Objective.of(model, precision="float64")


def thetas_of(model: Model, count: int = 4) -> np.ndarray:
    return np.stack([model.network.initial(seed) for seed in range(count)])


RNG = np.random.default_rng(5)


def network_biases(model: Model, thetas: np.ndarray, index: int) -> np.ndarray:
    return np.asarray(model.network.biases(thetas, index))


SAMPLES = {
    "normal": RNG.normal(0.3, 1.2, (6, 400)),
    "two heaps": np.where(RNG.random((6, 400)) < 0.5, -1.0, 1.0) * (1 - 0.01 * RNG.random((6, 400))),
    "tiny": RNG.normal(0, 3e-9, (6, 400)),
    "far from zero": RNG.normal(1e5, 2.0, (6, 400)),
    "mostly zero": np.maximum(RNG.normal(-1, 1, (6, 400)), 0),
    "all the same": np.full((3, 40), 0.25),
    "all zero": np.zeros((3, 40)),
    "few": RNG.normal(0, 1, (6, 3)),
}


@pytest.mark.parametrize("name", list(SAMPLES))
def test_bins_are_round_hold_everything_and_do_not_straddle_zero(name: str) -> None:
    values = SAMPLES[name]
    edges = bin_edges(values)
    widths = np.diff(edges)
    assert widths == pytest.approx(widths[0], rel=1e-6)
    mantissa = widths[0] / 10.0 ** np.floor(np.log10(widths[0]) + 1e-9)
    assert min(abs(mantissa - m) for m in (1.0, 2.0, 5.0)) < 1e-6
    assert 1 <= len(widths) <= 100
    assert edges[0] <= values.min()
    assert values.max() <= edges[-1]
    if edges[0] < 0 < edges[-1]:
        assert 0.0 in edges
    counts, outside = counted(values, edges)
    assert counts.sum(axis=1).tolist() == [values.shape[1]] * len(values)
    assert not outside.any()


@pytest.mark.parametrize("name", ["normal", "two heaps", "mostly zero", "tiny"])
def test_counts_are_those_of_numpy(name: str) -> None:
    values = SAMPLES[name]
    edges = bin_edges(values)
    for row, counts in zip(values, counted(values, edges)[0], strict=True):
        assert counts.tolist() == np.histogram(row, edges)[0].tolist()


def test_a_wild_value_does_not_flatten_all_others_and_is_said() -> None:
    values = SAMPLES["normal"].copy()
    values[2, 7], values[4, 1] = 1e6, -1e6
    edges = bin_edges(values)
    assert edges[-1] < 20
    counts, outside = counted(values, edges)
    assert outside.sum() >= 2
    assert outside[2, 1] >= 1
    assert outside[4, 0] >= 1
    assert counts.sum(axis=1).tolist() == [400] * 6, "those outside are counted in the end bins"


def test_what_is_not_a_number_is_in_no_bin_and_infinity_is_outside() -> None:
    counts, outside = counted(np.array([[0.1, np.nan, np.inf, -np.inf, 0.9]]), np.array([0.0, 0.5, 1.0]))
    assert counts.tolist() == [[2, 2]]
    assert outside.tolist() == [[1, 1]]


def test_known_bins_are_kept_while_they_fit() -> None:
    values = SAMPLES["normal"]
    edges = bin_edges(values)
    assert np.array_equal(ridges(0, "weights", values + 0.01, edges).edges, edges)
    assert ridges(0, "weights", values * 4, edges).edges[-1] > edges[-1]
    assert ridges(0, "weights", values * 0.05, edges).edges[-1] < edges[-1]


def test_a_few_parameters_are_told_one_by_one_and_activations_never() -> None:
    few, many = SAMPLES["few"], RNG.normal(0, 1, (2, FEW + 1))
    assert np.array_equal(ridges(0, "biases", few).values, few)  # type: ignore[arg-type]
    assert ridges(0, "weights", many).values is None
    assert ridges(0, "activations", few).values is None
    assert ridges(0, "activations", SAMPLES["mostly zero"]).zeros.tolist() == [
        int((row == 0).sum()) for row in SAMPLES["mostly zero"]
    ]


def test_values_are_the_engines(model: Model, objective: Objective) -> None:
    thetas = thetas_of(model)
    weights, _ = values_of(objective, "weights", thetas)
    biases, _ = values_of(objective, "biases", thetas)
    gradients, samples = values_of(objective, "gradients", thetas)
    activations, _ = values_of(objective, "activations", thetas)
    full = objective.gradient(thetas)[1]
    assert samples == objective.samples
    for index, layer in enumerate(model.network.layers):
        assert np.array_equal(weights[index], thetas[:, layer.weight.start : layer.weight.stop])
        assert np.array_equal(biases[index], network_biases(model, thetas, index))
        assert gradients[index] == pytest.approx(full[:, layer.weight.start : layer.stop])
        expected = objective.engine.activations(thetas, objective.x)[index]
        assert activations[index] == pytest.approx(expected.reshape(4, -1))


def test_a_layer_without_biases_has_no_histogram_of_them(model: Model) -> None:
    bare = change(model.experiment, "network.output", change(model.experiment.network.output, "bias", False))
    objective = Objective.of(Model.of(bare), precision="float64")
    places = [(step, float(step), theta) for step, theta in enumerate(thetas_of(Model.of(bare), 3))]
    assert [ridges.layer for ridges in ridgelines(objective, "biases", places).layers] == [0, 1]
    assert [ridges.layer for ridges in ridgelines(objective, "weights", places).layers] == [0, 1, 2]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_ridgelines_have_equal_areas_at_all_moments(model: Model, objective: Objective, quantity: str) -> None:
    places = [(10 * step, float(step), theta) for step, theta in enumerate(thetas_of(model))]
    found = ridgelines(objective, quantity, places)
    assert found.steps.tolist() == [0, 10, 20, 30]
    assert found.epochs.tolist() == [0.0, 1.0, 2.0, 3.0]
    for ridge in found.layers:
        assert ridge.counts.shape == (4, len(ridge.edges) - 1)
        assert ridge.shares.sum(axis=1) == pytest.approx(1.0)


def test_what_cannot_be_asked_is_refused(model: Model, objective: Objective) -> None:
    with pytest.raises(ValueError, match="choose one of weights"):
        values_of(objective, "losses", thetas_of(model))
    with pytest.raises(ValueError, match="at least one moment"):
        ridgelines(objective, "weights", [])


def test_evenly_takes_the_ends_and_what_is_nearest_between() -> None:
    assert evenly(np.arange(5.0), 9) == [0, 1, 2, 3, 4]
    assert evenly(np.arange(101.0), 5) == [0, 25, 50, 75, 100]
    assert evenly(np.array([0.0, 1, 2, 3, 100]), 3) == [0, 3, 4]
