"""The flash chip: NOR cells that erase to FF by the sector and program from 1 to 0 only."""

from __future__ import annotations

import hashlib
from typing import Protocol

__all__ = [
    "BLOCK",
    "PAGE",
    "SECONDS_BLOCK_ERASE",
    "SECONDS_CHIP_ERASE_PER_MB",
    "SECONDS_PAGE_PROGRAM",
    "SECONDS_READ_AND_MD5_PER_MB",
    "SECONDS_SECTOR_ERASE",
    "SECTOR",
    "NorFlash",
]  # fmt: skip

PAGE = 256
SECTOR = 0x1000
BLOCK = 0x10000

# Estimates. Typical values of W25Q80-class data sheets; read + MD5 is the best
# fit to timed 1 MB reads at 460800 in public logs (at most 2.4 s per MB).
SECONDS_PAGE_PROGRAM = 0.0006
SECONDS_SECTOR_ERASE = 0.045
SECONDS_BLOCK_ERASE = 0.25
SECONDS_CHIP_ERASE_PER_MB = 3.5
SECONDS_READ_AND_MD5_PER_MB = 1.7


class Cells(Protocol):
    """Where the bits live: a bytearray, or a file in memory (mmap)."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> bytes | bytearray: ...
    def __setitem__(self, key: slice, value: bytes, /) -> None: ...


class NorFlash:
    """One flash chip of ``len(cells)`` bytes.

    Addresses beyond the end wrap, as they do on a chip that ignores the upper
    address lines: that is why a tool must ask for the size and not try it out.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self.size = len(cells)

    def read(self, address: int, size: int) -> bytes:
        """``size`` bytes from ``address`` on."""
        return b"".join(bytes(self._cells[a : a + n]) for a, n in self._spans(address, size))

    def program(self, address: int, data: bytes) -> float:
        """Clear the bits that are 0 in ``data``; the seconds that it takes."""
        done = 0
        for start, n in self._spans(address, len(data)):
            old = bytes(self._cells[start : start + n])
            self._cells[start : start + n] = _and(old, data[done : done + n])
            done += n
        pages = (address + len(data) - 1) // PAGE - address // PAGE + 1 if data else 0
        return pages * SECONDS_PAGE_PROGRAM

    def erase_sector(self, address: int) -> float:
        """Set the sector around ``address`` to FF; the seconds that it takes."""
        return self._fill(address // SECTOR * SECTOR, SECTOR, SECONDS_SECTOR_ERASE)

    def erase_block(self, address: int) -> float:
        """Set the 64 KiB block around ``address`` to FF; the seconds that it takes."""
        return self._fill(address // BLOCK * BLOCK, BLOCK, SECONDS_BLOCK_ERASE)

    def erase_chip(self) -> float:
        """Set everything to FF; the seconds that it takes."""
        return self._fill(0, self.size, SECONDS_CHIP_ERASE_PER_MB * self.size / 1e6)

    def erase_next(self, address: int, remaining: int) -> tuple[int, float]:
        """Erase a block where one fits, else a sector: how many bytes, and the seconds."""
        if address % BLOCK == 0 and remaining >= BLOCK:
            return BLOCK, self.erase_block(address)
        return SECTOR, self.erase_sector(address)

    def md5(self, address: int, size: int) -> tuple[bytes, float]:
        """The digest of a region, and the seconds that the chip takes for it."""
        return hashlib.md5(self.read(address, size)).digest(), read_seconds(size)

    def _fill(self, address: int, size: int, seconds: float) -> float:
        for start, n in self._spans(address, size):
            self._cells[start : start + n] = b"\xff" * n
        return seconds

    def _spans(self, address: int, size: int) -> list[tuple[int, int]]:
        spans = []
        while size > 0:
            start = address % self.size
            n = min(size, self.size - start)
            spans.append((start, n))
            address, size = address + n, size - n
        return spans


def read_seconds(size: int) -> float:
    """How long the chip takes to read and hash ``size`` bytes."""
    return SECONDS_READ_AND_MD5_PER_MB * size / 1e6


def _and(old: bytes, new: bytes) -> bytes:
    both = int.from_bytes(old, "little") & int.from_bytes(new, "little")
    return both.to_bytes(len(old), "little")
