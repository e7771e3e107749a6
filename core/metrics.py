"""What a run is measured by, from sums over its samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.model import Model

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Yardstick:
    """All samples of a model, those that train first, and what turns sums over them into losses and scores.

    ``x`` (N, D), ``targets`` (N, K) and ``y`` (N,) are host arrays; ``middle`` is the single output above which class 1
    is meant, NaN for values; ``counts`` and ``spreads`` (2,) are of the samples that train and of those that test.
    """

    x: Floats
    targets: Floats
    y: Floats
    trained: int
    middle: float
    counts: Floats
    spreads: Floats

    @classmethod
    def of(cls, model: Model) -> Yardstick:
        """The yardstick of a model's data."""
        prepared = model.prepared
        y = np.concatenate([prepared.y_train, prepared.y_test])
        parts = (prepared.y_train, prepared.y_test)
        low, high = ACTIVATIONS[model.network.output.activation].targets
        with np.errstate(over="ignore", invalid="ignore"):
            spreads = np.array([float(((part - part.mean()) ** 2).sum()) if len(part) else 0.0 for part in parts])
        return cls(
            np.concatenate([prepared.x_train, prepared.x_test]),
            model.targets(y),
            y,
            len(prepared.y_train),
            (low + high) / 2 if model.classes else float("nan"),
            np.array([float(len(part)) for part in parts]),
            spreads,
        )

    def columns(self, sums: Floats) -> dict[str, Floats]:
        """Losses and scores, each (E,), from ``sums`` (E, 4): losses, then hits or squared errors; NaN if undefined.

        A score is the accuracy, or for values R² = 1 - residual / total variance.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            losses = sums[:, :2] / self.counts
            if np.isnan(self.middle):
                usable = (self.spreads > 0.0) & (self.spreads < np.inf)
                scores = np.where(usable, 1.0 - sums[:, 2:] / self.spreads, np.nan)
            else:
                scores = sums[:, 2:] / self.counts
        names = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
        return dict(zip(names, (*losses.T, *scores.T), strict=True))
