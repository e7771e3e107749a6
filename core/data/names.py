"""What the parts of the data are called on the screen."""

from __future__ import annotations

from core.spec import Data


def class_name(data: Data, index: int, first: int = 1) -> str:
    """A class by its own name, else by its number, counted from ``first``: "Adelie", "class 1"."""
    return data.labels[index] if index < len(data.labels) else f"class {index + first}"


def target_name(data: Data, otherwise: str = "value") -> str:
    """What is asked for, "magnitude" say, else ``otherwise``."""
    return data.target.name if data.target is not None else otherwise
