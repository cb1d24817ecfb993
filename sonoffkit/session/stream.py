"""One read of flash under way: packets as they come, and the stub's own digest of all of them."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from esptool.util import FatalError

from .foreign_errors import our_errors
from .loader import END, SYNC_FRAME

__all__ = ["FlashStream"]

PACKET = 0x1000  # bytes; the most that a stub sends in one
SILENCE_SECONDS = 1.0  # a stub reads a packet in 10 ms: after so long it will not come
DIGEST_SIZE = 16
HEAD = 64  # bytes of a packet, by which it is told whether it may be blank


class FlashStream:
    """A read that can be left at any packet. Iterate over it, then ``finish``.

    A stub sends one packet and waits for its acknowledgement
    (esp-flasher-stub, ``src/command_handler.c``). We give it as soon as a
    packet begins to come, so that it is there when the packet is through, and
    the line is never idle: the stub keeps one frame that comes in meanwhile.
    Only for a packet that begins blank it waits until the caller goes on, since
    the caller may leave there, and then nothing is on its way for nothing.
    """

    def __init__(self, loader: Any, port: str, address: int, size: int) -> None:
        self._loader, self._line, self._port = loader, loader._port, port
        self._size = size
        self._raw = bytearray()
        self._digest = hashlib.md5()
        self._arrived = self._acknowledged = 0
        with our_errors(port):
            self._line.timeout = SILENCE_SECONDS
            words = struct.pack("<IIII", address, size, PACKET, 1)
            loader.command(loader.ESP_CMDS["READ_FLASH"], words, wait_response=False)
            reply = self._frame()
            while reply[1:2] != bytes([loader.ESP_CMDS["READ_FLASH"]]):  # a late answer to something else
                reply = self._frame()
            status = reply[8:10]
            if status != b"\0\0":
                raise FatalError.WithResult("Failed to read flash", status.ljust(2, b"\xff"))

    def __iter__(self) -> FlashStream:
        return self

    def __next__(self) -> bytes:
        with our_errors(self._port):
            self._acknowledge(self._arrived)
        if self._arrived == self._size:
            raise StopIteration
        due = self._due
        with our_errors(self._port):
            packet = self._frame(arriving=True)
            if len(packet) != due:
                raise FatalError(f"Corrupt data, expected {due:#x} bytes but received {len(packet):#x} bytes.")
            self._digest.update(packet)
            self._arrived += due
        return packet

    def finish(self) -> None:
        """Leave it where it is not at its end; raises TransferFailed where the digest is another."""
        with our_errors(self._port):
            if self._acknowledged < self._size:
                self._line.write(SYNC_FRAME)  # any frame but an acknowledgement ends it
            frame = self._frame()
            while len(frame) != DIGEST_SIZE:  # a packet was on its way
                self._digest.update(frame)
                frame = self._frame()
            if frame != self._digest.digest():
                raise FatalError(f"Digest mismatch: expected {frame.hex()}, got {self._digest.hexdigest()}")
            self._loader.flush_input()

    @property
    def _due(self) -> int:
        return min(PACKET, self._size - self._arrived)

    def _acknowledge(self, size: int) -> None:
        if size > self._acknowledged:
            self._acknowledged = size
            self._loader.write(struct.pack("<I", size))

    def _frame(self, *, arriving: bool = False) -> bytes:
        """The next frame's payload; ``arriving``: acknowledge it while it comes."""
        while True:
            end = self._raw.find(END, 1)
            if self._raw[:1] not in (b"", END):
                raise FatalError(f"Invalid head of packet (0x{self._raw[0]:02x}): Possible serial noise or corruption.")
            if end == 1:  # the end of a frame that was lost, and the start of one
                del self._raw[0]
            elif end > 0:
                payload = _unescape(bytes(self._raw[1:end]))
                del self._raw[: end + 1]
                return payload
            else:
                self._listen()
                if arriving and len(self._raw) > HEAD and self._raw[1 : HEAD + 1].strip(b"\xff"):
                    self._acknowledge(self._arrived + self._due)

    def _listen(self) -> None:
        came = self._line.read(max(1, self._line.in_waiting))
        if not came:
            raise FatalError("Serial data stream stopped: Possible serial noise or corruption.")
        if len(self._raw) + len(came) > 4 * PACKET:
            raise FatalError("Read more than expected.")
        self._raw += came


def _unescape(raw: bytes) -> bytes:
    head, *rest = raw.split(b"\xdb")
    parts = [head]
    for part in rest:
        if part[:1] not in (b"\xdc", b"\xdd"):
            raise FatalError(f"Invalid SLIP escape (0xdb, 0x{part[:1].hex()}).")
        parts += [b"\xc0" if part[:1] == b"\xdc" else b"\xdb", part[1:]]
    return b"".join(parts)
