from __future__ import annotations

import numpy as np
import pytest

from core.data import DOMAIN
from core.data.generators import generate
from core.data.slices import grid
from core.model import Model
from core.probes import neurons
from core.probes.neurons import INPUTS, LEAST_SIDE, affordable_side, neuron_maps
from core.spec import Data, Dense, Experiment, Generator, Network, Training, with_ids


def model(*layers: Dense, classes: int = 3, features: tuple[str, ...] = ("x1", "x2", "x1*x2")) -> Model:
    generator = Generator("blobs", 60, 0.1, classes)
    data = Data(classes=classes, points=generate(generator), generator=generator, features=features, scaling="standard")
    return Model.of(Experiment(data=data, network=with_ids(Network(layers)), training=Training(seed=3)))


def test_the_grid_begins_at_the_top_left_and_reaches_the_edges() -> None:
    places = grid(5)
    assert places.shape == (25, 2)
    assert places[0].tolist() == [-DOMAIN, DOMAIN]
    assert places[4].tolist() == [DOMAIN, DOMAIN]
    assert places[-1].tolist() == [DOMAIN, -DOMAIN]


def test_maps_are_the_activations_at_their_places() -> None:
    m = model(Dense(5, "tanh"), Dense(4, "relu", bias=False))
    theta = m.network.initial(1)
    maps = neuron_maps(m, theta, (3, 5, 4, 3), side=9)
    assert [column.id for column in maps] == [INPUTS, 1, 2, 0]
    for row, column in ((0, 0), (2, 7), (8, 4)):
        place = np.array([[-DOMAIN + column * 1.5, DOMAIN - row * 1.5]])
        wanted = m.engine().activations(theta[None], m.inputs(place))
        np.testing.assert_allclose(maps[0].values[:, row, column], m.inputs(place)[0], rtol=1e-5)
        for layer in range(3):
            np.testing.assert_allclose(maps[layer + 1].values[:, row, column], wanted[layer][0, :, 0], atol=1e-5)


def test_only_the_units_shown_are_kept() -> None:
    m = model(Dense(50), Dense(2))
    maps = neuron_maps(m, m.network.initial(1), (2, 6, 1, 3), side=8)
    assert [len(column.values) for column in maps] == [2, 6, 1, 3]
    assert all(column.values.base is None or column.values.base.size <= 6 * 64 for column in maps)


def test_a_count_for_each_column_is_needed() -> None:
    m = model(Dense(2))
    with pytest.raises(ValueError, match="3 columns"):
        neuron_maps(m, m.network.initial(1), (3, 2))


def test_limits_are_the_bounds_or_the_largest_value() -> None:
    m = model(Dense(3, "tanh"), Dense(3, "relu"))
    _, bounded, free, _ = neuron_maps(m, m.network.initial(1), (3, 3, 3, 3), side=8)
    assert bounded.limits.tolist() == [1.0, 1.0, 1.0]
    np.testing.assert_allclose(free.limits, np.abs(free.values).max(axis=(1, 2)))


def test_a_value_between_places_is_bilinear() -> None:
    m = model(Dense(1, "linear"), features=("x1", "x2"))
    maps = neuron_maps(m, m.network.initial(1), (2, 1, 3), side=8)[1]
    for place in ((0.3, -2.2), (5.9, 6.0), (-6.0, 1.0)):
        wanted = m.engine().activations(m.network.initial(1)[None], m.inputs(np.array([place])))[0][0, 0, 0]
        assert maps.at(0, *place) == pytest.approx(wanted, abs=1e-4)
    assert maps.at(0, 99.0, 0.0) == maps.at(0, DOMAIN, 0.0)


def test_the_grid_is_coarser_where_the_network_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    network = model(Dense(40), Dense(40)).network
    assert affordable_side(network, 40) == 40
    monkeypatch.setattr(neurons, "MOST_NUMBERS", 86 * 20 * 20)
    assert affordable_side(network, 40) == 20
    monkeypatch.setattr(neurons, "MOST_PRODUCTS", 10)
    assert affordable_side(network, 40) == LEAST_SIDE


def test_an_exploded_theta_gives_maps_without_a_warning() -> None:
    m = model(Dense(3, "linear"))
    theta = np.full(m.network.parameters, 1e30, dtype=np.float32)
    assert len(neuron_maps(m, theta, (3, 3, 3), side=8)) == 3
