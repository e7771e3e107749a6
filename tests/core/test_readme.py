"""What the README says: its examples are run as they stand there, and every name in it is one that there is."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core.activations
import core.optimizers
import core.updates
from core.activations import Activation
from core.data.tables import TABLES, load_table
from core.elementary import NUMPY
from core.optimizers import Optimizer

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
WRITTEN = TEXT.partition("<!-- reference")[0] + TEXT.partition("<!-- end of the reference -->")[2]
"""All but what the tables make."""
SOURCE = re.compile(r"[\w./-]+(?:\.(?:py|cu|md|toml)|/)")


def section(title: str, text: str = WRITTEN) -> str:
    """What stands under a heading, down to the next of its kind or a higher one."""
    marks = title.split()[0]
    assert text.count(f"\n{title}\n") == 1, title
    below = text.partition(f"\n{title}\n")[2]
    return re.split(rf"\n#{{1,{len(marks)}}} ", below)[0]


def code(text: str) -> str:
    """The indented lines of a section."""
    return textwrap.dedent("".join(f"{line}\n" for line in text.splitlines() if not line or line.startswith("    ")))


def table(text: str) -> list[list[str]]:
    """The cells of the rows of the tables in a section, without heads."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    heads = [at - 1 for at, row in enumerate(rows) if set("".join(row)) <= set("- ")]
    return [[cell.strip() for cell in row] for at, row in enumerate(rows) if not {at, at - 1} & set(heads)]


def row_added(title: str, names: dict[str, Any]) -> Any:
    """The row that a section adds, its formula defined among ``names``."""
    definition, row = ast.parse(code(section(title))).body
    assert isinstance(row, ast.Expr)
    exec(compile(ast.Module([definition], []), str(README), "exec"), names)
    return eval(compile(ast.Expression(row.value), str(README), "eval"), names)


def example() -> Activation:
    """The row that the README adds, its formula defined in the names of core/activations.py."""
    (made,) = row_added("### Add an activation", dict(vars(core.activations)))
    assert isinstance(made, Activation)
    return made


def test_the_example_is_a_row_that_is_not_there_yet() -> None:
    row = example()
    assert row.name not in core.activations.ACTIVATIONS
    assert row.help.endswith(".")


def test_the_examples_slope_is_that_of_its_value() -> None:
    row = example()
    assert row.formula is not None
    value, slope = row.formula(NUMPY)
    z, h = np.linspace(-5.0, 5.0, 101), 1e-6
    assert slope(z, value(z)) == pytest.approx((value(z + h) - value(z - h)) / (2 * h), rel=1e-8, abs=1e-9)
    assert value(z).min() > row.low
    assert value(z.astype(np.float32)).dtype == np.float32


def test_the_example_compiles_as_it_is() -> None:
    scalar = pytest.importorskip("core.engine.scalar", reason="Numba is not installed")
    row = example()
    assert row.formula is not None
    value, slope = (scalar.jit(part) for part in row.formula(scalar.FLOAT32))
    ours, theirs = row.formula(NUMPY)
    for z in (-3.0, 0.0, 2.5):
        a = value(np.float32(z))
        assert a == pytest.approx(ours(z), rel=1e-6)
        assert slope(np.float32(z), np.float32(a)) == pytest.approx(theirs(z, a), rel=1e-6)
    assert str(value.nopython_signatures[0].return_type) == "float32"


def test_the_optimizer_steps_by_the_sign() -> None:
    names = {**vars(core.optimizers), **vars(core.updates)}
    row = row_added("### Add an optimizer", names)
    assert isinstance(row, Optimizer)
    assert row.name not in core.optimizers.OPTIMIZERS
    assert row.formula is not None
    numbers = row.coefficients(0.5, 1, {})
    step, slots = row.formula(NUMPY)(np.zeros(3), np.array([-2.0, 0.0, 7.0]), (), numbers)
    assert step.tolist() == [-0.5, 0.0, 0.5]
    assert slots == ()


def test_the_script_runs() -> None:
    script = code(section("### Use `core` from a script"))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    accuracy, shape = done.stdout.split(maxsplit=1)
    assert float(accuracy) > 0.5
    assert shape.strip() == "(123,)"


def named(line: str) -> list[str]:
    """The files and folders that a line names, from the root.

    One whose folder is not said lies beside, or in, the one named last before it.
    """
    found: list[str] = []
    beside = within = ""
    for name in re.findall(r"`([^`\s]+)`", line):
        if SOURCE.fullmatch(name):
            at = next((path for path in (beside + name, within + name, name) if (ROOT / path).exists()), "")
            assert at, f"{name!r} in {line!r}"
            if not within or at != within + name:
                beside, within = f"{at.rstrip('/').rpartition('/')[0]}/".lstrip("/"), at if at.endswith("/") else ""
            found.append(at)
    return found


def test_every_file_named_is_there() -> None:
    assert len([name for line in WRITTEN.splitlines() for name in named(line)]) > 80


@pytest.mark.parametrize("line", ["`core/nothing.py`", "see `app/nowhere/`", "`core/run.py`, `session.py`"])
def test_a_file_that_is_not_there_is_noticed(line: str) -> None:
    with pytest.raises(AssertionError, match="in '"):
        named(line)


def test_names_lie_beside_or_within_the_last_one() -> None:
    assert named("`core/trainer.py`, `run.py`") == ["core/trainer.py", "core/run.py"]
    assert named("`core/project/`, `export/`") == ["core/project/", "core/export/"]
    assert named("`app/panels/` with `catalogue.py` and `plot/`, `report.json`")[1:] == [
        "app/panels/catalogue.py", "app/panels/plot/",
    ]  # fmt: skip
    assert named("`run.py`") == ["run.py"]


def test_every_room_is_in_the_table() -> None:
    rooms = {
        name for row in table(section("## How it is built").partition("\n### ")[0]) for name in named(" ".join(row))
    }
    folders = {f"{path.parent.relative_to(ROOT)}/" for top in ("core", "app") for path in ROOT.glob(f"{top}/*/*.py")}
    files = {f"core/{path.name}" for path in ROOT.glob("core/*.py") if path.name != "__init__.py"}
    assert folders | files <= rooms


def test_every_command_is_understood() -> None:
    main = pytest.importorskip("app.__main__")
    lines = re.findall(r"^    (learnscape(?: .*)?)$", WRITTEN, re.MULTILINE)
    lines += re.findall(r"`(learnscape(?: [^`]*)?)`", WRITTEN)
    seen = set()
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        if words[-1:] == ["--help"]:
            words.pop()
            assert words[0] in {command.NAME for command in main.COMMANDS}
        else:
            seen.add(main.parser().parse_args(main.complete(words)).command)
    assert {command.NAME for command in main.COMMANDS} <= seen


def test_every_extra_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(re.findall(r"'\.\[(\w+)\]'", WRITTEN)) == set(project["optional-dependencies"])
    assert all((ROOT / name).is_file() for name in project["license-files"])


def test_every_table_has_its_size_its_source_and_its_licence() -> None:
    rows = table(section("## Real tables"))
    assert [title for title, _, _ in rows] == [row.title for row in TABLES.rows()]
    for (title, asked, source), row in zip(rows, TABLES.rows(), strict=True):
        points = load_table(row.name).points
        assert re.search(rf"\b{len(points)}\b", asked), title
        assert f"{len(row.features)} features" in asked or row.text
        licence = row.source.rpartition("(")[2].rstrip(")")
        assert source.endswith(licence) if licence else row.text


def test_the_slices_are_as_long_as_it_says() -> None:
    thread = pytest.importorskip("app.training_thread")
    said = re.search(r"slices of (\d+) ms, compiled (\d+) ms", WRITTEN)
    assert said is not None
    assert (int(said[1]), int(said[2])) == (round(1e3 * thread.SLICE), round(1e3 * thread.LONG_SLICE))


def test_every_benchmark_has_a_line() -> None:
    bench = pytest.importorskip("app.bench.table")
    assert sorted(row[0].strip("`") for row in table(section("### Benchmarks"))) == sorted(bench.NAMES)


def test_every_panel_has_a_line_in_order() -> None:
    catalogue = pytest.importorskip("app.panels.catalogue")
    entries = [catalogue.FIRST, *(entry for row in catalogue.CELLS for cell in row for entry in cell)]
    assert [row[0] for row in table(section("## What each panel answers"))] == [entry.title for entry in entries]


def test_every_picture_is_there_and_small() -> None:
    gallery = pytest.importorskip("app.gallery")
    shown = re.findall(r"\((resources/[^)]*)\)|(?:src|srcset)=\"([^\"]*)\"", WRITTEN)
    names = sorted(Path(a or b).name for a, b in shown)
    folder = ROOT / "resources" / "pictures"
    assert names == sorted(shot.file for shot in gallery.SHOTS) == sorted(path.name for path in folder.iterdir())
    assert all((folder / name).stat().st_size <= gallery.MOST_BYTES for name in names)


def test_sections_and_tables_are_found() -> None:
    assert table("| a | b |\n|---|---|\n| `x` | y |") == [["`x`", "y"]]
    assert section("### B", "\n## A\n\n### B\nb\n\n### C\nc") == "b\n"
