"""What widgets are painted on at this moment: the screen, or a picture that is to be kept.

Widgets keep pixmaps of what is dear to paint, as sharp as the screen. A picture may be sharper, or made of lines and
text that can be scaled: while ``painting_picture`` is entered, they paint for that instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Target:
    """A picture with ``ratio`` of its pixels to a pixel of the widget; ``vectors`` where it is of lines, not pixels."""

    ratio: float
    vectors: bool


_target: Target | None = None


@contextmanager
def painting_picture(ratio: float, vectors: bool = False) -> Iterator[None]:
    """Have widgets paint for a picture; on the GUI thread, as all painting."""
    global _target
    before, _target = _target, Target(ratio, vectors)
    try:
        yield
    finally:
        _target = before


def for_picture() -> bool:
    """Whether what is painted now is a picture: without what follows the pointer, and not from what is kept."""
    return _target is not None


def vectors() -> bool:
    """Whether it is one of lines, so that no pixmap belongs in it where a line could be."""
    return _target is not None and _target.vectors


def pixel_ratio(widget: QWidget) -> float:
    """How many pixels there are to a pixel of ``widget``: the picture's, or else the screen's."""
    return widget.devicePixelRatioF() if _target is None else _target.ratio
