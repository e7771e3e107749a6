"""Kinds of values that options take, each with a sentence when it is not one."""

from __future__ import annotations

import argparse

SMALLEST_SIZE = (320, 240)
LARGEST_SIZE = 16384


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def seed(text: str) -> int:
    """A whole number from 0 to 2³² - 1."""
    if not text.isascii() or not text.isdigit() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


def size(text: str) -> tuple[int, int]:
    """Pixels as WIDTHxHEIGHT, at least 320x240."""
    width, _, height = text.lower().partition("x")
    try:
        pixels = int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, as in 1600x1000") from None
    if pixels[0] < SMALLEST_SIZE[0] or pixels[1] < SMALLEST_SIZE[1] or max(pixels) > LARGEST_SIZE:
        low = "x".join(map(str, SMALLEST_SIZE))
        raise argparse.ArgumentTypeError(f"{text} pixels are outside {low} to {LARGEST_SIZE}x{LARGEST_SIZE}")
    return pixels
