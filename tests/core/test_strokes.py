"""The canvas's edits: what they change, and that they change nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import DOMAIN, strokes
from core.data.generators import generate
from core.data.plane import EDGE
from core.spec import Generator, Points

BASE = generate(Generator("xor", 80, 0.1))
LINE = [[-4.0, 0.0], [4.0, 0.0]]
BRUSH = {"size": 1.0, "density": 5.0, "spread": 1.0, "seed": 3}


def bytes_of(points: Points) -> bytes:
    return points.x.tobytes() + points.y.tobytes() + points.drawn.tobytes()


def test_every_edit_leaves_the_original_as_it_was() -> None:
    before = bytes_of(BASE)
    mask = strokes.inside(BASE, [[-3, -3], [3, 3]])
    edits = [
        strokes.point(BASE, (1, 2), 1),
        strokes.brush(BASE, LINE, 0, **BRUSH),
        strokes.erase(BASE, LINE, 2.0),
        strokes.move(BASE, mask, (0.5, 0.5)),
        strokes.relabel(BASE, mask, 1),
        strokes.clear(BASE),
        strokes.regenerate(BASE, Generator("moons", 10)),
    ]
    assert bytes_of(BASE) == before
    assert all(edited != BASE for edited in edits)


def test_an_edit_that_changes_nothing_returns_the_same_points() -> None:
    nobody = np.zeros(len(BASE), dtype=bool)
    empty = Points([], [])
    assert strokes.erase(BASE, [[6.0, 6.0]], 0.001) is BASE
    assert strokes.erase(BASE, [], 1.0) is BASE
    assert strokes.brush(BASE, [], 0, **BRUSH) is BASE
    assert strokes.move(BASE, nobody, (1, 1)) is BASE
    assert strokes.move(BASE, ~nobody, (0, 0)) is BASE
    assert strokes.relabel(BASE, nobody, 1) is BASE
    assert strokes.relabel(BASE, BASE.y == 1, 1) is BASE
    assert strokes.clear(empty) is empty


def test_a_point_is_put_where_it_was_clicked_and_never_off_the_plane() -> None:
    points = strokes.point(strokes.point(BASE, (1.5, -2.0), 1), (9.0, -9.0), 0.25)
    np.testing.assert_array_equal(points.x[-2:], [[1.5, -2.0], [DOMAIN, -DOMAIN]])
    assert points.y[-2:].tolist() == [1.0, 0.25]
    assert points.drawn.sum() == 2
    assert points.select(~points.drawn) == BASE


def test_a_stroke_is_repeatable_and_a_longer_one_only_adds() -> None:
    path = np.array([[-4.0, 0.0], [-1.0, 2.0], [2.0, -1.0], [2.0, -1.0], [3.0, 3.0]])
    whole = strokes.brush(BASE, path, 1, **BRUSH)
    assert whole == strokes.brush(BASE, path, 1, **BRUSH)
    assert whole != strokes.brush(BASE, path, 1, **{**BRUSH, "seed": 4})
    for part in range(1, len(path)):
        shorter = strokes.brush(BASE, path[:part], 1, **BRUSH)
        np.testing.assert_allclose(shorter.x, whole.x[: len(shorter)], atol=1e-12)
    assert whole.drawn[len(BASE) :].all()
    assert (whole.y[len(BASE) :] == 1).all()


@settings(max_examples=40, deadline=None)
@given(reports=st.integers(2, 200), density=st.floats(1, 30), size=st.floats(0.2, 2.0), spread=st.floats(0, 1))
def test_points_come_by_length_not_by_mouse_reports(reports: int, density: float, size: float, spread: float) -> None:
    path = np.column_stack([np.linspace(-4, 4, reports), np.zeros(reports)])
    settings_ = {"size": size, "density": density, "spread": spread, "seed": 1}
    stroke = strokes.brush(Points([], []), path, 0, **settings_)
    direct = strokes.brush(Points([], []), LINE, 0, **settings_)
    assert abs(len(stroke) - len(direct)) <= 1  # the length of many pieces rounds differently
    shared = min(len(stroke), len(direct))
    np.testing.assert_allclose(stroke.x[:shared], direct.x[:shared], atol=1e-9)
    assert abs(len(stroke) - (density + 8.0 * density / size)) <= 2
    beyond = np.hypot(np.maximum(np.abs(stroke.x[:, 0]) - 4.0, 0.0), stroke.x[:, 1])
    assert beyond.max() <= size + 1e-9


def test_a_stroke_is_even_along_its_way() -> None:
    stroke = strokes.brush(Points([], []), LINE, 0, size=0.5, density=50.0, spread=1.0, seed=0)
    counts = np.histogram(stroke.x[:, 0], bins=6, range=(-3, 3))[0]
    np.testing.assert_allclose(counts, 100, rtol=0.25)


def test_spread_is_how_wide_a_brush_scatters() -> None:
    def distances(spread: float) -> np.ndarray:
        dab = strokes.brush(Points([], []), (1.0, 1.0), 0, size=2.0, density=4000, spread=spread, seed=0)
        return np.hypot(*(dab.x - 1.0).T) / 2.0

    even, gathered, none = distances(1.0), distances(0.3), distances(0.0)
    assert len(even) == 4000
    assert (even < 0.5).mean() == pytest.approx(0.25, abs=0.03)  # a quarter of the area
    assert (gathered < 0.5).mean() > 0.6
    assert none.max() < 1e-9


def test_a_brush_over_the_border_stays_on_the_plane_without_piling_up() -> None:
    dab = strokes.brush(Points([], []), (6.0, 6.0), 0, size=2.0, density=500, spread=1.0, seed=0)
    assert np.abs(dab.x).max() <= EDGE
    assert len(np.unique(dab.x[:, 0])) == 500


def test_erasing_takes_what_is_near_the_path_and_nothing_else() -> None:
    path = np.array([[-5.0, -5.0], [0.0, 3.0], [5.0, 3.0]])
    erased = strokes.erase(BASE, path, 1.0)
    samples = np.concatenate([np.linspace(a, b, 2000) for a, b in pairwise(path)])
    nearest = np.hypot(*(BASE.x[:, None] - samples[None]).transpose(2, 0, 1)).min(axis=1)
    assert 0 < len(erased) < len(BASE)
    assert erased == BASE.select(nearest > 1.0)
    piecewise = strokes.erase(strokes.erase(BASE, path[:2], 1.0), path[1:], 1.0)
    assert piecewise == erased


def test_erasing_at_one_place_and_over_a_repeated_place() -> None:
    points = Points([[0, 0], [0.5, 0], [2, 0]], [0, 1, 0])
    assert strokes.erase(points, (0, 0), 0.5).x.tolist() == [[2, 0]]
    assert strokes.erase(points, [[2, 0], [2, 0]], 0.1).x.tolist() == [[0, 0], [0.5, 0]]


def test_a_rectangle_and_a_polygon_select_what_they_enclose() -> None:
    points = Points([[0, 0], [1, 1], [3, 0], [0, 3], [-1, 0.5]], [0] * 5)
    assert strokes.inside(points, [[1, 1], [-1, 0]]).tolist() == [True, True, False, False, True]
    assert strokes.inside(points, [[-0.5, -0.5], [3.2, -0.5], [-0.5, 3.2]]).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]
    # a hollow: the middle of a U is outside it
    outline = [[-2, -2], [4, -2], [4, 4], [2, 4], [2, -1], [-0.5, -1], [-0.5, 4], [-2, 4]]
    assert strokes.inside(points, outline).tolist() == [False, False, True, False, True]
    assert not strokes.inside(points, []).any()


def test_the_nearest_point_can_be_picked() -> None:
    points = Points([[0, 0], [1, 0], [1.1, 0]], [0, 0, 0])
    assert strokes.at(points, (0.9, 0), 0.5).tolist() == [False, True, False]
    assert not strokes.at(points, (3, 3), 0.5).any()
    assert strokes.at(Points([], []), (0, 0), 1.0).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(dx=st.floats(-20, 20), dy=st.floats(-20, 20))
def test_moved_points_keep_their_shape_and_stay_on_the_plane(dx: float, dy: float) -> None:
    mask = strokes.inside(BASE, [[0, 0], [6, 6]])
    moved = strokes.move(BASE, mask, (dx, dy))
    assert np.abs(moved.x).max() <= DOMAIN + 1e-12
    steps = (moved.x - BASE.x)[mask]
    np.testing.assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), atol=1e-12)
    assert np.array_equal(moved.x[~mask], BASE.x[~mask])
    if (np.abs(BASE.x[mask] + np.array([dx, dy])) <= DOMAIN).all():
        np.testing.assert_allclose(steps[0], [dx, dy], atol=1e-12)


def test_moved_and_relabelled_points_count_as_drawn() -> None:
    mask = np.arange(len(BASE)) < 3
    assert np.array_equal(strokes.move(BASE, mask, (0.1, 0)).drawn, mask)
    relabelled = strokes.relabel(BASE, mask, 1)
    assert relabelled.y[:3].tolist() == [1, 1, 1]
    assert np.array_equal(relabelled.drawn, mask)
    assert np.array_equal(relabelled.x, BASE.x)


def test_another_set_keeps_what_was_drawn() -> None:
    drawn = strokes.brush(BASE, LINE, 1, **BRUSH)
    generator = Generator("moons", 50, 0.2, seed=9)
    new = strokes.regenerate(drawn, generator)
    assert new.select(~new.drawn) == generate(generator)
    assert new.select(new.drawn) == drawn.select(drawn.drawn)
    assert len(new) == 50 + len(drawn) - len(BASE)
