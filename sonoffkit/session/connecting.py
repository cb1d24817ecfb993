"""Connecting to a device, at once or as soon as it answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import esptool
import serial
from esptool import cmds

from ..errors import GarbledAnswer, NoAnswer, PortLost, PortMissing, SonoffkitError
from ..ports import open_port
from .basics import SAFE_BAUD, Cancel, ask_to_stop
from .device import Device
from .foreign_errors import our_errors
from .loader import identify, reach

__all__ = ["connect", "connect_when_ready", "tool_versions"]


def connect(port: str, baud: int = SAFE_BAUD) -> Device:
    """Connect to the device on a port, which must be in download mode or still run the stub.

    Raises PortError, NoAnswer or GarbledAnswer (a hand is needed), WrongChip,
    StubFailed or FlashUnreadable; the port is closed again then.
    """
    line = open_port(port, SAFE_BAUD)
    try:
        with our_errors(port):
            loader = reach(line, port)
            loader = cmds.run_stub(loader)
            identity = identify(loader)
            loader.flash_set_parameters(identity.flash_size)  # esptool does so before it reads or writes
            device = Device(port, loader, identity)
            device.set_baud(baud)
        return device
    except BaseException:
        line.close()
        raise


def connect_when_ready(
    port: str,
    baud: int = SAFE_BAUD,
    *,
    patience: float = 120.0,
    cancel: Cancel | None = None,
    waiting: Callable[[SonoffkitError], None] = lambda error: None,
) -> Device:
    """Connect, and where a hand is needed wait for it and go on as soon as the device answers.

    ``waiting`` is told each time what is missing. After ``patience`` seconds
    that error is raised.
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
        time.sleep(0.3)


def tool_versions() -> dict[str, str]:
    """What did the work, for the manifest."""
    return {"esptool": esptool.__version__, "pyserial": serial.VERSION}
