"""The same mathematics in PyTorch, where it is installed: gradients, and whole trainings with its own optimizers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.engine.array import ArrayEngine, Hyper
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.spec import Data, Dense, Experiment, Network, Output, Training

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'learnscape[peers]' adds it")

ACTIVATIONS: dict[str, Any] = {
    "linear": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda z: torch.nn.functional.leaky_relu(z, 0.01),
    "elu": torch.nn.functional.elu,
    "softplus": torch.nn.functional.softplus,
    "silu": torch.nn.functional.silu,
    "gelu": lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
}

LOSSES: dict[tuple[str, str], Any] = {
    ("softmax", "cce"): lambda z, t: torch.nn.functional.cross_entropy(z, t),
    ("softmax", "mse"): lambda z, t: torch.nn.functional.mse_loss(torch.softmax(z, 1), t),
    ("sigmoid", "bce"): lambda z, t: torch.nn.functional.binary_cross_entropy_with_logits(z, t),
    ("linear", "mse"): lambda z, t: torch.nn.functional.mse_loss(z, t),
}

OPTIMIZER_OF: dict[str, Any] = {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "momentum": lambda p: torch.optim.SGD(p, 0.02, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
}


def setting(activation: str, output: str, loss: str) -> tuple[ArrayEngine, Any, Any, Any]:
    layers = (Dense(5, activation, id=1), Dense(4, activation, id=2))
    spec = Experiment("", Data(classes=3), Network(layers, Output(output)), Training(loss=loss))
    network, rng = resolve(spec), np.random.default_rng(0)
    theta = rng.normal(0.0, 0.6, (1, network.parameters))
    return ArrayEngine(network, dtype=np.float64), theta, rng.normal(size=(20, 2)), np.eye(3)[rng.integers(0, 3, 20)]


def objective(engine: ArrayEngine, theta: Any, x: Any, t: Any, activation: str, output: str, loss: str) -> Any:
    """The loss as PyTorch computes it of θ (P,), laid out as ours."""
    a = torch.from_numpy(x)
    for index, layer in enumerate(engine.network.layers):
        assert layer.bias is not None
        w = theta[layer.weight.start : layer.weight.stop].reshape(layer.weight.shape)
        z = a @ w.T + theta[layer.bias.start : layer.bias.stop]
        a = z if index == len(engine.network.layers) - 1 else ACTIVATIONS[activation](z)
    return LOSSES[output, loss](a, torch.from_numpy(t))


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize(("output", "loss"), list(LOSSES))
def test_gradients_are_pytorchs(activation: str, output: str, loss: str) -> None:
    engine, theta, x, t = setting(activation, output, loss)
    value, gradient = engine.gradient(theta, x, t)
    theirs = torch.tensor(theta[0], requires_grad=True)
    expected = objective(engine, theirs, x, t, activation, output, loss)
    expected.backward()
    assert value[0] == pytest.approx(expected.item(), rel=1e-12)
    assert gradient[0] == pytest.approx(theirs.grad.numpy(), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_two_hundred_steps_are_pytorchs(optimizer: str) -> None:
    engine, theta, x, t = setting("tanh", "softmax", "cce")
    theirs = torch.tensor(theta[0], requires_grad=True)
    steps = OPTIMIZER_OF[optimizer]([theirs])
    settings = {s.name: s.default for s in OPTIMIZERS[optimizer].settings}
    hyper = Hyper(steps.param_groups[0]["lr"], 20, optimizer, settings)
    state = engine.zero_state(theta, optimizer)
    for _ in range(200):
        state = engine.train(state, engine.columns(x), engine.columns(t), np.arange(20), 1, hyper).state
        steps.zero_grad()
        objective(engine, theirs, x, t, "tanh", "softmax", "cce").backward()
        steps.step()
    assert state.thetas[0] == pytest.approx(theirs.detach().numpy(), rel=1e-9, abs=1e-9)
