"""The one door at which errors of esptool, pyserial and the system become ours."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

from esptool.util import (
    FatalError,
    NANDEraseFailed,
    NANDProgramFailed,
    NotImplementedInROMError,
    NotSupportedError,
    UnsupportedCommandError,
)

from ..errors import (
    DeviceError,
    DeviceRefused,
    GarbledAnswer,
    NoAnswer,
    StubFailed,
    TransferFailed,
    VerifyFailed,
    WrongChip,
)
from ..ports import SYSTEM_ERRORS, port_error

__all__ = ["BY_TYPE", "UNEXPECTED", "device_error", "our_errors"]

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


# What esptool stumbles over when an answer is shorter than it takes for granted (5.6, loader.py, ``command``).
UNEXPECTED = (IndexError, struct.error)


@contextlib.contextmanager
def our_errors(port: str) -> Iterator[None]:
    """The one door at which errors of esptool, pyserial and the system become ours."""
    try:
        yield
    except FatalError as exc:
        raise device_error(exc) from exc
    except UNEXPECTED as exc:
        raise TransferFailed(f"Bytes were lost or broken on the way. ({type(exc).__name__}: {exc})") from exc
    except SYSTEM_ERRORS as exc:  # SerialException is one
        raise port_error(exc, port) from exc


def device_error(exc: FatalError) -> DeviceError:
    text = str(exc).split("\nFor troubleshooting")[0].strip()
    if type(exc) in BY_TYPE:
        return BY_TYPE[type(exc)](f"The device refused: {text}")
    if "Failed to connect" in text:
        reason = NoAnswer if "No serial data" in text else GarbledAnswer
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
