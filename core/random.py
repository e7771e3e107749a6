"""Random numbers by counter: any of them can be had from its key alone, in any order, on any array library.

SplitMix64 (Steele, Lea & Flood 2014, figure 15): the i-th number of a key is a mix of key + i · golden ratio. All
arithmetic is on 64-bit unsigned arrays, which wrap silently and alike everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_WORD = 0xFFFFFFFFFFFFFFFF


def mix(value: int) -> int:
    """SplitMix64's finaliser on one 64-bit integer."""
    value &= _WORD
    value = ((value ^ (value >> 30)) * _FIRST) & _WORD
    value = ((value ^ (value >> 27)) * _SECOND) & _WORD
    return value ^ (value >> 31)


def key(*parts: int) -> int:
    """One 64-bit key from several integers, as (seed, run, step, layer)."""
    result = 0
    for part in parts:
        result = mix(result + GOLDEN + mix(part + GOLDEN))
    return result


def scramble(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's finaliser on every word of an array."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return z ^ (z >> np.uint64(31))


def words(seed: int, count: int) -> npt.NDArray[np.uint64]:
    """The first ``count`` 64-bit words of a key."""
    counter = np.arange(1, count + 1, dtype=np.uint64)
    return scramble(np.uint64(seed) + counter * np.uint64(GOLDEN))


def uniforms(seed: int, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Uniform numbers in [0, 1) with 24 random bits, shape ``shape``, from a key."""
    bits = words(seed, int(np.prod(shape))) >> np.uint64(40)
    return (bits.astype(np.float32) * np.float32(2.0**-24)).reshape(shape)


def permutation(seed: int, count: int) -> npt.NDArray[np.int64]:
    """The order of ``count`` items that a key gives: Fisher & Yates's shuffle, inside out (Knuth 1997, algorithm P).

    Item i goes to a place among the first i + 1, drawn by multiplication (Lemire 2019) without the rejection, whose
    bias here is under count / 2³².
    """
    if count < 2:
        return np.arange(count)
    places = np.arange(2, count + 1, dtype=np.uint64)
    drawn = ((words(seed, count - 1) >> np.uint64(32)) * places) >> np.uint64(32)
    order = [0]
    for item, place in enumerate(drawn.tolist(), 1):
        order.append(order[place] if place < item else item)
        order[place] = item
    return np.array(order, dtype=np.int64)


def keep_mask(seed: int, run: int, step: int, layer: int, shape: tuple[int, int], dropout: float) -> npt.NDArray[Any]:
    """Dropout's mask (units, batch): 1 / (1 - dropout) where a unit stays, 0 where it is off (Srivastava 2014)."""
    stays = uniforms(key(seed, run, step, layer), shape) >= np.float32(dropout)
    return stays.astype(np.float32) / np.float32(1.0 - dropout)
