"""The CUDA C source of a network's fused kernels: layers, loss and optimizer from the tables, around ``fused.cu``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.engine.tracing import function
from core.losses import LOSSES, Loss
from core.network import Layer, Network
from core.optimizers import OPTIMIZERS
from core.random import GOLDEN, scale, threshold

READS = {"outputs": 0, "logits": 1, "log-probabilities": 2}
_REAL = {"float32": ("float", "f"), "float64": ("double", "")}
_LIBRARY = {name: name for name in ("exp", "log", "log1p", "expm1", "tanh", "sin", "cos", "sqrt")} | {"abs": "fabs"}
_CHOICES = {
    "sign_of(Real a)": "a > Real(0) ? Real(1) : a < Real(0) ? Real(-1) : a == Real(0) ? Real(0) : a",
    "maximum_of(Real a, Real b)": "a >= b || a != a ? a : b",
    "minimum_of(Real a, Real b)": "a <= b || a != a ? a : b",
}
"""Written so that NaN stays NaN, as with NumPy."""


@dataclass(frozen=True)
class Room:
    """How many numbers a network needs: parameters with all that training keeps beside them, and rows of a batch."""

    parameters: int
    rows: int

    @classmethod
    def of(cls, network: Network, optimizer: str) -> Room:
        """θ, the last good θ, the gradient and the slots; the rows as ``in_space`` of fused_layers.cu lays them out."""
        units, outputs = sum(network.shape[1:]), network.output.units
        rows = network.shape[0] + 2 * units + 2 * max(network.shape) + 2 * outputs
        return cls((3 + len(OPTIMIZERS[optimizer].slots)) * network.parameters, rows)


def numbers(optimizer: str) -> int:
    """How many coefficients each of the optimizer's steps has."""
    row = OPTIMIZERS[optimizer]
    return len(row.coefficients(1.0, 1, {setting.name: setting.default for setting in row.settings}))


def source(
    network: Network, optimizer: str, dtype: Any, parameters_shared: bool = True, batch_shared: bool = True
) -> str:
    """The kernels ``train`` and ``evaluate`` of a plain network; raises ValueError for what they cannot do."""
    if not network.plain:
        raise ValueError("normalisation and shortcuts are the array engine's")
    if OPTIMIZERS[optimizer].formula is None:
        raise ValueError(f"{optimizer} is no elementwise update")
    shared = {"PARAMETERS_SHARED": parameters_shared, "BATCH_SHARED": batch_shared}
    loss = LOSSES[network.loss.name]
    parts = [
        _elementary(np.dtype(dtype).name),
        _constants(network, loss, optimizer, shared),
        *(_activation(name) for name in sorted({layer.activation for layer in network.layers})),
        _loss(network, loss),
        _update(optimizer),
        *(_layer(network, index) for index in range(len(network.layers))),
        _body(),
        _passes(len(network.layers)),
    ]
    return "\n".join(parts)


@cache
def _body() -> str:
    files = (Path(__file__).with_name(name) for name in ("fused_layers.cu", "fused.cu"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


# ---- what stands before ----------------------------------------------------------------------------------------------


def _elementary(precision: str) -> str:
    real, suffix = _REAL[precision]
    lines = [f"typedef {real} Real;", "typedef unsigned long long Word;"]
    lines += [
        f"__device__ inline Real {name}_of(Real a) {{ return {called}{suffix}(a); }}"
        for name, called in _LIBRARY.items()
    ]
    lines += [f"__device__ inline Real {head} {{ return {body}; }}" for head, body in _CHOICES.items()]
    return "\n".join(lines) + "\n"


def _constants(network: Network, loss: Loss, optimizer: str, shared: dict[str, bool]) -> str:
    share = 1.0 / network.output.units if loss.over_outputs == "mean" else 1.0
    whole = {
        "PARAMETERS": network.parameters,
        "INPUTS": network.shape[0],
        "OUTPUTS": network.output.units,
        "ROWS": sum(network.shape[1:]),
        "WIDEST": max(network.shape),
        "BATCH_ROWS": Room.of(network, optimizer).rows,
        "SLOTS": len(OPTIMIZERS[optimizer].slots),
        "NUMBERS": numbers(optimizer),
        "READS": READS[loss.reads],
    }
    truths = {"SOFTMAX": ACTIVATIONS[network.output.activation].formula is None, **shared}
    lines = [f"constexpr int {name} = {value};" for name, value in whole.items()]
    lines += [f"constexpr bool {name} = {_truth(value)};" for name, value in truths.items()]
    return (
        "\n".join([*lines, f"constexpr double SHARE = {share!r};", f"constexpr Word GOLDEN = {GOLDEN:#x}ULL;"]) + "\n"
    )


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _activation(name: str) -> str:
    """Its value and slope; of softmax, which its layer does for all units at once, none that are ever asked for."""
    formula = ACTIVATIONS[name].formula or ACTIVATIONS["linear"].formula
    assert formula is not None
    value = function(f"Real {name}_value(Real z)", ["return"], lambda f, z: formula(f)[0](z), "z")
    return value + function(
        f"Real {name}_slope(Real z, Real a)", ["return"], lambda f, z, a: formula(f)[1](z, a), "z", "a"
    )


def _loss(network: Network, loss: Loss) -> str:
    c = loss.coefficients(network.loss.settings, network.output.units)
    parts = []
    for index, name in enumerate(("value", "slope")):
        head = f"Real loss_{name}(Real read, Real t)"
        parts.append(
            function(head, ["return"], lambda f, read, t, i=index: loss.formula(f)[i](read, t, c), "read", "t")
        )
    return "".join(parts)


def _update(optimizer: str) -> str:
    row = OPTIMIZERS[optimizer]
    slots = tuple(f"slots[{index}]" for index in range(len(row.slots)))
    c = tuple(f"c[{index}]" for index in range(numbers(optimizer)))
    head = "void optimizer_update(Real theta, Real g, Real* slots, const Real* c, Real* delta)"
    return function(head, ["*delta", *slots], lambda f, *given: row.formula(f)(*given), "theta", "g", slots, c)  # type: ignore[misc]


def _layer(network: Network, index: int) -> str:
    layer: Layer = network.layers[index]
    row = sum(network.shape[1 : index + 1])
    whole = {
        "INDEX": index,
        "UNITS": layer.units,
        "FAN_IN": layer.fan_in,
        "WEIGHT": layer.weight.start,
        "BIAS": layer.bias.start if layer.bias else -1,
        "BELOW": network.shape[0] + row - network.shape[index] if index else 0,
        "ROW": row,
    }
    soft, drops = ACTIVATIONS[layer.activation].formula is None, layer.dropout > 0
    return f"""struct Layer{index} {{
    static constexpr int {", ".join(f"{name} = {value}" for name, value in whole.items())};
    static constexpr bool SOFT = {_truth(soft)}, DROPS = {_truth(drops)};
    static constexpr Word THRESHOLD = {threshold(layer.dropout)};
    __device__ static Real scale() {{ return Real({float(scale(layer.dropout))!r}); }}
    __device__ static Real value(Real z) {{ return {layer.activation}_value(z); }}
    __device__ static Real slope(Real z, Real a) {{ return {layer.activation}_slope(z, a); }}
}};
"""


# ---- what stands after -----------------------------------------------------------------------------------------------


def _passes(depth: int) -> str:
    """Through the layers: forwards, backwards with two deltas in turn, and forwards with one sample."""
    forwards = "".join(f"    forward<Layer{index}>(theta, batch, count, lanes, step);\n" for index in range(depth))
    backwards = f"    output_delta<Layer{depth - 1}>(batch, count, lanes);\n"
    here, there = "batch.delta", "batch.other"
    for index in range(depth - 1, -1, -1):
        backwards += f"    weight_gradient<Layer{index}>(g, batch, {here}, count, lanes);\n"
        if index:
            under = f"Layer{index}, Layer{index - 1}"
            backwards += f"    back<{under}>(theta, batch, {here}, {there}, count, lanes, step);\n"
            here, there = there, here
    look, below, above = "", "here", "there"
    for index in range(depth):
        look += f"    pass<Layer{index}>(theta, {below}, z, {above}, log_p);\n"
        below, above = above, below
    return f"""
__device__ void forwards(const Real* theta, const Batch& batch, int count, int lanes, Word step) {{
{forwards}}}

__device__ void backwards(const Real* theta, Real* g, const Batch& batch, int count, int lanes, Word step) {{
{backwards}    __syncthreads();
}}

__device__ const Real* look(const Real* theta, Real* here, Real* there, Real* z, Real* log_p) {{
{look}    return {below};
}}
"""
