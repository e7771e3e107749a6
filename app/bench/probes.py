"""What each picture's numbers cost: every probe at a trained θ of the first preset, on one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from app.bench.options import Options
from app.bench.rows import Measured, Row, Way, in_turn, rated
from core.engine.choice import prepare
from core.engine.pool import limited
from core.presets import FIRST, PRESETS
from core.probes.landscape import Objective
from core.trainer import Snapshot, Trainer

EPOCHS = 60
"""How long the network is trained before it is looked at."""
RIDGES = 24
"""Moments of which there are histograms."""

Probe = Callable[[Snapshot], Callable[[], object]]


def _trained() -> Snapshot:
    prepare()
    trainer = Trainer(PRESETS[FIRST].experiment)
    trainer.advance(trainer.steps_until(EPOCHS))
    return trainer.snapshot()


def _exact(snapshot: Snapshot) -> Objective:
    return Objective.of(snapshot.model, precision="float64")


def _neurons(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.neurons import neuron_maps

    shown = list(snapshot.model.network.shape)
    return lambda: neuron_maps(snapshot.model, snapshot.theta, shown)


def _boundary(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.boundary import boundary

    return lambda: boundary(snapshot.model, snapshot.theta, 100)


def _slopes(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.backprop import slopes

    return lambda: slopes(snapshot.model, snapshot.moment)


def _explain(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.explain import explain

    x, y = snapshot.model.prepared.x_train[0], snapshot.model.prepared.y_train[:1]
    target = snapshot.model.targets(y)[0]
    return lambda: explain(snapshot.model, snapshot.theta, x, target)


def _represent(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.representation import represent

    return lambda: represent(snapshot.model, snapshot.theta)


def _answers(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.confusion import answers, confusion

    return lambda: confusion(answers(snapshot.model, snapshot.theta))


def _weight_slice(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.slices import along_weight

    objective = _exact(snapshot)
    return lambda: along_weight(objective, snapshot.theta, 0, -3.0, 3.0)


def _step_slice(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.slices import along_step

    objective, rate = _exact(snapshot), snapshot.model.experiment.training.learning_rate
    here: Any = snapshot.moment
    return lambda: along_step(snapshot.model, objective, here, rate)


def _noise(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.noise import noise

    objective = _exact(snapshot)
    return lambda: noise(objective, snapshot.theta, (1, 10, 32, 100))


def _arrows(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.arrows import arrows
    from core.probes.directions import random_plane

    objective, plane = Objective.of(snapshot.model), random_plane(snapshot.model.network, snapshot.theta, 0)
    return lambda: arrows(objective, plane, 1.0)


def _race(snapshot: Snapshot) -> Callable[[], object]:
    from core.optimizers import OPTIMIZERS
    from core.rates.race import Contender, race
    from core.spec import Choice

    names = [name for name in ("sgd", "momentum", "rmsprop", "adam") if name in OPTIMIZERS]
    contenders = [Contender(Choice(name), 0.01) for name in names]
    return lambda: list(race(snapshot.model, snapshot.theta, contenders, 200))


def _between(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.between import between

    objective, start = Objective.of(snapshot.model), snapshot.history.moments()[0].theta
    return lambda: list(between(objective, start, snapshot.theta))


def _path_plane(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.planes_principal import components

    _, thetas = snapshot.history.path()
    offsets = np.asarray(thetas - snapshot.theta, dtype=np.float64)
    return lambda: components(offsets)


def _histograms(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.distributions import ridgelines

    objective, moments = Objective.of(snapshot.model), snapshot.history.moments()
    places = [(m.step, float(m.epoch), m.theta) for m in moments[:: max(1, len(moments) // RIDGES)]]
    return lambda: ridgelines(objective, "activations", places)


def _idle(snapshot: Snapshot) -> Callable[[], object]:
    from core.probes.idle import idle_units

    objective = Objective.of(snapshot.model)
    return lambda: idle_units(objective, snapshot.theta)


PROBES: tuple[tuple[str, str, Probe], ...] = (
    ("neurons", "every neuron's map, 40 × 40", _neurons),
    ("boundary", "decision boundary with its lines and scores, 100 × 100", _boundary),
    ("slopes", "gradient of all samples, and the optimizer's next step, in float64", _slopes),
    ("explain", "one sample by hand: every number forwards and back", _explain),
    ("represent", "points and grid through every layer, with separability", _represent),
    ("answers", "answers to all samples, and their confusion matrix", _answers),
    ("weight-slice", "loss along one weight, with slope", _weight_slice),
    ("step-slice", "loss along the optimizer's next step, best rate, curvature", _step_slice),
    ("noise", "gradients of batches of 1, 10, 32 and 100 against the full one", _noise),
    ("arrows", "-∇L on an 11 × 11 grid of a plane, by backpropagation", _arrows),
    ("between", "loss on the line from the start to here, coarse and fine", _between),
    ("path-plane", "the path's first two principal components, over 61 moments", _path_plane),
    ("histograms", "activations of every layer as ridgelines over 24 or so moments", _histograms),
    ("idle", "dead and saturated units of every layer", _idle),
    ("race", "200 full-batch steps of four optimizers from one θ", _race),
)
"""The probes: their names after "probe-", what they compute, and how."""


def probes(options: Options) -> list[Row]:
    """A row for each probe, in milliseconds; the sharpness beside NumPy's eigenvalues of the whole Hessian."""
    snapshot, repeats = _trained(), options.few(7, 31)
    with limited(1):
        rows = [_row(name, what, probe(snapshot), repeats) for name, what, probe in PROBES]
        rows.append(_sharpness(snapshot, options.few(3, 11)))
    return rows


def _row(name: str, what: str, work: Callable[[], object], repeats: int) -> Row:
    (ours,) = in_turn(Way(work), repeats=repeats, seconds=5.0)
    return _shown(f"probe-{name}", what, ours)


def _shown(name: str, what: str, ours: Measured) -> Row:
    return Row(name, f"{what}; {FIRST} after {EPOCHS} epochs", 1e3 * ours.median, None, "", "ms", None, ours.spread)


def _sharpness(snapshot: Snapshot, repeats: int) -> Row:
    from core.probes.hessian import hessian, top_eigenpair

    objective = _exact(snapshot)

    def whole() -> Any:
        return np.linalg.eigvalsh(hessian(objective, snapshot.theta))[-1]

    ours, peer = in_turn(Way(lambda: top_eigenpair(objective, snapshot.theta)), Way(whole), repeats=repeats)
    what = f"top eigenvalue of the Hessian by Lanczos; {FIRST} after {EPOCHS} epochs"
    return rated("probe-sharpness", what, "ms", "NumPy's eigvalsh of the whole Hessian", ours, peer, "")
