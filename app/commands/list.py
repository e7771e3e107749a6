"""``learnscape list``: what an experiment can be made of, with settings and ranges."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from core.reference import SECTIONS, text

NAME = "list"


def add(commands: Any) -> None:
    """Add the command to the command line."""
    tables = "\n".join(f"  {section.name:16}{section.title}" for section in SECTIONS.values())
    parser = commands.add_parser(
        NAME,
        help="say what there is: activations, losses, optimizers, … with settings and ranges",
        description="Print the rows of one table, or the names of all: how a saved experiment (.json) calls them,\n"
        "what they do, where they come from, and each setting with its default and its range.",
        epilog=f"tables:\n{tables}\n\nexamples:\n  learnscape list\n  learnscape list optimizers",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("table", metavar="TABLE", nargs="?", choices=(*SECTIONS, None), help="which table, in full")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print it; gives the exit code."""
    if args.table is None:
        for section in SECTIONS.values():
            names = ", ".join(entry.name for entry in section.entries())
            first, rest = f"{section.name:16}", " " * 16
            print(textwrap.fill(names, 100, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False))
    else:
        print(text(SECTIONS[args.table]), end="")
    return 0
