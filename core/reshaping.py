"""θ and the optimizer's arrays when the architecture is edited in mid-run: what has kept both its ends stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core.backend import Backend
from core.engine.array import ArrayEngine, State
from core.network import Network, carry


def same_layout(old: Network, new: Network) -> bool:
    """Whether every number of θ means the same in both."""
    layouts = [[(layer.blocks, layer.sources) for layer in network.layers] for network in (old, new)]
    return layouts[0] == layouts[1]


def carried(state: State, old: Network, new: Network, engine: ArrayEngine, backend: Backend, seed: int) -> State:
    """The state in ``new``'s layout, on its ``engine``; what is new there is drawn by ``seed``, its slots are zero."""

    def hosted(array: Any) -> Any:
        return backend.to_host(array)

    if same_layout(old, new):
        slots = tuple(engine.array(hosted(slot)) for slot in state.slots)
        return replace(state, thetas=engine.array(hosted(state.thetas)), slots=slots, good=None)
    fresh = new.initial(seed)[None]
    theta = carry(old, new, hosted(state.thetas), fresh)
    slots = tuple(engine.array(carry(old, new, hosted(slot), np.zeros_like(fresh))) for slot in state.slots)
    return State(engine.array(theta), slots, state.step, state.since)
