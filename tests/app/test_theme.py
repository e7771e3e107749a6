"""Tokens, colour maps, fonts and icons."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from app.theme import ICONS, MARKERS, Theme, apply_theme, font, icon, marker_path, theme, theme_events, tokens
from app.theme.style import sheet

NAMES = ("light", "dark")
LOOK = {
    "light": "#F4F6F9 #FFFFFF #EDF0F5 #DDE2EA #17202C #5B6778 #2563EB #0B7A4B #B25E09 #C22F2F",
    "dark": "#11151B #181D25 #212834 #2B3340 #E7EBF1 #97A3B4 #7AA8FF #4CC38A #F0A942 #FF7B72",
}
ORDER = ("window", "panel", "raised", "hairline", "text", "muted", "accent", "good", "warning", "bad")


@pytest.fixture(autouse=True)
def _light(qapp: QApplication) -> Iterator[None]:
    apply_theme(qapp, "light")
    yield
    apply_theme(qapp, "light")


def luminance(color: QColor) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = (color.redF(), color.greenF(), color.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: QColor, b: QColor) -> float:
    """Contrast ratio, WCAG 2.2."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_measure_is_right() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_the_tokens_are_those_agreed(name: str) -> None:
    look = Theme(name)
    assert [look.color(token).name().upper() for token in ORDER] == LOOK[name].split()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ground", ["window", "panel", "raised"])
def test_text_is_readable_on_every_ground(name: str, ground: str) -> None:
    look = Theme(name)
    for token in ("text", "muted", "accent", "good", "bad"):
        assert contrast(look.color(token), look.color(ground)) >= 4.5, token


@pytest.mark.parametrize("name", NAMES)
def test_warning_accent_and_message_texts_are_readable(name: str) -> None:
    look = Theme(name)
    assert contrast(look.color("warning"), look.color("panel")) >= 4.5
    assert contrast(look.color("on_accent"), look.color("accent")) >= 4.5
    for token in ("bad", "warning", "accent"):
        assert contrast(look.color("text"), look.mix(token, "panel", 0.1)) >= 4.5
        assert contrast(look.color(token), look.mix(token, "panel", 0.1)) >= 3
    assert contrast(look.color("accent"), look.mix("accent", "panel", tokens.SELECTED_TINT)) >= 4.5


@pytest.mark.parametrize("name", NAMES)
def test_lines_stand_out_from_the_panel_and_from_each_other(name: str) -> None:
    look = Theme(name)
    lines = [look.line_color(i) for i in range(8)]
    assert all(contrast(line, look.color("panel")) >= 3 for line in lines)
    for a, b in combinations(lines, 2):
        assert np.linalg.norm(np.subtract(a.getRgb(), b.getRgb())) > 40


def test_classes_are_okabe_and_ito_in_order_each_with_its_own_marker() -> None:
    codes = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8A8F98"]
    for name in NAMES:
        assert [Theme(name).class_color(i).name().upper() for i in range(8)] == codes
    assert len(set(MARKERS)) == len(tokens.CLASS_COLORS) == 10


def test_markers_are_centred_of_unit_size_and_of_like_area() -> None:
    areas = []
    for i in range(8):
        path = marker_path(i)
        box = path.boundingRect()
        assert abs(box.center().x()) < 0.1
        assert abs(box.center().y()) < 0.2
        assert 0.8 <= max(box.width(), box.height()) <= 1.3
        grid = np.linspace(-0.7, 0.7, 57)
        areas.append(
            sum(path.contains(QRectF(x, y, 0.001, 0.001).topLeft()) for x in grid for y in grid) / 57**2 * 1.96
        )
    assert max(areas) < 2.2 * min(areas)


@pytest.mark.parametrize("name", NAMES)
def test_signed_is_orange_below_panel_at_and_blue_above_zero(name: str) -> None:
    look = Theme(name)
    low, zero, high, beyond, bad = look.signed([-2.0, 0.0, 2.0, 50.0, np.nan], 2.0)
    assert tuple(low) == QColor("#E69F00").getRgb()
    assert tuple(zero) == look.color("panel").getRgb()
    assert tuple(high) == tuple(beyond) == QColor("#0072B2").getRgb()
    assert tuple(bad) == (128, 128, 128, 255)


def test_signed_takes_any_shape_and_a_limit_for_each() -> None:
    values = np.array([[1.0, -1.0], [10.0, -10.0]])
    shown = theme().signed(values, np.array([[1.0], [10.0]]))
    assert shown.shape == (2, 2, 4)
    assert shown.dtype == np.uint8
    assert (shown[0] == shown[1]).all()
    assert tuple(theme().signed(3.0, 0.0)) == theme().color("panel").getRgb()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", range(2, 9))
def test_a_certain_field_has_the_class_hue_and_a_tie_the_panel_colour(name: str, classes: int) -> None:
    look = Theme(name)
    panel = np.array(look.color("panel").getRgb()[:3], dtype=float)
    for i, row in enumerate(look.class_field(np.eye(classes))):
        hue = np.array(look.class_color(i).getRgb()[:3])
        assert np.abs(row[:3] - (panel + tokens.FIELD_STRENGTH * (hue - panel))).max() <= 1
    tie = np.zeros(classes)
    tie[:2] = 0.5
    assert np.abs(look.class_field(tie)[:3] - panel).max() <= 1


def test_a_field_fades_monotonically_and_mixes_hues() -> None:
    p = np.linspace(0.5, 1, 50)
    shown = theme().class_field(np.stack([p, 1 - p], -1)).astype(int)
    assert (np.diff(shown[:, 0]) <= 0).all()
    pure, mixed = theme().class_field([[0.8, 0.0, 0.2], [0.8, 0.2, 0.0]]).astype(int)
    assert mixed[0] > pure[0]  # orange brings red, green does not


def test_a_field_is_grey_where_a_probability_is_not_finite() -> None:
    shown = theme().class_field(np.array([[[np.nan, 0.5], [1.0, 0.0]], [[np.inf, 0.0], [0.0, 1.0]]]))
    assert (shown[:, 0] == (128, 128, 128, 255)).all()
    assert (shown[:, 1, :3] != 128).any(axis=-1).all()
    assert (shown[..., 3] == 255).all()


def test_surfaces_grow_evenly_lighter() -> None:
    colors = theme().surface(np.linspace(0, 1, 64))
    light = [luminance(QColor(*map(int, row))) ** (1 / 3) for row in colors]
    steps = np.diff(light)
    assert (steps > 0).all()
    assert steps.max() < 4 * np.median(steps)
    assert tuple(theme().surface(np.nan)) == (128, 128, 128, 255)
    assert (theme().surface([-1.0, 2.0]) == theme().surface([0.0, 1.0])).all()


def test_colour_maps_are_fast() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(100, 100)).astype(np.float32)
    p = rng.dirichlet(np.ones(8), size=(100, 100)).astype(np.float32)
    for work in (lambda: theme().signed(values, 1.0), lambda: theme().class_field(p), lambda: theme().surface(values)):
        times = []
        for _ in range(50):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        assert min(times) < 1e-3


def test_applying_a_theme_changes_everything_and_says_so(qapp: QApplication) -> None:
    told = []
    seen = theme_events().changed.connect(lambda: told.append(theme().name))
    label = QLabel("x")
    for name, scale in (("dark", 1.0), ("light", 1.6), ("dark", 1.6), ("light", 1.0)):
        apply_theme(qapp, name, scale)
        assert (theme().name, theme().scale) == (name, scale)
        assert qapp.palette().color(QPalette.ColorRole.Base) == theme().color("panel")
        assert qapp.font().pixelSize() == round(13 * scale)
        assert theme().color("panel").name() in qapp.styleSheet()
        assert label.fontInfo().pixelSize() == round(13 * scale)
    theme_events().changed.disconnect(seen)
    assert told == ["dark", "light", "dark", "light"]
    label.deleteLater()


def test_a_style_sheet_has_no_placeholder_left() -> None:
    for name in NAMES:
        text = sheet(Theme(name, 1.6))
        assert not any("{" + token + "}" in text for token in tokens.PALETTES[name])
        assert "px}" not in text


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="no theme 'blue'"):
        Theme("blue")
    with pytest.raises(KeyError):
        theme().color("pink")
    with pytest.raises(KeyError):
        icon("no such icon")


def test_fonts_have_figures_of_one_width_and_follow_the_scale(qapp: QApplication) -> None:
    made = font(15, semibold=True)
    assert made.weight() == QFont.Weight.DemiBold
    assert made.pixelSize() == 15
    widths = [QFontMetricsF(made).horizontalAdvance(digit * 20) for digit in "0123456789"]
    assert max(widths) - min(widths) < 1
    made.unsetFeature(QFont.Tag("tnum"))
    widths = [QFontMetricsF(made).horizontalAdvance(digit * 20) for digit in "0123456789"]
    assert max(widths) - min(widths) > 10
    assert QFontInfo(font(mono=True)).fixedPitch()
    apply_theme(qapp, "light", 1.6)
    assert font(15).pixelSize() == 24


def test_the_bundled_fonts_are_used() -> None:
    assert QFontInfo(font()).family() == "Inter"


@pytest.mark.parametrize("name", list(ICONS))
def test_every_icon_draws_something_in_the_colour_of_its_token(name: str, qapp: QApplication) -> None:
    image = icon(name).pixmap(QSize(20, 20)).toImage()
    alphas = [image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height())]
    assert 8 <= sum(alpha > 100 for alpha in alphas) <= 300


def ink(source: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> QColor:
    """The most opaque pixel of an icon."""
    image = source.pixmap(QSize(24, 24), mode).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=QColor.alpha)


def test_an_icon_given_once_follows_the_theme(qapp: QApplication) -> None:
    kept = icon("play", "accent")
    for name in NAMES:
        apply_theme(qapp, name)
        assert ink(kept).rgb() == theme().color("accent").rgb()
        assert ink(kept, QIcon.Mode.Disabled).alpha() < 150


def test_icons_do_not_cost_a_slow_start() -> None:
    code = (
        "import sys; import app.theme as t; t.icon; assert 'qtawesome' not in sys.modules and 'qtpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
