"""What is different between two Experiments, as lines to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core.spec import Choice, Data, Dense, Experiment, Points, Spec


@dataclass(frozen=True)
class Difference:
    """A setting that two Experiments have apart: its ``title``, and its value in each, as text."""

    title: str
    before: str
    after: str


def differences(before: Experiment, after: Experiment) -> list[Difference]:
    """Every setting that differs, in the order of the fields; names of experiments and ids of layers are none."""
    if before == after:
        return []
    return [
        *_data(before.data, after.data),
        *_layers(before.network.layers, after.network.layers),
        *_fields("Output", before.network.output, after.network.output),
        *_one("Initialisation", before.network.initializer, after.network.initializer),
        *_one("Frozen weights", len(before.network.frozen), len(after.network.frozen)),
        *_fields("", before.training, after.training),
    ]


_UNSAID = ("points", "generator", "columns", "labels", "target")
"""Fields of the data that are said otherwise, or follow from the table and its features."""


def _data(before: Data, after: Data) -> Iterator[Difference]:
    if before.points != after.points:
        old, new = _described(before.points), _described(after.points)
        yield Difference("Points", old, new if new != old else "moved")
    yield from _fields("", before, after, leave=_UNSAID)


def _described(points: Points) -> str:
    drawn = int(points.drawn.sum())
    return f"{len(points)}" + (f" ({drawn} drawn)" if drawn else "")


def _layers(before: Sequence[Dense], after: Sequence[Dense]) -> Iterator[Difference]:
    old, new = _shape(before), _shape(after)
    if old != new:
        yield Difference("Hidden layers", old, new)
    for index, (a, b) in enumerate(zip(before, after, strict=False)):
        yield from _fields(f"Layer {index + 1}", a, b, leave=("units", "id"))


def _shape(layers: Sequence[Dense]) -> str:
    return "-".join(str(layer.units) for layer in layers) or "none"


def _fields(where: str, before: Spec, after: Spec, leave: Sequence[str] = ()) -> Iterator[Difference]:
    """The fields of two structs of one type that differ, nested ones with their own titles."""
    for field in msgspec.structs.fields(before):
        if field.name in leave:
            continue
        title = _title(field)
        title = f"{where} {title[:1].lower()}{title[1:]}" if where else title
        yield from _one(title, getattr(before, field.name), getattr(after, field.name))


def _one(title: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Spec) and type(before) is type(after) and not isinstance(before, Choice):
        yield from _fields(title, before, after)
    else:
        yield Difference(title, _text(before), _text(after))


def _title(field: Any) -> str:
    kind = msgspec.inspect.type_info(field.type)
    named = getattr(kind, "title", None) or (getattr(kind, "extra_json_schema", None) or {}).get("title")
    return str(named or field.name.replace("_", " ").capitalize())


def _text(value: Any) -> str:
    if isinstance(value, Choice):
        settings = ", ".join(f"{name} {setting:g}" for name, setting in value.settings.items())
        return value.name + (f" ({settings})" if settings else "")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
