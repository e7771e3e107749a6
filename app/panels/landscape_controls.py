"""The landscape panel's header, and what a hand on it or on the map asks for."""

from __future__ import annotations

import math
from typing import Any

from app.panels.landscape_ends import NEWEST, START
from app.panels.survey import with_arrows
from app.theme import tokens
from app.widgets.buttons import IconButton
from app.widgets.choice import Chip, Dropdown
from core.probes.planes import PLANES

ZOOM = math.sqrt(2.0)
SPANS = (2.0**-10, 2.0**10)


class Controls:
    """Mixed into the landscape panel, whose ``asking`` it changes."""

    _log: bool | None

    def _controls(self: Any) -> None:
        rows = [(row.name, row.title, f"{row.help} Source: {row.source}") for row in PLANES.rows()]
        self.planes = Dropdown("", rows, help="Which plane through the space of θ is shown.", small=True)
        self.planes.setAccessibleName("Plane")
        self.planes.chosen.connect(self.choose)
        self.follow = Chip("follow", "Move the plane's centre to the newest θ as training goes on.")
        self.follow.setChecked(True)
        self.follow.toggled.connect(lambda _: self._again())
        self.log = Chip("log", "Space colours and level lines by the logarithm of the loss.")
        self.log.clicked.connect(self._log_clicked)
        self.arrows = Chip("arrows", "−∇L at a grid of places, projected on the plane; lengths eased by a logarithm.")
        self.arrows.toggled.connect(lambda _: self._arrows_toggled())
        self.race = self._button("race", "Race optimizers from this θ", self._open_race)
        self.centre = self._button("centre", "Lay the plane anew, through the present θ", self._recentre)
        self.dice = self._button("dice", "Draw two other random directions", self._reseed)
        self.wider = self._button("minus", "Wider view", lambda: self._zoom(1))
        self.narrower = self._button("plus", "Narrower view", lambda: self._zoom(-1))
        self.three = Chip(
            "3-D", "The surface in three dimensions: drag to turn, wheel to zoom, two clicks to put it back."
        )
        self.three.toggled.connect(self._three_toggled)
        for control in (self.planes, self.three, self.follow, self.log, self.arrows, self.race):
            self.add_control(control)
        for button in (self.centre, self.dice, self.wider, self.narrower):
            self.add_control(button)

    def _button(self: Any, name: str, tooltip: str, pressed: Any) -> IconButton:
        button = IconButton(name, tooltip, flat=True, size=tokens.SMALL_CONTROL)
        button.clicked.connect(lambda _: pressed())
        return button

    def choose(self: Any, name: str) -> None:
        """Show the plane of that name."""
        self.planes.set_key(name)
        self.asking.choose(name)
        if name == "points":
            self._avoid_start()
        self.view.set_span(1.0)
        self.dice.setEnabled(name == "random")
        self.follow.setEnabled(self.asking.row.follows)
        self._refuse()
        self.pictures.choose(self.asking.row)
        self.set_status("")
        self._again()

    def _avoid_start(self: Any) -> None:
        """A plane through the start needs two other points: something remembered, where there is anything."""
        kept = [f"{kind} {id(one)}" for kind in ("mark", "run") for one in getattr(self.session, f"{kind}s")]
        if START in self.asking.ends and kept:
            self.asking.ends = (kept[-1], NEWEST)

    def _choose_end(self: Any, slot: int, key: str) -> None:
        first, second = self.asking.ends
        self.asking.ends = (key, second) if slot == 0 else (first, key)
        self._recentre()

    def _chosen_differs(self: Any, what: str) -> None:
        """Lay anew a plane that goes through what has been chosen elsewhere."""
        if self.asking.row.needs == what:
            self._recentre()

    def _recentre(self: Any) -> None:
        self.asking.lay_anew()
        self._again()

    def _reseed(self: Any) -> None:
        self.asking.seed += 1
        self._recentre()

    def _zoom(self: Any, steps: int) -> None:
        low, high = SPANS
        span = min(max(self.view.span * ZOOM**steps, low), high)
        exact = 2.0 ** (round(2 * math.log2(span)) / 2)
        if exact != self.view.span:
            self.view.set_span(exact)
            self.asking.stale = True
            self._again()

    def _pan(self: Any, alpha: float, beta: float) -> None:
        """The hand has pulled the surface along: look at another part of the same plane."""
        plane = self.asking.plane or (self._survey.plane if self._survey is not None else None)
        if plane is not None:
            self.follow.setChecked(False)
            self.asking.plane, self.asking.stale = plane.moved((-alpha, -beta)), True
            self._again()

    def _drop(self: Any, alpha: float, beta: float) -> None:
        """Set θ where the click was; the surface stays, so that the ball is seen to roll on it."""
        if self._survey is None or self._survey.objective is not self.asking.objective:
            return
        loss = self._survey.relief.at(alpha, beta)
        if math.isfinite(loss):
            self.follow.setChecked(False)
            self.session.place(self._survey.plane.at((alpha, beta)), "Drop the ball")

    def _log_clicked(self: Any, on: bool) -> None:
        self._log = on
        if self._crossing is not None and self.asking.along_line:
            self.line.show_crossing(self._crossing, on)
        self.update_theme()

    def _three_toggled(self: Any, on: bool) -> None:
        self.pictures.set_space(on)
        if self._survey is not None:
            self._show_track(self._survey.track)

    def _refuse(self: Any) -> None:
        """Along a line there is neither a surface nor a direction across."""
        line = self.asking.along_line
        self.three.setEnabled(not line)
        self.arrows.setEnabled(not line)

    def _arrows_toggled(self: Any) -> None:
        if not self.arrows.isChecked():
            self.view.set_arrows(None)
        elif self._at_rest and self.is_watched:
            self._surface_probe.ask(with_arrows, self._survey)  # else when what was asked for has come
