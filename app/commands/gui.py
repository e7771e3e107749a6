"""``learnscape gui``: the window."""

from __future__ import annotations

import argparse
from typing import Any

NAME = "gui"


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        NAME,
        help="open the window (what happens without a COMMAND)",
        description="Open the window, with FILE in it if one is named, else with three spirals to learn.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="a saved experiment (.json)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the window and stay until it is closed; gives the exit code."""
    from app import gui

    return int(gui.run(args) or 0)
