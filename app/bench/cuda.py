"""Benchmarks on a CUDA GPU: the fused engine against the processor's, and against array by array on the same GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from app.bench.networks import Training, hyper, network, two_classes
from app.bench.options import Options
from app.bench.rows import Row, Way, in_turn, rated
from app.bench.training import _compiled
from core.backend import Backend, backend
from core.data.slices import grid
from core.engine import choice
from core.engine.array import ArrayEngine
from core.network import Network

PROCESSOR = "our engine on the processor, all cores"
BY_ARRAYS = "our array engine on the same GPU"
SMALL, SWEEP, MAP = (1, 1024), 4096, 256 * 256
"""How many runs are trained at once."""
SEVERAL = 1024
"""Runs of a map that the processor trains."""


def _finished(gpu: Backend, work: Callable[[], object]) -> Callable[[], None]:
    """The work, waiting until the GPU is done with it."""

    def run() -> None:
        work()
        gpu.xp.cuda.Device().synchronize()

    return run


def _stack(engine: ArrayEngine, optimizer: str, batch: int, runs: int) -> Training:
    """So many runs of 250 samples from the same θ, each with a learning rate of its own."""
    x, t = two_classes(250)
    thetas = np.tile(engine.network.initial(0), (runs, 1))
    rates = engine.array(np.geomspace(1e-4, 0.3, runs)[:, None])
    state = engine.zero_state(thetas, optimizer)
    return Training(engine, state, engine.columns(x), engine.columns(t), t[:, 0], hyper(optimizer, rates, batch))


def _trained(
    name: str, net: Network, rule: tuple[str, int], runs: int, options: Options, here_runs: int = 0
) -> list[Row]:
    """Epochs of a stack; the processor trains ``here_runs`` of the runs, if not all of them."""
    gpu, epochs, (optimizer, batch) = backend("cuda"), options.few(1, 5), rule
    here_runs = here_runs or runs
    there = _stack(choice.engine(net, gpu), optimizer, batch, runs)
    arrays = _stack(ArrayEngine(net, gpu), optimizer, batch, runs)
    here = _stack(_compiled(net), optimizer, batch, here_runs)
    ways = (
        Way(_finished(gpu, lambda: there.steps(epochs)), epochs),
        Way(lambda: here.steps(epochs), epochs * here_runs / runs),
        Way(_finished(gpu, lambda: arrays.steps(1))),
    )
    mine, processor, by_arrays = in_turn(*ways, repeats=options.few(3, 9), seconds=options.few(20, 90))
    shape = "-".join(map(str, net.shape))
    what = f"an epoch of 250 of {runs:,} learning rates, {shape} tanh, {optimizer}, batch {batch}, on {gpu.title}"
    part = f"; the processor trains {here_runs:,} of them" if here_runs < runs else ""
    return [
        rated(name, what + part, "ms", PROCESSOR, mine, processor, ""),
        rated(name, f"{what}, by {there.engine.name} kernels", "ms", BY_ARRAYS, mine, by_arrays, ""),
    ]


def step_small(options: Options) -> list[Row]:
    """A small network, alone and as one of many."""
    net = network((2, 8, 8, 1))
    return [row for runs in SMALL for row in _trained("step-small", net, ("adam", 32), runs, options)]


def sweep(options: Options) -> list[Row]:
    """Many learning rates at once."""
    return _trained("sweep", network((2, 8, 8, 1)), ("sgd", 10), SWEEP, options)


def training_map(options: Options) -> list[Row]:
    """A training for each dot of a map."""
    return _trained("map", network((2, 16, 16, 1)), ("sgd", 25), MAP, options, SEVERAL)


def landscape(options: Options) -> list[Row]:
    """The loss on a grid of a plane through θ."""
    gpu, side, samples = backend("cuda"), 64, 500
    x, t = two_classes(samples)
    net = network((2, 8, 8, 1))
    thetas = net.initial(0) + np.random.default_rng(0).normal(size=(side * side, net.parameters))

    def look(engine: ArrayEngine) -> Any:
        return lambda: engine.loss(thetas, x, t)

    ways = (Way(look(choice.engine(net, gpu))), Way(look(_compiled(net))), Way(look(ArrayEngine(net, gpu))))
    mine, processor, by_arrays = in_turn(*ways, repeats=options.few(5, 15))
    what = f"loss of 2-8-8-1 tanh over {samples} samples at {side} × {side} θ's, on {gpu.title}, θ's there and back"
    return [
        rated("landscape", what, "ms", PROCESSOR, mine, processor, ""),
        rated("landscape", what, "ms", BY_ARRAYS, mine, by_arrays, ""),
    ]


def boundary(options: Options) -> list[Row]:
    """What every neuron answers all over the plane."""
    gpu, side = backend("cuda"), 200
    net, xy = network((2, 8, 8, 8, 1)), grid(side)
    there, here, theta = ArrayEngine(net, gpu), _compiled(net), net.initial(0)[None]
    ways = (Way(lambda: there.activations(theta, xy)), Way(lambda: here.activations(theta, xy)))
    mine, other = in_turn(*ways, repeats=options.few(5, 15))
    what = f"every neuron's map on a {side} × {side} grid, 2-8-8-8-1 tanh, on {gpu.title}"
    return [rated("boundary", what, "ms", PROCESSOR, mine, other, "")]
