"""Threads that let others go first where cores are few."""

from __future__ import annotations

import os
import sys
import threading

NICENESS = 10
"""What is added to a thread's niceness: it gets about a tenth of a core that a usual thread wants as well."""


def give_way() -> None:
    """Have the calling thread, and threads it starts, wait for others that want its core.

    Linux alone has niceness by thread (setpriority(2), "C library/kernel differences"), and Qt's priorities do nothing
    there; elsewhere those do.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS))
