"""How long benchmarks may take, and where they run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """``quick`` for a look instead of figures to rely on; ``device`` is "cpu" or "cuda"."""

    quick: bool = False
    device: str = "cpu"

    def few(self, quick: int, thorough: int) -> int:
        """How many, or how long: the first of the two if it has to be quick."""
        return quick if self.quick else thorough
