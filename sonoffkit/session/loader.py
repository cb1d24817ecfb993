"""Finding the loader at the other end of a line, at whatever speed it was left."""

from __future__ import annotations

import time
from typing import Any

import serial
from esptool import cmds
from esptool.reset import ClassicReset
from esptool.targets import ESP8266ROM
from esptool.util import FatalError, flash_size_bytes

from ..errors import FlashUnreadable, TransferFailed, WrongChip
from .basics import SAFE_BAUD, Identity
from .foreign_errors import UNEXPECTED
from .memory import remember_identity, remembered_identity, stub_bauds
from .questions import fewer_round_trips

__all__ = ["END", "SYNC_FRAME", "drain", "identify", "leave_read", "probe", "reach", "start_stub"]

QUIET_SECONDS = 0.2  # a line that says nothing for so long has nothing under way
PROBES = 4
PAUSE_SECONDS = 0.05
# esptool's own SYNC (``ESPLoader.sync``), as bytes: none of them needs an escape.
SYNC_BODY = bytes.fromhex("0008240000000000" + "07071220") + 32 * b"\x55"
END = b"\xc0"
SYNC_FRAME = END + SYNC_BODY + END
EFUSES = (0x3FF00050, 0x3FF00054, 0x3FF00058, 0x3FF0005C)
SPI_USER_REGISTERS = (0x6000021C, 0x60000224)  # which esptool saves before it asks the flash for its id
IDENTITY_REGISTERS = EFUSES + SPI_USER_REGISTERS
NO_CONTACT = (0x000000, 0xFFFFFF)  # a flash id of all 0 or all 1: nobody drives the line


def reach(line: serial.SerialBase, port: str) -> Any:
    """The loader that answers.

    First without a reset, at the speed where we left the stub and at the
    usual one; then with a reset, for boards that are wired for it.
    """
    for baud in dict.fromkeys((*stub_bauds(port), SAFE_BAUD)):
        loader = ESP8266ROM(line, baud)
        if probe(loader) is None:
            return _check_chip(loader, line, baud)
    _reset_into_loader(line)
    loader = ESP8266ROM(line, SAFE_BAUD)
    error = probe(loader)
    if error:
        raise error
    return _check_chip(loader, line, SAFE_BAUD)


def probe(loader: Any) -> FatalError | None:
    """Whether something answers SYNC; if not, esptool's error."""
    error: FatalError | None = None
    for attempt in range(PROBES):
        try:
            _get_in_step(loader._port, attempt)
            loader.flush_input()
            loader._port.reset_output_buffer()
            loader.sync()
            # A stub that is out of step may take a SYNC for the one before, and be deaf to what comes next.
            answer = loader.read_reg(loader.CHIP_DETECT_MAGIC_REG_ADDR, timeout=QUIET_SECONDS)
            loader.magic_seen = answer
            if attempt and loader.read_reg(loader.UART_DATE_REG_ADDR, timeout=QUIET_SECONDS) == answer:
                raise FatalError("Response doesn't match request: it only repeats itself.")
            return None
        except (FatalError, *UNEXPECTED) as exc:
            # Noise says more than silence: keep the more telling one.
            if error is None or "No serial data" in str(error):
                error = FatalError(f"Failed to connect: {exc}")
            time.sleep(PAUSE_SECONDS)
    return error


def _get_in_step(line: serial.SerialBase, attempt: int) -> None:
    """What may help a stub that did not answer before.

    Stubs take marks for starts and ends in turn (esp-flasher-stub,
    ``src/slip.c``), so one that was lost, by noise or because a program died in
    the middle of a frame, makes them deaf to every whole frame. A SYNC with
    its end mark alone swaps starts and ends; one of two such brings it in step.
    At last comes a frame of one byte: the old stub takes a whole SYNC for an
    acknowledgement where it waits for one of beyond 2.3 MB. It comes last
    because the same stub, when idle, would answer it by doing what it did
    before; but then it would have answered SYNC.
    """
    if attempt == 0:
        return
    line.write(END + b"\0" + END if attempt == PROBES - 1 else SYNC_BODY + END)
    time.sleep(PAUSE_SECONDS)


def leave_read(line: serial.SerialBase) -> None:
    """End a read that was abandoned: the stub waits in it for an acknowledgement of 4 bytes.

    Any other frame ends it (esp-flasher-stub, ``src/command_handler.c``), and a
    SYNC does no harm where nothing is to be ended.
    """
    line.write(SYNC_FRAME)
    drain(line)


def _check_chip(loader: Any, line: serial.SerialBase, baud: int) -> Any:
    """The loader, if its chip is ours; by the one word that tells, as esptool's detection takes 0.4 s."""
    if loader.magic_seen != ESP8266ROM.MAGIC_VALUE:
        loader = cmds.detect_chip(line, baud, "no-reset", connect_attempts=2)
    if loader.CHIP_NAME != ESP8266ROM.CHIP_NAME:
        raise WrongChip(f"This chip is an {loader.CHIP_NAME}, not an ESP8266.")
    return loader


def _reset_into_loader(line: serial.SerialBase) -> None:
    """Pulse DTR and RTS. By ClassicReset, which needs no file descriptor and works on every system."""
    ClassicReset(line)()
    drain(line)


def drain(line: serial.SerialBase) -> None:
    before, line.timeout = line.timeout, QUIET_SECONDS
    try:
        # Bounded: a device that never stops talking must not hold us for ever.
        deadline = time.monotonic() + 3
        while line.read(0x1000) and time.monotonic() < deadline:
            pass
    finally:
        line.timeout = before


def start_stub(loader: Any, port: str) -> tuple[Any, Identity, float]:
    """The stub, loaded if it does not run yet; who the device is; and the seconds from a question to its answer."""
    loader = cmds.run_stub(loader)
    identity = identify(loader, port)
    began = time.monotonic()
    loader.flash_set_parameters(identity.flash_size)  # esptool does so before it reads or writes
    return loader, identity, time.monotonic() - began


def identify(loader: Any, port: str) -> Identity:
    """Who it is, asked until two answers agree: they carry no checksum, and a backup is filed by them.

    Who was last seen on this port counts as one answer.
    """
    answer = _ask_identity(loader)
    if answer == remembered_identity(port):
        return answer
    for _ in range(PROBES):
        before, answer = answer, _ask_identity(loader)
        if answer == before:
            remember_identity(port, answer)
            return answer
    raise TransferFailed("The device's answers to who it is differ: bytes break on the way.")


def _ask_identity(loader: Any) -> Identity:
    before: dict[int, int] = {}
    try:
        with fewer_round_trips(loader, IDENTITY_REGISTERS) as before:
            size = _flash_size(loader)
            if size is not None:
                return _identity(loader, size)
    except (FatalError, *UNEXPECTED):  # noise, or a stub of before esptool 3.1, which takes one write at a time
        drain(loader._port)
        error = probe(loader)
        if error:
            raise error from None
        for register in SPI_USER_REGISTERS:
            if register in before:
                loader.write_reg(register, before[register])
    # esptool does this at each connect, for chips that wake up badly (XMC's); it takes 70 round trips,
    # so here it is the remedy for a flash that does not tell a known size.
    cmds.attach_flash(loader)
    size = _flash_size(loader)
    flash_id = loader.flash_id()
    if flash_id in NO_CONTACT:
        raise FlashUnreadable(f"The flash chip does not answer: its id reads {flash_id:06x}.")
    if size is None:
        raise FlashUnreadable(f"The flash chip's id {flash_id:06x} does not tell its size.")
    return _identity(loader, size)


def _identity(loader: Any, size: int) -> Identity:
    mac = bytes(loader.read_mac()).hex(":")
    return Identity(loader.get_chip_description(), mac, loader.flash_id(), size)


def _flash_size(loader: Any) -> int | None:
    """Bytes, by the flash's id; None where that tells none."""
    if loader.flash_id(cache=False) in NO_CONTACT:
        return None
    size = cmds.detect_flash_size(loader)
    return None if size is None else int(flash_size_bytes(size))
