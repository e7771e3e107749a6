"""Edits of the network: each takes an Experiment and gives a changed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from core.activations import ACTIVATIONS
from core.network import resolve_output
from core.spec import AUTO, Choice, Dense, Experiment, Frozen, change, with_ids
from core.tables import SpecError

MOST_UNITS = 10_000
"""What one layer may be given here: two such layers in a row are 10⁸ weights, all that a desktop's memory holds."""


def _with_layers(experiment: Experiment, layers: list[Dense]) -> Experiment:
    return change(experiment, "network", with_ids(replace(experiment.network, layers=tuple(layers))))


def _with_layer(experiment: Experiment, index: int, **fields: Any) -> Experiment:
    layers = list(experiment.network.layers)
    layers[index] = replace(layers[index], **fields)
    return _with_layers(experiment, layers)


def add_layer(experiment: Experiment, index: int) -> Experiment:
    """A new layer before hidden layer ``index`` (the last place: before the output), like its neighbour on the left."""
    layers = list(experiment.network.layers)
    like = layers[max(0, index - 1)] if layers else Dense(4)
    layers.insert(index, Dense(like.units, like.activation, bias=like.bias))
    return _with_layers(experiment, layers)


def remove_layer(experiment: Experiment, index: int) -> Experiment:
    """Without hidden layer ``index``."""
    layers = list(experiment.network.layers)
    del layers[index]
    return _with_layers(experiment, layers)


def move_layer(experiment: Experiment, index: int, to: int) -> Experiment:
    """Hidden layer ``index`` at place ``to``, counted without it; beyond an end means at that end."""
    layers = list(experiment.network.layers)
    layer = layers.pop(index)
    layers.insert(max(0, to), layer)
    return _with_layers(experiment, layers)


def set_units(experiment: Experiment, index: int, units: int) -> Experiment:
    """Another width for hidden layer ``index``, brought into 1 to MOST_UNITS."""
    return _with_layer(experiment, index, units=max(1, min(MOST_UNITS, units)))


def set_activation(experiment: Experiment, index: int, name: str) -> Experiment:
    """Another activation for hidden layer ``index``."""
    return _with_layer(experiment, index, activation=name)


def set_field(experiment: Experiment, index: int, field: str, value: Any) -> Experiment:
    """Hidden layer ``index`` with another value of one of its fields."""
    return _with_layer(experiment, index, **{field: value})


def set_output_field(experiment: Experiment, field: str, value: Any) -> Experiment:
    """The output with another value of one of its fields."""
    return change(experiment, f"network.output.{field}", value)


def freeze(experiment: Experiment, one: Frozen, on: bool) -> Experiment:
    """A single weight or bias left as it is by training, or not."""
    others = tuple(other for other in experiment.network.frozen if other != one)
    return change(experiment, "network.frozen", (*others, one) if on else others)


def set_output_activation(experiment: Experiment, name: str) -> Experiment:
    """Another output activation; AUTO leaves it to the task."""
    return set_output_field(experiment, "activation", name)


def set_initializer(experiment: Experiment, name: str, **settings: float) -> Experiment:
    """Another way to draw the initial weights."""
    return change(experiment, "network.initializer", Choice(name, settings))


@dataclass(frozen=True)
class OutputChoice:
    """An output activation that can be chosen, or the ``problem`` why not."""

    name: str
    title: str
    help: str
    problem: str = ""


def output_choices(experiment: Experiment) -> tuple[OutputChoice, ...]:
    """Every output activation, AUTO first, with what stands against it in this Experiment."""
    automatic = ACTIVATIONS[resolved_output(set_output_activation(experiment, AUTO))]
    named = [OutputChoice(row.name, row.title, row.help, _problem(experiment, row.name)) for row in ACTIVATIONS.rows()]
    help = "Follows from the task: softmax for classes, sigmoid for two, linear for values."
    title = f"Automatic ({automatic.title.lower()})"
    return (OutputChoice(AUTO, title, help, _problem(experiment, AUTO)), *named)


def resolved_output(experiment: Experiment) -> str:
    """The output activation in force; what the task alone would make it where the parts do not fit together."""
    try:
        return resolve_output(experiment)[1]
    except SpecError:
        if experiment.network.output.activation != AUTO:
            return experiment.network.output.activation
        return resolve_output(change(experiment, "training.loss", Choice(AUTO)))[1]


def _problem(experiment: Experiment, name: str) -> str:
    try:
        resolve_output(set_output_activation(experiment, name))
    except SpecError as error:
        return f"{error.what}; {error.fix}" if error.fix else error.what
    return ""
