"""The Network panel: build the network, and see what each of its neurons does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QWidget

from app.network import edits
from app.network.board import Board, Scroller
from app.network.edges import MOST_EDGES
from app.network.freezing import bias_of, is_frozen, menu_for, weight_of
from app.network.gaps import PERIOD
from app.network.initializer import InitializerSetting
from app.network.lens import Lens
from app.network.pill import Pill, Row
from app.network.tiles import Painted, paint_neurons, plane_at
from app.numbers import count, number
from app.panels.panel import Panel
from app.probe_thread import Probe
from app.session import describe
from app.theme import theme
from core.data import DOMAIN
from core.data.features import FEATURES
from core.frozen import free
from core.initializers import INITIALIZERS
from core.spec import Experiment, Frozen
from core.tables import SpecError
from core.trainer import Snapshot

LAYER_EDITS: dict[str, tuple[str, Callable[[Experiment, int, Any], Experiment], bool]] = {
    "units": ("Units of layer {}", edits.set_units, True),
    "activation": ("Activation of layer {}", edits.set_activation, False),
    "dropout": ("Dropout of layer {}", edits.set_dropout, False),
    "bias": ("Bias of layer {}", edits.set_bias, False),
    "frozen": ("Freeze layer {}", edits.set_frozen, False),
    "move": ("Move layer {}", lambda experiment, at, by: edits.move_layer(experiment, at, at + by), False),
    "remove": ("Remove layer {}", lambda experiment, at, _: edits.remove_layer(experiment, at), False),
}
"""What can be asked of a hidden layer: the undo step's name, the edit, and whether several in a row are one step."""

OUTPUT_EDITS: dict[str, tuple[str, Callable[[Experiment, Any], Experiment]]] = {
    "activation": ("Activation of the output", edits.set_output_activation),
    "bias": ("Bias of the output", edits.set_output_bias),
    "frozen": ("Freeze the output", edits.set_output_frozen),
}

MOST_WIDTHS = 10


def _shape(widths: Sequence[int]) -> str:
    """Widths as in 2-8-8-3; of a very deep network the ends, and how many layers there are."""
    words = [count(width) for width in widths]
    if len(words) > MOST_WIDTHS:
        return f"{'-'.join(words[:4])}-…-{'-'.join(words[-2:])} ({len(words) - 1} layers)"
    return "-".join(words)


class NetworkPanel(Panel):
    """Layers as columns, neurons as pictures of their activation over the plane, weights as edges."""

    key = "network"
    title = "Network"
    help = (
        "Each tile is a **neuron**: the picture shows its activation at every place of the data's plane, orange "
        "below zero and blue above. Each line is a **weight**, the wider the larger: a neuron adds up what comes in "
        "along its lines, adds its bias and applies its activation. Right-click a line or a tile to **freeze** its "
        "weight or bias: training then leaves it as it is.\n\n"
        "Source: Goodfellow, Bengio & Courville, *Deep Learning* (2016), [chapter 6](https://www.deeplearningbook.org)."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.board = Board()
        self.picture = self.board.picture
        self.scroller: QScrollArea = Scroller(self.board)
        self.set_body(self.scroller)
        self.lens = Lens(self.picture)
        self._probe = Probe(self)
        self._probe.answered.connect(self._painted)
        self._probe.failed.connect(lambda text: self.show_message(text, "bad"))
        self._snapshot: Snapshot | None = None
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(PERIOD)
        self._pace.timeout.connect(self._ask)
        self._asked: tuple[Any, ...] = ()
        self._make_initializer()
        self._wire()
        self._show(session.experiment)

    def _make_initializer(self) -> None:
        later = "Takes effect at the next reset; at once while nothing is trained yet."
        self._initializers = [Row(row.name, row.title, f"{row.help}\n{later}") for row in INITIALIZERS.rows()]
        self.initializer = Pill("Initial weights")
        self.initializer.chosen.connect(lambda key: self._edit("Initial weights", edits.set_initializer, key))
        self.setting = InitializerSetting()
        self.setting.typed.connect(self._set_initializer_setting)
        self.add_control(self.setting)
        self.add_control(self.initializer)

    def _wire(self) -> None:
        self.board.layer_edited.connect(self._layer_edited)
        self.board.output_edited.connect(self._output_edited)
        self.board.layer_added.connect(lambda at: self._edit("Add layer", edits.add_layer, at))
        self.board.layer_moved.connect(lambda at, to: self._edit(f"Move layer {at + 1}", edits.move_layer, at, to))
        self.picture.neuron_hovered.connect(lambda column, unit: self._read_neuron())
        self.picture.edge_hovered.connect(lambda *edge: self._read_edge())
        self.picture.left.connect(self._read_nothing)
        self.picture.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.picture.customContextMenuRequested.connect(self._open_menu)
        self.picture.rearranged.connect(self._rearranged)
        self.scroller.horizontalScrollBar().valueChanged.connect(self.picture.let_go)

    # edits

    def _edit(self, label: str, edit: Callable[..., Experiment], *args: Any, merge: str = "") -> None:
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
        self._edit(OUTPUT_EDITS[what][0], OUTPUT_EDITS[what][1], value)

    def _pointed(self) -> Frozen | None:
        """The weight or bias under the pointer."""
        network = self.board.network
        if network is None:
            return None
        if self.picture.neuron is not None:
            return bias_of(network, *self.picture.neuron)
        return None if self.picture.edge is None else weight_of(network, *self.picture.edge)

    def _open_menu(self, position: QPoint) -> None:
        one = self._pointed()
        if one is not None:
            menu_for(self, self.session.experiment, one, self._freeze).popup(self.picture.mapToGlobal(position))

    def _freeze(self, one: Frozen, on: bool) -> None:
        what = "bias" if one.input == "bias" else "weight"
        self._edit(f"Freeze {what}" if on else f"Thaw {what}", edits.freeze, one, on)

    def _frozen_note(self) -> str:
        one = self._pointed()
        return " (frozen)" if one is not None and is_frozen(self.session.experiment, one) else ""

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
        self.board.show_experiment(experiment, self.session.model.network)
        choice = experiment.network.initializer
        self.initializer.show_rows(self._initializers, choice.name)
        settings = INITIALIZERS[choice.name].settings
        self.setting.show_setting(settings[0] if settings else None, choice.settings)
        self._read()

    def refresh(self, snapshot: Snapshot) -> None:
        """Show the weights of a snapshot, and ask for its neurons' maps."""
        if snapshot.model.network != self.board.network:
            return
        self._snapshot = snapshot
        self.picture.set_theta(snapshot.theta)
        if not self._pace.isActive():
            self._ask()
        self._read()

    def _rearranged(self) -> None:
        if self._snapshot is not None and not self._pace.isActive():
            self._pace.start()

    def _ask(self) -> None:
        """Ask for the newest maps, unless they are there; again when those to come have had their time."""
        snapshot = self._snapshot
        if snapshot is None or not self.isVisible() or snapshot.model.network != self.board.network:
            return
        asked = (snapshot.theta, tuple(self.board.shown), theme())
        if self._asked and asked[0] is self._asked[0] and asked[1:] == self._asked[1:]:
            return
        self._asked = asked
        self._probe.ask(paint_neurons, snapshot.model, snapshot.theta, self.board.shown, theme())
        self._pace.start()

    def _painted(self, painted: Painted) -> None:
        self.picture.set_tiles(painted)
        self._read()

    def update_theme(self) -> None:
        """Ask for maps in the new colours."""
        if hasattr(self, "picture"):
            self._rearranged()

    # what the numbers are

    def _read(self) -> None:
        """Say anew what is under the pointer, or what the network is."""
        if self.picture.neuron is not None:
            self._read_neuron()
        elif self.picture.edge is not None:
            self._read_edge()
        else:
            self._read_nothing()

    def _read_nothing(self) -> None:
        self.lens.hide()
        network = self.board.network
        if network is None:
            return
        parts = [_shape(network.shape), f"{count(network.parameters)} parameters"]
        if any(edges.total > len(edges.weights) for edges in self.picture.gaps.edges):
            parts.append(f"the {MOST_EDGES} strongest weights between two columns")
        mask = free(self.session.experiment.network, network)
        if mask is not None:
            parts.append(f"{count(int((mask == 0).sum()))} frozen")
        self.set_status(" · ".join([*parts, "weights: orange below zero, blue above", "hover for values"]))

    def _name(self, column: int, unit: int) -> str:
        network = self.board.network
        assert network is not None
        if column == 0:
            return FEATURES[network.inputs[unit]].title
        label = network.layers[column - 1].label
        return f"{label}, unit {unit + 1}" if network.layers[column - 1].units > 1 else label

    def _read_neuron(self) -> None:
        neuron, network = self.picture.neuron, self.board.network
        if neuron is None or network is None:
            return
        column, unit = neuron
        tile = self.picture.tile_rect(column, unit)
        lines = [self._name(column, unit)]
        place = plane_at(tile, self.picture.pointer, DOMAIN)
        maps = self.picture.maps.get(self.picture.ids[column])
        if maps is not None and unit < len(maps.values):
            lines.append(f"{number(maps.at(unit, *place), 3)} at ({number(place[0], 2)}, {number(place[1], 2)})")
        if column and self.picture.theta is not None:
            biases = network.biases(self.picture.theta, column - 1)
            lines.append("no bias" if biases is None else f"bias {number(biases[unit], 3)}{self._frozen_note()}")
            lines.append(network.layers[column - 1].activation.replace("_", " "))
        self.set_status(" · ".join(lines))
        self.lens.show_neuron(self.picture.picture_of(neuron), lines, place)
        self.lens.open_beside(self._on_screen(tile))

    def _on_screen(self, tile: QRectF) -> QRect:
        corner = self.picture.mapToGlobal(QPointF(tile.topLeft()))
        return QRectF(corner, tile.size()).toRect()

    def _read_edge(self) -> None:
        edge = self.picture.edge
        if edge is None or self.picture.theta is None:
            return
        self.lens.hide()
        index, source, target = edge
        ends = f"from {self._name(index, source)} to {self._name(index + 1, target)}"
        value = number(self.picture.weight(edge), 4)
        self.set_status(f"weight {value}{self._frozen_note()} · {ends}")
