from __future__ import annotations

import numpy as np

from core.differences import Difference, differences
from core.presets import PRESETS
from core.spec import Choice, Dense, Points, Stop, change

HERE = PRESETS["spiral-3"].experiment


def test_an_experiment_does_not_differ_from_itself() -> None:
    assert differences(HERE, change(HERE, "name", "Other")) == []


def test_each_setting_is_told_with_its_title_and_both_values() -> None:
    other = change(HERE, "training.learning_rate", 0.5)
    other = change(other, "training.optimizer", Choice("sgd", {"momentum": 0.9}))
    other = change(other, "training.stop", Stop(epochs=10))
    other = change(other, "network.output.bias", False)
    other = change(other, "data.scaling", "min-max")
    found = {difference.title: (difference.before, difference.after) for difference in differences(HERE, other)}
    assert found == {
        "Scaling": ("none", "min-max"),
        "Output bias": ("on", "off"),
        "Learning rate": (f"{HERE.training.learning_rate:g}", "0.5"),
        "Optimizer": (HERE.training.optimizer.name, "sgd (momentum 0.9)"),
        "Stop epochs": ("0", "10"),
    }


def test_layers_are_told_by_their_widths_and_then_one_by_one() -> None:
    layers = tuple(change(layer, "id", layer.id + 7) for layer in HERE.network.layers)
    assert differences(HERE, change(HERE, "network.layers", layers)) == []
    fewer = (Dense(3, activation="relu", dropout=0.5, id=1),)
    found = differences(HERE, change(HERE, "network.layers", fewer))
    assert found == [
        Difference("Hidden layers", "8-8-6", "3"),
        Difference("Layer 1 activation", "tanh", "relu"),
        Difference("Layer 1 dropout", "0", "0.5"),
    ]


def test_points_differ_by_how_many_they_are_or_that_they_moved() -> None:
    points = HERE.data.points
    fewer = change(HERE, "data.points", points.select(np.arange(10)))
    assert differences(HERE, fewer)[0] == Difference("Points", str(len(points)), "10")
    moved = change(HERE, "data.points", Points(points.x + 1.0, points.y, points.drawn))
    assert differences(HERE, moved) == [Difference("Points", str(len(points)), "moved")]
