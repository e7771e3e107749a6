"""The compiled engine against the array engine: the same operations, equal to rounding."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

numba = pytest.importorskip("numba", reason="Numba is not installed, so there is no compiled engine")

from core.activations import ACTIVATIONS  # noqa: E402
from core.data.generators import generate  # noqa: E402
from core.engine import chains, choice  # noqa: E402
from core.engine.array import ArrayEngine, Hyper  # noqa: E402
from core.engine.compiled import CompiledEngine  # noqa: E402
from core.engine.memory import pointer  # noqa: E402
from core.engine.scalar import FLOAT32, jit  # noqa: E402
from core.model import Model  # noqa: E402
from core.optimizers import OPTIMIZERS  # noqa: E402
from core.random import permutation  # noqa: E402
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Output, Training, with_ids  # noqa: E402
from core.trainer import Trainer  # noqa: E402

HEADS = (
    ("circle", 2, "auto", "auto"),
    ("circle", 2, "mse", "tanh"),
    ("circle", 2, "mse", "linear"),
    ("spiral", 3, "auto", "auto"),
    ("spiral", 3, "mse", "softmax"),
    ("spiral", 3, "bce", "auto"),
    ("plane", 2, "auto", "auto"),
    ("plane", 2, "mae", "auto"),
    ("plane", 2, "huber", "auto"),
    ("circle", 2, "hinge", "tanh"),
    ("spiral", 3, "hinge", "auto"),
    ("spiral", 3, "huber", "softmax"),
    ("spiral", 3, "cce", "auto"),
)
LOSS_SETTINGS = {"huber": {"delta": 0.2}, "cce": {"smoothing": 0.15}}
HIDDEN = [row.name for row in ACTIVATIONS.rows() if row.hidden]
CLOSE = {"float64": 1e-12, "float32": 2e-4}


def model(
    head: tuple[str, int, str, str] = HEADS[0], hidden: str = "tanh", dropout: float = 0.0, **other: Any
) -> Model:
    generator = Generator(head[0], count=120, classes=head[1])
    task = "regression" if head[0] == "plane" else "classification"
    layers = (Dense(6, hidden, dropout), Dense(5, hidden, dropout, bias=False))
    return Model.of(
        Experiment(
            data=Data(task, head[1], generate(generator), generator),
            network=with_ids(Network(layers, Output(head[3]))),
            training=Training(loss=Choice(head[2], LOSS_SETTINGS.get(head[2], {})), **other),
        )
    )


def hyper(optimizer: str, batch: int = 7, **other: float) -> Hyper:
    settings = {setting.name: setting.default for setting in OPTIMIZERS[optimizer].settings}
    return Hyper(max(0.03, OPTIMIZERS[optimizer].usual_rate), batch, optimizer, settings, seed=11, **other)  # type: ignore[arg-type]


def trained(engine: ArrayEngine, made: Model, settings: Hyper, runs: int = 3) -> tuple[npt.NDArray[Any], ...]:
    x, t = engine.columns(made.prepared.x_train), engine.columns(made.targets(made.prepared.y_train))
    state = engine.zero_state(np.stack([made.network.initial(seed) for seed in range(runs)]), settings.optimizer)
    for epoch in range(3):
        result = engine.train(state, x, t, permutation(epoch, x.shape[1]), 10_000, settings)
        state = result.state
    return (state.thetas, *state.slots, result.loss, result.gradient, result.update)


def agree(made: Model, settings: Hyper, precision: str) -> None:
    one = trained(ArrayEngine(made.network, dtype=precision), made, settings)
    two = trained(CompiledEngine(made.network, dtype=precision), made, settings)
    for expected, got in zip(one, two, strict=True):
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=CLOSE[precision])
    assert np.abs(one[0] - np.stack([made.network.initial(seed) for seed in range(3)])).max() > 0.01


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("head", HEADS, ids=lambda head: "-".join(map(str, head)))
def test_training_agrees_for_every_head(head: tuple[str, int, str, str], precision: str) -> None:
    agree(model(head), hyper("adam"), precision)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_training_agrees_for_every_activation(hidden: str, precision: str) -> None:
    agree(model(hidden=hidden), hyper("sgd"), precision)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_training_agrees_for_every_optimizer_with_penalties(optimizer: str) -> None:
    agree(model(), hyper(optimizer, l1=0.003, l2=0.02), "float64")


@pytest.mark.parametrize("batch", [1, 7, 8, 33, 60, 1000])
def test_dropout_masks_are_the_same_whatever_the_batch(batch: int) -> None:
    agree(model(dropout=0.4, hidden="relu"), hyper("momentum", batch), "float64")


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("head", HEADS, ids=lambda head: "-".join(map(str, head)))
def test_stacks_of_losses_and_outputs_agree(head: tuple[str, int, str, str], precision: str) -> None:
    made = model(head)
    thetas = np.stack([made.network.initial(seed) for seed in range(20)])
    x, t = made.prepared.x_train, made.targets(made.prepared.y_train)
    one, two = ArrayEngine(made.network, dtype=precision), CompiledEngine(made.network, dtype=precision)
    close = {"rtol": CLOSE[precision], "atol": CLOSE[precision]}
    np.testing.assert_allclose(two.loss(thetas, x, t, 0.1, 0.2), one.loss(thetas, x, t, 0.1, 0.2), **close)
    np.testing.assert_allclose(two.losses(thetas, x, t), one.losses(thetas, x, t), **close)
    np.testing.assert_allclose(two.forward(thetas, x), one.forward(thetas, x), **close)


@pytest.fixture
def compiled() -> Iterator[None]:
    for precision in choice.PRECISIONS:
        choice.use_compiled(precision)
    yield
    choice.use_array()


def experiment(**training: Any) -> Experiment:
    return model(**training).experiment


@pytest.mark.parametrize("head", [HEADS[0], HEADS[3], HEADS[6]], ids=lambda head: "-".join(map(str, head)))
def test_the_same_bits_however_it_is_sliced(compiled: None, head: tuple[str, int, str, str]) -> None:
    ends, records, moments = set(), set(), set()
    for size in (1, 3, 10, 1000):
        trainer = Trainer(model(head, dropout=0.2, optimizer=Choice("adam"), batch_size=7).experiment)
        while trainer.state.step < 95:
            trainer.advance(min(size, 95 - trainer.state.step))
        assert trainer.engine.name == "compiled"
        history = trainer.history
        ends.add(trainer.theta.tobytes())
        records.add(tuple(history.column(name).tobytes() for name in sorted(history.names()) if name != "seconds"))
        moments.add(tuple((m.step, m.since, m.epoch, m.rows, m.loss, m.theta.tobytes()) for m in history.moments()))
    assert len(ends) == len(records) == len(moments) == 1


def test_whole_epochs_in_one_call_are_measured_as_the_array_engine_measures(compiled: None) -> None:
    made = model(precision="float64", optimizer=Choice("adam")).experiment
    block = Trainer(made)
    block.advance(200)
    choice.use_array()
    single = Trainer(made)
    single.advance(200)
    for name in single.history.names():
        if name != "seconds":
            np.testing.assert_allclose(block.history.column(name), single.history.column(name), rtol=1e-9, err_msg=name)


def test_divergence_in_the_middle_of_a_block_is_where_single_steps_find_it(compiled: None) -> None:
    made = model(HEADS[2], "linear", learning_rate=3.0, batch_size=7).experiment
    found = []
    for size in (1, 1000):
        trainer = Trainer(made)
        while trainer.divergence is None and trainer.state.step < 5000:
            trainer.advance(size)
        gone = trainer.divergence
        assert gone is not None
        assert np.isfinite(trainer.theta).all()
        found.append((gone, trainer.epoch, len(trainer.history), trainer.theta.tobytes()))
    assert found[0] == found[1]


def test_training_changes_over_when_the_loops_are_ready() -> None:
    trainer, reference = Trainer(model(precision="float64").experiment), Trainer(model(precision="float64").experiment)
    trainer.advance(40)
    assert trainer.engine.name == "array"
    choice.use_compiled("float64")
    trainer.advance(40)
    assert trainer.engine.name == "compiled"
    choice.use_array()
    reference.advance(80)
    np.testing.assert_allclose(trainer.theta, reference.theta, rtol=1e-10)
    assert trainer.history.column("train_loss") == pytest.approx(reference.history.column("train_loss"), rel=1e-10)


def test_wide_networks_are_left_to_the_array_engine(compiled: None) -> None:
    wide = with_ids(Network((Dense(200), Dense(200))))
    made = Model.of(Experiment(network=wide))
    assert made.network.parameters > choice.WIDE
    assert made.engine().name == "array"


@pytest.mark.parametrize("rate", [50.0, 1e30])
def test_divergence_is_found_at_the_same_step(rate: float) -> None:
    def run(kind: type[ArrayEngine]) -> tuple[Any, ...]:
        made = model(("plane", 2, "mse", "linear"), "linear")
        engine = kind(made.network, dtype="float64")
        x, t = engine.columns(made.prepared.x_train), engine.columns(made.targets(made.prepared.y_train))
        thetas = np.stack([made.network.initial(seed) for seed in range(2)])
        rates = np.array([[rate], [0.001]])
        result = engine.train(
            engine.zero_state(thetas, "sgd"), x, t, permutation(0, x.shape[1]), 1000, Hyper(rates, 5, "sgd", {})
        )
        return result.failed.tolist(), result.state.step, np.isfinite(result.state.thetas).all()

    one, two = run(ArrayEngine), run(CompiledEngine)
    assert one == two
    assert one[0][0] >= 0
    assert one[0][1] == -1
    assert one[2]


def test_read_only_arrays_do_not_compile_anything_anew() -> None:
    made = model()
    theta = made.network.initial(0)[None].astype(np.float32)
    theta.setflags(write=False)
    from core.engine import kernels

    CompiledEngine(made.network).forward(theta, made.prepared.x_train)
    before = len(kernels.call.signatures)
    CompiledEngine(made.network).loss(theta, made.prepared.x_train, made.targets(made.prepared.y_train))
    assert len(kernels.call.signatures) == before <= len(choice.PRECISIONS)


# ---- elementary functions ------------------------------------------------------------------------------------------


def over(function: Any) -> Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    @jit
    def run(x: Any, out: Any) -> None:
        for k in range(x.size):
            out[k] = function(x[k])

    def apply(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        out = np.empty_like(x)
        run(x, out)
        return out

    return apply


SIGNED = np.concatenate([np.linspace(-86, 88, 20_001), np.logspace(-30, 1, 500), -np.logspace(-30, 1, 500)])


@pytest.mark.parametrize(
    ("name", "reference", "x"),
    [
        ("exp", np.exp, SIGNED),
        ("tanh", np.tanh, SIGNED),
        ("log", np.log, np.logspace(-37, 38, 20_001)),
        ("log1p", np.log1p, np.logspace(-30, 30, 20_001)),
        ("sin", np.sin, SIGNED),
        ("cos", np.cos, SIGNED),
    ],
)
def test_approximations_are_good_to_float32(name: str, reference: Any, x: npt.NDArray[np.float64]) -> None:
    x32 = x.astype(np.float32)
    expected = reference(x32.astype(np.float64))
    np.testing.assert_allclose(over(getattr(FLOAT32, name))(x32), expected, rtol=5e-7, atol=0)


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("exp", [math.nan, math.inf, -math.inf, 200.0, -200.0], [math.nan, math.inf, 0.0, math.inf, 0.0]),
        ("log", [math.nan, math.inf, 0.0, -1.0], [math.nan, math.inf, -math.inf, math.nan]),
        ("log1p", [math.nan, math.inf, 0.0], [math.nan, math.inf, 0.0]),
        ("tanh", [math.nan, math.inf, -math.inf], [math.nan, 1.0, -1.0]),
        ("sigmoid", [math.nan, math.inf, -math.inf], [math.nan, 1.0, 0.0]),
        ("sin", [math.nan, math.inf, -math.inf], [math.nan, math.nan, math.nan]),
        ("cos", [math.nan, math.inf, -math.inf], [math.nan, math.nan, math.nan]),
    ],
)
def test_what_is_not_finite_comes_through(name: str, inputs: list[float], outputs: list[float]) -> None:
    got = over(getattr(FLOAT32, name))(np.array(inputs, np.float32))
    np.testing.assert_allclose(got, np.array(outputs, np.float32), atol=3e-7)


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_waves_are_right_far_out_and_stay_in_range_beyond(name: str) -> None:
    far = np.linspace(-1e7, 1e7, 20_001).astype(np.float32)
    expected = getattr(np, name)(far.astype(np.float64))
    np.testing.assert_allclose(over(getattr(FLOAT32, name))(far), expected, rtol=0, atol=2e-7)
    huge = np.array([1e12, -1e20, 3e38], np.float32)
    assert (np.abs(over(getattr(FLOAT32, name))(huge)) <= 1.0).all()


def test_no_formula_is_left_as_a_call_in_its_loop() -> None:
    """Such a call keeps the loop from working on many lanes at once, which makes it ten times slower."""

    @jit
    def run(x: Any) -> None:
        p = pointer(x)
        chains.activate(0, p, p, 16)
        chains.loss_value(0, p, p, p, p, 16)

    run(np.zeros(16, np.float32))
    for loops in (chains.activate, chains.loss_value):
        text = next(text for kinds, text in loops.inspect_llvm().items() if "float32" in str(kinds))
        body = text[text.index("\ndefine ") :].partition("\n}")[0]
        called = set(re.findall(r"call [^@]*@([^( ]+)\(", body))
        assert {name for name in called if not name.startswith(("llvm.", "NRT_"))} == set()
        assert "<16 x float>" in body


def test_choice_of_optimizer_settings_reaches_the_loops(compiled: None) -> None:
    plain = Trainer(model(optimizer=Choice("adam"), precision="float64").experiment)
    tuned = Trainer(model(optimizer=Choice("adam", {"beta1": 0.5}), precision="float64").experiment)
    for trainer in (plain, tuned):
        trainer.advance(50)
    assert np.abs(plain.theta - tuned.theta).max() > 1e-3
