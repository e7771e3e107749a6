"""Benchmarks of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.bench import limit, peers
from app.bench.networks import Training, digits, hyper, network, one_hot, two_classes
from app.bench.options import Options
from app.bench.rows import NO_SKLEARN, NO_TORCH, Row, Way, in_turn, rated
from core.engine.array import ArrayEngine
from core.engine.pool import cores, limited

PYTORCH = "PyTorch eager"


def _compiled(net: Any) -> Any:
    """The compiled engine, or the array engine where there is no Numba."""
    try:
        from core.engine.compiled import CompiledEngine
    except ImportError:
        return ArrayEngine(net)
    return CompiledEngine(net)


def _step(
    options: Options, name: str, shape: tuple[int, ...], batch: int, rule: tuple[str, str], target: str
) -> tuple[Row, float]:
    """Epochs of 250 samples, and the seconds of a step of ours."""
    x, t = two_classes(250)
    own, theirs = rule
    ours = Training.of(_compiled(network(shape)), x, t, (t[:, 0] > 0).astype(float), hyper(own, 0.01, batch))
    epochs, few = options.few(400, 2000), options.few(2, 8)
    ways = [Way(lambda: ours.epochs(epochs), epochs)]
    torch = peers.torch_on()
    if torch:
        model = peers.module(torch, shape)
        train = peers.eager(torch, model, x, t, "MSELoss", theirs, 0.01, batch)
        ways.append(Way(lambda: train(few), few))
    with limited(1):
        mine, *other = in_turn(*ways, repeats=options.few(7, 25), seconds=options.few(10, 40))
    layers = "-".join(map(str, shape))
    what = (
        f"epochs of 250 samples, {layers} tanh, squared error, {theirs}, batch {batch}; ours measures every epoch, too"
    )
    peer_name = PYTORCH if torch else NO_TORCH
    row = rated(name, what, "epochs/s", peer_name, mine, other[0] if other else None, target)
    return row, mine.median / -(-250 // batch)


def step_playground(options: Options) -> list[Row]:
    """The network that TensorFlow Playground begins with."""
    return [_step(options, "step-playground", (2, 4, 2, 1), 10, ("sgd", "SGD"), "≥ 600 ×")[0]]


def step_small(options: Options) -> list[Row]:
    """A small network, and how far its step is from what one core could do at best."""
    shape, batch = (2, 8, 8, 1), 32
    row, seconds = _step(options, "step-small", shape, batch, ("adam", "Adam"), "≥ 300 ×")
    try:
        peak = limit.peak()
    except ImportError:
        return [row]
    # The last batch of 250 is a short one.
    products = limit.products(shape, batch) * 250 / 256
    whole = limit.whole_step(shape, batch, network(shape).parameters) * 250 / 256
    what = (
        f"a step against the arithmetic limit of one core: {peak / 1e9:.1f} thousand million multiply-adds a second, "
        f"measured; {whole:,.0f} in a step with every tanh and Adam, {products:,.0f} of them in its products"
    )
    note = f"from the limit of the products alone it is {seconds * peak / products:.1f} × away"
    ours, least = seconds * 1e6, whole / peak * 1e6
    return [
        row,
        Row("step-small", what, ours, least, "arithmetic limit", "µs", least / ours, target="within 8 ×", note=note),
    ]


def step_array(options: Options) -> list[Row]:
    """The compiled engine against the array engine, which is what trains until the loops are compiled."""
    x, t = two_classes(250)
    net, steered = network((2, 8, 8, 1)), hyper("sgd", 0.01, 10)
    compiled = Training.of(_compiled(net), x, t, t[:, 0], steered)
    array = Training.of(ArrayEngine(net), x, t, t[:, 0], steered)
    epochs, few = options.few(200, 1000), options.few(2, 10)
    ways = (Way(lambda: compiled.steps(epochs), epochs), Way(lambda: array.steps(few), few))
    with limited(1):
        mine, other = in_turn(*ways, repeats=options.few(7, 25))
    what = "epochs of 250 samples, 2-8-8-1 tanh, squared error, SGD, batch 10"
    return [rated("step-array", what, "epochs/s", "our array engine (NumPy)", mine, other, "≥ 30 ×")]


def handwritten_digits(options: Options) -> list[Row]:
    """Handwritten digits, as in scikit-learn's own examples."""
    x, labels = digits()
    net = network((64, 32, 10), "relu", "softmax", "cce")
    ours = Training.of(_compiled(net), x, one_hot(labels, 10), labels.astype(float), hyper("adam", 0.001, 32))
    epochs, samples = options.few(10, 40), len(x)
    ways, names = [Way(lambda: ours.steps(epochs), epochs * samples)], []
    sklearn = peers.classifier(x, labels, 32, 0.001, 32)
    few = options.few(2, 5)
    if sklearn:
        ways.append(Way(lambda: sklearn(few), few * samples))
        names.append("scikit-learn's MLPClassifier")
    if torch := peers.torch_on():
        model = peers.module(torch, (64, 32, 10), "ReLU", "")
        train = peers.eager(torch, model, x, labels, "CrossEntropyLoss", "Adam", 0.001, 32)
        ways.append(Way(lambda: train(1), samples))
        names.append(PYTORCH)
    with limited(1):
        mine, *others = in_turn(*ways, repeats=options.few(5, 15), seconds=options.few(15, 60))
    what = "samples of handwritten digits, 64-32-10 ReLU, softmax cross-entropy, Adam, batch 32"
    found = dict(zip(names, others, strict=True))
    return [
        rated("digits", what, "samples/s", name if name in found else absent, mine, found.get(name), "≥ 20 ×")
        for name, absent in (("scikit-learn's MLPClassifier", NO_SKLEARN), (PYTORCH, NO_TORCH))
    ]


def wide(options: Options) -> list[Row]:
    """A network so wide that matrix products are all there is: our array engine, as the program chooses."""
    shape, batch = (64, 512, 512, 10), 128
    x, labels = digits()
    net = network(shape, "relu", "softmax", "cce")
    ours = Training.of(ArrayEngine(net), x, one_hot(labels, 10), labels.astype(float), hyper("adam", 0.001, batch))
    ways, torch = [Way(lambda: ours.steps(1), len(x))], peers.torch_on()
    if torch:
        model = peers.module(torch, shape, "ReLU", "")
        train = peers.eager(torch, model, x, labels, "CrossEntropyLoss", "Adam", 0.001, batch)
        ways.append(Way(lambda: train(1), len(x)))
    mine, *other = in_turn(*ways, repeats=options.few(5, 15), seconds=options.few(15, 60))
    what = f"samples of handwritten digits, 64-512-512-10 ReLU, Adam, batch {batch}"
    name = f"{PYTORCH} (its BLAS)" if torch else NO_TORCH
    return [rated("wide", what, "samples/s", name, mine, other[0] if other else None, "≥ 1 ×")]


def sweep(options: Options) -> list[Row]:
    """Many learning rates at once, on all cores."""
    shape, batch, runs, epochs = (2, 8, 8, 1), 10, 64, 200
    x, t = two_classes(250)
    rates = np.geomspace(1e-4, 0.3, runs)
    ours = Training.of(_compiled(network(shape)), x, t, t[:, 0], hyper("sgd", rates[:, None], batch), runs)
    some, few = options.few(20, epochs), options.few(1, 5)
    ways, torch = [Way(lambda: ours.steps(some), some / epochs)], peers.torch_on(cores())
    if torch:
        train = peers.stacked(torch, shape, x, t, rates, batch)
        ways.append(Way(lambda: train(few), few / epochs))
    mine, *other = in_turn(*ways, repeats=options.few(3, 9), seconds=options.few(15, 60))
    what = (
        f"{runs} learning rates × 2-8-8-1 × {epochs} epochs of 250, SGD, batch {batch}, on {cores()} cores; "
        f"timed over {some} epochs, the peer over {few}"
    )
    name = "PyTorch torch.func.vmap" if torch else NO_TORCH
    note = _sweep_limit(shape, batch, runs * epochs * -(-len(x) // batch), mine.median)
    return [rated("sweep", what, "ms", name, mine, other[0] if other else None, "≥ 200 ×", note)]


def _sweep_limit(shape: tuple[int, ...], batch: int, steps: int, seconds: float) -> str:
    """How far so many steps in ``seconds`` on all cores are from what the cores could do at best."""
    step = limit.products(shape, batch) + batch * sum(shape[1:]) * (limit.TANH + limit.TANH_SLOPE)
    words = limit.from_limit(steps * (step + 2 * network(shape).parameters), seconds, cores())
    return words and f"{words}; 16 runs go together, one in each lane"
