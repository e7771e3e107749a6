"""The theme in force: its colours as Qt wants them, and the signal that says it has changed."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QApplication, QStyle, QWidget

from app.theme import colormaps, tokens

RGBA = npt.NDArray[np.uint8]


class Theme:
    """Colours and sizes of one look; ``name`` is "light" or "dark", ``scale`` 1.0 or larger for presenting.

    Raises ValueError for a name there is no palette of, KeyError for a colour token that does not exist.
    """

    def __init__(self, name: str = "light", scale: float = 1.0) -> None:
        if name not in tokens.PALETTES:
            raise ValueError(f"there is no theme {name!r}: choose one of {', '.join(tokens.PALETTES)}")
        self.name = name
        self.scale = float(scale)
        self._palette = tokens.PALETTES[name]
        self._maps = colormaps.Maps(self._palette["panel"])

    def __repr__(self) -> str:
        return f"Theme({self.name!r}, {self.scale})"

    @property
    def dark(self) -> bool:
        """True in the dark theme."""
        return self.name == "dark"

    def color(self, token: str, alpha: float = 1.0) -> QColor:
        """The colour of a token, as transparent as ``alpha`` (0 to 1) says."""
        color = QColor(self._palette[token])
        color.setAlphaF(alpha)
        return color

    def mix(self, token: str, ground: str = "panel", share: float = 0.12) -> QColor:
        """``share`` of one token's colour over another's: an opaque tint."""
        over, under = colormaps.rgb(self._palette[token]), colormaps.rgb(self._palette[ground])
        red, green, blue = (round(float(x)) for x in over * share + under * (1 - share))
        return QColor(red, green, blue)

    def px(self, n: float) -> int:
        """``n`` design pixels in pixels of this theme's scale."""
        return round(n * self.scale)

    def class_color(self, index: int) -> QColor:
        """The colour of a class, the same in both themes; more than eight start over."""
        return QColor(tokens.CLASS_COLORS[index % len(tokens.CLASS_COLORS)])

    def line_color(self, index: int) -> QColor:
        """The colour of a curve, at least 3 : 1 on the panel; more than eight start over."""
        colors = tokens.LINE_COLORS[self.name]
        return QColor(colors[index % len(colors)])

    def signed(self, values: npt.ArrayLike, limit: npt.ArrayLike = 1.0) -> RGBA:
        """Colours (…, 4) of ``values`` (…): orange at -limit, the panel at zero, blue at +limit; grey if not finite."""
        return self._maps.signed(values, limit)

    def values(self, shares: npt.ArrayLike, signed: bool) -> RGBA:
        """Colours (…, 4) of values by their ``shares`` (…) of a scale, 0 to 1: two-sided where they are ``signed``."""
        return self.signed(2.0 * np.asarray(shares) - 1.0) if signed else self.surface(shares)

    def class_field(self, probabilities: npt.ArrayLike) -> RGBA:
        """Colours (…, 4) of class ``probabilities`` (…, C): hues mixed by probability, faint where two tie."""
        return self._maps.class_field(probabilities)

    def class_share(self, shares: npt.ArrayLike, index: int) -> RGBA:
        """Colours (…, 4) of one class's ``shares`` (…): the panel at 0, the class's hue at 1; grey if not finite."""
        return self._maps.class_share(shares, index)

    def surface(self, values: npt.ArrayLike) -> RGBA:
        """Colours (…, 4) of ``values`` (…) from 0 to 1 on cividis; grey if not finite."""
        return self._maps.surface(values)

    def duration(self, milliseconds: int = tokens.MOTION_MS) -> int:
        """How long a motion may take: nothing when the system asks for none."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return 0
        system = app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)
        return milliseconds if system > 0 else 0


class ThemeEvents(QObject):
    """Carries ``changed``, emitted after each change of theme or scale."""

    changed = Signal()


_current = Theme()


def theme() -> Theme:
    """The theme in force."""
    return _current


@cache
def theme_events() -> ThemeEvents:
    """The one object whose ``changed`` signal follows the theme."""
    return ThemeEvents()


def repaint_on_change(widget: QWidget) -> None:
    """Have a widget that paints itself lay out and repaint after each change of theme."""
    theme_events().changed.connect(widget.updateGeometry)
    theme_events().changed.connect(widget.update)


def wear(widget: QWidget, wanted: QFont) -> None:
    """Give a widget a font, unless it has it: to be said again at each ``StyleChange``.

    Under a style sheet, Qt gives a widget that gets another parent, or whose parent does, the font it had at first.
    """
    if widget.font() != wanted:
        widget.setFont(wanted)


def apply_theme(app: QApplication, name: str, scale: float = 1.0) -> None:
    """Put a theme in force, at any time: the style, palette, sheet and font of ``app``; then tell ``theme_events``."""
    from app.theme import style

    global _current
    _current = Theme(name, scale)
    style.dress(app, _current)
    theme_events().changed.emit()
