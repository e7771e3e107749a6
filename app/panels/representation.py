"""The representation panel: the plane bent through each layer, and how much of the answer lies open in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.canvas.spotlight import lit_mask
from app.numbers import brief, number, percent
from app.panels.panel import Panel
from app.panels.representation_paint import Samples
from app.panels.representation_strip import LayerStrip, Stop
from app.panels.representation_view import RepresentationView
from app.probe_thread import Probe
from app.theme import theme, theme_events, tokens
from app.widgets.buttons import IconButton
from app.widgets.choice import Chip, Dropdown, Segmented
from app.widgets.thumbnail import Ink
from core.activations import ACTIVATIONS
from core.data.pictures import pictures
from core.data.values import ValueRange
from core.model import Model
from core.probes import representation as probe
from core.probes.representation import Layer, Pair, Representation

LARGE = 260
"""Design pixels each layer must have for all to be shown side by side without being asked."""

_PLANES = (
    ("principal", "PCA", "The plane a wider layer's values vary most along, turned so that it seldom moves."),
    ("units", "units", "Two of its units as they are."),
)


class RepresentationPanel(Panel):
    """Follows every published θ; the layers are chosen in the row below the picture, or played through."""

    key = "representation"
    title = "Representation"
    period = 80
    help = (
        "The points and a grid of the plane as each layer's units see them (on its **principal plane**, PCA, where "
        "a layer is wider than two): layer by layer bent until the classes lie apart, “increasingly different from "
        "the input and increasingly informative about the answer”. The bars say how much of the test samples a "
        "straight line gets right in each layer (**linear separability**; for values, the R² of a linear "
        "read-out), and the line is the decision boundary, straight where the last hidden layer has two units.\n"
        "Source: Chollet, “Deep Learning with Python”, section 1.1.4; Alain & Bengio, arXiv:1610.01644."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._model: Model | None = None
        self._found: Representation | None = None
        self._asked_all: bool | None = None
        self._pair: Pair = (0, 1)
        self._controls()
        self._pictures()
        self._probe = Probe(self)
        self._probe.answered.connect(lambda found: self._show(*found))
        self._probe.failed.connect(lambda text: self.show_message(f"The layers could not be computed: {text}."))
        session.show_test_changed.connect(lambda _: self._mark())
        session.highlighted.connect(lambda _: self._mark())
        session.picked_changed.connect(lambda _: self._mark())

    def _controls(self) -> None:
        self.play = IconButton("play", "Play through the layers", flat=True, size=tokens.SMALL_CONTROL)
        self.plane = Segmented(_PLANES, name="Axes of layers wider than two")
        self.plane.chosen.connect(lambda _: self._axes_changed())
        self.across = Dropdown("", [], name="Unit across", small=True)
        self.up = Dropdown("", [], name="Unit upwards", small=True)
        self.all = Chip("all layers", "All layers side by side, where they have room.")
        self.play.clicked.connect(self._toggle_play)
        self.across.chosen.connect(lambda key: self._unit_chosen(0, int(key)))
        self.up.chosen.connect(lambda key: self._unit_chosen(1, int(key)))
        self.all.clicked.connect(self._all_clicked)
        for control in (self.play, self.plane, self.across, self.up, self.all):
            self.add_control(control)
        self.across.hide()
        self.up.hide()

    def _pictures(self) -> None:
        body = QWidget()
        self.view, self.strip = RepresentationView(), LayerStrip()
        self.view.picture_of = self._picture_of
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.view, 1)
        self._column.addWidget(self.strip)
        self.set_body(body)
        session = self.session
        self.view.sample_clicked.connect(lambda index: session.pick(None if index == session.picked else index))
        self.view.ground_clicked.connect(lambda: session.highlight(None))
        self.view.layer_clicked.connect(self._enlarge)
        self.view.moved.connect(self._moved)
        self.view.played.connect(self._played)
        self.strip.chosen.connect(self._layer_chosen)
        self.view.installEventFilter(self)
        theme_events().changed.connect(self._space)
        self._space()

    def _space(self) -> None:
        self._column.setSpacing(theme().px(tokens.GAP))

    # asking

    def refresh(self, snapshot: Any) -> None:
        """Ask for the pictures of a snapshot's layers."""
        pair = self._pair if self.plane.key == "units" else None
        self._probe.ask(_ask, snapshot.model, snapshot.theta, pair, self._found)

    def _again(self) -> None:
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def _axes_changed(self) -> None:
        self._offer_units()
        self._again()

    def _unit_chosen(self, axis: int, unit: int) -> None:
        self._pair = (unit, self._pair[1]) if axis == 0 else (self._pair[0], unit)
        self._again()

    # showing

    def _show(self, model: Model, found: Representation) -> None:
        self.clear_message()
        self._model, self._found = model, found
        self.strip.set_stops([_stop(layer, index, model, found) for index, layer in enumerate(found.layers)])
        titles = tuple((_title(layer, index, model), _score(layer, model)) for index, layer in enumerate(found.layers))
        self.view.set_representation(found, self._samples(model), titles)
        self._follow_room()
        self._offer_units()
        self._say()

    def _picture_of(self, sample: int) -> Ink | None:
        """A sample as the picture that it is."""
        data = self.session.experiment.data
        seen = pictures(data, data.points.x[sample : sample + 1])
        return None if seen is None or not len(seen) else seen[0]

    def _samples(self, model: Model) -> Samples:
        data, train = model.experiment.data, model.prepared.train
        visible = np.ones(len(train), np.bool_) if self.session.show_test else np.asarray(train)
        lit = lit_mask(self.session.highlighted_samples, len(data.points))
        picked, span = self.session.picked, ValueRange.of(data)
        return Samples(data.points.y, data.task, train, visible, span, lit, picked, None, data.labels)

    def _mark(self) -> None:
        if self._model is not None:
            self.view.set_samples(self._samples(self._model))

    def _offer_units(self) -> None:
        """Offer the units of the layer in front, where two of many are to be chosen."""
        if self._found is None:
            return
        layer = self._found.layers[min(self.view.layer, len(self._found.layers) - 1)]
        wanted = self.plane.key == "units" and layer.units > 2 and not self.view.all
        for axis, box in ((0, self.across), (1, self.up)):
            if wanted:
                rows = [(str(u), str(u + 1), f"Unit {u + 1}") for u in range(layer.units)]
                if len(box.keys) != len(rows):
                    box.set_rows(rows)
                box.set_key(str(min(self._pair[axis], layer.units - 1)))
            if box.isHidden() is wanted:
                box.setVisible(wanted)

    def _say(self) -> None:
        if self._found is None or self._model is None:
            return
        if self.view.all:
            self.set_status(_journey(self._found, self._model))
        else:
            index = min(self.view.layer, len(self._found.layers) - 1)
            self.set_status(_status(self._found.layers[index], index, self._model, self._found))

    # choosing

    def _layer_chosen(self, index: int) -> None:
        if self.view.all:
            self._show_all(False)
        self.view.go(index)

    def _enlarge(self, index: int) -> None:
        self._asked_all = False
        self.strip.set_index(index)
        self.view.go(index)
        self._show_all(False)

    def _moved(self, at: float) -> None:
        self.strip.set_at(at)
        if self.strip.index != round(at) and (self.view.playing or at == round(at)):
            self.strip.set_index(round(at))
        self._offer_units()
        self._say()

    def _toggle_play(self) -> None:
        if self.view.playing:
            self.view.pause()
        else:
            self._show_all(False)
            self.view.play()

    def _played(self, on: bool) -> None:
        self.play.set_icon(*(("pause", "Stop at this layer") if on else ("play", "Play through the layers")))

    # all layers

    def _all_clicked(self, on: bool) -> None:
        self._asked_all = on
        self._show_all(on)

    def _show_all(self, on: bool) -> None:
        self.view.set_all(on and self.view.room_for_all())
        self.all.setChecked(self.view.all)
        self._offer_units()
        self._say()

    def _follow_room(self) -> None:
        """Show all layers while they have room: much of it, or as much as they need where they were asked for."""
        room = self.view.room_for_all()
        self.all.setEnabled(room)
        wanted = room and (self._asked_all if self._asked_all is not None else self.view.room_for_all(LARGE))
        if wanted != self.view.all and not self.view.playing:
            self._show_all(wanted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See how much room the picture has, once it has been laid out."""
        if event.type() == QEvent.Type.Resize and self._found is not None:
            QTimer.singleShot(0, self, self._follow_room)
        return super().eventFilter(watched, event)


def _ask(model: Model, theta: Any, pair: Pair | None, previous: Representation | None) -> tuple[Model, Representation]:
    return model, probe.represent(model, theta, pair, previous)


def _score(layer: Layer, model: Model) -> str:
    """What a linear read-out of a layer comes to."""
    if math.isnan(layer.separable):
        return ""
    return percent(layer.separable) if model.classes else f"R² {number(layer.separable, 2)}"


def _title(layer: Layer, index: int, model: Model) -> str:
    """A layer's name, activation and width."""
    if not index:
        return f"input · {layer.units} features" if layer.units > 1 else "input · 1 feature"
    activation = ACTIVATIONS[model.network.layers[index - 1].activation].title
    return f"{layer.name} · {activation} · {layer.units} unit" + ("s" if layer.units > 1 else "")


def _stop(layer: Layer, index: int, model: Model, found: Representation) -> Stop:
    last = len(found.layers) - 1
    short = "in" if not index else "out" if index == last else str(index)
    return Stop(layer.name, short, layer.separable, _score(layer, model), _separable(layer, model, found))


def _separable(layer: Layer, model: Model, found: Representation) -> str:
    part = "test" if found.tested else "training"
    if math.isnan(layer.separable):
        return "no samples to measure by"
    if model.classes:
        return f"a linear read-out gets {percent(layer.separable)} of the {part} samples right"
    return f"a linear read-out has a {part} R² of {brief(layer.separable)}"


def _status(layer: Layer, index: int, model: Model, found: Representation) -> str:
    parts = [_title(layer, index, model), _separable(layer, model, found)]
    if layer.units > 2:
        what = "the plane holds" if layer.view == "principal" else "these two hold"
        share = f"{what} {percent(layer.explained)} of the variance"
        parts.append("all points lie in one place" if math.isnan(layer.explained) else share)
    if layer.straight and layer.boundary:
        parts.append("the boundary is a straight line here")
    return " · ".join(parts)


def _journey(found: Representation, model: Model) -> str:
    """The read-outs of all layers, from the input to the output."""
    part = "test" if found.tested else "training"
    scores = " → ".join(f"{layer.name} {_score(layer, model)}" for layer in found.layers)
    return f"linear read-out, {part} samples: {scores}"
