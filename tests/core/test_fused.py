"""The fused kernels without a GPU: their CUDA C as C++, block after block, against the array engine.

``cuda_on_cpu.h`` stands for what of CUDA they use. One thread a block shows that the numbers are right, several that
they meet where they have to; with ThreadSanitizer, where the compiler has it, that no two touch the same number in
between. Tests marked ``cuda`` make the same comparisons on a real device.
"""

from __future__ import annotations

import ctypes
import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.activations import ACTIVATIONS
from core.backend import CPU, Backend, Launch, cuda, cuda_problem
from core.engine import choice, fused
from core.engine.array import ArrayEngine, Hyper, State, Trained
from core.engine.fused import FEW, FusedEngine
from core.engine.fused_source import source
from core.losses import LOSSES
from core.network import Network, resolve
from core.optimizers import OPTIMIZERS
from core.spec import Choice, Data, Dense, Experiment, Output, Training
from core.spec import Network as Described

COMPILER = shutil.which("g++") or shutil.which("clang++")
HERE = Path(__file__).parent
FLAGS = ["-std=c++17", "-fPIC", "-w", "-fno-strict-aliasing", "-pthread"]
ELEMENTWISE = [row.name for row in OPTIMIZERS.rows() if row.formula]
HIDDEN = [row.name for row in ACTIVATIONS.rows() if row.hidden]
RUNS = FEW + 1

needs_compiler = pytest.mark.skipif(
    COMPILER is None or sys.platform == "win32", reason="there is no C++ compiler with POSIX threads"
)


class Cpp:
    """Compiles kernels with the C++ compiler, to be launched with ``threads`` threads a block, whatever is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count, self.threads, self.launches = folder, 0, 1, 0
        self.compiled: dict[str, Launch] = {}
        self.runtime = folder / "runtime.o"
        self._run("-O1", "-c", str(HERE / "cuda_on_cpu.cpp"), "-o", str(self.runtime))

    def _run(self, *arguments: str) -> None:
        assert COMPILER
        done = subprocess.run([COMPILER, *FLAGS, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def __call__(self, text: str) -> Launch:
        if text not in self.compiled:
            self.compiled[text] = self._compile(text)
        return self.compiled[text]

    def _compile(self, text: str) -> Launch:
        self.count += 1
        file, library = self.folder / f"k{self.count}.cpp", self.folder / f"k{self.count}.so"
        file.write_text(as_cpp(text), encoding="utf-8")
        self._run("-O0", "-shared", str(file), str(self.runtime), "-o", str(library))
        loaded = ctypes.CDLL(str(library))

        def launch(name: str, blocks: int, threads: int, shared: int, arguments: tuple[Any, ...]) -> None:
            assert shared <= 8 << 15
            assert threads & (threads - 1) == 0
            self.launches += 1
            values = [np.array(_address(value) if isinstance(value, np.ndarray) else value) for value in arguments]
            pointers = (ctypes.c_void_p * len(values))(*(_address(value) for value in values))
            getattr(loaded, f"launch_{name}")(pointers, blocks, self.threads)

        return launch


def as_cpp(text: str) -> str:
    """The kernels with what stands for CUDA before them, and a way in for each."""
    ways = "".join(
        f'extern "C" void launch_{name}(void** arguments, int blocks, int threads) {{\n'
        f"    run_blocks([](void** a) {{ call(&{name}, a); }}, arguments, blocks, threads);\n}}\n"
        for name in ("train", "evaluate")
    )
    return (HERE / "cuda_on_cpu.h").read_text(encoding="utf-8") + text + ways


def _address(array: np.ndarray[Any, Any]) -> int:
    assert array.flags.c_contiguous
    return array.ctypes.data


@pytest.fixture(scope="module")
def cpp(tmp_path_factory: pytest.TempPathFactory) -> Cpp:
    return Cpp(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def standin(cpp: Cpp) -> Backend:
    """A backend whose arrays are NumPy's and whose kernels are C++."""
    cpp.threads, cpp.launches = 1, 0
    return replace(CPU, name="c++", compile=cpp, shared_memory=48 << 10)


@pytest.fixture
def gpu() -> Backend:
    """CUDA, or a skip with the reason."""
    if problem := cuda_problem():
        pytest.skip(problem)
    return cuda()


# ---- what is compared ------------------------------------------------------------------------------------------------


def network(
    hidden: tuple[str, ...] = ("tanh", "relu"), dropout: float = 0.0, loss: str = "mse", output: str = ""
) -> Network:
    """A network of three inputs, widths 5, 4, 6, …; classes for losses of classes."""
    task = "regression" if not output else "classification"
    layers = tuple(Dense((5, 4, 6, 3)[i % 4], name, dropout, id=i + 1) for i, name in enumerate(hidden))
    data = Data(task, 3 if output == "softmax" else 2, features=("x1", "x2", "x1*x2"))  # type: ignore[arg-type]
    described = Described(layers, Output(output or "linear"))
    return resolve(Experiment("", data, described, Training(loss=Choice(loss))))


def hyper(optimizer: str, rate: Any = 0.01, batch: int = 8, **shaped: Any) -> Hyper:
    settings = {setting.name: setting.default for setting in OPTIMIZERS[optimizer].settings}
    return Hyper(rate, batch, optimizer, settings, **{"seed": 5, **shaped})


def train(
    where: Backend, net: Network, dtype: Any, steered: Hyper, slices: tuple[int, ...] = (4, 3), runs: int = RUNS
) -> Trained:
    """Slices of training over 30 samples in one order of three epochs, the last batch short."""
    rng = np.random.default_rng(3)
    engine = (ArrayEngine if where is CPU else FusedEngine)(net, where, dtype)
    x, outputs = rng.normal(size=(30, net.shape[0])), net.output.units
    t = np.eye(outputs)[rng.integers(0, outputs, 30)] if outputs > 1 else rng.choice([0.0, 1.0], size=(30, 1))
    state = engine.zero_state(rng.normal(size=(runs, net.parameters)) * 0.7, steered.optimizer, 11)
    if np.ndim(steered.rate) == 2:
        steered = replace(steered, rate=engine.array(steered.rate))
    if steered.free is not None:
        steered = replace(steered, free=engine.array(steered.free))
    order, at = np.concatenate([rng.permutation(30) for _ in range(3)]), 0
    trained = None
    for steps in slices:
        part = steered
        if np.ndim(steered.rate) and steered.rate.shape[-1] > 1:
            part = replace(steered, rate=steered.rate[..., at : at + steps])
        rest = where.to_device(order[at * steered.batch_size :])
        trained = engine.train(state, engine.columns(x), engine.columns(t), rest, steps, part)
        state, at = trained.state, at + steps
    assert trained is not None
    return on_host(where, trained)


def on_host(where: Backend, trained: Trained) -> Trained:
    state, home = trained.state, where.to_host
    slots = tuple(home(slot) for slot in state.slots)
    state = State(home(state.thetas), slots, state.step, state.since, home(state.good))
    return Trained(state, home(trained.loss), home(trained.gradient), home(trained.update), trained.failed)


def same(found: Trained, expected: Trained, dtype: Any, double: float = 1e-12) -> None:
    """Equal to 1e-12 in float64, to rounding in float32; also where each run that failed was left."""
    assert (found.state.step, found.state.since) == (expected.state.step, expected.state.since)
    assert np.array_equal(found.failed, expected.failed)
    close(found.state.thetas, expected.state.thetas, dtype, double)
    close(found.state.good, expected.state.good, dtype, double)
    fine = found.failed < 0
    for ours, theirs in zip(found.state.slots, expected.state.slots, strict=True):
        close(ours[fine], theirs[fine], dtype, double)
    for name in ("loss", "gradient", "update"):
        close(getattr(found, name)[fine], getattr(expected, name)[fine], dtype, double)


def close(found: Any, expected: Any, dtype: Any, double: float = 1e-12) -> None:
    assert found.dtype == expected.dtype == dtype
    limit = {"rtol": double, "atol": double} if dtype == np.float64 else {"rtol": 2e-4, "atol": 2e-5}
    np.testing.assert_allclose(found, expected, **limit)  # It compares shapes, too.


def exact(where: Backend) -> float:
    """How far float64 may be apart: a GPU's elementary functions round otherwise than the C library's."""
    return 1e-10 if where.name == "cuda" else 1e-12


def agrees(where: Backend, dtype: Any, net: Network, steered: Hyper, **given: Any) -> Trained:
    found = train(where, net, dtype, steered, **given)
    same(found, train(CPU, net, dtype, steered, **given), dtype, exact(where))
    return found


HEADS = [(row.name, output) for row in LOSSES.rows() for output in (row.outputs or ("linear", "sigmoid", "softmax"))]


def looking_agrees(where: Backend, dtype: Any, net: Network) -> None:
    """Losses, means with penalties, and outputs of a stack."""
    rng, outputs = np.random.default_rng(4), net.output.units
    thetas, x, t = (
        rng.normal(size=(RUNS, net.parameters)),
        rng.normal(size=(50, net.shape[0])),
        rng.random((50, outputs)),
    )
    here, there = ArrayEngine(net, CPU, dtype), FusedEngine(net, where, dtype)
    pairs = [
        (
            engine.loss(thetas, x, t),
            engine.loss(thetas, x, t, 0.1, 0.2),
            *engine.evaluate(thetas, x, t),
            engine.forward(thetas, x),
        )
        for engine in (there, here)
    ]
    for found, expected in zip(*pairs, strict=True):
        close(found, expected, dtype, exact(where))


def shapes() -> dict[str, tuple[Network, Hyper, dict[str, Any]]]:
    """What steers the steps in other ways than by the optimizer alone."""
    net, rng = network(), np.random.default_rng(6)
    free, rates = (rng.random(net.parameters) < 0.7).astype(float), np.geomspace(1e-3, 0.05, RUNS)
    dropped = network(("tanh", "gelu"), 0.3)
    return {
        "a rate for each run": (net, hyper("adam", rates[:, None]), {}),
        "a rate for each step": (net, hyper("nadam", np.linspace(0.01, 0.05, 7)), {}),
        "a rate for each run and step": (net, hyper("adamw", rates[:, None] * np.linspace(1, 2, 7)), {}),
        "penalties": (net, hyper("adam", l1=0.02, l2=0.1), {}),
        "decay": (net, hyper("adam", rates[:, None], decay=0.5), {}),
        "what is frozen": (net, hyper("momentum", free=free, decay=0.1), {}),
        "clipping by value": (net, hyper("sgd", 0.1, clip_value=0.05), {}),
        "clipping by norm": (net, hyper("sgd", 0.1, clip_norm=0.2), {}),
        "all of it": (
            dropped,
            hyper("amsgrad", rates[:, None], l1=0.01, l2=0.01, decay=0.1, clip_value=0.3, clip_norm=0.5),
            {},
        ),
        "dropout": (dropped, hyper("momentum"), {}),
        "batches of one": (net, hyper("adam", batch=1), {"slices": (5, 40)}),
        "the whole set": (net, hyper("adam", batch=30), {"slices": (2, 1)}),
        "more than the set": (net, hyper("adam", batch=100), {"slices": (1,)}),
    }


def divergence_agrees(where: Backend, dtype: Any) -> None:
    """Runs stop alone at the step where their loss is not finite, with the θ before the last."""
    net = network(("relu", "relu"))
    rates = np.full((RUNS, 1), 0.01)
    rates[3], rates[5], rates[7] = 1e60, 1e4, 1e25 if dtype == np.float32 else 1e150
    found = agrees(where, dtype, net, hyper("sgd", rates), slices=(10,))
    assert (found.failed[[3, 7]] >= 11).all()
    assert (found.failed >= 0).sum() in (2, 3)
    assert np.isfinite(found.state.thetas).all()
    everywhere = train(where, net, dtype, hyper("sgd", 1e60), slices=(10,))
    expected = train(CPU, net, dtype, hyper("sgd", 1e60), slices=(10,))
    assert (everywhere.failed >= 0).all()
    assert everywhere.state.step == expected.state.step < 21
    assert np.array_equal(everywhere.failed, expected.failed)


# ---- as C++ ----------------------------------------------------------------------------------------------------------


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hidden", [tuple(HIDDEN[i : i + 4]) for i in range(0, len(HIDDEN), 4)], ids="-".join)
def test_every_activation(standin: Backend, cpp: Cpp, hidden: tuple[str, ...], dtype: Any) -> None:
    agrees(standin, dtype, network(hidden), hyper("sgd", 0.01))
    assert cpp.launches == 2
    looking_agrees(standin, dtype, network(hidden))
    assert cpp.launches == 6


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("loss", "output"), HEADS)
def test_every_loss(standin: Backend, cpp: Cpp, loss: str, output: str, dtype: Any) -> None:
    net = network(("tanh",), loss=loss, output=output)
    agrees(standin, dtype, net, hyper("sgd", 0.05))
    looking_agrees(standin, dtype, net)
    assert cpp.launches == 6


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", ELEMENTWISE)
def test_every_optimizer(standin: Backend, cpp: Cpp, optimizer: str, dtype: Any) -> None:
    agrees(standin, dtype, network(), hyper(optimizer, OPTIMIZERS[optimizer].usual_rate))
    assert cpp.launches == 2


@needs_compiler
@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("what", list(shapes()))
def test_what_steers(standin: Backend, cpp: Cpp, what: str, threads: int) -> None:
    net, steered, given = shapes()[what]
    cpp.threads = threads
    agrees(standin, np.float64, net, steered, **given)
    assert cpp.launches == len(given.get("slices", (4, 3)))


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence(standin: Backend, dtype: Any) -> None:
    divergence_agrees(standin, dtype)


PLACES = {(True, True): 48 << 10, (True, False): 10000, (False, True): 8000, (False, False): 2500}
"""Bytes of shared memory that lead to each placing of a network of two wide layers: its parameters, its batch."""


def placed(where: Backend, near: tuple[bool, bool]) -> None:
    small, dropped = replace(where, shared_memory=PLACES[near]), Dense(12, "tanh", 0.2, id=1)
    net = resolve(Experiment("", Data("regression", 2), Described((dropped, Dense(12, id=2))), Training()))
    assert FusedEngine(net, small, np.float64)._placed("momentum", 8 | 1, 256)[1] == near
    agrees(small, np.float64, net, hyper("momentum"))
    looking_agrees(small, np.float64, net)


@needs_compiler
@pytest.mark.parametrize("near", list(PLACES))
def test_wherever_the_numbers_lie(
    standin: Backend, cpp: Cpp, near: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused, "WORK", 5000)  # so that the runs go in parts where the batch needs it
    cpp.threads = 4
    placed(standin, near)


@needs_compiler
def test_the_same_bits_however_many_threads_and_slices(standin: Backend, cpp: Cpp) -> None:
    net, steered = network(("tanh", "gelu"), 0.3), hyper("adam", batch=4)
    results = []
    for slices in ((7,), (3, 4)):
        for _ in range(2):
            cpp.threads = 4
            results.append(train(standin, net, np.float32, steered, slices))
    for other in results[1:]:
        assert np.array_equal(other.state.thetas, results[0].state.thetas)
        assert np.array_equal(other.loss, results[0].loss)


MAIN = """
#include <cstdio>
template <typename Number> Number* some(long long count, double of) {
    Number* numbers = new Number[count];
    for (long long i = 0; i < count; ++i) numbers[i] = Number(of * (i % 7 - 3));
    return numbers;
}
int main() {
    const long long runs = 2, by_run = 0, by_step = 0, first = 0, step = 0, P = PARAMETERS;
    Real *thetas = some<Real>(runs * P, 0.1), *goods = some<Real>(runs * P, 0.1);
    Real *slots = some<Real>(2 * runs * P, 0.0);
    Real *g = some<Real>(runs * P, 0), *updates = some<Real>(runs * P, 0), *losses = some<Real>(runs, 0);
    Real *x = some<Real>(INPUTS * 9, 0.3), *t = some<Real>(OUTPUTS * 9, 0.1), *weights = some<Real>(P, 0.5);
    double *factors = some<double>(3 * NUMBERS, 0.1), *rates = some<double>(1, -0.01), decay = 0.1, norm = 0.5;
    Real *work = nullptr, l1 = 0.1, l2 = 0.1, value = 0.5, *nothing = nullptr, *each = some<Real>(runs * 9, 0);
    long long failed[2], order[9] = {8, 7, 6, 5, 4, 3, 2, 1, 0};
    long long* fails = failed; long long* orders = order;
    Word seed = 3;
    int held = 1, linear = 1, samples = 9, size = 9, batch = 4, lanes = 5, steps = 3;
    void* training[] = {&thetas, &goods, &slots, &g, &updates, &losses, &fails, &x, &t, &orders, &factors, &rates,
        &weights, &weights, &work, (void*)&by_run, (void*)&by_step, (void*)&first, (void*)&runs, (void*)&step, &seed,
        &l1, &l2, &decay, &value, &norm, &held, &linear, &samples, &size, &batch, &lanes, &steps};
    for (int again = 0; again < 20; ++again) launch_train(training, 2, 8);
    void* looking[] = {&thetas, &x, &t, &weights, &losses, &each, &nothing, &l1, &l2, &samples};
    launch_evaluate(looking, 2, 8);
    std::printf("%d finished\\n", int(failed[0] + failed[1] + 2));
}
"""


def sanitised(folder: Path, text: str) -> str:
    """What ThreadSanitizer says of training, twenty times, and a look, by 8 threads; a skip where there is none."""
    assert COMPILER
    file, program = folder / "race.cpp", folder / "race"
    file.write_text(as_cpp(text) + MAIN, encoding="utf-8")
    arguments = [*FLAGS, "-O1", "-g", "-fsanitize=thread", str(file), str(HERE / "cuda_on_cpu.cpp"), "-o", str(program)]
    built = subprocess.run([COMPILER, *arguments], capture_output=True, text=True, check=False)
    if built.returncode:
        assert "tsan" in built.stderr, built.stderr
        pytest.skip("the C++ compiler has no ThreadSanitizer")
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    if "FATAL: ThreadSanitizer" in done.stderr:
        pytest.skip("ThreadSanitizer does not run on this kernel")
    assert "finished" in done.stdout
    return done.stderr


@needs_compiler
def test_no_two_threads_touch_the_same_number_between_two_meetings(tmp_path: Path) -> None:
    net = network(("tanh", "gelu"), 0.3, "cce", "softmax")
    text = source(net, "adam", np.float32)
    assert sanitised(tmp_path, text) == ""
    # Where they do not wait after the outputs' gradient, it is found.
    before, sign, after = text.partition(
        "batch.delta[at] = slope / Real(count);\n        }\n    }\n    __syncthreads();\n"
    )
    assert sign
    assert "data race" in sanitised(tmp_path, before + sign.replace("    __syncthreads();\n", "") + after)


# ---- what goes another way -------------------------------------------------------------------------------------------


def no_compiler(text: str) -> Launch:
    raise RuntimeError("nvrtc: error: no such thing\nand more")


def test_a_gpu_takes_the_fused_engine_for_plain_networks() -> None:
    standin = replace(CPU, name="cuda", compile=no_compiler)
    normed = resolve(Experiment("", Data("regression", 2), Described((Dense(4, id=1, norm="batch"),)), Training()))
    assert choice.kind(network(), standin) is FusedEngine
    assert choice.kind(normed, standin) is ArrayEngine
    assert choice.kind(network(), CPU) is not FusedEngine


@needs_compiler
def test_few_runs_large_networks_and_wide_layers_go_the_array_way(
    standin: Backend, cpp: Cpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused, "LARGE", wide().parameters - 1)
    agrees(standin, np.float64, wide(), hyper("adam"))
    agrees(standin, np.float64, network(), hyper("adam"), runs=FEW - 1)
    looking_agrees(standin, np.float64, wide())
    assert cpp.launches == 0


@needs_compiler
def test_lbfgs_takes_its_gradients_and_losses_from_the_kernels(standin: Backend, cpp: Cpp) -> None:
    agrees(standin, np.float64, network(), hyper("lbfgs", 1.0), slices=(1,))
    assert cpp.launches >= 3


def wide() -> Network:
    return resolve(Experiment("", Data("regression", 2), Described((Dense(fused.WIDE + 1, id=1),)), Training()))


def test_what_does_not_compile_goes_the_array_way_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = replace(CPU, name="cuda", compile=no_compiler)
    with caplog.at_level(logging.WARNING):
        agrees(broken, np.float64, network(), hyper("adam"))
    (said,) = caplog.messages
    assert said.endswith(": nvrtc: error: no such thing")


def test_coefficients_that_go_with_the_rate_in_another_way_are_left_to_the_array_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ELEMENTWISE:
        factors, linear = fused._factors(hyper(name), 3, 40) or (None, 0)
        assert factors is not None
        row, settings, t = OPTIMIZERS[name], hyper(name).settings, np.arange(4.0, 44.0)
        for index, value in enumerate(row.coefficients(0.37, t, settings)):
            ours = factors[:, index] * (0.37 if linear >> index & 1 else 1.0)
            assert ours == pytest.approx(np.broadcast_to(value, t.shape), rel=1e-14)
    squared = replace(OPTIMIZERS["sgd"], coefficients=lambda r, t, s: (r * r,))
    monkeypatch.setattr(fused, "OPTIMIZERS", {"sgd": squared})
    assert fused._factors(hyper("sgd"), 0, 5) is None


def test_other_networks_and_optimizers_have_no_source() -> None:
    normed = resolve(Experiment("", Data("regression", 2), Described((Dense(4, id=1, norm="layer"),)), Training()))
    with pytest.raises(ValueError, match="the array engine's"):
        source(normed, "sgd", np.float32)
    with pytest.raises(ValueError, match="lbfgs is no elementwise update"):
        source(network(), "lbfgs", np.float32)


# ---- on a real device ------------------------------------------------------------------------------------------------


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_row_on_cuda(gpu: Backend, dtype: Any) -> None:
    for begin in range(0, len(HIDDEN), 4):
        agrees(gpu, dtype, network(tuple(HIDDEN[begin : begin + 4])), hyper("sgd", 0.01))
        looking_agrees(gpu, dtype, network(tuple(HIDDEN[begin : begin + 4])))
    for loss, output in HEADS:
        agrees(gpu, dtype, network(("tanh",), loss=loss, output=output), hyper("sgd", 0.05))
        looking_agrees(gpu, dtype, network(("tanh",), loss=loss, output=output))
    for optimizer in ELEMENTWISE:
        agrees(gpu, dtype, network(), hyper(optimizer, OPTIMIZERS[optimizer].usual_rate))
    divergence_agrees(gpu, dtype)


@pytest.mark.cuda
@pytest.mark.parametrize("what", list(shapes()))
def test_what_steers_on_cuda(gpu: Backend, what: str) -> None:
    net, steered, given = shapes()[what]
    agrees(gpu, np.float64, net, steered, **given)


@pytest.mark.cuda
@pytest.mark.parametrize("near", list(PLACES))
def test_wherever_the_numbers_lie_on_cuda(gpu: Backend, near: tuple[bool, bool]) -> None:
    placed(gpu, near)


@pytest.mark.cuda
def test_the_kernel_compiles_on_cuda(gpu: Backend) -> None:
    assert FusedEngine(network(), gpu)._launch("adam", True, True) is not None
