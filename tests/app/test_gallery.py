"""The README's pictures: one is taken as the table has it, and large ones are brought to size."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from app.gallery import COLOURS, MOST_BYTES, SHOTS, Shot, kept_small, taken
from app.gui import application
from app.panels.catalogue import CELLS
from app.theme import apply_theme, theme, tokens
from core.presets import PRESETS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_the_table_names_what_there_is() -> None:
    panels = [entry.key for row in CELLS for cell in row for entry in cell]
    assert len({shot.file for shot in SHOTS}) == len(SHOTS)
    for shot in SHOTS:
        assert shot.panel in ["", *panels]
        assert shot.preset in PRESETS
        assert shot.theme in tokens.PALETTES


def test_a_picture_is_taken_in_its_theme_and_size(qapp: QApplication) -> None:
    seen = []
    shot = Shot(
        "x.png", "slice", lambda window, panel: seen.append((window.session.snapshot.epoch, panel.key)),
        theme="dark", preset="blobs-3", epochs=2, size=(500, 300),
    )  # fmt: skip
    application()
    try:
        picture = Image.open(io.BytesIO(taken(qapp, shot))).convert("RGB")
        panel = theme().color("panel").getRgb()[:3]
    finally:
        apply_theme(qapp, "light")
    assert seen == [(2.0, "slice")]
    assert picture.size == (500, 300)
    colours = picture.getcolors(500 * 300)
    assert colours is not None
    assert max(colours)[1] == panel
    assert len(colours) > 50


def test_a_large_picture_gets_along_with_fewer_colours() -> None:
    rng = np.random.default_rng(0)
    wide = np.broadcast_to(np.linspace(0, 255, 1200)[None, :, None], (400, 1200, 3)) + rng.normal(0, 4, (400, 1200, 3))
    large = png(np.clip(wide, 0, 255).astype(np.uint8))
    assert len(large) > MOST_BYTES
    small = Image.open(io.BytesIO(kept_small(large)))
    assert len(kept_small(large)) < len(large) * 0.6
    assert len(small.getcolors() or []) <= COLOURS
    apart = np.asarray(small.convert("RGB"), float) - np.clip(wide, 0, 255)
    assert np.abs(apart.mean(axis=(0, 2))).max() < 3


def test_a_small_picture_stays_as_it_is() -> None:
    small = png(np.zeros((20, 20, 3), np.uint8))
    assert kept_small(small) == small
