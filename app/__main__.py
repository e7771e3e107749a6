"""The command line: ``learnscape [FILE]`` opens the window; ``demo`` and ``train`` work without anybody at it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.commands import COMMANDS
from app.version import program_version

DESCRIPTION = "Draw data, build a network, watch it learn: a desktop laboratory for deep learning."

EPILOG = """\
examples:
  learnscape                                  open the window with three spirals
  learnscape moons.json                       open a saved experiment
  learnscape demo --out shots                 train in the window, write pictures of it
  learnscape train moons.json --epochs 200    train without a window, write the results

'learnscape COMMAND --help' says more about each; without a COMMAND it is gui.
A file that is called like a command is opened with './', as in 'learnscape ./train'.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line, each command with its options and the function that carries it out."""
    top = argparse.ArgumentParser(
        "learnscape",
        "learnscape [-h] [--version] [FILE | COMMAND ...]",
        DESCRIPTION,
        EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"Learnscape {program_version()}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True, prog="learnscape")
    for command in COMMANDS:
        command.add(commands)
    return top


def complete(words: Sequence[str]) -> list[str]:
    """The words with ``gui`` before them where no command is named, so that ``learnscape FILE`` opens it."""
    names = {command.NAME for command in COMMANDS}
    known = bool(words) and (words[0] in names or words[0] in ("-h", "--help", "--version"))
    return list(words) if known else ["gui", *words]


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command that ``words`` (else the command line's) name; gives the exit code."""
    args = parser().parse_args(complete(sys.argv[1:] if words is None else words))
    return int(args.run(args) or 0)


if __name__ == "__main__":
    sys.exit(main())
