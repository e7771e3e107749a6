"""The array namespace, NumPy or CuPy, as a value that is passed on; the only file that imports cupy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt


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

    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
    return Backend("cuda", properties["name"].decode(), cupy, cupy.asarray, cupy.asnumpy)


BACKENDS: dict[str, Callable[[], Backend]] = {"cpu": lambda: CPU, "cuda": cuda}


def backend(name: str) -> Backend:
    """The backend called ``name`` ("cpu" or "cuda"); raises RuntimeError where it cannot be had."""
    if name not in BACKENDS:
        raise RuntimeError(f"There is no device called {name!r}: choose one of {', '.join(BACKENDS)}.")
    return BACKENDS[name]()
