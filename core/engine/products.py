"""Compiled matrix products, written out so that four rows by four vectors of them stay in registers.

There are two layouts. In one, a row's lanes are the samples of a batch, and a weight is one number for all of them. In
tiles, a vector's lanes are WIDTH runs of a stack: a weight is a vector, a number for each run, and a row's vectors are
its samples, one after the other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from core.engine.chains import zero_like
from core.engine.lanes import WIDTH, spread, total
from core.engine.memory import get, load, put, put_totals, shift, store
from core.engine.scalar import jit

ROWS, VECTORS, INPUTS = (4, 1), (4, 2, 1), (4, 2, 1)
"""Rows and vectors, or inputs, that are worked on together: as many as are left allow."""


def _blocks(variable: str, sizes: Sequence[int], step: int, end: str, body: Any) -> str:
    """Loops of ``body(size)`` over ``variable`` from 0 to ``end``, the largest of ``sizes`` as long as it fits."""
    text = f"{variable} = 0\n"
    for size in sizes:
        text += f"while {variable} + {(size - 1) * step} < {end}:\n"
        text += textwrap.indent(body(size) + f"{variable} += {size * step}\n", "    ")
    return text


def _compiled(name: str, arguments: str, body: str) -> Any:
    """The function of these names, which are all it has, compiled."""
    space: dict[str, Any] = {
        "get": get, "put": put, "load": load, "store": store, "shift": shift, "spread": spread, "total": total,
        "put_totals": put_totals, "zero_like": zero_like,
    }  # fmt: skip
    exec(f"def {name}({arguments}):\n" + textwrap.indent(body, "    "), space)
    return jit(space[name])


# ---- products --------------------------------------------------------------------------------------------------------


def _product_block(weight: str, bias: str, rows: int, vectors: int) -> str:
    """``rows`` by ``vectors`` of a product, from row ``r`` and lane ``k`` on."""
    places = [(u, v) for u in range(rows) for v in range(vectors)]
    begin = [f"b{u} = {bias.format(at=f'r + {u}')} if biased else nothing" for u in range(rows)]
    begin += [f"z{u}_{v} = b{u}" for u, v in places]
    inner = [f"s{v} = load(source, c * lanes + k + {v * WIDTH})" for v in range(vectors)]
    for u in range(rows):
        inner += [f"w = {weight.format(at=f'at + {u} * down')}"]
        inner += [f"z{u}_{v} = z{u}_{v} + w * s{v}" for v in range(vectors)]
    end = [f"store(out, (r + {u}) * lanes + k + {v * WIDTH}, z{u}_{v})" for u, v in places]
    loop = ["for c in range(columns):", *(f"    {line}" for line in (*inner, "at += along"))]
    return "\n".join([*begin, "at = r * down", *loop, *end]) + "\n"


def _product(name: str, weight: str, bias: str) -> Any:
    def rows_of(rows: int) -> str:
        return _blocks("k", VECTORS, WIDTH, "lanes", lambda vectors: _product_block(weight, bias, rows, vectors))

    arguments = "matrix, down, along, bias, biased, source, out, rows, columns, lanes"
    return _compiled(name, arguments, "nothing = spread(zero_like(matrix))\n" + _blocks("r", ROWS, 1, "rows", rows_of))


product = _product("product", "get(matrix, {at})", "spread(get(bias, {at}))")
"""product(matrix, down, along, bias, biased, source, out, rows, columns, lanes): ``out`` (rows, lanes) = M ``source``
(columns, lanes) + bias; M's numbers lie ``down`` and ``along`` apart: exchanged, it is the transposed product."""
tile_product = _product("tile_product", f"load(matrix, ({{at}}) * {WIDTH})", f"load(bias, ({{at}}) * {WIDTH})")
"""The same in tiles: M and the bias have a vector for each number, the distances count vectors."""


# ---- gradients of weights --------------------------------------------------------------------------------------------


def _gradient_block(rows: int, inputs: int, begin: str, end: str) -> str:
    """Sums over the lanes, vector by vector, for ``rows`` units from ``o`` and ``inputs`` from ``i`` on."""
    places = [(u, v) for u in range(rows) for v in range(inputs)]
    names = {"place": "(o + {u}) * fan_in + i + {v}"}
    before = [f"t{u}_{v} = " + begin.format(at=names["place"].format(u=u, v=v)) for u, v in places]
    inner = [f"s{v} = load(source, (i + {v}) * lanes + k)" for v in range(inputs)]
    for u in range(rows):
        inner += [
            f"d = load(delta, (o + {u}) * lanes + k)",
            *(f"t{u}_{v} = t{u}_{v} + d * s{v}" for v in range(inputs)),
        ]
    loop = [f"for k in range(0, lanes, {WIDTH}):", *(f"    {line}" for line in inner)]
    after = [end.format(at=names["place"].format(u=u, v=v), t=f"t{u}_{v}") for u, v in places]
    return "\n".join([*before, *loop, *after]) + "\n"


def _tile_gradient() -> Any:
    begin, end = f"load(g, ({{at}}) * {WIDTH}) if more else nothing", f"store(g, ({{at}}) * {WIDTH}, {{t}})"

    def rows_of(rows: int) -> str:
        return _blocks("i", INPUTS, 1, "fan_in", lambda inputs: _gradient_block(rows, inputs, begin, end))

    biases = f"""
if biased:
    for o in range(units):
        t = load(bias, o * {WIDTH}) if more else nothing
        for k in range(0, lanes, {WIDTH}):
            t = t + load(delta, o * lanes + k)
        store(bias, o * {WIDTH}, t)
"""
    body = "nothing = spread(zero_like(g))\n" + _blocks("o", ROWS, 1, "units", rows_of) + biases
    return _compiled("tile_gradient", "g, bias, biased, delta, source, fan_in, units, lanes, more", body)


tile_gradient = _tile_gradient()
"""tile_gradient(g, bias, biased, delta, source, fan_in, units, lanes, more): dL/dW = dL/dz aᵀ and dL/db = sum of dL/dz
over a row's vectors, for each run by itself; added to what is there where there is ``more`` than these samples."""
