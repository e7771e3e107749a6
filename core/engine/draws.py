"""Compiled random draws: shuffles and dropout masks by counter, the same as core.random's."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.engine.chains import zero_like
from core.engine.lanes import WIDTH
from core.engine.memory import get, load, put, store
from core.engine.scalar import jit

GOLDEN, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S27, S30, S31, S32, S40 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32), np.uint64(40)
UNIT = np.float32(2.0**-24)


@jit
def mix(z: Any) -> Any:
    """SplitMix64's finaliser, as in core.random."""
    z = (z ^ (z >> S30)) * FIRST
    z = (z ^ (z >> S27)) * SECOND
    return z ^ (z >> S31)


@jit
def keyed(key: Any, part: Any) -> Any:
    """core.random.key with one more part."""
    return mix(key + GOLDEN + mix(np.uint64(part) + GOLDEN))


@jit
def shuffle(seed: Any, epoch: int, order: Any, count: int) -> None:
    """core.random.permutation of key(seed, epoch), in place."""
    base = keyed(keyed(np.uint64(0), seed), epoch)
    put(order, 0, 0)
    for i in range(1, count):
        word = mix(base + np.uint64(i) * GOLDEN) >> S32
        j = np.int64((word * np.uint64(i + 1)) >> S32)
        put(order, i, get(order, j))
        put(order, j, i)


@jit
def drop(
    a: Any,
    mask: Any,
    seed: Any,
    run: int,
    at_step: int,
    layer: int,
    units: int,
    lanes: int,
    count: int,
    rate: Any,
    scale: Any,
) -> None:
    """Dropout: the mask of core.random.keep_mask into ``mask``, and ``a`` times it."""
    base = keyed(keyed(keyed(keyed(np.uint64(0), seed), run), at_step), layer)
    for o in range(units):
        for k in range(lanes):
            keep = zero_like(scale)
            if k < count:
                bits = mix(base + np.uint64(o * count + k + 1) * GOLDEN) >> S40
                keep = scale if np.float32(bits) * UNIT >= rate else keep
            put(mask, o * lanes + k, keep)
    for k in range(0, units * lanes, WIDTH):
        store(a, k, load(a, k) * load(mask, k))
