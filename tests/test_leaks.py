"""The check in conftest.py fails a test that leaves something alive, and no other."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

TESTS = """
import threading
from PySide6.QtCore import QSettings, QThread, QTimer
from PySide6.QtWidgets import QComboBox, QWidget

held = []


def test_leaves_a_thread():
    held.append(threading.Event())
    threading.Thread(target=held[0].wait, daemon=True, name="stray").start()


def test_cleans_up_thread():
    held[0].set()


def test_leaves_a_timer(qapp):
    held.append(QTimer())
    held[-1].start(60_000)


def test_cleans_up_timer():
    held[-1].stop()


def test_leaves_a_running_qthread(qapp):
    held.append(QThread())
    held[-1].start()


def test_cleans_up_qthread():
    held[-1].quit()
    assert held[-1].wait(5000)


def test_leaves_a_window(qapp):
    held.append(QWidget())


def test_leaves_nothing(qtbot):
    thread = QThread()
    thread.start()
    thread.quit()
    assert thread.wait(5000)
    window = QWidget()
    qtbot.addWidget(window)
    QComboBox(window)
    QTimer(window).start(60_000)
    window.show()


def test_writes_a_setting():
    settings = QSettings("learnscape", "test")
    settings.setValue("left", 1)
    settings.sync()
    assert "learnscape-tests-" in settings.fileName()


def test_finds_no_setting_of_another_test():
    assert QSettings("learnscape", "test").value("left") is None
"""

EXPECTED = {
    "test_leaves_a_thread": "the thread 'stray' is alive",
    "test_leaves_a_timer": "the QTimer '' is active",
    "test_leaves_a_running_qthread": "the QThread '' is running",
    "test_leaves_a_window": "the window QWidget '' is alive",
}


def test_what_outlives_its_test_fails_it(tmp_path: Path) -> None:
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_inner.py").write_text(TESTS)
    config = f"--config-file={HERE.parent / 'pyproject.toml'}"
    command = [sys.executable, "-m", "pytest", config, f"--rootdir={tmp_path}", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "COLUMNS": "200"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    errors = dict(re.findall(r"^ERROR \S+::(\w+) - Failed: left by this test: (.*)$", result.stdout, re.MULTILINE))
    assert errors == EXPECTED, result.stdout + result.stderr
    assert "10 passed, 4 errors" in result.stdout
