"""Colours, sizes, fonts and icons: the one place where the look of the program is written down."""

from __future__ import annotations

from app.theme import tokens
from app.theme.current import Theme, apply_theme, repaint_on_change, theme, theme_events, wear
from app.theme.fonts import font
from app.theme.icons import ICONS, icon, icon_pixmap
from app.theme.markers import MARKERS, marker_path

__all__ = [
    "ICONS",
    "MARKERS",
    "Theme",
    "apply_theme",
    "font",
    "icon",
    "icon_pixmap",
    "marker_path",
    "repaint_on_change",
    "theme",
    "theme_events",
    "tokens",
    "wear",
]
