"""One sample in words, wherever one is named: which it is, where it lies, what it is and what the network says."""

from __future__ import annotations

from dataclasses import dataclass

from app.numbers import brief, percent
from core.data.features import columns_of, title_of
from core.data.names import class_name
from core.model import Model
from core.probes.confusion import Answers

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
    data = model.experiment.data
    x = data.points.x[index]
    told = zip(columns_of(data), x[:_PLACES_SAID].tolist(), strict=False)
    place = "  ".join(f"{title_of(one.name)} {brief(value)}" for one, value in told)
    place += " …" if len(x) > _PLACES_SAID else ""
    truth, meant = float(seen.truth[index]), float(seen.said[index])
    loss = brief(float(seen.losses[index]))
    if seen.probabilities is None:
        return SampleText(str(index + 1), place, brief(truth), brief(meant), loss, None, False)
    kinds = (int(truth), int(meant))
    share = percent(float(seen.probabilities[index, kinds[1]]))
    names = [class_name(data, kind).removeprefix("class ") for kind in kinds]
    return SampleText(str(index + 1), place, names[0], f"{names[1]}  {share}", loss, kinds, truth != meant)
