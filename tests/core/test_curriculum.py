"""The numbers of the teaching texts behind this program: what they work out by hand has to come out here."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from core.engine.array import ArrayEngine, Hyper
from core.losses import LOSSES
from core.network import Block, Layer, Network, resolve
from core.optimizers import OPTIMIZERS
from core.spec import Choice, Data, Dense, Experiment, Output, Points, Split, Training, change
from core.spec import Network as NetworkSpec
from core.tables import settle
from core.trainer import Trainer


def hand_made(sizes: list[int], activations: list[str], loss: str, bias: bool = True) -> Network:
    """A network on any number of inputs, which the plane's data do not have."""
    layers: list[Layer] = []
    start = 0
    for index, (fan_in, units) in enumerate(itertools.pairwise(sizes)):
        last = index == len(sizes) - 2
        middle = start + fan_in * units
        weight = Block(start, middle, (units, fan_in))
        offset = Block(middle, middle + units, (units,)) if bias else None
        number = 0 if last else index + 1
        sources = tuple(range(fan_in))
        layers.append(Layer(number, "", units, fan_in, activations[index], 0.0, weight, offset, sources))
        start = layers[-1].stop
    in_force = Choice(loss, settle("loss", LOSSES[loss].settings, {}))
    return Network(tuple(f"x{i}" for i in range(sizes[0])), tuple(layers), in_force, Choice("uniform"))


def engine_of(*args: Any, **named: Any) -> ArrayEngine:
    return ArrayEngine(hand_made(*args, **named), dtype=np.float64)


def train(engine: ArrayEngine, theta: Any, x: Any, t: Any, steps: int, rate: float, optimizer: str = "sgd") -> Any:
    """Full-batch training of θ (P,)."""
    settings = {s.name: s.default for s in OPTIMIZERS[optimizer].settings}
    state, hyper = engine.zero_state(theta[None], optimizer), Hyper(rate, len(x), optimizer, settings)
    columns, order = (engine.columns(x), engine.columns(t)), np.arange(len(x))
    for _ in range(steps):
        state = engine.train(state, *columns, order, 1, hyper).state
    return state.thetas[0]


def test_perceptron() -> None:
    """Bias 1, w = (3, -2), x = (-1, 2): z = 1 - 3 - 4 = -6, sigmoid 0.00247."""
    sums = engine_of([2, 1], ["linear"], "mse")
    perceptron = engine_of([2, 1], ["sigmoid"], "mse")
    theta = np.array([[3.0, -2.0, 1.0]])
    assert sums.forward(theta, [[-1.0, 2.0]])[0, 0, 0] == -6.0
    output = perceptron.forward(theta, [[-1.0, 2.0]])[0, 0, 0]
    assert output == pytest.approx(1 / (1 + math.exp(6)), rel=1e-12)
    assert f"{output:.5f}" == "0.00247"


def test_perceptrons_boundary_is_a_line_with_a_half_on_it() -> None:
    """1 + 3 x1 - 2 x2 = 0; on the side where z < 0 the output is below 0.5."""
    perceptron = engine_of([2, 1], ["sigmoid"], "mse")
    x1 = np.linspace(-6, 6, 25)
    on_it = np.column_stack([x1, (1 + 3 * x1) / 2])
    theta = np.array([[3.0, -2.0, 1.0]])
    assert perceptron.forward(theta, on_it)[0, :, 0] == pytest.approx(0.5, abs=1e-12)
    x = np.random.default_rng(0).uniform(-6, 6, (500, 2))
    z = 1 + 3 * x[:, 0] - 2 * x[:, 1]
    assert np.array_equal(perceptron.forward(theta, x)[0, :, 0] < 0.5, z < 0)


def test_bias_shifts_the_curve_sideways() -> None:
    unit = engine_of([1, 1], ["sigmoid"], "mse")
    z = np.linspace(-5, 5, 41)[:, None]
    shifted = unit.forward(np.array([[1.0, 2.0]]), z)
    assert shifted == pytest.approx(unit.forward(np.array([[1.0, 0.0]]), z + 2.0))


def test_xor_from_scratch() -> None:
    """3 inputs, 4 and 1 sigmoids without biases, uniform weights in (-1, 1), 60,000 full batches: error under 0.01."""
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
    t = np.array([[0], [1], [1], [0]], dtype=float)
    engine = engine_of([3, 4, 1], ["sigmoid", "sigmoid"], "mse", bias=False)
    assert engine.network.parameters == 16
    theta = np.random.default_rng(1).uniform(-1.0, 1.0, 16)
    before = np.abs(engine.forward(theta[None], x)[0] - t).mean()
    assert before == pytest.approx(0.5, abs=0.02)
    # The text adds up the gradients of half the squared error; the mean's are half of that for 4 samples: rate 2.
    trained = _sixty_thousand(engine, theta, x, t)
    after = np.abs(engine.forward(trained[None], x)[0] - t).mean()
    assert after < 0.01


def _sixty_thousand(engine: ArrayEngine, theta: Any, x: Any, t: Any) -> Any:
    """Many copies of the four samples in order are many full batches in one call."""
    batches = 1000
    order, hyper = np.tile(np.arange(4), batches), Hyper(2.0, 4, "sgd", {})
    state, columns = engine.zero_state(theta[None], "sgd"), (engine.columns(x), engine.columns(t))
    for _ in range(60):
        state = engine.train(state, *columns, order, batches, hyper).state
    assert state.step == 60_000
    return state.thetas[0]


def test_a_linear_unit_finds_the_least_squares_line() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-3, 3, (80, 1))
    y = 1.7 * x - 0.6 + rng.normal(0, 0.3, x.shape)
    engine = engine_of([1, 1], ["linear"], "mse")
    w, b = np.polyfit(x[:, 0], y[:, 0], 1)
    found = train(engine, np.array([0.0, 0.0]), x, y, 800, 0.1)
    assert found == pytest.approx([w, b], abs=1e-9)
    least = engine.loss(found[None], x, y)[0]
    for step in ([0.01, 0.0], [-0.01, 0.0], [0.0, 0.01], [0.0, -0.01]):
        assert engine.loss((found + step)[None], x, y)[0] > least


def test_several_inputs_fit_a_plane() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 3))
    y = (x @ [0.5, -2.0, 1.0] + 0.25)[:, None]
    engine = engine_of([3, 1], ["linear"], "mse")
    assert train(engine, np.zeros(4), x, y, 500, 0.2) == pytest.approx([0.5, -2.0, 1.0, 0.25], abs=1e-8)


def test_the_penguins_loss() -> None:
    """Predicted (0.3, 0.1, 0.6), truth (0, 0, 1): differences 0.3, 0.1, 0.4; squares and cross-entropy beside them."""
    p, t = np.array([0.3, 0.1, 0.6]), np.array([[0.0, 0.0, 1.0]])
    assert np.abs(p - t)[0] == pytest.approx([0.3, 0.1, 0.4])
    theta = np.concatenate([np.zeros(12), np.log(p)])[None]  # no weights: the biases alone give these probabilities
    x = np.array([[37.3, 16.8, 19.2, 30.0]])
    squared, surprise = (engine_of([4, 3], ["softmax"], loss) for loss in ("mse", "cce"))
    assert squared.forward(theta, x)[0, 0] == pytest.approx(p)
    assert squared.losses(theta, x, t)[0, 0] == pytest.approx((0.09 + 0.01 + 0.16) / 3)
    assert surprise.losses(theta, x, t)[0, 0] == pytest.approx(-math.log(0.6))


def test_softmax_makes_probabilities_and_the_largest_wins() -> None:
    """A vector such as (0.2, 0.7, 0.1) means class 1."""
    engine = engine_of([4, 3], ["softmax"], "cce")
    theta = np.concatenate([np.zeros(12), np.log([0.2, 0.7, 0.1])])[None]
    p = engine.forward(theta, np.ones((1, 4)))[0, 0]
    assert p == pytest.approx([0.2, 0.7, 0.1])
    assert int(p.argmax()) == 1


def test_will_i_pass_this_class() -> None:
    """Lectures attended and hours on the project; 3 hidden units; (4, 5) passes, which only training tells."""
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 6, (120, 2))
    y = (x.sum(axis=1) + rng.normal(0, 0.4, 120) > 6).astype(float)
    spec = Experiment(
        "",
        Data("classification", 2, Points(x, y), split=Split(0.8)),
        NetworkSpec((Dense(3, "sigmoid", id=1),)),
        Training(0.05, 16, Choice("adam"), precision="float64"),
    )
    untrained = Trainer(spec, theta=np.array([-0.5] * 6 + [0.0] * 3 + [0.8, 0.7, 0.9, -2.2]))
    engine = untrained.model.engine()

    def answer(trainer: Trainer) -> float:
        return float(engine.forward(trainer.theta[None], trainer.model.inputs([[4.0, 5.0]]))[0, 0, 0])

    assert answer(untrained) == pytest.approx(0.1, abs=0.02)
    assert untrained.snapshot().train_score < 0.6
    trainer = Trainer(spec)
    trainer.advance(trainer.steps_until(150))
    assert answer(trainer) > 0.9
    assert trainer.snapshot().test_score > 0.85


def test_a_negative_slope_at_2_means_raise_the_weight() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(50, 1))
    engine = engine_of([1, 1], ["linear"], "mse", bias=False)
    t = 3.0 * x

    def loss(w: float) -> float:
        return float(engine.loss(np.array([[w]]), x, t)[0])

    slope = float(engine.gradient(np.array([[2.0]]), x, t)[1][0, 0])
    assert slope < 0
    assert slope == pytest.approx((loss(2 + 1e-5) - loss(2 - 1e-5)) / 2e-5, rel=1e-6)
    assert loss(2.1) < loss(2.0) < loss(1.9)
    assert train(engine, np.array([2.0]), x, t, 1, 0.1)[0] > 2.0


def test_the_chain_rule_by_hand() -> None:
    """x →w1→ z1 →w2→ ŷ → J: dJ/dw2 = dJ/dŷ · z1 and dJ/dw1 = dJ/dŷ · w2 · x."""
    engine = engine_of([1, 1, 1], ["linear", "linear"], "mse", bias=False)
    x, t, w1, w2 = 1.5, 0.7, -0.8, 2.0
    z1 = w1 * x
    y = w2 * z1
    dy = 2 * (y - t)
    loss, gradient = engine.gradient(np.array([[w1, w2]]), [[x]], [[t]])
    assert loss[0] == pytest.approx((y - t) ** 2)
    assert gradient[0] == pytest.approx([dy * w2 * x, dy * z1])


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_depth_without_nonlinearity_is_one_line(depth: int) -> None:
    sizes = [2] + [7] * depth + [1]
    flat = engine_of(sizes, ["linear"] * (depth + 1), "mse")
    bent = engine_of(sizes, ["tanh"] * depth + ["linear"], "mse")
    rng = np.random.default_rng(6)
    theta, x = rng.normal(0, 0.5, (1, flat.network.parameters)), rng.uniform(-6, 6, (300, 2))
    plane = np.column_stack([x, np.ones(300)])

    def off_the_plane(engine: ArrayEngine) -> float:
        y = engine.forward(theta, x)[0, :, 0]
        return float(np.abs(y - plane @ np.linalg.lstsq(plane, y, rcond=None)[0]).max() / np.abs(y).max())

    assert off_the_plane(flat) < 1e-12
    assert off_the_plane(bent) > 0.01


def test_a_deep_linear_network_cannot_learn_xor_and_a_small_bent_one_can() -> None:
    x, t = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    rng, right = np.random.default_rng(8), {}
    for activation in ("linear", "tanh"):
        engine = engine_of([2, 4, 4, 1], [activation, activation, "sigmoid"], "bce")
        theta = train(engine, rng.normal(0, 0.7, engine.network.parameters), x, t, 600, 0.05, "adam")
        right[activation] = int(((engine.forward(theta[None], x)[0] > 0.5) == t).sum())
    assert right["tanh"] == 4
    assert right["linear"] <= 3


def test_the_training_step_is_weights_minus_rate_times_gradient() -> None:
    engine = engine_of([2, 3, 1], ["sigmoid", "sigmoid"], "mse")
    rng = np.random.default_rng(7)
    theta, x, t = rng.normal(size=engine.network.parameters), rng.normal(size=(10, 2)), rng.normal(size=(10, 1))
    gradient = engine.gradient(theta[None], x, t)[1][0]
    assert train(engine, theta, x, t, 1, 0.3) == pytest.approx(theta - 0.3 * gradient, rel=1e-14)


def test_too_small_a_rate_crawls_a_good_one_arrives_too_large_a_one_diverges() -> None:
    """On a parabola of curvature c, gradient descent needs a rate below 2 / c, and 1 / c arrives at once."""
    x = np.full((4, 1), 2.0)
    t = 3.0 * x
    engine = engine_of([1, 1], ["linear"], "mse", bias=False)
    curvature = 2 * 2.0**2
    errors = {}
    for share in (0.002, 1.0, 1.9, 2.1):
        theta = train(engine, np.array([0.0]), x, t, 30, share / curvature)
        errors[share] = abs(theta[0] - 3.0)
    assert errors[0.002] == pytest.approx(3.0, rel=0.1)
    assert errors[1.0] < 1e-12
    assert errors[1.9] < 3.0
    assert errors[2.1] > 30.0


def test_zero_weights_do_not_learn() -> None:
    """All hidden units alike stay alike: initialisation has to break the symmetry."""
    x = np.random.default_rng(9).uniform(-3, 3, (60, 2))
    spec = Experiment(
        "",
        Data("classification", 2, Points(x, (x[:, 0] * x[:, 1] > 0).astype(float))),
        NetworkSpec((Dense(5, "tanh", id=1),), Output(), Choice("normal", {"deviation": 0.0})),
        Training(0.1, 10, Choice("adam")),
    )
    trainer = Trainer(spec)
    trainer.advance(trainer.steps_until(50))
    w = trainer.model.network.weights(trainer.theta, 0)
    assert (w == w[0]).all()
    learns = Trainer(change(spec, "network.initializer", Choice("glorot_uniform")))
    learns.advance(learns.steps_until(50))
    assert learns.snapshot().train_score > trainer.snapshot().train_score + 0.2


def test_regularisation_pulls_the_weights_in() -> None:
    rng = np.random.default_rng(10)
    x = rng.normal(size=(40, 2))
    y = x @ [2.0, 0.0] + rng.normal(0, 0.3, 40)
    sizes = {}
    for l1, l2 in ((0.0, 0.0), (0.0, 0.5), (0.3, 0.0)):
        training = Training(0.05, 40, l1=l1, l2=l2, precision="float64")
        trainer = Trainer(
            Experiment("", Data("regression", 2, Points(x, y), split=Split(0.9)), NetworkSpec(), training)
        )
        trainer.advance(600)
        sizes[l1, l2] = np.abs(trainer.model.network.weights(trainer.theta, 0)[0])
    assert sizes[0.0, 0.5][0] < sizes[0.0, 0.0][0] - 0.2
    assert sizes[0.3, 0.0][1] < 0.02 < sizes[0.0, 0.0][1], "L1 makes what does not matter zero"


def test_shapes_through_a_network() -> None:
    network = resolve(Experiment("", Data(classes=3), NetworkSpec((Dense(8, id=1), Dense(6, id=2)))))
    assert [layer.weight.shape for layer in network.layers] == [(8, 2), (6, 8), (3, 6)]
    engine = ArrayEngine(network)
    passes = engine.activations(np.zeros((5, network.parameters)), np.zeros((32, 2)))
    assert [a.shape for a in passes] == [(5, 8, 32), (5, 6, 32), (5, 3, 32)]
