"""The tables' formulas as compiled loops, chosen by a number outside the inner loop.

Every row's formula is compiled for both precisions from its one definition, and the rows are strung into a chain: if
the number is mine, loop; else ask the next. One compilation so serves every network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import overload

from core.activations import ACTIVATIONS
from core.engine.scalar import FAST, FLOAT32, FLOAT64, f32, jit
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS

OPTIONS: Any = {"fastmath": FAST, "error_model": "numpy", "nogil": True}

ACTIVATION_CODES = {row.name: code for code, row in enumerate(ACTIVATIONS.rows())}
SOFTMAX = ACTIVATION_CODES["softmax"]
LOSS_CODES = {row.name: code for code, row in enumerate(LOSSES.rows())}
OPTIMIZER_CODES = {row.name: code for code, row in enumerate(OPTIMIZERS.rows())}


def _by_precision(single: Any, double: Any) -> Any:
    """One function for compiled code that is ``single`` where its first argument is a float32, else ``double``."""
    names = ", ".join(single.__code__.co_varnames[: single.__code__.co_argcount])
    first = names.partition(",")[0]
    # Written out, because Numba wants the same argument names of all three.
    source = f"def stub({names}): pass\ndef choose({names}): return single if {first} == float32 else double"
    space: dict[str, Any] = {"single": single, "double": double, "float32": types.float32}
    exec(source, space)
    overload(space["stub"], jit_options=OPTIONS, strict=False)(space["choose"])
    return space["stub"]


def _zero32(a: Any) -> Any:
    return ZERO32


def _zero64(a: Any) -> Any:
    return 0.0


ZERO32 = f32(0.0)
zero_like = _by_precision(_zero32, _zero64)
"""Zero in the precision of its argument, whatever that is: x * 0 would be NaN for NaN."""


def _pairs(rows: Any) -> list[tuple[int, Any, Any]]:
    """(code, value, slope) of every row with a formula; a value takes (z) or (read, t), a slope two numbers."""
    made = []
    for code, row in enumerate(rows):
        if row.formula is not None:
            (v32, s32), (v64, s64) = row.formula(FLOAT32), row.formula(FLOAT64)
            made.append((code, _by_precision(v32, v64), _by_precision(s32, s64)))
    return made


def _string(links: Callable[[int, Any, Any], Any], pairs: list[tuple[int, Any]], last: Any) -> Any:
    for code, scalar in reversed(pairs):
        last = links(code, scalar, last)
    return last


@jit
def _no_value(code: int, z: Any, a: Any, n: int) -> None:
    pass


def _value_link(number: int, value: Any, rest: Any) -> Any:
    @jit
    def link(code: int, z: Any, a: Any, n: int) -> None:
        if code == number:
            for k in range(n):
                a[k] = value(z[k])
        else:
            rest(code, z, a, n)

    return link


@jit
def _no_slope(code: int, z: Any, a: Any, d: Any, n: int) -> None:
    pass


def _slope_link(number: int, slope: Any, rest: Any) -> Any:
    @jit
    def link(code: int, z: Any, a: Any, d: Any, n: int) -> None:
        if code == number:
            for k in range(n):
                d[k] *= slope(z[k], a[k])
        else:
            rest(code, z, a, d, n)

    return link


@jit
def _no_two(code: int, read: Any, t: Any, out: Any, n: int) -> None:
    pass


def _two_link(number: int, function: Any, rest: Any) -> Any:
    @jit
    def link(code: int, read: Any, t: Any, out: Any, n: int) -> None:
        if code == number:
            for k in range(n):
                out[k] = function(read[k], t[k])
        else:
            rest(code, read, t, out, n)

    return link


_activations = _pairs(ACTIVATIONS.rows())
_losses = _pairs(LOSSES.rows())

activate = _string(_value_link, [(code, value) for code, value, _ in _activations], _no_value)
"""activate(code, z, a, n): a[k] = g(z[k])."""
through = _string(_slope_link, [(code, slope) for code, _, slope in _activations], _no_slope)
"""through(code, z, a, d, n): d[k] *= g'(z[k])."""
loss_value = _string(_two_link, [(code, value) for code, value, _ in _losses], _no_two)
"""loss_value(code, read, t, out, n): out[k] = L(read[k], t[k])."""
loss_slope = _string(_two_link, [(code, slope) for code, _, slope in _losses], _no_two)
"""loss_slope(code, read, t, out, n): out[k] = dL/d read."""


_UPDATE_LINK = """
def link(code, theta, g, slots, c, delta, n):
    if code == {code}:
        {constants}
        for p in range(n):
            step, ({taken}) = update(g[p], ({given}), ({names}))
            {kept}
            delta[p] = step
            theta[p] -= step
    else:
        rest(code, theta, g, slots, c, delta, n)
"""


def _update_link(code: int, update: Any, rest: Any) -> Any:
    """An optimizer's loop; written out, since tuples of one length each are what compiles."""
    row = OPTIMIZERS.rows()[code]
    settings = {setting.name: setting.default for setting in row.settings}
    count, slots = len(row.coefficients(1.0, 1, settings)), range(len(row.slots))
    source = _UPDATE_LINK.format(
        code=code,
        constants="; ".join(f"c{i} = c[{i}]" for i in range(count)),
        names="".join(f"c{i}, " for i in range(count)),
        given="".join(f"slots[{i}, p], " for i in slots),
        taken="".join(f"s{i}, " for i in slots) or "*_",
        kept="; ".join(f"slots[{i}, p] = s{i}" for i in slots) or "pass",
    )
    if not slots:
        source = source.replace("step, (*_) =", "step, _ =")
    space = {"update": update, "rest": rest}
    exec(source, space)
    return jit(space["link"])


@jit
def _no_update(code: int, theta: Any, g: Any, slots: Any, c: Any, delta: Any, n: int) -> None:
    pass


step = _string(
    _update_link,
    [(code, _by_precision(row.formula(FLOAT32), row.formula(FLOAT64))) for code, row in enumerate(OPTIMIZERS.rows())],
    _no_update,
)
"""step(code, theta, g, slots, c, delta, n): the optimizer's update, in place."""
MOST_COEFFICIENTS = 8
"""Numbers an optimizer's step may need."""
