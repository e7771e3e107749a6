"""Sets Learnscape up and runs it, with nothing but Python's standard library.

    python3 run.py                    sets up what is missing, then opens the window
    python3 run.py test [ARGUMENTS]   sets up and runs every check and the tests; the arguments go to pytest
                                      (with CI=1 it also installs PyTorch and scikit-learn to compare with)
    python3 run.py WORDS              passes the words to the program, as in: demo --out shots

What it installs goes into the folder .venv beside this file; delete that folder to start afresh.
"""

# Only syntax of Python 3.6 above the version check, and none newer that an old Python cannot read below it.
import ctypes
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

NEEDED = (3, 11)


def too_old(version: "Sequence[int]", which: "Callable[[str], object]" = shutil.which) -> str:
    """Return the sentence that refuses this version of Python, or nothing if it will do."""
    if tuple(version[:2]) >= NEEDED:
        return ""
    newer = [name for name in (f"python3.{minor}" for minor in range(20, 10, -1)) if which(name)]
    hint = f"run it as: {newer[0]} run.py" if newer else "install a newer one and run this with it"
    return f"Learnscape needs Python {NEEDED[0]}.{NEEDED[1]} or newer, and this is {version[0]}.{version[1]}; {hint}."


VERSION = tuple(sys.version_info[:3])
if too_old(VERSION):
    sys.exit(too_old(VERSION))

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "learnscape-installed.json"  # written when an install is complete, says of what
MARKER = VENV / "learnscape-installing"  # there while an install runs: still there later, it was interrupted
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
DEMO = "learnscape-demo"


class Library(NamedTuple):
    """A system library that Qt opens, and the package that holds it; `a|b` is a package that was renamed."""

    soname: str
    for_display: bool
    apt: str
    dnf: str
    pacman: str

    @property
    def zypper(self) -> str:
        """The library by what it provides, which zypper resolves by itself."""
        return self.soname + "()(64bit)"


LIBRARIES = (
    Library("libglib-2.0.so.0", False, "libglib2.0-0t64|libglib2.0-0", "glib2", "glib2"),
    Library("libgthread-2.0.so.0", False, "libglib2.0-0t64|libglib2.0-0", "glib2", "glib2"),
    Library("libEGL.so.1", False, "libegl1", "libglvnd-egl", "libglvnd"),
    Library("libGL.so.1", False, "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libdbus-1.so.3", False, "libdbus-1-3", "dbus-libs", "dbus"),
    Library("libfontconfig.so.1", False, "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libxkbcommon.so.0", False, "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libxcb-cursor.so.0", True, "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", True, "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", True, "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", True, "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", True, "libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    Library("libxcb-render.so.0", True, "libxcb-render0", "libxcb", "libxcb"),
    Library("libxcb-shape.so.0", True, "libxcb-shape0", "libxcb", "libxcb"),
    Library("libxcb-util.so.1", True, "libxcb-util1", "xcb-util", "xcb-util"),
    Library("libxcb-xkb.so.1", True, "libxcb-xkb1", "libxcb", "libxcb"),
    Library("libxkbcommon-x11.so.0", True, "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
)


class Manager(NamedTuple):
    """A package manager: its column in the table above, and how it installs, knows and refreshes."""

    column: str
    install: tuple[str, ...]
    knows: tuple[str, ...] = ()  # exits with 0 when the package named after it is in the lists
    refresh: tuple[str, ...] = ()


MANAGERS = (
    Manager(
        "apt", ("apt-get", "install", "-y", "--no-install-recommends"), ("apt-cache", "show"), ("apt-get", "update")
    ),
    Manager("dnf", ("dnf", "install", "-y")),
    Manager("zypper", ("zypper", "--non-interactive", "install")),
    Manager("pacman", ("pacman", "-S", "--needed", "--noconfirm"), ("pacman", "-Si"), ("pacman", "-Sy")),
)


class Stop(Exception):
    """Set-up cannot go on; the text says why and what to do."""


# ---- saying and running ----------------------------------------------------------------------------------------------


def say(text: str, end: str = "\n") -> None:
    """Print at once, so that what is said stays in order with what other programs print."""
    print(text, end=end, flush=True)


def run_stage(title: str, command: Sequence[str], env: "Mapping[str, str] | None" = None) -> int:
    """Run a command as one line that shows its progress, print its last words if it fails, return its exit code."""
    started = time.monotonic()
    live = sys.stdout.isatty()
    lines: list[str] = []
    said = 0
    say(f"{title} … ", end="")
    with subprocess.Popen(
        command, cwd=ROOT, env=env, encoding="utf-8", errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(0.2)
                said = show_progress(title, time.monotonic() - started, lines, live, said)
        except KeyboardInterrupt:
            process.terminate()
            raise
    opening = f"\r\x1b[K{title} … " if live else "  " if said else ""
    say(f"{opening}{'failed' if process.returncode else 'done'} ({time.monotonic() - started:.1f} s)")
    if process.returncode:
        say("".join("    " + line for line in lines[-60:]).rstrip())
    return process.returncode


def show_progress(title: str, seconds: float, lines: Sequence[str], live: bool, said: int) -> int:
    """Show the time and the last line: in place on a terminal, else every 15 seconds; return how often it was said."""
    last = lines[-1].strip() if lines else ""
    if live:
        width = shutil.get_terminal_size().columns
        say("\r\x1b[K" + f"{title} … {seconds:.0f} s  {last}"[: width - 1], end="")
    elif seconds >= 15 * (said + 1):
        say(("" if said else "\n") + f"  {seconds:.0f} s  {last[:100]}")
        said += 1
    return said


# ---- what the system has to hold -------------------------------------------------------------------------------------


def can_open(soname: str) -> bool:
    """Whether the system's loader finds a library."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_libraries(display: bool, opens: Callable[[str], bool] = can_open) -> list[Library]:
    """Return the libraries of Qt that the loader does not find; a window's count only where there is a display."""
    return [row for row in LIBRARIES if (display or not row.for_display) and not opens(row.soname)]


def lacks_venv(find: Callable[[str], object] = importlib.util.find_spec) -> bool:
    """Whether this Python came without what makes virtual environments, as Debian's own does."""
    return not (find("venv") and find("ensurepip"))


def packages_for(missing: Iterable[Library], no_venv: bool, manager: Manager) -> list[str]:
    """Return the packages a manager has to install, each once; a renamed one still in the form `new|old`."""
    packages = [getattr(row, manager.column) for row in missing]
    if no_venv and manager.column == "apt":
        packages.append(f"python{VERSION[0]}.{VERSION[1]}-venv|python3-venv")
    return list(dict.fromkeys(packages))


def choose_names(packages: Iterable[str], known: Callable[[str], bool]) -> list[str]:
    """Take of each renamed package the first name that the package lists know, or else the last."""
    names = []
    for package in packages:
        choices = package.split("|")
        names.append(next((name for name in choices[:-1] if known(name)), choices[-1]))
    return names


def privilege(uid: int, which: Callable[[str], object], sudo_works: Callable[[], bool]) -> "list[str] | None":
    """Return what goes before a command to run it as root: nothing, sudo, or None where neither can be had unasked."""
    if uid == 0:
        return []
    return ["sudo", "-n"] if which("sudo") and sudo_works() else None


def sudo_without_password() -> bool:
    """Whether sudo runs a command without asking."""
    return subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def command_to_type(commands: Sequence[Sequence[str]], has_sudo: bool) -> str:
    """Return the one line that a person types to run these commands as root."""
    if has_sudo:
        return " && ".join("sudo " + shlex.join(command) for command in commands)
    return "su -c " + shlex.quote(" && ".join(shlex.join(command) for command in commands))


def check_system(display: bool) -> None:
    """Install what Qt and venv need from the system, or raise Stop with the command that does."""
    missing, no_venv = missing_libraries(display), lacks_venv()
    if not (missing or no_venv):
        return
    wanted = [row.soname for row in missing] + ["Python's venv"] * no_venv
    say(f"This system lacks {', '.join(wanted)}.")
    manager = next((row for row in MANAGERS if shutil.which(row.install[0])), None)
    packages = packages_for(missing, no_venv, manager) if manager else []
    if manager is None or not packages:
        raise Stop("Install them with your system's package manager, then run this again.")
    install_packages(manager, packages)
    importlib.invalidate_caches()
    still = [row.soname for row in missing_libraries(display)] + ["Python's venv"] * lacks_venv()
    if still:
        raise Stop(f"The packages are installed, and yet these cannot be loaded: {', '.join(still)}.")


def install_packages(manager: Manager, packages: Sequence[str]) -> None:
    """Install packages as root or by sudo, with fresh package lists where needed; else raise Stop with the command."""

    def known(name: str) -> bool:
        return subprocess.run([*manager.knows, name], capture_output=True).returncode == 0

    def names() -> list[str]:
        return choose_names(packages, known) if manager.knows else choose_names(packages, lambda name: False)

    stale = bool(manager.knows) and not all(known(name) for name in names())
    before = privilege(os.geteuid(), shutil.which, sudo_without_password)
    if before is None:
        commands = [manager.refresh] * stale + [(*manager.install, *names())]
        raise Stop(
            "Installing that takes an administrator. Run this one command, then run this again:\n\n    "
            + command_to_type(commands, shutil.which("sudo") is not None)
        )
    quiet = [*before, "env", "DEBIAN_FRONTEND=noninteractive"]
    for refresh in [True] if stale or not manager.refresh else [False, True]:
        if refresh and manager.refresh:
            run_stage("Reading the lists of packages", [*quiet, *manager.refresh])
        chosen = names()
        if run_stage(f"Installing {len(chosen)} system packages", [*quiet, *manager.install, *chosen]) == 0:
            return
    raise Stop("The system packages could not be installed; the lines above say why.")


# ---- the virtual environment -----------------------------------------------------------------------------------------


def fingerprint(project: bytes, version: Sequence[int], root: Path) -> str:
    """Return the hash of all that makes an installed environment out of date."""
    return hashlib.sha256(b"\0".join([project, repr(tuple(version[:2])).encode(), os.fsencode(root)])).hexdigest()


def read_stamp(path: Path) -> tuple[str, set[str]]:
    """Return the fingerprint and the extras of the last complete install; empty ones if there was none."""
    try:
        stamp = json.loads(path.read_text(encoding="utf-8"))
        return str(stamp["fingerprint"]), set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", set()


def environment_usable(venv: Path, python: Path, version: Sequence[int]) -> bool:
    """Whether an environment is whole: of this Python's version, with pip, and not left by an interrupted install."""
    if (venv / MARKER.name).exists() or not python.exists():
        return False
    has_pip = next(venv.glob("[Ll]ib/**/site-packages/pip/__main__.py"), None) is not None
    try:
        settings = (venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    made_for = [line.split("=")[1].strip() for line in settings.splitlines() if line.startswith("version")]
    return has_pip and any(found.split(".")[:2] == [str(part) for part in version[:2]] for found in made_for)


def set_up(extras: set[str]) -> None:
    """Bring .venv up to date with pyproject.toml, or raise Stop; at once if it is."""
    wanted = fingerprint((ROOT / "pyproject.toml").read_bytes(), VERSION, ROOT)
    stamped, installed = read_stamp(STAMP)
    usable = environment_usable(VENV, PYTHON, VERSION)
    if usable and stamped == wanted and extras <= installed:
        return
    if not usable:
        make_environment()
    STAMP.unlink(missing_ok=True)
    MARKER.touch()
    extras = extras | installed
    what = f".[{','.join(sorted(extras))}]" if extras else "."
    code = run_stage(
        "Installing Learnscape and what it needs",
        [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-e", what],
    )
    MARKER.unlink()  # pip came to its own end, so it left nothing half done: only an interrupted one leaves the marker
    if code:
        raise Stop("The installation failed; the lines above say why. Run this again to go on.")
    STAMP.write_text(json.dumps({"fingerprint": wanted, "extras": sorted(extras)}), encoding="utf-8")


def make_environment() -> None:
    """Make .venv anew with this Python."""
    if VENV.exists():
        say("The environment in .venv is incomplete or of another Python: making it anew.")
        shutil.rmtree(VENV)
    VENV.mkdir()
    MARKER.touch()
    base = getattr(sys, "_base_executable", sys.executable)  # the Python outside, if this one lives in .venv itself
    if run_stage("Making .venv", [base, "-m", "venv", str(VENV)]):
        raise Stop("No virtual environment could be made; the lines above say why.")


# ---- what to run -----------------------------------------------------------------------------------------------------


def has_display(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether a window could be shown: always outside Linux, there by X11 or Wayland."""
    return not platform.startswith("linux") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def offscreen(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables under which Qt draws in memory; with DISPLAY set, its offscreen OpenGL would crash."""
    rest = {name: value for name, value in environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {**rest, "QT_QPA_PLATFORM": "offscreen"}


def start(words: Sequence[str]) -> int:
    """Start the program in place of this one, where the system can; else return its exit code."""
    command = [str(PYTHON), "-P", "-m", "app", *words]
    if os.name == "posix":
        os.execv(command[0], command)
    return subprocess.call(command)


def show_demo() -> int:
    """Run the demo offscreen, as there is nothing to open a window on, and name the pictures it wrote."""
    say(f"There is no display here, so this draws the demo into {DEMO}/ instead of opening the window.")
    command = [str(PYTHON), "-P", "-m", "app", "demo", "--out", DEMO]
    code = subprocess.call(command, env=offscreen(os.environ))
    if code == 0:
        pictures = sorted(path.name for path in Path(DEMO).glob("*.png"))
        say(f"Pictures in {Path(DEMO).resolve()}: {', '.join(pictures)}")
    return code


CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
    ("import-linter", ("lint-imports",)),
)


def run_checks(arguments: Sequence[str]) -> int:
    """Run every check, then the tests; return 0 only if all of them passed."""
    env = offscreen(os.environ)
    failed = [name for name, (tool, *rest) in CHECKS if run_stage(name, [str(BIN / tool), *rest], env)]
    say("pytest")
    code = subprocess.call([str(PYTHON), "-m", "pytest", *arguments], cwd=ROOT, env=env)
    if failed:
        say(f"These checks failed, see above: {', '.join(failed)}.")
    return code or int(bool(failed))


def needed_extras(testing: bool, environ: Mapping[str, str]) -> set[str]:
    """Return the extras to install: for tests what they need; where CI is set, also what some are skipped without."""
    if not testing:
        return set()
    return {"test", "peers", "video"} if environ.get("CI") else {"test"}


def main(words: Sequence[str]) -> int:
    """Set up what is missing, then run what was asked for; return the exit code."""
    testing = words[:1] == ["test"]
    display = has_display(sys.platform, os.environ)
    try:
        if sys.platform.startswith("linux"):
            check_system(display and not testing)
        set_up(needed_extras(testing, os.environ))
        if testing:
            return run_checks(words[1:])
        if not words and not display and not os.environ.get("QT_QPA_PLATFORM"):
            return show_demo()
        return start(words)
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
