"""What is written of residual connections: what one adds forwards, and what comes back through it."""

from __future__ import annotations

from app.by_hand.answer import Answer
from app.by_hand.notation import Names, d
from app.by_hand.pieces import Line, Piece, Role, bracketed, equals, op
from app.numbers import number
from core.network import Network
from core.probes.explain import LayerNumbers


def added(answer: Answer, names: Names, index: int, unit: int) -> list[Line]:
    """A = h + what the shortcut adds, with its numbers; nothing where the layer has none."""
    numbers = answer.explained.layers[index]
    if numbers.added is None or numbers.layer.shortcut is None:
        return []
    before = number(float(numbers.h[unit]))
    head = [Piece(names.a(index, unit), role="activation"), op("="), Piece(names.h(index, unit), before, "activation")]
    result = Piece(value=number(float(numbers.a[unit])), role="activation", strong=True)
    if unit >= len(numbers.added):
        return [
            Line((*head, equals(), result), "large"),
            Line(
                text=f"The shortcut from {begin(answer.network, index)} adds to the first {len(numbers.added)} alone."
            ),
        ]
    source = numbers.layer.shortcut
    role: Role = "activation" if source else "input"
    value = bracketed(float(numbers.added[unit]))
    term = Piece(names.below(source, unit), value, role, f"from {begin(answer.network, index)}")
    return [Line((*head, op("+"), term, equals(), result), "large")]


def begin(network: Network, index: int) -> str:
    """Where the shortcut to layer ``index`` begins, in words."""
    source = network.layers[index].shortcut
    return network.layers[source - 1].label if source else "the inputs"


def shape(numbers: LayerNumbers) -> list[Piece]:
    """The shapes of what is added and of what that gives, after that of h."""
    if numbers.added is None:
        return []
    count, units = len(numbers.added), len(numbers.a)
    role: Role = "activation" if numbers.layer.shortcut else "input"
    # Of a wider one the first so many are taken, and to a wider layer they are added to the first.
    term = Piece(
        "a" if numbers.layer.shortcut else "x", role=role, note=f"{count}" if count == units else f"first {count}"
    )
    return [op("+"), term, op("→"), Piece("a", role="activation", note=f"{units}")]


def returned(answer: Answer, names: Names, index: int, unit: int) -> list[tuple[Piece, ...]]:
    """What each shortcut that begins at a layer brings back to ∂J/∂a of one of its units."""
    labels = [layer.label for layer in answer.network.layers]
    return [
        (Piece(d("J", names.a(k, unit)), bracketed(value), "gradient", f"shortcut to {labels[k]}"),)
        for k, value in answer.explained.shortcut_terms(index, unit)
    ]


def passed_on(answer: Answer, index: int, unit: int) -> str:
    """That ∂J/∂a goes two ways from a layer where a shortcut ends, in words; "" where none does."""
    numbers = answer.explained.layers[index]
    if numbers.added is None or unit >= len(numbers.added):
        return ""
    source = numbers.layer.shortcut
    where = f"neuron {unit + 1} of {begin(answer.network, index)}" if source else f"input {unit + 1}"
    return f"Through the shortcut the same ∂J/∂a goes back to {where}, undiminished."
