"""The loss panel: what is minimised, and how right the answers are, over the epochs."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from app.numbers import epochs, number, percent
from app.panels.curves import Curve, CurvePlot, Quantity, Stretch
from app.panels.events import MarkRow, RateChanges, marks
from app.panels.panel import Panel
from app.widgets.choice import Chip
from core.probes.overfitting import judge_fit

_EPOCH = Quantity("epoch")
_ACCURACY = Quantity("accuracy", percent=True, bounds=(0.0, 1.0))
_RATE = Quantity("learning rate")
_R2 = Quantity("R²", bounds=(None, 1.0))


class LossPanel(Panel):
    """Train and test loss, or accuracy (R² for regression), of every epoch recorded."""

    key = "loss"
    period = 200
    title = "Loss"
    help = (
        "The **loss** is the number that training makes smaller, averaged over the points; the line called test is "
        "the same for the points held back, best marks where that was lowest, and dashed lines mark what was "
        "changed on the way. When train goes on falling while test rises (by 5 % over a fifth of the run), the "
        "network learns the points by heart: **overfitting**.\n"
        "Source: Goodfellow, Bengio & Courville, Deep Learning (2016), sections 5.2 and 7.8."
    )

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.plot = CurvePlot()
        self.log = Chip("log", "Each power of ten of the loss takes the same height.")
        self.log_x = Chip("log x", "Each power of ten of the epoch takes the same width; epoch 0 is left out.")
        self.accuracy = Chip("accuracy", "The share of right answers instead of the loss.")
        self.rate = Chip("rate", "The learning rate of each epoch's last step instead of the loss.")
        self.log.setChecked(True)
        self._changes = RateChanges()
        for chip in (self.log, self.log_x, self.accuracy, self.rate):
            self.add_control(chip)
            chip.toggled.connect(self._chosen)
        self.accuracy.toggled.connect(lambda on: self.rate.setChecked(self.rate.isChecked() and not on))
        self.rate.toggled.connect(lambda on: self.accuracy.setChecked(self.accuracy.isChecked() and not on))
        self.set_body(self.plot)
        self.plot.failed.connect(self.show_message)
        session.run_changed.connect(self._run_changed)
        self._fit_to_task()

    @property
    def _model(self) -> Any:
        snapshot = self.session.snapshot
        return self.session.model if snapshot is None else snapshot.model

    @property
    def _shown(self) -> str:
        return "accuracy" if self.accuracy.isChecked() else "loss"

    def _quantity(self) -> Quantity:
        if self.accuracy.isChecked():
            return _ACCURACY if self._model.classes else _R2
        return _RATE if self.rate.isChecked() else Quantity(self._loss_name())

    def _loss_name(self) -> str:
        loss = self._model.loss
        return ", ".join(word for word in (loss.title[:1].lower() + loss.title[1:], loss.unit) if word)

    def _chosen(self) -> None:
        self._fit_to_task()
        if self.session.snapshot is not None and self.isVisible():
            self.refresh(self.session.snapshot)

    def _fit_to_task(self) -> None:
        """Name the chips and axes for the task, the loss and what is chosen."""
        self.log.setEnabled(not self.accuracy.isChecked())
        word = "accuracy" if self._model.classes else "R²"
        if self.accuracy.text() != word:
            self.accuracy.setText(word)
            self.accuracy.updateGeometry()
        self.plot.set_log(x=self.log_x.isChecked(), y=self.log.isChecked() and not self.accuracy.isChecked())
        self.plot.set_quantities(_EPOCH, self._quantity())

    def _run_changed(self) -> None:
        self.plot.set_live(self.session.state == "running")

    def experiment_edited(self, before: Any, after: Any) -> None:
        """Follow the task and the loss, which name the axis."""
        self._fit_to_task()

    def refresh(self, snapshot: Any) -> None:
        """Show the history of ``snapshot``'s run."""
        history, rows = snapshot.history, len(snapshot.history)
        self._fit_to_task()
        curves = [Curve(name, label, ink, history.column(name)[:rows]) for name, label, ink in self._lines()]
        self.plot.set_marks([*marks(self._changes, snapshot), *self._fit(history, rows)])
        self.plot.set_data(
            history.column("epoch")[:rows], curves, source=history, seconds=history.column("seconds")[:rows]
        )
        self._run_changed()
        self.set_status(self._numbers(curves, history, snapshot.rows))

    def _fit(self, history: Any, rows: int) -> list[MarkRow]:
        """The mark at the lowest test loss, tinting what is learning before it and overfitting after."""
        shown, stretches = self._shown == "loss" and not self.rate.isChecked(), []
        epoch, train, test = (history.column(name)[:rows] for name in ("epoch", "train_loss", "test_loss"))
        start = self._changes.comparable_from(history)
        fit = judge_fit(epoch, train, test, start) if shown else None
        if fit is not None and fit.overfitting:
            best = float(epoch[fit.row])
            stretches = [Stretch(float(epoch[start]), best, "learning"), Stretch(best, None, "overfitting", "warning")]
        self.plot.set_stretches(stretches)
        if fit is None:
            return []
        return [(float(epoch[fit.row]), f"best, epoch {epochs(float(epoch[fit.row]))}", "good")]

    def _lines(self) -> list[tuple[str, str, str]]:
        """(history column, label, ink) of each curve shown."""
        if self.rate.isChecked():
            return [("rate", "rate", "accent")]
        return [(f"{part}_{self._shown}", part, ink) for part, ink in (("train", "accent"), ("test", "warning"))]

    def _numbers(self, curves: list[Curve], history: Any, rows: int) -> str:
        """What the curves have come to at the moment shown, after ``rows`` rows, and when that was measured.

        In mid-epoch that is a little while ago: the landscape's loss is that of θ now, and so another number.
        """
        write = percent if self._quantity().percent else number
        last = {curve.label: float(curve.values[:rows][-1]) for curve in curves if len(curve.values[:rows])}
        parts = [f"{name} {write(value)}" for name, value in last.items() if value == value]
        when = [f"epoch {epochs(float(history.column('epoch')[rows - 1]))}"] if rows else []
        return " · ".join([*when, *parts, self._quantity().title])
