"""Setting a board: where each piece of each line goes in a given width, at a given size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from app.by_hand.pieces import Board, Line, Piece, Size
from app.formulas import formula
from app.theme import font, theme

SIZES: dict[Size, int] = {"large": 26, "normal": 20, "small": 16}
"""Design pixels of the symbols and numbers of a line, at a share of 1."""
SHARES = (1.5, 1.35, 1.2, 1.1, 1.0, 0.9, 0.8, 0.72, 0.64, 0.56)
"""How large a board may be, largest first."""
TITLE, WORDS, NOTE = 15, 13, 11
_BREAKS = ("+", "=", "−")
CURVE = (170, 92)


@dataclass(frozen=True, eq=False)
class Put:
    """A piece in its place: the baselines of its symbol, number and note, and the room it takes."""

    piece: Piece
    size: float
    rect: QRectF
    symbol: QPointF | None
    value: QPointF | None
    note: QPointF | None
    value_rect: QRectF


@dataclass(frozen=True, eq=False)
class Words:
    """A line of plain words, its room, and how it is written."""

    text: str
    rect: QRectF
    size: int
    semibold: bool
    token: str


@dataclass(frozen=True, eq=False)
class Curve:
    """Where an activation's curve is drawn, and the z that is marked on it."""

    rect: QRectF
    at: float


@dataclass(frozen=True, eq=False)
class Set:
    """A board set in a width."""

    puts: tuple[Put, ...]
    words: tuple[Words, ...]
    curves: tuple[Curve, ...]
    height: float
    share: float
    rows: int

    @property
    def width(self) -> float:
        """How far its lines reach to the right."""
        return max((put.rect.right() for put in self.puts), default=0.0)


def value_font(size: float, strong: bool) -> QFont:
    """The font of a number of ``size`` pixels at scale 1."""
    return font(max(8, round(size)), strong)


@lru_cache(maxsize=64)
def _metrics(size: float, strong: bool, scale: float) -> QFontMetricsF:
    return QFontMetricsF(value_font(size, strong))


def fit(board: Board, width: float, height: float, at_most: float = SHARES[0], *, titled: bool = True) -> Set:
    """The board set as large as fits into ``width`` × ``height``; the smallest, taller, where none does."""
    found: Set | None = None
    board = board if titled else replace(board, title="")
    most_rows = set_board(board, width, 1.0).rows if at_most > 1.0 else 0
    for share in (s for s in SHARES if s <= at_most):
        found = set_board(board, width, share)
        # A larger one is not worth breaking a line for.
        if found.width > width:
            continue
        if found.height <= height and (share <= 1.0 or found.rows <= most_rows):
            return found
        if share <= 1.0:
            bare = set_board(board, width, share, curves=False)
            if bare.height <= height:
                return bare
    assert found is not None
    return set_board(board, width, found.share, curves=height > theme().px(200))


def set_board(board: Board, width: float, share: float, *, curves: bool = True) -> Set:
    """Every line of ``board`` in its place, at ``share`` of the usual size."""
    setter = _Setter(width, share)
    setter.say(board.title, TITLE, True, "text")
    for line in board.lines:
        if line.text:
            setter.say(line.text, WORDS, False, "muted")
        elif line.curve:
            if curves:
                setter.draw(line)
        elif line.pieces:
            setter.put(line)
    return Set(tuple(setter.puts), tuple(setter.words), tuple(setter.curves), setter.y, share, setter.rows)


class _Setter:
    """Lines from the top down."""

    def __init__(self, width: float, share: float) -> None:
        self.width, self.share, self.y, self.rows = width, share, 0.0, 0
        self.puts: list[Put] = []
        self.words: list[Words] = []
        self.curves: list[Curve] = []
        self._air = theme().px(12) * share

    def say(self, text: str, size: int, semibold: bool, token: str) -> None:
        if not text:
            return
        points = max(11, round(size * max(1.0, self.share)))
        metrics = _metrics(points, semibold, theme().scale)
        box = metrics.boundingRect(QRectF(0, 0, self.width, 1e6), 0x1000 | 0x0001, text)  # word wrap, left
        rect = QRectF(0, self.y, self.width, box.height() + 1)
        self.words.append(Words(text, rect, points, semibold, token))
        self.y = rect.bottom() + self._air * 0.8

    def draw(self, line: Line) -> None:
        look = theme()
        rect = QRectF(0, self.y, min(self.width, look.px(CURVE[0]) * self.share), look.px(CURVE[1]) * self.share)
        self.curves.append(Curve(rect, line.at))
        self.y = rect.bottom() + self._air

    def put(self, line: Line) -> None:
        size = SIZES[line.size] * self.share
        stacked = any(p.latex and p.value and not p.operator for p in line.pieces)
        measured = [_measure(piece, size, stacked) for piece in line.pieces]
        # Symbols that only stand side by side, some muted, are no formula: they have more air, and break anywhere.
        written = any(piece.role == "muted" and (piece.operator or not piece.latex) for piece in line.pieces)
        gap = theme().px(size * (0.34 if written else 1.1))
        row: list[_Measured] = []
        x = left = 0.0
        for group in _fitting(_unbroken(measured, written), self.width - theme().px(size), gap):
            width = sum(piece.width for piece in group) + gap * (len(group) - 1)
            if row and x + width > self.width:
                self._row(row, gap, size, left)
                x = left = theme().px(size)
                row = []
            row += group
            x += width + gap
        self._row(row, gap, size, left)
        self.y += self._air

    def _row(self, row: Sequence[_Measured], gap: float, size: float, x: float) -> None:
        """Set one row of a line from ``x`` on; rows after the first begin further in."""
        self.rows += 1
        ascent = max(m.ascent for m in row)
        symbols = ascent + max(m.descent for m in row)
        values = max(m.value_height for m in row) if any(m.value_height for m in row) else 0.0
        notes = max(m.note_height for m in row)
        between = theme().px(3) if values and symbols else 0.0
        for m in row:
            baseline = self.y + ascent
            below = self.y + symbols + between
            symbol = QPointF(x + (m.width - m.symbol_width) / 2, baseline) if m.shows_symbol else None
            value = None
            rect = QRectF()
            if m.value_text:
                top = below if m.value_below else baseline - m.value_ascent
                value = QPointF(x + (m.width - m.value_width) / 2, top + m.value_ascent)
                rect = QRectF(value.x(), top, m.value_width, m.value_line)
            note = QPointF(x, below + values + m.note_ascent) if m.note_height else None
            whole = QRectF(x, self.y, m.width, symbols + between + values + notes)
            self.puts.append(Put(m.piece, size, whole, symbol, value, note, rect))
            x += m.width + gap
        self.y += symbols + between + values + notes + theme().px(4)


@dataclass(frozen=True, eq=False)
class _Measured:
    """A piece's sizes in pixels; ``ascent`` and ``descent`` are of the first row, whatever stands in it."""

    piece: Piece
    width: float
    ascent: float
    descent: float
    shows_symbol: bool
    symbol_width: float
    value_text: str
    value_width: float
    value_ascent: float
    value_line: float
    value_below: bool
    value_height: float
    note_height: float
    note_ascent: float


def _fitting(groups: list[list[_Measured]], width: float, gap: float) -> list[list[_Measured]]:
    """The same groups, those too wide for a row broken before each dot."""
    fitting: list[list[_Measured]] = []
    for group in groups:
        parts: list[list[_Measured]] = [[]]
        for piece in group:
            if piece.piece.value == "·" and sum(m.width + gap for m in group) > width and parts[-1]:
                parts.append([])
            parts[-1].append(piece)
        fitting += parts
    return fitting


def _unbroken(row: Sequence[_Measured], written: bool) -> list[list[_Measured]]:
    """What has to stay on one row: a formula is broken before + and = alone."""
    groups: list[list[_Measured]] = []
    for piece in row:
        head = len(groups) == 1 and len(groups[0]) == 1 and piece.piece.operator
        if not groups or not written or (piece.piece.value in _BREAKS and not head):
            groups.append([])
        groups[-1].append(piece)
    return groups


def _measure(piece: Piece, size: float, stacked: bool) -> _Measured:
    metrics, small = _metrics(size, piece.strong, theme().scale), _metrics(NOTE, False, theme().scale)
    symbol_width = ascent = descent = 0.0
    if piece.latex:
        symbol_width, ascent, descent = formula(piece.latex).sized(theme().scale * size)
    text = "" if piece.operator and not stacked else piece.value
    value_width = metrics.horizontalAdvance(text) if text else 0.0
    below = stacked and bool(text)
    if text and not below:
        ascent, descent = max(ascent, metrics.ascent()), max(descent, metrics.descent())
    note_width = small.horizontalAdvance(piece.note) if piece.note else 0.0
    return _Measured(
        piece,
        max(symbol_width, value_width, note_width),
        ascent,
        descent,
        bool(piece.latex),
        symbol_width,
        text,
        value_width,
        metrics.ascent(),
        metrics.height(),
        below,
        metrics.height() if below else 0.0,
        small.height() if piece.note else 0.0,
        small.ascent(),
    )
