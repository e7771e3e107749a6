"""Frames to a film: GIF always, MP4 where PyAV is installed; on a thread of its own, in memory until it is whole."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]
"""Red, green and blue, (height, width, 3)."""

BACKLOG = 4
"""Frames that may wait to be encoded: so that a long film does not fill the memory with its pixels."""
_CENTISECONDS = 100
_CODECS = ("libx264", "mpeg4")


class Cancelled(Exception):
    """The film is not wanted any more."""


def encode_gif(frames: Iterator[Frame], fps: float) -> bytes:
    """A GIF that goes round and round; each frame has the 256 colours that suit it best.

    It counts time in hundredths of a second, so frames are shown for that many each as keeps to ``fps`` on average.
    """
    from PIL import Image

    def images() -> Iterator[Any]:
        for frame in frames:
            yield Image.fromarray(frame).quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)

    pictures = images()
    first = next(pictures)
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=pictures, loop=0, duration=round(_CENTISECONDS / fps) * 10)
    return out.getvalue()


def encode_mp4(frames: Iterator[Frame], fps: float) -> bytes:
    """An H.264 film that any player and browser shows: its sides are even, a pixel less where they were not."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as film:
        name = next(name for name in _CODECS if name in av.codecs_available)
        stream: Any = film.add_stream(name, rate=round(fps))
        stream.pix_fmt = "yuv420p"
        if name == "libx264":
            stream.options = {"crf": "18", "preset": "medium"}
        for index, frame in enumerate(frames):
            height, width = (side - side % 2 for side in frame.shape[:2])
            if index == 0:
                stream.height, stream.width = height, width
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]))))
        film.mux(stream.encode())
    return out.getvalue()


@dataclass(frozen=True)
class Format:
    """A kind of film: its name, its file's ending, what makes it, the module that needs, and how to get that."""

    name: str
    ending: str
    encode: Callable[[Iterator[Frame], float], bytes]
    module: str
    remedy: str = ""
    help: str = ""

    @property
    def missing(self) -> str:
        """What is to be installed for it, as a sentence; empty where it can be made."""
        return "" if find_spec(self.module) else self.remedy


FORMATS: dict[str, Format] = {
    row.name: row
    for row in (
        Format(
            "GIF", ".gif", encode_gif, "PIL", "A GIF needs Pillow: pip install pillow", "Shown everywhere; 256 colours"
        ),
        Format(
            "MP4",
            ".mp4",
            encode_mp4,
            "av",
            'An MP4 needs PyAV, which is not installed: pip install "learnscape[video]"',
            "H.264: all colours, and smaller than a GIF",
        ),
    )
}


class Encoder(threading.Thread):
    """Encodes frames as they come; ``result`` or ``error`` is there when it ``is_done``."""

    def __init__(self, format: Format, fps: float) -> None:
        super().__init__(name="encode", daemon=True)
        self._format, self._fps = format, fps
        self._frames: queue.Queue[Frame | None] = queue.Queue()
        self._cancelled = threading.Event()
        self.result: bytes | None = None
        self.error = ""
        self.start()

    @property
    def is_full(self) -> bool:
        """Whether enough frames wait."""
        return self._frames.qsize() >= BACKLOG

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to come of it."""
        return not self.is_alive()

    def put(self, frame: Frame) -> None:
        """Hand over a frame."""
        self._frames.put(frame)

    def close(self) -> None:
        """That was the last frame."""
        self._frames.put(None)

    def cancel(self) -> None:
        """Drop everything, and wait until it has stopped: at the next frame."""
        self._cancelled.set()
        self._frames.put(None)
        self.join()

    def _iterate(self) -> Iterator[Frame]:
        while True:
            frame = self._frames.get()
            if self._cancelled.is_set():
                raise Cancelled
            if frame is None:
                return
            yield frame

    def run(self) -> None:
        """Encode until the last frame, or until cancelled."""
        try:
            self.result = self._format.encode(self._iterate(), self._fps)
        except Cancelled:
            self.result = None
        except Exception as error:
            self.error = f"The {self._format.name} could not be made: {type(error).__name__}: {error}"
