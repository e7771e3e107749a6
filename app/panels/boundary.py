"""The decision boundary: the network's answer all over the plane, live, with the points it gets wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QWidget

from app.numbers import number, percent
from app.panels.answer_view import AnswerView, BesideScale
from app.panels.panel import Panel
from app.panels.scale_bar import ScaleBar
from app.probe_thread import Probe
from app.theme import Theme, theme
from app.widgets.choice import Chip, Segmented
from core.model import Model
from core.probes import boundary as probe
from core.probes.boundary import Boundary

RUNNING, PAUSED = 100, 200
"""Places along each side of the grid, while training runs and when it is still."""

_MODES = (
    ("smooth", "smooth", "Colours fade where the network is unsure."),
    ("classes", "classes", "The answer alone: one flat colour for each class, or for each step of the value."),
)


@dataclass(frozen=True, eq=False)
class Picture:
    """A Boundary with what it belongs to, and its colours (n, n, 4) in one theme."""

    model: Model
    theta: npt.NDArray[Any]
    seen: Boundary
    rgba: npt.NDArray[np.uint8]


class BoundaryPanel(Panel):
    """Follows every published θ, as finely as there is time for."""

    key = "boundary"
    period = 50
    title = "Decision boundary"
    help = (
        "The network's answer at every place of the plane: class colours by probability, paler towards the panel's "
        "colour where the two likeliest classes tie, and a line, the decision boundary, where the answer changes. "
        "Filled points trained the network, hollow ones test it, and a red ring marks those it gets wrong. "
        "For values, orange is below zero and blue above, with level lines.\n"
        "Source: Bishop, “Pattern Recognition and Machine Learning”, 2006, chapter 4."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.mode = Segmented(_MODES, name="Colours")
        self.mode.chosen.connect(lambda _: self._recolour())
        self.test = Chip("test", "Show the points held out to test.")
        self.test.setChecked(session.show_test)
        self.test.toggled.connect(session.set_show_test)
        session.show_test_changed.connect(self._show_test_changed)
        session.run_changed.connect(self._run_changed)
        self.add_control(self.mode)
        self.add_control(self.test)
        self.view = AnswerView()
        self.scale = ScaleBar()
        self._beside = BesideScale(self.view, self.scale)
        self.set_body(self._beside)
        self._picture: Picture | None = None
        self._pointed: tuple[Any, ...] = ()
        self._probe = Probe(self)
        self._probe.answered.connect(self._show)
        self._probe.failed.connect(lambda text: self.show_message(f"The boundary could not be computed: {text}."))
        self.update_theme()

    def refresh(self, snapshot: Any) -> None:
        """Ask for the boundary of a snapshot."""
        n = RUNNING if self.session.state == "running" else PAUSED
        self._probe.ask(_picture, snapshot.model, snapshot.theta, n, self.mode.key, theme())

    def update_theme(self) -> None:
        """Colour the same answers anew."""
        self._recolour()

    def _run_changed(self) -> None:
        if self.is_watched and self.session.state != "running" and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def _show_test_changed(self, shown: bool) -> None:
        self.test.setChecked(shown)
        if self._picture is not None:
            self._show_points(self._picture)
            self.set_status(_status(self._picture, shown))

    def _recolour(self) -> None:
        if self._picture is not None:
            old = self._picture
            self._show(Picture(old.model, old.theta, old.seen, _colours(old.model, old.seen, self.mode.key, theme())))

    def _show(self, picture: Picture) -> None:
        self.clear_message()
        self._picture = picture
        self.view.set_answer(picture.model, picture.theta)
        self.view.set_field(picture.rgba)
        self.view.set_lines(picture.seen.lines, picture.seen.faint)
        self._show_points(picture)
        self._show_scale(picture)
        self.set_status(_status(picture, self.session.show_test))

    def _show_points(self, picture: Picture) -> None:
        model, shown = picture.model, self.session.show_test
        points, train = model.experiment.data.points, model.prepared.train
        key = (id(points), id(train), shown, model.classes)
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
            value_limit=_limit(model),
        )

    def _show_scale(self, picture: Picture) -> None:
        if not picture.model.classes:
            limit = _limit(picture.model)
            ticks = [(0.0, number(-limit, 3)), (0.5, "0"), (1.0, number(limit, 3))]
            self.scale.set_scale(_ramp(picture, limit, self.mode.key), ticks, "value")
        self._beside.show_scale(not picture.model.classes)


def _picture(model: Model, theta: npt.NDArray[Any], n: int, mode: str, look: Theme) -> Picture:
    seen = probe.boundary(model, theta, n)
    return Picture(model, theta, seen, _colours(model, seen, mode, look))


def _colours(model: Model, seen: Boundary, mode: str, look: Theme) -> npt.NDArray[np.uint8]:
    """The colours (n, n, 4) of a boundary's values, smooth or one for each answer."""
    values = seen.values
    if model.classes:
        if mode == "classes":
            finite = np.isfinite(values).all(axis=-1, keepdims=True)
            sure = np.eye(values.shape[-1], dtype=np.float32)[values.argmax(axis=-1)]
            values = np.where(finite, sure, np.nan)
        return look.class_field(values)
    return look.signed(_banded(values, seen) if mode == "classes" else values, _limit(model))


def _banded(values: npt.NDArray[Any], seen: Boundary) -> npt.NDArray[Any]:
    """Values rounded to the middle of the band between two level lines that they lie in."""
    levels = seen.levels
    if len(levels) < 2:
        return values
    step = levels[1] - levels[0]
    return (np.floor(values / step) + 0.5) * step


def _ramp(picture: Picture, limit: float, mode: str) -> npt.NDArray[np.uint8]:
    values = np.linspace(-limit, limit, 256)
    return theme().signed(_banded(values, picture.seen) if mode == "classes" else values, limit)


def _limit(model: Model) -> float:
    """The value that has full colour: the largest among the points."""
    y = model.experiment.data.points.y
    return float(np.abs(y).max(initial=0.0)) or 1.0


def _status(picture: Picture, show_test: bool) -> str:
    """The numbers the picture shows, in one line."""
    seen, has_test = picture.seen, not np.isnan(picture.seen.test_score)
    part, score = ("test", seen.test_score) if has_test else ("training", seen.train_score)
    if seen.wrong is None:
        return f"{part} R² {number(score, 3)} · orange below zero, blue above"
    counted = seen.wrong if show_test else seen.wrong[picture.model.prepared.train]
    rings = "wrong ones ringed" if counted.any() else "none wrong"
    return f"{part} accuracy {percent(score)} · {rings}"
