"""SLIP framing and the packets of Espressif's serial protocol, both ways.

A frame is ``C0 … C0``; inside it ``C0`` is sent as ``DB DC`` and ``DB`` as
``DB DD`` (RFC 1055; esptool documentation, "Serial Protocol"). ROM and stubs
each take frames apart in their own way, and where a byte was lost that is
what decides whether they ever find the next one.
"""

from __future__ import annotations

import functools
import operator
import struct
from dataclasses import dataclass
from typing import Protocol

__all__ = [
    "HEADER",
    "LARGEST_BLOCK",
    "REQUEST",
    "Decoder",
    "LegacyStubDecoder",
    "Request",
    "RomDecoder",
    "StubDecoder",
    "checksum",
    "parse_request",
    "reply_frame",
    "slip_encode",
]

END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD
HEADER = struct.Struct("<BBHI")
REQUEST, REPLY = 0x00, 0x01
LARGEST_BLOCK = 0x4000  # of data, that a stub takes in one frame
# The ROM's buffer is smaller; anything longer is line noise.
LONGEST_FRAME = 2 * (HEADER.size + 16 + LARGEST_BLOCK)


@dataclass(frozen=True)
class Request:
    """One command from the host: its number, its checksum word and its data."""

    op: int
    checksum: int
    data: bytes


def slip_encode(payload: bytes) -> bytes:
    """Wrap one payload in a SLIP frame."""
    return b"\xc0" + payload.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def checksum(data: bytes) -> int:
    """XOR of all bytes, seeded with 0xEF, as the ROM computes it."""
    return functools.reduce(operator.xor, data, 0xEF)


def reply_frame(op: int, value: int = 0, body: bytes = b"", status: int = 0) -> bytes:
    """A reply as ROM and stub send it: the body, then two status bytes, big-endian."""
    body = body + status.to_bytes(2, "big")
    return slip_encode(HEADER.pack(REPLY, op, len(body), value & 0xFFFFFFFF) + body)


def parse_request(frame: bytes) -> Request | None:
    """The request in a frame, or None where it is no whole request."""
    if len(frame) < HEADER.size:
        return None
    direction, op, size, check = HEADER.unpack_from(frame)
    data = frame[HEADER.size :]
    if direction != REQUEST or len(data) != size:
        return None
    return Request(op, check, data)


class Decoder(Protocol):
    """Collects bytes as they come and gives the payloads of the frames that they completed."""

    def feed(self, data: bytes) -> list[bytes]: ...


class RomDecoder:
    """The ROM's: each mark may close one frame and open the next; what is no frame is dropped.

    How the ROM gets back in step is not documented: this is the kindest way.
    """

    def __init__(self) -> None:
        self._partial: bytearray | None = None

    def feed(self, data: bytes) -> list[bytes]:
        frames = []
        while data:
            head, mark, data = data.partition(b"\xc0")
            if self._partial is not None:
                self._partial += head
                if len(self._partial) > LONGEST_FRAME:
                    self._partial = None
            if mark:
                partial, self._partial = self._partial, bytearray()
                payload = _unescape(bytes(partial)) if partial else None
                frames += [payload] if payload else []
        return frames


class StubDecoder:
    """The stub's of esptool 5.3 on: marks open and close in turn, so one that is lost swaps all that follow.

    An empty frame is dropped, and so is one with an escape that means nothing
    (esp-flasher-stub, ``src/slip.c``).
    """

    LONGEST = 0x4107
    EMPTY_COUNTS = ESCAPE_WAITS = False

    def __init__(self) -> None:
        self._frame: bytearray | None = None  # None: between frames
        self._escaping = False

    def feed(self, data: bytes) -> list[bytes]:
        frames = []
        while data:
            head, mark, data = data.partition(b"\xc0")
            if self._frame is None:
                self._frame = bytearray() if mark else None
            elif not self._take(self._frame, head):
                # The rest of the frame is noise, and its end mark is taken for a start.
                self._frame, self._escaping = bytearray() if mark else None, False
            elif mark:
                frames += self._complete(self._frame)
        return frames

    def _take(self, frame: bytearray, raw: bytes) -> bool:
        """Add what came inside a frame; False where that ends it as an error."""
        if not self._escaping and ESC not in raw:
            frame += raw
            return len(frame) <= self.LONGEST
        for byte in raw:
            if self._escaping and byte in (ESC_END, ESC_ESC):
                frame.append(END if byte == ESC_END else ESC)
                self._escaping = False
            elif self._escaping:
                if not self.ESCAPE_WAITS:
                    return False
            elif byte == ESC:
                self._escaping = True
            else:
                frame.append(byte)
        return len(frame) <= self.LONGEST

    def _complete(self, frame: bytearray) -> list[bytes]:
        sound = self.ESCAPE_WAITS or not self._escaping
        self._frame, self._escaping = None, False
        return [bytes(frame)] if self.EMPTY_COUNTS or (frame and sound) else []


class LegacyStubDecoder(StubDecoder):
    """The old stub's: as the new one's, but an empty frame counts, and an escape waits for what it means.

    (esptool 4, ``flasher_stub/slip.c``.)
    """

    LONGEST = LARGEST_BLOCK + 64
    EMPTY_COUNTS = ESCAPE_WAITS = True


def _unescape(raw: bytes) -> bytes | None:
    if ESC not in raw:
        return raw
    head, *rest = raw.split(b"\xdb")
    parts = [head]
    for part in rest:
        if part[:1] == b"\xdc":
            parts.append(b"\xc0" + part[1:])
        elif part[:1] == b"\xdd":
            parts.append(b"\xdb" + part[1:])
        else:
            return None  # an escape that means nothing: the frame is lost
    return b"".join(parts)
