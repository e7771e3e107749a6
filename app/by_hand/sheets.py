"""The table beside the board: all numbers of a phase, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.by_hand.answer import Answer, Floats, low
from app.by_hand.notation import PART
from app.by_hand.phases import Focus, Phase
from app.by_hand.pieces import Place, Role
from app.numbers import count
from core.network import Block
from core.probes.explain import LayerNumbers

STATISTICS = {
    "mean": ("The mean of the layer's sums", "The running mean"),
    "variance": ("The variance of the layer's sums", "The running variance"),
}
"""What is normalised by, over the units and over the samples."""
LETTERS = {"bias": "b", "gain": "γ", "shift": "β", "mean": "running μ", "variance": "running σ²"}
"""What the numbers are called that a unit has beside its weights."""


@dataclass(frozen=True)
class Column:
    """A column: its head, its colour, what it is."""

    title: str
    role: Role = "text"
    help: str = ""


def _nowhere(row: int, column: int) -> None:
    return None


@dataclass(frozen=True, eq=False)
class Sheet:
    """``values`` (rows, columns), NaN for an empty cell; ``place`` says what a cell's number is, where it can be typed.

    ``focus`` gives the neuron and weight that a cell is about, ``sample`` the point that a row is, None where neither;
    ``row`` is the one that the board is about.
    """

    columns: tuple[Column, ...]
    values: npt.NDArray[np.float64]
    name: Callable[[int], str]
    place: Callable[[int, int], Place | None] = _nowhere
    focus: Callable[[int, int], Focus | None] = _nowhere
    sample: Callable[[int], int | None] = lambda row: None
    row: int = -1


def sheet(answer: Answer, phase: Phase, focus: Focus) -> Sheet:
    """The table of a phase."""
    return _SHEETS[phase.kind](answer, phase, focus)


def _input(answer: Answer, phase: Phase, focus: Focus) -> Sheet:
    """What can be typed: the sample's own coordinates, and what it should be; then what the network sees."""
    question, explained = answer.question, answer.explained
    raw, inputs = len(question.raw), len(explained.x)
    own = answer.plain
    rows = raw + 1 + (0 if own else inputs)
    values = np.full((rows, 1), np.nan)
    values[:raw, 0], values[raw, 0] = question.raw, question.y
    if not own:
        values[raw + 1 :, 0] = explained.x

    def name(row: int) -> str:
        if row < raw:
            return answer.raw_name(row)
        return "y" if row == raw else f"input {answer.features[row - raw - 1]}"

    def place(row: int, column: int) -> Place | None:
        return Place("raw", row) if row < raw else Place("target", 0) if row == raw else None

    return Sheet((Column("value", "input", "Type another value to see what would be"),), values, name, place)


def _unit_name(numbers: LayerNumbers) -> Callable[[int], str]:
    return lambda row: f"neuron {row + 1}"


def _forward(answer: Answer, phase: Phase, focus: Focus) -> Sheet:
    """A row for each neuron: z, a, what its layer has beside weights, and these; what lies in θ can be typed."""
    index = focus.layer
    numbers = answer.explained.layers[index]
    layer = numbers.layer
    columns = _passing(numbers)
    parts = [column for column, _, _ in columns]
    parts += [Column(f"w from {_source(answer, index, i)}", "weight", "A weight") for i in range(layer.fan_in)]
    first = len(columns)
    values = np.column_stack([*(values for _, values, _ in columns), numbers.weights])

    def place(row: int, column: int) -> Place | None:
        if column >= first:
            return Place("theta", numbers.place(row, column - first))
        block = columns[column][2]
        return None if block is None else Place("theta", block.start + row)

    return Sheet(
        tuple(parts),
        values,
        _unit_name(numbers),
        place,
        lambda row, column: Focus(index, row, column - first if column >= first else focus.source),
        row=focus.unit,
    )


def _passing(numbers: LayerNumbers) -> list[tuple[Column, Floats, Block | None]]:
    """What each neuron comes to and has beside its weights: a column, its (units,) values, and where they lie in θ."""
    found: list[tuple[Column, Floats, Block | None]] = [(Column("z", "sum", "The weighted sum"), numbers.z, None)]
    if numbers.norm is not None:
        found.append((Column("ẑ", "sum", "The normalised sum"), numbers.norm.normal, None))
        found.append((Column("u", "sum", "γ ẑ + β, which the activation sees"), numbers.u, None))
    g = "g(z)" if numbers.norm is None else "g(u)"
    if numbers.added is None:
        found.append((Column("a", "activation", g), numbers.a, None))
    else:
        short = np.full(len(numbers.a), np.nan)
        short[: len(numbers.added)] = numbers.added
        found.append((Column("h", "activation", g), numbers.h, None))
        found.append((Column("shortcut", "activation", "What the shortcut adds"), short, None))
        found.append((Column("a", "activation", "What leaves the layer: the two together"), numbers.a, None))
    if numbers.biases is not None:
        found.append((Column("b", "weight", "The bias"), numbers.biases, numbers.layer.bias))
    return found + _of_the_norm(numbers)


def _of_the_norm(numbers: LayerNumbers) -> list[tuple[Column, Floats, Block | None]]:
    """What a normalisation has: what lies in θ, and so can be typed, and layer norm's statistics, the same for all."""
    norm, layer = numbers.norm, numbers.layer
    if norm is None:
        return []
    return [
        (Column("γ", "weight", "The gain"), norm.gain, layer.gain),
        (Column("β", "weight", "The shift"), norm.shift, layer.shift),
        (Column("μ", "weight" if norm.running else "sum", STATISTICS["mean"][norm.running]), norm.mean, layer.mean),
        (
            Column("σ²", "weight" if norm.running else "sum", STATISTICS["variance"][norm.running]),
            norm.variance,
            layer.variance,
        ),
    ]


def _source(answer: Answer, index: int, source: int) -> str:
    return f"a{low(source + 1)}" if index else answer.features[source]


def _loss(answer: Answer, phase: Phase, focus: Focus) -> Sheet:
    """A row for each output, with its part in each loss; or one for each sample, with its share of the mean."""
    found, explained = answer.update, answer.explained
    if found is not None and answer.scope != "sample":
        share = found.losses / max(float(found.losses.sum()), 1e-300) * 100.0
        values = np.column_stack([found.losses, share])
        heads = (Column("J", "loss", "The sample's loss"), Column("share %", "text", "Its part of the sum"))
        samples = found.samples
        return Sheet(
            heads, values, lambda row: f"sample {count(int(samples[row]) + 1)}", sample=lambda row: int(samples[row])
        )
    parts = [loss.parts for loss in explained.losses]
    values = np.column_stack([explained.output.a, explained.target, *parts])
    columns = (
        Column("ŷ", "activation", "What the network says"),
        Column("y", "text", "What it should say"),
        *(
            Column(PART.get(loss.name, loss.title), "loss" if loss.in_force else "text", loss.title)
            for loss in explained.losses
        ),
    )
    return Sheet(columns, values, lambda row: f"output {row + 1}")


def _backward(answer: Answer, phase: Phase, focus: Focus) -> Sheet:
    """A row for each neuron: the factors, and its gradients."""
    index = focus.layer
    numbers = answer.explained.layers[index]
    columns = _returning(numbers)
    first = len(columns)
    heads = [column for column, _ in columns]
    heads += [
        Column(f"∂J/∂w {_source(answer, index, i)}", "gradient", "A weight's gradient")
        for i in range(numbers.layer.fan_in)
    ]
    return Sheet(
        tuple(heads),
        np.column_stack([*(values for _, values in columns), numbers.dw]),
        _unit_name(numbers),
        focus=lambda row, column: Focus(index, row, column - first if column >= first else focus.source),
        row=focus.unit,
    )


def _returning(numbers: LayerNumbers) -> list[tuple[Column, Floats]]:
    """What comes back to each neuron, up to its bias: a column and its (units,) values."""
    norm = numbers.norm
    found = [
        (Column("∂J/∂a", "gradient", "How the loss changes with what leaves the layer"), numbers.pull),
        (Column("g′(z)" if norm is None else "g′(u)", "sum", "The activation's slope"), numbers.slope),
    ]
    if norm is not None:
        found += [
            (Column("∂J/∂u", "gradient", "The two multiplied"), numbers.du),
            (Column("∂J/∂γ", "gradient", "The gain's gradient"), norm.dgain),
            (Column("∂J/∂β", "gradient", "The shift's gradient"), norm.dshift),
            (Column("∂J/∂ẑ", "gradient", "How the loss changes with the normalised sum"), norm.pull),
        ]
    last = "The two multiplied" if norm is None else "Back through the normalisation"
    found.append((Column("∂J/∂z", "gradient", last), numbers.delta))
    if numbers.db is not None:
        found.append((Column("∂J/∂b", "gradient", "The bias's gradient"), numbers.db))
    return found


def _update(answer: Answer, phase: Phase, focus: Focus) -> Sheet:
    """A row for each weight and bias: before, gradient, step, after."""
    found, theta = answer.update, answer.explained.theta
    columns = (
        Column("old", "weight", "The number as it is"),
        Column("gradient", "gradient", "What the optimizer gets"),
        Column("step", "step", "What comes off it"),
        Column("new", "weight", "The number after the step"),
    )
    blank = np.zeros_like(theta)
    values = np.column_stack([theta, *((found.used, found.change, found.theta) if found else (blank, blank, theta))])

    def at(row: int) -> tuple[int, str, int, int]:
        """Layer, block, unit and source, 0 for what comes from none."""
        index = next(i for i, layer in enumerate(answer.network.layers) if row < layer.stop)
        layer = answer.network.layers[index]
        name, block = next((name, block) for name, block in layer.blocks.items() if row < block.stop)
        unit, source = divmod(row - block.start, layer.fan_in if name == "weight" else 1)
        return index, name, unit, source

    def name(row: int) -> str:
        index, block, unit, source = at(row)
        layer = answer.network.layers[index]
        label = layer.label + (f" · {unit + 1}" if layer.units > 1 else "")
        return f"{label} · {LETTERS.get(block) or 'w from ' + _source(answer, index, source)}"

    def chosen(row: int, column: int) -> Focus | None:
        index, _, unit, source = at(row)
        return Focus(index, unit, source)

    place = answer.explained.layers[focus.layer].place(focus.unit, focus.source)
    return Sheet(
        columns,
        values,
        name,
        lambda row, column: Place("theta", row) if column == 0 else None,
        chosen,
        row=place,
    )


_SHEETS = {"input": _input, "forward": _forward, "loss": _loss, "backward": _backward, "update": _update}
