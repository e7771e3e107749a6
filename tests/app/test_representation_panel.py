from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.numbers import percent
from app.panels.representation import RepresentationPanel
from app.panels.representation_paint import between, frame_of, to_pixels
from app.theme import apply_theme
from app.theme.current import Theme
from core.probes import representation as probe
from core.spec import Points, change
from tests.app.hand_trained import HandTrained, experiment

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def _look(qapp: QApplication) -> None:
    apply_theme(qapp, "light")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the system asks for no motion."""
    monkeypatch.setattr(Theme, "duration", lambda self, milliseconds=0: 0)


@pytest.fixture
def open_panel(qtbot: QtBot) -> Callable[..., RepresentationPanel]:
    def make(session: Any, size: tuple[int, int] = (480, 360)) -> RepresentationPanel:
        panel = RepresentationPanel(session)
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: panel.status != "")
        qtbot.wait(1)
        return panel

    return make


def circle(units: tuple[int, ...] = (4, 2), epochs: int = 10) -> HandTrained:
    session = HandTrained(experiment("circle", "classification", units=units))
    session.train(epochs)
    return session


def test_the_row_below_has_a_bar_for_each_layer(open_panel: Any) -> None:
    session = circle()
    panel = open_panel(session)
    found = probe.represent(session.trainer.model, session.snapshot.theta)
    assert [stop.name for stop in panel.strip.stops] == ["input", "layer 1", "layer 2", "output"]
    assert [stop.share for stop in panel.strip.stops] == [layer.separable for layer in found.layers]
    expected = f"input · 2 features · a linear read-out gets {percent(found.layers[0].separable)} of the test samples"
    assert panel.status.startswith(expected)


def test_layers_are_chosen_by_click_and_by_keys(open_panel: Any, at_once: None) -> None:
    panel = open_panel(circle())
    strip = panel.strip
    QTest.mouseClick(strip, LEFT, pos=strip.stop_rect(1).center().toPoint())
    assert panel.view.at == 1.0
    assert panel.status.startswith("layer 1 · Tanh · 4 units")
    assert "the plane holds" in panel.status
    QTest.keyClick(strip, Qt.Key.Key_Right)
    assert panel.view.at == 2.0
    assert "the boundary is a straight line here" in panel.status
    QTest.keyClick(strip, Qt.Key.Key_End)
    QTest.keyClick(strip, Qt.Key.Key_Right)
    assert panel.view.at == 3.0
    QTest.keyClick(strip, Qt.Key.Key_Home)
    assert panel.view.at == 0.0
    assert strip.accessibleDescription().startswith("input: a linear read-out gets")


def test_the_way_to_another_layer_is_eased(open_panel: Any, qtbot: QtBot) -> None:
    panel = open_panel(circle())
    seen: list[float] = []
    panel.view.moved.connect(seen.append)
    panel.view.go(1)
    qtbot.waitUntil(lambda: panel.view.at == 1.0)
    between_layers = [at for at in seen if 0.0 < at < 1.0]
    assert len(between_layers) >= 3
    assert between_layers == sorted(between_layers)
    assert panel.strip.index == 1


def test_it_plays_through_all_layers_and_stops_at_the_last(
    open_panel: Any, qtbot: QtBot, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.panels.representation_view.HOLD_MS", 5)
    panel = open_panel(circle())
    seen: list[float] = []
    panel.view.moved.connect(seen.append)
    qtbot.mouseClick(panel.play, LEFT)
    assert panel.play.icon_name == "pause"
    qtbot.waitUntil(lambda: not panel.view.playing)
    assert seen == [1.0, 2.0, 3.0]  # no motion, but each layer in turn
    assert panel.play.icon_name == "play"
    seen.clear()
    qtbot.mouseClick(panel.play, LEFT)
    qtbot.waitUntil(lambda: not panel.view.playing)
    assert seen == [0.0, 1.0, 2.0, 3.0]
    qtbot.mouseClick(panel.play, LEFT)
    qtbot.mouseClick(panel.play, LEFT)
    assert not panel.view.playing


def test_halfway_is_halfway() -> None:
    session = circle()
    layers = probe.represent(session.trainer.model, session.snapshot.theta).layers
    first, second = frame_of(layers[0]), frame_of(layers[1])
    half = between(first, second, 0.5)
    assert np.allclose(half.points, (first.points + second.points) / 2)
    assert np.allclose(half.grid, (first.grid + second.grid) / 2)
    assert between(first, second, 0.0) is first
    assert between(first, second, 1.0) is second
    last = frame_of(layers[3])  # one unit: a line has no grid, which fades
    assert between(second, last, 0.25).grid_ink == 0.75
    assert np.abs(frame_of(layers[2]).points).max() <= 1.0


def test_wide_layers_can_be_seen_by_any_two_units(open_panel: Any, qtbot: QtBot, at_once: None) -> None:
    session = circle((5, 2))
    panel = open_panel(session)
    QTest.keyClick(panel.strip, Qt.Key.Key_Right)
    qtbot.mouseClick(panel.plane.chip("units"), LEFT)
    assert not panel.across.isHidden()
    assert panel.up.keys == ("0", "1", "2", "3", "4")
    QTest.keyClick(panel.up.box, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: panel._found.layers[1].pair == (0, 4))
    QTest.keyClick(panel.strip, Qt.Key.Key_Right)
    assert panel.across.isHidden()  # two units are no choice


def test_all_layers_stand_side_by_side_where_there_is_room(open_panel: Any, qtbot: QtBot, at_once: None) -> None:
    panel = open_panel(circle())
    assert not panel.view.all
    panel.resize(1300, 800)
    qtbot.waitUntil(lambda: panel.view.all)
    squares = panel.view.squares()
    assert len(squares) == 4
    for k, (_, rect) in enumerate(squares):
        assert panel.view.rect().contains(rect.toRect())
        assert not any(rect.intersects(other) for _, other in squares[:k])
    assert panel.status.startswith("linear read-out, test samples: input ")
    QTest.mouseClick(panel.view, LEFT, pos=squares[2][1].topLeft().toPoint() + QPointF(3, 3).toPoint())
    assert not panel.view.all
    assert panel.view.at == 2.0
    qtbot.mouseClick(panel.all, LEFT)
    assert panel.view.all
    panel.resize(400, 300)
    qtbot.waitUntil(lambda: not panel.view.all)
    assert not panel.all.isEnabled()


def test_a_click_picks_the_sample_under_the_pointer(open_panel: Any, qtbot: QtBot) -> None:
    session = circle()
    panel = open_panel(session)
    (_, rect), *_ = panel.view.squares()
    at = QPointF(*to_pixels(rect, panel.view.frame(0.0).points[11])).toPoint()
    QTest.mouseMove(panel.view, at)
    QTest.mouseClick(panel.view, LEFT, pos=at)
    x = session.experiment.data.points.x
    assert session.picked is not None
    assert np.linalg.norm(x[session.picked] - x[11]) < 0.3
    assert panel.view.samples.picked == session.picked
    QTest.mouseClick(panel.view, LEFT, pos=at)
    assert session.picked is None


def test_lit_samples_and_hidden_ones_change_the_picture(open_panel: Any) -> None:
    session = circle()
    panel = open_panel(session)
    plain = panel.view.grab().toImage()
    session.highlight(np.arange(10))
    lit = panel.view.grab().toImage()
    assert lit != plain
    session.highlight(None)
    assert panel.view.grab().toImage() == plain
    session.set_show_test(False)
    assert panel.view.samples.visible.sum() == session.trainer.model.prepared.train.sum()
    assert panel.view.grab().toImage() != plain


def test_it_follows_the_run_and_a_smaller_network(open_panel: Any, qtbot: QtBot, at_once: None) -> None:
    session = circle()
    panel = open_panel(session)
    panel.view.go(3)
    before = panel._found
    session.train(5)
    qtbot.waitUntil(lambda: panel._found is not before)
    smaller = change(session.experiment, "network.layers", session.experiment.network.layers[:1])
    session.adopt(smaller)
    qtbot.waitUntil(lambda: len(panel.strip.stops) == 3)
    assert panel.view.at == 2.0
    assert panel.strip.index == 2


def test_a_hidden_panel_asks_nothing(open_panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    session = circle()
    panel = open_panel(session)
    panel.view.play()
    panel.hide()
    assert not panel.view.playing
    asked: list[Any] = []
    monkeypatch.setattr(panel._probe, "ask", lambda *args: asked.append(args))
    session.show()
    panel.plane.chosen.emit("units")
    assert asked == []


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("size", [(320, 240), (1500, 900)])
def test_it_draws_at_every_size(open_panel: Any, task: str, size: tuple[int, int]) -> None:
    kind = "blobs" if task == "classification" else "plane"
    session = HandTrained(experiment(kind, task, 8 if task == "classification" else 2, (3,)))
    panel = open_panel(session, size)
    for layer, rect in panel.view.squares():
        assert rect.width() >= 100, layer
    assert panel.strip.height() >= 30


def test_without_points_the_grid_is_still_there(open_panel: Any, qtbot: QtBot, at_once: None) -> None:
    session = circle()
    session.adopt(change(session.experiment, "data.points", Points([], [])))
    panel = open_panel(session)
    assert panel.status == "input · 2 features · no samples to measure by"
    for index in range(len(panel.strip.stops)):
        panel.view.go(index)
        panel.view.grab()


def test_the_rows_layers_are_named_alike(open_panel: Any) -> None:
    panel = open_panel(circle((4, 3, 2)))
    strip = panel.strip
    whole = [(stop.name, stop.says) for stop in strip.stops]
    lean = [(stop.short, "") for stop in strip.stops]
    seen = []
    for width in range(40, 900, 4):
        strip.resize(width, strip.height())
        texts = list(strip.texts())
        ways = [
            [(stop.name, stop.says) for stop in strip.stops],
            [(stop.short, stop.says) for stop in strip.stops],
            [(stop.name, "") for stop in strip.stops],
            lean,
            [("", "")] * len(strip.stops),
        ]
        assert texts in ways
        seen.append(texts)
    assert seen[-1] == whole
    assert lean in seen
