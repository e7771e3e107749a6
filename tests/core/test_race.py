from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.probes.landscape import Objective
from core.rates.race import TRIED, Contender, race, tuned
from core.spec import Choice, change
from core.tables import SpecError
from core.trainer import Trainer
from tests.core.test_landscape import model_of


def last(*arguments: Any, **named: Any) -> Any:
    *_, end = race(*arguments, **named)
    return end


def test_each_runs_as_the_trainer_would_alone() -> None:
    model = model_of(batch_size=16, l2=0.01, weight_decay=0.02, clip_norm=0.5, seed=3)
    theta = model.network.initial(3)
    contenders = [
        Contender(Choice("sgd"), 0.1),
        Contender(Choice("adam", {"beta1": 0.8}), 0.01),
        Contender(Choice("sgd"), 0.3),
        Contender(Choice("momentum"), 0.02),
    ]
    found = last(model, theta, contenders, 25, seed=3, batch=16)
    for index, one in enumerate(contenders):
        chosen = change(
            change(model.experiment, "training.optimizer", one.optimizer), "training.learning_rate", one.rate
        )
        trainer = Trainer(chosen)
        trainer.advance(25)
        assert np.allclose(found.thetas[index, -1], trainer.theta, rtol=1e-4, atol=1e-6)
    assert found.finished
    assert found.steps[0] == 0
    assert found.steps[-1] == found.total == 25
    assert np.allclose(found.thetas[:, 0], theta, atol=1e-6)


def test_on_all_points_plain_descent_follows_the_gradient() -> None:
    model = model_of(precision="float64")
    theta = model.network.initial(1)
    objective = Objective.of(model)
    found = last(model, theta, [Contender(Choice("sgd"), 0.2)], 10)
    expected = theta.copy()
    for step in range(11):
        at = found.thetas[0, list(found.steps).index(step)]
        assert np.allclose(at, expected, atol=1e-6)
        assert found.losses[0, step] == pytest.approx(float(objective(expected[None])[0]), rel=1e-5)
        expected -= 0.2 * objective.gradient(expected[None])[1][0]


def test_it_tells_how_far_it_has_come() -> None:
    model = model_of()
    stages = list(race(model, model.network.initial(0), [Contender(Choice("adam"), 0.01)] * 2, 1000, marks=50))
    assert len(stages) == 51
    assert [len(stage.steps) for stage in stages] == list(range(1, 52))
    assert all(stage.thetas.shape[:2] == stage.losses.shape == (2, len(stage.steps)) for stage in stages)
    assert [stage.finished for stage in stages] == [False] * 50 + [True]
    assert np.array_equal(stages[-1].losses[0], stages[-1].losses[1])
    assert np.array_equal(stages[10].losses, stages[-1].losses[:, :11])


def test_one_that_diverges_falls_out_and_the_others_go_on() -> None:
    model = model_of("plane", "regression", units=())
    contenders = [Contender(Choice("sgd"), rate) for rate in (0.01, 1e30, 0.02)]
    found = last(model, model.network.initial(0), contenders, 40)
    assert found.failed[0] == found.failed[2] == -1
    assert 0 <= found.failed[1] < 40
    assert np.isnan(found.losses[1, -1])
    assert np.isnan(found.thetas[1, -1]).all()
    alone = last(model, model.network.initial(0), contenders[:1], 40)
    assert np.allclose(found.thetas[0], alone.thetas[0])
    assert found.losses[2, -1] < found.losses[2, 0]


def test_frozen_weights_stay_and_dropout_is_the_same_for_all() -> None:
    model = model_of()
    layers = tuple(change(layer, "dropout", 0.3) for layer in model.experiment.network.layers)
    network = change(model.experiment.network, "layers", (change(layers[0], "frozen", True), *layers[1:]))
    model = type(model).of(change(model.experiment, "network", network))
    theta = model.network.initial(0)
    found = last(model, theta, [Contender(Choice("sgd"), 0.1)] * 2, 20)
    stop = model.network.layers[0].stop
    assert np.allclose(found.thetas[:, -1, :stop], theta[:stop], atol=1e-7)
    assert not np.allclose(found.thetas[:, -1, stop:], theta[stop:])
    assert np.array_equal(found.thetas[0], found.thetas[1])


def test_a_tuned_rate_is_better_than_its_neighbours() -> None:
    model = model_of()
    theta = model.network.initial(2)
    rate = tuned(model, theta, Choice("sgd"), 60)
    place = int(np.flatnonzero(rate == TRIED)[0])
    rivals = [Contender(Choice("sgd"), float(TRIED[k])) for k in (place, place - 2, min(place + 2, len(TRIED) - 1))]
    losses = np.nan_to_num(last(model, theta, rivals, 60).losses[:, -1], nan=np.inf)
    assert losses.argmin() == 0


def test_without_points_there_is_no_race() -> None:
    model = model_of()
    empty = change(model.experiment, "data.points", model.experiment.data.points.select(np.zeros(0, dtype=np.int64)))
    with pytest.raises(SpecError, match="no points"):
        next(race(type(model).of(empty), np.zeros(model.network.parameters), [Contender(Choice("sgd"), 0.1)], 5))
