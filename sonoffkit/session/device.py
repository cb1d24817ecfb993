"""A connected device: read, write, erase, digest."""

from __future__ import annotations

import contextlib
from typing import Any

from esptool import cmds

from ..errors import Cancelled, OutOfRange, SonoffkitError, TransferFailed
from ..ports import is_practice
from .basics import SAFE_BAUD, Cancel, Identity, Progress, ask_to_stop
from .esptool_log import progress_to
from .foreign_errors import our_errors
from .loader import leave_read, probe, remember_baud

__all__ = ["Device"]

ANSWER_SECONDS = 0.5


class Device:
    """A device with its stub running. Use it in a ``with`` block: the port is closed at its end.

    Addresses and sizes are in bytes. Its methods raise our errors only.
    """

    def __init__(self, port: str, loader: Any, identity: Identity) -> None:
        self.port = port
        self.identity = identity
        self._loader = loader
        loader.WRITE_FLASH_ATTEMPTS = 1  # or esptool reopens a lost port and waits for a reset that never comes
        self._baud = loader.get_baud()

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Device {self.identity.chip} {self.identity.mac} on {self.port}>"

    @property
    def is_practice(self) -> bool:
        return is_practice(self.port)

    @property
    def baud(self) -> int:
        return int(self._baud)

    def set_baud(self, baud: int) -> None:
        """Change the speed of both sides."""
        if baud == self._baud:
            return
        with our_errors(self.port):
            if baud != SAFE_BAUD:  # written down first: if we die now, the next connect finds the stub
                remember_baud(self.port, baud)
            self._loader.change_baud(baud)
            self._baud = baud
            # Whether bytes get through at that speed is known at once, and not in the middle of a read.
            self._loader.read_reg(self._loader.CHIP_DETECT_MAGIC_REG_ADDR, timeout=ANSWER_SECONDS)
            if baud == SAFE_BAUD:
                remember_baud(self.port, None)

    def read(self, address: int, size: int, progress: Progress | None = None, cancel: Cancel | None = None) -> bytes:
        """``size`` bytes of flash, checked against the stub's digest; TransferFailed if they broke on the way."""
        self._check_range(address, size)

        def step(done: int, total: int, _offset: int) -> None:
            if progress is not None:
                progress(done, total)
            ask_to_stop(cancel)

        try:
            with our_errors(self.port):
                return bytes(self._loader.read_flash(address, size, step))
        except (TransferFailed, Cancelled):
            self.recover()
            raise

    def md5(self, address: int, size: int) -> str:
        """The device's own MD5 of a region, in hexadecimal."""
        self._check_range(address, size)
        with our_errors(self.port):
            return str(self._loader.flash_md5sum(address, size))

    def erase_chip(self) -> None:
        """Set the whole flash to FF. One command: it cannot be stopped half-way."""
        with our_errors(self.port):
            self._loader.erase_flash()

    def write(self, address: int, data: bytes, progress: Progress | None = None, cancel: Cancel | None = None) -> None:
        """Erase the sectors under ``data``, write it byte for byte, and have the device check its MD5."""
        self._check_range(address, len(data))

        def step(done: int, total: int) -> None:
            if progress is not None:  # esptool counts compressed bytes
                progress(len(data) * done // max(total, 1), len(data))
            ask_to_stop(cancel)

        with our_errors(self.port), progress_to(step):
            cmds.write_flash(self._loader, [(address, data)])

    def recover(self) -> None:
        """Bring stub and line back in step after a broken or abandoned read."""
        with our_errors(self.port):
            leave_read(self._loader._port)
            error = probe(self._loader)
            if error:
                raise error

    def close(self) -> None:
        """Back to 115200, stub running, port closed. A device that no longer answers is just let go."""
        try:
            with contextlib.suppress(SonoffkitError):
                self.set_baud(SAFE_BAUD)
        finally:
            self._loader._port.close()

    def _check_range(self, address: int, size: int) -> None:
        # esptool's library reads past the end without a word; only its command line checks.
        if address < 0 or size <= 0 or address + size > self.identity.flash_size:
            raise OutOfRange(f"{size} bytes at {address:#x} are not inside this flash of {self.identity.size_text}.")
