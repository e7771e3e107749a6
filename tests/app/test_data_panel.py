from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from app.canvas.edits import add_class, remove_class, with_generator, with_task
from app.panels.data import DataPanel
from app.session import Session
from app.theme import apply_theme
from core.data.generators import GENERATORS, generate
from core.spec import Choice, Data, Dense, Experiment, Generator, Network, Points, Split
from tests.app.fake_session import FakeSession

LEFT = Qt.MouseButton.LeftButton


def start(**generator: Any) -> Experiment:
    made = Generator("blobs", count=90, classes=3)
    data = with_generator(Data(split=Split(share=0.6)), replace(made, **generator))
    return Experiment(data=data, network=Network((Dense(3, id=1),)))


@pytest.fixture
def panel(qtbot: Any, qapp: Any) -> DataPanel:
    apply_theme(qapp, "light")
    made = DataPanel(FakeSession(start()))
    made.session.setParent(made)
    qtbot.addWidget(made)
    made.resize(420, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def data(panel: DataPanel) -> Data:
    return panel.session.experiment.data


def draw(panel: DataPanel, x1: float = 5.0, x2: float = 5.0) -> None:
    panel.canvas.take("point")
    QTest.mouseClick(panel.canvas, LEFT, pos=panel.canvas.to_widget(x1, x2).toPoint())


def test_a_thumbnail_generates_its_set_and_undo_brings_the_old_one_back(panel: DataPanel) -> None:
    before = data(panel)
    QTest.mouseClick(panel.controls.thumbnails.buttons["moons"], LEFT)
    assert data(panel).generator == replace(before.generator, name="moons", classes=2)
    assert data(panel).points == generate(data(panel).generator)
    assert data(panel).classes == 2
    assert panel.controls.thumbnails.buttons["moons"].isChecked()
    panel.undo.click()
    assert data(panel) == before
    assert panel.controls.thumbnails.buttons["blobs"].isChecked()
    panel.redo.click()
    assert data(panel).generator.name == "moons"


def test_drawn_points_stay_when_a_set_is_generated(panel: DataPanel) -> None:
    panel.canvas.choose_class(2)
    draw(panel)
    QTest.mouseClick(panel.controls.thumbnails.buttons["circle"], LEFT)
    kept = data(panel).points.select(data(panel).points.drawn)
    assert len(kept) == 1
    assert kept.y[0] == 2
    assert data(panel).classes == 3, "the drawn point's class is still there"


def test_sliders_generate_again_and_a_drag_is_one_step(panel: DataPanel) -> None:
    before = data(panel)
    track = panel.controls.count.track
    QTest.mousePress(track, LEFT, pos=QPoint(100, track.height() // 2))
    for x in range(100, 240, 20):
        QTest.mouseMove(track, QPoint(x, track.height() // 2))
    QTest.mouseRelease(track, LEFT, pos=QPoint(240, track.height() // 2))
    assert len(data(panel).points) == data(panel).generator.count == panel.controls.count.value != 90
    assert panel.session.undo_stack.count() == 1
    QTest.keyClick(track, Qt.Key.Key_Left)
    assert panel.session.undo_stack.count() == 2, "another gesture, another step"
    panel.session.undo_stack.setIndex(0)
    assert data(panel) == before
    assert panel.controls.count.value == 90


def test_the_dice_makes_another_sample(panel: DataPanel) -> None:
    before = data(panel)
    panel.controls.dice.click()
    assert data(panel).generator.seed == before.generator.seed + 1
    assert data(panel).points != before.points
    assert len(data(panel).points) == len(before.points)


def test_classes_are_offered_where_the_set_takes_them(panel: DataPanel) -> None:
    stepper = panel.controls.classes[8]
    assert stepper.isVisibleTo(panel)
    stepper.more.click()
    assert data(panel).generator.classes == data(panel).classes == 4
    assert set(data(panel).points.y) == {0, 1, 2, 3}
    QTest.mouseClick(panel.controls.thumbnails.buttons["xor"], LEFT)
    assert not stepper.isVisibleTo(panel)


def test_the_training_share_changes_the_split_and_the_status(panel: DataPanel) -> None:
    assert panel.status == "54 to train · 36 to test (hollow)"
    panel.controls.share.moved.emit(0.8)
    assert data(panel).split.share == 0.8
    assert panel.status == "72 to train · 18 to test (hollow)"
    assert panel.canvas.shown.train.sum() == 72


def test_features_switch_on_and_off_but_never_all_off(panel: DataPanel) -> None:
    chips = panel.controls.features.chips
    chips["x1^2"].click()
    assert data(panel).features == ("x1", "x2", "x1^2")
    chips["x1"].click()
    chips["x2"].click()
    assert data(panel).features == ("x1^2",)
    chips["x1^2"].click()
    assert data(panel).features == ("x1^2",)
    assert chips["x1^2"].isChecked()
    panel.session.undo_stack.setIndex(0)
    assert data(panel).features == ("x1", "x2")
    assert not chips["x1^2"].isChecked()


def test_scaling_is_chosen_and_told(panel: DataPanel) -> None:
    panel.parts.scaling.chips["standard"].click()
    assert data(panel).scaling == "standard"
    assert panel.status.endswith("standard")
    panel.undo.click()
    assert panel.parts.scaling.chips["none"].isChecked()


def test_test_points_are_hidden_on_request(panel: DataPanel) -> None:
    assert panel.controls.test.isChecked()
    panel.controls.test.click()
    assert panel.session.show_test is False
    assert panel.status.endswith("(hidden)")
    assert not panel.canvas.shown.show_test


def test_a_class_is_added_and_removed_with_its_points(panel: DataPanel) -> None:
    palette = panel.parts.palette_row.classes
    before = data(panel)
    palette.add.click()
    assert data(panel).classes == 4
    assert palette.buttons[3].isVisibleTo(panel)
    palette.buttons[0].click()
    palette.remove.click()
    assert data(panel).classes == 3
    kept = before.points.select(before.points.y > 0)
    assert np.array_equal(data(panel).points.x, kept.x)
    assert np.array_equal(data(panel).points.y, kept.y - 1)
    panel.undo.click()
    panel.undo.click()
    assert data(panel) == before


def test_the_last_two_classes_cannot_be_removed_and_there_are_eight_at_most(panel: DataPanel) -> None:
    palette = panel.parts.palette_row.classes
    for _ in range(9):
        palette.add.click()
    assert data(panel).classes == 8
    assert not palette.add.isEnabled()
    for _ in range(9):
        palette.remove.click()
    assert data(panel).classes == 2
    assert not palette.remove.isEnabled()
    assert add_class(Data(classes=8)).classes == 8
    assert remove_class(Data(classes=2), 0).classes == 2


def test_the_task_switches_a_generated_set_for_a_fitting_one(panel: DataPanel) -> None:
    before = panel.session.experiment
    panel.session.experiment = replace(before, training=replace(before.training, loss=Choice("cce")))
    panel.controls.task.chips["regression"].click()
    assert data(panel).task == "regression"
    assert GENERATORS[data(panel).generator.name].task == "regression"
    assert panel.session.experiment.training.loss == Choice("auto")
    assert panel.parts.palette_row.values.isVisibleTo(panel)
    assert panel.controls.thumbnails.buttons["plane"].isVisibleTo(panel)
    assert not panel.controls.thumbnails.buttons["moons"].isVisibleTo(panel)
    panel.controls.task.chips["classification"].click()
    assert data(panel).generator.name == "blobs", "the set there was before"


def test_drawn_points_map_to_values_and_back() -> None:
    drawn = Points([[0, 0], [1, 1], [2, 2]], [0, 1, 2], [True] * 3)
    there = with_task(Data(classes=3, points=drawn), "regression", "plane")
    assert there.points.y.tolist() == [-1, 0, 1]
    assert with_task(there, "classification", "circle").points == drawn
    assert there.generator is None


def test_buttons_follow_the_undo_stack(panel: DataPanel) -> None:
    assert not panel.undo.isEnabled()
    draw(panel)
    assert panel.undo.isEnabled()
    assert "Add point" in panel.undo.toolTip()
    panel.undo.click()
    assert not panel.undo.isEnabled()
    assert panel.redo.isEnabled()


def test_clear_empties_and_says_what_to_do(panel: DataPanel) -> None:
    panel.clear.click()
    assert len(data(panel).points) == 0
    assert data(panel).generator is None
    assert not panel.clear.isEnabled()
    assert "No points" in panel.status
    assert not panel.controls.noise.isEnabled()
    QTest.mouseClick(panel.controls.thumbnails.buttons["spiral"], LEFT)
    assert data(panel).generator.count == 90, "as many as the last set had"


def test_a_refused_edit_is_told_at_the_top_and_cleared_by_the_next(panel: DataPanel) -> None:
    panel.canvas.class_index = 6
    draw(panel)
    assert not panel.message.isHidden()
    panel.controls.dice.click()
    assert panel.message.isHidden()


def test_tool_buttons_and_options_follow_the_tool(panel: DataPanel) -> None:
    assert set(panel.parts.options.fields) == {"size", "density", "spread"}
    panel.parts.tools.buttons["eraser"].click()
    assert panel.canvas.tool.name == "eraser"
    assert set(panel.parts.options.fields) == {"size"}
    field = panel.parts.options.fields["size"]
    size = field.value
    QTest.keyClick(field, Qt.Key.Key_Right)
    assert panel.canvas.option("size") == field.value > size
    place = panel.canvas.geometry()
    panel.canvas.take("point")
    assert panel.parts.options.hint.isVisibleTo(panel)
    assert panel.parts.options.hint.text() == "Click to add one point"
    assert panel.canvas.geometry() == place
    assert panel.parts.tools.buttons["point"].isChecked()


def test_the_value_strip_chooses_the_value(panel: DataPanel) -> None:
    panel.controls.task.chips["regression"].click()
    strip = panel.parts.palette_row.values
    QTest.mouseClick(strip, LEFT, pos=QPoint(strip.width() // 2, strip.height() - 6))
    assert panel.canvas.value == pytest.approx(0, abs=0.05)
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert panel.canvas.value == 1


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("size", [(240, 420), (240, 520), (420, 700), (320, 240), (900, 500), (1900, 1000)])
def test_nothing_is_cut_off_or_overlaps(panel: DataPanel, qapp: Any, size: tuple[int, int], scale: float) -> None:
    apply_theme(qapp, "dark", scale)
    panel.resize(round(size[0] * scale), round(size[1] * scale))
    qapp.processEvents()
    parts = panel.parts
    shown = [parts.tools, parts.palette_row, parts.options, parts.canvas, parts.form_area, parts.scaling]
    shown = [part for part in shown if part.isVisible()]
    for i, part in enumerate(shown):
        assert parts.rect().contains(part.geometry()), f"{type(part).__name__} {part.geometry()} in {parts.rect()}"
        for other in shown[i + 1 :]:
            assert not part.geometry().intersects(other.geometry()), f"{type(part).__name__} {type(other).__name__}"
    assert parts.canvas.plane_rect().width() >= 110 * scale
    assert parts.controls.width() <= parts.form_area.viewport().width()


@pytest.mark.parametrize("width", range(220, 420, 12))
def test_the_layout_comes_to_rest_at_any_width(panel: DataPanel, qapp: Any, width: int) -> None:
    panel.resize(width, 700)
    qapp.processEvents()
    arranged: list[QRect] = []
    parts = panel.parts
    once = parts.arrange
    parts.arrange = lambda: (once(), arranged.append(parts.scaling.geometry()))  # type: ignore[method-assign]
    for _ in range(5):
        qapp.processEvents()
    assert len(arranged) <= 1
    parts.arrange()
    parts.arrange()
    assert arranged[-1] == arranged[-2]
    assert parts.rect().contains(parts.scaling.geometry())


def test_drawing_while_training_runs_is_taken_up(qtbot: Any, qapp: Any) -> None:
    apply_theme(qapp, "light")
    session = Session(start())
    panel = DataPanel(session)
    qtbot.addWidget(panel)
    try:
        panel.resize(420, 700)
        panel.show()
        before = data(panel).points
        session.play()
        qtbot.waitUntil(lambda: session.snapshot is not None and session.snapshot.step > 0)
        panel.canvas.take("brush")
        QTest.mousePress(panel.canvas, LEFT, pos=panel.canvas.to_widget(-5, -5).toPoint())
        for x1 in np.linspace(-5, 5, 12):
            QTest.mouseMove(panel.canvas, panel.canvas.to_widget(x1, -5).toPoint())
            qtbot.wait(5)
        QTest.mouseRelease(panel.canvas, LEFT, pos=panel.canvas.to_widget(5, -5).toPoint())
        assert len(data(panel).points) > len(before)
        assert session.state == "running"
        drawn = len(data(panel).points)
        qtbot.waitUntil(lambda: len(session.snapshot.model.experiment.data.points) == drawn)
        session.undo_stack.undo()
        assert data(panel).points == before
    finally:
        session.close()
