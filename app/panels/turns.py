"""Panels in turn: while training streams, no two that take long are brought up to date for one and the same frame."""

from __future__ import annotations

import time

APART = 0.025
"""Seconds between two turns: time for a frame with one of them."""


class Turns:
    """Gives a turn to whoever asks first, and the next one a little later."""

    def __init__(self) -> None:
        self._taken = -APART

    def wait(self) -> int:
        """0 where the turn is the asker's, who has it then; else in how many milliseconds to ask again."""
        now = time.perf_counter()
        left = self._taken + APART - now
        if left > 0:
            return max(1, round(left * 1e3))
        self._taken = now
        return 0


turns = Turns()
"""Those of the one window there is."""
