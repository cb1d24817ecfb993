"""Listening until the device has said enough: for a person who looks on, and for a connection that waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from .heard import BOOT_LOG_BAUD, Heard, stuck_at
from .judge import Verdict, judge
from .listen import Cancel, find_speed, listen

__all__ = ["Settled", "hear_a_start", "watch"]

# A firmware that started may start again, which only time can tell: so long a silence, or so long a talk.
QUIET, TALK = 3.0, 8.0  # seconds; a hardware watchdog waits as long as that talk
SHORT_QUIET, SHORT_TALK = 0.3, 1.0  # where the question is only whether the button was held


class Settled:
    """Whether what was heard is enough for a verdict; ``listen`` asks it as ``until``.

    Download mode and a loop are told at the first pause, a firmware after ``quiet`` seconds of
    silence or ``talk`` seconds of words, and what is no start never.
    """

    def __init__(self, quiet: float = QUIET, talk: float = TALK, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet, self._talk, self._clock = quiet, talk, clock
        self._began = self._grew = clock()
        self._before = b""
        self._verdict = Verdict.SILENCE
        self._started: float | None = None

    def __call__(self, data: bytes) -> bool:
        now = self._clock()
        if data != self._before:
            self._before, self._grew = data, now
            self._verdict = judge(Heard(data, BOOT_LOG_BAUD, now - self._began)).verdict
        if self._verdict in (Verdict.DOWNLOAD, Verdict.LOOP):
            return True
        if self._verdict not in (Verdict.FIRMWARE, Verdict.BAD_IMAGE):
            return False
        self._started = now if self._started is None else self._started
        return now - self._grew >= self._quiet or now - self._started >= self._talk


def watch(port: str, seconds: float = 2.0, cancel: Cancel | None = None) -> Heard:
    """Listen for a short while between two attempts to connect, and return as soon as a start was heard.

    Download mode: go on. A firmware: the button was not held. After ``seconds`` in all other cases.
    Raises a PortError.
    """
    return listen(port, seconds, cancel=cancel, until=Settled(SHORT_QUIET, SHORT_TALK))


def hear_a_start(
    port: str,
    seconds: float = 60.0,
    *,
    cancel: Cancel | None = None,
    on_data: Callable[[bytes], None] | None = None,
    on_open: Callable[[], None] = lambda: None,
    other_speeds: Callable[[], None] = lambda: None,
) -> Heard:
    """Listen until a start was heard or the time is over; what cannot be read then is tried at other speeds.

    ``on_open`` is called once the port is open, ``other_speeds`` when that begins; it takes some ten seconds more.
    Raises a PortError.
    """
    heard = listen(port, seconds, cancel=cancel, on_data=on_data, until=Settled(), on_open=on_open)
    if judge(heard).verdict is not Verdict.GARBAGE or stuck_at(heard.data) is not None or (cancel and cancel.is_set()):
        return heard
    other_speeds()
    found = find_speed(port, cancel=cancel)
    return replace(heard, fits=found.baud) if found else heard
