"""Normalised and residual networks in PyTorch, trained step by step beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.engine.array import ArrayEngine, Hyper
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.random import permutation
from core.spec import Choice, Data, Dense, Experiment, Network, Training

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'learnscape[peers]' adds it")

NETWORKS = {
    "biased": (Dense(6, id=1, norm="batch"), Dense(5, "silu", id=2, norm="batch")),
    "batch": (Dense(6, id=1, norm="batch", bias=False), Dense(5, "silu", id=2, norm="batch", bias=False)),
    "layer": (Dense(6, id=1, norm="layer"), Dense(5, "silu", id=2, norm="layer")),
    "residual": (Dense(6, id=1), Dense(6, "silu", id=2), Dense(6, id=3, residual=2), Dense(6, id=4, residual=1)),
    "all": (
        Dense(6, id=1, norm="batch", bias=False),
        Dense(6, "silu", id=2, norm="layer", residual=1),
        Dense(6, "gelu", id=3, norm="batch", residual=2, bias=False),
        Dense(4, id=4),
    ),
}
ACTIVATION = {
    "tanh": torch.tanh,
    "silu": torch.nn.functional.silu,
    "gelu": lambda z: torch.nn.functional.gelu(z, approximate="tanh"),
}
RATES = {"sgd": 0.05, "adam": 0.01}
# Batch statistics take a bias off again. Its gradient, 0 with us, is rounding in PyTorch, and Adam scales that up.
CASES = [(name, optimizer) for name in NETWORKS for optimizer in RATES if (name, optimizer) != ("biased", "adam")]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """So small a network only waits for other threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Peer(torch.nn.Module):  # type: ignore[misc]
    """The network of an Experiment out of PyTorch's own modules, with our θ (P,)."""

    def __init__(self, engine: ArrayEngine, theta: Any) -> None:
        super().__init__()
        self.layers, modules = engine.network.layers, []
        for layer in self.layers:
            linear = torch.nn.Linear(layer.fan_in, layer.units, bias=layer.bias is not None, dtype=torch.float64)
            kinds = {"batch": torch.nn.BatchNorm1d, "layer": torch.nn.LayerNorm}
            norm = kinds[layer.norm](layer.units, dtype=torch.float64) if layer.norm in kinds else torch.nn.Identity()
            modules += [linear, norm]
        self.parts = torch.nn.ModuleList(modules)
        for name, tensor in self.blocks():
            tensor.data.copy_(torch.from_numpy(np.array(self.block(*name).of(theta))))

    def block(self, index: int, name: str) -> Any:
        return self.layers[index].blocks[name]

    def blocks(self) -> Any:
        """(layer, name), and PyTorch's tensor of it."""
        for index, layer in enumerate(self.layers):
            linear, norm = self.parts[2 * index], self.parts[2 * index + 1]
            owners = {
                "weight": (linear, "weight"),
                "bias": (linear, "bias"),
                "gain": (norm, "weight"),
                "shift": (norm, "bias"),
                "mean": (norm, "running_mean"),
                "variance": (norm, "running_var"),
            }
            for name in layer.blocks:
                yield (index, name), getattr(*owners[name])

    def theta(self) -> Any:
        theta = np.zeros(self.layers[-1].stop)
        for name, tensor in self.blocks():
            block = self.block(*name)
            theta[block.start : block.stop] = tensor.detach().numpy().ravel()
        return theta

    def forward(self, x: Any) -> Any:
        columns = [x]
        for index, layer in enumerate(self.layers):
            z = self.parts[2 * index + 1](self.parts[2 * index](columns[-1]))
            if index == len(self.layers) - 1:
                return z
            a = ACTIVATION[layer.activation](z)
            if layer.shortcut is not None:
                source = columns[layer.shortcut]
                shared = min(a.shape[1], source.shape[1])
                a = a + torch.nn.functional.pad(source[:, :shared], (0, a.shape[1] - shared))
            columns.append(a)
        raise AssertionError("a network has an output")


@pytest.mark.parametrize("kind", ["array", "compiled"])
@pytest.mark.parametrize(("name", "optimizer"), CASES)
def test_two_hundred_steps_are_pytorchs(name: str, optimizer: str, kind: str) -> None:
    spec = Experiment("", Data(classes=3), Network(NETWORKS[name]), Training(loss=Choice("cce")))
    engine = ArrayEngine(resolve(spec), dtype=np.float64)
    if kind == "compiled":
        compiled = pytest.importorskip("core.engine.compiled", reason="Numba is not installed")
        engine = compiled.CompiledEngine(engine.network, dtype=np.float64)
    rng = np.random.default_rng(0)
    theta = engine.network.initial(0)[None]
    x, t = rng.normal(size=(20, 2)), np.eye(3)[rng.integers(0, 3, 20)]
    peer = Peer(engine, theta[0])
    assert np.array_equal(peer.theta(), theta[0])
    steps = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](peer.parameters(), RATES[optimizer])
    settings = {s.name: s.default for s in OPTIMIZERS[optimizer].settings}
    state, hyper = engine.zero_state(theta, optimizer), Hyper(RATES[optimizer], 7, optimizer, settings)
    while state.step < 200:
        order = permutation(state.step, len(x))
        for start in range(0, len(x), 7):  # 7, 7, and the 6 that are left
            batch = order[start : start + 7]
            steps.zero_grad()
            torch.nn.functional.cross_entropy(peer(torch.from_numpy(x[batch])), torch.from_numpy(t[batch])).backward()
            steps.step()
        state = engine.train(state, engine.columns(x), engine.columns(t), order, 1000, hyper).state
    theirs = peer.theta()
    assert np.linalg.norm(theirs - theta[0]) > 0.3, "it stays where it is"
    assert state.thetas[0] == pytest.approx(theirs, rel=1e-9, abs=1e-9)
    peer.eval()
    with torch.no_grad():
        expected = torch.softmax(peer(torch.from_numpy(x)), 1).numpy()
    assert engine.forward(state.thetas, x)[0] == pytest.approx(expected, rel=1e-8, abs=1e-9)
