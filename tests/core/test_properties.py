"""What holds for every network: stacks, linearity, and that a layer's units have no order; on random architectures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.activations import ACTIVATIONS
from core.engine.array import ArrayEngine, Hyper
from core.layers import NORMS
from core.losses import LOSSES
from core.network import Network, resolve
from core.random import permutation
from core.spec import Choice, Data, Dense, Experiment, Output, Training
from core.spec import Network as NetworkSpec

SMOOTH = ("linear", "tanh", "sigmoid", "silu", "softplus", "sine", "gelu")
OUTPUT = {"mse": "tanh", "mae": "linear", "huber": "tanh", "hinge": "linear", "bce": "sigmoid", "cce": "softmax"}
few = settings(max_examples=25)


@dataclass(frozen=True)
class Case:
    """A network, and numbers to put into it."""

    network: Network
    seed: int

    def engine(self, kind: type[ArrayEngine] = ArrayEngine) -> ArrayEngine:
        return kind(self.network, dtype=np.float64)

    def thetas(self, runs: int) -> Any:
        rng = np.random.default_rng(self.seed)
        theta = rng.normal(0.0, 0.5, (runs, self.network.parameters))
        theta[:, self.network.statistics] = np.abs(theta[:, self.network.statistics]) + 0.5
        return theta

    def samples(self, count: int) -> tuple[Any, Any]:
        rng, k = np.random.default_rng(self.seed + 1), self.network.output.units
        low, high = ACTIVATIONS[self.network.output.activation].targets
        return rng.normal(size=(count, 2)), low + (high - low) * np.eye(k)[rng.integers(0, k, count)]


@st.composite
def cases(
    draw: Any, loss: str | None = None, width: int | None = None, dropout: bool = True, bound: bool = False
) -> Case:
    """A random architecture; ``width`` makes all layers so wide, ``bound`` keeps shortcuts off the inputs."""
    layers = []
    for index in range(draw(st.integers(1, 4))):
        layers.append(
            Dense(
                width or draw(st.integers(2, 9)),
                draw(st.sampled_from(SMOOTH)),
                draw(st.sampled_from((0.0, 0.3))) if dropout else 0.0,
                draw(st.booleans()),
                index + 1,
                norm=draw(st.sampled_from(list(NORMS))),
                residual=draw(st.integers(0, index if bound else 5)),
            )
        )
    loss = loss or draw(st.sampled_from(list(LOSSES)))
    network = NetworkSpec(tuple(layers), Output(OUTPUT[loss]))
    spec = Experiment("", Data(classes=3), network, Training(loss=Choice(loss)))
    return Case(resolve(spec), draw(st.integers(0, 2**16)))


def trained(engine: ArrayEngine, thetas: Any, x: Any, t: Any, rate: Any, steps: int = 4) -> Any:
    """θ, loss, gradient and update of a few momentum steps over batches of 6, the last of them shorter."""
    state = engine.zero_state(thetas, "momentum")
    hyper = Hyper(rate, 6, "momentum", {"momentum": 0.9}, 0.001, 0.01, 3)
    result = engine.train(state, engine.columns(x), engine.columns(t), permutation(1, len(x)), steps, hyper)
    return result.state.thetas, result.loss, result.gradient, result.update


# ---- a stack of runs is its runs -------------------------------------------------------------------------------------


@few
@given(cases(dropout=False))
def test_a_stack_is_its_runs_to_rounding_on_arrays(case: Case) -> None:
    engine, thetas, (x, t) = case.engine(), case.thetas(3), case.samples(20)
    rates = np.array([[0.01], [0.02], [0.03]])
    together = trained(engine, thetas, x, t, rates)
    whole = (engine.forward(thetas, x), engine.loss(thetas, x, t), *engine.gradient(thetas, x, t))
    for run in range(3):
        alone = trained(engine, thetas[run : run + 1], x, t, float(rates[run, 0]))
        single = (engine.forward(thetas[run : run + 1], x), engine.loss(thetas[run : run + 1], x, t))
        single = (*single, *engine.gradient(thetas[run : run + 1], x, t))
        for all_runs, one in zip((*together, *whole), (*alone, *single), strict=True):
            np.testing.assert_allclose(all_runs[run], one[0], rtol=1e-8, atol=1e-9)


@few
@given(cases(dropout=False))
def test_a_stack_is_its_runs_bit_for_bit_when_compiled(case: Case) -> None:
    compiled = pytest.importorskip("core.engine.compiled", reason="Numba is not installed")
    engine, thetas, (x, t) = case.engine(compiled.CompiledEngine), case.thetas(3), case.samples(20)
    rates = np.array([[0.01], [0.02], [0.03]])
    together = trained(engine, thetas, x, t, rates)
    whole = (engine.forward(thetas, x), engine.losses(thetas, x, t), engine.loss(thetas, x, t))
    for run in range(3):
        own = thetas[run : run + 1]
        alone = trained(engine, own, x, t, float(rates[run, 0]))
        single = (engine.forward(own, x), engine.losses(own, x, t), engine.loss(own, x, t))
        for all_runs, one in zip((*together, *whole), (*alone, *single), strict=True):
            assert all_runs[run].tobytes() == one[0].tobytes()


@few
@given(cases(dropout=True))
def test_the_engines_agree_on_every_architecture(case: Case) -> None:
    compiled = pytest.importorskip("core.engine.compiled", reason="Numba is not installed")
    thetas, (x, t) = case.thetas(2), case.samples(20)
    here, there = (trained(case.engine(kind), thetas, x, t, 0.02) for kind in (ArrayEngine, compiled.CompiledEngine))
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(a).max())))


# ---- the gradient is linear in the loss ------------------------------------------------------------------------------


@few
@given(cases("mse"), st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.booleans())
def test_the_gradient_of_a_sum_of_losses_is_the_sum_of_their_gradients(
    case: Case, some: float, more: float, batch: bool
) -> None:
    engine, theta, (x, t) = case.engine(), case.thetas(1), case.samples(9)
    (value, slope), (other, steep) = engine.loss_row.formula(engine.f), LOSSES["huber"].formula(engine.f)
    delta, gradients = LOSSES["huber"].coefficients({"delta": 0.5}, 3), []
    for a, b in ((1.0, 0.0), (0.0, 1.0), (some, more)):
        engine.value = lambda y, t, c, a=a, b=b: a * value(y, t, c) + b * other(y, t, delta)
        engine.slope = lambda y, t, c, a=a, b=b: a * slope(y, t, c) + b * steep(y, t, delta)
        gradients.append(engine.gradient(theta, x, t, batch_statistics=batch))
    for one, two, both in zip(*gradients, strict=True):
        np.testing.assert_allclose(both, some * one + more * two, rtol=1e-9, atol=1e-10)


@few
@given(cases(), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_gradient_is_the_mean_over_samples_and_adds_the_penalties(case: Case, l1: float, l2: float) -> None:
    engine, theta, (x, t) = case.engine(), case.thetas(1), case.samples(9)
    loss, gradient = engine.gradient(theta, x, t)
    single = [engine.gradient(theta, x[i : i + 1], t[i : i + 1]) for i in range(9)]
    np.testing.assert_allclose(gradient, np.mean([g for _, g in single], axis=0), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(loss, np.mean([v for v, _ in single], axis=0), rtol=1e-10)
    first, second = (engine.gradient(theta, x, t, *one)[1] - gradient for one in ((1.0, 0.0), (0.0, 1.0)))
    both = engine.gradient(theta, x, t, l1, l2)[1]
    np.testing.assert_allclose(both, gradient + l1 * first + l2 * second, rtol=1e-9, atol=1e-11)


# ---- a layer's units have no order -----------------------------------------------------------------------------------


def shuffled(network: Network, theta: Any, orders: dict[int, Any]) -> Any:
    """θ (R, P) with the units of the layers in ``orders`` in another order."""
    result = theta.copy()
    for index, layer in enumerate(network.layers):
        rows, columns = orders.get(index, np.arange(layer.units)), orders.get(index - 1, np.arange(layer.fan_in))
        for name, block in layer.blocks.items():
            own = block.of(theta)[:, rows]
            own = own[:, :, columns] if name == "weight" else own
            result[:, block.start : block.stop] = own.reshape(len(theta), -1)
    return result


def same_network(case: Case, orders: dict[int, Any]) -> None:
    """Another order of units: the same outputs, losses and training, each number where its unit went."""
    engine, theta, (x, t) = case.engine(), case.thetas(2), case.samples(14)
    other = shuffled(case.network, theta, orders)
    close: dict[str, float] = {"rtol": 1e-8, "atol": 1e-9}
    np.testing.assert_allclose(engine.forward(other, x), engine.forward(theta, x), **close)
    for batch in (False, True):
        (loss, gradient), (loss_there, gradient_there) = (
            engine.gradient(thetas, x, t, 0.1, 0.1, batch) for thetas in (theta, other)
        )
        np.testing.assert_allclose(loss_there, loss, **close)
        np.testing.assert_allclose(gradient_there, shuffled(case.network, gradient, orders), **close)
    here, there = (trained(engine, thetas, x, t, 0.01)[0] for thetas in (theta, other))
    np.testing.assert_allclose(there, shuffled(case.network, here, orders), rtol=1e-7, atol=1e-8)


@few
@given(cases(dropout=False), st.randoms(use_true_random=False))
def test_permuting_layers_that_no_shortcut_touches_changes_nothing(case: Case, random: Any) -> None:
    layers, orders = case.network.layers, {}
    for index, layer in enumerate(layers[:-1]):
        if layer.shortcut is None and all(other.shortcut != index + 1 for other in layers):
            orders[index] = np.array(random.sample(range(layer.units), layer.units))
    same_network(case, orders)


@few
@given(cases(width=5, dropout=False, bound=True), st.permutations(range(5)))
def test_permuting_all_layers_alike_takes_shortcuts_along(case: Case, order: list[int]) -> None:
    same_network(case, {index: np.array(order) for index in range(len(case.network.layers) - 1)})


def test_a_permutation_that_leaves_a_residuals_partner_behind_is_noticed() -> None:
    layers = (Dense(5, id=1), Dense(5, id=2, residual=1))
    case = Case(resolve(Experiment("", Data(classes=3), NetworkSpec(layers))), 1)
    with pytest.raises(AssertionError):
        same_network(case, {1: np.arange(5)[::-1]})
