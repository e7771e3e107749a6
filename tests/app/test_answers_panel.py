from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.numbers import number, percent
from app.panels.answers import AnswersPanel
from app.panels.answers_matrix import STRENGTH, cell_color
from app.panels.answers_worst import WorstList
from app.panels.samples import SampleText
from app.theme import apply_theme, font, theme
from core.probes import confusion as probe
from core.spec import Points, change
from tests.app.hand_trained import HandTrained, experiment

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def _look(qapp: QApplication) -> None:
    apply_theme(qapp, "light")


@pytest.fixture
def open_panel(qtbot: QtBot) -> Callable[..., AnswersPanel]:
    def make(session: Any, size: tuple[int, int] = (480, 360)) -> AnswersPanel:
        panel = AnswersPanel(session)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: panel.is_empty or panel.status != "")
        return panel

    return make


def blobs(classes: int = 3, epochs: int = 3) -> HandTrained:
    session = HandTrained(experiment("blobs", "classification", classes, (4,)))
    session.train(epochs)
    return session


def values(epochs: int = 10) -> HandTrained:
    session = HandTrained(experiment("plane", "regression", units=(3,)))
    session.train(epochs)
    return session


def said(session: HandTrained) -> probe.Answers:
    return probe.answers(session.trainer.model, session.snapshot.theta)


def click_cell(panel: AnswersPanel, cell: tuple[int, int]) -> None:
    QTest.mouseClick(panel.matrix, LEFT, pos=panel.matrix.cell_rect(cell).center().toPoint())


def test_it_counts_what_the_network_says(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    counts = probe.confusion(said(session), "test")
    assert np.array_equal(panel.matrix.matrix, counts)
    assert panel.status.startswith(f"test accuracy {percent(np.diag(counts).sum() / counts.sum())}")
    qtbot.mouseClick(panel.part.chip("train"), LEFT)
    assert np.array_equal(panel.matrix.matrix, probe.confusion(said(session), "train"))
    assert f"recall {percent(probe.recall(panel.matrix.matrix)[0])}" in panel.status


def test_a_click_on_a_cell_lights_its_samples_up_and_another_lets_go(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    counts = panel.matrix.matrix
    cell = tuple(int(i) for i in np.unravel_index(counts.argmax(), counts.shape))
    click_cell(panel, cell)
    expected = said(session).confused(*cell, "test")
    assert np.array_equal(session.highlighted_samples, expected)
    assert panel.status.startswith(f"{counts[cell]} of class {cell[0] + 1} answered as class {cell[1] + 1}")
    qtbot.mouseClick(panel.part.chip("train"), LEFT)  # the same cell of the other part
    assert np.array_equal(session.highlighted_samples, said(session).confused(*cell, "train"))
    click_cell(panel, cell)
    assert session.highlighted_samples is None
    assert panel.matrix.chosen is None


def test_the_lit_samples_follow_the_cell_while_training_goes_on(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs(epochs=0)
    panel = open_panel(session)
    mistaken = panel.matrix.matrix - np.diag(np.diag(panel.matrix.matrix))
    cell = tuple(int(i) for i in np.unravel_index(mistaken.argmax(), mistaken.shape))
    click_cell(panel, cell)
    before = session.highlighted_samples
    session.train(40)
    expected = said(session).confused(*cell, "test")
    assert not np.array_equal(before, expected)
    qtbot.waitUntil(
        lambda: np.array_equal(
            np.empty(0) if session.highlighted_samples is None else session.highlighted_samples, expected
        )
    )
    assert panel.matrix.chosen == cell


def test_what_others_light_up_unchooses_the_cell(open_panel: Any) -> None:
    session = blobs()
    panel = open_panel(session)
    click_cell(panel, (0, 0))
    session.highlight(np.array([1, 2]))
    assert panel.matrix.chosen is None
    assert session.highlighted_samples.tolist() == [1, 2]


def test_the_matrix_works_by_keyboard(open_panel: Any) -> None:
    session = blobs()
    panel = open_panel(session)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Down):
        QTest.keyClick(panel.matrix, key)
    QTest.keyClick(panel.matrix, Qt.Key.Key_Space)
    assert panel.matrix.chosen == (1, 1)
    assert panel.matrix.accessibleDescription() == panel.matrix.says((1, 1))
    QTest.keyClick(panel.matrix, Qt.Key.Key_Escape)
    assert panel.matrix.chosen is None


@pytest.mark.parametrize("size", [(320, 240), (480, 330), (1200, 800)])
@pytest.mark.parametrize("classes", [2, 8])
def test_every_cell_has_room_for_its_number(open_panel: Any, size: tuple[int, int], classes: int) -> None:
    panel = open_panel(blobs(classes, 1), size)
    matrix = panel.matrix
    last = matrix.cell_rect((classes - 1, classes - 1))
    assert matrix.rect().contains(matrix.cells_rect().toRect())
    assert last.height() >= 14
    assert last.width() >= 20
    for cell in ((0, 0), (0, classes - 1), (classes - 1, 0)):
        assert matrix.cell_at(matrix.cell_rect(cell).center()) == cell
    assert matrix.cell_at(QPointF(-5, -5)) is None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_stays_readable_on_the_strongest_cell(qapp: QApplication, name: str) -> None:
    apply_theme(qapp, name)

    def luminance(color: Any) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))

    assert STRENGTH <= 0.5
    for right in (True, False):
        pair = sorted(luminance(color) for color in (cell_color(right, 1.0, True), theme().color("text")))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
    apply_theme(qapp, "light")


def test_a_larger_share_has_a_stronger_colour() -> None:
    pale, strong = (cell_color(False, share, True).saturation() for share in (0.05, 0.9))
    assert 0 < pale < strong
    assert cell_color(False, 0.0, False) == theme().color("raised")


def test_the_worst_are_listed_and_a_click_picks_one(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    qtbot.mouseClick(panel.view.chip("worst"), LEFT)
    seen, rows = said(session), panel.worst.list
    assert rows.indices == probe.worst(seen, "test", 50).tolist()
    assert rows._texts[0].loss == number(seen.losses[rows.indices[0]], 3)
    QTest.mouseClick(rows, LEFT, pos=rows.rect().topLeft() + (QPointF(40, 24 * 2.5)).toPoint())
    assert session.picked == rows.indices[1]
    QTest.keyClick(rows, Qt.Key.Key_Down)
    assert session.picked == rows.indices[2]
    QTest.keyClick(rows, Qt.Key.Key_Up)
    assert session.picked == rows.indices[1]
    QTest.keyClick(rows, Qt.Key.Key_Escape)
    assert session.picked is None
    session.pick(rows.indices[3])
    assert rows._picked == rows.indices[3]


@pytest.mark.parametrize("width", [288, 330, 420, 900])
def test_the_texts_of_the_worst_have_the_room_they_need(qtbot: QtBot, width: int) -> None:
    rows = WorstList()
    qtbot.addWidget(rows)
    text = SampleText("130", "sepal length 7.2 …", "virginica", "versicolor  75.1 %", "0.286", (2, 1), True)
    rows.resize(width, 100)
    rows.set_samples([129], [text], [0.286])
    columns = list(rows._columns().items())
    assert all(right <= left for (_, (_, right)), (_, (left, _)) in pairwise(columns))
    assert columns[-1][1][1] <= width
    metrics, found = QFontMetricsF(font(11)), dict(columns)
    for name, said in (("sample", text.name), ("truth", text.truth), ("answer", text.said), ("loss", text.loss)):
        mark = theme().px(14) if name in ("truth", "answer") else 0
        if name == "truth" and width == 288:
            continue  # the mark alone says it
        assert metrics.horizontalAdvance(said) + mark <= found[name][1] - found[name][0]
    assert ("place" in found) is (width > 400)


def test_a_view_of_another_task_cannot_be_asked_for(open_panel: Any) -> None:
    panel = open_panel(values())
    panel.view.chip("matrix").click()  # as a shortcut or a helper for the blind may
    assert panel.view.key == "fit"
    panel.view.set_key("matrix")
    panel._again()
    assert panel.stack.currentWidget() is panel.scatter


def test_values_have_their_fit_and_residuals(open_panel: Any, qtbot: QtBot) -> None:
    session = values()
    panel = open_panel(session)
    assert panel.view.key == "fit"
    assert panel.view.chip("matrix").isHidden()
    seen = said(session)
    result = probe.fit(seen, "test")
    assert panel.status.startswith(f"test R² {number(result.r2, 3)} · RMSE {number(result.rmse, 3)}")
    view = panel.scatter
    first = int(np.flatnonzero(~seen.train)[0])
    # A perfect answer lies on the diagonal: positions are affine in the values, alike on both axes.
    assert view._ranges[0] == view._ranges[1]
    assert np.allclose(view.to_widget(seen.truth[first], seen.said[first]), view.places()[first])
    QTest.mouseClick(view, LEFT, pos=QPointF(*view.places()[first]).toPoint())
    assert session.picked is not None
    assert np.linalg.norm(view.places()[session.picked] - view.places()[first]) < 8
    qtbot.mouseClick(panel.view.chip("residuals"), LEFT)
    assert np.allclose(view.scatter.y, seen.truth - seen.said)
    assert np.allclose(view.scatter.x, seen.said)


def test_the_scatter_lights_up_and_marks_samples(open_panel: Any) -> None:
    session = values()
    panel = open_panel(session)
    plain = panel.scatter.grab().toImage()
    session.highlight(np.array([0, 1, 2]))
    lit = panel.scatter.grab().toImage()
    assert lit != plain
    session.pick(int(np.flatnonzero(~said(session).train)[0]))
    assert panel.scatter.grab().toImage() != lit


def test_the_views_change_with_the_task(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    other = values()
    session.trainer, session.experiment = other.trainer, other.experiment
    session.show()
    qtbot.waitUntil(lambda: panel.view.key == "fit")
    qtbot.waitUntil(lambda: panel.status.startswith("test R²"))
    assert panel.stack.currentWidget() is panel.scatter


def test_without_points_there_is_one_thing_to_do(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    empty = change(session.experiment, "data.points", Points([], []))
    session.adopt(empty)
    panel = open_panel(session)
    assert panel.is_empty
    panel._make_some()
    assert len(session.experiment.data.points) > 0


def test_without_test_samples_it_shows_the_others(open_panel: Any) -> None:
    session = blobs()
    few = change(session.experiment, "data.points", session.experiment.data.points.select(np.array([0, 40, 80])))
    session.adopt(few)
    panel = open_panel(session)
    has_test = bool((~session.trainer.model.prepared.train).any())
    assert panel.part.chip("test").isEnabled() is has_test
    assert panel.matrix.matrix.sum() == panel._answers.part(panel.part.key).sum()


def test_a_failure_is_said_at_the_top(open_panel: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = blobs()
    panel = open_panel(session)

    def fail(*_: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(probe, "answers", fail)
    session.show()
    qtbot.waitUntil(panel.message.isVisible)
