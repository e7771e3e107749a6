from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread

from app.priority import NICENESS
from app.probe_thread import Probe


def test_it_answers_on_the_windows_thread(qtbot: Any) -> None:
    owner = QObject()
    probe = Probe(owner)
    threads: list[QThread] = []
    probe.answered.connect(lambda answer: threads.append(QThread.currentThread()))
    with qtbot.waitSignal(probe.answered) as signal:
        probe.ask(lambda a, b: (a + b, QThread.currentThread() is not owner.thread()), 2, 3)
    assert signal.args == [(5, True)]
    assert threads == [owner.thread()]
    probe.stop()


def test_of_waiting_questions_only_the_newest_is_worked_on(qtbot: Any) -> None:
    owner = QObject()
    probe = Probe(owner)
    gate, worked, answers = threading.Event(), [], []
    probe.answered.connect(answers.append)

    def work(number: int) -> int:
        worked.append(number)
        gate.wait(5)
        return number

    probe.ask(work, 0)
    qtbot.waitUntil(lambda: worked == [0])
    for number in range(1, 10):
        probe.ask(work, number)
    gate.set()
    qtbot.waitUntil(lambda: answers == [0, 9])
    assert worked == [0, 9]
    qtbot.waitUntil(lambda: not probe.busy)
    probe.stop()


def test_a_generator_is_given_up_when_a_newer_question_waits(qtbot: Any) -> None:
    owner = QObject()
    probe = Probe(owner)
    answers: list[str] = []
    probe.answered.connect(answers.append)
    went_on = threading.Event()

    def refine() -> Iterator[str]:
        yield "coarse"
        went_on.wait(5)
        yield "fine"
        yield "finest"

    probe.ask(refine)
    qtbot.waitUntil(lambda: answers == ["coarse"])
    probe.ask(lambda: "newer")
    went_on.set()
    qtbot.waitUntil(lambda: bool(answers) and answers[-1] == "newer")
    assert "finest" not in answers
    probe.stop()


def test_an_exception_becomes_a_sentence_and_the_next_question_is_answered(qtbot: Any) -> None:
    owner = QObject()
    probe = Probe(owner)
    with qtbot.waitSignal(probe.failed) as signal:
        probe.ask(lambda: 1 / 0)
    assert "ZeroDivisionError" in signal.args[0]
    with qtbot.waitSignal(probe.answered):
        probe.ask(lambda: 1)
    probe.stop()


def test_its_thread_ends_with_its_owner(qtbot: Any) -> None:
    owner = QObject()
    probe = Probe(owner)
    with qtbot.waitSignal(probe.answered):
        probe.ask(lambda: 1)
    thread = probe._thread
    assert thread is not None
    assert thread.isRunning()
    owner.deleteLater()
    del probe
    qtbot.waitUntil(lambda: thread.isFinished())


@pytest.mark.skipif(sys.platform != "linux", reason="niceness by thread is Linux's own")
def test_it_gives_way_to_training_and_to_the_window(qtbot: Any) -> None:
    owner = QObject()
    probe = Probe(owner)
    usual = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    with qtbot.waitSignal(probe.answered) as signal:
        probe.ask(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert signal.args == [min(19, usual + NICENESS)]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == usual
    probe.stop()
