"""``learnscape bench``: how fast this is on this machine, beside what else one could use."""

from __future__ import annotations

import argparse
from typing import Any

from app.bench.table import NAMES
from core.backend import BACKENDS

NAME = "bench"

DESCRIPTION = """\
Measure how fast training and the pictures are on this machine, beside PyTorch and scikit-learn where they are
installed (pip install 'learnscape[peers]'). Ours and the peer run in turn, on one thread unless a row says otherwise;
figures are medians with half the distance between the quartiles, and a ratio above 1 is in our favour."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        NAME,
        help="measure speed, beside PyTorch and scikit-learn",
        description=DESCRIPTION,
        epilog="example:\n  learnscape bench --quick --only step-small landscape --json bench.json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a look within two minutes or so, not figures to rely on")
    parser.add_argument("--json", metavar="FILE", help="write the rows to FILE, too, as a list of objects")
    parser.add_argument("--device", choices=tuple(BACKENDS), default="cpu", help="what to measure (default: cpu)")
    parser.add_argument("--only", metavar="NAME", nargs="+", choices=NAMES, help=f"these alone, of {', '.join(NAMES)}")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print; gives the exit code."""
    from app.bench.runner import run as measure_all

    return measure_all(args)
