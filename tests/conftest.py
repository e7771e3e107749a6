"""What every test gets: Qt offscreen, settings of its own, a fixed seed, and a failure for whatever it leaves alive."""

from __future__ import annotations

import gc
import importlib
import os
import random
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

# The same examples every time, and no test that fails because the machine was busy.
settings.register_profile("learnscape", derandomize=True, deadline=None, database=None)
settings.load_profile("learnscape")

# Before Qt makes its application. With DISPLAY set, offscreen OpenGL crashes, so it goes.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
for _name in ("DISPLAY", "WAYLAND_DISPLAY"):
    os.environ.pop(_name, None)

# Also for programs that a test starts: nothing reads or writes the settings of the person who runs the tests.
_home = tempfile.TemporaryDirectory(prefix="learnscape-tests-")
os.environ.update(XDG_CONFIG_HOME=_home.name, XDG_DATA_HOME=_home.name, XDG_STATE_HOME=_home.name)

_GRACE = 0.3  # seconds for what is already ending; nothing that has not been stopped ends in them


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same every time."""
    return np.random.default_rng(20240229)


@pytest.fixture(autouse=True)
def _fixed_seed() -> None:
    random.seed(0)


@pytest.fixture(autouse=True)
def _own_settings() -> None:
    core = sys.modules.get("PySide6.QtCore")
    if core is None:
        return
    folder = Path(_home.name) / "settings"
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    core.QSettings.setDefaultFormat(core.QSettings.Format.IniFormat)
    for form in (core.QSettings.Format.IniFormat, core.QSettings.Format.NativeFormat):
        for scope in (core.QSettings.Scope.UserScope, core.QSettings.Scope.SystemScope):
            core.QSettings.setPath(form, scope, str(folder))


@pytest.fixture(autouse=True)
def _array_engine() -> Iterator[None]:
    """Leave no test the compiled engine that another one made ready: the last digits are not the same."""
    yield
    choice = sys.modules.get("core.engine.choice")
    if choice is not None:
        choice.use_array()


# ---- nothing outlives its test ---------------------------------------------------------------------------------------

_made: dict[str, weakref.WeakSet[Any]] = {}


def _watch(kind: type) -> None:
    """Have a Qt class remember, weakly, every object of it that Python makes."""
    made = _made.setdefault(kind.__name__, weakref.WeakSet())
    construct = kind.__init__

    def remember(self: Any, *args: Any, **named: Any) -> None:
        construct(self, *args, **named)
        made.add(self)

    kind.__init__ = remember  # type: ignore[misc]


def _threads() -> dict[int, str]:
    # A dummy thread is Python's memory of a thread that Qt started: that one is counted as a QThread.
    alive = [thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)]
    return {id(thread): f"the thread {thread.name!r} is alive" for thread in alive}


def _living(name: str, works: Callable[[Any], bool], text: str) -> dict[int, str]:
    shiboken = importlib.import_module("shiboken6")
    objects = [item for item in list(_made.get(name, ())) if shiboken.isValid(item) and works(item)]
    return {_address(item): text.format(type(item).__name__, item.objectName()) for item in objects}


def _address(item: Any) -> int:
    """Return where the C++ object lies: Python's wrapper of a window may be another one each time it is asked for."""
    return int(importlib.import_module("shiboken6").getCppPointer(item)[0])


def _alive() -> dict[int, str]:
    """Return what lives now, each by its identity: Python threads, running QThreads, active QTimers, windows."""
    found = _threads()
    if "PySide6.QtCore" in sys.modules:
        found |= _living("QThread", lambda thread: bool(thread.isRunning()), "the {} {!r} is running")
        found |= _living("QTimer", lambda timer: bool(timer.isActive()), "the {} {!r} is active")
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and widgets.QApplication.instance() is not None:
        for window in widgets.QApplication.topLevelWidgets():
            found[_address(window)] = f"the window {type(window).__name__} {window.objectName()!r} is alive"
    return found


def _let_go() -> None:
    """Carry out what is due: deletions that were asked for, and cycles nobody holds."""
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
        core.QCoreApplication.processEvents()
    gc.collect()


def pytest_collection_finish() -> None:
    """Leave what the imports made out of every collection to come: it is most of what there is, and stays."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_outlives_its_test() -> Iterator[None]:
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and not _made:
        _watch(core.QThread)
        _watch(core.QTimer)
    before = _alive()
    yield
    deadline = time.monotonic() + _GRACE
    left = _alive().keys() - before.keys()
    while left:
        _let_go()
        now = _alive()
        left = now.keys() - before.keys()
        if left and time.monotonic() > deadline:
            pytest.fail("left by this test: " + "; ".join(sorted(now[key] for key in left)), pytrace=False)
        time.sleep(0.01)


# ---- tests that need a GPU -------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if not marked:
        return
    from core.backend import cuda_problem

    if problem := cuda_problem():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=problem))


def pytest_unconfigure() -> None:
    _home.cleanup()
