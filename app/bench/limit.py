"""The arithmetic limit of one core: what it could do if it did nothing but multiply and add at full vector width."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

CHAINS = 12
"""Sums that run beside one another, so that none waits for the one before."""
TANH, TANH_SLOPE, ADAM = 11, 2, 11
"""Multiply-adds, or what takes as long, for a tanh, its slope with the product, and Adam's step of one parameter."""


def peak() -> float:
    """Multiply-adds of float32 in a second on one core, measured."""
    from core.engine.lanes import WIDTH, spread, total
    from core.engine.scalar import f32, jit

    names = [f"s{i}" for i in range(CHAINS)]
    begin = "".join(f"    {name} = spread(start + f32({i}))\n" for i, name in enumerate(names))
    body = "".join(f"        {name} = {name} * a + b\n" for name in names)
    source = f"def run(n, start, rate):\n    a, b = spread(rate), spread(start)\n{begin}    for k in range(n):\n{body}"
    space: dict[str, Any] = {"spread": spread, "f32": f32, "total": total}
    exec(source + f"    return total({' + '.join(names)})\n", space)
    run, count = jit(space["run"]), 200_000
    run(10, f32(1e-3), f32(0.5))
    best = float("inf")
    for _ in range(9):
        began = time.perf_counter()
        run(count, f32(1e-3), f32(0.5))
        best = min(best, time.perf_counter() - began)
    return count * CHAINS * WIDTH / best


def products(shape: Sequence[int], batch: int) -> int:
    """Multiply-adds of a step's matrix products: forwards, to the weights, and back to all layers but the first."""
    sizes = [fan_in * units for fan_in, units in pairwise(shape)]
    return batch * (2 * sum(sizes) + sum(sizes[1:]))


def whole_step(shape: Sequence[int], batch: int, parameters: int) -> int:
    """The same with every tanh and Adam's update."""
    return products(shape, batch) + batch * sum(shape[1:]) * (TANH + TANH_SLOPE) + ADAM * parameters
