"""Probes of networks that normalise and have shortcuts, against finite differences and the layers written out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.backend import CPU
from core.data.generators import generate
from core.engine.array import ArrayEngine
from core.frozen import free
from core.layers import EPSILON
from core.probes.backprop import mean_signals, slopes, trace
from core.probes.directions import random_plane
from core.probes.hessian import hessian, top_eigenpair
from core.probes.landscape import Objective
from core.probes.planes import lay
from core.probes.planes_weights import parameter_name
from core.probes.projection import track
from core.probes.seen import Seen
from core.probes.slices import next_direction
from core.spec import Data, Dense, Experiment, Frozen, Generator, Network, Training, change, with_ids
from core.trainer import Trainer

LAYERS = (
    Dense(4, "tanh", norm="batch"),
    Dense(5, "silu", norm="layer", residual=1),
    Dense(3, "tanh", norm="batch", residual=3, bias=False),
)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    generator = Generator("blobs", 60, 0.1, 3)
    data = Data(classes=3, points=generate(generator), generator=generator)
    spec = Experiment(data=data, network=with_ids(Network(LAYERS)), training=Training(0.05, 10, precision="float64"))
    trainer = Trainer(spec)
    trainer.advance(30)
    return trainer


def outputs(trainer: Trainer, theta: Any, x: Any) -> list[Any]:
    """What leaves each layer, written out for one sample (D,), by running statistics."""
    a, left = x, [x]
    for index, layer in enumerate(trainer.model.network.layers):
        u = layer.weight.of(theta) @ a + (layer.bias.of(theta) if layer.bias else 0.0)
        if layer.norm != "none":
            mean = layer.mean.of(theta) if layer.mean else u.mean()
            variance = layer.variance.of(theta) if layer.variance else u.var()
            assert layer.gain is not None
            assert layer.shift is not None
            u = layer.gain.of(theta) * (u - mean) / np.sqrt(variance + EPSILON) + layer.shift.of(theta)
        a = np.exp(u) / np.exp(u).sum() if layer.activation == "softmax" else plain(layer.activation, u)
        if layer.shortcut is not None:
            shared = min(len(a), len(left[layer.shortcut]))
            a = a + np.pad(left[layer.shortcut][:shared], (0, len(a) - shared))
        left.append(a)
        assert index + 1 == len(left) - 1
    return left


def plain(name: str, u: Any) -> Any:
    return np.tanh(u) if name == "tanh" else u / (1 + np.exp(-u))


def test_principal_components_and_distances_leave_out_running_statistics(trainer: Trainer) -> None:
    model, theta = trainer.model, np.asarray(trainer.theta, dtype=np.float64)
    statistics = model.network.statistics
    moments = np.stack([moment.theta for moment in trainer.history.moments()[:-1]]).astype(np.float64)
    assert len(moments) >= 3
    wild = moments + 100.0 * statistics * np.arange(len(moments))[:, None]
    objective = Objective.of(model)
    planes = [lay("path", Seen(objective, theta, path)) for path in (moments, wild)]
    assert np.array_equal(planes[0].directions, planes[1].directions)
    assert not planes[0].directions[:, statistics].any()
    seen = [track(objective, planes[0], np.arange(len(path)), path, 99, theta) for path in (moments, wild)]
    assert np.array_equal(seen[0].distances, seen[1].distances)
    assert np.array_equal(seen[0].reaches, seen[1].reaches)
    assert seen[0].explained == pytest.approx(sum(axis.explained for axis in planes[0].axes))
    ends = np.stack([moments[0], theta])
    line = lay("points", Seen(objective, theta, moments[1:], ends=ends))
    assert line.project(ends)[1] == pytest.approx([0.0, 0.0], abs=1e-9), "where a plane moves them they count"
    assert line.directions[:, statistics].any()


def test_a_trace_goes_through_norms_and_shortcuts(trainer: Trainer) -> None:
    model, theta = trainer.model, np.asarray(trainer.theta, dtype=np.float64)
    assert not model.network.plain
    found = trace(model, theta, 11)
    left = outputs(trainer, theta, found.x)
    for k, layer in enumerate(model.network.layers):
        sums = layer.weight.of(theta) @ left[k] + (layer.bias.of(theta) if layer.bias else 0.0)
        np.testing.assert_allclose(found.z[k], sums, atol=1e-12)
        np.testing.assert_allclose(found.a[k], left[k + 1], atol=1e-12)
        if layer.activation in ACTIVATIONS and layer.activation != "softmax" and layer.shortcut is None:
            np.testing.assert_allclose(found.a[k], plain(layer.activation, found.u[k]), atol=1e-12)
    assert np.array_equal(found.z[3], found.u[3])
    assert not np.allclose(found.z[0], found.u[0])


def test_deltas_are_the_slopes_of_the_loss_along_the_sums(trainer: Trainer) -> None:
    model, theta = trainer.model, np.asarray(trainer.theta, dtype=np.float64)
    found, h = trace(model, theta, 11), 1e-6
    for k, layer in enumerate(model.network.layers):
        if layer.bias is None:
            continue
        for unit in range(layer.units):
            moved = [theta.copy(), theta.copy()]
            moved[0][layer.bias.start + unit] += h
            moved[1][layer.bias.start + unit] -= h
            up, down = (trace(model, at, 11).loss for at in moved)
            assert found.delta[k][unit] == pytest.approx((up - down) / (2 * h), abs=1e-7)


def test_a_layer_without_bias_has_the_deltas_of_one_with_a_bias_of_zero(trainer: Trainer) -> None:
    spec = change(trainer.experiment, "network.layers", tuple(replace_bias(layer) for layer in LAYERS))
    other = Trainer(change(spec, "network", with_ids(spec.network)))
    theta = np.asarray(other.theta, dtype=np.float64)
    network, before = other.model.network, trainer.model.network
    kept = np.asarray(trainer.theta, dtype=np.float64)
    for layer, was in zip(network.layers, before.layers, strict=True):
        for name, block in was.blocks.items():
            layer.blocks[name].of(theta)[...] = block.of(kept)
    with_bias, without = trace(other.model, theta, 3), trace(trainer.model, kept, 3)
    np.testing.assert_allclose(with_bias.delta[2], without.delta[2], atol=1e-12)
    assert np.abs(without.delta[2]).max() > 1e-6


def replace_bias(layer: Dense) -> Dense:
    return Dense(layer.units, layer.activation, norm=layer.norm, residual=layer.residual)


def test_slopes_are_a_training_step_s(trainer: Trainer) -> None:
    model, place = trainer.model, trainer.moment()
    found = slopes(model, place)
    theta = np.asarray(place.theta, dtype=np.float64)
    engine = ArrayEngine(model.network, CPU, np.float64)
    x, t = model.prepared.x_train, model.targets(model.prepared.y_train)
    h, statistics = 1e-6, model.network.statistics
    assert not found.gradient[statistics].any()
    for index in np.flatnonzero(~statistics)[::7]:
        step = np.zeros_like(theta)
        step[index] = h
        up, down = (engine.gradient((theta + s)[None], x, t, batch_statistics=True)[0][0] for s in (step, -step))
        assert found.gradient[index] == pytest.approx((up - down) / (2 * h), abs=1e-7)
    means = model.network.layers[0]
    assert means.mean is not None
    z = x @ means.weight.of(theta).T + (means.bias.of(theta) if means.bias else 0.0)
    wanted = 0.1 * (z.mean(axis=0) - means.mean.of(theta))
    np.testing.assert_allclose(means.mean.of(found.change), wanted, atol=1e-12)
    assert [len(signal) for signal in mean_signals(model, theta)] == list(model.network.shape)


def test_running_statistics_have_no_curvature_and_no_direction(trainer: Trainer) -> None:
    model, theta = trainer.model, np.asarray(trainer.theta, dtype=np.float64)
    objective, still = Objective.of(model, precision="float64"), model.network.statistics
    whole = hessian(objective, theta)
    assert still.any()
    assert not whole[still].any()
    assert not whole[:, still].any()
    inner = whole[np.ix_(~still, ~still)]
    pair = top_eigenpair(objective, theta, tolerance=1e-6, most=200)
    assert pair.value == pytest.approx(float(np.linalg.eigvalsh(inner)[-1]), rel=1e-4)
    assert not pair.vector[still].any()
    assert not next_direction(model, trainer.moment())[still].any()
    assert not random_plane(model.network, theta, 3).directions[:, still].any()


def test_frozen_rows_and_statistics_are_left_out_together(trainer: Trainer) -> None:
    frozen = change(trainer.experiment, "network.frozen", (Frozen(1, 2, "γ"), Frozen(2, 0, "β"), Frozen(3, 0, "γ")))
    model, theta = trainer.model, np.asarray(trainer.theta, dtype=np.float64)
    mask = free(frozen.network, model.network)
    assert mask is not None
    first, second, third = model.network.layers[:3]
    assert first.gain is not None
    assert second.shift is not None
    assert third.gain is not None
    places = [first.gain.start + 2, second.shift.start, third.gain.start]
    assert np.flatnonzero(mask == 0).tolist() == sorted(places)
    whole = hessian(Objective.of(model, precision="float64"), theta, mask)
    assert not whole[[*places, *np.flatnonzero(model.network.statistics)]].any()


def test_all_numbers_have_a_name_and_one_weight_is_enough_for_a_plane(trainer: Trainer) -> None:
    network, theta = trainer.model.network, np.asarray(trainer.theta, dtype=np.float64)
    names = [parameter_name(network, index) for index in range(network.parameters)]
    assert len(set(names)) == network.parameters
    first = network.layers[0]
    assert first.gain is not None
    assert first.variance is not None
    assert names[first.gain.start + 1] == "γ(layer 1, unit 2)"
    assert names[first.variance.start] == "σ²(layer 1, unit 1)"
    objective = Objective.of(trainer.model)
    seen = Seen(objective, theta, np.empty((0, len(theta))), weights=(first.gain.start, None))
    pair = [axis.index for axis in lay("weights", seen).axes]
    assert pair[0] == first.gain.start
    assert pair[1] not in (None, pair[0])
    again = lay("weights", replace(seen, weights=(None, pair[1])))
    assert again.axes[1].index == pair[1]
    assert again.axes[0].index != pair[1]
