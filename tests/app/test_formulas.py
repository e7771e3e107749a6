"""Typeset formulas: outlines of a sensible size, in any colour, for everything the notation can say."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter

from app.by_hand.notation import ACTIVATION, LOSS, ONE_OUTPUT, OPTIMIZER, Names, d
from app.formulas import Formula, formula, prepare
from core.activations import ACTIVATIONS
from core.losses import LOSSES
from core.network import resolve
from core.optimizers import OPTIMIZERS
from core.spec import Data, Dense, Experiment, Network


def painted(made: Formula, size: float, color: str) -> QImage:
    width, ascent, descent = made.sized(size)
    image = QImage(int(width) + 8, int(ascent + descent) + 8, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    made.paint(painter, QPointF(4, 4 + int(ascent)), size, QColor(color))
    painter.end()
    return image


def ink(image: QImage) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not transparent."""
    spots = [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y).alpha() > 40]
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    return min(xs), min(ys), max(xs), max(ys)


def test_a_formula_is_as_wide_as_its_ink_and_scales(qapp: object) -> None:
    made = formula(r"\frac{\partial J}{\partial w_{1}}")
    for size in (16.0, 32.0):
        image = painted(made, size, "#204060")
        left, top, right, bottom = ink(image)
        width, ascent, descent = made.sized(size)
        assert 0.85 * width < right - left <= width + 1
        assert 0.8 * (ascent + descent) - 4 < bottom - top <= ascent + descent + 2
    assert made.sized(32.0)[0] == pytest.approx(2 * made.sized(16.0)[0])


def test_it_has_the_colour_that_is_asked_for(qapp: object) -> None:
    image = painted(formula("W"), 40, "#D55E00")
    solid = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    solid = [color for color in solid if color.alpha() == 255]
    assert solid
    assert {color.name() for color in solid} == {"#d55e00"}


def test_a_fraction_is_higher_than_a_letter(qapp: object) -> None:
    letter, fraction = formula("J"), formula(d("J", "w"))
    assert sum(fraction.sized(20)[1:]) > 1.5 * sum(letter.sized(20)[1:])
    assert formula("J") is letter


@pytest.mark.parametrize("latex", sorted({f for pair in ACTIVATION.values() for f in pair} | {d("J", r"\hat{y}_{1}")}))
def test_every_activation_can_be_typeset(latex: str, qapp: object) -> None:
    assert formula(latex).width > 0


def test_every_row_of_the_tables_is_written() -> None:
    assert set(ACTIVATION) >= set(ACTIVATIONS)
    assert set(LOSS) >= set(LOSSES)
    assert set(OPTIMIZER) >= set(OPTIMIZERS)


def test_losses_and_optimizers_can_be_typeset_on_another_thread(qapp: object) -> None:
    lines = [f for table in (LOSS, ONE_OUTPUT, OPTIMIZER) for row in table.values() for f in row]
    worker = threading.Thread(target=prepare, args=(lines,))
    worker.start()
    worker.join()
    assert all(formula(line).width > 0 for line in lines)


def test_names_are_no_longer_than_they_need_be() -> None:
    def names(*units: int, features: tuple[str, ...] = ("x1", "x2"), classes: int = 2) -> Names:
        layers = tuple(Dense(n, id=i + 1) for i, n in enumerate(units))
        return Names(resolve(Experiment("", Data(classes=classes, features=features), Network(layers))))

    perceptron = names()
    assert (perceptron.z(0, 0), perceptron.w(0, 0, 1), perceptron.below(0, 1)) == ("z", "w_{2}", "x_{2}")
    simplest = names(1, features=("x1",))
    assert (simplest.z(0, 0), simplest.w(1, 0, 0), simplest.a(1, 0)) == ("z_{1}", "w_{2}", r"\hat{y}")
    deep = names(12, 4, classes=3)
    assert deep.z(1, 3) == "z_{4}^{(2)}"
    assert deep.w(0, 10, 1) == "w_{11,2}^{(1)}"
    assert deep.a(2, 1) == r"\hat{y}_{2}"
    assert deep.below(1, 10) == deep.a(0, 10) == "a_{11}^{(1)}"
