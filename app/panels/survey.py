"""What the landscape's probe does on its thread: compute a surface, see the path from its plane, and draw it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.panels.map_image import Map, MapSize, draw_map
from app.panels.relief import Relief, Shades, relief
from app.theme import Theme
from core.probes.arrows import Arrows, arrows
from core.probes.directions import Floats, Plane
from core.probes.landscape import Objective, Surface, refine
from core.probes.planes import lay
from core.probes.projection import Track, project_all, track
from core.probes.seen import NoPlane, Seen
from core.rates.race import Contender, Race, race, tuned

PATIENCE = 0.2
"""Seconds after which a coarse surface is shown in place of a finer, older one."""


@dataclass(frozen=True, eq=False)
class Ink:
    """How a surface is drawn: the theme, the map's size, and the colours' range, shown last and at what time.

    ``log`` None lets the surface's range decide; ``shades`` None is there at once.
    """

    look: Theme
    size: MapSize
    log: bool | None
    shades: Shades | None = None
    shown_at: float = 0.0

    def draw(self, surface: Surface) -> tuple[Relief, Map]:
        """The surface in colours, which ease from what was shown before, and its map."""
        seconds = time.perf_counter() - self.shown_at
        drawn = relief(surface, self.log, self.look, self.shades, seconds)
        return drawn, draw_map(drawn, self.size, self.look)


@dataclass(frozen=True, eq=False)
class Question:
    """What a survey answers: which objective, on which plane, how finely, and how it is drawn.

    ``plane`` is one there is already, or None to lay that of the row ``name`` through what is ``seen``. ``eager`` wants
    to see coarse surfaces at once; ``known`` is a surface there is already, whose points are kept; ``arrows`` asks
    which way is down, and ``race`` for its paths.
    """

    objective: Objective
    name: str
    seen: Seen
    plane: Plane | None
    span: float
    sizes: tuple[int, ...]
    snapshot: Any
    ink: Ink
    eager: bool
    known: Surface | None
    arrows: bool = False
    race: Race | None = None


@dataclass(frozen=True, eq=False)
class Survey:
    """All that a picture of a landscape needs, in two dimensions or three, and the seconds of work it took.

    ``relief`` holds the surface, its heights and its colours, ``map`` it drawn flat; ``track``, ``arrows`` and
    ``raced`` are in the coordinates of the surface's plane. Of its ``seconds``, a coarser or finer grid would have
    taken ``apart`` as well: to lay the plane and to draw.
    """

    relief: Relief
    map: Map
    track: Track
    question: Question
    seconds: float
    apart: float
    finished: bool
    arrows: Arrows | None = None
    raced: Raced | None = None

    @property
    def objective(self) -> Objective:
        """What the losses are of."""
        return self.question.objective

    @property
    def surface(self) -> Surface:
        """The losses."""
        return self.relief.surface

    @property
    def plane(self) -> Plane:
        """Where in θ's space they are."""
        return self.relief.surface.plane


@dataclass(frozen=True)
class Missing:
    """There is no plane, and why."""

    sentence: str
    name: str


@dataclass(frozen=True, eq=False)
class Raced:
    """A race's paths on a plane: ``coordinates`` (R, T, 2), and how far off it they are, ``distances`` (R, T)."""

    race: Race
    plane: Plane
    coordinates: Floats
    distances: Floats

    @classmethod
    def on(cls, plane: Plane, race: Race | None) -> Raced | None:
        """The paths of ``race`` seen from ``plane``; None without a race of this architecture."""
        if race is None or race.thetas.shape[-1] != len(plane.centre):
            return None
        return cls(race, plane, *project_all(plane, race.thetas))


def surveys(question: Question) -> Iterator[Survey | Missing | None]:
    """The surface coarse to fine; a coarse one only if it is ``eager`` or takes long; None to say that it goes on."""
    began, worked = time.perf_counter(), time.thread_time()
    asked = question
    try:
        plane = asked.plane or lay(asked.name, asked.seen)
    except NoPlane as reason:
        yield Missing(str(reason), asked.name)
        return
    seen = path_of(asked.objective, plane, asked.snapshot)
    if seen is None:
        return
    raced, down = Raced.on(plane, asked.race), None
    apart = time.thread_time() - worked
    for surface in refine(asked.objective, plane, asked.span, asked.sizes, asked.known):
        waited = time.perf_counter() - began
        finished = surface is not None and len(surface.axis) == asked.sizes[-1]
        if surface is None or not (finished or asked.eager or waited > PATIENCE):
            yield None
            continue
        computed = time.thread_time()
        if asked.arrows and down is None:
            down = arrows(asked.objective, plane, asked.span)
        drawn, picture = asked.ink.draw(surface)
        now = time.thread_time()
        apart += now - computed
        yield Survey(drawn, picture, seen, asked, now - worked, apart, finished, down, raced)


def racing(
    model: Any, theta: Floats, contenders: Sequence[Contender], steps: int, batch: int | None, plane: Plane
) -> Iterator[Raced | None]:
    """A race as it goes, seen from ``plane``; None to say that it goes on."""
    shown = 0.0
    for far in race(model, theta, contenders, steps, model.experiment.training.seed, batch):
        if far.finished or time.perf_counter() - shown > PATIENCE / 2:
            shown = time.perf_counter()
            yield Raced.on(plane, far)
        else:
            yield None


def tuning(
    model: Any, theta: Floats, contenders: Sequence[Contender], steps: int, batch: int | None
) -> Iterator[dict[str, float]]:
    """The best rate of each optimizer by name, those that have been found so far."""
    found: dict[str, float] = {}
    for one in contenders:
        found[one.optimizer.name] = tuned(model, theta, one.optimizer, steps, model.experiment.training.seed, batch)
        yield dict(found)


def redrawn(survey: Survey, ink: Ink) -> Survey:
    """The same in another theme, size or range of colours."""
    drawn, picture = ink.draw(survey.surface)
    return replace(survey, relief=drawn, map=picture)


def with_arrows(survey: Survey) -> Survey:
    """The same with arrows."""
    return replace(survey, arrows=arrows(survey.objective, survey.plane, survey.surface.span))


def path_of(objective: Objective, plane: Plane, snapshot: Any) -> Track | None:
    """The path of the snapshot's history; None where it has moved on to a network of another shape."""
    history = snapshot.history
    steps, thetas = history.path()
    if len(snapshot.theta) != len(plane.centre):
        return None
    if thetas.shape[-1] != len(plane.centre):
        return track(objective, plane, np.empty(0, np.int64), (), snapshot.step, snapshot.theta)
    placed = history.placed([moment.rows for moment in (*history.moments(), snapshot.moment)])
    return track(objective, plane, steps, thetas, snapshot.step, snapshot.theta, placed)


def unlike(wanted: Any, other: Any) -> str:
    """Why a θ of the model ``other`` means nothing in the model ``wanted``; empty where it does."""
    ours, theirs = ("-".join(map(str, model.network.shape)) for model in (wanted, other))
    if ours != theirs:
        return f"Of another architecture: {theirs}, not {ours}."
    if wanted.network.inputs != other.network.inputs:
        return "Of a network with other inputs."
    layers = [[(layer.activation, layer.weight, layer.bias) for layer in m.network.layers] for m in (wanted, other)]
    return "" if layers[0] == layers[1] else "Of a network with other activations or biases."


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
