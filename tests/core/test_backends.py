"""The CUDA path without a GPU: the engine on a strict array library, on a device that NumPy cannot read.

The stand-in is array-api-strict with every array on a device of its own, "device1": a NumPy function, a NumPy array or
NumPy scalar among its operands, or reading it back but by ``to_host``, is refused. Its namespace refuses the functions
that CuPy lacks. Tests marked ``cuda`` do the same on a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
from array_api_strict._array_object import Array as StrictArray

from core.activations import ACTIVATIONS
from core.backend import BACKENDS, CPU, Backend, backend, cuda, cuda_problem
from core.data.generators import generate
from core.elementary import Elementary
from core.engine import choice
from core.engine.array import ArrayEngine, Hyper
from core.losses import LOSSES
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.random import Masks, keep_mask, threshold
from core.spec import Choice, Data, Dense, Experiment, Frozen, Generator, Network, Output, Stop, Training, change
from core.trainer import Trainer

# The functions of the array API (2024.12) that CuPy 14 has: dir(array_api_strict) in dir(cupy).
CUPY_HAS = """
    abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan atan2 atanh bitwise_and
    bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor bool broadcast_arrays
    broadcast_shapes broadcast_to can_cast ceil clip complex128 complex64 concat conj copysign cos cosh
    count_nonzero cumulative_prod cumulative_sum diff divide e empty empty_like equal exp expand_dims expm1 eye
    finfo flip float32 float64 floor floor_divide from_dlpack full full_like greater greater_equal hypot iinfo imag
    inf int16 int32 int64 int8 isdtype isfinite isin isinf isnan less less_equal linspace log log10 log1p log2
    logaddexp logical_and logical_not logical_or logical_xor matmul matrix_transpose max maximum mean meshgrid min
    minimum moveaxis multiply nan negative newaxis nextafter nonzero not_equal ones ones_like permute_dims pi
    positive pow prod real reciprocal remainder repeat reshape result_type roll round searchsorted sign signbit sin
    sinh sort sqrt square squeeze stack std subtract sum take take_along_axis tan tanh tensordot tile tril triu
    trunc uint16 uint32 uint64 uint8 unique_all unique_counts unique_inverse unique_values var where zeros
    zeros_like
"""
CUPY_NAMES = frozenset(CUPY_HAS.split())

# What of an array's own attributes the stand-in has and CuPy's ndarray has not: these only its transfers may touch.
NOT_CUPYS = frozenset({"to_device", "__array_namespace__"})

DEVICE = strict.Device("device1")
HOST = strict.Device("CPU_DEVICE")


class CupyNames:
    """The strict namespace, less what CuPy lacks; what it makes it makes on the device."""

    MAKERS = frozenset({"empty", "eye", "full", "linspace", "ones", "zeros", "arange", "asarray"})

    def __getattr__(self, name: str) -> Any:
        if name not in CUPY_NAMES:
            raise AttributeError(f"CuPy has no {name}")
        function = getattr(strict, name)
        if name in self.MAKERS:
            return lambda *args, **named: function(*args, **({"device": DEVICE} | named))
        return function


def to_device(array: Any) -> Any:
    assert type(array) is np.ndarray, "only NumPy arrays are moved to the device"
    return strict.asarray(array, device=DEVICE)


def to_host(array: Any) -> Any:
    assert isinstance(array, StrictArray), "only arrays on the device are moved to the host"
    return np.array(StrictArray.to_device(array, HOST))


@pytest.fixture(autouse=True)
def _array_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference is the array engine, even where the compiled one is ready."""
    monkeypatch.setattr(choice, "_ready", {})


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Backend:
    """A backend on the strict library; its arrays get ``reshape``, which those of NumPy and CuPy have."""
    monkeypatch.setattr(StrictArray, "reshape", lambda self, *shape: strict.reshape(self, shape), raising=False)
    return Backend("strict", "stand-in", CupyNames(), to_device, to_host)


@pytest.fixture
def gpu() -> Backend:
    """CUDA, or a skip with the reason."""
    if problem := cuda_problem():
        pytest.skip(problem)
    return cuda()


def experiment(**training: Any) -> Experiment:
    data = Data("classification", 3, generate(Generator("blobs", 60, 0.3, 3)))
    layers = (Dense(6, "tanh", 0.25, id=1), Dense(5, "gelu", id=2))
    chosen = {"learning_rate": 0.02, "batch_size": 8, "optimizer": Choice("adam"), "precision": "float64", **training}
    return Experiment("", data, Network(layers), Training(**chosen))


def plane(rate: float) -> Experiment:
    data = Data("regression", 2, generate(Generator("plane", 60)))
    return Experiment("", data, Network(), Training(rate, 8, precision="float64"))


# ---- what every backend has to do, each a comparison with NumPy ------------------------------------------------------


def every_formula(other: Backend) -> None:
    z = np.linspace(-20.0, 20.0, 401)
    t = np.tile([0.0, 1.0], 201)[:401]
    for row in ACTIVATIONS.rows():
        if row.formula is None:
            continue
        (value, slope), (v, s) = row.formula(Elementary.of(np)), row.formula(Elementary.of(other.xp))
        a, on_device = value(z), other.to_device(z)
        b = v(on_device)
        assert other.to_host(b) == pytest.approx(a, rel=1e-12, abs=1e-300), row.name
        assert other.to_host(s(on_device, b)) == pytest.approx(slope(z, a), rel=1e-9, abs=1e-12), row.name
    for loss in LOSSES.rows():
        c = loss.coefficients({setting.name: setting.default for setting in loss.settings}, 3)
        (value, slope), (v, s) = loss.formula(Elementary.of(np)), loss.formula(Elementary.of(other.xp))
        arrays = other.to_device(z), other.to_device(t)
        assert other.to_host(v(*arrays, c)) == pytest.approx(value(z, t, c), rel=1e-12, abs=1e-12)
        assert other.to_host(s(*arrays, c)) == pytest.approx(slope(z, t, c), rel=1e-12, abs=1e-12)


def engine_agrees(other: Backend, task: str, output: str, loss: str) -> None:
    network = Network((Dense(4, "silu", id=1),), Output(output))
    spec = Experiment("", Data(task, 3), network, Training(loss=Choice(loss)))  # type: ignore[arg-type]
    network, rng = resolve(spec), np.random.default_rng(0)
    thetas, x = rng.normal(size=(3, network.parameters)), rng.normal(size=(20, 2))
    t = np.eye(network.output.units)[rng.integers(0, network.output.units, 20)]
    here, there = ArrayEngine(network, CPU, np.float64), ArrayEngine(network, other, np.float64)
    results = []
    for engine in (here, there):
        loss_of, gradient = engine.gradient(thetas, x, t, 0.1, 0.2)
        parts = [engine.forward(thetas, x), *engine.activations(thetas, x), *engine.evaluate(thetas, x, t)]
        results.append([loss_of, gradient, engine.loss(thetas, x, t, 0.1, 0.2), engine.losses(thetas, x, t), *parts])
    for a, b in zip(*results, strict=True):
        assert type(b) is np.ndarray
        assert b == pytest.approx(a, rel=1e-9, abs=1e-12)


def training_agrees(other: Backend, optimizer: str) -> None:
    rate = max(0.02, OPTIMIZERS[optimizer].usual_rate)
    agree_and_learn(other, experiment(learning_rate=rate, optimizer=Choice(optimizer), l1=0.001, l2=0.01), 0.8)


def shaped_training_agrees(other: Backend) -> None:
    shaped = {"weight_decay": 0.01, "clip_norm": 0.5, "clip_value": 0.2, "schedule": Choice("cosine"), "warmup": 0.5}
    spec = experiment(stop=Stop(patience=3), **shaped)
    agree_and_learn(other, change(spec, "network.frozen", (Frozen(1, 0, "x1"), Frozen(2, 1, "bias"))), 1.0)


def layered_training_agrees(other: Backend) -> None:
    norms = Dense(6, "tanh", 0.25, id=1, norm="batch"), Dense(5, "gelu", id=2, norm="layer", residual=1)
    shortcuts = Dense(7, "tanh", id=3, norm="batch", residual=2), Dense(5, "silu", 0.1, id=4, residual=2)
    spec = change(experiment(weight_decay=0.01), "network.layers", (*norms, *shortcuts))
    agree_and_learn(other, change(spec, "network.frozen", (Frozen(2, 0, "bias"),)), 0.9)


def agree_and_learn(other: Backend, spec: Experiment, share: float) -> None:
    here, there = Trainer(spec), Trainer(spec, other)
    for trainer in (here, there):
        trainer.advance(25)
        trainer.step_batches(1)
    same_run(here, there)
    assert here.snapshot().train_loss < share * here.history.column("train_loss")[0]


def same_run(here: Trainer, there: Trainer) -> None:
    a, b = here.snapshot(), there.snapshot()
    assert type(b.theta) is np.ndarray
    assert b.theta == pytest.approx(a.theta, rel=1e-8, abs=1e-10)
    assert (b.step, b.epoch, b.rows) == (a.step, a.epoch, a.rows)
    assert b.history.names() == a.history.names()
    for name in a.history.names():
        if name != "seconds":
            assert b.history.column(name) == pytest.approx(a.history.column(name), rel=1e-7, abs=1e-10, nan_ok=True), (
                name
            )
    for mine, theirs in zip(a.moment.slots, b.moment.slots, strict=True):
        assert theirs == pytest.approx(mine, rel=1e-7, abs=1e-12)


def divergence_agrees(other: Backend) -> None:
    here, there = Trainer(plane(100.0)), Trainer(plane(100.0), other)
    for trainer in (here, there):
        trainer.advance(3)
        trainer.advance(2000)
    assert here.divergence is not None
    assert there.divergence == here.divergence
    assert np.isfinite(there.theta).all()
    assert there.theta == pytest.approx(here.theta, rel=1e-6)
    for trainer in (here, there):
        trainer.rewind()
        trainer.adopt(plane(0.01))
        trainer.advance(20)
    same_run(here, there)


def stack_agrees(other: Backend) -> None:
    """In a stack with a rate for each run, the one that diverges stops alone."""
    network, rng = resolve(plane(1.0)), np.random.default_rng(1)
    thetas, x, t = rng.normal(size=(3, network.parameters)), rng.normal(size=(32, 2)), rng.normal(size=(32, 1))
    rates, results = np.array([[0.01], [1e6], [0.1]]), []
    for where in (CPU, other):
        engine = ArrayEngine(network, where, np.float64)
        order = where.to_device(np.arange(32))
        columns, hyper = (engine.columns(x), engine.columns(t)), Hyper(engine.array(rates), 8, "sgd", {})
        state, failed = engine.zero_state(thetas, "sgd"), np.full(3, -1)
        while (failed < 0).all():
            trained = engine.train(state, *columns, order, 4, hyper)
            state, failed = trained.state, trained.failed
        results.append((failed, where.to_host(state.thetas)))
    (failed, expected), (failed_there, found) = results
    assert (failed >= 0).tolist() == [False, True, False]
    assert np.array_equal(failed_there, failed)
    assert found == pytest.approx(expected, rel=1e-6)


def edits_agree(other: Backend) -> None:
    """Whatever is edited in the middle of a run, the runs stay the same."""
    spec = experiment()
    here, there = Trainer(spec), Trainer(spec, other)
    edits: list[Callable[[Experiment], Experiment]] = [
        lambda e: change(e, "training.optimizer", Choice("momentum")),
        lambda e: change(e, "network.layers", (Dense(8, "tanh", id=1), Dense(3, "elu", id=3))),
        lambda e: change(e, "network.layers", (Dense(8, "softplus", 0.5, id=1), Dense(3, "elu", id=3))),
        lambda e: change(e, "network.layers", (Dense(8, id=1, norm="batch"), Dense(3, "elu", id=3, residual=1))),
        lambda e: change(e, "data.features", ("x1", "x2", "x1*x2")),
        lambda e: change(e, "data.classes", 4),
        lambda e: change(e, "training.loss", Choice("huber", {"delta": 0.3})),
        lambda e: change(e, "data.points", e.data.points.select(np.arange(20))),
        lambda e: change(e, "data.points", e.data.points.select(np.arange(0))),
    ]
    for edit in edits:
        spec = edit(spec)
        for trainer in (here, there):
            trainer.adopt(spec)
            if len(spec.data.points):
                trainer.advance(5)
        same_run(here, there)


def moving_agrees(other: Backend) -> None:
    """A run that moves there and back goes on as if it had not."""
    moving, staying = Trainer(experiment()), Trainer(experiment())
    moving.advance(7)
    moving = moving.on(other)
    moving.advance(7)
    moving = moving.on(CPU)
    moving.advance(7)
    staying.advance(21)
    same_run(staying, moving)


HEADS = [
    ("classification", "softmax", "cce"),
    ("classification", "softmax", "mse"),
    ("classification", "sigmoid", "bce"),
    ("regression", "linear", "mse"),
]


def test_every_formula(standin: Backend) -> None:
    every_formula(standin)


@pytest.mark.parametrize(("task", "output", "loss"), HEADS)
def test_engine(standin: Backend, task: str, output: str, loss: str) -> None:
    engine_agrees(standin, task, output, loss)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_training(standin: Backend, optimizer: str) -> None:
    training_agrees(standin, optimizer)


@pytest.mark.parametrize(
    "agrees",
    [divergence_agrees, stack_agrees, edits_agree, moving_agrees, shaped_training_agrees, layered_training_agrees],
)
def test_run(standin: Backend, agrees: Callable[[Backend], None]) -> None:
    agrees(standin)


def test_large_stacks_go_through_in_parts(standin: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.array.CHUNK", 100)
    engine_agrees(standin, *HEADS[0])


# ---- nothing goes there and back within an epoch ---------------------------------------------------------------------


def masks_agree(other: Backend, dtype: Any = np.float64) -> None:
    """Masks that are drawn on the device are keep_mask's, bit for bit, in blocks of any length."""
    masks = Masks(other, (3, 4, 2), (0.3, 0.0, 0.75), dtype)
    for number, drawn in enumerate(masks.draw(7, 5, 1000, (4, 4, 3))):
        assert drawn[1] is None
        for index, units, rate in ((0, 3, 0.3), (2, 2, 0.75)):
            found = other.to_host(drawn[index])
            shape = (units, (4, 4, 3)[number])
            expected = np.stack([keep_mask(7, run, 1000 + number, index, shape, rate) for run in range(5)])
            assert found.dtype == dtype
            assert np.array_equal(found, expected.astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("most", [1, 10, 1 << 20])
def test_masks(standin: Backend, most: int, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.random.KEYS", most)
    masks_agree(standin, dtype)
    masks_agree(CPU, dtype)


@pytest.mark.parametrize("dropout", [1e-9, 0.1, 0.3, 0.5, 0.7, 1.0 - 2.0**-20])
def test_a_unit_stays_from_the_same_bits_on(dropout: float) -> None:
    bits = np.clip(threshold(dropout) + np.arange(-3, 4), 0, 2**24 - 1)
    uniform = bits.astype(np.float32) * np.float32(2.0**-24)
    assert np.array_equal(bits >= threshold(dropout), uniform >= np.float32(dropout))


class Crossings:
    """The stand-in with a count of what goes to the device, and of what comes back, be it as a truth or a number."""

    def __init__(self, standin: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.backend = replace(standin, to_device=self.counted(to_device), to_host=self.counted(to_host))
        for name in ("__bool__", "__float__", "__int__", "__index__"):
            monkeypatch.setattr(StrictArray, name, self.counted(getattr(StrictArray, name)))

    def counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.count += 1
            return function(*arguments)

        return call

    def of_training(self, rate: Any, samples: int, batch: int, **shaped: Any) -> tuple[int, Any]:
        """How many there are in a slice of so many samples, and what failed."""
        network, rng = resolve(experiment()), np.random.default_rng(2)
        engine, size = ArrayEngine(network, self.backend, np.float64), network.parameters
        x, t = engine.columns(rng.normal(size=(64, 2))), engine.columns(rng.normal(size=(64, 3)) ** 2)
        order, state = self.backend.to_device(np.arange(samples)), engine.zero_state(rng.normal(size=(3, size)), "adam")
        settings = {s.name: s.default for s in OPTIMIZERS["adam"].settings}
        rate = engine.array(rate) if np.ndim(rate) == 2 else rate
        hyper = Hyper(rate, batch, "adam", settings, 0.01, 0.01, 3, free=engine.array(np.ones(size)), **shaped)
        before = self.count
        trained = engine.train(state, x, t, order, 64, hyper)
        assert trained.state.step == samples // batch or (trained.failed >= 0).all()
        return self.count - before, trained.failed


@pytest.mark.parametrize(
    ("rate", "diverges"),
    [
        (0.01, False),
        (np.full(64, 0.01), False),
        (np.array([[0.01], [0.02], [0.03]]), False),
        (np.full((3, 64), 0.01), False),
        (np.array([[0.01], [1e300], [0.02]]), True),
    ],
)
def test_what_crosses_does_not_grow_with_the_steps(
    standin: Backend, rate: Any, diverges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossings = Crossings(standin, monkeypatch)
    shaped = {"decay": 0.01, "clip_norm": 1.0, "clip_value": 0.5}
    few, failed = crossings.of_training(rate, 8, 4, **shaped)
    many, failed_of_many = crossings.of_training(rate, 64, 1, **shaped)
    assert many == few <= 6
    for told in (failed, failed_of_many):
        assert (told >= 0).tolist() == [False, diverges, False]


@pytest.mark.cuda
def test_all_of_it_on_cuda(gpu: Backend) -> None:
    every_formula(gpu)
    masks_agree(gpu)
    for head in HEADS:
        engine_agrees(gpu, *head)
    for optimizer in OPTIMIZERS:
        training_agrees(gpu, optimizer)
    for agrees in (
        divergence_agrees,
        stack_agrees,
        edits_agree,
        moving_agrees,
        shaped_training_agrees,
        layered_training_agrees,
    ):
        agrees(gpu)


@pytest.mark.cuda
def test_cuda_has_the_functions_the_stand_in_allows(gpu: Backend) -> None:
    missing = {name for name in CUPY_NAMES if not hasattr(gpu.xp, name)}
    assert not missing
    assert all(hasattr(gpu.xp.ndarray, name) for name in ("reshape", "mT", "shape", "dtype", "ndim"))


# ---- the stand-in itself: it has to refuse ---------------------------------------------------------------------------

REFUSED: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("a NumPy function", lambda xp, a: np.exp(a)),
    ("reading it into NumPy", lambda xp, a: np.asarray(a)),
    ("a NumPy array beside it", lambda xp, a: a + np.ones(3)),
    ("a NumPy scalar beside it", lambda xp, a: np.float64(2.0) * a),
    ("a NumPy index", lambda xp, a: a[np.array([0, 1])]),
    ("a NumPy method", lambda xp, a: a.sum()),
    ("a function outside the array API", lambda xp, a: xp.einsum("i->", a)),
    ("a function that CuPy lacks", lambda xp, a: xp.vecdot(a, a)),
    ("another function that CuPy lacks", lambda xp, a: xp.unstack(a)),
    ("an array on another device", lambda xp, a: a + strict.ones(3)),
]


@pytest.mark.parametrize(("what", "use"), REFUSED, ids=[what for what, _ in REFUSED])
def test_the_stand_in_refuses(standin: Backend, what: str, use: Callable[[Any, Any], Any]) -> None:
    a = standin.to_device(np.arange(3.0))
    with pytest.raises((RuntimeError, TypeError, IndexError, AttributeError, ValueError)):
        use(standin.xp, a)


def test_the_stand_in_allows_what_is_meant(standin: Backend) -> None:
    a = standin.to_device(np.arange(3.0))
    assert standin.to_host(standin.xp.exp(a) * 2.0 + standin.xp.ones(3)) == pytest.approx(
        2 * np.exp(np.arange(3.0)) + 1
    )


def test_the_engine_touches_no_attribute_that_cupys_arrays_lack(
    standin: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NOT_CUPYS - {"__array_namespace__"}:
        monkeypatch.setattr(StrictArray, name, property(lambda self: pytest.fail("CuPy's arrays lack this")))
    network = resolve(experiment())
    engine = ArrayEngine(network, standin, np.float32)
    x, t = engine.columns(np.ones((4, 2))), engine.columns(np.eye(3)[[0, 1, 2, 0]])
    state = engine.zero_state(np.full((2, network.parameters), 0.1), "adam")
    settings = {s.name: s.default for s in OPTIMIZERS["adam"].settings}
    loss, *_ = engine._gradient(state.thetas, x, t, [None] * 3, 0.1, 0.1)
    assert loss.shape == (2,)
    assert next(engine._steps(state, x, t, standin.to_device(np.arange(4)), 1, Hyper(0.1, 4, "adam", settings)))


# ---- choosing one ----------------------------------------------------------------------------------------------------


def test_the_cpu_is_always_there_and_an_unknown_device_is_said() -> None:
    assert backend("cpu") is CPU
    assert set(BACKENDS) == {"cpu", "cuda"}
    with pytest.raises(RuntimeError, match="no device called 'tpu': choose one of cpu, cuda"):
        backend("tpu")


def test_cuda_is_there_or_says_why_not() -> None:
    if problem := cuda_problem():
        assert problem.endswith(".")
        with pytest.raises(RuntimeError, match="CuPy"):
            backend("cuda")
    else:
        assert backend("cuda").name == "cuda"
