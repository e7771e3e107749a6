"""The loss landscape: the real objective on a plane through θ, and how honest a picture of training that plane is."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.panels import landscape_line
from app.panels.landscape_asking import Asking
from app.panels.landscape_controls import Controls
from app.panels.landscape_ends import Point, points, weight_rows
from app.panels.landscape_line import Crossing, crossings
from app.panels.landscape_pictures import Pictures
from app.panels.landscape_racing import Racing
from app.panels.landscape_words import words
from app.panels.panel import Panel
from app.panels.survey import (
    Ink,
    Missing,
    Question,
    Raced,
    Survey,
    path_of,
    redrawn,
    surveys,
    with_arrows,
)
from app.probe_thread import Probe
from app.theme import theme
from core.probes.directions import Floats
from core.probes.projection import Track

_FRAME_MS = 33


class LandscapePanel(Controls, Racing, Panel):
    """Asks for a surface when there is a reason to, and for the path with every snapshot."""

    key = "landscape"
    title = "Loss landscape"
    period = 33
    help = (
        "The **loss landscape** is the loss that training minimises, on a flat cut through the space of all "
        "parameters θ, with training's path projected on it and −∇L as arrows; a plane shows only a small part of "
        "both, and how much it shows, and how far off it the path is, stands beside the map. Click to drop the "
        "ball there (training goes on from that θ, and undo brings the old one back), drag to move the view, wheel "
        "to zoom.\n"
        "Source: Li, Xu, Taylor, Studer & Goldstein, “Visualizing the Loss Landscape of Neural Nets”, 2018, "
        "arXiv:1712.09913."
    )

    surveyed = Signal(object)
    """A Survey: all that another picture of the same landscape needs."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.asking = Asking()
        self._survey: Survey | None = None
        self._crossing: Crossing | None = None
        self._raced: Raced | None = None
        self._log: bool | None = None
        self._asked_at = self._drawn_at = 0.0
        self._controls()
        self._body_parts()
        self._surface_probe = self._probe(self._show)
        self._track_probe = self._probe(self._show_track)
        self._race_probe = self._probe(self._show_race)
        self._easing = QTimer(self, interval=_FRAME_MS, singleShot=True)
        self._easing.timeout.connect(self._ease)
        session.run_changed.connect(self._again)
        session.weights_picked.connect(lambda _: self._chosen_differs("weights"))
        session.marks_changed.connect(lambda: self._chosen_differs("ends"))
        session.runs_changed.connect(lambda: self._chosen_differs("ends"))

    def _body_parts(self) -> None:
        self.pictures = Pictures()
        self.view, self.scale = self.pictures.view, self.pictures.scale
        self.off_plane, self.line = self.pictures.off_plane, self.pictures.line
        self.pictures.space.losses = self._losses
        self.view.zoomed.connect(self._zoom)
        self.view.dropped.connect(self._drop)
        self.view.panned.connect(self._pan)
        self.pictures.ends.chosen.connect(self._choose_end)
        self.pictures.weights.chosen.connect(lambda slot, key: self.session.pick_weight(slot, int(key)))
        self.set_body(self.pictures)

    def _probe(self, show: Any) -> Probe:
        probe = Probe(self)
        probe.answered.connect(show)
        probe.failed.connect(lambda text: self.show_message(f"The landscape could not be computed: {text}."))
        return probe

    # what is asked

    def refresh(self, snapshot: Any) -> None:
        """Renew the plane or the surface where that is due; else ask for the path alone."""
        self._take(snapshot)
        asking, running = self.asking, self.session.state == "running"
        follows = self.follow.isChecked() and asking.row.follows
        if asking.along_line:
            moved = not asking.through(snapshot.theta)
            if asking.stale or (moved and asking.may_follow(running, self._surface_probe.busy)):
                self._ask_line(snapshot)
            return
        if follows and asking.may_follow(running, self._surface_probe.busy) and not asking.through(snapshot.theta):
            asking.lay_anew()
        if asking.stale:
            self._ask(snapshot, soon=True)
        elif not running and not asking.fine and self._at_rest:
            self._ask(snapshot, soon=False)
        elif not (follows and running):
            self._ask_track(snapshot)

    def _take(self, snapshot: Any) -> None:
        if self.asking.take(snapshot.model):
            self.view.set_track(None)
            self.off_plane.set_track(None)
            self.end_race()

    def _ask(self, snapshot: Any, soon: bool) -> None:
        """Ask for a surface; one that must be there ``soon`` is refined when it has come, if training does not run."""
        asking = self.asking
        asking.stale, asking.sizes = False, asking.grids(soon)
        assert asking.objective is not None
        shown = self._survey.surface if self._survey and self._survey.objective is asking.objective else None
        known = shown if shown and shown.plane is asking.plane and shown.span == self.view.span else None
        seen = asking.seen(snapshot, self.session.picked_weights, self._points(snapshot))
        self._asked_at = time.perf_counter()
        asking.asked = Question(
            asking.objective,
            asking.name,
            seen,
            asking.plane,
            self.view.span,
            asking.sizes,
            snapshot,
            self._ink(),
            eager=shown is None,
            known=known,
            arrows=self.arrows.isChecked(),
            race=self._raced.race if self._raced is not None else None,
        )
        self._surface_probe.ask(surveys, asking.asked)

    def _ink(self) -> Ink:
        shades = self._survey.relief.shades if self._survey is not None and theme().duration() else None
        return Ink(theme(), self.view.map_size(), self._log, shades, self._drawn_at)

    def _points(self, snapshot: Any) -> tuple[Point, Point] | None:
        """The two points chosen; the first and the newest where one of them is no longer there."""
        if self.asking.row.needs != "ends":
            return None
        there = {point.key: point for point in points(self.session, snapshot)}
        fit = [key for key, point in there.items() if not point.refused]
        first, second = self.asking.ends
        self.asking.ends = (first if first in fit else fit[0], second if second in fit else fit[1])
        rows = [(point.key, point.name, point.help) for point in there.values()]
        refused = {key: point.refused for key, point in there.items() if point.refused}
        self.pictures.ends.offer(rows, self.asking.ends, refused)
        return there[self.asking.ends[0]], there[self.asking.ends[1]]

    def _ask_line(self, snapshot: Any) -> None:
        asking, pair = self.asking, self._points(snapshot)
        assert asking.objective is not None
        assert pair is not None
        asking.stale = False
        seen = asking.seen(snapshot, None, pair)
        assert seen.ends is not None
        self._surface_probe.ask(crossings, asking.objective, seen.ends, seen.names)

    def _ask_track(self, snapshot: Any) -> None:
        """Ask for the path seen from the plane of the surface that is shown, so that the two fit together."""
        if self._survey is not None and self._survey.objective is self.asking.objective:
            self._track_probe.ask(path_of, self.asking.objective, self._survey.plane, snapshot)

    def _again(self) -> None:
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    # what comes

    def update_theme(self) -> None:
        """Colour the same surface anew."""
        if self._survey is not None:
            ink = Ink(theme(), self.view.map_size(), self._log)
            self._show_relief(redrawn(self._survey, ink))

    def _show(self, answer: Survey | Crossing | Missing | None) -> None:
        if isinstance(answer, Missing):
            if answer.name == self.asking.name:
                self.pictures.say_missing(answer.sentence, *self._remedy())
                self.set_status("")
        elif isinstance(answer, Crossing):
            if answer.objective is self.asking.objective and self.asking.along_line:
                self.clear_message()
                self._crossing = answer
                self.pictures.show_line()
                self.line.show_crossing(answer, self.log.isChecked())
                self.set_status(landscape_line.words(answer))
        elif answer is not None and (answer.objective, answer.question.name) == (
            self.asking.objective,
            self.asking.name,
        ):
            self.clear_message()
            self._show_survey(answer)

    def _remedy(self) -> tuple[str, Any]:
        """The button that brings what is missing."""
        if self.asking.name == "race":
            return "Race optimizers", self._open_race
        return ("Train", lambda: self.session.play()) if self.asking.name == "path" else ("", lambda: None)

    def _show_survey(self, survey: Survey) -> None:
        asking, running = self.asking, self.session.state == "running"
        if survey.finished and running:
            asking.rest(survey, self._asked_at)
        asking.landed(survey)
        if self._survey is not None and survey.surface is self._survey.surface:
            survey = replace(survey, track=self._survey.track)  # drawn anew, while the ball went on
        self.pictures.show_map()
        self._show_relief(survey)
        self.view.set_arrows(survey.arrows if self.arrows.isChecked() else None)
        self._move_race(survey)
        self._show_track(survey.track)
        self._offer_weights(survey)
        self.surveyed.emit(survey)
        if not self._at_rest:
            return
        if self.arrows.isChecked() and survey.arrows is None:
            self._surface_probe.ask(with_arrows, survey)
        elif not running and not asking.fine and self.is_watched:
            self._ask(self.session.snapshot, soon=False)

    @property
    def _at_rest(self) -> bool:
        """Whether the surface that is shown is all that was asked for."""
        shown = self._survey
        return shown is not None and shown.finished and shown.question is self.asking.asked

    def _show_relief(self, survey: Survey) -> None:
        self._survey, self._drawn_at = survey, time.perf_counter()
        drawn = survey.relief
        self.view.set_relief(drawn, survey.map)
        self.log.setChecked(drawn.log)
        self.pictures.set_scale(drawn)
        self.pictures.set_space(self.three.isChecked())
        if not drawn.settled and not self._easing.isActive():
            self._easing.start()

    def _ease(self) -> None:
        """Let the colours go on towards their range, where no new surface does it."""
        if self._survey is None or self._survey.relief.settled or not self.is_watched:
            return
        if self._surface_probe.busy:
            self._easing.start()
        else:
            self._surface_probe.ask(redrawn, self._survey, self._ink())

    def _offer_weights(self, survey: Survey) -> None:
        first, second = (axis.index for axis in survey.plane.axes)
        if first is not None and second is not None:
            rows = weight_rows(self.asking.model.network, (first, second))
            self.pictures.weights.offer(rows, (str(first), str(second)), {})

    def _show_track(self, seen: Track | None) -> None:
        if seen is None or self._survey is None or seen.plane is not self._survey.plane:
            return
        self._survey = replace(self._survey, track=seen)
        self.view.set_track(seen)
        self.off_plane.set_track(seen)
        if self.pictures.shows_map and not self.asking.along_line:
            note = self.pictures.space.note if self.three.isChecked() else ""
            self.set_status(" · ".join(filter(None, (words(seen, self._survey.objective), note))))

    def _losses(self, seen: Track) -> Floats | None:
        """The objective all along a path, as training recorded it; None where it trained on more than that."""
        objective = self._survey.objective if self._survey is not None else None
        if objective is None or objective.l1 or objective.l2 or objective.samples < objective.total:
            return None
        known = {moment.step: moment.loss for moment in self.session.snapshot.history.moments()}
        losses = np.array([known.get(step, np.nan) for step in seen.steps.tolist()])
        losses[-1] = seen.loss
        return losses
