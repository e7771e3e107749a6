"""What a benchmark says: a row of the table, made from times measured in turn."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

PAUSE = 0.02
"""Seconds before each timing: threads of the way before may wait for more work by going in circles for a while."""
NO_TORCH = "PyTorch is not installed"
NO_SKLEARN = "scikit-learn is not installed"


@dataclass(frozen=True)
class Row:
    """A line of the table: ``ours`` and ``peer`` in ``unit``, and ``ratio``, above 1 where ours is better.

    ``spread`` and ``peer_spread`` are half the distance between the quartiles, as a share of the median.
    """

    name: str
    what: str
    ours: float | None
    peer: float | None
    peer_name: str
    unit: str
    ratio: float | None
    spread: float | None = None
    peer_spread: float | None = None
    target: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The row as it is written to the file."""
        return asdict(self)


@dataclass(frozen=True)
class Measured:
    """Seconds of several runs of one thing."""

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """The middle of them."""
        return median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, as a share of the median."""
        ordered = sorted(self.seconds)
        low, high = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
        return (high - low) / 2 / self.median if self.median else 0.0


@dataclass(frozen=True)
class Way:
    """One way of doing the work: ``run()`` does ``amount`` of it."""

    run: Callable[[], object]
    amount: float = 1.0


def in_turn(*ways: Way, repeats: int, seconds: float = 60.0) -> list[Measured]:
    """Times of each way (seconds for 1 of the work), run one after the other ``repeats`` times after one to warm up.

    Past ``seconds`` no further round is begun.
    """
    times: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way.run()
    end = time.perf_counter() + seconds
    gc.disable()
    try:
        for _ in range(repeats):
            for way, own in zip(ways, times, strict=True):
                time.sleep(PAUSE)
                began = time.perf_counter()
                way.run()
                own.append((time.perf_counter() - began) / way.amount)
            if time.perf_counter() > end:
                break
    finally:
        gc.enable()
    return [Measured(own) for own in times]


def rated(
    name: str, what: str, unit: str, peer_name: str, ours: Measured, peer: Measured | None, target: str, note: str = ""
) -> Row:
    """A row in so much work a second (``unit`` ends in /s), or in milliseconds for one (``unit`` is ms)."""

    def shown(measured: Measured) -> float:
        return measured.median * 1e3 if unit == "ms" else 1.0 / measured.median

    if peer is None:
        return Row(name, what, shown(ours), None, peer_name, unit, None, ours.spread, None, target, note)
    ratio = peer.median / ours.median
    return Row(name, what, shown(ours), shown(peer), peer_name, unit, ratio, ours.spread, peer.spread, target, note)


def table_head() -> str:
    """The line above the table."""
    return f"{'name':17}{'ours':>26}{'peer':>26}{'ratio':>9}  {'target':22}peer, and what is measured"


def table_line(row: Row) -> str:
    """The row as a line to read."""
    ratio = "-" if row.ratio is None else f"{row.ratio:.3g} ×"
    ours, peer = _figure(row.ours, row.spread, row.unit), _figure(row.peer, row.peer_spread, row.unit)
    text = f"{row.name:17}{ours:>26}{peer:>26}{ratio:>9}  {row.target:22}{row.peer_name or '-'}; {row.what}"
    return text + (f"\n{'':17}{row.note}" if row.note else "")


def _figure(value: float | None, spread: float | None, unit: str) -> str:
    if value is None:
        return "-"
    size = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{size} {unit}" + (f" ±{100 * spread:.0f} %" if spread is not None else "")
