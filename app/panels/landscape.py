"""The loss landscape: the real objective on a plane through θ, and how honest a picture of training that plane is."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.numbers import count, number, percent
from app.panels.map_image import draw_map
from app.panels.off_plane import OffPlaneView
from app.panels.panel import Panel
from app.panels.relief import relief
from app.panels.scale_bar import ScaleBar
from app.panels.surface_view import SurfaceView
from app.panels.survey import Question, Survey, path_of, same_objective, same_space, surveys
from app.probe_thread import Probe
from app.theme import theme, tokens
from app.widgets.buttons import IconButton
from app.widgets.choice import Chip
from core.probes.directions import Plane, random_plane
from core.probes.landscape import SIZES, Objective
from core.probes.projection import Track

RUNNING = SIZES[:-1]
"""The grids computed for a surface that is soon replaced."""
REST = 4.0
"""While training runs, the probe rests this many times as long as it worked, so that training keeps its pace."""
ZOOM = math.sqrt(2.0)
SPANS = (2.0**-10, 2.0**10)
_ROOM_FOR_PLOT, _ROOM_FOR_SLIM = 390, 300
"""Design pixels of width from which on the plot beside the map, or a slimmer one, has room."""


class LandscapePanel(Panel):
    """Asks for a surface when there is a reason to, and for the path with every snapshot."""

    key = "landscape"
    title = "Loss landscape"
    period = 33
    help = (
        "The loss that training minimises, computed on a flat cut through the space of all parameters θ: α and β step "
        "along two random directions, filter-normalised, so that each neuron's weights change in proportion to their "
        "own size. The line is training's path projected on that plane, and a plane shows only a small part of it: "
        "how much, and how far off it the path is, stands beside the map.\n"
        "Source: Li, Xu, Taylor, Studer & Goldstein, “Visualizing the Loss Landscape of Neural Nets”, 2018, "
        "arXiv:1712.09913."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._objective: Objective | None = None
        self._model: Any = None
        self._plane: Plane | None = None
        self._survey: Survey | None = None
        self._log: bool | None = None
        self._seed = 0
        self._stale = True
        self._rest_until = 0.0
        self._asked_sizes: tuple[int, ...] = ()
        self._controls()
        self._pictures()
        self._surface_probe = self._probe(self._show_survey)
        self._track_probe = self._probe(self._show_track)
        session.run_changed.connect(self._again)

    def _controls(self) -> None:
        self.follow = Chip("follow", "Move the plane's centre to the newest θ as training goes on.")
        self.follow.setChecked(True)
        self.follow.toggled.connect(lambda _: self._again())
        self.log = Chip("log", "Space colours and level lines by the logarithm of the loss.")
        self.log.clicked.connect(self._log_clicked)
        self.centre = self._button("centre", "Recentre the plane on the present θ", self._recentre)
        self.dice = self._button("dice", "Draw two other random directions", self._reseed)
        self.wider = self._button("minus", "Wider view", lambda: self._zoom(1))
        self.narrower = self._button("plus", "Narrower view", lambda: self._zoom(-1))
        for control in (self.follow, self.log, self.centre, self.dice, self.wider, self.narrower):
            self.add_control(control)

    def _button(self, name: str, tooltip: str, pressed: Any) -> IconButton:
        button = IconButton(name, tooltip, flat=True, size=tokens.SMALL_CONTROL)
        button.clicked.connect(lambda _: pressed())
        return button

    def _pictures(self) -> None:
        self.view, self.scale, self.off_plane = SurfaceView(), ScaleBar(), OffPlaneView()
        self.view.zoomed.connect(self._zoom)
        self.set_body(_Row(self.view, self.scale, self.off_plane))

    def _probe(self, show: Any) -> Probe:
        probe = Probe(self)
        probe.answered.connect(show)
        probe.failed.connect(lambda text: self.show_message(f"The landscape could not be computed: {text}."))
        return probe

    # what is asked

    def refresh(self, snapshot: Any) -> None:
        """Renew the plane or the surface where that is due; else ask for the path alone."""
        self._take(snapshot)
        running = self.session.state == "running"
        if self.follow.isChecked() and self._may_follow(running) and not self._centred(snapshot):
            self._move_to(snapshot)
        if self._stale or (not running and self._coarse()):
            self._stale = False
            self._ask(snapshot, running)
        elif not (self.follow.isChecked() and running):
            self._ask_track(snapshot)

    def _take(self, snapshot: Any) -> None:
        """Follow a change of data, network or objective."""
        if snapshot.model is self._model:
            return
        before, self._model = self._model, snapshot.model
        if before is not None and same_objective(before, self._model):
            return
        self._objective, self._stale = Objective.of(self._model), True
        if before is None or not same_space(before, self._model):
            self.view.set_track(None)
            self.off_plane.set_track(None)
            self._move_to(snapshot)

    def _may_follow(self, running: bool) -> bool:
        return not running or (not self._surface_probe.busy and time.perf_counter() >= self._rest_until)

    def _centred(self, snapshot: Any) -> bool:
        return self._plane is not None and np.array_equal(self._plane.centre, snapshot.theta)

    def _coarse(self) -> bool:
        """Whether the newest surface was not asked for as finely as there is time for now."""
        return self._asked_sizes != SIZES

    def _move_to(self, snapshot: Any) -> None:
        self._plane = random_plane(snapshot.model.network, snapshot.theta, self._seed)
        self._stale = True

    def _ask(self, snapshot: Any, running: bool) -> None:
        assert self._objective is not None
        assert self._plane is not None
        self._asked_sizes = RUNNING if running else SIZES
        shown = self._survey.relief.surface if self._survey and self._survey.objective is self._objective else None
        known = shown if shown and shown.plane is self._plane and shown.span == self.view.span else None
        question = Question(
            self._objective,
            self._plane,
            self.view.span,
            self._asked_sizes,
            snapshot,
            self._log,
            theme(),
            self.view.map_size(),
            eager=shown is None,
            known=known,
        )
        self._surface_probe.ask(surveys, question)

    def _ask_track(self, snapshot: Any) -> None:
        """Ask for the path seen from the plane of the surface that is shown, so that the two fit together."""
        if self._survey is not None and self._survey.objective is self._objective:
            plane = self._survey.relief.surface.plane
            self._track_probe.ask(path_of, self._objective, plane, snapshot)

    def _again(self) -> None:
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    # what the user asks

    def _recentre(self) -> None:
        if self.session.snapshot is not None:
            self._take(self.session.snapshot)
            self._move_to(self.session.snapshot)
            self._again()

    def _reseed(self) -> None:
        self._seed += 1
        if self._plane is not None and self._model is not None:
            self._plane = random_plane(self._model.network, self._plane.centre, self._seed)
            self._stale = True
            self._again()

    def _zoom(self, steps: int) -> None:
        low, high = SPANS
        span = min(max(self.view.span * ZOOM**steps, low), high)
        exact = 2.0 ** (round(2 * math.log2(span)) / 2)
        if exact != self.view.span:
            self.view.set_span(exact)
            self._stale = True
            self._again()

    def _log_clicked(self, on: bool) -> None:
        self._log = on
        self.update_theme()

    def update_theme(self) -> None:
        """Colour the same surface anew."""
        if self._survey is not None:
            drawn = relief(self._survey.relief.surface, self._log, theme())
            old = self._survey
            picture = draw_map(drawn, self.view.map_size(), theme())
            self._show_relief(replace(old, relief=drawn, map=picture))

    # what comes

    def _show_survey(self, survey: Survey | None) -> None:
        if survey is None or survey.objective is not self._objective:
            return
        self.clear_message()
        if survey.finished and self.session.state == "running":
            self._rest_until = time.perf_counter() + REST * survey.seconds
        self._show_relief(survey)
        self._show_track(survey.track)

    def _show_relief(self, survey: Survey) -> None:
        self._survey = survey
        drawn = survey.relief
        self.view.set_relief(drawn, survey.map)
        self.log.setChecked(drawn.log)
        self.scale.set_scale(theme().surface(np.linspace(0.0, 1.0, 256)), drawn.ticks, "loss")

    def _show_track(self, seen: Track | None) -> None:
        if seen is None or self._survey is None or seen.plane is not self._survey.relief.surface.plane:
            return
        self.view.set_track(seen)
        self.off_plane.set_track(seen)
        self.set_status(_status(seen, self._survey.objective))


class _Row(QWidget):
    """The map, its scale, and, where there is room, the plot beside them."""

    def __init__(self, view: SurfaceView, scale: ScaleBar, off_plane: OffPlaneView) -> None:
        super().__init__()
        self._view, self._scale, self._off_plane = view, scale, off_plane
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(view, 1)
        self._layout.addWidget(scale)
        self._layout.addWidget(off_plane)
        view.arranged.connect(self._arranged)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the plot where it fits."""
        self._arranged()

    def _arranged(self) -> None:
        """Show the plot where it fits, and keep the scale level with the map."""
        self._layout.setSpacing(theme().px(tokens.GAP))
        self._off_plane.set_slim(self.width() < theme().px(_ROOM_FOR_PLOT))
        self._off_plane.setVisible(self.width() >= theme().px(_ROOM_FOR_SLIM))
        rect = self._view.map_rect()
        self._scale.set_margins(rect.top(), self._view.height() - rect.bottom())


def _status(seen: Track, objective: Objective) -> str:
    """The numbers the picture shows, in one line."""
    explained = percent(seen.explained) if math.isfinite(seen.explained) else "–"
    parts = [
        f"explained {explained}",
        f"off the plane {_distance(seen.off)}",
        f"loss at the ball {number(seen.loss, 3)}, under it {number(seen.under, 3)}",
    ]
    if objective.samples < objective.total:
        parts.append(f"on {count(objective.samples)} of {count(objective.total)} points")
    return " · ".join(parts)


def _distance(value: float) -> str:
    """A distance; what is left of rounding is no distance."""
    return number(value, 3) if value > 1e-9 else "0"
