"""Runs compared, in the real session, by mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.numbers import brief
from app.panels.runs import RunsPanel
from app.session import Session
from app.theme import apply_theme
from core.presets import PRESETS

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: Any, qapp: QApplication) -> Iterator[RunsPanel]:
    apply_theme(qapp, "light")
    session = Session(PRESETS["circle"].experiment)
    panel = RunsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(900, 420)
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.waitUntil(lambda: session.snapshot is not None)
    yield panel
    panel._probe.stop()
    session.close()


def train(qtbot: Any, panel: RunsPanel, epochs: int) -> None:
    session = panel.session
    session.play(until=epochs)
    qtbot.waitUntil(lambda: session.state == "paused" and session.snapshot.epoch == epochs)


def two_runs(qtbot: Any, panel: RunsPanel) -> None:
    train(qtbot, panel, 12)
    panel.session.set("training.learning_rate", 0.3)
    panel.session.reset()
    train(qtbot, panel, 5)
    qtbot.waitUntil(lambda: len(panel.list.entries) == 2 and not panel.busy)


def test_alone_a_run_says_how_another_comes_to_lie_over_it(qtbot: Any, panel: RunsPanel) -> None:
    train(qtbot, panel, 3)
    qtbot.waitUntil(lambda: len(panel.plot.scene.x) == 4)
    assert "Reset" in panel.status
    assert [entry.name for entry in panel.list.entries] == ["This run"]


def test_a_kept_run_lies_over_the_present_one_with_its_own_values(qtbot: Any, panel: RunsPanel) -> None:
    two_runs(qtbot, panel)
    now, kept = panel.list.entries
    curves = {curve.label: curve.values for curve in panel.plot.scene.curves}
    np.testing.assert_array_equal(panel.plot.scene.x, np.arange(13))
    np.testing.assert_array_equal(curves["Run 1"], kept.snapshot.history.column("train_loss"))
    np.testing.assert_array_equal(curves["This run"][:6], now.snapshot.history.column("train_loss"))
    assert np.isnan(curves["This run"][6:]).all()
    card, then = panel.list.cards[1], kept.snapshot
    assert card.apart.text().endswith(", now 0.3")
    assert card.losses.text().startswith(f"loss {brief(then.train_loss)} · test {brief(then.test_loss)} · ")
    assert card.pace.text().startswith("epoch 12 · ")


def test_each_run_has_its_boundary_painted(qtbot: Any, panel: RunsPanel) -> None:
    two_runs(qtbot, panel)
    qtbot.waitUntil(lambda: all(card.swatch._image is not None for card in panel.list.cards))
    first, second = (card.swatch._image for card in panel.list.cards)
    assert first != second


def test_a_click_hides_a_curve_and_another_shows_it(qtbot: Any, panel: RunsPanel) -> None:
    two_runs(qtbot, panel)
    swatch = panel.list.cards[1].swatch
    QTest.mouseClick(swatch, LEFT)
    assert [curve.label for curve in panel.plot.scene.curves] == ["This run"]
    assert "1 of 2" in panel.status
    swatch.setFocus()
    QTest.keyClick(swatch, Qt.Key.Key_Space)
    assert len(panel.plot.scene.curves) == 2


def test_the_axis_can_be_computing_time_and_the_measure_accuracy(qtbot: Any, panel: RunsPanel) -> None:
    two_runs(qtbot, panel)
    panel.along.set_key("seconds")
    panel.along.chosen.emit("seconds")
    seconds = panel.list.entries[1].snapshot.history.column("seconds")
    assert set(seconds) <= set(panel.plot.scene.x)
    panel.measure.set_key("accuracy")
    panel.measure.chosen.emit("accuracy")
    assert panel.plot.scene.y_quantity.percent
    assert not panel.log.isEnabled()


def test_a_run_is_renamed_forgotten_and_taken_up_again(qtbot: Any, panel: RunsPanel) -> None:
    two_runs(qtbot, panel)
    session, card = panel.session, panel.list.cards[1]
    rate = session.runs[0].snapshot.model.experiment.training.learning_rate
    theta = session.runs[0].snapshot.theta
    card.name.setFocus()
    card.name.selectAll()
    QTest.keyClicks(card.name, "slow")
    QTest.keyClick(card.name, Qt.Key.Key_Return)
    assert session.runs[0].name == "slow"
    QTest.mouseClick(card.again, LEFT)
    assert session.experiment.training.learning_rate == rate
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.theta, theta))
    QTest.mouseClick(panel.list.cards[1].drop, LEFT)
    assert session.runs == []
    assert len(panel.list.cards) == 1


def test_in_a_small_panel_a_runs_name_is_whole(qtbot: Any, panel: RunsPanel) -> None:
    panel.resize(290, 230)
    two_runs(qtbot, panel)
    qtbot.wait(1)
    for card in panel.list.cards:
        room = card.name.contentsRect().width() - 4
        assert card.name.fontMetrics().horizontalAdvance(card.name.text()) <= room
    kept = panel.list.cards[1]
    assert kept.again.isVisible()
    assert kept.again.mapTo(kept, kept.again.rect().bottomRight()).x() <= kept.width()
    qtbot.waitUntil(lambda: kept.again.y() >= kept.name.y() + kept.name.height())
    panel.resize(900, 420)
    qtbot.waitUntil(lambda: kept.again.y() < kept.name.y() + kept.name.height())


def test_a_runs_name_is_in_line_with_its_numbers(qtbot: Any, panel: RunsPanel) -> None:
    train(qtbot, panel, 3)
    card = panel.list.cards[0]
    card.name.clearFocus()
    image = card.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)[:, : image.width()]

    def begins(widget: QWidget) -> int:
        """The first column with ink of a text in it."""
        there = widget.geometry()
        ink = pixels[there.top() : there.bottom(), there.left() : there.right()] < 128
        return there.left() + int(np.flatnonzero(ink.any(axis=0))[0])

    assert abs(begins(card.name) - begins(card.losses)) <= 1
