"""What comes back of bytes that an adapter sends to itself, at one speed after the other."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..ports import SYSTEM_ERRORS, open_port, port_error

__all__ = ["SPEEDS", "Came", "Echo", "echoes"]

SPEEDS = (9600, 74880, 115200, 460800, 921600)
SENDING_SECONDS = 0.18  # of bytes at each speed: long enough to tell a speed from its half
SILENCE_SECONDS = 0.5  # after that, nothing more is expected
QUIET_SECONDS = 0.05
TALKING_SECONDS = 0.5  # who says something for so long, unasked, is no loop
SLOW, SLACK_SECONDS = 1.6, 0.04  # of the time that it should take, and what USB may add
TRIES = 5  # a busy computer is slow now and then; a slow adapter is slow each time
PIECE = 8  # random bytes: they do not come by chance
# If a device hangs on it after all, then no packet of esptool's begins (C0) and no line of a console ends.
NEVER_SENT = b"\xc0\r\n"
HARMLESS = bytes(set(range(256)) - set(NEVER_SENT))


class Came(StrEnum):
    """What came back."""

    WHOLE = "comes back whole"
    SLOW = "comes back whole, but slower than it should"
    BROKEN = "comes back broken"
    NOTHING = "nothing comes back"
    OTHER = "something else comes back"
    REFUSED = "the adapter cannot be set to this speed"


@dataclass(frozen=True)
class Echo:
    """What came back at one speed (baud)."""

    baud: int
    came: Came

    def __str__(self) -> str:
        return f"{self.baud:6} baud: {self.came}"


def echoes(device: str, speeds: tuple[int, ...] = SPEEDS) -> Iterator[Echo]:
    """Send random bytes at each speed; raises PortError where the port cannot be opened, or is lost."""
    port = open_port(device, speeds[0])
    try:
        port.timeout, port.write_timeout = QUIET_SECONDS, 2
        for baud in speeds:
            try:
                yield Echo(baud, _at(port, baud))
            except SYSTEM_ERRORS as exc:
                raise port_error(exc, device) from exc
    finally:
        with contextlib.suppress(*SYSTEM_ERRORS):  # a pulled adapter
            port.close()


def _at(port: Any, baud: int) -> Came:
    try:
        port.baudrate = baud
    except (ValueError, OSError):
        port.in_waiting  # noqa: B018  # raises where the whole port is lost
        return Came.REFUSED
    for _ in range(TRIES):
        came = _one_try(port, baud)
        if came is not Came.SLOW:
            break
    return came


def _one_try(port: Any, baud: int) -> Came:
    if not _falls_silent(port):
        return Came.OTHER
    sent = bytes(secrets.choice(HARMLESS) for _ in range(int(baud / 10 * SENDING_SECONDS)))
    began = time.monotonic()
    back = _sent_and_heard(port, sent)
    seconds = time.monotonic() - began
    port.timeout = QUIET_SECONDS
    came = _compare(sent, back + port.read(1))
    slow = seconds > SENDING_SECONDS * SLOW + SLACK_SECONDS
    return Came.SLOW if came is Came.WHOLE and slow else came


def _falls_silent(port: Any) -> bool:
    """Let what is still under way arrive, and forget it; False where it does not end."""
    port.timeout = QUIET_SECONDS
    deadline = time.monotonic() + TALKING_SECONDS
    while port.read(max(1, port.in_waiting)):
        if time.monotonic() > deadline:
            return False
    return True


def _sent_and_heard(port: Any, sent: bytes) -> bytes:
    """Send and listen at the same time, since the system keeps no more than 4 KB that nobody reads."""
    writing = threading.Thread(target=_write, args=(port, sent), name="sonoffkit loop", daemon=True)
    port.timeout = SILENCE_SECONDS
    writing.start()
    back = b""
    while len(back) < len(sent):
        more = port.read(max(1, min(port.in_waiting, len(sent) - len(back))))
        if not more:
            break
        back += more
    writing.join()
    return back


def _write(port: Any, sent: bytes) -> None:
    with contextlib.suppress(*SYSTEM_ERRORS):  # then nothing comes back, or reading tells that the port is lost
        port.write(sent)


def _compare(sent: bytes, back: bytes) -> Came:
    if back == sent:
        return Came.WHOLE
    if not back:
        return Came.NOTHING
    pieces = (sent[at : at + PIECE] for at in range(0, len(sent) - PIECE + 1, PIECE))
    return Came.BROKEN if any(piece in back for piece in pieces) else Came.OTHER
