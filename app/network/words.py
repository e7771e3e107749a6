"""What is said of a neuron, a weight or a bias: its numbers, by name."""

from __future__ import annotations

from app.network.known import Known
from app.network.parameter import Parameter
from app.numbers import number
from core.network import Network

Pairs = list[tuple[str, str]]


def facts_of(one: Parameter, network: Network, known: Known | None) -> Pairs:
    """Gradient and update of a weight or bias; nothing where they are not known."""
    if known is None:
        return []
    place, letter = one.place(network), one.letter
    return [
        (f"gradient ∂L/∂{letter}", number(known.slopes.gradient[place], 3)),
        (f"{known.tense} update Δ{letter}", number(known.change[place], 3)),
    ]


def numbers_of(one: Parameter, network: Network, value: float, known: Known | None, frozen: bool) -> Pairs:
    """The value of a weight or bias, with its gradient and update where they are known."""
    note = " (frozen)" if frozen else ""
    return [(f"{one.kind} {one.letter}", number(value, 4) + note), *facts_of(one, network, known)]


def passed_through(column: int, unit: int, known: Known | None) -> Pairs:
    """What the picked sample comes to at a neuron: z, a and how the loss leans on z; nothing where none is picked."""
    if known is None or known.way is None or known.sample is None:
        return []
    way, name = known.way, f"sample {known.sample + 1}"
    if column == 0:
        return [(f"x, {name}", number(way.x[unit], 3))]
    return [
        (f"z, {name}", number(way.z[column - 1][unit], 3)),
        (f"a = g(z), {name}", number(way.a[column - 1][unit], 3)),
        (f"∂L/∂z, {name}", number(way.delta[column - 1][unit], 3)),
    ]
