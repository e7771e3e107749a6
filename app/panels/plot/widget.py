"""The plot as a picture that keeps up: it takes data, eases its axes, and paints no more often than it has to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.panels.plot.layout import Layout, arrange
from app.panels.plot.paint import paint
from app.panels.plot.scene import Band, Curve, Mark, Quantity, Scene, Stretch
from app.panels.plot.thinning import Floats
from app.theme import theme, theme_events
from app.widgets.target import for_picture, pixel_ratio

_FRAME, _LIVE_FRAME = 16, 80
"""Milliseconds between the frames of a motion; the latter while training runs, whose time they take."""
_PICTURE_SCALE = 2.0


class PlotWidget(QWidget):
    """Shows a Scene; all but the crosshair is kept as a pixmap, drawn anew only when the scene changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.pictures_drawn = 0
        self._live = False
        self._picture: QPixmap | None = None
        self._layout: Layout | None = None
        self._then = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme_events().changed.connect(self.update_theme)

    # what is shown

    def set_data(
        self, x: Floats, curves: Sequence[Curve], *, source: object = None, seconds: Floats | None = None
    ) -> None:
        """Show ``curves`` over ``x`` (n,), which must not decrease, and for the read-out ``seconds`` (n,) of computing.

        While ``source`` is the same object, the data are those shown before, gone on, and only new rows are read; so
        give what only grows, or a run's history, which says itself when it was thinned. Raises ValueError where a curve
        is not as long as ``x``.
        """
        if self.scene.set_data(x, curves, source if source is not None else object(), seconds):
            self.scene.arrive()  # there is no way between different quantities
        self._move()

    def set_quantities(self, x: Quantity, y: Quantity) -> None:
        """Say what the axes measure."""
        if (x, y) != (self.scene.x_quantity, self.scene.y_quantity):
            self.scene.x_quantity, self.scene.y_quantity = x, y
            self.setAccessibleName(f"{y.title} over {x.title}")
            self.scene.aim()
            self._move()

    def set_log(self, *, x: bool, y: bool) -> None:
        """Make the axes logarithmic or linear; values that a logarithmic axis has no place for are left out."""
        if (x, y) != (self.scene.log_x, self.scene.log_y):
            self.scene.set_log(x, y)
            self._stale()

    def set_marks(self, marks: Iterable[tuple[float, str, str]], gap: float = 4) -> None:
        """Mark events: (x, label, colour token) each, as dashed lines, the labels ``gap`` design pixels beside them."""
        new = tuple(Mark(*mark, gap) for mark in marks)
        if new != self.scene.marks:
            self.scene.marks = new
            self.scene.aim()
            self._move()

    def set_stretches(self, stretches: Iterable[Stretch]) -> None:
        """Tint named stretches of the x axis."""
        new = tuple(stretches)
        if new != self.scene.stretches:
            self.scene.stretches = new
            self._stale()

    def set_bands(self, bands: Iterable[Band]) -> None:
        """Tint named stretches of the y axis, which then reaches as far as they do."""
        new = tuple(bands)
        if new != self.scene.bands:
            self.scene.bands = new
            self.scene.aim()
            self._move()

    def set_live(self, live: bool) -> None:
        """While ``live`` noisy curves are drawn quickly, else finely."""
        if live != self._live:
            self._live = live
            self._stale()

    def fit(self) -> None:
        """Show all of the data again."""
        self.scene.fit()
        self._move()

    def picture(self, scale: float = _PICTURE_SCALE) -> QImage:
        """The plot without the crosshair, its axes settled, with ``scale`` image pixels to a pixel."""
        image = QImage((self.size() * scale).expandedTo(QSize(1, 1)), QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(scale)
        self.scene.arrive()
        self._stale()
        self._paint_on(image, scale, live=False)
        return image

    # painting

    def update_theme(self) -> None:
        """Draw everything anew in the theme's colours and sizes."""
        self.updateGeometry()
        self._stale()

    def _stale(self) -> None:
        self._picture = None
        self.update()

    def _paint_on(self, device: QImage | QPixmap, ratio: float, live: bool) -> Layout:
        device.fill(theme().color("panel"))
        painter = QPainter(device)
        painter.setWindow(0, 0, self.width(), self.height())
        layout = arrange(self.scene, self.width(), self.height())
        paint(painter, self.scene, layout, ratio, live)
        painter.end()
        return layout

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, drawn anew if anything in it has changed, and what moves over it."""
        if for_picture():
            self._paint_picture()
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._layout is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap((self.size() * ratio).expandedTo(QSize(1, 1)))
            self._picture.setDevicePixelRatio(ratio)
            self._layout = self._paint_on(self._picture, ratio, self._live)
            self.pictures_drawn += 1
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        self._paint_over(painter, self._layout)

    def _paint_picture(self) -> None:
        """Paint lines, not a pixmap of them: settled, and without the crosshair."""
        self.scene.arrive()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("panel"))
        layout = arrange(self.scene, self.width(), self.height())
        paint(painter, self.scene, layout, pixel_ratio(self), live=False)
        painter.end()

    def _paint_over(self, painter: QPainter, layout: Layout) -> None:
        """Paint what follows the hand."""

    def _layout_now(self) -> Layout:
        return self._layout or arrange(self.scene, self.width(), self.height())

    # motion

    def _move(self) -> None:
        """Draw anew, and keep drawing until the axes have settled."""
        if theme().duration() == 0 or not self.isVisible():
            self.scene.arrive()
        elif not self.scene.settled and not self._timer.isActive():
            self._then = time.perf_counter()
            self._timer.start(_LIVE_FRAME if self._live else _FRAME)
        self._stale()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.scene.advance(1000 * (now - self._then), theme().duration())
        self._then = now
        if self.scene.settled:
            self._timer.stop()
        self._stale()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees a motion now."""
        self._timer.stop()
        self.scene.arrive()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size, another picture."""
        self._picture = None

    def sizeHint(self) -> QSize:
        """Room to see something."""
        return QSize(theme().px(440), theme().px(260))

    def minimumSizeHint(self) -> QSize:
        """Less would show no curve."""
        return QSize(theme().px(160), theme().px(96))
