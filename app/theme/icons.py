"""Icons: glyphs of the Phosphor font that qtawesome bundles, drawn in the colour the theme has at that moment.

Only that one font is loaded, and by its file: importing qtawesome loads twelve and costs a hundred times the time.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QIcon,
    QIconEngine,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPixmap,
)

ICONS: dict[str, str] = {
    "play": "play-fill",
    "pause": "pause-fill",
    "step": "skip-forward",
    "epoch": "fast-forward",
    "reset": "arrow-counter-clockwise",
    "dice": "dice-five",
    "brush": "paint-brush",
    "point": "plus-circle",
    "eraser": "eraser",
    "select": "selection",
    "clear": "trash",
    "undo": "arrow-u-up-left",
    "redo": "arrow-u-up-right",
    "plus": "plus",
    "minus": "minus",
    "close": "x",
    "maximise": "arrows-out-simple",
    "restore": "arrows-in-simple",
    "help": "question",
    "sun": "sun",
    "moon": "moon",
    "screen": "presentation-chart",
    "open": "folder-open",
    "save": "floppy-disk",
    "recent": "clock-counter-clockwise",
    "fit": "corners-out",
    "centre": "crosshair-simple",
    "more": "dots-three",
    "chevron-left": "caret-left",
    "chevron-right": "caret-right",
    "chevron-down": "caret-down",
    "chevron-up": "caret-up",
    "warning": "warning",
    "bad": "warning-circle",
    "info": "info",
    "good": "check",
    "device": "cpu",
    "settings": "sliders-horizontal",
    "export": "export",
    "bookmark": "bookmark-simple",
    "branch": "git-branch",
    "newest": "arrow-line-right",
    "replay": "play-circle",
    "frozen": "snowflake",
    "race": "person-simple-run",
}
"""Our names, and the glyph each one shows."""

DISABLED_ALPHA = 0.45

_pixmaps: dict[tuple[str, int, int, int], QPixmap] = {}


@cache
def _glyphs() -> tuple[str, dict[str, int]]:
    """The icon font's family and the code point of each of its glyphs; an empty family when the font is not there."""
    package = find_spec("qtawesome")
    places = package.submodule_search_locations if package else None
    for folder in (Path(place) / "fonts" for place in places or ()):
        fonts, maps = sorted(folder.glob("phosphor-*.ttf")), sorted(folder.glob("phosphor-charmap-*.json"))
        if fonts and maps:
            known = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(fonts[-1])))
            codes = msgspec.json.decode(maps[-1].read_bytes(), type=dict[str, str])
            if known:
                return known[0], {name: int(code, 16) for name, code in codes.items()}
    return "", {}


def draw_icon(painter: QPainter, rect: QRectF, name: str, color: QColor) -> None:
    """Draw an icon as large as fits in ``rect``; raises KeyError for a name that is not in ``ICONS``."""
    glyph = ICONS[name]
    family, codes = _glyphs()
    if not family:
        return
    shape = QFont(family)
    shape.setPixelSize(max(1, round(min(rect.width(), rect.height()))))
    shape.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter.save()
    if painter.paintEngine().type() == QPaintEngine.Type.SVG:
        _draw_outline(painter, rect, shape, chr(codes[glyph]), color)
        painter.restore()
        return
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(shape)
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, chr(codes[glyph]))
    painter.restore()


def _draw_outline(painter: QPainter, rect: QRectF, shape: QFont, glyph: str, color: QColor) -> None:
    """Draw a glyph where its text would be, as a shape: whoever opens the file may lack the font."""
    metrics, outline = QFontMetricsF(shape), QPainterPath()
    left = rect.center().x() - metrics.horizontalAdvance(glyph) / 2
    base = rect.center().y() - metrics.height() / 2 + metrics.ascent()
    outline.addText(left, base, shape, glyph)
    painter.fillPath(outline, color)


def icon_pixmap(name: str, size: int, color: QColor, ratio: float = 1.0) -> QPixmap:
    """An icon of ``size`` device-independent pixels in one colour, from a cache."""
    key = (name, round(size * ratio), color.rgba(), round(ratio * 100))
    if key not in _pixmaps:
        pixmap = QPixmap(key[1], key[1])
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        draw_icon(painter, QRectF(0, 0, key[1], key[1]), name, color)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        _pixmaps[key] = pixmap
    return _pixmaps[key]


class _Engine(QIconEngine):
    """Draws a glyph in the colour its token has when it is painted, so that icons follow the theme by themselves."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name = name
        self._token = token

    def _color(self, mode: QIcon.Mode) -> QColor:
        from app.theme.current import theme

        if mode == QIcon.Mode.Disabled:
            return theme().color("muted", DISABLED_ALPHA)
        return theme().color(self._token)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        draw_icon(painter, QRectF(rect), self._name, self._color(mode))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        side = min(size.width(), size.height())
        pixmap = QPixmap(icon_pixmap(self._name, side, self._color(mode)))
        pixmap.setDevicePixelRatio(max(scale, 1.0))
        return pixmap

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        side = min(size.width(), size.height())
        return QSize(side, side)

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._token)


@cache
def icon(name: str, token: str = "text") -> QIcon:
    """The icon of one of our names in a token's colour; raises KeyError for a name that is not in ``ICONS``."""
    if name not in ICONS:
        raise KeyError(f"there is no icon {name!r}")
    return QIcon(_Engine(name, token))
