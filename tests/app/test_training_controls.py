"""The controls of the bar: what an optimizer of all samples leaves to choose."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

from app.forms import settings_form
from app.training_controls import BatchField, OptimizerDropdown
from core.optimizers import OPTIMIZERS
from core.presets import PRESETS
from core.spec import Choice
from tests.app.fake_session import FakeSession


def test_lbfgs_is_offered_with_its_memory_and_leaves_no_batch_to_choose(qtbot: QtBot) -> None:
    session = FakeSession(PRESETS["moons"].experiment)
    listed, batch = OptimizerDropdown(session), BatchField(session)  # type: ignore[arg-type]
    form = settings_form(session, "training.optimizer", OPTIMIZERS)
    for widget in (listed, batch, form):
        qtbot.addWidget(widget)
        widget.show()
    before = batch.control.value
    assert "L-BFGS" in [listed.box.itemText(i) for i in range(listed.box.count())]
    session.set("training.optimizer", Choice("lbfgs"))
    assert listed.key == "lbfgs"
    assert list(form.fields) == ["memory"]
    memory: Any = form.fields["memory"].control
    assert (memory.value, memory.field.text()) == (10, "10\xa0steps")
    memory.moved.emit(4.4)
    assert session.experiment.training.optimizer == Choice("lbfgs", {"memory": 4})
    assert not batch.control.isEnabled()
    assert "all training samples" in batch.control.toolTip().replace("\n", " ")
    session.set("training.optimizer", Choice("adam"))
    assert batch.control.isEnabled()
    assert batch.control.value == before
    assert "Not used" not in batch.control.toolTip()
