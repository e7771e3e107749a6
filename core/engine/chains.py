"""The tables' formulas as compiled loops over vectors, chosen by a number outside the inner loop.

Every row's formula is compiled for both precisions from its one definition, and the rows' loops stand in one function,
one after another: if the number is mine, loop. One compilation so serves every network. The functions are written out
as text, since a loop of its own for each row, with as many numbers as it takes, cannot be had otherwise. All their
arrays are pointers, and whole vectors long.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from core.activations import ACTIVATIONS
from core.elementary import NUMPY
from core.engine.lanes import WIDTH, narrow, precision, spread
from core.engine.memory import get, load, store
from core.engine.scalar import FLOAT32, FLOAT64, INLINE, f32, jit
from core.layers import NORMS, standardising
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS
from core.tables import Setting

ACTIVATION_CODES = {row.name: code for code, row in enumerate(ACTIVATIONS.rows())}
SOFTMAX = ACTIVATION_CODES["softmax"]
LOSS_CODES = {row.name: code for code, row in enumerate(LOSSES.rows())}
NORM_CODES = {row.name: code for code, row in enumerate(NORMS.rows())}
NO_NORM, BATCH_NORM, LAYER_NORM = (NORM_CODES[name] for name in ("none", "batch", "layer"))
OPTIMIZER_CODES = {row.name: code for code, row in enumerate(OPTIMIZERS.rows())}
COEFFICIENTS = [
    len(row.coefficients(1.0, 1, {setting.name: setting.default for setting in row.settings}))
    for row in OPTIMIZERS.rows()
]
"""Numbers that a step of each optimizer needs, by code."""
MOST_COEFFICIENTS = max(COEFFICIENTS)


def _by_precision(single: Any, double: Any) -> Any:
    """One function for compiled code that is ``single`` where its first argument is of float32, else ``double``."""
    names = ", ".join(single.__code__.co_varnames[: single.__code__.co_argcount])
    first = names.partition(",")[0]
    # Written out, because Numba wants the same argument names of all three.
    source = f"def stub({names}): pass\ndef choose({names}): return single if precision({first}) == float32 else double"
    space: dict[str, Any] = {"single": single, "double": double, "float32": types.float32}
    space["precision"] = precision
    exec(source, space)
    overload(space["stub"], jit_options=INLINE, strict=False)(space["choose"])
    return space["stub"]


def _zero32(a: Any) -> Any:
    return ZERO32


def _zero64(a: Any) -> Any:
    return 0.0


def _caller(function: Any) -> Any:
    def call(x: Any) -> Any:
        return function(x)

    return call


def _narrowed(a: Any, value: Any) -> Any:
    return narrow(value)


def _unchanged(a: Any, value: Any) -> Any:
    return value


ZERO32 = f32(0.0)
zero_like = _by_precision(_zero32, _zero64)
"""Zero in the precision of its argument, which may be a pointer: x * 0 would be NaN for NaN."""
as_kind = _by_precision(_narrowed, _unchanged)
"""as_kind(a, value): the float64 ``value`` in the precision of ``a``."""
exp_of = _by_precision(_caller(FLOAT32.exp), _caller(FLOAT64.exp))
log_of = _by_precision(_caller(FLOAT32.log), _caller(FLOAT64.log))
inverse_of, standard_of, slope_of = (
    _by_precision(single, double) for single, double in zip(standardising(FLOAT32), standardising(FLOAT64), strict=True)
)
"""The maths of normalisation, of numbers and of vectors."""


def _defaults(settings: Sequence[Setting]) -> dict[str, float]:
    return {setting.name: setting.default for setting in settings}


def _numbers(count: int, code: int, read: str = "get(c, {i})") -> tuple[str, str]:
    """Lines that ``read`` the first ``count`` of ``c`` once, before a loop, and the tuple of them."""
    names = [f"c{code}_{i}" for i in range(count)]
    lines = "".join(f"{name} = {read.format(i=i)}\n" for i, name in enumerate(names))
    return lines, "(" + "".join(f"{name}, " for name in names) + ")"


def _loop(before: str, *lines: str) -> str:
    return before + f"for k in range(0, n, {WIDTH}):\n" + "".join(f"    {line}\n" for line in lines)


def _choice(arguments: str, loops: dict[int, str], functions: dict[int, Any]) -> Any:
    """The compiled function of ``code`` and ``arguments`` that runs the loop of that code, over the function so named.

    A code without a loop runs none.
    """
    cases = [f"if code == {code}:\n{textwrap.indent(loop, '    ')}" for code, loop in loops.items()]
    source = f"def choose(code, {arguments}):\n" + textwrap.indent("el".join(cases), "    ")
    space = {f"f{code}": function for code, function in functions.items()}
    space |= {"get": get, "load": load, "store": store, "spread": spread}
    exec(source, space)
    return jit(space["choose"])


def _pairs(rows: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    """The value, and the slope, of every row with a formula, by code."""
    values, slopes = {}, {}
    for code, row in enumerate(rows):
        if row.formula is not None:
            (v32, s32), (v64, s64) = row.formula(FLOAT32), row.formula(FLOAT64)
            values[code], slopes[code] = _by_precision(v32, v64), _by_precision(s32, s64)
    return values, slopes


def _loss_loop(code: int) -> str:
    row = LOSSES.rows()[code]
    before, c = _numbers(len(row.coefficients(_defaults(row.settings), 1)), code)
    return _loop(before, f"store(out, k, f{code}(load(read, k), load(t, k), {c}))")


def _update_loop(code: int) -> str:
    first, c = _numbers(COEFFICIENTS[code], code, f"load(c, {{i}} * {WIDTH}) if tiled else spread(get(c, {{i}}))")
    slots = range(len(OPTIMIZERS.rows()[code].slots))
    given = "(" + "".join(f"load(slots, {i} * apart + k), " for i in slots) + ")"
    kept = [f"store(slots, {i} * apart + k, s{code}[{i}])" for i in slots]
    call = f"d{code}, s{code} = f{code}(load(before, k), load(g, k), {given}, {c})"
    after = f"store(theta, k, load(before, k) - d{code})"
    return _loop(first, call, *kept, after, f"if keep: store(delta, k, d{code})")


_values, _slopes = _pairs(ACTIVATIONS.rows())
_losses, _loss_slopes = _pairs(LOSSES.rows())
_updates = {
    code: _by_precision(row.formula(FLOAT32), row.formula(FLOAT64))
    for code, row in enumerate(OPTIMIZERS.rows())
    if row.formula
}


def _reads_z(formula: Any) -> bool:
    """Whether a slope depends on z where the value is given: found by asking."""
    z = np.array([-30.0, -1.0, -0.1, 0.1, 1.0, 30.0, np.nan])
    slopes = [formula(NUMPY)[1](z, np.full(len(z), a)) for a in (-0.5, 0.0, 0.5)]
    return any(not (slope == slope[0]).all() for slope in slopes)


SLOPE_READS_Z = sum(
    1 << code for code, row in enumerate(ACTIVATIONS.rows()) if row.formula is None or _reads_z(row.formula)
)
"""A bit for each activation's code: whether its slope needs more than its value."""

activate = _choice("z, a, n", {code: _loop("", f"store(a, k, f{code}(load(z, k)))") for code in _values}, _values)
"""activate(code, z, a, n): a[k] = g(z[k])."""
through = _choice(
    "z, a, d, n",
    {code: _loop("", f"store(d, k, load(d, k) * f{code}(load(z, k), load(a, k)))") for code in _slopes},
    _slopes,
)
"""through(code, z, a, d, n): d[k] *= g'(z[k])."""
loss_value = _choice("read, t, c, out, n", {code: _loss_loop(code) for code in _losses}, _losses)
"""loss_value(code, read, t, c, out, n): out[k] = L(read[k], t[k])."""
loss_slope = _choice("read, t, c, out, n", {code: _loss_loop(code) for code in _losses}, _loss_slopes)
"""loss_slope(code, read, t, c, out, n): out[k] = dL/d read."""
step = _choice(
    "before, theta, g, slots, apart, c, tiled, delta, keep, n",
    {code: _update_loop(code) for code in _updates},
    _updates,
)
"""step(code, before, theta, g, slots, apart, c, tiled, delta, keep, n): the optimizer's update, from ``before`` to θ.

Its slots lie ``apart``, its numbers in ``c``, where it is ``tiled`` a vector for each; the update is written down to
``keep`` it.
"""
