from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.canvas.canvas import Canvas
from app.canvas.drawing import training_mask
from app.canvas.tools import TOOLS, Hand
from app.theme import apply_theme
from core.data.generators import generate
from core.spec import Data, Dense, Experiment, Generator, Network, Points
from tests.app.fake_session import FakeSession

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier


def experiment(points: Points | None = None, **data: Any) -> Experiment:
    made = generate(Generator("circle", count=60)) if points is None else points
    return Experiment(data=Data(points=made, **data), network=Network((Dense(3, id=1),)))


@pytest.fixture
def canvas(qtbot: Any, qapp: Any) -> Canvas:
    return make(qtbot, qapp, experiment())


def make(qtbot: Any, qapp: Any, made: Experiment) -> Canvas:
    apply_theme(qapp, "light")
    widget = Canvas(FakeSession(made))
    widget.session.setParent(widget)
    qtbot.addWidget(widget)
    widget.resize(400, 400)
    widget.show()
    return widget


def pixel(canvas: Canvas, x1: float, x2: float) -> QPoint:
    return canvas.to_widget(x1, x2).toPoint()


def stroke(canvas: Canvas, *path: tuple[float, float], modifiers: Any = PLAIN) -> None:
    """A real stroke of the mouse along a path of the plane, in small steps."""
    QTest.mousePress(canvas, LEFT, modifiers, pixel(canvas, *path[0]))
    for start, stop in pairwise(path):
        for share in np.linspace(0, 1, 8)[1:]:
            QTest.mouseMove(canvas, pixel(canvas, *np.add(start, np.subtract(stop, start) * share)))
    QTest.mouseRelease(canvas, LEFT, modifiers, pixel(canvas, *path[-1]))


def undone_and_redone(canvas: Canvas, before: Points) -> None:
    """What was done is one step: undoing gives the points before, redoing those after."""
    stack, after = canvas.session.undo_stack, canvas.points
    assert after != before
    assert stack.count() == 1
    stack.undo()
    assert canvas.points == before
    assert len(canvas.shown.y) == len(before)
    stack.redo()
    assert canvas.points == after


def test_a_brush_stroke_leaves_drawn_points_along_it_and_is_one_step(canvas: Canvas) -> None:
    before = canvas.points
    canvas.choose_class(1)
    stroke(canvas, (-4, -4), (4, -4), (4, 4))
    new = canvas.points.select(np.arange(len(canvas.points)) >= len(before))
    assert canvas.points.select(np.arange(len(before))) == before
    assert len(new) > 30
    assert new.drawn.all()
    assert (new.y == 1).all()
    from_path = np.minimum(np.abs(new.x[:, 1] + 4), np.abs(new.x[:, 0] - 4))
    assert from_path.max() <= canvas.option("size") + 0.1
    assert new.x[:, 0].min() < -3
    assert new.x[:, 1].max() > 3
    undone_and_redone(canvas, before)


def test_points_appear_while_the_brush_is_still_down(canvas: Canvas, qtbot: Any) -> None:
    before = len(canvas.points)
    QTest.mousePress(canvas, LEFT, PLAIN, pixel(canvas, -4, 0))
    first = len(canvas.points)
    assert first > before
    for x1 in np.linspace(-4, 4, 30):
        QTest.mouseMove(canvas, pixel(canvas, x1, 0))
    qtbot.waitUntil(lambda: len(canvas.points) > first + 10)
    assert len(canvas.shown.y) == len(canvas.points)
    assert canvas.session.edits < 20, "edits come by the frame, not by the mouse event"
    QTest.mouseRelease(canvas, LEFT, PLAIN, pixel(canvas, 4, 0))
    assert canvas.session.undo_stack.count() == 1


def test_two_strokes_are_two_steps_and_differ(canvas: Canvas) -> None:
    n = len(canvas.points)
    stroke(canvas, (0, 0))
    middle = len(canvas.points)
    stroke(canvas, (0, 0))
    assert canvas.session.undo_stack.count() == 2
    one, two = canvas.points.x[n:middle], canvas.points.x[middle:]
    assert one.shape == two.shape
    assert not np.allclose(one, two)


def test_density_size_and_spread_change_the_stroke(canvas: Canvas) -> None:
    n = len(canvas.points)
    canvas.set_option("spread", 0)
    canvas.set_option("density", 10)
    stroke(canvas, (-4, 1), (4, 1))
    many = len(canvas.points) - n
    assert np.abs(canvas.points.x[n:, 1] - 1).max() < 0.05
    canvas.session.undo_stack.undo()
    canvas.set_option("density", 1)
    stroke(canvas, (-4, 1), (4, 1))
    assert (len(canvas.points) - n) * 4 < many
    canvas.set_option("size", 99)
    assert canvas.option("size") == TOOLS["brush"].options[0].high


def test_the_point_tool_puts_one_point_where_it_is_released(canvas: Canvas) -> None:
    before = canvas.points
    canvas.take("point")
    stroke(canvas, (-3, -3), (2, 1))
    assert len(canvas.points) == len(before) + 1
    assert canvas.points.x[-1] == pytest.approx([2, 1], abs=0.05)
    undone_and_redone(canvas, before)


def test_the_eraser_takes_away_what_it_passes_and_nothing_else(canvas: Canvas) -> None:
    before = canvas.points
    canvas.take("eraser")
    stroke(canvas, (-6, 0), (6, 0))
    left = canvas.points
    size = canvas.option("size")
    assert 0 < len(left) < len(before)
    assert np.abs(left.x[:, 1]).min() > size - 0.05
    kept = (before.x[:, None] == left.x).all(axis=2).any(axis=1)
    assert np.abs(before.x[~kept][:, 1]).max() < size + 0.05
    undone_and_redone(canvas, before)


def test_a_rectangle_selects_and_a_drag_moves_the_selection_as_one_step(canvas: Canvas) -> None:
    before = canvas.points
    canvas.take("select")
    stroke(canvas, (0, -5.9), (5.9, 5.9))
    inside = before.x[:, 0] > 0
    assert canvas.session.undo_stack.count() == 0
    assert np.array_equal(canvas.selected, inside)
    grip = before.x[inside][0]
    stroke(canvas, tuple(grip), (grip[0] + 0.7, grip[1]))
    moved = canvas.points.x - before.x
    assert np.allclose(moved[~inside], 0)
    assert np.allclose(moved[inside][:, 0], moved[inside][0, 0])
    assert moved[inside][0, 0] == pytest.approx(0.7, abs=0.1)
    assert np.array_equal(canvas.selected, inside), "what was moved stays selected"
    undone_and_redone(canvas, before)


def test_shift_adds_to_the_selection_and_escape_lets_go(canvas: Canvas) -> None:
    canvas.take("select")
    stroke(canvas, (0, 0), (5.9, 5.9))
    few = canvas.selected.sum()
    stroke(canvas, (-5.9, -5.9), (-0.01, -0.01), modifiers=SHIFT)
    assert canvas.selected.sum() > few > 0
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.selected.any()


def test_a_single_point_can_be_dragged_without_selecting_it_first(canvas: Canvas) -> None:
    before = canvas.points
    canvas.take("select")
    outermost = int(np.argmax(before.x[:, 0]))
    stroke(canvas, tuple(before.x[outermost]), (5.5, 5.5))
    changed = (canvas.points.x != before.x).any(axis=1)
    assert changed.sum() == 1
    undone_and_redone(canvas, before)


def test_delete_removes_the_selection(canvas: Canvas) -> None:
    before = canvas.points
    canvas.take("select")
    stroke(canvas, (0, -5.9), (5.9, 5.9))
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert canvas.points == before.select(before.x[:, 0] <= 0)
    assert not canvas.selected.any()
    undone_and_redone(canvas, before)


def test_arrow_keys_nudge_the_selection_in_one_step(canvas: Canvas) -> None:
    before = canvas.points
    QTest.keyClick(canvas, Qt.Key.Key_A, CTRL)
    assert canvas.tool.name == "select"
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Up)
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert np.allclose(canvas.points.x - before.x, [-0.1, 0.3])
    undone_and_redone(canvas, before)


def test_choosing_a_class_relabels_the_selection(canvas: Canvas) -> None:
    before = canvas.points
    canvas.take("select")
    stroke(canvas, (0, -5.9), (5.9, 5.9))
    inside = canvas.selected
    QTest.keyClick(canvas, Qt.Key.Key_2)
    assert (canvas.points.y[inside] == 1).all()
    assert np.array_equal(canvas.points.y[~inside], before.y[~inside])
    undone_and_redone(canvas, before)


def test_clear_empties_the_canvas_and_undo_brings_all_back(canvas: Canvas) -> None:
    before = canvas.points
    canvas.clear()
    assert len(canvas.points) == 0
    canvas.grab()
    undone_and_redone(canvas, before)


def test_the_first_point_can_be_drawn_on_an_empty_canvas(canvas: Canvas) -> None:
    canvas.clear()
    canvas.take("point")
    stroke(canvas, (1, 1))
    stroke(canvas, (2, 2))
    assert len(canvas.points) == 2


def test_the_keyboard_draws_without_a_mouse(canvas: Canvas) -> None:
    before = canvas.points
    for key in (Qt.Key.Key_P, Qt.Key.Key_2, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        QTest.keyClick(canvas, key)
    assert canvas.tool.name == "point"
    assert canvas.crosshair == (0.25, 0.25)
    QTest.keyClick(canvas, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert len(canvas.points) == len(before) + 1
    assert canvas.points.x[-1] == pytest.approx([0.25, -0.75])
    assert canvas.points.y[-1] == 1
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert len(canvas.points) == len(before) + 2
    QTest.keyClick(canvas, Qt.Key.Key_E)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert len(canvas.points) < len(before) + 2


@pytest.mark.parametrize(("key", "modifiers"), [(Qt.Key.Key_Y, CTRL), (Qt.Key.Key_Z, CTRL | SHIFT)])
def test_the_usual_keys_undo_and_redo(canvas: Canvas, key: Qt.Key, modifiers: Any) -> None:
    before = canvas.points
    stroke(canvas, (1, 1))
    after = canvas.points
    QTest.keyClick(canvas, Qt.Key.Key_Z, CTRL)
    assert canvas.points == before
    QTest.keyClick(canvas, key, modifiers)
    assert canvas.points == after


def test_brackets_change_the_size(canvas: Canvas) -> None:
    size = canvas.option("size")
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert canvas.option("size") > size
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert canvas.option("size") == pytest.approx(size, abs=0.01)


def test_a_class_that_is_not_there_cannot_be_chosen(canvas: Canvas) -> None:
    QTest.keyClick(canvas, Qt.Key.Key_7)
    assert canvas.class_index == 0


def test_a_value_is_painted_in_regression(qtbot: Any, qapp: Any) -> None:
    canvas = make(qtbot, qapp, experiment(generate(Generator("plane", count=40)), task="regression"))
    before = canvas.points
    canvas.choose_value(-0.4)
    stroke(canvas, (0, 0), (1, 1))
    assert (canvas.points.y[len(before) :] == -0.4).all()
    undone_and_redone(canvas, before)
    canvas.select_all()
    canvas.choose_value(0.7)
    assert (canvas.points.y == 0.7).all()


def test_an_undo_in_the_middle_of_a_stroke_ends_it(canvas: Canvas, qtbot: Any) -> None:
    before = canvas.points
    QTest.mousePress(canvas, LEFT, PLAIN, pixel(canvas, -4, 0))
    canvas.session.undo_stack.undo()
    assert canvas.points == before
    QTest.mouseMove(canvas, pixel(canvas, 4, 0))
    qtbot.wait(40)
    QTest.mouseRelease(canvas, LEFT, PLAIN, pixel(canvas, 4, 0))
    assert canvas.points == before


def test_the_mouse_outside_the_square_draws_nothing(canvas: Canvas) -> None:
    before = canvas.points
    canvas.resize(600, 300)
    QTest.mouseClick(canvas, LEFT, PLAIN, QPoint(20, 150))
    QTest.mouseClick(canvas, Qt.MouseButton.RightButton, PLAIN, QPoint(300, 150))
    assert canvas.points is before


def test_a_refused_edit_is_told_and_changes_nothing(canvas: Canvas, qtbot: Any) -> None:
    before = canvas.points
    canvas.class_index = 5  # beyond the classes there are
    with qtbot.waitSignal(canvas.refused) as said:
        stroke(canvas, (0, 0))
    assert "class" in said.args[0]
    assert canvas.points is before
    assert canvas.gesture is None


def test_filled_are_the_points_that_train(canvas: Canvas) -> None:
    mask = training_mask(canvas.session)
    assert np.array_equal(mask, canvas.session.model.prepared.train)
    assert np.array_equal(canvas.shown.train, mask)
    canvas.session.set_show_test(False)
    assert not canvas.shown.show_test
    stroke(canvas, (0, 0))
    assert len(canvas.shown.train) == len(canvas.points)


def test_the_pointer_shows_what_it_will_do(canvas: Canvas) -> None:
    plain = canvas.grab().toImage()
    for name in TOOLS:
        canvas.take(name)
        QTest.mouseMove(canvas, pixel(canvas, -5, -5))
        QTest.mouseMove(canvas, pixel(canvas, 5, -5))
        assert canvas.pointer == pytest.approx((5, -5), abs=0.05)
        assert canvas.grab().toImage() != plain
    canvas.take("select")
    canvas.select_all()
    QTest.mouseMove(canvas, pixel(canvas, *canvas.points.x[0]))
    assert canvas.cursor().shape() == Qt.CursorShape.SizeAllCursor


def test_a_tool_needs_no_widget() -> None:
    hand = Hand(Points([[0, 0], [3, 3]], [0, 1]), 1.0, {"size": 0.5}, np.zeros(2, dtype=bool))
    gesture = TOOLS["eraser"].begin(hand, (-1, 0))
    gesture.drag((1, 0))
    assert gesture.points() == Points([[3, 3]], [1])


def test_the_focus_is_shown_where_it_came_by_keyboard_only(canvas: Canvas, qtbot: Any) -> None:
    canvas.activateWindow()
    qtbot.waitUntil(canvas.isActiveWindow)
    canvas.clearFocus()
    plain = canvas.grab().toImage()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert canvas.focus_shown
    assert canvas.grab().toImage() != plain
    canvas.clearFocus()
    canvas.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not canvas.focus_shown
