"""Rules that end a run by itself, and what they have to remember of the epochs so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from core.schedules import SCHEDULES, Plateau, epochs_to_fall, reduced
from core.spec import Stop, Training

Count = Annotated[int, Meta(ge=0, le=2**53)]


class Watch(Struct, frozen=True, forbid_unknown_fields=True):
    """What depends on the losses of the epochs so far, and on nothing else.

    ``best`` is the lowest watched loss, of epoch ``epoch``, with ``waited`` epochs since; ``under`` says that the
    training loss was already under its limit, so that going on past that stop does not stop again.
    """

    best: float | None = None
    epoch: Count = 0
    waited: Count = 0
    under: bool = False
    plateau: Plateau = Plateau()


UNSEEN = Watch()
"""Before the first epoch."""


@dataclass(frozen=True)
class Verdict:
    """What an epoch's end comes to: a ``sentence`` where the run stops, and whether θ goes ``back`` to the best."""

    watch: Watch
    sentence: str = ""
    back: bool = False


def judged(watch: Watch, training: Training, epoch: int, train_loss: float, test_loss: float) -> Verdict:
    """At the end of epoch ``epoch``; what is watched is the test loss, the training loss where that is NaN."""
    stop, tested = training.stop, not math.isnan(test_loss)
    loss = test_loss if tested else train_loss
    sentence = _loss_or_epoch(watch, stop, epoch, train_loss)
    watch = _followed(watch, stop, epoch, loss)
    watch = replace(watch, under=train_loss < stop.loss, plateau=reduced(watch.plateau, loss, training))
    if 0 < stop.patience <= watch.waited:
        sentence = _patience(stop, epoch, watch.epoch, tested)
        return Verdict(replace(watch, waited=0), sentence, back=True)
    return Verdict(watch, sentence)


def _followed(watch: Watch, stop: Stop, epoch: int, loss: float) -> Watch:
    if not stop.patience:
        return forgotten(watch)
    if watch.best is None or loss < watch.best:
        return replace(watch, best=loss, epoch=epoch, waited=0)
    return replace(watch, waited=watch.waited + 1)


def forgotten(watch: Watch) -> Watch:
    """Without the best loss: there is no θ of it, or it cannot be compared any more."""
    return replace(watch, best=None, epoch=0, waited=0)


def renewed(watch: Watch, before: Training, after: Training, comparable: bool) -> Watch:
    """After an edit; where losses before and after are not ``comparable``, only the rate's scale stays."""
    watch = replace(watch, under=watch.under and before.stop.loss == after.stop.loss)
    if before.schedule.name != after.schedule.name:
        watch = replace(watch, plateau=Plateau())
    if not after.stop.patience:
        watch = forgotten(watch)
    if not comparable:
        watch = forgotten(replace(watch, plateau=Plateau(scale=watch.plateau.scale), under=False))
    return watch


def undisturbed(watch: Watch, training: Training, epoch: int) -> float:
    """How many epochs after ``epoch`` may end before one can stop the run (but by its loss) or move the rate."""
    stop = training.stop
    last = stop.epochs - epoch if stop.epochs > epoch else math.inf
    patient = max(1, stop.patience - watch.waited) if stop.patience else math.inf
    return min(last, patient, epochs_to_fall(watch.plateau, training))


def watchful(training: Training) -> bool:
    """Whether the losses of an epoch can come to anything."""
    stop = training.stop
    return bool(stop.patience or stop.loss or stop.epochs) or SCHEDULES[training.schedule.name].follows_loss


def _patience(stop: Stop, epoch: int, best: int, tested: bool) -> str:
    loss, epochs = "test loss" if tested else "training loss", "epoch" if stop.patience == 1 else "epochs"
    return (
        f"Stopped at epoch {epoch}: the {loss} had not fallen for {stop.patience} {epochs}; θ of epoch {best} is back."
    )


def _loss_or_epoch(watch: Watch, stop: Stop, epoch: int, train_loss: float) -> str:
    if train_loss < stop.loss and not watch.under:
        return f"Stopped at epoch {epoch}: the training loss has fallen below {stop.loss:g}."
    return f"Stopped at epoch {epoch}, the last one asked for." if epoch == stop.epochs else ""


def timed_out(stop: Stop, epoch: float, before: float, after: float) -> str:
    """Why the run ends when its seconds of training went from ``before`` to ``after``, else an empty text."""
    if not before < stop.seconds <= after:
        return ""
    return f"Stopped at epoch {epoch:.4g}, after {stop.seconds:g} s of training."
