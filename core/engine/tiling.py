"""When a stack trains in tiles of WIDTH runs, and its arrays in that layout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.engine.lanes import WIDTH
from core.engine.plan import Stack
from core.engine.tiles import PADDING
from core.network import Network

ALIGNED = 64
"""Bytes at whose multiples arrays begin, as wide registers like it: a vector across two lines of the cache is two."""
CHUNK_BYTES = 1 << 15
"""Sums and activations that a tile's samples may take: with θ, what stays in a near cache."""
TILE_COST = 0.8
"""A tile's time for a sample over a run's for a vector of samples: measured 0.3 to 0.86, for 2-4-2-1 to 2-64-64-1."""
TILE_ROOM = 1 << 20
"""Bytes of θ in a tile from which on its weights, which each chunk of samples reads anew, come from too far away."""


def serves(network: Network) -> bool:
    """Whether the tile kernels know all that ``network`` is made of.

    Not dropout, whose masks differ run by run, nor normalisation and shortcuts.
    """
    return network.plain and not any(layer.dropout for layer in network.layers)


def worth(network: Network, runs: int, batch: int, bytes_each: int) -> bool:
    """Whether ``runs`` of ``network`` are faster in tiles.

    A tile takes as long whether its lanes are in use or not, a run by itself whether its batch fills its vectors.
    """
    if runs < 2 or not serves(network) or network.parameters * WIDTH * bytes_each > TILE_ROOM:
        return False
    return tiles_for(runs) * batch * TILE_COST < runs * -(-batch // WIDTH)


def tiles_for(runs: int) -> int:
    """How many tiles so many runs take."""
    return -(-runs // WIDTH)


def chunk_for(network: Network, batch: int, bytes_each: int) -> int:
    """Samples of a batch that go through a tile together."""
    most = max(4, CHUNK_BYTES // (2 * sum(network.shape) * WIDTH * bytes_each))
    parts = -(-batch // most)
    return -(-batch // parts)


def aligned(size: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """``size`` zeros that begin where a wide register's worth of memory does."""
    kind = np.dtype(dtype)
    spare = np.zeros(size + ALIGNED // kind.itemsize, kind)
    begin = -spare.ctypes.data % ALIGNED // kind.itemsize
    return spare[begin : begin + size]


def tiled(array: npt.NDArray[Any], count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Numbers (R, …, N) of runs as (tiles, …, N · WIDTH) of ``count`` tiles, a number of all a tile's runs together."""
    runs, *between = array.shape
    table = aligned(count * WIDTH * math.prod(between), dtype).reshape(count, *between, WIDTH)
    whole = runs // WIDTH
    table[:whole] = np.moveaxis(array[: whole * WIDTH].reshape(whole, WIDTH, *between), 1, -1)
    if runs > whole * WIDTH:
        table[whole, ..., : runs - whole * WIDTH] = np.moveaxis(array[whole * WIDTH :], 0, -1)
    return table.reshape(count, *between[:-1], between[-1] * WIDTH)


def untiled(table: npt.NDArray[Any], runs: int) -> npt.NDArray[Any]:
    """The numbers (R, N) of ``tiled`` (tiles, N · WIDTH)."""
    each = table.shape[1] // WIDTH
    back = table.reshape(len(table), each, WIDTH).swapaxes(1, 2).reshape(len(table) * WIDTH, each)
    return np.ascontiguousarray(back[:runs])


def tile_coefficients(values: tuple[Any, ...], runs: int, steps: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An optimizer's C numbers, each of all runs and steps or for each (R, steps), as (tiles, steps, C · WIDTH)."""
    count = tiles_for(runs)
    table = aligned(count * steps * len(values) * WIDTH, dtype).reshape(count, steps, len(values), WIDTH)
    for index, value in enumerate(values):
        own = value if np.ndim(value) == 0 else tiled(np.broadcast_to(value, (runs, steps)), count, dtype)
        table[:, :, index] = own if np.ndim(own) == 0 else own.reshape(count, steps, WIDTH)
    return table.reshape(count, steps, len(values) * WIDTH)


def tile_stack(stack: Stack, parameters: int) -> Stack:
    """The stack, whose rows hold so many ``parameters``, in tiles; lanes without a run are marked as failed."""
    runs = len(stack.thetas)
    count = tiles_for(runs)
    thetas, good, gradients, updates, *slots = (
        tiled(array[:, :parameters], count, array.dtype)
        for array in (stack.thetas, stack.good, stack.gradients, stack.updates, *stack.slots)
    )
    kept = aligned(len(slots) * thetas.size, thetas.dtype).reshape(len(slots), *thetas.shape)
    for own, slot in zip(kept, slots, strict=True):
        own[:] = slot
    failed = np.full(count * WIDTH, PADDING)
    failed[:runs] = -1
    return Stack(thetas, good, kept, gradients, updates, np.zeros(count * WIDTH, thetas.dtype), failed)


def stack_of(tiles: Stack, runs: int) -> Stack:
    """The stack of so many runs that ``tile_stack`` was made of, as it is by now."""
    thetas, good, gradients, updates = (
        untiled(array, runs) for array in (tiles.thetas, tiles.good, tiles.gradients, tiles.updates)
    )
    slots = np.empty((len(tiles.slots), *thetas.shape), thetas.dtype)
    for own, slot in zip(slots, tiles.slots, strict=True):
        own[:] = untiled(slot, runs)
    return Stack(thetas, good, slots, gradients, updates, tiles.losses[:runs], tiles.failed[:runs])
