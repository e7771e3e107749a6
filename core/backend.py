"""The array namespace, NumPy or CuPy, as a value that is passed on; the only file that imports cupy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

Launch = Callable[[str, int, int, int, tuple[Any, ...]], None]
"""launch(kernel, blocks, threads, bytes of shared memory, arguments): arrays on the device, and NumPy scalars."""


@dataclass(frozen=True)
class Backend:
    """Where arrays live: ``xp`` is their namespace, ``to_device`` and ``to_host`` the only ways in and out."""

    name: str
    title: str
    xp: ModuleType | Any
    to_device: Callable[[npt.NDArray[Any]], Any]
    to_host: Callable[[Any], npt.NDArray[Any]]
    chunk: int = 0
    """Numbers an intermediate array may hold where that is more than a processor's cache likes."""
    compile: Callable[[str], Launch] | None = None
    """Compiles CUDA C; raises with the compiler's words where it cannot."""
    shared_memory: int = 0
    """Bytes of it that a block of threads may have."""


CHUNK = 1 << 26
"""Numbers of an intermediate array on a GPU: a quarter of a gigabyte of float32."""
USUAL_SHARED = 48 << 10
"""Bytes of shared memory that a block has without asking for more."""

CPU = Backend("cpu", "CPU", np, np.asarray, np.asarray)


def cuda_problem() -> str:
    """Why CUDA cannot be used here, in one sentence; empty when it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import cupy
    except ImportError:
        return "CuPy is not installed: pip install 'learnscape[cuda]' adds it."
    try:
        if not cupy.cuda.is_available():
            return "CuPy is installed, but no CUDA GPU answers."
        cupy.zeros(1).sum()
    except Exception as error:
        return f"CuPy is installed, but the GPU does not work: {str(error).splitlines()[0]}."
    return ""


def cuda() -> Backend:
    """The CUDA GPU through CuPy; raises RuntimeError with the reason where there is none."""
    if problem := cuda_problem():
        raise RuntimeError(problem)
    import cupy

    device = cupy.cuda.Device()
    title = cupy.cuda.runtime.getDeviceProperties(device.id)["name"].decode()
    shared = int(device.attributes.get("MaxSharedMemoryPerBlockOptin", USUAL_SHARED))
    return Backend("cuda", title, cupy, cupy.asarray, cupy.asnumpy, CHUNK, _compile, shared)


@lru_cache(maxsize=32)
def _compile(source: str) -> Launch:
    """Compile CUDA C for the present GPU; CuPy keeps what it compiled on disk."""
    import cupy

    module = cupy.RawModule(code=source, options=("--std=c++17",))
    module.compile()

    def launch(name: str, blocks: int, threads: int, shared: int, arguments: tuple[Any, ...]) -> None:
        kernel = module.get_function(name)
        if shared > USUAL_SHARED:
            kernel.max_dynamic_shared_size_bytes = shared
        kernel((blocks,), (threads,), arguments, shared_mem=shared)

    return launch


BACKENDS: dict[str, Callable[[], Backend]] = {"cpu": lambda: CPU, "cuda": cuda}


def backend(name: str) -> Backend:
    """The backend called ``name`` ("cpu" or "cuda"); raises RuntimeError where it cannot be had."""
    if name not in BACKENDS:
        raise RuntimeError(f"There is no device called {name!r}: choose one of {', '.join(BACKENDS)}.")
    return BACKENDS[name]()
