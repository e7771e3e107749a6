"""Small windows that open under a button and close at the next click: help, and controls that did not fit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.theme import theme, tokens
from app.widgets.label import Label, rich
from app.widgets.painting import antialiased

_HELP_WIDTH = 320


class Popover(QWidget):
    """A framed window that closes at a click elsewhere or at Escape."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.column = QVBoxLayout(self)

    def open_at(self, corner: QPoint) -> None:
        """Open with the upper right corner at a global position, moved to stay on its screen."""
        pad = theme().px(tokens.PADDING)
        self.column.setContentsMargins(pad, pad, pad, pad)
        self.column.setSpacing(theme().px(tokens.GAP))
        self.adjustSize()
        place = corner - QPoint(self.width(), 0)
        area = self.screen().availableGeometry()
        x = min(max(place.x(), area.left()), max(area.right() - self.width(), area.left()))
        y = min(max(place.y(), area.top()), max(area.bottom() - self.height(), area.top()))
        self.move(x, y)
        self.show()

    def open_under(self, button: QWidget) -> None:
        """Open below a button, aligned to its right edge."""
        self.open_at(button.mapToGlobal(QPoint(button.width(), button.height() + theme().px(tokens.GRID))))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and frame."""
        painter = antialiased(QPainter(self))
        painter.setPen(QPen(theme().color("hairline"), 1))
        painter.setBrush(theme().color("panel"))
        radius = theme().px(tokens.CORNER)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


class ScrollingPopover(Popover):
    """Holds one body, as large as that is and as small as the screen makes it; then it scrolls."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.column.addWidget(self.area)

    def set_body(self, body: QWidget) -> None:
        """Hold ``body``, and follow its size."""
        self.area.setWidget(body)
        body.setAutoFillBackground(False)
        self.area.viewport().setAutoFillBackground(False)
        body.installEventFilter(self)

    def open_at(self, corner: QPoint) -> None:
        """Open as large as there is need and room for."""
        self._fit()
        super().open_at(corner)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the body when what it holds has changed."""
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            QTimer.singleShot(0, self, self._follow)
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        corner = QPoint(self.x() + self.width(), self.y())
        self.open_at(corner)

    def _fit(self) -> None:
        body = self.area.widget()
        if body is None:
            return
        wanted = body.sizeHint().expandedTo(body.minimumSizeHint())
        edge = 2 * theme().px(tokens.PADDING) + theme().px(tokens.GAP)
        room = self.screen().availableGeometry().size() - QSize(edge, edge)
        bar = self.area.verticalScrollBar().sizeHint().width()
        across = wanted.width() + (bar if wanted.height() > room.height() else 0)
        down = wanted.height() + (bar if across > room.width() else 0)
        self.area.setFixedSize(QSize(across, down).boundedTo(room))


class ControlsPopover(Popover):
    """Holds the controls a header has no room for."""

    def take(self, widgets: list[QWidget]) -> None:
        """Hold exactly these, in this order; the others are their owner's to place."""
        while self.column.count():
            self.column.takeAt(0)
        for widget in widgets:
            self.column.addWidget(widget)
            widget.show()


class HelpPopover(Popover):
    """A term, what it means, and where to read on.

    In ``text``, ``**…**`` is semibold; what follows "Source:" is set small below the rest.
    """

    def __init__(self, parent: QWidget, title: str, text: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        body, _, source = text.partition("Source:")
        self.column.addWidget(Label(title, 15, semibold=True))
        self._add(Label(rich(body)))
        if source:
            self._add(Label("Source: " + rich(source), 11, token="muted"))

    def _add(self, label: Label) -> None:
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        label.setOpenExternalLinks(True)
        label.setFixedWidth(theme().px(_HELP_WIDTH))
        self.column.addWidget(label)
