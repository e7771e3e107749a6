"""One sample in words, wherever one is named: which it is, where it lies, what it is and what the network says."""

from __future__ import annotations

from dataclasses import dataclass

from app.numbers import number, percent
from core.model import Model
from core.probes.confusion import Answers

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_PLACES_SAID = 2


@dataclass(frozen=True)
class SampleText:
    """A sample's number from 1, its place, truth, answer and loss as texts; ``kinds`` are the classes of those two."""

    name: str
    place: str
    truth: str
    said: str
    loss: str
    kinds: tuple[int, int] | None
    wrong: bool


def sample_text(model: Model, seen: Answers, index: int) -> SampleText:
    """Sample ``index`` of ``model`` as ``seen`` by its network."""
    x = model.experiment.data.points.x[index]
    place = "  ".join(
        f"x{k + 1}".translate(_SUBSCRIPTS) + f" {number(value, 3)}" for k, value in enumerate(x[:_PLACES_SAID])
    ) + (" …" if len(x) > _PLACES_SAID else "")
    truth, said = float(seen.truth[index]), float(seen.said[index])
    loss = number(float(seen.losses[index]), 3)
    if seen.probabilities is None:
        return SampleText(str(index + 1), place, number(truth, 3), number(said, 3), loss, None, False)
    kinds = (int(truth), int(said))
    share = percent(float(seen.probabilities[index, kinds[1]]))
    return SampleText(str(index + 1), place, str(kinds[0] + 1), f"{kinds[1] + 1}  {share}", loss, kinds, truth != said)
