"""Runs compared: their curves over one another, their boundaries side by side, and what their settings have apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.panels.curves import Curve, CurvePlot, Quantity
from app.panels.panel import Panel
from app.panels.runs_list import Entry, RunsList
from app.probe_thread import Probe
from app.remembered import Remembered
from app.theme import Theme, theme, tokens
from app.widgets.choice import Chip, Dropdown, Segmented
from core.comparison import aligned
from core.data.slices import Slice
from core.data.values import ValueRange
from core.differences import differences
from core.probes.boundary import boundary

SIDE = 48
"""Places along each side of a small boundary."""
LIST = 300
"""Design pixels the list takes beside the curves, of a panel twice as wide at least."""

_METRICS = (
    ("train_loss", "train loss", "The loss on the points that train."),
    ("test_loss", "test loss", "The loss on the points held back."),
    ("accuracy", "accuracy", "The share of right answers on the points held back; R² for values."),
)
_TITLES = {key: title for key, title, _ in _METRICS}
_ALONG = (
    ("epoch", "epochs", "Each run over its epochs."),
    ("seconds", "time", "Each run over the seconds it computed."),
)


_Field = tuple[npt.NDArray[Any], ValueRange | None]
"""A boundary without its colours: shares of each class, or values and the range they are coloured in."""


class RunsPanel(Panel):
    """The present run beside those that were kept: each reset, new seed or branch keeps the run before it."""

    key = "runs"
    title = "Runs"
    period = 250
    help = (
        "Every run that trained is kept when another begins, and all of them lie over one another here. What a card "
        "lists is what that run had apart from the present one, so that a difference between two curves can be "
        "**attributed** to one setting: change one thing at a time, and keep the seed.\n"
        "Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 11.4."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.measure = Dropdown("", _METRICS, help="What the curves show.", small=True)
        self.along = Segmented(_ALONG, name="Along")
        self.log = Chip("log", "Each power of ten takes the same height.")
        self.log.setChecked(True)
        for control in (self.measure, self.along, self.log):
            self.add_control(control)
        self.plot, self.list = CurvePlot(), RunsList()
        self.set_body(_Body(self.plot, self.list))
        self.measure.chosen.connect(lambda _: self._again())
        self.along.chosen.connect(lambda _: self._again())
        self.log.toggled.connect(lambda _: self._again())
        self.list.shown_changed.connect(self._again)
        self.list.renamed.connect(session.past.rename)
        self.list.forgotten.connect(session.past.forget)
        self.list.taken_up.connect(self._take_up)
        session.runs_changed.connect(self._again)
        session.slice_changed.connect(lambda _: self._again())
        self.plot.failed.connect(self.show_message)
        self._fields: dict[tuple[int, int], _Field] = {}
        self._pictures: dict[tuple[int, int], npt.NDArray[np.uint8]] = {}
        self._seen_on = session.slice
        self._probe = Probe(self)
        self._probe.answered.connect(self._painted)
        self._probe.failed.connect(lambda text: self.show_message(f"A boundary could not be computed: {text}."))

    # what is shown

    def refresh(self, snapshot: Any) -> None:
        """Show the run that goes on beside the others."""
        self.list.show_entries(self._entries(snapshot))
        self._show_curves()
        self._ask_pictures()

    def _entries(self, snapshot: Any) -> list[Entry]:
        now = self.session.experiment
        entries = [Entry("This run", 0, snapshot, ())]
        for index, kept in reversed(list(enumerate(self.session.runs))):
            apart = tuple(differences(now, kept.snapshot.model.experiment))
            entries.append(Entry(kept.name, index + 1, kept.snapshot, apart, kept))
        return entries

    def _show_curves(self) -> None:
        entries = self.list.shown()
        column = self.measure.key if self.measure.key != "accuracy" else "test_accuracy"
        x, values = aligned(
            [entry.snapshot.history for entry in entries],
            column,
            self.along.key,
            [entry.snapshot.rows for entry in entries],
        )
        curves = [
            Curve(str(entry.snapshot.run), entry.name, entry.ink, each)
            for entry, each in zip(entries, values, strict=True)
        ]
        score = self.measure.key == "accuracy"
        classes = self.session.model.classes
        title = ("accuracy" if classes else "R²") if score else _TITLES[self.measure.key]
        bounds = ((0.0, 1.0) if classes else (None, 1.0)) if score else (None, None)
        self.plot.set_log(x=False, y=self.log.isChecked() and not score)
        self.log.setEnabled(not score)
        self.plot.set_quantities(
            Quantity("epoch" if self.along.key == "epoch" else "seconds"),
            Quantity(title, percent=score and bool(classes), bounds=bounds),
        )
        self.plot.set_data(x, curves, source=None)
        count = len(self.list.entries)
        shown = f"{len(entries)} of {count} runs shown" if len(entries) < count else f"{count} runs"
        self.set_status(
            f"{shown} · hover for exact values"
            if count > 1
            else "Reset, another seed or a branch keeps this run here, and the next lies over it."
        )

    def _again(self) -> None:
        if self.is_watched and self.session.snapshot is not None:
            self.refresh(self.session.snapshot)

    def experiment_edited(self, before: Any, after: Any) -> None:
        """Tell the differences from the settings there are now."""
        self._again()

    def update_theme(self) -> None:
        """Colour the boundaries anew."""
        self._pictures = {key: _coloured(field, theme()) for key, field in self._fields.items()}
        self._again()

    # boundaries

    def _ask_pictures(self) -> None:
        if self._seen_on != self.session.slice:
            self._seen_on = self.session.slice
            self._fields.clear()
            self._pictures.clear()
        wanted = []
        for card, entry in zip(self.list.cards, self.list.entries, strict=True):
            key = (entry.snapshot.run, entry.snapshot.step)
            card.swatch.set_picture(self._pictures.get(key))
            if key not in self._pictures:
                wanted.append(entry.snapshot)
        # The run that goes on has a new picture at every look; the others are painted once, one after the other.
        if wanted:
            self._probe.ask(_fields, wanted, self.session.slice)

    def _painted(self, found: tuple[tuple[int, int], _Field]) -> None:
        key, field = found
        for old in [old for old in self._pictures if old[0] == key[0]]:
            del self._pictures[old], self._fields[old]
        self._fields[key] = field
        self._pictures[key] = rgba = _coloured(field, theme())
        for card, entry in zip(self.list.cards, self.list.entries, strict=True):
            if entry.snapshot.run == key[0]:
                card.swatch.set_picture(rgba)

    # going back to a run

    def _take_up(self, kept: Remembered) -> None:
        """Make a kept run's settings and θ the present ones."""
        snapshot = kept.snapshot
        self.session.edit(f"Take up {kept.name}", snapshot.model.experiment)
        self.session.place(snapshot.theta, f"θ of {kept.name}")


def _fields(snapshots: list[Any], chosen: Slice) -> Iterator[tuple[tuple[int, int], _Field]]:
    """The small boundaries of some runs, one after the other, on the plane that is looked at."""
    for snapshot in snapshots:
        values = boundary(snapshot.model, snapshot.theta, SIDE, chosen=chosen).values
        span = None if snapshot.model.classes else ValueRange.of(snapshot.model.experiment.data)
        yield (snapshot.run, snapshot.step), (values, span)


def _coloured(field: _Field, look: Theme) -> npt.NDArray[np.uint8]:
    """The colours (n, n, 4) of a boundary."""
    values, span = field
    return look.class_field(values) if span is None else look.values(span.shares(values), span.signed)


class _Body(QWidget):
    """Curves, and beside them the list."""

    def __init__(self, plot: CurvePlot, cards: RunsList) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(plot, 1)
        self._row.addWidget(cards, 0)
        self._plot, self._cards = plot, cards

    def minimumSizeHint(self) -> QSize:
        """Half the list's usual width: its present width is no reason to stay wide."""
        return QSize(theme().px(LIST) // 2, self._plot.minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the list its width."""
        self._row.setSpacing(theme().px(tokens.GAP))
        self._cards.setFixedWidth(min(theme().px(LIST), self.width() // 2))
