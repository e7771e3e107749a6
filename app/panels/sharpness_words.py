"""What a sharpness means in words: its place beside the edge of stability, and why a run diverged."""

from __future__ import annotations

import math
from typing import Any

from app.numbers import brief
from core.frozen import free
from core.optimizers import OPTIMIZERS
from core.probes.hessian import top_eigenpair
from core.probes.landscape import Objective
from core.probes.stability import edge, stability_limit
from core.spec import Training

AT_THE_EDGE = (0.9, 1.15)
"""Sharpness as a share of the edge between which a run is at it."""


def place(ratio: float) -> str:
    """Where a sharpness of ``ratio`` times the edge is."""
    low, high = AT_THE_EDGE
    return "stable" if ratio < low else "at the edge of stability" if ratio <= high else "over the edge"


def numbers(sharpness: float, rate: float, training: Training) -> str:
    """Sharpness, edge and their ratio, and the largest rate that is stable."""
    said = [f"sharpness {brief(sharpness)}"]
    found = edge(training.optimizer)
    if found is None or not math.isfinite(sharpness):
        return (
            " · ".join([*said, f"2 / rate {brief(2.0 / rate)}, which is not its limit"]) if found is None else said[0]
        )
    formula, most = found
    ratio = sharpness * rate / most
    said += [f"{formula} {brief(most / rate)}", f"ratio {brief(ratio)}: {place(ratio)}"]
    if sharpness > 0:
        said.append(f"stable up to rate {brief(most / sharpness)}")
    return " · ".join(said)


def caution(training: Training, samples: int) -> str:
    """What has to be kept in mind when the line is read; "" for full-batch descent."""
    found = edge(training.optimizer)
    if found is None:
        title = OPTIMIZERS[training.optimizer.name].title
        return f"{title} scales each weight’s step: 2 / rate is not its limit."
    if training.batch_size < samples:
        return "The line is for full batches only."
    return ""


def why_diverged(snapshot: Any) -> str:
    """Why a run that diverged did so, in a sentence, by the sharpness at its lowest loss; "" where that is no reason.

    It computes that sharpness: have a Probe ask for it.
    """
    divergence, model = snapshot.divergence, snapshot.model
    training: Training = model.experiment.training
    moments = [moment for moment in snapshot.history.moments() if math.isfinite(moment.loss)]
    if divergence is None or not moments:
        return ""
    best = min(moments, key=lambda moment: moment.loss)
    mask = free(model.experiment.network, model.network)
    pair = top_eigenpair(Objective.of(model, precision="float64"), best.theta, free=mask)
    limit, found = stability_limit(pair.value, training.optimizer), edge(training.optimizer)
    if limit is None or found is None or not divergence.rate > limit:
        return ""
    formula = found[0].replace("rate", "sharpness")
    return f"The rate {brief(divergence.rate)} was over {formula} = {brief(limit)}: each step overshot further."
