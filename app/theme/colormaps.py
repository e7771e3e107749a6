"""Numbers to colours: signed values, class probabilities and surfaces, as fast NumPy functions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.theme import tokens

RGBA = npt.NDArray[np.uint8]
_STEPS = 1022  # even, so that zero has a middle entry of its own
_NOT_FINITE = np.array([*tokens.NOT_FINITE, 255], dtype=np.uint8)

# Cividis at 33 even steps: Nuñez, Anderton & Renslow, "Optimizing colormaps with consideration for color vision
# deficiency", PLOS ONE 2018; public domain (CC0). Straight lines between these stay within 5 of 255 of the full map,
# 0.4 on average.
_CIVIDIS = (
    "#00204D #00265A #002C69 #00306F #05366E #1F3C6D #2D426C #38486B #414D6B #4A536B #52596C "
    "#595F6D #61646F #686A71 #6F7073 #767676 #7C7C78 #848179 #8B8779 #938E78 #9B9477 #A39A76 "
    "#ACA174 #B4A872 #BCAF6F #C5B56C #CEBC68 #D7C463 #E0CB5E #E9D358 #F2DA50 #FBE248 #FFEA46"
)


def rgb(code: str) -> npt.NDArray[np.float32]:
    """The (3,) red, green and blue, 0 to 255, of a "#RRGGBB" code."""
    return np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32)


def _table(stops: list[npt.NDArray[np.float32]], steps: int) -> npt.NDArray[np.uint32]:
    """A table of ``steps`` + 2 packed RGBA colours evenly along ``stops``; the last is for what is not finite."""
    at = np.linspace(0, len(stops) - 1, steps + 1)
    grid = np.arange(len(stops))
    table = np.full((steps + 2, 4), 255, dtype=np.uint8)
    for channel in range(3):
        table[:-1, channel] = np.round(np.interp(at, grid, [stop[channel] for stop in stops]))
    table[-1] = _NOT_FINITE
    return table.view(np.uint32).reshape(-1)


def _look_up(table: npt.NDArray[np.uint32], share: npt.NDArray[np.float32]) -> RGBA:
    """Colours (…, 4) of ``share`` (…) from 0 to 1; the table's last entry where it is not finite."""
    steps = len(table) - 2
    finite = np.isfinite(share)
    with np.errstate(invalid="ignore"):
        place = np.clip(share, 0.0, 1.0) * np.float32(steps) + np.float32(0.5)
        index = np.where(finite, place, np.float32(steps + 1)).astype(np.intp)
    return table.take(index)[..., np.newaxis].view(np.uint8)


class Maps:
    """The colour maps of a theme, whose neutral colour is the "#RRGGBB" ``panel``."""

    def __init__(self, panel: str) -> None:
        self._panel = rgb(panel)
        self._signed = _table([rgb(tokens.NEGATIVE), self._panel, rgb(tokens.POSITIVE)], _STEPS)
        self._surface = _table([rgb(code) for code in _CIVIDIS.split()], _STEPS)
        self._hues = np.stack([rgb(code) for code in tokens.CLASS_COLORS]) - self._panel

    def signed(self, values: npt.ArrayLike, limit: npt.ArrayLike) -> RGBA:
        """Colours (…, 4) of ``values`` (…); ``limit`` (a number, or broadcasting) is where the colours are full."""
        bound = np.asarray(limit, dtype=np.float32)
        half = np.where(bound > 0, np.float32(0.5) / np.where(bound > 0, bound, 1), np.float32(0))
        with np.errstate(invalid="ignore", over="ignore"):
            share = np.asarray(values, dtype=np.float32) * half + np.float32(0.5)
        return _look_up(self._signed, share)

    def surface(self, values: npt.ArrayLike) -> RGBA:
        """Colours (…, 4) of ``values`` (…) from 0 to 1."""
        return _look_up(self._surface, np.asarray(values, dtype=np.float32))

    def class_share(self, shares: npt.ArrayLike, index: int) -> RGBA:
        """Colours (…, 4) of one class's ``shares`` (…) from 0, the panel, to 1, its hue; grey if not finite."""
        full = self._panel + self._hues[index % len(self._hues)] * np.float32(tokens.SHARE_STRENGTH)
        return _look_up(_table([self._panel, full], _STEPS), np.asarray(shares, dtype=np.float32))

    def class_field(self, probabilities: npt.ArrayLike) -> RGBA:
        """Colours (…, 4) of ``probabilities`` (…, C), C up to 8.

        The distance between the two likeliest classes sets the strength, so that the panel colour marks the boundary
        between any two classes however many there are.
        """
        given = np.asarray(probabilities, dtype=np.float32)
        classes = given.shape[-1]
        flat = np.ascontiguousarray(given.reshape(-1, classes).T)
        finite = np.isfinite(flat).all(axis=0)
        if not finite.all():
            flat = np.where(finite, flat, np.float32(0))
        strength = np.clip(_margin(flat), 0, 1) ** np.float32(tokens.FIELD_EXPONENT)
        strength *= np.float32(tokens.FIELD_STRENGTH)
        out = np.empty((flat.shape[1], 4), dtype=np.uint8)
        hue = self._hues[:classes].T @ flat
        out[:, :3] = (hue * strength + (self._panel[:, np.newaxis] + np.float32(0.5))).T
        out[:, 3] = 255
        out[~finite] = _NOT_FINITE
        return out.reshape(*given.shape[:-1], 4)


def _margin(p: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The difference (N,) between the largest and the second largest of ``p`` (C, N)."""
    first, second = p[0].copy(), np.zeros_like(p[0])
    for row in p[1:]:
        np.maximum(second, np.minimum(first, row), out=second)
        np.maximum(first, row, out=first)
    return np.subtract(first, second, out=first)
