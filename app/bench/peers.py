"""The same work in the usual way, in PyTorch and in scikit-learn; neither is needed to be installed."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def torch_on(threads: int = 1) -> Any:
    """PyTorch, computing with so many threads; None where it is not installed."""
    if not find_spec("torch"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = importlib.import_module("torch")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return torch


def module(torch: Any, shape: Sequence[int], hidden: str = "Tanh", output: str = "Tanh") -> Any:
    """Dense layers of these widths, each followed by its activation ("" for none)."""
    layers: list[Any] = []
    for index, (fan_in, units) in enumerate(pairwise(shape)):
        layers.append(torch.nn.Linear(fan_in, units))
        name = output if index == len(shape) - 2 else hidden
        if name:
            layers.append(getattr(torch.nn, name)())
    return torch.nn.Sequential(*layers)


def eager(
    torch: Any, model: Any, x: Array, t: Array, loss: str, optimizer: str, rate: float, batch: int
) -> Callable[[int], None]:
    """``train(epochs)``: the training loop of PyTorch's tutorials, on tensors in memory."""
    inputs = torch.tensor(x, dtype=torch.float32)
    targets = torch.tensor(t) if t.dtype == np.int64 else torch.tensor(t, dtype=torch.float32)
    objective = getattr(torch.nn, loss)()
    stepper = getattr(torch.optim, optimizer)(model.parameters(), lr=rate)

    def train(epochs: int) -> None:
        for _ in range(epochs):
            order = torch.randperm(len(inputs))
            for begin in range(0, len(inputs), batch):
                some = order[begin : begin + batch]
                stepper.zero_grad()
                objective(model(inputs[some]), targets[some]).backward()
                stepper.step()

    return train


def stacked(torch: Any, shape: Sequence[int], x: Array, t: Array, rates: Array, batch: int) -> Callable[[int], None]:
    """``train(epochs)`` of one network for each rate: gradients of all at once by torch.func.vmap, plain SGD."""
    inputs, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(t, dtype=torch.float32)
    models = [module(torch, shape) for _ in rates]
    parameters, _ = torch.func.stack_module_state(models)
    base, each = models[0], torch.tensor(rates, dtype=torch.float32)

    def loss(values: Any, some: Any, wanted: Any) -> Any:
        return torch.nn.functional.mse_loss(torch.func.functional_call(base, values, (some,)), wanted)

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(0, None, None))

    def train(epochs: int) -> None:
        nonlocal parameters
        for _ in range(epochs):
            order = torch.randperm(len(inputs))
            for begin in range(0, len(inputs), batch):
                some = order[begin : begin + batch]
                slopes = gradients(parameters, inputs[some], targets[some])
                parameters = {
                    name: (value - each.view(-1, *[1] * (value.ndim - 1)) * slopes[name]).detach()
                    for name, value in parameters.items()
                }

    return train


def landscape(torch: Any, shape: Sequence[int], x: Array, t: Array, thetas: Array) -> Callable[[int], None]:
    """``evaluate(points)``: a point of the grid after the other is put into the model, and its loss computed."""
    model = module(torch, shape)
    inputs, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(t, dtype=torch.float32)
    points = torch.tensor(thetas, dtype=torch.float32)

    def evaluate(count: int) -> None:
        with torch.no_grad():
            for point in points[:count]:
                torch.nn.utils.vector_to_parameters(point, model.parameters())
                torch.nn.functional.mse_loss(model(inputs), targets).item()

    return evaluate


def activations(torch: Any, shape: Sequence[int], x: Array) -> Callable[[], None]:
    """All layers' activations in one batched forward pass."""
    model = module(torch, shape)

    def forward() -> None:
        with torch.no_grad():
            a, kept = torch.tensor(x, dtype=torch.float32), []
            for layer in model:
                a = layer(a)
                kept.append(a)

    return forward


def classifier(x: Array, labels: Array, units: int, rate: float, batch: int) -> Callable[[int], None] | None:
    """``train(epochs)`` of scikit-learn's MLPClassifier from the start; None where it is not installed."""
    if not find_spec("sklearn"):
        return None
    network = importlib.import_module("sklearn.neural_network")

    def train(epochs: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network.MLPClassifier(
                (units,),
                batch_size=batch,
                learning_rate_init=rate,
                max_iter=epochs,
                alpha=0.0,
                tol=0.0,
                n_iter_no_change=epochs + 1,
                random_state=0,
            ).fit(x, labels)

    return train
