"""Widgets laid out at another size for a picture, and put back.

The screen goes on showing what it showed: Qt brings nothing there before the event loop comes round, and it does not
while a picture is made. (Switching updates off instead would leave the picture empty, too.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QDockWidget, QMainWindow, QWidget

from app.panels.panel import Panel
from app.theme import apply_theme, font, theme, tokens
from app.widgets.header import paint_card

Draw = Callable[[QPainter], None]
"""Paints a widget with its upper left corner at (0, 0)."""


@dataclass(frozen=True)
class Look:
    """How a picture is to look: in the colours of which theme ("" for the present one), and what is around a panel."""

    theme: str = ""
    header: bool = True
    status: bool = True


@contextmanager
def in_theme(name: str) -> Iterator[None]:
    """Everything in the colours of the theme ``name``; as it is where that is empty."""
    app, before = QApplication.instance(), theme()
    if not name or name == before.name or not isinstance(app, QApplication):
        yield
        return
    try:
        apply_theme(app, name, before.scale)
        yield
    finally:
        apply_theme(app, before.name, before.scale)


def laid_out(widget: QWidget, area: QSize, look: Look, words: str) -> AbstractContextManager[Draw]:
    """``widget`` as large as ``area``, for as long as this is entered."""
    if isinstance(widget, Panel):
        return _panel(widget, area, look, words)
    return _window(widget, area) if isinstance(widget, QMainWindow) else _plain(widget, area)


@contextmanager
def _resized(widget: QWidget, area: QSize) -> Iterator[None]:
    """``widget`` so large; what lays it out otherwise has no say meanwhile."""
    parent, before = widget.parentWidget(), widget.size()
    outer = None if parent is None else parent.layout()
    if outer is not None:
        outer.setEnabled(False)
    try:
        widget.resize(area)
        _settle(widget)
        yield
    finally:
        widget.resize(before)
        _settle(widget)
        if outer is not None:
            outer.setEnabled(True)


def _settle(widget: QWidget) -> None:
    """Have every layout in it done now, not when the event loop comes round: outer ones give inner ones their room."""
    for each in (widget, *widget.findChildren(QWidget)):
        layout = each.layout()
        if layout is not None:
            layout.activate()
        if isinstance(each, QAbstractScrollArea):  # which hides a bar that has nothing left to scroll only later
            QApplication.sendEvent(each, QEvent(QEvent.Type.LayoutRequest))


@contextmanager
def _plain(widget: QWidget, area: QSize) -> Iterator[Draw]:
    with _resized(widget, area):
        yield lambda painter: widget.render(painter, QPoint(0, 0))


@contextmanager
def _panel(panel: Panel, area: QSize, look: Look, words: str) -> Iterator[Draw]:
    """A panel, below a line with its title instead of the header and its buttons."""
    head = _head(look.header)

    def draw(painter: QPainter) -> None:
        paint_head(painter, area.width(), panel.title, words, headed=look.header)
        panel.render(painter, QPoint(0, head), renderFlags=QWidget.RenderFlag.DrawChildren)

    headed = panel.header.parentWidget() is panel and not panel.header.isHidden()
    if headed:
        panel.header.hide()
    panel.show_status(look.status)
    try:
        with _resized(panel, QSize(area.width(), max(1, area.height() - head))):
            yield draw
    finally:
        panel.show_status(True)
        if headed:
            panel.header.show()


def _head(headed: bool) -> int:
    return theme().px(tokens.HEADER if headed else tokens.PADDING)


def paint_head(painter: QPainter, width: int, title: str, words: str, *, headed: bool = True) -> int:
    """The upper part of a panel's card in a picture, with its title and, at the right, ``words``; gives its height."""
    rect = QRectF(0, 0, width, _head(headed))
    paint_card(painter, rect, top=True)
    if headed:
        _caption(painter, rect, title, words)
    return _head(headed)


def _caption(painter: QPainter, rect: QRectF, title: str, words: str) -> None:
    pad = theme().px(tokens.PADDING)
    room, middle = rect.adjusted(pad, 0, -pad, 0), Qt.AlignmentFlag.AlignVCenter
    painter.setFont(font(13, semibold=True))
    painter.setPen(theme().color("text"))
    painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, title)
    taken = QFontMetricsF(painter.font()).horizontalAdvance(title) + pad
    painter.setFont(font(11))
    painter.setPen(theme().color("muted"))
    text = QFontMetricsF(painter.font()).elidedText(words, Qt.TextElideMode.ElideLeft, max(0.0, room.width() - taken))
    painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, text)


@contextmanager
def _window(window: QMainWindow, area: QSize) -> Iterator[Draw]:
    """A window by its two parts, so that the system's own window keeps its size."""
    head, body = window.menuWidget(), window.centralWidget()
    assert head is not None
    assert body is not None
    parts = window.findChildren(QMainWindow)
    before = [(part, part.saveState(), _seen(part)) for part in parts]
    layout = head.layout()
    high = (
        layout.heightForWidth(area.width())
        if layout is not None and layout.hasHeightForWidth()
        else head.sizeHint().height()
    )

    def draw(painter: QPainter) -> None:
        head.render(painter, QPoint(0, 0))
        body.render(painter, QPoint(0, high))

    with _resized(head, QSize(area.width(), high)), _resized(body, QSize(area.width(), area.height() - high)):
        yield draw
    for part, state, places in before:
        if _seen(part) != places:  # docks have not grown back as they had shrunk, by a pixel
            part.restoreState(state)


def _seen(window: QMainWindow) -> list[QRect]:
    """Where its docks are that can be seen."""
    return [dock.geometry() for dock in window.findChildren(QDockWidget) if not dock.visibleRegion().isEmpty()]
