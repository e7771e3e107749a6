"""The tokens: every colour and size of the program as plain data, without Qt."""

from __future__ import annotations

PALETTES: dict[str, dict[str, str]] = {
    "light": {
        "window": "#F4F6F9",
        "panel": "#FFFFFF",
        "raised": "#EDF0F5",
        "hairline": "#DDE2EA",
        "text": "#17202C",
        "muted": "#5B6778",
        "accent": "#2563EB",
        "good": "#0B7A4B",
        "warning": "#B25E09",
        "bad": "#C22F2F",
        "on_accent": "#FFFFFF",
    },
    "dark": {
        "window": "#11151B",
        "panel": "#181D25",
        "raised": "#212834",
        "hairline": "#2B3340",
        "text": "#E7EBF1",
        "muted": "#97A3B4",
        "accent": "#7AA8FF",
        "good": "#4CC38A",
        "warning": "#F0A942",
        "bad": "#FF7B72",
        "on_accent": "#11151B",
    },
}

# Okabe & Ito, "Color Universal Design", 2008, in the order of classes.
# A violet and a brown follow for the ninth and tenth, for which that set has no hue.
CLASS_COLORS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8A8F98", "#8466C9", "#9C6B3C",
)  # fmt: skip

# The same hues for lines, moved in lightness only where 3 : 1 on the panel asks for it; the first four are those
# that are easiest to tell apart when thin.
LINE_COLORS: dict[str, tuple[str, ...]] = {
    "light": ("#0072B2", "#009E73", "#C46A9C", "#D55E00", "#B87F00", "#2E97D4", "#787D86", "#97900F"),
    "dark": ("#2E97D8", "#14B58A", "#D48BB4", "#E8702A", "#E69F00", "#7CC8F2", "#9EA4AE", "#F0E442"),
}

NEGATIVE, POSITIVE = "#E69F00", "#0072B2"
NOT_FINITE = (128, 128, 128)

TEXT_SIZES = (11, 13, 15, 20, 28)
"""Pixels at scale 1: notes, text, subtitles, numbers to read from afar, titles."""

GRID = 4
GAP, PADDING, GROUP = 8, 12, 16
HEADER, CONTROL, SMALL_CONTROL, PLAY = 32, 28, 24, 44
CORNER, SMALL_CORNER = 6, 4
FOCUS_WIDTH = 2
MOTION_MS = 150

FIELD_STRENGTH = 0.62
"""How far the boundary field goes from the panel colour to a class's hue where the network is certain."""

SHARE_STRENGTH = 0.8
"""The same where one class is shown alone, with a scale to read its probability off."""

FIELD_EXPONENT = 0.7
"""Below 1, so that an unsure network's field, close to a tie everywhere, is still coloured."""

SELECTED_TINT = 0.09
"""How much accent is in the ground of what is chosen: as much as leaves accent text on it at 4.5 : 1."""
