"""The door for terminals on Linux and macOS: a pseudo-terminal, a real path with no modem lines."""

from __future__ import annotations

import contextlib
import os
import select
import struct
import sys
import threading
import time
from pathlib import Path

from .device import PracticeDevice
from .line import FTDI_LATENCY, Line, Unplugged

if sys.platform != "win32":
    import fcntl
    import termios
    import tty

__all__ = ["PtyDoor"]

CHUNK = 0x1000
# A full-speed USB adapter delivers once a millisecond; waking for every byte
# would also cost half a processor.
USB_FRAME_SECONDS = 0.001
LOOK_SECONDS = 0.05  # how soon a touch by hand, or a stop, is noticed
TCGETS2 = 0x802C542A  # Linux: the speed as a number, odd ones too (asm-generic/ioctls.h)


class PtyDoor:
    """Serves a device on a pseudo-terminal until told to stop.

    ``address`` is the path to open; a link to it lies in the device's folder
    as ``port``, so that there is a name that stays.
    """

    def __init__(self, device: PracticeDevice, *, realtime: bool = False, latency: float = FTDI_LATENCY) -> None:
        self._device = device
        self._line: Line = device.attach(realtime=realtime, latency=latency)
        self._unsent = b""
        self._plug_in()

    def serve(self, stop: threading.Event) -> None:
        """Carry bytes both ways until ``stop`` is set."""
        try:
            while not stop.is_set():
                try:
                    self._turn()
                except Unplugged:
                    self._wait_for_plug(stop)
        finally:
            self._unplug()
            self._device.detach()

    @property
    def link(self) -> Path:
        return self._device.folder / "port"

    def _plug_in(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.address = os.ttyname(self._slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(self.address)

    def _unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        for number in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(number)

    def _wait_for_plug(self, stop: threading.Event) -> None:
        self._unplug()
        while not stop.is_set() and not self._device.state().plugged_in:
            stop.wait(LOOK_SECONDS)
        self._unsent = b""
        self._line.plugged_in_again()
        self._plug_in()

    def _turn(self) -> None:
        """One look in both directions."""
        readable, _, _ = select.select([self._master], [self._master] if self._unsent else [], [], self._pause())
        if readable:
            self._from_host()
        with self._device.condition:
            self._line.baud = _speed(self._slave) or self._line.baud  # a listener may have changed it
            if len(self._unsent) < CHUNK:
                self._unsent += self._line.take(CHUNK)
        self._to_host()

    def _pause(self) -> float:
        with self._device.condition:
            arrival = self._line.next_arrival()
        if arrival is None or len(self._unsent) >= CHUNK:  # with that much unread, there is no hurry
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(USB_FRAME_SECONDS, arrival - time.monotonic()))

    def _from_host(self) -> None:
        data = os.read(self._master, CHUNK)
        with self._device.condition:
            self._line.baud = _speed(self._slave) or self._line.baud
            self._line.write(data)

    def _to_host(self) -> None:
        if self._unsent:
            with contextlib.suppress(BlockingIOError):  # nobody reads: keep it
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]


def _speed(slave: int) -> int | None:
    """The baud that the program at the other end has set."""
    if sys.platform == "linux":
        settings = fcntl.ioctl(slave, TCGETS2, bytes(44))
        return int(struct.unpack_from("<I", settings, 40)[0])
    return int(termios.tcgetattr(slave)[5])  # macOS keeps the number itself
