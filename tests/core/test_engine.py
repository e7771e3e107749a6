"""The array engine's mathematics: every derivative against differences, every optimizer against its recurrence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.engine.array import ArrayEngine, Hyper, State
from core.losses import LOSSES
from core.model import Model
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.spec import Choice, Data, Dense, Experiment, Network, Output, Points, Training, change
from core.tables import SpecError

HIDDEN = [row.name for row in ACTIVATIONS.rows() if row.hidden]
SGD = Hyper(0.1, 8, "sgd", {})


def experiment(
    task: str = "classification",
    classes: int = 3,
    output: str = "auto",
    loss: str = "auto",
    hidden: tuple[str, ...] = ("tanh", "tanh"),
    bias: bool = True,
    dropout: float = 0.0,
) -> Experiment:
    layers = tuple(Dense(5 - i, name, dropout, bias, i + 1) for i, name in enumerate(hidden))
    network = Network(layers, Output(output, bias))
    return Experiment("", Data(task, classes), network, Training(loss=Choice(loss), precision="float64"))  # type: ignore[arg-type]


def heads() -> list[tuple[str, int, str, str]]:
    """Every task, number of classes, output and loss that fit together."""
    found = []
    tasks = (("regression", 2), ("classification", 2), ("classification", 3))
    for (task, classes), output, loss in itertools.product(tasks, ACTIVATIONS, LOSSES):
        try:
            resolve(experiment(task, classes, output, loss))
        except SpecError:
            continue
        found.append((task, classes, output, loss))
    return found


def engine_of(spec: Experiment) -> ArrayEngine:
    return ArrayEngine(resolve(spec), dtype=np.float64)


def samples(engine: ArrayEngine, rng: np.random.Generator, count: int = 8) -> tuple[Any, Any]:
    """Inputs (B, 2) and targets (B, K) that suit the output: one of K is a yes, or each at random."""
    k, (low, high) = engine.network.output.units, ACTIVATIONS[engine.network.output.activation].targets
    x = rng.normal(0.0, 1.5, (count, len(engine.network.inputs)))
    t = np.eye(k)[rng.integers(0, k, count)] if k > 1 else rng.integers(0, 2, (count, 1)).astype(float)
    return x, low + (high - low) * t


def thetas_of(engine: ArrayEngine, rng: np.random.Generator, runs: int = 1) -> Any:
    return rng.normal(0.0, 0.7, (runs, engine.network.parameters))


def check(
    objective: Callable[[Any], tuple[Any, Any]], theta: Any, engine: ArrayEngine, rng: np.random.Generator
) -> None:
    """Along random directions v, (L(θ + hv) - L(θ - hv)) / 2h has to be ∇L · v; in no layer may ∇L be zero."""
    _, gradient = objective(theta)
    for layer in engine.network.layers:
        assert np.abs(gradient[0, layer.weight.start : layer.stop]).max() > 1e-5, f"no gradient in {layer.label}"
    for _ in range(3):
        v = rng.normal(size=theta.shape)
        v /= np.linalg.norm(v)
        h = 1e-6
        measured = (objective(theta + h * v)[0][0] - objective(theta - h * v)[0][0]) / (2 * h)
        claimed = float((gradient * v).sum())
        assert abs(claimed) > 1e-7, "this direction tells nothing"
        assert measured == pytest.approx(claimed, rel=1e-5, abs=1e-8)


def test_every_head_that_should_exist_does() -> None:
    # Values: three losses on all but softmax. Classes: those on all, hinge, bce and cce on theirs.
    assert len(heads()) == 3 * 15 + 2 * (3 * 16 + 2 + 1 + 1)


@pytest.mark.parametrize("head", heads(), ids=lambda h: f"{h[0][:5]}{h[1]}-{h[2]}-{h[3]}")
@pytest.mark.parametrize("hidden", HIDDEN)
def test_gradient(head: tuple[str, int, str, str], hidden: str, rng: np.random.Generator) -> None:
    engine = engine_of(experiment(*head, hidden=(hidden, "tanh")))
    x, t = samples(engine, rng)
    check(lambda theta: engine.gradient(theta, x, t), thetas_of(engine, rng), engine, rng)


@pytest.mark.parametrize("head", [("classification", 3, "auto", "auto"), ("classification", 3, "softmax", "mse")])
@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.3), (0.1, 0.2)])
@pytest.mark.parametrize("bias", [True, False])
def test_gradient_with_penalties_and_without_biases(
    head: tuple[str, int, str, str], l1: float, l2: float, bias: bool, rng: np.random.Generator
) -> None:
    engine = engine_of(experiment(*head, bias=bias))
    x, t = samples(engine, rng)
    theta = thetas_of(engine, rng)
    check(lambda theta: engine.gradient(theta, x, t, l1, l2), theta, engine, rng)
    weights = np.concatenate([layer.weight.of(theta).ravel() for layer in engine.network.layers])
    extra = engine.loss(theta, x, t, l1, l2) - engine.loss(theta, x, t)
    assert extra == pytest.approx(l1 * np.abs(weights).sum() + l2 / 2 * (weights**2).sum(), rel=1e-12)


def test_penalties_leave_biases_alone(rng: np.random.Generator) -> None:
    engine = engine_of(experiment())
    x, t = samples(engine, rng)
    theta = thetas_of(engine, rng)
    change = engine.gradient(theta, x, t, 0.5, 0.5)[1] - engine.gradient(theta, x, t)[1]
    for layer in engine.network.layers:
        assert layer.bias is not None
        assert not layer.bias.of(change).any()
        assert layer.weight.of(change).all()


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("loss", ["auto", "mse"])
def test_gradient_under_fixed_dropout_masks(hidden: str, loss: str, rng: np.random.Generator) -> None:
    engine = engine_of(experiment(loss=loss, hidden=(hidden, hidden), dropout=0.4))
    x, t = samples(engine, rng, 40)
    order = np.arange(40)
    hyper = Hyper(0.1, 40, "sgd", {}, seed=3)

    def objective(theta: Any) -> tuple[Any, Any]:
        state = State(theta, (), step=5)  # masks are drawn by the step: the same for every θ
        trained = engine.train(state, engine.columns(x), engine.columns(t), order, 1, hyper)
        return trained.loss, trained.gradient

    theta = thetas_of(engine, rng)
    assert objective(theta)[0] != pytest.approx(engine.loss(theta, x, t)), "the masks did nothing"
    check(objective, theta, engine, rng)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_the_check_catches_a_wrong_activation_slope(hidden: str, rng: np.random.Generator) -> None:
    engine = engine_of(experiment(hidden=(hidden, "tanh")))
    value, slope = engine.formulas[0]  # type: ignore[misc]
    engine.formulas[0] = (value, lambda z, a: 1.01 * slope(z, a))
    x, t = samples(engine, rng)
    with pytest.raises(AssertionError):
        check(lambda theta: engine.gradient(theta, x, t), thetas_of(engine, rng), engine, rng)


@pytest.mark.parametrize("loss", list(LOSSES))
def test_the_check_catches_a_wrong_loss_slope(loss: str, rng: np.random.Generator) -> None:
    engine = engine_of(experiment(loss=loss))
    slope = engine.slope
    engine.slope = lambda a, t, c: slope(a, t, c) + 0.001 * a
    x, t = samples(engine, rng)
    with pytest.raises(AssertionError):
        check(lambda theta: engine.gradient(theta, x, t), thetas_of(engine, rng), engine, rng)


def test_the_check_catches_a_zero_gradient(rng: np.random.Generator) -> None:
    engine = engine_of(experiment())
    theta = thetas_of(engine, rng)
    with pytest.raises(AssertionError, match="no gradient"):
        check(lambda theta: (np.zeros(1), np.zeros_like(theta)), theta, engine, rng)


# ---- values ----------------------------------------------------------------------------------------------------------

REFERENCES: dict[str, Callable[[float], float]] = {
    "linear": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "hard_sigmoid": lambda z: min(max(z / 6 + 0.5, 0.0), 1.0),
    "tanh": math.tanh,
    "softsign": lambda z: z / (1 + abs(z)),
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * (math.exp(z) - 1)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "gelu": lambda z: 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "mish": lambda z: z * math.tanh(math.log(1 + math.exp(z))),
    "sine": math.sin,
    "gaussian": lambda z: math.exp(-(z**2)),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_activations_have_their_textbook_values(name: str) -> None:
    row = ACTIVATIONS[name]
    engine = engine_of(experiment(hidden=(name,)))
    value, _ = engine.formulas[0]  # type: ignore[misc]
    z = np.array([-5.0, -1.3, -0.2, 0.0, 0.4, 1.7, 6.0])
    assert value(z) == pytest.approx([REFERENCES[name](v) for v in z], rel=1e-12, abs=1e-15)
    wide = value(np.linspace(-30.0, 30.0, 2001))
    assert row.low - 1e-3 <= wide.min()
    assert wide.max() <= row.high


@pytest.mark.parametrize("name", HIDDEN)
def test_activations_and_slopes_stay_finite_far_out(name: str) -> None:
    value, slope = engine_of(experiment(hidden=(name,))).formulas[0]  # type: ignore[misc]
    z = np.array([-1e4, -800.0, 800.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(value(z)).all()
        assert np.isfinite(slope(z, value(z))).all()


def test_a_layer_of_selus_keeps_mean_and_variance(rng: np.random.Generator) -> None:
    value, _ = engine_of(experiment(hidden=("selu",))).formulas[0]  # type: ignore[misc]
    a = value(rng.normal(size=2_000_000))
    assert (a.mean(), a.var()) == (pytest.approx(0.0, abs=3e-3), pytest.approx(1.0, abs=5e-3))


def losses_at(chosen: Choice, output: str, a: Any, t: Any) -> Any:
    """Each sample's loss for outputs before activation ``a`` (B, K) and targets ``t`` (B, K)."""
    a = np.atleast_2d(a)
    spec = experiment(classes=max(2, a.shape[1]), output=output, hidden=(), bias=False)
    engine = ArrayEngine(resolve(change(spec, "training.loss", chosen)), dtype=np.float64)
    # The first feature is 1 and the weights on it are the outputs wanted.
    losses = [
        engine.losses(np.stack([row, 0 * row], axis=1).reshape(1, -1), [[1.0, 0.0]], [target])[0, 0]
        for row, target in zip(a, np.atleast_2d(t), strict=True)
    ]
    return np.array(losses)


def test_losses_have_their_textbook_values() -> None:
    a, t = np.array([[0.2], [3.0], [-1.5], [0.75]]), np.array([[1.0], [1.0], [-1.0], [-1.0]])
    assert losses_at(Choice("mse"), "linear", a, t) == pytest.approx([0.64, 4.0, 0.25, 3.0625])
    assert losses_at(Choice("mae"), "linear", a, t) == pytest.approx([0.8, 2.0, 0.5, 1.75])
    assert losses_at(Choice("huber"), "linear", a, t) == pytest.approx([0.32, 1.5, 0.125, 1.25])
    assert losses_at(Choice("huber", {"delta": 0.5}), "linear", a, t) == pytest.approx([0.275, 0.875, 0.125, 0.75])
    assert losses_at(Choice("hinge"), "linear", a, t) == pytest.approx([0.8, 0.0, 0.0, 1.75])
    three = losses_at(Choice("hinge"), "linear", [[0.5, -2.0, 0.0]], [[1.0, -1.0, -1.0]])
    assert three == pytest.approx([(0.5 + 0.0 + 1.0) / 3])


@pytest.mark.parametrize(("output", "k"), [("linear", 1), ("tanh", 1), ("linear", 3)])
def test_the_targets_of_a_hinge_are_minus_and_plus_one(output: str, k: int) -> None:
    points = Points([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]], [0, 1, max(1, k - 1)])
    spec = experiment(classes=max(2, k), output=output, loss="hinge")
    model = Model.of(change(spec, "data.points", points))
    targets = model.targets([0.0, 1.0])
    assert targets.tolist() == ([[-1.0], [1.0]] if k == 1 else [[1.0, -1.0, -1.0], [-1.0, 1.0, -1.0]])
    assert model.decide(targets).tolist() == [0, 1]


def test_label_smoothing_spreads_a_share_of_each_target() -> None:
    z, t = np.log([[0.7, 0.2, 0.1]]), [[1.0, 0.0, 0.0]]
    plain, smooth = (losses_at(Choice("cce", {"smoothing": s}), "softmax", z, t)[0] for s in (0.0, 0.3))
    assert plain == pytest.approx(-math.log(0.7))
    assert smooth == pytest.approx(-0.8 * math.log(0.7) - 0.1 * math.log(0.2) - 0.1 * math.log(0.1))


@pytest.mark.parametrize(
    ("chosen", "output"),
    [(Choice("huber", {"delta": 0.3}), "tanh"), (Choice("cce", {"smoothing": 0.2}), "softmax")],
    ids=str,
)
def test_gradient_with_settings_of_the_loss(chosen: Choice, output: str, rng: np.random.Generator) -> None:
    engine = engine_of(change(experiment(output=output), "training.loss", chosen))
    x, t = samples(engine, rng)
    theta = thetas_of(engine, rng)
    check(lambda theta: engine.gradient(theta, x, t), theta, engine, rng)
    plain = engine_of(change(experiment(output=output), "training.loss", Choice(chosen.name)))
    assert np.abs(engine.gradient(theta, x, t)[1] - plain.gradient(theta, x, t)[1]).max() > 1e-3


def _single(classes: int, output: str, loss: str) -> ArrayEngine:
    """No hidden layer, no bias: z = W x."""
    return engine_of(experiment(classes=classes, output=output, loss=loss, hidden=(), bias=False))


def test_cross_entropies_are_exact_where_the_output_saturates() -> None:
    binary, several = _single(2, "sigmoid", "bce"), _single(3, "softmax", "cce")
    x = np.array([[1000.0, 0.0]])
    assert binary.loss([[1.0, 0.0]], x, [[1.0]])[0] == 0.0
    assert binary.loss([[1.0, 0.0]], x, [[0.0]])[0] == 1000.0
    theta = np.array([[1.0, 0.0, -1.0, 0.0, 0.0, 0.0]])
    assert several.loss(theta, x, [[1.0, 0.0, 0.0]])[0] == 0.0
    assert several.loss(theta, x, [[0.0, 1.0, 0.0]])[0] == 2000.0
    assert np.isfinite(several.gradient(theta, x, [[0.0, 1.0, 0.0]])[1]).all()


def test_softmax_gives_probabilities_and_its_largest_is_the_largest_sum(rng: np.random.Generator) -> None:
    engine = engine_of(experiment())
    p = engine.forward(thetas_of(engine, rng, 4), rng.normal(0, 5, (50, 2)))
    assert p.shape == (4, 50, 3)
    assert p.sum(axis=2) == pytest.approx(1.0)
    assert p.min() >= 0.0


def test_activations_are_those_of_every_layer(rng: np.random.Generator) -> None:
    engine = engine_of(experiment())
    theta, x = thetas_of(engine, rng, 2), rng.normal(size=(7, 2))
    layers = engine.activations(theta, x)
    assert [a.shape for a in layers] == [(2, 5, 7), (2, 4, 7), (2, 3, 7)]
    network = engine.network
    by_hand = np.tanh(network.weights(theta[1], 0) @ x.T + network.biases(theta[1], 0)[:, None])
    assert layers[0][1] == pytest.approx(by_hand, rel=1e-12)
    assert np.array_equal(layers[-1].transpose(0, 2, 1), engine.forward(theta, x))


def test_a_large_stack_goes_through_in_parts_and_comes_out_the_same(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(experiment())
    thetas = thetas_of(engine, rng, 23)
    x, t = samples(engine, rng)
    whole = engine.forward(thetas, x), engine.loss(thetas, x, t, 0.1, 0.1)
    monkeypatch.setattr("core.engine.array.CHUNK", 5 * 8 * 4)  # four networks at a time, and three at last
    assert engine.forward(thetas, x) == pytest.approx(whole[0], rel=1e-13)
    assert engine.loss(thetas, x, t, 0.1, 0.1) == pytest.approx(whole[1], rel=1e-13)


def test_losses_are_each_samples_own_and_their_mean_is_the_loss(rng: np.random.Generator) -> None:
    engine = engine_of(experiment("classification", 3, "softmax", "mse"))
    thetas = thetas_of(engine, rng, 2)
    x, t = samples(engine, rng)
    losses, outputs = engine.evaluate(thetas, x, t)
    assert losses == pytest.approx(((outputs - t) ** 2).mean(axis=2))
    assert engine.loss(thetas, x, t) == pytest.approx(losses.mean(axis=1))


# ---- training --------------------------------------------------------------------------------------------------------


LION_DECAY = 0.1


def written_out(name: str, gradient: Callable[[Any], Any], theta: Any, rate: float, steps: int) -> Any:
    """The recurrences of Robbins & Monro 1951, Polyak 1964, Kingma & Ba 2015 and Chen et al. 2023, number by number."""
    theta, v, m, s = theta.copy(), np.zeros_like(theta), np.zeros_like(theta), np.zeros_like(theta)
    for t in range(1, steps + 1):
        g = gradient(theta)
        for i in range(theta.size):
            if name == "sgd":
                theta[i] -= rate * g[i]
            elif name == "momentum":
                v[i] = 0.9 * v[i] + g[i]
                theta[i] -= rate * v[i]
            elif name == "lion":
                c = 0.9 * m[i] + (1 - 0.9) * g[i]
                theta[i] -= rate * (float(np.sign(c)) + LION_DECAY * theta[i])
                m[i] = 0.99 * m[i] + (1 - 0.99) * g[i]
            else:
                m[i] = 0.9 * m[i] + (1 - 0.9) * g[i]
                s[i] = 0.999 * s[i] + (1 - 0.999) * g[i] ** 2
                m_hat, s_hat = m[i] / (1 - 0.9**t), s[i] / (1 - 0.999**t)
                theta[i] -= rate * m_hat / (math.sqrt(s_hat) + 1e-8)
    return theta


@pytest.mark.parametrize(("name", "rate"), [("sgd", 0.1), ("momentum", 0.02), ("adam", 0.01), ("lion", 0.005)])
def test_optimizers_follow_their_recurrences_for_200_steps(name: str, rate: float, rng: np.random.Generator) -> None:
    engine = engine_of(experiment(classes=2))
    x, t = samples(engine, rng, 12)
    theta = thetas_of(engine, rng)
    expected = written_out(name, lambda theta: engine.gradient(theta[None], x, t)[1][0], theta[0], rate, 200)
    settings = {s.name: s.default for s in OPTIMIZERS[name].settings}
    settings |= {"weight_decay": LION_DECAY} if name == "lion" else {}
    state = engine.zero_state(theta, name)
    hyper = Hyper(rate, 12, name, settings)
    for _ in range(200):
        state = engine.train(state, engine.columns(x), engine.columns(t), np.arange(12), 1, hyper).state
    assert state.step == 200
    assert np.linalg.norm(expected - theta[0]) > 0.1
    assert state.thetas[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_last_short_batch_is_averaged_over_what_it_holds(rng: np.random.Generator) -> None:
    engine = engine_of(experiment())
    x, t = samples(engine, rng, 10)
    theta = thetas_of(engine, rng)
    order = rng.permutation(10)
    hyper = Hyper(0.3, 4, "sgd", {})
    trained = engine.train(engine.zero_state(theta, "sgd"), engine.columns(x), engine.columns(t), order, 9, hyper)
    assert trained.state.step == 3
    for batch in (order[:4], order[4:8], order[8:]):
        theta = theta - 0.3 * engine.gradient(theta, x[batch], t[batch])[1]
    assert trained.state.thetas == pytest.approx(theta, rel=1e-12)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_a_stack_of_runs_is_each_run_by_itself(optimizer: str, rng: np.random.Generator) -> None:
    engine = engine_of(experiment())
    x, t = (engine.columns(part) for part in samples(engine, rng, 30))
    thetas, rates = (
        thetas_of(engine, rng, 5),
        OPTIMIZERS[optimizer].usual_rate * np.array([[0.1], [0.3], [1], [3], [9]]),
    )
    settings = {s.name: s.default for s in OPTIMIZERS[optimizer].settings}
    order = rng.permutation(30)

    def run(thetas: Any, rate: Any) -> Any:
        state = engine.zero_state(thetas, optimizer)
        for _ in range(10):
            state = engine.train(state, x, t, order, 5, Hyper(rate, 8, optimizer, settings, 0.001, 0.01)).state
        return state.thetas

    together = run(thetas, rates)
    for i in range(5):
        alone = run(thetas[i : i + 1], float(rates[i, 0]))
        assert together[i] == pytest.approx(alone[0], rel=1e-10, abs=1e-12)
        assert np.abs(together[i] - thetas[i]).max() > 1e-3, "it stays where it is"


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_the_numbers_of_many_steps_are_those_of_each(optimizer: str) -> None:
    row = OPTIMIZERS[optimizer]
    for settings in ({}, {"beta1": 0.0}, {"beta2": 0.0}, {"beta1": 0.9999, "momentum_decay": 1.0}):
        used = {s.name: settings.get(s.name, s.default) for s in row.settings}
        together = row.coefficients(0.1, np.arange(1.0, 301.0), used)
        for t in (1, 2, 5, 6, 300):
            alone = row.coefficients(0.1, t, used)
            assert all(type(number) is float for number in alone), "any other kind would widen float32"
            assert [np.broadcast_to(c, 300)[t - 1] for c in together] == pytest.approx(list(alone), rel=1e-11)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_single_precision_stays_single(optimizer: str, rng: np.random.Generator) -> None:
    engine = ArrayEngine(resolve(experiment()), dtype=np.float32)
    x, t = (engine.columns(part) for part in samples(engine, rng, 8))
    settings = {s.name: s.default for s in OPTIMIZERS[optimizer].settings}
    state = engine.zero_state(thetas_of(engine, rng), optimizer)
    trained = engine.train(state, x, t, np.arange(8), 2, Hyper(0.01, 4, optimizer, settings))
    arrays = (trained.state.thetas, trained.loss, trained.gradient, trained.update, *trained.state.slots)
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_in_a_stack_only_the_run_that_diverges_stops(rng: np.random.Generator) -> None:
    engine = engine_of(experiment("regression", hidden=(), output="linear"))
    x, t = (engine.columns(part) for part in samples(engine, rng, 32))
    thetas = thetas_of(engine, rng, 3)
    rates = np.array([[0.01], [50.0], [0.05]])
    state, failed = engine.zero_state(thetas, "sgd"), None
    for _ in range(400):
        trained = engine.train(state, x, t, np.arange(32), 4, Hyper(rates, 8, "sgd", {}))
        state, failed = trained.state, trained.failed
        if (failed >= 0).any():
            break
    assert failed is not None
    assert (failed >= 0).tolist() == [False, True, False]
    assert np.isfinite(state.thetas).all()
    alone = engine.zero_state(thetas[[0, 2]], "sgd")
    for _ in range(state.step // 4):
        alone = engine.train(alone, x, t, np.arange(32), 4, Hyper(rates[[0, 2]], 8, "sgd", {})).state
    assert state.thetas[[0, 2]] == pytest.approx(alone.thetas, rel=1e-10)


def test_divergence_names_the_first_step_with_a_loss_that_is_not_finite(rng: np.random.Generator) -> None:
    engine = ArrayEngine(resolve(experiment("regression", hidden=())), dtype=np.float32)
    x, t = (engine.columns(part) for part in samples(engine, rng, 8))
    hyper = Hyper(30.0, 8, "sgd", {})
    theta = engine.array(thetas_of(engine, rng))
    states = [engine.zero_state(theta, "sgd")]
    with np.errstate(over="ignore", invalid="ignore"):
        while np.isfinite(engine.gradient(states[-1].thetas, x.T, t.T)[0][0]):
            g = engine.gradient(states[-1].thetas, x.T, t.T)[1]
            states.append(State(states[-1].thetas - np.float32(30.0) * g, (), len(states)))
    trained = None
    state = states[0]
    while trained is None or trained.failed[0] < 0:
        trained = engine.train(state, x, t, np.arange(8), 1, hyper)
        state = trained.state
    assert trained.failed[0] == len(states) - 1 > 3
    assert np.array_equal(state.thetas, states[-2].thetas)
