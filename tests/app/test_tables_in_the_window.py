"""Tables in the window: the slice everybody looks at, the data panel without drawing, names in place of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QKeySequence, QPainter
from PySide6.QtTest import QTest

from app.canvas.edits import with_data, with_table
from app.canvas.legend import Legend
from app.canvas.slice_bar import SliceBar, SlicePopover
from app.panels.answers import AnswersPanel
from app.panels.boundary import BoundaryPanel
from app.panels.by_hand import ByHandPanel
from app.panels.data import DataPanel
from app.panels.readout import Row, paint_readout
from app.panels.slice import SlicePanel
from app.session import Session
from app.theme import theme
from core.data.slices import FIRST, Slice, plane_of
from core.presets import PRESETS
from core.project import Project


@pytest.fixture
def session(qtbot: Any) -> Iterator[Session]:
    made = Session(PRESETS["iris"].experiment)
    qtbot.waitUntil(lambda: made.snapshot is not None)
    yield made
    made.close()


def shown(qtbot: Any, panel: Any, width: int = 520, height: int = 480) -> Any:
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()
    qtbot.waitUntil(lambda: not panel.busy, timeout=10_000)
    return panel


def click(chip: Any) -> None:
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)


def test_the_choosers_change_the_one_slice(qtbot: Any, session: Session) -> None:
    bar, other = shown_bar(qtbot, session), shown_bar(qtbot, session)
    assert bar.across.box.itemText(0) == "sepal length (cm)"
    assert (bar.across.key, bar.up.key) == ("2", "3"), "the petals tell most"
    QTest.keyClick(bar.across.box, Qt.Key.Key_Home)
    assert (session.slice.i, session.slice.j) == (0, 3)
    assert other.across.key == "0"
    QTest.keyClick(other.up.box, Qt.Key.Key_Home)
    assert (session.slice.i, session.slice.j) == (3, 0), "the other axis's column swaps the two"
    assert (bar.across.key, bar.up.key) == ("3", "0")
    click(bar.principal)
    assert session.slice.kind == "principal"
    assert other.principal.isChecked()
    assert not other.across.isVisible()
    click(other.principal)
    assert session.slice.kind == "columns"


def shown_bar(qtbot: Any, session: Session) -> SliceBar:
    bar = SliceBar(session)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_the_bar_is_not_there_for_points_on_the_plane(qtbot: Any, session: Session) -> None:
    bar = shown_bar(qtbot, session)
    session.begin(Project(PRESETS["circle"].experiment))
    assert not bar.isVisible()
    session.begin(Project(PRESETS["penguins"].experiment))
    assert bar.isVisible()
    assert bar.up.box.itemText(3) == "body mass (100 g)"


def test_a_narrow_bar_takes_two_rows(qtbot: Any, session: Session) -> None:
    bar = shown_bar(qtbot, session)
    assert bar.high(500) < bar.high(210)


def test_the_popover_sets_where_the_plane_goes_through(qtbot: Any, session: Session) -> None:
    bar = shown_bar(qtbot, session)
    click(bar.through)
    popover = bar.popover
    assert isinstance(popover, SlicePopover)
    assert list(popover.sliders) == [0, 1]
    assert popover.area.widget().width() <= popover.area.viewport().width(), "it is cut off"
    x = session.experiment.data.points.x
    assert popover.sliders[0].value == pytest.approx(x[:, 0].mean())
    click(popover.chips["median"])
    assert popover.sliders[1].value == pytest.approx(float(np.median(x[:, 1])))
    QTest.keyClick(popover.sliders[0].track, Qt.Key.Key_End)
    assert session.slice.base == "values"
    assert session.slice.at[0] == pytest.approx(x[:, 0].max())
    assert session.slice.at[1] == pytest.approx(float(np.median(x[:, 1])))
    assert not popover.chips["sample"].isEnabled()
    assert popover.chips["sample"].toolTip().startswith("First pick a sample")
    session.pick(60)
    assert "follows" in popover.chips["sample"].toolTip()
    click(popover.chips["sample"])
    assert session.slice.at == tuple(x[60].tolist())
    session.pick(3)
    assert session.slice.at == tuple(x[3].tolist()), "it does not follow the picked sample"
    assert bar.through.text() == "at the sample …"
    popover.close()


def test_other_columns_forget_the_slice(qtbot: Any, session: Session) -> None:
    session.set_slice(Slice("columns", 2, 3))
    session.set("data.split.share", 0.5)
    assert session.slice == Slice("columns", 2, 3)
    session.edit("Penguins", with_data_of(session, "penguins"))
    assert session.slice == FIRST
    session.undo_stack.undo()
    assert session.experiment.data.table == "iris"


def with_data_of(session: Session, table: str) -> Any:
    return with_data(session.experiment, with_table(session.experiment.data, table))


def test_the_boundary_is_of_the_slice_and_says_all_columns(qtbot: Any, session: Session) -> None:
    panel = shown(qtbot, BoundaryPanel(session))
    before = panel._picture.seen.values.copy()
    session.set_slice(Slice("columns", 0, 1))
    qtbot.waitUntil(lambda: not panel.busy and not np.array_equal(panel._picture.seen.values, before), timeout=10_000)
    data = session.experiment.data
    plane = plane_of(data, session.slice)
    assert panel.view.plane is plane
    assert np.array_equal(panel.view.shown.x, plane.project(data.points.x))
    rows = {row.name: row.value for row in panel.view.rows(0.0, 0.0)}
    assert rows["sepal length (cm)"] == "6.1"
    assert rows["petal length (cm)"] == "3.758"
    assert {"setosa", "versicolor", "virginica"} <= set(rows)
    assert rows["answer"] in data.labels
    assert "off the slice" in panel.status


def test_points_off_the_slice_are_drawn_smaller(qtbot: Any, session: Session) -> None:
    panel = shown(qtbot, BoundaryPanel(session))
    near, away = panel.view.shown.near, plane_of(session.experiment.data, session.slice).distances(
        session.experiment.data.points.x
    )  # fmt: skip
    assert near.max() == 3
    assert near[away > 2.0].max(initial=0) == 0
    assert near[away < 0.3].min() == 3
    session.begin(Project(PRESETS["circle"].experiment))
    qtbot.waitUntil(lambda: not panel.busy and panel.view.plane.flat, timeout=10_000)
    assert panel.view.shown.near is None


def test_the_data_panel_shows_rows_and_does_not_draw(qtbot: Any, session: Session) -> None:
    panel = shown(qtbot, DataPanel(session), 260, 620)
    parts, canvas = panel.parts, panel.canvas
    assert parts.legend.isVisible()
    assert parts.legend.names == ("setosa", "versicolor", "virginica")
    assert not parts.tools.isVisible()
    assert "not drawn by hand" in parts.controls.about.text()
    assert list(panel.controls.features.chips) == ["sepal length", "sepal width", "petal length", "petal width"]
    place = canvas.places()[20]
    index = canvas.sample_at(QPointF(*place))
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPointF(*place).toPoint())
    assert session.picked == index
    for keys in (Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Right):
        QTest.keyClick(canvas, keys)
    QTest.keySequence(canvas, QKeySequence(QKeySequence.StandardKey.SelectAll))
    assert len(session.experiment.data.points) == 150
    assert session.undo_stack.count() == 0
    assert panel.status.startswith("4 columns · ")


def test_features_of_a_table_are_switched_on_and_off(qtbot: Any, session: Session) -> None:
    panel = shown(qtbot, DataPanel(session), 260, 620)
    click(panel.controls.features.chips["sepal width"])
    assert session.experiment.data.features == ("sepal length", "petal length", "petal width")
    assert session.model.network.shape[0] == 3
    click(panel.parts.scaling.chips["min-max"])
    assert session.model.prepared.x_train.max() == 1.0


def test_a_set_begins_the_plane_again_and_a_table_ends_it(qtbot: Any, session: Session) -> None:
    panel = shown(qtbot, DataPanel(session), 260, 620)
    click(panel.controls.thumbnails.buttons["moons"])
    data = session.experiment.data
    assert (data.table, data.columns, data.labels, data.features) == ("", (), (), ("x1", "x2"))
    assert panel.parts.tools.isVisible()
    assert not panel.parts.legend.isVisible()
    assert not panel.controls.about.isVisible()
    click(panel.controls.tables.chips["earthquakes"])
    assert session.experiment.data.task == "regression"
    assert session.model.network.output.activation == "linear"
    assert "467 of 1679 rows" in panel.controls.about.text()
    click(panel.controls.task.chips["classification"])
    assert session.experiment.data.generator is not None
    session.undo_stack.undo()
    assert session.experiment.data.table == "earthquakes"
    click(panel.clear)
    assert panel.canvas.drawable
    assert len(session.experiment.data.points) == 0
    session.undo_stack.undo()
    assert len(session.experiment.data.points) == 1212


def test_digits_have_ten_markers_of_their_own(qtbot: Any, session: Session) -> None:
    session.begin(Project(PRESETS["digits"].experiment))
    panel = shown(qtbot, DataPanel(session), 260, 620)
    assert len(panel.parts.legend.names) == 10
    assert plane_of(session.experiment.data, session.slice).titles[0] == "principal axis 1"
    assert len(panel.controls.features.chips) == 64


@pytest.mark.parametrize(("width", "lines"), [(226, 2), (600, 1), (120, 3)])
def test_every_class_is_named_in_as_many_lines_as_it_takes(qtbot: Any, width: int, lines: int) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_classes(PRESETS["digits"].experiment.data)
    places = legend.places(width)
    assert len(places) == 10
    assert max(line for line, *_ in places) + 1 == lines
    assert legend.height_in(width) == lines * legend.height_in(10_000)
    for (line, _, right), (after, left, end) in pairwise(places):
        assert end <= width
        assert left >= right if after == line else (after, left) == (line + 1, 0.0)
    legend.show_classes(PRESETS["plane"].experiment.data)
    assert legend.height_in(width) == 0


def test_digits_are_seen_as_digits(qtbot: Any, session: Session) -> None:
    session.begin(Project(PRESETS["digits"].experiment))
    ink = session.experiment.data.points.x.reshape(-1, 8, 8) / 16.0
    answers = shown(qtbot, AnswersPanel(session), 420, 420)
    click(answers.view.chip("worst"))
    rows = answers.worst.list
    qtbot.waitUntil(lambda: len(rows.indices) == 50)
    np.testing.assert_array_equal(rows._pictures, ink[rows.indices])
    for row in (0, 7, 49):
        assert rows.row_at(rows.row_rect(row).center()) == row
    assert rows.row_at(QPointF(5, 5)) == -1
    hand = shown(qtbot, ByHandPanel(session), 900, 600)
    session.pick(7)
    qtbot.waitUntil(lambda: hand.index == 7 and hand.parts.bar.picture.isVisible())
    np.testing.assert_array_equal(hand.parts.bar.picture.ink, ink[7])
    session.begin(Project(PRESETS["iris"].experiment))
    qtbot.waitUntil(lambda: not hand.parts.bar.picture.isVisible() and rows._pictures is None)


def test_a_card_shows_the_picture_where_there_is_room(qtbot: Any) -> None:
    ink = np.zeros((4, 4))
    ink[0, 0] = 1.0
    at, rows = QPointF(20, 20), [Row("sample 1", "training")]
    for width, beside in ((300, True), (110, False)):
        image = QImage(300, 200, QImage.Format.Format_ARGB32)
        image.fill(0)
        painter = QPainter(image)
        bare = paint_readout(painter, QRectF(0, 0, width, 200), at, rows)
        place = paint_readout(painter, QRectF(0, 0, width, 200), at, rows, ink)
        painter.end()
        assert (place.width() > bare.width()) == beside
        if beside:
            corner = (place.topLeft() + QPointF(12, 10)).toPoint()
            assert image.pixelColor(corner).name() == theme().color("text").name()


def test_a_slice_opens_along_a_weight_that_changes_something(qtbot: Any, session: Session) -> None:
    session.begin(Project(PRESETS["digits"].experiment))
    panel = shown(qtbot, SlicePanel(session))
    mode, x = panel.modes["weight"], session.model.prepared.x_train
    assert np.ptp(x[:, 0]) == 0, "the corner of every picture is blank"
    first = int(np.flatnonzero(np.ptp(x, axis=0))[0])
    name = f"weight from {session.experiment.data.columns[first].name} to layer 1, unit 1"
    qtbot.waitUntil(lambda: mode.name == name)
    mode.pick(0)
    session.set("network.layers", session.experiment.network.layers[:1])
    qtbot.waitUntil(lambda: mode._network is session.snapshot.model.network and not panel.busy)
    assert mode.index == 0, "what was chosen stays"
