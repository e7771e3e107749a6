"""Which colour each kind of number has, on the board and in the table."""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.by_hand.pieces import Role
from app.theme import theme

_LINES: dict[Role, int] = {"weight": 0, "input": 1, "activation": 2, "gradient": 3, "sum": 4, "step": 5}
_TOKENS: dict[Role, str] = {"text": "text", "muted": "muted", "loss": "accent"}


def ink(role: Role) -> QColor:
    """The colour of a kind of number in the theme in force."""
    return theme().line_color(_LINES[role]) if role in _LINES else theme().color(_TOKENS[role])
