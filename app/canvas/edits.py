"""Edits of the data as a whole: functions from Data to Data, for the controls around the canvas."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from core.data import strokes
from core.data.features import on_plane
from core.data.generators import GENERATORS
from core.data.tables import table_data
from core.spec import AUTO, Choice, Data, Experiment, Generator, Output, Points, Task, change

MOST_CLASSES = 8
_VALUES = 1.0
"""Values drawn by hand lie within plus and minus this."""


def with_points(experiment: Experiment, points: Points) -> Experiment:
    """The experiment on other points."""
    return change(experiment, "data.points", points)


def without_points(experiment: Experiment) -> Experiment:
    """The experiment on an empty canvas, with no set chosen."""
    data = _drawable(experiment.data)
    return replace(experiment, data=replace(data, points=strokes.clear(data.points), generator=None))


def with_table(data: Data, name: str) -> Data:
    """A known table's data in place of all there was, shared out as before."""
    return table_data(name, data.split)


def _drawable(data: Data) -> Data:
    """``data`` itself where its points lie on the plane that is drawn on; else that plane, still empty."""
    return data if on_plane(data) else Data(data.task, min(data.classes, MOST_CLASSES), split=data.split)


def with_generator(data: Data, generator: Generator) -> Data:
    """The data with a generator's points in place of those generated before; drawn ones stay.

    The number of classes the generator cannot make is brought to what it can; the data's own number becomes what
    generated and drawn points need. Drawn points of the other task are dropped: the set decides what is asked.
    """
    data, row = _drawable(data), GENERATORS[generator.name]
    generator = replace(generator, classes=min(max(generator.classes, 2), row.max_classes or MOST_CLASSES))
    kept = data.points if row.task == data.task else Points([], [])
    points = strokes.regenerate(kept, generator)
    classes = data.classes
    if row.task == "classification":
        classes = max(generator.classes, int(points.y.max(initial=1)) + 1)
    return replace(data, task=row.task, generator=generator, points=points, classes=classes)


def add_class(data: Data) -> Data:
    """One class more, without points; the same data where there are eight."""
    return replace(data, classes=min(data.classes + 1, MOST_CLASSES))


def remove_class(data: Data, index: int) -> Data:
    """The data without a class and its points; those above it move down by one. The same data where there are two."""
    if data.classes <= 2:
        return data
    points = data.points.select(data.points.y != index)
    lowered = Points(points.x, np.where(points.y > index, points.y - 1, points.y), points.drawn)
    left = data.classes - 1
    made = data.generator and replace(data.generator, classes=min(data.generator.classes, left))
    return replace(data, classes=left, points=lowered, generator=made)


def with_task(data: Data, task: Task, generator: str) -> Data:
    """The data with something else asked of it.

    Generated points are replaced by those of ``generator``, a set for that task. Drawn ones stay where they are: class
    c of C becomes the value -1 + 2c / (C - 1), so that the classes lie evenly from -1 to 1, and a value becomes the
    class whose value is nearest; there and back gives the same classes. A table's rows give way to ``generator``.
    """
    if task == data.task:
        return data
    if not on_plane(data):
        return with_generator(data, Generator(generator))
    drawn = data.points.select(data.points.drawn) if data.generator else data.points
    y = _values(drawn.y, data.classes) if task == "regression" else _classes(drawn.y, data.classes)
    changed = replace(data, task=task, points=Points(drawn.x, y, drawn.drawn), generator=None)
    if data.generator is None:
        return changed
    return with_generator(changed, replace(data.generator, name=generator))


def _values(y: np.ndarray, classes: int) -> np.ndarray:
    return _VALUES * (2.0 * y / (classes - 1) - 1.0)


def _classes(y: np.ndarray, classes: int) -> np.ndarray:
    return np.clip(np.floor((y / _VALUES + 1.0) / 2.0 * (classes - 1) + 0.5), 0, classes - 1)


def with_data(experiment: Experiment, data: Data) -> Experiment:
    """The experiment on other data; a loss or an output activation named for another task is left to the task again."""
    if data.task != experiment.data.task:
        experiment = replace(
            experiment,
            training=replace(experiment.training, loss=Choice(AUTO)),
            network=replace(experiment.network, output=Output(bias=experiment.network.output.bias)),
        )
    return replace(experiment, data=data)
