"""Cuts through the loss: along a weight against curriculum rows 9 and 10, along a step against training itself."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from core.model import Model
from core.optimizers import OPTIMIZERS
from core.probes.landscape import Objective
from core.probes.slices import (
    along,
    along_step,
    along_weight,
    next_direction,
    next_rate,
    next_samples,
    reach,
    step_line,
)
from core.spec import Choice, Data, Dense, Experiment, Network, Points, Training, with_ids
from core.trainer import Trainer
from tests.core.test_hessian import exact, linear_unit, wandering
from tests.core.test_landscape import model_of


def trained(steps: int = 7, **training: Any) -> Trainer:
    trainer = Trainer(model_of(**({"precision": "float64", "learning_rate": 0.05} | training)).experiment)
    trainer.advance(steps)
    return trainer


# along one weight


def test_the_slope_of_one_weight_tells_which_way_the_loss_falls() -> None:
    """Curriculum rows 9 and 10: at w1 = 2 the derivative is negative, so raising w1 lowers the loss."""
    x = np.array([[1.0], [2.0], [-1.0], [0.5]])
    data = Data("regression", points=Points(np.column_stack([x, 0 * x]), 3.0 * x[:, 0]))
    model = Model.of(Experiment(data=data, network=Network(), training=Training()))
    objective = exact(model)
    cut = along_weight(objective, np.array([2.0, 0.0, 0.0]), 0, -4.0, 6.0)
    used = model.prepared.x_train[:, 0]
    assert cut.value == 2.0
    assert cut.slope == pytest.approx(float(np.mean(2 * (2.0 - 3.0) * used**2)))  # d/dw of the mean of (w x − 3 x)²
    assert cut.slope < 0
    step = 0.1
    raised = along(objective, [2.0, 0.0, 0.0], [1.0, 0.0, 0.0], [step, -step])
    assert raised[0] < cut.loss < raised[1]
    assert cut.losses == pytest.approx([float(np.mean((w - 3.0) ** 2 * used**2)) for w in cut.axis])
    lower = along_weight(objective, np.array([4.0, 0.0, 0.0]), 0, -4.0, 6.0)
    assert lower.slope > 0, "beyond the minimum at 3 the sign turns"


def test_a_slice_goes_through_the_present_point_with_the_right_tangent() -> None:
    model = model_of()
    objective, theta = exact(model), wandering(model)
    for index in (0, 7, len(theta) - 1):
        cut = along_weight(objective, theta, index, -3.0, 3.0)
        here = int(np.searchsorted(cut.axis, cut.value))
        assert cut.axis[here] == theta[index]
        assert cut.losses[here] == pytest.approx(cut.loss, rel=1e-12)
        assert cut.tangent()[here] == cut.loss
        h = 1e-6
        low, high = along(objective, theta, np.eye(len(theta))[index], [-h, h])
        assert cut.slope == pytest.approx((high - low) / (2 * h), abs=1e-8)


def test_what_overflows_is_not_finite_and_does_not_raise() -> None:
    model, _ = linear_unit()
    assert not np.isfinite(along(exact(model), np.zeros(3), np.ones(3), [1e200]))


# along the next step


@pytest.mark.parametrize("optimizer", [row.name for row in OPTIMIZERS.rows()])
def test_the_line_goes_where_the_next_step_goes_whatever_the_rate(optimizer: str) -> None:
    searches = OPTIMIZERS[optimizer].whole
    for rate in (1e-4, 1e-3) if searches else (0.05, 0.4):  # a search takes the first rate it tries while it is small
        trainer = trained(optimizer=Choice(optimizer), l2=0.01, weight_decay=0.02, clip_norm=0.5)
        model, at = trainer.model, trainer.moment()
        direction = next_direction(model, at, next_samples(model, at))
        changed = msgspec.structs.replace(
            trainer.experiment, training=msgspec.structs.replace(trainer.training, learning_rate=rate)
        )
        trainer.adopt(changed)
        trainer.step_batches()
        assert trainer.theta == pytest.approx(at.theta + rate * direction, abs=1e-9 if searches else 1e-12)


def test_the_next_batch_and_rate_are_those_of_the_run() -> None:
    schedule = Choice("exponential", {"factor": 0.5})
    trainer = trained(9, schedule=schedule, batch_size=16)
    at = trainer.moment()
    assert list(next_samples(trainer.model, at)) == list(trainer._rest_of_epoch()[:16])
    expected = next_rate(trainer.training, trainer.samples, at)
    trainer.step_batches()
    assert expected == pytest.approx(trainer.history.last("rate"), rel=1e-12)
    assert expected < trainer.training.learning_rate


def test_what_is_frozen_does_not_move_along_it() -> None:
    network = with_ids(Network((Dense(4, frozen=True), Dense(3))))
    trainer = Trainer(msgspec.structs.replace(model_of().experiment, network=network))
    direction = next_direction(trainer.model, trainer.moment())
    layer = trainer.model.network.layers[0]
    assert not direction[: layer.stop].any()
    assert direction[layer.stop :].any()


def test_on_a_quadratic_everything_is_known() -> None:
    """Along −g the loss of a linear unit is L − |g|² r + ½ gᵀHg r²: best at |g|² / gᵀHg, back at twice that."""
    model, x = linear_unit()
    theta = np.array([3.0, -1.0, 2.0])
    h = 2.0 * x.T @ x / len(x)
    objective = exact(model)
    gradient = objective.gradient(theta[None])[1][0]
    trainer = Trainer(model.experiment, theta=theta)
    line = step_line(objective, theta, next_direction(model, trainer.moment()))
    best = gradient @ gradient / (gradient @ h @ gradient)
    assert line.direction == pytest.approx(-gradient)
    assert line.slope == pytest.approx(-gradient @ gradient)
    assert line.curvature == pytest.approx(gradient @ h @ gradient, rel=1e-6)
    assert line.best == pytest.approx(best, rel=1e-3)
    assert line.expected == pytest.approx(best, rel=1e-6)
    assert line.back == pytest.approx(2.0 * best, rel=1e-5)
    rates = np.linspace(0.0, 3.0 * best, 7)
    assert line.predicted(rates) == pytest.approx(line.at(rates), rel=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "momentum"])
@pytest.mark.parametrize("steps", [0, 40])
def test_the_special_rates_are_those_of_brute_force(optimizer: str, steps: int) -> None:
    trainer = trained(steps, optimizer=Choice(optimizer), batch_size=1000)
    line = step_line(exact(trainer.model), trainer.moment().theta, next_direction(trainer.model, trainer.moment()))
    rates = np.linspace(0.0, 1.2 * line.back, 4001)
    losses = line.at(rates)
    inside = rates <= line.back
    assert line.best == pytest.approx(rates[inside][np.argmin(losses[inside])], abs=rates[1])
    assert line.best_loss <= losses[inside].min() + 1e-12
    over = rates[np.argmax(losses[1:] >= line.loss) + 1]
    assert line.back == pytest.approx(over, abs=rates[1])
    assert line.at(0.99 * line.back)[0] < line.loss < line.at(1.01 * line.back)[0]


def test_a_step_uphill_has_no_best_rate() -> None:
    model = model_of()
    objective, theta = exact(model), wandering(model)
    line = step_line(objective, theta, objective.gradient(theta[None])[1][0])
    assert line.slope > 0
    assert np.isnan(line.back)
    assert np.isnan(line.expected)
    low, high = reach(line, 0.03, log=True)
    assert low < 0.03 < high


def test_where_the_loss_only_falls_the_line_says_so() -> None:
    """With one sample and cross-entropy, the further the better."""
    data = Data(points=Points([[1.0, 0.5], [1.0, 0.5]], [1, 1]))
    model = Model.of(Experiment(data=data, network=Network(), training=Training(precision="float64")))
    line = step_line(exact(model), np.zeros(3), next_direction(model, Trainer(model.experiment).moment()))
    assert line.back == np.inf
    assert line.best > 100


def test_the_stretch_that_is_shown_holds_what_matters() -> None:
    for optimizer in ("sgd", "adam"):
        for steps in (0, 30):
            trainer = trained(steps, optimizer=Choice(optimizer))
            objective = Objective.of(trainer.model, precision="float64")
            for log in (True, False):
                cut = along_step(trainer.model, objective, trainer.moment(), 0.05, batch=True, log=log)
                assert cut.axis[0] <= min(0.05, cut.line.best) < max(cut.line.back, cut.line.best) <= cut.axis[-1]
                assert cut.landing == pytest.approx(
                    float(objective((cut.line.theta + 0.05 * cut.line.direction)[None])[0])
                )
                assert cut.own is not None
                assert cut.own.shape == cut.axis.shape
                assert cut.moved(0.2).landing == pytest.approx(float(cut.line.at(0.2)[0]))


def test_where_theta_is_not_finite_there_is_no_line() -> None:
    model, _ = linear_unit()
    trainer = Trainer(model.experiment, theta=np.full(3, 1e200))
    cut = along_step(model, exact(model), trainer.moment(), 0.1)
    assert not cut.line.finite
    assert np.isnan(cut.losses).all()
