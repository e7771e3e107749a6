"""Vectors for compiled code: a type of WIDTH numbers that are computed with at once, in registers.

A loop that the compiler turns into vector code by itself does so only if it can tell that nothing overlaps, and runs
what is left over number by number. Here the vectors are written down: operators and functions work on all their
numbers, and a formula written for numbers works on vectors as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import templates
from numba.extending import intrinsic, lower_builtin, models, register_model

WIDTH = 16
"""Numbers in a vector: the float32 of the widest registers there are; narrower ones take several."""


# Numba's own functions have no types.
_infer_global: Any = templates.infer_global
_signature: Any = templates.signature
_lower: Any = lower_builtin
_declared: Any = cgutils.get_or_insert_function


class Lanes(types.Type):
    """WIDTH numbers of one kind, or WIDTH truths."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        initialise: Any = super().__init__
        initialise(name=f"Lanes({dtype})")


@register_model(Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        initialise: Any = super().__init__
        initialise(manager, kind, ir.VectorType(_llvm(kind.dtype), WIDTH))


_LLVM = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.boolean: ir.IntType(1)}


def _llvm(kind: Any) -> Any:
    return _LLVM[kind]


def _number(kind: Any) -> Any:
    """What a Lanes or a number is made of."""
    return kind.dtype if isinstance(kind, Lanes) else kind


def precision(kind: Any) -> Any:
    """The Numba type of the numbers in what ``kind`` says: a number, a vector, or a pointer or array of them."""
    return getattr(kind, "dtype", kind)


def _joined(*kinds: Any) -> Any:
    """The vector type that an operation on these comes to; None where none of them is a vector."""
    return next((kind for kind in kinds if isinstance(kind, Lanes) and kind.dtype != types.boolean), None)


def spread_value(context: Any, builder: Any, value: Any, kind: Any, dtype: Any) -> Any:
    """``value`` as a vector of ``dtype``: itself, or a number in every lane."""
    if isinstance(kind, Lanes):
        return value
    return _splat(builder, context.cast(builder, value, kind, dtype))


def _splat(builder: Any, value: Any) -> Any:
    empty = ir.Constant(ir.VectorType(value.type, WIDTH), ir.Undefined)
    one = builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, empty, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


# ---- operators -------------------------------------------------------------------------------------------------------


def _define(symbol: Any, operands: int, truth: bool, emit: Callable[[Any, list[Any]], Any]) -> None:
    """Teach the compiler what ``symbol`` does where one of its operands is a vector."""

    @_infer_global(symbol)
    class Template(templates.AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            kind = _joined(*args)
            if kind is None or kws or len(args) != operands:
                return None
            if not all(isinstance(arg, (Lanes, types.Float, types.Integer)) for arg in args):
                return None
            return _signature(Lanes(types.boolean) if truth else kind, *args)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        dtype = _joined(*sig.args).dtype
        return emit(builder, [spread_value(context, builder, v, k, dtype) for v, k in zip(args, sig.args, strict=True)])

    if operands == 1:
        _lower(symbol, Lanes)(lower)
        return
    for kinds in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes)):
        _lower(symbol, *kinds)(lower)


for _symbol, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define(_symbol, 2, False, lambda builder, values, name=_name: getattr(builder, name)(*values))  # type: ignore[misc]
_define(operator.neg, 1, False, lambda builder, values: builder.fneg(*values))
for _symbol, _sign in (
    (operator.gt, ">"),
    (operator.lt, "<"),
    (operator.ge, ">="),
    (operator.le, "<="),
    (operator.eq, "=="),
):
    _define(_symbol, 2, True, lambda b, values, sign=_sign: b.fcmp_ordered(sign, *values))  # type: ignore[misc]
_define(operator.ne, 2, True, lambda builder, values: builder.fcmp_unordered("!=", *values))


# ---- functions of numbers and of vectors -----------------------------------------------------------------------------


@intrinsic
def _where(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``; lane by lane if it is a vector's."""
    if isinstance(condition, Lanes):
        kind = _joined(a, b) or Lanes(typingctx.unify_types(a, b))
    else:
        kind = a if a == b else typingctx.unify_types(a, b)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        test, *values = args
        if isinstance(kind, Lanes):
            pairs = zip(values, sig.args[1:], strict=True)
            values = [spread_value(context, builder, v, k, kind.dtype) for v, k in pairs]
        else:
            values = [context.cast(builder, v, k, kind) for v, k in zip(values, sig.args[1:], strict=True)]
        return builder.select(test, *values)

    return kind(condition, a, b), codegen


def _unary(emit: Callable[[Any, Any, Any], Any], result: Any = None) -> Any:
    """An intrinsic of a number or a vector: ``emit(builder, x, number's type)``; ``result`` is what it turns into."""

    @intrinsic
    def function(typingctx: Any, x: Any) -> Any:
        number = result or _number(x)
        kind = Lanes(number) if isinstance(x, Lanes) else number

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return emit(builder, args[0], _number(sig.args[0]))

        return kind(x), codegen

    return function


def _like(value: Any, scalar: Any) -> Any:
    """The LLVM type with ``scalar`` in place of each of the value's numbers."""
    return ir.VectorType(scalar, WIDTH) if isinstance(value.type, ir.VectorType) else scalar


def _constant(value: Any, scalar: Any, number: int) -> Any:
    kind = _like(value, scalar)
    return ir.Constant(kind, [number] * WIDTH if isinstance(kind, ir.VectorType) else number)


def _native(name: str) -> Any:
    """A function that the compiler knows for vectors: sqrt, floor, fabs."""

    def emit(builder: Any, x: Any, number: Any) -> Any:
        width = f"v{WIDTH}" if isinstance(x.type, ir.VectorType) else ""
        full = f"llvm.{name}.{width}f{number.bitwidth}"
        return builder.call(_declared(builder.module, ir.FunctionType(x.type, [x.type]), full), [x])

    return _unary(emit)


def library(name: str) -> Any:
    """The C library's function of that name, lane by lane."""

    def emit(builder: Any, x: Any, number: Any) -> Any:
        scalar = _llvm(number)
        full = name + ("f" if number == types.float32 else "")
        call = _declared(builder.module, ir.FunctionType(scalar, [scalar]), full)
        if not isinstance(x.type, ir.VectorType):
            return builder.call(call, [x])
        result = ir.Constant(x.type, ir.Undefined)
        for lane in range(WIDTH):
            place = ir.Constant(ir.IntType(32), lane)
            result = builder.insert_element(result, builder.call(call, [builder.extract_element(x, place)]), place)
        return result

    return _unary(emit)


_INT = ir.IntType(32)


def _emit_power(builder: Any, n: Any, number: Any) -> Any:
    whole = builder.fptosi(n, _like(n, _INT))
    raised = builder.shl(builder.add(whole, _constant(n, _INT, 126)), _constant(n, _INT, 23))
    return builder.bitcast(raised, n.type)


def _emit_exponent(builder: Any, x: Any, number: Any) -> Any:
    bits = builder.ashr(builder.bitcast(x, _like(x, _INT)), _constant(x, _INT, 23))
    return builder.sitofp(builder.sub(bits, _constant(x, _INT, 126)), x.type)


def _emit_mantissa(builder: Any, x: Any, number: Any) -> Any:
    bits = builder.and_(builder.bitcast(x, _like(x, _INT)), _constant(x, _INT, 0x007FFFFF))
    return builder.bitcast(builder.or_(bits, _constant(x, _INT, 0x3F000000)), x.type)


# The compiler passes the typing context; a caller gives the rest.
where: Any = _where
sqrt, floor, size = _native("sqrt"), _native("floor"), _native("fabs")
power_of_two: Any = _unary(_emit_power)
"""2 to the n - 1 of a whole float32, -125 ≤ n ≤ 128."""
exponent: Any = _unary(_emit_exponent)
"""n of a positive float32 m · 2ⁿ with ½ ≤ m < 1."""
mantissa: Any = _unary(_emit_mantissa)
"""The m of that."""
wide: Any = _unary(
    lambda b, x, number: x if number == types.float64 else b.fpext(x, _like(x, ir.DoubleType())), types.float64
)
"""As float64."""
narrow: Any = _unary(
    lambda b, x, number: x if number == types.float32 else b.fptrunc(x, _like(x, ir.FloatType())), types.float32
)
"""As float32."""


@intrinsic
def _spread_out(typingctx: Any, number: Any) -> Any:
    """The number in every lane."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(builder, args[0])

    return Lanes(number)(number), codegen


@intrinsic
def _total(typingctx: Any, vector: Any) -> Any:
    """The sum of a vector's numbers, by halves."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value, count = args[0], WIDTH
        while count > 1:
            count //= 2
            halves = []
            for first in (0, count):
                places = ir.Constant(ir.VectorType(_INT, count), list(range(first, first + count)))
                halves.append(builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), places))
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.Constant(_INT, 0))

    return vector.dtype(vector), codegen


@intrinsic
def _first(typingctx: Any, count: Any) -> Any:
    """Truths: the first ``count`` lanes."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.IntType(64)
        limit = _splat(builder, context.cast(builder, args[0], sig.args[0], types.int64))
        return builder.icmp_signed("<", ir.Constant(ir.VectorType(kind, WIDTH), list(range(WIDTH))), limit)

    return Lanes(types.boolean)(count), codegen


spread: Any = _spread_out
total: Any = _total
first: Any = _first
