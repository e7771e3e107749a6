from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.numbers import number
from app.panels import landscape_asking
from app.panels.landscape import LandscapePanel
from app.panels.map_image import MapSize, draw_map
from app.panels.off_plane import axis_title
from app.panels.relief import FINE, relief
from app.panels.survey import Ink, Question, Survey, surveys
from app.theme import apply_theme, font, theme
from core.probes.directions import Plane, random_plane
from core.probes.landscape import Objective, Surface
from core.probes.seen import Seen
from core.spec import Points, change
from tests.app.hand_trained import HandTrained, experiment

SIZES = (9, 17, 33)
"""Coarser than the panel's own: what is tested here is not how fast the array engine is."""


@pytest.fixture(autouse=True)
def look(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_theme(qapp, "light")
    monkeypatch.setattr(landscape_asking, "SIZES", SIZES)
    monkeypatch.setattr(landscape_asking, "RUNNING", SIZES[:-1])


@pytest.fixture
def session() -> HandTrained:
    return HandTrained(experiment("circle", "classification", 2, (6, 4)))


@pytest.fixture
def open_panel(qtbot: QtBot) -> Callable[..., LandscapePanel]:
    def make(session: Any, size: tuple[int, int] = (560, 340)) -> LandscapePanel:
        panel = LandscapePanel(session)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        settle(qtbot, panel)
        return panel

    return make


def settle(qtbot: QtBot, panel: LandscapePanel) -> None:
    def done() -> bool:
        missing = panel.pictures.shown is panel.pictures.missing
        fine = missing or panel.asking.along_line or panel.session.state == "running" or panel.asking.fine
        return fine and not panel.busy and not panel._easing.isActive()

    for _ in range(3):  # an answer, delivered by the event loop, may bring another question
        qtbot.waitUntil(done)
        qtbot.wait(1)


def shown(panel: LandscapePanel) -> Surface:
    assert panel._survey is not None
    return panel._survey.relief.surface


def seen(panel: LandscapePanel) -> Any:
    return panel.view._track


def color_at(panel: LandscapePanel, alpha: float, beta: float) -> np.ndarray:
    x, y = panel.view.to_widget((alpha, beta))
    return np.array(panel.view.grab().toImage().pixelColor(round(x), round(y)).getRgb()[:3])


def surface_of(losses: Any, span: float = 1.0) -> Surface:
    losses = np.asarray(losses, dtype=np.float64)
    return Surface(Plane(np.zeros(2), np.eye(2), 0), span, np.linspace(-span, span, len(losses)), losses)


# the panel


def test_it_opens_on_the_plane_through_theta(open_panel: Any, session: HandTrained) -> None:
    panel = open_panel(session)
    surface = shown(panel)
    assert len(surface.axis) == SIZES[-1]
    assert np.array_equal(surface.plane.centre, session.snapshot.theta)
    middle = SIZES[-1] // 2
    assert surface.losses[middle, middle] == pytest.approx(session.snapshot.train_loss, rel=1e-5)
    loss = number(session.snapshot.train_loss, 3)
    assert panel.status == f"explained – · off the plane 0 · loss at the ball {loss}, under it {loss}"
    assert panel.off_plane.words() == ("plane explains", "no path yet")


def test_low_is_dark_and_high_is_light_as_the_scale_says(open_panel: Any) -> None:
    session = HandTrained(experiment("plane", "regression"))
    session.train(60)
    panel = open_panel(session)
    drawn = panel._survey.relief
    row, column = np.unravel_index(drawn.surface.losses.argmax(), drawn.surface.losses.shape)
    axis = drawn.surface.axis
    high = color_at(panel, 0.96 * axis[column], 0.96 * axis[row])
    low = color_at(panel, 0.12, 0.12)
    assert high.sum() > low.sum() + 150
    assert not drawn.log
    share = (drawn.at(0.12, 0.12) - drawn.low) / (drawn.high - drawn.low)
    expected = theme().surface(np.array([share])).reshape(4)[:3]
    assert np.abs(low - expected).max() <= 40  # a level line may run here
    assert len(panel.scale.ticks) >= 3


def test_the_ball_stays_in_the_middle_while_the_plane_follows(
    open_panel: Any, session: HandTrained, qtbot: QtBot
) -> None:
    panel = open_panel(session)
    for _ in range(3):
        session.train(5)
        settle(qtbot, panel)
        assert np.array_equal(shown(panel).plane.centre, session.snapshot.theta)
        assert seen(panel).ball.tolist() == [0, 0]
        x, y = panel.view.to_widget(seen(panel).ball)
        assert panel.view.grab().toImage().pixelColor(round(x), round(y)).name() == "#ffffff"
    assert len(seen(panel).steps) == 16
    assert panel.off_plane.words()[1].endswith("of the path")


def test_without_following_the_surface_stays_and_the_ball_leaves_it(
    open_panel: Any, session: HandTrained, qtbot: QtBot
) -> None:
    panel = open_panel(session)
    panel.follow.setChecked(False)
    before = shown(panel)
    session.train(30)
    settle(qtbot, panel)
    assert shown(panel) is before
    track = seen(panel)
    assert track.plane is before.plane
    assert len(track.coordinates) == 31
    assert track.off > 0.1
    assert track.loss == pytest.approx(session.snapshot.train_loss, rel=1e-4)
    assert track.under > track.loss * 1.05, "the plane's loss is not the path's"
    assert f"loss at the ball {number(track.loss, 3)}, under it {number(track.under, 3)}" in panel.status
    assert f"off the plane {number(track.off, 3)}" in panel.status
    qtbot.mouseClick(panel.centre, Qt.MouseButton.LeftButton)
    settle(qtbot, panel)
    assert np.array_equal(shown(panel).plane.centre, session.snapshot.theta)
    assert shown(panel).losses.min() < before.losses.min()


def test_the_dice_draw_other_directions_through_the_same_centre(
    open_panel: Any, session: HandTrained, qtbot: QtBot
) -> None:
    panel = open_panel(session)
    before = shown(panel)
    qtbot.mouseClick(panel.dice, Qt.MouseButton.LeftButton)
    settle(qtbot, panel)
    after = shown(panel)
    assert np.array_equal(before.plane.centre, after.plane.centre)
    assert not np.allclose(before.plane.directions, after.plane.directions)
    assert not np.allclose(before.losses, after.losses)


def test_the_wheel_and_the_keys_change_the_span(open_panel: Any, session: HandTrained, qtbot: QtBot) -> None:
    panel = open_panel(session)
    plane = shown(panel).plane
    middle = QPointF(panel.view.map_rect().center())
    turn = QWheelEvent(
        middle,
        panel.view.mapToGlobal(middle),
        QPoint(),
        QPoint(0, -240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(panel.view, turn)
    settle(qtbot, panel)
    assert panel.view.span == shown(panel).span == 2.0
    assert shown(panel).plane is plane
    qtbot.keyClick(panel.view, Qt.Key.Key_Plus)
    assert panel.view.span == pytest.approx(math.sqrt(2))
    qtbot.mouseClick(panel.narrower, Qt.MouseButton.LeftButton)
    settle(qtbot, panel)
    assert shown(panel).span == 1.0
    for _ in range(60):
        panel.wider.click()
    assert panel.view.span == 2.0**10
    settle(qtbot, panel)


def test_the_chip_says_and_decides_whether_the_map_is_logarithmic(
    open_panel: Any, session: HandTrained, qtbot: QtBot
) -> None:
    panel = open_panel(session)
    assert not panel.log.isChecked()
    before = panel.view.grab().toImage()
    qtbot.mouseClick(panel.log, Qt.MouseButton.LeftButton)
    assert panel._survey.relief.log
    assert panel.view.grab().toImage() != before
    session.train(3)
    settle(qtbot, panel)
    assert panel.log.isChecked()
    assert panel._survey.relief.log


def test_another_architecture_gets_another_plane(open_panel: Any, session: HandTrained, qtbot: QtBot) -> None:
    panel = open_panel(session)
    panel.follow.setChecked(False)
    session.train(4)
    settle(qtbot, panel)
    layers = session.experiment.network.layers
    session.adopt(change(session.experiment, "network.layers", layers[:1]))
    settle(qtbot, panel)
    assert shown(panel).plane.centre.shape == session.snapshot.theta.shape
    assert np.array_equal(shown(panel).plane.centre, session.snapshot.theta)
    assert seen(panel).plane is shown(panel).plane


def test_a_penalty_changes_the_surface_and_not_the_plane(open_panel: Any, session: HandTrained, qtbot: QtBot) -> None:
    panel = open_panel(session)
    before = shown(panel)
    session.adopt(change(session.experiment, "training.learning_rate", 0.5))
    settle(qtbot, panel)
    assert shown(panel) is before
    assert "penalties" not in panel.status
    session.adopt(change(session.experiment, "training.l2", 1.0))
    settle(qtbot, panel)
    after = shown(panel)
    assert panel.status.endswith(" · penalties included"), "the recorded losses are without them"
    assert after.plane is before.plane
    assert (after.losses > before.losses).all()


def test_while_training_runs_it_computes_less_and_rests(open_panel: Any, session: HandTrained, qtbot: QtBot) -> None:
    panel = open_panel(session)
    session.state = "running"
    session.train(1)
    settle(qtbot, panel)
    assert len(shown(panel).axis) == SIZES[-2]
    panel.asking._rest_until = math.inf
    plane = shown(panel).plane
    session.train(1)
    settle(qtbot, panel)
    assert shown(panel).plane is plane
    session.set_state("paused")
    settle(qtbot, panel)
    assert np.array_equal(shown(panel).plane.centre, session.snapshot.theta)
    assert len(shown(panel).axis) == SIZES[-1]


def test_a_hidden_panel_asks_nothing(
    open_panel: Any, session: HandTrained, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = open_panel(session)
    panel.hide()
    asked: list[Any] = []
    monkeypatch.setattr(panel._surface_probe, "ask", lambda *args: asked.append(args))
    monkeypatch.setattr(panel._track_probe, "ask", lambda *args: asked.append(args))
    session.train(2)
    session.set_state("running")
    session.set_state("paused")
    panel.dice.click()
    assert asked == []
    panel.show()
    assert len(asked) == 1


def test_at_the_size_it_has_in_a_small_window_the_plot_is_slim(open_panel: Any, session: HandTrained) -> None:
    panel = open_panel(session, (346, 272))
    assert panel.off_plane.isVisible()
    assert panel.off_plane.slim
    assert panel.off_plane.words()[0] == "explains"
    assert panel.view.map_rect().width() > 120
    panel.resize(480, 272)
    assert not panel.off_plane.slim


def test_many_points_are_said_to_be_sampled(open_panel: Any) -> None:
    panel = open_panel(HandTrained(experiment("circle", "classification", 2, (3,), count=4100)))
    assert panel.status.endswith("on 2\u2009000 of 2\u2009050 points")


def test_without_points_there_is_no_loss_and_no_nan(open_panel: Any, qtbot: QtBot) -> None:
    panel = open_panel(
        HandTrained(change(experiment("circle", "classification", 2, (3,)), "data.points", Points([], [])))
    )
    assert "no loss without points to train on" in panel.status
    assert "NaN" not in panel.status
    panel.choose("line")
    settle(qtbot, panel)
    assert panel.status.startswith("no loss without points")


@pytest.mark.parametrize(("size", "beside"), [((320, 240), False), ((560, 340), True), ((1400, 800), True)])
def test_the_plot_beside_the_map_is_there_where_there_is_room(
    open_panel: Any, session: HandTrained, size: tuple[int, int], beside: bool
) -> None:
    panel = open_panel(session, size)
    assert panel.off_plane.isVisible() == beside
    assert panel.view.map_rect().width() >= 0.5 * size[0]
    assert panel.view.map_rect().height() > 0.5 * size[1]
    bar = panel.scale.bar_rect().translated(panel.scale.geometry().topLeft())
    rect = panel.view.map_rect().translated(panel.view.geometry().topLeft())
    assert abs(bar.top() - rect.top()) <= 1
    assert abs(bar.bottom() - rect.bottom()) <= 1


def test_the_name_of_the_steps_is_on_no_number() -> None:
    metrics = QFontMetricsF(font(11))
    room = metrics.horizontalAdvance("step 1 865")
    assert axis_title(1_865, room, metrics) == "step"
    assert axis_title(26_441_308, room, metrics) == ""


def test_the_theme_changes_axes_and_ground(open_panel: Any, session: HandTrained, qapp: QApplication) -> None:
    panel = open_panel(session)
    corner = panel.view.grab().toImage().pixelColor(1, 1)
    apply_theme(qapp, "dark", 1.6)
    assert panel.view.grab().toImage().pixelColor(1, 1) != corner
    assert panel._survey.map.size == panel.view.map_size()


def test_the_card_says_the_loss_under_the_pointer(open_panel: Any, session: HandTrained, qtbot: QtBot) -> None:
    panel = open_panel(session)
    before = panel.view.grab().toImage()
    x, y = panel.view.to_widget((0.5, -0.25))
    qtbot.mouseMove(panel.view, QPoint(round(x), round(y)))
    qtbot.waitUntil(lambda: panel.view.grab().toImage() != before)
    rows = panel.view.rows(QPointF(x, y))
    losses = shown(panel).losses
    n = len(losses) - 1
    said = ["0.500", "−0.250", number(losses[3 * n // 8, 3 * n // 4], 4), "drop ball"]
    assert [row.value for row in rows] == said


# what is drawn


def test_a_relief_keeps_the_grids_values_and_fills_in_between() -> None:
    axis = np.linspace(-1, 1, 9)
    a, b = np.meshgrid(axis, axis)
    drawn = relief(surface_of(1 + a * a + 2 * b * b), None, theme())
    assert not drawn.log
    assert (drawn.low, drawn.high) == (1, 4)
    assert drawn.at(0.25, -0.5) == pytest.approx(1 + 0.0625 + 0.5)
    assert math.isnan(drawn.at(1.2, 0))
    # Row 0 is the top, and cubic convolution is exact for a parabola away from the edges.
    fine = np.linspace(-1, 1, FINE)
    expected = theme().surface((fine[40] ** 2 + 2 * fine[70] ** 2) / 3)
    assert np.abs(drawn.rgba[FINE - 1 - 70, 40].astype(int) - expected.astype(int)).max() <= 2
    for level, line in drawn.lines:
        assert np.abs(line[:, 0] ** 2 + 2 * line[:, 1] ** 2 - 3 * level).max() < 0.03
    assert 8 <= len({level for level, _ in drawn.lines}) <= 16


def test_a_wide_range_is_logarithmic_unless_told_not_to_be() -> None:
    axis = np.linspace(-1, 1, 17)
    values = 10.0 ** (3 * (axis[:, None] ** 2 + axis[None] ** 2) - 3)
    assert relief(surface_of(values), None, theme()).log
    assert not relief(surface_of(values), False, theme()).log
    assert relief(surface_of(values), None, theme()).ticks[0] == (0.0, "10⁻³")
    assert not relief(surface_of(values.clip(0.1, 5)), None, theme()).log
    assert relief(surface_of(np.where(values < 0.01, 0, values)), None, theme()).log, "zeros are below every decade"


def test_what_is_not_finite_is_hatched_and_outside_the_scale() -> None:
    losses = np.tile(np.linspace(1, 2, 9), (9, 1))
    losses[7:, :] = np.inf
    losses[:, 0] = np.nan
    drawn = relief(surface_of(losses), None, theme())
    assert (drawn.low, drawn.high) == (1.125, 2)
    neutral = {theme().color(token).getRgb() for token in ("raised", "hairline")}
    assert {tuple(int(c) for c in pixel) for pixel in drawn.rgba[:16, 20]} == neutral
    assert tuple(int(c) for c in drawn.rgba[100, 100]) not in neutral
    assert not math.isfinite(drawn.at(0, 1))
    assert all(np.isfinite(line).all() for _, line in drawn.lines)
    nothing = relief(surface_of(np.full((5, 5), np.nan)), None, theme())
    assert math.isnan(nothing.high)
    assert nothing.ticks == nothing.lines == ()


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_flat_surface_is_one_colour(value: float) -> None:
    drawn = relief(surface_of(np.full((5, 5), value)), None, theme())
    assert len(np.unique(drawn.rgba.reshape(-1, 4), axis=0)) == 1
    assert drawn.lines == ()
    assert drawn.ticks == ((0.0, number(value, 3)),)


def test_a_map_of_another_span_shows_the_surface_at_its_own_place() -> None:
    axis = np.linspace(-1, 1, 9)
    drawn = relief(surface_of(np.tile(axis, (9, 1))), None, theme())
    image = draw_map(drawn, MapSize(200, 100, 1.0, 2.0), theme()).image
    assert image.pixelColor(20, 50) == theme().color("raised")
    assert image.pixelColor(60, 50).blue() > image.pixelColor(60, 50).red()
    assert image.pixelColor(140, 50).red() > image.pixelColor(140, 50).blue()


def test_a_ball_outside_the_view_is_pointed_at(open_panel: Any, session: HandTrained) -> None:
    panel = open_panel(session)
    track = seen(panel)
    inside = panel.view.grab().toImage()
    for place in ((40.0, 0.0), (0.0, -1e9), (-3.0, 3.0)):
        panel.view.set_track(replace(track, coordinates=np.array([[0.0, 0.0], place])))
        rect = panel.view.map_rect()
        image = panel.view.grab().toImage()
        x = min(max(panel.view.to_widget(place)[0], rect.left() + 10), rect.right() - 10)
        y = min(max(panel.view.to_widget(place)[1], rect.top() + 10), rect.bottom() - 10)
        area = [image.pixelColor(round(x) + i, round(y) + j).name() for i in range(-3, 4) for j in range(-3, 4)]
        assert "#ffffff" in area
        assert image != inside


# the survey


def test_coarse_surfaces_are_drawn_only_for_who_has_none_yet(session: HandTrained) -> None:
    objective = Objective.of(session.trainer.model)
    plane = random_plane(session.trainer.model.network, session.snapshot.theta, 0)
    seen = Seen(objective, np.asarray(session.snapshot.theta, dtype=np.float64), np.empty((0, 0)))
    ink = Ink(theme(), MapSize(100, 80, 1.0, 1.0), None)
    question = Question(
        objective, "random", seen, plane, 1.0, SIZES, session.snapshot, ink, eager=True, known=None, arrows=True
    )
    drawn = [survey for survey in surveys(question) if isinstance(survey, Survey)]
    assert [len(survey.surface.axis) for survey in drawn] == list(SIZES)
    assert all(survey.arrows is not None and survey.arrows.plane is plane for survey in drawn)
    patient = [survey for survey in surveys(replace(question, eager=False)) if isinstance(survey, Survey)]
    assert [len(survey.surface.axis) for survey in patient] == [SIZES[-1]]
    assert patient[-1].finished
    stale = replace(session.snapshot, theta=session.snapshot.theta[:-1])
    assert list(surveys(replace(question, snapshot=stale))) == []
