"""Project files on disk: read whole or not at all, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import uuid
from pathlib import Path

from core.project.codec import MOST_BYTES, Project, decode, encode, too_large
from core.project.faults import ProjectError


def load(path: str | os.PathLike[str]) -> Project:
    """The project in the file at ``path``; raises ProjectError, which names the file and says what is wrong with it."""
    path = Path(path)
    try:
        content = _read(path)
        return decode(content)
    except ProjectError as error:
        raise error.of(str(path)) from None
    except OSError as error:
        raise ProjectError(f"it cannot be read: {_reason(error)}", file=str(path)) from None
    except ValueError:
        raise ProjectError("no file can have that name", file=str(path)) from None
    except MemoryError:
        raise ProjectError("there is not enough memory to read it", file=str(path)) from None


def _read(path: Path) -> bytes:
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise ProjectError("it is a folder, not a file")
    if not stat.S_ISREG(about.st_mode):
        raise ProjectError("it is a device, not a file")
    if about.st_size > MOST_BYTES:
        raise too_large()
    return path.read_bytes()


def save(path: str | os.PathLike[str], project: Project) -> None:
    """Write the project to ``path``, replacing what is there only once all is written; raises ProjectError."""
    path = Path(path)
    try:
        content = encode(project)
    except ProjectError as error:
        raise error.of(str(path)) from None
    write(path, content)


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Put ``content`` at ``path`` whole or not at all; raises ProjectError, which says why it cannot be."""
    path = Path(path)
    try:
        write_whole(path, content)
    except OSError as error:
        raise ProjectError(f"it cannot be written: {_reason(error)}", file=str(path)) from None
    except ValueError:
        raise ProjectError("no file can have that name", file=str(path)) from None


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one go: whatever happens meanwhile, there is either the old file or the new one.

    Permissions stay as they were, and a link goes on pointing where it did. Raises OSError.
    """
    target = Path(os.path.realpath(path))
    mode = _mode(target)
    temporary = target.with_name(f".learnscape-{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _settle_folder(target.parent)


def _mode(target: Path) -> int | None:
    """The permissions of what is to be replaced, None where there is nothing; raises OSError where it may not be."""
    try:
        about = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(0, "it is a folder")
    if not stat.S_ISREG(about.st_mode):
        raise OSError(0, "it is a device")
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "it is read-only")
    return stat.S_IMODE(about.st_mode)


def _settle_folder(folder: Path) -> None:
    """Have the folder's entry on the disk too, where that can be: else a power cut could bring the old file back."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_REASONS: tuple[tuple[type[OSError], str], ...] = (
    (FileNotFoundError, "there is no such file or folder"),
    (NotADirectoryError, "there is no such folder"),
)


def _reason(error: OSError) -> str:
    """Why, in words: the system's own, but for those that it leaves unclear."""
    for kind, words in _REASONS:
        if isinstance(error, kind):
            return words
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
