"""Benchmarks of the array engine on a CUDA GPU, against the processor's engine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.bench.networks import Training, hyper, network, two_classes
from app.bench.options import Options
from app.bench.rows import Row, Way, in_turn, rated
from app.bench.training import _compiled
from core.backend import Backend, backend
from core.data.slices import grid
from core.engine.array import ArrayEngine

PEER = "our engine on the processor, all cores"


def _finished(gpu: Backend, work: Callable[[], object]) -> Callable[[], None]:
    """The work, waiting until the GPU is done with it."""

    def run() -> None:
        work()
        gpu.xp.cuda.Device().synchronize()

    return run


def sweep(options: Options) -> list[Row]:
    """Many learning rates at once."""
    gpu, runs, epochs = backend("cuda"), 4096, options.few(1, 5)
    x, t = two_classes(250)
    net, rates = network((2, 8, 8, 1)), np.geomspace(1e-4, 0.3, runs)[:, None]
    there = Training.of(ArrayEngine(net, gpu), x, t, t[:, 0], hyper("sgd", gpu.to_device(rates), 10), runs)
    here = Training.of(_compiled(net), x, t, t[:, 0], hyper("sgd", rates, 10), runs)
    ways = (Way(_finished(gpu, lambda: there.steps(epochs)), epochs), Way(lambda: here.steps(epochs), epochs))
    mine, other = in_turn(*ways, repeats=options.few(3, 9))
    what = f"an epoch of 250 of {runs} learning rates, 2-8-8-1 tanh, SGD, batch 10, on {gpu.title}"
    return [rated("sweep", what, "ms", PEER, mine, other, "")]


def landscape(options: Options) -> list[Row]:
    """The loss on a grid of a plane through θ."""
    gpu, side, samples = backend("cuda"), 64, 500
    x, t = two_classes(samples)
    net = network((2, 8, 8, 1))
    thetas = net.initial(0) + np.random.default_rng(0).normal(size=(side * side, net.parameters))
    there, here = ArrayEngine(net, gpu), _compiled(net)
    ways = (Way(_finished(gpu, lambda: there.loss(thetas, x, t))), Way(lambda: here.loss(thetas, x, t)))
    mine, other = in_turn(*ways, repeats=options.few(5, 15))
    what = f"loss of 2-8-8-1 tanh over {samples} samples at {side} × {side} θ's, on {gpu.title}"
    return [rated("landscape", what, "ms", PEER, mine, other, "")]


def boundary(options: Options) -> list[Row]:
    """What every neuron answers all over the plane."""
    gpu, side = backend("cuda"), 200
    net, xy = network((2, 8, 8, 8, 1)), grid(side)
    there, here, theta = ArrayEngine(net, gpu), _compiled(net), net.initial(0)[None]
    ways = (Way(_finished(gpu, lambda: there.activations(theta, xy))), Way(lambda: here.activations(theta, xy)))
    mine, other = in_turn(*ways, repeats=options.few(5, 15))
    what = f"every neuron's map on a {side} × {side} grid, 2-8-8-8-1 tanh, on {gpu.title}"
    return [rated("boundary", what, "ms", PEER, mine, other, "")]
