"""What the landscape's probe does on its thread: compute a surface, see the path from its plane, and draw it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.panels.map_image import Map, MapSize, draw_map
from app.panels.relief import Relief, relief
from app.theme import Theme
from core.probes.directions import Plane
from core.probes.landscape import Objective, Surface, refine
from core.probes.projection import Track, track

PATIENCE = 0.2
"""Seconds after which a coarse surface is shown in place of a finer, older one."""


@dataclass(frozen=True, eq=False)
class Question:
    """What a survey answers: which objective, where, how finely, and in which colours it is drawn.

    ``eager`` wants to see coarse surfaces at once; ``known`` is a surface there is already, whose points are kept.
    """

    objective: Objective
    plane: Plane
    span: float
    sizes: tuple[int, ...]
    snapshot: Any
    log: bool | None
    look: Theme
    size: MapSize
    eager: bool
    known: Surface | None


@dataclass(frozen=True, eq=False)
class Survey:
    """A drawn surface, the path seen from its plane, and the seconds of work they took."""

    relief: Relief
    map: Map
    track: Track
    objective: Objective
    seconds: float
    finished: bool


def surveys(question: Question) -> Iterator[Survey | None]:
    """The surface coarse to fine; a coarse one only if it is ``eager`` or takes long; None to say that it goes on."""
    began, worked = time.perf_counter(), time.thread_time()
    asked = question
    seen = path_of(asked.objective, asked.plane, asked.snapshot)
    if seen is None:
        return
    for surface in refine(asked.objective, asked.plane, asked.span, asked.sizes, asked.known):
        waited = time.perf_counter() - began
        finished = surface is not None and len(surface.axis) == asked.sizes[-1]
        if surface is None or not (finished or asked.eager or waited > PATIENCE):
            yield None
        else:
            drawn = relief(surface, asked.log, asked.look)
            picture = draw_map(drawn, asked.size, asked.look)
            yield Survey(drawn, picture, seen, asked.objective, time.thread_time() - worked, finished)


def path_of(objective: Objective, plane: Plane, snapshot: Any) -> Track | None:
    """The path of the snapshot's history; None where it has moved on to a network of another shape."""
    steps, thetas = snapshot.history.path()
    if len(snapshot.theta) != len(plane.centre):
        return None
    if thetas.shape[-1] != len(plane.centre):
        steps, thetas = np.empty(0, np.int64), np.empty((0, len(plane.centre)))
    return track(objective, plane, steps, thetas, snapshot.step, snapshot.theta)


def same_space(before: Any, after: Any) -> bool:
    """Whether θ means the same in two models, and they look at the same data."""
    data = before.prepared is after.prepared or before.experiment.data == after.experiment.data
    layouts = [[(a.blocks, a.sources) for a in model.network.layers] for model in (before, after)]
    return data and layouts[0] == layouts[1]


def same_objective(before: Any, after: Any) -> bool:
    """Whether two models give a θ the same loss."""
    old, new = before.experiment.training, after.experiment.training
    same = before.network == after.network and (old.l1, old.l2, old.precision) == (new.l1, new.l2, new.precision)
    return same and same_space(before, after)
