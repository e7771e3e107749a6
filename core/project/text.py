"""How a file is laid out: short things on one line, points one a line, arrays of θ as base64."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from core.spec import Points, Precision

WIDTH = 144
"""Characters up to which a list or an object stays on one line."""


class TypedArray(Struct, frozen=True, forbid_unknown_fields=True):
    """An array in a file: its numbers as little-endian bytes, which JSON holds as base64."""

    dtype: Precision
    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, array: npt.NDArray[Any]) -> TypedArray:
        """``array``, float32 or float64, of any shape."""
        name: Precision = "float32" if array.dtype == np.float32 else "float64"
        return cls(name, array.shape, np.ascontiguousarray(array, dtype=np.dtype(name).newbyteorder("<")).tobytes())

    def array(self, length: int) -> npt.NDArray[Any]:
        """The array (length,), read-only; raises ValueError where the file says otherwise."""
        kind = np.dtype(self.dtype)
        if self.shape != (length,):
            raise ValueError(f"its shape is {list(self.shape)}, but this network needs [{length}]")
        if len(self.data) != length * kind.itemsize:
            needed = length * kind.itemsize
            raise ValueError(f"it has {len(self.data)} bytes, but {length} {kind} numbers take {needed}")
        array = np.frombuffer(self.data, dtype=kind.newbyteorder("<")).astype(kind)
        array.setflags(write=False)
        return array


# ---- points ----------------------------------------------------------------------------------------------------------


def from_points(points: Any) -> list[list[Any]]:
    """Points as rows [x1, x2, y], with a last ``true`` where one was drawn by hand."""
    if not isinstance(points, Points):
        raise NotImplementedError(type(points))
    rows: list[list[Any]] = points.x.tolist()
    for row, y, drawn in zip(rows, points.y.tolist(), points.drawn.tolist(), strict=True):
        row.append(_plain(y))
        if drawn:
            row.append(True)
    return rows


def _plain(y: float) -> float | int:
    """A class as 2, not 2.0; any other number as it is (-0.0, too: read back, a plain 0 would be another number)."""
    whole = y.is_integer() and abs(y) < 2**53 and not (y == 0.0 and np.signbit(y))
    return int(y) if whole else y


def as_points(rows: Any) -> Points:
    """Points from such rows; raises ValueError with the first row that is not one."""
    if not isinstance(rows, list):
        raise ValueError("this has to be a list of points, each [x1, x2, class or value]")
    if not rows:
        return Points([], [])
    drawn = [isinstance(row, list) and bool(row) and isinstance(row[-1], bool) for row in rows]
    numbers = [row[:-1] if marked else row for row, marked in zip(rows, drawn, strict=True)]
    width = len(numbers[0]) if isinstance(numbers[0], list) else 0
    for index, row in enumerate(numbers):
        if not isinstance(row, list) or len(row) != width or width < 2 or any(type(v) not in (float, int) for v in row):
            raise ValueError(f"point {index} is not like [x1, x2, class or value], all of them numbers")
    try:
        table = np.array(numbers, dtype=np.float64)
    except OverflowError:
        raise ValueError("a coordinate or value is too large") from None
    marks = [marked and bool(row[-1]) for row, marked in zip(rows, drawn, strict=True)]
    return Points(table[:, :-1], table[:, -1], marks)


# ---- layout ----------------------------------------------------------------------------------------------------------


def as_text(tree: Any) -> str:
    """A tree of dicts, lists and plain values as JSON with an ending newline."""
    return _laid_out(tree, "") + "\n"


def _laid_out(value: Any, indent: str) -> str:
    if not isinstance(value, (dict, list, tuple)) or not value:
        return msgspec.json.encode(value).decode()
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{msgspec.json.encode(key).decode()}: {_laid_out(part, inner)}" for key, part in value.items()]
        opening, closing = "{}"
    else:
        parts = [_laid_out(part, inner) for part in value]
        opening, closing = "[]"
    nested = isinstance(value, (list, tuple)) and isinstance(value[0], (dict, list, tuple))
    if not nested and sum(map(len, parts)) + 2 * len(parts) <= WIDTH and not any("\n" in part for part in parts):
        return f"{opening}{', '.join(parts)}{closing}"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"
