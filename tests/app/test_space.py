from __future__ import annotations

import gc
import math
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot

from app.panels import landscape_asking
from app.panels.boundary import BoundaryPanel
from app.panels.landscape import LandscapePanel
from app.panels.landscape_arrows import draped
from app.panels.landscape_space import cut_at, range_of, share_of
from app.panels.relief import Shades, relief
from app.space.camera import HIGHEST, LOWEST, NEAREST, TALL, Camera, Lens
from app.space.field import BRIGHTEST, DARKEST, STRENGTH, UNDERSIDE, Field, toward_light
from app.space.overlay import divided, hidden
from app.space.raster import Raster, draw
from app.space.scene import Line, Scene, inside, joined, rim
from app.space.view import SpaceView
from app.space.window import EASE, Window
from app.theme import apply_theme, theme
from core.probes.boundary import answer
from core.probes.directions import Plane
from core.probes.landscape import Surface
from core.probes.planes import LINE
from tests.app.hand_trained import HandTrained, experiment

VIEWS = [(62, 36), (-30, 20), (150, 60), (0, 45), (90, 5), (200, 88)]


@pytest.fixture(autouse=True)
def look(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_theme(qapp, "light")
    monkeypatch.setattr(landscape_asking, "SIZES", (9, 17, 33))
    monkeypatch.setattr(landscape_asking, "RUNNING", (9, 17))


def camera(azimuth: float, elevation: float) -> Camera:
    return Camera(math.radians(azimuth), math.radians(elevation))


def lens_of(seen: Camera, scale: float = 60.0) -> Lens:
    return Lens(seen, scale, 150.0, 120.0)


def field_of(heights: Any, colors: Any = None) -> Field:
    heights = np.asarray(heights, dtype=np.float32)
    if colors is None:
        colors = np.full((*heights.shape, 4), 200, np.uint8)
    return Field(heights, np.asarray(colors, dtype=np.uint8))


def hills(n: int = 41) -> Field:
    axis = np.linspace(-1, 1, n)
    x, y = np.meshgrid(axis, axis)
    heights = 0.45 + 0.25 * np.sin(3 * x + 1) * np.cos(4 * y) + 0.2 * x * y
    return field_of(heights, theme().surface(heights))


def plain(height: float, n: int = 9) -> Field:
    return field_of(np.full((n, n), height))


# the camera


def test_what_is_seen_from_above_from_the_front_and_from_the_side() -> None:
    front = Lens(Camera(math.pi / 2, 0.0), 100.0, 0.0, 0.0)
    assert front.see([0.5, -0.3, 1.0]) == pytest.approx([50.0, -100 * TALL / 2, -0.3])
    above = Lens(Camera(math.pi / 2, math.pi / 2), 100.0, 0.0, 0.0)
    assert above.see([0.5, -0.3, 1.0])[:2] == pytest.approx([50.0, 30.0])
    side = Lens(Camera(0.0, 0.0), 100.0, 0.0, 0.0)
    assert side.see([0.5, -0.3, 0.5]) == pytest.approx([30.0, 0.0, 0.5])


@pytest.mark.parametrize(("azimuth", "elevation"), VIEWS)
def test_a_projection_keeps_lengths_along_the_screen(azimuth: float, elevation: float) -> None:
    lens = lens_of(camera(azimuth, elevation))
    tall = np.diff(lens.see([[0.2, 0.1, 0.0], [0.2, 0.1, 1.0]]), axis=0)[0]
    assert tall == pytest.approx([0.0, -60 * TALL * math.cos(math.radians(elevation)), 0.0], abs=1e-9)
    right = np.array([*lens.camera.right, 0.0])
    assert np.diff(lens.see([0 * right, right]), axis=0)[0] == pytest.approx([60.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(("azimuth", "elevation"), VIEWS)
def test_the_box_stays_in_its_room_however_it_is_turned(azimuth: float, elevation: float) -> None:
    room = QRectF(30, 20, 300, 200)
    corners = [[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 1)]
    seen = Lens.fitted(camera(azimuth, elevation), room).see(corners)
    assert seen[:, 0].min() >= 30 - 1e-9
    assert seen[:, 0].max() <= 330 + 1e-9
    assert seen[:, 1].min() >= 20 - 1e-9
    assert seen[:, 1].max() <= 220 + 1e-9


def test_a_point_alone_and_its_place_on_the_floor_agree_with_the_projection() -> None:
    lens = lens_of(camera(25, 40))
    x, y, away = lens.see([0.3, -0.6, 0.7]).tolist()
    assert lens.point((0.3, -0.6, 0.7)).toTuple() == pytest.approx((x, y))
    assert lens.floor(x, away) == pytest.approx((0.3, -0.6))
    assert lens.scaled(2.0).see([0.3, -0.6, 0.7]) == pytest.approx([2 * x, 2 * y, away])


def test_a_camera_has_bounds() -> None:
    assert Camera().turned(0, 9).elevation == HIGHEST
    assert Camera().turned(0, -9).elevation == LOWEST
    assert Camera().zoomed(1e9).zoom == NEAREST
    assert Camera().turned(math.tau, 0).azimuth == pytest.approx(Camera().azimuth)


# light


def test_level_ground_keeps_its_colours_and_slopes_follow_lambert() -> None:
    seen = camera(62, 36)
    assert plain(0.4).lit(seen) == pytest.approx(np.full((9, 9, 3), 200.0), rel=1e-5)
    axis = np.linspace(-1, 1, 9)
    slope = field_of(np.broadcast_to(0.5 + 0.2 * axis, (9, 9)))
    normal = np.array([-0.2 * TALL, 0.0, 1.0])
    normal /= np.linalg.norm(normal)
    light = toward_light(seen)
    factor = 1 + STRENGTH * (normal @ light - light[2])
    assert DARKEST < factor < BRIGHTEST
    assert slope.normals[4, 4] == pytest.approx(normal, rel=1e-5)
    assert slope.lit(seen)[4, 4] == pytest.approx(np.full(3, 200 * factor), rel=1e-4)


def test_the_light_stays_with_the_viewer() -> None:
    ahead, side, _ = (toward_light(camera(a, 36)) @ [*camera(a, 36).away, 0.0] for a in (0, 77, 200))
    assert ahead == pytest.approx(side)
    assert np.linalg.norm(toward_light(camera(10, 50))) == pytest.approx(1.0)


def test_a_field_says_its_heights_between_its_places() -> None:
    axis = np.linspace(-1, 1, 5)
    tilted = field_of(0.5 + 0.25 * axis[None, :] - 0.125 * axis[:, None])
    assert tilted.at(0.3, -0.7) == pytest.approx(0.5 + 0.075 + 0.0875)
    assert tilted.many([[0.3, -0.7], [5.0, 1.0]]) == pytest.approx([0.6625, 0.5 + 0.25 - 0.125])
    assert math.isnan(tilted.at(1.1, 0))


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        field_of([[0.0, math.nan], [0.0, 0.0]])
    with pytest.raises(ValueError, match="no field"):
        Field(np.zeros((3, 3), np.float32), np.zeros((2, 2, 4), np.uint8))


# pixels


@pytest.mark.parametrize(("azimuth", "elevation"), VIEWS)
def test_a_level_surface_covers_exactly_its_projected_area(azimuth: float, elevation: float) -> None:
    lens = lens_of(camera(azimuth, elevation), 70.0)
    raster = draw(plain(0.5), lens, 300, 240)
    area = 4 * 70**2 * math.sin(math.radians(elevation))
    edge = 8 * 70
    assert abs(np.isfinite(raster.away).sum() - area) < 0.75 * edge
    shown = raster.pixels[np.isfinite(raster.away)]
    assert (np.abs(shown[:, :3].astype(int) - 200) <= 1).all()
    assert (shown[:, 3] == 255).all()
    assert (raster.pixels[~np.isfinite(raster.away)] == 0).all()


def first_hit(field: Field, lens: Lens, x: float, y: float) -> tuple[float, bool]:
    """Where the ray through a pixel first meets the surface, by brute force: how far away, and whether from above."""
    away = np.linspace(-1.5, 1.5, 3001)
    floor = np.stack(lens.floor(x, away), axis=1)
    over = (np.abs(floor) <= 1).all(axis=1)
    tilt = lens.camera.elevation
    ray = ((lens.y - y) / lens.scale - away * math.sin(tilt)) / (TALL * math.cos(tilt)) + 0.5
    above = ray - field.many(floor)
    crossed = np.flatnonzero((np.sign(above[1:]) != np.sign(above[:-1])) & over[1:] & over[:-1])
    if not len(crossed):
        return math.inf, True
    return float(away[crossed[0]]), bool(above[crossed[0]] > 0)


@pytest.mark.parametrize(("azimuth", "elevation"), VIEWS[:5])
def test_every_pixel_shows_what_its_ray_meets_first(azimuth: float, elevation: float, rng: np.random.Generator) -> None:
    field, lens = hills(), lens_of(camera(azimuth, elevation))
    raster = draw(field, lens, 300, 240)
    wrong = 0
    places = rng.uniform((70, 60), (230, 180), (100, 2))
    for x, y in np.floor(places) + 0.5:
        expected, _ = first_hit(field, lens, x, y)
        found = float(raster.distance([x], [y])[0])
        pixel = 3 / (60 * math.sin(math.radians(max(elevation, 15))))
        wrong += not (expected == found or abs(expected - found) < pixel)
    assert wrong <= 4  # on the very edge of something nearer, half a pixel decides


def test_what_is_seen_from_underneath_is_darker() -> None:
    axis = np.linspace(-1, 1, 33)
    falling = field_of(np.broadcast_to(0.5 - 0.5 * axis[:, None], (33, 33)))
    lens = lens_of(camera(90, 10))
    raster = draw(falling, lens, 300, 240)
    row, column = 120 - raster.top, 150 - raster.left
    level = falling.lit(lens.camera)[16, 16, 0]
    assert raster.pixels[row, column, 0] == pytest.approx(UNDERSIDE * level, abs=1.5)


def test_colours_are_where_their_heights_are() -> None:
    colors = np.full((9, 9, 4), 255, np.uint8)
    colors[:, :, :3] = np.linspace(40, 200, 9)[None, :, None]
    colors[:, :, 1] = np.linspace(40, 200, 9)[:, None]
    lens = lens_of(camera(90, 89), 60.0)
    raster = draw(field_of(np.full((9, 9), 0.5), colors), lens, 300, 240)
    for x, y in ((-0.5, -0.5), (0.6, -0.2), (0.1, 0.8)):
        px, py, _ = lens.see([x, y, 0.5])
        shown = raster.pixels[int(py) - raster.top, int(px) - raster.left]
        assert shown[:2] == pytest.approx([120 + 80 * x, 120 + 80 * y], abs=3)


def test_a_surface_outside_the_picture_is_nothing() -> None:
    away = Lens(Camera(), 50.0, -900.0, 100.0)
    raster = draw(plain(0.5), away, 200, 200)
    assert raster.away.size == 0
    assert raster.distance([5.0], [5.0])[0] == math.inf


# lines and what hides them


def test_what_lies_behind_the_surface_is_hidden_and_what_floats_before_it_is_not() -> None:
    lens = lens_of(camera(90, 30))
    raster = draw(plain(0.5, 33), lens, 300, 240)
    seen = lens.see([[0, 0, 0.9], [0, 0, 0.5], [0, 0, 0.1], [0, 5, 0.1], [math.nan, 0, 0]])
    assert hidden(seen, raster, 1.0, lens).tolist() == [False, False, True, False, False]
    fine = draw(plain(0.5, 33), lens.scaled(2.0), 600, 480)
    assert hidden(seen, fine, 2.0, lens).tolist() == [False, False, True, False, False]


def test_a_long_line_is_divided_and_a_broken_one_stays_broken() -> None:
    line = np.array([[0.0, 0, 0], [70, 0, 1], [math.nan] * 3, [0, 70, 0], [0, 140, 2]])
    made = divided(line)
    assert np.isnan(made).all(axis=1).sum() >= 1
    assert {tuple(row) for row in line[[0, 1, 3, 4]].tolist()} <= {tuple(row) for row in made.tolist()}
    steps = np.hypot(*np.diff(made[:, :2], axis=0).T)
    assert np.nanmax(steps) <= 7 + 1e-9
    assert made[np.isfinite(made[:, 0]) & (made[:, 1] == 0), 2] == pytest.approx(np.arange(11) / 10)


def test_pieces_of_scenes() -> None:
    field = hills(9)
    around = rim(field)
    assert around.shape == (36, 3)
    assert field.many(around[:, :2]) == pytest.approx(around[:, 2])
    assert np.isnan(inside([[0.0, 1.2, 0.5], [0.5, 0.5, 0.5]])[:, 0]).tolist() == [True, False]
    assert np.isnan(joined([np.zeros((2, 3)), np.ones((1, 3))])[:, 0]).tolist() == [False, False, True, False]
    assert joined([]).shape == (0, 3)


def test_a_range_eases_and_arrives() -> None:
    start, goal = Window(0.0, 1.0), Window(-1.0, 3.0)
    assert start.towards(goal, EASE).top == pytest.approx(3 - 2 / math.e)
    assert start.towards(goal, 20 * EASE) is goal
    assert goal.heights([-1, 1, 3]).tolist() == [0.0, 0.5, 1.0]
    assert goal.marks(((1.0, "one"), (4.0, "four"))) == ((0.5, "one"),)


# the widget


@pytest.fixture
def view(qtbot: QtBot) -> SpaceView:
    made = SpaceView("Hills")
    qtbot.addWidget(made)
    made.resize(360, 260)
    made.set_scene(Scene(hills()))
    made.show()
    return made


def drag(view: SpaceView, by: QPoint, button: Any = Qt.MouseButton.LeftButton, keys: Any = None) -> None:
    from PySide6.QtTest import QTest

    keys = Qt.KeyboardModifier.NoModifier if keys is None else keys
    start = view.rect().center()
    QTest.mousePress(view, button, keys, start)
    for share in (0.5, 1.0):
        at = QPointF(start + by * share)
        event = _moved(view, at, button, keys)
        QApplication.sendEvent(view, event)
    QTest.mouseRelease(view, button, keys, start + by)


def _moved(view: SpaceView, at: QPointF, button: Any, keys: Any) -> Any:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(QEvent.Type.MouseMove, at, view.mapToGlobal(at), button, button, keys)


def test_a_drag_turns_and_with_shift_or_the_right_button_it_moves(view: SpaceView) -> None:
    before = view.grab().toImage()
    drag(view, QPoint(40, 20))
    turned = view.camera
    assert math.degrees(turned.azimuth - Camera().azimuth) == pytest.approx(40 * 0.45)
    assert math.degrees(turned.elevation - Camera().elevation) == pytest.approx(20 * 0.45)
    assert view.grab().toImage() != before
    drag(view, QPoint(40, 20), keys=Qt.KeyboardModifier.ShiftModifier)
    assert view.camera == replace(turned, shift=(40.0, 20.0))
    drag(view, QPoint(-40, -20), button=Qt.MouseButton.RightButton)
    assert view.camera == turned


@pytest.mark.parametrize(("way", "clicks"), [(0, 1), (2, 1), (6, 0), (30, 0)])
def test_only_a_still_hand_clicks(view: SpaceView, qtbot: QtBot, way: int, clicks: int) -> None:
    told: list[Any] = []
    view.clicked.connect(told.append)
    drag(view, QPoint(way, 0))
    qtbot.wait(QApplication.doubleClickInterval() + 30)
    assert len(told) == clicks


def test_wheel_and_keys_do_what_the_hand_does(view: SpaceView, qtbot: QtBot) -> None:
    centre = QPointF(view.rect().center())
    turn = QWheelEvent(
        centre, view.mapToGlobal(centre), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, turn)
    assert view.camera.zoom == pytest.approx(1.12)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.camera.zoom == pytest.approx(1.0)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert math.degrees(view.camera.azimuth - Camera().azimuth) == pytest.approx(-6)
    assert math.degrees(view.camera.elevation - Camera().elevation) == pytest.approx(-6)
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.camera.shift[0] > 0
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.camera == Camera()


def test_one_click_is_told_once_and_two_put_everything_back(view: SpaceView, qtbot: QtBot) -> None:
    told: list[QPointF] = []
    view.clicked.connect(told.append)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(180, 140))
    qtbot.waitUntil(lambda: len(told) == 1)
    view.set_camera(Camera().zoomed(2))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(180, 140))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(180, 140))
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    assert view.camera == Camera()
    assert len(told) == 1


@pytest.mark.parametrize(("azimuth", "elevation"), VIEWS[:3])
def test_a_place_is_found_under_the_pointer(view: SpaceView, azimuth: float, elevation: float) -> None:
    view.set_camera(camera(azimuth, elevation))
    field = hills()
    missed = 0
    for x, y in ((0.0, 0.0), (0.5, -0.4), (-0.6, 0.7)):
        px, py, _ = view.lens.see([x, y, field.at(x, y)])
        found = view.at(QPointF(px, py))
        assert found is not None
        missed += math.dist(found, (x, y)) > 0.06  # one of them may be behind a hill
    assert missed <= 1
    assert view.at(QPointF(1, 1)) is None


def test_the_picture_is_finer_when_it_is_still(view: SpaceView, qtbot: QtBot) -> None:
    view.set_camera(Camera().turned(0.1, 0))
    view.grab()
    assert view._ratio <= 1.0
    qtbot.waitUntil(lambda: not view._moving)
    view._cost = 1e-9
    view.grab()
    assert view._ratio == 2.0
    view._cost = 1.0
    view._stir()
    view._surface = None
    view.grab()
    assert view._ratio == 0.5


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_it_follows_the_theme(view: SpaceView, qapp: QApplication, name: str, scale: float) -> None:
    before = view.grab().toImage()
    apply_theme(qapp, name, scale)
    image = view.grab().toImage()
    assert (image != before) == ((name, scale) != ("light", 1.0))
    px, py, _ = view.lens.see([0.0, 0.0, hills().at(0, 0)])
    lit = hills().lit(view.camera)[20, 20]
    assert np.abs(np.array(image.pixelColor(round(px), round(py)).getRgb()[:3]) - lit).max() < 14


def test_nothing_to_show_and_no_room_are_no_trouble(view: SpaceView) -> None:
    view.resize(40, 30)
    view.grab()
    view.set_scene(None)
    view.grab()
    assert view.at(QPointF(10, 10)) is None


def test_a_view_is_freed(qtbot: QtBot) -> None:
    view = SpaceView("Hills")
    view.resize(200, 160)
    view.set_scene(Scene(hills(), (Line(rim(hills()), theme().color("text")),)))
    view.show()
    view.grab()
    raster, kept = weakref.ref(view._raster), weakref.ref(view)
    view.close()
    shiboken6.delete(view)
    del view
    gc.collect()
    assert raster() is None
    assert kept() is None


# the landscape


@pytest.fixture
def session() -> HandTrained:
    return HandTrained(experiment("circle", "classification", 2, (6, 4)))


@pytest.fixture
def landscape(qtbot: QtBot, session: HandTrained) -> LandscapePanel:
    panel = LandscapePanel(session)
    qtbot.addWidget(panel)
    panel.resize(640, 380)
    panel.show()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: Any) -> None:
    for _ in range(3):
        qtbot.waitUntil(lambda: not panel.busy)
        qtbot.wait(1)


def open_space(qtbot: QtBot, panel: LandscapePanel) -> Any:
    panel.three.click()
    space = panel.pictures.space
    qtbot.waitUntil(lambda: space.scene_shown is not None and not space._easing.isActive())
    return space


def test_the_map_becomes_a_relief_and_back(landscape: LandscapePanel, qtbot: QtBot) -> None:
    space = open_space(qtbot, landscape)
    assert space.isVisible()
    assert not landscape.view.isVisible()
    drawn, shown = landscape._survey.relief, space.scene_shown
    window = range_of(drawn, share_of(landscape.view.track.loss, drawn.shades).item())
    assert space.window_shown == window
    expected = np.clip(window.heights(drawn.shares), 0, 1)
    assert shown.field.heights == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(shown.field.colors, drawn.rgba[::-1])
    assert [edge.titles[-1] for edge in shown.edges] == ["α", "β", "loss"]
    landscape.three.click()
    assert landscape.view.isVisible()


def test_arrows_lie_on_the_relief_and_point_where_they_do_on_the_map(landscape: LandscapePanel, qtbot: QtBot) -> None:
    space = open_space(qtbot, landscape)
    before = len(space.scene_shown.lines)
    landscape.arrows.click()
    settle(qtbot, landscape)
    qtbot.waitUntil(lambda: len(space.scene_shown.lines) == before + 1)
    found, span = landscape.view.arrows, landscape.view.relief.surface.span
    field = space.scene_shown.field
    line = next(line for line in space.scene_shown.lines if line.width == 1.1)
    shaft = np.array([not np.isnan(row).any() for row in line.points])
    assert 50 * 9 < shaft.sum() <= len(found.at) * 9
    pieces = draped(found.at / span, found.down / span, found.slopes).reshape(-1, 11, 2)
    ways, middles = pieces[:, 5] - pieces[:, 0], (pieces[:, 0] + pieces[:, 5]) / 2
    assert np.allclose(middles, found.at / span)
    assert np.allclose(ways[:, 0] * found.down[:, 1], ways[:, 1] * found.down[:, 0])
    assert (np.einsum("nk,nk->n", ways, found.down) > 0).all()
    on = line.points[shaft]
    lifts = on[:, 2] - field.many(on[:, :2])
    assert ((lifts > 0) & (lifts < 0.01)).all()
    landscape.arrows.click()
    qtbot.waitUntil(lambda: len(space.scene_shown.lines) == before)


def test_the_ball_is_at_its_real_loss_with_a_thread_to_the_surface(
    landscape: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    landscape.follow.click()
    space = open_space(qtbot, landscape)
    for _ in range(6):
        session.train(4)
    settle(qtbot, landscape)
    qtbot.waitUntil(lambda: not space._easing.isActive() and not space._stale)
    track, drawn = landscape.view.track, landscape._survey.relief
    assert track.off > 0.01
    assert abs(track.loss - track.under) > 1e-4
    ball, window = space.scene_shown.balls[-1], space.window_shown
    height = float(window.heights(share_of(track.loss, drawn.shades)))
    assert ball.points[0] == pytest.approx([*(track.ball / drawn.surface.span), height])
    thread = space.scene_shown.lines[-1].points
    assert thread[0] == pytest.approx(ball.points[0])
    assert thread[1, 2] == pytest.approx(space.scene_shown.field.at(*thread[1, :2]))
    losses = landscape._losses(track)
    objective, history = landscape._survey.objective, session.snapshot.history
    steps, thetas = history.path()
    real = dict(zip(steps.tolist(), objective(thetas).tolist(), strict=True))
    compared = [(loss, real[step]) for loss, step in zip(losses, track.steps.tolist(), strict=True) if step in real]
    assert len(compared) > 3
    assert np.array(compared)[:, 0] == pytest.approx(np.array(compared)[:, 1], rel=1e-4)


def test_a_path_whose_losses_are_not_the_objective_lies_on_the_surface(
    landscape: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    landscape._survey = replace(
        landscape._survey,
        question=replace(landscape._survey.question, objective=replace(landscape._survey.objective, l2=0.1)),
    )
    assert landscape._losses(landscape.view.track) is None


def test_no_line_leads_to_where_theta_was_set_by_hand_between_two_epochs(
    landscape: LandscapePanel, session: HandTrained, qtbot: QtBot
) -> None:
    landscape.follow.click()
    space = open_space(qtbot, landscape)
    session.train(2)
    session.trainer.advance(1)
    placed = landscape._survey.plane.at((0.2, 0.3))
    session.trainer.place(placed)
    session.show()
    qtbot.waitUntil(lambda: landscape.view.track.leaps.tolist() == [0, 0, 0, 1])
    qtbot.waitUntil(lambda: not space._easing.isActive() and not space._stale)
    ground, path = space.scene_shown.lines[-3:-1]
    assert np.isnan(ground.points[-2]).all()
    assert np.isnan(path.points[-2]).all()
    session.train(1)
    qtbot.waitUntil(lambda: len(landscape.view.track.steps) > 4)
    assert landscape.view.track.leaps.tolist() == [0, 0, 0, 1, 0]


def test_a_click_drops_the_ball_on_the_surface(landscape: LandscapePanel, session: HandTrained, qtbot: QtBot) -> None:
    space = open_space(qtbot, landscape)
    dropped: list[tuple[float, float]] = []
    landscape.view.dropped.connect(lambda a, b: dropped.append((a, b)))
    x, y, _ = space.lens.see([0.4, 0.3, space.scene_shown.field.at(0.4, 0.3)])
    qtbot.mouseClick(space, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    qtbot.waitUntil(lambda: bool(dropped))
    span = landscape._survey.surface.span
    assert dropped[0] == pytest.approx((0.4 * span, 0.3 * span), abs=0.08)
    assert [row.name for row in space.describe(0.4, 0.3)] == ["α", "β", "loss", "click"]


def test_along_a_line_there_is_no_surface(landscape: LandscapePanel) -> None:
    landscape.choose(LINE)
    assert not landscape.three.isEnabled()
    landscape.choose("random")
    assert landscape.three.isEnabled()


def surface_of(losses: Any) -> Surface:
    losses = np.asarray(losses, dtype=np.float64)
    return Surface(Plane(np.zeros(2), np.eye(2), 0), 1.0, np.linspace(-1, 1, len(losses)), losses)


def test_walls_are_cut_off_and_bowls_are_not() -> None:
    axis = np.linspace(-1, 1, 17)
    square = axis[:, None] ** 2 + axis[None, :] ** 2
    assert math.isnan(cut_at(relief(surface_of(square), False, theme())))
    wall = square.copy()
    wall[0, 0] = 500.0
    drawn = relief(surface_of(wall), False, theme())
    window = range_of(drawn)
    assert window.top < 0.1
    assert cut_at(drawn) == pytest.approx(drawn.low + window.top * (drawn.high - drawn.low))
    assert range_of(drawn, ball=-9.0).bottom == pytest.approx(-0.5 * window.top)


def test_what_is_not_finite_is_a_plateau_in_no_loss_colour() -> None:
    losses = np.ones((9, 9))
    losses[:4] = np.arange(9) * 0.1
    losses[6:, 6:] = math.nan
    drawn = relief(surface_of(losses), False, theme())
    window = range_of(drawn)
    heights = np.clip(np.nan_to_num(window.heights(drawn.shares), nan=1.0), 0, 1)
    assert heights[-1, -1] == 1.0


def test_without_a_finite_loss_the_map_is_shown_and_a_sentence(landscape: LandscapePanel, qtbot: QtBot) -> None:
    open_space(qtbot, landscape)
    survey = landscape._survey
    infinite = replace(survey.surface, losses=np.full_like(survey.surface.losses, math.inf))
    drawn = relief(infinite, None, theme())
    assert range_of(drawn) is None
    landscape._show_relief(replace(survey, relief=drawn))
    landscape._show_track(survey.track)
    assert landscape.view.isVisible()
    assert "this is the map" in landscape.status
    landscape._show_relief(survey)
    landscape._show_track(survey.track)
    assert landscape.pictures.space.isVisible()
    assert "this is the map" not in landscape.status


def test_a_loss_has_its_place_on_the_maps_scale() -> None:
    assert share_of([1.0, 3.0], Shades(False, 1.0, 5.0)).tolist() == [0.0, 0.5]
    assert share_of([0.1, 10.0], Shades(True, -1.0, 3.0)).tolist() == [0.0, 0.5]
    assert math.isnan(share_of(math.nan, Shades(True, -1.0, 3.0)).item())


# a regression


@pytest.fixture
def regression(qtbot: QtBot) -> BoundaryPanel:
    panel = BoundaryPanel(HandTrained(experiment("plane", "regression", count=40)))
    qtbot.addWidget(panel)
    panel.resize(560, 400)
    panel.show()
    settle(qtbot, panel)
    panel.three.click()
    qtbot.waitUntil(lambda: panel.space.scene_shown is not None and not panel.space._easing.isActive())
    return panel


def test_values_are_heights_and_points_stand_at_their_own(regression: BoundaryPanel) -> None:
    space, session = regression.space, regression.session
    scene, window = space.scene_shown, space.window_shown
    assert space.isVisible()
    model, theta = session.snapshot.model, session.snapshot.theta
    places = np.array([[0.0, 0.0], [3.0, -3.0], [-6.0, 6.0]])
    values = answer(model, theta, places)
    assert scene.field.many(places / 6.0) == pytest.approx(np.clip(window.heights(values), 0, 1), abs=0.01)
    points = model.experiment.data.points
    shown = np.concatenate([balls.points for balls in scene.balls])
    assert len(shown) == len(points)
    assert set(np.round(shown[:, 2], 6)) == set(np.round(window.heights(points.y), 6))


def test_residuals_join_points_and_surface(regression: BoundaryPanel, qtbot: QtBot) -> None:
    space = regression.space
    count = len(space.scene_shown.lines)
    threads = space.scene_shown.lines[-1].points.reshape(-1, 3, 3)
    assert len(threads) == 40
    assert np.array_equal(threads[:, 0, :2], threads[:, 1, :2])
    assert threads[:, 1, 2] == pytest.approx(space.scene_shown.field.many(threads[:, 1, :2]))
    regression.residuals.click()
    qtbot.waitUntil(lambda: len(space.scene_shown.lines) == count - 1)


def test_a_click_on_a_ball_picks_the_sample(regression: BoundaryPanel, qtbot: QtBot) -> None:
    space = regression.space
    found: list[int] = []
    space.sample_clicked.connect(found.append)
    seen = space.lens.see(space._at)
    apart = [np.sort(np.hypot(*(seen[:, :2] - at).T))[1] for at in seen[:, :2]]
    lone = int(np.argmax(apart))
    qtbot.mouseClick(space, Qt.MouseButton.LeftButton, pos=QPoint(*(round(v) for v in seen[lone, :2])))
    qtbot.waitUntil(lambda: bool(found))
    assert found == [lone]


def test_classes_have_no_heights(qtbot: QtBot, session: HandTrained) -> None:
    panel = BoundaryPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    settle(qtbot, panel)
    assert panel.three.isHidden()
    assert panel.residuals.isHidden()


# docks


def test_it_lives_through_floating_and_docking(landscape: LandscapePanel, qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = QDockWidget()
    dock.setWidget(landscape)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resize(800, 600)
    window.show()
    space = open_space(qtbot, landscape)
    for floating in (True, False):
        dock.setFloating(floating)
        qtbot.wait(20)
        assert coloured(space) > 500
    dock.hide()
    dock.show()
    qtbot.wait(20)
    assert coloured(space) > 500
    landscape.setParent(None)


def coloured(space: Any) -> int:
    """How many of the surface's pixels there are in a picture of a space."""
    space.grab()
    raster: Raster = space._raster
    return int(np.isfinite(raster.away).sum())
