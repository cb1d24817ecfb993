"""Setting the ROM's odd speed on a port: not every adapter, driver and system can."""

from __future__ import annotations

import contextlib
import struct
import sys
from typing import Any

from ..ports import OPENING_ERRORS
from .heard import TOLERANCE

__all__ = ["NEAREST", "set_nearest", "set_speed"]

# 74880 is no speed that systems have a name for. The first two are near enough to be read; 115200 every adapter can.
NEAREST = (76800, 72000, 115200)
TCGETS2 = 0x802C542A  # Linux: the speed as a number, odd ones too (asm-generic/ioctls.h)


def set_nearest(port: Any, baud: int) -> tuple[int, str]:
    """Set a speed on an open port, or the nearest that it takes; the speed, and what is to be said of it."""
    if set_speed(port, baud):
        return baud, ""
    for other in NEAREST:
        if set_speed(port, other):
            return other, _note(baud, other)
    return int(port.baudrate), _note(baud, int(port.baudrate))


def set_speed(port: Any, baud: int, system: str = sys.platform) -> bool:
    """Set a speed; whether the port took it, as far as it tells."""
    before = port.baudrate
    try:
        port.baudrate = baud
    except OPENING_ERRORS:  # pyserial's ValueError on Linux and RFC 2217, the system's on macOS, pyserial's on Windows
        _back_to(port, before)
        return False
    real = _real_speed(port, system)
    return real is None or abs(real - baud) <= TOLERANCE * baud


def _back_to(port: Any, baud: int) -> None:
    """The speed of before: a refusal may have left the port at any other."""
    with contextlib.suppress(*OPENING_ERRORS):
        port.baudrate = baud


def _real_speed(port: Any, system: str) -> int | None:
    """What the driver made of it, where the system tells: Linux does."""
    if system != "linux":
        return None
    try:
        import fcntl

        settings = fcntl.ioctl(port.fileno(), TCGETS2, bytes(44))
    except OPENING_ERRORS:  # a URL has no file descriptor
        return None
    return int(struct.unpack_from("<I", settings, 40)[0])


def _note(wanted: int, got: int) -> str:
    if abs(got - wanted) <= TOLERANCE * wanted:
        return f"This adapter or its driver cannot listen at {wanted} baud; {got} is near enough."
    return (
        f"This adapter or its driver cannot listen at {wanted} baud, nor near it. At {got} the device's first words "
        "are garbage, but that something comes tells that the device speaks."
    )
