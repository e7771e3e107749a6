"""The race in the landscape panel: starting one, following it, and taking it off the map."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from app.panels.landscape_race import RacePopover
from app.panels.survey import Raced, Survey, racing, tuning


class Racing:
    """Mixed into the landscape panel, which has a ``_race_probe``, a ``view`` and ``pictures``."""

    _raced: Raced | None

    @cached_property
    def popover(self: Any) -> RacePopover:
        """The form a race is started from."""
        popover = RacePopover(self, self.session)
        popover.form.started.connect(self.start_race)
        popover.form.tuning.connect(self._tune)
        popover.form.clear.clicked.connect(self.end_race)
        return popover

    @property
    def popover_made(self: Any) -> bool:
        """Whether the form has been asked for."""
        return "popover" in self.__dict__

    def _open_race(self: Any) -> None:
        self.popover.open_under(self.race if self.race.isVisible() else self.header.more)

    def start_race(self: Any) -> None:
        """Let the optimizers chosen in the form run from the θ that is shown."""
        snapshot, form = self.session.snapshot, self.popover.form
        if snapshot is None or self._survey is None or self.asking.model.untrainable:
            return
        self.popover.hide()
        if self.asking.along_line:
            self.choose("random")
        self.follow.setChecked(False)
        self.end_race()
        self._race_probe.ask(
            racing, snapshot.model, snapshot.theta, form.contenders, form.steps.value, form.batch, self._survey.plane
        )

    def _tune(self: Any) -> None:
        snapshot, form = self.session.snapshot, self.popover.form
        if snapshot is not None and not self.asking.model.untrainable:
            form.set_busy(True, "tuning …")
            self._race_probe.ask(tuning, snapshot.model, snapshot.theta, form.contenders, form.steps.value, form.batch)

    def end_race(self: Any) -> None:
        """Break a race off, or take it off the map."""
        if self._race_probe.busy:
            self._race_probe.ask(lambda: None)
        if self._raced is None and not self.popover_made:
            return
        self._raced, self.asking.race = None, None
        self.popover.form.set_busy(False)
        self.popover.form.clear.setEnabled(False)
        self.view.set_race(None)
        self.pictures.set_race(None)

    def _show_race(self: Any, answer: Raced | dict[str, float] | None) -> None:
        form = self.popover.form
        if isinstance(answer, dict):
            form.set_rates(answer)
            if len(answer) >= len(form.chosen):
                form.set_busy(False, "tuned")
        elif answer is not None and self._survey is not None:
            begins = self._raced is None
            plane = self._survey.plane
            self._raced = answer if answer.plane is plane else Raced.on(plane, answer.race)
            self.asking.race = answer.race
            form.clear.setEnabled(True)
            self.view.set_race(self._raced, going_on=not begins)
            self.pictures.set_race(self._raced)
            if answer.race.finished and self.asking.name == "race":
                self._recentre()

    def _move_race(self: Any, survey: Survey) -> None:
        """See the race from the plane of a new survey."""
        if self._raced is not None and self._raced.plane is not survey.plane:
            same = survey.raced is not None and survey.raced.race is self._raced.race
            self._raced = survey.raced if same else Raced.on(survey.plane, self._raced.race)
            self.view.set_race(self._raced, going_on=True)
            self.pictures.set_race(self._raced)
