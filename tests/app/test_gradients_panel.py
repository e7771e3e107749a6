"""The gradients panel beside a real trainer: a line for each layer, its numbers, and what they mean in words."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.panels.gradients import GradientsPanel, verdict
from core.spec import Dense, change, with_ids
from tests.app import run_records as records


@pytest.fixture
def panel(qtbot: QtBot) -> GradientsPanel:
    session = records.RunSession(records.trained(records.experiment()))
    made = GradientsPanel(session)
    made.period = 0
    qtbot.addWidget(made)
    made.resize(480, 320)
    made.show()
    qtbot.waitExposed(made)
    session.publish()
    return made


def test_there_is_a_line_for_each_layer_with_its_recorded_norms(panel: GradientsPanel) -> None:
    history = panel.session.snapshot.history
    curves = panel.plot.scene.curves
    assert [curve.label for curve in curves] == ["layer 1", "layer 2", "output"]
    for curve, layer in zip(curves, panel.session.model.network.layers, strict=True):
        assert np.array_equal(curve.values, history.column(f"gradient/{layer.id}"), equal_nan=True)
        assert np.isfinite(curve.values[1:]).all()
    assert panel.plot.scene.log_y
    assert panel.status.startswith("none vanishing · largest ")
    assert panel.status.endswith(" · norm of each layer’s last gradient")


def test_ratio_shows_updates_over_weights_with_the_rule_of_thumb(panel: GradientsPanel) -> None:
    panel.kind.chip("ratio").click()
    history = panel.session.snapshot.history
    assert np.array_equal(panel.plot.scene.curves[0].values, history.column("ratio/1"), equal_nan=True)
    (band,) = panel.plot.scene.bands
    assert band.low < 1e-3 < band.high
    assert "CS231n" in band.label
    assert "update" in panel.status
    panel.kind.chip("norms").click()
    assert panel.plot.scene.bands == ()


def test_lines_follow_the_present_network(panel: GradientsPanel) -> None:
    session = panel.session
    network = session.experiment.network
    layers = (network.layers[0], Dense(5), network.layers[1])
    session.adopt(change(session.experiment, "network", with_ids(change(network, "layers", layers))))
    session.trainer.step_epoch()
    session.publish()
    curves = panel.plot.scene.curves
    assert [curve.label for curve in curves] == ["layer 1", "layer 2", "layer 3", "output"]
    assert np.isnan(curves[1].values[:-1]).all(), "a new layer has no past"
    assert np.isfinite(curves[1].values[-1])
    assert np.isfinite(curves[2].values[5]), "a moved layer keeps its past"
    assert not panel.grab().isNull()


def test_a_hidden_panel_is_not_refreshed(panel: GradientsPanel) -> None:
    panel.hide()
    rows = len(panel.plot.scene.x)
    panel.session.trainer.step_epoch()
    panel.session.publish()
    assert len(panel.plot.scene.x) == rows
    panel.show()
    assert len(panel.plot.scene.x) == rows + 1


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("norms", {"layer 1": 0.1, "output": 0.2}, "none vanishing"),
        ("norms", {"layer 1": 1e-9, "layer 2": 1e-3, "output": 0.2}, "vanishing: layer 1 under"),
        ("norms", {"layer 1": 0.0, "layer 2": 0.0, "output": 0.2}, "vanishing: layer 1, layer 2 under"),
        ("norms", {"layer 1": 5e3, "output": 0.2}, "exploding: layer 1 over 1\u2009000"),
        ("norms", {"layer 1": 1e-10, "output": 1e-9}, "next to nothing in every layer"),
        ("norms", {"layer 1": float("nan"), "output": 0.2}, "none vanishing"),
        ("norms", {"layer 1": float("nan")}, ""),
        ("norms", {f"layer {i}": 1e-9 for i in range(1, 6)} | {"output": 1.0}, "layer 1 to layer 5, 5 in all"),
        ("ratio", {"layer 1": 1e-3}, ""),
        ("ratio", {"layer 1": 0.5, "output": 1e-3}, "large steps: layer 1"),
        ("ratio", {"layer 1": 1e-8, "output": 1e-3}, "hardly moving: layer 1"),
    ],
)
def test_the_verdict_says_what_the_numbers_mean(kind: str, values: dict[str, float], words: str) -> None:
    said = verdict(kind, values)
    assert words in said
    assert bool(words) == bool(said)


def test_before_the_first_gradient_there_are_calm_axes(qtbot: QtBot) -> None:
    session = records.RunSession(records.trained(records.experiment(), 0))
    panel = GradientsPanel(session)
    panel.period = 0
    qtbot.addWidget(panel)
    panel.show()
    session.publish()
    assert len(panel.plot.scene.x) == 1
    assert panel.status == "norm of each layer’s last gradient"
    assert not panel.grab().isNull()
