"""The rooms of DESIGN.md hold: who may import whom, what a wheel carries, and which PySide6 is safe to emit with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what import-linter and setuptools read, to spoil at will."""
    for folder in ("app", "core", "resources"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=IGNORED)
    for file in ("pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("lint-imports" + (".exe" if os.name == "nt" else ""))
    return subprocess.run([tool, "--no-cache"], cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)


def test_every_room_keeps_to_its_imports() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


# Each row: where the import is planted, what is planted, and the contract that has to notice.
VIOLATIONS = [
    ("core/losses.py", "def lazily():\n    import PySide6.QtCore", "core knows nothing of the window"),
    ("core/engine/array.py", "def lazily():\n    import pyqtgraph", "core knows nothing of the window"),
    ("core/model.py", "import app.session", "core knows nothing of the window"),
    ("core/spec.py", "def lazily():\n    import core.tables", "core.spec imports nothing of core"),
    ("core/engine/array.py", "import core.trainer", "core.engine knows nothing of the trainer"),
    ("core/probes/planted.py", "import core.trainer", "core.probes know nothing of the trainer or the history"),
    ("core/probes/planted.py", "from core import history", "core.probes know nothing of the trainer or the history"),
    ("core/trainer.py", "def lazily():\n    import cupy", "only core.backend imports CuPy"),
    ("app/session.py", "import cupy", "only core.backend imports CuPy"),
]


@pytest.mark.parametrize(("file", "planted", "contract"), VIOLATIONS)
def test_a_planted_import_is_noticed(copy: Path, file: str, planted: str, contract: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as source:
        source.write(f"\n\n{planted}\n")
    result = lint(copy)
    broken = [line for line in result.stdout.splitlines() if "BROKEN" in line]
    assert result.returncode == 1, result.stdout + result.stderr
    assert any(contract in line for line in broken), result.stdout


def test_a_wheel_carries_code_and_resources(copy: Path) -> None:
    build = "import setuptools.build_meta as backend; backend.build_wheel('wheel')"
    (copy / "wheel").mkdir()
    result = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (wheel,) = (copy / "wheel").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = [path for folder in ("app", "core", "resources") for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT).as_posix() for path in sources if "__pycache__" not in path.parts}
    assert {"core/spec.py", "resources/fonts/Inter-Regular.otf", "resources/fonts/LICENSES"} <= wanted
    assert wanted <= names
    assert {name.split("/")[0] for name in names} == {
        "app",
        "core",
        "resources",
        f"learnscape-{version('learnscape')}.dist-info",
    }


def test_the_broken_pyside_is_never_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"] if line.startswith("PySide6")]

    def allowed(python: str, release: str) -> bool:
        rows = [row for row in wanted if row.marker is None or row.marker.evaluate({"python_version": python})]
        return len(rows) == 1 and rows[0].specifier.contains(release)

    assert not allowed("3.11", "6.12.0")
    assert allowed("3.11", "6.11.3")
    assert allowed("3.11", "6.12.1")
    assert allowed("3.12", "6.12.0")
    assert allowed("3.13", "6.12.0")


def test_two_thousand_signals_do_not_abort() -> None:
    # In a process of its own: where PySide6 loses references to True, this is the end of the interpreter.
    emit = (
        "from PySide6.QtCore import QCoreApplication, QObject, Signal\n"
        "class Source(QObject):\n"
        "    changed = Signal(bool)\n"
        "heard = []\n"
        "application = QCoreApplication([])\n"
        "source = Source()\n"
        "source.changed.connect(heard.append)\n"
        "for index in range(2000):\n"
        "    source.changed.emit(index % 2 == 0)\n"
        "    source.blockSignals(False)\n"
        "print(len(heard), sum(heard))\n"
    )
    result = subprocess.run([sys.executable, "-c", emit], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["2000", "1000"]
