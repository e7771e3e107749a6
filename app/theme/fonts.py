"""Inter and a mono from ``resources/fonts``, or quietly the system's own where those are missing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "fonts"
SANS = "Inter"


@cache
def families() -> tuple[str, str]:
    """The sans and the mono family in use, after loading every font file of ``resources/fonts`` once."""
    loaded: list[str] = []
    for file in sorted(FOLDER.glob("*.[ot]tf")):
        loaded += QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))
    sans = SANS if SANS in loaded or QFontDatabase.hasFamily(SANS) else _system(QFontDatabase.SystemFont.GeneralFont)
    mono = next((family for family in loaded if QFontDatabase.isFixedPitch(family)), "")
    return sans, mono or _system(QFontDatabase.SystemFont.FixedFont)


def font(size: int = 13, semibold: bool = False, mono: bool = False) -> QFont:
    """The font of ``size`` design pixels at the theme's scale, its figures all of one width."""
    from app.theme.current import theme

    sans, fixed = families()
    made = QFont(fixed if mono else sans)
    made.setPixelSize(max(1, theme().px(size)))
    made.setWeight(QFont.Weight.DemiBold if semibold else QFont.Weight.Normal)
    made.setStyleHint(QFont.StyleHint.Monospace if mono else QFont.StyleHint.SansSerif)
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _system(kind: QFontDatabase.SystemFont) -> str:
    return QFontDatabase.systemFont(kind).family()
