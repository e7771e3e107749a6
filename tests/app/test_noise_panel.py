"""The gradient noise panel: sizes compared, the present one emphasised, and set by a click or the keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.panels.noise import NoisePanel
from app.theme import apply_theme, theme
from core.probes.landscape import Objective
from core.probes.noise import Noise, Spread, noise
from core.spec import Experiment, change
from core.trainer import Trainer
from tests.app import run_records as records


class Session(records.RunSession):
    def set(self, path: str, value: Any, label: str = "", merge: str = "") -> None:
        self.adopt(change(self.experiment, path, value))
        self.publish()

    def edit(self, label: str, experiment: Experiment, merge: str = "") -> None:
        self.adopt(experiment)
        self.publish()


def shown(qtbot: QtBot, trainer: Trainer) -> NoisePanel:
    panel = NoisePanel(Session(trainer))
    panel.period = 0
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.probe.stop())
    panel.resize(520, 340)
    panel.show()
    qtbot.waitExposed(panel)
    panel.session.publish()
    settle(qtbot, panel)
    return panel


def settle(qtbot: QtBot, panel: NoisePanel) -> None:
    qtbot.waitUntil(lambda: not panel.busy, timeout=5000)
    qtbot.wait(20)
    panel.grab()


def test_it_shows_the_noise_at_theta_with_the_present_size_emphasised(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment()))
    snapshot = panel.session.snapshot
    found = panel.view.noise
    assert found is not None
    assert [spread.size for spread in found.spreads] == [1, 10, 30]
    expected = noise(Objective.of(snapshot.model, precision="float64"), snapshot.theta, [10])
    assert expected is not None
    emphasised = panel.view.emphasised
    assert emphasised is not None
    assert emphasised.size == 10
    assert np.allclose(emphasised.angles, expected.spreads[0].angles)
    assert panel.status.startswith("batches of 10: ")
    assert f"noise scale {expected.scale:.3g}" in panel.status


def test_without_any_gradient_there_are_no_numbers_of_its_noise(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment()))
    nothing = Spread(10, np.full(3, np.nan), np.zeros(3), np.zeros(3))
    panel.view.set_noise(Noise(0.0, 0.0, (nothing,), 30, 30), 10)
    panel._say()
    assert panel.status == "batches of 10: no full gradient · |gradient| 0"


def test_the_batchs_slider_is_followed(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment()))
    panel.session.adopt(change(panel.session.experiment, "training.batch_size", 1))
    assert panel.view.emphasised is not None, "it is there already: at once"
    assert panel.view.emphasised.size == 1
    panel.session.adopt(change(panel.session.experiment, "training.batch_size", 7))
    settle(qtbot, panel)
    assert panel.view.emphasised is not None
    assert panel.view.emphasised.size == 7
    panel.session.adopt(change(panel.session.experiment, "training.batch_size", 4000))
    settle(qtbot, panel)
    assert panel.status.startswith("all samples: 0° off · 0\u2009% uphill")


def test_a_click_on_a_size_and_the_keys_set_the_batch(qtbot: QtBot) -> None:
    panel = shown(qtbot, records.trained(records.experiment()))
    row = panel.view.places().rows[0]
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=row.center().toPoint())
    assert panel.session.experiment.training.batch_size == 1
    settle(qtbot, panel)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.session.experiment.training.batch_size == 10
    qtbot.keyClick(panel.view, Qt.Key.Key_Up)
    assert panel.session.experiment.training.batch_size == 1
    qtbot.keyClick(panel.view, Qt.Key.Key_Up)
    assert panel.session.experiment.training.batch_size == 1
    settle(qtbot, panel)
    qtbot.mouseMove(panel.view, row.center().toPoint())
    assert not panel.view.grab().isNull()


@pytest.mark.parametrize("size", [(330, 260), (520, 340), (300, 640), (1500, 900), (180, 150)])
@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_its_parts_lie_inside_and_beside_each_other(qtbot: QtBot, qapp: Any, size: Any, scale: float) -> None:
    panel = shown(qtbot, records.trained(records.experiment()))
    before = theme()
    try:
        apply_theme(qapp, "dark", scale)
        panel.resize(*size)
        places = panel.view.places()
        inside = panel.view.rect().toRectF().adjusted(-1, -1, 1, 1)
        assert inside.contains(places.disc)
        assert inside.contains(places.axis) or size == (180, 150)
        assert not places.disc.intersects(places.axis)
        panel.grab()
    finally:
        apply_theme(qapp, before.name, before.scale)


def test_without_points_a_button_brings_some(qtbot: QtBot) -> None:
    panel = NoisePanel(Session(Trainer(Experiment())))
    panel.period = 0
    qtbot.addWidget(panel, before_close_func=lambda widget: widget.probe.stop())
    panel.show()
    panel.session.publish()
    assert panel.is_empty
    qtbot.mouseClick(panel.empty.button, Qt.MouseButton.LeftButton)
    settle(qtbot, panel)
    assert panel.view.noise is not None
    assert panel.view._row_at(QPointF(-50, -50)) is None
