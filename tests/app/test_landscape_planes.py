"""The landscape panel's planes, the ball, the arrows, the race and the easing of its colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.numbers import number
from app.panels.landscape import LandscapePanel
from app.panels.landscape_arrows import lengths
from app.panels.landscape_asking import Asking
from app.panels.landscape_axes import marks, titles
from app.panels.landscape_racers import names_at
from app.panels.landscape_words import words
from app.panels.path_on_map import name_beside, paint_spots
from app.panels.relief import Shades, relief
from app.panels.survey import Survey, unlike
from app.remembered import Remembered
from app.theme import theme
from core.probes.directions import Axis
from core.probes.planes import PLANES
from core.spec import change
from tests.app.hand_trained import HandTrained, experiment
from tests.app.test_landscape_panel import SIZES, look, seen, settle, shown, surface_of

__all__ = ["look"]


@pytest.fixture
def session() -> HandTrained:
    session = HandTrained(experiment("circle", "classification", 2, (6, 4)))
    session.train(8)
    return session


@pytest.fixture
def panel(qtbot: QtBot, session: HandTrained) -> LandscapePanel:
    return opened(qtbot, session)


def opened(qtbot: QtBot, session: Any, size: tuple[int, int] = (560, 360)) -> LandscapePanel:
    panel = LandscapePanel(session)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    settle(qtbot, panel)
    return panel


def choose(qtbot: QtBot, panel: LandscapePanel, name: str) -> None:
    """Choose a plane by the keyboard, in the list in the header."""
    box = panel.planes.box
    box.setFocus()
    while panel.planes.key != name:
        qtbot.keyClick(box, Qt.Key.Key_Down)
    box.activated.emit(box.currentIndex())
    settle(qtbot, panel)


def middle(panel: LandscapePanel, alpha: float, beta: float) -> QPoint:
    x, y = panel.view.to_widget((alpha, beta))
    return QPoint(round(x), round(y))


# planes


def test_every_plane_can_be_chosen_and_shows_something(panel: LandscapePanel, qtbot: QtBot) -> None:
    assert panel.planes.keys == tuple(PLANES)
    for name in PLANES:
        choose(qtbot, panel, name)
        assert panel.asking.name == name
        missing = panel.pictures.shown is panel.pictures.missing
        assert missing == (name in ("points", "race"))
        assert missing != bool(panel.status)


def test_the_plane_of_the_path_says_how_much_it_explains(
    panel: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    choose(qtbot, panel, "path")
    plane = shown(panel).plane
    shares = [axis.explained for axis in plane.axes]
    assert shares[0] > shares[1] > 0
    assert seen(panel).explained == pytest.approx(sum(shares), abs=1e-6)
    assert "of the path" in titles(plane.axes[0])[0]
    at = panel.view.to_widget(seen(panel).coordinates)
    rect = panel.view.map_rect()
    assert all(rect.contains(QPointF(x, y)) for x, y in at), "the whole path is on the map"
    session.train(3)
    settle(qtbot, panel)
    assert np.array_equal(shown(panel).plane.origin, session.snapshot.theta), "and it follows"


def test_a_path_too_short_for_components_is_said_and_mended(qtbot: QtBot) -> None:
    session = HandTrained(experiment("circle", "classification", 2, (3,)))
    panel = opened(qtbot, session)
    choose(qtbot, panel, "path")
    assert panel.pictures.shown is panel.pictures.missing
    assert "three moments" in panel.pictures.missing.text
    assert panel.pictures.missing.button.text() == "Train"
    panel.three.click()
    assert panel.status == "", "the numbers of the plane before are of no picture that is shown"
    panel.three.click()
    session.train(4)
    settle(qtbot, panel)
    assert panel.pictures.shown is not panel.pictures.missing
    assert seen(panel).plane.axes[0].short == "PC1"


def test_two_weights_are_picked_on_the_network_or_in_the_lists(
    panel: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    choose(qtbot, panel, "weights")
    assert panel.pictures.weights.isVisible()
    session.pick_weight(0, 4)
    session.pick_weight(1, 9)
    settle(qtbot, panel)
    axes = shown(panel).plane.axes
    assert [axis.index for axis in axes] == [4, 9]
    assert axes[0].title == "w(layer 1, unit 3 ← x₁)"
    assert [choices.key for choices in panel.pictures.weights.lists] == ["4", "9"]
    track = seen(panel)
    assert np.allclose(track.plane.numbers(track.ball), session.snapshot.theta[[4, 9]]), "ticks are the weights' values"
    assert track.under == pytest.approx(track.loss, rel=1e-5)
    upwards = panel.pictures.weights.lists[1]
    upwards.set_key("17")
    upwards.chosen.emit("17")
    settle(qtbot, panel)
    assert session.picked_weights == (4, 17)
    assert shown(panel).plane.axes[1].index == 17


def test_the_line_between_remembered_points_shows_its_barrier(
    panel: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    choose(qtbot, panel, "line")
    assert panel.pictures.shown is panel.line
    crossing = panel._crossing
    assert crossing is not None
    start = session.trainer.history.moments()[0].theta
    assert crossing.names == ("start of this run", "newest")
    assert crossing.line.ends[1] == pytest.approx(session.snapshot.train_loss, rel=1e-5)
    assert crossing.line.length == pytest.approx(np.linalg.norm(session.snapshot.theta - start), rel=1e-5)
    other = change(session.experiment, "network.layers", session.experiment.network.layers[:1])
    stranger = HandTrained(other)
    session.past.marks += [Remembered("mine", session.snapshot), Remembered("another", stranger.snapshot)]
    session.marks_changed.emit()
    session.train(5)
    settle(qtbot, panel)
    lists = panel.pictures.ends.lists[0]
    assert [label for _, label, _ in lists._rows] == ["start of this run", "newest", "mine", "another"]
    model: Any = lists.box.model()
    assert [model.item(index).isEnabled() for index in range(4)] == [True, True, True, False]
    assert "2-6-1, not 2-6-4-1" in lists.box.itemData(3, Qt.ItemDataRole.ToolTipRole)
    lists.set_key(lists.keys[2])
    lists.chosen.emit(lists.keys[2])
    settle(qtbot, panel)
    assert panel._crossing is not None
    assert panel._crossing.names == ("mine", "newest")
    assert "‖newest − mine‖" in panel.status
    choose(qtbot, panel, "points")
    assert [spot.name for spot in shown(panel).plane.spots] == ["mine", "newest", "start"]
    session.past.marks.clear()
    session.marks_changed.emit()
    settle(qtbot, panel)
    assert panel.asking.ends == ("start", "newest"), "what was forgotten is not gone to"


def test_why_a_theta_of_another_network_does_not_fit(session: HandTrained) -> None:
    mine = session.trainer.model
    assert unlike(mine, mine) == ""
    layers = session.experiment.network.layers
    calmer = (change(layers[0], "activation", "sigmoid"), *layers[1:])
    other = HandTrained(change(session.experiment, "network.layers", calmer)).trainer.model
    assert "activations" in unlike(mine, other)


# the ball


def test_a_click_drops_the_ball_and_the_plane_stays(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    plane = shown(panel).plane
    at = middle(panel, 0.4, -0.3)
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=at)
    ((theta, label, _),) = session.placed
    assert label == "Drop the ball"
    assert np.allclose(theta, plane.at(panel.view.to_plane(QPointF(at))))
    assert not panel.follow.isChecked()
    session.trainer.place(theta)
    session.show()
    settle(qtbot, panel)
    assert shown(panel).plane is plane
    ball = panel.view.to_widget(seen(panel).ball)
    assert np.abs(ball - (at.x(), at.y())).max() < 1
    assert seen(panel).off < 1e-5
    assert seen(panel).loss == pytest.approx(seen(panel).under, rel=1e-4)
    qtbot.mouseDClick(panel.view, Qt.MouseButton.LeftButton, pos=at)
    assert len(session.placed) <= 2, "a double click is one drop"


def test_a_drag_moves_the_view_and_drops_nothing(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    plane = shown(panel).plane
    start, end = middle(panel, 0.0, 0.0), middle(panel, 0.5, 0.25)
    qtbot.mousePress(panel.view, Qt.MouseButton.LeftButton, pos=start)
    for part in (0.5, 1.0):
        qtbot.mouseMove(panel.view, start + (end - start) * part)
        QApplication.processEvents()
    assert panel.view.pulling
    qtbot.mouseRelease(panel.view, Qt.MouseButton.LeftButton, pos=end)
    settle(qtbot, panel)
    assert session.placed == []
    moved = shown(panel).plane
    assert np.allclose(moved.at((0.5, 0.25)), plane.centre, atol=0.02)
    assert panel.view.pulled.isNull()
    assert not panel.follow.isChecked()
    assert np.abs(panel.view.to_widget(seen(panel).ball) - (end.x(), end.y())).max() < 2, "the ball went along"
    assert moved.axes[0].zero == pytest.approx(-0.5, abs=0.02)


def test_a_drag_too_short_to_move_the_view_drops_nothing_either(
    panel: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    start = middle(panel, 0.2, 0.1)
    for way, drops in ((6, 0), (2, 1)):
        qtbot.mousePress(panel.view, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(panel.view, start + QPoint(way, 0))
        qtbot.mouseMove(panel.view, start)
        QApplication.processEvents()
        assert not panel.view.pulling
        qtbot.mouseRelease(panel.view, Qt.MouseButton.LeftButton, pos=start)
        assert len(session.placed) == drops


def test_what_rounding_leaves_is_no_distance(panel: LandscapePanel) -> None:
    track = seen(panel)
    objective = panel.asking.objective
    assert objective is not None
    norm = float(np.linalg.norm(track.plane.origin))
    for off, said in ((2e-7 * norm, "off the plane 0 ·"), (1e-3 * norm, f"off the plane {number(1e-3 * norm, 3)} ·")):
        moved = replace(track, distances=np.append(track.distances[:-1], off))
        assert said in words(moved, objective)


def test_the_keyboard_walks_zooms_moves_and_drops(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    view = panel.view
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert session.placed == [], "nothing without a cross"
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        qtbot.keyClick(view, key)
    assert view.pointer is not None
    alpha, beta = view.to_plane(view.pointer)
    assert alpha > 0 < beta
    assert view.rows(view.pointer)[-1].name == "Enter"
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert np.allclose(session.placed[0][0], shown(panel).plane.at((alpha, beta)))
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.pointer is None
    plane = shown(panel).plane
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    settle(qtbot, panel)
    assert plane.project(shown(panel).plane.centre)[0][0] > 0.05


# arrows


def test_arrows_lead_down_and_can_be_put_away(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    before = panel.view.grab().toImage()
    qtbot.mouseClick(panel.arrows, Qt.MouseButton.LeftButton)
    settle(qtbot, panel)
    found = panel.view._arrows
    assert found is not None
    assert panel.view.grab().toImage() != before
    drawn = panel._survey.relief  # type: ignore[union-attr]
    falls = [
        drawn.at(*(at + 0.02 * down / np.abs(down).max())) < drawn.at(*at)
        for at, down in zip(found.at, found.down, strict=True)
    ]
    assert np.mean(falls) > 0.9
    session.train(2)
    settle(qtbot, panel)
    assert panel.view._arrows is not None
    assert panel.view._arrows.plane is shown(panel).plane, "arrows follow the plane"
    qtbot.mouseClick(panel.arrows, Qt.MouseButton.LeftButton)
    assert panel.view._arrows is None


def test_arrows_lengths_grow_with_the_slope_and_stay_legible() -> None:
    sizes = lengths(np.array([0.0, 1e-9, 0.01, 0.1, 1.0, np.nan]))
    assert sizes[0] == sizes[5] == 0
    assert 0.25 <= sizes[1] < sizes[2] < sizes[3] < sizes[4] == 1
    assert not lengths(np.zeros(3)).any()


# the race


def race(qtbot: QtBot, panel: LandscapePanel, steps: int = 60) -> None:
    panel.popover.form.steps.set_value(steps)
    qtbot.mouseClick(panel.popover.form.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel._raced is not None and panel._raced.race.finished)
    settle(qtbot, panel)


def test_a_race_runs_from_theta_and_is_listed_and_labelled(
    panel: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    form = panel.popover.form
    assert form.chosen == ["sgd", "momentum", "rmsprop", "adam"]
    form.boxes["rmsprop"].click()
    form.boxes["nadam"].click()
    assert form.rates["nadam"].isVisibleTo(form)
    assert not form.rates["rmsprop"].isVisibleTo(form)
    form.rates["sgd"].set_value(0.5)
    plane = shown(panel).plane
    race(qtbot, panel)
    raced = panel._raced
    assert raced is not None
    assert [one.optimizer.name for one in raced.race.contenders] == ["sgd", "momentum", "adam", "nadam"]
    assert raced.race.contenders[0].rate == 0.5
    assert raced.plane is plane is shown(panel).plane
    assert np.allclose(raced.race.thetas[:, 0], session.snapshot.theta, atol=1e-6)
    assert not panel.follow.isChecked()
    rows = panel.pictures.table.rows()
    finals = raced.race.losses[[row[0] for row in rows], -1]
    assert (np.diff(finals) >= 0).all()
    assert panel.pictures.table.isVisible()
    assert not panel.off_plane.isVisible()
    panel.view._share = 1.0
    panel.view._timer.stop()
    end = panel.view.to_widget(raced.coordinates[0, -1])
    card = panel.view.rows(QPointF(*end))
    assert card[0].name in {row[1] for row in rows}
    assert card[2].name == "off the plane"
    choose(qtbot, panel, "race")
    assert panel.pictures.shown is not panel.pictures.missing
    assert panel._raced.plane is shown(panel).plane
    assert "of the race" in titles(shown(panel).plane.axes[0])[0]
    qtbot.mouseClick(form.clear, Qt.MouseButton.LeftButton)
    assert panel._raced is None
    assert panel.off_plane.isVisible()


def test_a_racers_name_is_on_no_other_name_and_on_nobodys_end(panel: LandscapePanel) -> None:
    rect, sizes = QRectF(0, 0, 400, 300), [QSizeF(60, 12)] * 4
    crowd, corner = [(100, 100), (130, 104), (150, 98), (104, 100)], [(390, 4), (380, 8), (340, 6), (396, 296)]
    for right, places in ((400, crowd), (400, corner), (110, [(60, 99), (66, 104), (50, 98), (64, 99)])):
        rect.setRight(right)
        ends = [(index, QPointF(*place)) for index, place in enumerate(places)]
        boxes = [box for _, box in names_at(rect, ends, sizes)]
        assert len(boxes) == 4
        for one, box in enumerate(boxes):
            assert rect.contains(box)
            assert not any(box.contains(end) for _, end in ends)
            assert not any(box.intersects(other) for other in boxes[:one])
    assert names_at(rect, [(2, QPointF(500, 20))], sizes) == [], "one outside has none"


def test_the_name_of_a_place_is_inside_the_map_and_clear_of_the_others() -> None:
    rect, size = QRectF(0, 0, 200, 150), QSizeF(60, 10)
    taken: list[QRectF] = []
    for at in ((190, 20), (100, 60), (104, 62), (98, 64), (101, 58)):
        box = name_beside(rect, QPointF(*at), size, taken)
        assert 0 <= box.left() < box.right() <= 200
        assert not any(box.intersects(other) for other in taken)
        taken.append(box)
    assert name_beside(rect, QPointF(100, 60), size, ()).left() > 100, "to the right where there is room"


def test_a_name_too_long_for_the_map_begins_inside_it(qtbot: QtBot) -> None:
    image = QImage(200, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    paint_spots(painter, QRectF(40, 0, 160, 60), [(QPointF(150, 30), "a moment that somebody gave a long name")])
    painter.end()
    assert not any(image.pixelColor(x, y).lightness() for x in range(40) for y in range(60))


def test_tuning_finds_better_rates(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    form = panel.popover.form
    form.rates["sgd"].set_value(1e-4)
    form.steps.set_value(40)
    qtbot.mouseClick(form.tune, Qt.MouseButton.LeftButton)
    assert not form.go.isEnabled()
    qtbot.waitUntil(form.go.isEnabled)
    assert form.rates["sgd"].value > 0.01
    assert form.note.text() == "tuned"


def test_a_race_of_another_network_is_taken_off(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    race(qtbot, panel)
    layers = session.experiment.network.layers
    session.adopt(change(session.experiment, "network.layers", layers[:1]))
    settle(qtbot, panel)
    assert panel._raced is None
    assert not panel.pictures.table.isVisible()


# the past, and other pictures


def test_an_older_moment_has_the_path_up_to_it_and_its_own_ball(
    panel: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    moment = session.trainer.history.moments()[3]
    session.snapshot = replace(session.snapshot, theta=moment.theta, step=moment.step, past=True)
    session.published.emit(session.snapshot)
    settle(qtbot, panel)
    assert seen(panel).steps[-1] == moment.step
    assert len(seen(panel).steps) == 4
    assert np.array_equal(shown(panel).plane.centre, moment.theta)


def test_all_that_another_picture_needs_is_published(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    said: list[Survey] = []
    panel.surveyed.connect(said.append)
    session.train(1)
    settle(qtbot, panel)
    survey = said[-1]
    assert survey.surface is shown(panel)
    assert len(survey.surface.axis) == SIZES[-1]
    assert survey.track.plane is survey.plane
    shares = survey.relief.shares
    low, high = survey.relief.low, survey.relief.high
    middle = survey.surface.losses[SIZES[-1] // 2, SIZES[-1] // 2]
    assert shares[64, 64] == pytest.approx((middle - low) / (high - low), abs=0.02)


# the colours' range


def test_the_range_of_colours_eases_to_another() -> None:
    before, goal = Shades(False, 0.0, 1.0), Shades(False, 1.0, 3.0)
    half = before.towards(goal, 0.1)
    assert 0.5 < half.bottom < 0.8
    assert 2.0 < half.top < 2.5
    assert before.towards(goal, 0.3).bottom > 0.9
    assert before.towards(goal, 10.0) == goal
    assert before.towards(Shades(True, -3.0, 0.0), 0.0) == Shades(True, -3.0, 0.0), "no way between different scales"
    surface = surface_of(np.linspace(1, 3, 81).reshape(9, 9))
    drawn = relief(surface, None, theme(), before, 0.1)
    assert drawn.shades == half
    assert drawn.goal == goal
    assert not drawn.settled
    assert all(-0.01 <= at <= 1.01 for at, _ in drawn.ticks)
    assert np.nanmax(drawn.shares) == 1.0


def test_a_surface_that_is_logarithmic_stays_so_a_while() -> None:
    surface = surface_of(np.geomspace(1, 50, 81).reshape(9, 9))
    assert not relief(surface, None, theme()).log
    assert relief(surface, None, theme(), Shades(True, 0.0, 2.0), 0.0).log
    assert not relief(surface, False, theme(), Shades(True, 0.0, 2.0), 0.0).log


def test_the_panels_colours_arrive_at_their_range(panel: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    ranges: list[Any] = []
    panel.surveyed.connect(lambda survey: ranges.append(survey.relief))
    session.train(40)
    settle(qtbot, panel)
    qtbot.waitUntil(lambda: panel._survey is not None and panel._survey.relief.settled)
    assert panel._survey is not None
    assert panel._survey.relief.high == pytest.approx(panel._survey.relief.shades.top)
    assert len(ranges) > 2
    assert not ranges[0].settled, "the first new surface is still in the colours of the old"


# axes


def test_ticks_say_the_axis_own_numbers() -> None:
    axis = Axis("w(layer 1, unit 1 ← x₁)", "w₀", unit=4.0, zero=1.0)
    assert marks(axis, 1.0, 5) == ((-0.75, "−2"), (-0.25, "0"), (0.25, "2"), (0.75, "4"))
    assert titles(axis) == ("w₀ · w(layer 1, unit 1 ← x₁)", "w₀")


def test_a_surface_is_as_fine_as_there_is_time_for_beside_what_any_would_take(
    panel: LandscapePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.panels.landscape_asking.RUNNING", (9, 17, 33, 65))
    shown(panel)
    survey = panel._survey
    assert 0 < survey.apart < survey.seconds
    points, asking = survey.surface.losses.size, Asking()
    for each, apart, finest in ((1e-6, 0.01, 65), (1e-5, 0.0, 65), (1e-5, 0.01, 33), (1e-5, 0.045, 17), (1.0, 1.0, 17)):
        asking.rest(replace(survey, seconds=apart + each * points, apart=apart), 0.0)
        assert asking.grids(soon=True)[-1] == finest
    assert asking.grids(soon=False) == SIZES
