"""The controls: what they show, what they emit, and that they can be used by keyboard alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.theme import apply_theme, theme
from app.widgets.buttons import IconButton, PlayButton
from app.widgets.check import CheckBox
from app.widgets.choice import Chip, Dropdown, Segmented
from app.widgets.flow import FlowLayout
from app.widgets.label import ElidedLabel, Label, rich, tip
from app.widgets.scale import TrackScale
from app.widgets.slider import Slider
from app.widgets.spinner import Stepper

ROWS = [("sgd", "SGD", "Plain descent."), ("adam", "Adam", "A rate for each weight."), ("lion", "Lion", "Signs only.")]
KEY = Qt.Key


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> Iterator[None]:
    apply_theme(qapp, "light")
    yield
    apply_theme(qapp, "light")


class Heard:
    """What a signal has carried."""

    def __init__(self, signal: object) -> None:
        self.got: list[object] = []
        signal.connect(self._hear)  # type: ignore[attr-defined]

    def _hear(self, *args: object) -> None:
        self.got.append(args[0] if args else None)


def shown(qtbot: QtBot, widget: QWidget, width: int = 240) -> None:
    """Show a widget as the active window."""
    qtbot.addWidget(widget)
    widget.resize(width, max(widget.sizeHint().height(), 20))
    with qtbot.waitActive(widget):
        widget.show()
        widget.activateWindow()


def scroll(widget: QWidget, notches: int) -> QWheelEvent:
    center = QPointF(widget.rect().center())
    event = QWheelEvent(
        center,
        QPointF(widget.mapToGlobal(center.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    widget.event(event)
    return event


# ---- the arithmetic of tracks ----------------------------------------------------------------------------------------


@given(st.floats(0, 1))
def test_a_position_leads_to_a_value_close_to_it(position: float) -> None:
    for scale in (TrackScale(0, 1), TrackScale(1e-5, 10, "log"), TrackScale(2, 500, integer=True)):
        assert scale.position(scale.value(position)) == pytest.approx(position, abs=0.006)


def test_positions_are_linear_or_logarithmic() -> None:
    assert TrackScale(0, 10).position(5) == 0.5
    assert TrackScale(1e-4, 1, "log").position(1e-2) == pytest.approx(0.5)
    assert TrackScale(0, 10).position(99) == 1
    assert TrackScale(1e-4, 1, "log").position(0) == 0
    assert TrackScale(0, 10).position(math.nan) == 0


def test_values_from_a_track_are_round() -> None:
    scale = TrackScale(1e-5, 10, "log")
    for k in range(101):
        value = scale.value(k / 100)
        assert value == float(f"{value:.1e}") or value in (1e-5, 10)
    assert TrackScale(0, 1).value(0.3333) == 0.335
    assert TrackScale(2, 500, integer=True).value(0.5) == 251


def test_arrow_keys_climb_a_logarithmic_track_and_come_back() -> None:
    scale = TrackScale(1e-5, 10, "log")
    up = [0.01]
    while up[-1] < 10:
        up.append(scale.stepped(up[-1], 1))
    assert up[:11] == [0.01, 0.012, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1]
    assert [scale.stepped(value, -1) for value in reversed(up[1:])] == up[-2::-1]
    assert scale.stepped(10, 1) == 10
    assert scale.stepped(0.0337, 1) == 0.04
    assert scale.paged(0.03, 1) == 0.3
    assert scale.paged(0.03, -1) == 0.003


def test_whole_numbers_always_step_by_one_at_least() -> None:
    scale = TrackScale(2, 100_000, "log", integer=True)
    value, seen = 2.0, [2.0]
    while value < 100_000:
        value = scale.stepped(value, 1)
        assert value == round(value) > seen[-1]
        seen.append(value)


def test_a_logarithmic_track_with_zero_has_it_at_its_start() -> None:
    scale = TrackScale(1e-6, 10, "log", zero=True)
    assert scale.value(0) == 0
    assert scale.position(0) == 0
    assert scale.position(1e-6) > 0
    assert scale.value(scale.position(1e-6)) == 1e-6
    assert scale.stepped(1e-6, -1) == 0
    assert scale.stepped(0, 1) == 1e-6
    assert scale.paged(1e-6, -1) == 0
    assert TrackScale(1e-6, 10, "log").stepped(1e-6, -1) == 1e-6


@pytest.mark.parametrize(("low", "high", "kind"), [(1, 1, "linear"), (2, 1, "linear"), (0, 1, "log"), (-1, 1, "log")])
def test_an_impossible_track_is_refused(low: float, high: float, kind: str) -> None:
    with pytest.raises(ValueError, match="track"):
        TrackScale(low, high, kind)  # type: ignore[arg-type]


# ---- slider ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rate(qtbot: QtBot) -> Slider:
    slider = Slider(
        "Learning rate", 1e-5, 10, value=0.01, scale="log", unit="per step", help="How far.", minimum=1e-9, maximum=1000
    )
    shown(qtbot, slider)
    return slider


def test_setting_a_value_makes_no_echo(rate: Slider) -> None:
    heard = Heard(rate.moved)
    rate.set_value(0.5)
    assert rate.value == 0.5
    assert rate.field.text() == "0.5\u00a0per step"
    assert heard.got == []


def test_the_value_shown_is_the_one_given_even_beyond_the_track(rate: Slider) -> None:
    rate.set_value(500)
    assert rate.value == 500
    rate.set_value(0.0123456)
    assert rate.value == 0.0123456


def test_dragging_moves_live_and_releases_once(rate: Slider, qtbot: QtBot) -> None:
    moved, released = Heard(rate.moved), Heard(rate.released)
    track = rate.track
    knob = QPoint(round(track._x(0.01)), 10)
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=knob)
    assert moved.got == []  # taking the knob changes nothing
    for dx in (20, 40, 60):
        qtbot.mouseMove(track, knob + QPoint(dx, 0))
    assert len(moved.got) == 3
    assert moved.got == sorted(moved.got)
    assert released.got == []
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=knob + QPoint(60, 0))
    assert len(released.got) == 1
    assert rate.value == moved.got[-1]


def test_a_click_on_the_track_brings_the_knob(rate: Slider, qtbot: QtBot) -> None:
    qtbot.mouseClick(rate.track, Qt.MouseButton.LeftButton, pos=QPoint(rate.track.width() - 1, 10))
    assert rate.value == 10


def test_keys_step_and_are_one_gesture(rate: Slider, qtbot: QtBot) -> None:
    moved, released = Heard(rate.moved), Heard(rate.released)
    rate.setFocus()
    assert rate.track.hasFocus()
    for key in (KEY.Key_Right, KEY.Key_Up, KEY.Key_Left, KEY.Key_PageUp, KEY.Key_PageDown, KEY.Key_Home, KEY.Key_End):
        qtbot.keyClick(rate.track, key)
    assert moved.got == [0.012, 0.015, 0.012, 0.12, 0.012, 1e-5, 10]
    assert released.got == []
    qtbot.waitUntil(lambda: len(released.got) == 1)


def test_the_wheel_steps_but_in_a_scroll_area_only_with_the_focus(rate: Slider, qtbot: QtBot) -> None:
    assert scroll(rate.track, 1).isAccepted()
    assert rate.value == 0.012
    rate.track._rest.stop()
    area, page = QScrollArea(), QWidget()
    inside = Slider("Noise", 0, 1, value=0.5)
    QVBoxLayout(page).addWidget(inside)
    area.setWidget(page)
    shown(qtbot, area)
    inside.track.clearFocus()
    assert not scroll(inside.track, 1).isAccepted()
    assert inside.value == 0.5
    inside.setFocus()
    assert scroll(inside.track, -2).isAccepted()
    assert inside.value == 0.49
    inside.track._rest.stop()


@pytest.mark.parametrize(("text", "value"), [("0,25", 0.25), ("1e-7", 1e-7), ("500", 500), ("1e9", 1000), ("-3", 1e-9)])
def test_a_typed_value_may_leave_the_track_but_not_the_limits(
    rate: Slider, qtbot: QtBot, text: str, value: float
) -> None:
    moved, released = Heard(rate.moved), Heard(rate.released)
    rate.field.setFocus()
    rate.field.selectAll()
    qtbot.keyClicks(rate.field, text)
    assert moved.got == []  # half a number is no number
    qtbot.keyClick(rate.field, KEY.Key_Return)
    assert moved.got == [value]
    assert released.got == [None]
    assert rate.value == value


def test_what_is_no_number_or_escaped_changes_nothing(rate: Slider, qtbot: QtBot) -> None:
    moved = Heard(rate.moved)
    rate.field.setFocus()
    qtbot.keyClicks(rate.field, "fast")
    qtbot.keyClick(rate.field, KEY.Key_Return)
    assert rate.field.text() == "0.01"
    qtbot.keyClicks(rate.field, "5")
    qtbot.keyClick(rate.field, KEY.Key_Escape)
    assert rate.field.text() == "0.01"
    rate.track.setFocus()
    assert rate.field.text() == "0.01\u00a0per step"
    assert moved.got == []


def test_a_value_that_arrives_does_not_disturb_typing(rate: Slider, qtbot: QtBot) -> None:
    rate.field.setFocus()
    rate.field.selectAll()
    qtbot.keyClicks(rate.field, "0.0")
    rate.set_value(3)
    assert rate.field.text() == "0.0"
    qtbot.keyClicks(rate.field, "2")
    qtbot.keyClick(rate.field, KEY.Key_Return)
    assert rate.value == 0.02


def test_a_slider_of_whole_numbers_and_one_of_shares(qtbot: QtBot) -> None:
    points = Slider("Points", 10, 5000, value=300, scale="log", integer=True)
    share = Slider("Training share", 0.1, 0.9, value=0.5, share=True)
    for slider in (points, share):
        shown(qtbot, slider)
    assert isinstance(points.value, int)
    assert share.field.text() == "50\u2009%"
    share.field.setFocus()
    share.field.selectAll()
    qtbot.keyClicks(share.field, "67 %")
    qtbot.keyClick(share.field, KEY.Key_Return)
    assert share.value == pytest.approx(0.67)


def test_a_slider_tells_its_name_unit_and_help(rate: Slider) -> None:
    assert rate.track.accessibleName() == "Learning rate (per step)"
    assert rate.field.accessibleDescription() == "How far."
    assert rate.toolTip() == "Learning rate (per step)\nHow far."


def test_an_assistive_tool_can_move_a_slider(rate: Slider) -> None:
    moved = Heard(rate.moved)
    rate.track.setValue(1000)
    assert moved.got == [10]
    rate.track._rest.stop()


def test_marks_make_room_and_a_limit_colours_the_track(rate: Slider, qtbot: QtBot) -> None:
    plain = rate.track.sizeHint().height()
    rate.set_marks([(1e-5, "10⁻⁵"), (10, "10")])
    rate.set_limit(0.1, "2 / sharpness")
    assert rate.track.sizeHint().height() > plain
    rate.set_value(1e-5)
    rate.resize(300, rate.sizeHint().height())
    image = rate.track.grab().toImage()
    y = round(rate.track._inset())
    good, bad = image.pixelColor(round(rate.track._x(0.01)), y), image.pixelColor(round(rate.track._x(5)), y)
    assert good.green() > good.red()
    assert bad.red() > bad.green()
    for limit in (1e-7, 100):
        rate.set_limit(limit, "outside")
        image = rate.track.grab().toImage()
        for value in (0.001, 1):
            color = image.pixelColor(round(rate.track._x(value)), y)
            assert (color.red() > color.green()) == (limit < value)


def test_a_slider_can_be_given_another_range(rate: Slider) -> None:
    slider = Slider("x", 0, 1, value=0.5)
    slider.set_range(0, 10)
    slider.field.setFocus()
    assert slider.track.scale.high == 10
    assert slider.field.maximum == 10
    rate.set_range(1e-3, 1)
    assert rate.field.maximum == 1000
    slider.deleteLater()


# ---- choices ---------------------------------------------------------------------------------------------------------


def test_a_dropdown_tells_only_of_choices_by_hand(qtbot: QtBot) -> None:
    box = Dropdown("Optimizer", ROWS)
    shown(qtbot, box)
    heard = Heard(box.chosen)
    assert box.key == "sgd"
    box.set_key("adam")
    assert (box.key, heard.got) == ("adam", [])
    box.box.setFocus()
    qtbot.keyClick(box.box, KEY.Key_Down)
    assert (box.key, heard.got) == ("lion", ["lion"])
    box.set_key("nothing")
    assert box.key == ""
    box.set_key("adam")
    box.set_rows([("rmsprop", "RMSProp", ""), ("adam", "Adam", "")])
    assert (box.key, heard.got) == ("adam", ["lion"])
    assert box.keys == ("rmsprop", "adam")


def test_a_dropdown_explains_each_row_and_itself(qtbot: QtBot) -> None:
    box = Dropdown("Optimizer", ROWS, help="How steps are made.")
    shown(qtbot, box)
    assert box.box.itemData(1, Qt.ItemDataRole.ToolTipRole) == "A rate for each weight."
    assert box.box.toolTip() == "Optimizer\nHow steps are made.\nPlain descent."
    assert box.box.accessibleName() == "Optimizer"
    assert box.label.text() == "Optimizer"


def test_a_dropdown_leaves_the_wheel_alone_without_the_focus(qtbot: QtBot) -> None:
    box = Dropdown("", ROWS)
    shown(qtbot, box)
    box.box.clearFocus()
    assert not scroll(box.box, -1).isAccepted()
    assert box.key == "sgd"
    assert not box.label.isVisible()


def test_a_row_of_pills_has_one_choice(qtbot: QtBot) -> None:
    pills = Segmented(ROWS)
    shown(qtbot, pills)
    heard = Heard(pills.chosen)
    assert pills.key == "sgd"
    qtbot.mouseClick(pills.chip("adam"), Qt.MouseButton.LeftButton)
    assert (pills.key, heard.got) == ("adam", ["adam"])
    pills.set_key("lion")
    assert (pills.key, pills.keys, heard.got) == ("lion", ("lion",), ["adam"])
    pills.chip("lion").setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(pills.chip("lion"), KEY.Key_Left)
    assert pills.key == "adam"
    with pytest.raises(KeyError):
        pills.set_key("nothing")


def test_a_row_of_pills_may_have_many_choices(qtbot: QtBot) -> None:
    pills = Segmented(ROWS, exclusive=False)
    shown(qtbot, pills)
    heard = Heard(pills.chosen)
    assert (pills.key, pills.keys) == ("", ())
    for key in ("sgd", "lion", "sgd"):
        qtbot.mouseClick(pills.chip(key), Qt.MouseButton.LeftButton)
    assert pills.keys == ("lion",)
    assert heard.got == ["sgd", "lion", "sgd"]


def test_pills_keep_their_width_when_the_choice_moves(qtbot: QtBot) -> None:
    pills = Segmented(ROWS)
    shown(qtbot, pills)
    before = pills.sizeHint()
    pills.set_key("lion")
    assert pills.sizeHint() == before


def test_a_chip_toggles_by_mouse_and_by_space(qtbot: QtBot) -> None:
    chip = Chip("log", "A logarithmic axis.")
    shown(qtbot, chip)
    heard = Heard(chip.toggled)
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    qtbot.keyClick(chip, KEY.Key_Space)
    assert heard.got == [True, False]
    assert (chip.toolTip(), chip.accessibleName()) == ("A logarithmic axis.", "log")


# ---- buttons, stepper ------------------------------------------------------------------------------------------------


def test_an_icon_button_says_what_it_does_and_its_shortcut(qtbot: QtBot) -> None:
    button = IconButton("reset", "Back to the same weights", "Ctrl+R")
    shown(qtbot, button)
    assert button.accessibleName() == "Back to the same weights"
    assert "Ctrl+R" in button.toolTip()
    assert button.shortcut() == QKeySequence("Ctrl+R")
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(button, KEY.Key_Space)
    button.set_icon("undo", "Undo")
    assert (button.icon_name, button.accessibleName(), button.shortcut()) == ("undo", "Undo", QKeySequence("Ctrl+R"))
    assert button.sizeHint().width() == 28


def test_the_play_button_shows_play_or_pause_and_is_44_round(qtbot: QtBot) -> None:
    button = PlayButton()
    shown(qtbot, button, 44)
    assert (button.playing, button.accessibleName()) == (False, "Train")
    heard = Heard(button.clicked)
    button.set_playing(True)
    assert (button.playing, button.accessibleName(), heard.got) == (True, "Pause training", [])
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(heard.got) == 1
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert len(heard.got) == 1  # outside the disc
    assert (button.sizeHint().width(), button.sizeHint().height()) == (44, 44)


def test_a_stepper_steps_types_and_keeps_its_limits(qtbot: QtBot) -> None:
    stepper = Stepper(8, 1, 64, title="Units", unit="units", help="Neurons.")
    shown(qtbot, stepper)
    heard = Heard(stepper.changed)
    qtbot.mouseClick(stepper.more, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(stepper.less, Qt.MouseButton.LeftButton)
    stepper.setFocus()
    assert stepper.field.hasFocus()
    for key in (KEY.Key_Up, KEY.Key_PageUp, KEY.Key_Down):
        qtbot.keyClick(stepper.field, key)
    stepper.field.selectAll()
    qtbot.keyClicks(stepper.field, "999")
    qtbot.keyClick(stepper.field, KEY.Key_Return)
    assert heard.got == [9, 8, 9, 19, 18, 64]
    assert not stepper.more.isEnabled()
    qtbot.keyClick(stepper.field, KEY.Key_Up)
    stepper.set_value(1)
    assert heard.got[-1] == 64
    assert not stepper.less.isEnabled()
    assert stepper.value == 1
    assert stepper.toolTip() == "Units (units)\nNeurons."


def test_a_check_box_ticks_on_its_label_too(qtbot: QtBot) -> None:
    box = CheckBox("Bias", "Adds a constant.")
    shown(qtbot, box)
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(box.sizeHint().width() - 4, 10))
    assert box.isChecked()
    assert box.toolTip() == "Adds a constant."


# ---- looks -----------------------------------------------------------------------------------------------------------


def everything() -> list[QWidget]:
    """One of each control."""
    return [
        Slider("Noise", 0, 1, value=0.3),
        Dropdown("Loss", ROWS),
        Segmented(ROWS),
        Chip("log"),
        IconButton("brush", "Brush"),
        PlayButton(),
        Stepper(8, 1),
        CheckBox("Bias"),
    ]


def focus_target(widget: QWidget) -> QWidget:
    if isinstance(widget, Segmented):
        return widget.chip("adam")
    return widget.focusProxy() or widget


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_keyboard_focus_is_seen_on_every_control(qtbot: QtBot, qapp: QApplication, name: str) -> None:
    apply_theme(qapp, name)
    page = QWidget()
    column = QVBoxLayout(page)
    controls = everything()
    for control in controls:
        column.addWidget(control)
    page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    shown(qtbot, page)
    for control in controls:
        page.setFocus()
        before = control.grab().toImage()
        focus_target(control).setFocus(Qt.FocusReason.TabFocusReason)
        assert clearly_changed(before, control.grab().toImage()) >= 40, type(control).__name__


def clearly_changed(before: QImage, after: QImage) -> int:
    """How many pixels differ by at least a third of all that a channel can."""
    places = [(x, y) for x in range(before.width()) for y in range(before.height())]
    pairs = [(before.pixelColor(x, y).getRgb(), after.pixelColor(x, y).getRgb()) for x, y in places]
    return sum(max(abs(a - b) for a, b in zip(old, new, strict=True)) > 85 for old, new in pairs)


def test_every_control_can_be_reached_with_tab(qtbot: QtBot) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    controls = everything()
    for control in controls:
        column.addWidget(control)
    shown(qtbot, page)
    reached = set()
    for _ in range(30):
        qtbot.keyClick(QApplication.focusWidget() or page, KEY.Key_Tab)
        reached |= {k for k, control in enumerate(controls) if control.isAncestorOf(_focus()) or control is _focus()}
    assert reached == set(range(len(controls)))


def _focus() -> QWidget:
    focus = QApplication.focusWidget()
    assert focus is not None
    return focus


def test_presentation_mode_makes_every_control_larger(qtbot: QtBot, qapp: QApplication) -> None:
    controls = everything()
    for control in controls:
        shown(qtbot, control)
    before = [control.sizeHint() for control in controls]
    apply_theme(qapp, "light", 1.6)
    for control, size in zip(controls, before, strict=True):
        assert control.sizeHint().height() >= 1.4 * size.height(), type(control).__name__
        assert control.sizeHint().width() > size.width()


def test_controls_that_are_gone_do_not_mind_a_new_theme(qapp: QApplication) -> None:
    for control in everything():
        control.deleteLater()
    del control
    QApplication.sendPostedEvents(None, 52)
    apply_theme(qapp, "dark")


def test_labels_keep_their_colour_in_a_new_parent_and_theme(qtbot: QtBot, qapp: QApplication) -> None:
    page = QWidget()
    shown(qtbot, page, 200)
    for label in (Label("WWWWWWWW", token="bad"), ElidedLabel("WWWWWWWW", token="bad")):
        label.setParent(page)
        label.resize(150, 30)
        label.show()
        for name in ("light", "dark"):
            apply_theme(qapp, name)
            image = label.grab().toImage()
            inked = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
            assert any(color.rgb() == theme().color("bad").rgb() for color in inked)
    assert label.token == "bad"


def test_texts_are_wrapped_and_marked() -> None:
    assert tip("Title", "", "word " * 40).count("\n") >= 3
    assert rich("a **b** <c>") == 'a <span style="font-weight:600">b</span> &lt;c&gt;'
    assert 'href="https://x.org/a"' in rich("see https://x.org/a.")


def test_a_flow_breaks_into_rows_and_says_how_high_it_is(qtbot: QtBot) -> None:
    page = QWidget()
    flow = FlowLayout(page)
    flow.setSpacing(8)
    for _ in range(5):
        flow.addWidget(IconButton("play", "x"))
    assert flow.heightForWidth(1000) == 28
    assert flow.heightForWidth(3 * 28 + 2 * 8) == 2 * 28 + 8
    assert flow.heightForWidth(30) == 5 * 28 + 4 * 8
    shown(qtbot, page)
    page.resize(100, 200)
    places = [flow.itemAt(i).geometry().topLeft() for i in range(flow.count())]
    assert places[2] == QPoint(72, 0)
    assert places[3] == QPoint(0, 36)
    assert flow.itemAt(9) is None
    assert flow.takeAt(9) is None
    flow.clear()
    assert flow.count() == 0


def test_texts_keep_their_size_under_another_parent(qtbot: QtBot, qapp: QApplication) -> None:
    page, other = QWidget(), QWidget()
    shown(qtbot, page, 300)
    qtbot.addWidget(other)
    row = QWidget(page)
    column = QVBoxLayout(row)
    rate = Slider("Rate", 0.0, 1.0)
    choice = Dropdown("Optimizer", ROWS)
    for control in (rate, choice):
        column.addWidget(control)
    row.show()
    qapp.processEvents()
    apply_theme(qapp, "light", 1.6)
    for parent in (other, page, other):
        row.setParent(parent)
        row.show()
        qapp.processEvents()
        sizes = [part.font().pixelSize() for part in (choice.label, choice.box, rate.title, rate.field)]
        assert sizes == [theme().px(size) for size in (11, 13, 11, 13)]
