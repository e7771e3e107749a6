"""Formulas as C: a function over the elementary functions, called with names, writes down what it does with them.

So the mathematics has one definition, in the tables, for CUDA too. Every operation becomes one constant of its own, in
order (static single assignment); what is the same is computed once, and what is not needed is left to the compiler.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from core.elementary import Elementary, Function

NAMED = ("exp", "log", "log1p", "expm1", "tanh", "sin", "cos", "sqrt", "abs", "sign", "maximum", "minimum")
"""What the C source defines under these names for its Real, each with NumPy's handling of NaN."""


class Trace:
    """The lines of one C function, written as a formula is called."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[str, Value] = {}

    def let(self, expression: str, kind: str = "Real") -> Value:
        """The value of an expression, under a name of its own."""
        if expression not in self._known:
            name = f"v{len(self._known)}"
            self.lines.append(f"const {kind} {name} = {expression};")
            self._known[expression] = Value(self, name)
        return self._known[expression]

    def elementary(self) -> Elementary:
        """Elementary functions that write themselves down."""

        def named(name: str) -> Function:
            return lambda *operands: self.let(f"{name}_of({', '.join(map(literal, operands))})")

        def where(condition: Any, a: Any, b: Any) -> Value:
            return self.let(f"{literal(condition)} ? {literal(a)} : {literal(b)}")

        def sigmoid(z: Any) -> Any:
            return 0.5 * functions["tanh"](0.5 * z) + 0.5

        functions: dict[str, Function] = {name: named(name) for name in NAMED}
        return Elementary(**functions, where=where, real=float, sigmoid=sigmoid)


class Value:
    """A name in the C source that stands for a number, or for a truth; arithmetic writes a line and gives another."""

    def __init__(self, trace: Trace, name: str) -> None:
        self.trace, self.name = trace, name

    def _binary(self, sign: str, other: Any, kind: str = "Real") -> Value:
        return self.trace.let(f"{self.name} {sign} {literal(other)}", kind)

    def _reflected(self, sign: str, other: Any) -> Value:
        return self.trace.let(f"{literal(other)} {sign} {self.name}")

    def __add__(self, other: Any) -> Value:
        return self._binary("+", other)

    def __sub__(self, other: Any) -> Value:
        return self._binary("-", other)

    def __mul__(self, other: Any) -> Value:
        return self._binary("*", other)

    def __truediv__(self, other: Any) -> Value:
        return self._binary("/", other)

    def __radd__(self, other: Any) -> Value:
        return self._reflected("+", other)

    def __rsub__(self, other: Any) -> Value:
        return self._reflected("-", other)

    def __rmul__(self, other: Any) -> Value:
        return self._reflected("*", other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._reflected("/", other)

    def __neg__(self) -> Value:
        return self.trace.let(f"-{self.name}")

    def __gt__(self, other: Any) -> Value:
        return self._binary(">", other, "bool")

    def __lt__(self, other: Any) -> Value:
        return self._binary("<", other, "bool")

    def __ge__(self, other: Any) -> Value:
        return self._binary(">=", other, "bool")

    def __le__(self, other: Any) -> Value:
        return self._binary("<=", other, "bool")

    def __bool__(self) -> bool:
        raise TypeError("a formula must not branch on its operands: use where")


def literal(value: Any) -> str:
    """An operand in C: a name, or a number that reads back to the same bits in double precision."""
    if isinstance(value, Value):
        return value.name
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} cannot be written as a number in C")
    return f"Real({number!r})"


def function(head: str, results: Sequence[str], formula: Function, *operands: Any) -> str:
    """The C function ``head`` that sets ``results`` to what ``formula`` gives for the operands.

    ``formula`` takes the elementary functions first. An operand is a C expression, a number, or a tuple of either; one
    of the results may be "return". Raises ValueError where there are more results than places for them, or fewer.
    """
    trace = Trace()
    found = _flat(formula(trace.elementary(), *(_operand(trace, operand) for operand in operands)))
    ends = [
        f"{'return' if place == 'return' else f'{place} ='} {literal(value)};"
        for place, value in zip(results, found, strict=True)
    ]
    lines = "".join(f"    {line}\n" for line in (*trace.lines, *ends))
    return f"__device__ inline {head} {{\n{lines}}}\n"


def _operand(trace: Trace, operand: Any) -> Any:
    if isinstance(operand, tuple):
        return tuple(_operand(trace, part) for part in operand)
    if not isinstance(operand, str):
        return operand
    # An element of an array is read before any result is written there.
    return Value(trace, operand) if operand.isidentifier() else trace.let(operand)


def _flat(found: Any) -> list[Any]:
    return [value for part in found for value in _flat(part)] if isinstance(found, tuple) else [found]
