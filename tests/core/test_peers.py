"""The same mathematics in PyTorch, where it is installed: gradients, and whole trainings with its own optimizers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.engine.array import ArrayEngine, Hyper
from core.losses import LOSSES
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.random import permutation
from core.spec import Choice, Data, Dense, Experiment, Network, Output, Training

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'learnscape[peers]' adds it")
F: Any = torch.nn.functional

TORCH_ACTIVATIONS: dict[str, Any] = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "hard_sigmoid": lambda z: F.relu6(z + 3.0) / 6.0,  # F.hardsigmoid's slope is 1/6 in single precision
    "tanh": torch.tanh,
    "softsign": F.softsign,
    "relu": torch.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.01),
    "elu": F.elu,
    "selu": F.selu,
    "softplus": lambda z: F.softplus(z, threshold=1000.0),  # without its switch to z itself from 20 on
    "silu": F.silu,
    "gelu": lambda z: F.gelu(z, approximate="tanh"),
    "mish": F.mish,
    "sine": torch.sin,
    "gaussian": lambda z: torch.exp(-(z**2)),
    "softmax": lambda z: torch.softmax(z, -1),
}

TORCH_LOSSES: dict[tuple[str, str, float], Any] = {
    ("softmax", "cce", 0.0): lambda z, t: F.cross_entropy(z, t),
    ("softmax", "cce", 0.2): lambda z, t: F.cross_entropy(z, t, label_smoothing=0.2),
    ("softmax", "mse", 0.0): lambda z, t: F.mse_loss(torch.softmax(z, 1), t),
    ("softmax", "huber", 0.2): lambda z, t: F.huber_loss(torch.softmax(z, 1), t, delta=0.2),
    ("sigmoid", "bce", 0.0): lambda z, t: F.binary_cross_entropy_with_logits(z, t),
    ("linear", "mse", 0.0): lambda z, t: F.mse_loss(z, t),
    ("linear", "mae", 0.0): lambda z, t: F.l1_loss(z, t),
    ("linear", "huber", 0.7): lambda z, t: F.huber_loss(z, t, delta=0.7),
    ("tanh", "mae", 0.0): lambda z, t: F.l1_loss(torch.tanh(z), t),
    # Both of a pair are the same point, so that its margin loss is max(0, 1 - t z).
    ("linear", "hinge", 0.0): lambda z, t: F.margin_ranking_loss(z, torch.zeros_like(z), t, margin=1.0),
}
"""By output, loss and the value of its setting, from the sums of the output layer."""

OPTIMIZER_OF: dict[str, Any] = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.02, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, 0.05, lr_decay=0.01),
    "adadelta": lambda p: torch.optim.Adadelta(p, 1.0),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.005, momentum=0.3),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
    "amsgrad": lambda p: torch.optim.Adam(p, 0.01, amsgrad=True),
    "adamax": lambda p: torch.optim.Adamax(p, 0.01),
    "nadam": lambda p: torch.optim.NAdam(p, 0.01, momentum_decay=0.02),
    "radam": lambda p: torch.optim.RAdam(p, 0.01),
}
SETTINGS: dict[str, dict[str, float]] = {
    "adagrad": {"rate_decay": 0.01},
    "rmsprop": {"momentum": 0.3},
    "adamw": {"weight_decay": 0.1},
    "nadam": {"momentum_decay": 0.02},
}
"""Where not the default. All other defaults are PyTorch's own."""

ELSEWHERE = {
    "lion": "PyTorch has none; tests/core/test_engine.py writes the paper's algorithm out",
    "lbfgs": "on all samples in each step: tests/core/test_lbfgs.py follows PyTorch's",
}


def setting(activation: str, output: str, loss: str, value: float = 0.0) -> tuple[ArrayEngine, Any, Any, Any]:
    layers = (Dense(5, activation, id=1), Dense(4, activation, id=2))
    chosen = Choice(loss, {s.name: value for s in LOSSES[loss].settings if value})
    spec = Experiment("", Data(classes=3), Network(layers, Output(output)), Training(loss=chosen))
    network, rng = resolve(spec), np.random.default_rng(0)
    theta = rng.normal(0.0, 0.6, (1, network.parameters))
    low, high = ACTIVATIONS[output].targets
    t = low + (high - low) * np.eye(3)[rng.integers(0, 3, 20)]
    return ArrayEngine(network, dtype=np.float64), theta, rng.normal(size=(20, 2)), t


def sums(engine: ArrayEngine, theta: Any, x: Any, activation: str) -> Any:
    """The sums z (B, K) of the output layer, as PyTorch computes them of θ (P,), laid out as ours."""
    a, z = torch.from_numpy(x), None
    for layer in engine.network.layers:
        assert layer.bias is not None
        w = theta[layer.weight.start : layer.weight.stop].reshape(layer.weight.shape)
        z = a @ w.T + theta[layer.bias.start : layer.bias.stop]
        a = TORCH_ACTIVATIONS[activation](z)
    return z


@pytest.fixture
def in_doubles() -> Iterator[None]:
    """PyTorch keeps NAdam's product of momenta in its default precision, whatever that of the weights."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def test_nothing_is_left_out() -> None:
    assert set(TORCH_ACTIVATIONS) == set(ACTIVATIONS)
    assert {loss for _, loss, _ in TORCH_LOSSES} == set(LOSSES)
    assert {*OPTIMIZER_OF, *ELSEWHERE} == set(OPTIMIZERS)


@pytest.mark.parametrize("activation", [name for name, row in ACTIVATIONS.items() if row.formula])
def test_activations_and_slopes_are_pytorchs(activation: str) -> None:
    formula = ACTIVATIONS[activation].formula
    assert formula is not None
    value, slope = formula(NUMPY)
    z = np.concatenate([np.linspace(-30.0, 30.0, 4001) + 1e-4, [-700.0, 700.0]])
    theirs = torch.tensor(z, requires_grad=True)
    expected = TORCH_ACTIVATIONS[activation](theirs)
    expected.sum().backward()
    a = value(z)
    assert a == pytest.approx(expected.detach().numpy(), rel=1e-12, abs=1e-14)
    assert slope(z, a) == pytest.approx(theirs.grad.numpy(), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("activation", [name for name, row in ACTIVATIONS.items() if row.hidden])
@pytest.mark.parametrize(("output", "loss", "value"), list(TORCH_LOSSES))
def test_gradients_are_pytorchs(activation: str, output: str, loss: str, value: float) -> None:
    engine, theta, x, t = setting(activation, output, loss, value)
    ours, gradient = engine.gradient(theta, x, t)
    theirs = torch.tensor(theta[0], requires_grad=True)
    expected = TORCH_LOSSES[output, loss, value](sums(engine, theirs, x, activation), torch.from_numpy(t))
    expected.backward()
    assert ours[0] == pytest.approx(expected.item(), rel=1e-12)
    assert gradient[0] == pytest.approx(theirs.grad.numpy(), rel=1e-9, abs=1e-13)


def trajectories(optimizer: str, engine: ArrayEngine, theta: Any, x: Any, t: Any) -> tuple[Any, Any]:
    """θ (P,) after 200 steps over shuffled batches of 7, ours and PyTorch's."""
    theirs = torch.tensor(theta[0], requires_grad=True)
    steps = OPTIMIZER_OF[optimizer]([theirs])
    settings = {s.name: SETTINGS.get(optimizer, {}).get(s.name, s.default) for s in OPTIMIZERS[optimizer].settings}
    hyper = Hyper(steps.param_groups[0]["lr"], 7, optimizer, settings)
    state = engine.zero_state(theta, optimizer)
    loss = TORCH_LOSSES["softmax", "cce", 0.0]
    while state.step < 200:
        order = permutation(state.step, len(x))
        for start in range(0, len(x), 7):
            batch = order[start : start + 7]
            steps.zero_grad()
            loss(sums(engine, theirs, x[batch], "tanh"), torch.from_numpy(t[batch])).backward()
            steps.step()
        state = engine.train(state, engine.columns(x), engine.columns(t), order, 1000, hyper).state
    return state.thetas[0], theirs.detach().numpy()


@pytest.mark.parametrize("optimizer", list(OPTIMIZER_OF))
@pytest.mark.parametrize("kind", ["array", "compiled"])
def test_two_hundred_steps_are_pytorchs(optimizer: str, kind: str, in_doubles: None) -> None:
    engine, theta, x, t = setting("tanh", "softmax", "cce")
    if kind == "compiled":
        compiled = pytest.importorskip("core.engine.compiled", reason="Numba is not installed")
        engine = compiled.CompiledEngine(engine.network, dtype=np.float64)
    ours, theirs = trajectories(optimizer, engine, theta, x, t)
    assert np.linalg.norm(ours - theta[0]) > 0.3, "it stays where it is"
    assert np.linalg.norm(ours - theirs) <= 1e-9 * np.linalg.norm(theirs)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
