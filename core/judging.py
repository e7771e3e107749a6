"""Stop rules and early stopping at the ends of epochs: what a run's standing becomes, as a function of the losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from core.history import Best
from core.spec import Training
from core.stopping import UNSEEN, Watch, forgotten, judged, renewed, watchful


@dataclass(frozen=True)
class Standing:
    """What rules and schedule remember (``watch``), the θ that early stopping goes back to, and how the run ended.

    ``stopped`` is the sentence of the rule that ended it, "" while none has.
    """

    watch: Watch = UNSEEN
    best: Best | None = None
    stopped: str = ""


@dataclass(frozen=True)
class Judgement:
    """The standing after each epoch that stands, whether θ goes ``back``, and whether a rule ``cut`` off the others.

    After an epoch that ends the run or moves the rate, what a block of them went on with was computed in vain.
    """

    standings: list[Standing]
    back: bool = False
    cut: bool = False


def judge(
    standing: Standing, training: Training, epoch: int, losses: tuple[float, float], here: Callable[[], Best]
) -> tuple[Standing, bool]:
    """The standing after epoch ``epoch`` with train and test ``losses``, and whether θ has to go back to the best.

    ``here`` gives this epoch's θ, and is asked only where it is the best so far.
    """
    verdict = judged(standing.watch, training, epoch, *losses)
    best = standing.best
    if verdict.watch.best is None:
        best = None
    elif verdict.watch.epoch == epoch:
        best = here()
    return Standing(verdict.watch, best, verdict.sentence), verdict.back


def judge_block(
    standing: Standing,
    training: Training,
    epoch: int,
    losses: npt.NDArray[np.float64],
    here: Callable[[int], Best],
) -> Judgement:
    """The same for the epochs after ``epoch`` with ``losses`` (E, 2), in order; ``here(i)`` gives θ after the i-th."""
    if not watchful(training):
        return Judgement([standing] * len(losses))
    seen: list[Standing] = []
    scale = standing.watch.plateau.scale
    for index, (train, test) in enumerate(losses.tolist()):
        standing, back = judge(standing, training, epoch + index + 1, (train, test), partial(here, index))
        seen.append(standing)
        if standing.stopped or standing.watch.plateau.scale != scale:
            return Judgement(seen, back, cut=True)
    return Judgement(seen)


def after_edit(standing: Standing, before: Training, after: Training, comparable: bool) -> Standing:
    """The standing when training is edited; ``comparable`` says whether losses before and after are."""
    watch = renewed(standing.watch, before, after, comparable)
    return replace(standing, watch=watch, best=None if watch.best is None else standing.best)


def taken_up(watch: Watch, best: Best | None) -> Standing:
    """The standing of a run that goes on from a checkpoint; without the best θ, its loss says nothing."""
    return Standing(forgotten(watch) if best is None else watch, best)
