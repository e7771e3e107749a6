"""Real tables, cleaned: one row of ``TABLES`` each says which columns are features, in which unit, and what is asked.

A row of the file with an empty cell is left out, whichever column is empty; ``Loaded.said`` says how many went, and
which columns are not used. Where the files come from, and under which licence, is in resources/datasets/SOURCES.md.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from core.spec import Column, Data, Points, Scaling, Split, Task
from core.tables import SpecError, Table

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "datasets"
EMPTY = ("", "NA")
"""What an empty cell looks like."""

_MOST_NAMED = 3
"""Columns with empty cells that are named, at most."""


@dataclass(frozen=True)
class Measured:
    """A feature: the file's column ``source`` divided by ``per``, under its own name and unit."""

    source: str
    name: str
    unit: str = ""
    per: float = 1.0


@dataclass(frozen=True)
class DataTable:
    """A row: where the table is (a file, or its ``text``), its features, and the column ``asked``.

    For classes, ``labels`` maps what that column says to class names, in the order of the classes; else values.
    """

    name: str
    title: str
    help: str
    features: tuple[Measured, ...]
    asked: str
    target: Column
    labels: tuple[tuple[str, str], ...] = ()
    scaling: Scaling = "none"
    source: str = ""
    text: str = ""
    telling: tuple[int, int] = (0, 1)
    """The two features to look at first, across and up."""

    @property
    def task(self) -> Task:
        """What is asked of a row: its class or a value."""
        return "classification" if self.labels else "regression"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A table's points, and in a sentence what was left out of it."""

    points: Points
    said: str


def table_data(name: str, split: Split | None = None) -> Data:
    """The data of a known table, all its columns as features; raises SpecError for an unknown one."""
    row = _known(name)
    columns = tuple(Column(one.name, one.unit) for one in row.features)
    return Data(
        row.task,
        max(2, len(row.labels)),
        load_table(name).points,
        None,
        split or Split(0.7),
        tuple(column.name for column in columns),
        row.scaling,
        columns,
        tuple(label for _, label in row.labels),
        row.target,
        name,
    )


@cache
def load_table(name: str) -> Loaded:
    """The points of a known table, those rows with no empty cell; raises SpecError where the file is not as it was."""
    row = _known(name)
    header, cells = _read(row)
    whole = [line for line in cells if not any(cell in EMPTY for cell in line)]
    at = {title: index for index, title in enumerate(header)}
    try:
        x = np.array([[float(line[at[one.source]]) / one.per for one in row.features] for line in whole])
        said = [line[at[row.asked]] for line in whole]
        classes = [key for key, _ in row.labels]
        y = [float(classes.index(value)) if classes else float(value) for value in said]
        return Loaded(Points(x, y), _sentence(row, header, cells, len(whole)))
    except (KeyError, IndexError, ValueError) as error:
        raise SpecError("data.table", f"the table {row.title} is not as it should be: {error}", "") from None


def first_columns(data: Data) -> tuple[int, int]:
    """The columns of ``data`` to look at first, across and up: those that its table says tell most, else its first."""
    width = data.points.x.shape[1]
    across, up = TABLES[data.table].telling if data.table in TABLES else (0, 1)
    return (across, up) if max(across, up) < width else (0, min(1, width - 1))


def _known(name: str) -> DataTable:
    try:
        return TABLES[name]
    except SpecError as error:
        raise SpecError("data.table", error.what, error.fix) from None


def _read(row: DataTable) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of cells."""
    try:
        text = row.text or (FOLDER / f"{row.name}.csv").read_text(encoding="utf-8")
    except OSError as error:
        raise SpecError("data.table", f"the table {row.title} cannot be read: {error.strerror}", "") from None
    header, *cells = csv.reader(io.StringIO(text))
    return header, cells


def _sentence(row: DataTable, header: Sequence[str], cells: Sequence[Sequence[str]], kept: int) -> str:
    """What was left out of the table, in one or two sentences."""
    empty = Counter(title for line in cells for title, cell in zip(header, line, strict=True) if cell in EMPTY)
    gone = len(cells) - kept
    parts = [f"All {len(cells)} rows are whole."]
    if gone:
        most = ", ".join(f"{_plain(title)} {count}" for title, count in empty.most_common(_MOST_NAMED))
        more = ", …" if len(empty) > _MOST_NAMED else ""
        parts = [f"{gone} of {len(cells)} rows had empty cells ({most}{more}) and are left out."]
    used = {one.source for one in row.features} | {row.asked}
    unused = [_plain(title) for title in header if title not in used]
    if unused:
        names = unused[0] if len(unused) == 1 else f"{', '.join(unused[:-1])} and {unused[-1]}"
        parts.append(f"Not used: {names}.")
    return " ".join(parts)


def _plain(title: str) -> str:
    return title.replace("_", " ")


def _in_cm(*names: str) -> tuple[Measured, ...]:
    return tuple(Measured(f"{name.replace(' ', '_')}_cm", name, "cm") for name in names)


_PIXELS = tuple(Measured(f"pixel_{r}_{c}", f"pixel {r + 1},{c + 1}") for r in range(8) for c in range(8))

TABLES: Table[DataTable] = Table(
    "table",
    DataTable(
        "iris",
        "Iris",
        "Four measurements of 150 flowers of three species. One species lies apart, two run together.",
        _in_cm("sepal length", "sepal width", "petal length", "petal width"),
        "species",
        Column("species"),
        (("setosa", "setosa"), ("versicolor", "versicolor"), ("virginica", "virginica")),
        "standard",
        "Fisher 1936; UCI Machine Learning Repository, as corrected in scikit-learn (CC BY 4.0)",
        telling=(2, 3),
    ),
    DataTable(
        "penguins",
        "Penguins",
        "Bill, flipper and mass of three species near Palmer Station, in units that make the scales alike.",
        (
            Measured("bill_length_mm", "bill length", "mm"),
            Measured("bill_depth_mm", "bill depth", "mm"),
            Measured("flipper_length_mm", "flipper length", "cm", 10.0),
            Measured("body_mass_g", "body mass", "100 g", 100.0),
        ),
        "species",
        Column("species"),
        (("Adelie", "Adelie"), ("Gentoo", "Gentoo"), ("Chinstrap", "Chinstrap")),
        "min-max",
        "Gorman, Williams & Fraser 2014, PLoS ONE 9(3): e90081; palmerpenguins (CC0)",
    ),
    DataTable(
        "digits",
        "Digits",
        "1797 handwritten digits, 8 × 8 pixels of ink from 0 to 16: 64 inputs, ten classes.",
        _PIXELS,
        "digit",
        Column("digit"),
        tuple((str(digit), str(digit)) for digit in range(10)),
        "min-max",
        "Alpaydin & Kaynak 1998; UCI Machine Learning Repository (CC BY 4.0)",
    ),
    DataTable(
        "earthquakes",
        "Earthquakes",
        "A week of earthquakes: how strong, from where, how deep and how it was recorded.",
        (
            Measured("longitude_deg", "longitude", "°"),
            Measured("latitude_deg", "latitude", "°"),
            Measured("depth_km", "depth", "km"),
            Measured("stations", "stations"),
            Measured("nearest_station_deg", "nearest station", "°"),
            Measured("azimuthal_gap_deg", "azimuthal gap", "°"),
            Measured("rms_residual_s", "rms residual", "s"),
        ),
        "magnitude",
        Column("magnitude"),
        scaling="standard",
        source="U.S. Geological Survey, all earthquakes of the week to 2018-02-07 (public domain)",
    ),
    DataTable(
        "scratch",
        "From scratch",
        "Four samples of three inputs: the answer is the exclusive-or of the first two, and the third is always 1.",
        (Measured("a", "a"), Measured("b", "b"), Measured("one", "one")),
        "y",
        Column("a xor b"),
        (("0", "0"), ("1", "1")),
        text="a,b,one,y\n0,0,1,0\n0,1,1,1\n1,0,1,1\n1,1,1,0\n",
    ),
)
