"""Calls every compiled loop once, so that it is compiled, or loaded from disk, before it is needed."""

from __future__ import annotations

import numpy as np

from core.engine.array import Hyper
from core.engine.compiled import CompiledEngine
from core.network import resolve
from core.spec import Experiment


def warm(precision: str = "float32") -> None:
    """Train and evaluate the smallest network there is, in one precision."""
    network = resolve(Experiment())
    engine = CompiledEngine(network, dtype=precision)
    x, t = np.zeros((2, 2)), np.zeros((2, 1))
    state = engine.zero_state(network.initial(0)[None], "sgd")
    columns, hyper = (engine.columns(x), engine.columns(t)), Hyper(0.1, 2, "sgd", {})
    trained = engine.train(state, *columns, np.arange(2), 1, hyper)
    everything = (*columns, np.zeros(2))
    engine.run_epochs(state, *columns, everything, 0.5, 0, 1, hyper)
    engine.survey(state.thetas, *everything, 1, 0.5)
    engine.squared_norms(trained)
    engine.loss(state.thetas, x, t)
    engine.forward(state.thetas, x)
