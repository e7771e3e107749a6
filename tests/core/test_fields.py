from __future__ import annotations

import numpy as np
import pytest

from core.data import DOMAIN
from core.probes.boundary import boundary
from core.probes.fields import SHARES, class_logit, entropy, logits, margin, share_lines
from core.trainer import Trainer
from tests.core.test_boundary import model_of


def test_entropy_is_one_where_all_classes_are_alike_and_nothing_where_one_is_sure() -> None:
    assert entropy(np.full(8, 1 / 8)) == pytest.approx(1.0)
    assert entropy(np.eye(3)[1]) == 0.0
    # -(0.25 log 0.25 + 0.75 log 0.75) / log 2 = 0.8113 (Shannon's example of two possibilities)
    assert entropy(np.array([[0.25, 0.75]])) == pytest.approx([0.811278], abs=1e-6)
    assert np.isnan(entropy(np.array([np.nan, 0.5])))


def test_the_margin_is_between_the_two_largest() -> None:
    z = np.array([[3.0, -1.0, 2.5], [0.0, 0.0, -4.0]])
    assert np.allclose(margin(z), [0.5, 0.0])


def test_a_single_logit_speaks_for_the_second_class() -> None:
    assert class_logit(np.array([[2.0]]), 1) == 2.0
    assert class_logit(np.array([[2.0]]), 0) == -2.0
    assert class_logit(np.array([[2.0, 5.0, 7.0]]), 2) == 7.0


@pytest.mark.parametrize(("classes", "units"), [(2, (5,)), (2, ()), (3, (4, 3))])
def test_logits_squashed_are_the_engines_own_answer(classes: int, units: tuple[int, ...]) -> None:
    model = model_of("blobs", "classification", classes, units)
    theta = Trainer(model.experiment).theta
    xy = np.random.default_rng(0).uniform(-6, 6, (40, 2))
    z = logits(model, theta, xy).astype(np.float64)
    outputs = model.engine().forward(theta[None], model.inputs(xy))[0]
    squashed = 1 / (1 + np.exp(-z)) if classes == 2 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert squashed.shape == outputs.shape
    assert np.allclose(squashed, outputs, atol=2e-6)


def test_the_boundary_has_logits_where_they_are_asked_for() -> None:
    model = model_of("circle", "classification", units=(4,))
    theta = Trainer(model.experiment).theta
    assert boundary(model, theta, 9).logits is None
    seen = boundary(model, theta, 9, logits=True)
    assert seen.logits is not None
    assert seen.logits.shape == (9, 9, 1)
    assert np.array_equal(seen.logits[..., 0] > 0, seen.values[..., 1] > 0.5)


def test_lines_of_a_probability_lie_where_it_takes_the_level() -> None:
    # p = s(x₁): the level q lies at x₁ = log(q / (1 - q)), a straight line from edge to edge.
    axis = np.linspace(-DOMAIN, DOMAIN, 25)
    probability = np.broadcast_to(1 / (1 + np.exp(-axis)), (25, 25))
    for level, lines in zip(SHARES, share_lines(probability), strict=True):
        (line,) = lines
        assert np.allclose(line[:, 0], np.log(level / (1 - level)), atol=1e-9)
        assert np.ptp(line[:, 1]) == pytest.approx(2 * DOMAIN)
