"""``learnscape demo``: the window trains by itself, and pictures of it are written."""

from __future__ import annotations

import argparse
from typing import Any

from app.commands.options import count, seed, size
from core.presets import FIRST, PRESETS

NAME = "demo"

DESCRIPTION = """\
Train a preset in the real window, offscreen where there is no display, and write into DIR
  window.png                        the window
  boundary.png, loss.png, ...       each of its panels
  report.json                       what the training came to
With --readme it writes the pictures that the README shows, and nothing else.
The same seed gives the same report, but for the seconds it took."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    presets = "\n".join(f"  {row.name:16}{row.title}, {row.epochs} epochs" for row in PRESETS.rows())
    parser = commands.add_parser(
        NAME,
        help="train in the window by itself, write pictures of it and a report",
        description=DESCRIPTION,
        epilog=f"data sets:\n{presets}\n\nexample:\n  learnscape demo --out shots --dataset moons --theme dark",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="folder to write into; made if it is not there")
    parser.add_argument(
        "--dataset", metavar="NAME", choices=tuple(PRESETS), default=FIRST, help=f"what to learn (default: {FIRST})"
    )
    parser.add_argument("--epochs", metavar="N", type=count, help="passes over the data (default: the data set's own)")
    parser.add_argument("--seed", metavar="S", type=seed, help="of initial weights, shuffles and dropout (default: 0)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="colours (default: light)")
    parser.add_argument(
        "--size", metavar="WxH", type=size, default=(1600, 1000), help="of the window in pixels (default: 1600x1000)"
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the pictures of the README instead, each as its table in app/gallery.py has it",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train in the window and write the pictures; gives the exit code."""
    from app import demo

    return int(demo.run(args) or 0)
