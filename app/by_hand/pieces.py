"""What a blackboard shows, as plain data: lines of pieces, each a symbol over its number over a note."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.numbers import number

Role = Literal["text", "muted", "input", "weight", "sum", "activation", "loss", "gradient", "step"]
Size = Literal["large", "normal", "small"]

MOST_TERMS = 12
"""Terms of a sum that are written out; the rest is one number."""


@dataclass(frozen=True)
class Place:
    """A number that can be typed over: what kind, and where: θ's index, an input's, the target."""

    kind: Literal["theta", "raw", "target"]
    index: int


@dataclass(frozen=True)
class Piece:
    """One column of a line: ``latex`` above, ``value`` below it, a small ``note`` under both; any may be empty.

    A click on one with a ``place`` lets that number be typed over.
    """

    latex: str = ""
    value: str = ""
    role: Role = "text"
    note: str = ""
    place: Place | None = None
    strong: bool = False
    operator: bool = False


@dataclass(frozen=True)
class Line:
    """Pieces from left to right; where there is no room, on to the next row. ``text`` is a line of plain words."""

    pieces: tuple[Piece, ...] = ()
    size: Size = "normal"
    text: str = ""
    curve: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class Board:
    """A phase written out: its title, and the lines below it."""

    title: str
    lines: tuple[Line, ...]

    def formulas(self) -> Iterator[str]:
        """Every line of LaTeX on it."""
        for line in self.lines:
            yield from (piece.latex for piece in line.pieces if piece.latex)

    def words(self) -> str:
        """All numbers and notes as text, for whoever cannot see it."""
        parts = [self.title]
        for line in self.lines:
            parts.append(line.text or " ".join(piece.value for piece in line.pieces if piece.value))
        return ". ".join(part for part in parts if part)


def op(sign: str, shown: str = "") -> Piece:
    """An operator, above and below."""
    return Piece({"·": r"\cdot", "→": r"\rightarrow", "−": "-"}.get(sign, sign), shown or sign, "muted", operator=True)


def equals() -> Piece:
    """The sign before a result, which stands beside numbers alone."""
    return Piece(value="=", role="muted")


def bracketed(value: float) -> str:
    """A number as it stands after an operator: "(−2)", "3"."""
    text = number(value)
    return f"({text})" if value < 0 or "×" in text else text


def joined(terms: Iterable[tuple[Piece, ...]], sign: str = "+") -> list[Piece]:
    """Terms with an operator between them."""
    pieces: list[Piece] = []
    for term in terms:
        if pieces:
            pieces.append(op(sign))
        pieces.extend(term)
    return pieces


def total(values: Iterable[float], role: Role = "sum") -> list[Piece]:
    """A sum of plain numbers, signs as operators: 1 − 3 − 4."""
    pieces: list[Piece] = []
    for value in values:
        negative = value < 0
        if pieces:
            pieces.append(Piece(value="−" if negative else "+", role="muted"))
            value = abs(value)
        pieces.append(Piece(value=number(value), role=role))
    return pieces
