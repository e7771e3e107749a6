"""Runs benchmarks one after another, each in a process of its own that has one thread for its matrix products."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from app.bench.options import Options
from app.bench.rows import Row, table_head, table_line
from app.bench.table import BENCHMARKS, measure

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
MARK = "benchmark rows: "
"""What the line begins with in which a process hands its rows over."""


def run(args: Namespace) -> int:
    """Print the table row by row, and write the file if one is named; gives the exit code."""
    if args.device == "cuda":
        from core.backend import cuda_problem

        if problem := cuda_problem():
            print(f"learnscape bench: {problem}", file=sys.stderr)
            return 2
    elsewhere = [name for name in args.only or () if name not in BENCHMARKS[args.device]]
    if elsewhere:
        print(f"learnscape bench: {args.device} has no benchmark called {' or '.join(elsewhere)}.", file=sys.stderr)
        return 2
    options = Options(args.quick, args.device)
    names = [name for name in BENCHMARKS[args.device] if not args.only or name in args.only]
    print(table_head(), flush=True)
    rows: list[dict[str, Any]] = []
    failed = False
    for name in names:
        done = _apart(name, options)
        if done is None:
            failed = True
            continue
        for row in done:
            print(table_line(row), flush=True)
        rows += [row.as_dict() for row in done]
    if args.json:
        try:
            Path(args.json).write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            print(f"learnscape bench: {args.json} cannot be written: {error.strerror}.", file=sys.stderr)
            return 2
    return 1 if failed else 0


def _apart(name: str, options: Options) -> list[Row] | None:
    """The rows of one benchmark, from a process of its own; None where it failed, with the reason on stderr."""
    given = json.dumps({"name": name, "quick": options.quick, "device": options.device})
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from app.bench.runner import child; child({given!r})"
    environment = os.environ | ONE_THREAD
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not lines:
        print(f"learnscape bench: {name} failed with exit code {done.returncode}.", file=sys.stderr)
        return None
    return [Row(**row) for row in json.loads(lines[-1].removeprefix(MARK))]


def child(given: str) -> None:
    """What such a process does: measure, and print the rows in one line."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    asked = json.loads(given)
    rows = measure(asked["name"], Options(asked["quick"], asked["device"]))
    print(MARK + json.dumps([row.as_dict() for row in rows]), flush=True)
