from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage

from app.canvas.plane import PlaneView
from app.theme import apply_theme, theme
from core.data import DOMAIN
from core.data.values import ValueRange


@pytest.fixture
def plane(qtbot: Any, qapp: Any) -> PlaneView:
    apply_theme(qapp, "light")
    view = PlaneView()
    qtbot.addWidget(view)
    view.resize(360, 360)
    view.show()
    return view


def picture(view: PlaneView) -> QImage:
    return view.grab().toImage()


def near(color: QColor, other: QColor, within: int = 12) -> bool:
    return all(abs(a - b) <= within for a, b in zip(color.getRgb()[:3], other.getRgb()[:3], strict=True))


def at(view: PlaneView, x1: float, x2: float) -> QPoint:
    return view.to_widget(x1, x2).toPoint()


def show(view: PlaneView, x: Any, y: Any, task: Any = "classification", **named: Any) -> None:
    named.setdefault("train", np.ones(len(y), dtype=bool))
    view.set_points(np.array(x, dtype=float), np.array(y, dtype=float), task, **named)


@pytest.mark.parametrize("size", [(360, 360), (500, 200), (120, 700)])
def test_the_plane_is_a_centred_square_and_places_go_there_and_back(plane: PlaneView, size: tuple[int, int]) -> None:
    plane.resize(*size)
    rect = plane.plane_rect()
    assert rect.width() == rect.height() == min(size)
    assert abs(rect.center().x() - size[0] / 2) <= 0.5
    assert plane.to_widget(-DOMAIN, DOMAIN) == rect.topLeft()
    x1, x2 = plane.to_plane(plane.to_widget(2.5, -1.25))
    assert (x1, x2) == pytest.approx((2.5, -1.25))


def test_a_field_has_its_first_row_at_the_top_and_its_outer_samples_on_the_edge(plane: PlaneView) -> None:
    field = np.full((3, 3, 4), 255, dtype=np.uint8)
    field[0, :, :3] = (200, 0, 0)
    field[2, :, :3] = (0, 0, 200)
    plane.set_field(field)
    image = picture(plane)
    assert near(image.pixelColor(at(plane, 3.0, 5.95)), QColor(200, 0, 0))
    assert near(image.pixelColor(at(plane, 3.0, -5.95)), QColor(0, 0, 200))
    assert near(image.pixelColor(at(plane, 3.0, 3.0)), QColor(228, 128, 128))  # half way to the white row
    plane.set_field(None)
    assert near(picture(plane).pixelColor(at(plane, 3.0, 3.0)), theme().color("panel"))


def test_a_field_is_copied_so_that_the_array_may_change(plane: PlaneView) -> None:
    field = np.full((8, 8, 4), 255, dtype=np.uint8)
    plane.set_field(field)
    field[:] = 0
    assert near(picture(plane).pixelColor(at(plane, 3, 3)), QColor("white"))


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 4))])
def test_what_is_no_field_is_refused(plane: PlaneView, wrong: Any) -> None:
    with pytest.raises(ValueError, match="uint8"):
        plane.set_field(wrong)


def test_training_points_are_filled_and_test_points_hollow_or_hidden(plane: PlaneView) -> None:
    x, y, train = [[-3, 3], [3, 3]], [0, 0], np.array([True, False])
    show(plane, x, y, train=train)
    image = picture(plane)
    assert near(image.pixelColor(at(plane, -3, 3)), theme().class_color(0))
    assert near(image.pixelColor(at(plane, 3, 3)), theme().color("panel"))
    ring = at(plane, 3, 3) + QPoint(round(plane.marker_diameter() * 0.42), 0)
    assert not near(image.pixelColor(ring), theme().color("panel"), 40)
    show(plane, x, y, train=train, show_test=False)
    assert near(picture(plane).pixelColor(ring), theme().color("panel"))


def test_wrong_points_are_ringed_and_selected_ones_in_the_accent(plane: PlaneView) -> None:
    show(plane, [[-3, 3], [3, 3]], [0, 1], wrong=np.array([True, False]))

    def around(x1: float) -> list[QColor]:
        image, middle = picture(plane), at(plane, x1, 3)
        return [image.pixelColor(middle + QPoint(reach, 0)) for reach in range(4, 14)]

    assert any(near(color, theme().color("bad"), 80) for color in around(-3))
    assert not any(near(color, theme().color("bad"), 80) for color in around(3))
    plane.set_highlight(np.array([1]))
    assert any(near(color, theme().color("accent"), 80) for color in around(3))
    plane.set_highlight(None)
    assert not any(near(color, theme().color("accent"), 80) for color in around(3))


def test_values_are_orange_below_zero_blue_above_and_visible_at_zero(plane: PlaneView) -> None:
    show(plane, [[-3, 3], [0.5, 3], [3, 3]], [-2.0, 0.0, 2.0], "regression", span=ValueRange(-2.0, 2.0))
    image = picture(plane)
    low, middle, high = (image.pixelColor(at(plane, x1, 3)) for x1 in (-3, 0.5, 3))
    assert low.red() > low.blue() + 100
    assert high.blue() > high.red() + 100
    assert not near(middle, theme().color("panel"), 25)


def test_points_are_drawn_again_only_when_they_change(plane: PlaneView) -> None:
    show(plane, [[-3, 3], [3, 3]], [0, 1])
    picture(plane)
    drawn = plane.points_drawn
    plane.set_field(np.full((4, 4, 4), 200, dtype=np.uint8))
    plane.set_wrong(np.array([True, True]))
    plane.set_highlight(np.array([True, False]))
    picture(plane)
    assert plane.points_drawn == drawn
    plane.resize(300, 300)
    picture(plane)
    assert plane.points_drawn == drawn + 2


def test_points_that_are_only_added_are_drawn_alone_and_look_the_same(plane: PlaneView) -> None:
    x, y = [[-3, 3], [3, 3], [0, -2]], [0, 1, 2]
    show(plane, x[:2], y[:2])
    picture(plane)
    drawn = plane.points_drawn
    show(plane, x, y)
    grown = picture(plane)
    assert plane.points_drawn == drawn + 1
    plane.update_theme()
    assert grown == picture(plane)
    show(plane, x, [0, 1, 3])
    assert picture(plane) != grown


def test_the_theme_changes_the_picture(plane: PlaneView, qapp: Any) -> None:
    show(plane, [[-3, 3]], [0])
    assert near(picture(plane).pixelColor(at(plane, 2, 2)), QColor("white"))
    apply_theme(qapp, "dark")
    assert near(picture(plane).pixelColor(at(plane, 2, 2)), theme().color("panel"))
    assert theme().color("panel").lightness() < 60


def test_lines_are_drawn_where_they_lie(plane: PlaneView) -> None:
    plane.set_lines([np.array([[-6.0, 2.0], [6.0, 2.0]])])
    assert picture(plane).pixelColor(at(plane, 3, 2)).lightness() < 150
    plane.set_lines([])
    assert near(picture(plane).pixelColor(at(plane, 3, 2)), QColor("white"))


def test_the_pointer_is_told_in_plane_units(plane: PlaneView, qtbot: Any) -> None:
    plane.show()
    with qtbot.waitSignal(plane.hovered) as seen:
        qtbot.mouseMove(plane, plane.to_widget(3, -3).toPoint())
    assert seen.args == pytest.approx([3, -3], abs=0.05)
    plane.resize(500, 200)
    with qtbot.waitSignal(plane.left):
        qtbot.mouseMove(plane, QPointF(5, 100).toPoint())


def test_thousands_of_points_far_outside_the_plane_do_no_harm(plane: PlaneView, rng: np.random.Generator) -> None:
    show(plane, rng.normal(size=(3000, 2)) * 1e9, np.zeros(3000))
    assert not picture(plane).isNull()
