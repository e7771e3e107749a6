"""The order in which Tab goes from control to control."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def stops(widget: QWidget) -> Iterator[QWidget]:
    """The widgets within ``widget``, itself included, that Tab can stop at, in their present order."""
    first = widget.window()
    at: QWidget | None = first
    while at is not None:
        if (at is widget or widget.isAncestorOf(at)) and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield at
        at = at.nextInFocusChain()
        if at is first:
            return


def tab_through(*widgets: QWidget) -> None:
    """Have Tab go through all of the first widget, then through all of the next, and so on.

    What is in another window than the first, a panel that floats, has an order of its own.
    """
    window = widgets[0].window()
    inside = [widget for widget in widgets if widget.window() is window]
    policy = window.focusPolicy()
    # Qt takes two that only a window without the focus lies between for neighbours: the round would begin amid them.
    window.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    for earlier, later in pairwise([stop for widget in inside for stop in stops(widget) if stop is not window]):
        QWidget.setTabOrder(earlier, later)
    window.setFocusPolicy(policy)
