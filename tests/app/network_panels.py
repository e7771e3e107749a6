"""Network panels on a real session, closed with their threads when a test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from shiboken6 import isValid

from app.panels.network import NetworkPanel
from app.session import Session
from core.data.generators import generate
from core.spec import Data, Dense, Experiment, Generator, Network, Training, with_ids


def experiment(*layers: Dense, classes: int = 3) -> Experiment:
    """Blobs to tell apart."""
    generator = Generator("blobs", 90, 0.1, classes)
    data = Data(classes=classes, points=generate(generator), generator=generator)
    return Experiment(data=data, network=with_ids(Network(layers)), training=Training(learning_rate=0.1))


def opening(qtbot: Any) -> Iterator[Callable[..., NetworkPanel]]:
    """What opens panels, to yield from in a fixture."""
    opened: list[NetworkPanel] = []

    def open_(*layers: Dense, size: tuple[int, int] = (826, 530), **named: Any) -> NetworkPanel:
        session = Session(experiment(*layers, **named))
        qtbot.waitUntil(lambda: session.snapshot is not None)
        panel = NetworkPanel(session)
        opened.append(panel)
        panel.resize(*size)
        panel.show()
        qtbot.waitUntil(lambda: len(panel.picture.pictures) == len(panel.picture.ids))
        return panel

    yield open_
    for panel in filter(isValid, opened):
        panel.session.close()
        panel.editor.close()
        panel.close()
        panel.deleteLater()
