"""Plain pointers for compiled code: numbers and vectors loaded from memory and stored to it.

Pointers, unlike arrays, are not counted, and cost nothing to pass on: whoever takes one sees to it that its array lives
on, and that what is read and written lies within.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from core.engine.lanes import WIDTH, Lanes, spread_value

_INT = ir.IntType(32)
_kind_of_pointer: Any = types.CPointer


@intrinsic
def _pointer(typingctx: Any, array: Any) -> Any:
    """Where a contiguous array's numbers begin."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return _kind_of_pointer(array.dtype)(array), codegen


@intrinsic
def _shift(typingctx: Any, p: Any, n: Any) -> Any:
    """The pointer ``n`` numbers further on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return p(p, n), codegen


@intrinsic
def _get(typingctx: Any, p: Any, i: Any) -> Any:
    """The number at ``i``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(builder.gep(args[0], [args[1]]))

    return p.dtype(p, i), codegen


@intrinsic
def _put(typingctx: Any, p: Any, i: Any, value: Any) -> Any:
    """Write ``value`` as the number at ``i``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        where, place, number = args
        builder.store(context.cast(builder, number, sig.args[2], sig.args[0].dtype), builder.gep(where, [place]))
        return context.get_dummy_value()

    return types.void(p, i, value), codegen


def _vector_place(builder: Any, p: Any, i: Any) -> Any:
    place = builder.gep(p, [i])
    return builder.bitcast(place, ir.VectorType(place.type.pointee, WIDTH).as_pointer())


def _bytes(dtype: Any) -> int:
    return int(dtype.bitwidth) // 8


@intrinsic
def _load(typingctx: Any, p: Any, i: Any) -> Any:
    """The WIDTH numbers from ``i`` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_vector_place(builder, *args), align=_bytes(p.dtype))

    return Lanes(p.dtype)(p, i), codegen


@intrinsic
def _store(typingctx: Any, p: Any, i: Any, value: Any) -> Any:
    """Write a vector, or a number WIDTH times, from ``i`` on."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = spread_value(context, builder, args[2], sig.args[2], p.dtype)
        builder.store(vector, _vector_place(builder, *args[:2]), align=_bytes(p.dtype))
        return context.get_dummy_value()

    return types.void(p, i, value), codegen


@intrinsic
def _put_totals(typingctx: Any, p: Any, i: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Write the sums of four vectors from ``i`` on; together they take half the work of four by themselves."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        def taken(x: Any, y: Any, places: list[int]) -> Any:
            return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(_INT, len(places)), places))

        def folded(x: Any, y: Any, part: int) -> Any:
            # Each run of 2 · part numbers of both, folded to part numbers: those of x, then those of y, side by side.
            runs = range(0, 2 * WIDTH, 2 * part)
            low = [start + n for start in runs for n in range(part)]
            return builder.fadd(taken(x, y, low), taken(x, y, [place + part for place in low]))

        value = folded(folded(args[2], args[3], WIDTH // 2), folded(args[4], args[5], WIDTH // 2), WIDTH // 4)
        part = WIDTH // 4
        while part > 1:
            part //= 2
            turned = [place ^ part for place in range(WIDTH)]
            value = builder.fadd(value, taken(value, value, turned))
        sums = taken(value, value, list(range(0, WIDTH, WIDTH // 4)))
        place = builder.bitcast(builder.gep(args[0], [args[1]]), sums.type.as_pointer())
        builder.store(sums, place, align=_bytes(p.dtype))
        return context.get_dummy_value()

    return types.void(p, i, a, b, c, d), codegen


pointer: Any = _pointer
shift: Any = _shift
get: Any = _get
put: Any = _put
load: Any = _load
store: Any = _store
put_totals: Any = _put_totals
