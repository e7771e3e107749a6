"""The Network panel: build the network, and see what each of its neurons does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget

from app.faults import describe
from app.network import edits
from app.network.board import Board, Scroller
from app.network.edges import MOST_EDGES
from app.network.editor import Editor, marks_of
from app.network.gaps import PERIOD
from app.network.initializer import InitializerSetting
from app.network.known import Known, look
from app.network.pill import Pill, Row
from app.network.pulse import DURATION, Step, step_of, worth_showing
from app.network.reader import Reader
from app.network.requests import LAYER_EDITS, MODES, Change
from app.network.tiles import Painted, paint_neurons, recoloured
from app.numbers import count, number
from app.panels.panel import Panel
from app.probe_thread import Probe
from app.theme import theme
from app.widgets.choice import Segmented
from core.frozen import free
from core.initializers import INITIALIZERS
from core.spec import Experiment
from core.tables import SpecError
from core.trainer import Snapshot

MOST_WIDTHS = 10


def _shape(widths: Sequence[int]) -> str:
    """Widths as in 2-8-8-3; of a very deep network the ends, and how many layers there are."""
    words = [count(width) for width in widths]
    if len(words) > MOST_WIDTHS:
        return f"{'-'.join(words[:4])}-…-{'-'.join(words[-2:])} ({len(words) - 1} layers)"
    return "-".join(words)


def _follows(before: Snapshot, after: Snapshot) -> bool:
    """Whether one step lies between two moments, and nothing else."""
    one_run = before.run == after.run and not (before.past or after.past)
    return one_run and before.step + 1 == after.step and len(before.theta) == len(after.theta)


class NetworkPanel(Panel):
    """Layers as columns, neurons as pictures of their activation over the plane, weights as edges."""

    key = "network"
    title = "Network"
    help = (
        "Each tile is a **neuron**, its picture the activation at every place of the data's plane, and each line a "
        "**weight**, the wider the larger, orange below zero and blue above; each dot is a **bias**, and what is "
        "dashed or hollow is **frozen**: training leaves it as it is. A single step shows the pass forwards, the "
        "loss, and the **gradient** on its way back, both over all training samples, though the step itself goes "
        "by its batch; an arc over the columns is a **residual connection**, added where its + is.\n"
        "Source: Goodfellow, Bengio & Courville, Deep Learning (2016), chapter 6: "
        "https://www.deeplearningbook.org."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.board = Board()
        self.picture = self.board.picture
        self.picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.scroller: QScrollArea = Scroller(self.board)
        self.set_body(self.scroller)
        self.editor = Editor(session, self.picture, self._edit)
        self.reader = Reader(session, self.picture, self.editor)
        self._probe, self._knowing, self._stepping = Probe(self), Probe(self), Probe(self)
        self._snapshot: Snapshot | None = None
        self._before: npt.NDArray[Any] | None = None
        self._still = False
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(PERIOD)
        self._pace.timeout.connect(self._ask)
        self._asked: tuple[Any, ...] = ()
        self._tiles: Painted | None = None
        self._asked_known: tuple[Any, ...] = ()
        self._make_controls()
        self._wire()
        self._show(session.experiment)

    def _make_controls(self) -> None:
        self.mode = Segmented(MODES, name="What edges show")
        self.add_control(self.mode)
        later = "Takes effect at the next reset; at once while nothing is trained yet."
        self._initializers = [Row(row.name, row.title, f"{row.help}\n{later}") for row in INITIALIZERS.rows()]
        self.initializer = Pill("Initial weights")
        self.setting = InitializerSetting()
        self.add_control(self.setting)
        self.add_control(self.initializer)

    def _wire(self) -> None:
        self.initializer.chosen.connect(lambda key: self._edit("Initial weights", edits.set_initializer, key))
        self.setting.typed.connect(self._set_initializer_setting)
        self.mode.chosen.connect(lambda _: self._show_mode())
        self.board.layer_edited.connect(self._layer_edited)
        self.board.output_edited.connect(self._output_edited)
        self.board.layer_added.connect(lambda at: self._edit("Add layer", edits.add_layer, at))
        self.board.layer_moved.connect(lambda at, to: self._edit(f"Move layer {at + 1}", edits.move_layer, at, to))
        for signal in (self.picture.neuron_hovered, self.picture.edge_hovered, self.editor.opened):
            signal.connect(lambda *_: self._ask_known())
        self.reader.said.connect(self.set_status)
        self.reader.silent.connect(self._say_network)
        self.picture.rearranged.connect(self._rearranged)
        self.picture.pulse.finished.connect(self._step_shown)
        self.scroller.horizontalScrollBar().valueChanged.connect(self.picture.let_go)
        self._probe.answered.connect(self._painted)
        self._knowing.answered.connect(self._show_known)
        self._stepping.answered.connect(self._show_step)
        for probe in (self._probe, self._knowing, self._stepping):
            probe.failed.connect(lambda text: self.show_message(text, "bad"))
        self._stepping.failed.connect(lambda _: self._step_shown())
        self.session.weights_picked.connect(lambda _: self._mark())
        self.session.picked_changed.connect(lambda _: self._ask_known())
        self.session.slice_changed.connect(lambda _: self._ask())

    # edits

    def _edit(self, label: str, edit: Change, *args: Any, merge: str = "") -> None:
        """Make an edit; where it does not fit, say why at the top and show again what is in force."""
        try:
            self.session.edit(label, edit(self.session.experiment, *args), merge)
            self.clear_message()
        except SpecError as error:
            self.show_message(describe(error), "bad", [("All right", self.clear_message)])
            self._show(self.session.experiment)

    def _layer_edited(self, at: int, what: str, value: Any) -> None:
        label, edit, merges = LAYER_EDITS[what]
        id = self.session.experiment.network.layers[at].id
        self._edit(label.format(at + 1), edit, at, value, merge=f"network.{what}.{id}" if merges else "")

    def _output_edited(self, what: str, value: Any) -> None:
        self._edit(f"{what.capitalize()} of the output", edits.set_output_field, what, value)

    def _set_initializer_setting(self, value: float) -> None:
        choice = self.session.experiment.network.initializer
        name = INITIALIZERS[choice.name].settings[0].name

        def edit(experiment: Experiment) -> Experiment:
            return edits.set_initializer(experiment, choice.name, **{name: value})

        self._edit("Initial weights", edit, merge="network.initializer")

    # following the session

    def experiment_edited(self, before: Experiment, after: Experiment) -> None:
        """Show the edited network."""
        self._show(after)

    def _show(self, experiment: Experiment) -> None:
        network = self.session.model.network
        if network != self.board.network:
            self.reader.known = self.editor.known = None
        self.board.show_experiment(experiment, network)
        mask = free(experiment.network, network)
        self.picture.set_frozen(None if mask is None else mask == 0)
        choice = experiment.network.initializer
        self.initializer.show_rows(self._initializers, choice.name)
        settings = INITIALIZERS[choice.name].settings
        self.setting.show_setting(settings[0] if settings else None, choice.settings)
        self._mark()
        self.editor.refresh()
        self.reader.read()

    def refresh(self, snapshot: Snapshot) -> None:
        """Show the weights of a snapshot, and ask for its neurons' maps; a single step first shows what it does."""
        if snapshot.model.network != self.board.network:
            return
        self.picture.pulse.stop()
        before, self._snapshot = self._snapshot, snapshot
        was_still, self._still = self._still, self.session.state == "paused" and not snapshot.past
        stepped = before is not None and _follows(before, snapshot)
        if before is None or before.theta is not snapshot.theta:
            self._before = before.theta if before is not None and stepped else None
        single = stepped and was_still and self._still and self.isVisible() and bool(theme().duration(DURATION))
        if before is not None and single and self.picture.theta is before.theta and worth_showing(snapshot.model):
            self._stepping.ask(step_of, before.model, before.moment, self.session.picked)
        else:
            self._step_shown()

    def _show_step(self, step: Step) -> None:
        if self.picture.theta is step.theta:
            self.reader.lens.hide()
            self.picture.pulse.start(step)
        else:
            self._step_shown()

    def _step_shown(self) -> None:
        """The weights of the newest snapshot."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.model.network != self.board.network:
            return
        self.picture.set_theta(snapshot.theta)
        if not self._pace.isActive():
            self._ask()
        self._ask_known()
        self.editor.refresh()
        self.reader.read()

    def _rearranged(self) -> None:
        if self._snapshot is not None and not self._pace.isActive():
            self._pace.start()

    def _ask(self) -> None:
        """Ask for the newest maps, unless they are there; again when those to come have had their time."""
        snapshot = self._snapshot
        if snapshot is None or not self.isVisible() or snapshot.model.network != self.board.network:
            return
        asked = (snapshot.theta, tuple(self.board.shown), theme(), self.session.slice)
        if self._asked and asked[0] is self._asked[0] and asked[1:] == self._asked[1:]:
            return
        self._asked = asked
        self._probe.ask(paint_neurons, snapshot.model, snapshot.theta, self.board.shown, theme(), self.session.slice)
        self._pace.start()

    def _painted(self, painted: Painted) -> None:
        self._tiles = painted
        self.picture.set_tiles(painted)
        self.reader.read()

    def update_theme(self) -> None:
        """Colour the maps anew, at once, as a picture in another theme needs them."""
        if hasattr(self, "picture"):
            if self._tiles is not None and self._tiles.model.network == self.board.network:
                self.picture.set_tiles(recoloured(self._tiles, theme()))
            self._rearranged()

    # gradients and updates

    def _ask_known(self) -> None:
        """Ask for gradient and update, if somebody looks at them, and they are not there."""
        snapshot = self._snapshot
        wanted = self.mode.key != "weight" or self.reader.reading or self.editor.popover is not None
        if not wanted or snapshot is None or not self.isVisible() or self.picture.pulse.running:
            return
        if snapshot.model.network != self.board.network:
            return
        asked = (snapshot.theta, snapshot.model, self.session.picked, self._before)
        if self._asked_known and all(a is b for a, b in zip(asked, self._asked_known, strict=True)):
            return
        self._asked_known = asked
        self._knowing.ask(look, snapshot.model, snapshot.moment, self._before, self.session.picked)

    def _show_known(self, known: Known) -> None:
        if known.network != self.board.network:
            return
        self.reader.known = known
        self.editor.refresh(known)
        self._show_mode()

    def _show_mode(self) -> None:
        """Have the edges show what has been chosen, as soon as it is known."""
        known = self.reader.known
        if self.mode.key == "weight":
            self.picture.set_values(None)
        elif known is not None:
            self.picture.set_values(known.slopes.gradient if self.mode.key == "gradient" else known.change)
        self._ask_known()
        self.reader.read()

    def _mark(self) -> None:
        if self.board.network is not None:
            self.picture.set_marked(marks_of(self.board.network, self.session.picked_weights))
        self.editor.refresh()

    # what the numbers are

    def _say_network(self) -> None:
        """What the network is, and what its edges show."""
        network = self.board.network
        if network is None:
            return
        parts = [_shape(network.shape), f"{count(network.parameters)} parameters"]
        if any(edges.total > len(edges.weights) for edges in self.picture.gaps.edges):
            parts.append(f"the {MOST_EDGES} strongest weights between two columns")
        mask = free(self.session.experiment.network, network)
        if mask is not None:
            parts.append(f"{count(int((mask == 0).sum()))} frozen")
        self.set_status(" · ".join([*parts, self._legend(), "hover for values, click to change"]))

    def _legend(self) -> str:
        known = self.reader.known
        if self.picture.values is None or known is None:
            return "weights: orange below zero, blue above"
        largest = number(max((edges.largest for edges in self.picture.gaps.edges), default=0.0), 3)
        if self.mode.key == "gradient":
            return f"∂L/∂w over all training samples, largest {largest}"
        which = "of the last step" if known.tense == "last" else "of the optimizer's next step on all training samples"
        return f"Δw {which}, largest {largest}"
