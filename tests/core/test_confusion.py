from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_score, r2_score, recall_score

from core.probes.confusion import Answers, answers, confusion, fit, precision, recall, row_shares, worst
from core.trainer import Trainer
from tests.core.test_boundary import model_of


def given(seed: int = 0, classes: int = 4, n: int = 200) -> Answers:
    rng = np.random.default_rng(seed)
    truth, said = rng.integers(0, classes, n).astype(float), rng.integers(0, classes, n).astype(float)
    return Answers(truth, said, None, rng.uniform(0, 3, n), rng.random(n) < 0.6, classes)


@pytest.mark.parametrize("part", ["train", "test", "all"])
def test_the_matrix_and_its_margins_are_scikit_learns(part: str) -> None:
    seen = given()
    mask = seen.part(part)
    matrix = confusion(seen, part)
    truth, said = seen.truth[mask], seen.said[mask]
    assert np.array_equal(matrix, confusion_matrix(truth, said, labels=range(4)))
    assert np.allclose(precision(matrix), precision_score(truth, said, average=None))
    assert np.allclose(recall(matrix), recall_score(truth, said, average=None))
    assert np.allclose(np.diag(row_shares(matrix)), recall(matrix))


def test_what_is_not_defined_is_nan() -> None:
    matrix = np.array([[3, 0, 1], [0, 0, 0], [0, 0, 2]])
    assert np.isnan(recall(matrix)[1])
    assert np.isnan(precision(matrix)[1])
    assert precision(matrix)[2] == pytest.approx(2 / 3)
    assert np.isnan(row_shares(matrix)[1]).all()


def test_a_cell_has_just_its_samples() -> None:
    seen = given()
    matrix = confusion(seen, "test")
    for true in range(4):
        for predicted in range(4):
            cell = seen.confused(true, predicted, "test")
            assert len(cell) == matrix[true, predicted]
            assert not seen.train[cell].any()
            assert (seen.truth[cell] == true).all()
            assert (seen.said[cell] == predicted).all()


def test_the_answers_are_the_networks_own() -> None:
    model = model_of("blobs", "classification", 3, (5,))
    trainer = Trainer(model.experiment)
    for _ in range(5):
        trainer.step_epoch()
    seen, snapshot = answers(model, trainer.theta), trainer.snapshot()
    assert seen.probabilities is not None
    right = seen.truth == seen.said
    assert right[seen.train].mean() == pytest.approx(snapshot.train_score)
    assert right[~seen.train].mean() == pytest.approx(snapshot.test_score)
    assert seen.losses[~seen.train].mean() == pytest.approx(snapshot.test_loss, rel=1e-5)
    # Cross-entropy of a sample is minus the logarithm of what its own class got.
    own = seen.probabilities[np.arange(len(right)), seen.truth.astype(int)]
    assert np.allclose(seen.losses, -np.log(own), atol=1e-5)


def test_values_are_measured_by_what_is_missing() -> None:
    model = model_of("plane", "regression", units=(4,))
    trainer = Trainer(model.experiment)
    for _ in range(3):
        trainer.step_epoch()
    seen = answers(model, trainer.theta)
    test = ~seen.train
    result = fit(seen, "test")
    assert result.r2 == pytest.approx(r2_score(seen.truth[test], seen.said[test]))
    assert result.r2 == pytest.approx(trainer.snapshot().test_score, abs=1e-6)
    assert result.rmse**2 == pytest.approx(trainer.snapshot().test_loss, rel=1e-5)
    assert result.mae <= result.rmse


def test_the_worst_come_first_and_what_is_not_finite_before_them() -> None:
    seen = given()
    losses = seen.losses.copy()
    losses[7] = np.nan
    broken = Answers(seen.truth, seen.said, None, losses, seen.train, 4)
    order = worst(broken, "all", 30)
    assert order[0] == 7
    assert len(order) == 30
    assert (np.diff(losses[order[1:]]) <= 0).all()
    assert losses[order[1]] == np.nanmax(losses)
    assert seen.train[worst(seen, "train", 500)].all()


def test_no_points_have_no_answers() -> None:
    from core.model import Model
    from core.spec import Experiment

    model = Model.of(Experiment())
    seen = answers(model, model.network.initial(0))
    assert confusion(seen).sum() == 0
    assert len(worst(seen)) == 0
    assert np.isnan(fit(seen).rmse)
