"""What does not fit together, as the window says it."""

from __future__ import annotations

from core.tables import SpecError


def describe(error: SpecError) -> str:
    """A SpecError as a sentence for the window, without the path a file would need."""
    text = error.what + (f"; {error.fix}" if error.fix else "")
    return text[:1].upper() + text[1:] + "."
