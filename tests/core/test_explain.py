"""The numbers by hand: the engine's own, and those of the worked examples of the teaching texts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.engine.array import ArrayEngine
from core.examples import EXAMPLES
from core.model import Model
from core.optimizers import OPTIMIZERS
from core.probes.explain import Explained, activation_curve, chain, explain
from core.probes.update import Clock, rate_at, trained, upcoming, update
from core.spec import Choice, Data, Dense, Experiment, Frozen, Network, Output, Points, Split, Training
from core.trainer import Trainer


def model_of(
    activation: str = "tanh",
    units: tuple[int, ...] = (4, 3),
    classes: int = 3,
    task: Any = "classification",
    loss: str = "auto",
    output: str = "auto",
    bias: bool = True,
    **training: Any,
) -> Model:
    rng = np.random.default_rng(3)
    x = rng.uniform(-2, 2, (40, 2))
    y = rng.integers(0, classes, 40).astype(float) if task == "classification" else rng.normal(size=40)
    layers = tuple(Dense(n, activation, bias=bias, id=i + 1) for i, n in enumerate(units))
    settings = Training(loss=Choice(loss), precision="float64", **training)
    data = Data(task, classes, Points(x, y), split=Split(0.8))
    return Model.of(Experiment("", data, Network(layers, Output(output, bias=bias)), settings))


def worked(model: Model, index: int = 0, seed: int = 0) -> Explained:
    theta = np.random.default_rng(seed).normal(0, 0.8, model.network.parameters)
    points = model.experiment.data.points
    return explain(model, theta, model.inputs(points.x[index][None])[0], model.targets(points.y[index : index + 1])[0])


def engine_gradient(found: Explained) -> Any:
    engine = ArrayEngine(found.network, dtype=np.float64)
    return engine.gradient(found.theta[None], found.x[None], found.target[None])


def example(name: str) -> tuple[Model, Explained]:
    row = EXAMPLES[name]
    model = Model.of(row.experiment)
    points = model.experiment.data.points
    x, t = model.inputs(points.x[:1])[0], model.targets(points.y[:1])[0]
    return model, explain(model, row.theta, x, t)


SHAPES = [{"activation": name} for name in ACTIVATIONS if ACTIVATIONS[name].hidden] + [
    {"bias": False},
    {"classes": 2},
    {"classes": 2, "bias": False},
    {"classes": 2, "loss": "hinge", "output": "tanh"},
    {"loss": "mse"},
    {"loss": "mse", "bias": False},
    {"loss": "mae", "output": "sigmoid"},
    {"loss": "mae", "output": "sigmoid", "bias": False},
    {"task": "regression"},
    {"task": "regression", "loss": "huber"},
    {"units": ()},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_number_is_the_engines_own(shape: dict[str, Any]) -> None:
    found = worked(model_of(**shape))
    loss, gradient = engine_gradient(found)
    assert found.loss == loss[0]
    np.testing.assert_array_equal(found.gradient, gradient[0])
    below = found.x
    for index, numbers in enumerate(found.layers):
        value = ACTIVATIONS[numbers.layer.activation].formula
        np.testing.assert_array_equal(numbers.below, below)
        if value is not None:
            np.testing.assert_allclose(value(NUMPY)[0](numbers.z), numbers.a, rtol=1e-14)
        np.testing.assert_array_equal(numbers.dw, found.network.weights(gradient[0], index))
        np.testing.assert_allclose(np.outer(numbers.delta, numbers.below), numbers.dw, rtol=1e-12, atol=1e-15)
        for unit in range(numbers.layer.units):
            assert numbers.terms(unit).sum() + numbers.bias(unit) == pytest.approx(numbers.z[unit], rel=1e-12)
        below = numbers.a


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_factors_multiply_to_the_gradient(shape: dict[str, Any]) -> None:
    found = worked(model_of(**shape))
    for index, numbers in enumerate(found.layers):
        if index < len(found.layers) - 1:
            for unit in range(numbers.layer.units):
                assert found.pull_terms(index, unit).sum() == pytest.approx(numbers.pull[unit], rel=1e-12, abs=1e-15)
        if numbers.layer.activation != "softmax":
            product = np.outer(numbers.pull * numbers.slope, numbers.below)
            np.testing.assert_allclose(product, numbers.dw, rtol=1e-10, atol=1e-14)
        else:
            assert np.isnan(numbers.slope).all()


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    found = worked(model_of(activation="gelu", classes=2))
    engine = ArrayEngine(found.network, dtype=np.float64)
    for place in range(0, len(found.theta), 3):
        shift = np.zeros_like(found.theta)
        shift[place] = 1e-6
        up, down = (
            engine.losses((found.theta + s)[None], found.x[None], found.target[None])[0, 0] for s in (shift, -shift)
        )
        assert found.gradient[place] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_losses_stand_side_by_side(shape: dict[str, Any]) -> None:
    found = worked(model_of(**shape))
    for row in found.losses:
        whole = row.parts.mean() if row.over_outputs == "mean" else row.parts.sum()
        assert row.total == pytest.approx(whole, rel=1e-12)
    assert found.in_force.total == found.loss
    assert [row.name for row in found.losses if row.in_force] == [found.network.loss.name]


def test_a_saturated_output_has_no_factors_but_a_gradient() -> None:
    model = model_of(units=(), classes=2)
    found = explain(model, [500.0, 0.0, 0.0], [1.0, 0.0], [0.0])
    assert found.output.slope[0] == 0.0
    assert math.isnan(found.output.pull[0])
    assert found.output.delta[0] == 1.0
    assert found.loss == 500.0


def test_what_does_not_fit_is_refused() -> None:
    model = model_of()
    with pytest.raises(ValueError, match="numbers, not"):
        explain(model, np.zeros(3), [0.0, 0.0], [1.0, 0.0, 0.0])


# ---- the worked examples ---------------------------------------------------------------------------------------------


def test_perceptron() -> None:
    """Bias 1, w = (3, -2), x = (-1, 2): z = 1 - 3 - 4 = -6, sigmoid 0.00247; the boundary is 1 + 3 x1 - 2 x2 = 0."""
    model, found = example("perceptron")
    numbers = found.output
    assert (numbers.bias(0), *numbers.terms(0)) == (1.0, -3.0, -4.0)
    assert numbers.z[0] == -6.0
    assert f"{numbers.a[0]:.5f}" == "0.00247"
    assert numbers.dw[0] == pytest.approx(numbers.a[0] * np.array([-1.0, 2.0]), rel=1e-12)
    on_it = explain(model, found.theta, [1.0, 2.0], [1.0])
    assert (on_it.output.z[0], on_it.output.a[0]) == (0.0, 0.5)
    points = model.experiment.data.points
    beside = 1.0 + 3.0 * points.x[:, 0] - 2.0 * points.x[:, 1]
    assert np.array_equal(points.y > 0.5, beside > 0)


def test_will_i_pass_this_class() -> None:
    """(4, 5) through three hidden units: 0.1 though the truth is 1; after training it is right."""
    model, found = example("pass")
    assert found.x.tolist() == [4.0, 5.0]
    assert found.target.tolist() == [1.0]
    assert found.layers[0].layer.units == 3
    assert found.output.a[0] == pytest.approx(0.1, abs=0.005)
    trainer = Trainer(model.experiment, theta=found.theta)
    trainer.advance(trainer.steps_until(150))
    after = explain(model, trainer.theta, found.x, found.target)
    assert after.output.a[0] > 0.9
    assert after.loss < 0.1 < found.loss


def test_the_simplest_network_factor_by_factor() -> None:
    """x →w1→ z1 →w2→ ŷ → J with x = 1.5, t = 0.7, w1 = -0.8, w2 = 2."""
    _, found = example("simplest")
    z1, y = -0.8 * 1.5, 2.0 * -0.8 * 1.5
    two, one = chain(found, 1), chain(found, 0)
    assert [(link.above, link.below) for link in two] == [(("J", -1), ("a", 1)), (("a", 1), ("w", 1))]
    assert [link.value for link in two] == pytest.approx([2 * (y - 0.7), z1])
    assert [(link.above, link.below) for link in one] == [
        (("J", -1), ("a", 1)),
        (("a", 1), ("z", 0)),
        (("z", 0), ("w", 0)),
    ]
    assert [link.value for link in one] == pytest.approx([2 * (y - 0.7), 2.0, 1.5])
    products = [math.prod(link.value for link in links) for links in (one, two)]
    assert products == pytest.approx([found.layers[0].dw[0, 0], found.layers[1].dw[0, 0]])
    assert products == pytest.approx([-18.6, 7.44])


def test_the_chain_of_bent_units_has_their_slopes_in_it() -> None:
    model = model_of(units=(1, 1), task="regression")
    found = worked(model)
    for index in range(3):
        links = chain(found, index)
        assert math.prod(link.value for link in links) == pytest.approx(found.layers[index].dw[0, 0], rel=1e-12)
    assert chain(worked(model_of()), 0) == ()


def test_the_penguins_loss() -> None:
    """Predicted 0.3, 0.1, 0.6, truth 0, 0, 1: differences 0.3, 0.1, 0.4; squares and cross-entropy beside them."""
    _, found = example("penguin")
    assert found.output.a == pytest.approx([0.3, 0.1, 0.6])
    assert found.target.tolist() == [0.0, 0.0, 1.0]
    by_name = {row.name: row for row in found.losses}
    assert by_name["mae"].parts == pytest.approx([0.3, 0.1, 0.4])
    assert by_name["mse"].parts == pytest.approx([0.09, 0.01, 0.16])
    assert by_name["mse"].total == pytest.approx(0.26 / 3)
    assert by_name["cce"].total == pytest.approx(-math.log(0.6))
    assert by_name["cce"].in_force
    assert found.output.delta == pytest.approx([0.3, 0.1, -0.4])


def test_a_negative_slope_at_2_means_raise_the_weight() -> None:
    model, found = example("slope")
    assert found.theta.tolist() == [2.0]
    assert found.gradient[0] == pytest.approx(-2.0)
    step = update(model, found.theta, found.x, found.target, [0], Clock())
    assert step.theta[0] == pytest.approx(2.0 + 0.1 * 2.0)
    assert explain(model, step.theta, found.x, found.target).loss < found.loss


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_example_fits_its_weights_and_trains(name: str) -> None:
    row = EXAMPLES[name]
    trainer = Trainer(row.experiment, theta=row.theta)
    assert len(row.theta) == trainer.model.network.parameters
    before = trainer.measure()["train_loss"]
    trainer.advance(trainer.steps_until(20))
    assert trainer.divergence is None
    assert trainer.measure()["train_loss"] < before


# ---- the step --------------------------------------------------------------------------------------------------------


def clock_of(trainer: Trainer) -> Clock:
    moment = trainer.moment()
    return Clock(moment.epoch, moment.offset, moment.step, moment.since, moment.slots, moment.watch.plateau.scale)


STEPS: list[dict[str, Any]] = [{"optimizer": Choice(name), "learning_rate": 0.01} for name in OPTIMIZERS] + [
    {"l2": 0.1, "l1": 0.01},
    {"weight_decay": 0.1},
    {"clip_norm": 0.01},
    {"clip_value": 0.001},
    {"warmup": 3.0},
    {"schedule": Choice("exponential")},
]


@pytest.mark.parametrize("training", STEPS, ids=str)
def test_the_step_is_the_one_that_training_takes(training: dict[str, Any]) -> None:
    model = model_of(batch_size=7, **training)
    trainer = Trainer(model.experiment)
    trainer.advance(6)  # in mid-epoch, with something to remember
    clock, theta = clock_of(trainer), trainer.theta
    samples = upcoming(trainer.model, clock)
    points = model.experiment.data.points
    x, t = model.inputs(points.x[samples]), model.targets(points.y[samples])
    found = update(model, theta, x, t, samples, clock)
    trainer.step_batches(1)
    np.testing.assert_allclose(found.theta, trainer.theta, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(theta - found.change, found.theta, rtol=1e-14, atol=1e-16)
    assert found.rate == rate_at(model, clock)
    for slot, remembered in zip(found.slots, trainer.moment().slots, strict=True):
        np.testing.assert_allclose(slot, remembered, rtol=1e-12, atol=1e-16)


def test_the_last_batch_of_an_epoch_is_as_short_as_it_falls_out() -> None:
    model = model_of(batch_size=15)
    assert len(trained(model)) == 32
    sizes = [len(upcoming(model, Clock(offset=offset))) for offset in (0, 15, 30)]
    assert sizes == [15, 15, 2]
    epoch = np.concatenate([upcoming(model, Clock(offset=offset)) for offset in (0, 15, 30)])
    assert sorted(epoch) == trained(model).tolist()


def test_the_empirical_loss_is_the_mean_of_the_samples_losses() -> None:
    model = model_of(l2=0.2)
    points, theta = model.experiment.data.points, np.random.default_rng(1).normal(size=model.network.parameters)
    samples = trained(model)
    found = update(model, theta, model.inputs(points.x[samples]), model.targets(points.y[samples]), samples, Clock())
    alone = [
        explain(model, theta, model.inputs(points.x[i][None])[0], model.targets(points.y[i : i + 1])[0])
        for i in samples
    ]
    assert found.losses == pytest.approx([one.loss for one in alone])
    assert found.mean == pytest.approx(np.mean([one.loss for one in alone]))
    weights = np.concatenate([model.network.weights(theta, i).ravel() for i in range(3)])
    assert found.penalty == pytest.approx(0.5 * 0.2 * (weights**2).sum())
    assert found.objective == pytest.approx(found.mean + found.penalty)
    mean = np.mean([one.gradient for one in alone], axis=0)
    first = model.network.layers[0]
    assert found.gradient[first.bias.start : first.stop] == pytest.approx(mean[first.bias.start : first.stop])  # type: ignore[union-attr]


def test_what_is_frozen_has_no_step() -> None:
    data = Data("classification", 2, Points([[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0]))
    spec = Experiment("", data, Network((Dense(2, id=1),), frozen=(Frozen(1, 0, "x1"),)), Training(precision="float64"))
    model = Model.of(spec)
    theta = np.random.default_rng(0).normal(size=model.network.parameters)
    found = update(model, theta, model.inputs([[1.0, 2.0]]), model.targets([1.0]), [0], Clock())
    assert found.gradient[0] != 0.0
    assert (found.used[0], found.change[0]) == (0.0, 0.0)
    assert found.change[1] != 0.0
    with pytest.raises(ValueError, match="at least one"):
        update(model, theta, np.empty((0, 2)), np.empty((0, 1)), [], Clock())


def test_curves_are_the_activations() -> None:
    for name in ACTIVATIONS:
        curve = activation_curve(name, 3.0, 301)
        if name == "softmax":
            assert curve is None
            continue
        assert curve is not None
        z, a, slope = curve
        assert (z[0], z[-1]) == (-3.0, 3.0)
        rough = np.abs(np.gradient(a, z) - slope)
        assert np.quantile(rough, 0.95) < 0.01, name
