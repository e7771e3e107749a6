"""The timeline, by mouse and keys, in the real session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.session import Session
from app.theme import apply_theme, font
from app.time_track import FLAG
from app.timeline import REPLAYS, NamePopover, Timeline
from core.presets import PRESETS

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def timeline(qtbot: Any, qapp: QApplication) -> Iterator[Timeline]:
    apply_theme(qapp, "light")
    session = Session(PRESETS["circle"].experiment)
    bar = Timeline(session)
    qtbot.addWidget(bar)
    bar.resize(1200, 44)
    bar.show()
    qtbot.waitExposed(bar)
    qtbot.waitUntil(lambda: session.snapshot is not None)
    yield bar
    session.close()


def train(qtbot: Any, timeline: Timeline, epochs: int = 30) -> None:
    session = timeline.session
    session.play(until=epochs)
    qtbot.waitUntil(lambda: session.state == "paused" and session.snapshot.epoch == epochs)
    qtbot.waitUntil(lambda: timeline.track._newest == session.snapshot.step)


def place(timeline: Timeline, share: float) -> QPoint:
    rail = timeline.track._rail()
    return QPoint(round(rail.left() + share * rail.width()), round(rail.center().y()))


def test_before_training_there_is_nothing_to_look_back_at(qtbot: Any, timeline: Timeline) -> None:
    QTest.mouseClick(timeline.track, LEFT, pos=place(timeline, 0.3))
    timeline.toggle_replay()
    assert timeline.session.looking is None
    assert not timeline.replaying


def test_dragging_shows_the_moment_under_the_pointer_and_the_end_is_the_newest(qtbot: Any, timeline: Timeline) -> None:
    train(qtbot, timeline)
    session, track = timeline.session, timeline.track
    newest = session.snapshot
    QTest.mousePress(track, LEFT, pos=place(timeline, 0.5))
    half = session.snapshot
    assert half.past
    assert abs(half.step - newest.step / 2) <= newest.step / 30 + 1
    QTest.mouseMove(track, place(timeline, 0.2))
    assert session.snapshot.step < half.step
    assert timeline.go_on.isEnabled()
    assert "of 30" in timeline.place.text()
    QTest.mouseMove(track, place(timeline, 1.0))
    QTest.mouseRelease(track, LEFT, pos=place(timeline, 1.0))
    assert session.looking is None
    np.testing.assert_array_equal(session.snapshot.theta, newest.theta)
    assert not timeline.go_on.isEnabled()


def test_keys_go_from_moment_to_moment(qtbot: Any, timeline: Timeline) -> None:
    train(qtbot, timeline)
    track, session = timeline.track, timeline.session
    steps = [moment.step for moment in track.moments]
    QTest.keyClick(track, Qt.Key.Key_Home)
    assert session.snapshot.step == steps[0] == 0
    QTest.keyClick(track, Qt.Key.Key_Right)
    QTest.keyClick(track, Qt.Key.Key_Right)
    assert session.snapshot.step == steps[2]
    QTest.keyClick(track, Qt.Key.Key_Left)
    assert session.snapshot.step == steps[1]
    QTest.keyClick(track, Qt.Key.Key_End)
    assert session.looking is None
    QTest.keyClick(track, Qt.Key.Key_Left)
    assert session.snapshot.step == steps[-1]


def test_the_run_is_played_back_to_its_end(qtbot: Any, timeline: Timeline, monkeypatch: pytest.MonkeyPatch) -> None:
    train(qtbot, timeline)
    monkeypatch.setitem(REPLAYS, "15", ("", 0.4))
    session, seen = timeline.session, []
    session.published.connect(lambda snapshot: seen.append(snapshot.step))
    QTest.mouseClick(timeline.replay, LEFT)
    assert timeline.replaying
    qtbot.waitUntil(lambda: not timeline.replaying)
    assert session.looking is None
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 5


def test_a_named_moment_is_a_flag_to_go_back_to(qtbot: Any, timeline: Timeline) -> None:
    train(qtbot, timeline)
    session, track = timeline.session, timeline.track
    QTest.mouseClick(track, LEFT, pos=place(timeline, 0.4))
    there = session.snapshot.step
    QTest.mouseClick(timeline.mark, LEFT)
    popover = timeline.findChild(NamePopover)
    popover.name.setText("before it learns")
    QTest.keyClick(popover.name, Qt.Key.Key_Return)
    assert [mark.name for mark in session.marks] == ["before it learns"]
    session.look_at(None)
    QTest.mouseClick(track, LEFT, pos=place(timeline, there / track._newest) + QPoint(3, 0))
    assert session.snapshot.step == there


def test_a_named_moment_can_be_read_over_the_curve(qtbot: Any, timeline: Timeline) -> None:
    """The name has a ground of its own: no pixel of the blue curve shows within it."""
    train(qtbot, timeline)
    track = timeline.track
    track.set_marks([(round(0.1 * track._newest), "before it learns")])
    image = track.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.width(), 4).astype(int)
    blue = pixels[:, :, 0] - pixels[:, :, 2] > 60
    left = round(track._x(0.1 * track._newest)) + FLAG + 5
    name = slice(left, left + QFontMetrics(font(11)).horizontalAdvance("before it learns") - 5)
    assert blue[2:14].any()
    assert not blue[2:14, name].any()


def test_going_on_from_an_older_moment_trains_from_there(qtbot: Any, timeline: Timeline) -> None:
    train(qtbot, timeline)
    session = timeline.session
    session.set_speed(20.0)
    first = session.snapshot
    QTest.mouseClick(timeline.track, LEFT, pos=place(timeline, 0.3))
    there = session.snapshot.step
    QTest.mouseClick(timeline.go_on, LEFT)
    assert session.state == "running"
    qtbot.waitUntil(lambda: session.snapshot.run != first.run and session.snapshot.step > there)
    session.pause()
    assert session.runs[-1].snapshot.step == first.step
    assert session.snapshot.step < first.step
