"""The hint of a rate that suits an optimizer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.numbers import number
from app.rate_hint import RateHint, rate_advice
from app.session import Session
from app.widgets.message import MessageLine
from core.optimizers import OPTIMIZERS
from core.presets import PRESETS
from core.spec import Choice, Training


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    session = Session(PRESETS["circle"].experiment)
    yield session
    session.close()


@pytest.fixture
def line(qtbot: QtBot, session: Session) -> MessageLine:
    line = MessageLine()
    qtbot.addWidget(line)
    RateHint(session, line)
    return line


def test_every_optimizer_is_content_with_its_usual_rate_and_not_with_one_far_from_it() -> None:
    for row in OPTIMIZERS.rows():
        at = [Training(row.usual_rate * share, optimizer=Choice(row.name)) for share in (1.0, 0.01, 300.0)]
        assert rate_advice(at[0]) == ""
        assert "slowly" in rate_advice(at[1])
        assert "too large" in rate_advice(at[2])
        assert f"near {number(row.usual_rate)}; with {number(0.01 * row.usual_rate)}" in rate_advice(at[1])


def test_picking_one_that_wants_another_rate_offers_it_and_one_click_takes_it(
    session: Session, line: MessageLine, qtbot: QtBot
) -> None:
    session.set("training.optimizer", Choice("lbfgs"))
    assert line.text.startswith("L-BFGS usually wants a learning rate near 1; with 0.05")
    assert [button.text() for button in line.buttons] == ["Use rate 1", "Close"]
    qtbot.mouseClick(line.buttons[0], Qt.MouseButton.LeftButton)
    assert session.experiment.training.learning_rate == 1.0
    assert line.text == ""
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.experiment == PRESETS["circle"].experiment
    assert line.text == ""


def test_it_says_nothing_of_a_usual_rate_and_talks_over_nobody(session: Session, line: MessageLine) -> None:
    session.set("training.optimizer", Choice("sgd"))
    assert line.text == ""
    line.show_message("It has diverged.", "bad")
    session.set("training.optimizer", Choice("lbfgs"))
    assert line.text == "It has diverged."
    session.set("training.learning_rate", 1.0)
    assert line.text == "It has diverged."


def test_what_was_said_goes_with_its_reason(session: Session, line: MessageLine) -> None:
    session.set("training.optimizer", Choice("lbfgs"))
    assert line.text
    session.set("training.optimizer", Choice("adam"))
    assert line.text == ""
    session.set("training.optimizer", Choice("lbfgs"))
    line.buttons[1].click()
    assert line.text == ""
    session.set("training.learning_rate", 0.01)
    assert line.text == "", "a rate that is chosen is not argued with"
