"""Benchmarks of the window: what it takes from training, how soon it is there, and what it keeps in memory."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from app.bench.options import Options
from app.bench.rows import Measured, Row
from core.engine.choice import prepare, ready
from core.presets import FIRST, PRESETS
from core.project import Project
from core.trainer import Trainer

ROOT = Path(__file__).resolve().parents[2]
SIZE = (1600, 1000)
SETTLING = 1.0
"""Seconds before anything is measured of a window that trains."""
QUIET = ("QT_QPA_PLATFORM", "offscreen")


class Watched:
    """The real window with all its panels, offscreen, on the first preset; ``frames`` are the times it was drawn."""

    def __init__(self) -> None:
        os.environ[QUIET[0]] = QUIET[1]
        from PySide6.QtCore import QEvent, QObject, QSettings, qInstallMessageHandler

        from app.gui import application, open_window
        from app.theme import apply_theme

        self.app = application()
        apply_theme(self.app, "light")
        self.frames = frames = list[float]()

        class Eye(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.UpdateRequest:
                    frames.append(time.perf_counter())
                return False

        qInstallMessageHandler(_message)
        self.folder = tempfile.TemporaryDirectory()
        self.settings = QSettings(f"{self.folder.name}/settings.ini", QSettings.Format.IniFormat)
        self.window = open_window(Project(PRESETS[FIRST].experiment), self.settings)
        self._eye = Eye(self.window)
        self.window.installEventFilter(self._eye)
        self.window.resize(*SIZE)
        self.window.show()
        self.watch(0.2)
        self.window.transport.speed.choose("full")

    def watch(self, seconds: float) -> None:
        """Let the window live for so long."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def steps(self) -> int:
        """How many steps the run has come to."""
        return self.window.session.with_trainer(lambda trainer: trainer.state.step)

    def close(self) -> None:
        """Close it without asking about what is not saved."""
        self.window.session.pause()
        self.window.session.undo_stack.setClean()
        self.window.close()
        self.settings.sync()
        self.folder.cleanup()


def _message(kind: object, context: object, text: str) -> None:
    """Qt's messages on stderr, but for the offscreen platform's remark that it has no window manager."""
    if "This plugin does not support" not in text:
        print(text, file=sys.stderr)


def interference(options: Options) -> list[Row]:
    """Training at full speed with every panel drawing, beside the same training alone, in turn."""
    prepare()
    seconds, rounds = options.few(2, 6), options.few(2, 5)
    watched = Watched()
    alone = Trainer(PRESETS[FIRST].experiment)
    alone.advance(seconds=0.3)
    watched.window.session.play()
    watched.watch(SETTLING)
    bare, busy, gaps = [], [], list[float]()
    for _ in range(rounds):
        watched.window.session.pause()
        watched.watch(SETTLING)
        began, before = time.perf_counter(), alone.state.step
        alone.advance(seconds=seconds)
        bare.append((time.perf_counter() - began) / (alone.state.step - before))
        watched.window.session.play()
        watched.watch(SETTLING / 2)
        first, before, began = len(watched.frames), watched.steps(), time.perf_counter()
        watched.watch(seconds)
        busy.append((time.perf_counter() - began) / max(1, watched.steps() - before))
        gaps += [b - a for a, b in zip(watched.frames[first:-1], watched.frames[first + 1 :], strict=True)]
    watched.close()
    ours, peer = Measured(busy), Measured(bare)
    engine = "compiled" if ready() else "array"
    what = f"steps of the first preset with all panels open, window of {SIZE[0]} × {SIZE[1]}, {engine} engine"
    kept = Row(
        "interference",
        what,
        1 / ours.median,
        1 / peer.median,
        "the same training alone",
        "steps/s",
        peer.median / ours.median,
        ours.spread,
        peer.spread,
        "≥ 0.8 ×",
    )
    worst = sorted(gaps)[min(len(gaps) - 1, math.ceil(0.99 * len(gaps)) - 1)] if gaps else math.nan
    usual = median(gaps) if gaps else math.nan
    note = f"{len(gaps)} frames; half of them within {1e3 * usual:.1f} ms"
    late = "99th percentile of the time from one frame to the next meanwhile"
    return [kept, Row("interference", late, 1e3 * worst, None, "", "ms", None, target="≤ 33 ms", note=note)]


STARTING = """
import os, sys
sys.path.insert(0, sys.argv[1])
from PySide6.QtCore import QEvent, QObject, QSettings
from app.gui import application, fit_to_screen, open_window, prepare_engines
from app.theme import apply_theme
from core.presets import FIRST, PRESETS
from core.project import Project
app = application()
apply_theme(app, "light")
window = open_window(Project(PRESETS[FIRST].experiment), QSettings(sys.argv[2], QSettings.Format.IniFormat))
class Eye(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            app.quit()
        return False
eye = Eye()
window.all_panels()[-1].installEventFilter(eye)
fit_to_screen(window)
window.show()
prepare_engines()
app.exec()
app.processEvents()
print("painted", flush=True)
window.session.close()
os._exit(0)
"""


def start(options: Options) -> list[Row]:
    """From starting the program to its last panel painted and every event dealt with; the first time does not count."""
    prepare()
    # Warm is with Python's own compiled files in place, also where the surroundings keep it from leaving any.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {QUIET[0]: QUIET[1]}
    times = []
    settings = f"{tempfile.gettempdir()}/learnscape-bench-{os.getpid()}.ini"
    for _ in range(options.few(3, 9) + 1):
        began = time.perf_counter()
        command = [sys.executable, "-c", STARTING, str(ROOT), settings]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            times.append(time.perf_counter() - began)
        if line.strip() != b"painted":
            raise RuntimeError("the window was not painted")
    Path(settings).unlink(missing_ok=True)
    warm = Measured(times[1:])
    what = "from starting the program to its window painted and usable, offscreen, warm"
    return [Row("start", what, warm.median, None, "", "s", None, warm.spread, target="≤ 1.5 s")]


def memory(options: Options) -> list[Row]:
    """What the process holds at the end, and what came to it over the last nine tenths of the time."""
    resident = _resident()
    if resident is None:
        return [Row("memory", "resident memory cannot be read on this system", None, None, "", "MB", None)]
    prepare()
    seconds = options.few(30, 600)
    watched = Watched()
    watched.window.session.play()
    watched.watch(seconds / 10)
    early = resident()
    watched.watch(seconds * 9 / 10)
    late = resident()
    watched.close()
    short = " (600 s without --quick)" if options.quick else ""
    span = f"{seconds} s of training at full speed, all panels open{short}"
    return [
        Row("memory", f"resident after {span}", late / 1e6, None, "", "MB", None, target="≤ 400 MB"),
        Row(
            "memory",
            f"growth over the last nine tenths of {span}",
            100 * (late / early - 1),
            None,
            "",
            "%",
            None,
            target="≤ 2 %",
        ),
    ]


def _resident() -> Callable[[], float] | None:
    """A function that gives this process's resident bytes, where the system says."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return lambda: float(status.read_text().split()[1]) * page
