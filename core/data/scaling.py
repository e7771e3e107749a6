"""Bringing features to a common scale, with numbers taken from the training part alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.plane import Floats
from core.spec import Scaling


def _short(value: float) -> str:
    """A number in three significant digits, with a true minus sign."""
    size = abs(value)
    if size >= 100_000 or 0.0 < size < 0.001:
        text = f"{value:.2e}"
    else:
        digits = 2 if size == 0.0 else max(0, 2 - int(np.floor(np.log10(size))))
        text = f"{value:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "\N{MINUS SIGN}")


@dataclass(frozen=True, eq=False)
class Scaler:
    """Scales D features by (x - offset) · factor, offset and factor (D,), read-only.

    "min-max" maps the smallest training value to 0 and the largest to 1; "standard" gives mean 0 and standard deviation
    1 (over N, not N - 1); "none" changes nothing. A feature that is the same in every training point (``constant``) has
    no scale: its factor is 1, so that it becomes 0 and stays finite.
    """

    kind: Scaling
    offset: Floats
    factor: Floats
    constant: npt.NDArray[np.bool_]

    @classmethod
    def fit(cls, kind: Scaling, x: Floats) -> Scaler:
        """The scaler for the training features ``x`` (N, D); without any points to go by it scales nothing."""
        width = x.shape[1]
        if kind == "none" or not len(x):
            return cls._frozen("none", np.zeros(width), np.ones(width), np.zeros(width, dtype=np.bool_))
        low, high = x.min(axis=0), x.max(axis=0)
        offset, spread = (low, high - low) if kind == "min-max" else (x.mean(axis=0), x.std(axis=0))
        # A spread of a few roundings is none: dividing by it would blow rounding errors up to the size of data.
        smallest = np.maximum(1e-12 * np.maximum(np.abs(low), np.abs(high)), np.finfo(np.float64).tiny)
        constant = spread <= smallest
        offset = np.where(constant, low, offset)
        return cls._frozen(kind, offset, 1.0 / np.where(constant, 1.0, spread), constant)

    @classmethod
    def _frozen(cls, kind: Scaling, offset: Floats, factor: Floats, constant: npt.NDArray[np.bool_]) -> Scaler:
        for array in (offset, factor, constant):
            array.setflags(write=False)
        return cls(kind, offset, factor, constant)

    def apply(self, x: Floats) -> Floats:
        """Features (…, D) scaled."""
        return (x - self.offset) * self.factor

    def invert(self, scaled: Floats) -> Floats:
        """Scaled features (…, D) back in their own units."""
        return scaled / self.factor + self.offset

    def lines(self, names: Sequence[str], write: Callable[[float], str] = _short) -> list[str]:
        """For each of the D features, named, what the scaling does to it, its numbers as ``write`` has them.

        "x₁: 2.1 … 8.4 → 0 … 1".
        """
        return [self._line(i, name, write) for i, name in enumerate(names)]

    def describe(self, names: Sequence[str]) -> str:
        """What the scaling does to each of the D features, named, in one line: "x₁: 2.1 … 8.4 → 0 … 1, x₂: …"."""
        return ", ".join(self.lines(names)) if self.kind != "none" else "not scaled"

    def _line(self, i: int, name: str, write: Callable[[float], str]) -> str:
        offset, spread = float(self.offset[i]), 1.0 / float(self.factor[i])
        if self.kind == "none":
            return f"{name}: not scaled"
        if self.constant[i]:
            return f"{name}: always {write(offset)} → 0"
        if self.kind == "min-max":
            return f"{name}: {write(offset)} … {write(offset + spread)} → 0 … 1"
        return f"{name}: {write(offset)} ± {write(spread)} → 0 ± 1"
