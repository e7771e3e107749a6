"""Where compiled code is kept, apart for every version of what it was compiled from."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import platformdirs

SOURCES = (
    "activations.py",
    "elementary.py",
    "layers.py",
    "losses.py",
    "optimizers.py",
    "updates.py",
    "engine/chains.py",
    "engine/draws.py",
    "engine/kernels.py",
    "engine/lanes.py",
    "engine/loops.py",
    "engine/memory.py",
    "engine/norms.py",
    "engine/passes.py",
    "engine/plan.py",
    "engine/products.py",
    "engine/scalar.py",
    "engine/tiles.py",
)
"""All that compiled code is made from."""


@cache
def cache_folder() -> Path:
    """A folder of this user's for the compiled code of these sources, this Python, this Numba and this processor."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((root / name).read_bytes())
    for name in (platform.python_version(), platform.machine(), version("numba"), version("numpy")):
        digest.update(name.encode())
    return Path(platformdirs.user_cache_dir("learnscape", appauthor=False)) / "compiled" / digest.hexdigest()[:16]
