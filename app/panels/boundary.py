"""The decision boundary: the network's answer all over the plane, live, with the points it gets wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.canvas.slice_bar import SliceBar
from app.numbers import brief, count, percent
from app.panels.answer_view import AnswerView, BesideScale
from app.panels.boundary_modes import MARGIN, MODES, Drawing, Mode
from app.panels.boundary_space import BoundarySpace, FlatOrSpace
from app.panels.panel import Panel
from app.panels.scale_bar import ScaleBar
from app.probe_thread import Probe
from app.theme import Theme, theme, tokens
from app.widgets.choice import Chip, Dropdown
from core.data.names import class_name, target_name
from core.data.slices import Plane, Slice
from core.data.values import ValueRange
from core.model import Model
from core.probes import boundary as probe
from core.probes.boundary import Boundary
from core.spec import Data, Points

RUNNING, PAUSED = 100, 200
"""Places along each side of the grid, while training runs and when it is still."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A Boundary with what it belongs to, and how it is drawn in one mode and one theme."""

    model: Model
    theta: npt.NDArray[Any]
    seen: Boundary
    drawn: Drawing

    @property
    def rgba(self) -> npt.NDArray[np.uint8]:
        """The colours (n, n, 4) of the field."""
        return self.drawn.rgba


class BoundaryPanel(Panel):
    """Follows every published θ, as finely as there is time for."""

    key = "boundary"
    period = 50
    title = "Decision boundary"
    help = (
        "The network's answer at every place of the plane: a class's colour, paler towards the panel's where the "
        "two likeliest classes tie, and as a line the **decision boundary**, where the answer changes; for values, "
        "the colours of the scale beside it, with level lines. Filled points trained the network, hollow ones test "
        "it, and a red ring marks those it gets wrong; a click picks one, to be looked at everywhere.\n"
        "Source: Bishop, “Pattern Recognition and Machine Learning”, 2006, chapter 4."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._picture: Picture | None = None
        self._pointed: tuple[Any, ...] = ()
        self._offered: tuple[Any, ...] = ()
        self._make_controls()
        self.view = AnswerView()
        self.view.sample_clicked.connect(lambda index: session.pick(None if index == session.picked else index))
        self.view.ground_clicked.connect(lambda: session.highlight(None))
        self.scale = ScaleBar()
        self._beside = BesideScale(self.view, self.scale)
        self.space = BoundarySpace()
        self.space.sample_clicked.connect(self.view.sample_clicked)
        self._faces = FlatOrSpace(self._beside, self.space)
        self.slice = SliceBar(session)
        self.set_body(_above(self._faces, self.slice))
        session.show_test_changed.connect(self._show_test_changed)
        session.run_changed.connect(self._run_changed)
        session.highlighted.connect(self._lit)
        session.picked_changed.connect(self.view.set_picked)
        session.picked_changed.connect(self.space.set_picked)
        session.slice_changed.connect(self._slice_changed)
        self.residuals.toggled.connect(self.space.set_residuals)
        self._probe = Probe(self)
        self._probe.answered.connect(self._show)
        self._probe.failed.connect(lambda text: self.show_message(f"The boundary could not be computed: {text}."))
        self._offer(session.model)
        self.update_theme()

    def _make_controls(self) -> None:
        self.mode = Dropdown("", [(row.key, row.label, row.help) for row in MODES.values()], name="Show", small=True)
        self.mode.chosen.connect(lambda _: self._mode_changed())
        self.chosen = Dropdown("", [], name="Class shown", small=True)
        self.chosen.chosen.connect(lambda _: self._recolour())
        self.test = Chip("test", "Show the points held out to test.")
        self.test.setChecked(self.session.show_test)
        self.test.toggled.connect(self.session.set_show_test)
        self.three = Chip("3-D", "The values as a height over the plane: drag to turn, wheel to zoom.")
        self.three.toggled.connect(lambda _: self._recolour())
        self.residuals = Chip("residuals", "A line from each point to the network's value at its place.")
        self.residuals.setChecked(True)
        for control in (self.mode, self.chosen, self.three, self.residuals, self.test):
            self.add_control(control)

    # what is asked for

    def refresh(self, snapshot: Any) -> None:
        """Ask for the boundary of a snapshot."""
        n = RUNNING if self.session.state == "running" else PAUSED
        self._offer(snapshot.model)
        self._probe.ask(
            _picture, snapshot.model, snapshot.theta, n, self._mode, self._index, theme(), self.session.slice
        )

    def _slice_changed(self, chosen: Slice) -> None:
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def update_theme(self) -> None:
        """Colour the same answers anew."""
        self._recolour()

    @property
    def _mode(self) -> Mode:
        return MODES[self.mode.key]

    @property
    def _index(self) -> int:
        """The class chosen, or MARGIN."""
        return int(self.chosen.key) if self.chosen.key else 0

    def _offer(self, model: Model) -> None:
        """Offer the modes that ``model`` has something to show in, and the classes to choose among."""
        offered = (model.classes, model.network.output.units, model.experiment.data.labels, self.mode.key)
        if offered == self._offered:
            return
        for row in MODES.values():
            self.mode.set_refused(row.key, row.refuses(model))
        if self._mode.refuses(model):
            self.mode.set_key("smooth")
        mode = self._mode
        sign = "z" if mode.logits else "P"
        data, known = model.experiment.data, range(mode.classes(model))
        rows = [(str(c), f"{sign}({_short(data, c)})", f"{_name(data, c)} against the rest.") for c in known]
        if rows and mode.margins:
            rows.insert(0, (str(MARGIN), "margin", "How far the largest logit is above the second largest."))
        self.chosen.set_rows(rows)
        self.chosen.setVisible(bool(rows))
        self.three.setVisible(not model.classes)
        self._offered = (*offered[:3], self.mode.key)

    def _mode_changed(self) -> None:
        if self._picture is None:
            return
        self._offer(self._picture.model)
        if self._mode.logits and self._picture.seen.logits is None and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)
        else:
            self._recolour()

    def _run_changed(self) -> None:
        if self.is_watched and self.session.state != "running" and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def _show_test_changed(self, shown: bool) -> None:
        self.test.setChecked(shown)
        if self._picture is not None:
            self._show_points(self._picture)
            self._show_space(self._picture)
            self._say(self._picture)

    def _lit(self, indices: Any) -> None:
        self.view.set_lit(indices)
        self.space.set_lit(indices)
        if self._picture is not None:
            self._say(self._picture)

    def _say(self, picture: Picture) -> None:
        lit = self.session.highlighted_samples
        note = "" if lit is None else f"{count(len(lit))} lit up, click beside them to let go"
        three = self.space.isVisibleTo(self)
        cut = self.space.note if three else ""
        self.set_status(_join(note, _status(picture, self.session.show_test, three), cut))

    # what is shown

    def _recolour(self) -> None:
        if self._picture is not None:
            old = self._picture
            drawn = _drawn(old.model, old.seen, self._mode, self._index, theme())
            self._show(Picture(old.model, old.theta, old.seen, drawn))

    def _show(self, picture: Picture) -> None:
        self.clear_message()
        self._picture = picture
        drawn = picture.drawn
        self.view.set_answer(picture.model, picture.theta)
        self.view.set_field(drawn.rgba)
        self.view.set_lines(drawn.lines, drawn.faint)
        self.view.set_labels(drawn.labels)
        self._show_points(picture)
        if drawn.scale is not None:
            self.scale.set_scale(drawn.scale.colors, drawn.scale.ticks, drawn.scale.title)
        self._beside.show_scale(drawn.scale is not None)
        self._show_space(picture)
        self._say(picture)

    def _show_space(self, picture: Picture) -> None:
        """Show values as heights where that is asked for; classes have none."""
        three = self.three.isChecked() and not picture.model.classes
        self._faces.show_space(three)
        flat = picture.seen.plane.flat  # off a slice the value below a point is not what the network says of it
        self.residuals.setVisible(three and flat)
        self.space.set_residuals(self.residuals.isChecked() and flat)
        if three:
            model, theta, plane = picture.model, picture.theta, picture.seen.plane
            self.space.answers, self.space.plane = lambda at: probe.answer(model, theta, plane.lift(at)), plane
            self.space.target = target_name(model.experiment.data)
            self.space.set_values(picture.seen.values, picture.rgba, picture.seen.lines, picture.seen.faint)
            points, span = model.experiment.data.points, ValueRange.of(model.experiment.data)
            seen = points if plane.flat else Points(plane.project(points.x), points.y, points.drawn)
            self.space.set_points(seen, model.prepared.train, self.session.show_test, span)
            self.space.set_lit(self.session.highlighted_samples)
            self.space.set_picked(self.session.picked)

    def _show_points(self, picture: Picture) -> None:
        model, shown = picture.model, self.session.show_test
        points, train = model.experiment.data.points, model.prepared.train
        plane = picture.seen.plane
        key = (id(points), id(train), shown, model.classes, plane)
        if key == self._pointed:
            self.view.set_wrong(picture.seen.wrong)
            return
        self._pointed = key
        self.view.set_points(
            points.x,
            points.y,
            model.experiment.data.task,
            train=train,
            wrong=picture.seen.wrong,
            show_test=shown,
            span=ValueRange.of(model.experiment.data),
            plane=plane,
        )
        self.view.set_lit(self.session.highlighted_samples)
        self.view.set_picked(self.session.picked)


def _colours(data: Data) -> str:
    return "orange below zero, blue above" if ValueRange.of(data).signed else "dark low, yellow high"


def _name(data: Data, index: int) -> str:
    name = class_name(data, index)
    return name[:1].upper() + name[1:]


def _short(data: Data, index: int) -> str:
    """A class as it stands between brackets: by its name, or its number alone."""
    return class_name(data, index).removeprefix("class ")


def _above(picture: QWidget, bar: QWidget) -> QWidget:
    """A picture with a row of controls below it."""
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme().px(tokens.GRID))
    column.addWidget(picture, 1)
    column.addWidget(bar)
    return both


def _picture(
    model: Model, theta: npt.NDArray[Any], n: int, mode: Mode, index: int, look: Theme, chosen: Slice
) -> Picture:
    seen = probe.boundary(model, theta, n, logits=mode.logits, chosen=chosen)
    return Picture(model, theta, seen, _drawn(model, seen, mode, index, look))


def _drawn(model: Model, seen: Boundary, mode: Mode, index: int, look: Theme) -> Drawing:
    """The picture in a mode, or smooth where the mode has nothing to show."""
    mode = MODES["smooth"] if mode.refuses(model) else mode
    return mode.draw(model, seen, min(index, max(model.classes - 1, 0)), look)


def _status(picture: Picture, show_test: bool, three: bool) -> str:
    """The numbers the picture shows, in one line."""
    return _join(_scores(picture, show_test), "" if three else _plane_words(picture.seen.plane))


def _plane_words(plane: Plane) -> str:
    """What the plane leaves out."""
    if plane.flat or np.isfinite(plane.spread).sum() <= 2:  # nothing that varies is left out
        return ""
    if plane.chosen.kind == "principal":
        return f"the plane shows {percent(plane.explained)} of the spread"
    return "points off the slice smaller and fainter"


def _scores(picture: Picture, show_test: bool) -> str:
    seen, has_test = picture.seen, not np.isnan(picture.seen.test_score)
    part, score = ("test", seen.test_score) if has_test else ("training", seen.train_score)
    if seen.wrong is None:
        return _join(picture.drawn.says, f"{part} R² {brief(score)}", _colours(picture.model.experiment.data))
    counted = seen.wrong if show_test else seen.wrong[picture.model.prepared.train]
    rings = "wrong ones ringed" if counted.any() else "none wrong"
    return _join(picture.drawn.says, f"{part} accuracy {percent(score)}", rings)


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
