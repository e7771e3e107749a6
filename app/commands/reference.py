"""``learnscape reference``: all tables as Markdown, for the documentation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from core.project import write_whole
from core.reference import inserted, markdown

NAME = "reference"


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        NAME,
        help="write all tables as Markdown, as in the README",
        description="Print every row of every table as Markdown, or put it between the two marks of a document.",
    )
    parser.add_argument("--into", metavar="FILE", help="the document to bring up to date, such as README.md")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write it; gives the exit code."""
    if args.into is None:
        print(markdown(), end="")
        return 0
    try:
        path = Path(args.into)
        write_whole(path, inserted(path.read_text(encoding="utf-8")).encode())
    except (OSError, ValueError) as error:
        print(f"learnscape reference: {args.into}: {error}.", file=sys.stderr)
        return 2
    return 0
