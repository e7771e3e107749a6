"""What a run came to, as plain values: the report that the command line and the demo write, history, weights."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from core.history import History
from core.trainer import Trainer

Value = str | int | float | None


def report(trainer: Trainer, dataset: str = "") -> dict[str, Value]:
    """The run in plain values, its losses and scores those of θ as it is now.

    ``dataset`` is a name to call the data by; else the generator's, or "drawn". The accuracies are shares of points
    from 0 to 1; in regression they are R², 1 - residual / total variance. What is not defined (no test points, a loss
    that is not finite) is None. ``seconds`` is the time spent training; all else is the same whenever the run is.
    """
    model, measured = trainer.model, trainer.measure()
    generator = model.experiment.data.generator
    return {
        "dataset": dataset or (generator.name if generator else "drawn"),
        "network": "-".join(map(str, model.network.shape)),
        "epochs": _whole(trainer.epoch_now),
        "steps": trainer.state.step,
        **{name: _finite(value) for name, value in measured.items()},
        "seconds": round(trainer.seconds, 6),
        "engine": trainer.engine.name,
        "device": trainer.backend.title,
        "dtype": model.experiment.training.precision,
        "seed": model.experiment.training.seed,
        "parameters": model.network.parameters,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


def history_table(history: History) -> str:
    """The history as CSV: a column for each metric, a row for each record, empty where nothing was measured."""
    names = history.names()
    columns = [history.column(name).tolist() for name in names]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in zip(*columns, strict=True):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: float) -> str | int | float:
    return "" if math.isnan(value) else _whole(value) if math.isfinite(value) else value


_PLURALS = {
    "weight": "weights",
    "bias": "biases",
    "gain": "gains",
    "shift": "shifts",
    "mean": "means",
    "variance": "variances",
}


def weights(trainer: Trainer) -> dict[str, npt.NDArray[Any]]:
    """θ (P,) as "theta", and each layer's part by name: "layer 1/weights" (units, fan_in), "output/biases" (units,).

    Normalised layers have gains, shifts, and for batches running means and variances, too, (units,) each.
    """
    network, theta = trainer.model.network, np.array(trainer.theta)
    arrays = {"theta": theta}
    for layer in network.layers:
        for name, block in layer.blocks.items():
            arrays[f"{layer.label}/{_PLURALS[name]}"] = block.of(theta)
    return arrays
