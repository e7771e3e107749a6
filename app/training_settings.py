"""Everything about the training that the bar above the panels has no room for, under headings, in two columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.forms import field_widget, settings_form
from app.session import Session
from app.theme import theme, theme_events, tokens
from app.widgets.label import Label
from core.losses import LOSSES
from core.optimizers import OPTIMIZERS
from core.schedules import SCHEDULES

COLUMN = 264

Row = tuple[str, Mapping[str, Any] | None, bool]
"""A path below "training", the table it is chosen from if any, and whether the choice itself is made here."""

COLUMNS: tuple[tuple[tuple[str, tuple[Row, ...]], ...], ...] = (
    (
        ("Optimizer", (("optimizer", OPTIMIZERS, True), ("loss", LOSSES, False))),
        ("Schedule", (("schedule", SCHEDULES, True), ("warmup", None, True))),
    ),
    (
        (
            "Regularisation",
            tuple((name, None, True) for name in ("l1", "l2", "weight_decay", "clip_norm", "clip_value")),
        ),
        (
            "Stop",
            tuple((f"stop.{name}", None, True) for name in ("patience", "epochs", "loss", "seconds")),
        ),
        ("Reproducibility", (("seed", None, True), ("precision", None, True))),
    ),
)
"""The columns, each of sections: a heading and its rows."""


class TrainingSettings(QWidget):
    """A form of all training settings but those in the bar."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._columns: list[QVBoxLayout] = []
        self._sections: list[QVBoxLayout] = []
        for sections in COLUMNS:
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            for title, rows in sections:
                column.addLayout(self._section(session, title, rows))
            column.addStretch(1)
            self._columns.append(column)
            self._row.addWidget(holder, 0, Qt.AlignmentFlag.AlignTop)
        theme_events().changed.connect(self._dress)
        self._dress()

    def _section(self, session: Session, title: str, rows: tuple[Row, ...]) -> QVBoxLayout:
        section = QVBoxLayout()
        section.addWidget(Label(title, semibold=True))
        for name, table, listed in rows:
            path = f"training.{name}"
            form = field_widget(session, path) if table is None else settings_form(session, path, table, listed=listed)
            section.addWidget(form)
        self._sections.append(section)
        return section

    def _dress(self) -> None:
        px = theme().px
        self._row.setSpacing(px(2 * tokens.GROUP))
        for column in self._columns:
            column.setSpacing(px(tokens.GROUP))
            holder = column.parentWidget()
            if holder is not None:
                holder.setFixedWidth(px(COLUMN))
        for section in self._sections:
            section.setSpacing(px(tokens.GAP))
