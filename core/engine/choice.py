"""Which engine computes: the compiled one where it is ready, the fused one on a GPU, else the array engine.

Compiling takes a while, once for every version of the sources; ``prepare`` has another process do it, so that the
array engine can go on meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core.backend import CPU, Backend
from core.engine.array import ArrayEngine
from core.engine.fused import FusedEngine
from core.network import Network

WIDE = 20_000
"""Parameters from which on matrix products by BLAS, in the array engine, are faster than compiled loops."""
PRECISIONS = ("float32", "float64")

_ready: dict[str, type[ArrayEngine]] = {}


def numba_problem() -> str:
    """Why there is no compiled engine here, in one sentence; empty when there can be."""
    return "" if find_spec("numba") else "Numba is not installed: pip install numba makes training many times faster."


def engine(network: Network, backend: Backend = CPU, precision: Any = "float32") -> ArrayEngine:
    """The fastest engine there is at present for ``network`` on ``backend``."""
    return kind(network, backend, precision)(network, backend, precision)


def kind(network: Network, backend: Backend = CPU, precision: Any = "float32") -> type[ArrayEngine]:
    """The class of that engine."""
    if backend.compile is not None and network.plain:
        return FusedEngine
    if backend.name != CPU.name or network.parameters > WIDE:
        return ArrayEngine
    return _ready.get(np.dtype(precision).name, ArrayEngine)


def ready(precision: str = "float32") -> bool:
    """Whether the compiled engine is in use for ``precision``."""
    return precision in _ready


def prepare(precision: str = "float32", say: Callable[[str], object] = lambda text: None) -> None:
    """Have the compiled engine ready, compiling it in another process if need be; waits, and gives up quietly.

    ``say`` is told when that will take a while. Without Numba, or where nothing can be kept on disk, everything goes on
    with the array engine.
    """
    if precision in _ready or numba_problem():
        return
    from core.engine.cache import cache_folder

    if not cache_folder().exists():
        say("Compiling the training loops; this is done once, and takes about a minute …")
    root = str(Path(__file__).resolve().parents[2])
    code = f"import sys; sys.path.insert(0, {root!r}); from core.engine.warm import warm; warm({precision!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    if done.returncode == 0:
        use_compiled(precision)


def use_compiled(precision: str = "float32") -> None:
    """Compile here and now, or load what is on disk, and use it from now on."""
    from core.engine.compiled import CompiledEngine
    from core.engine.warm import warm

    warm(precision)
    _ready[precision] = CompiledEngine


def use_array() -> None:
    """Use the array engine from now on, whatever is ready."""
    _ready.clear()
