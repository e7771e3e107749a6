"""The table of benchmarks by device and name; each imports what it needs when it runs."""

from __future__ import annotations

from importlib import import_module

from app.bench.options import Options
from app.bench.rows import Row

BENCHMARKS: dict[str, dict[str, str]] = {
    "cpu": {
        "step-playground": "app.bench.training:step_playground",
        "step-small": "app.bench.training:step_small",
        "step-array": "app.bench.training:step_array",
        "digits": "app.bench.training:handwritten_digits",
        "wide": "app.bench.training:wide",
        "sweep": "app.bench.training:sweep",
        "landscape": "app.bench.stacks:landscape",
        "boundary": "app.bench.stacks:boundary",
        "probes": "app.bench.probes:probes",
        "interference": "app.bench.window:interference",
        "start": "app.bench.window:start",
        "memory": "app.bench.window:memory",
    },
    "cuda": {
        "step-small": "app.bench.cuda:step_small",
        "sweep": "app.bench.cuda:sweep",
        "map": "app.bench.cuda:training_map",
        "landscape": "app.bench.cuda:landscape",
        "boundary": "app.bench.cuda:boundary",
    },
}
NAMES = tuple(dict.fromkeys(name for table in BENCHMARKS.values() for name in table))


def measure(name: str, options: Options) -> list[Row]:
    """Carry out the benchmark called ``name``."""
    where, _, function = BENCHMARKS[options.device][name].partition(":")
    rows: list[Row] = getattr(import_module(where), function)(options)
    return rows
