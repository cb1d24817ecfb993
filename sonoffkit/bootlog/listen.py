"""Listening on a port without ever sending: live, with an end, in a bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from ..ports import SYSTEM_ERRORS, open_port, port_error
from .heard import BOOT_LOG_BAUD, Heard, is_text, stuck_at
from .speed import set_nearest

__all__ = ["Cancel", "find_speed", "listen"]

SAFE_BAUD = 115200  # every port opens at it
KEPT = 0x10000  # bytes from the beginning, and as many from the end: a line that speaks for ever fills no memory
LOOK_SECONDS = 0.1  # so long a pause in what comes is a pause; also how soon a cancel is noticed
TALKING_SECONDS = 1.0  # ``until`` is asked so often where no pause comes
CHUNK = 0x1000

# What firmwares talk at, the most usual first.
USUAL_SPEEDS = (115200, 9600, 57600, 38400, 19200, 230400, 460800, 921600)


class Cancel(Protocol):
    """Says whether the person asked to stop; a ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


def listen(
    port: str,
    seconds: float = 3.0,
    *,
    baud: int = BOOT_LOG_BAUD,
    cancel: Cancel | None = None,
    on_data: Callable[[bytes], None] | None = None,
    until: Callable[[bytes], bool] | None = None,
    on_open: Callable[[], None] = lambda: None,
) -> Heard:
    """What comes within some seconds; nothing is ever sent, and DTR and RTS stay as opening leaves them.

    ``on_open`` is called once the port is open: from then on nothing is missed. ``on_data``
    is given each piece as it comes. ``until`` is asked with all that was kept, at each pause
    and at least once a second where there is none; if it says yes, that is the end. A
    ``cancel`` that is set ends it, too, with what was heard so far. Raises a PortError where
    the port cannot be opened, or vanishes.
    """
    line = open_port(port, SAFE_BAUD)
    try:
        real, note = (baud, "") if baud == SAFE_BAUD else set_nearest(line, baud)
        began, kept = time.monotonic(), _Kept()
        on_open()
        for data in _pieces(line, port, began + seconds, cancel):
            kept.add(data)
            if data and on_data:
                on_data(data)
            if until and kept.is_to_be_asked(data) and until(kept.data):
                break
        return Heard(kept.data, real, time.monotonic() - began, note, kept.skipped)
    finally:
        line.close()


def find_speed(
    port: str, seconds: float = 1.5, *, speeds: Sequence[int] = USUAL_SPEEDS, cancel: Cancel | None = None
) -> Heard | None:
    """What comes at the first speed at which it can be read; None where it can't at any, or nothing comes.

    For a device that goes on talking: each speed listens for so many seconds.
    """
    for baud in speeds:
        heard = listen(port, seconds, baud=baud, cancel=cancel, until=lambda data: is_text(data) and len(data) > 80)
        if cancel and cancel.is_set():
            return None
        if not heard.note and is_text(heard.data) and stuck_at(heard.data) is None:
            return replace(heard, fits=baud)
    return None


def _pieces(line: Any, port: str, deadline: float, cancel: Cancel | None) -> Iterator[bytes]:
    """What comes, piece by piece, and an empty one for each pause."""
    line.timeout = LOOK_SECONDS
    try:
        while (left := deadline - time.monotonic()) > 0 and not (cancel and cancel.is_set()):
            began = time.monotonic()
            data = line.read(1)
            if data:
                data += line.read(min(line.in_waiting, CHUNK))
            elif time.monotonic() - began < LOOK_SECONDS / 2:  # a port that does not wait by itself
                time.sleep(min(LOOK_SECONDS, left))
            yield data
    except SYSTEM_ERRORS as exc:
        raise port_error(exc, port) from exc


class _Kept:
    """The first and the last of what came."""

    def __init__(self) -> None:
        self._first, self._last = bytearray(), bytearray()
        self.skipped = 0
        self._asked = time.monotonic()

    @property
    def data(self) -> bytes:
        return bytes(self._first + self._last)

    def add(self, data: bytes) -> None:
        room = KEPT - len(self._first)
        self._first += data[:room]
        self._last += data[room:]
        too_many = len(self._last) - KEPT
        if too_many > 0:
            del self._last[:too_many]
            self.skipped += too_many

    def is_to_be_asked(self, data: bytes) -> bool:
        """Whether it is time to ask if that was enough: at a pause, or after a long while without one."""
        now = time.monotonic()
        if data and now - self._asked < TALKING_SECONDS:
            return False
        self._asked = now
        return bool(self._first)
