"""A connected device: read, write, erase, digest."""

from __future__ import annotations

import contextlib
import functools
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from esptool.targets import ESP8266ROM

from ..errors import (
    DeviceChanged,
    DeviceError,
    DeviceLost,
    FlashStuck,
    NoAnswer,
    OutOfRange,
    PortError,
    SonoffkitError,
    TransferFailed,
)
from ..ports import Adapter, adapter_at, is_practice
from .basics import SAFE_BAUD, Cancel, Identity, Progress, ask_to_stop
from .foreign_errors import our_errors
from .loader import leave_read, probe, start_stub
from .memory import remember_stub
from .questions import ask_all, checked
from .stream import FlashStream

__all__ = ["Device"]

ANSWER_SECONDS = 0.5
MD5_SIZE = 16
# Patience with the flash, in seconds for each MB: esptool's own (MD5_TIMEOUT_PER_MB, ERASE_WRITE_TIMEOUT_PER_MB).
MD5_SECONDS_PER_MB = 8
WRITE_SECONDS_PER_MB = 40
LEAST_SECONDS = 0.5
LONGEST_BLOCK = 0x10000  # bytes that one deflated block of ours may hold
MB = 0x100000


class Device:
    """A device with its stub running. Use it in a ``with`` block: the port is closed at its end.

    Addresses and sizes are in bytes. Its methods raise our errors only; after
    a TransferFailed or a DeviceRefused the stub is ready for the next command.
    ``speed_story`` says in a sentence how its speed came about.
    """

    def __init__(self, port: str, loader: Any, identity: Identity, round_trip: float) -> None:
        self.port = port
        self.identity = identity
        self.speed_story = ""
        self.round_trip = round_trip  # seconds from a short command to its answer, as last measured
        self._loader = loader
        self._baud = loader.get_baud()
        self._gone = False  # it was looked for, and did not answer

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Device {self.identity.chip} {self.identity.mac} on {self.port}>"

    @functools.cached_property
    def adapter(self) -> Adapter:
        """What stands between it and the computer."""
        return adapter_at(self.port)

    @property
    def is_practice(self) -> bool:
        return is_practice(self.port)

    @property
    def baud(self) -> int:
        return int(self._baud)

    def set_baud(self, baud: int) -> None:
        """Change the speed of both sides.

        Where that fails, goes on at the one at which the device answers, the
        new or the old, and raises why; DeviceLost if it answers at neither.
        """
        if baud == self._baud:
            return
        before = self.baud
        remember_stub(self.port, baud, before)  # first: if we die now, the next connect finds the stub
        try:
            with our_errors(self.port):
                self._loader.change_baud(baud)
                self._baud = baud
                # Whether bytes get through at that speed is known at once, and not in the middle of a read.
                self._measure_round_trip()
        except DeviceError:
            self._find_at(baud, before)
            raise
        remember_stub(self.port, baud)

    def read(self, address: int, size: int, progress: Progress | None = None, cancel: Cancel | None = None) -> bytes:
        """``size`` bytes of flash, checked against the stub's digest; TransferFailed if they broke on the way."""
        data = bytearray()
        with self.reading(address, size) as stream:
            for packet in stream:
                data += packet
                if progress is not None:
                    progress(len(data), size)
                ask_to_stop(cancel)
        return bytes(data)

    @contextlib.contextmanager
    def reading(self, address: int, size: int) -> Iterator[FlashStream]:
        """A read that can be left half-way, with ``break``: what came till then is checked against the digest."""
        self._check_range(address, size)
        with self._in_step():
            stream = FlashStream(self._loader, self.port, address, size)
            yield stream
            stream.finish()

    def md5(self, address: int, size: int) -> str:
        """The device's own MD5 of a region, in hexadecimal."""
        return self.md5s([(address, size)])[0]

    def md5s(self, regions: Sequence[tuple[int, int]], cancel: Cancel | None = None) -> list[str]:
        """The device's own MD5 of each region (address and size), in hexadecimal: all, or an error.

        While the device computes one, the next request is on its way already.
        """
        for region in regions:
            self._check_range(*region)
        op = self._loader.ESP_CMDS["SPI_FLASH_MD5"]
        sizes = [0, *(size for _, size in regions)]  # of the one before: it may still be computed
        questions = [
            (op, struct.pack("<IIII", *region, 0, 0), _md5_patience(before + region[1]))
            for before, region in zip(sizes, regions, strict=False)
        ]
        with self._in_step(), our_errors(self.port):
            return [checked(answer, MD5_SIZE).hex() for answer in ask_all(self._loader, questions, cancel)]

    def erase_chip(self) -> None:
        """Set the whole flash to FF. One command: it cannot be stopped half-way.

        Where its answer was lost and the device answers again, nobody knows
        whether it was done: so verify it, by ``md5``. FlashStuck where it never ended.
        """
        try:
            with our_errors(self.port):
                self._loader.erase_flash()
        except TransferFailed as broken:
            try:
                self.recover()
            except DeviceLost:
                raise FlashStuck(
                    f"The erase began and did not end: the device says nothing more. ({broken})"
                ) from broken

    def write(self, address: int, data: bytes, progress: Progress | None = None, cancel: Cancel | None = None) -> None:
        """Erase the sectors under ``data`` and write it byte for byte.

        The stub works on while it answers: what became of the last block shows
        in what is asked next. So verify what was written, by ``md5``.
        """
        self._check_range(address, len(data))
        packed = zlib.compress(data, 9)
        step = int(self._loader.FLASH_WRITE_SIZE)
        blocks = [packed[at : at + step] for at in range(0, len(packed), step)]
        # Each may have to wait for what was written before it, by an earlier call too.
        patience = LEAST_SECONDS + WRITE_SECONDS_PER_MB * max(len(data), LONGEST_BLOCK) / MB
        with self._in_step(), our_errors(self.port):
            self._command("FLASH_DEFL_BEGIN", (len(data), len(blocks), step, address, 0), patience=patience)
            for number, block in enumerate(blocks):
                self._command("FLASH_DEFL_DATA", (len(block), number, 0, 0), block, patience)
                if progress is not None:
                    progress(len(data) * (number + 1) // len(blocks), len(data))
                ask_to_stop(cancel)

    def recover(self) -> None:
        """Bring stub and line back in step after a broken or abandoned command; DeviceLost where it is silent."""
        try:
            with our_errors(self.port):
                leave_read(self._loader._port)
                error = probe(self._loader) and probe(self._loader)  # where bytes break, the first may be bad luck
                self._gone = error is not None
                if error:
                    raise error
                if self._runs_rom():
                    self._start_stub_anew()
        except DeviceLost:
            raise
        except NoAnswer as silent:
            raise DeviceLost("The device stopped answering in the middle.") from silent

    def close(self) -> None:
        """Back to 115200, stub running, port closed. A device that no longer answers is just let go."""
        try:
            if not self._gone:
                with contextlib.suppress(SonoffkitError):
                    self.set_baud(SAFE_BAUD)
        finally:
            self._loader._port.close()

    def _runs_rom(self) -> bool:
        """Whether it lost its power for a moment; asked twice, since a broken byte says so too."""
        return (
            not self._loader.sync_stub_detected and probe(self._loader) is None and not self._loader.sync_stub_detected
        )

    def _start_stub_anew(self) -> None:
        """The ROM answers, at our speed: it started again, in download mode."""
        rom = ESP8266ROM(self._loader._port, self.baud)
        rom.sync_stub_detected = False
        loader, identity, self.round_trip = start_stub(rom, self.port)
        if identity != self.identity:
            raise DeviceChanged(f"This is not the device {self.identity.mac} of before, but {identity.mac}.")
        self._loader = loader

    @contextlib.contextmanager
    def _in_step(self) -> Iterator[None]:
        """Whatever ends a command half-way: the stub is brought back, unless it is gone."""
        try:
            yield
        except PortError:
            raise
        except DeviceError:
            self.recover()  # if that fails, its error says more
            raise
        except SonoffkitError:  # not the device's: it was stopped, say, or the disk is full
            with contextlib.suppress(SonoffkitError):
                self.recover()
            raise

    def _command(self, name: str, words: tuple[int, ...], block: bytes = b"", patience: float = LEAST_SECONDS) -> None:
        loader = self._loader
        data = struct.pack(f"<{len(words)}I", *words) + block
        what = name.lower().replace("_", " ")
        loader.check_command(what, loader.ESP_CMDS[name], data, loader.checksum(block), timeout=patience)

    def _measure_round_trip(self) -> None:
        began = time.monotonic()
        self._loader.read_reg(self._loader.CHIP_DETECT_MAGIC_REG_ADDR, timeout=ANSWER_SECONDS)
        self.round_trip = time.monotonic() - began

    def _find_at(self, wanted: int, before: int) -> None:
        """Look for the stub at both speeds; DeviceLost where it is at none."""
        for baud in (wanted, before):
            with our_errors(self.port):
                self._loader._port.baudrate = baud
                if probe(self._loader) is None:
                    self._baud = baud
                    remember_stub(self.port, baud)
                    return
        self._gone = True
        raise _lost_at(wanted, before)

    def _check_range(self, address: int, size: int) -> None:
        # esptool's library reads past the end without a word; only its command line checks.
        if address < 0 or size <= 0 or address + size > self.identity.flash_size:
            raise OutOfRange(f"{size} bytes at {address:#x} are not inside this flash of {self.identity.size_text}.")


def _md5_patience(size: int) -> float:
    """In seconds."""
    return LEAST_SECONDS + MD5_SECONDS_PER_MB * size / MB


def _lost_at(baud: int, before: int) -> DeviceLost:
    if baud < before:
        return DeviceLost(
            f"The device was lost on the way from {before} to {baud} baud: too many bytes break.",
            "Check the wires: short, firmly plugged, and the ground wire too. Then power the device again with the "
            "button held, and run this again: it goes on where it stopped.",
        )
    return DeviceLost(
        f"The device was told to go on at {baud} baud, and since then nothing comes back: this adapter says "
        "that it can do that, and does not.",
        "Power the device again with the button held: it goes on at a lower speed. Nothing on it was changed.",
    )
