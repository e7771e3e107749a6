"""run.py decides rightly what is missing, what to install and what to start; nothing is installed here."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "run.py"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A fresh run.py whose .venv would lie in a temporary folder."""
    spec = importlib.util.spec_from_file_location("run_under_test", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    places = {"ROOT": tmp_path, "VENV": venv, "BIN": venv / "bin", "PYTHON": venv / "bin" / "python"}
    places |= {"STAMP": venv / module.STAMP.name, "MARKER": venv / module.MARKER.name}
    for name, place in places.items():
        monkeypatch.setattr(module, name, place)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return module


@pytest.fixture
def stages(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that run.py would run, which all succeed; making an environment leaves one behind."""
    commands: list[list[str]] = []

    def pretend(title: str, command: Sequence[str], env: object = None) -> int:
        commands.append(list(command))
        if "venv" in command:
            fill(Path(command[-1]))
        return 0

    monkeypatch.setattr(run, "run_stage", pretend)
    return commands


def fill(venv: Path, version: str = ".".join(map(str, sys.version_info[:3]))) -> None:
    (venv / "bin").mkdir(parents=True, exist_ok=True)
    (venv / "bin" / "python").touch()
    pip = venv / "lib" / "python3" / "site-packages" / "pip"
    pip.mkdir(parents=True, exist_ok=True)
    (pip / "__main__.py").touch()
    (venv / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")


# ---- the Python that runs it -----------------------------------------------------------------------------------------


def test_old_pythons_can_read_the_file() -> None:
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_refused_in_one_sentence(run: ModuleType) -> None:
    assert run.too_old((3, 11, 0)) == ""
    assert run.too_old((4, 0)) == ""
    sentence = run.too_old((3, 9, 2), which=lambda name: None)
    assert "3.11 or newer" in sentence
    assert "this is 3.9" in sentence
    assert "\n" not in sentence


def test_a_newer_python_on_the_machine_is_named(run: ModuleType) -> None:
    sentence = run.too_old((3, 10, 1), which=lambda name: name in ("python3.11", "python3.12"))
    assert "python3.12 run.py" in sentence


# ---- system libraries ------------------------------------------------------------------------------------------------


def test_the_table_names_each_library_once_with_every_package(run: ModuleType) -> None:
    sonames = [row.soname for row in run.LIBRARIES]
    assert len(set(sonames)) == len(sonames) == 17
    for row in run.LIBRARIES:
        assert ".so." in row.soname
        assert all(getattr(row, manager.column) for manager in run.MANAGERS)


def test_libraries_of_a_window_count_only_with_a_display(run: ModuleType) -> None:
    def nothing(soname: str) -> bool:
        return False

    without = [row.soname for row in run.missing_libraries(False, nothing)]
    assert "libEGL.so.1" in without
    assert not any("xcb" in soname or "x11" in soname for soname in without)
    assert len(run.missing_libraries(True, nothing)) == 17
    assert run.missing_libraries(True, lambda soname: True) == []
    assert [row.soname for row in run.missing_libraries(True, lambda soname: soname != "libGL.so.1")] == ["libGL.so.1"]


def test_the_loader_is_asked(run: ModuleType) -> None:
    assert not run.can_open("libof-no-such-name.so.7")


def test_each_manager_gets_its_own_names_once(run: ModuleType) -> None:
    missing = [row for row in run.LIBRARIES if row.soname in ("libglib-2.0.so.0", "libgthread-2.0.so.0", "libEGL.so.1")]
    packages = {manager.column: run.packages_for(missing, True, manager) for manager in run.MANAGERS}
    venv = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv|python3-venv"
    assert packages["apt"] == ["libglib2.0-0t64|libglib2.0-0", "libegl1", venv]
    assert packages["dnf"] == ["glib2", "libglvnd-egl"]
    assert packages["pacman"] == ["glib2", "libglvnd"]
    assert packages["zypper"][-1] == "libEGL.so.1()(64bit)"


def test_a_renamed_package_is_called_what_the_lists_call_it(run: ModuleType) -> None:
    packages = ["libglib2.0-0t64|libglib2.0-0", "libegl1"]
    assert run.choose_names(packages, lambda name: True) == ["libglib2.0-0t64", "libegl1"]
    assert run.choose_names(packages, lambda name: False) == ["libglib2.0-0", "libegl1"]


def test_root_sudo_or_neither(run: ModuleType) -> None:
    def never() -> bool:
        raise AssertionError("sudo was asked for no reason")

    assert run.privilege(0, lambda name: "/usr/bin/sudo", never) == []
    assert run.privilege(1000, lambda name: None, never) is None
    assert run.privilege(1000, lambda name: "/usr/bin/sudo", lambda: True) == ["sudo", "-n"]
    assert run.privilege(1000, lambda name: "/usr/bin/sudo", lambda: False) is None


def test_the_command_to_type_is_one_line(run: ModuleType) -> None:
    commands = [["apt-get", "update"], ["apt-get", "install", "libegl1"]]
    assert run.command_to_type(commands, True) == "sudo apt-get update && sudo apt-get install libegl1"
    assert run.command_to_type(commands, False) == "su -c 'apt-get update && apt-get install libegl1'"
    quoted = run.command_to_type([["zypper", "install", "libEGL.so.1()(64bit)"]], True)
    assert quoted == "sudo zypper install 'libEGL.so.1()(64bit)'"


def system(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, uid: int, tools: Sequence[str], known: bool = True
) -> None:
    """Pretend a system that lacks libEGL and has these tools; its package lists know every package, or none."""
    lacking = [[row for row in run.LIBRARIES if row.soname == "libEGL.so.1"], []]
    monkeypatch.setattr(run, "missing_libraries", lambda display: lacking.pop(0))
    monkeypatch.setattr(run, "lacks_venv", lambda: False)
    monkeypatch.setattr(run.shutil, "which", lambda name: name if name in tools else None)
    monkeypatch.setattr(run.os, "geteuid", lambda: uid, raising=False)
    monkeypatch.setattr(run, "sudo_without_password", lambda: False)
    answer = subprocess.CompletedProcess([], 0 if known else 100)
    monkeypatch.setattr(run.subprocess, "run", lambda *arguments, **named: answer)


def test_root_installs_what_is_missing(
    run: ModuleType, stages: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    system(run, monkeypatch, uid=0, tools=["apt-get"])
    run.check_system(display=False)
    assert [command[2:4] + command[-1:] for command in stages] == [["apt-get", "install", "libegl1"]]


def test_unknown_packages_have_the_lists_read_first(
    run: ModuleType, stages: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    system(run, monkeypatch, uid=0, tools=["apt-get"], known=False)
    run.check_system(display=False)
    assert [command[3] for command in stages] == ["update", "install"]


def test_without_rights_the_command_is_told_and_nothing_runs(
    run: ModuleType, stages: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    system(run, monkeypatch, uid=1000, tools=["apt-get", "sudo"])
    with pytest.raises(run.Stop, match="sudo apt-get install -y --no-install-recommends libegl1"):
        run.check_system(display=False)
    assert stages == []


def test_without_a_known_manager_the_libraries_are_named(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system(run, monkeypatch, uid=0, tools=[])
    with pytest.raises(run.Stop, match="package manager"):
        run.check_system(display=False)
    assert "libEGL.so.1" in capsys.readouterr().out


def test_a_whole_system_is_left_alone(
    run: ModuleType, stages: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "missing_libraries", lambda display: [])
    monkeypatch.setattr(run, "lacks_venv", lambda: False)
    run.check_system(display=True)
    assert stages == []
    assert capsys.readouterr().out == ""


# ---- the environment -------------------------------------------------------------------------------------------------


def test_the_fingerprint_follows_project_version_and_place(run: ModuleType) -> None:
    first = run.fingerprint(b"a", (3, 11, 2), Path("/x"))
    assert first == run.fingerprint(b"a", (3, 11, 9), Path("/x"))
    others = {run.fingerprint(b"b", (3, 11), Path("/x")), run.fingerprint(b"a", (3, 12), Path("/x"))}
    others.add(run.fingerprint(b"a", (3, 11), Path("/y")))
    assert len(others - {first}) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"fingerprint": "a"}', '{"fingerprint": "a", "extras": 3}'])
def test_a_spoilt_stamp_is_no_stamp(run: ModuleType, tmp_path: Path, text: str) -> None:
    path = tmp_path / "stamp"
    assert run.read_stamp(path) == ("", set())
    path.write_text(text)
    assert run.read_stamp(path) == ("", set())


def test_a_second_run_installs_nothing(run: ModuleType, stages: list[list[str]]) -> None:
    run.set_up(set())
    assert [command[2] for command in stages] == ["venv", "pip"]
    assert stages[1][-2:] == ["-e", "."]
    assert not run.MARKER.exists()
    stages.clear()
    run.set_up(set())
    assert stages == []


def test_a_changed_project_is_installed_into_the_same_environment(run: ModuleType, stages: list[list[str]]) -> None:
    run.set_up(set())
    stages.clear()
    (run.ROOT / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    run.set_up(set())
    assert [command[2] for command in stages] == ["pip"]


def test_the_tests_add_their_extra_once_and_for_good(run: ModuleType, stages: list[list[str]]) -> None:
    run.set_up(set())
    run.set_up({"test"})
    assert stages[-1][-1] == ".[test]"
    assert json.loads(run.STAMP.read_text())["extras"] == ["test"]
    count = len(stages)
    run.set_up(set())
    run.set_up({"test"})
    assert len(stages) == count
    (run.ROOT / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    run.set_up(set())
    assert stages[-1][-1] == ".[test]"


def test_an_interrupted_install_starts_afresh(
    run: ModuleType, stages: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = run.run_stage

    def interrupt(title: str, command: Sequence[str], env: object = None) -> int:
        if "pip" in command:
            raise KeyboardInterrupt
        return int(pretend(title, command, env))

    monkeypatch.setattr(run, "run_stage", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.set_up(set())
    monkeypatch.setattr(run, "run_stage", pretend)
    (run.VENV / "half-written").touch()
    stages.clear()
    run.set_up(set())
    assert [command[2] for command in stages] == ["venv", "pip"]
    assert not (run.VENV / "half-written").exists()


def test_a_failed_install_is_told_and_tried_again(
    run: ModuleType, stages: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = run.run_stage
    monkeypatch.setattr(run, "run_stage", lambda title, command, env=None: pretend(title, command) or "pip" in command)
    with pytest.raises(run.Stop, match="failed"):
        run.set_up(set())
    monkeypatch.setattr(run, "run_stage", pretend)
    stages.clear()
    run.set_up(set())
    assert [command[2] for command in stages] == ["pip"]


def test_an_environment_of_another_python_is_made_anew(run: ModuleType, stages: list[list[str]]) -> None:
    run.set_up(set())
    fill(run.VENV, version="3.9.2")
    stages.clear()
    run.set_up(set())
    assert [command[2] for command in stages] == ["venv", "pip"]


def test_an_environment_made_by_hand_is_kept(run: ModuleType, stages: list[list[str]]) -> None:
    fill(run.VENV)
    run.set_up(set())
    assert [command[2] for command in stages] == ["pip"]


# ---- what is started -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "environ", "answer"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_display_is_found(run: ModuleType, platform: str, environ: dict[str, str], answer: bool) -> None:
    assert run.has_display(platform, environ) is answer


def test_offscreen_drops_the_display(run: ModuleType) -> None:
    given = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "w", "HOME": "/h"}
    assert run.offscreen(given) == {"HOME": "/h", "QT_QPA_PLATFORM": "offscreen"}


@pytest.mark.parametrize(
    ("words", "display", "started"),
    [
        ([], True, ("start", [])),
        ([], False, ("demo",)),
        (["demo", "--out", "shots"], False, ("start", ["demo", "--out", "shots"])),
        (["demo"], True, ("start", ["demo"])),
        (["test"], False, ("checks", [])),
        (["test", "-k", "plane", "tests/app"], True, ("checks", ["-k", "plane", "tests/app"])),
        (["train", "test"], True, ("start", ["train", "test"])),
    ],
)
def test_the_words_choose_what_is_started(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, words: list[str], display: bool, started: tuple[object, ...]
) -> None:
    seen: list[tuple[object, ...]] = []
    extras: list[set[str]] = []

    def note(*what: object) -> int:
        seen.append(what)
        return 7

    monkeypatch.setattr(run, "check_system", lambda display: None)
    monkeypatch.setattr(run, "has_display", lambda platform, environ: display)
    monkeypatch.setattr(run, "set_up", extras.append)
    monkeypatch.setattr(run, "start", lambda words: note("start", words))
    monkeypatch.setattr(run, "show_demo", lambda: note("demo"))
    monkeypatch.setattr(run, "run_checks", lambda words: note("checks", words))
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.delenv("CI", raising=False)
    assert run.main(words) == 7
    assert seen == [started]
    assert extras == [{"test"} if words[:1] == ["test"] else set()]


@pytest.mark.parametrize(
    ("testing", "environ", "extras"),
    [
        (False, {}, set()),
        (False, {"CI": "true"}, set()),
        (True, {}, {"test"}),
        (True, {"CI": ""}, {"test"}),
        (True, {"CI": "true"}, {"test", "peers", "video"}),
    ],
)
def test_everything_is_installed_where_nothing_may_be_skipped(
    run: ModuleType, testing: bool, environ: dict[str, str], extras: set[str]
) -> None:
    assert run.needed_extras(testing, environ) == extras
    assert extras <= set(
        tomllib.loads(SOURCE.with_name("pyproject.toml").read_text())["project"]["optional-dependencies"]
    )


def test_a_stop_is_said_and_ends_with_one(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(extras: set[str]) -> None:
        raise run.Stop("Do this first.")

    monkeypatch.setattr(run, "check_system", lambda display: None)
    monkeypatch.setattr(run, "set_up", stop)
    assert run.main([]) == 1
    assert capsys.readouterr().out == "Do this first.\n"


def test_the_demo_without_a_display_names_its_pictures(
    run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def draw(command: Sequence[str], env: dict[str, str]) -> int:
        assert env["QT_QPA_PLATFORM"] == "offscreen"
        folder = tmp_path / command[-1]
        folder.mkdir()
        for name in ("window.png", "loss.png", "report.json"):
            (folder / name).touch()
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run.subprocess, "call", draw)
    assert run.show_demo() == 0
    said = capsys.readouterr().out
    assert "no display" in said
    assert "loss.png, window.png" in said
    assert "report.json" not in said


@pytest.mark.parametrize(("bad", "tests", "code"), [("", 0, 0), ("mypy", 0, 1), ("", 3, 3), ("mypy", 3, 3)])
def test_one_failing_check_fails_the_whole(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, bad: str, tests: int, code: int
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(run, "run_stage", lambda title, command, env: ran.append(title) or int(title == bad))
    monkeypatch.setattr(run.subprocess, "call", lambda command, cwd, env: ran.append(command[-1]) or tests)
    assert run.run_checks(["-x"]) == code
    assert ran == ["ruff check", "ruff format", "mypy", "import-linter", "-x"]


# ---- how it is said --------------------------------------------------------------------------------------------------


def test_a_stage_is_one_line_when_it_works(run: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run_stage("Thinking", [sys.executable, "-c", "print('much')"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Thinking … done (")
    assert said.count("\n") == 1
    assert "much" not in said


def test_a_stage_that_fails_says_why(run: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run_stage("Thinking", [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]) == 3
    said = capsys.readouterr().out
    assert "failed" in said
    assert "    the reason" in said
