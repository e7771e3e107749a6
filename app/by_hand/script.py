"""What is written on the board in each phase forward: the sample, a layer, the loss; ``backward`` has the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.by_hand import norms
from app.by_hand.answer import Answer
from app.by_hand.backward import backward, update
from app.by_hand.notation import ACTIVATION, LOSS, LOSS_NUMBERS, ONE_OUTPUT, SETTING, Names
from app.by_hand.phases import Focus, Phase
from app.by_hand.pieces import MOST_TERMS, Board, Line, Piece, Place, bracketed, equals, joined, op, total
from app.by_hand.shortcuts import added, shape
from app.numbers import number
from core.activations import ACTIVATIONS
from core.data.names import class_name
from core.probes.explain import LayerNumbers, SampleLoss

_MOST_PARTS = 4
"""Outputs whose parts of a loss are written below it, at most: more are in the table."""


def board(answer: Answer, phase: Phase, focus: Focus) -> Board:
    """The board of a phase, with the neuron and the weight in ``focus`` written out."""
    return _WRITERS[phase.kind](answer, phase, focus)


def _input(answer: Answer, phase: Phase, focus: Focus) -> Board:
    names, explained = Names(answer.network), answer.explained
    shown = range(min(len(explained.x), MOST_TERMS))
    x = [
        Piece(
            names.below(0, i),
            number(explained.x[i]),
            "input",
            "" if answer.plain else answer.features[i],
            Place("raw", i) if answer.plain else None,
        )
        for i in shown
    ]
    if len(explained.x) > len(x):
        x.append(Piece(r"\ldots", "", "muted", f"{len(explained.x) - len(x)} more"))
    y = [Piece(names.y(k), number(t), "text", _class(answer, k)) for k, t in enumerate(explained.target[:MOST_TERMS])]
    lines = [Line(tuple(x), "large"), Line(tuple(y), "large")]
    if answer.scaling:
        lines.append(Line(text=answer.scaling))
    lines.append(Line(text=f"x is a vector of {len(explained.x)}; y is what the network should say."))
    return Board(answer.named, tuple(lines))


def _class(answer: Answer, k: int) -> str:
    data = answer.question.model.experiment.data
    return class_name(data, k) if len(answer.explained.target) > 1 else ""


def neuron_title(numbers: LayerNumbers, unit: int) -> str:
    """Layer and neuron in words."""
    name = numbers.layer.label[:1].upper() + numbers.layer.label[1:]
    return name if numbers.layer.units == 1 else f"{name} · neuron {unit + 1} of {numbers.layer.units}"


def _forward(answer: Answer, phase: Phase, focus: Focus) -> Board:
    names, index, unit = Names(answer.network), focus.layer, focus.unit
    numbers = answer.explained.layers[index]
    last = index == len(answer.explained.layers) - 1
    lines = (
        Line(tuple(_sum(names, index, unit, numbers)), "large"),
        Line(tuple(_worked_out(names, index, unit, numbers)), "large"),
        *norms.normalised(names, index, unit, numbers),
        Line(tuple(_activated(names, index, unit, numbers)), "large"),
        *added(answer, names, index, unit),
        Line(curve=numbers.layer.activation, at=float(numbers.u[unit])),
        Line(text=answer.decision if last else ""),
        Line(tuple(_shapes(names, index, numbers)), "small"),
    )
    return Board(neuron_title(numbers, unit), lines)


def _sum(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Piece]:
    """Z = b + w₁ x₁ + …, each with its number below."""
    pieces = [Piece(names.z(index, unit), "", "sum"), op("=")]
    terms: list[tuple[Piece, ...]] = []
    if numbers.layer.bias is not None:
        place = Place("theta", numbers.layer.bias.start + unit)
        terms.append((Piece(names.b(index, unit), number(numbers.bias(unit)), "weight", place=place),))
    role = "activation" if index else "input"
    for i in range(min(numbers.layer.fan_in, MOST_TERMS)):
        w = Piece(
            names.w(index, unit, i),
            bracketed(float(numbers.weights[unit, i])),
            "weight",
            place=Place("theta", numbers.place(unit, i)),
        )
        x = Piece(names.below(index, i), bracketed(float(numbers.below[i])), role)  # type: ignore[arg-type]
        terms.append((w, op("·"), x))
    return [*pieces, *joined(terms), *_rest(numbers.terms(unit)[MOST_TERMS:])]


def _rest(values: np.ndarray) -> list[Piece]:
    """What is left of a long sum, as one number."""
    if not len(values):
        return []
    return [op("+"), Piece(r"\ldots", number(float(values.sum())), "muted", f"{len(values)} more")]


def _worked_out(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Piece]:
    """Z = 1 − 3 − 4 = −6."""
    products = [float(v) for v in numbers.terms(unit)]
    shown = ([numbers.bias(unit)] if numbers.biases is not None else []) + products[:MOST_TERMS]
    middle: list[Piece] = []
    if len(products) > MOST_TERMS:
        middle = [Piece(value="+", role="muted"), Piece(value=number(sum(products[MOST_TERMS:])), role="muted")]
    result = Piece(value=number(float(numbers.z[unit])), role="sum", strong=True)
    head = [Piece(names.z(index, unit), role="sum"), op("=")]
    return [*head, *total(shown, "text"), *middle, equals(), result] if len(shown) > 1 else [*head, result]


def _activated(names: Names, index: int, unit: int, numbers: LayerNumbers) -> list[Piece]:
    """What leaves the activation, and its number."""
    row, u = ACTIVATIONS[numbers.layer.activation], number(float(numbers.u[unit]))
    result = Piece(value=number(float(numbers.h[unit])), role="activation", strong=True)
    head = [Piece(names.h(index, unit), role="activation"), op("=")]
    written = names.g(index, unit, ACTIVATION.get(row.name, ("g(z)", ""))[0])
    if row.formula is None:
        return [*head, Piece(written), equals(), *_softmax(numbers, unit), equals(), result]
    return [*head, Piece(written, f"{row.name.replace('_', ' ')}({u})"), equals(), result]


def _softmax(numbers: LayerNumbers, unit: int) -> list[Piece]:
    """One of the powers of e over all of them, in numbers."""
    powers = [Piece(value=f"exp({number(float(z))})") for z in numbers.u[:MOST_TERMS]]
    more = [Piece(value="+ …", role="muted")] if len(numbers.u) > MOST_TERMS else []
    below = [
        Piece(value="/ (", role="muted"),
        *joined((power,) for power in powers),
        *more,
        Piece(value=")", role="muted"),
    ]
    return [Piece(value=f"exp({number(float(numbers.u[unit]))})"), *below]


def _shapes(names: Names, index: int, numbers: LayerNumbers) -> list[Piece]:
    """The layer as matrices, a shape at each."""
    units, fan_in = numbers.weights.shape
    role = "activation" if index else "input"
    letter = r"\hat{y}" if numbers.layer.id == 0 else "a" if numbers.added is None else "h"
    last = Piece(letter, role="activation", note=f"{units}")
    pieces = [
        Piece("W", role="weight", note=f"{units}×{fan_in}"),
        op("·"),
        Piece("x" if not index else "a", role=role, note=f"{fan_in}"),  # type: ignore[arg-type]
    ]
    if numbers.biases is not None:
        pieces += [op("+"), Piece("b", role="weight", note=f"{units}")]
    pieces += [op("→"), Piece("z", role="sum", note=f"{units}"), *norms.shape(numbers)]
    return [*pieces, op("→"), last, *shape(numbers)]


def _loss(answer: Answer, phase: Phase, focus: Focus) -> Board:
    explained, names = answer.explained, Names(answer.network)
    loss = explained.in_force
    written = LOSS if len(explained.target) > 1 else {**LOSS, **ONE_OUTPUT}
    lines = [
        Line(tuple(_said_and_meant(names, answer)), "normal"),
        Line((Piece("J", role="loss"), op("="), Piece(written.get(loss.name, ("J", ""))[0])), "large"),
        Line(tuple(Piece(SETTING[s], number(v)) for s, v in answer.network.loss.settings.items() if s in SETTING)),
        Line(tuple(_substituted(answer, loss)), "normal"),
        Line(tuple(_shares(loss)), "large"),
        Line(text="The same sample by other losses:" if len(explained.losses) > 1 else ""),
        Line(tuple(_side_by_side(explained.losses)), "normal"),
    ]
    if answer.update is not None and answer.scope != "sample":
        lines += [Line(text=f"Mean over {answer.scope_words}: the empirical loss"), Line(tuple(_mean(answer)), "large")]
    return Board(f"Loss · {_within(loss.title)}", tuple(line for line in lines if line.pieces or line.text))


def _said_and_meant(names: Names, answer: Answer) -> list[Piece]:
    """What the network says beside what it should say."""
    explained, last = answer.explained, len(answer.explained.layers) - 1
    said, meant = explained.output.a[:MOST_TERMS], explained.target[:MOST_TERMS]
    pieces = [Piece(names.a(last, k), number(float(a)), "activation") for k, a in enumerate(said)]
    return [*pieces, *(Piece(names.y(k), number(float(t))) for k, t in enumerate(meant))]


def _substituted(answer: Answer, loss: SampleLoss) -> list[Piece]:
    """The loss's formula with its numbers in place of its letters."""
    written, count = LOSS_NUMBERS.get(loss.name), len(loss.parts)
    if written is None or count > MOST_TERMS // 2:
        return []
    pairs = list(zip(answer.explained.output.a, answer.explained.target, strict=True))
    if loss.name == "cce":
        pairs = [pair for pair in pairs if pair[1] != 0.0]
    terms = [(Piece(value=written.format(a=bracketed(float(a)), t=bracketed(float(t)))),) for a, t in pairs]
    pieces = joined(terms)
    if loss.over_outputs == "mean" and count > 1:
        pieces = [Piece(value="(", role="muted"), *pieces, Piece(value=f") / {count}", role="muted")]
    return [Piece("J", role="loss"), op("="), *pieces]


def _shares(loss: SampleLoss) -> list[Piece]:
    """J from each output's part: (0.09 + 0.01 + 0.16) / 3 = 0.0867."""
    head = [Piece("J", role="loss"), op("=")]
    result = Piece(value=number(loss.total), role="loss", strong=True)
    if len(loss.parts) == 1:
        return [*head, result]
    parts = total([float(v) for v in loss.parts[:MOST_TERMS]], "text")
    if loss.over_outputs == "mean":
        parts = [Piece(value="(", role="muted"), *parts, Piece(value=f") / {len(loss.parts)}", role="muted")]
    return [*head, *parts, equals(), result]


def _within(title: str) -> str:
    """A title as it is within a sentence: a name in it keeps its capital."""
    return title[:1].lower() + title[1:]


def _side_by_side(losses: Sequence[SampleLoss]) -> list[Piece]:
    pieces: list[Piece] = []
    for loss in losses:
        parts = ", ".join(number(float(v)) for v in loss.parts)
        note = f"{_within(loss.title)}{': ' + parts if 1 < len(loss.parts) <= _MOST_PARTS else ''}"
        pieces.append(Piece("", number(loss.total), "loss" if loss.in_force else "text", note, strong=loss.in_force))
    return pieces


def _mean(answer: Answer) -> list[Piece]:
    update_ = answer.update
    assert update_ is not None
    count = len(update_.losses)
    pieces = [
        Piece("J", role="loss"),
        op("="),
        Piece(rf"\frac{{1}}{{{count}}}\sum_i J_i"),
        op("="),
        Piece(value=number(update_.mean), role="loss", strong=True),
    ]
    if update_.penalty:
        pieces += [op("+"), Piece(value=number(update_.penalty), role="weight", note="penalty"), op("=")]
        pieces.append(Piece(value=number(update_.objective), role="loss", strong=True))
    return pieces


_WRITERS = {"input": _input, "forward": _forward, "loss": _loss, "backward": backward, "update": update}
