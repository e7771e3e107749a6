"""What plane points of many coordinates are looked at on: two columns or the principal plane, and through where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.theme import theme, theme_events, tokens
from app.widgets.choice import Chip, Dropdown
from app.widgets.label import Label, tip
from app.widgets.popover import ScrollingPopover
from app.widgets.slider import Slider
from core.data.features import column_title, columns_of, on_plane
from core.data.slices import Base, Kind, Slice, base_of, fitting
from core.spec import Data

BASES: tuple[tuple[Base, str, str], ...] = (
    ("mean", "mean", "The columns that are not on the axes stand at their means."),
    ("median", "median", "The columns that are not on the axes stand at their medians."),
    ("sample", "picked sample", "The plane goes through the sample that is picked, and follows it."),
)
_HELP = {key: about for key, _, about in BASES}
_NONE_PICKED = "First pick a sample: click one on the data, on the boundary or among the answers."
_TWO_ROWS = 290
"""Design pixels under which the chips go below the choosers."""
_WIDE = 260
"""Design pixels across the popover's sliders."""


class SliceBar(QWidget):
    """Choosers for the two columns, a chip for the principal plane, and a button that opens where the others stand.

    It shows, and changes, the session's one slice; it hides where the points lie on the plane that is drawn on.
    """

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._columns: tuple[Any, ...] = ()
        self.popover: SlicePopover | None = None
        self.across = Dropdown("", [], name="Column across")
        self.up = Dropdown("", [], name="Column upwards")
        self.principal = Chip(
            "PCA", "The plane that all columns together vary most along, scaled as the network gets them."
        )
        self.through = _Through(self)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._choosers, self._chips = QHBoxLayout(), QHBoxLayout()
        for widget in (self.across, self.up):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._choosers.addWidget(widget, 1)
        for chip in (self.principal, self.through):
            self._chips.addWidget(chip)
        self._chips.addStretch(0)
        self._rows.addLayout(self._choosers, 1)
        self._rows.addLayout(self._chips)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The plane that is looked at")
        self.across.chosen.connect(lambda key: self._choose(int(key), self._shown().j))
        self.up.chosen.connect(lambda key: self._choose(self._shown().i, int(key)))
        self.principal.clicked.connect(self._turn)
        self.through.clicked.connect(self.open)
        session.slice_changed.connect(lambda _: self.follow())
        session.edited.connect(lambda *_: self.follow())
        theme_events().changed.connect(self._dress)
        self._dress()
        self.follow()

    @property
    def _data(self) -> Data:
        data: Data = self._session.experiment.data
        return data

    def _shown(self) -> Slice:
        return fitting(self._data, self._session.slice)

    def _choose(self, i: int, j: int) -> None:
        """Show columns ``i`` and ``j``; choosing the other axis's swaps the two."""
        now = self._shown()
        if i == j:
            i, j = now.j, now.i
        self._session.set_slice(replace(now, kind="columns", i=i, j=j))

    def _turn(self) -> None:
        kind: Kind = "columns" if self._shown().kind == "principal" else "principal"
        self._session.set_slice(replace(self._shown(), kind=kind))

    def open(self) -> None:
        """Open the popover that says where the other columns stand."""
        self.popover = SlicePopover(self._session, self)
        self.popover.open_under(self.through)

    def follow(self) -> None:
        """Show the session's slice."""
        data = self._data
        self.setVisible(not on_plane(data))
        if on_plane(data):
            return
        columns = columns_of(data)
        if columns != self._columns:
            self._columns = columns
            rows = [(str(k), column_title(one), f"Show {column_title(one)}.") for k, one in enumerate(columns)]
            self.across.set_rows(rows)
            self.up.set_rows(rows)
        shown = self._shown()
        self.across.set_key(str(shown.i))
        self.up.set_key(str(shown.j))
        self.principal.setChecked(shown.kind == "principal")
        self.principal.setVisible(len(columns) > 2)
        self.through.setVisible(len(columns) > 2)
        for chooser in (self.across, self.up):
            chooser.setVisible(shown.kind == "columns")
        self.through.say(shown)

    def _dress(self) -> None:
        for layout in (self._choosers, self._chips, self._rows):
            layout.setSpacing(theme().px(tokens.GAP if layout is not self._rows else tokens.GRID))

    def high(self, width: int) -> int:
        """How high it is in so wide a place: two rows in a narrow one."""
        narrow = width < theme().px(_TWO_ROWS) and self._shown().kind == "columns"
        wanted = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._rows.direction() != wanted:
            self._rows.setDirection(wanted)
        return self.sizeHint().height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take another row where it has become narrow."""
        if self.isVisible():
            self.high(self.width())


class _Through(Chip):
    """Says through where the plane goes, and opens the popover."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("at the mean …", "Where the columns that are not on the axes stand.", parent)
        self.setCheckable(False)

    def say(self, shown: Slice) -> None:
        words = {"mean": "at the mean", "median": "at the median", "sample": "at the sample", "values": "by hand"}
        self.setText(f"{words[shown.base]} …")
        self.setAccessibleName(f"Plane {words[shown.base]}: change")
        self.updateGeometry()


class SlicePopover(ScrollingPopover):
    """Where the plane goes through: the mean, the median, the picked sample, or each other column by a slider."""

    def __init__(self, session: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.chips: dict[Base, Chip] = {}
        self.sliders: dict[int, Slider] = {}
        body = QWidget()
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(theme().px(tokens.GAP))
        self._body.addStrut(theme().px(_WIDE))
        self._body.addWidget(Label("The plane goes through", semibold=True))
        row = QHBoxLayout()
        for key, label, about in BASES:
            chip = Chip(label, about)
            chip.clicked.connect(lambda _=False, key=key: self._take(key))
            self.chips[key] = chip
            row.addWidget(chip)
        row.addStretch(1)
        self._body.addLayout(row)
        self._add_sliders()
        self.set_body(body)
        session.slice_changed.connect(self.follow)
        session.picked_changed.connect(self.follow)
        self.follow()

    def _add_sliders(self) -> None:
        data = self._session.experiment.data
        shown = fitting(data, self._session.slice)
        if shown.kind == "principal" or not len(data.points):
            return
        low, high = data.points.x.min(axis=0), data.points.x.max(axis=0)
        for k, column in enumerate(columns_of(data)):
            if k not in (shown.i, shown.j) and column.name in data.features and high[k] > low[k]:
                slider = Slider(column.name, float(low[k]), float(high[k]), unit=column.unit)
                slider.moved.connect(lambda value, k=k: self._set(k, value))
                self.sliders[k] = slider
                self._body.addWidget(slider)

    def _take(self, base: Base) -> None:
        session = self._session
        if base == "sample":
            session.slice_through(session.picked)
        else:
            session.set_slice(replace(fitting(session.experiment.data, session.slice), base=base, at=()))
        self.follow()

    def _set(self, column: int, value: float) -> None:
        data = self._session.experiment.data
        at = base_of(data, self._session.slice)
        at[column] = value
        chosen = fitting(data, self._session.slice)
        self._session.set_slice(replace(chosen, base="values", at=tuple(np.asarray(at).tolist())))

    def follow(self, *_: Any) -> None:
        """Show where the plane goes through now."""
        data, session = self._session.experiment.data, self._session
        chosen = fitting(data, session.slice)
        for key, chip in self.chips.items():
            chip.setChecked(key == chosen.base)
        picked = session.picked is not None
        self.chips["sample"].setEnabled(picked)
        self.chips["sample"].setToolTip(tip(_HELP["sample"] if picked else _NONE_PICKED))
        at = base_of(data, session.slice)
        for k, slider in self.sliders.items():
            slider.set_value(float(at[k]))
