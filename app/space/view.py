"""A widget that shows a scene in three dimensions, to be turned and looked at closely, without OpenGL.

Painted in software: an OpenGL widget has the whole window composed by OpenGL, which without a GPU cost training two
fifths of its steps where it was tried, and it stays blank in pictures taken without a display.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.panels.path_on_map import paint_spots
from app.panels.readout import Row, paint_readout
from app.space import box
from app.space.camera import Camera, Lens
from app.space.hand import Hand
from app.space.overlay import paint_balls, paint_line
from app.space.raster import Raster, draw
from app.space.scene import Scene
from app.theme import theme, theme_events, tokens
from app.widgets.target import for_picture, pixel_ratio

_SETTLE_MS = 160
"""After so long without a change the picture is drawn finely."""
LIVE, STILL = 0.010, 0.06
"""Seconds that the surface may take to draw while things move, and when they are still."""
_COARSEST, _FINEST = 0.5, 2.0
"""Pixels of the surface for one of the screen's."""
_FIRST_GUESS = 5e-8
"""Seconds for one pixel, until it has been measured."""


class SpaceView(Hand, QWidget):
    """A box with a surface in it. A drag turns it, the wheel comes nearer, two clicks put everything back."""

    clicked = Signal(QPointF)
    """One click, at a position of the widget."""
    turned = Signal()
    """The camera has changed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.camera = Camera()
        self.describe: Callable[[float, float], list[Row]] | None = None
        """What the card says of a place (x, y) of the floor, -1 to 1."""
        self._scene: Scene | None = None
        self._picture: tuple[object, QImage] | None = None
        self._raster: Raster | None = None
        self._surface: tuple[object, QImage] | None = None
        self._lens = Lens(self.camera, 1.0, 0.0, 0.0)
        self._ratio = 1.0
        self._cost = _FIRST_GUESS
        self._moving = False
        self._settling = QTimer(self, interval=_SETTLE_MS, singleShot=True)
        self._settling.timeout.connect(self._settle)
        self._ready_hand()
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setMinimumSize(96, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        self.setAccessibleDescription(
            "A drag, or the arrow keys, turn it; with Shift, or the right button, they move it; the wheel, plus and "
            "minus zoom; 0, or two clicks, put everything back."
        )
        theme_events().changed.connect(self.update_theme)

    # what is shown

    def set_scene(self, scene: Scene | None) -> None:
        """Show another scene from the same place."""
        self._scene = scene
        self._stir()

    def set_camera(self, camera: Camera) -> None:
        """Look from another place."""
        if camera != self.camera:
            self.camera = camera
            self._stir()
            self.turned.emit()

    @property
    def scene_shown(self) -> Scene | None:
        """What is shown."""
        return self._scene

    @property
    def lens(self) -> Lens:
        """Where points of the box are in this widget, in its own pixels."""
        if self._scene is None:
            return Lens.fitted(self.camera, QRectF(self.rect()), theme().scale)
        return Lens.fitted(self.camera, box.room(self.width(), self.height(), self._scene), theme().scale)

    def at(self, position: QPointF) -> tuple[float, float] | None:
        """The place (x, y) of the floor under what is seen at a position; None beside the surface."""
        self._draw_surface()
        if self._raster is None:
            return None
        away = float(self._raster.distance([position.x() * self._ratio], [position.y() * self._ratio])[0])
        if not math.isfinite(away):
            return None
        x, y = self._lens.floor(position.x(), away)
        return min(max(x, -1.0), 1.0), min(max(y, -1.0), 1.0)

    # painting

    def _stir(self) -> None:
        """Something moves: draw quickly, and finely when it has come to rest."""
        self._moving = self.isVisible()
        if self._moving:
            self._settling.start()
        self.update()

    def _settle(self) -> None:
        self._moving = False
        self.update()

    def _fineness(self, lens: Lens) -> float:
        """How many of the surface's pixels make one of the widget's, at most what there is time for."""
        device = pixel_ratio(self)
        area = max(1.0, lens.reach[0] * lens.reach[1] * 4)
        affordable = math.sqrt((LIVE if self._moving else STILL) / (self._cost * area))
        most = device if self._moving else _FINEST * device
        ratio = min(max(affordable, _COARSEST * device), most)
        return round(ratio * 4) / 4 or _COARSEST

    def _draw_surface(self) -> None:
        """Draw the surface, unless it is there already as finely as is wanted now."""
        if self._scene is None:
            self._raster = self._surface = None
            return
        lens = self.lens
        ratio = self._fineness(lens)
        field = self._scene.field
        known = self._surface[0] if self._surface else None
        if isinstance(known, tuple) and known[:2] == (field, lens) and known[3] == self.size():
            same, finer = known[2] == ratio, self._moving and known[2] > ratio
            if same or finer:
                return
        began = time.perf_counter()
        self._raster = raster = draw(
            field, lens.scaled(ratio), round(self.width() * ratio), round(self.height() * ratio)
        )
        across, up = lens.reach
        self._cost += 0.3 * ((time.perf_counter() - began) / max(4 * across * up * ratio**2, 40_000) - self._cost)
        rows, columns = raster.away.shape
        image = QImage(raster.pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888_Premultiplied)
        self._lens, self._ratio = lens, ratio
        self._surface = ((field, lens, ratio, self.size()), image.copy())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, drawn anew only where something has changed, and the card under the pointer."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_surface()
        drawn = self._surface[0] if self._surface else None
        if for_picture():  # lines and words are to be as sharp as it is
            self._paint_scene(painter)
            return
        known = (self._scene, drawn, self.devicePixelRatioF(), theme(), self._moving)
        if self._picture is None or self._picture[0] != known:
            self._picture = (known, self._drawn())
        painter.drawImage(0, 0, self._picture[1])
        self._paint_card(painter)
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), theme().px(tokens.FOCUS_WIDTH)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inner = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(inner, theme().px(tokens.CORNER), theme().px(tokens.CORNER))

    def _drawn(self) -> QImage:
        """Box, surface, lines and balls."""
        ratio = self.devicePixelRatioF()
        image = QImage(
            max(1, round(self.width() * ratio)),
            max(1, round(self.height() * ratio)),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self._paint_scene(painter)
        painter.end()
        return image

    def _paint_scene(self, painter: QPainter) -> None:
        scene, raster = self._scene, self._raster
        if scene is None or raster is None or self._surface is None:
            return
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box.paint_box(painter, scene, self._lens, self.size())
        rows, columns = raster.away.shape
        fine = self._ratio
        place = QRectF(raster.left / fine, raster.top / fine, columns / fine, rows / fine)
        painter.drawImage(place, self._surface[1])
        for line in scene.lines:
            paint_line(painter, line, self._lens, raster, fine, self._moving)
        for balls in scene.balls:
            paint_balls(painter, balls, self._lens, raster, fine)
        paint_spots(painter, QRectF(self.rect()), [(self._lens.point(at), name) for at, name in scene.tags])

    def _paint_card(self, painter: QPainter) -> None:
        """Say what is under the pointer."""
        if self.pointer is None or self.describe is None or self._held is not None:
            return
        at = self.at(self.pointer)
        if at is not None:
            bounds = QRectF(self.rect()).adjusted(4, 4, -4, -4)
            paint_readout(painter, bounds, self.pointer, self.describe(*at))

    # events

    def update_theme(self) -> None:
        """Draw everything anew."""
        self._picture = None
        self.updateGeometry()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """While it grows, draw quickly."""
        self._stir()

    def sizeHint(self) -> QSize:
        """Of a comfortable size."""
        return QSize(theme().px(320), theme().px(220))
