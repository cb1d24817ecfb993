"""SLIP framing and the packets of Espressif's serial protocol, both ways.

A frame is ``C0 … C0``; inside it ``C0`` is sent as ``DB DC`` and ``DB`` as
``DB DD`` (RFC 1055; esptool documentation, "Serial Protocol").
"""

from __future__ import annotations

import functools
import operator
import struct
from dataclasses import dataclass

__all__ = ["Request", "SlipDecoder", "checksum", "parse_request", "reply_frame", "slip_encode"]

ESC = 0xDB
HEADER = struct.Struct("<BBHI")
REQUEST, REPLY = 0x00, 0x01
# The stub's receive buffer is 16 KiB of data plus headers; anything longer is line noise.
LONGEST_FRAME = 2 * (8 + 16 + 0x4000)


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


class SlipDecoder:
    """Collects bytes as they come and gives whole frames; noise between frames is dropped."""

    def __init__(self) -> None:
        self._partial: bytearray | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take the bytes in; the payloads of the frames that they completed."""
        frames = []
        while data:
            head, mark, data = data.partition(b"\xc0")
            if self._partial is not None:
                self._partial += head
                if len(self._partial) > LONGEST_FRAME:
                    self._partial = None
            if mark:
                frames += self._end_mark()
        return frames

    def _end_mark(self) -> list[bytes]:
        # One C0 may close a frame and open the next, so a frame is "open" after every C0.
        partial, self._partial = self._partial, bytearray()
        payload = _unescape(bytes(partial)) if partial else None
        return [payload] if payload else []


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
            return None  # an escape that means nothing: the frame is lost, as on the chip
    return b"".join(parts)
