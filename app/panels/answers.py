"""The answers panel: which classes are taken for which, how far values are off, and the samples that cost most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.numbers import brief, count, percent
from app.panels.answers_matrix import Cell, MatrixView, share_text
from app.panels.answers_residuals import ResidualView, Scatter
from app.panels.answers_worst import WorstView
from app.panels.panel import Panel
from app.panels.readout import Row
from app.panels.samples import sample_text
from app.probe_thread import Probe
from app.widgets.choice import Segmented
from core.data.names import class_name, target_name
from core.data.pictures import pictures
from core.data.values import ValueRange
from core.model import Model
from core.probes import confusion as probe
from core.probes.confusion import Answers

MOST_WORST = 50

_PARTS = (
    ("train", "train", "The samples the network learns from."),
    ("test", "test", "The samples held out, which it never learns from."),
)


@dataclass(frozen=True)
class View:
    """A way to look: for which tasks, which of the body's pages, and how an AnswersPanel fills it."""

    key: str
    label: str
    help: str
    tasks: tuple[str, ...]
    page: str
    fill: Callable[[AnswersPanel, Model, Answers], str]


class AnswersPanel(Panel):
    """Follows every published θ; what is clicked lights up, or is picked, in every panel."""

    key = "answers"
    title = "Answers"
    help = (
        "The **confusion matrix** counts, for each true class (row), what the network takes its samples for "
        "(column): right answers lie on the diagonal, recall is the share of a class that is found, precision the "
        "share of an answer that is right, and a click on a cell lights its samples up in every panel. For values, "
        "perfect answers lie on the line, and **R²** is the share of their variance that is explained.\n"
        "Source: Hastie, Tibshirani & Friedman, “The Elements of Statistical Learning”, 2009, sections 3.2 and "
        "9.2."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._model: Model | None = None
        self._answers: Answers | None = None
        self._lit_by_us = False
        self.view = Segmented([(row.key, row.label, row.help) for row in VIEWS.values()], name="View")
        self.part = Segmented(_PARTS, name="Samples")
        self.part.set_key("test")
        self.view.chosen.connect(lambda _: self._again())
        self.part.chosen.connect(lambda _: self._again())
        self.add_control(self.view)
        self.add_control(self.part)
        self.pages: dict[str, QWidget] = {"matrix": MatrixView(), "scatter": ResidualView(), "worst": WorstView()}
        self.stack = QStackedWidget()
        for page in self.pages.values():
            self.stack.addWidget(page)
        self.set_body(self.stack)
        self._wire()
        self._probe = Probe(self)
        self._probe.answered.connect(lambda found: self._show(*found))
        self._probe.failed.connect(lambda text: self.show_message(f"The answers could not be computed: {text}."))
        self._offer(session.model)

    @property
    def matrix(self) -> MatrixView:
        """The page of the confusion matrix."""
        page = self.pages["matrix"]
        assert isinstance(page, MatrixView)
        return page

    @property
    def scatter(self) -> ResidualView:
        """The page of values against truth."""
        page = self.pages["scatter"]
        assert isinstance(page, ResidualView)
        return page

    @property
    def worst(self) -> WorstView:
        """The page of the worst samples."""
        page = self.pages["worst"]
        assert isinstance(page, WorstView)
        return page

    def _wire(self) -> None:
        session = self.session
        self.matrix.chosen_changed.connect(self._cell_chosen)
        for source in (self.scatter, self.worst.list):
            source.sample_clicked.connect(lambda index: session.pick(None if index == session.picked else index))
        session.picked_changed.connect(self.worst.list.set_picked)
        session.picked_changed.connect(self.scatter.set_picked)
        session.highlighted.connect(self._highlighted)
        self.scatter.rows = self._card

    # asking

    def refresh(self, snapshot: Any) -> None:
        """Ask what the network of a snapshot says of its samples."""
        self._offer(snapshot.model)
        if not len(snapshot.model.experiment.data.points):
            self.set_empty("There are no samples yet to be right or wrong about.", "Make some", self._make_some)
            return
        self.clear_empty()
        self._probe.ask(_ask, snapshot.model, snapshot.theta)

    def _make_some(self) -> None:
        """Fill the empty plane as the presets do."""
        from core.data.generators import generate
        from core.spec import Generator, change

        data = self.session.experiment.data
        generator = Generator("circle" if data.task == "classification" else "plane", classes=2)
        made = change(change(data, "points", generate(generator)), "generator", generator)
        self.session.edit("Make samples", change(self.session.experiment, "data", made))

    def _offer(self, model: Model) -> None:
        """Offer the views of the task, and the test samples where there are some."""
        task = model.experiment.data.task
        for row in VIEWS.values():
            chip = self.view.chip(row.key)
            chip.setVisible(task in row.tasks)
            chip.setEnabled(task in row.tasks)
        if task not in VIEWS[self.view.key].tasks:
            self.view.set_key(next(row.key for row in VIEWS.values() if task in row.tasks))
        has_test = bool((~np.asarray(model.prepared.train)).any())
        self.part.chip("test").setEnabled(has_test)
        if not has_test:
            self.part.set_key("train")

    # showing

    def _show(self, model: Model, seen: Answers) -> None:
        self.clear_message()
        self._model, self._answers = model, seen
        self._again()

    def _again(self) -> None:
        """Fill the page in front, and have the lit samples follow the cell that is chosen."""
        if self._model is None or self._answers is None:
            return
        row = VIEWS[self.view.key]
        if self._model.experiment.data.task not in row.tasks:
            return  # answers of before an edit of the task; those after it are on their way
        self.stack.setCurrentWidget(self.pages[row.page])
        self.set_status(row.fill(self, self._model, self._answers))
        if self._lit_by_us and self.matrix.chosen is not None:
            self._light(self.matrix.chosen)

    def _card(self, index: int) -> list[Row]:
        assert self._model is not None
        assert self._answers is not None
        text = sample_text(self._model, self._answers, index)
        return [
            Row(f"sample {text.name}", text.place),
            Row("truth", text.truth),
            Row("answer", text.said),
            Row("loss", text.loss),
        ]

    # lighting up

    def _cell_chosen(self, cell: Cell | None) -> None:
        self._lit_by_us = cell is not None
        if cell is None:
            self.session.highlight(None)
        self._again()

    def _light(self, cell: Cell) -> None:
        assert self._answers is not None
        self._lit_by_us = False
        self.session.highlight(self._answers.confused(*cell, self.part.key))
        self._lit_by_us = True

    def _highlighted(self, indices: Any) -> None:
        """Follow what is lit; where it was not this panel's doing, no cell is chosen any more."""
        self.scatter.set_lit(indices)
        if self._lit_by_us:
            self._lit_by_us = False
            self.matrix.set_chosen(None)


def _ask(model: Model, theta: Any) -> tuple[Model, Answers]:
    return model, probe.answers(model, theta)


def _fill_matrix(panel: AnswersPanel, model: Model, seen: Answers) -> str:
    part = panel.part.key
    counts = probe.confusion(seen, part)
    data = model.experiment.data
    panel.matrix.set_matrix(counts, data.labels)
    cell = panel.matrix.chosen
    if cell is not None:
        lit = "lit up everywhere, click again to let go" if counts[cell] else "nothing to light up"
        return f"{panel.matrix.says(cell)} · {lit}"
    total, right = int(counts.sum()), int(np.diag(counts).sum())
    held, found = probe.precision(counts), probe.recall(counts)
    by_class = " · ".join(
        f"{class_name(data, c)}: precision {share_text(held[c])}, recall {share_text(found[c])}"
        for c in range(len(counts))
    )
    return f"{part} accuracy {percent(right / total)}, {count(right)} of {count(total)} · {by_class}" if total else ""


def _fit_text(panel: AnswersPanel, seen: Answers) -> str:
    result = probe.fit(seen, panel.part.key)
    return (
        f"{panel.part.key} R² {brief(result.r2)} · RMSE {brief(result.rmse)} · "
        f"mean error {brief(result.mae)} · hover and click a sample"
    )


def _fill_fit(panel: AnswersPanel, model: Model, seen: Answers) -> str:
    return _fill_scatter(panel, model, seen, (seen.truth, seen.said), ("true {}", "predicted {}"), True)


def _fill_residuals(panel: AnswersPanel, model: Model, seen: Answers) -> str:
    places = (seen.said, seen.truth - seen.said)
    return _fill_scatter(panel, model, seen, places, ("predicted {}", "residual: true − predicted"), False)


def _fill_scatter(
    panel: AnswersPanel, model: Model, seen: Answers, at: tuple[Any, Any], titles: tuple[str, str], diagonal: bool
) -> str:
    shown, data = seen.part(panel.part.key), model.experiment.data
    across, up = (title.format(target_name(data)) for title in titles)
    panel.scatter.set_scatter(Scatter(*at, across, up, seen.truth, seen.train, shown, diagonal, ValueRange.of(data)))
    panel.scatter.set_lit(panel.session.highlighted_samples)
    panel.scatter.set_picked(panel.session.picked)
    return _fit_text(panel, seen)


def _fill_worst(panel: AnswersPanel, model: Model, seen: Answers) -> str:
    part = panel.part.key
    worst = probe.worst(seen, part, MOST_WORST).tolist()
    losses = [float(seen.losses[index]) for index in worst]
    texts, data = [sample_text(model, seen, index) for index in worst], model.experiment.data
    panel.worst.list.set_samples(worst, texts, losses, pictures(data, data.points.x[worst]))
    panel.worst.list.set_picked(panel.session.picked)
    whole = seen.losses[seen.part(part)]
    if not len(whole):
        return ""
    share = float(np.sum(losses) / whole.sum()) if whole.sum() > 0 else float("nan")
    tail = f" · these {len(worst)} make up {percent(share)} of it" if len(whole) > len(worst) else ""
    return f"mean {part} loss {brief(float(whole.mean()))}{tail} · click one to look at it everywhere"


_CLASSES, _VALUES, _BOTH = ("classification",), ("regression",), ("classification", "regression")

VIEWS: dict[str, View] = {
    row.key: row
    for row in (
        View("matrix", "matrix", "Which classes are taken for which.", _CLASSES, "matrix", _fill_matrix),
        View("fit", "fit", "Predicted values against true ones.", _VALUES, "scatter", _fill_fit),
        View("residuals", "residuals", "What is missing, against what was said.", _VALUES, "scatter", _fill_residuals),
        View("worst", "worst", "The samples with the largest losses.", _BOTH, "worst", _fill_worst),
    )
}
"""Every view by its key, in the order they are offered."""
