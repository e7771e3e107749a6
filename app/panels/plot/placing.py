"""Placing labels in a column so that none covers another and each stays as near its line as it can."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], height: float, top: float, bottom: float) -> list[float | None]:
    """Centres for labels of ``height`` at the ``wanted`` ones, moved apart, kept from ``top`` to ``bottom``.

    The moves have the least sum of squares that keeps the order (pooling adjacent violators; Barlow, Bartholomew,
    Bremner & Brunk, "Statistical Inference under Order Restrictions", 1972). Where there is not room for all, labels
    evenly chosen in order of place have one and the others None.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    room = int((bottom - top) // height) if height > 0 else 0
    kept = _evenly(order, room)
    places: list[float | None] = [None] * len(wanted)
    groups: list[list[float]] = []  # mean of (wanted - offset in order), count
    for rank, i in enumerate(kept):
        groups.append([wanted[i] - rank * height, 1.0])
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (below, m), (above, n) = groups.pop(), groups.pop()
            groups.append([(above * n + below * m) / (n + m), n + m])
    starts = [mean for mean, count in groups for _ in range(int(count))]
    low, high = top + height / 2, bottom - height / 2 - (len(kept) - 1) * height
    for rank, i in enumerate(kept):
        places[i] = min(max(starts[rank], low), high) + rank * height
    return places


def _evenly(order: list[int], room: int) -> list[int]:
    if len(order) <= room:
        return order
    if room < 2:
        return order[:room]
    return [order[round(k * (len(order) - 1) / (room - 1))] for k in range(room)]
