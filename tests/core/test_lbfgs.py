"""L-BFGS: the directions, the search, and whole trainings against PyTorch's own, quadratics and Adam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.data.generators import GENERATORS, generate
from core.engine import choice, lbfgs
from core.engine.array import ArrayEngine, Hyper
from core.network import resolve
from core.optimizers import MEMORY, OPTIMIZERS
from core.project import Project, decode, encode
from core.spec import Choice, Data, Dense, Experiment, Frozen, Generator, Network, Points, Split, Training, change
from core.trainer import Trainer

numba_problem = choice.numba_problem()
ENGINES = [
    "array",
    pytest.param("compiled", marks=pytest.mark.skipif(bool(numba_problem), reason=numba_problem or "Numba is here")),
]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Trainers made meanwhile compute on the engine of that name."""
    choice.use_array()
    if request.param == "compiled":
        choice.use_compiled("float32")
        choice.use_compiled("float64")
    yield request.param
    choice.use_array()


def spiral(precision: str = "float64", **training: Any) -> Experiment:
    made = Generator("spiral", 120, 0.02)
    network = Network((Dense(6, id=1), Dense(5, id=2)))
    given: dict[str, Any] = {"learning_rate": 1.0, "optimizer": Choice("lbfgs"), "precision": precision, **training}
    return Experiment("", Data(points=generate(made), generator=made), network, Training(**given))


def plane(count: int = 60, **training: Any) -> Experiment:
    """A plane fitted by one linear unit: a quadratic in three numbers, unevenly scaled."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(count, 2)) * [3.0, 0.2]
    y = 2.0 * x[:, 0] - 5.0 * x[:, 1] + 1.0 + 0.1 * rng.normal(size=count)
    given: dict[str, Any] = {"learning_rate": 1.0, "optimizer": Choice("lbfgs"), "precision": "float64", **training}
    data = Data("regression", 2, Points(x, y), split=Split(0.5))
    return Experiment("", data, Network(), Training(loss=Choice("mse"), **given))


# ---- the direction ---------------------------------------------------------------------------------------------------


def test_the_two_loops_are_the_bfgs_formula_written_out(rng: np.random.Generator) -> None:
    size = 7
    pairs = [(s, s * rng.uniform(0.5, 2.0, size)) for s in rng.normal(size=(4, size))]
    inverse = np.eye(size) * (pairs[0][0] @ pairs[0][1]) / (pairs[0][1] @ pairs[0][1])
    for s, y in reversed(pairs):  # Nocedal & Wright, equation 7.16, the oldest pair first
        rho = 1.0 / (s @ y)
        v = np.eye(size) - rho * np.outer(y, s)
        inverse = v.T @ inverse @ v + rho * np.outer(s, s)
    gradient = rng.normal(size=size)
    nothing = [np.zeros((1, size))] * (MEMORY - 4)
    stacked = [*(s[None] for s, _ in pairs), *nothing, *(y[None] for _, y in pairs), *nothing]
    found = lbfgs._two_loops(np, gradient[None], stacked, MEMORY)
    assert found[0] == pytest.approx(inverse @ gradient, rel=1e-12)


def test_without_a_pair_the_direction_is_the_gradient_itself(rng: np.random.Generator) -> None:
    gradient = rng.normal(size=(2, 5))
    assert np.array_equal(lbfgs._two_loops(np, gradient, [np.zeros((2, 5))] * 2 * MEMORY, MEMORY), gradient)


# ---- what it comes to ------------------------------------------------------------------------------------------------


def test_a_quadratic_is_solved_in_about_as_many_steps_as_it_has_numbers(engine: str) -> None:
    trainer = Trainer(plane())
    trainer.advance(16)
    x, y = trainer.model.prepared.x_train, trainer.model.prepared.y_train
    solved = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    assert trainer.theta == pytest.approx(solved, rel=1e-8)
    assert trainer.epoch == trainer.state.step == 16, "one step is one epoch, whatever the batch"


@pytest.mark.parametrize(("name", "units", "share"), [("moons", (4,), 1e-6), ("sine_radius", (6, 5), 0.5)])
def test_it_falls_lower_than_adam_in_as_many_gradients(engine: str, name: str, units: Any, share: float) -> None:
    made = Generator(name, 120, 0.02)
    data = Data(task=GENERATORS[name].task, points=generate(made), generator=made)
    network, losses = Network(tuple(Dense(n, id=i + 1) for i, n in enumerate(units))), {}
    for optimizer, rate in (("lbfgs", 1.0), ("adam", 0.003), ("adam", 0.03), ("adam", 0.3)):
        training = Training(rate, 10_000, Choice(optimizer), precision="float64")
        trainer = Trainer(Experiment("", data, network, training))
        trainer.advance(300)
        assert trainer.state.step == 300
        losses[optimizer, rate] = trainer.snapshot().train_loss
    best = losses.pop(("lbfgs", 1.0))
    assert best < share * min(losses.values())


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("rate", [0.1, 1.0, 1000.0])
def test_the_loss_never_rises_by_more_than_rounding_and_never_diverges(
    engine: str, rate: float, precision: str
) -> None:
    trainer = Trainer(spiral(precision, learning_rate=rate))
    trainer.advance(200)
    assert trainer.divergence is None
    loss = trainer.history.column("train_loss")
    assert (np.diff(loss) <= 20 * np.finfo(precision).eps * loss[:-1]).all()
    assert loss[-1] < 0.7 * loss[0]


def test_penalties_are_part_of_what_falls_and_decay_comes_after(engine: str) -> None:
    trainer = Trainer(plane(l2=0.5))
    trainer.advance(15)
    x, y = trainer.model.prepared.x_train, trainer.model.prepared.y_train
    design = np.column_stack([x, np.ones(len(x))])
    ridge = np.linalg.solve(2 * design.T @ design / len(x) + np.diag([0.5, 0.5, 0.0]), 2 * design.T @ y / len(x))
    assert trainer.theta == pytest.approx(ridge, rel=1e-5)
    one, two = Trainer(plane()), Trainer(plane(weight_decay=0.1))
    start = one.theta.copy()
    one.advance(1)
    two.advance(1)
    assert two.theta == pytest.approx(one.theta - 0.1 * start * [1, 1, 0], rel=1e-12)


def test_lasso_finds_the_weight_that_is_worth_nothing(engine: str) -> None:
    trainer = Trainer(plane(l1=1.0))
    trainer.advance(60)
    loss = trainer.history.column("train_loss")
    theta = trainer.theta
    assert abs(theta[1]) < 0.05, "by the subgradient it comes near zero, if not exactly there"
    assert np.isfinite(loss).all()


def test_frozen_numbers_stay_even_when_frozen_in_mid_run(engine: str) -> None:
    trainer = Trainer(spiral())
    trainer.advance(8)
    frozen = Frozen(1, 2, "x1")
    before = trainer.theta.copy()
    trainer.adopt(change(trainer.experiment, "network.frozen", (frozen,)))
    trainer.advance(20)
    moved = trainer.theta != before
    assert moved.sum() == len(before) - 1


def test_where_no_step_is_lower_theta_stays_and_the_pairs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(spiral())
    trainer.advance(5)
    monkeypatch.setattr(lbfgs, "TRIES", 1)
    monkeypatch.setattr(lbfgs, "SUFFICIENT", 1e9)
    theta = trainer.theta.copy()
    trainer.advance(1)
    assert np.array_equal(trainer.theta, theta)
    assert not any(slot.any() for slot in trainer.state.slots)
    monkeypatch.undo()
    loss = trainer.snapshot().train_loss
    trainer.advance(1)
    assert trainer.snapshot().train_loss < loss


# ---- the same run ----------------------------------------------------------------------------------------------------


def test_rewinding_in_mid_run_is_exact(engine: str) -> None:
    trainer, reference = Trainer(spiral("float32")), Trainer(spiral("float32"))
    for each in (trainer, reference):
        each.advance(60)
    back = next(m for m in trainer.history.moments() if m.step == 23)
    trainer.restore(back)
    trainer.advance(37)
    assert trainer.theta.tobytes() == reference.theta.tobytes()


def test_a_file_goes_on_bit_for_bit() -> None:
    spec = spiral("float32")
    trainer = Trainer(spec)
    trainer.advance(17)
    project = decode(encode(Project(spec, trainer.moment())))
    assert project.state is not None
    other = Trainer(project.experiment)
    other.load(project.state)
    for each in (trainer, other):
        each.advance(20)
    assert other.theta.tobytes() == trainer.theta.tobytes()


def test_taking_it_up_in_the_middle_of_an_epoch_takes_all_samples_at_once(engine: str) -> None:
    trainer = Trainer(spiral(optimizer=Choice("sgd"), learning_rate=0.1, batch_size=7))
    trainer.advance(3)
    trainer.adopt(change(trainer.experiment, "training.optimizer", Choice("lbfgs")))
    trainer.advance(1)
    assert (trainer.epoch, trainer.offset) == (1, 0)
    trainer.advance(4)
    assert (trainer.epoch, trainer.state.step) == (5, 8)


@pytest.mark.parametrize("kind", ENGINES)
def test_a_stack_is_its_runs(kind: str, rng: np.random.Generator) -> None:
    made: Any = ArrayEngine
    if kind == "compiled":
        from core.engine.compiled import CompiledEngine as made
    spec = spiral()
    network = resolve(spec)
    x, t = rng.normal(size=(40, 2)), rng.integers(0, 2, (40, 1)).astype(float)
    engine = made(network, dtype=np.float64)
    thetas = rng.normal(size=(4, network.parameters))
    thetas[2] *= 1e200
    rates = np.array([[1.0], [0.3], [1.0], [50.0]])
    settings = {"memory": 5.0}

    def train(start: Any, rate: Any) -> Any:
        state, failed = engine.zero_state(start, "lbfgs"), np.full(len(start), -1)
        for _ in range(25):
            done = engine.train(
                state, engine.columns(x), engine.columns(t), np.arange(40), 1, Hyper(rate, 10, "lbfgs", settings)
            )
            state, failed = done.state, np.maximum(failed, done.failed)
        return state.thetas, failed

    together, failed = train(thetas, rates)
    for run in range(4):
        alone, gone = train(thetas[run : run + 1], rates[run : run + 1])
        assert alone[0] == pytest.approx(together[run], rel=1e-9)
        assert gone[0] == failed[run]


# ---- PyTorch ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("kind", ENGINES)
def test_two_hundred_steps_are_pytorchs_where_first_tries_are_accepted(
    kind: str, rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'learnscape[peers]'")
    made: Any = ArrayEngine
    if kind == "compiled":
        from core.engine.compiled import CompiledEngine as made
    layers = (Dense(5, "tanh", id=1), Dense(4, "tanh", id=2))
    network = resolve(Experiment("", Data(classes=3), Network(layers)))
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 2))
    t = np.eye(3)[np.argmax(x @ rng.normal(size=(2, 3)), axis=1)]
    theta, penalty = rng.normal(0.0, 0.6, (1, network.parameters)), 0.1
    engine = made(network, dtype=np.float64)
    weights = torch.from_numpy(np.asarray(engine.penalised))

    theirs = torch.tensor(theta[0], requires_grad=True)
    steps = torch.optim.LBFGS([theirs], lr=rate, max_iter=1, history_size=10, tolerance_grad=0.0, tolerance_change=0.0)

    def closure() -> Any:
        steps.zero_grad()
        a = torch.from_numpy(x)
        for index, layer in enumerate(network.layers):
            assert layer.bias is not None
            w = theirs[layer.weight.start : layer.weight.stop].reshape(layer.weight.shape)
            z = a @ w.T + theirs[layer.bias.start : layer.bias.stop]
            a = torch.tanh(z) if index < 2 else z
        loss = torch.nn.functional.cross_entropy(a, torch.from_numpy(t))
        loss = loss + 0.5 * penalty * (weights * theirs * theirs).sum()
        loss.backward()
        return loss

    evaluated, measure = [], engine.measure
    monkeypatch.setattr(engine, "measure", lambda *given: (evaluated.append(1), measure(*given))[1])
    state, worst = engine.zero_state(theta, "lbfgs"), 0.0
    hyper = Hyper(rate, 7, "lbfgs", {"memory": 10.0}, l2=penalty)
    for _ in range(200):
        state = engine.train(state, engine.columns(x), engine.columns(t), np.arange(40), 1, hyper).state
        steps.step(closure)
        ours, other = state.thetas[0], theirs.detach().numpy()
        worst = max(worst, float(np.linalg.norm(ours - other) / np.linalg.norm(other)))
    assert len(evaluated) == 400, "each search measures θ and its first try, and no more"
    assert np.linalg.norm(ours - theta[0]) > 0.3
    assert worst <= 1e-9


def test_its_row_says_what_it_needs() -> None:
    row = OPTIMIZERS["lbfgs"]
    assert (row.whole, row.formula, len(row.slots)) == (True, None, 2 * MEMORY + 2)
    assert [name for name, other in OPTIMIZERS.items() if other.whole] == ["lbfgs"]
