"""Connecting to a device, at once or as soon as it answers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import esptool
import serial

from ..errors import (
    DeviceError,
    DeviceRefused,
    GarbledAnswer,
    NoAnswer,
    PortLost,
    PortMissing,
    SonoffkitError,
    TransferFailed,
)
from ..ports import open_port
from .basics import SAFE_BAUD, Cancel, ask_to_stop
from .device import Device
from .esptool_log import say
from .foreign_errors import our_errors
from .loader import reach, start_stub
from .speed import choose_speed, climb

__all__ = ["connect", "connect_when_ready", "tool_versions"]

MEETINGS = 4
PAUSE_SECONDS = 0.3


def connect(port: str, baud: int | None = None) -> Device:
    """Connect to the device on a port, which must be in download mode or still run the stub.

    Without ``baud`` it finds out how fast it can go. Raises PortError,
    NoAnswer or GarbledAnswer (a hand is needed), WrongChip, StubFailed or
    FlashUnreadable; the port is closed again then.
    """
    line = open_port(port, SAFE_BAUD)
    try:
        device = _meet(line, port)
        if baud is not None:
            choose_speed(device, baud)
            return device
        try:
            climb(device)
        except NoAnswer as lost:
            device = _meet_again(line, port, lost)
        return device
    except BaseException:
        line.close()
        raise


def _meet(line: serial.SerialBase, port: str) -> Device:
    """The device, at the speed where it is found; asked again where bytes break."""
    for _ in range(MEETINGS - 1):
        with contextlib.suppress(TransferFailed, DeviceRefused):
            return _meet_once(line, port)
    return _meet_once(line, port)


def _meet_once(line: serial.SerialBase, port: str) -> Device:
    """Who answers, with its stub running."""
    with our_errors(port):
        return Device(port, *start_stub(reach(line, port), port))


def _meet_again(line: serial.SerialBase, port: str, lost: NoAnswer) -> Device:
    """Boards that are wired for a reset come back by themselves from a speed that their adapter cannot do."""
    say(str(lost))
    try:
        device = _meet(line, port)
    except DeviceError:
        raise lost from None
    climb(device)
    return device


def connect_when_ready(
    port: str,
    baud: int | None = None,
    *,
    patience: float = 120.0,
    cancel: Cancel | None = None,
    waiting: Callable[[SonoffkitError], None] = lambda error: None,
    between: Callable[[], None] = lambda: time.sleep(PAUSE_SECONDS),
) -> Device:
    """Connect, and where a hand is needed wait for it and go on as soon as the device answers.

    ``waiting`` is told each time what is missing; ``between`` two attempts the
    port is closed, and may be listened on. After ``patience`` seconds that error is raised.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return connect(port, baud)
        except (NoAnswer, GarbledAnswer, PortMissing, PortLost) as error:
            if time.monotonic() >= deadline:
                raise
            waiting(error)
        ask_to_stop(cancel)
        between()


def tool_versions() -> dict[str, str]:
    """What did the work, for the manifest."""
    return {"esptool": esptool.__version__, "pyserial": serial.VERSION}
