"""Panels: what they are made of, and that they work only while somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from app.panels import turns
from app.panels.panel import Panel
from app.theme import apply_theme, theme
from app.widgets.choice import Chip, Segmented
from app.widgets.popover import HelpPopover
from app.widgets.tabbing import stops


class Session(QObject):
    """The two signals and three values a panel needs."""

    published = Signal(object)
    edited = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.experiment: Any = "first"
        self.snapshot: Any = None
        self.state = "paused"

    def publish(self, snapshot: Any) -> None:
        self.snapshot = snapshot
        self.published.emit(snapshot)

    def edit(self, experiment: Any) -> None:
        before, self.experiment = self.experiment, experiment
        self.edited.emit(before, experiment)


class Probe(Panel):
    """A panel that notes what it is asked to do."""

    key = "probe"
    period = 0
    title = "Decision boundary"
    help = "The **boundary** is where two classes tie. It moves as the network learns. Source: Bishop 2006, §4.1."

    def __init__(self, session: Any) -> None:
        self.snapshots: list[Any] = []
        self.edits: list[tuple[Any, Any]] = []
        self.themes: list[str] = []
        super().__init__(session)

    def refresh(self, snapshot: Any) -> None:
        self.snapshots.append(snapshot)

    def experiment_edited(self, before: Any, after: Any) -> None:
        self.edits.append((before, after))

    def update_theme(self) -> None:
        self.themes.append(theme().name)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def panel(qtbot: QtBot, session: Session, qapp: QApplication) -> Iterator[Probe]:
    apply_theme(qapp, "light")
    made = Probe(session)
    made.resize(400, 300)
    qtbot.addWidget(made)
    yield made
    apply_theme(qapp, "light")


def test_a_hidden_panel_is_never_refreshed(panel: Probe, session: Session) -> None:
    session.publish(1)
    session.edit("second")
    assert panel.snapshots == []
    assert panel.edits == []


def test_a_panel_catches_up_when_it_is_shown(panel: Probe, session: Session) -> None:
    session.publish(1)
    session.publish(2)
    session.edit("second")
    session.edit("third")
    panel.show()
    assert panel.snapshots == [2]
    assert panel.edits == [("first", "third")]


def test_a_visible_panel_follows_every_snapshot_and_edit(panel: Probe, session: Session) -> None:
    panel.show()
    session.publish(1)
    session.edit("second")
    session.publish(2)
    panel.hide()
    session.publish(3)
    panel.show()
    assert panel.snapshots == [1, 2, 3]
    assert panel.edits == [("first", "second")]


def test_a_panel_is_paced_and_shows_the_newest_in_the_end(qtbot: QtBot, panel: Probe, session: Session) -> None:
    panel.period = 60
    panel.show()
    for number in range(1, 20):
        session.publish(number)
    assert panel.snapshots == [1]
    assert panel.busy
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.snapshots == [1, 19]


def test_a_slow_panel_follows_the_hand_while_nothing_trains(qtbot: QtBot, panel: Probe, session: Session) -> None:
    panel.period = 60_000
    panel.show()
    for number in range(1, 4):
        session.publish(number)
        qtbot.waitUntil(lambda: not panel.busy, timeout=2000)
    assert panel.snapshots[-1] == 3
    session.state = "running"
    qtbot.wait(60)
    session.publish(4)
    session.publish(5)
    qtbot.wait(60)
    assert panel.snapshots[-1] == 4
    assert panel.busy


def test_while_training_runs_panels_take_turns_and_all_show_the_newest_in_the_end(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "APART", 0.05)
    panels = [Probe(session) for _ in range(3)]
    for made in panels:
        qtbot.addWidget(made)
        made.period = 10
        made.show()
    session.publish(1)
    assert [made.snapshots for made in panels] == [[1], [1], [1]], "at rest all at once"
    session.state = "running"
    qtbot.wait(60)
    session.publish(2)
    assert [len(made.snapshots) for made in panels] == [2, 1, 1], "only one for one frame"
    session.publish(3)
    session.state = "paused"
    qtbot.waitUntil(lambda: not any(made.busy for made in panels))
    assert [made.snapshots[-1] for made in panels] == [3, 3, 3]


def test_a_panel_behind_another_tab_rests(qtbot: QtBot, session: Session) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    panels = [Probe(session), Probe(session)]
    docks = []
    for made in panels:
        dock = QDockWidget(made.title, window)
        dock.setTitleBarWidget(made.header)
        dock.setWidget(made)
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
        docks.append(dock)
    window.tabifyDockWidget(*docks)
    window.show()
    docks[0].raise_()
    qtbot.waitUntil(lambda: panels[0].is_watched and not panels[1].is_watched)
    for made in panels:
        made.snapshots.clear()
    session.publish(1)
    assert (panels[0].snapshots, panels[1].snapshots) == ([1], [])
    docks[1].raise_()
    qtbot.waitUntil(lambda: panels[1].is_watched)
    assert panels[1].snapshots == [1]
    session.publish(2)
    assert (panels[0].snapshots, panels[1].snapshots) == ([1], [1, 2])
    docks[0].setWidget(QWidget())
    panels[0].setParent(None)
    qtbot.addWidget(panels[0])
    panels[0].show()
    assert panels[0].snapshots == [1, 2]


def test_the_header_can_be_a_docks_title_bar(qtbot: QtBot, session: Session) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    made = Probe(session)
    dock = QDockWidget(made.title, window)
    dock.setTitleBarWidget(made.header)
    dock.setWidget(made)
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
    window.resize(500, 400)
    window.show()
    assert made.header.parentWidget() is dock
    assert made.header.isVisible()
    assert made.content.height() == made.height()


@pytest.mark.parametrize("part", ["header", "title"])
def test_the_mouse_reaches_the_dock_through_the_empty_header(panel: Probe, part: str) -> None:
    panel.show()
    target = panel.header if part == "header" else panel.header.title
    place = QPointF(5, 5)
    press = QMouseEvent(
        QMouseEvent.Type.MouseButtonPress,
        place,
        QPointF(target.mapToGlobal(place.toPoint())),
        Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    press.ignore()
    target.event(press)
    assert not press.isAccepted()


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_a_narrow_header_keeps_its_help_and_maximise_buttons(panel: Probe, scale: float, qapp: QApplication) -> None:
    pills = Segmented([("n", "norms", ""), ("h", "histograms", ""), ("r", "ratio", "")])
    chip = Chip("log")
    panel.add_control(pills)
    panel.add_control(chip)
    apply_theme(qapp, "light", scale)
    panel.show()
    for width in (900, 500, 320, 240):
        panel.resize(theme().px(width), theme().px(240))
        header = panel.header
        row = [widget for widget in (pills, chip, header.more, header.help, header.maximise) if widget.isVisible()]
        assert header.help in row
        assert header.maximise in row
        for widget in row:
            assert header.rect().contains(widget.geometry())
        for left, right in pairwise(row):
            assert left.geometry().right() < right.geometry().left()
        assert header.title.geometry().right() < row[0].geometry().left()
        assert header.title.width() >= theme().px(60)
        assert header.more.isVisible() == bool(header.collapsed)
    assert header.collapsed == (pills, chip)
    panel.resize(theme().px(900), theme().px(240))
    assert header.collapsed == ()
    assert pills.parentWidget() is header
    assert pills.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_controls_behind_more_still_work(panel: Probe, qtbot: QtBot) -> None:
    pills = Segmented([("norms", "norms of all layers", ""), ("histograms", "histograms of all weights", "")])
    panel.add_control(pills)
    panel.resize(320, 240)
    panel.show()
    qtbot.mouseClick(panel.header.more, Qt.MouseButton.LeftButton)
    assert pills.isVisible()
    with qtbot.waitSignal(pills.chosen) as said:
        qtbot.mouseClick(pills.chip("histograms"), Qt.MouseButton.LeftButton)
    assert said.args == ["histograms"]
    pills.window().close()


def test_a_control_its_panel_hides_stays_hidden(panel: Probe) -> None:
    one, two = Chip("one"), Chip("two")
    panel.add_control(one)
    panel.add_control(two)
    panel.show()
    one.hide()
    QApplication.processEvents()
    panel.resize(320, 240)
    panel.resize(600, 240)
    assert not one.isVisible()
    assert two.isVisible()


def test_the_status_line_is_elided_with_all_of_it_as_tooltip(panel: Probe) -> None:
    text = "norm of each layer's gradient · " * 10
    panel.set_status(text)
    panel.show()
    panel.resize(320, 240)
    panel.grab()
    assert panel.status == text
    assert panel._status.toolTip() == text
    panel.set_status("short")
    panel.grab()
    assert panel._status.toolTip() == ""


def test_a_message_says_what_and_offers_remedies(panel: Probe, qtbot: QtBot) -> None:
    done: list[str] = []
    panel.show()
    panel.show_message("The loss is not a number.", "bad", [("Rewind", lambda: done.append("rewind")), ("Halve", len)])
    assert panel.message.isVisible()
    assert [button.text() for button in panel.message.buttons] == ["Rewind", "Halve"]
    qtbot.mouseClick(panel.message.buttons[0], Qt.MouseButton.LeftButton)
    assert done == ["rewind"]
    panel.show_message("All is well.", "info")
    assert panel.message.text == "All is well."
    assert panel.message.buttons == []
    panel.clear_message()
    assert not panel.message.isVisible()
    with pytest.raises(KeyError):
        panel.show_message("x", "loud")  # type: ignore[arg-type]


def test_a_long_message_wraps_within_its_panel(panel: Probe) -> None:
    panel.resize(320, 240)
    panel.show()
    panel.show_message(
        "The learning rate is larger than the curvature allows. " * 3, "warning", [("Halve the rate", len)]
    )
    QApplication.processEvents()
    assert panel.width() == 320
    assert panel.message.width() <= 320
    assert panel.message.height() > 60


def test_remedies_stand_beside_a_message_where_both_fit_on_a_line(panel: Probe, qtbot: QtBot) -> None:
    panel.resize(600, 240)
    panel.show()
    panel.show_message("The loss is not a number.", "bad", [("Rewind", len)])
    QApplication.processEvents()
    button = panel.message.buttons[0]
    low = panel.message.height()
    middle = button.mapTo(panel.message, button.rect().center()).y()
    assert abs(middle - low / 2) <= 2
    panel.resize(260, 240)
    qtbot.waitUntil(lambda: panel.message.height() > low + button.height() / 2)
    assert button.mapTo(panel.message, button.rect().topLeft()).y() > low / 2


def test_tab_goes_through_the_header_as_the_eye_does(panel: Probe) -> None:
    chips = [Chip(name, "") for name in "abc"]
    for chip in chips:
        panel.add_control(chip)
    reached = [stop for stop in stops(panel.header) if stop is not panel.header.more]
    assert reached[-5:] == [*chips, panel.header.help, panel.header.maximise]


def test_an_empty_panel_has_a_sentence_and_one_button(panel: Probe, qtbot: QtBot) -> None:
    picture = QWidget()
    panel.set_body(picture)
    panel.show()
    done: list[int] = []
    panel.set_empty("There are no points yet.", "Make a data set", lambda: done.append(1))
    assert panel.is_empty
    assert not picture.isVisible()
    qtbot.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    assert done == [1]
    panel.clear_empty()
    assert picture.isVisible()
    other = QWidget()
    panel.set_empty("Nothing.", "", len)
    panel.set_body(other)
    assert panel.is_empty
    panel.clear_empty()
    assert panel.body is other
    assert other.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_help_shows_the_term_and_the_source(panel: Probe, qtbot: QtBot) -> None:
    panel.show()
    qtbot.mouseClick(panel.header.help, Qt.MouseButton.LeftButton)
    popover = panel.header.findChild(HelpPopover)
    assert popover is not None
    texts = [label.text() for label in popover.findChildren(QWidget) if hasattr(label, "text")]
    assert texts[0] == "Decision boundary"
    assert "font-weight:600" in texts[1]
    assert texts[2] == "Source: Bishop 2006, §4.1."
    popover.close()


def test_maximise_is_asked_for_and_shown(panel: Probe, qtbot: QtBot) -> None:
    panel.show()
    with qtbot.waitSignal(panel.maximise_requested):
        qtbot.mouseClick(panel.header.maximise, Qt.MouseButton.LeftButton)
    panel.set_maximised(True)
    assert panel.header.maximise.icon_name == "restore"
    assert panel.header.maximise.accessibleName() == "Restore Decision boundary"


def test_a_card_is_rounded_and_panel_coloured(panel: Probe) -> None:
    panel.show()
    image = panel.grab().toImage()
    ratio = image.devicePixelRatio()
    middle = QPoint(int(200 * ratio), int(200 * ratio))
    assert image.pixelColor(middle).name() == theme().color("panel").name()
    assert image.pixelColor(0, 0).name() != theme().color("panel").name()
    assert image.pixelColor(0, image.height() - 1).name() != theme().color("panel").name()


def test_a_panel_follows_the_theme(panel: Probe, qapp: QApplication) -> None:
    panel.show()
    apply_theme(qapp, "dark", 1.6)
    assert panel.themes[-1] == "dark"
    assert panel.header.sizeHint().height() == round(32 * 1.6)
    assert panel.grab().toImage().pixelColor(200, 250).name() == theme().color("panel").name()


def test_a_deleted_panel_hears_nothing(session: Session, qtbot: QtBot, qapp: QApplication) -> None:
    made = Probe(session)
    made.show()
    made.deleteLater()
    QApplication.sendPostedEvents(None, 52)
    session.publish(1)
    session.edit("second")
    apply_theme(qapp, "light")
    assert made.snapshots == []
