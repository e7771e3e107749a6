"""The history of runs as comma-separated values: a row for each record, every column there is."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterable, Sequence

from core.model import Model
from core.project.storage import write
from core.trainer import Snapshot

RUN = "run"
"""The column that names the run, where there are several."""

_WHOLE = frozenset({"step"})
_PARTS = ("train", "test")


def history_csv(runs: Sequence[tuple[str, Snapshot]]) -> str:
    """All records of each (name, Snapshot) of ``runs``, as RFC 4180 has it, with one header above all.

    The header names each column and, in brackets, its unit. Numbers have a decimal dot whatever the system's language,
    and as many digits as bring the same float64 back; what was not measured is empty, an overflow is ``inf``. A column
    that a run lacks is empty there; of several runs a first column ``run`` says which.
    """
    texts = [(name, _columns(snapshot)) for name, snapshot in runs]
    header = list(dict.fromkeys(title for _, columns in texts for title in columns))
    several = len(runs) > 1
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([RUN, *header] if several else header)
    for name, columns in texts:
        rows = len(next(iter(columns.values()), ()))
        empty = [""] * rows
        lines: Iterable[tuple[str, ...]] = zip(*(columns.get(title, empty) for title in header), strict=True)
        writer.writerows(([name, *line] for line in lines) if several else lines)
    return out.getvalue()


def write_history(path: str | os.PathLike[str], runs: Sequence[tuple[str, Snapshot]]) -> int:
    """Write ``history_csv(runs)`` to ``path``, in UTF-8, whole or not at all; gives how many records.

    Raises ProjectError, which names the file and says why it cannot be written.
    """
    write(path, history_csv(runs).encode("utf-8"))
    return sum(len(snapshot.history) for _, snapshot in runs)


def _columns(snapshot: Snapshot) -> dict[str, list[str]]:
    """The texts of each column by its title."""
    history = snapshot.history.still()
    return {
        title(name, snapshot.model): [_text(value, name) for value in history.column(name).tolist()]
        for name in history.names()
    }


def _text(value: float, name: str) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if name in _WHOLE and math.isfinite(value) else repr(value)


_UNITS: dict[str, Callable[[Model], str]] = {
    **{f"{part}_loss": lambda model: model.loss.unit for part in _PARTS},
    **{f"{part}_accuracy": lambda model: "share" if model.classes else "" for part in _PARTS},
    "seconds": lambda model: "s",
}
_NAMES: dict[str, Callable[[Model], str]] = {
    f"{part}_accuracy": lambda model, part=part: f"{part}_{'accuracy' if model.classes else 'R2'}"  # type: ignore[misc]
    for part in _PARTS
}


def title(name: str, model: Model) -> str:
    """What a column of the history is called in a file, its unit in brackets where it has one."""
    unit = _UNITS[name](model) if name in _UNITS else ""
    called = _NAMES[name](model) if name in _NAMES else name
    return f"{called} [{unit}]" if unit else called
