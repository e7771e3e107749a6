"""The arithmetic limit: what cores could do if they did nothing but multiply and add at full vector width."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

CHAINS = 12
"""Sums that run beside one another, so that none waits for the one before."""
TANH, TANH_SLOPE, ADAM = 11, 2, 11
"""Multiply-adds, or what takes as long, for a tanh, its slope with the product, and Adam's step of one parameter."""


def peak(threads: int = 1) -> float:
    """Multiply-adds of float32 in a second on so many threads at once, measured: cores may share what multiplies."""
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
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(9):
            began = time.perf_counter()
            list(pool.map(lambda _: run(count, f32(1e-3), f32(0.5)), range(threads)))
            best = min(best, time.perf_counter() - began)
    return threads * count * CHAINS * WIDTH / best


def from_limit(operations: float, seconds: float, threads: int) -> str:
    """How far ``seconds`` for so many multiply-adds on ``threads`` are from the limit, in words; "" without Numba."""
    try:
        least = operations / peak(threads)
    except ImportError:
        return ""
    return f"the arithmetic limit, with every tanh, is {least * 1e3:.1f} ms: {seconds / least:.1f} × away"


def products(shape: Sequence[int], batch: int) -> int:
    """Multiply-adds of a step's matrix products: forwards, to the weights, and back to all layers but the first."""
    sizes = [fan_in * units for fan_in, units in pairwise(shape)]
    return batch * (2 * sum(sizes) + sum(sizes[1:]))


def forward_pass(shape: Sequence[int], samples: int) -> int:
    """Multiply-adds of the outputs at so many samples, with every tanh."""
    return samples * (sum(fan_in * units for fan_in, units in pairwise(shape)) + TANH * sum(shape[1:]))


def whole_step(shape: Sequence[int], batch: int, parameters: int) -> int:
    """The same with every tanh and Adam's update."""
    return products(shape, batch) + batch * sum(shape[1:]) * (TANH + TANH_SLOPE) + ADAM * parameters
