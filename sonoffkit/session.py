"""A connection to a device by esptool: identity, read, write, erase, digest.

The only place that knows esptool. A port is open only while a ``Device`` is;
its flasher stub is left running at 115200, so that the next connection, or a
terminal's esptool, goes on without another power-up.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import esptool
import serial
from esptool import cmds
from esptool.logger import TemplateLogger
from esptool.logger import log as esptool_log
from esptool.reset import ClassicReset
from esptool.targets import ESP8266ROM
from esptool.util import (
    FatalError,
    NANDEraseFailed,
    NANDProgramFailed,
    NotImplementedInROMError,
    NotSupportedError,
    UnsupportedCommandError,
    flash_size_bytes,
)
from rich.text import Text

from .errors import (
    Cancelled,
    DeviceError,
    DeviceRefused,
    FlashUnreadable,
    GarbledAnswer,
    NoAnswer,
    OutOfRange,
    PortLost,
    PortMissing,
    SonoffkitError,
    StubFailed,
    TransferFailed,
    VerifyFailed,
    WrongChip,
)
from .paths import read_settings, remember
from .ports import is_practice, open_port, port_error

__all__ = [
    "SAFE_BAUD", "Cancel", "Device", "Identity", "Progress", "ask_to_stop", "connect",
    "connect_when_ready", "log_to", "tool_versions",
]  # fmt: skip

SAFE_BAUD = 115200  # what every tool tries first
QUIET_SECONDS = 0.2  # a line that says nothing for so long has nothing under way
PROBES = 3
NO_CONTACT = (0x000000, 0xFFFFFF)  # a flash id of all 0 or all 1: nobody drives the line

Progress = Callable[[int, int], None]  # (bytes done, bytes in all)


class Cancel(Protocol):
    """Says whether the person asked to stop; a ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True)
class Identity:
    """Who a device is: chip, MAC (``aa:bb:…``), flash id (24 bits) and flash size (bytes)."""

    chip: str
    mac: str
    flash_id: int
    flash_size: int

    @property
    def size_text(self) -> str:
        mb = self.flash_size / 0x100000
        return f"{mb:g} MB"


def connect(port: str, baud: int = SAFE_BAUD) -> Device:
    """Connect to the device on a port, which must be in download mode or still run the stub.

    Raises PortError, NoAnswer or GarbledAnswer (a hand is needed), WrongChip,
    StubFailed or FlashUnreadable; the port is closed again then.
    """
    line = open_port(port, SAFE_BAUD)
    try:
        with _our_errors(port):
            loader = _reach(line, port)
            loader = cmds.run_stub(loader)
            device = Device(port, loader, _identify(loader))
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


def ask_to_stop(cancel: Cancel | None) -> None:
    """Raise Cancelled if the person asked for it."""
    if cancel and cancel.is_set():
        raise Cancelled("You stopped it.")


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
        with _our_errors(self.port):
            if baud != SAFE_BAUD:  # written down first: if we die now, the next connect finds the stub
                _remember_baud(self.port, baud)
            self._loader.change_baud(baud)
            self._baud = baud
            if baud == SAFE_BAUD:
                _remember_baud(self.port, None)

    def read(self, address: int, size: int, progress: Progress | None = None, cancel: Cancel | None = None) -> bytes:
        """``size`` bytes of flash, checked against the stub's digest; TransferFailed if they broke on the way."""
        self._check_range(address, size)

        def step(done: int, total: int, _offset: int) -> None:
            if progress:
                progress(done, total)
            ask_to_stop(cancel)

        try:
            with _our_errors(self.port):
                return bytes(self._loader.read_flash(address, size, step))
        except (TransferFailed, Cancelled):
            self.recover()
            raise

    def md5(self, address: int, size: int) -> str:
        """The device's own MD5 of a region, in hexadecimal."""
        self._check_range(address, size)
        with _our_errors(self.port):
            return str(self._loader.flash_md5sum(address, size))

    def erase_chip(self) -> None:
        """Set the whole flash to FF. One command: it cannot be stopped half-way."""
        with _our_errors(self.port):
            self._loader.erase_flash()

    def write(self, address: int, data: bytes, progress: Progress | None = None, cancel: Cancel | None = None) -> None:
        """Erase the sectors under ``data``, write it byte for byte, and have the device check its MD5."""
        self._check_range(address, len(data))

        def step(done: int, total: int) -> None:
            if progress:  # esptool counts compressed bytes
                progress(len(data) * done // max(total, 1), len(data))
            ask_to_stop(cancel)

        with _our_errors(self.port), _progress_to(step):
            cmds.write_flash(self._loader, [(address, data)])

    def recover(self) -> None:
        """Bring stub and line back in step after a broken or abandoned read.

        The stub waits in its read loop for a 4-byte acknowledgement; any other
        frame ends the loop (esp-flasher-stub, src/command_handler.c).
        """
        with _our_errors(self.port):
            self._loader._port.write(b"\xc0\x00\xc0")
            _drain(self._loader._port)
            error = _probe(self._loader)
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


def tool_versions() -> dict[str, str]:
    """What did the work, for the manifest."""
    return {"esptool": esptool.__version__, "pyserial": serial.VERSION}


# Reaching the loader


def _reach(line: serial.SerialBase, port: str) -> Any:
    """The loader that answers.

    First without a reset, at the speed where we left the stub and at the
    usual one; then with a reset, for boards that are wired for it.
    """
    for baud in dict.fromkeys((_remembered_baud(port), SAFE_BAUD)):
        loader = ESP8266ROM(line, baud)
        if _probe(loader) is None:
            return _check_chip(loader, line, baud)
    _reset_into_loader(line)
    loader = ESP8266ROM(line, SAFE_BAUD)
    error = _probe(loader)
    if error:
        raise error
    return _check_chip(loader, line, SAFE_BAUD)


def _probe(loader: Any) -> FatalError | None:
    """Whether something answers SYNC; if not, esptool's error."""
    error: FatalError | None = None
    for _ in range(PROBES):
        try:
            loader.flush_input()
            loader._port.reset_output_buffer()
            loader.sync()
            return None
        except FatalError as exc:
            # Noise says more than silence: keep the more telling one.
            if error is None or "No serial data" in str(error):
                error = FatalError(f"Failed to connect: {exc}")
            time.sleep(0.05)
    return error


def _check_chip(loader: Any, line: serial.SerialBase, baud: int) -> Any:
    """The loader, if its chip is ours; by the one word that tells, as esptool's detection takes 0.4 s."""
    if loader.read_reg(loader.CHIP_DETECT_MAGIC_REG_ADDR) != ESP8266ROM.MAGIC_VALUE:
        other = cmds.detect_chip(line, baud, "no-reset", connect_attempts=2)
        raise WrongChip(f"This chip is an {other.CHIP_NAME}, not an ESP8266.")
    return loader


def _reset_into_loader(line: serial.SerialBase) -> None:
    """Pulse DTR and RTS. By ClassicReset, which needs no file descriptor and works on every system."""
    ClassicReset(line)()
    _drain(line)


def _drain(line: serial.SerialBase) -> None:
    before, line.timeout = line.timeout, QUIET_SECONDS
    try:
        # Bounded: a device that never stops talking must not hold us for ever.
        deadline = time.monotonic() + 3
        while line.read(0x1000) and time.monotonic() < deadline:
            pass
    finally:
        line.timeout = before


def _identify(loader: Any) -> Identity:
    size = _flash_size(loader)
    if size is None:
        # esptool does this at each connect, for chips that wake up badly (XMC's); it takes 70 round trips,
        # so here it is the remedy for a flash that does not tell a known size.
        cmds.attach_flash(loader)
        size = _flash_size(loader)
    flash_id = loader.flash_id()
    if flash_id in NO_CONTACT:
        raise FlashUnreadable(f"The flash chip does not answer: its id reads {flash_id:06x}.")
    if size is None:
        raise FlashUnreadable(f"The flash chip's id {flash_id:06x} does not tell its size.")
    mac = bytes(loader.read_mac()).hex(":")
    return Identity(loader.get_chip_description(), mac, flash_id, size)


def _flash_size(loader: Any) -> int | None:
    """Bytes, by the flash's id; None where that tells none."""
    if loader.flash_id(cache=False) in NO_CONTACT:
        return None
    size = cmds.detect_flash_size(loader)
    return None if size is None else int(flash_size_bytes(size))


def _remembered_baud(port: str) -> int:
    bauds = read_settings().get("stub_baud")
    baud = bauds.get(port) if isinstance(bauds, dict) else None
    return baud if isinstance(baud, int) and baud > 0 else SAFE_BAUD


def _remember_baud(port: str, baud: int | None) -> None:
    saved = read_settings().get("stub_baud")
    bauds = dict(saved) if isinstance(saved, dict) else {}
    bauds.pop(port, None)
    with contextlib.suppress(OSError):  # a convenience: no reason to stop
        remember(stub_baud=bauds | ({port: baud} if baud else {}))


# Errors

# esptool's errors that have a type of their own. A test fails when it grows another.
BY_TYPE: dict[type[FatalError], type[DeviceError]] = {
    NotImplementedInROMError: DeviceRefused,
    NotSupportedError: DeviceRefused,
    UnsupportedCommandError: DeviceRefused,
    NANDProgramFailed: DeviceRefused,
    NANDEraseFailed: DeviceRefused,
}
# The rest is one type with a text (esptool 5.4 to 5.6, loader.py and cmds.py): first match counts.
BY_TEXT: tuple[tuple[tuple[str, ...], type[DeviceError]], ...] = (
    (("Failed to autodetect chip", "Wrong chip argument"), WrongChip),
    (("Failed to start stub", "target RAM", "RAM download mode"), StubFailed),
    (("MD5 of file does not match", "flash region is empty", "Verification failed"), VerifyFailed),
)  # fmt: skip
BROKEN_ON_THE_WAY = (
    "No serial data received", "Serial data stream stopped", "Packet content transfer stopped",
    "Invalid head of packet", "Invalid SLIP escape", "Corrupt data", "Digest mismatch",
    "Expected digest", "Read more than expected", "No more data to read",
    "Response doesn't match", "Bad data checksum", "Bad data length", "Only got",
)  # fmt: skip


@contextlib.contextmanager
def _our_errors(port: str) -> Iterator[None]:
    """The one door at which errors of esptool, pyserial and the system become ours."""
    try:
        yield
    except FatalError as exc:
        raise _device_error(exc) from exc
    except OSError as exc:  # SerialException is one
        raise port_error(exc, port) from exc


def _device_error(exc: FatalError) -> DeviceError:
    text = str(exc).split("\nFor troubleshooting")[0].strip()
    if type(exc) in BY_TYPE:
        return BY_TYPE[type(exc)](f"The device refused: {text}")
    if "Failed to connect" in text:
        silent = "No serial data" in text or "data stream stopped" in text
        reason = NoAnswer if silent else GarbledAnswer
        return reason(_IN_WORDS[reason].format(text.removeprefix("Failed to connect: ")))
    for texts, error in BY_TEXT:
        if any(part in text for part in texts):
            return error(_IN_WORDS.get(error, "{}").format(text))
    if any(part in text for part in BROKEN_ON_THE_WAY):
        return TransferFailed(f"Bytes were lost or broken on the way. ({text})")
    return DeviceRefused(f"The device refused: {text}")


_IN_WORDS: dict[type[DeviceError], str] = {
    NoAnswer: "The device does not answer. ({})",
    GarbledAnswer: "The device sends something, but not what its loader would say. ({})",
    StubFailed: "The flasher stub did not start. ({})",
    VerifyFailed: "What was written reads back differently. ({})",
    WrongChip: "This is no ESP8266. ({})",
}


# esptool's log


class _Sinks(threading.local):
    """Where this thread's text and progress go."""

    text: Callable[[str], None] | None = None
    progress: Progress | None = None


_sinks = _Sinks()


@contextlib.contextmanager
def log_to(sink: Callable[[str], None]) -> Iterator[None]:
    """Send what esptool says in this thread to ``sink``, a line at a time."""
    before, _sinks.text = _sinks.text, sink
    try:
        yield
    finally:
        _sinks.text = before


@contextlib.contextmanager
def _progress_to(sink: Progress) -> Iterator[None]:
    before, _sinks.progress = _sinks.progress, sink
    try:
        yield
    finally:
        _sinks.progress = before


# Notes on what we do on purpose: connect without a reset, through ports that are objects.
SAYS_NOTHING_HERE = ("Note: Pre-connection option", "Note: Failed to get VID/PID", "Connecting...")


class _Dispatcher(TemplateLogger):  # type: ignore[misc]  # esptool is untyped here
    """esptool's logger is one for the process: this one hands each thread's words to that thread's sink."""

    def print(self, *args: object, **kwargs: object) -> None:
        if _sinks.text:
            text = Text.from_markup(" ".join(str(arg) for arg in args)).plain.strip()
            if text.strip(". ") and not text.startswith(SAYS_NOTHING_HERE):
                _sinks.text(text)

    def note(self, message: str) -> None:
        self.print(f"Note: {message}")

    def warning(self, message: str) -> None:
        self.print(f"Warning: {message}")

    def error(self, message: str) -> None:
        self.print(f"Error: {message}")

    def stage(self, finish: bool = False) -> None:
        pass

    def progress_bar(
        self, cur_iter: int, total_iters: int, prefix: str = "", suffix: str = "", bar_length: int = 30
    ) -> None:
        if _sinks.progress:
            _sinks.progress(cur_iter, total_iters)

    def set_verbosity(self, verbosity: str) -> None:
        pass


esptool_log.set_logger(_Dispatcher())
