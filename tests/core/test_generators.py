"""Generators: exact counts, repeatable points, and the shapes they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.generators import GENERATORS, SCATTER, generate
from core.data.plane import EDGE, fold
from core.data.surfaces import CENTRES, SIGNS, multi_gaussian
from core.spec import Generator, Points
from core.tables import SpecError

SETS = [(row.name, k) for row in GENERATORS.rows() for k in range(2, max(row.max_classes, 2) + 1)]
CLASSIFICATION = [case for case in SETS if GENERATORS[case[0]].task == "classification"]


def clean(name: str, count: int = 300, classes: int = 2, seed: int = 0) -> Points:
    return generate(Generator(name, count, 0.0, classes, seed))


def angle(x: np.ndarray) -> np.ndarray:
    """Clockwise from upwards, as the shapes count."""
    return np.arctan2(x[:, 0], x[:, 1])


def test_the_table_offers_what_the_data_panel_promises() -> None:
    assert [(r.name, r.max_classes) for r in GENERATORS.rows()] == [
        ("circle", 2), ("xor", 2), ("blobs", 8), ("spiral", 5), ("moons", 2), ("rings", 8), ("checkerboard", 2),
        ("plane", 0), ("multi_gaussian", 0), ("sine_radius", 0),
    ]  # fmt: skip
    for row in GENERATORS.rows():
        assert row.title[0].isupper()
        assert row.help.endswith(".")
        assert (row.task == "regression") == (row.max_classes == 0)


@pytest.mark.parametrize(("name", "classes"), SETS)
@settings(max_examples=15, deadline=None)
@given(count=st.integers(2, 400), noise=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_same_values_same_points_and_exact_counts(name: str, classes: int, count: int, noise: float, seed: int) -> None:
    generator = Generator(name, count, noise, classes, seed)
    points = generate(generator)
    assert points == generate(generator)
    assert points.x.shape == (count, 2)
    assert not points.drawn.any()
    assert np.abs(points.x).max() <= EDGE
    if GENERATORS[name].task == "classification":
        sizes = np.bincount(points.y.astype(int), minlength=classes)
        assert len(sizes) == classes
        assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize(("name", "classes"), SETS)
def test_more_points_are_added_to_the_same_ones_and_another_seed_is_another_sample(name: str, classes: int) -> None:
    few, many = (generate(Generator(name, count, 0.2, classes, 5)) for count in (101, 260))
    assert few == many.select(np.arange(101))
    other = generate(Generator(name, 101, 0.2, classes, 6))
    assert not np.isclose(few.x, other.x).any(axis=1).all()
    assert len(np.unique(many.x, axis=0)) == 260


@pytest.mark.parametrize(("name", "classes"), CLASSIFICATION)
def test_noise_moves_the_same_points_by_what_it_says(name: str, classes: int) -> None:
    start = clean(name, 4000, classes)
    small, large = (generate(Generator(name, 4000, noise, classes)) for noise in (0.01, 0.02))
    stayed = (np.abs(large.x) < EDGE - 0.5).all(axis=1)  # nothing near the border, where points are mirrored
    np.testing.assert_allclose((large.x - start.x)[stayed], 2.0 * (small.x - start.x)[stayed], atol=1e-12)
    assert (large.x - start.x)[stayed].std() == pytest.approx(0.02 * SCATTER, rel=0.05)
    assert np.array_equal(start.y, large.y)


@pytest.mark.parametrize("name", ["plane", "multi_gaussian", "sine_radius"])
def test_in_regression_noise_is_the_error_of_the_value(name: str) -> None:
    start, noisy = clean(name, 4000), generate(Generator(name, 4000, 0.3))
    assert np.array_equal(start.x, noisy.x)
    assert (noisy.y - start.y).std() == pytest.approx(0.3, rel=0.05)
    assert np.abs(start.y).max() <= 1.0
    assert start.y.max() > 0.8
    assert start.y.min() < -0.8


def test_circle_is_a_disc_in_a_ring() -> None:
    points = clean("circle", 2000)
    radius = np.hypot(*points.x.T)
    assert radius[points.y == 0].max() <= 2.5
    assert radius[points.y == 1].min() >= 3.5
    assert radius.max() <= 5.0
    # evenly filled: a quarter of the disc's area, a quarter of its points
    assert (radius[points.y == 0] < 1.25).mean() == pytest.approx(0.25, abs=0.03)


def test_xor_is_decided_by_the_sign_of_the_product() -> None:
    points = clean("xor", 400)
    assert np.array_equal(points.x.prod(axis=1) < 0, points.y == 1)
    assert np.abs(points.x).min() >= 0.3
    quadrants = np.unique(np.sign(points.x), axis=0, return_counts=True)[1]
    assert quadrants.tolist() == [100] * 4


@pytest.mark.parametrize("classes", range(2, 9))
def test_blobs_gather_around_centres_far_apart(classes: int) -> None:
    points = clean("blobs", 400 * classes, classes)
    centres = np.array([points.x[points.y == c].mean(axis=0) for c in range(classes)])
    gaps = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))[np.triu_indices(classes, 1)]
    assert gaps.min() > 4 * np.sqrt(0.5)
    if classes == 2:
        np.testing.assert_allclose(centres, [[2, 2], [-2, -2]], atol=0.15)
    for c in range(classes):
        np.testing.assert_allclose(points.x[points.y == c].var(axis=0), 0.5, rtol=0.25)


@pytest.mark.parametrize("arms", range(2, 6))
def test_spirals_radius_grows_with_its_angle(arms: int) -> None:
    points = clean("spiral", 200 * arms, arms)
    for arm in range(arms):
        x = points.x[points.y == arm]
        radius = np.hypot(*x.T)
        x, radius = x[np.argsort(radius)], np.sort(radius)
        turned = np.unwrap(angle(x))
        assert (np.diff(turned) > 0).all()
        assert (turned[-1] - turned[0]) / (2 * np.pi) == pytest.approx(0.9 * 3.5 / arms, rel=0.03)
        np.testing.assert_allclose(np.diff(radius) / np.diff(turned), 5 * arms / (7 * np.pi), rtol=1e-6)
        assert 0.5 <= radius[0] < 0.8
        assert 4.9 < radius[-1] <= 5.0


def test_moons_are_half_circles_that_interlock() -> None:
    points = clean("moons", 400)
    upper, lower = points.x[points.y == 0], points.x[points.y == 1]
    np.testing.assert_allclose(np.hypot(*(upper - [-1.6, -0.8]).T), 3.2)
    np.testing.assert_allclose(np.hypot(*(lower - [1.6, 0.8]).T), 3.2)
    assert upper[:, 1].min() >= -0.8
    assert lower[:, 1].max() <= 0.8
    assert upper[:, 1].min() < lower[:, 1].max()


@pytest.mark.parametrize("classes", range(2, 9))
def test_rings_lie_one_in_another(classes: int) -> None:
    points = clean("rings", 50 * classes, classes)
    np.testing.assert_allclose(np.hypot(*points.x.T), 5.0 * (points.y + 1) / classes)
    outer = np.sort(angle(points.x[points.y == classes - 1]))
    assert np.diff(outer).max() < 3 * 2 * np.pi / 50  # no gap: the ring is closed


def test_checkerboard_alternates_over_sixteen_squares() -> None:
    points = clean("checkerboard", 1600)
    square = np.floor(points.x / 2.8).astype(int)
    assert np.unique(square, axis=0, return_counts=True)[1].tolist() == [100] * 16
    assert len(np.unique((square.sum(axis=1) + points.y.astype(int)) % 2)) == 1
    assert np.abs(points.x).max() <= 5.6


def test_regression_values_follow_their_formulas() -> None:
    plane, sine = clean("plane"), clean("sine_radius")
    np.testing.assert_allclose(plane.y, plane.x.sum(axis=1) / 12)
    np.testing.assert_allclose(sine.y, np.sin(np.sqrt((sine.x**2).sum(axis=1))))
    np.testing.assert_allclose(multi_gaussian(CENTRES), SIGNS, atol=1e-3)
    np.testing.assert_allclose(multi_gaussian(np.array([[-4.0, 3.5]])), np.exp(-0.5), atol=1e-3)


def test_folding_mirrors_at_the_edge_and_leaves_the_rest_alone() -> None:
    x = np.array([0.1, -EDGE, EDGE, EDGE + 1, -EDGE - 2, 5 * EDGE + 0.5])
    np.testing.assert_allclose(fold(x), [0.1, -EDGE, EDGE, EDGE - 1, 2 - EDGE, EDGE - 0.5])
    assert fold(x)[0] == x[0]


@pytest.mark.parametrize(
    ("generator", "path", "words"),
    [
        (Generator("spirals"), "data.generator.name", "spiral"),
        (Generator("circle", classes=3), "data.generator.classes", "Circle has 2 classes, not 3"),
        (Generator("spiral", classes=6), "data.generator.classes", "Spiral has 2 to 5 classes, not 6"),
        (Generator("blobs", classes=9), "data.generator.classes", "2 to 8"),
        (Generator("blobs", classes=1), "data.generator.classes", "2 to 8"),
        (Generator(count=1), "data.generator.count", "2 to 100000"),
        (Generator(noise=1.5), "data.generator.noise", "0 to 1"),
        (Generator(noise=float("nan")), "data.generator.noise", "0 to 1"),
        (Generator(seed=-1), "data.generator.seed", "outside"),
    ],
)
def test_what_is_out_of_range_is_named(generator: Generator, path: str, words: str) -> None:
    with pytest.raises(SpecError, match=words) as caught:
        generate(generator)
    assert caught.value.path == path
    assert caught.value.fix


def test_regression_does_not_mind_the_number_of_classes() -> None:
    assert generate(Generator("plane", classes=7)) == generate(Generator("plane"))
