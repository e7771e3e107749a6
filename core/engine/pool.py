"""Shares work that gives the interpreter lock away out over the processor's cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

_limit: int | None = None


def cores() -> int:
    """How many cores this process may use, or as many of them as ``limited`` leaves it."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return available if _limit is None else min(_limit, available)


@contextmanager
def limited(count: int) -> Iterator[None]:
    """Within it, work goes to at most ``count`` threads."""
    global _limit
    before, _limit = _limit, count
    try:
        yield
    finally:
        _limit = before


def share_out(count: int, cost: float, work: Callable[[int, int], object], step: int = 1) -> None:
    """Call ``work(start, stop)`` so that all of range(count) is covered, by one thread or by several at once.

    ``cost`` is what all of it takes, in multiply-adds; parts that take too little stay together. Parts begin at
    multiples of ``step``.
    """
    parts = int(min(cores(), cost / LEAST, -(-count // step)))
    if parts < 2:
        work(0, count)
        return
    size = -(-count // (parts * step)) * step
    ends = [(start, min(start + size, count)) for start in range(0, count, size)]
    # Threads made for this alone, which takes some hundredths of a millisecond, leave nothing behind to be closed.
    with ThreadPoolExecutor(len(ends), thread_name_prefix="engine") as threads:
        waiting = [threads.submit(work, *end) for end in ends[1:]]
        work(*ends[0])
        for part in waiting:
            part.result()


LEAST = 2e7
"""Multiply-adds worth a thread: what takes about a millisecond."""
