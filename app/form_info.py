"""What is declared of a spec's fields and of a table row's settings, read together for the forms; no widgets here."""

from __future__ import annotations

import math
import typing
from dataclasses import dataclass
from typing import Any

import msgspec

from core.tables import Setting

LONGEST_TRACK = 1_000_000
"""Above this many whole numbers a field (a seed, say) is typed or stepped, not slid."""
_DECADES_FOR_LOG = 3


@dataclass(frozen=True)
class FieldInfo:
    """What a form needs to know of one number, choice or switch; limits are the hard ones, low and high the track's."""

    name: str
    type: Any
    title: str
    help: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    low: float | None = None
    high: float | None = None
    scale: str = "linear"
    unit: str = ""
    choices: tuple[str, ...] = ()
    prominent: bool = False

    @property
    def track(self) -> tuple[float, float] | None:
        """The ends of a slider for this field, None where it has no natural ends."""
        low = self.minimum if self.low is None else self.low
        high = self.maximum if self.high is None else self.high
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            return None
        if self.scale == "log" and low <= 0:
            low = high * 1e-6
        declared = self.low is not None and self.high is not None
        return (low, high) if declared or self.type is not int or high - low <= LONGEST_TRACK else None


def of_setting(setting: Setting) -> FieldInfo:
    """The same of a table row's setting."""
    return FieldInfo(
        name=setting.name,
        type=int if setting.whole else float,
        title=setting.title,
        help=setting.help,
        minimum=setting.low,
        maximum=setting.high,
        scale=setting.scale,
        unit=setting.unit,
    )


def read(spec: Any, path: str) -> Any:
    """The value at a dotted ``path`` of a spec; None where a part on the way is None."""
    for name in path.split("."):
        spec = None if spec is None else getattr(spec, name)
    return spec


def field_info(root: type[Any], path: str) -> FieldInfo:
    """What is declared of the field at a dotted ``path`` below the struct ``root``; raises KeyError if none."""
    *parents, name = path.split(".")
    for parent in parents:
        root = _struct_of(_hints(root)[parent])
    hint = _hints(root)[name]
    bare, metas = (typing.get_args(hint)[0], hint.__metadata__) if hasattr(hint, "__metadata__") else (hint, ())
    meta = next((m for m in metas if isinstance(m, msgspec.Meta)), msgspec.Meta())
    extra = meta.extra or {}
    literal = typing.get_origin(bare) is typing.Literal
    return FieldInfo(
        name=name,
        type=str if literal else bare,
        title=meta.title or name.replace("_", " ").capitalize(),
        help=meta.description or "",
        minimum=_lowest(bare, meta),
        maximum=_highest(bare, meta),
        low=extra.get("low"),
        high=extra.get("high"),
        scale=extra.get("scale") or _scale_for(bare, meta),
        unit=extra.get("unit", ""),
        choices=tuple(str(choice) for choice in typing.get_args(bare)) if literal else (),
    )


def _hints(struct: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(struct, include_extras=True)


def _struct_of(hint: Any) -> type[Any]:
    """The struct in a hint such as ``Annotated[Generator, …]`` or ``Generator | None``."""
    for candidate in (hint, *typing.get_args(hint)):
        if isinstance(candidate, type) and issubclass(candidate, msgspec.Struct):
            return candidate
    raise KeyError(f"{hint} has no fields")


def _lowest(kind: Any, meta: msgspec.Meta) -> float:
    """The least value a field may have; just above an excluded bound."""
    if meta.ge is not None:
        return float(meta.ge)
    if meta.gt is None:
        return -math.inf
    return float(meta.gt) + 1 if kind is int else math.nextafter(float(meta.gt), math.inf)


def _scale_for(kind: Any, meta: msgspec.Meta) -> str:
    """Logarithmic for counts over several decades, where nothing is declared."""
    low, high = _lowest(kind, meta), _highest(kind, meta)
    return "log" if kind is int and low > 0 and high / low >= 10**_DECADES_FOR_LOG else "linear"


def _highest(kind: Any, meta: msgspec.Meta) -> float:
    if meta.le is not None:
        return float(meta.le)
    if meta.lt is None:
        return math.inf
    return float(meta.lt) - 1 if kind is int else math.nextafter(float(meta.lt), -math.inf)
