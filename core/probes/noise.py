"""Gradient noise: how far the gradients of batches are from the one of all samples, at one θ.

The noise scale tr(Σ) / |G|² says at which batch size noise and signal are equally strong: below it a larger batch makes
every step better, far above it hardly. McCandlish, Kaplan, Amodei et al., "An Empirical Model of Large-Batch Training",
2018 (arXiv:1812.06162), equation 2.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.probes.directions import Floats
from core.probes.landscape import Objective
from core.random import key, permutation

BATCHES = 200
"""Batches drawn for each size."""
NUMBERS = 1 << 22
"""Numbers of all samples' gradients at most; of more samples a fixed random part is taken."""
_PART = 1 << 20


@dataclass(frozen=True, eq=False)
class Spread:
    """Gradients of ``size`` samples each: ``angles`` (M,) to the full gradient in degrees, ``lengths`` (M,) relative
    to it, and ``sides`` (M,), −1 or 1: on which side along the main direction of the noise.
    """

    size: int
    angles: Floats
    lengths: Floats
    sides: Floats

    @property
    def median(self) -> float:
        """The median angle in degrees."""
        return float(np.median(self.angles))

    def share(self, low: float, high: float) -> tuple[float, float]:
        """The angles, in degrees, that the shares ``low`` and ``high`` of the batches stay under."""
        lower, upper = np.quantile(self.angles, [low, high])
        return float(lower), float(upper)

    @property
    def uphill(self) -> float:
        """The share of batches whose step, by plain descent, goes up: more than 90° off."""
        return float((self.angles > 90.0).mean())


@dataclass(frozen=True, eq=False)
class Noise:
    """On ``samples`` of ``total`` training samples: ``norm`` |G| of the full gradient, ``variance`` tr(Σ) of single
    samples' gradients around it, and the ``spreads`` of batches.
    """

    norm: float
    variance: float
    spreads: tuple[Spread, ...]
    samples: int
    total: int

    @property
    def scale(self) -> float:
        """The simple noise scale tr(Σ) / |G|², in samples; infinite where the gradient is zero."""
        if not self.norm > 0:
            return float("inf") if self.variance > 0 else float("nan")
        return self.variance / self.norm**2

    def spread(self, size: int) -> Spread:
        """The spread of batches of ``size``; raises KeyError where it was not asked for."""
        for spread in self.spreads:
            if spread.size == size:
                return spread
        raise KeyError(size)


def sample_gradients(objective: Objective, theta: npt.ArrayLike) -> Floats:
    """Every sample's own gradient (N, P) at ``theta`` (P,), penalties included: their mean is the objective's."""
    theta = np.asarray(theta, dtype=np.float64)
    network, engine = objective.engine.network, objective.engine
    size = max(1, _PART // max(1, network.parameters + sum(network.shape)))
    found = np.empty((objective.samples, network.parameters))
    for start in range(0, objective.samples, size):
        # As many networks, all alike, as there are samples, and for each a batch of one of its own: a run axis last.
        x, targets = (rows[None, start : start + size].transpose(0, 2, 1) for rows in (objective.x, objective.targets))
        thetas = np.broadcast_to(theta, (x.shape[-1], len(theta)))
        found[start : start + size] = engine.gradient(thetas, x, targets, objective.l1, objective.l2)[1]
    return found


def noise(
    objective: Objective,
    theta: npt.ArrayLike,
    sizes: Sequence[int],
    free: npt.ArrayLike | None = None,
    batches: int = BATCHES,
    seed: int = 0,
) -> Noise | None:
    """How batches of each of ``sizes`` scatter around the full gradient at ``theta`` (P,); None where it is not finite.

    Batches are drawn as training draws them, without putting back; a size beyond the samples there are counts as all.
    What ``free`` (P,) says is frozen does not count. The same ``seed`` draws the same batches at every θ.
    """
    objective = _part(objective)
    samples = objective.samples
    gradients = sample_gradients(objective, theta)
    if free is not None:
        gradients = gradients * np.asarray(free)
    if not samples or not np.isfinite(gradients).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        full = gradients.mean(axis=0)
        rest = gradients - full
        variance = float((rest * rest).sum() / max(1, samples - 1))
        norm = float(np.linalg.norm(full))
    if not (np.isfinite(variance) and np.isfinite(norm)):
        return None
    main = _main(rest, full)
    order = _drawn(samples, batches, seed)
    wanted = dict.fromkeys(min(max(1, size), samples) for size in sizes)
    spreads = tuple(_spread(size, gradients, full, norm, main, order) for size in wanted)
    return Noise(norm, variance, spreads, samples, objective.total)


def _part(objective: Objective) -> Objective:
    """``objective`` on as many samples as their gradients have room for."""
    room = max(16, NUMBERS // objective.engine.network.parameters)
    if objective.samples <= room:
        return objective
    chosen = np.sort(permutation(key(0), objective.samples)[:room])
    return replace(objective, x=objective.x[chosen], targets=objective.targets[chosen])


def _drawn(samples: int, batches: int, seed: int) -> npt.NDArray[np.int64]:
    """``batches`` shuffles (M, N) of the samples; the first B of one are a batch of B."""
    rng = np.random.default_rng((0x4E4F495345, seed))
    order: npt.NDArray[np.int64] = rng.permuted(np.broadcast_to(np.arange(samples), (batches, samples)), axis=1)
    return order


def _main(rest: Floats, full: Floats) -> Floats:
    """The direction (P,) across the full gradient in which samples' gradients scatter most, by power iteration."""
    length = float(full @ full)
    across = rest - np.outer(rest @ full, full) / length if length > 0 else rest
    main: Floats = across[int(np.argmax((across * across).sum(axis=1)))]
    for _ in range(12):
        size = float(np.linalg.norm(main))
        if size == 0:
            break
        main = across.T @ (across @ (main / size))
    # Either way along it is as good: the same one at every θ, so that the picture does not flip.
    return main if main[int(np.argmax(np.abs(main)))] >= 0 else -main


def _spread(
    size: int, gradients: Floats, full: Floats, norm: float, main: Floats, order: npt.NDArray[np.int64]
) -> Spread:
    samples = len(gradients)
    if size == samples:
        means = full[None]
    else:
        picks = np.zeros((len(order), samples))
        np.put_along_axis(picks, order[:, :size], 1.0 / size, axis=1)
        means = picks @ gradients
    lengths = np.linalg.norm(means, axis=1)
    # From the part along and the part across, since the arc cosine loses half the digits of small angles.
    unit = full / norm if norm > 0 else np.zeros_like(full)
    ahead = means @ unit
    across = np.linalg.norm(means - np.outer(ahead, unit), axis=1)
    angles = np.degrees(np.arctan2(across, ahead)) if norm > 0 else np.full(len(means), np.nan)
    return Spread(size, angles, lengths / norm if norm > 0 else lengths, np.where(means @ main < 0, -1.0, 1.0))
