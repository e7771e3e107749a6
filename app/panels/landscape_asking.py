"""What is to be asked about a landscape next: which plane through which θ, how finely, and when."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from app.panels.landscape_ends import NEWEST, START, Point
from app.panels.survey import Question, Survey, same_objective, same_space
from core.probes.directions import Floats, Plane
from core.probes.landscape import SIZES, Objective
from core.probes.planes import LINE, PLANES, PlaneRow
from core.probes.seen import Seen, path_from
from core.rates.race import Race

RUNNING = SIZES[:-1]
"""The grids computed for a surface that is soon replaced."""
PACE = 0.08
"""Seconds from one surface to the next, while training runs and the plane follows it."""
WORK = 0.05
"""Seconds that such a surface may take, judged by what the last one took: with its rest, ten are shown a second."""
QUICK = 0.03
"""Seconds for the finest of them up to which there is nothing to be gained from coarser ones before it."""
REST = 1.0
"""While training runs, the probe rests at least this many times as long as it worked, so that training keeps its
pace."""


class Asking:
    """The state of a landscape panel that is not on the screen."""

    def __init__(self) -> None:
        self.name = "random"
        self.seed = 0
        self.model: Any = None
        self.objective: Objective | None = None
        self.exact: Objective | None = None
        self.plane: Plane | None = None
        self.stale = True
        self.sizes: tuple[int, ...] = ()
        self.ends = (START, NEWEST)
        self.race: Race | None = None
        self.asked: Question | None = None
        self._through: Floats | None = None
        self._last: Plane | None = None
        self._last_name = ""
        self._rest_until = 0.0
        self._apart, self._each = 0.0, 0.0

    @property
    def row(self) -> PlaneRow:
        """The plane chosen, as a row of the table."""
        return PLANES[self.name]

    @property
    def along_line(self) -> bool:
        """Whether a curve is asked for, not a surface."""
        return self.name == LINE

    @property
    def fine(self) -> bool:
        """Whether the surface asked for last is as fine as any."""
        return self.sizes == SIZES

    def take(self, model: Any) -> bool:
        """Follow a change of data, network or objective; gives whether θ means something else now."""
        if model is self.model:
            return False
        before, self.model = self.model, model
        if before is not None and same_objective(before, model):
            return False
        self.objective = Objective.of(model)
        self.exact = Objective.of(model, precision="float64")
        self.stale = True
        if before is not None and same_space(before, model):
            return False
        self.race = None
        self.lay_anew()
        return True

    def choose(self, name: str) -> None:
        """Ask for another plane."""
        self.name = name
        self.lay_anew()

    def lay_anew(self) -> None:
        """Have the plane laid again, through what is seen then."""
        self.plane, self.stale = None, True

    def through(self, theta: Any) -> bool:
        """Whether the plane asked for last goes through ``theta``."""
        return self._through is not None and np.array_equal(self._through, theta)

    def may_follow(self, running: bool, busy: bool) -> bool:
        """Whether it is time for another surface."""
        return not running or (not busy and time.perf_counter() >= self._rest_until)

    def rest(self, survey: Survey, began: float) -> None:
        """Let training have the processor for a while after a survey that was asked for at ``began``."""
        now = time.perf_counter()
        self._rest_until = max(began + PACE, now + REST * survey.seconds)
        self._apart = survey.apart
        self._each = (survey.seconds - survey.apart) / survey.surface.losses.size

    def grids(self, soon: bool) -> tuple[int, ...]:
        """The sizes to compute: all, or, where another surface comes ``soon``, as fine as there is time for."""
        if not soon:
            return SIZES
        finest = RUNNING[-1]
        if self.plane is None and 0 < self._each * finest**2 <= QUICK:
            return (finest,)
        return tuple(n for n in RUNNING if n <= RUNNING[1] or self._apart + self._each * n * n <= WORK)

    def seen(
        self, snapshot: Any, weights: tuple[int | None, int | None] | None, points: tuple[Point, Point] | None
    ) -> Seen:
        """What a plane may be laid through now."""
        assert self.objective is not None
        theta = np.array(snapshot.theta, dtype=np.float64)
        self._through = theta
        steps, thetas = snapshot.history.path()
        ends, names = None, ("A", "B")
        if points is not None:
            ends = np.stack([point.theta if point.theta is not None else theta for point in points])
            names = (points[0].name, points[1].name)
        raced = None
        if self.race is not None:
            flat = np.asarray(self.race.thetas, dtype=np.float64).reshape(-1, len(theta))
            raced = flat[np.isfinite(flat).all(axis=1)]
        path = path_from(thetas, steps, snapshot.step, theta)
        return Seen(
            self.objective, theta, path, self.exact, self.seed, weights, ends, names, raced, before=self._like()
        )

    def _like(self) -> Plane | None:
        """The plane of the same kind that was laid last."""
        return self._last if self._last_name == self.name else None

    def landed(self, survey: Survey) -> None:
        """Note the plane that was laid for a survey, if it is the one asked for last."""
        if self.plane is None and survey.question is self.asked:
            self.plane = self._last = survey.plane
            self._last_name = survey.question.name
