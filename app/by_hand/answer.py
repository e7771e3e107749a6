"""The question that the by-hand panel asks, and what is answered, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.by_hand.phases import Focus, Phase
from app.by_hand.pieces import Board, Place
from app.numbers import brief, count, number
from core.data.features import columns_of, title_of
from core.data.names import class_name
from core.model import Model
from core.network import Network
from core.probes.explain import Explained
from core.probes.update import Clock, Scope, Update

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
Floats = npt.NDArray[np.float64]

_MOST_SCALED, _MOST_SAID = 4, 6
"""Features of which it is said how they are scaled, and outputs named below the board, at most."""


@dataclass(frozen=True, eq=False)
class Question:
    """A moment, a sample and what of it to write: ``raw`` (D0,) is its place in the data, ``y`` its class or value.

    ``index`` is its place among the data's points, -1 for one of its own; ``other`` says that its numbers are not
    the point's.
    """

    model: Model
    theta: npt.NDArray[Any]
    clock: Clock
    raw: Floats
    y: float
    index: int
    other: bool
    scope: Scope
    phase: Phase
    focus: Focus


@dataclass(frozen=True, eq=False)
class Answer:
    """Everything that is shown of a question."""

    question: Question
    explained: Explained
    update: Update | None
    features: tuple[str, ...]
    board: Board | None = None
    sheet: Any = None
    curve: tuple[Floats, Floats, Floats] | None = None

    @property
    def network(self) -> Network:
        """The network written out."""
        return self.explained.network

    @property
    def scope(self) -> Scope:
        """What the step is taken from."""
        return self.question.scope

    @property
    def scope_words(self) -> str:
        """The same in words: "this sample", "32 samples"."""
        if self.scope == "sample" or self.update is None:
            return "this sample"
        return f"{count(len(self.update.losses))} samples"

    @property
    def optimizer(self) -> str:
        """The optimizer's key."""
        return self.question.model.experiment.training.optimizer.name

    @property
    def decays(self) -> bool:
        """Whether a step has weight decay in it."""
        return self.question.model.experiment.training.weight_decay > 0

    @property
    def dropout(self) -> bool:
        """Whether training drops units."""
        return any(layer.dropout for layer in self.network.layers)

    def number(self, place: Place) -> float:
        """The number that can be typed over at ``place``."""
        if place.kind == "theta":
            return float(self.explained.theta[place.index])
        return float(self.question.raw[place.index]) if place.kind == "raw" else self.question.y

    @property
    def words(self) -> str:
        """The sample, its outputs and losses in one line."""
        said = [number(float(a)) for a in self.explained.output.a]
        outputs = ", ".join(said[:_MOST_SAID]) + (", …" if len(said) > _MOST_SAID else "")
        parts = [self.named, f"ŷ {outputs}", f"loss {number(self.explained.loss)}"]
        if self.update is not None and self.scope != "sample":
            parts.append(f"mean over {self.scope_words} {number(self.update.mean)}")
        theta = len(self.explained.theta)
        parts.append(f"{count(theta)} parameter{'s' if theta > 1 else ''}, in double precision")
        return " · ".join(parts)

    @property
    def decision(self) -> str:
        """What the outputs come to, in words; "" for values."""
        model, outputs = self.question.model, self.explained.output.a
        if not model.classes or not np.isfinite(outputs).all():
            return ""
        said, meant = int(model.decide(outputs)), round(self.question.y)
        why = "the largest wins" if len(outputs) > 1 else f"ŷ = {number(float(outputs[0]))}"
        answer, truth = (self._class_words(k, len(outputs)) for k in (said, meant))
        return f"The network says {answer}: {why}. The truth is {truth}."

    def _class_words(self, index: int, outputs: int) -> str:
        """A class by name, and the y it is where one output stands for both."""
        name = class_name(self.question.model.experiment.data, index)
        return f"{name} (y = {index})" if outputs == 1 else name

    @property
    def plain(self) -> bool:
        """Whether each input is a coordinate of the sample as it is, so that typing one means the other."""
        coordinates = tuple(column.name for column in columns_of(self.question.model.experiment.data))
        return not self.scaling and self.network.inputs == coordinates

    def raw_name(self, index: int) -> str:
        """What a coordinate of the sample is called."""
        return title_of(columns_of(self.question.model.experiment.data)[index].name)

    @property
    def scaling(self) -> str:
        """What scaling does to the inputs, in words."""
        scaler = self.question.model.prepared.scaler
        if scaler.kind == "none":
            return ""
        lines = scaler.lines(self.features, brief)
        rest = len(lines) - _MOST_SCALED
        return ", ".join(lines[:_MOST_SCALED]) + (f", and {rest} more" if rest > 0 else "")

    @property
    def named(self) -> str:
        """The sample in words."""
        return sample_name(self.question.index, self.question.other)


def low(number: int) -> str:
    """A number as a subscript."""
    return str(number).translate(_LOW)


def sample_name(index: int, other: bool) -> str:
    """A sample in words: "Sample 12", "Sample 12, what if", "Input of your own"."""
    if index < 0:
        return "Input of your own"
    return f"Sample {count(index + 1)}" + (", what if" if other else "")
