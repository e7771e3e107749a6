"""The same schedules in PyTorch, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.schedules import Plateau, rates, reduced
from core.spec import Choice, Training

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'learnscape[peers]' adds it")
lr: Any = torch.optim.lr_scheduler

BASE, EACH, STEPS = 0.3, 7, 400


def theirs(make: Callable[[Any], Any], steps: int = STEPS) -> list[float]:
    """The rate of each step, the scheduler stepping after each."""
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], BASE)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def ours(name: str, steps: int = STEPS, warmup: float = 0.0, **settings: float) -> Any:
    return rates(Training(learning_rate=BASE, schedule=Choice(name, settings), warmup=warmup), np.arange(steps), EACH)


CASES: dict[str, tuple[Any, Callable[[Any], Any], int]] = {
    "constant": (ours("constant"), lambda o: lr.ConstantLR(o, 1.0), STEPS),
    "step": (ours("step", every=9.0, factor=0.3), lambda o: lr.StepLR(o, 9 * EACH, 0.3), STEPS),
    "exponential": (ours("exponential", factor=0.9), lambda o: lr.ExponentialLR(o, 0.9 ** (1 / EACH)), STEPS),
    "linear": (ours("linear", epochs=40.0, end=0.1), lambda o: lr.LinearLR(o, 1.0, 0.1, 40 * EACH), STEPS),
    "polynomial": (ours("polynomial", epochs=40.0, power=1.7), lambda o: lr.PolynomialLR(o, 40 * EACH, 1.7), STEPS),
    "cosine": (
        ours("cosine", 40 * EACH, epochs=40.0, floor=0.05),
        lambda o: lr.CosineAnnealingLR(o, 40 * EACH, 0.05 * BASE),
        40 * EACH,
    ),
    "cosine_restarts": (
        ours("cosine_restarts", epochs=6.0, longer=2.0, floor=0.05),
        lambda o: lr.CosineAnnealingWarmRestarts(o, 6 * EACH, 2, 0.05 * BASE),
        STEPS,
    ),
    "cosine_restarts of one length": (
        ours("cosine_restarts", epochs=6.0, longer=1.0),
        lambda o: lr.CosineAnnealingWarmRestarts(o, 6 * EACH),
        STEPS,
    ),
    "one_cycle": (
        ours("one_cycle", 50 * EACH, epochs=50.0, rise=0.25, start=10.0, end=100.0),
        lambda o: lr.OneCycleLR(
            o, BASE, 50 * EACH, pct_start=0.25, div_factor=10.0, final_div_factor=100.0, cycle_momentum=False
        ),
        50 * EACH - 1,
    ),
    "cyclical": (
        ours("cyclical", epochs=8.0, low=0.1),
        lambda o: lr.CyclicLR(o, 0.1 * BASE, BASE, 4 * EACH, cycle_momentum=False),
        STEPS,
    ),
    "cyclical, shrinking": (
        ours("cyclical", epochs=8.0, low=0.1, shrink=0.5),
        lambda o: lr.CyclicLR(o, 0.1 * BASE, BASE, 4 * EACH, mode="triangular2", cycle_momentum=False),
        STEPS,
    ),
    "warm-up": (
        ours("constant", warmup=5.0),
        lambda o: lr.LinearLR(o, 1 / (5 * EACH), 1.0, 5 * EACH - 1),
        STEPS,
    ),
    "warm-up before cosine": (
        ours("cosine", warmup=5.0, epochs=60.0),
        lambda o: lr.SequentialLR(
            o,
            [lr.LinearLR(o, 1 / (5 * EACH), 1.0, 5 * EACH - 1), lr.CosineAnnealingLR(o, 60 * EACH)],
            [5 * EACH],
        ),
        STEPS,
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")
def test_the_schedule_is_pytorchs(case: str) -> None:
    found, make, steps = CASES[case]
    np.testing.assert_allclose(found[:steps], theirs(make, steps), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("settings", [{}, {"patience": 3.0, "factor": 0.5, "cooldown": 2.0, "floor": 0.02}])
def test_reduce_on_plateau_is_pytorchs(seed: int, settings: dict[str, float]) -> None:
    rng = np.random.default_rng(seed)
    losses = (np.exp(-np.arange(200) / 30.0) + 0.05 * rng.random(200)).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], BASE)
    scheduler = lr.ReduceLROnPlateau(
        optimizer,
        factor=settings.get("factor", 0.1),
        patience=int(settings.get("patience", 10)),
        cooldown=int(settings.get("cooldown", 0)),
        min_lr=settings.get("floor", 0.0) * BASE,
    )
    training, plateau = Training(learning_rate=BASE, schedule=Choice("plateau", settings)), Plateau()
    seen = set()
    for loss in losses:
        scheduler.step(loss)
        plateau = reduced(plateau, loss, training)
        rate = optimizer.param_groups[0]["lr"]
        assert rates(training, [0.0], EACH, plateau.scale)[0] == pytest.approx(rate, rel=1e-9)
        seen.add(rate)
    assert len(seen) > 1, "the losses have to have a plateau"
