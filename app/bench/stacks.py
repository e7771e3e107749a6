"""Benchmarks of forward passes: many θ over few samples, and one θ over many."""

from __future__ import annotations

import numpy as np

from app.bench import limit, peers
from app.bench.networks import network, two_classes
from app.bench.options import Options
from app.bench.rows import NO_TORCH, Row, Way, in_turn, rated
from app.bench.training import _compiled
from core.data.slices import grid
from core.engine.pool import cores, limited


def landscape(options: Options) -> list[Row]:
    """The loss on a grid of a plane through θ; with one thread, and with all cores."""
    shape, side, samples = (2, 8, 8, 1), 64, 500
    x, t = two_classes(samples)
    net = network(shape)
    engine, start = _compiled(net), net.initial(0)
    across = np.random.default_rng(0).normal(size=(2, net.parameters))
    axis = np.linspace(-1.0, 1.0, side)
    thetas = start + (axis[:, None, None] * across[0] + axis[:, None] * across[1]).reshape(side * side, -1)
    torch, points = peers.torch_on(), options.few(100, 500)

    def alone() -> None:
        with limited(1):
            engine.loss(thetas, x, t)

    ways = [Way(alone), Way(lambda: engine.loss(thetas, x, t))]
    if torch:
        evaluate = peers.landscape(torch, shape, x, t, thetas)
        ways.append(Way(lambda: evaluate(points), points / side**2))
    one, all_cores, *other = in_turn(*ways, repeats=options.few(7, 25), seconds=options.few(10, 60))
    peer, name = (other[0], "PyTorch, point by point") if other else (None, NO_TORCH)
    what = f"loss of 2-8-8-1 tanh over {samples} samples at {side} × {side} θ's"
    timed = f"; the peer timed over {points} of them" if torch else ""
    target, work = "≥ 100 ×, < 25 ms", side**2 * limit.forward_pass(shape, samples)
    shares = (("one thread", one, 1), (f"on {cores()} cores", all_cores, cores()))
    return [
        rated(
            "landscape",
            f"{what}, {words}{timed}",
            "ms",
            name,
            mine,
            peer,
            target,
            limit.from_limit(work, mine.median, threads),
        )
        for words, mine, threads in shares
    ]


def boundary(options: Options) -> list[Row]:
    """What every neuron answers all over the plane."""
    shape, side = (2, 8, 8, 8, 1), 200
    net, xy = network(shape), grid(side)
    engine, theta = _compiled(net), net.initial(0)[None]
    ways, torch = [Way(lambda: engine.activations(theta, xy))], peers.torch_on()
    if torch:
        ways.append(Way(peers.activations(torch, shape, xy)))
    with limited(1):
        mine, *other = in_turn(*ways, repeats=options.few(15, 60), seconds=options.few(10, 40))
    what = f"every neuron's map on a {side} × {side} grid, 2-8-8-8-1 tanh, one thread"
    name = "PyTorch, one batched forward" if torch else NO_TORCH
    return [rated("boundary", what, "ms", name, mine, other[0] if other else None, "≥ 2 ×, < 8 ms")]
