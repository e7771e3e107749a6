"""What can be wrong with a file, each as one sentence that a person can act on, with its place in the file."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
import typing
from collections.abc import Callable, Iterator

import msgspec

from core import spec
from core.spec import Spec
from core.tables import SpecError


class ProjectError(SpecError):
    """A file that cannot be opened or saved: ``what`` is wrong, its ``path`` in it, a ``fix``, and which ``file``."""

    def __init__(self, what: str, path: str = "", fix: str = "", file: str = "") -> None:
        super().__init__(path, what, fix)
        self.file = file
        before = "".join(f"{part}: " for part in (file, path) if part)
        self.args = (f"{before}{what}" + (f"; {fix}" if fix else "") + ".",)

    def of(self, file: str) -> ProjectError:
        """The same fault, of a file by that name."""
        return ProjectError(self.what, self.path, self.fix, file)


@contextlib.contextmanager
def faults(content: bytes) -> Iterator[None]:
    """Turns whatever goes wrong while ``content`` is read into a ProjectError."""
    try:
        yield
    except ProjectError:
        raise
    except SpecError as error:
        raise ProjectError(error.what, error.path, error.fix) from None
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise _not_json(content, str(error)) from None
    except UnicodeDecodeError:
        raise ProjectError("it is not text in UTF-8, so it is not a Learnscape file") from None
    except RecursionError:
        raise ProjectError("it is nested too deeply to be a Learnscape file") from None
    except OverflowError:
        raise ProjectError("it has a number that is too large") from None


def _not_json(content: bytes, message: str) -> ProjectError:
    """Where the text stops being JSON; Python's own reader tells the place exactly, but accepts NaN and such."""
    try:
        json.loads(content.decode())
        byte = int(found[1]) if (found := re.search(r"byte (\d+)", message)) else len(content)
        before = content[:byte]
        line, column = before.count(b"\n") + 1, byte - before.rfind(b"\n")
    except json.JSONDecodeError as error:
        line, column = error.lineno, error.colno
    except (UnicodeDecodeError, RecursionError, ValueError):
        return ProjectError("it is not text that JSON allows, so it is not a Learnscape file")
    what = "it ends too early" if "truncated" in message else "it is not JSON"
    return ProjectError(f"{what} (line {line}, column {column})")


_KINDS = {
    "object": "an object { }",
    "array": "a list [ ]",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bytes": "a text",
    "bool": "true or false",
    "null": "null",
    "None": "null",
}

_RELATIONS = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}

_CHOICES = {
    "task": typing.get_args(spec.Task),
    "scaling": typing.get_args(spec.Scaling),
    "precision": typing.get_args(spec.Precision),
    "dtype": typing.get_args(spec.Precision),
    "type": ("dense",),
}

_FIELDS = sorted({name for part in Spec.__subclasses__() for name in part.__struct_fields__})


def _kind(name: str) -> str:
    return " or ".join(_KINDS.get(part.strip(), part.strip()) for part in name.split("|"))


def _choice(found: re.Match[str], field: str) -> str:
    return f"{found[1]} is not one of {', '.join(_CHOICES.get(field, ()))}"


def _unknown(found: re.Match[str], field: str) -> str:
    near = difflib.get_close_matches(found[1], _FIELDS, n=1)
    return f"there is no setting called {found[1]!r} here" + (f"; did you mean {near[0]!r}" if near else "")


Sentence = Callable[[re.Match[str], str], str]

_SENTENCES: tuple[tuple[str, Sentence], ...] = (
    (r"Expected `array` of length >= (\d+)", lambda m, field: f"this needs at least {m[1]} in its list"),
    (r"Expected `(\w+)` (>=|<=|>|<) (\S+)", lambda m, field: f"this has to be {_RELATIONS[m[2]]} {_short(m[3])}"),
    (r"Expected `(.+)`, got `(.+)`", lambda m, field: f"this has to be {_kind(m[1])}, not {_kind(m[2])}"),
    (r"Object contains unknown field `(.*)`", _unknown),
    (r"Object missing required field `(.+)`", lambda m, field: f"{m[1]!r} is missing here"),
    (r"Invalid (?:enum )?value (.+)", _choice),
    (r"(Number|Integer value) out of range", lambda m, field: "this number is too large"),
    (r"Invalid base64 encoded string", lambda m, field: "this is not base64, so its numbers cannot be read"),
)


def _short(number: str) -> str:
    return f"{float(number):.12g}"


def _invalid(message: str) -> ProjectError:
    """A ProjectError from msgspec's "Expected `float` > 0.0 - at `$.training.learning_rate`"."""
    what, _, place = message.rpartition(" - at `$")
    what, path = (what, place.rstrip("`").lstrip(".").replace("[...]", "")) if what else (message, "")
    field = path.rpartition(".")[2]
    for pattern, sentence in _SENTENCES:
        if found := re.fullmatch(pattern, what, re.DOTALL):
            return ProjectError(sentence(found, field), path)
    return ProjectError(what[:200].rstrip("."), path)
