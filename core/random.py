"""Random numbers by counter: any of them can be had from its key alone, in any order, on any array library.

SplitMix64 (Steele, Lea & Flood 2014, figure 15): the i-th number of a key is a mix of key + i · golden ratio. All
arithmetic is on 64-bit unsigned arrays, which wrap silently and alike everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.backend import Backend

GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_WORD = 0xFFFFFFFFFFFFFFFF
KEYS = 1 << 20
"""Keys of dropout's that are drawn at a time: runs × steps."""


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


class Words(NamedTuple):
    """The generator's constants as 64-bit words beside which an array library computes on its own arrays."""

    golden: Any
    first: Any
    second: Any
    by27: Any
    by30: Any
    by31: Any
    by40: Any


_CONSTANTS = (GOLDEN, _FIRST, _SECOND, 27, 30, 31, 40)
HOST = Words(*(np.uint64(value) for value in _CONSTANTS))


def scramble(z: Any, words: Words = HOST) -> Any:
    """SplitMix64's finaliser on every word of an array, with the constants of where it lies."""
    z = (z ^ (z >> words.by30)) * words.first
    z = (z ^ (z >> words.by27)) * words.second
    return z ^ (z >> words.by31)


def words(seed: int, count: int) -> npt.NDArray[np.uint64]:
    """The first ``count`` 64-bit words of a key."""
    counter = np.arange(1, count + 1, dtype=np.uint64)
    drawn: npt.NDArray[np.uint64] = scramble(np.uint64(seed) + counter * HOST.golden)
    return drawn


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
    return stays.astype(np.float32) * scale(dropout)


def scale(dropout: float) -> np.float32:
    """What a unit that stays is multiplied by."""
    return np.float32(1.0) / np.float32(1.0 - dropout)


def threshold(dropout: float) -> int:
    """The 24 random bits from which on a unit stays: u ≥ dropout for u = bits / 2²⁴, as whole numbers."""
    return int(np.ceil(float(np.float32(dropout)) * 2.0**24))


class Masks:
    """``keep_mask`` for all runs and layers of a stack, drawn on the backend's device: the same bits, nothing moved."""

    def __init__(self, backend: Backend, units: Sequence[int], dropouts: Sequence[float], dtype: Any) -> None:
        self.backend, self.units, self.dropouts = backend, units, dropouts
        self.dtype = getattr(backend.xp, np.dtype(dtype).name)
        self.words = Words(*(self._word(value) for value in _CONSTANTS))
        dropped = [index for index, dropout in enumerate(dropouts) if dropout]
        self.layers = {index: self._word(GOLDEN + mix(index + GOLDEN)) for index in dropped}
        self.thresholds = {index: self._word(threshold(dropouts[index])) for index in dropped}
        self._counters: dict[int, Any] = {}

    def _word(self, value: int) -> Any:
        return self.backend.to_device(np.array(value & _WORD, np.uint64))

    def draw(self, seed: int, runs: int, first: int, batches: Sequence[int]) -> Iterator[list[Any]]:
        """Each layer's mask (R, units, B), None where it has no dropout, for steps of ``batches`` from ``first`` on."""
        if not self.layers:
            for _ in batches:
                yield [None] * len(self.units)
            return
        most = max(1, KEYS // runs)
        own = self._keyed(self._word(key(seed) + GOLDEN), self._range(0, runs))[:, None]
        for begin in range(0, len(batches), most):
            some = batches[begin : begin + most]
            steps = self._keyed(own + self.words.golden, self._range(first + begin, first + begin + len(some)))
            keys = {index: scramble(steps + word, self.words) for index, word in self.layers.items()}
            for number, batch in enumerate(some):
                drawn = {index: words[:, number : number + 1] for index, words in keys.items()}
                yield [
                    self._mask(index, drawn[index], batch) if index in drawn else None
                    for index in range(len(self.units))
                ]

    def _keyed(self, base: Any, parts: Any) -> Any:
        """``key`` with one more part, where ``base`` has the golden ratio added already."""
        return scramble(base + scramble(parts + self.words.golden, self.words), self.words)

    def _range(self, start: int, stop: int) -> Any:
        return self.backend.xp.arange(start, stop, dtype=self.backend.xp.uint64)

    def _mask(self, index: int, keys: Any, batch: int) -> Any:
        """One layer's mask of keys (R, 1)."""
        xp, count = self.backend.xp, self.units[index] * batch
        if count not in self._counters:
            self._counters[count] = self._range(1, count + 1) * self.words.golden
        bits = scramble(keys + self._counters[count], self.words) >> self.words.by40
        stays = xp.astype(bits >= self.thresholds[index], self.dtype)
        return xp.reshape(stays * float(scale(self.dropouts[index])), (keys.shape[0], self.units[index], batch))
