from __future__ import annotations

import numpy as np
import pytest

from core.data.generators import generate
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.probes.backprop import mean_signals, rate_at, slopes, trace
from core.spec import Choice, Data, Dense, Experiment, Frozen, Generator, Network, Output, Training, change, with_ids
from core.trainer import Trainer

LAYERS = (Dense(4, "tanh"), Dense(3, "silu", bias=False))


def experiment(*layers: Dense, classes: int = 3, **training: object) -> Experiment:
    generator = Generator("blobs", 60, 0.2, classes)
    data = Data(classes=classes, points=generate(generator), generator=generator)
    settings = {"learning_rate": 0.05, "precision": "float64", "batch_size": 1000} | training
    return Experiment(data=data, network=with_ids(Network(layers)), training=Training(**settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("optimizer", [row.name for row in OPTIMIZERS.rows()])
def test_the_next_step_is_the_one_the_trainer_then_takes(optimizer: str) -> None:
    trainer = Trainer(
        change(
            experiment(*LAYERS, l1=1e-3, l2=1e-2, weight_decay=0.01, clip_norm=0.5, warmup=3.0),
            "training.optimizer",
            Choice(optimizer),
        )
    )
    trainer.adopt(change(trainer.experiment, "network.frozen", (Frozen(1, 2, "x2"), Frozen(0, 1, "bias"))))
    for _ in range(5):
        moment = trainer.moment()
        found = slopes(trainer.model, moment)
        trainer.step_batches(1)
        np.testing.assert_allclose(found.change, trainer.theta - moment.theta, rtol=1e-9, atol=1e-13)
        assert np.count_nonzero(found.change) <= len(found.change) - 2
    assert np.abs(found.change).max() > 0


def test_the_gradient_is_that_of_the_objective_also_where_weights_are_frozen(rng: np.random.Generator) -> None:
    e = change(experiment(*LAYERS, l2=0.1, clip_value=1e-9), "network.layers", with_frozen(LAYERS))
    trainer = Trainer(e)
    found, model = slopes(trainer.model, trainer.moment()), trainer.model
    engine, x, t = model.engine(), model.prepared.x_train, model.targets(model.prepared.y_train)
    direction = rng.normal(size=model.network.parameters)
    ends = trainer.theta + np.array([[1e-5], [-1e-5]]) * direction
    up, down = engine.loss(ends, x, t, 0.0, 0.1)
    assert found.gradient @ direction == pytest.approx((up - down) / 2e-5, rel=1e-7)
    assert found.loss == pytest.approx(engine.loss(trainer.theta[None], x, t, 0.0, 0.1)[0], rel=1e-12)
    assert not found.change[model.network.layers[0].weight.start : model.network.layers[0].stop].any()


def with_frozen(layers: tuple[Dense, ...]) -> tuple[Dense, ...]:
    from msgspec.structs import replace

    first, *rest = with_ids(Network(layers)).layers
    return (replace(first, frozen=True), *rest)


def test_the_step_leaves_dropout_out_and_nothing_to_learn_from_is_zeros() -> None:
    trainer = Trainer(experiment(Dense(4, dropout=0.8)))
    still = Trainer(experiment(Dense(4)))
    found, wanted = slopes(trainer.model, trainer.moment()), slopes(still.model, still.moment())
    np.testing.assert_array_equal(found.change, wanted.change)
    empty = Trainer(Experiment())
    nothing = slopes(empty.model, empty.moment())
    assert np.isnan(nothing.loss)
    assert not nothing.gradient.any()
    assert nothing.change.shape == (empty.model.network.parameters,)
    assert all(not column.any() for column in mean_signals(empty.model, empty.theta))


def test_the_rate_follows_the_schedule_within_an_epoch() -> None:
    trainer = Trainer(change(experiment(batch_size=10), "training.schedule", Choice("exponential")))
    trainer.advance(2)
    rate = rate_at(trainer.model, trainer.moment())
    assert rate < 0.05
    trainer.step_batches(1)
    assert trainer.history.last("rate") == pytest.approx(rate, rel=1e-12)


def test_one_neuron_by_hand() -> None:
    """A sigmoid neuron with cross-entropy: z = w·x + b, a = σ(z), and ∂loss/∂z = a - t (Bishop 2006, section 4.3.2)."""
    model = Model.of(experiment(classes=2))
    theta = np.array([0.5, -0.25, 0.1])
    points = model.experiment.data.points
    for index in (0, len(points) - 1):
        found = trace(model, theta, index)
        z = float(theta[:2] @ points.x[index] + 0.1)
        a = 1 / (1 + np.exp(-z))
        assert found.z[0][0] == pytest.approx(z, rel=1e-12)
        assert found.a[0][0] == pytest.approx(a, rel=1e-12)
        assert found.delta[0][0] == pytest.approx(a - points.y[index], rel=1e-9)
        assert found.loss == pytest.approx(-np.log(a if points.y[index] else 1 - a), rel=1e-9)
    with pytest.raises(IndexError, match="there is no sample 999"):
        trace(model, theta, 999)


def test_deltas_times_what_came_in_are_the_gradient_of_the_mean_loss() -> None:
    e = change(experiment(*LAYERS, classes=4), "network.output", Output(bias=False))
    trainer = Trainer(e)
    trainer.advance(3)
    model, theta, network = trainer.model, trainer.theta, trainer.model.network
    samples = np.flatnonzero(model.prepared.train)
    total = np.zeros(network.parameters)
    for index in samples.tolist():
        found = trace(model, theta, index)
        below = [found.x, *found.a]
        for k, layer in enumerate(network.layers):
            layer.weight.of(total)[:] += np.outer(found.delta[k], below[k])
            if layer.bias:
                layer.bias.of(total)[:] += found.delta[k]
            w, b = network.weights(theta, k), network.biases(theta, k)
            np.testing.assert_allclose(found.z[k], w @ below[k] + (0 if b is None else b), atol=1e-12)
    np.testing.assert_allclose(total / len(samples), slopes(model, trainer.moment()).gradient, atol=1e-12)
    means = mean_signals(model, theta)
    np.testing.assert_allclose(means[0], model.prepared.x_train.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(
        means[-1], np.mean([trace(model, theta, i).a[-1] for i in samples.tolist()], axis=0), atol=1e-12
    )
