"""What the card at the pointer says on a loss surface: of a place, or of a raced path."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF

from app.numbers import count, number
from app.panels.landscape_racers import shown_until, title_of
from app.panels.readout import Row
from app.panels.relief import Relief
from app.panels.survey import Raced
from app.theme import theme
from core.probes.directions import Axis

_NEAR = 9
"""Design pixels within which the pointer is on a path."""

ToWidget = Callable[[npt.ArrayLike], npt.NDArray[np.float64]]


def place_rows(relief: Relief | None, axes: tuple[Axis, Axis], at: tuple[float, float], walking: bool) -> list[Row]:
    """The numbers of the plane and the loss at ``at`` (α, β), and what drops the ball there."""
    loss = relief.at(*at) if relief is not None else math.nan
    rows = [
        Row(axis.short, number(place * axis.unit + axis.zero, 3, fixed=True))
        for axis, place in zip(axes, at, strict=True)
    ]
    if not math.isfinite(loss):
        return [*rows, Row("loss", "not finite")]
    return [*rows, Row("loss", number(loss, 4)), Row("Enter" if walking else "click", "drop ball")]


def racer_rows(raced: Raced, share: float, position: QPointF, to_widget: ToWidget) -> list[Row] | None:
    """What there is to say of the raced path under the pointer; None where there is none."""
    until = shown_until(raced.race, share)
    away = to_widget(raced.coordinates[:, :until]) - (position.x(), position.y())
    distance = np.nan_to_num(np.hypot(away[..., 0], away[..., 1]), nan=np.inf)
    who, when = np.unravel_index(int(distance.argmin()), distance.shape)
    if distance[who, when] > theme().px(_NEAR):
        return None
    return [
        Row(title_of(raced.race.contenders[who]), f"step {count(int(raced.race.steps[when]))}"),
        Row("loss there", number(float(raced.race.losses[who, when]), 4)),
        Row("off the plane", number(float(raced.distances[who, when]), 3)),
    ]
