"""How numbers are written: significant digits and the decimal sign, for the whole program; without Qt."""

from __future__ import annotations

from dataclasses import dataclass

FEWEST, MOST = 2, 6
DIGITS = tuple(range(FEWEST, MOST + 1))
SIGNS = {".": "Decimal point", ",": "Decimal comma"}


@dataclass(frozen=True)
class NumberFormat:
    """``digits`` significant digits, 2 to 6, and the ``decimal`` sign, "." or ","; raises ValueError for any other."""

    digits: int = 4
    decimal: str = "."

    def __post_init__(self) -> None:
        if self.digits not in DIGITS or self.decimal not in SIGNS:
            raise ValueError(f"numbers have {FEWEST} to {MOST} digits and a point or a comma, not {self}")

    def written(self) -> str:
        """As a setting is kept: "4." or "3,"."""
        return f"{self.digits}{self.decimal}"

    @classmethod
    def read(cls, text: object) -> NumberFormat:
        """The format of a setting that was kept; the usual one of anything else."""
        text = str(text)
        if len(text) == 2 and text[0].isdigit() and int(text[0]) in DIGITS and text[1] in SIGNS:
            return cls(int(text[0]), text[1])
        return cls()


_current = NumberFormat()


def number_format() -> NumberFormat:
    """The format in force."""
    return _current


def put_in_force(chosen: NumberFormat) -> None:
    """Write numbers so from now on; whoever shows some has to be told: see ``app.number_menu``."""
    global _current
    _current = chosen
