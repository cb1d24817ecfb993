"""A write under way in a stub: it erases ahead of the data, and inflates them where they come deflated."""

from __future__ import annotations

import zlib

from .flash import BLOCK, SECTOR, read_seconds
from .jedec import FlashChip

__all__ = ["EraseAhead", "Inflater"]

ZLIB_HEADER = 2  # bytes


class EraseAhead:
    """The sectors that a write still has to erase, in order."""

    def __init__(self, flash: FlashChip, offset: int, size: int) -> None:
        self._flash = flash
        self.next = offset // SECTOR * SECTOR
        self.remaining = -(-(offset + size) // SECTOR) * SECTOR - self.next

    def one(self, *, skip_blank: bool = False) -> float:
        """Erase a block where a whole one is due, else a sector, if any is left: the seconds that it takes.

        ``skip_blank``: sectors that are blank already are passed over first.
        """
        looked = 0
        while skip_blank and self.remaining > 0 and self._flash.is_blank(self.next, SECTOR):
            self.next, self.remaining, looked = self.next + SECTOR, self.remaining - SECTOR, looked + SECTOR
        if self.remaining <= 0:
            return read_seconds(looked)
        size = BLOCK if self.next % BLOCK == 0 and self.remaining >= BLOCK else SECTOR
        address, self.next, self.remaining = self.next, self.next + size, self.remaining - size
        return read_seconds(looked) + self._flash.erase(address, size)


class Inflater:
    """Inflates a zlib stream into the stub's buffer of 32 KiB, and gives what is due to be written.

    ``buffer`` may outlive the stream. ``checked``: with the stream's Adler-32;
    without, its end is the end of the deflated data.
    """

    ROOM = 0x8000

    def __init__(self, buffer: bytearray, *, checked: bool) -> None:
        self.buffer = buffer
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS if checked else -zlib.MAX_WBITS)
        self._header = 0 if checked else ZLIB_HEADER

    @property
    def done(self) -> bool:
        return self._zlib.eof

    def feed(self, data: bytes) -> list[bytes]:
        """Whole buffers, and at the stream's end the rest; raises zlib.error where it is none."""
        skip = min(self._header, len(data))
        self._header -= skip
        self.buffer += self._zlib.decompress(data[skip:])
        pieces = []
        while len(self.buffer) >= self.ROOM or (self.done and self.buffer):
            pieces.append(bytes(self.buffer[: self.ROOM]))
            del self.buffer[: self.ROOM]
        return pieces
