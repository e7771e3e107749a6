"""A hint where another optimizer is picked whose usual learning rate is far from the present one."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.numbers import number
from app.session import Session
from app.widgets.message import MessageLine
from core.optimizers import OPTIMIZERS
from core.spec import Experiment, Training, change

_LOW, _HIGH = 0.1, 100.0
"""From these shares of an optimizer's usual rate on, downwards and upwards, a rate is said to be far from it."""


def rate_advice(training: Training) -> str:
    """What is to be said of the rate for its optimizer; empty where it is not far from what is usual."""
    row, rate = OPTIMIZERS[training.optimizer.name], training.learning_rate
    share = rate / row.usual_rate
    if _LOW < share < _HIGH:
        return ""
    effect = "its steps are small and it learns slowly" if share <= _LOW else "its steps are likely to be too large"
    return f"{row.title} usually wants a learning rate near {number(row.usual_rate)}; with {number(rate)} {effect}."


class RateHint(QObject):
    """Says so in the window's line of messages, unless something else is said there, with the rate one click away."""

    def __init__(self, session: Session, message: MessageLine) -> None:
        super().__init__(message)
        self._session, self._message = session, message
        self._said = ""
        session.edited.connect(self._edited)

    def _edited(self, before: Experiment, after: Experiment) -> None:
        advice = rate_advice(after.training)
        ours = bool(self._said) and self._message.text == self._said
        if ours and advice != self._said:
            self._clear()
        picked = before.training.optimizer.name != after.training.optimizer.name
        same_work = change(before, "training", after.training) == after
        if advice and picked and same_work and not self._message.text:
            self._said = advice
            usual = OPTIMIZERS[after.training.optimizer.name].usual_rate
            ways = [(f"Use rate {number(usual)}", lambda: self._use(usual)), ("Close", self._clear)]
            self._message.show_message(advice, "info", ways)

    def _use(self, rate: float) -> None:
        self._session.set("training.learning_rate", rate, "Use usual rate")

    def _clear(self) -> None:
        self._said = ""
        self._message.clear_message()
