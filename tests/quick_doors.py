"""For tests in which several doors are served by threads of pytest's own process."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

__all__ = ["quick_doors"]

SWITCH_SECONDS = 0.0005


@contextlib.contextmanager
def quick_doors() -> Iterator[None]:
    """Threads take turns ten times as often as usual, and programs that are started can be interrupted.

    esptool of before 4 waits 50 ms for the ROM's last answer, and comes to grief over a later one; six doors that
    each keep Python for 5 ms are too late now and then. Where pytest runs in a shell's background, it and all that
    it starts would ignore an interrupt.
    """
    before = sys.getswitchinterval()
    handler = signal.getsignal(signal.SIGINT)
    sys.setswitchinterval(SWITCH_SECONDS)
    if handler is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        if handler is signal.SIG_IGN:
            signal.signal(signal.SIGINT, handler)
