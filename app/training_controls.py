"""The controls of the training settings: each shows what the Experiment has, and changes it while training runs."""

from __future__ import annotations

import math
from dataclasses import replace

from app.faults import describe
from app.form_info import field_info
from app.forms import FormField
from app.probe_thread import Probe
from app.session import Session
from app.training_settings import TrainingSettings
from app.widgets.buttons import IconButton
from app.widgets.choice import Dropdown
from app.widgets.popover import ScrollingPopover
from app.widgets.slider import Slider
from core.backend import backend, cuda_problem
from core.losses import LOSSES
from core.network import resolve_output
from core.optimizers import OPTIMIZERS
from core.spec import AUTO, Choice, Experiment, change
from core.tables import SpecError

SMALLEST_RATE = 1e-12
"""The least that can be typed."""
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class RateField(FormField):
    """The learning rate: logarithmic, live, each decade marked."""

    control: Slider

    def __init__(self, session: Session) -> None:
        path = "training.learning_rate"
        info = replace(field_info(Experiment, path), prominent=True, minimum=SMALLEST_RATE)
        super().__init__(session, path, info)
        low, high = (round(math.log10(end)) for end in info.track or (1e-5, 10.0))
        decades = range(low, high + 1)
        self.control.set_marks([(10.0**power, f"10{str(power).translate(_SUPERSCRIPTS)}") for power in decades])


class BatchField(FormField):
    """Samples in each step, from one to all there are."""

    control: Slider

    def __init__(self, session: Session) -> None:
        path = "training.batch_size"
        super().__init__(session, path, replace(field_info(Experiment, path), low=1, high=100, scale="log", unit=""))
        session.edited.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Let the track end where the training points do; an optimizer of all of them leaves nothing to choose."""
        training, everything = self.session.experiment.training, max(2, len(self.session.model.prepared.y_train))
        row = OPTIMIZERS[training.optimizer.name]
        self.control.set_range(1, everything)
        self.control.set_value(everything if row.whole else min(training.batch_size, everything))
        self.control.setEnabled(not row.whole)
        self.control.set_help(
            f"Not used by {row.title}: each of its steps takes all training samples." if row.whole else self.info.help
        )


class OptimizerDropdown(Dropdown):
    """Which optimizer turns gradients into steps."""

    def __init__(self, session: Session) -> None:
        super().__init__("Optimizer", [(row.name, row.title, row.help) for row in OPTIMIZERS.rows()])
        self.session = session
        self.chosen.connect(lambda name: session.set("training.optimizer", Choice(name), "Change optimizer"))
        session.edited.connect(self._edited)
        self._edited(session.experiment, session.experiment)

    def _edited(self, before: Experiment, after: Experiment) -> None:
        self.set_key(after.training.optimizer.name)


class LossDropdown(Dropdown):
    """Which loss is minimised; choosing one also gives the automatic output the activation it needs."""

    def __init__(self, session: Session) -> None:
        super().__init__("Loss", [])
        self.session = session
        self.chosen.connect(self._chosen)
        session.edited.connect(self._edited)
        self._edited(session.experiment, session.experiment)

    def _chosen(self, name: str) -> None:
        try:
            self.session.set("training.loss", Choice(name), "Change loss")
        except SpecError as error:
            self.session.failed.emit(describe(error))
            self._edited(self.session.experiment, self.session.experiment)

    def _edited(self, before: Experiment, after: Experiment) -> None:
        usual = resolve_output(change(after, "training.loss", Choice(AUTO)))[0]
        rows = [(AUTO, f"Auto: {usual.short}", f"Follows from the task and the output: {usual.title.lower()}.")]
        rows += [(row.name, row.title, row.help) for row in LOSSES.rows() if after.data.task in row.tasks]
        if [row[1] for row in rows] != [self.box.itemText(i) for i in range(self.box.count())]:
            self.set_rows(rows)
        self.set_key(after.training.loss.name)


class DeviceDropdown(Dropdown):
    """Where the numbers are computed; says why not where CUDA cannot be had."""

    def __init__(self, session: Session) -> None:
        super().__init__("Device", [("cpu", "CPU", "The processor, with NumPy.")])
        self.session = session
        self._problem = ""
        self._probe = Probe(self)
        self._probe.answered.connect(self._known)
        self._probe.ask(cuda_problem)
        self.chosen.connect(self.choose)

    def _known(self, problem: str) -> None:
        self._problem = problem
        title, about = ("CUDA (not here)", problem) if problem else ("CUDA", "The NVIDIA GPU, with CuPy.")
        self.set_rows([("cpu", "CPU", "The processor, with NumPy."), ("cuda", title, about)])

    def choose(self, name: str) -> None:
        """Compute on the device called ``name``; where it cannot be had, say why and stay on the CPU."""
        if name == "cuda" and self._problem:
            self.session.failed.emit(f"CUDA cannot be used here. {self._problem}")
            self.set_key("cpu")
            return
        self.set_key(name)
        self.session.use(backend(name))


class SettingsButton(IconButton):
    """Opens what is changed less often: settings, schedule, regularisation, stop rules, seed and precision.

    Their many fields are made when somebody first asks for them.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("settings", "Optimizer settings, schedule, regularisation, stop rules, seed and precision")
        self._session = session
        self.body: TrainingSettings | None = None
        self.popover = ScrollingPopover(self)
        self.clicked.connect(self._open)

    def _open(self) -> None:
        if self.body is None:
            self.body = TrainingSettings(self._session)
            self.popover.set_body(self.body)
        self.popover.open_under(self)
