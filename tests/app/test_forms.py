"""Forms: the right control for each field, bound to the session both ways."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.form_info import field_info, read
from app.forms import FormField, field_widget, settings_form
from app.widgets.check import CheckBox
from app.widgets.choice import Dropdown, Segmented
from app.widgets.slider import Slider
from app.widgets.spinner import Stepper
from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS
from core.spec import AUTO, Choice, Dense, Experiment, Generator, change
from core.tables import SpecError


class Session(QObject):
    """Takes edits as the real one does: invalid ones are refused, those with the same merge key are one step."""

    published = Signal(object)
    edited = Signal(object, object)

    def __init__(self, experiment: Any = None) -> None:
        super().__init__()
        self.experiment = Experiment() if experiment is None else experiment
        self.snapshot = None
        self.steps: list[tuple[str, str]] = []
        self.calls = 0

    def set(self, path: str, value: Any, label: str = "", merge: str = "") -> None:
        self.calls += 1
        if path == "training.batch_size" and value > 100:
            raise SpecError(path, "there are only 100 samples", "choose 100 or less")
        if not (merge and self.steps and self.steps[-1][1] == merge):
            self.steps.append((label, merge))
        self.apply(change(self.experiment, path, value))

    def apply(self, experiment: Any) -> None:
        before, self.experiment = self.experiment, experiment
        self.edited.emit(before, experiment)


@pytest.fixture
def session() -> Session:
    return Session()


def control(field: FormField) -> Any:
    """The control itself, without the row that puts a title beside it."""
    return getattr(field.control, "control", field.control)


def test_what_is_declared_of_a_field_is_read_with_its_limits() -> None:
    rate = field_info(Experiment, "training.learning_rate")
    assert (rate.title, rate.scale, rate.low, rate.high, rate.maximum) == ("Learning rate", "log", 1e-5, 10, 1000)
    assert 0 < rate.minimum < 1e-300
    units = field_info(Dense, "units")
    assert (units.type, units.minimum, units.maximum, units.track) == (int, 1, math.inf, None)
    assert field_info(Dense, "dropout").maximum == math.nextafter(1, 0)
    assert field_info(Experiment, "data.scaling").choices == ("none", "min-max", "standard")
    assert field_info(Experiment, "data.generator.noise").title == "Noise"
    assert field_info(Experiment, "training.seed").track is None
    assert field_info(Experiment, "data.generator.count").track is not None
    with pytest.raises(KeyError):
        field_info(Experiment, "training.speed")
    with pytest.raises(KeyError):
        field_info(Experiment, "name.length")


def test_reading_through_a_missing_part_gives_none() -> None:
    assert read(Experiment(), "data.generator.noise") is None
    assert read(change(Experiment(), "data.generator", Generator()), "data.generator.noise") == 0.1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("training.learning_rate", Slider),
        ("training.l2", Slider),
        ("data.split.share", Slider),
        ("training.batch_size", Stepper),
        ("training.seed", Stepper),
        ("training.precision", Segmented),
        ("data.scaling", Segmented),
        ("network.output.bias", CheckBox),
    ],
)
def test_each_field_gets_the_control_of_its_type(
    qtbot: QtBot, session: Session, path: str, kind: type[QWidget]
) -> None:
    field = field_widget(session, path)
    qtbot.addWidget(field)
    assert isinstance(control(field), kind)
    assert field.info.help == "" or field.info.help.split()[0] in control(field).toolTip() + field.control.toolTip()


def test_every_number_choice_and_switch_of_an_experiment_has_a_control(qtbot: QtBot) -> None:
    session = Session(change(Experiment(), "data.generator", Generator()))
    tried = 0
    for group in ("data", "data.generator", "data.split", "network.output", "training"):
        for field in msgspec.structs.fields(read(session.experiment, group)):
            info = field_info(Experiment, f"{group}.{field.name}")
            if info.type in (int, float, bool) or info.choices:
                made = field_widget(session, f"{group}.{field.name}")
                qtbot.addWidget(made)
                assert made.control.isEnabled()
                tried += 1
    assert tried >= 15
    assert session.calls == 0  # showing is not editing


def test_an_edit_goes_to_the_session_and_comes_back_without_an_echo(qtbot: QtBot, session: Session) -> None:
    field = field_widget(session, "training.l2")
    twin = field_widget(session, "training.l2")
    for widget in (field, twin):
        qtbot.addWidget(widget)
    control(field).moved.emit(0.25)
    assert session.experiment.training.l2 == 0.25
    assert control(twin).value == 0.25
    session.apply(change(session.experiment, "training.l2", 0.5))
    assert control(field).value == 0.5
    assert session.calls == 1


def test_one_drag_is_one_step_to_undo_and_two_are_two(qtbot: QtBot, session: Session) -> None:
    field = field_widget(session, "training.learning_rate")
    qtbot.addWidget(field)
    field.resize(300, 60)
    field.show()
    track = control(field).track
    for target in (40, 200):
        qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
        for x in range(100, target, 20 if target > 100 else -20):
            qtbot.mouseMove(track, QPoint(x, 10))
        qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(target, 10))
    assert session.calls > 4
    assert [label for label, _ in session.steps] == ["Learning rate", "Learning rate"]


def test_a_refused_edit_says_why_and_shows_what_holds(qtbot: QtBot, session: Session) -> None:
    field = field_widget(session, "training.batch_size")
    qtbot.addWidget(field)
    with qtbot.waitActive(field):
        field.show()
        field.activateWindow()
    control(field).field.setFocus()
    qtbot.keyClicks(control(field).field, "500")
    qtbot.keyClick(control(field).field, Qt.Key.Key_Return)
    assert field.problem.isVisible()
    assert field.problem.text() == "there are only 100 samples. choose 100 or less."
    assert control(field).value == 10
    qtbot.mouseClick(control(field).more, Qt.MouseButton.LeftButton)
    assert not field.problem.isVisible()
    assert session.experiment.training.batch_size == 11
    field._rest.stop()


def test_quick_steps_are_one_edit_and_later_ones_another(qtbot: QtBot, session: Session) -> None:
    field = field_widget(session, "training.batch_size")
    qtbot.addWidget(field)
    for _ in range(3):
        qtbot.mouseClick(control(field).more, Qt.MouseButton.LeftButton)
    assert len(session.steps) == 1
    field._rest.stop()
    field.finish()
    qtbot.mouseClick(control(field).more, Qt.MouseButton.LeftButton)
    assert len(session.steps) == 2
    assert type(session.experiment.training.batch_size) is int
    field._rest.stop()


def test_a_part_that_is_not_there_disables_its_field(qtbot: QtBot, session: Session) -> None:
    field = field_widget(session, "data.generator.noise")
    qtbot.addWidget(field)
    assert not field.control.isEnabled()
    session.apply(change(session.experiment, "data.generator", Generator(noise=0.3)))
    assert field.control.isEnabled()
    assert control(field).value == 0.3
    session.apply(change(session.experiment, "data.generator", None))
    assert not field.control.isEnabled()


def test_choices_and_switches_edit(qtbot: QtBot, session: Session) -> None:
    scaling, bias = field_widget(session, "data.scaling"), field_widget(session, "network.output.bias")
    output = field_widget(session, "network.output.activation", ACTIVATIONS, auto="Automatic")
    for field in (scaling, bias, output):
        qtbot.addWidget(field)
        field.show()
    qtbot.mouseClick(control(scaling).chip("standard"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(control(bias), Qt.MouseButton.LeftButton)
    assert session.experiment.data.scaling == "standard"
    assert session.experiment.network.output.bias is False
    assert control(output).key == AUTO
    assert control(output).keys == (AUTO, *ACTIVATIONS)
    control(output).box.setFocus()
    qtbot.keyClick(control(output).box, Qt.Key.Key_Down)
    assert session.experiment.network.output.activation == next(iter(ACTIVATIONS))


def test_a_widget_can_override_what_is_declared(qtbot: QtBot, session: Session) -> None:
    field = field_widget(session, "data.split.share", unit="%", title="Share")
    qtbot.addWidget(field)
    assert control(field).field.text() == "50\u2009%"
    assert control(field).title.text() == "Share"


def test_settings_follow_the_row_that_is_chosen(qtbot: QtBot, session: Session) -> None:
    form = settings_form(session, "training.optimizer", OPTIMIZERS, title="Optimizer")
    qtbot.addWidget(form)
    form.show()
    assert isinstance(form.choice.control, Dropdown)
    assert form.fields == {}
    form.choice.control.chosen.emit("adam")
    assert session.experiment.training.optimizer == Choice("adam")
    assert list(form.fields) == [setting.name for setting in OPTIMIZERS["adam"].settings]
    session.apply(change(session.experiment, "training.optimizer", Choice("momentum", {"momentum": 0.5})))
    assert form.choice.control.key == "momentum"
    assert control(form.fields["momentum"]).value == 0.5
    QApplication.sendPostedEvents(None, 52)
    assert len(form.findChildren(Slider)) == 1


def test_only_settings_that_differ_from_their_default_are_kept(qtbot: QtBot, session: Session) -> None:
    session.apply(change(session.experiment, "training.optimizer", Choice("adam", {"beta2": 0.9})))
    form = settings_form(session, "training.optimizer", OPTIMIZERS)
    qtbot.addWidget(form)
    beta = control(form.fields["beta1"])
    assert beta.value == 0.9
    beta.moved.emit(0.5)
    assert session.experiment.training.optimizer == Choice("adam", {"beta2": 0.9, "beta1": 0.5})
    beta.moved.emit(0.9)
    assert session.experiment.training.optimizer == Choice("adam", {"beta2": 0.9})
    assert [label for label, _ in session.steps] == ["Beta 1"]


def test_settings_alone_are_there_while_there_are_any(qtbot: QtBot, session: Session) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    form = settings_form(session, "training.loss", LOSSES, listed=False)
    column.addWidget(form)
    qtbot.addWidget(page)
    page.show()
    assert not form.isVisible()
    assert session.experiment.training.loss == Choice(AUTO)
    session.apply(change(session.experiment, "training.loss", Choice("huber")))
    assert form.isVisible()
    assert not form.choice.isVisible()
    control(form.fields["delta"]).moved.emit(0.25)
    assert session.experiment.training.loss == Choice("huber", {"delta": 0.25})
    session.apply(change(session.experiment, "training.loss", Choice("mse")))
    assert not form.isVisible()


def test_a_form_is_used_by_keyboard_alone(qtbot: QtBot, session: Session) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    fields = [
        field_widget(session, path)
        for path in ("training.learning_rate", "training.batch_size", "data.scaling", "network.output.bias")
    ]
    for field in fields:
        column.addWidget(field)
    column.addWidget(settings_form(session, "training.optimizer", OPTIMIZERS))
    qtbot.addWidget(page)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    reached: list[QWidget] = []
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.append(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    first = reached.index(reached[0], 1)
    slider, stepper, pills, box = (control(field) for field in fields)
    assert reached[:5] == [slider.track, slider.field, stepper.field, pills.chip("none"), box]
    assert first == 6  # and the drop-down list


def test_a_form_that_is_gone_hears_nothing(session: Session) -> None:
    form = settings_form(session, "training.optimizer", OPTIMIZERS)
    form.deleteLater()
    QApplication.sendPostedEvents(None, 52)
    session.apply(change(session.experiment, "training.optimizer", Choice("adam")))
    assert session.experiment.training.optimizer.name == "adam"
