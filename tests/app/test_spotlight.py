from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.canvas.canvas import Canvas
from app.canvas.plane import PlaneView
from app.canvas.spotlight import lit_mask, nearest
from app.panels.answer_view import AnswerView
from app.theme import apply_theme, theme
from tests.app.hand_trained import HandTrained, experiment

X = np.array([[-3.0, 3.0], [3.0, 3.0], [3.0, -3.0], [-3.0, -3.0]])
Y = np.array([0.0, 1.0, 0.0, 1.0])


@pytest.fixture(autouse=True)
def _look(qapp: QApplication) -> None:
    apply_theme(qapp, "light")


def plane(qtbot: QtBot, kind: type[Any] = PlaneView) -> Any:
    view = kind()
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.set_points(X, Y, "classification", train=np.array([True, True, True, False]))
    view.show()
    return view


def color_at(view: Any, index: int) -> np.ndarray:
    at = view.to_widget(*X[index]).toPoint()
    return np.array(view.grab().toImage().pixelColor(at).getRgb()[:3], dtype=int)


def distance(color: np.ndarray, other: QColor) -> int:
    return int(np.abs(color - np.array(other.getRgb()[:3])).max())


def test_lit_samples_keep_their_colour_and_the_others_fade(qtbot: QtBot) -> None:
    view = plane(qtbot)
    blue, orange, ground = theme().class_color(0), theme().class_color(1), theme().color("panel")
    assert distance(color_at(view, 0), blue) < 12
    assert distance(color_at(view, 1), orange) < 12
    view.set_lit(np.array([0]))
    assert distance(color_at(view, 0), blue) < 12
    assert distance(color_at(view, 1), ground) < 60 < distance(color_at(view, 1), orange)
    view.set_lit(None)
    assert distance(color_at(view, 1), orange) < 12


def test_indices_of_samples_that_are_gone_light_nothing() -> None:
    assert lit_mask(None, 3) is None
    mask = lit_mask(np.array([1, 7, -1]), 3)
    assert mask is not None
    assert mask.tolist() == [False, True, False]


def test_the_picked_sample_has_a_mark_of_its_own(qtbot: QtBot) -> None:
    view = plane(qtbot)
    before = view.grab().toImage()
    view.set_picked(2)
    after = view.grab().toImage()
    centre, reach = view.to_widget(*X[2]).toPoint(), round(view.marker_diameter() * 2.3 / 2)
    ring = centre + QPoint(reach, 0)
    assert before.pixelColor(ring) == theme().color("panel")
    assert after.pixelColor(ring).lightness() < 120
    tick = centre + QPoint(0, -reach - 3)
    assert after.pixelColor(tick).lightness() < 120
    view.set_picked(99)  # gone with its points: nothing to mark, and no trouble
    assert view.grab().toImage() == before


def test_the_pointer_means_the_nearest_visible_sample(qtbot: QtBot) -> None:
    at = np.array([[0.0, 0.0], [10.0, 0.0], [np.nan, 0.0]])
    every = np.ones(3, np.bool_)
    assert nearest(at, every, QPointF(4, 1)) == 0
    assert nearest(at, every, QPointF(8, 1)) == 1
    assert nearest(at, np.array([False, False, True]), QPointF(0, 0)) is None
    assert nearest(at, every, QPointF(5, 40)) is None
    assert nearest(np.empty((0, 2)), np.empty(0, np.bool_), QPointF(0, 0)) is None


def test_a_click_on_a_sample_says_which(qtbot: QtBot) -> None:
    view = plane(qtbot, AnswerView)
    clicked: list[int] = []
    view.sample_clicked.connect(clicked.append)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.to_widget(*X[1]).toPoint() + QPoint(2, 1))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.to_widget(0.0, 0.0).toPoint())
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=view.to_widget(*X[1]).toPoint())
    assert clicked == [1]


def test_the_keys_walk_from_sample_to_sample(qtbot: QtBot) -> None:
    view = plane(qtbot, AnswerView)
    view.sample_clicked.connect(lambda index: view.set_picked(None if index == view.spotlight.picked else index))
    walked = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Escape):
        QTest.keyClick(view, key)
        walked.append(view.spotlight.picked)
    assert walked == [0, 1, 0, 3, None]


def test_the_canvas_lights_up_what_the_session_does(qtbot: QtBot) -> None:
    session = HandTrained(experiment("circle", "classification"))
    canvas = Canvas(session)
    qtbot.addWidget(canvas)
    session.highlight(np.array([3, 5]))
    session.pick(4)
    assert canvas.spotlight.lit is not None
    assert np.flatnonzero(canvas.spotlight.lit).tolist() == [3, 5]
    assert canvas.spotlight.picked == 4
    session.highlight(None)
    session.pick(None)
    assert canvas.spotlight.lit is None
    assert canvas.spotlight.picked is None
