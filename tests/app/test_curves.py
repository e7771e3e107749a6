"""The plot: what it draws of long, broken and spiky records, what it says under the pointer, how its axes move."""

from __future__ import annotations

import itertools
import weakref
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.numbers import parse_number
from app.panels.curves import Band, Curve, CurvePlot, Quantity
from app.panels.plot import crosshair, ticks
from app.panels.plot.layout import arrange
from app.panels.plot.placing import spread
from app.panels.plot.ranges import Eased, linear_range, log_range
from app.panels.plot.thinning import FACTOR, Pyramid, thin
from app.theme import Theme, font, theme
from core.history import ROWS, History

Floats = np.ndarray


def record(rng: np.random.Generator, n: int, holes: bool = True) -> tuple[Floats, Floats]:
    """A noisy record of ``n`` rows with spikes, NaN and infinities, over an x that grows unevenly."""
    x = np.cumsum(rng.random(n))
    y = np.exp(rng.normal(size=n))
    if n and holes:
        y[rng.integers(0, n, n // 10)] = np.nan
        y[rng.integers(0, n, 2)] = np.inf
        y[rng.integers(0, n, 2)] = -1.0
    return x, y


def grown(y: Floats, positive: bool, cuts: list[int]) -> Pyramid:
    """A pyramid fed with ``y`` in pieces that end at ``cuts``."""
    pyramid = Pyramid(positive)
    for cut in sorted({min(cut, len(y)) for cut in cuts} | {len(y)}):
        pyramid.extend(y[:cut])
    return pyramid


# thinning


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.booleans(), st.lists(st.integers(0, 2000), max_size=5), st.integers(0, 2**31))
def test_a_pyramid_keeps_least_greatest_and_mean_of_every_bucket(
    n: int, positive: bool, cuts: list[int], seed: int
) -> None:
    _, y = record(np.random.default_rng(seed), n)
    pyramid = grown(y, positive, cuts)
    drawable = np.isfinite(y) & ((y > 0) | (not positive))
    for level in range(1, pyramid.depth + 1):
        size = FACTOR**level
        buckets = pyramid.level(level)
        assert len(buckets) == n // size
        for k in range(len(buckets)):
            part = y[k * size : (k + 1) * size][drawable[k * size : (k + 1) * size]]
            assert buckets.lows[k] == part.min() if len(part) else np.isnan(buckets.lows[k])
            assert buckets.highs[k] == part.max() if len(part) else np.isnan(buckets.highs[k])
    if drawable.any():
        assert (pyramid.low, pyramid.high) == (y[drawable].min(), y[drawable].max())


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 6000), st.integers(4, 200), st.booleans(), st.booleans(), st.integers(0, 2**31))
def test_thinning_keeps_the_extremes_of_every_column(
    n: int, columns: int, positive: bool, log: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = record(rng, n)
    low, high = np.sort(rng.choice(x, 2)) if n > 1 else (x[0], x[0] + 1)
    edges = np.geomspace(low, max(high, low * 1.001), columns + 1) if log else np.linspace(low, high, columns + 1)
    drawn = thin(x, y, grown(y, positive, [n // 3]), edges)
    good = np.isfinite(drawn.y)
    assert np.isin(drawn.y[good], y).all(), "a value was drawn that was never recorded"
    assert (np.diff(drawn.x) >= 0).all()
    assert len(drawn.x) <= 2 * (columns + 3)

    drawable = np.isfinite(y) & ((y > 0) | (not positive))
    cuts = np.searchsorted(x, edges)
    rows = np.searchsorted(x, drawn.x)
    for a, b in itertools.pairwise(cuts):
        values = y[a:b][drawable[a:b]]
        if not len(values):
            continue
        near = max((b - a) // 2, FACTOR * FACTOR)  # a column may lend or borrow less than a bucket at its borders
        about = drawn.y[(rows >= a - near) & (rows < b + near) & good]
        assert about.min() <= values.min()
        assert about.max() >= values.max()


def test_one_spike_in_a_million_rows_is_drawn_and_the_picture_stays_small(rng: np.random.Generator) -> None:
    n = 1_000_000
    x, y = np.arange(n, dtype=np.float64), 1.0 + 0.01 * rng.random(n)
    y[654_321], y[123_456] = 50.0, 0.001
    drawn = thin(x, y, grown(y, True, [n // 2]), np.linspace(0, n, 801))
    assert drawn.y.max() == 50.0
    assert drawn.y.min() == 0.001
    assert len(drawn.x) < 1650
    assert abs(drawn.x[drawn.y.argmax()] - 654_321) < n / 800 / 8
    assert np.nanmax(drawn.middle_y) < 1.02


@pytest.mark.parametrize("n", [3, 5_000])
def test_all_rows_at_the_last_place_are_drawn(n: int) -> None:
    x, y = np.append(np.arange(n, dtype=np.float64), [n - 1.0, n - 1.0]), np.ones(n + 2)
    y[-2:] = 5.0, 3.0
    drawn = thin(x, y, grown(y, False, []), np.linspace(0, n - 1, 101))
    assert drawn.x[-1] == n - 1
    assert drawn.y.max() == 5.0


def test_a_hole_breaks_the_line_however_long_the_record() -> None:
    for n in (50, 100_000):
        y = np.ones(n)
        y[n // 2 : n // 2 + n // 10] = np.nan
        drawn = thin(np.arange(n, dtype=np.float64), y, grown(y, False, []), np.linspace(0, n, 101))
        inside = (drawn.x > n * 0.51) & (drawn.x < n * 0.59)
        assert inside.any()
        assert np.isnan(drawn.y[inside]).all()
        assert np.isfinite(drawn.y[~inside]).any()


# ticks, ranges, labels


def test_log_ticks_are_decades_with_finer_lines_between() -> None:
    found = ticks.logarithmic(-4.0, 0.0, 6)
    assert [text for _, text in found.major] == ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1"]
    assert [at for at, _ in found.major] == [-4, -3, -2, -1, 0]
    assert len(found.minor) == 4 * 8
    assert [text for _, text in ticks.logarithmic(-1.0, 0.0, 6).major] == ["0.1", "0.2", "0.5", "1"]
    assert [text for _, text in ticks.logarithmic(-14.0, 3.0, 5).major] == ["10⁻¹²", "10⁻⁸", "10⁻⁴", "1"]


def test_close_together_ticks_say_how_far_they_are_from_one_in_full() -> None:
    rows = ticks.linear(0.07613309, 0.07613314, 5).major
    texts = [text for _, text in rows]
    assert texts.count("0.0761331") == 1
    assert len(set(texts)) == len(texts) >= 4
    assert max(len(text) for text in texts) <= 9
    base = next(at for at, text in rows if text == "0.0761331")
    for at, text in rows:
        if at != base:
            assert parse_number(text) == pytest.approx(at - base, rel=1e-6)
    assert [text for _, text in ticks.linear(0.07, 0.08, 5).major] == [
        "0.070",
        "0.072",
        "0.074",
        "0.076",
        "0.078",
        "0.080",
    ]


def test_words_of_ticks_do_not_touch() -> None:
    found = ticks.Ticks(((0.0, "0"), (1.0, "100 000"), (2.0, "200 000"), (3.0, "300 000")))
    thinned = ticks.apart(found, lambda at: 40 * at, lambda text: 8.0 * len(text))
    assert [text for _, text in thinned.major] == ["0", "100 000", "", "300 000"]
    assert [at for at, _ in thinned.major] == [0.0, 1.0, 2.0, 3.0]
    wide = ticks.apart(found, lambda at: 100 * at, lambda text: 8.0 * len(text))
    assert wide == found


def test_numbers_do_not_overlap_while_an_axis_is_on_its_way_to_a_far_shorter_one(plot: CurvePlot) -> None:
    plot.set_data(np.arange(9.0), [Curve("a", "loss", 0, 0.25 + 1e-8 * np.arange(9.0))])
    plot.scene.y_range.now = (0.2, 0.6)
    layout = arrange(plot.scene, 400, 240)
    line = QFontMetricsF(font(11)).height()
    places = [layout.to_pixel(plot.scene, 0.0, at).y() for at, text in layout.y_ticks.major if text]
    assert places
    assert (np.abs(np.diff(places)) >= line).all()
    plot.scene.arrive()
    assert sum(bool(text) for _, text in arrange(plot.scene, 400, 240).y_ticks.major) > 3


@pytest.mark.parametrize(("width", "height"), [(150, 110), (200, 60), (260, 64), (420, 72)])
def test_a_plots_numbers_do_not_overlap_however_small_it_is(plot: CurvePlot, width: int, height: int) -> None:
    plot.set_log(x=False, y=True)
    plot.set_data(np.linspace(0.0, 1.2e6, 300), [Curve("a", "sharpness", 0, np.geomspace(0.7, 160.0, 300))])
    plot.fit()
    plot.scene.arrive()
    layout = arrange(plot.scene, width, height)
    small = QFontMetricsF(font(11))
    for rows, extent, way in (
        (layout.x_ticks.major, small.horizontalAdvance, 0),
        (layout.y_ticks.major, lambda text: small.height(), 1),
    ):
        low, high = (plot.scene.x_range if way == 0 else plot.scene.y_range).now
        long = layout.plot.width() if way == 0 else layout.plot.height()
        ends = sorted(((at - low) / (high - low) * long, extent(text)) for at, text in rows if text)
        assert len(ends) >= 1
        assert all(b - wb / 2 >= a + wa / 2 - 0.5 for (a, wa), (b, wb) in pairwise(ends))


@pytest.mark.parametrize("width", [110, 150, 260])
def test_the_title_of_the_axis_is_whole_however_small_the_plot_is(plot: CurvePlot, width: int) -> None:
    plot.set_data(np.arange(9.0), [Curve("a", "a run with a long name", 0, np.geomspace(0.7, 160.0, 9))])
    beside = width - arrange(plot.scene, width, 200).plot.right()
    assert beside >= QFontMetricsF(font(11)).horizontalAdvance(plot.scene.x_quantity.title) + 8


def test_linear_ticks_are_round_and_share_a_power_of_ten() -> None:
    assert [text for _, text in ticks.linear(0, 420, 6).major] == ["0", "100", "200", "300", "400"]
    assert [text for _, text in ticks.linear(-0.5, 0.5, 3).major] == ["−0.5", "0.0".rstrip(".0") or "0", "0.5"]
    assert [text for _, text in ticks.linear(0, 200_000, 4).major][:3] == ["0", "0.5×10⁵", "1.0×10⁵"]
    assert ticks.linear(0.5, 1, 5, percent=True).major[-1][1] == "100\u2009%"


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ranges_hold_what_they_were_made_for(low: float, length: float) -> None:
    bottom, top = linear_range(low, low + length)
    assert bottom < top
    assert bottom <= low + 1e-5 * length
    assert top >= low + length - 1e-5 * length
    small = abs(low) + 1e-12
    bottom, top = log_range(small, small + length)
    assert 10**bottom <= small * 1.001
    assert 10**top >= (small + length) * 0.999
    assert top - bottom >= 0.89


def test_a_range_for_nothing_is_calm() -> None:
    assert linear_range(np.nan, np.nan) == (0.0, 1.0)
    assert log_range(np.nan, np.nan) == (-1.0, 0.0)
    assert all(np.isfinite(linear_range(-np.inf, 1.0)))
    assert all(np.isfinite(linear_range(-1e308, 1e308)))


@given(st.lists(st.floats(-50, 250), max_size=30), st.floats(5, 20))
def test_end_labels_never_cover_each_other(wanted: list[float], height: float) -> None:
    places = spread(wanted, height, 0.0, 200.0)
    kept = [(want, place) for want, place in zip(wanted, places, strict=True) if place is not None]
    assert len(kept) == min(len(wanted), int(200.0 // height))
    kept.sort(key=lambda pair: pair[1])
    assert all(a[0] <= b[0] for a, b in itertools.pairwise(kept)), "labels in another order than their lines"
    assert all(b[1] - a[1] >= height - 1e-6 for a, b in itertools.pairwise(kept))
    assert all(height / 2 - 1e-6 <= place <= 200 - height / 2 + 1e-6 for _, place in kept)


def test_labels_that_do_not_collide_stay_at_their_lines() -> None:
    assert spread([150.0, 20.0, 60.0], 10, 0, 200) == [150.0, 20.0, 60.0]


# the widget


@pytest.fixture
def motion(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long a motion takes, to be set by the test; none at first."""
    duration = [0]
    monkeypatch.setattr(Theme, "duration", lambda self, milliseconds=150: duration[0])
    return duration


@pytest.fixture
def plot(qtbot: QtBot, motion: list[int]) -> CurvePlot:
    widget = CurvePlot()
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    widget.set_quantities(Quantity("epoch"), Quantity("loss, nats"))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def shown(plot: CurvePlot, n: int = 100, source: object = "run") -> tuple[Floats, Floats]:
    """Give the plot a falling curve of ``n`` rows, with the seconds it took."""
    x = np.arange(n) * 0.5
    y = np.exp(-x / 20) + 0.001 * np.sin(np.arange(n))
    plot.set_data(x, [Curve("train", "train", "accent", y)], source=source, seconds=x * 0.01)
    plot.grab()
    return x, y


def at(plot: CurvePlot, x: float) -> QPoint:
    """The pixel at ``x`` on the axis, halfway up."""
    assert plot._layout is not None
    return plot._layout.to_pixel(plot.scene, x, sum(plot.scene.y_range.now) / 2).toPoint()


def wheel(plot: CurvePlot, where: QPoint, notches: int) -> None:
    none, place = QPoint(), QPointF(where)
    button, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        place,
        plot.mapToGlobal(place),
        none,
        QPoint(0, 120 * notches),
        button,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot, event)
    plot.grab()


def test_an_empty_plot_has_axes_and_nothing_to_read_off(plot: CurvePlot, qtbot: QtBot) -> None:
    image = plot.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(0, 500, 3) for y in range(300)}
    assert theme().color("hairline").name() in colors
    qtbot.mouseMove(plot, QPoint(250, 150))
    assert plot.readout is None


@pytest.mark.parametrize("log", [False, True])
def test_hover_gives_the_exact_recorded_value(plot: CurvePlot, qtbot: QtBot, log: bool) -> None:
    x, y = shown(plot)
    plot.set_log(x=log, y=True)
    plot.grab()
    qtbot.mouseMove(plot, at(plot, np.log10(30.1) if log else 30.1))
    readout = plot.readout
    assert readout is not None
    assert readout.row == 60
    assert (readout.x, readout.seconds) == (x[60], x[60] * 0.01)
    assert [(curve.label, value) for curve, value in readout.values] == [("train", y[60])]
    lines = crosshair.text_of(readout, plot.scene)
    assert (lines[0].label, lines[0].value) == ("epoch 30", "0.3\u2009s")
    assert float(lines[1].value) == pytest.approx(y[60], rel=1e-5)


def test_hovering_draws_no_picture_anew(plot: CurvePlot, qtbot: QtBot) -> None:
    shown(plot)
    drawn = plot.pictures_drawn
    before = plot.grab().toImage()
    qtbot.mouseMove(plot, at(plot, 20.0))
    assert plot.grab().toImage() != before, "no crosshair"
    assert plot.pictures_drawn == drawn


def test_zero_and_less_are_left_out_of_a_log_axis(plot: CurvePlot) -> None:
    x = np.arange(8.0)
    y = np.array([1.0, 0.0, -3.0, 0.1, np.nan, 0.01, np.inf, 0.02])
    plot.set_data(x, [Curve("a", "a", 0, y)], source="run")
    plot.set_log(x=True, y=True)
    plot.grab()
    drawn = plot.scene.points(plot.scene.curves[0], 100)
    there = np.isfinite(drawn.x) & np.isfinite(drawn.y)
    assert np.allclose(10.0 ** drawn.x[there], [3.0, 5.0, 7.0])
    assert np.allclose(10.0 ** drawn.y[there], [0.1, 0.01, 0.02])
    assert plot.scene.y_range.now[0] <= -2.0
    assert plot.scene.x_range.now == (0.0, np.log10(7.0))
    plot.set_data(x, [Curve("a", "a", 0, np.zeros(8))], source="other")
    plot.grab()
    assert plot.scene.y_range.now == (-1.0, 0.0)


def test_the_line_is_where_the_values_are(plot: CurvePlot) -> None:
    plot.set_data(np.array([0.0, 10.0]), [Curve("a", "a", "accent", np.array([0.0, 10.0]))], source="run")
    image = plot.grab().toImage()
    middle = plot._layout.to_pixel(plot.scene, 5.0, 5.0).toPoint()
    assert _near(image.pixelColor(middle), theme().color("accent"))
    assert not _near(image.pixelColor(middle + QPoint(0, 30)), theme().color("accent"))


def _near(a: QColor, b: QColor) -> bool:
    return all(abs(x - y) < 40 for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True))


def test_wheel_zooms_about_the_pointer_drag_pans_and_a_double_click_fits(plot: CurvePlot, qtbot: QtBot) -> None:
    x, _ = shown(plot)
    full = (0.0, x[-1])
    assert plot.scene.x_range.now == full
    where = at(plot, 20.0)
    wheel(plot, where, 3)
    low, high = plot.scene.x_range.now
    assert high - low == pytest.approx((full[1] - full[0]) * 0.8**3)
    assert plot._layout.to_axis(plot.scene, where.x()) == pytest.approx(20.0, abs=0.3)
    top = plot.scene.y_range.now[1]
    qtbot.mousePress(plot, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseMove(plot, where - QPoint(50, 0))
    qtbot.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=where - QPoint(50, 0))
    moved = plot.scene.x_range.now
    assert moved[0] > low
    assert moved[1] - moved[0] == pytest.approx(high - low)
    assert plot.scene.y_range.now[1] <= top, "the y axis does not follow what is shown"
    plot.scene.pan(1e9)
    assert plot.scene.x_range.now[1] == pytest.approx(x[-1])
    qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=where)
    assert plot.scene.x_range.now == full


def test_zooming_out_and_in_without_end_is_held_by_the_data(plot: CurvePlot) -> None:
    shown(plot)
    wheel(plot, at(plot, 20.0), -40)
    assert plot.scene.window is None
    for _ in range(10):
        wheel(plot, at(plot, 20.0), 20)
    low, high = plot.scene.x_range.now
    assert 1.0 < high - low < 3.0
    assert low <= 20.0 <= high


def test_the_keys_walk_from_row_to_row(plot: CurvePlot, qtbot: QtBot) -> None:
    shown(plot)
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    for key, row in ((Qt.Key.Key_Left, 99), (Qt.Key.Key_Left, 98), (Qt.Key.Key_Right, 99), (Qt.Key.Key_Right, 99)):
        qtbot.keyClick(plot, key)
        assert plot.readout is not None
        assert plot.readout.row == row
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.scene.window is not None
    qtbot.keyClick(plot, Qt.Key.Key_0)
    assert plot.scene.window is None
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.readout is None


def test_axes_ease_to_new_ranges_without_jump_or_overshoot(plot: CurvePlot, motion: list[int], qtbot: QtBot) -> None:
    x, y = shown(plot)
    start = plot.scene.y_range.now
    motion[0] = 150
    y = np.append(y, 40.0)
    plot.set_data(np.append(x, 50.0), [Curve("train", "train", "accent", y)], source="run")
    assert plot.scene.y_range.now == start
    goal = plot.scene.y_range.goal
    assert goal[1] >= 40.0
    seen = [start[1]]
    plot._timer.timeout.connect(lambda: seen.append(plot.scene.y_range.now[1]))
    qtbot.waitUntil(lambda: not plot._timer.isActive(), timeout=2000)
    assert plot.scene.y_range.now == goal
    assert seen == sorted(seen)
    assert len(seen) > 3
    assert seen[-1] == goal[1]


def test_an_axis_that_shows_nothing_of_where_it_goes_is_there_at_once(plot: CurvePlot, motion: list[int]) -> None:
    x, y = shown(plot)
    motion[0] = 150
    plot.set_data(x, [Curve("train", "train", "accent", 1000.0 + 0.001 * y)], source="another")
    assert plot.scene.y_range.settled, "on the way the plot would be empty"
    assert plot.scene.y_range.now[0] >= 999.0


def test_axes_are_there_at_once_where_less_motion_is_asked_for(plot: CurvePlot, motion: list[int]) -> None:
    x, y = shown(plot)
    plot.set_data(np.append(x, 400.0), [Curve("train", "train", "accent", np.append(y, 40.0))], source="run")
    assert plot.scene.settled
    assert not plot._timer.isActive()


def test_a_hidden_plot_does_not_go_on_moving(plot: CurvePlot, motion: list[int]) -> None:
    x, y = shown(plot)
    motion[0] = 150
    plot.set_data(np.append(x, 400.0), [Curve("train", "train", "accent", np.append(y, 40.0))], source="run")
    assert plot._timer.isActive()
    plot.hide()
    assert not plot._timer.isActive()
    assert plot.scene.settled


def test_easing_covers_most_of_the_way_first() -> None:
    eased = Eased((0.0, 1.0), (0.0, 1.0))
    eased.aim((0.0, 11.0))
    eased.advance(50, 150)
    assert 7.0 < eased.now[1] < 8.0
    eased.advance(50, 150)
    eased.advance(50, 150)
    assert eased.now[1] > 10.4
    eased.advance(200, 150)
    assert eased.settled


def test_only_new_rows_are_read_while_the_source_is_the_same(plot: CurvePlot) -> None:
    history = object()
    x, y = shown(plot, 100, history)
    pyramid = plot.scene._pyramids["train"]
    shown(plot, 150, history)
    assert plot.scene._pyramids["train"] is pyramid
    assert len(pyramid) == 150
    plot.set_data(x[:40], [Curve("train", "train", "accent", 5 + y[:40])], source=history)
    assert plot.scene._pyramids["train"].low > 5
    assert plot.scene.x_range.now == (0.0, x[39])


def test_curves_of_another_length_are_refused(plot: CurvePlot) -> None:
    with pytest.raises(ValueError, match="needs 3 values"):
        plot.set_data(np.arange(3.0), [Curve("a", "a", 0, np.arange(2.0))])


def test_marks_beyond_the_last_row_are_shown(plot: CurvePlot) -> None:
    _x, _ = shown(plot)
    before = plot.grab().toImage()
    plot.set_marks([(10.0, "rate 0.01", "muted"), (60.0, "diverged", "bad")])
    image = plot.grab().toImage()
    assert image != before
    assert plot.scene.x_range.now == (0.0, 60.0)
    column = at(plot, 60.0).x()
    colors = [image.pixelColor(column + d, y) for d in (-1, 0) for y in range(60, 240)]
    assert sum(color.red() - color.green() > 60 for color in colors) > 50, "no red line"


def test_bands_are_part_of_what_the_axis_shows(plot: CurvePlot) -> None:
    plot.set_log(x=False, y=True)
    plot.set_data(np.arange(5.0), [Curve("a", "a", 0, np.full(5, 1e-6))], source="run")
    plot.set_bands([Band(1e-4, 1e-2, "usual", "good")])
    plot.grab()
    low, high = plot.scene.y_range.now
    assert low <= -6
    assert high >= -2


def test_a_picture_is_saved_and_a_failure_is_said(plot: CurvePlot, tmp_path: Path, qtbot: QtBot) -> None:
    shown(plot)
    plot.save_picture(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert plot.picture().width() == 2 * plot.width()
    with qtbot.waitSignal(plot.failed) as said:
        plot.save_picture(tmp_path / "no such folder" / "loss.png")
    assert "could not be written" in said.args[0]


def test_the_menu_saves_and_fits(plot: CurvePlot) -> None:
    shown(plot)
    wheel(plot, at(plot, 20.0), 3)
    menu = plot.menu()
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions) == ["Save picture…", "Fit"]
    actions["Fit"].trigger()
    assert plot.scene.window is None
    menu.deleteLater()


def test_every_size_and_kind_of_record_paints(plot: CurvePlot, rng: np.random.Generator) -> None:
    for n in (1, 2, 700, 5000):
        x, y = record(rng, n)
        for live in (True, False):
            plot.set_live(live)
            for size in ((160, 96), (700, 400)):
                plot.resize(*size)
                curves = [Curve(str(i), f"layer {i}", i, y * 10.0**-i) for i in range(12)]
                plot.set_data(x, curves, source=(n, live, size))
                for log in (True, False):
                    plot.set_log(x=log, y=log)
                    assert not plot.grab().isNull()


def test_a_plot_is_freed(qtbot: QtBot, motion: list[int]) -> None:
    plot = CurvePlot()
    shown(plot)
    gone = []
    plot.destroyed.connect(lambda: gone.append(True))
    kept = weakref.ref(plot)
    plot.deleteLater()
    del plot
    qtbot.waitUntil(lambda: bool(gone))
    assert kept() is None


def test_a_record_that_was_thinned_is_read_anew_in_the_same_window(plot: CurvePlot) -> None:
    history = History()

    def record(begin: int, end: int) -> None:
        step = np.arange(begin, end, dtype=np.float64)
        history.extend({"epoch": step, "train_loss": 2 + np.sin(step)}, end - begin)

    def show() -> None:
        still = history.still()
        loss = still.column("train_loss")
        plot.set_data(still.column("epoch"), [Curve("train", "train", "accent", loss)], source=still)

    record(0, ROWS)
    show()
    plot.scene.zoom(500.0, 0.1)
    window = plot.scene.window
    assert window is not None
    record(ROWS, ROWS + 1)
    show()
    assert history.thinned == 1
    assert plot.scene.window == window
    curve = plot.scene.curves[0]
    fresh = Pyramid(plot.scene.log_y)
    fresh.extend(curve.values)
    kept = plot.scene._pyramids["train"]
    assert len(kept) == len(fresh) == len(history)
    for level in range(1, fresh.depth + 1):
        assert np.array_equal(kept.level(level).lows, fresh.level(level).lows, equal_nan=True)
