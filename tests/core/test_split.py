"""The split: stratified, seeded, and steady while points come and go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.split import hashes, split
from core.spec import Points
from core.tables import SpecError

SHARES = st.floats(0.1, 0.9)
SEEDS = st.integers(0, 2**32 - 1)


def scatter(count: int, classes: int, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    return Points(rng.uniform(-6, 6, (count, 2)), rng.integers(0, classes, count))


@settings(max_examples=60, deadline=None)
@given(count=st.integers(2, 300), classes=st.integers(2, 8), share=SHARES, seed=SEEDS)
def test_each_class_is_shared_to_within_one_point(count: int, classes: int, share: float, seed: int) -> None:
    points = scatter(count, classes, seed)
    trains = split(points, "classification", share, seed)
    assert trains.dtype == np.bool_
    for c in np.unique(points.y):
        size, training = (points.y == c).sum(), trains[points.y == c].sum()
        assert abs(training - share * size) <= 0.5 or training in (1, size - 1)
        assert training >= 1
        assert training < size or size == 1


@settings(max_examples=60, deadline=None)
@given(count=st.integers(2, 200), share=SHARES, seed=SEEDS, data=st.data())
def test_adding_or_erasing_a_point_moves_at_most_one_other(
    count: int, share: float, seed: int, data: st.DataObject
) -> None:
    points = scatter(count + 1, 3, seed)
    erased = data.draw(st.integers(0, count))
    kept = np.arange(count + 1) != erased
    for task in ("classification", "regression"):
        whole = split(points, task, share, seed)[kept]
        part = split(points.select(kept), task, share, seed)
        assert (whole != part).sum() <= 1


@settings(max_examples=40, deadline=None)
@given(count=st.integers(2, 100), share=SHARES, seed=SEEDS)
def test_order_does_not_matter_and_copies_stay_together(count: int, share: float, seed: int) -> None:
    points = scatter(count, 2, seed)
    order = np.random.default_rng(seed).permutation(count)
    alone = split(points, "classification", share, seed)
    assert np.array_equal(alone[order], split(points.select(order), "classification", share, seed))
    double = split(points.join(points), "classification", share, seed)
    assert np.array_equal(double[:count], double[count:])


def test_seeds_differ_and_shares_nest() -> None:
    points = scatter(400, 2, 0)
    half, other = (split(points, "regression", 0.5, seed) for seed in (0, 1))
    assert half.sum() == other.sum() == 200
    assert 60 < (half & other).sum() < 140  # independent: about 100
    assert (split(points, "regression", 0.8, 0) >= half).all()


def test_a_lone_point_of_a_class_trains_and_copies_alone_do_too() -> None:
    points = Points([[0, 0], [1, 1], [2, 2], [2, 2]], [0, 1, 2, 2])
    assert split(points, "classification", 0.1, 0).tolist() == [True] * 4
    assert split(Points([], []), "classification", 0.5, 0).shape == (0,)


def test_the_hash_reads_every_part_of_a_point_and_knows_no_minus_zero() -> None:
    base = Points([[0.0, 1.0]], [0])
    variants = [Points([[0.0, 1.0 + 2e-16]], [0]), Points([[1.0, 0.0]], [0]), Points([[0.0, 1.0]], [1])]
    codes = {int(hashes(points, 0)[0]) for points in (base, *variants)} | {int(hashes(base, 1)[0])}
    assert len(codes) == 5
    assert hashes(Points([[-0.0, 1.0]], [-0.0]), 0) == hashes(base, 0)


def test_the_hash_spreads_evenly_over_a_regular_grid() -> None:
    side = np.linspace(-6, 6, 64)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    top = hashes(Points(grid, np.zeros(len(grid))), 7) >> np.uint64(60)
    assert np.abs(np.bincount(top.astype(int), minlength=16) - 256).max() < 80  # five deviations


@pytest.mark.parametrize("share", [0.0, 0.05, 1.05, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(SpecError, match=r"0\.1 to 1") as caught:
        split(scatter(10, 2, 0), "classification", share, 0)
    assert caught.value.path == "data.split.share"
