"""Elementary functions, handed to every formula so that one definition serves all engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Elementary:
    """What a formula may use: each works elementwise, and ``real`` makes a constant of the working precision."""

    exp: Function
    log: Function
    log1p: Function
    expm1: Function
    tanh: Function
    sin: Function
    cos: Function
    sqrt: Function
    abs: Function
    sign: Function
    maximum: Function
    minimum: Function
    where: Function
    real: Callable[[float], Any]
    sigmoid: Function

    @classmethod
    def of(cls, xp: Any) -> Elementary:
        """Elementary functions from an array namespace."""
        half = 0.5

        def sigmoid(z: Any) -> Any:
            # 1 / (1 + exp(-z)) overflows far below zero; through tanh it never does.
            return half * xp.tanh(half * z) + half

        names = (
            "exp",
            "log",
            "log1p",
            "expm1",
            "tanh",
            "sin",
            "cos",
            "sqrt",
            "abs",
            "sign",
            "maximum",
            "minimum",
            "where",
        )
        return cls(**{name: getattr(xp, name) for name in names}, real=float, sigmoid=sigmoid)


NUMPY = Elementary.of(np)
