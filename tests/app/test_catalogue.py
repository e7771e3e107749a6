"""Every panel of the catalogue: what its help says, and that it keeps to the names that are its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from pytestqt.qtbot import QtBot

from app.panels.catalogue import CELLS, FIRST, Entry
from app.panels.panel import Panel
from app.session import Session
from core.presets import PRESETS

ENTRIES = (FIRST, *(entry for row in CELLS for cell in row for entry in cell))

HOOKS = {"key", "title", "help", "period", "refresh", "experiment_edited", "update_theme", "staticMetaObject"}
"""What a panel is there to say or to do."""
HANDLERS = re.compile(r"event|eventFilter|sizeHint|minimumSizeHint|\w+Event|__\w+__")
"""Qt's own virtual functions, and Python's."""


def class_of(entry: Entry) -> type[Panel]:
    module, _, name = entry.place.partition(":")
    found: type[Panel] = getattr(import_module(module), name)
    return found


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(PRESETS["circle"].experiment)
    yield session
    session.close()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_a_panel_shadows_nothing_of_qt_or_of_the_panel(entry: Entry, session: Session, qtbot: QtBot) -> None:
    made = class_of(entry)
    bare = Panel(session)
    panel = entry.make(session)
    for widget in (bare, panel):
        qtbot.addWidget(widget)
    own = (name for kind in made.__mro__[: made.__mro__.index(Panel)] for name in vars(kind))
    taken = {name for name in own if hasattr(Panel, name) and name not in HOOKS and not HANDLERS.fullmatch(name)}
    taken |= {name for name in set(vars(panel)) - set(vars(bare)) if hasattr(Panel, name)}
    assert not taken


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_help_is_two_sentences_with_a_term_and_a_source(entry: Entry) -> None:
    body, _, source = class_of(entry).help.partition("Source: ")
    sentences = re.split(r"(?<=[.!?])\s+(?=\S)", body.strip())
    assert len(sentences) == 2, sentences
    assert all(sentence.endswith(".") for sentence in sentences)
    assert re.search(r"\*\*[^*]+\*\*", body)
    assert re.search(r"(19|20)\d\d|section \d|arXiv", source)
    assert not re.search(r"\]\(|(?<!\*)\*(?!\*)", body + source)  # no markup that would be read as it stands
