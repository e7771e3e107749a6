"""A space that is built anew, once, after whatever it shows has changed, and whose range eases."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.space.scene import Scene
from app.space.view import SpaceView
from app.space.window import Window
from app.theme import theme, theme_events

_FRAME_MS = 33


class FollowingSpace(SpaceView):
    """Subclasses say what is to be seen (``scene``) and in which range (``goal``), both None for nothing."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.window_shown: Window | None = None
        self._built_at = 0.0
        self._stale = False
        self._easing = QTimer(self, interval=_FRAME_MS, singleShot=True)
        self._easing.timeout.connect(self.renew)
        theme_events().changed.connect(self.renew)

    def goal(self) -> Window | None:
        """The range that what is to be seen wants."""
        return None

    def scene(self, window: Window) -> Scene | None:
        """What is to be seen in a range."""
        return None

    def renew(self) -> None:
        """Something has changed: build the scene anew before it is painted next."""
        self._stale = True
        if self.isVisible():
            self._stir()

    def build(self) -> None:
        """Build the scene, if anything has changed since."""
        if not self._stale:
            return
        self._stale = False
        goal, now = self.goal(), time.perf_counter()
        if goal is None:
            self.window_shown = None
            self._scene = None
            return
        before = self.window_shown if theme().duration() else None
        self.window_shown = goal if before is None else before.towards(goal, now - self._built_at)
        self._built_at = now
        self._scene = self.scene(self.window_shown)
        if self.window_shown != goal:
            self._easing.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what there is to be seen now."""
        self.build()
        super().paintEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Be there at once, in the range that is wanted now."""
        super().showEvent(event)
        self.window_shown = None
        self.renew()
