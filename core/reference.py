"""The reference: every row of every table with its settings and ranges, as text for a terminal and as Markdown."""

from __future__ import annotations

import math
import textwrap
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from core.activations import ACTIVATIONS
from core.data.features import FEATURES
from core.data.generators import GENERATORS
from core.data.tables import TABLES
from core.initializers import INITIALIZERS
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS
from core.presets import PRESETS
from core.schedules import SCHEDULES
from core.spec import Dense, Stop, Training
from core.tables import Setting


@dataclass(frozen=True)
class Entry:
    """What is said of one row: its name in files, its title, a sentence, formula and source, and its settings."""

    name: str
    title: str
    help: str
    source: str = ""
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One table: its name on the command line, its heading, where its rows are named in a file, and its entries."""

    name: str
    title: str
    path: str
    entries: Callable[[], tuple[Entry, ...]]


def _number(value: float) -> str:
    return "∞" if value == math.inf else "-∞" if value == -math.inf else f"{value:g}"


def _described(name: str, default: Any, low: str, high: str, unit: str, help: str = "") -> str:
    """One setting in a line, as ``beta1 = 0.9 (0 to 0.9999): Share of …``."""
    given = "" if default is msgspec.NODEFAULT else f" = {_number(default)}"
    shown = f"{low} to {high}" + (f" {unit}" if unit and unit != "%" else "")
    return f"{name}{given} ({shown})" + (f": {help}" if help else "")


def _setting(setting: Setting) -> str:
    low, high = _number(setting.low), _number(setting.high)
    return _described(setting.name, setting.default, low, high, setting.unit, setting.help)


def _source(row: Any) -> str:
    """The row's own source, else what its formula says of itself."""
    formula = getattr(row, "formula", None) or getattr(row, "rate", None)
    said = getattr(row, "source", "") or getattr(formula if callable(formula) else None, "__doc__", "") or ""
    return " ".join(said.split("\n\n")[0].replace("``", "").split())


def _rows(table: Any) -> Callable[[], tuple[Entry, ...]]:
    def entries() -> tuple[Entry, ...]:
        return tuple(
            Entry(row.name, row.title, row.help, _source(row), tuple(map(_setting, getattr(row, "settings", ()))))
            for row in table.rows()
        )

    return entries


def _fields(struct: type[Any], names: Iterable[str]) -> Callable[[], tuple[Entry, ...]]:
    """Entries of the fields of a part of the Experiment."""

    def entries() -> tuple[Entry, ...]:
        hints = typing.get_type_hints(struct, include_extras=True)
        defaults = {field.name: field.default for field in msgspec.structs.fields(struct)}
        return tuple(_field(name, hints[name].__metadata__[0], defaults[name]) for name in names)

    return entries


def _field(name: str, meta: msgspec.Meta, default: Any) -> Entry:
    help, extra = meta.description or "", meta.extra or {}
    if isinstance(default, bool):
        setting = f"{name} = {str(default).lower()}"
    else:
        low = _number(meta.ge) if meta.ge is not None else f"above {_number(meta.gt)}" if meta.gt is not None else "-∞"
        high = _number(meta.le) if meta.le is not None else f"below {_number(meta.lt)}" if meta.lt is not None else "∞"
        setting = _described(name, default, low, high, extra.get("unit", ""))
    return Entry(name, meta.title or name, help, extra.get("source", ""), (setting,))


_TAMING = ("l1", "l2", "weight_decay", "clip_norm", "clip_value", "warmup")

SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        Section("activations", "Activations", "network.layers[].activation", _rows(ACTIVATIONS)),
        Section("losses", "Losses", "training.loss", _rows(LOSSES)),
        Section("optimizers", "Optimizers", "training.optimizer", _rows(OPTIMIZERS)),
        Section("schedules", "Schedules", "training.schedule", _rows(SCHEDULES)),
        Section("initializers", "Initial weights", "network.initializer", _rows(INITIALIZERS)),
        Section("layers", "Layers' settings", "network.layers[]", _fields(Dense, ("units", "dropout", "frozen"))),
        Section("regularisation", "Regularisation and warm-up", "training", _fields(Training, _TAMING)),
        Section("stop", "Stop rules", "training.stop", _fields(Stop, ("patience", "epochs", "loss", "seconds"))),
        Section("data", "Data sets", "data.generator.name", _rows(GENERATORS)),
        Section("tables", "Tables", "data.table", _rows(TABLES)),
        Section("features", "Features", "data.features", _rows(FEATURES)),
        Section("presets", "Presets", "", _rows(PRESETS)),
    )
}
"""All tables, by their names on the command line."""


def text(section: Section, width: int = 100) -> str:
    """A section for a terminal: each row's name and sentence, its formula and source, and its settings below it."""
    lines = [f"{section.title}" + (f" ({section.path})" if section.path else "")]
    for entry in section.entries():
        lines += ["", f"  {entry.name}  {entry.title}"]
        for part in (entry.help, entry.source, *entry.settings):
            if part:
                lines += textwrap.wrap(
                    part, width, initial_indent="      ", subsequent_indent="        ", break_on_hyphens=False
                )
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """All sections as Markdown, each a table."""
    return "\n".join(_markdown(section) for section in SECTIONS.values())


def _markdown(section: Section) -> str:
    entries = section.entries()
    titles = [f"`{section.path}`" if section.path else "name", "what it is"]
    with_source, with_settings = any(e.source for e in entries), any(e.settings for e in entries)
    titles += ["formula and source"] * with_source + ["settings, with default and range"] * with_settings
    lines = [f"### {section.title}", "", _line(titles), _line(["---"] * len(titles))]
    for entry in entries:
        cells = [f"`{entry.name}`", f"**{_cell(entry.title)}.** {_cell(entry.help)}"]
        cells += [_cell(entry.source)] * with_source + ["<br>".join(map(_cell, entry.settings))] * with_settings
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(words: str) -> str:
    for sign in ("|", "*", "_", "<"):
        words = words.replace(sign, f"\\{sign}")
    return words


BEGIN, END = "<!-- reference: made by `learnscape reference`, not by hand -->", "<!-- end of the reference -->"


def inserted(document: str) -> str:
    """The document with the reference between its two marks; raises ValueError where it has none."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"it needs the lines {BEGIN!r} and {END!r}, between which the reference goes")
    return f"{head}{BEGIN}\n\n{markdown()}\n{END}{tail}"
