"""The boot log: what a device says when it starts, heard at 74880 baud, and what that means.

    boots    a start: why, in which mode, what was loaded
    decode   bytes → boots
    heard    what came on a port
    loops    a device that starts again and again, and why
    judge    what was heard → a verdict, and the one thing to do next
    speed    setting 74880, or the nearest that an adapter can
    listen   listening on a port, without ever sending
    watch    listening until enough was said
    compare  a log held against a dump

Each of them uses those above it.
"""

from __future__ import annotations

from .boots import Boot, BootLog, Load, ResetCause
from .compare import Comparison, compare
from .decode import decode
from .heard import BOOT_LOG_BAUD, Heard
from .judge import Finding, Verdict, judge
from .listen import find_speed, listen
from .loops import Loop
from .watch import Settled, hear_a_start, watch

__all__ = [
    "BOOT_LOG_BAUD",
    "Boot",
    "BootLog",
    "Comparison",
    "Finding",
    "Heard",
    "Load",
    "Loop",
    "ResetCause",
    "Settled",
    "Verdict",
    "compare",
    "decode",
    "find_speed",
    "hear_a_start",
    "judge",
    "listen",
    "watch",
]
