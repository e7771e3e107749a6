"""What is said of a neuron, a weight or a bias: its numbers, by name."""

from __future__ import annotations

from typing import Any

from app.network.known import Known
from app.network.parameter import FOLLOWING, Parameter, beside, neuron_name
from app.numbers import brief, number
from core.layers import NORMS
from core.network import Network

Pairs = list[tuple[str, str]]


def facts_of(one: Parameter, network: Network, known: Known | None) -> Pairs:
    """Gradient and update of a number; nothing where they are not known."""
    if known is None:
        return []
    place, letter = one.place(network), one.letter
    return [
        (f"gradient ∂L/∂{letter}", brief(known.slopes.gradient[place])),
        (f"{known.tense} update Δ{letter}", brief(known.change[place])),
    ]


def numbers_of(one: Parameter, network: Network, value: float, known: Known | None, frozen: bool) -> Pairs:
    """The value of a number, with its gradient and update where they are known."""
    note = " (frozen)" if frozen else ""
    return [(f"{one.kind} {one.letter}", number(value) + note), *facts_of(one, network, known)]


def short_name(one: Parameter, network: Network) -> str:
    """What a number is called among those of its neuron."""
    if one.source is not None:
        return f"weight from {neuron_name(network, one.index, one.source)}"
    return one.kind if one.block == "bias" else f"{one.kind} {one.letter}"


def statistics_of(one: Parameter, network: Network, theta: Any) -> Pairs:
    """The running statistics in θ (P,) of the neuron that a number belongs to; nothing where there are none."""
    found = beside(network, one.index, one.unit, FOLLOWING)
    return [(f"{each.kind} {each.letter}", number(float(theta[each.place(network)]))) for each in found]


def passed_through(column: int, unit: int, known: Known | None) -> Pairs:
    """What the picked sample comes to at a neuron: z, a and how the loss leans on z; nothing where none is picked."""
    if known is None or known.way is None or known.sample is None:
        return []
    way, name = known.way, f"sample {known.sample + 1}"
    if column == 0:
        return [(f"x, {name}", brief(way.x[unit]))]
    layer, at = known.network.layers[column - 1], column - 1
    normal = layer.norm != "none"
    said = [(f"z, {name}", brief(way.z[at][unit]))]
    if normal:
        said.append((f"u = γ ẑ + β, {name}", brief(way.u[at][unit])))
    formula = f"g({'u' if normal else 'z'})" + (" + shortcut" if layer.shortcut is not None else "")
    return [
        *said,
        (f"a = {formula}, {name}", brief(way.a[at][unit])),
        (f"∂L/∂z, {name}", brief(way.delta[at][unit])),
    ]


def norm_said(network: Network, column: int) -> Pairs:
    """What a hidden column is normalised by; nothing where it is not."""
    row = NORMS[network.layers[column - 1].norm]
    return [("normalisation", row.title)] if row.blocks else []
