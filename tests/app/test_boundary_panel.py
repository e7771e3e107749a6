from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.numbers import number
from app.panels.boundary import PAUSED, RUNNING, BoundaryPanel
from app.theme import apply_theme, theme
from core.probes import boundary as probe
from tests.app.hand_trained import HandTrained, experiment

SECTORS = 3 * np.array([[0.0, 1.0], [-np.sqrt(0.75), -0.5], [np.sqrt(0.75), -0.5]])


def blobs() -> HandTrained:
    return HandTrained(experiment("blobs", "classification", 3))


def plane() -> HandTrained:
    return HandTrained(experiment("plane", "regression"))


@pytest.fixture(autouse=True)
def _look(qapp: QApplication) -> None:
    apply_theme(qapp, "light")


@pytest.fixture
def open_panel(qtbot: QtBot) -> Callable[..., BoundaryPanel]:
    def make(session: Any, size: tuple[int, int] = (420, 470)) -> BoundaryPanel:
        panel = BoundaryPanel(session)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        settle(qtbot, panel)
        return panel

    return make


def settle(qtbot: QtBot, panel: BoundaryPanel) -> None:
    qtbot.waitUntil(lambda: not panel.busy and panel.status != "")
    qtbot.wait(1)  # the answer is delivered by the event loop


def choose(list_: Any, key: str) -> None:
    """Walk to a row with the keyboard, as a hand would."""
    QTest.keyClick(list_.box, Qt.Key.Key_Home)
    for _ in list_.keys:
        if list_.key != key:
            QTest.keyClick(list_.box, Qt.Key.Key_Down)
    assert list_.key == key


def color_at(panel: BoundaryPanel, x1: float, x2: float) -> np.ndarray:
    at = panel.view.to_widget(x1, x2).toPoint()
    return np.array(panel.view.grab().toImage().pixelColor(at).getRgb()[:3])


def colored(rgba: Any) -> np.ndarray:
    return np.asarray(rgba).reshape(-1, 4)[0, :3]


def test_each_class_has_its_colour_where_the_network_is_sure(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(SECTORS)
    qtbot.waitUntil(lambda: panel._picture is not None and panel._picture.theta is session.snapshot.theta)
    for place, kind in (((0.5, 5.3), 0), ((-5.5, -4.6), 1), ((5.5, -4.6), 2)):
        expected = colored(theme().class_field(np.eye(3)[kind]))
        assert np.abs(color_at(panel, *place) - expected).max() <= 6, place
    # The line goes straight down from the middle, and is darker than what it parts.
    with_line = color_at(panel, 0.0, -5.5).sum()
    panel.view.set_lines([])
    assert with_line < color_at(panel, 0.0, -5.5).sum() - 100


def test_the_status_and_the_rings_say_what_is_wrong(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(SECTORS)
    settle(qtbot, panel)
    points, train = session.experiment.data.points, session.trainer.model.prepared.train
    wrong = (points.x @ SECTORS.T).argmax(axis=1) != points.y
    assert wrong[~train].any()
    assert np.array_equal(panel.view.shown.wrong, wrong)
    correct = f"{100 * (1 - wrong[~train].mean()):.1f}".rstrip("0").rstrip(".")
    assert panel.status == f"test accuracy {correct}\u2009% · wrong ones ringed"
    session.publish(np.roll(SECTORS, 1, axis=0))
    qtbot.waitUntil(lambda: panel.view.shown.wrong.mean() > 0.5)


def test_with_everything_right_it_says_so(open_panel: Any, qtbot: QtBot) -> None:
    panel = open_panel(blobs())
    picture = panel._picture
    assert picture is not None
    right = replace(picture, seen=replace(picture.seen, wrong=np.zeros(90, np.bool_), test_score=1.0))
    panel._show(right)
    assert panel.status == "test accuracy 100\u2009% · none wrong"


def test_test_points_are_shown_on_request_everywhere_at_once(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    assert panel.test.isChecked()
    assert panel.view.shown.show_test
    qtbot.mouseClick(panel.test, Qt.MouseButton.LeftButton)
    assert not session.show_test
    assert not panel.view.shown.show_test
    session.set_show_test(True)
    assert panel.test.isChecked()
    assert panel.view.shown.show_test


def test_classes_are_flat_and_smooth_is_not(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(0.2 * SECTORS)
    settle(qtbot, panel)
    assert len(np.unique(panel._picture.rgba.reshape(-1, 4), axis=0)) > 100
    choose(panel.mode, "classes")
    assert len(np.unique(panel._picture.rgba.reshape(-1, 4), axis=0)) == 3
    session.published.emit(session.snapshot)
    settle(qtbot, panel)
    assert len(np.unique(panel._picture.rgba.reshape(-1, 4), axis=0)) == 3


def test_values_have_a_diverging_map_and_a_scale_beside_it(open_panel: Any, qtbot: QtBot) -> None:
    session = plane()
    panel = open_panel(session)
    session.publish([[0.2, 0.0]])
    settle(qtbot, panel)
    limit = np.abs(session.experiment.data.points.y).max()
    assert panel.scale.isVisible()
    assert [text for _, text in panel.scale.ticks][1] == "0"
    assert panel.scale.ticks[2][1] == f"{limit:.3g}"
    assert panel.scale.ticks[0][1] == f"−{limit:.3g}"
    assert np.abs(color_at(panel, 5.9, 5.5) - colored(theme().signed(1.18, limit))).max() <= 8
    assert np.abs(color_at(panel, -5.9, 5.5) - colored(theme().signed(-1.18, limit))).max() <= 8
    assert panel.status.startswith("test R² ")
    seen = panel._picture.seen
    assert len(seen.faint) >= 4
    assert all(np.abs(line[:, 0]).max() < 1e-9 for line in seen.lines)  # the boundary is where the value is zero
    places = (0.0, seen.faint[-1][0, 0])
    drawn = [color_at(panel, x1, 2.2).sum() for x1 in places]
    panel.view.set_lines([])
    bold, quiet = (color_at(panel, x1, 2.2).sum() - with_line for x1, with_line in zip(places, drawn, strict=True))
    assert bold > 2 * quiet > 0
    choose(panel.mode, "classes")
    assert 3 <= len(np.unique(panel._picture.rgba.reshape(-1, 4), axis=0)) <= 12


def test_the_scale_stands_level_with_the_plane(open_panel: Any) -> None:
    panel = open_panel(plane(), (520, 330))
    view, scale = panel.view.geometry(), panel.scale.geometry()
    assert view.width() == view.height()
    assert (scale.top(), scale.height()) == (view.top(), view.height())
    assert view.right() < scale.left() < view.right() + 20
    assert scale.right() <= panel.body.width()


def test_classification_gives_the_whole_room_to_the_plane(open_panel: Any) -> None:
    panel = open_panel(blobs())
    assert not panel.scale.isVisible()
    assert panel.view.width() == min(panel.body.width(), panel.body.height())


def test_the_card_says_the_networks_exact_answer(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(0.3 * SECTORS)
    settle(qtbot, panel)
    before = panel.view.grab().toImage()
    qtbot.mouseMove(panel.view, panel.view.to_widget(1.0, 2.0).toPoint())
    rows = panel.view.rows(1.0, 2.0)
    exact = probe.answer(session.trainer.model, session.snapshot.theta, np.array([[1.0, 2.0]]))[0]
    assert [(row.name, row.value) for row in rows[:2]] == [("x₁", "1.00"), ("x₂", "2.00")]
    assert (rows[2].name, rows[2].value) == ("answer", "class 1")
    assert rows[3].kind == exact.argmax() == 0
    z = 0.3 * SECTORS @ (1.0, 2.0)  # this network's logits are its weights' sums
    assert rows[3].value == f"{100 * exact.max():.1f}\u2009%   z {number(z[0], 3)}"
    qtbot.waitUntil(lambda: panel.view.grab().toImage() != before)
    panel.view.left.emit()
    assert panel.view.grab().toImage() == before


def test_it_is_coarse_while_training_runs_and_fine_when_it_stops(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    assert len(panel._picture.seen.values) == PAUSED
    session.state = "running"
    session.publish(SECTORS)
    settle(qtbot, panel)
    assert len(panel._picture.seen.values) == RUNNING
    session.set_state("paused")
    settle(qtbot, panel)
    assert len(panel._picture.seen.values) == PAUSED


def test_a_hidden_panel_asks_nothing(open_panel: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    session = blobs()
    panel = open_panel(session)
    asked: list[Any] = []
    panel.hide()
    monkeypatch.setattr(panel._probe, "ask", lambda *args: asked.append(args))
    session.publish(SECTORS)
    session.run_changed.emit()
    session.set_show_test(False)
    assert asked == []
    panel.show()
    assert [args[2] is session.snapshot.theta for args in asked] == [True]


def test_a_change_of_theme_colours_the_same_answer_anew(open_panel: Any, qtbot: QtBot, qapp: QApplication) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(SECTORS)
    settle(qtbot, panel)
    seen = panel._picture.seen
    apply_theme(qapp, "dark")
    assert panel._picture.seen is seen
    expected = colored(theme().class_field(np.eye(3)[0]))
    assert np.abs(color_at(panel, 0.5, 5.3) - expected).max() <= 6
    assert QColor(*(int(c) for c in expected)).lightnessF() < 0.5


def test_a_failure_is_a_line_that_goes_when_it_works_again(
    open_panel: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = blobs()
    panel = open_panel(session)

    def fail(*_: Any) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(probe, "boundary", fail)
        session.publish(SECTORS)
        qtbot.waitUntil(panel.message.isVisible)
    session.publish(SECTORS)
    qtbot.waitUntil(lambda: not panel.message.isVisible())


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_it_fits_the_smallest_panel(open_panel: Any, task: str) -> None:
    panel = open_panel(blobs() if task == "classification" else plane(), (320, 240))
    assert panel.view.width() >= 150
    assert panel.body.rect().contains(panel.view.geometry())
    assert panel.view.plane_rect().contains(QPointF(panel.view.to_widget(0, 0)))


def rgb_of(panel: BoundaryPanel, x1: float, x2: float) -> np.ndarray:
    rgba = panel._picture.rgba
    n = len(rgba)
    row, column = round((6.0 - x2) / 12.0 * (n - 1)), round((x1 + 6.0) / 12.0 * (n - 1))
    return np.asarray(rgba[row, column, :3], dtype=int)


def test_uncertainty_is_the_entropy_on_an_even_scale(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(0.5 * SECTORS)
    settle(qtbot, panel)
    choose(panel.mode, "uncertainty")
    for place in ((0.0, 0.0), (0.0, 5.0), (4.0, -4.0)):
        p = probe.answer(session.trainer.model, session.snapshot.theta, np.array([place]))[0].astype(float)
        expected = colored(theme().surface(-(p * np.log(p)).sum() / np.log(3)))
        assert np.abs(rgb_of(panel, *place) - expected).max() <= 4, place
    assert [text for _, text in panel.scale.ticks] == ["sure", "0.5", "1"]
    assert panel.scale.isVisible()
    assert panel.status.startswith("mean entropy over the plane 0.")


def test_one_class_is_chosen_and_coloured_by_its_probability(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(0.5 * SECTORS)
    settle(qtbot, panel)
    assert panel.chosen.isHidden()
    choose(panel.mode, "one")
    assert panel.chosen.keys == ("0", "1", "2")
    choose(panel.chosen, "2")
    p = probe.answer(session.trainer.model, session.snapshot.theta, np.array([[3.0, -2.0]]))[0]
    expected = colored(theme().class_share(p[2], 2))
    assert np.abs(rgb_of(panel, 3.0, -2.0) - expected).max() <= 4
    for line in panel._picture.drawn.lines:  # where it is as likely as the rest together
        at = probe.answer(session.trainer.model, session.snapshot.theta, line)[:, 2]
        assert np.abs(at - 0.5).max() < 0.01
    session.show()
    settle(qtbot, panel)
    assert panel._picture.drawn.says.startswith("probability of class 3")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_one_class_goes_from_the_panel_to_its_hue(qapp: QApplication, look: str) -> None:
    apply_theme(qapp, look)
    ends = np.asarray(theme().class_share([0.0, 1.0, np.nan], 4), dtype=int)
    panel, hue = (np.array(color.getRgb()[:3]) for color in (theme().color("panel"), theme().class_color(4)))
    assert np.abs(ends[0, :3] - panel).max() <= 1
    assert np.abs(ends[1, :3] - (0.2 * panel + 0.8 * hue)).max() <= 1
    assert ends[2, :3].tolist() == [128, 128, 128]


def test_level_lines_carry_their_probability(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(0.3 * SECTORS)
    settle(qtbot, panel)
    choose(panel.mode, "levels")
    labels = panel._picture.drawn.labels
    assert {text for _, text in labels} == {f"0.{k}" for k in range(1, 10)}
    for line, text in labels:
        at = probe.answer(session.trainer.model, session.snapshot.theta, line)[:, 0]
        assert np.abs(at - float(text)).max() < 0.01
    plain = panel.view.grab().toImage()
    panel.view.set_labels(())
    assert panel.view.grab().toImage() != plain


def test_level_lines_of_values_carry_their_value(open_panel: Any, qtbot: QtBot) -> None:
    session = plane()
    panel = open_panel(session)
    session.publish([[0.2, 0.0]])
    settle(qtbot, panel)
    choose(panel.mode, "levels")
    labels = panel._picture.drawn.labels
    assert len(labels) >= 5
    for line, text in labels:  # the value here is 0.2 x₁
        assert 0.2 * line[0, 0] == pytest.approx(float(text.replace("\u2212", "-")), abs=1e-6)


def test_logits_are_what_the_output_adds_up(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.publish(SECTORS)
    settle(qtbot, panel)
    choose(panel.mode, "logits")
    settle(qtbot, panel)
    qtbot.waitUntil(lambda: panel._picture.seen.logits is not None)
    assert panel.chosen.keys == ("-1", "0", "1", "2")
    choose(panel.chosen, "0")
    # z₁ = 3 x₂ here, which reaches from -18 to 18: a scale to 20.
    assert [text for _, text in panel.scale.ticks] == ["\u221220", "0", "20"]
    assert np.abs(rgb_of(panel, 1.0, 4.0) - colored(theme().signed(12.0, 20.0))).max() <= 4
    assert panel.status.startswith("logit of class 1 from \u221218 to 18")
    choose(panel.chosen, "-1")
    at = np.sort(SECTORS @ (1.0, 4.0))
    apart = (at[-1] - at[-2]) / float(panel.scale.ticks[-1][1])
    assert np.abs(rgb_of(panel, 1.0, 4.0) - colored(theme().surface(apart))).max() <= 8


def test_what_a_value_has_not_cannot_be_chosen(open_panel: Any, qtbot: QtBot) -> None:
    panel = open_panel(plane())
    model = panel.mode.box.model()
    enabled = [bool(model.item(i).isEnabled()) for i in range(model.rowCount())]
    assert dict(zip(panel.mode.keys, enabled, strict=True)) == {
        "smooth": True,
        "classes": True,
        "uncertainty": False,
        "one": False,
        "levels": True,
        "logits": False,
    }
    at = panel.mode.keys.index("uncertainty")
    assert "does not say how sure" in panel.mode.box.itemData(at, Qt.ItemDataRole.ToolTipRole)


def test_a_mode_the_next_task_has_not_gives_way(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    choose(panel.mode, "one")
    choose(panel.chosen, "2")
    other = plane()
    session.trainer, session.experiment = other.trainer, other.experiment
    session.show()
    settle(qtbot, panel)
    assert panel.mode.key == "smooth"
    assert panel.chosen.isHidden()
    assert panel._picture.drawn.scale.title == "value"


def test_a_click_picks_the_sample_and_another_lets_it_go(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    x = session.experiment.data.points.x
    at = panel.view.to_widget(*x[7]).toPoint()
    qtbot.mouseMove(panel.view, at)
    panel.view.hovered.emit(*x[7])
    pointed = panel.view.spotlight.pointed
    assert np.linalg.norm(x[pointed] - x[7]) < 0.2
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=at)
    assert session.picked == pointed
    assert panel.view.spotlight.picked == pointed
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=at)
    assert session.picked is None


def test_what_was_lit_before_the_panel_was_seen_is_lit_in_it(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    session.highlight(np.array([1, 4]))
    session.pick(4)
    panel = open_panel(session)
    assert np.flatnonzero(panel.view.spotlight.lit).tolist() == [1, 4]
    assert panel.view.spotlight.picked == 4


def test_a_click_beside_the_samples_lets_the_lit_ones_go(open_panel: Any, qtbot: QtBot) -> None:
    session = blobs()
    panel = open_panel(session)
    session.highlight(np.array([1, 4, 6]))
    assert panel.status.startswith("3 lit up, click beside them to let go · test accuracy")
    x = session.experiment.data.points.x
    grid = probe.grid(25)
    empty = grid[np.linalg.norm(grid[:, None] - x[None], axis=2).min(axis=1).argmax()] * 0.98
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=panel.view.to_widget(*empty).toPoint())
    assert session.highlighted_samples is None
    assert panel.status.startswith("test accuracy")


def test_eight_classes_have_room_on_the_card(open_panel: Any, qtbot: QtBot) -> None:
    session = HandTrained(experiment("blobs", "classification", 8))
    panel = open_panel(session, (700, 700))
    assert [row.name for row in panel.view.rows(1.0, 1.0)][:3] == ["x₁", "x₂", "answer"]
    assert sum(row.kind is not None for row in panel.view.rows(1.0, 1.0)) == 8
    for key in panel.mode.keys:
        choose(panel.mode, key)
        settle(qtbot, panel)
        assert not panel.message.isVisible()
    assert panel.chosen.keys == ("-1", *(str(c) for c in range(8)))
