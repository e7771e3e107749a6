from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from app.network import edits
from app.network.arrangement import COLUMN, FEATURES, GAP, OUTPUT, TILE_MAX, TILE_MIN, arrange
from app.network.edges import LEVELS, MOST_EDGES, choose_edges, edge_at
from core.spec import Choice, Data, Dense, Experiment, Network, Points, Training, change, with_ids
from core.trainer import Trainer


def experiment(*layers: Dense, classes: int = 2, task: str = "classification") -> Experiment:
    x = np.linspace(-4, 4, 40).reshape(20, 2)
    data = Data(task=task, classes=classes, points=Points(x, np.arange(20) % classes))  # type: ignore[arg-type]
    return Experiment(data=data, network=with_ids(Network(layers)), training=Training(seed=4))


def widths(e: Experiment) -> list[int]:
    return [layer.units for layer in e.network.layers]


def test_a_layer_is_added_like_its_neighbour_with_an_id_of_its_own() -> None:
    e = edits.add_layer(experiment(Dense(5, "relu", dropout=0.4), Dense(3)), 1)
    assert widths(e) == [5, 5, 3]
    assert [layer.id for layer in e.network.layers] == [1, 3, 2]
    assert e.network.layers[1].activation == "relu"
    assert e.network.layers[1].dropout == 0
    assert widths(edits.add_layer(experiment(), 0)) == [4]
    assert widths(edits.add_layer(experiment(Dense(5), Dense(3)), 2)) == [5, 3, 3]


def test_layers_move_and_go() -> None:
    e = experiment(Dense(2), Dense(3), Dense(4))
    assert widths(edits.move_layer(e, 0, 1)) == [3, 2, 4]
    assert widths(edits.move_layer(e, 2, 0)) == [4, 2, 3]
    assert widths(edits.move_layer(e, 1, -5)) == [3, 2, 4]
    assert widths(edits.remove_layer(e, 1)) == [2, 4]
    assert widths(e) == [2, 3, 4]


def test_numbers_stay_within_their_limits() -> None:
    e = experiment(Dense(2))
    assert widths(edits.set_units(e, 0, 0)) == [1]
    assert widths(edits.set_units(e, 0, 10**9)) == [edits.MOST_UNITS]


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        (lambda e: edits.add_layer(e, 2), (0, 1)),
        (lambda e: edits.set_units(e, 2, 9), (0, 1)),
        (lambda e: edits.set_activation(e, 0, "relu"), (0, 1, 2, 3)),
        (lambda e: edits.remove_layer(e, 2), (0, 1)),
        (lambda e: edits.set_field(e, 1, "dropout", 0.5), (0, 1, 2, 3)),
    ],
)
def test_the_weights_of_other_layers_survive_an_edit(edit, kept) -> None:  # type: ignore[no-untyped-def]
    before = experiment(Dense(4), Dense(3), Dense(5))
    trainer = Trainer(before)
    trainer.advance(20)
    old, theta = trainer.model.network, trainer.theta.copy()
    trainer.adopt(edit(before))
    new = trainer.model.network
    for index in kept:
        np.testing.assert_array_equal(new.weights(trainer.theta, index), old.weights(theta, index))
        np.testing.assert_array_equal(new.biases(trainer.theta, index), old.biases(theta, index))


def test_output_choices_say_why_not() -> None:
    e = change(experiment(Dense(3)), "training.loss", Choice("bce"))
    choices = {choice.name: choice for choice in edits.output_choices(e)}
    assert choices["auto"].title == "Automatic (sigmoid)"
    assert not choices["auto"].problem
    assert not choices["sigmoid"].problem
    assert "needs a sigmoid output" in choices["tanh"].problem
    regression = edits.output_choices(experiment(task="regression"))
    assert {c.name for c in regression if c.problem} == {"softmax"}


# where things go


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("shape", [(2, 1), (2, 8, 8, 6, 3), (7, 64, 64, 1), (2, *[6] * 20, 1), (64, 512, 512, 10)])
@pytest.mark.parametrize("size", [(296, 120), (800, 400), (1900, 800)])
def test_tiles_neither_overlap_nor_leave_the_picture(
    shape: tuple[int, ...], size: tuple[int, int], scale: float
) -> None:
    found = arrange(*size, shape, scale)
    assert scale * TILE_MIN - 1 <= found.tile <= scale * TILE_MAX
    assert all(b - a > found.tile for a, b in zip(found.centres, found.centres[1:], strict=False))
    assert found.centres[-1] + found.tile / 2 <= found.width
    for column, units in zip(found.columns, shape, strict=True):
        assert 1 <= column.shown <= units
        assert column.shown + column.hidden == units
        assert column.tops[0] >= 0
        assert column.tops[-1] + found.tile <= max(size[1], scale * 24)
        assert all(b - a >= found.tile for a, b in zip(column.tops, column.tops[1:], strict=False))


def test_what_fits_is_shown_whole() -> None:
    assert [column.hidden for column in arrange(800, 400, (2, 8, 8, 6, 3)).columns] == [0] * 5
    assert arrange(800, 400, (2, 18, 1)).columns[1].hidden == 0
    assert arrange(800, 400, (2, 10_000, 1)).columns[1].shown >= 10


@pytest.mark.parametrize("width", [480, 520, 600, 900])
@pytest.mark.parametrize("names", [0.0, 90.0, 400.0])
def test_however_long_the_inputs_names_are_controls_do_not_overlap(width: int, names: float) -> None:
    left, first, second, last = arrange(width, 240, (7, 16, 8, 1), names=names).centres
    assert first - left >= (FEATURES + COLUMN) / 2 + GAP - 1e-9
    assert second - first >= COLUMN + GAP - 1e-9
    assert last - second >= (COLUMN + OUTPUT) / 2 + GAP - 1e-9


# edges


def test_only_the_strongest_of_many_edges_are_drawn(rng: np.random.Generator) -> None:
    weights = rng.normal(size=(60, 60))
    edges = choose_edges(weights[:50, :40])
    assert edges.total == 2000
    assert len(edges.weights) == MOST_EDGES
    weakest = np.sort(np.abs(weights[:50, :40]).ravel())[-MOST_EDGES]
    assert np.abs(edges.weights).min() == weakest
    np.testing.assert_array_equal(weights[edges.targets, edges.sources], edges.weights)
    assert edges.levels.max() == LEVELS - 1


def test_edges_of_zero_weights_are_faint() -> None:
    assert set(choose_edges(np.zeros((2, 3))).levels.tolist()) == {0}


def test_the_edge_under_the_pointer_is_found() -> None:
    edges = choose_edges(np.array([[1.0, 2.0], [3.0, 4.0]]))
    span, y = (0.0, 100.0), [10.0, 90.0]

    def at(x: float, v: float) -> tuple[int, int] | None:
        found = edge_at(edges, span, y, y, QPointF(x, v), 6.0)
        return None if found is None else (int(edges.sources[found]), int(edges.targets[found]))

    assert at(50, 11) == (0, 0)
    assert at(50, 88) == (1, 1)
    assert at(85, 84) in {(0, 1), (1, 1)}
    assert at(97, 87) in {(0, 1), (1, 1)}
    assert at(50, 50) in {(0, 1), (1, 0)}
    assert at(50, 30) is None
    assert at(-1, 10) is None
