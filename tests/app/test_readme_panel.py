"""The panel that the README adds: its lines are put into a window as they stand there."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.numbers import number
from app.panels.catalogue import CELLS, Entry
from app.panels.panel import Panel
from app.probe_thread import Probe
from app.session import Session
from app.theme import apply_theme
from app.widgets.label import Label
from core.network import Network
from core.presets import PRESETS

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication) -> Iterator[Session]:
    apply_theme(qapp, "light")
    session = Session(PRESETS["circle"].experiment)
    yield session
    session.close()


def added() -> dict[str, Any]:
    """The names that the README's lines define, and the entry of the catalogue as ``entry``."""
    section = README.read_text(encoding="utf-8").partition("### Add a probe and a panel\n")[2].partition("\n### ")[0]
    lines = (line for line in section.splitlines() if not line or line.startswith("    "))
    tree = ast.parse(textwrap.dedent("\n".join(lines)))
    names: dict[str, Any] = {
        "Any": Any, "Entry": Entry, "Label": Label, "Network": Network, "Panel": Panel, "Probe": Probe,
        "QWidget": QWidget, "Session": Session, "np": np, "npt": npt, "number": number,
    }  # fmt: skip
    *definitions, entry = tree.body
    assert isinstance(entry, ast.Expr)
    exec(compile(ast.Module(definitions, []), str(README), "exec"), names)
    names["entry"] = eval(compile(ast.Expression(entry.value), str(README), "eval"), names)
    return names


def test_the_panel_shows_what_its_probe_answers(qtbot: QtBot, session: Session) -> None:
    names = added()
    panel = names["LengthsPanel"](session)
    qtbot.addWidget(panel)
    panel.resize(330, 260)
    panel.show()
    qtbot.waitUntil(lambda: panel.words.text() != "")
    snapshot = session.snapshot
    assert snapshot is not None
    network = snapshot.model.network
    expected = [np.sqrt((network.weights(snapshot.theta, i) ** 2).sum()) for i in range(len(network.layers))]
    assert panel.words.text().split("\n") == [number(float(length), 4) for length in expected]
    assert "Source: " in panel.help


def test_its_entry_is_named_like_it_and_new() -> None:
    names = added()
    entry, panel = names["entry"], names["LengthsPanel"]
    assert (entry.key, entry.title) == (panel.key, panel.title)
    assert entry.place == f"app.panels.{panel.key}:{panel.__name__}"
    assert entry.key not in [there.key for row in CELLS for cell in row for there in cell]
