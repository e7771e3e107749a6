"""Tables of named rows, and the one error that says what is wrong with an Experiment and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Scale = Literal["linear", "log"]


class SpecError(ValueError):
    """An Experiment that cannot be run: where (``path``), ``what`` is wrong and how to ``fix`` it."""

    def __init__(self, path: str, what: str, fix: str = "") -> None:
        self.path, self.what, self.fix = path, what, fix
        super().__init__(f"{path}: {what}" + (f"; {fix}" if fix else "") + ".")


@dataclass(frozen=True)
class Setting:
    """One number that a row can be tuned by: its default, its hard limits, and how to show it.

    One that is ``whole`` is shown and edited as an integer.
    """

    name: str
    title: str
    default: float
    low: float
    high: float
    scale: Scale = "linear"
    unit: str = ""
    help: str = ""
    whole: bool = False


class Row(Protocol):
    """What every table's rows have in common."""

    @property
    def name(self) -> str:
        """Its key in the table and in files."""

    @property
    def title(self) -> str:
        """Its name on the screen."""

    @property
    def help(self) -> str:
        """A sentence for the learner."""


R = TypeVar("R", bound=Row)


class Table(Mapping[str, R], Generic[R]):
    """Rows by name, in the order given; an unknown name raises SpecError with the nearest one."""

    def __init__(self, what: str, *rows: R) -> None:
        self.what = what
        self._rows = {row.name: row for row in rows}
        if len(self._rows) != len(rows):
            raise ValueError(f"two rows of the table of {what}s share a name")

    def __getitem__(self, name: str) -> R:
        if name in self._rows:
            return self._rows[name]
        near = difflib.get_close_matches(name, self._rows, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(self._rows)}"
        raise SpecError(self.what, f"there is no {self.what} called {name!r}", fix.rstrip("?"))

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> tuple[R, ...]:
        """All rows, in order."""
        return tuple(self._rows.values())


def settle(path: str, settings: tuple[Setting, ...], given: Mapping[str, float]) -> dict[str, float]:
    """Every setting's value: the given one where there is one, else its default.

    Raises SpecError for a name the row does not have or a value outside its limits.
    """
    known = {s.name: s for s in settings}
    for name, value in given.items():
        if name not in known:
            raise SpecError(
                f"{path}.{name}", "there is no such setting here", f"known are {', '.join(known) or 'none'}"
            )
        low, high = known[name].low, known[name].high
        if not low <= value <= high:
            raise SpecError(f"{path}.{name}", f"{value:g} is outside {low:g} to {high:g}", "choose a value within it")
    return {name: float(given.get(name, s.default)) for name, s in known.items()}
